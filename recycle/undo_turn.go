package recycle

import (
	"errors"
	"fmt"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func (u *undoer) keep(code string, args ...string) {
	u.out.KeptCount++
	if len(u.out.Kept) < maxNotes {
		u.out.Kept = append(u.out.Kept, Note{code, args})
	}
}

// turn takes one change back.
func (u *undoer) turn(c change) error {
	switch {
	case c.Bin != nil:
		return u.turnBin(*c.Bin)
	case c.Row != nil:
		return u.putRow(c.Row.Table, c.Row.Key, c.Row.After, c.Row.Before)
	case c.Links != nil:
		if err := u.addLinks(c.Links.Removed); err != nil {
			return err
		}
		return u.dropLinks(c.Links.Added)
	case c.Swap != nil:
		return u.turnSwap(*c.Swap)
	case c.Copied != nil:
		return u.turnCopied(*c.Copied)
	}
	return nil
}

func (u *undoer) turnBin(b binChange) error {
	var list []int64 // those that still are where the event put them
	err := u.tx.Versions(b.Kind, b.IDs, func(id, _, deletion int64) {
		if deletion == b.To {
			list = append(list, id)
		}
	})
	if err != nil {
		return err
	}
	slices.Sort(list)
	for i := len(b.IDs) - len(list); i > 0; i-- {
		u.keep(NoteSurvivor, b.Kind)
	}
	if list, err = u.free(b, list); err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	to, err := u.binOf(b.From)
	if err != nil {
		return err
	}
	u.touched[to], u.touched[b.To] = true, true
	delete(u.touched, 0)
	switch {
	case b.To == 0:
		u.bury(b.Kind, list)
	case to == 0:
		return u.raise(b.Kind, b.To, list)
	}
	return u.j.bin(b.Kind, b.To, to, list)
}

// free are those of things that can go back to where they were: not out of an
// event that is being purged, and no group that others' tags are in. The rest is
// listed.
func (u *undoer) free(b binChange, list []int64) ([]int64, error) {
	if b.To != 0 {
		barred, err := u.barred(b.To)
		if !barred || err != nil {
			return list, err
		}
		for _, id := range list {
			u.keep(NoteSurvivor, b.Kind, "#"+itoa(id))
		}
		return nil, nil
	}
	if b.Kind != crm.ObjectGroup {
		return list, nil
	}
	used, err := u.tx.InUse(list)
	for _, id := range used {
		u.keep(NoteInUse, crm.ObjectGroup, "#"+itoa(id))
	}
	return slices.DeleteFunc(list, func(id int64) bool { return slices.Contains(used, id) }), err
}

// raise takes things out of the bin. One whose name or key has been taken
// meanwhile stays there and is listed, and so does a tag whose group is not live,
// unless that comes back too.
func (u *undoer) raise(kind string, from int64, list []int64) error {
	if kind == crm.ObjectTag {
		orphans, err := u.tx.Groupless(list)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(id int64) bool { return slices.Contains(orphans, id) })
		switch {
		case u.ending:
			for _, id := range orphans {
				u.keep(NoteInBin, kind, "#"+itoa(id))
			}
		case len(orphans) > 0:
			u.waiting = append(u.waiting, func() error { return u.raise(kind, from, orphans) })
		}
	}
	if len(list) == 0 {
		return nil
	}
	err := u.tx.Savepoint(func() error { return u.j.bin(kind, from, 0, list) })
	if err == nil {
		u.out.Back += len(list)
		u.noteRaised(kind, from, list)
		return nil
	}
	if !errors.Is(err, store.ErrRefused) {
		return err
	}
	if len(list) == 1 {
		u.keep(NoteSurvivor, kind, "#"+itoa(list[0]), "name-taken")
		return nil
	}
	for _, half := range [][]int64{list[:len(list)/2], list[len(list)/2:]} {
		if err := u.raise(kind, from, half); err != nil {
			return err
		}
	}
	return nil
}

// bury remembers what goes into the bin.
func (u *undoer) bury(kind string, list []int64) { u.out.Buried.add(kind, list) }

func (u *undoer) noteRaised(kind string, from int64, list []int64) {
	if u.raised[from] == nil {
		u.raised[from] = &Selection{}
	}
	u.raised[from].add(kind, list)
}

func (b *Selection) add(kind string, list []int64) {
	switch kind {
	case crm.ObjectGroup:
		b.Groups = append(b.Groups, list...)
	case crm.ObjectTag:
		b.Tags = append(b.Tags, list...)
	default:
		b.Customers = append(b.Customers, list...)
	}
}

// kindOf is the kind of thing in a table whose rows can lie in the bin.
var kindOf = map[string]string{"tag_group": crm.ObjectGroup, "tag": crm.ObjectTag, "customer": crm.RefCustomer}

// putRow makes a row what it was, if it still is what the event made of it.
func (u *undoer) putRow(table string, key []int64, want, put store.Image) error {
	t := store.TableNamed(table)
	now, err := u.tx.ImageOf(t, key...)
	if err != nil {
		return err
	}
	if !now.Equal(want) {
		u.keep(NoteSurvivor, table, fmt.Sprint(key))
		return nil
	}
	if kind, ok := kindOf[table]; ok && put != nil {
		if put, err = u.rebinned(put, t.At("deletion_id")); err != nil {
			return err
		}
		stays, err := u.crosses(kind, t, now, put, func() error { return u.putRow(table, key, want, put) })
		if stays || err != nil {
			return err
		}
	}
	err = u.tx.Savepoint(func() error { return u.j.turn(table, key, now, put) })
	if errors.Is(err, store.ErrRefused) {
		u.keep(NoteSurvivor, table, fmt.Sprint(key), "name-taken")
		return nil
	}
	if err == nil && !uncounted[table] {
		u.out.Rows++
	}
	return err
}

