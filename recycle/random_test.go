package recycle

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/snapshot"
)

// histories is how many random ones are lived through; TAGKEEP_HISTORIES asks
// for more.
func histories(few int) int {
	if n, err := strconv.Atoi(os.Getenv("TAGKEEP_HISTORIES")); err == nil && n > 0 {
		return n
	}
	return few
}

// Law 8 and 10: two companies live the same life, but one of them also deletes
// and restores. While things are in the bin, nobody there stands higher with
// anything than in the other; when all is back, the two are the same, to the
// last column. Every link and grant in scope has one verdict each time.
func TestSameAsNeverDeleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		n := histories(12)
		if target.Engine == store.MySQL {
			n = histories(3)
		}
		for seed := range n {
			t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { live(t, target.Engine, uint64(seed)) })
		}
	})
}

func live(t *testing.T, engine store.Engine, seed uint64) {
	clock := storetest.NewClock()
	open := func() *scene {
		target := storetest.SQLite(t)
		if engine == store.MySQL {
			target = storetest.MySQL(t)
		}
		s := &scene{TB: t, db: storetest.Open(t, target, clock.Option()), clock: clock}
		var err error
		if s.dir, err = snapshot.OpenDir(t.TempDir()); err != nil {
			t.Fatal(err)
		}
		s.write(s.fill)
		return s
	}
	h := &history{T: t, rng: rand.New(rand.NewPCG(seed, 1)), real: open(), never: open()}
	for range 12 {
		h.real.tick()
		h.step()
		h.compareAccess()
	}
	for len(h.events) > 0 {
		h.restore()
	}
	if a, b := h.real.state(), h.never.state(); a.Exact != b.Exact {
		t.Errorf("seed %d: not the same as if nothing had been deleted: %+v, %+v\n%v", seed, a.Counts, b.Counts, h.log)
	}
	h.real.sound()
}

// history is one random life.
type history struct {
	*testing.T
	rng         *rand.Rand
	real, never *scene
	events      []int64
	log         []string
}

func (h *history) say(format string, args ...any) {
	h.log = append(h.log, fmt.Sprintf(format, args...))
}

// both does something to live things in the two companies.
func (h *history) both(fn func(tx *store.Tx) error) {
	h.real.write(fn)
	h.never.write(fn)
}

// live are the ids of the live things of a kind in the real company.
func (h *history) live(table string) (out []int64) {
	h.real.read(func(tx *store.Tx) error {
		return tx.Select(&out, "SELECT id FROM "+table+" WHERE deletion_id = 0 ORDER BY id")
	})
	return out
}

func pick[T any](h *history, list []T) T { return list[h.rng.IntN(len(list))] }

func (h *history) step() {
	switch h.rng.IntN(10) {
	case 0, 1, 2:
		h.delete()
	case 3:
		if len(h.events) > 0 {
			h.restore()
		}
	case 4:
		h.grant()
	case 5:
		h.revoke()
	case 6:
		h.untag()
	case 7:
		h.tagNew()
	case 8:
		h.person()
	case 9:
		h.edit()
	}
}

func (h *history) delete() {
	sel := Selection{}
	groups, tags, customers := h.live("tag_group"), h.live("tag"), h.live("customer")
	switch {
	case h.rng.IntN(3) == 0 && len(groups) > 0:
		sel.Groups = []int64{pick(h, groups)}
	case h.rng.IntN(2) == 0 && len(tags) > 0:
		sel.Tags = []int64{pick(h, tags)}
	case len(customers) > 3:
		sel.Customers = []int64{pick(h, customers), pick(h, customers)}
	}
	if sel.Empty() {
		return
	}
	event := h.real.del(sel)
	h.say("D%d deletes %+v", event, sel)
	h.events = append(h.events, event)
}

func (h *history) restore() {
	i := h.rng.IntN(len(h.events))
	event := h.events[i]
	h.events = slices.Delete(h.events, i, i+1)
	before := h.real.state()
	r, err := Restore(h.Context(), h.real.db, h.real.dir, event, RestoreOptions{AcceptWider: true})
	if err != nil {
		// What it held may have come back with something else: a group as the shell
		// of its tag.
		h.real.refused(err, ErrNotInBin)
		return
	}
	h.say("X%d restores D%d: %v", r.Event, event, r.Plan.Counts)
	after := h.real.state()
	if woke := after.Counts.Links - before.Counts.Links; woke != r.Plan.Sum("link", crm.Relinked) {
		h.Errorf("%d links woke, %v\n%v", woke, r.Plan.Counts, h.log)
	}
	if woke := after.Counts.Grants - before.Counts.Grants; woke != h.standing(r.Plan) {
		h.Errorf("%d grants woke, %v\n%v", woke, r.Plan.Grants, h.log)
	}
	if h.rng.IntN(2) == 0 {
		u := h.real.undo(r.Event)
		h.real.same(h.real.state(), before, fmt.Sprintf("undo of %v", h.log))
		h.real.undo(u.Event)
		h.real.same(h.real.state(), after, fmt.Sprintf("undo of the undo of %v", h.log))
	}
}

