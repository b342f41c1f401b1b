package recycle

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// R1: a tag whose group is alive comes back with everything it had.
func TestR01_TagComesBack(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit})
		before := s.state()
		r := s.restore(s.del(Selection{Tags: []int64{high}}), RestoreOptions{})
		s.same(s.state(), before, "after the restore")
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 20})
		s.verdicts(r.Plan, "grant", Count{Verdict: crm.Relinked, N: 1})
	})
}

// R2: a group comes back with exactly the tags of its event; those deleted
// before stay, and are named.
func TestR02_GroupWithItsTagsOnly(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		first := s.del(Selection{Tags: []int64{low}})
		between := s.state()
		r := s.restore(s.del(Selection{Groups: []int64{intent}}), RestoreOptions{})
		s.same(s.state(), between, "after the restore of the group")
		if s.tag(low).DeletionID != first {
			t.Error("a tag came back that was deleted before")
		}
		if !hasNote(r.Plan, NoteEarlier, "意向:低意向") {
			t.Errorf("the tag that stays is not named: %v", r.Plan.Notes)
		}
	})
}

func hasNote(p Plan, code, first string) bool {
	for _, n := range p.Notes {
		if n.Code == code && (first == "" || len(n.Args) > 0 && n.Args[0] == first) {
			return true
		}
	}
	return false
}

// R3: one tag of a group in the bin brings the group's shell along, with its
// grants; the other tags stay.
func TestR03_TagWhoseGroupIsInTheBin(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		g := s.give(staffGrant(carl, crm.ObjectGroup, intent, crm.LevelEdit))
		before := s.state()
		event := s.del(Selection{Groups: []int64{intent}})
		r := s.restore(event, RestoreOptions{Only: &Selection{Tags: []int64{high}}})
		if s.group(intent).DeletionID != 0 || s.tag(high).DeletionID != 0 || s.tag(low).DeletionID != event {
			t.Error("not the shell and one tag")
		}
		s.grantVerdict(r.Plan, g, crm.Relinked, "")
		s.restore(event, RestoreOptions{})
		s.same(s.state(), before, "after the rest came back")
		s.refusedRestore(event, RestoreOptions{}, ErrNotInBin)
	})
}

func (s *scene) refusedRestore(event int64, o RestoreOptions, want error) {
	s.Helper()
	before := s.state()
	_, err := Restore(s.Context(), s.db, s.dir, event, o)
	s.refused(err, want)
	s.same(s.state(), before, "after a refusal")
}

// R3: … or goes into another group, when that is what is asked for.
func TestR03_IntoAnotherGroup(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Groups: []int64{intent}})
		s.restore(event, RestoreOptions{Only: &Selection{Tags: []int64{high}}, Into: source})
		if got := s.tag(high); got.GroupID != source || got.DeletionID != 0 {
			t.Errorf("the tag is %+v", got)
		}
		if s.group(intent).DeletionID != event {
			t.Error("the group came along")
		}
	})
}

// R6: a group that was renamed meanwhile keeps its new name.
func TestR06_ParentRenamed(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		s.write(func(tx *store.Tx) error {
			g := crm.Group{ID: intent, Name: "购买意向", Scope: crm.ScopeShared, Sort: 1}
			return tx.UpdateGroup(g)
		})
		r := s.restore(event, RestoreOptions{})
		if s.group(intent).Name != "购买意向" || s.tag(high).DeletionID != 0 {
			t.Error("not into the renamed group")
		}
		if !hasNote(r.Plan, NoteParentRenamed, "意向") {
			t.Errorf("not noted: %v", r.Plan.Notes)
		}
	})
}

// R7: another group has taken the name: by default the old one comes back under
// a name of its own, never into the other.
func TestR07_GroupNameTaken(t *testing.T) {
	for policy, want := range map[Policy]string{"": "意向(2)", Rename: "意向(2)", Skip: "", Merge: "意向", Replace: "意向"} {
		t.Run(string(policy), func(t *testing.T) {
			each(t, func(t *testing.T, s *scene) {
				event := s.del(Selection{Groups: []int64{intent}})
				other := s.newGroup("意向")
				twin := s.newTag(other, "高意向", 1)
				s.link(1, twin, anna)
				s.link(2, twin, 0)
				before := s.state()
				r := s.restore(event, RestoreOptions{OnConflict: policy, AcceptWider: true})
				switch policy {
				case Skip:
					if s.group(intent).DeletionID != event {
						t.Error("it came back")
					}
					s.verdicts(r.Plan, "link", Count{Verdict: crm.Parked, Reason: crm.ReasonNameConflict, N: 30})
				case Merge:
					if s.group(intent).DeletionID != r.Event || s.tag(high).DeletionID != r.Event || s.tag(low).GroupID != other || s.tag(low).DeletionID != 0 {
						t.Errorf("not merged: %+v %+v %+v", s.group(intent), s.tag(high), s.tag(low))
					}
					if n := len(s.links(twin)); n != 21 {
						t.Errorf("%d links, want the union: 21", n)
					}
				case Replace:
					if s.group(other).DeletionID == 0 || s.group(intent).DeletionID != 0 {
						t.Error("not replaced")
					}
				default:
					if got := s.group(intent); got.Name != want || !strings.Contains(got.Description, "原名：意向") {
						t.Errorf("the group is %+v", got)
					}
				}
				s.undo(r.Event)
				s.same(s.state(), before, "after the undo")
			})
		})
	}
}

