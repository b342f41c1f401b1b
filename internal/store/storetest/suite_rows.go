package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func libraryRows(t *testing.T, db *store.DB) {
	g := crm.Group{ID: 7, Name: "意向", Scope: crm.ScopeDepartment, DepartmentID: 3, SingleChoice: true, Sort: 100, Description: "说明", WecomID: "etG",
		CreatedAt: 11, CreatedBy: 12, UpdatedAt: 13, Version: 1}
	v := crm.Tag{ID: 8, GroupID: 7, Name: "高意向", Description: "很高", Sort: crm.MaxOrder, ExpiresOn: "2024-02-29", WecomID: "etT",
		CreatedAt: 21, CreatedBy: 22, UpdatedAt: 23, Version: 1}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateGroups([]crm.Group{g}), tx.CreateTags([]crm.Tag{v}), tx.CreateGroups(nil), tx.CreateTags(nil))
	})
	check := func(bin store.Bin, groups []crm.Group, tags []crm.Tag) {
		t.Helper()
		Read(t, db, func(tx *store.Tx) error {
			gotGroups, err1 := tx.Groups(bin)
			gotTags, err2 := tx.Tags(bin)
			if diff := cmp.Diff(groups, gotGroups); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tags, gotTags); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
			return errors.Join(err1, err2)
		})
	}
	check(store.Live, []crm.Group{g}, []crm.Tag{v})

	g.Name, g.Scope, g.DepartmentID, g.SingleChoice, g.Sort, g.Description, g.WecomID = "等级", crm.ScopeShared, 0, false, 0, "", ""
	v.Name, v.Description, v.Sort, v.ExpiresOn, v.WecomID = "一级", "", 0, "", ""
	Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.UpdateGroup(g), tx.UpdateTag(v)) })
	g.UpdatedAt, g.Version = Epoch.UnixMilli(), 2
	v.UpdatedAt, v.Version = Epoch.UnixMilli(), 2
	check(store.Live, []crm.Group{g}, []crm.Tag{v})

	Write(t, db, func(tx *store.Tx) error { return errors.Join(bin(tx, "tag", 8, 5), bin(tx, "tag_group", 7, 5)) })
	g.DeletionID, v.DeletionID = 5, 5
	check(store.Live, nil, nil)
	check(store.WithBin, []crm.Group{g}, []crm.Tag{v})
	// What is in the bin cannot be edited, only restored.
	Write(t, db, func(tx *store.Tx) error {
		for _, err := range []error{tx.UpdateGroup(g), tx.UpdateTag(v)} {
			if !errors.Is(err, store.ErrGone) {
				t.Errorf("update in the bin: got %v, want ErrGone", err)
			}
		}
		return nil
	})
	check(store.WithBin, []crm.Group{g}, []crm.Tag{v})
}

