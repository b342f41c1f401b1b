package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// branches is a small company:
//
//	1 总部 ─ 2 华东 ─ 3 上海
//	       └ 4 华南 ─ 5 深圳
func branches(t *testing.T, db *store.DB) []crm.Department {
	t.Helper()
	ds := []crm.Department{{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "华东"}, {ID: 3, ParentID: 2, Name: "上海"}, {ID: 4, ParentID: 1, Name: "华南"}, {ID: 5, ParentID: 4, Name: "深圳"}}
	for i := range ds {
		ds[i].CreatedAt, ds[i].UpdatedAt, ds[i].Version = 1, 1, 1
	}
	Write(t, db, func(tx *store.Tx) error { return tx.CreateDepartments(ds) })
	return ds
}

func checkDepartments(t *testing.T, db *store.DB, there, gone []crm.Department) {
	t.Helper()
	Read(t, db, func(tx *store.Tx) error {
		gotThere, err1 := tx.Departments()
		gotGone, err2 := tx.GoneDepartments()
		if diff := cmp.Diff(there, gotThere); diff != "" {
			t.Errorf("departments (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(gone, gotGone); diff != "" {
			t.Errorf("departments that are gone (-want +got):\n%s", diff)
		}
		return errors.Join(err1, err2, CheckClosure(tx))
	})
}

func departmentEdits(t *testing.T, db *store.DB) {
	ds := branches(t, db)
	now := Epoch.UnixMilli()
	ds[1].Name, ds[1].Sort, ds[1].WecomID = "东区", 7, "12"
	elsewhere := ds[1]
	elsewhere.ParentID, elsewhere.CreatedAt = 4, 99 // not this function's
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.UpdateDepartment(elsewhere), tx.MoveDepartment(5, 2), tx.MoveDepartment(3, 0))
	})
	ds[1].UpdatedAt, ds[1].Version = now, 2
	ds[4].ParentID, ds[4].UpdatedAt, ds[4].Version = 2, now, 2
	ds[2].ParentID, ds[2].UpdatedAt, ds[2].Version = 0, now, 2
	checkDepartments(t, db, ds, nil)

	twin := ds[3]
	twin.Name = "东区"
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateDepartments([]crm.Department{{ID: 6, ParentID: 4, Name: "深圳", Version: 1}}); err != nil {
			return err
		}
		for what, tt := range map[string]struct{ err, want error }{
			"a sibling's name":        {tx.UpdateDepartment(twin), store.ErrRefused},
			"update of none":          {tx.UpdateDepartment(crm.Department{ID: 99, Name: "x"}), store.ErrGone},
			"beside one of that name": {tx.MoveDepartment(6, 2), store.ErrRefused},
			"under itself":            {tx.MoveDepartment(2, 2), store.ErrCycle},
			"under its child":         {tx.MoveDepartment(2, 5), store.ErrCycle},
			"under its grandchild":    {tx.MoveDepartment(1, 5), store.ErrCycle},
			"move of none":            {tx.MoveDepartment(99, 1), store.ErrGone},
			"move to none":            {tx.MoveDepartment(5, 99), store.ErrGone},
			"merge of none":           {tx.MergeDepartment(99, 1, 1), store.ErrGone},
			"merge into none":         {tx.MergeDepartment(5, 99, 1), store.ErrGone},
			"merge into no parent":    {tx.MergeDepartment(5, 0, 1), store.ErrGone},
			"merge into itself":       {tx.MergeDepartment(2, 2, 1), store.ErrCycle},
			"merge into its child":    {tx.MergeDepartment(1, 5, 1), store.ErrCycle},
			"merge without an event":  {tx.MergeDepartment(2, 4, 0), store.ErrRefused},
			"merge of namesakes":      {tx.MergeDepartment(2, 4, 1), store.ErrRefused},
		} {
			if !errors.Is(tt.err, tt.want) || tx.Failed() {
				t.Errorf("%s: got %v, want %v", what, tt.err, tt.want)
			}
		}
		return nil
	})
	checkDepartments(t, db, append(ds, crm.Department{ID: 6, ParentID: 4, Name: "深圳", Version: 1}), nil)
}

