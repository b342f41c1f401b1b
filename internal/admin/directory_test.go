package admin_test

import (
	"strconv"
	"testing"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// A dry run tells the same as the change and writes nothing.
func TestDirectoryChanges(t *testing.T) {
	type call func(d *admin.Desk, dryRun bool) (admin.Reshaped, error)
	storetest.Each(t, func(t *testing.T, target store.Target) {
		for name, c := range map[string]struct {
			do                   call
			gained, lost, people int
			event                string
			action               string
		}{
			"move": {func(d *admin.Desk, dry bool) (admin.Reshaped, error) {
				return d.MoveDepartment(t.Context(), "销售", "市场", dry)
			},
				2, 0, 0, crm.EventMoved, "department.move"},
			"merge": {func(d *admin.Desk, dry bool) (admin.Reshaped, error) {
				return d.MergeDepartment(t.Context(), "市场", "总部/销售", dry)
			}, 2, 0, 2, crm.EventMerged, "department.merge"},
			"split": {func(d *admin.Desk, dry bool) (admin.Reshaped, error) {
				return d.SplitDepartment(t.Context(), "市场", "市场二", []string{"clerk"}, dry)
			}, 0, 1, 1, crm.EventSplit, "department.split"},
		} {
			db := handmade(t, storetestFresh(t, target))
			state := storetest.State(t, db)
			dry, err := c.do(desk(db, boss), true)
			if err != nil || storetest.State(t, db) != state || audits(t, db) != 0 {
				t.Fatalf("%s: the dry run wrote, or %v", name, err)
			}
			done, err := c.do(desk(db, boss), false)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, r := range []admin.Reshaped{dry, done} {
				if r.Effect.Gained != c.gained || r.Effect.Lost != c.lost || r.People != c.people {
					t.Errorf("%s: %+v", name, r)
				}
			}
			storetest.Read(t, db, func(tx *store.Tx) error {
				events, err := tx.DirectoryEvents()
				if err != nil || len(events) != 1 || events[0].Kind != c.event || events[0].ID != done.Event || events[0].ByID != boss {
					t.Errorf("%s: events %+v, %v", name, events, err)
				}
				return storetest.CheckClosure(tx)
			})
			if row := last(t, db); row.Action != c.action || audits(t, db) != 1 {
				t.Errorf("%s: %+v", name, row)
			}
		}
	})
}

// What cannot be is refused and leaves nothing.
func TestDirectoryRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		storetest.Write(t, db, func(tx *store.Tx) error {
			first, err := tx.NextIDs(store.SeqDepartment, crm.MaxDepartmentDepth+1)
			if err != nil {
				return err
			}
			for i := range int64(crm.MaxDepartmentDepth) { // a chain as deep as may be
				d := crm.Department{ID: first + i, ParentID: first + i - 1, Name: "d" + strconv.FormatInt(i, 10)}
				if i == 0 {
					d.ParentID = 0
				}
				if err := tx.CreateDepartments([]crm.Department{d}); err != nil {
					return err
				}
			}
			return tx.CreateDepartments([]crm.Department{{ID: first + crm.MaxDepartmentDepth, ParentID: 2, Name: "市场"}})
		})
		state := storetest.State(t, db)
		ctx := t.Context()
		for name, c := range map[string]struct {
			by   int64
			do   func(d *admin.Desk) (admin.Reshaped, error)
			code string
		}{
			"under itself": {0, func(d *admin.Desk) (admin.Reshaped, error) {
				return d.MoveDepartment(ctx, "总部", "总部/销售", false)
			}, "CYCLE"},
			"into itself": {0, func(d *admin.Desk) (admin.Reshaped, error) { return d.MergeDepartment(ctx, "总部", "总部", false) }, "CYCLE"},
			"too deep":    {0, func(d *admin.Desk) (admin.Reshaped, error) { return d.MoveDepartment(ctx, "总部", "d14", false) }, "TOO_DEEP"},
			"a sibling":   {0, func(d *admin.Desk) (admin.Reshaped, error) { return d.RenameDepartment(ctx, "总部/销售", "市场") }, "TAKEN"},
			"moved to one": {0, func(d *admin.Desk) (admin.Reshaped, error) {
				return d.MoveDepartment(ctx, "总部/销售/市场", "总部", false)
			}, "TAKEN"},
			"a path":  {0, func(d *admin.Desk) (admin.Reshaped, error) { return d.RenameDepartment(ctx, "总部/销售", "a/b") }, "BAD_FORMAT"},
			"several": {0, func(d *admin.Desk) (admin.Reshaped, error) { return d.RenameDepartment(ctx, "市场", "x") }, "AMBIGUOUS"},
			"not a member": {0, func(d *admin.Desk) (admin.Reshaped, error) {
				return d.SplitDepartment(ctx, "总部/市场", "n", []string{"seller"}, false)
			}, "NOT_A_MEMBER"},
			"by an admin":   {manager, func(d *admin.Desk) (admin.Reshaped, error) { return d.RenameDepartment(ctx, "总部/销售", "x") }, "NOT_ALLOWED"},
			"by an auditor": {auditor, func(d *admin.Desk) (admin.Reshaped, error) { return d.RenameDepartment(ctx, "总部/销售", "x") }, "NOT_ALLOWED"},
			"no change":     {0, func(d *admin.Desk) (admin.Reshaped, error) { return d.MoveDepartment(ctx, "总部", "", false) }, ""},
		} {
			if _, err := c.do(desk(db, c.by)); code(err) != c.code {
				t.Errorf("%s: %v (%s), want %s", name, err, code(err), c.code)
			}
		}
		if storetest.State(t, db) != state || audits(t, db) != 0 {
			t.Error("something was written")
		}
	})
}

