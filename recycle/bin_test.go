package recycle

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// The bin lists the newest first, each with what somebody may see of it and how
// its snapshot stands.
func TestList(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.write(func(tx *store.Tx) error { return tx.SetRetention(10) })
		first := s.del(Selection{Tags: []int64{high, eastA}, Customers: []int64{1}})
		second := s.del(Selection{Tags: []int64{web}})
		third := s.del(Selection{Groups: []int64{eastOnly}})
		list := func(by int64, look Look) (out []int64) {
			t.Helper()
			look.By = by
			entries, err := List(t.Context(), s.db, s.dir, look)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				out = append(out, e.ID)
			}
			return out
		}
		if got := list(0, Look{}); !slices.Equal(got, []int64{third, second, first}) {
			t.Errorf("the operator sees %v", got)
		}
		// The group of department east, and the tag in it, do not exist for carl.
		if got := list(carl, Look{}); !slices.Equal(got, []int64{second, first}) {
			t.Errorf("carl sees %v", got)
		}
		entries, err := List(t.Context(), s.db, s.dir, Look{By: carl, Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		e := entries[1]
		if e.Now != (Contents{Tags: 1}) || e.Summary != "tag:意向:高意向" || e.Counts != "" || e.Days != 10 || e.Standing != SnapshotWhole {
			t.Errorf("of the first carl sees %+v, %s, %q, %d days, %s", e.Now, e.Summary, e.Counts, e.Days, e.Standing)
		}
		if _, err := Show(t.Context(), s.db, s.dir, third, Look{By: carl}, nil); err == nil {
			t.Error("carl may look into what he cannot see")
		} else {
			s.refused(err, ErrNoEvent)
		}
		if err := os.Truncate(e.Snapshot.Path, e.Snapshot.Bytes-100); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(entries[0].Snapshot.Path); err != nil {
			t.Fatal(err)
		}
		entries, err = List(t.Context(), s.db, s.dir, Look{Verify: true})
		if err != nil || entries[1].Standing != SnapshotMissing || entries[2].Standing != SnapshotDamaged {
			t.Errorf("standings: %+v, %v", entries, err)
		}
		s.restore(second, RestoreOptions{})
		s.purge(third)
		if got := list(0, Look{}); !slices.Equal(got, []int64{first}) {
			t.Errorf("left: %v", got)
		}
		if got := list(0, Look{Ended: true}); len(got) != 4 {
			t.Errorf("all: %v", got)
		}
	})
}

// Show hands out everything of an event, once.
func TestShow(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: carl, ObjectKind: crm.ObjectTag, ObjectID: high, Level: crm.LevelView})
		event := s.del(Selection{Groups: []int64{intent}, Customers: []int64{3, 2}})
		var got []InBin
		if _, err := Show(t.Context(), s.db, s.dir, event, Look{}, func(x InBin) error { got = append(got, x); return nil }); err != nil {
			t.Fatal(err)
		}
		want := []InBin{{Kind: crm.ObjectGroup, ID: intent, Name: "意向"}, {Kind: crm.ObjectTag, ID: high, Name: "高意向", Group: "意向", Links: 20, Grants: 1},
			{Kind: crm.ObjectTag, ID: low, Name: "低意向", Group: "意向", Links: 10}, {Kind: crm.RefCustomer, ID: 2, Name: "客户2", External: "wm2", Links: 4},
			{Kind: crm.RefCustomer, ID: 3, Name: "客户3", External: "wm3", Links: 3}}
		if !slices.Equal(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

// Find tells what is live, in the bin and purged from each other, and gives
// nothing away.
func TestFind(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		find := func(by int64, r crm.Ref) []Found {
			t.Helper()
			found, err := Find(t.Context(), s.db, r, by)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		named := func(names ...string) crm.Ref { return crm.Ref{Names: names} }
		event := s.del(Selection{Tags: []int64{high}, Groups: []int64{eastOnly}, Customers: []int64{4}})
		if got := find(0, named("高意向")); len(got) != 1 || got[0].Event.ID != event || got[0].Group != "意向" {
			t.Errorf("a tag: %+v", got)
		}
		if got := find(0, named("意向", "高意向")); len(got) != 1 {
			t.Errorf("a tag with its group: %+v", got)
		}
		if got := find(0, named("等级", "高意向")); len(got) != 0 {
			t.Errorf("a tag of another group: %+v", got)
		}
		if got := find(0, named("低意向")); len(got) != 1 || got[0].Event.ID != 0 {
			t.Errorf("a live tag: %+v", got)
		}
		for _, name := range []string{"客户4", "wm4"} {
			if got := find(0, named(name)); len(got) != 1 || got[0].Kind != crm.RefCustomer || got[0].Event.ID != event {
				t.Errorf("a customer by %s: %+v", name, got)
			}
		}
		if got := find(carl, named("华东专属")); len(got) != 0 {
			t.Errorf("carl finds %+v", got)
		}
		if got := find(carl, named("客户4")); len(got) != 0 {
			t.Errorf("carl finds %+v", got)
		}
		s.purge(event)
		if got := find(0, named("高意向")); len(got) != 1 || !got[0].Purged || got[0].Event.ID != event {
			t.Errorf("a purged tag: %+v", got)
		}
		if got := find(carl, named("高意向")); len(got) != 0 {
			t.Errorf("carl finds %+v", got)
		}
	})
}

// What a delete says that it did is what it asked about.
func TestDeleteCounts(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		var asked Doomed
		done, err := Delete(t.Context(), s.db, s.dir, Selection{Tags: []int64{high}}, DeleteOptions{Reason: "test", Confirm: func(d Doomed) error {
			asked = d
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if asked.Losing == 0 || asked.Losing > asked.Links || !reflect.DeepEqual(done.Counts, asked) {
			t.Errorf("asked about %+v, did %+v", asked, done.Counts)
		}
	})
}

// An auditor gets the plan that a super admin would carry out, to look at only.
func TestPlanOfAuditor(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		s.give(staffGrant(carl, crm.ObjectTag, high, crm.LevelUse))
		event := s.del(Selection{Tags: []int64{high}, Customers: []int64{1}})
		want := s.plan(event, RestoreOptions{By: boss})
		before := s.state()
		got := s.plan(event, RestoreOptions{By: auditor, LookOnly: true})
		if got.Hash != want.Hash || !hasNote(got, NoteAuditor, "") || hasNote(want, NoteAuditor, "") {
			t.Errorf("plan %s with %v, want %s", got.Hash, got.Notes, want.Hash)
		}
		var refusal *Refusal
		for _, o := range []RestoreOptions{{By: auditor}, {By: carl, LookOnly: true}} {
			if _, err := PlanRestore(t.Context(), s.db, event, o); !errors.As(err, &refusal) {
				t.Errorf("planned for %d: %v", o.By, err)
			}
		}
		if _, err := Restore(t.Context(), s.db, s.dir, event, RestoreOptions{By: auditor, LookOnly: true}); !errors.As(err, &refusal) {
			t.Errorf("an auditor restored it: %v", err)
		}
		s.same(s.state(), before, "after the plans")
		s.person(auditor, func(p *crm.Staff) { p.Status = crm.StatusDisabled })
		if _, err := PlanRestore(t.Context(), s.db, event, RestoreOptions{By: auditor, LookOnly: true}); !errors.As(err, &refusal) {
			t.Errorf("planned for a disabled account: %v", err)
		}
	})
}
