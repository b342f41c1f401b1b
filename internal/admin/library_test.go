package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// People of the company that these tests work on.
const (
	boss    = 1 + iota // super admin
	manager            // admin of 总部/销售
	seller             // staff of 总部/销售, may configure tags
	clerk              // staff of 总部/市场, may not
	auditor
	gone // who left, with the account of newcomer
	newcomer
)

// handmade is a company: 总部 with 销售 and 市场, a shared group 意向 with 高 and
// 低, a group 促销 of 市场 with 会员, and three customers.
func handmade(t *testing.T, target store.Target, opts ...store.Option) *store.DB {
	t.Helper()
	db := storetest.Open(t, target, opts...)
	storetest.Write(t, db, func(tx *store.Tx) error {
		person := func(id int64, account, role string, contact, tagging bool) crm.Staff {
			p := crm.Staff{ID: id, UserID: account, Status: crm.StatusActive, Role: role, Contact: contact, Tagging: tagging}
			if id == gone {
				p.Status, p.LeftID = crm.StatusLeft, gone
			}
			return p
		}
		for seq, n := range map[store.Sequence]int{store.SeqDepartment: 3, store.SeqStaff: 7, store.SeqGroup: 2, store.SeqTag: 3, store.SeqCustomer: 4} {
			if _, err := tx.NextIDs(seq, n); err != nil {
				return err
			}
		}
		err := errors.Join(
			tx.CreateDepartments([]crm.Department{{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "销售"}, {ID: 3, ParentID: 1, Name: "市场"}}),
			tx.CreateStaff([]crm.Staff{person(boss, "boss", crm.RoleSuper, true, true), person(manager, "manager", crm.RoleDeptAdmin, true, true),
				person(seller, "seller", crm.RoleStaff, true, true), person(clerk, "clerk", crm.RoleStaff, true, false),
				person(auditor, "auditor", crm.RoleAuditor, false, false), person(gone, "east", crm.RoleStaff, true, false),
				person(newcomer, "east", crm.RoleStaff, true, false)}),
			tx.CreateGroups([]crm.Group{{ID: 1, Name: "意向", Scope: crm.ScopeShared, SingleChoice: true}, {ID: 2, Name: "促销", Scope: crm.ScopeDepartment, DepartmentID: 3}}),
			tx.CreateTags([]crm.Tag{{ID: 1, GroupID: 1, Name: "高"}, {ID: 2, GroupID: 1, Name: "低"}, {ID: 3, GroupID: 2, Name: "会员"}}),
			tx.CreateCustomers([]crm.Customer{{ID: 1, ExternalID: "wm1", Region: "广东省深圳市"}, {ID: 2, ExternalID: "wm2", Region: "广东省广州市"},
				{ID: 3, ExternalID: "wm3"}, {ID: 4, ExternalID: "wm4", Region: "这是一个非常非常非常非常非常非常非常非常非常非常非常长长长长长长长长的地方"}}),
			tx.CreateFollows([]crm.Follow{{CustomerID: 1, StaffID: seller}, {CustomerID: 2, StaffID: seller}, {CustomerID: 2, StaffID: clerk}}),
			tx.AddLinks([]crm.Link{{CustomerID: 1, TagID: 1, StaffID: seller, RunID: 7}, {CustomerID: 1, TagID: 3, StaffID: seller}}))
		for id, department := range map[int64]int64{boss: 1, manager: 2, seller: 2, clerk: 3, auditor: 1, newcomer: 3} {
			err = errors.Join(err, tx.SetStaffDepartments(id, []int64{department}))
		}
		return err
	})
	return db
}

func desk(db *store.DB, by int64) *admin.Desk { return &admin.Desk{DB: db, By: by, Command: "test"} }

// last is the newest row of the audit log.
func last(t *testing.T, db *store.DB) (a store.Audit) {
	t.Helper()
	storetest.Read(t, db, func(tx *store.Tx) error {
		return tx.Audits(store.AuditFilter{Limit: 1}, func(row store.Audit) error { a = row; return nil })
	})
	return a
}

func audits(t *testing.T, db *store.DB) int { return storetest.Count(t, db, "audit_log", "1 = 1") }

// code is what kind of refusal an error is.
func code(err error) string {
	var unfit *admin.Unfit
	var refusal *admin.Refusal
	var missing *admin.NotFound
	var taken *admin.Taken
	var several *admin.Ambiguous
	switch {
	case err == nil:
		return ""
	case errors.As(err, &unfit):
		return unfit.Code
	case errors.As(err, &refusal), errors.Is(err, admin.ErrOperatorOnly):
		return "NOT_ALLOWED"
	case errors.As(err, &missing):
		return "NOT_FOUND"
	case errors.As(err, &taken):
		return "TAKEN"
	case errors.As(err, &several):
		return "AMBIGUOUS"
	}
	return err.Error()
}

