package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// fill stores a little of everything, and in each table a row that no foreign
// key points to.
func fill(t testing.TB, db *store.DB) {
	t.Helper()
	Write(t, db, func(tx *store.Tx) error {
		people := []crm.Staff{person(1, "zhang"), person(2, "li"), person(3, "wang")}
		people[2].RoleDepartmentID = 1
		g, v := group(2, "等级"), tag(2, 1, "低意向")
		g.DepartmentID = 1
		c := customer(3, "wm3")
		c.UnionID, c.Mobile = "u3", "138"
		return errors.Join(
			tx.CreateDepartments([]crm.Department{{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "华东"}}),
			tx.Insert("department", []string{"id", "parent_id", "name", "created_at", "updated_at"}, [][]any{{3, 1, "华南", 1, 1}}),
			tx.CreateStaff(people),
			tx.SetStaffDepartments(2, []int64{1}),
			tx.CreateGroups([]crm.Group{group(1, "意向"), g}),
			tx.CreateTags([]crm.Tag{tag(1, 1, "高意向"), v, tag(3, 1, "无人用")}),
			tx.CreateCustomers([]crm.Customer{customer(1, "wm1"), customer(2, "wm2"), c}),
			tx.CreateFollows([]crm.Follow{{CustomerID: 1, StaffID: 2, Remark: "r"}}),
			tx.AddLinks([]crm.Link{link(1, 1, 2), link(1, 2, 0), link(2, 1, 0)}),
			tx.Insert("access_grant", []string{"id", "subject_kind", "subject_id", "object_kind", "object_id", "level", "starts_at", "ends_at", "created_at"},
				[][]any{{1, "staff", 1, "group", 1, "use", 500, 5000, 1}, {2, "staff", 1, "tag", 2, "use", 0, 0, 1}, {3, "staff", 1, "all", 0, "view", 0, 0, 1}}),
		)
	})
}

// An absent text and an empty one are the same, in both hashes.
func emptyIsNull(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers([]crm.Customer{customer(1, "")}) })
	want := State(t, db)
	Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE customer SET external_id = '', unionid = '', mobile = '' WHERE id = 1")
		return err
	})
	if got := State(t, db); got != want {
		t.Errorf("state with '' for NULL: %+v, want %+v", got, want)
	}
}