func TestPeopleDisabled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		for _, c := range []struct {
			by   int64
			who  string
			code string
		}{
			{0, "boss", ""}, {boss, "manager", ""}, {boss, "boss", "NOT_ALLOWED"},
			{manager, "seller", ""}, {manager, "manager", "NOT_ALLOWED"}, {manager, "boss", "NOT_FOUND"}, {manager, "clerk", "NOT_FOUND"},
			{seller, "manager", "NOT_FOUND"}, {auditor, "seller", "NOT_ALLOWED"}, {0, "#6", "STAFF_LEFT"}, {0, "nobody", "NOT_FOUND"},
		} {
			db := handmade(t, storetestFresh(t, target))
			_, err := desk(db, c.by).SetDisabled(t.Context(), c.who, true, "休假")
			if code(err) != c.code {
				t.Errorf("%d disables %s: %v (%s), want %q", c.by, c.who, err, code(err), c.code)
			}
			if want := map[bool]int{true: 1}[c.code == ""]; audits(t, db) != want {
				t.Errorf("%d disables %s: %d rows in the log", c.by, c.who, audits(t, db))
			}
			if target.Engine == store.MySQL && c.by == manager {
				break // the rules are the same; databases are dear
			}
		}
	})
}

func TestPeopleConfirmed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		if _, err := desk(db, manager).ConfirmSame(t.Context(), "east", "east"); code(err) != "NOT_ALLOWED" {
			t.Errorf("by an admin of a department: %v", err)
		}
		if _, err := desk(db, 0).ConfirmSame(t.Context(), "clerk", "east"); code(err) != "STAFF_HERE" {
			t.Errorf("who is here: %v", err)
		}
		done, err := desk(db, 0).ConfirmSame(t.Context(), "east", "east")
		if err != nil || done.Old != gone || done.ID != newcomer || done.Event == 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		again, err := desk(db, 0).ConfirmSame(t.Context(), "#6", "east")
		if err != nil || again.Event != 0 || audits(t, db) != 1 {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

// Lists hold those whom who asks may look up.
func TestPeopleListed(t *testing.T) {
	db := handmade(t, storetest.SQLite(t))
	for by, want := range map[int64]int{0: 7, boss: 7, auditor: 7, manager: 2, clerk: 1} {
		if rows, err := desk(db, by).People(t.Context(), "", ""); err != nil || len(rows) != want {
			t.Errorf("%d sees %d people, %v", by, len(rows), err)
		}
	}
	if rows, err := desk(db, 0).People(t.Context(), "市场", crm.StatusActive); err != nil || len(rows) != 2 {
		t.Errorf("%+v, %v", rows, err)
	}
	v, err := desk(db, manager).ShowPerson(t.Context(), "seller")
	if err != nil || len(v.Edits) != 1 || v.Edits[0] != "意向" {
		t.Errorf("%+v, %v", v, err)
	}
}