func directoryRows(t *testing.T, db *store.DB) {
	ds := []crm.Department{
		{ID: 1, Name: "总部", Sort: 2, WecomID: "1", CreatedAt: 1, CreatedBy: 2, UpdatedAt: 3, Version: 1},
		{ID: 2, ParentID: 1, Name: "华东", Version: 1},
		{ID: 3, ParentID: 2, Name: "上海", Version: 1},
		{ID: 4, ParentID: 1, Name: "华南", Version: 1},
		{ID: 5, ParentID: 4, Name: "华东", Version: 1}, // the same name elsewhere
	}
	p := crm.Staff{ID: 6, UserID: "Zhang", Name: "张三", Status: crm.StatusActive, Role: crm.RoleDeptAdmin, RoleDepartmentID: 2, Contact: true, Tagging: true,
		CreatedAt: 4, CreatedBy: 5, UpdatedAt: 6, Version: 1}
	Write(t, db, func(tx *store.Tx) error {
		if err := errors.Join(tx.CreateDepartments(ds), tx.CreateStaff([]crm.Staff{p}), tx.SetStaffDepartments(6, []int64{4, 2, 1})); err != nil {
			return err
		}
		if err := tx.CreateDepartments([]crm.Department{{ID: 9, ParentID: 1, Name: "华东"}}); !errors.Is(err, store.ErrRefused) {
			t.Errorf("second department of the same path: got %v, want ErrRefused", err)
		}
		return tx.SetStaffDepartments(6, []int64{3, 2})
	})
	p.Status, p.LeftID, p.Contact, p.Tagging, p.Role, p.RoleDepartmentID = crm.StatusLeft, 6, false, false, crm.RoleStaff, 0
	Write(t, db, func(tx *store.Tx) error { return tx.UpdateStaff(p) })
	p.UpdatedAt, p.Version = Epoch.UnixMilli(), 2
	Read(t, db, func(tx *store.Tx) error {
		gotDs, err1 := tx.Departments()
		people, err2 := tx.Staff()
		of, err3 := tx.StaffDepartments()
		if diff := cmp.Diff(ds, gotDs); diff != "" {
			t.Errorf("departments (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]crm.Staff{p}, people); diff != "" {
			t.Errorf("staff (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[int64][]int64{6: {2, 3}}, of); diff != "" {
			t.Errorf("departments of staff (-want +got):\n%s", diff)
		}
		var closure []struct{ A, D, N int64 }
		err4 := tx.Select(&closure, "SELECT ancestor_id AS a, descendant_id AS d, depth AS n FROM department_closure ORDER BY ancestor_id, descendant_id")
		want := []struct{ A, D, N int64 }{{1, 1, 0}, {1, 2, 1}, {1, 3, 2}, {1, 4, 1}, {1, 5, 2}, {2, 2, 0}, {2, 3, 1}, {3, 3, 0}, {4, 4, 0}, {4, 5, 1}, {5, 5, 0}}
		if diff := cmp.Diff(want, closure); diff != "" {
			t.Errorf("tree (-want +got):\n%s", diff)
		}
		paths := map[int64]string{1: "总部", 2: "总部/华东", 3: "总部/华东/上海", 4: "总部/华南", 5: "总部/华南/华东"}
		if diff := cmp.Diff(paths, store.DepartmentPaths(gotDs)); diff != "" {
			t.Errorf("paths (-want +got):\n%s", diff)
		}
		return errors.Join(err1, err2, err3, err4)
	})
}

func customerRows(t *testing.T, db *store.DB) {
	c := crm.Customer{ID: 3, ExternalID: "wm3", UnionID: "u3", Mobile: "13800000003", Phones: "021-1;021-2", Name: "李四", Company: "公司", Position: "经理",
		Gender: "female", Birthday: "1990-01-02", Region: "上海", AddWay: "scan", AddedAt: 9, Remark: "备注", Description: "描述", CreatedAt: 1, CreatedBy: 2, UpdatedAt: 3, Version: 1}
	f := crm.Follow{CustomerID: 3, StaffID: 4, Remark: "r", Description: "d", AddWay: "w", AddedAt: 5, CreatedAt: 6, CreatedBy: 7, UpdatedAt: 8, Version: 1}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateCustomers([]crm.Customer{c}), tx.CreateFollows([]crm.Follow{f, {CustomerID: 3, StaffID: 5}, {CustomerID: 4, StaffID: 4}}))
	})
	follow := func() (out []crm.Follow) {
		Read(t, db, func(tx *store.Tx) error {
			return tx.FollowsOf([]any{int64(3), int64(99)}, func(f crm.Follow) { out = append(out, f) })
		})
		slices.SortFunc(out, func(a, b crm.Follow) int { return int(a.StaffID - b.StaffID) })
		return out
	}
	check := func() {
		t.Helper()
		if diff := cmp.Diff([]crm.Customer{c}, byKey(t, db, store.KeyMobile, "13800000003", "nobody's")); diff != "" {
			t.Errorf("customer (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]crm.Follow{f, {CustomerID: 3, StaffID: 5, Version: 1}}, follow()); diff != "" {
			t.Errorf("followers (-want +got):\n%s", diff)
		}
	}
	check()
	c = crm.Customer{ID: 3, Mobile: c.Mobile, CreatedAt: 1, CreatedBy: 2, UpdatedAt: Epoch.UnixMilli(), Version: 2}
	f = crm.Follow{CustomerID: 3, StaffID: 4, CreatedAt: 6, CreatedBy: 7, UpdatedAt: Epoch.UnixMilli(), Version: 2}
	Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.UpdateCustomer(c), tx.UpdateFollow(f)) })
	check()
	Write(t, db, func(tx *store.Tx) error {
		if err := bin(tx, "customer", 3, 1); err != nil {
			return err
		}
		for what, err := range map[string]error{
			"customer in the bin": tx.UpdateCustomer(c),
			"no such customer":    tx.UpdateCustomer(customer(99, "")),
			"no such follower":    tx.UpdateFollow(crm.Follow{CustomerID: 3, StaffID: 99}),
		} {
			if !errors.Is(err, store.ErrGone) {
				t.Errorf("%s: got %v, want ErrGone", what, err)
			}
		}
		return nil
	})
	c.DeletionID = 1
	check()
}

