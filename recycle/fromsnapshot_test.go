package recycle

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/snapshot"
)

// take makes a whole snapshot, now, and opens it.
func (s *scene) take() *snapshot.Source {
	s.Helper()
	made, err := snapshot.Create(s.Context(), s.db, s.dir, snapshot.Options{Now: func() int64 { return s.clock.Now().UnixMilli() }})
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return s.source(made.Path)
}

func (s *scene) source(path string) *snapshot.Source {
	s.Helper()
	src, err := snapshot.OpenSource(s.Context(), path)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = src.Close() })
	return src
}

// back restores from a snapshot, after a dry run that must tell the same.
func (s *scene) back(src *snapshot.Source, o SnapshotOptions) FromSnapshot {
	s.Helper()
	was := s.state()
	dry := o
	dry.DryRun = true
	plan, err := RestoreSnapshot(s.Context(), s.db, s.dir, src, dry)
	if err != nil {
		s.Fatal(err)
	}
	s.same(s.state(), was, "after a dry run")
	o.Hash = plan.Hash
	out, err := RestoreSnapshot(s.Context(), s.db, s.dir, src, o)
	if err != nil {
		s.Fatal(err)
	}
	if out.Before.Reason != snapshot.BeforeRestore {
		s.Errorf("the snapshot before: %+v", out.Before)
	}
	s.tick()
	s.sound()
	return out
}

// counted demands how many of a kind got a verdict.
func (s *scene) counted(out FromSnapshot, kind string, v crm.Verdict, want int64) {
	s.Helper()
	if got := out.Counts[kind][v]; got != want {
		s.Errorf("%s %s: %d, want %d; %v", kind, v, got, want, out.Counts)
	}
}

// lose removes rows as no command does: a disk did.
func (s *scene) lose(queries ...string) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		for _, q := range queries {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
}

// R57: what vanished comes back as it was, under its own ids; the second time
// nothing is left to do, and an undo takes it away again.
func TestR57_AddBringsBackWhatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit})
		src, want := s.take(), s.state()
		s.lose("DELETE FROM link WHERE tag_id IN (1, 3) OR customer_id < 10", "DELETE FROM tag WHERE id IN (1, 3)", "DELETE FROM access_grant",
			"DELETE FROM customer WHERE id < 5", "DELETE FROM customer_staff WHERE customer_id < 5")
		broken := s.state()
		out := s.back(src, SnapshotOptions{})
		s.same(s.state(), want, "after the restore")
		s.counted(out, "tag", crm.Relinked, 2)
		s.counted(out, "tag", crm.AlreadyThere, 5)
		s.counted(out, "customer", crm.Relinked, 4)
		s.counted(out, "grant", crm.Relinked, 1)
		again := s.back(src, SnapshotOptions{})
		s.counted(again, "link", crm.Relinked, 0)
		s.same(s.state(), want, "the second time")
		undone := s.undo(out.Event)
		s.same(s.state(), broken, "after the undo")
		s.undo(undone.Event)
		s.same(s.state(), want, "after the undo of the undo")
	})
}

// R57: add leaves what is different, update takes the values of the snapshot and
// leaves what is newer.
func TestR57_UpdateTakesTheSnapshotsValues(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src, want := s.take(), s.state()
		s.lose("UPDATE tag SET name = 'x', version = 2 WHERE id = 1", "UPDATE tag SET name = '高意向', version = 2 WHERE id = 2", "UPDATE tag SET name = '低意向' WHERE id = 1",
			"UPDATE tag_group SET description = 'y' WHERE id = 1", "UPDATE customer SET external_id = NULL WHERE id IN (1, 2)", "UPDATE customer SET external_id = 'wm1' WHERE id = 2",
			"UPDATE customer SET external_id = 'wm2', name = 'z' WHERE id = 1", "UPDATE customer_staff SET remark = 'r' WHERE customer_id = 4", "DELETE FROM link WHERE customer_id = 9")
		changed := s.state()
		out := s.back(src, SnapshotOptions{})
		s.counted(out, "tag", crm.AlreadyThere, 7)
		s.undo(out.Event)
		s.same(s.state(), changed, "after the undo of add")
		out = s.back(src, SnapshotOptions{Mode: ModeUpdate})
		s.same(s.state(), want, "after update")
		s.counted(out, "tag", Updated, 2)
		s.counted(out, "group", Updated, 1)
		s.counted(out, "customer", Updated, 2)
		s.counted(out, "follower", Updated, 2)
		s.undo(out.Event)
		s.same(s.state(), changed, "after the undo of update")
	})
}