// R8, and the second hole of WeCom's paid recovery: a tag of the same name was
// made meanwhile. It need not be deleted, and loses nothing.
func TestR08_HoleSameNamedTagIsNotInTheWay(t *testing.T) {
	for _, policy := range []Policy{Rename, Merge, Replace, Skip} {
		t.Run(string(policy), func(t *testing.T) {
			each(t, func(t *testing.T, s *scene) {
				old := s.give(staffGrant(carl, crm.ObjectTag, high, crm.LevelEdit))
				deny := s.give(staffGrant(ben, crm.ObjectTag, high, crm.LevelHidden))
				event := s.del(Selection{Tags: []int64{high}})
				twin := s.newTag(intent, "高意向", 1)
				s.link(1, twin, anna) // had the old one too
				s.link(2, twin, ben)  // did not: another member's
				before := s.state()
				r := s.restore(event, RestoreOptions{OnConflict: policy})
				item := r.Plan.Items[0]
				if item.Both != 1 || item.OldOnly != 19 || item.NewOnly != 1 {
					t.Errorf("overlap is %d, %d, %d", item.Both, item.OldOnly, item.NewOnly)
				}
				switch policy {
				case Rename:
					if s.tag(high).Name != "高意向(2)" || len(s.links(high)) != 20 || len(s.links(twin)) != 2 {
						t.Errorf("renamed to %q with %d links, the other has %d", s.tag(high).Name, len(s.links(high)), len(s.links(twin)))
					}
				case Merge:
					if len(s.links(twin)) != 21 {
						t.Errorf("%d links, want 21", len(s.links(twin)))
					}
					s.grantVerdict(r.Plan, old, crm.Parked, crm.ReasonWidens)
					s.grantVerdict(r.Plan, deny, crm.Mapped, crm.ReasonMerged)
					s.verdicts(r.Plan, "link", Count{Verdict: crm.Mapped, Reason: crm.ReasonMerged, N: 19}, Count{Verdict: crm.AlreadyThere, Reason: crm.ReasonMerged, N: 1})
				case Replace:
					if s.tag(twin).DeletionID == 0 || s.tag(high).DeletionID != 0 {
						t.Error("not replaced")
					}
					if r.Snapshot.ID == "" {
						t.Error("what was replaced went without a snapshot")
					}
				}
				s.undo(r.Event)
				s.same(s.state(), before, "after the undo")
			})
		})
	}
}

// R9: the same customers were tagged again by hand: merging is a union, twice is
// once, and the earlier time stays.
func TestR09_MergeKeepsTheEarlierTime(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		was := s.links(high)[0]
		event := s.del(Selection{Tags: []int64{high}})
		twin := s.newTag(intent, "高意向", 1)
		s.link(was.CustomerID, twin, was.StaffID)
		before := s.state()
		r := s.restore(event, RestoreOptions{OnConflict: Merge})
		for _, l := range s.links(twin) {
			if l.CustomerID == was.CustomerID && l.TaggedAt != was.TaggedAt {
				t.Errorf("tagged at %d, the earlier was %d", l.TaggedAt, was.TaggedAt)
			}
		}
		if len(s.links(high)) != 20 {
			t.Error("the old tag's own links are gone")
		}
		s.undo(r.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// R10: a name that is against today's rules is reported with a remedy, and never
// cut.
func TestR10_NameAgainstTheRules(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		long := strings.Repeat("长", crm.MaxTagName+1)
		s.write(func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE tag SET name = ? WHERE id = ?", long, high)
			return err
		})
		p := s.plan(event, RestoreOptions{})
		if p.Items[0].Do != Skip || p.Items[0].Reason != crm.ReasonBadName {
			t.Errorf("the item is %+v", p.Items[0])
		}
		s.restore(event, RestoreOptions{Names: map[Thing]string{{crm.ObjectTag, high}: "高意向"}})
		if got := s.tag(high); got.Name != "高意向" || got.DeletionID != 0 {
			t.Errorf("the tag is %+v", got)
		}
	})
}

