package recycle

import (
	"slices"
	"testing"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// R44, R45, and the third hole of WeCom's paid recovery: customers edited since
// the deletion keep their edits and get the tag back.
func TestR45_HoleCustomersEditedSince_R44(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		s.write(func(tx *store.Tx) error {
			if err := tx.UpdateCustomer(crm.Customer{ID: 3, ExternalID: "wm3", Name: "改过的名字", Remark: "新备注"}); err != nil {
				return err
			}
			return tx.UpdateFollow(crm.Follow{CustomerID: 4, StaffID: anna, Remark: "改过"})
		})
		s.link(5, gold, anna)
		r := s.restore(event, RestoreOptions{})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 20})
		s.read(func(tx *store.Tx) error {
			return tx.CustomersByKey("id", []any{int64(3)}, func(c crm.Customer) {
				if c.Name != "改过的名字" || c.Remark != "新备注" {
					t.Errorf("the edit is lost: %+v", c)
				}
			})
		})
	})
}

// R45: what was taken off on purpose while the tag slept stays off.
func TestR45_UntaggedOnPurpose(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		l := s.links(high)[0]
		s.write(func(tx *store.Tx) error { return tx.RemoveLink(l, event, anna, 0) })
		r := s.restore(event, RestoreOptions{})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 19}, Count{Verdict: crm.Stale, Reason: crm.ReasonUntagged, N: 1})
	})
}

// R46: the customer got another tag of a single-choice group: the newer choice
// stays, the old one is listed.
func TestR46_NewerChoiceStays(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{vip}})
		s.link(3, gold, anna)
		s.link(6, gold, 0) // another pair
		before := s.state()
		r := s.restore(event, RestoreOptions{})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 5}, Count{Verdict: crm.Conflict, Reason: crm.ReasonExclusive, N: 1})
		if !hasNote(r.Plan, NoteLinkConflict, "#3") {
			t.Errorf("not listed: %v", r.Plan.Notes)
		}
		for _, l := range s.links(vip) {
			if l.CustomerID == 3 {
				t.Error("the customer has both")
			}
		}
		undone := s.undo(r.Event)
		s.same(s.state(), before, "after the undo")
		s.undo(undone.Event)
		if len(s.links(vip)) != 5 {
			t.Errorf("%d links after the undo of the undo", len(s.links(vip)))
		}
	})
}

// R46 with a merge: the choice that stands in the way is not doubled either.
func TestR46_NewerChoiceStaysOnMerge(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{vip}})
		twin := s.newTag(grade, "VIP", 1)
		s.link(3, gold, anna)
		before := s.state()
		r := s.restore(event, RestoreOptions{OnConflict: Merge})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Mapped, Reason: crm.ReasonMerged, N: 5}, Count{Verdict: crm.Conflict, Reason: crm.ReasonExclusive, N: 1})
		if n := len(s.links(twin)); n != 5 {
			t.Errorf("%d links on the tag, want 5", n)
		}
		s.undo(r.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// R47: tag, customers, group and a person are all away: in whatever order they
// come back, the state is the same.
func TestR47_AnyOrder(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(staffGrant(carl, crm.ObjectTag, high, crm.LevelEdit))
		before := s.state()
		for _, order := range permutations(4) {
			events := [3]int64{s.del(Selection{Tags: []int64{high}}), s.del(Selection{Customers: []int64{1, 2, 3}}), s.del(Selection{Groups: []int64{intent}})}
			s.person(carl, func(p *crm.Staff) { p.Status = crm.StatusDisabled })
			for i, k := range order {
				if k == 3 {
					s.person(carl, func(p *crm.Staff) { p.Status = crm.StatusActive })
					continue
				}
				r := s.restore(events[k], RestoreOptions{})
				if k == 0 && i == 0 {
					s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 17}, Count{Verdict: crm.Parked, Reason: crm.ReasonCustomerInBin, N: 3})
				}
				if r.Plan.Sum("link", "") == 0 {
					t.Error("no link has a verdict")
				}
			}
			// The person's row counts how often it was changed.
			if now := s.state(); now.Hash != before.Hash || now.Counts != before.Counts {
				t.Errorf("order %v: another state: %+v, want %+v", order, now.Counts, before.Counts)
			}
			if !s.sees(carl, access.Tag(high)) {
				t.Errorf("order %v: the person does not see the tag", order)
			}
		}
	})
}