func mergeDetails(t *testing.T, db *store.DB) {
	ds := branches(t, db)
	people := []crm.Staff{person(6, "a"), person(7, "b"), person(8, "c"), person(9, "d")}
	people[0].Role, people[0].RoleDepartmentID = crm.RoleDeptAdmin, 2
	people[2].Role, people[2].RoleDepartmentID = crm.RoleDeptAdmin, 3
	people[3].Status, people[3].LeftID, people[3].RoleDepartmentID = crm.StatusLeft, 9, 2
	groups := []crm.Group{group(20, "g"), group(21, "h"), group(22, "i"), group(23, "j")}
	for i, d := range []int64{2, 2, 0, 3} {
		if groups[i].DepartmentID = d; d != 0 {
			groups[i].Scope = crm.ScopeDepartment
		}
	}
	given := lasting(30, crm.ObjectGroup, 20)
	given.SubjectKind, given.SubjectID, given.WithSub = crm.SubjectDepartment, 2, true
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateStaff(people), tx.SetStaffDepartments(6, []int64{2}), tx.SetStaffDepartments(7, []int64{4, 2}),
			tx.SetStaffDepartments(8, []int64{3, 1}), tx.SetStaffDepartments(9, []int64{2}), tx.CreateGroups(groups), bin(tx, "tag_group", 21, 70), tx.CreateGrants([]crm.Grant{given}))
	})
	Write(t, db, func(tx *store.Tx) error {
		if got, err := tx.StaffOf(2); fmt.Sprint(got) != "[6 7 9]" || err != nil {
			t.Errorf("before, 2 has %v (%v)", got, err)
		}
		return tx.MergeDepartment(2, 4, 50)
	})
	now := Epoch.UnixMilli()
	gone := ds[1]
	gone.GoneEvent, gone.UpdatedAt, gone.Version = 50, now, 2
	ds[2].ParentID, ds[2].UpdatedAt, ds[2].Version = 4, now, 2
	checkDepartments(t, db, []crm.Department{ds[0], ds[2], ds[3], ds[4]}, []crm.Department{gone})
	for _, i := range []int{0, 3} {
		people[i].RoleDepartmentID, people[i].UpdatedAt, people[i].Version = 4, now, 2
	}
	groups[0].DepartmentID, groups[0].UpdatedAt, groups[0].Version = 4, now, 2
	groups[1].DeletionID = 70
	Read(t, db, func(tx *store.Tx) error {
		gotPeople, err1 := tx.Staff()
		of, err2 := tx.StaffDepartments()
		inTo, err3 := tx.StaffOf(4)
		inFrom, err4 := tx.StaffOf(2)
		gotGroups, err5 := tx.Groups(store.WithBin)
		if diff := cmp.Diff(people, gotPeople); diff != "" {
			t.Errorf("staff (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[int64][]int64{6: {4}, 7: {4}, 8: {1, 3}, 9: {4}}, of); diff != "" {
			t.Errorf("departments of staff (-want +got):\n%s", diff)
		}
		if fmt.Sprint(inTo, inFrom) != "[6 7 9] []" {
			t.Errorf("4 and 2 have %v and %v", inTo, inFrom)
		}
		if diff := cmp.Diff(groups, gotGroups); diff != "" {
			t.Errorf("groups (-want +got):\n%s", diff)
		}
		return errors.Join(err1, err2, err3, err4, err5)
	})
	if diff := cmp.Diff([]crm.Grant{given}, allGrants(t, db)); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	// Its name is free again, and it cannot be changed any more.
	Write(t, db, func(tx *store.Tx) error {
		for what, err := range map[string]error{"update": tx.UpdateDepartment(gone), "move": tx.MoveDepartment(2, 0), "move to": tx.MoveDepartment(5, 2), "merge again": tx.MergeDepartment(2, 4, 51), "merge into": tx.MergeDepartment(4, 2, 51)} {
			if !errors.Is(err, store.ErrGone) {
				t.Errorf("%s: got %v, want ErrGone", what, err)
			}
		}
		return errors.Join(tx.CreateDepartments([]crm.Department{{ID: 10, ParentID: 1, Name: "华东"}}), CheckClosure(tx))
	})
}

// A merge that is refused half way has done nothing, and a child may take its
// parent's name when that goes.
func mergeNames(t *testing.T, db *store.DB) {
	fill(t, db)
	Write(t, db, func(tx *store.Tx) error {
		return tx.CreateDepartments([]crm.Department{{ID: 11, Name: "另一总部"}, {ID: 12, ParentID: 11, Name: "无"}, {ID: 13, ParentID: 11, Name: "华东"}, {ID: 14, ParentID: 13, Name: "华东"}})
	})
	before := State(t, db)
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.MergeDepartment(11, 1, 5); !errors.Is(err, store.ErrRefused) || tx.Failed() {
			t.Errorf("both have a child of the same name: got %v, want ErrRefused", err)
		}
		return nil
	})
	if got := State(t, db); got != before {
		t.Errorf("the refused merge changed the state: %+v, want %+v", got, before)
	}
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.MergeDepartment(13, 11, 5); err != nil {
			return err
		}
		gone, err := tx.GoneDepartments()
		if len(gone) != 1 || gone[0].ID != 13 || gone[0].ParentID != 11 || gone[0].GoneEvent != 5 {
			t.Errorf("gone: %+v", gone)
		}
		ds, err2 := tx.Departments()
		if path := store.DepartmentPaths(ds)[14]; path != "另一总部/华东" {
			t.Errorf("14 is %s", path)
		}
		return errors.Join(err, err2)
	})
}

