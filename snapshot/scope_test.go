package snapshot

import (
	"errors"
	"slices"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func TestScopeText(t *testing.T) {
	t.Parallel()
	for _, s := range []Scope{{}, {Groups: []int64{3}}, {Tags: []int64{1, 2}, Customers: []int64{7}}} {
		got, ok := ParseScope(s.String())
		if !ok || got.String() != s.String() {
			t.Errorf("%q reads as %q, %v", s, got, ok)
		}
	}
	many := Scope{Customers: make([]int64, maxWritten+1)}
	if _, ok := ParseScope(many.String()); ok || many.String() != "customer:501" {
		t.Errorf("many: %q", many)
	}
}

// A part holds what was named, with its links and grants, and all of the
// directory.
func TestScope(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 1200)
		count := func(table, where string) int64 { return int64(storetest.Count(t, db, table, where)) }
		for _, tt := range []struct {
			refs  []crm.Ref
			rows  map[string]int64
			wants string
		}{
			{[]crm.Ref{{Kind: crm.ObjectGroup, Names: []string{"部门组"}}}, map[string]int64{
				"tag_group": 1, "tag": 3, "customer": 0, "customer_staff": 0, "access_grant": 2, "deletion": 1,
				"link": count("link", "tag_id IN (2, 4, 6)")}, "group:#2"},
			{[]crm.Ref{{Kind: crm.ObjectTag, ID: 1}}, map[string]int64{
				"tag_group": 1, "tag": 1, "customer": 0, "access_grant": 0, "deletion": 0, "link": count("link", "tag_id = 1")}, "tag:#1"},
			{[]crm.Ref{{Kind: crm.RefCustomer, ID: 3}, {Kind: crm.RefCustomer, ID: 800}}, map[string]int64{
				"customer": 2, "customer_staff": 2, "link": 4, "access_grant": 0}, "customer:#3,customer:#800"},
			{[]crm.Ref{{Kind: crm.RefCustomer, ID: 3}, {Kind: crm.ObjectTag, ID: 6}}, map[string]int64{
				"customer": 1, "customer_staff": 1, "access_grant": 1, "deletion": 1,
				"link": count("link", "tag_id = 6 OR customer_id = 3")}, "tag:#6,customer:#3"},
		} {
			var s Scope
			storetest.Read(t, db, func(tx *store.Tx) (err error) {
				s, err = FindScope(tx, tt.refs)
				return err
			})
			m := mustCreate(t, db, d, Options{Reason: BeforeDelete, Scope: s})
			if m.Scope != tt.wants || m.Exact != "" {
				t.Errorf("scope %q, exact %q, want %q", m.Scope, m.Exact, tt.wants)
			}
			for _, table := range []string{"counter", "department", "department_closure", "staff", "staff_department"} {
				tt.rows[table] = count(table, "")
			}
			for table, want := range tt.rows {
				if m.Rows[table] != want {
					t.Errorf("%s: %s has %d rows, want %d", tt.wants, table, m.Rows[table], want)
				}
			}
		}
		storetest.Read(t, db, func(tx *store.Tx) error {
			_, err := FindScope(tx, []crm.Ref{{Kind: crm.ObjectGroup, Names: []string{"没有"}}})
			var missing *NotFoundError
			if !errors.As(err, &missing) {
				t.Errorf("error %v", err)
			}
			return nil
		})
	})
}

// Ids of many customers are read in the order of the file.
func TestScopeManyCustomers(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 1500)
	var s Scope
	for id := int64(1500); id > 0; id-- {
		s.Customers = append(s.Customers, id)
	}
	m := mustCreate(t, db, d, Options{Scope: s})
	if m.Rows["customer"] != 1500 || m.Rows["link"] != 3000 {
		t.Errorf("rows %v", m.Rows)
	}
	f, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if keys := keysFrom(t, f, "link", 0); !slices.IsSorted(keys) {
		t.Error("links out of order")
	}
}
