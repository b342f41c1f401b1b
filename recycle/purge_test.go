package recycle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/snapshot"
)

func (s *scene) purge(events ...int64) Purged {
	s.Helper()
	out, err := Purge(s.Context(), s.db, s.dir, PurgeOptions{Events: events, Reason: "test"})
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return out
}

func (s *scene) deletion(id int64) (d crm.Deletion) {
	s.Helper()
	s.read(func(tx *store.Tx) (err error) { d, err = tx.Deletion(id); return err })
	return d
}

func (s *scene) count(table, where string, args ...any) int {
	s.Helper()
	return storetest.Count(s, s.db, table, where, args...)
}

// tombstone is the name under which something is remembered.
func (s *scene) tombstone(kind string, id int64) (name string) {
	s.Helper()
	s.read(func(tx *store.Tx) (err error) { name, err = tx.Tombstone(kind, id); return err })
	return name
}

// A purge removes rows, links and grants, leaves tombstones and the delete's own
// snapshot, which holds all of it.
func TestPurge(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelView})
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectGroup, ObjectID: intent, Level: crm.LevelView})
		event := s.del(Selection{Groups: []int64{intent}, Customers: []int64{1, 2}})
		gone := s.state()
		of := s.deletion(event).SnapshotID

		dry, err := Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{event}, DryRun: true})
		if err != nil || len(dry.Events) != 1 || dry.Events[0].Was != (Contents{1, 2, 2}) {
			t.Fatalf("dry run: %+v, %v", dry, err)
		}
		s.same(s.state(), gone, "after the dry run")
		_, err = Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{event}})
		s.refused(err, ErrNoReason)
		_, err = Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{event}, Reason: "test", By: anna})
		s.refused(err, ErrSuperOnly)
		_, err = Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{99}, Reason: "test"})
		s.refused(err, ErrNoEvent)

		out := s.purge(event)
		want := store.Gone{Groups: 1, Tags: 2, Customers: 2, Links: 30 + 1 + 1 + 1, Follows: 3, Grants: 2}
		if got := out.Events[0]; got.Gone != want || got.Snapshot != of || got.Shells != 0 {
			t.Errorf("purged %+v with snapshot %s, want %+v with %s", got.Gone, got.Snapshot, want, of)
		}
		s.same(s.state(), gone, "after the purge") // what lives is not touched
		if n := s.count("link", "tag_id IN (?, ?) OR customer_id IN (1, 2)", high, low); n != 0 {
			t.Errorf("%d links are left", n)
		}
		for _, x := range []struct {
			kind string
			id   int64
			name string
		}{{crm.ObjectGroup, intent, "意向"}, {crm.ObjectTag, high, "高意向"}, {crm.RefCustomer, 1, "客户1"}} {
			if got := s.tombstone(x.kind, x.id); got != x.name {
				t.Errorf("tombstone of %s %d is %q", x.kind, x.id, got)
			}
		}
		d := s.deletion(event)
		if d.State != crm.StatePurged || d.EndedAt == 0 {
			t.Errorf("the event ended as %s at %d", d.State, d.EndedAt)
		}
		_, err = Restore(t.Context(), s.db, s.dir, event, RestoreOptions{})
		s.refused(err, ErrPurging)
		_, err = Purge(t.Context(), s.db, s.dir, PurgeOptions{Events: []int64{event}, Reason: "test"})
		s.refused(err, ErrPurged)
	})
}

// What changed in the bin since the delete is in a snapshot of its own before it
// goes, and so is what the delete's snapshot can no longer give.
func TestPurgeSnapshot(t *testing.T) {
	for name, spoil := range map[string]func(s *scene, event int64){
		"untagged since": func(s *scene, event int64) {
			s.write(func(tx *store.Tx) error {
				return tx.RemoveLink(crm.Link{CustomerID: 3, TagID: high, StaffID: anna}, event, anna, 0)
			})
		},
		"missing": func(s *scene, event int64) {
			info, err := s.dir.Get(s.deletion(event).SnapshotID)
			if err == nil {
				err = os.Remove(info.Path)
			}
			if err != nil {
				s.Fatal(err)
			}
		},
		"damaged": func(s *scene, event int64) {
			info, err := s.dir.Get(s.deletion(event).SnapshotID)
			if err == nil {
				err = os.Truncate(info.Path, info.Bytes/2)
			}
			if err != nil {
				s.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *scene) {
				event := s.del(Selection{Tags: []int64{high}})
				of := s.deletion(event).SnapshotID
				spoil(s, event)
				got := s.purge(event).Events[0].Snapshot
				if got == of || got != s.deletion(event).SnapshotID {
					t.Fatalf("snapshot %s, of the delete %s, of the event %s", got, of, s.deletion(event).SnapshotID)
				}
				info, err := s.dir.Get(got)
				if err != nil || info.Reason != snapshot.BeforePurge || info.Rows["tag"] != 1 {
					t.Errorf("the snapshot: %+v, %v", info, err)
				}
			})
		})
	}
}

