package recycle

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// MergeTags sends tags into the recycle bin, as one event, and gives their links
// to another tag, after a verified snapshot of all of them. Of two links of a
// pair the earlier time stays; in a group with a single choice the newest choice
// does. Grants are not handed on: they sleep with their tags. It does all or
// nothing, like Delete. Restore brings the tags back and takes from the other one
// what it got of them.
//
// ErrSameTag when a tag would go into itself, otherwise the errors of Delete.
func MergeTags(ctx context.Context, db *store.DB, dir *snapshot.Dir, from []int64, into int64, o DeleteOptions) (Deleted, error) {
	if slices.Contains(from, into) {
		return Deleted{}, fmt.Errorf("tag.merge: %w", ErrSameTag)
	}
	o.merge = into
	return Delete(ctx, db, dir, Selection{Tags: from}, o)
}

// PlanMerge counts what a merge would do. Nothing is written. Its errors are
// those of MergeTags.
func PlanMerge(ctx context.Context, db *store.DB, from []int64, into, by int64) (d Doomed, err error) {
	if slices.Contains(from, into) {
		return d, ErrSameTag
	}
	return planDelete(ctx, db, Selection{Tags: from}, DeleteOptions{By: by, merge: into})
}

// mergeInto makes the victims go into a tag, which must be live and one that
// whoever acts may edit.
func (v *victims) mergeInto(tx *store.Tx, o DeleteOptions) error {
	i := slices.IndexFunc(v.company.Tags, func(t crm.Tag) bool { return t.ID == o.merge && t.DeletionID == 0 })
	if i < 0 {
		return fmt.Errorf("the tag that the others go into is no longer there: %w", ErrChanged)
	}
	if err := permit(tx, v.world, o.By, access.Edit, nil, []int64{o.merge}, nil); err != nil {
		return err
	}
	v.into = o.merge
	seal := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(v.digest[:], uint64(v.into)), uint64(v.company.Tags[i].Version))
	v.digest = sha256.Sum256(seal)
	return nil
}

// merge hands the links of the victims on.
func (v *victims) merge(j *journal) error {
	from := v.tagIDs()
	for _, tag := range from {
		if err := keepEarliest(j, tag, v.into); err != nil {
			return err
		}
	}
	if _, err := j.copyLinks(from, v.into); err != nil {
		return err
	}
	return v.chooseOne(j)
}

// keepEarliest gives the links of a tag the time of another one's where that is
// earlier.
func keepEarliest(j *journal, from, to int64) error {
	var before, after []crm.Link
	err := j.tx.EarlierLinks(to, from, func(l crm.Link, at int64) error {
		before = append(before, l)
		l.TaggedAt = at
		after = append(after, l)
		return nil
	})
	if err != nil {
		return err
	}
	return j.swapLinks(before, after)
}

// chooseOne sees to it that no pair gets two tags of a group with a single
// choice: the newest stays, and of two equally new ones that which was there.
func (v *victims) chooseOne(j *journal) error {
	others := v.choices()
	if len(others) == 0 {
		return nil
	}
	var drop, there []crm.Link
	var given crm.Link // the link that the pair was given
	decide := func() {
		switch {
		case len(there) == 0:
		case there[len(there)-1].TaggedAt >= given.TaggedAt: // they come by their times
			drop = append(drop, given)
		default:
			drop = append(drop, there...)
		}
		there = there[:0]
	}
	err := j.tx.CopiedClashes(v.into, others, j.event, func(c store.Clash) error {
		if c.Old != given {
			decide()
			given = c.Old
		}
		there = append(there, c.New)
		return nil
	})
	if err != nil {
		return err
	}
	decide()
	return j.dropLinks(drop)
}

