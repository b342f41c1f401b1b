package recycle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func (s *scene) merge(into int64, from ...int64) Deleted {
	s.Helper()
	d, err := MergeTags(s.Context(), s.db, s.dir, from, into, DeleteOptions{Reason: "double"})
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return d
}

// linkAll adds links of a tag to customers, tagged at so many milliseconds.
func (s *scene) linkAll(tag, staff, at int64, customers ...int64) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		var ls []crm.Link
		for _, c := range customers {
			ls = append(ls, crm.Link{CustomerID: c, TagID: tag, StaffID: staff, TaggedAt: at, TaggedBy: ben})
		}
		return tx.AddLinks(ls)
	})
}

func (s *scene) unlink(tag, staff int64, customers ...int64) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		for _, c := range customers {
			if err := tx.RemoveLink(crm.Link{CustomerID: c, TagID: tag, StaffID: staff}, 0, 0, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// holders are the customers that have a tag of a member, with its times.
func (s *scene) holders(tag, staff int64) map[int64]int64 {
	s.Helper()
	out := make(map[int64]int64)
	s.read(func(tx *store.Tx) error {
		var all []any
		for id := int64(1); id <= 20; id++ {
			all = append(all, id)
		}
		return tx.LinksOf(all, func(l crm.Link) {
			if l.TagID == tag && l.StaffID == staff {
				out[l.CustomerID] = l.TaggedAt
			}
		})
	})
	return out
}

func (s *scene) sameHolders(tag, staff int64, want ...int64) {
	s.Helper()
	var got []int64
	for c := range s.holders(tag, staff) {
		got = append(got, c)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		s.Errorf("tag %d of %d is on %v, want %v", tag, staff, got, want)
	}
}

// tangle gives anna's customers the tags high, low and shop, across and at
// different times.
func (s *scene) tangle() {
	s.linkAll(low, anna, 5, 1, 2, 3) // earlier than high
	s.linkAll(low, anna, 1<<50, 4, 5, 6)
	s.linkAll(shop, anna, 3, 2, 5, 7)
	s.linkAll(shop, anna, 1<<51, 8)
}

// R14: tags that were merged into another one come back with the links that
// they had, and nothing of the merge stays; the undo of that merges them again.
func TestR14_UnmergeIsIdentity(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.tangle()
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit})
		before := s.state()
		d := s.merge(low, high, shop)
		merged := s.state()
		if d.Counts.Tags != 2 || d.Counts.Moved != 14 || d.Counts.Grants != 1 || d.Snapshot.ID == "" {
			t.Errorf("counted %+v", d.Counts)
		}
		have := s.holders(low, anna)
		if len(have) != 20 || have[2] != 3 || have[5] != 3 || have[1] != 5 || have[7] != 3 {
			t.Errorf("the merged tag has %v", have)
		}
		back := s.restore(d.Event, RestoreOptions{})
		s.same(s.state(), before, "after the restore")
		if !slices.ContainsFunc(back.Plan.Notes, func(n Note) bool {
			return n.Code == NoteUnmerged && slices.Equal(n.Args, []string{"意向:低意向", "14", "0"})
		}) {
			t.Errorf("notes: %v", back.Plan.Notes)
		}
		if u := s.undo(back.Event); len(u.Kept) != 0 {
			t.Errorf("the undo left out %v", u.Kept)
		}
		s.same(s.state(), merged, "after the undo of the restore")
		s.restore(d.Event, RestoreOptions{})
		s.same(s.state(), before, "after the second restore")
	})
}

// R14: undo takes a merge back too, and undoes itself.
func TestR14_UndoOfMerge(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.tangle()
		before := s.state()
		d := s.merge(low, high, shop)
		merged := s.state()
		u := s.undo(d.Event)
		s.same(s.state(), before, "after the undo")
		if len(u.Kept) != 0 {
			t.Errorf("the undo left out %v", u.Kept)
		}
		s.undo(u.Event)
		s.same(s.state(), merged, "after the undo of the undo")
	})
}