// permutations are all orders of the numbers below n.
func permutations(n int) (out [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return out
}

// R50: the customer was added again: the same person. What belongs to nobody in
// particular goes to the new record, and a member's own tags only while that
// member follows them.
func TestR50_AddedAgain(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Customers: []int64{6}}) // high by anna, web, low and eastA by ben, vip by anna
		again := s.customer("wm6", anna)
		s.link(again, web, 0)
		before := s.state()
		r := s.restore(event, RestoreOptions{})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Mapped, Reason: crm.ReasonMerged, N: 2}, Count{Verdict: crm.AlreadyThere, Reason: crm.ReasonMerged, N: 1},
			Count{Verdict: crm.Parked, Reason: crm.ReasonRelationEnded, N: 2})
		if r.Plan.Customers.Merged != 1 || !hasNote(r.Plan, NoteCustomer, "客户6") {
			t.Errorf("the customer is %+v, %v", r.Plan.Customers, r.Plan.Notes)
		}
		s.undo(r.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// R51: who follows the customer has changed; the tag stays, with who gave it.
func TestR51_Transferred(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{web}})
		s.write(func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE customer_staff SET staff_id = ? WHERE customer_id = 1 AND staff_id = ?", carl, anna)
			return err
		})
		r := s.restore(event, RestoreOptions{})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 20})
		for _, l := range s.links(web) {
			if l.TaggedBy != anna {
				t.Errorf("tagged by %d", l.TaggedBy)
			}
		}
	})
}

// R53: more tags than WeCom takes on one pair: the excess waits.
func TestR53_TooManyTagsOnAPair(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		s.write(func(tx *store.Tx) error {
			const n = crm.MaxTagsPerPair
			first, err := tx.NextIDs(store.SeqTag, n)
			if err != nil {
				return err
			}
			tags, links := make([]crm.Tag, n), make([]crm.Link, n)
			for i := range tags {
				tags[i] = crm.Tag{ID: first + int64(i), GroupID: source, Name: "t" + itoa(int64(i)), Sort: int64(10 + i)}
				links[i] = crm.Link{CustomerID: 1, TagID: tags[i].ID, StaffID: anna, TaggedAt: tx.Now}
			}
			if err := tx.CreateTags(tags); err != nil {
				return err
			}
			return tx.AddLinks(links)
		})
		before := s.state()
		r := s.restore(event, RestoreOptions{})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 19}, Count{Verdict: crm.Parked, Reason: crm.ReasonTooManyTags, N: 1})
		s.undo(r.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// The first hole of WeCom's paid recovery: it ends after 14 days. Ours does not.
func TestHoleAfterFourteenDays(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		event := s.del(Selection{Groups: []int64{intent}})
		s.clock.Set(s.clock.Now().AddDate(0, 0, 80))
		s.restore(event, RestoreOptions{})
		s.same(s.state(), before, "after 80 days")
	})
}

// The fourth hole, its local half: the tag of a department's group comes back
// when the group went too, also alone.
func TestHoleGroupOfDepartmentWentToo(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		first := s.del(Selection{Tags: []int64{eastA}})
		second := s.del(Selection{Groups: []int64{eastOnly}})
		r := s.restore(first, RestoreOptions{})
		if !r.Plan.Items[0].Shell {
			t.Errorf("the group is %+v", r.Plan.Items[0])
		}
		s.same(s.state(), before, "after the tag came back")
		s.refusedRestore(second, RestoreOptions{}, ErrNotInBin)
	})
}

// A customer whose two keys belong to two people now is left for somebody to
// decide; the others come back.
func TestCustomerKeysClash(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.write(func(tx *store.Tx) error {
			return tx.UpdateCustomer(crm.Customer{ID: 1, ExternalID: "wm1", UnionID: "u1", Name: "客户1"})
		})
		event := s.del(Selection{Customers: []int64{1, 2}})
		s.customer("wm1")
		s.write(func(tx *store.Tx) error {
			return tx.UpdateCustomer(crm.Customer{ID: 9, ExternalID: "wm9", UnionID: "u1", Name: "客户9"})
		})
		r := s.restore(event, RestoreOptions{})
		if r.Plan.Customers.Skipped != 1 || r.Plan.Customers.Back != 1 {
			t.Errorf("the customers are %+v", r.Plan.Customers)
		}
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 4}, Count{Verdict: crm.Parked, Reason: crm.ReasonKeyConflict, N: 2})
	})
}
