package admin

import (
	"errors"
	"testing"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// The people of the small company that these tests work in, by id.
const (
	boss  int64 = iota + 1 // super admin
	lead                   // admin of 总部/市场部, may configure tags
	zhang                  // ordinary staff of 总部/市场部
	wang                   // ordinary staff of 总部/销售部
	qian                   // of 总部/销售部 without 客户联系
)

// desks opens a small company on each kind of database: 总部 with 市场部 and
// 销售部, the shared groups 意向 (高意向, 低意向) and 区域 (华东), and 市场 (内部) of
// 市场部.
func desks(t *testing.T, fn func(t *testing.T, db *store.DB, clock *storetest.Clock)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		clock := storetest.NewClock()
		db := storetest.Open(t, target, clock.Option())
		storetest.Write(t, db, smallCompany)
		clock.Advance(time.Hour)
		fn(t, db, clock)
	})
}

func smallCompany(tx *store.Tx) error {
	staff := func(id int64, userid, role string, contact, tagging bool) crm.Staff {
		return crm.Staff{ID: id, UserID: userid, Name: userid, Status: crm.StatusActive, Role: role, Contact: contact, Tagging: tagging, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	}
	group := func(id int64, name, scope string, department int64) crm.Group {
		return crm.Group{ID: id, Name: name, Scope: scope, DepartmentID: department, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	}
	tag := func(id, group int64, name string) crm.Tag {
		return crm.Tag{ID: id, GroupID: group, Name: name, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	}
	department := func(id, parent int64, name string) crm.Department {
		return crm.Department{ID: id, ParentID: parent, Name: name, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	}
	err := errors.Join(
		tx.CreateDepartments([]crm.Department{department(1, 0, "总部"), department(2, 1, "市场部"), department(3, 1, "销售部")}),
		tx.CreateStaff([]crm.Staff{staff(boss, "boss", crm.RoleSuper, true, true), staff(lead, "lead", crm.RoleDeptAdmin, true, true),
			staff(zhang, "zhang", crm.RoleStaff, true, false), staff(wang, "wang", crm.RoleStaff, true, false), staff(qian, "qian", crm.RoleStaff, false, false)}),
		tx.CreateGroups([]crm.Group{group(1, "意向", crm.ScopeShared, 0), group(2, "区域", crm.ScopeShared, 0), group(3, "市场", crm.ScopeDepartment, 2)}),
		tx.CreateTags([]crm.Tag{tag(1, 1, "高意向"), tag(2, 1, "低意向"), tag(3, 2, "华东"), tag(4, 3, "内部")}),
		tx.CreateCustomers([]crm.Customer{{ID: 1, ExternalID: "wm1", Name: "甲", CreatedAt: tx.Now, UpdatedAt: tx.Now}}),
		tx.CreateFollows([]crm.Follow{{CustomerID: 1, StaffID: zhang, CreatedAt: tx.Now, UpdatedAt: tx.Now}}),
		tx.AddLinks([]crm.Link{{CustomerID: 1, TagID: 1, StaffID: zhang, TaggedAt: tx.Now}}))
	for id, department := range map[int64]int64{boss: 1, lead: 2, zhang: 2, wang: 3, qian: 3} {
		err = errors.Join(err, tx.SetStaffDepartments(id, []int64{department}))
	}
	for _, seq := range []store.Sequence{store.SeqDepartment, store.SeqStaff, store.SeqGroup, store.SeqTag, store.SeqCustomer} {
		_, e := tx.NextIDs(seq, 10)
		err = errors.Join(err, e)
	}
	return err
}

func desk(db *store.DB, by int64) *Desk { return &Desk{DB: db, By: by, Command: "test"} }

// unfitCode is the code of an Unfit, or what else the error is.
func unfitCode(err error) string {
	var u *Unfit
	var r *Refusal
	var n *NotFound
	switch {
	case err == nil:
		return ""
	case errors.As(err, &u):
		return u.Code
	case errors.As(err, &r):
		return "REFUSAL"
	case errors.As(err, &n):
		return "NOT_FOUND"
	}
	return err.Error()
}

func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := unfitCode(err); got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

func allowed(t *testing.T, db *store.DB, who int64, do access.Action, o access.Object) bool {
	t.Helper()
	ok := false
	err := desk(db, 0).Look(t.Context(), func(_ *store.Tx, c *Company) error {
		ok = c.World.Allowed(access.Question{Subject: who, Do: do, On: o})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func audits(t *testing.T, db *store.DB) (actions []string) {
	t.Helper()
	storetest.Read(t, db, func(tx *store.Tx) error {
		return tx.Audits(store.AuditFilter{}, func(a store.Audit) error { actions = append(actions, a.Action); return nil })
	})
	return actions
}

// A grant has effect until it ends, and the same once more is nothing.
func TestGrant(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx, to := t.Context(), Receiver{User: "zhang"}
		_, _, err := desk(db, zhang).Grant(ctx, to, "group:意向", crm.LevelEdit, Period{}, "自己给自己")
		wantCode(t, "a grant by who may not give", err, "REFUSAL")
		_, _, err = desk(db, lead).Grant(ctx, to, "group:意向", crm.LevelEdit, Period{For: 73 * time.Hour}, "太久")
		wantCode(t, "73 hours", err, "OVER_72H")
		if n := len(audits(t, db)); n != 0 {
			t.Errorf("refused grants left %d audit rows", n)
		}
		g, again, err := desk(db, lead).Grant(ctx, to, "group:意向", crm.LevelEdit, Period{For: 48 * time.Hour}, "周末")
		if err != nil || again || g.EndsAt-g.StartsAt != 48*3_600_000 || g.CreatedBy != lead {
			t.Fatalf("grant: %+v, again %v, %v", g, again, err)
		}
		same, again, err := desk(db, lead).Grant(ctx, to, "group:意向", crm.LevelEdit, Period{For: time.Hour}, "再来")
		if err != nil || !again || same.ID != g.ID {
			t.Errorf("the same again: %+v, %v, %v", same, again, err)
		}
		if !allowed(t, db, zhang, access.Edit, access.Group(1)) {
			t.Error("the grant has no effect")
		}
		clock.Advance(48 * time.Hour)
		if allowed(t, db, zhang, access.Edit, access.Group(1)) {
			t.Error("the grant has not ended")
		}
		if got := audits(t, db); len(got) != 1 || got[0] != "access.grant" {
			t.Errorf("audit log: %v", got)
		}
	})
}

// Revoking keeps the row, and works on what is in the recycle bin.
func TestRevokeAsleep(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := t.Context()
		g, _, err := desk(db, 0).Grant(ctx, Receiver{User: "wang"}, "group:市场", crm.LevelUse, Period{}, "借用")
		if err != nil {
			t.Fatal(err)
		}
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE tag_group SET deletion_id = 7 WHERE id = 3")
			return err
		})
		_, err = desk(db, zhang).Revoke(ctx, Receiver{User: "wang", AnySub: true}, "group:市场", "", "不该")
		wantCode(t, "revoking by who may not give", err, "REFUSAL")
		list, err := desk(db, lead).Revoke(ctx, Receiver{User: "wang", AnySub: true}, "group:市场", "", "收回")
		if err != nil || len(list) != 1 || list[0].ID != g.ID || !list[0].Sleeps {
			t.Fatalf("revoke: %+v, %v", list, err)
		}
		storetest.Read(t, db, func(tx *store.Tx) error {
			var n int
			if err := tx.Get(&n, "SELECT COUNT(*) FROM sleeping_removal WHERE deletion_id = 7 AND grant_id = ?", g.ID); err != nil {
				return err
			}
			if stored, err := tx.Grant(g.ID); err != nil || stored.RevokedBy != lead || n != 1 {
				t.Errorf("stored %+v, %v; %d removals", stored, err, n)
			}
			return nil
		})
		_, err = desk(db, lead).RevokeIDs(ctx, []int64{g.ID}, "再来")
		wantCode(t, "revoking twice", err, "ENDED")
	})
}

// A lasting grant takes the place of the lasting one before it; a temporary one
// stands beside it.
func TestLastingGrantReplaces(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		d, ctx := desk(db, 0), t.Context()
		grant := func(level crm.Level, when Period) {
			t.Helper()
			if _, _, err := d.Grant(ctx, Receiver{User: "zhang"}, "group:意向", level, when, "测试"); err != nil {
				t.Fatal(err)
			}
		}
		grant(crm.LevelHidden, Period{})
		grant(crm.LevelView, Period{For: time.Hour})
		grant(crm.LevelEdit, Period{})
		if n := storetest.Count(t, db, "access_grant", "revoked_at = 0 AND ends_at = 0 AND level = 'edit'"); n != 1 {
			t.Errorf("%d lasting grants to edit stand, want 1", n)
		}
		if n := storetest.Count(t, db, "access_grant", "revoked_at <> 0 AND level = 'hidden'"); n != 1 {
			t.Errorf("%d hidden ones are revoked, want 1", n)
		}
		if n := storetest.Count(t, db, "access_grant", "revoked_at = 0"); n != 2 {
			t.Errorf("%d grants stand, want 2", n)
		}
	})
}