// R14: what the other tag got since stays, what was taken from it since does
// not return.
func TestR14_LaterLinksStay(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.linkAll(low, anna, 1<<50, 4, 5)
		d := s.merge(low, high)
		s.unlink(low, anna, 4, 9)
		s.unlink(low, anna, 10)
		s.linkAll(low, anna, 1<<52, 10) // by hand now
		s.restore(d.Event, RestoreOptions{})
		s.sameHolders(low, anna, 5, 10)
		if at := s.holders(low, anna)[5]; at != 1<<50 {
			t.Errorf("customer 5 was tagged at %d", at)
		}
		if n := len(s.holders(high, anna)); n != 20 {
			t.Errorf("%d customers have the tag again", n)
		}
	})
}

// R14: of two tags that overlap, the first to come back takes only what the
// other one does not account for.
func TestR14_OneOfSeveral(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.tangle()
		before := s.state()
		d := s.merge(low, high, shop)
		first := s.restore(d.Event, RestoreOptions{Only: &Selection{Tags: []int64{high}}})
		s.sameHolders(low, anna, 1, 2, 3, 4, 5, 6, 7, 8) // 7 and 8 by way of shop
		s.sameHolders(shop, anna, 2, 5, 7, 8)            // asleep
		if have := s.holders(low, anna); have[4] != 1<<50 || have[5] != 3 {
			t.Errorf("customer 4 was tagged at %d, 5 at %d", have[4], have[5])
		}
		s.restore(d.Event, RestoreOptions{})
		s.same(s.state(), before, "after both")
		again := s.merge(low, high, shop)
		merged := s.state()
		first = s.restore(again.Event, RestoreOptions{Only: &Selection{Tags: []int64{shop}}})
		s.undo(first.Event)
		s.same(s.state(), merged, "after the undo of a part")
	})
}

// R14: with KeepInto the other tag keeps what it got.
func TestR14_KeepInto(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.tangle()
		d := s.merge(low, high)
		have := s.holders(low, anna)
		s.restore(d.Event, RestoreOptions{KeepInto: true})
		if got := s.holders(low, anna); len(got) != len(have) || len(s.holders(high, anna)) != 20 {
			t.Errorf("kept %d of %d", len(got), len(have))
		}
		other := s.del(Selection{Tags: []int64{shop}})
		_, err := PlanRestore(t.Context(), s.db, other, RestoreOptions{KeepInto: true})
		s.refused(err, ErrOther)
	})
}

// R14: in a group with a single choice the newest choice stays, and the un-merge
// brings the older one back unless there is a newer one by then.
func TestR14_SingleChoice(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.linkAll(gold, anna, 1, 6)    // and vip, from before the rule
		s.linkAll(high, ben, 1<<41, 1) // newer than …
		s.linkAll(gold, ben, 1<<40, 1) // … this
		s.linkAll(high, ben, 1<<41, 3) // …
		s.linkAll(gold, ben, 1<<40, 3) // …
		s.linkAll(gold, ben, 1<<42, 2) // newer than …
		s.linkAll(high, ben, 1<<41, 2) // … this
		s.linkAll(vip, service, 1, 5)  // vip alone
		s.linkAll(high, service, 1<<41, 5)
		before := s.state()
		d := s.merge(vip, high)
		merged := s.state()
		s.sameHolders(vip, ben, 1, 3)
		s.sameHolders(gold, ben, 2)
		s.sameHolders(gold, anna, 6) // the older choice was there before: no new pair of two
		back := s.restore(d.Event, RestoreOptions{})
		s.same(s.state(), before, "after the restore")
		s.undo(back.Event)
		s.same(s.state(), merged, "after the undo")
		u := s.undo(d.Event)
		s.same(s.state(), before, "after the undo of the merge")
		s.undo(u.Event)
		s.same(s.state(), merged, "after the undo of that")
		s.unlink(vip, ben, 3)
		s.linkAll(shop, ben, 1<<43, 3)
		s.write(func(tx *store.Tx) error { return tx.MoveTag(shop, grade) })
		s.restore(d.Event, RestoreOptions{})
		s.sameHolders(gold, ben, 1, 2) // 3 chose anew
	})
}

// R14: tags of the same single-choice group cannot both keep what was united.
func TestR14_KeepIntoSingleChoice(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		d := s.merge(gold, vip)
		_, err := Restore(t.Context(), s.db, s.dir, d.Event, RestoreOptions{KeepInto: true})
		s.refused(err, ErrSingleChoice)
		s.restore(d.Event, RestoreOptions{})
		s.same(s.state(), before, "after the restore")
	})
}