// The snapshot of a purged event stays for 14 days more, whatever the policy.
func TestPurgedSnapshotStays(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.clock.Set(time.Now()) // which the snapshots go by
		s.purge(s.del(Selection{Tags: []int64{high}}))
		for range 2 { // a newer one of its class
			s.restore(s.del(Selection{Tags: []int64{low}}), RestoreOptions{})
		}
		kept := func(after time.Duration) int {
			now := s.clock.Now().Add(after).UnixMilli()
			p, err := snapshot.Prune(t.Context(), s.db, s.dir, snapshot.PruneOptions{Policy: snapshot.Policy{Last: 1}, DryRun: true, Now: func() int64 { return now }})
			if err != nil {
				t.Fatal(err)
			}
			return slices.IndexFunc(p.Verdicts, func(v snapshot.Verdict) bool { return slices.Contains(v.Why, snapshot.KeepNeeded) })
		}
		if kept(13*24*time.Hour) < 0 {
			t.Error("not kept after 13 days")
		}
		if kept(15*24*time.Hour) >= 0 {
			t.Error("still needed after 15 days")
		}
	})
}

// Without names only what is due goes, and nothing goes before its time.
func TestPurgeExpired(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.write(func(tx *store.Tx) error { return tx.SetRetention(2) })
		first := s.del(Selection{Tags: []int64{high}})
		s.clock.Advance(24 * time.Hour)
		second := s.del(Selection{Tags: []int64{vip}})
		if out := s.purge(); len(out.Events) != 0 {
			t.Fatalf("too early: %+v", out)
		}
		s.clock.Advance(24 * time.Hour)
		if out := s.purge(); len(out.Events) != 1 || out.Events[0].Event.ID != first {
			t.Fatalf("after two days: %+v", out)
		}
		out, err := Purge(t.Context(), s.db, s.dir, PurgeOptions{OlderThan: time.Hour, Reason: "test"})
		if err != nil || len(out.Events) != 1 || out.Events[0].Event.ID != second {
			t.Fatalf("older than an hour: %+v, %v", out, err)
		}
	})
}

// R4: the group of a tag was purged. It comes back around the tag, without its
// grants, and is nowhere marked as gone; purged again it goes with the tag.
func TestR04_ParentPurged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectGroup, ObjectID: intent, Level: crm.LevelView})
		tag := s.del(Selection{Tags: []int64{low}})
		group := s.del(Selection{Groups: []int64{intent}})
		if out := s.purge(group); out.Events[0].Shells != 1 || out.Events[0].Gone.Grants != 0 || out.Events[0].Gone.Groups != 0 {
			t.Fatalf("purged %+v", out.Events[0])
		}
		gone := s.state()
		if s.tombstone(crm.ObjectGroup, intent) != "意向" {
			t.Error("the shell has no tombstone")
		}
		back := s.restore(tag, RestoreOptions{})
		i := back.Plan.Items[slices.IndexFunc(back.Plan.Items, func(i Item) bool { return i.Kind == crm.ObjectGroup })]
		if !i.Shell || !i.Reconstructed || i.ID != intent {
			t.Errorf("the group: %+v", i)
		}
		s.verdicts(back.Plan, "link", Count{Verdict: crm.Relinked, N: 10})
		s.verdicts(back.Plan, "grant", Count{Verdict: crm.Relinked, N: 1})
		if s.tombstone(crm.ObjectGroup, intent) != "" {
			t.Error("the group is back and still has its tombstone")
		}
		s.undo(back.Event)
		s.same(s.state(), gone, "after the undo")
		// The purged event gets nothing back that nobody could restore from there.
		if n := s.count("tag_group", "deletion_id = ?", group); n != 0 {
			t.Error("the group lies in a purged event")
		}
		s.restore(tag, RestoreOptions{})
		again := s.del(Selection{Groups: []int64{intent}})
		s.purge(again)
		if n := s.count("tag_group", "id = ?", intent) + s.count("tag", "id IN (?, ?)", high, low); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// A shell goes when the last tag of it is purged.