// R57: a value that something newer has is left alone and told.
func TestR57_UpdateLeavesTakenNames(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		s.lose("UPDATE tag SET name = '旧名' WHERE id = 6", "UPDATE customer SET external_id = 'other' WHERE id = 3")
		s.addTag(source, "官网")
		s.newCustomer("wm3")
		out := s.back(src, SnapshotOptions{Mode: ModeUpdate})
		s.counted(out, "tag", crm.Conflict, 1)
		s.counted(out, "customer", crm.Conflict, 1)
		s.counted(out, "tag", Updated, 0)
		s.counted(out, "customer", Updated, 0)
	})
}

func (s *scene) addTag(group int64, name string) (id int64) {
	s.Helper()
	s.write(func(tx *store.Tx) (err error) {
		if id, err = tx.NextIDs(store.SeqTag, 1); err != nil {
			return err
		}
		return tx.CreateTags([]crm.Tag{{ID: id, GroupID: group, Name: name, CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1}})
	})
	s.tick()
	return id
}

func (s *scene) addGroup(name string) (id int64) {
	s.Helper()
	s.write(func(tx *store.Tx) (err error) {
		if id, err = tx.NextIDs(store.SeqGroup, 1); err != nil {
			return err
		}
		return tx.CreateGroups([]crm.Group{{ID: id, Name: name, Scope: crm.ScopeShared, CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1}})
	})
	s.tick()
	return id
}

func (s *scene) newCustomer(external string) (id int64) {
	s.Helper()
	s.write(func(tx *store.Tx) (err error) {
		if id, err = tx.NextIDs(store.SeqCustomer, 1); err != nil {
			return err
		}
		return tx.CreateCustomers([]crm.Customer{{ID: id, ExternalID: external, Name: "新", CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1}})
	})
	s.tick()
	return id
}

func (s *scene) tagOn(customer, tag, staff int64) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		return tx.AddLinks([]crm.Link{{CustomerID: customer, TagID: tag, StaffID: staff, TaggedAt: tx.Now}})
	})
}

// R58: exactly like then. What is newer goes into the bin as one event, what was
// deleted since comes back with the values that it had.
func TestR58_ExactSendsNewerThingsToTheBin(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src, want := s.take(), s.state()
		d := s.del(Selection{Groups: []int64{grade}, Tags: []int64{high}, Customers: []int64{2, 3}})
		group := s.addGroup("等级")
		vip2 := s.addTag(group, "VIP")
		high2 := s.addTag(intent, "高意向")
		c := s.newCustomer("wm2")
		s.tagOn(c, vip2, anna)
		s.tagOn(5, high2, anna)
		s.tagOn(5, low, anna)
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: anna, ObjectKind: crm.ObjectTag, ObjectID: low, Level: crm.LevelEdit})
		s.lose("UPDATE tag SET group_id = 5 WHERE id = 6", "UPDATE tag SET description = 'z' WHERE id = 1", "INSERT INTO customer_staff (customer_id, staff_id, created_at, updated_at) VALUES (7, 4, 1, 1)")
		before := s.state()
		out := s.back(src, SnapshotOptions{Mode: ModeExact})
		s.same(s.state(), want, "after exact")
		s.counted(out, "tag", Removed, 2)
		s.counted(out, "group", Removed, 1)
		s.counted(out, "customer", Removed, 1)
		s.counted(out, "grant", Removed, 1)
		s.counted(out, "follower", Removed, 1)
		s.read(func(tx *store.Tx) error {
			e, err := tx.Deletion(out.Newer)
			if err != nil || e.State != crm.StateInBin {
				t.Errorf("the event of what was newer: %+v, %v", e, err)
			}
			old, err := tx.Deletion(d)
			if err != nil || old.State != crm.StateRestored {
				t.Errorf("the event that was emptied: %+v, %v", old, err)
			}
			return err
		})
		s.undo(out.Event)
		s.same(s.state(), before, "after the undo")
		s.restore(d, RestoreOptions{})
	})
}

// R59: one tag of an old snapshot, with its links as of then.
func TestR59_OneTagOfASnapshot(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src, want := s.take(), s.state()
		s.lose("UPDATE tag SET description = '后来', version = 2 WHERE id = 1")
		d := s.del(Selection{Tags: []int64{high, web}})
		s.write(func(tx *store.Tx) error {
			return tx.RemoveLink(crm.Link{CustomerID: 4, TagID: high, StaffID: anna}, d, 0, 0)
		})
		before := s.state()
		only := []string{"tag:意向:高意向"}

		out := s.back(src, SnapshotOptions{Only: only})
		s.counted(out, "tag", crm.Relinked, 1)
		s.counted(out, "link", crm.Relinked, 19)
		s.counted(out, "link", crm.Stale, 1) // taken off in the bin
		noted := false
		for _, n := range out.Plan.Notes {
			noted = noted || n.Code == NoteDiffers && n.Args[2] == "description"
		}
		if !noted {
			t.Errorf("nothing says that the one in the bin differs: %v", out.Plan.Notes)
		}
		s.undo(out.Event)
		s.same(s.state(), before, "after the undo")

		out = s.back(src, SnapshotOptions{Only: only, Mode: ModeExact})
		s.counted(out, "link", crm.Relinked, 20)
		s.restore(d, RestoreOptions{})
		s.same(s.state(), want, "after the other tag came back too")
	})
}