// R14: sleeping customers take part, and the other tag may lie in the bin itself
// when the first ones come back.
func TestR14_Asleep(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.tangle()
		before := s.state()
		customers := s.del(Selection{Customers: []int64{1, 2, 20}})
		d := s.merge(low, high)
		into := s.del(Selection{Tags: []int64{low}})
		s.restore(d.Event, RestoreOptions{})
		s.restore(customers, RestoreOptions{})
		s.restore(into, RestoreOptions{})
		s.same(s.state(), before, "in the end")
	})
}

// What a merge refuses writes nothing.
func TestR14_Refused(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		gone := s.del(Selection{Tags: []int64{shop}})
		before := s.state()
		for _, c := range []struct {
			from []int64
			into int64
			want error
		}{{[]int64{high, low}, low, ErrSameTag}, {nil, low, ErrEmpty}, {[]int64{high}, shop, ErrChanged}, {[]int64{shop}, high, ErrChanged}} {
			_, err := MergeTags(t.Context(), s.db, s.dir, c.from, c.into, DeleteOptions{})
			s.refused(err, c.want)
			_, err = PlanMerge(t.Context(), s.db, c.from, c.into, 0)
			s.refused(err, c.want)
		}
		for _, c := range []struct{ from, into, by, on int64 }{{high, low, carl, high}, {high, eastA, anna, eastA}, {eastA, high, anna, eastA}} {
			_, err := MergeTags(t.Context(), s.db, s.dir, []int64{c.from}, c.into, DeleteOptions{By: c.by})
			var r *Refusal
			if !errors.As(err, &r) || r.On.ID != c.on {
				t.Errorf("%+v: got %v", c, err)
			}
		}
		_, err := MergeTags(t.Context(), s.db, s.dir, []int64{high}, low, DeleteOptions{Confirm: func(d Doomed) error {
			if d.Moved != 20 {
				t.Errorf("asked about %+v", d)
			}
			return ErrDeclined
		}})
		s.refused(err, ErrDeclined)
		s.same(s.state(), before, "after refusals")
		s.restore(gone, RestoreOptions{})
	})
}

// R14: whatever was merged into what, tags that come back one by one, in any
// order, leave nothing of the merge.
func TestR14_AnyOrder(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		for seed := range uint64(6) {
			r := rand.New(rand.NewPCG(seed, 14))
			s.scatter(r)
			before := s.state()
			tags := []int64{high, low, vip, gold, web, shop}
			r.Shuffle(len(tags), func(i, j int) { tags[i], tags[j] = tags[j], tags[i] })
			from := tags[1 : 3+r.IntN(3)]
			d := s.merge(tags[0], from...)
			merged := s.state()
			u := s.undo(d.Event)
			s.same(s.state(), before, fmt.Sprintf("seed %d, after the undo of %v", seed, tags))
			s.undo(u.Event)
			s.same(s.state(), merged, fmt.Sprintf("seed %d, after its undo", seed))
			for _, k := range r.Perm(len(from)) {
				s.restore(d.Event, RestoreOptions{Only: &Selection{Tags: []int64{from[k]}}})
			}
			s.same(s.state(), before, fmt.Sprintf("seed %d, after the restores of %v", seed, tags))
		}
	})
}

// scatter gives tags to pairs at random.
func (s *scene) scatter(r *rand.Rand) {
	s.write(func(tx *store.Tx) error {
		had := make(map[linkKey]bool)
		var all []any
		for id := int64(1); id <= 20; id++ {
			all = append(all, id)
		}
		if err := tx.LinksOf(all, func(l crm.Link) { had[linkKey{l.CustomerID, l.TagID, l.StaffID}] = true }); err != nil {
			return err
		}
		var ls []crm.Link
		for range 80 {
			l := crm.Link{CustomerID: 1 + r.Int64N(20), TagID: []int64{high, low, vip, gold, web, shop}[r.IntN(6)], StaffID: []int64{0, anna, ben}[r.IntN(3)], TaggedAt: r.Int64N(9), TaggedBy: 1 + r.Int64N(3)}
			if key := (linkKey{l.CustomerID, l.TagID, l.StaffID}); !had[key] {
				had[key] = true
				ls = append(ls, l)
			}
		}
		return tx.AddLinks(ls)
	})
}