func links(t *testing.T, db *store.DB, customers ...any) (out []crm.Link) {
	t.Helper()
	Read(t, db, func(tx *store.Tx) error {
		return tx.LinksOf(customers, func(l crm.Link) { out = append(out, l) })
	})
	slices.SortFunc(out, func(a, b crm.Link) int {
		return strings.Compare(fmt.Sprint(a.CustomerID, a.TagID, a.StaffID), fmt.Sprint(b.CustomerID, b.TagID, b.StaffID))
	})
	return out
}

func linkRows(t *testing.T, db *store.DB) {
	want := []crm.Link{{CustomerID: 1, TagID: 1, TaggedAt: 5, TaggedBy: 6, RunID: 7}, link(1, 1, 2), link(1, 2, 0), link(2, 1, 0)}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.AddLinks(want), tx.AddLinks([]crm.Link{link(3, 1, 0)}), tx.AddLinks(nil))
	})
	if diff := cmp.Diff(want, links(t, db, int64(1), int64(2), int64(99))); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.RemoveLink(link(1, 9, 0), 0, 0, 0); !errors.Is(err, store.ErrGone) {
			t.Errorf("a link that is not there is removed: got %v, want ErrGone", err)
		}
		return tx.RemoveLink(link(1, 1, 0), 0, 0, 0)
	})
	if diff := cmp.Diff(want[1:3], links(t, db, int64(1))); diff != "" {
		t.Errorf("links after one was removed (-want +got):\n%s", diff)
	}
	if n := Count(t, db, "sleeping_removal", ""); n != 0 {
		t.Errorf("removing a live link leaves %d notes for a restore", n)
	}
}

// Untagging something in the bin is a decision that its restore must know of.
func sleepingRemoval(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.AddLinks([]crm.Link{link(1, 2, 3), link(1, 2, 0)}), tx.RemoveLink(link(1, 2, 3), 77, 5, 6))
	})
	if n := Count(t, db, "sleeping_removal", "kind = 'link' AND deletion_id = 77 AND customer_id = 1 AND tag_id = 2 AND staff_id = 3 AND by_id = 5 AND run_id = 6 AND at = ?", Epoch.UnixMilli()); n != 1 {
		t.Errorf("%d notes of the removal, want 1", n)
	}
	if diff := cmp.Diff([]crm.Link{link(1, 2, 0)}, links(t, db, int64(1))); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