func directoryEvents(t *testing.T, db *store.DB) {
	want := []crm.DirectoryEvent{
		{Kind: crm.EventMoved, FromID: 1, ToID: 2, ByID: 3, Detail: `{"旧":"a\tb"}`, At: 1}, // the time is not the caller's to say
		{Kind: crm.EventSame, FromID: 4, ToID: 5},
		{ID: 40, Kind: crm.EventRenamed, FromID: 6},
	}
	Write(t, db, func(tx *store.Tx) error {
		if _, err := tx.NextIDs(store.SeqEvent, 6); err != nil { // deletions
			return err
		}
		return errors.Join(tx.WriteDirectoryEvent(&want[2]), tx.WriteDirectoryEvent(&want[0]), tx.WriteDirectoryEvent(&want[1]))
	})
	for i, id := range []int64{7, 8, 40} {
		if want[i].ID != id || want[i].At != Epoch.UnixMilli() {
			t.Errorf("event %d is given %+v, want id %d", i, want[i], id)
		}
	}
	Read(t, db, func(tx *store.Tx) error {
		got, err := tx.DirectoryEvents()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		return err
	})
}

func samePerson(t *testing.T, db *store.DB) {
	people := []crm.Staff{person(1, "a"), person(2, "b"), person(3, "c")}
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateStaff(people); err != nil {
			return err
		}
		if err := errors.Join(tx.SetSameAs(2, 1), tx.SetSameAs(3, 2)); err != nil {
			return err
		}
		for what, tt := range map[string]struct{ err, want error }{
			"oneself": {tx.SetSameAs(1, 1), store.ErrCycle}, "the other way": {tx.SetSameAs(1, 2), store.ErrCycle}, "round": {tx.SetSameAs(1, 3), store.ErrCycle},
			"no such old": {tx.SetSameAs(3, 99), store.ErrGone}, "no such new": {tx.SetSameAs(99, 1), store.ErrGone}, "nobody": {tx.SetSameAs(3, 0), store.ErrGone},
		} {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("%s: got %v, want %v", what, tt.err, tt.want)
			}
		}
		return nil
	})
	for i := range people[1:] {
		people[i+1].SameAs, people[i+1].UpdatedAt, people[i+1].Version = int64(i+1), Epoch.UnixMilli(), 2
	}
	Read(t, db, func(tx *store.Tx) error {
		got, err := tx.Staff()
		if diff := cmp.Diff(people, got); diff != "" {
			t.Errorf("staff (-want +got):\n%s", diff)
		}
		return err
	})
}

func moveTag(t *testing.T, db *store.DB) {
	tags := []crm.Tag{tag(1, 1, "a"), tag(2, 1, "b"), tag(3, 1, "c"), tag(4, 2, "b")}
	Write(t, db, func(tx *store.Tx) error {
		err := errors.Join(tx.CreateGroups([]crm.Group{group(1, "g"), group(2, "h"), group(3, "i")}), tx.CreateTags(tags),
			bin(tx, "tag", 3, 7), bin(tx, "tag_group", 3, 8))
		if err != nil {
			return err
		}
		if err := tx.MoveTag(1, 2); err != nil {
			return err
		}
		for what, tt := range map[string]struct{ err, want error }{
			"name taken": {tx.MoveTag(2, 2), store.ErrRefused}, "tag in the bin": {tx.MoveTag(3, 2), store.ErrGone}, "group in the bin": {tx.MoveTag(2, 3), store.ErrGone},
			"no such tag": {tx.MoveTag(99, 2), store.ErrGone}, "no such group": {tx.MoveTag(2, 99), store.ErrGone},
		} {
			if !errors.Is(tt.err, tt.want) || tx.Failed() {
				t.Errorf("%s: got %v, want %v", what, tt.err, tt.want)
			}
		}
		return nil
	})
	tags[0].GroupID, tags[0].UpdatedAt, tags[0].Version = 2, Epoch.UnixMilli(), 2
	tags[2].DeletionID = 7
	Read(t, db, func(tx *store.Tx) error {
		got, err := tx.Tags(store.WithBin)
		if diff := cmp.Diff(tags, got); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
		return err
	})
}
