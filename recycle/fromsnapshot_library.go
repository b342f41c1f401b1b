package recycle

import (
	"context"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// library puts the groups and tags that come back into the bin, gives those that
// are here the values of the snapshot, and sends the newer ones away between:
// they may have the names.
func (b *bringer) library(context.Context) error {
	b.tell(crm.ObjectGroup, b.groups, b.theirs.groups)
	groups, err := b.differing("tag_group", b.theirs.groups, b.groups)
	if err != nil {
		return err
	}
	tags, err := b.differing("tag", b.theirs.tags, b.tags)
	if err != nil {
		return err
	}
	groups = b.nameable(crm.ObjectGroup, groups, b.liveNames("tag_group", groups))
	tags = b.moves(tags)
	tags = b.nameable(crm.ObjectTag, tags, b.liveNames("tag", tags))
	b.tell(crm.ObjectTag, b.tags, b.theirs.tags)
	if err := b.mayEdit(groups, tags); err != nil {
		return err
	}
	b.look(groups, tags)
	for _, step := range []func() error{
		func() error { return b.stage("tag_group", crm.ObjectGroup, b.theirs.groups, b.groups) },
		func() error { return b.stage("tag", crm.ObjectTag, b.theirs.tags, b.tags) },
		func() error { return b.put(groups, true) },
		func() error { return b.put(tags, true) },
		b.bury,
		func() error { return b.put(groups, false) },
		func() error { return b.put(tags, false) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	b.countHere(crm.ObjectGroup, b.groups, groups)
	b.countHere(crm.ObjectTag, b.tags, tags)
	return nil
}

// countHere counts the live ones that are as they were, and those that changed.
func (b *bringer) countHere(kind string, ends map[int64]*end, changed []*rewrite) {
	here := int64(0)
	for _, e := range ends {
		if e.fate == fateLive {
			here++
		}
	}
	b.count(kind, Updated, int64(len(changed)))
	b.count(kind, crm.AlreadyThere, here-int64(len(changed))-b.out.Counts[kind][crm.Conflict])
}

// rewrite is a live row that gets the values of the snapshot.
type rewrite struct {
	table         string
	e             *end
	before, after store.Image
	name          tagKey // as it will be; of a group without a group
	early         bool   // somebody has the name: first another one
}

// differing finds the live rows that are not as the snapshot has them.
func (b *bringer) differing(table string, rows []fileRow, ends map[int64]*end) (out []*rewrite, err error) {
	if b.o.Mode == ModeAdd {
		return nil, nil
	}
	t := store.TableNamed(table)
	images := make(map[string]store.Image)
	if err := b.tx.Images(t, "deletion_id = 0", nil, func(m store.Image) error { images[*m[0]] = m; return nil }); err != nil {
		return nil, err
	}
	for i := range rows {
		e := ends[rows[i].id]
		if e.fate != fateLive || !b.asked(table, e.id) {
			continue
		}
		w := &rewrite{table: table, e: e, before: images[itoa(e.id)]}
		if w.after = e.row.over(t, w.before, 0); w.after.Equal(w.before) {
			continue
		}
		w.name.name = *w.after[t.At("name")]
		if table == "tag" {
			fmt.Sscan(*w.after[t.At("group_id")], &w.name.group)
		}
		out = append(out, w)
	}
	return out, nil
}

// moves takes out the tags that go into a group that is not live: where it comes
// back they go through the bin with it, else they are left as they are.
func (b *bringer) moves(tags []*rewrite) []*rewrite {
	return slices.DeleteFunc(tags, func(w *rewrite) bool {
		group := b.groups[w.name.group]
		switch {
		case group.fate == fateLive:
			return false
		case group.comes():
			w.e.fate = fateMoved
			b.seen.tags[w.e.id] = true
		default:
			b.open(crm.ObjectTag, crm.Conflict, w.name.name)
		}
		return true
	})
}

// liveNames are the names of live things that keep them: neither newer, which
// go, nor rewritten.
func (b *bringer) liveNames(table string, changed []*rewrite) map[tagKey]int64 {
	gone := setOf(b.newer.Tags)
	if table == "tag_group" {
		gone = setOf(b.newer.Groups)
	}
	for _, w := range changed {
		gone[w.e.id] = true
	}
	names := make(map[tagKey]int64)
	if table == "tag_group" {
		for _, g := range b.company.Groups {
			if g.DeletionID == 0 && !gone[g.ID] {
				names[tagKey{name: g.Name}] = g.ID
			}
		}
		return names
	}
	for _, e := range b.tags {
		gone[e.id] = gone[e.id] || e.fate == fateMoved
	}
	newGroups := setOf(b.newer.Groups)
	for _, t := range b.company.Tags {
		if t.DeletionID == 0 && !gone[t.ID] && !newGroups[t.GroupID] {
			names[tagKey{t.GroupID, t.Name}] = t.ID
		}
	}
	return names
}

// nameable leaves out those whose name something keeps that is not in scope;
// then they keep their own names too, and so on.
func (b *bringer) nameable(kind string, list []*rewrite, kept map[tagKey]int64) []*rewrite {
	for again := true; again; {
		again = false
		list = slices.DeleteFunc(list, func(w *rewrite) bool {
			other := kept[w.name]
			if other == 0 || other == w.e.id {
				return false
			}
			t := store.TableNamed(w.table)
			own := tagKey{name: *w.before[t.At("name")]}
			if w.table == "tag" {
				fmt.Sscan(*w.before[t.At("group_id")], &own.group)
			}
			kept[own] = w.e.id
			again = true
			b.open(kind, crm.Conflict, w.name.name)
			return true
		})
	}
	current := make(map[tagKey]int64)
	for _, g := range b.company.Groups {
		if kind == crm.ObjectGroup && g.DeletionID == 0 {
			current[tagKey{name: g.Name}] = g.ID
		}
	}
	for _, t := range b.company.Tags {
		if kind == crm.ObjectTag && t.DeletionID == 0 {
			current[tagKey{t.GroupID, t.Name}] = t.ID
		}
	}
	for _, w := range list {
		other := current[w.name]
		w.early = other != 0 && other != w.e.id
	}
	return list
}

func (b *bringer) mayEdit(groups, tags []*rewrite) error {
	list := func(ws []*rewrite) (out []int64) {
		for _, w := range ws {
			out = append(out, w.e.id)
		}
		return out
	}
	return permit(b.tx, b.worldNow(), b.o.By, access.Edit, list(groups), list(tags), nil)
}

func (b *bringer) worldNow() *access.World {
	if b.world == nil {
		b.world = access.New(b.company)
	}
	return b.world
}

// look notes the live groups and tags that others may come to see by a rewrite.
func (b *bringer) look(groups, tags []*rewrite) {
	differs := func(w *rewrite, column string) bool {
		at := store.TableNamed(w.table).At(column)
		return *w.before[at] != *w.after[at]
	}
	for _, w := range groups {
		if differs(w, "scope") || differs(w, "department_id") {
			b.seeGroup(w.e.id)
		}
	}
	for _, w := range tags {
		if differs(w, "group_id") {
			b.seen.tags[w.e.id] = true
		}
	}
}

func (b *bringer) seeGroup(id int64) {
	b.seen.groups[id] = true
	for _, t := range b.company.Tags {
		if t.GroupID == id && t.DeletionID == 0 {
			b.seen.tags[t.ID] = true
		}
	}
}

// put gives rows their values. early: those whose names others have yet, under a
// name that nobody has; what is left of them follows when all names are free.
func (b *bringer) put(list []*rewrite, early bool) error {
	for _, w := range list {
		t := store.TableNamed(w.table)
		after := w.after
		switch {
		case early && w.early:
			after = slices.Clone(after)
			name := fmt.Sprintf("#%d of %s", w.e.id, b.own.Label())
			after[t.At("name")] = &name
		case !early && !w.early:
			continue
		}
		if !early || !w.early {
			b.act("row", w.table, w.before, w.after)
		}
		if err := b.j.row(w.table, []int64{w.e.id}, after); err != nil {
			return err
		}
	}
	return nil
}

// stage puts what comes back into the bin under the restore's own event.
func (b *bringer) stage(table, kind string, rows []fileRow, ends map[int64]*end) error {
	t := store.TableNamed(table)
	var columns []string
	var fresh [][]any
	rebury := make(map[int64][]int64)
	for i := range rows {
		r := &rows[i]
		e := ends[r.id]
		switch e.fate {
		case fateFresh:
			set := map[string]int64{"id": e.id, "deletion_id": b.own.ID}
			if b.foreign {
				set["created_by"] = b.staff[r.num("created_by")]
			}
			if table == "tag" {
				set["group_id"] = b.groups[r.num("group_id")].id
			} else {
				set["department_id"] = b.departments[r.num("department_id")]
			}
			columns, fresh = r.columns, append(fresh, r.insert(set))
		case fateBin, fateMoved:
			here, err := b.tx.ImageOf(t, e.id)
			if err != nil {
				return err
			}
			after := r.over(t, here, b.own.ID)
			plain := r.over(t, here, e.from).Equal(here)
			b.act("bin", kind, e.id, here)
			if e.from != 0 {
				b.touched[e.from] = true
			}
			switch {
			case plain:
				rebury[e.from] = append(rebury[e.from], e.id)
			case b.o.Mode == ModeAdd: // it comes back as it went
				b.differs(kind, e.id, t, here, after)
				rebury[e.from] = append(rebury[e.from], e.id)
			default:
				if e.fate == fateBin {
					b.differs(kind, e.id, t, here, after)
				}
				if err := b.j.row(table, []int64{e.id}, after); err != nil {
					return err
				}
			}
		}
	}
	if err := b.tx.Insert(table, columns, fresh); err != nil {
		return err
	}
	return b.rebury(kind, rebury)
}

// rebury hands things in the bin from their events to the restore's.
func (b *bringer) rebury(kind string, byEvent map[int64][]int64) error {
	for _, event := range slices.Sorted(keys(byEvent)) {
		list := byEvent[event]
		slices.Sort(list)
		if err := b.j.bin(kind, event, b.own.ID, list); err != nil {
			return err
		}
	}
	return nil
}

// bookkeeping are the columns that say nothing about a thing itself.
var bookkeeping = []string{"deletion_id", "updated_at", "version", "sort"}

// differs notes in what the version in the bin differs from the snapshot's.
func (b *bringer) differs(kind string, id int64, t store.Table, here, then store.Image) {
	word := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for i, column := range t.Columns {
		if a, z := word(here[i]), word(then[i]); a != z && !slices.Contains(bookkeeping, column) {
			b.notes = append(b.notes, Note{NoteDiffers, []string{kind, "#" + itoa(id), column, a, z}})
		}
	}
}