// Lists come by id: text is not in the same order everywhere.
func orderByID(t *testing.T, db *store.DB) {
	ids := []int64{5, 2, 9, 1, 7}
	Write(t, db, func(tx *store.Tx) error {
		for i, id := range ids {
			name := lookalikes[i]
			err := errors.Join(tx.CreateGroups([]crm.Group{group(id, name)}), tx.CreateTags([]crm.Tag{tag(id, id, name)}),
				tx.CreateDepartments([]crm.Department{{ID: id, Name: name}}), tx.CreateStaff([]crm.Staff{person(id, fmt.Sprint("u", id))}))
			if err != nil {
				return err
			}
		}
		return nil
	})
	want := []int64{1, 2, 5, 7, 9}
	Read(t, db, func(tx *store.Tx) error {
		gs, err1 := tx.Groups(store.Live)
		ts, err2 := tx.Tags(store.WithBin)
		ds, err3 := tx.Departments()
		people, err4 := tx.Staff()
		got := make([][4]int64, len(gs))
		for i := range gs {
			got[i] = [4]int64{gs[i].ID, ts[i].ID, ds[i].ID, people[i].ID}
			if got[i] != [4]int64{want[i], want[i], want[i], want[i]} {
				t.Errorf("place %d: groups, tags, departments, staff %v, want %d", i, got[i], want[i])
			}
		}
		return errors.Join(err1, err2, err3, err4)
	})
}

// The count is of rows found, whether or not they change.
func foundRows(t *testing.T, db *store.DB) {
	g := group(1, "g")
	Write(t, db, func(tx *store.Tx) error { return tx.CreateGroups([]crm.Group{g, group(2, "h"), group(3, "i")}) })
	Write(t, db, func(tx *store.Tx) error {
		for _, tt := range []struct {
			query string
			want  int64
		}{
			{"UPDATE tag_group SET name = 'g' WHERE id = 1", 1},
			{"UPDATE tag_group SET sort = 0", 3},
			{"UPDATE tag_group SET sort = 1 WHERE id > 1", 2},
			{"UPDATE tag_group SET sort = 1 WHERE id = 99", 0},
			{"DELETE FROM tag_group WHERE id = 99", 0},
			{"DELETE FROM tag_group WHERE id = 3", 1},
			{"INSERT INTO counter (name, next) VALUES ('a', 1), ('b', 2)", 2},
		} {
			n, err := tx.Exec(tt.query)
			if err != nil || n != tt.want {
				t.Errorf("%s: %d rows (%v), want %d", tt.query, n, err, tt.want)
			}
		}
		return nil
	})
}

func manyRows(t *testing.T, db *store.DB) {
	const n = 5000
	cs, fs, ls, keys, ids := make([]crm.Customer, n), make([]crm.Follow, n), make([]crm.Link, n), make([]any, n), make([]any, n)
	for i := range n {
		id := int64(i + 1)
		cs[i] = customer(id, fmt.Sprintf("wm%06d", id))
		cs[i].Name, cs[i].Remark = fmt.Sprint("客户", id), strings.Repeat("备", i%255)
		fs[i] = crm.Follow{CustomerID: id, StaffID: 1, Version: 1}
		ls[i] = link(id, id%7, 1)
		keys[i], ids[i] = cs[i].ExternalID, id
	}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateCustomers(cs), tx.CreateFollows(fs), tx.AddLinks(ls))
	})
	sameCustomers(t, cs, byKey(t, db, store.KeyExternalID, keys...))
	var gotFs, gotLs int
	Read(t, db, func(tx *store.Tx) error {
		return errors.Join(
			tx.FollowsOf(ids, func(f crm.Follow) { gotFs++ }),
			tx.LinksOf(ids, func(l crm.Link) {
				gotLs++
				if l != ls[l.CustomerID-1] {
					t.Errorf("link %v, want %v", l, ls[l.CustomerID-1])
				}
			}))
	})
	if gotFs != n || gotLs != n {
		t.Errorf("%d followers and %d links, want %d each", gotFs, gotLs, n)
	}
	if got := State(t, db).Counts; got.Customers != n {
		t.Errorf("state counts %d customers, want %d", got.Customers, n)
	}
}

