package exporter_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tagkeep/exporter"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// The people of the company that the tests of rights work on.
const (
	boss int64 = iota + 1
	lead
	seller
	market
	watcher
	off
	rookie
)

// withRoles has a person of every role, a department group for sales and one for
// marketing, and a customer of each of these departments.
func withRoles(tx *store.Tx) error {
	active := crm.StatusActive
	return errors.Join(
		tx.CreateDepartments([]crm.Department{{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "销售"}, {ID: 3, ParentID: 1, Name: "市场"}, {ID: 4, ParentID: 2, Name: "一组"}}),
		tx.CreateStaff([]crm.Staff{
			{ID: boss, UserID: "boss", Status: active, Role: crm.RoleSuper},
			{ID: lead, UserID: "lead", Status: active, Role: crm.RoleDeptAdmin, Contact: true, Tagging: true},
			{ID: seller, UserID: "seller", Status: active, Role: crm.RoleStaff, Contact: true},
			{ID: market, UserID: "market", Status: active, Role: crm.RoleStaff, Contact: true, Tagging: true},
			{ID: watcher, UserID: "watcher", Status: active, Role: crm.RoleAuditor},
			{ID: off, UserID: "off", Status: crm.StatusDisabled, Role: crm.RoleSuper},
			{ID: rookie, UserID: "rookie", Status: active, Role: crm.RoleStaff},
		}),
		tx.SetStaffDepartments(lead, []int64{2}), tx.SetStaffDepartments(seller, []int64{4}), tx.SetStaffDepartments(market, []int64{3}), tx.SetStaffDepartments(watcher, []int64{1}),
		tx.CreateGroups([]crm.Group{{ID: 1, Name: "意向", Scope: crm.ScopeShared}, {ID: 2, Name: "销售组", Scope: crm.ScopeDepartment, DepartmentID: 2},
			{ID: 3, Name: "市场组", Scope: crm.ScopeDepartment, DepartmentID: 3, WecomID: "geheim"}}),
		tx.CreateTags([]crm.Tag{{ID: 1, GroupID: 1, Name: "高"}, {ID: 2, GroupID: 2, Name: "重点"}, {ID: 3, GroupID: 3, Name: "线索"}, {ID: 4, GroupID: 3, Name: "绝密"}}),
		tx.CreateCustomers([]crm.Customer{{ID: 1, ExternalID: "wm1", Mobile: "13800000001", Phones: "010-12345678;95588"}, {ID: 2, ExternalID: "wm2", Mobile: "13800000002"}}),
		tx.CreateFollows([]crm.Follow{{CustomerID: 1, StaffID: seller}, {CustomerID: 2, StaffID: market}}),
		tx.AddLinks([]crm.Link{{CustomerID: 1, StaffID: seller, TagID: 1, TaggedAt: 1}, {CustomerID: 1, StaffID: seller, TagID: 4, TaggedAt: 1}}),
		give(tx, []crm.Grant{{SubjectKind: crm.SubjectStaff, SubjectID: seller, ObjectKind: crm.ObjectTag, ObjectID: 3, Level: crm.LevelView},
			{SubjectKind: crm.SubjectStaff, SubjectID: seller, ObjectKind: crm.ObjectGroup, ObjectID: 2, Level: crm.LevelUse}}),
	)
}

// Everybody gets what they may see.
func TestExportWhatIsSeen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		storetest.Write(t, db, withRoles)
		for _, c := range []struct {
			kind      crm.Kind
			by        int64
			has, none string // words
		}{
			{crm.Tags, 0, "意向 销售组 市场组 绝密 geheim", ""},
			{crm.Tags, boss, "意向 销售组 市场组 绝密 geheim", ""},
			{crm.Tags, watcher, "意向 销售组 市场组 绝密", ""},
			{crm.Tags, lead, "意向 销售组 重点", "市场 线索 绝密"},
			{crm.Tags, seller, "意向 销售组 市场组,线索", "绝密 geheim 总部/市场"},
			{crm.Tags, market, "意向 市场组 绝密", "销售组 重点"},
			{crm.Customers, boss, "wm1 wm2 13800000001 市场组:绝密", ""},
			{crm.Customers, watcher, "wm1 wm2 138****0001 市场组:绝密 010*****5678;***88", "13800000001 12345678 95588"},
			{crm.Customers, lead, "wm1 13800000001 意向:高", "wm2 绝密"},
			{crm.Customers, seller, "wm1", "wm2 绝密"},
			{crm.Customers, market, "wm2", "wm1"},
			{crm.People, lead, "lead seller 总部/销售/一组", "market boss watcher 市场"},
			{crm.People, watcher, "boss market off rookie", ""},
			{crm.Grants, watcher, "tag:市场组:线索 group:销售组", ""},
			{crm.Grants, lead, "group:销售组", "市场"},
			{crm.Grants, market, "tag:市场组:线索", "销售组"},
		} {
			text := export(t, db, c.kind, c.by)
			for _, word := range strings.Fields(c.has) {
				if !strings.Contains(text, word) {
					t.Errorf("%s by %d: %s is missing:\n%s", c.kind, c.by, word, text)
				}
			}
			for _, word := range strings.Fields(c.none) {
				if strings.Contains(text, word) {
					t.Errorf("%s by %d: %s is told:\n%s", c.kind, c.by, word, text)
				}
			}
		}
	})
}

// Who may see nothing of a kind gets no file.
func TestExportRefused(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	storetest.Write(t, db, withRoles)
	for _, c := range []struct {
		kind crm.Kind
		by   int64
	}{
		{crm.Tags, off}, {crm.Tags, rookie}, {crm.Tags, 99}, {crm.Customers, rookie}, {crm.Customers, off},
		{crm.People, seller}, {crm.People, rookie}, {crm.People, off}, {crm.Grants, seller}, {crm.Grants, off},
	} {
		path := filepath.Join(t.TempDir(), "x.xlsx")
		_, err := exporter.Export(t.Context(), db, c.kind, path, exporter.Options{By: c.by})
		e := (*exporter.RefusedError)(nil)
		if !errors.As(err, &e) || e.Message(crm.Chinese) == "" || e.Fix(crm.English) == "" {
			t.Errorf("%s by %d: got %v", c.kind, c.by, err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
