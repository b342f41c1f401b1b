package recycle

import (
	"testing"

	"tagkeep/internal/crm"
)

// Law 9: what was taken off a tag that is back already is not counted again with
// the rest of its event.
func TestLaw09_RemovedAsleepOnce(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high, web}})
		s.lose("DELETE FROM link WHERE tag_id = 1 AND customer_id = 1",
			"INSERT INTO sleeping_removal (id, deletion_id, kind, customer_id, tag_id, staff_id, at, by_id, run_id) VALUES (1, "+itoa(event)+", 'link', 1, 1, 2, 5, 2, 0)")
		first := s.restore(event, RestoreOptions{Only: &Selection{Tags: []int64{high}}})
		s.verdicts(first.Plan, "link", Count{Verdict: crm.Relinked, N: 19}, Count{Verdict: crm.Stale, Reason: crm.ReasonUntagged, N: 1})
		s.verdicts(s.restore(event, RestoreOptions{}).Plan, "link", Count{Verdict: crm.Relinked, N: 20})
	})
}

// R46 where the live tag that the old one goes into is on the pair already: its
// link stays.
func TestLaw09_ChoiceAndMerge_R46(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{vip}})
		other := s.newTag(grade, "VIP", 1)
		s.link(3, gold, anna)
		s.tick()
		s.link(3, other, anna) // from before the group had a single choice
		r := s.restore(event, RestoreOptions{OnConflict: Merge})
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Mapped, Reason: crm.ReasonMerged, N: 5}, Count{Verdict: crm.AlreadyThere, Reason: crm.ReasonMerged, N: 1})
		if n := len(s.links(other)); n != 6 {
			t.Errorf("%d links", n)
		}
	})
}

// R46 for a customer who goes into the live one of the same id, which has a newer
// choice.
func TestLaw09_ChoiceOfAMergedCustomer_R46(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Customers: []int64{3}})
		again := s.customer("wm3", anna)
		s.link(again, gold, anna)
		r := s.restore(event, RestoreOptions{})
		if r.Plan.Sum("link", crm.Conflict) != 1 || r.Plan.Sum("link", crm.Mapped) != 2 {
			t.Errorf("%v", r.Plan.Counts)
		}
		if s.count("link", "customer_id = ? AND tag_id = ?", again, vip) != 0 {
			t.Error("two choices of one group")
		}
	})
}
