package recycle

import (
	"cmp"
	"context"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// fate is what becomes of a group, tag or customer of the snapshot.
type fate int

const (
	fateLive   fate = iota // it is here and live
	fateFresh              // it is not here, and comes back
	fateBin                // it lies in the bin, and comes back
	fateMoved              // it is live, and goes through the bin into a group that comes back
	fateStays              // it lies in the bin and stays there
	fatePurged             // it was purged since, and stays away
	fateParked             // its department is not here
)

// end is what a group or tag of the snapshot is here.
type end struct {
	id   int64 // 0 when it is not here and does not come back
	fate fate
	row  *fileRow
	from int64 // the event that it lies in the bin with
}

// comes reports whether it comes out of the bin.
func (e *end) comes() bool { return e.fate == fateFresh || e.fate == fateBin || e.fate == fateMoved }

// live reports whether it is, or will be, here.
func (e *end) live() bool { return e.fate == fateLive || e.comes() }

// decide finds what becomes of every group and tag in scope.
func (b *bringer) decide(context.Context) error {
	if err := b.decideGroups(); err != nil {
		return err
	}
	return b.decideTags()
}

func fileIDs(rows []fileRow) []int64 {
	out := make([]int64, len(rows))
	for i := range rows {
		out[i] = rows[i].id
	}
	return out
}

// goneOf are those of rows of the snapshot that were purged here since.
func (b *bringer) goneOf(kind string, rows []fileRow) (map[int64]bool, error) {
	if b.foreign {
		return nil, nil
	}
	return purged(b.tx, kind, fileIDs(rows))
}

func (b *bringer) decideGroups() error {
	gone, err := b.goneOf(crm.ObjectGroup, b.theirs.groups)
	if err != nil {
		return err
	}
	known, names := make(map[int64]int64), make(map[string]int64)
	for _, g := range b.company.Groups {
		known[g.ID] = g.DeletionID
		if g.DeletionID == 0 {
			names[g.Name] = g.ID
		}
	}
	for i := range b.theirs.groups {
		r := &b.theirs.groups[i]
		e := &end{id: r.id, row: r}
		b.groups[r.id] = e
		_, department := b.departments[r.num("department_id")]
		if b.foreign {
			e.id = names[r.text("name")]
			if e.id == 0 {
				e.fate = fateFresh
			}
		} else {
			e.place(known, gone, b.overrules("tag_group", r.id))
		}
		if e.fate == fateFresh && !department {
			e.id, e.fate = 0, fateParked // nobody here may see it
		}
		if e.fate == fateFresh && b.foreign {
			if e.id, err = b.tx.NextIDs(store.SeqGroup, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// place finds what becomes of something by its id. known are the events that
// those here lie in the bin with.
func (e *end) place(known map[int64]int64, gone map[int64]bool, overrules bool) {
	deletion, here := known[e.id]
	switch {
	case here && deletion == 0:
		e.fate = fateLive
	case here && overrules:
		e.fate, e.from = fateBin, deletion
	case here:
		e.fate = fateStays
	case gone[e.id] && !overrules:
		e.id, e.fate = 0, fatePurged
	default:
		e.fate = fateFresh
	}
}

func (b *bringer) decideTags() error {
	gone, err := b.goneOf(crm.ObjectTag, b.theirs.tags)
	if err != nil {
		return err
	}
	known, names := make(map[int64]int64), make(map[tagKey]int64)
	for _, t := range b.company.Tags {
		known[t.ID] = t.DeletionID
		if t.DeletionID == 0 {
			names[tagKey{t.GroupID, t.Name}] = t.ID
		}
	}
	for i := range b.theirs.tags {
		r := &b.theirs.tags[i]
		e := &end{id: r.id, row: r}
		b.tags[r.id] = e
		group := b.groups[r.num("group_id")]
		if group == nil { // a file that was put together by hand
			e.id, e.fate = 0, fateParked
			continue
		}
		overrules := b.overrules("tag", r.id)
		if b.foreign {
			e.id = 0
			if group.id != 0 {
				e.id = names[tagKey{group.id, r.text("name")}]
			}
			if e.id == 0 {
				e.fate = fateFresh
			}
		} else {
			e.place(known, gone, overrules)
		}
		if e.comes() {
			e.follow(group, overrules)
		}
		if e.fate == fateFresh && b.foreign {
			if e.id, err = b.tx.NextIDs(store.SeqTag, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow holds a tag that would come back against what becomes of its group. A
// group that was purged comes back with a tag that was asked for.
func (e *end) follow(group *end, overrules bool) {
	switch {
	case group.live():
	case group.fate == fateStays && overrules: // the plan brings it back, alone
	case group.fate == fatePurged && overrules:
		group.id, group.fate = group.row.id, fateFresh
	case e.fate == fateBin:
		e.fate = fateStays
	default:
		e.id, e.fate = 0, group.fate
	}
}

// tell counts what becomes of groups and tags that the plan has no item for.
func (b *bringer) tell(kind string, ends map[int64]*end, rows []fileRow) {
	for i := range rows {
		r := &rows[i]
		e := ends[r.id]
		name := cmp.Or(r.text("name"), "#"+itoa(r.id))
		if group := b.groups[r.num("group_id")]; kind == crm.ObjectTag && group != nil && group.row != nil {
			name = group.row.text("name") + ":" + name
		}
		b.act(kind, r.id, e.id, e.fate)
		switch e.fate {
		case fateStays, fatePurged:
			b.open(kind, crm.Stale, name)
		case fateParked:
			b.open(kind, crm.Parked, name)
		}
	}
}