// R60: what was deleted, purged or revoked since stays so, unless it is asked
// for; a revoked grant stays revoked in every mode, and a newer deny stands.
func TestR60_LaterDecisionsStand(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		g := s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: low, Level: crm.LevelEdit})
		src := s.take()
		s.lose("DELETE FROM link WHERE tag_id = 3", "DELETE FROM tag WHERE id = 3", "INSERT INTO tombstone (id, kind, name, deletion_id, purged_at) VALUES (3, 'tag', '', 1, 1)")
		s.del(Selection{Tags: []int64{web}, Customers: []int64{1}})
		s.write(func(tx *store.Tx) error { return tx.RevokeGrant(g, 0, "over") })
		deny := s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: ben, ObjectKind: crm.ObjectGroup, ObjectID: intent, Level: crm.LevelHidden})
		was := s.state()
		for _, mode := range []Mode{ModeAdd, ModeUpdate} {
			out := s.back(src, SnapshotOptions{Mode: mode})
			s.same(s.state(), was, string(mode))
			s.counted(out, "tag", crm.Stale, 2)
			s.counted(out, "customer", crm.Stale, 1)
			s.counted(out, "grant", crm.Stale, 1)
		}
		named := s.back(src, SnapshotOptions{Only: []string{"tag:等级:VIP"}})
		s.counted(named, "tag", crm.Relinked, 1)
		s.counted(named, "link", crm.Relinked, 6)
		s.back(src, SnapshotOptions{Mode: ModeExact})
		s.read(func(tx *store.Tx) error {
			for id, revoked := range map[int64]bool{g: true, deny: false} {
				x, err := tx.Grant(id)
				if err != nil || (x.RevokedAt != 0) != revoked {
					t.Errorf("grant %d: %+v, %v", id, x, err)
				}
			}
			return nil
		})
	})
}

// R63: another database's snapshot is refused, or goes by names and keys, with
// new ids and without grants.
func TestR63_ForeignSnapshot_F30(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		other := &scene{TB: t, db: storetest.Open(t, storetest.SQLite(t), s.clock.Option()), dir: s.dir, clock: s.clock}
		other.write(other.fill)
		other.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit})
		other.addTag(intent, "新意向")
		group := other.addGroup("新组")
		other.addTag(group, "新标签")
		other.lose("UPDATE tag SET sort = 1 WHERE name = '新意向'", "UPDATE tag_group SET sort = 2 WHERE name = '新组'")
		other.link(other.newCustomer("wm21"), 8, 0)
		other.link(1, 8, anna)
		src := other.take()

		s.lose("DELETE FROM link WHERE customer_id = 3", "DELETE FROM customer_staff WHERE customer_id = 3", "DELETE FROM customer WHERE id = 3")
		before := s.state()
		_, err := RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{})
		s.refused(err, snapshot.ErrForeign)
		_, err = RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeExact, Foreign: true})
		s.refused(err, ErrMode)
		out := s.back(src, SnapshotOptions{Foreign: true})
		s.counted(out, "group", crm.Mapped, 1)
		s.counted(out, "tag", crm.Mapped, 2)
		s.counted(out, "tag", crm.AlreadyThere, 7)
		s.counted(out, "customer", crm.Mapped, 2)
		s.counted(out, "link", crm.Mapped, 5)
		s.counted(out, "grant", crm.Parked, 1)
		if got := s.state(); got.Counts.Tags != before.Counts.Tags+2 || got.Counts.Customers != before.Counts.Customers+2 || got.Counts.Grants != before.Counts.Grants {
			t.Errorf("%+v, before %+v", got.Counts, before.Counts)
		}
		s.read(func(tx *store.Tx) error {
			tags, err := tx.Tags(store.Live)
			for _, x := range tags[:7] {
				if x.ID < eastA && x.Sort != 2-x.ID%2 {
					t.Errorf("tag %d moved to %d", x.ID, x.Sort)
				}
			}
			return err
		})
		again := s.back(src, SnapshotOptions{Foreign: true})
		s.counted(again, "customer", crm.Mapped, 0)
		s.counted(again, "link", crm.Mapped, 0)
		s.undo(out.Event)
		s.same(s.state(), before, "after the undo")
	})
}

