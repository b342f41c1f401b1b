package recycle

import (
	"context"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Found is a thing that goes by a name: in the bin, live, or purged.
type Found struct {
	InBin
	// Event that put it into the bin or purged it; the zero one: it is live.
	Event  crm.Deletion
	Purged bool
}

// Find looks for a group, tag or customer by name, a customer also by external
// id or mobile; a ref without a kind stands for all of them. What is live is
// found too: it was not deleted. Things that who looks may not see are not there.
func Find(ctx context.Context, db *store.DB, r crm.Ref, by int64) (out []Found, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		e, err := eyesOf(tx, by)
		if err != nil {
			return err
		}
		f := finder{eyes: e, ref: r}
		out, err = f.find()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find in the bin: %w", err)
	}
	return out, nil
}

type finder struct {
	*eyes
	ref crm.Ref
	out []Found
}

func (f *finder) wants(kind string, id int64, name string) bool {
	switch {
	case f.ref.Kind != "" && f.ref.Kind != kind:
		return false
	case f.ref.ID != 0:
		return f.ref.ID == id
	}
	return len(f.ref.Names) > 0 && f.ref.Names[len(f.ref.Names)-1] == name
}

func (f *finder) add(x InBin, event int64, purged bool) error {
	found := Found{InBin: x, Purged: purged}
	if event != 0 {
		d, err := f.tx.Deletion(event)
		if err != nil {
			return err
		}
		found.Event = d
	}
	f.out = append(f.out, found)
	return nil
}

func (f *finder) find() ([]Found, error) {
	shells := make(map[int64]bool)
	stones, err := f.stones()
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string)
	for _, s := range stones {
		shells[s.ID] = shells[s.ID] || s.Kind == crm.ObjectGroup
	}
	for _, g := range f.company.Groups {
		names[g.ID] = g.Name
		if f.wants(crm.ObjectGroup, g.ID, g.Name) && len(f.ref.Names) < 2 && !(shells[g.ID] && g.DeletionID != 0) && f.sees(access.Group(g.ID)) {
			if err := f.add(InBin{Kind: crm.ObjectGroup, ID: g.ID, Name: g.Name}, g.DeletionID, false); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range f.company.Tags {
		in := len(f.ref.Names) < 2 || names[t.GroupID] == f.ref.Names[0]
		if f.wants(crm.ObjectTag, t.ID, t.Name) && in && f.sees(access.Tag(t.ID)) {
			if err := f.add(InBin{Kind: crm.ObjectTag, ID: t.ID, Name: t.Name, Group: names[t.GroupID]}, t.DeletionID, false); err != nil {
				return nil, err
			}
		}
	}
	if err := f.customers(); err != nil {
		return nil, err
	}
	for _, s := range stones { // of what nobody can see any more
		if f.all {
			if err := f.add(InBin{Kind: s.Kind, ID: s.ID, Name: s.Name}, s.DeletionID, true); err != nil {
				return nil, err
			}
		}
	}
	return f.out, nil
}

// stones are the tombstones that bear the name.
func (f *finder) stones() (out []store.Tombstone, err error) {
	if f.ref.ID != 0 || len(f.ref.Names) == 0 {
		return nil, nil
	}
	all, err := f.tx.Tombstones(f.ref.Names[len(f.ref.Names)-1])
	for _, s := range all {
		if (f.ref.Kind == "" || f.ref.Kind == s.Kind) && (len(f.ref.Names) < 2 || s.Kind == crm.ObjectTag) {
			out = append(out, s)
		}
	}
	return out, err
}

// maxFound is how many customers of a name are shown.
const maxFound = 50

func (f *finder) customers() error {
	if f.ref.Kind != "" && f.ref.Kind != crm.RefCustomer || len(f.ref.Names) > 1 {
		return nil
	}
	var ids []int64
	var err error
	if f.ref.ID != 0 {
		err = f.tx.Select(&ids, "SELECT id FROM customer WHERE id = ?", f.ref.ID)
	} else {
		name := f.ref.Names[0]
		err = f.tx.Select(&ids, "SELECT id FROM customer WHERE external_id = ? OR mobile = ? OR deletion_id <> 0 AND name = ? ORDER BY id LIMIT ?", name, name, name, maxFound)
	}
	if err != nil || len(ids) == 0 {
		return err
	}
	seen, err := f.of(Selection{Customers: ids})
	if err != nil || len(seen.Customers) == 0 {
		return err
	}
	events := make(map[int64]int64)
	if err := f.tx.Versions(crm.RefCustomer, seen.Customers, func(id, _, event int64) { events[id] = event }); err != nil {
		return err
	}
	var list []InBin
	if err := f.showCustomers(seen.Customers, func(x InBin) error { list = append(list, x); return nil }); err != nil {
		return err
	}
	for _, x := range list {
		if err := f.add(x, events[x.ID], false); err != nil {
			return err
		}
	}
	return nil
}

// NotThere: an event has nothing of that name in the bin.
type NotThere struct{ Ref crm.Ref }

func (e *NotThere) Error() string { return fmt.Sprintf("the event has no %s of that name", e.Ref.Kind) }

// Several: more than one thing of an event goes by the name.
type Several struct {
	Ref crm.Ref
	IDs []int64
}

func (e *Several) Error() string {
	return fmt.Sprintf("%d things of kind %s have that name", len(e.IDs), e.Ref.Kind)
}

// Within finds the things that refs name among those that an event has in the
// bin. A group may also be one of which the event has tags only. A *NotThere or
// *Several about the first that cannot be found or told apart.
func Within(ctx context.Context, db *store.DB, event, by int64, refs []crm.Ref) (out []Thing, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		e, err := eyesOf(tx, by)
		if err != nil {
			return err
		}
		for _, r := range refs {
			f := finder{eyes: e, ref: r}
			id, err := f.within(event)
			if err != nil {
				return err
			}
			out = append(out, Thing{r.Kind, id})
		}
		return nil
	})
	return out, err
}

func (f *finder) within(event int64) (int64, error) {
	all, err := f.find()
	if err != nil {
		return 0, err
	}
	var ids []int64
	for _, x := range all {
		holds := x.Event.ID == event && !x.Purged
		if x.Kind == crm.ObjectGroup && !holds {
			holds = slices.ContainsFunc(f.company.Tags, func(t crm.Tag) bool {
				return t.GroupID == x.ID && t.DeletionID == event && f.sees(access.Tag(t.ID))
			})
		}
		if holds {
			ids = append(ids, x.ID)
		}
	}
	switch len(ids) {
	case 0:
		return 0, &NotThere{f.ref}
	case 1:
		return ids[0], nil
	}
	return 0, &Several{f.ref, ids}
}
