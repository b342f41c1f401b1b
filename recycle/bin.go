package recycle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// What is known of the snapshot of an event.
const (
	SnapshotNone       = ""           // the event has none
	SnapshotWhole      = "whole"      // it is there and was found whole
	SnapshotUnverified = "unverified" // it is there; nobody has read it to its end
	SnapshotDamaged    = "damaged"
	SnapshotMissing    = "missing"
)

// Entry is an event of the bin as somebody sees it.
type Entry struct {
	crm.Deletion
	// Now is what it has in the bin that they may see; the Summary names no more.
	Now Contents
	// Days are left until it may be purged, rounded up; -1 when its time is over.
	Days int
	// Snapshot of what went: how it stands, and the file where it is there.
	Standing string
	Snapshot snapshot.Info
}

// Look says who looks at the bin and at what.
type Look struct {
	By int64 // staff id, 0 = the operator
	// Ended also shows events that have nothing in the bin any more.
	Ended bool
	// Verify reads the snapshots to their ends; else what is known of them counts.
	Verify bool
}

// List lists the events of the bin, the newest first. dir may be nil where there
// is no folder of snapshots.
func List(ctx context.Context, db *store.DB, dir *snapshot.Dir, look Look) (out []Entry, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		e, err := eyesOf(tx, look.By)
		if err != nil {
			return err
		}
		all, err := tx.Deletions()
		if err != nil {
			return err
		}
		for _, d := range slices.Backward(all) {
			if entry, ok, err := e.entry(d); err != nil {
				return err
			} else if ok && (look.Ended || d.State == crm.StateInBin || d.State == crm.StatePurging) {
				out = append(out, entry)
			}
		}
		return nil
	})
	if err == nil {
		err = standings(ctx, db, dir, out, look.Verify)
	}
	if err != nil {
		return nil, fmt.Errorf("list the bin: %w", err)
	}
	return out, nil
}

// eyes are those of one person on the bin.
type eyes struct {
	tx      *store.Tx
	company crm.Company
	world   *access.World
	by      int64
	all     bool
}

func eyesOf(tx *store.Tx, by int64) (*eyes, error) {
	company, err := tx.Company()
	if err != nil {
		return nil, err
	}
	e := &eyes{tx: tx, company: company, world: access.New(company), by: by, all: by == 0}
	for _, s := range company.Staff {
		if s.ID == by && (s.Role == crm.RoleSuper || s.Role == crm.RoleAuditor) {
			e.all = true
		}
	}
	return e, nil
}

// sees reports whether the person may see a group or tag, apart from its lying
// in the bin.
func (e *eyes) sees(o access.Object) bool {
	return e.all || e.world.Decide(access.Question{Subject: e.by, Do: access.View, On: o}).Seen()
}

// of is the part of a selection that the person may see.
func (e *eyes) of(s Selection) (Selection, error) {
	if e.all {
		return s, nil
	}
	hidden := func(o func(int64) access.Object) func(int64) bool {
		return func(id int64) bool { return !e.sees(o(id)) }
	}
	s.Groups, s.Tags = slices.DeleteFunc(s.Groups, hidden(access.Group)), slices.DeleteFunc(s.Tags, hidden(access.Tag))
	var seen []int64
	for part := range slices.Chunk(s.Customers, 500) {
		values, followers := anyIDs(part), make(map[int64][]int64)
		if err := e.tx.FollowsOf(values, func(f crm.Follow) { followers[f.CustomerID] = append(followers[f.CustomerID], f.StaffID) }); err != nil {
			return s, err
		}
		for _, id := range part {
			q := access.Question{Subject: e.by, Do: access.View, On: access.Everything(), Customer: &access.Customer{Live: true, Followers: followers[id]}}
			if e.world.Allowed(q) {
				seen = append(seen, id)
			}
		}
	}
	s.Customers = seen
	return s, nil
}

func anyIDs(ids []int64) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// entry is an event as the person sees it; ok is false when they see nothing of
// it: then it does not exist for them.
func (e *eyes) entry(d crm.Deletion) (out Entry, ok bool, err error) {
	out, _, ok, err = e.look(d)
	return out, ok, err
}

func (e *eyes) look(d crm.Deletion) (out Entry, seen Selection, ok bool, err error) {
	out.Deletion = d
	out.Days = int((d.ExpiresAt - e.tx.Now + dayMillis - 1) / dayMillis)
	if d.ExpiresAt <= e.tx.Now {
		out.Days = -1
	}
	if d.State == crm.StatePurged {
		return out, seen, e.all || d.CreatedBy == e.by, nil // a shell that is left is nobody's business
	}
	has, err := contentsOf(e.tx, d.ID)
	if err != nil {
		return out, seen, false, err
	}
	before := has.count()
	if seen, err = e.of(has); err != nil {
		return out, seen, false, err
	}
	if out.Now = seen.count(); out.Now != before {
		out.Summary, out.Counts = e.summary(seen), ""
	}
	return out, seen, e.all || !seen.Empty() || before == (Contents{}) && d.CreatedBy == e.by, nil
}

const dayMillis = 24 * 60 * 60 * 1000

// summary names what is seen of an event.
func (e *eyes) summary(s Selection) string {
	var groups []crm.Group
	var tags []crm.Tag
	in, tagged := setOf(s.Groups), setOf(s.Tags)
	for _, g := range e.company.Groups {
		if in[g.ID] {
			groups = append(groups, g)
		}
	}
	for _, t := range e.company.Tags {
		if tagged[t.ID] {
			tags = append(tags, t)
		}
	}
	return summary(e.company, groups, tags, len(s.Customers))
}