func TestShellGoesWithItsLastTag(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		tag := s.del(Selection{Tags: []int64{low}})
		s.purge(s.del(Selection{Groups: []int64{intent}}))
		if n := s.count("tag_group", "id = ?", intent); n != 1 {
			t.Fatal("the shell is gone, and its tag still there")
		}
		if in := s.state().InBin; in.Groups != 0 || in.Tags != 1 {
			t.Errorf("in the bin are %d groups and %d tags, want the tag alone", in.Groups, in.Tags)
		}
		s.purge(tag)
		if n := s.count("tag_group", "id = ?", intent); n != 0 {
			t.Error("the shell is left")
		}
	})
}

// R24: somebody is gone for good. The grant waits, under the name that they had.
func TestR24_PersonPurged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelEdit})
		event := s.del(Selection{Tags: []int64{high}})
		s.write(func(tx *store.Tx) error {
			for _, q := range []string{"DELETE FROM staff_department WHERE staff_id = ?", "DELETE FROM staff WHERE id = ?"} {
				if _, err := tx.Exec(q, carl); err != nil {
					return err
				}
			}
			return tx.Insert("tombstone", []string{"kind", "id", "name", "deletion_id", "purged_at"}, [][]any{{crm.RefStaff, carl, "卡尔", 0, tx.Now}})
		})
		p := s.restore(event, RestoreOptions{}).Plan
		s.verdicts(p, "grant", Count{Verdict: crm.Parked, Reason: crm.ReasonMissing, N: 1})
		if p.Grants[0].Was != "卡尔" {
			t.Errorf("the report calls them %q", p.Grants[0].Was)
		}
	})
}

// R48: the customers of a tag were purged while it slept.
func TestR48_CustomerPurged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		tag := s.del(Selection{Tags: []int64{high}})
		s.purge(s.del(Selection{Customers: []int64{1, 2, 3}}))
		p := s.restore(tag, RestoreOptions{}).Plan
		s.verdicts(p, "link", Count{Verdict: crm.Relinked, N: 17}, Count{Verdict: crm.Stale, Reason: crm.ReasonCustomerPurged, N: 3})
	})
}

// R56: a tag of a customer was purged. The customer comes back without it, and
// its name is told.
func TestR56_TagPurged(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		people := s.del(Selection{Customers: []int64{2, 4, 5}})
		s.purge(s.del(Selection{Tags: []int64{low}}))
		p := s.restore(people, RestoreOptions{}).Plan
		s.verdicts(p, "link", Count{Verdict: crm.Relinked, N: 3 + 3 + 2}, Count{Verdict: crm.Stale, Reason: crm.ReasonTagPurged, N: 2})
		if !slices.ContainsFunc(p.Notes, func(n Note) bool { return n.Code == NotePurgedTag && slices.Equal(n.Args, []string{"低意向", "2"}) }) {
			t.Errorf("notes: %v", p.Notes)
		}
		if n := s.count("tag", "name = ?", "低意向"); n != 0 {
			t.Error("a placeholder was made")
		}
	})
}

// An undo of a restore whose event was purged since puts things where they can
// be restored from.
func TestUndoAfterPurge(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		before := s.state()
		event := s.del(Selection{Tags: []int64{high, low}})
		back := s.restore(event, RestoreOptions{Only: &Selection{Tags: []int64{high}}})
		s.purge(event)
		there := s.state()
		undone := s.undo(back.Event)
		if d := s.deletion(undone.Event); d.State != crm.StateInBin || d.ExpiresAt == 0 {
			t.Errorf("the undo's own event is %s, until %d", d.State, d.ExpiresAt)
		}
		s.restore(undone.Event, RestoreOptions{})
		s.same(s.state(), there, "after restoring what the undo took")
		if before.Exact == there.Exact {
			t.Error("nothing was purged")
		}
	})
}