// crosses sees to a row that goes into the bin, or out of it; stays says that it
// cannot, or not yet: then later is for the end.
func (u *undoer) crosses(kind string, t store.Table, now, put store.Image, later func() error) (stays bool, err error) {
	cell := func(m store.Image, column string) (n int64) {
		if m != nil {
			fmt.Sscan(*m[t.At(column)], &n)
		}
		return n
	}
	id, from, to := cell(put, "id"), cell(now, "deletion_id"), cell(put, "deletion_id")
	list := []int64{id}
	if now != nil && from != to {
		if list, err = u.free(binChange{Kind: kind, From: to, To: from}, list); err != nil || len(list) == 0 {
			return true, err
		}
	}
	if kind == crm.ObjectTag && from != 0 && to == 0 {
		group, err := u.tx.ImageOf(store.TableNamed("tag_group"), cell(put, "group_id"))
		if err != nil {
			return true, err
		}
		if group == nil || *group[store.TableNamed("tag_group").At("deletion_id")] != "0" {
			if u.ending {
				u.keep(NoteInBin, kind, "#"+itoa(id))
			} else {
				u.waiting = append(u.waiting, later)
			}
			return true, nil
		}
	}
	switch {
	case now != nil && from == 0 && to != 0:
		u.bury(kind, list)
	case from != 0 && to == 0:
		u.noteRaised(kind, from, list)
	}
	for _, event := range []int64{from, to} {
		if event != 0 {
			u.touched[event] = true
		}
	}
	return false, nil
}

// uncounted are tables whose rows people do not count: each belongs to a row of
// another one.
var uncounted = map[string]bool{"staff_department": true, "department_closure": true, "sleeping_removal": true, "import_run": true}

// addLinks puts links back that are not there and whose ends are.
func (u *undoer) addLinks(list []crm.Link) error {
	add, err := u.putable(list)
	if err != nil {
		return err
	}
	u.out.Added += int64(len(add))
	for range len(list) - len(add) {
		u.keep(NoteSurvivor, "link")
	}
	return u.j.addLinks(add)
}

func (u *undoer) putable(list []crm.Link) (out []crm.Link, err error) {
	for part := range slices.Chunk(list, 500) {
		have, ends := make(map[linkKey]bool), make(map[int64]bool)
		customers, tags := make([]any, len(part)), make([]int64, len(part))
		for i, l := range part {
			customers[i], tags[i] = l.CustomerID, l.TagID
		}
		if err := u.tx.LinksOf(customers, func(l crm.Link) { have[linkKey{l.CustomerID, l.TagID, l.StaffID}] = true }); err != nil {
			return nil, err
		}
		if err := u.tx.CustomersByKey("id", customers, func(c crm.Customer) { ends[c.ID] = true }); err != nil {
			return nil, err
		}
		there := make(map[int64]bool)
		if err := u.tx.Versions(crm.ObjectTag, tags, func(id, _, _ int64) { there[id] = true }); err != nil {
			return nil, err
		}
		for _, l := range part {
			if key := (linkKey{l.CustomerID, l.TagID, l.StaffID}); !have[key] && ends[l.CustomerID] && there[l.TagID] {
				have[key] = true
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// dropLinks takes links away that are still as the event left them.
func (u *undoer) dropLinks(list []crm.Link) error {
	var drop []crm.Link
	for part := range slices.Chunk(list, 500) {
		have := make(map[linkKey]crm.Link)
		customers := make([]any, len(part))
		for i, l := range part {
			customers[i] = l.CustomerID
		}
		if err := u.tx.LinksOf(customers, func(l crm.Link) { have[linkKey{l.CustomerID, l.TagID, l.StaffID}] = l }); err != nil {
			return err
		}
		for _, l := range part {
			if now, ok := have[linkKey{l.CustomerID, l.TagID, l.StaffID}]; ok && now == l {
				drop = append(drop, l)
			} else {
				u.keep(NoteSurvivor, "link")
			}
		}
	}
	u.out.Removed += int64(len(drop))
	return u.j.dropLinks(drop)
}

// turnSwap puts links back that are still as the event left them.
func (u *undoer) turnSwap(c swapChange) error {
	before, after, err := stillThere(u.tx, c)
	if err != nil {
		return err
	}
	for range len(c.After) - len(after) {
		u.keep(NoteSurvivor, "link")
	}
	return u.j.swapLinks(after, before)
}

// turnCopied takes away the links that carry the event's mark, or gives them
// again.
func (u *undoer) turnCopied(c copyChange) error {
	back := c
	if c.Undone {
		there := false
		if err := u.tx.Versions(crm.ObjectTag, []int64{c.To}, func(_, _, _ int64) { there = true }); err != nil {
			return err
		}
		if !there {
			u.keep(NoteGone, crm.ObjectTag, "#"+itoa(c.To))
			return nil
		}
		n, err := u.tx.CopyLinksOfAll(append([]int64{c.From}, c.With...), c.To, c.Event)
		if err != nil {
			return err
		}
		u.out.Added += n
		back.Undone = false
		return u.j.write(change{Copied: &back})
	}
	n, err := u.tx.DropCopied(c.To, c.Event)
	if err != nil {
		return err
	}
	u.out.Removed += n
	back.Undone = true
	return u.j.write(change{Copied: &back})
}
