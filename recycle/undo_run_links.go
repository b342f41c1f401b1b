package recycle

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// linkUndo takes back what a batch of images says about links: first in memory,
// for rows of a file may give and take the same link several times.
type linkUndo struct {
	*runUndo
	have map[linkKey]crm.Link // of the customers, as they will be
	was  map[linkKey]crm.Link // of those touched, as they are
	seen map[linkKey]bool     // touched, also those that were not there
}

// turnLinks removes links that the run added and puts back those that it
// removed. Links of tags that it made are left to sleep with them.
func (u *runUndo) turnLinks(batch []store.Change) error {
	l := &linkUndo{runUndo: u, have: make(map[linkKey]crm.Link), was: make(map[linkKey]crm.Link), seen: make(map[linkKey]bool)}
	var customers []any
	for _, c := range batch {
		if c.Kind == crm.ImageLinks {
			customers = append(customers, c.ItemID)
		}
	}
	if len(customers) == 0 {
		return nil
	}
	if err := u.tx.LinksOf(customers, func(x crm.Link) { l.have[linkKey{x.CustomerID, x.TagID, x.StaffID}] = x }); err != nil {
		return err
	}
	for _, c := range batch {
		if c.Kind != crm.ImageLinks {
			continue
		}
		var image crm.LinksImage
		if err := json.Unmarshal([]byte(c.Before), &image); err != nil {
			return err
		}
		l.turn(c, image)
	}
	return l.write()
}

func (l *linkUndo) turn(c store.Change, image crm.LinksImage) {
	for _, tag := range image.Added {
		key := linkKey{c.ItemID, tag, c.StaffID}
		now, there := l.have[key]
		switch {
		case l.created(store.SeqTag, tag):
		case !there:
			// Somebody took it off: should an older image put another one back, then
			// that was decided since.
			l.left[placeOf(key)] = true
		case now.RunID != l.run.ID:
			l.leaveLink(key, NoteChangedSince)
		default:
			l.touch(key)
			delete(l.have, key)
		}
	}
	for _, x := range image.Removed {
		key := linkKey{x.CustomerID, x.TagID, x.StaffID}
		_, there := l.have[key]
		switch {
		case l.created(store.SeqTag, x.TagID):
		case there:
			l.leaveLink(key, NoteChangedSince)
		case l.left[placeOf(key)]:
			l.keep(NoteChangedSince, l.writtenLink(key))
		default:
			l.touch(key)
			l.have[key] = x
		}
	}
}

// placeOf is the place of a link among what is left. Its kind is no other one's.
func placeOf(k linkKey) place { return place{"link:" + itoa(k.tag), k.customer, k.staff} }

func (l *linkUndo) leaveLink(k linkKey, code string) { l.leave(placeOf(k), code, l.writtenLink(k)) }

func (l *linkUndo) writtenLink(k linkKey) string {
	return l.written(crm.RefCustomer, k.customer, nil) + " " + l.written(crm.ObjectTag, k.tag, nil)
}

func (l *linkUndo) touch(k linkKey) {
	if x, there := l.have[k]; there && !l.seen[k] {
		l.was[k] = x
	}
	l.seen[k] = true
}

func (l *linkUndo) write() error {
	touched := slices.SortedFunc(maps.Keys(l.seen), func(a, b linkKey) int {
		return cmp.Or(cmp.Compare(a.customer, b.customer), cmp.Compare(a.tag, b.tag), cmp.Compare(a.staff, b.staff))
	})
	var drop, add []crm.Link
	for _, k := range touched {
		old, had := l.was[k]
		put, has := l.have[k]
		if had && (!has || old != put) {
			drop = append(drop, old)
		}
		if !has || had && old == put {
			continue
		}
		chosen, err := l.chosenSince(k)
		if err != nil {
			return err
		}
		if chosen {
			l.leaveLink(k, NoteNewerChoice)
			continue
		}
		add = append(add, put)
	}
	if err := l.takeOff(drop); err != nil {
		return err
	}
	able, err := l.putable(add)
	if err != nil {
		return err
	}
	for _, x := range able {
		delete(l.seen, linkKey{x.CustomerID, x.TagID, x.StaffID})
	}
	for _, x := range add {
		if key := (linkKey{x.CustomerID, x.TagID, x.StaffID}); l.seen[key] {
			l.leaveLink(key, NoteGone)
		}
	}
	l.out.Added += int64(len(able))
	l.note(able)
	return l.j.addLinks(able)
}

// takeOff removes links of the run.
func (u *runUndo) takeOff(list []crm.Link) error {
	u.out.Removed += int64(len(list))
	u.note(list)
	return u.j.dropLinks(list)
}

func (u *runUndo) note(list []crm.Link) {
	for _, x := range list {
		u.tagged[x.TagID] = true
	}
}

// chosenSince reports whether the pair has got another tag of the same
// single-choice group after the run.
func (l *linkUndo) chosenSince(k linkKey) (bool, error) {
	group := l.groupOf[k.tag]
	if !l.single[group] {
		return false, nil
	}
	for other, x := range l.have {
		if other.customer != k.customer || other.staff != k.staff || other.tag == k.tag || l.groupOf[other.tag] != group ||
			l.created(store.SeqTag, other.tag) || l.seen[other] {
			continue
		}
		if newer, err := l.newer(x); err != nil || newer {
			return newer, err
		}
	}
	return false, nil
}

// dropGenerated removes the links that generated groups gave to tags that were
// there before: such a run keeps no images.
func (u *runUndo) dropGenerated() error {
	if u.run.Kind != crm.Generated {
		return nil
	}
	return u.tx.LinksOfRun(u.run.ID, func(list []crm.Link) error {
		return u.takeOff(slices.DeleteFunc(list, func(l crm.Link) bool { return u.created(store.SeqTag, l.TagID) }))
	})
}