// CustomerBatches comes by every customer once, with all that hangs on it.
func batches(t *testing.T, db *store.DB) {
	const n = 2500
	var cs []crm.Customer
	var fs []crm.Follow
	var ls []crm.Link
	for i := range int64(n) {
		id := 1 + i*i%7 + i*7 // with gaps
		cs = append(cs, customer(id, ""))
		for j := range i % 3 {
			fs = append(fs, crm.Follow{CustomerID: id, StaffID: j, Version: 1})
			ls = append(ls, link(id, j, 5))
		}
	}
	Write(t, db, func(tx *store.Tx) error {
		if err := errors.Join(tx.CreateCustomers(cs), tx.CreateFollows(fs), tx.AddLinks(ls), bin(tx, "customer", cs[3].ID, 8)); err != nil {
			return err
		}
		cs[3].DeletionID = 8
		all, known, err := tx.CountCustomers()
		if all != n-1 || known != 0 {
			t.Errorf("%d customers are counted, %d of them known, want %d and none", all, known, n-1)
		}
		return err
	})
	var got []crm.Customer
	follows, tagged := 0, 0
	Read(t, db, func(tx *store.Tx) error {
		return tx.CustomerBatches(func(b *store.CustomerBatch) error {
			got = append(got, b.Customers...)
			for _, c := range b.Customers {
				if i := (c.ID - 1) / 7; len(b.Follows[c.ID]) != int(i%3) || len(b.Links[c.ID]) != int(i%3) {
					t.Errorf("customer %d comes with %v and %v", c.ID, b.Follows[c.ID], b.Links[c.ID])
				}
				follows += len(b.Follows[c.ID])
				tagged += len(b.Links[c.ID])
			}
			_, err := tx.PeekID(store.SeqTag) // the reader may ask more
			return err
		})
	})
	sameCustomers(t, cs, got)
	if follows != len(fs) || tagged != len(ls) {
		t.Errorf("%d followers and %d links, want %d and %d", follows, tagged, len(fs), len(ls))
	}
	err := db.View(t.Context(), func(tx *store.Tx) error {
		return tx.CustomerBatches(func(*store.CustomerBatch) error { return errTakenBack })
	})
	if !errors.Is(err, errTakenBack) {
		t.Errorf("got %v, want the function's error", err)
	}
}

// One Insert of several megabytes goes in pieces, and still whole or not at
// all.
func splitInsert(t *testing.T, db *store.DB) {
	const n = 900 // of 4 bytes x 1,000, quotes doubled: about 7 MB of SQL
	cs := make([]crm.Customer, n)
	for i := range cs {
		cs[i] = customer(int64(i+1), fmt.Sprint("wm", i+1))
		cs[i].Description = strings.Repeat("\U00020000'", 500)
	}
	last := cs[n-1]
	Write(t, db, func(tx *store.Tx) error {
		cs[n-1].ExternalID = "wm1"
		if err := tx.CreateCustomers(cs); !errors.Is(err, store.ErrRefused) {
			t.Errorf("last of %d rows refused: got %v, want ErrRefused", n, err)
		}
		cs[n-1] = last
		return tx.CreateCustomers(cs)
	})
	sameCustomers(t, cs, allCustomers(t, db))
}

// sameCustomers does for many what cmp.Diff takes long for.
func sameCustomers(t *testing.T, want, got []crm.Customer) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d customers, want %d", len(got), len(want))
	}
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("customer %d (-want +got):\n%s", i, cmp.Diff(want[i], got[i]))
		}
	}
}

func times(t *testing.T, db *store.DB) {
	var cs []crm.Customer
	for i, ms := range []int64{0, 1, -1, 1709222399999, -62135596800000, 253402300799999, 1<<53 + 1, math.MaxInt64, math.MinInt64} {
		c := customer(int64(i+1), "")
		c.AddedAt, c.CreatedAt, c.UpdatedAt = ms, ms, ms
		cs = append(cs, c)
	}
	Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers(cs) })
	if diff := cmp.Diff(cs, allCustomers(t, db)); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
}
