package recycle

import (
	"errors"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// Law 8: a grant of a file comes back only if the plan relinks it; a deny comes
// with the allows, and stays in for a person who is away for now.
func TestR60_GrantsOfAFileAreJudged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		on := func(subject int64, level crm.Level) int64 {
			return s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: subject, ObjectKind: crm.ObjectTag, ObjectID: high, Level: level})
		}
		sound, away, deny, denyAway := on(dora, crm.LevelEdit), on(carl, crm.LevelEdit), on(anna, crm.LevelHidden), on(ben, crm.LevelHidden)
		ended := s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: dora, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit,
			StartsAt: s.clock.Now().UnixMilli(), EndsAt: s.clock.Now().UnixMilli() + 90_000})
		src := s.take()
		s.lose("DELETE FROM access_grant", "DELETE FROM link WHERE tag_id = 1", "DELETE FROM tag WHERE id = 1", "UPDATE staff SET status = 'disabled' WHERE id IN (3, 4)")
		s.tick()
		before := s.state()
		out := s.back(src, SnapshotOptions{})
		s.counted(out, "grant", crm.Relinked, 2)
		s.counted(out, "grant", crm.Parked, 2)
		s.counted(out, "grant", crm.Stale, 1)
		s.read(func(tx *store.Tx) error {
			for id, there := range map[int64]bool{sound: true, away: false, deny: true, denyAway: true, ended: false} {
				if _, err := tx.Grant(id); (err == nil) != there {
					t.Errorf("grant %d: %v", id, err)
				}
			}
			return nil
		})
		s.undo(out.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// Law 8: more people than may pass gain access only when that is accepted, and a
// dry run says so.
func TestR57_WiderAccessNeedsAWord(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take() // 华东专属 is for department east only
		s.lose("DELETE FROM link WHERE tag_id = 5", "DELETE FROM tag WHERE id = 5", "UPDATE staff_department SET department_id = 3 WHERE staff_id IN (2, 4)")
		plan, err := RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{DryRun: true})
		if err != nil || !plan.Plan.Access.Wider() {
			t.Fatalf("%+v, %v", plan.Plan.Access, err)
		}
		was := s.state()
		_, err = RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{})
		var wider *WiderError
		if !errors.As(err, &wider) {
			t.Fatalf("got %v", err)
		}
		s.same(s.state(), was, "after the refusal")
		s.back(src, SnapshotOptions{AcceptWider: true})
	})
}

// A live group that becomes visible to more people by its old values counts too.
func TestR57_WiderByOldValues(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		s.lose("UPDATE tag_group SET scope = 'department', department_id = 3 WHERE id = 4")
		var wider *WiderError
		if _, err := RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeUpdate}); !errors.As(err, &wider) {
			t.Fatalf("got %v", err)
		}
	})
}

// A name that is taken is a conflict of the one planner: rename unless somebody
// says otherwise.
func TestR57_TakenNames(t *testing.T) {
	for policy, want := range map[Policy]crm.Verdict{Rename: crm.Relinked, Merge: crm.Mapped, Replace: crm.Relinked, Skip: crm.Conflict} {
		t.Run(string(policy), func(t *testing.T) {
			each(t, func(t *testing.T, s *scene) {
				src := s.take()
				s.lose("DELETE FROM link WHERE tag_id = 1", "DELETE FROM tag WHERE id = 1")
				other := s.addTag(intent, "高意向")
				s.tagOn(3, other, anna)
				before := s.state()
				out := s.back(src, SnapshotOptions{OnConflict: policy})
				s.counted(out, "tag", want, 1)
				if len(out.Plan.Conflicts()) != 1 {
					t.Errorf("conflicts: %v", out.Plan.Conflicts())
				}
				s.undo(out.Event)
				s.same(s.state(), before, "after the undo")
			})
		})
	}
}

// A customer that came back under another id gets the links of the old one.
func TestR57_CustomerUnderAnotherID(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		s.lose("DELETE FROM link WHERE customer_id = 3", "DELETE FROM customer_staff WHERE customer_id = 3", "DELETE FROM customer WHERE id = 3")
		twin := s.newCustomer("wm3")
		out := s.back(src, SnapshotOptions{})
		s.counted(out, "customer", crm.Mapped, 1)
		s.counted(out, "link", crm.Mapped, 1) // 官网, tied to no member
		s.counted(out, "link", crm.Parked, 2) // no member follows the new one
		s.read(func(tx *store.Tx) error {
			n := 0
			err := tx.LinksOf([]any{twin}, func(crm.Link) { n++ })
			if n != 1 {
				t.Errorf("%d links", n)
			}
			return err
		})
	})
}