func codes(problems []crm.Problem) string {
	var out []string
	for _, p := range problems {
		out = append(out, string(p.Code))
	}
	return strings.Join(out, " ")
}

// What is refused leaves nothing, and what is done leaves one row in the log.
func TestLibraryByHand(t *testing.T) {
	long := strings.Repeat("长", crm.MaxTagName)
	type step struct {
		name     string
		by       int64
		do       func(ctx context.Context, d *admin.Desk) (admin.Outcome, error)
		code     string
		warnings string
		action   string
	}
	group := func(n admin.NewGroup) func(context.Context, *admin.Desk) (admin.Outcome, error) {
		return func(ctx context.Context, d *admin.Desk) (admin.Outcome, error) { return d.CreateGroup(ctx, n) }
	}
	tags := func(names ...string) func(context.Context, *admin.Desk) (admin.Outcome, error) {
		return func(ctx context.Context, d *admin.Desk) (admin.Outcome, error) {
			return d.CreateTags(ctx, admin.NewTags{Names: names})
		}
	}
	rename := func(old, name string) func(context.Context, *admin.Desk) (admin.Outcome, error) {
		return func(ctx context.Context, d *admin.Desk) (admin.Outcome, error) { return d.RenameTag(ctx, old, name) }
	}
	scope := func(name, department string) func(context.Context, *admin.Desk) (admin.Outcome, error) {
		return func(ctx context.Context, d *admin.Desk) (admin.Outcome, error) {
			return d.ScopeGroup(ctx, name, department)
		}
	}
	move := func(to string, names ...string) func(context.Context, *admin.Desk) (admin.Outcome, error) {
		return func(ctx context.Context, d *admin.Desk) (admin.Outcome, error) { return d.MoveTags(ctx, names, to) }
	}
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		for _, s := range []step{
			{"a group", 0, group(admin.NewGroup{Name: " 等级　", Sort: "7"}), "", "", "group.create"},
			{"its name again", 0, group(admin.NewGroup{Name: "等级"}), "TAKEN", "", ""},
			{"nearly its name", 0, group(admin.NewGroup{Name: "等 级"}), "", "NEAR_DUPLICATE", "group.create"},
			{"too long", 0, group(admin.NewGroup{Name: long + "长"}), "TOO_LONG", "", ""},
			{"long", 0, group(admin.NewGroup{Name: long}), "", "LONG_NAME", "group.create"},
			{"a bad number", 0, group(admin.NewGroup{Name: "x", Sort: "-1"}), "BAD_FORMAT", "", ""},
			{"blank", 0, group(admin.NewGroup{Name: " "}), "REQUIRED", "", ""},
			{"an example", 0, group(admin.NewGroup{Name: "示例：x"}), "BAD_FORMAT", "", ""},
			{"shared, by the admin of a department", manager, group(admin.NewGroup{Name: "经理的"}), "", "", "group.create"},
			{"of a department that is not the admin's", manager, group(admin.NewGroup{Name: "y", Department: "市场"}), "NOT_ALLOWED", "", ""},
			{"of the admin's", manager, group(admin.NewGroup{Name: "y", Department: "销售"}), "", "", "group.create"},
			{"by somebody who may not configure tags", clerk, group(admin.NewGroup{Name: "z", Department: "市场"}), "NOT_ALLOWED", "", ""},
			{"by an auditor", auditor, group(admin.NewGroup{Name: "z"}), "NOT_ALLOWED", "", ""},
			{"tags", seller, tags("意向:中", "等级:一"), "", "", "tag.create"},
			{"without a group", 0, tags("中"), "USAGE", "", ""},
			{"a tag that is there", 0, tags("意向:中"), "TAKEN", "", ""},
			{"in a group out of sight", seller, tags("促销:a"), "NOT_FOUND", "", ""},
			{"in no group", seller, tags("没有:a"), "NOT_FOUND", "", ""},
			{"twice", 0, tags("意向:a", "意向:a"), "USAGE", "", ""},
			{"renamed", seller, rename("意向:中", "中等"), "", "", "tag.rename"},
			{"to the same", seller, rename("意向:中等", "中等"), "", "", ""},
			{"to one that is there", 0, rename("意向:中等", "高"), "TAKEN", "", ""},
			{"with its group", 0, rename("意向:中等", "意向:中"), "USAGE", "", ""},
			{"out of sight", seller, rename("促销:会员", "x"), "NOT_FOUND", "", ""},
			{"by who may use it only", clerk, rename("意向:中等", "x"), "NOT_ALLOWED", "", ""},
			{"two of one customer into a single-choice group", 0, move("意向", "促销:会员"), "LIMIT_REACHED", "", ""},
			{"moved", 0, move("等级", "意向:中等"), "", "", "tag.move"},
			{"moved to where it is", 0, move("等级", "等级:中等"), "", "", ""},
			{"shared to a department of others", seller, scope("等级", "市场"), "NOT_ALLOWED", "", ""},
			{"to the own department", seller, scope("等级", "销售"), "", "", "group.scope"},
			{"and back", seller, scope("等级", ""), "", "", "group.scope"},
		} {
			before, state := audits(t, db), storetest.State(t, db)
			out, err := s.do(t.Context(), desk(db, s.by))
			if code(err) != s.code || codes(out.Warnings) != s.warnings {
				t.Fatalf("%s: error %v (%s), want %q; warnings %q, want %q", s.name, err, code(err), s.code, codes(out.Warnings), s.warnings)
			}
			switch n := audits(t, db) - before; {
			case s.action == "" && (n != 0 || storetest.State(t, db) != state):
				t.Errorf("%s: something was written", s.name)
			case s.action != "" && (n != 1 || last(t, db).Action != s.action || last(t, db).StaffID != s.by):
				t.Errorf("%s: %d rows, the last %+v", s.name, n, last(t, db))
			}
		}
	})
}

