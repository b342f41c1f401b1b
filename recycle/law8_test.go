package recycle

import (
	"errors"
	"testing"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
)

// forbidden demands a *Refusal.
func (s *scene) forbidden(err error, what string) {
	s.Helper()
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) {
		s.Errorf("%s: got %v", what, err)
	}
}

// Law 8: whoever restores needs the right to what a restore does to others than
// those that come back.
func TestLaw08_RightsToWhatIsInTheWay_R38(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		other := s.newTag(intent, "高意向", 1)
		s.give(staffGrant(anna, crm.ObjectTag, other, crm.LevelUse)) // no more
		for _, policy := range []Policy{Replace, Merge} {
			_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{OnConflict: policy, By: anna})
			s.forbidden(err, string(policy))
		}
		s.give(staffGrant(anna, crm.ObjectGroup, source, crm.LevelUse))
		s.del(Selection{Groups: []int64{intent}})
		_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{Into: source, By: anna})
		s.forbidden(err, "into a group")
		if s.tag(high).DeletionID != event {
			t.Error("it came back")
		}
	})
}

// The group that comes back for the sake of its tag takes the right to the group.
func TestLaw08_RightToTheShell_R03(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(staffGrant(anna, crm.ObjectGroup, intent, crm.LevelView))
		s.give(staffGrant(anna, crm.ObjectTag, high, crm.LevelEdit))
		event := s.del(Selection{Groups: []int64{intent}})
		_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{Only: &Selection{Tags: []int64{high}}, By: anna})
		s.forbidden(err, "the group of the tag")
	})
}

// A deny cannot be mapped off somebody who is still there.
func TestLaw08_MapDoesNotLiftADeny_R23(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		deny := s.give(staffGrant(carl, crm.ObjectTag, high, crm.LevelHidden))
		s.give(departmentGrant(service, false, crm.ObjectTag, low, crm.LevelView)) // less than by default
		event := s.del(Selection{Tags: []int64{high, low}})
		r := s.restore(event, RestoreOptions{AcceptWider: true, By: anna, Subjects: map[Thing]int64{{crm.SubjectStaff, carl}: dora, {crm.SubjectDepartment, service}: head}})
		s.grantVerdict(r.Plan, deny, crm.Relinked, crm.ReasonWidens)
		if s.sees(carl, access.Tag(high)) || s.world().Level(carl, access.Tag(low)) != crm.LevelView {
			t.Error("carl stands higher than before")
		}
	})
}

// The grants of a purged group lie with its shell: without its denies its tags
// would come back to more people.
func TestLaw08_ShellKeepsItsDenies_R04(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(staffGrant(carl, crm.ObjectGroup, intent, crm.LevelHidden))
		tag := s.del(Selection{Tags: []int64{low}})
		s.purge(s.del(Selection{Groups: []int64{intent}}))
		s.restore(tag, RestoreOptions{AcceptWider: true})
		if s.sees(carl, access.Tag(low)) {
			t.Error("carl sees a tag that was hidden from him")
		}
	})
}

// What goes into something that more people see is growth.
func TestLaw08_GrowthByMerge_R43(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(staffGrant(carl, crm.ObjectTag, high, crm.LevelHidden))
		s.give(staffGrant(dora, crm.ObjectTag, high, crm.LevelHidden))
		event := s.del(Selection{Tags: []int64{high}})
		other := s.newTag(intent, "高意向", 1)
		s.give(staffGrant(carl, crm.ObjectTag, other, crm.LevelUse))
		s.give(staffGrant(dora, crm.ObjectTag, other, crm.LevelUse))
		_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{OnConflict: Merge})
		if wider := (*WiderError)(nil); !errors.As(err, &wider) || wider.Access.Gained == 0 {
			t.Errorf("got %v", err)
		}
	})
}

// What a restore keeps in the bin under its own event is guarded as well.
func TestLaw08_GrowthOfWhatWasMerged_R43(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{eastA}})
		s.newTag(eastOnly, "东一", 1)
		r := s.restore(event, RestoreOptions{OnConflict: Merge, AcceptWider: true})
		s.lose("UPDATE tag_group SET scope = 'shared', department_id = 0 WHERE id = 3")
		_, err := Restore(t.Context(), s.db, s.dir, r.Event, RestoreOptions{})
		if wider := (*WiderError)(nil); !errors.As(err, &wider) {
			t.Errorf("got %v", err)
		}
	})
}

// Undo of an undo, and of a merge, brings things back: it asks what a restore
// asks.
func TestLaw08_UndoAsksAsARestoreDoes(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{eastA}})
		u := s.undo(s.restore(event, RestoreOptions{}).Event)
		s.lose("UPDATE tag_group SET scope = 'shared', department_id = 0 WHERE id = 3")
		_, err := Undo(t.Context(), s.db, s.dir, u.Event, UndoOptions{})
		if wider := (*WiderError)(nil); !errors.As(err, &wider) {
			t.Fatalf("got %v", err)
		}
		if s.tag(eastA).DeletionID != event {
			t.Error("it came back")
		}
		out, err := Undo(t.Context(), s.db, s.dir, u.Event, UndoOptions{AcceptWider: true})
		if err != nil || out.Access.Gained == 0 || s.tag(eastA).DeletionID != 0 {
			t.Errorf("got %+v, %v", out, err)
		}
	})
}

// Who has lost the right to a tag cannot have it back by undoing their merge.
func TestLaw08_UndoOfAMergeTakesTheRight_R38(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		d, err := MergeTags(t.Context(), s.db, s.dir, []int64{high}, low, DeleteOptions{Reason: "test", By: anna})
		if err != nil {
			t.Fatal(err)
		}
		s.tick()
		s.person(anna, func(p *crm.Staff) { p.Tagging = false })
		_, err = Undo(t.Context(), s.db, s.dir, d.Event, UndoOptions{By: anna})
		s.forbidden(err, "undo of a merge")
	})
}