// A newer tag of a single-choice group stays, between live ends and with a tag
// that comes back.
func TestR57_SingleChoice(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		s.lose("DELETE FROM link WHERE tag_id = 3 AND customer_id IN (3, 6)")
		s.tagOn(3, gold, anna)
		out := s.back(src, SnapshotOptions{Mode: ModeUpdate})
		s.counted(out, "link", crm.Conflict, 1)
		s.counted(out, "link", crm.Relinked, 1)

		s.lose("DELETE FROM link WHERE tag_id = 3", "DELETE FROM tag WHERE id = 3")
		s.tagOn(9, gold, anna)
		out = s.back(src, SnapshotOptions{})
		s.counted(out, "link", crm.Conflict, 2)
		s.counted(out, "link", crm.Relinked, 4)
	})
}

// A snapshot of a part brings back what it holds, a tag with its links to
// customers that it does not hold; it is no whole to be made equal to.
func TestR59_SnapshotOfAPart(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		made, err := snapshot.Create(t.Context(), s.db, s.dir, snapshot.Options{Scope: snapshot.Scope{Tags: []int64{high}, Customers: []int64{4}}})
		if err != nil {
			t.Fatal(err)
		}
		src, want := s.source(made.Path), s.state()
		for _, only := range [][]string{nil, {"tag:意向:高意向"}, {"group:意向", "customer:wm4"}} {
			s.lose("DELETE FROM link WHERE tag_id = 1", "DELETE FROM tag WHERE id = 1")
			out := s.back(src, SnapshotOptions{Only: only})
			s.counted(out, "link", crm.Relinked, 20)
			s.same(s.state(), want, "after the restore")
		}
		_, err = RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeExact, Only: []string{"group:意向"}})
		s.refused(err, snapshot.ErrPart)
	})
}

// What stays in the bin because its name is taken goes back to its own event
// with an undo.
func TestR68_UndoOfWhatStayedInTheBin(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		s.lose("UPDATE tag SET description = '后来' WHERE id = 1")
		d := s.del(Selection{Tags: []int64{high}})
		s.addTag(intent, "高意向")
		before := s.state()
		out := s.back(src, SnapshotOptions{Mode: ModeUpdate, Only: []string{"tag:意向:高意向"}, OnConflict: Skip})
		s.counted(out, "tag", crm.Conflict, 1)
		s.undo(out.Event)
		s.same(s.state(), before, "after the undo")
		s.read(func(tx *store.Tx) error {
			list, err := tx.Buried(d, crm.ObjectTag)
			if len(list) != 1 {
				t.Errorf("in its own event: %v", list)
			}
			return err
		})
	})
}

// Nobody restores what they could not change themselves.
func TestR60_RestorerWithoutRights(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		s.lose("UPDATE tag_group SET description = 'x' WHERE id = 3", "DELETE FROM link WHERE tag_id = 1", "DELETE FROM tag WHERE id = 1")
		was := s.state()
		var refusal *Refusal
		for _, mode := range []Mode{ModeAdd, ModeUpdate} {
			if _, err := RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: mode, By: carl}); !errors.As(err, &refusal) {
				t.Errorf("%s: %v", mode, err)
			}
		}
		s.same(s.state(), was, "after the refusals")
		if _, err := RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeUpdate, By: boss}); err != nil {
			t.Error(err)
		}
	})
}

// The groups, tags and customers of an exact restore are narrowed by name.
func TestR59_ExactOfOneGroup(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		old := s.addTag(intent, "新意向")
		other := s.addTag(source, "新来源")
		c := s.newCustomer("wm99")
		s.tagOn(c, low, anna)
		s.tagOn(c, other, anna)
		s.tagOn(5, low, anna)
		s.tagOn(5, shop, anna)
		out := s.back(src, SnapshotOptions{Mode: ModeExact, Only: []string{"group:意向"}})
		s.counted(out, "tag", Removed, 1)
		s.counted(out, "link", Removed, 2)
		s.counted(out, "customer", Removed, 0)
		s.read(func(tx *store.Tx) error {
			return tx.Versions(crm.ObjectTag, []int64{old, other}, func(id, _, deletion int64) {
				if (deletion != 0) != (id == old) {
					t.Errorf("tag %d lies with %d", id, deletion)
				}
			})
		})
	})
}