// standing counts the grants that are in the state again, whatever their
// verdict: those that wait for their subject lie awake.
func (h *history) standing(p Plan) (n int64) {
	for _, g := range p.Grants {
		if g.do != grantEnds && g.Reason != crm.ReasonObjectInBin {
			n++
		}
	}
	return n
}

func (h *history) grant() {
	groups, tags := h.live("tag_group"), h.live("tag")
	g := crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: int64(1 + h.rng.IntN(6)), ObjectKind: crm.ObjectAll, Level: pick(h, crm.Levels)}
	if h.rng.IntN(3) == 0 {
		g.SubjectKind, g.SubjectID, g.WithSub = crm.SubjectDepartment, int64(1+h.rng.IntN(4)), h.rng.IntN(2) == 0
	}
	switch {
	case h.rng.IntN(2) == 0 && len(groups) > 0:
		g.ObjectKind, g.ObjectID = crm.ObjectGroup, pick(h, groups)
	case len(tags) > 0:
		g.ObjectKind, g.ObjectID = crm.ObjectTag, pick(h, tags)
	default:
		return
	}
	if h.rng.IntN(3) == 0 {
		g.StartsAt = h.real.clock.Now().UnixMilli()
		g.EndsAt = g.StartsAt + int64(1+h.rng.IntN(10))*60_000
	}
	h.say("grant %+v", g)
	h.both(func(tx *store.Tx) (err error) {
		if g.ID, err = tx.NextIDs(store.SeqGrant, 1); err != nil {
			return err
		}
		g.CreatedAt = tx.Now
		return tx.CreateGrants([]crm.Grant{g})
	})
}

// revoke ends a grant, be its object live or in the bin.
func (h *history) revoke() {
	var ids []int64
	h.real.read(func(tx *store.Tx) error {
		return tx.Select(&ids, "SELECT id FROM access_grant WHERE revoked_at = 0 ORDER BY id")
	})
	if len(ids) == 0 {
		return
	}
	id := pick(h, ids)
	h.say("revoke %d", id)
	h.both(func(tx *store.Tx) error { return tx.RevokeGrant(id, boss, "") })
}

// untag takes a tag off a customer, awake or asleep.
func (h *history) untag() {
	var ls []crm.Link
	h.real.read(func(tx *store.Tx) error {
		return tx.LinksOf([]any{int64(1 + h.rng.IntN(20))}, func(l crm.Link) { ls = append(ls, l) })
	})
	if len(ls) == 0 {
		return
	}
	l := pick(h, ls)
	h.say("untag %+v", l)
	h.real.write(func(tx *store.Tx) error {
		var event int64
		err := tx.Get(&event, "SELECT CASE WHEN t.deletion_id <> 0 THEN t.deletion_id ELSE c.deletion_id END FROM tag t, customer c WHERE t.id = ? AND c.id = ?", l.TagID, l.CustomerID)
		if err != nil {
			return err
		}
		return tx.RemoveLink(l, event, anna, 0)
	})
	h.never.write(func(tx *store.Tx) error { return tx.RemoveLink(l, 0, anna, 0) })
}

// tagNew makes a tag, at the end of its group, and puts it on a customer.
func (h *history) tagNew() {
	groups, customers := h.live("tag_group"), h.live("customer")
	if len(groups) == 0 || len(customers) == 0 {
		return
	}
	group, customer := pick(h, groups), pick(h, customers)
	h.say("a new tag in %d, on %d", group, customer)
	h.both(func(tx *store.Tx) error {
		id, err := tx.NextIDs(store.SeqTag, 1)
		if err != nil {
			return err
		}
		if err := tx.CreateTags([]crm.Tag{{ID: id, GroupID: group, Name: fmt.Sprint("新", id), Sort: 100 + id, CreatedAt: tx.Now, UpdatedAt: tx.Now}}); err != nil {
			return err
		}
		return tx.AddLinks([]crm.Link{{CustomerID: customer, TagID: id, TaggedAt: tx.Now}})
	})
}

func (h *history) person() {
	who, status := int64(1+h.rng.IntN(6)), pick(h, []string{crm.StatusActive, crm.StatusDisabled})
	h.say("%d is %s", who, status)
	for _, s := range []*scene{h.real, h.never} {
		s.person(who, func(p *crm.Staff) { p.Status = status })
	}
}

func (h *history) edit() {
	customers := h.live("customer")
	if len(customers) == 0 {
		return
	}
	id := pick(h, customers)
	h.say("edit %d", id)
	h.both(func(tx *store.Tx) error {
		return tx.UpdateCustomer(crm.Customer{ID: id, ExternalID: fmt.Sprint("wm", id), Name: "改过"})
	})
}

// compareAccess: whatever is live in the real company, nobody stands higher with
// it than had nothing been deleted, and as high.
func (h *history) compareAccess() {
	real, never := h.real.world(), h.never.world()
	for _, kind := range []struct {
		table string
		of    func(int64) access.Object
	}{{"tag_group", access.Group}, {"tag", access.Tag}} {
		for _, id := range h.live(kind.table) {
			for who := int64(1); who <= 6; who++ {
				if a, b := real.Level(who, kind.of(id)), never.Level(who, kind.of(id)); a != b {
					h.Fatalf("%d has %s on %s %d, want %s\n%v", who, a, kind.table, id, b, h.log)
				}
			}
		}
	}
}