// standings finds the snapshots of events.
func standings(ctx context.Context, db *store.DB, dir *snapshot.Dir, list []Entry, verify bool) error {
	byID := make(map[string]snapshot.Info)
	spoilt := make(map[int64]snapshot.Info) // by sequence: the head of such a file may be gone
	var checks map[string]store.SnapshotCheck
	if dir != nil {
		infos, err := dir.List(ctx)
		if err != nil {
			return err
		}
		err = db.View(ctx, func(tx *store.Tx) (err error) {
			if checks, err = tx.SnapshotChecks(); err != nil {
				return err
			}
			return snapshot.Marks(tx, infos)
		})
		if err != nil {
			return err
		}
		for _, i := range infos {
			if i.ID == "" {
				spoilt[i.Sequence] = i
			}
			if i.Database == db.Meta().UUID {
				byID[i.ID] = i
			}
		}
	}
	for n := range list {
		e := &list[n]
		i, there := byID[e.SnapshotID]
		if c, known := checks[e.SnapshotID]; known && !there {
			i, there = spoilt[c.Sequence]
		}
		switch {
		case e.SnapshotID == "":
			continue
		case !there:
			e.Standing = SnapshotMissing
			continue
		case verify && i.Problem == "":
			if src, err := snapshot.OpenSource(ctx, i.Path); err == nil {
				e.Standing = SnapshotWhole
				_ = src.Close() // it was only read
			} else if ctx.Err() != nil {
				return context.Cause(ctx)
			} else {
				e.Standing = SnapshotDamaged
			}
		case i.Problem != "":
			e.Standing = SnapshotDamaged
		case i.Verified == 0:
			e.Standing = SnapshotUnverified
		default:
			e.Standing = SnapshotWhole
		}
		e.Snapshot = i
	}
	return nil
}

// InBin is a thing of an event, as it lies in the bin.
type InBin struct {
	Kind     string `json:"kind"`
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Group    string `json:"group,omitempty"`       // a tag's
	External string `json:"external_id,omitempty"` // a customer's
	Mobile   string `json:"mobile,omitempty"`
	Links    int64  `json:"links"`
	Grants   int64  `json:"grants"` // not revoked
}

// Show hands out what an event has in the bin: groups, tags, customers, each by
// id. fn may be nil. ErrNoEvent also when who looks may not see any of it.
func Show(ctx context.Context, db *store.DB, dir *snapshot.Dir, event int64, look Look, fn func(InBin) error) (out Entry, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		e, err := eyesOf(tx, look.By)
		if err != nil {
			return err
		}
		d, err := tx.Deletion(event)
		if errors.Is(err, store.ErrGone) {
			return ErrNoEvent
		}
		if err != nil {
			return err
		}
		entry, seen, ok, err := e.look(d)
		if err == nil && !ok {
			return ErrNoEvent
		}
		if out = entry; err != nil || fn == nil {
			return err
		}
		return e.show(seen, fn)
	})
	list := []Entry{out}
	if err == nil {
		err = standings(ctx, db, dir, list, look.Verify)
	}
	if err != nil {
		return out, fmt.Errorf("show event %d: %w", event, err)
	}
	return list[0], nil
}

// Seen is the part of an event that somebody may see; whole, that it is all of
// it.
func Seen(ctx context.Context, db *store.DB, event, by int64) (s Selection, whole bool, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		e, err := eyesOf(tx, by)
		if err != nil {
			return err
		}
		has, err := contentsOf(tx, event)
		if err != nil {
			return err
		}
		before := has.count()
		s, err = e.of(has)
		whole = s.count() == before
		return err
	})
	return s, whole, err
}

func (e *eyes) show(s Selection, fn func(InBin) error) error {
	grants := make(map[Thing]int64)
	for _, g := range e.company.Grants {
		if g.RevokedAt == 0 {
			grants[Thing{g.ObjectKind, g.ObjectID}]++
		}
	}
	names, in := make(map[int64]string), setOf(s.Groups)
	for _, g := range e.company.Groups {
		names[g.ID] = g.Name
		if in[g.ID] {
			if err := fn(InBin{Kind: crm.ObjectGroup, ID: g.ID, Name: g.Name, Grants: grants[Thing{crm.ObjectGroup, g.ID}]}); err != nil {
				return err
			}
		}
	}
	links, err := e.tx.LinksOfTags(s.Tags)
	if err != nil {
		return err
	}
	in = setOf(s.Tags)
	for _, t := range e.company.Tags {
		if in[t.ID] {
			if err := fn(InBin{Kind: crm.ObjectTag, ID: t.ID, Name: t.Name, Group: names[t.GroupID], Links: links[t.ID], Grants: grants[Thing{crm.ObjectTag, t.ID}]}); err != nil {
				return err
			}
		}
	}
	for part := range slices.Chunk(s.Customers, 500) {
		if err := e.showCustomers(part, fn); err != nil {
			return err
		}
	}
	return nil
}

func (e *eyes) showCustomers(ids []int64, fn func(InBin) error) error {
	values, links := anyIDs(ids), make(map[int64]int64)
	if err := e.tx.LinksOf(values, func(l crm.Link) { links[l.CustomerID]++ }); err != nil {
		return err
	}
	var list []crm.Customer
	if err := e.tx.CustomersByKey("id", values, func(c crm.Customer) { list = append(list, c) }); err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b crm.Customer) int { return cmp.Compare(a.ID, b.ID) })
	for _, c := range list {
		if err := fn(InBin{Kind: crm.RefCustomer, ID: c.ID, Name: c.Name, External: c.ExternalID, Mobile: c.Mobile, Links: links[c.ID]}); err != nil {
			return err
		}
	}
	return nil
}