// choices are the other live tags of the group that the victims go into, where
// it has a single choice.
func (v *victims) choices() (others []int64) {
	group := int64(0)
	for _, t := range v.company.Tags {
		if t.ID == v.into {
			group = t.GroupID
		}
	}
	if !slices.ContainsFunc(v.company.Groups, func(g crm.Group) bool { return g.ID == group && g.SingleChoice }) {
		return nil
	}
	going := setOf(v.tagIDs())
	for _, t := range v.company.Tags {
		if t.GroupID == group && t.DeletionID == 0 && t.ID != v.into && !going[t.ID] {
			others = append(others, t.ID)
		}
	}
	return others
}

// planUnmerge finds out which tags of a merge stay in the other one, and what
// that one gives back.
func (p *planner) planUnmerge() error {
	if p.event.Kind != crm.EventMerge {
		if p.o.KeepInto {
			return ErrOther
		}
		return nil
	}
	into := p.tags[p.event.OfID]
	if into == nil {
		return nil // it is gone for good, and so are its links
	}
	buried, err := p.tx.Buried(p.event.ID, crm.ObjectTag)
	if err != nil {
		return err
	}
	for _, id := range buried {
		if i, ok := p.items[Thing{crm.ObjectTag, id}]; !ok || p.plan.Items[i].Do == Skip {
			p.merged = append(p.merged, id)
		} else if p.o.KeepInto && p.groups[into.GroupID].SingleChoice && p.plan.Items[i].group == into.GroupID {
			return ErrSingleChoice
		}
	}
	all, err := p.tx.CountCopied(into.ID, p.event.ID, nil)
	if err != nil {
		return err
	}
	back := int64(0)
	if !p.o.KeepInto {
		if back, err = p.tx.CountCopied(into.ID, p.event.ID, p.merged); err != nil {
			return err
		}
	}
	p.note(NoteUnmerged, p.groups[into.GroupID].Name+":"+into.Name, itoa(back), itoa(all-back))
	return nil
}

// applyUnmerge takes from the tag of a merge what it got of those that come
// back: links that it was given, earlier times, and the place of other choices.
func (p *planner) applyUnmerge(j *journal) error {
	if p.event.Kind != crm.EventMerge || p.o.KeepInto {
		return nil
	}
	if err := p.takeCopied(j); err != nil {
		return err
	}
	return p.eachOwnChange(func(c change) error {
		switch {
		case c.Swap != nil:
			return p.swapBack(j, *c.Swap)
		case c.Links != nil:
			return p.putBack(j, c.Links.Removed)
		}
		return nil
	})
}

// takeCopied removes the links that the merge gave and that no tag which is
// still merged accounts for.
func (p *planner) takeCopied(j *journal) error {
	staff, err := p.tx.CopiedStaff(p.event.OfID, p.event.ID)
	if err != nil {
		return err
	}
	n := int64(0)
	for _, id := range staff {
		taken, err := p.takeCopiedOf(j, id)
		if err != nil {
			return err
		}
		n += taken
	}
	if len(p.merged) > 0 {
		return nil
	}
	gone, err := p.tx.DropCopied(p.event.OfID, p.event.ID)
	if err == nil && gone != n {
		err = fmt.Errorf("%d of %d links: %w", gone, n, ErrChanged)
	}
	return err
}

// takeCopiedOf takes those of one member. Where no tag is still merged it only
// keeps what they were: one statement removes them all.
func (p *planner) takeCopiedOf(j *journal, staff int64) (n int64, err error) {
	for behind := int64(0); ; {
		list, err := p.tx.CopiedLinks(p.event.OfID, p.event.ID, p.merged, staff, behind, maxLinks)
		if err != nil || len(list) == 0 {
			return n, err
		}
		if len(p.merged) > 0 {
			err = j.dropLinks(list)
		} else {
			err = j.write(change{Links: &linkChange{Removed: list}})
		}
		if err != nil {
			return n, err
		}
		n += int64(len(list))
		behind = list[len(list)-1].CustomerID
	}
}