// F5: a purge is cut off at each step in turn. The event is whole in the bin, or
// on its way out for good, and the next purge finishes it.
func TestF05_PurgeKilledAtEachStep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		plan := fault.Check(t)
		clock := storetest.NewClock()
		s := &scene{TB: t, db: storetest.Open(t, target, clock.Option(), store.WithConnector(plan.Connector)), clock: clock}
		var err error
		if s.dir, err = snapshot.OpenDir(filepath.Join(t.TempDir(), "snapshots")); err != nil {
			t.Fatal(err)
		}
		s.write(s.fill)
		work := func() (group int64, event int64) {
			group = s.extra()
			return group, s.del(Selection{Groups: []int64{group}, Customers: []int64{group, group + 1}})
		}
		_, event := work()
		plan.Steps()
		s.purge(event)
		steps := plan.Steps()
		if len(steps) < 40 {
			t.Fatalf("only %d steps", len(steps))
		}
		finished, whole, cases := 0, 0, 0
		for i := range steps {
			if i%every() != 0 && steps[i].Op != fault.Commit {
				continue
			}
			for _, f := range faultsAt(steps[i]) {
				group, event := work()
				gone := s.state()
				ctx, cancel := context.WithCancel(t.Context())
				if f.N = i + 1; f.Do != nil {
					f.Do = cancel
				}
				plan.Add(f)
				_, _ = Purge(ctx, s.db, s.dir, PurgeOptions{Events: []int64{event}, Reason: "test"}) // what counts is what is left
				cancel()
				cases++
				rows := s.count("tag_group", "id = ?", group) + s.count("tag", "group_id = ?", group) + s.count("customer", "id IN (?, ?)", group, group+1) +
					s.count("link", "customer_id IN (?, ?)", group, group+1) + s.count("customer_staff", "customer_id IN (?, ?)", group, group+1)
				switch state := s.deletion(event).State; state {
				case crm.StateInBin:
					whole++
					if rows != 1+2+2+4+2 {
						t.Errorf("%v: in the bin with %d rows", steps[i], rows)
					}
					s.restore(event, RestoreOptions{})
					continue
				case crm.StatePurging:
					finished++
					_, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{})
					s.refused(err, ErrPurging)
					if out := s.purge(); len(out.Events) != 1 || !out.Events[0].Resumed {
						t.Errorf("%v: the next purge did %+v", steps[i], out)
					}
				case crm.StatePurged:
				default:
					t.Errorf("%v: the event is %s", steps[i], state)
				}
				if n := s.count("link", "customer_id IN (?, ?)", group, group+1) + s.count("customer", "id IN (?, ?)", group, group+1) + s.count("tag_group", "id = ?", group); n != 0 {
					t.Errorf("%v: %d rows are left", steps[i], n)
				}
				if info, err := s.dir.Get(s.deletion(event).SnapshotID); err != nil || info.Rows["customer"] != 2 || info.Rows["link"] != 4 {
					t.Errorf("%v: the snapshot does not hold it: %v, %v", steps[i], info.Rows, err)
				}
				s.same(s.state(), gone, fmt.Sprint(steps[i]))
			}
		}
		t.Logf("crash matrix, purge: %d cases", cases)
		if finished == 0 || whole == 0 {
			t.Errorf("of %d steps %d left it whole, %d half done", len(steps), whole, finished)
		}
		s.sound()
	})
}

// extra makes a group with two tags and two customers, all with numbers from the
// same one on, which it returns.
func (s *scene) extra() (id int64) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		for _, seq := range []store.Sequence{store.SeqGroup, store.SeqTag, store.SeqCustomer} {
			n, err := tx.NextIDs(seq, 1)
			if err != nil {
				return err
			}
			id = max(id, n)
		}
		id += 100
		for _, seq := range []store.Sequence{store.SeqGroup, store.SeqTag, store.SeqCustomer} {
			if err := tx.RaiseCounter(seq, id+10); err != nil {
				return err
			}
		}
		at := tx.Now
		if err := tx.CreateGroups([]crm.Group{{ID: id, Name: fmt.Sprint("组", id), Scope: crm.ScopeShared, CreatedAt: at, UpdatedAt: at, Version: 1}}); err != nil {
			return err
		}
		for n := range int64(2) {
			c := id + n
			if err := tx.CreateTags([]crm.Tag{{ID: c, GroupID: id, Name: fmt.Sprint("标签", n), CreatedAt: at, UpdatedAt: at, Version: 1}}); err != nil {
				return err
			}
			if err := tx.CreateCustomers([]crm.Customer{{ID: c, ExternalID: fmt.Sprint("x", c), CreatedAt: at, UpdatedAt: at, Version: 1}}); err != nil {
				return err
			}
			if err := tx.CreateFollows([]crm.Follow{{CustomerID: c, StaffID: anna, CreatedAt: at, UpdatedAt: at, Version: 1}}); err != nil {
				return err
			}
		}
		return tx.AddLinks([]crm.Link{{CustomerID: id, TagID: id, StaffID: anna, TaggedAt: at}, {CustomerID: id, TagID: id + 1, TaggedAt: at},
			{CustomerID: id + 1, TagID: id, StaffID: anna, TaggedAt: at}, {CustomerID: id + 1, TagID: vip, TaggedAt: at}})
	})
	return id
}