// Links and grants carry no mark of their own: they sleep with either end and
// count once, and waking everything gives the state of before.
func stateSleeping(t *testing.T, db *store.DB) {
	fill(t, db)
	before := State(t, db)
	if want := (store.Counts{Departments: 3, Staff: 3, Groups: 2, Tags: 3, Customers: 3, Links: 3, Grants: 3}); before.Counts != want || before.InBin != (store.Counts{}) {
		t.Fatalf("counts %+v and in the bin %+v, want %+v and none", before.Counts, before.InBin, want)
	}
	set := func(deletionID int64, things ...string) {
		t.Helper()
		Write(t, db, func(tx *store.Tx) error {
			for _, thing := range things {
				var table string
				var id int64
				if _, err := fmt.Sscan(thing, &table, &id); err != nil {
					return err
				}
				if err := bin(tx, table, id, deletionID); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, tt := range []struct {
		things []string
		live   store.Counts
		inBin  store.Counts
	}{
		{[]string{"tag 2"}, store.Counts{Groups: 2, Tags: 2, Customers: 3, Links: 2, Grants: 2}, store.Counts{Tags: 1, Links: 1, Grants: 1}},
		{[]string{"customer 1"}, store.Counts{Groups: 2, Tags: 3, Customers: 2, Links: 1, Grants: 3}, store.Counts{Customers: 1, Links: 2}},
		{[]string{"customer 1", "tag 2"}, store.Counts{Groups: 2, Tags: 2, Customers: 2, Links: 1, Grants: 2}, store.Counts{Customers: 1, Tags: 1, Links: 2, Grants: 1}},
		{[]string{"tag 1", "tag 2", "tag 3", "tag_group 1"}, store.Counts{Groups: 1, Customers: 3, Grants: 1}, store.Counts{Groups: 1, Tags: 3, Links: 3, Grants: 2}},
	} {
		set(9, tt.things...)
		got := State(t, db)
		tt.live.Departments, tt.live.Staff = 3, 3
		if got.Counts != tt.live || got.InBin != tt.inBin {
			t.Errorf("%v in the bin: counts %+v, in the bin %+v, want %+v and %+v", tt.things, got.Counts, got.InBin, tt.live, tt.inBin)
		}
		if got.Hash == before.Hash || got.Exact == before.Exact {
			t.Errorf("%v in the bin: a hash did not change", tt.things)
		}
		slices.Reverse(tt.things)
		set(0, tt.things...)
		if got := State(t, db); got != before {
			t.Errorf("%v restored: %+v, want %+v", tt.things, got, before)
		}
	}
}

// visible are the columns of the live rows that an admin sees: Hash changes
// with them. Exact changes with every column.
var visible = map[string][]string{
	"department":       {"parent_id", "name", "gone_event"},
	"staff":            {"userid", "left_id", "name", "status", "role", "role_department_id", "contact", "tagging"},
	"staff_department": {"staff_id", "department_id"},
	"tag_group":        {"name", "scope", "department_id", "single_choice", "sort", "wecom_id", "deletion_id"},
	"tag":              {"group_id", "name", "description", "sort", "expires_on", "wecom_id", "deletion_id"},
	"customer": {"external_id", "unionid", "mobile", "phones", "name", "company", "position", "gender", "birthday", "region", "add_way", "added_at",
		"remark", "description", "deletion_id"},
	"customer_staff": {"customer_id", "staff_id", "remark", "description", "add_way", "added_at"},
	"link":           {"customer_id", "tag_id", "staff_id"},
	"access_grant": {"subject_kind", "subject_id", "with_sub", "object_kind", "object_id", "level", "starts_at", "ends_at", "reason",
		"revoked_at"},
}

// rowOf is the row of fill that is changed, one that no foreign key points to.
var rowOf = map[string]string{
	"department": "id = 3", "staff": "id = 3", "staff_department": "staff_id = 2", "tag_group": "id = 2", "tag": "id = 3", "customer": "id = 3",
	"customer_staff": "customer_id = 1", "link": "customer_id = 1 AND tag_id = 1", "access_grant": "id = 1",
}

// uncounted columns hold nothing of their own: they are derived from others, or
// empty in live rows.
var uncounted = []string{"staff.userid_key", "access_grant.revoked_by", "access_grant.revoke_reason"}

// other is another value for a column that does not take just any.
var other = map[string]any{
	"staff.status": crm.StatusDisabled, "staff.role": crm.RoleAuditor, "staff.contact": 1, "staff.tagging": 1,
	"staff_department.staff_id": 1, "staff_department.department_id": 2,
	"tag_group.scope": crm.ScopeDepartment, "tag_group.single_choice": 1, "tag.group_id": 2, "customer.gender": "male",
	"access_grant.subject_kind": "department", "access_grant.with_sub": 1, "access_grant.object_kind": "tag", "access_grant.level": "edit",
}

func stateSensitivity(t *testing.T, db *store.DB) {
	fill(t, db)
	before := State(t, db)
	for _, table := range slices.Sorted(maps.Keys(visible)) {
		row := readRow(t, db, table)
		for _, column := range slices.Sorted(maps.Keys(row)) {
			name := table + "." + column
			if slices.Contains(uncounted, name) {
				continue
			}
			changed := maps.Clone(row)
			changed[column] = otherValue(name, row[column])
			replaceRow(t, db, table, row, changed)
			got := State(t, db)
			if got.Exact == before.Exact {
				t.Errorf("%s: Exact does not change with it", name)
			}
			if seen := slices.Contains(visible[table], column); seen != (got.Hash != before.Hash) {
				t.Errorf("%s: Hash changes with it: %t, want %t", name, !seen, seen)
			}
			replaceRow(t, db, table, changed, row)
		}
	}
	// What only keeps the books counts in neither.
	Write(t, db, func(tx *store.Tx) error {
		r := crm.Run{Kind: crm.Tags}
		return errors.Join(tx.CreateRun(&r), tx.WriteAudit(store.Audit{Action: "x"}), tx.SaveErrors(1, []store.RowProblems{{Row: 1}}))
	})
	if got := State(t, db); got != before {
		t.Errorf("after runs and audit: %+v, want %+v", got, before)
	}
}

// readRow reads every column that the table has, so that one added later is
// checked too.
func readRow(t *testing.T, db *store.DB, table string) map[string]any {
	t.Helper()
	row := make(map[string]any)
	Read(t, db, func(tx *store.Tx) error {
		return tx.Each("SELECT * FROM "+table+" WHERE "+rowOf[table], nil, func(rows *sqlx.Rows) error { return rows.MapScan(row) })
	})
	if len(row) == 0 {
		t.Fatalf("no row in %s", table)
	}
	for column, v := range row {
		if b, ok := v.([]byte); ok {
			row[column] = string(b)
		}
	}
	return row
}

func replaceRow(t *testing.T, db *store.DB, table string, old, row map[string]any) {
	t.Helper()
	names := slices.Sorted(maps.Keys(row))
	values, was := make([]any, len(names)), make([]any, len(names))
	for i, name := range names {
		values[i], was[i] = row[name], old[name]
	}
	Write(t, db, func(tx *store.Tx) error {
		n, err := tx.Exec("DELETE FROM "+table+" WHERE "+strings.Join(names, " = ? AND ")+" = ?", was...)
		if err == nil && n != 1 {
			err = fmt.Errorf("%s: %d rows to replace", table, n)
		}
		return errors.Join(err, tx.Insert(table, names, [][]any{values}))
	})
}

func otherValue(name string, v any) any {
	if to, ok := other[name]; ok {
		return to
	}
	if _, text := v.(string); text {
		return "2001-01-01"
	}
	return 2001
}