// swapBack gives links their own times again.
func (p *planner) swapBack(j *journal, c swapChange) error {
	before, after, err := stillThere(p.tx, c)
	if err != nil {
		return err
	}
	tied, err := p.tied(after)
	if err != nil {
		return err
	}
	var from, to []crm.Link
	for i, l := range after {
		if !tied[crm.Pair{CustomerID: l.CustomerID, StaffID: l.StaffID}] {
			from, to = append(from, l), append(to, before[i])
		}
	}
	return j.swapLinks(from, to)
}

// putBack adds the choices that had given way to the merged ones, but for pairs
// that got a newer one since.
func (p *planner) putBack(j *journal, list []crm.Link) error {
	list = slices.DeleteFunc(slices.Clone(list), func(l crm.Link) bool { return l.TagID == p.event.OfID || p.tags[l.TagID] == nil })
	tied, err := p.tied(list)
	if err != nil {
		return err
	}
	there := make(map[int64]bool)
	if err := p.tx.Versions(crm.RefCustomer, customersOf(list), func(id, _, _ int64) { there[id] = true }); err != nil {
		return err
	}
	var add []crm.Link
	for _, l := range list {
		if there[l.CustomerID] && !tied[crm.Pair{CustomerID: l.CustomerID, StaffID: l.StaffID}] {
			add = append(add, l)
		}
	}
	newer, err := p.newerChoice(add)
	if err != nil {
		return err
	}
	add = slices.DeleteFunc(add, func(l crm.Link) bool { return newer[linkKey{l.CustomerID, l.TagID, l.StaffID}] })
	if add, err = p.missing(add); err != nil {
		return err
	}
	return j.addLinks(add)
}

// tied are the pairs that have a tag which is still merged.
func (p *planner) tied(list []crm.Link) (map[crm.Pair]bool, error) {
	still, out := setOf(p.merged), make(map[crm.Pair]bool)
	if len(still) == 0 {
		return out, nil
	}
	err := linksOf(p.tx, list, func(l crm.Link) {
		if still[l.TagID] {
			out[crm.Pair{CustomerID: l.CustomerID, StaffID: l.StaffID}] = true
		}
	})
	return out, err
}

// newerChoice tells which of the links would stand beside another choice of
// their group that was made since the merge.
func (p *planner) newerChoice(list []crm.Link) (map[linkKey]bool, error) {
	type choice struct{ customer, staff, group int64 }
	newer, out := make(map[choice]bool), make(map[linkKey]bool)
	err := linksOf(p.tx, list, func(l crm.Link) {
		if t := p.tags[l.TagID]; t != nil && t.DeletionID == 0 && l.TaggedAt >= p.event.CreatedAt {
			newer[choice{l.CustomerID, l.StaffID, t.GroupID}] = true
		}
	})
	for _, l := range list {
		group := p.groups[p.tags[l.TagID].GroupID]
		out[linkKey{l.CustomerID, l.TagID, l.StaffID}] = group.SingleChoice && newer[choice{l.CustomerID, l.StaffID, group.ID}]
	}
	return out, err
}

// stillThere are the links of a change that are as it left them, with what they
// were before.
func stillThere(tx *store.Tx, c swapChange) (before, after []crm.Link, err error) {
	now := make(map[crm.Link]bool, len(c.After))
	if err := linksOf(tx, c.After, func(l crm.Link) { now[l] = true }); err != nil {
		return nil, nil, err
	}
	for i, l := range c.After {
		if now[l] {
			before, after = append(before, c.Before[i]), append(after, l)
		}
	}
	return before, after, nil
}

// linksOf reads all links of the customers in a list of links.
func linksOf(tx *store.Tx, list []crm.Link, fn func(crm.Link)) error {
	for part := range slices.Chunk(customersOf(list), 500) {
		values := make([]any, len(part))
		for i, id := range part {
			values[i] = id
		}
		if err := tx.LinksOf(values, fn); err != nil {
			return err
		}
	}
	return nil
}

// customersOf are the customers in a list of links, each once.
func customersOf(list []crm.Link) []int64 {
	out := make([]int64, len(list))
	for i, l := range list {
		out[i] = l.CustomerID
	}
	slices.Sort(out)
	return slices.Compact(out)
}