// R64: who is not here today is named, and nothing is invented.
func TestR64_SubjectsThatAreNotHere(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		g := s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit})
		src := s.take()
		s.lose("DELETE FROM access_grant", "DELETE FROM link WHERE tag_id IN (1, 5) OR staff_id IN (3, 4)", "DELETE FROM customer_staff WHERE staff_id IN (3, 4)", "DELETE FROM tag WHERE id IN (1, 5)",
			"DELETE FROM tag_group WHERE id = 3", "DELETE FROM staff_department WHERE staff_id IN (3, 4)", "DELETE FROM staff WHERE id IN (3, 4)",
			"DELETE FROM department_closure WHERE descendant_id = 3", "DELETE FROM department WHERE id = 3")
		out := s.back(src, SnapshotOptions{})
		s.counted(out, "grant", crm.Parked, 1)
		s.counted(out, "group", crm.Parked, 1) // its department is gone
		s.counted(out, "tag", crm.Parked, 1)
		s.counted(out, "link", crm.Parked, 20) // their tag or their member
		s.read(func(tx *store.Tx) error {
			if _, err := tx.Grant(g); !errors.Is(err, store.ErrGone) {
				t.Errorf("a grant to nobody: %v", err)
			}
			return nil
		})
		if len(out.Open) == 0 {
			t.Error("nobody is named")
		}
	})
}

// R65: a damaged snapshot is refused as a whole, before anything is written.
func TestR65_DamagedSnapshot(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		b, err := os.ReadFile(src.Path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 4
		path := filepath.Join(t.TempDir(), "bad.tks")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var damage *snapshot.DamageError
		if _, err := snapshot.OpenSource(t.Context(), path); !errors.As(err, &damage) {
			t.Errorf("got %v", err)
		}
	})
}

// R67: what changed after the plan was agreed to is not overwritten.
func TestR67_WorldChangedAfterThePlan(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		s.lose("UPDATE tag SET description = '后来' WHERE id = 1", "UPDATE customer SET remark = '后来' WHERE id = 1")
		plan, err := RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeExact, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range []func(){
			func() { s.lose("UPDATE tag SET description = '更晚' WHERE id = 1") },
			func() { s.lose("UPDATE customer SET remark = '更晚' WHERE id = 1") },
			func() { s.addTag(intent, "新") },
			func() { s.tagOn(7, low, anna) },
		} {
			change()
			was := s.state()
			_, err = RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeExact, Hash: plan.Hash})
			s.refused(err, ErrPlan)
			s.same(s.state(), was, "after the refusal")
			if plan, err = RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeExact, DryRun: true}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := RestoreSnapshot(t.Context(), s.db, s.dir, src, SnapshotOptions{Mode: ModeExact, Hash: plan.Hash}); err != nil {
			t.Fatal(err)
		}
	})
}

// R67: what goes into the bin is what the snapshot before has: a change of it in
// between is noticed.
func TestR67_ChangeWhileTheSnapshotIsTaken(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		src := s.take()
		tag := s.addTag(intent, "新")
		find := func() (n *newer) {
			s.read(func(tx *store.Tx) (err error) {
				n, err = newerThan(t.Context(), tx, src, nil, ModeExact)
				return err
			})
			return n
		}
		was := find()
		if len(was.Tags) != 1 || was.Tags[0] != tag || !find().same(was) {
			t.Fatalf("newer: %+v", was)
		}
		s.lose("UPDATE tag SET description = 'x', version = version + 1 WHERE name = '新'")
		if find().same(was) {
			t.Error("a change was not noticed")
		}
		s.newCustomer("wm50")
		if n := find(); len(n.Customers) != 1 {
			t.Errorf("newer: %+v", n)
		}
	})
}

// R68: one undo gives the state from before, in every mode, and is undone
// itself.
func TestR68_UndoOfASnapshotRestore(t *testing.T) {
	for _, mode := range []Mode{ModeAdd, ModeUpdate, ModeExact} {
		t.Run(string(mode), func(t *testing.T) {
			each(t, func(t *testing.T, s *scene) {
				src := s.take()
				s.lose("DELETE FROM link WHERE tag_id = 1", "DELETE FROM tag WHERE id = 1", "UPDATE customer SET name = 'x' WHERE id = 1", "DELETE FROM link WHERE customer_id = 6")
				s.addTag(intent, "高意向") // has the name now
				s.del(Selection{Customers: []int64{8, 9}})
				before := s.state()
				out := s.back(src, SnapshotOptions{Mode: mode})
				after := s.state()
				if after == before {
					t.Fatal("nothing was done")
				}
				undone := s.undo(out.Event)
				s.same(s.state(), before, "after the undo")
				s.undo(undone.Event)
				s.same(s.state(), after, "after the undo of the undo")
			})
		})
	}
}