// The log tells by id what was before and after.
func TestLibraryAudit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		if _, err := desk(db, 0).RenameGroup(t.Context(), "意向", "购买意向"); err != nil {
			t.Fatal(err)
		}
		row := last(t, db)
		var got admin.Edit
		if err := json.Unmarshal([]byte(row.Detail), &got); err != nil {
			t.Fatal(err)
		}
		if row.Object != "group:意向" || got.Kind != "group" || got.ID != 1 || got.Name != "购买意向" ||
			len(got.Before) != 1 || got.Before["name"] != "意向" || got.After["name"] != "购买意向" {
			t.Errorf("%s: %s", row.Object, row.Detail)
		}
	})
}

// A name in the bin is made anew, with the way to the old one.
func TestLibraryBin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE tag SET deletion_id = 9 WHERE id IN (1, 3)")
			return err
		})
		out, err := desk(db, 0).CreateTags(t.Context(), admin.NewTags{Names: []string{"意向:高"}})
		if err != nil || codes(out.Warnings) != "IN_BIN" || !slices.Contains(out.Warnings[0].Args, "D9") {
			t.Errorf("%v, %+v", err, out.Warnings)
		}
		rows, err := desk(db, seller).Tags(t.Context(), "")
		if err != nil || len(rows) != 2 {
			t.Errorf("%v, %+v", err, rows)
		}
	})
}

// Lists hold what may be seen, in order, and count live customers.
func TestLibraryLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		if _, err := desk(db, 0).SortGroups(t.Context(), []string{"促销", "意向"}); err != nil {
			t.Fatal(err)
		}
		storetest.Write(t, db, func(tx *store.Tx) error {
			err := tx.AddLinks([]crm.Link{{CustomerID: 2, TagID: 1}, {CustomerID: 3, TagID: 1}, {CustomerID: 3, TagID: 1, StaffID: seller}})
			_, err2 := tx.Exec("UPDATE customer SET deletion_id = 9 WHERE id = 2")
			return errors.Join(err, err2)
		})
		for by, want := range map[int64]string{0: "促销 意向", clerk: "促销 意向", seller: "意向"} {
			rows, err := desk(db, by).Groups(t.Context())
			var names []string
			for _, g := range rows {
				names = append(names, g.Name)
			}
			if err != nil || strings.Join(names, " ") != want {
				t.Errorf("%d sees %v, %v", by, names, err)
			}
		}
		rows, err := desk(db, 0).Tags(t.Context(), "意向")
		if err != nil || len(rows) != 2 || rows[0].Customers != 2 || rows[1].Customers != 0 {
			t.Errorf("%+v, %v", rows, err)
		}
		// A tag may be seen in a group that may not.
		storetest.Write(t, db, func(tx *store.Tx) error {
			return tx.CreateGrants([]crm.Grant{{ID: 1, SubjectKind: crm.SubjectStaff, SubjectID: seller, ObjectKind: crm.ObjectTag, ObjectID: 3, Level: crm.LevelView}})
		})
		if rows, err = desk(db, seller).Tags(t.Context(), "促销"); err != nil || len(rows) != 1 || rows[0].Group != "促销" {
			t.Errorf("%+v, %v", rows, err)
		}
	})
}