// R10: where NAME(2) would be too long, it is left for somebody to name.
func TestR10_NoRoomForANumber(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		name := strings.Repeat("长", crm.MaxTagName)
		id := s.newTag(intent, name, 5)
		event := s.del(Selection{Tags: []int64{id}})
		s.newTag(intent, name, 5)
		p := s.plan(event, RestoreOptions{})
		if p.Items[0].Do != Skip || p.Items[0].Reason != crm.ReasonNameConflict {
			t.Errorf("the item is %+v", p.Items[0])
		}
	})
}

// R11: a tag that was moved before its group went comes back to where it was
// then.
func TestR11_MovedBeforeTheDelete(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.write(func(tx *store.Tx) error { return tx.MoveTag(high, source) })
		before := s.state()
		s.restore(s.del(Selection{Groups: []int64{source}}), RestoreOptions{})
		s.same(s.state(), before, "after the restore")
	})
}

// R12: the numbers were taken meanwhile: it comes back between the same
// neighbours, and the others keep their order.
func TestR12_PlaceTaken(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		mid := s.newTag(source, "展会", 3)
		s.newTag(source, "转介绍", 4)
		event := s.del(Selection{Tags: []int64{mid}})
		s.write(func(tx *store.Tx) error {
			for id, sort := range map[int64]int64{web: 1, shop: 2} {
				_, err := tx.Exec("UPDATE tag SET sort = ? WHERE id = ?", sort, id)
				if err != nil {
					return err
				}
			}
			_, err := tx.Exec("UPDATE tag SET sort = 3 WHERE group_id = ? AND name = '转介绍'", source)
			return err
		})
		before := s.state()
		r := s.restore(event, RestoreOptions{})
		if got := strings.Join(s.names(source), " "); got != "官网 门店 展会 转介绍" {
			t.Errorf("the order is %s", got)
		}
		s.undo(r.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// R13: deleted, restored, deleted: two events, and the second gives the second
// state.
func TestR13_DeletedTwice(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		first := s.del(Selection{Tags: []int64{high}})
		s.restore(first, RestoreOptions{})
		s.write(func(tx *store.Tx) error {
			return tx.UpdateTag(crm.Tag{ID: high, GroupID: intent, Name: "很高", Sort: 1})
		})
		before := s.state()
		second := s.del(Selection{Tags: []int64{high}})
		s.refusedRestore(first, RestoreOptions{}, ErrNotInBin)
		s.restore(second, RestoreOptions{})
		s.same(s.state(), before, "after the second restore")
	})
}

// R15, R16: the limit is looked at before anything is written; Fit brings back
// what there is room for.
func TestR15_LimitOfTags_R16(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Groups: []int64{source}})
		s.write(func(tx *store.Tx) error {
			live, err := tx.Tags(store.Live)
			if err != nil {
				return err
			}
			n := crm.MaxTags - len(live) - 1
			first, err := tx.NextIDs(store.SeqTag, n)
			if err != nil {
				return err
			}
			tags := make([]crm.Tag, n)
			for i := range tags {
				tags[i] = crm.Tag{ID: first + int64(i), GroupID: intent, Name: fmt.Sprint("t", i), Sort: int64(i)}
			}
			return tx.CreateTags(tags)
		})
		_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{})
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Short != 1 || len(limit.Unused) == 0 {
			t.Fatalf("got %v", err)
		}
		r := s.restore(event, RestoreOptions{Fit: true})
		if s.tag(web).DeletionID != 0 || s.tag(shop).DeletionID != event {
			t.Error("not the first of two")
		}
		s.verdicts(r.Plan, "link", Count{Verdict: crm.Relinked, N: 20})
		// R16: the last place is taken; whoever comes second is refused.
		_, err = Restore(t.Context(), s.db, s.dir, event, RestoreOptions{})
		if !errors.As(err, &limit) {
			t.Fatalf("got %v", err)
		}
	})
}

// R67: what changed after it was planned is not carried out.
func TestR67_PlanThatChanged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		event := s.del(Selection{Tags: []int64{high}})
		p := s.plan(event, RestoreOptions{})
		s.newTag(intent, "高意向", 9)
		s.refusedRestore(event, RestoreOptions{Hash: p.Hash}, ErrPlan)
		again := s.plan(event, RestoreOptions{})
		s.restore(event, RestoreOptions{Hash: again.Hash})
	})
}

// Two people restore the same event: one does, the other is told.
func TestRestoredAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		event := s.del(Selection{Tags: []int64{high, low}})
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{})
				errs <- err
			}()
		}
		a, b := <-errs, <-errs
		if a != nil {
			a, b = b, a
		}
		if a != nil || !errors.Is(b, ErrNotInBin) {
			t.Errorf("got %v and %v", a, b)
		}
		s.same(s.state(), before, "after both")
	})
}
