package admin_test

import (
	"testing"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// A dry run writes nothing, and the second time nothing is left to do.
func TestGenerate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		for _, c := range []struct {
			what                         admin.Generate
			by                           int64
			groups, tags, links, skipped int
		}{
			{admin.Generate{From: admin.FromDepartments}, 0, 3, 3, 3, 0},
			{admin.Generate{From: admin.FromDepartments, Under: "市场"}, boss, 1, 1, 1, 0},
			{admin.Generate{From: admin.FromDepartments}, manager, 1, 1, 2, 0},
			{admin.Generate{From: admin.FromRegions}, 0, 1, 1, 2, 1},
		} {
			db := handmade(t, storetestFresh(t, target))
			state := storetest.State(t, db)
			dry := c.what
			dry.DryRun = true
			for i, what := range []admin.Generate{dry, c.what, c.what} {
				before := audits(t, db)
				got, err := desk(db, c.by).GenerateGroups(t.Context(), what)
				if err != nil {
					t.Fatalf("%+v: %v", what, err)
				}
				want := [4]int{c.groups, c.tags, c.links, c.skipped}
				if i == 2 {
					want = [4]int{0, 0, 0, c.skipped}
				}
				if [4]int{got.Groups, got.Tags, int(got.Links), len(got.Skipped)} != want {
					t.Errorf("%+v, call %d: %+v, want %v", what, i, got, want)
				}
				now := storetest.State(t, db)
				if wrote := now != state; wrote != (i == 1) || audits(t, db)-before != map[bool]int{true: 1}[wrote] || (got.Run != 0) != wrote {
					t.Errorf("%+v, call %d: wrote %v, run %d", what, i, wrote, got.Run)
				}
				state = now
			}
		}
	})
}

// storetestFresh is another target of the same kind.
func storetestFresh(t *testing.T, like store.Target) store.Target {
	if like.Engine == store.SQLite {
		return storetest.SQLite(t)
	}
	return storetest.MySQL(t)
}

// All that was generated stands under one run.
func TestGeneratedRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := handmade(t, target)
		got, err := desk(db, 0).GenerateGroups(t.Context(), admin.Generate{From: admin.FromDepartments})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Read(t, db, func(tx *store.Tx) error {
			run, err := tx.Run(got.Run)
			if err != nil || run.Kind != crm.Generated || run.Status != crm.RunDone || run.LinksAdded != got.Links {
				t.Errorf("%+v, %v", run, err)
			}
			ranges, err := tx.CreatedBy(got.Run)
			things := int64(0)
			for _, r := range ranges {
				things += r.Last - r.First + 1
			}
			if err != nil || things != 6 {
				t.Errorf("%+v, %v", ranges, err)
			}
			return nil
		})
		if n := storetest.Count(t, db, "link", "run_id = ?", got.Run); int64(n) != got.Links {
			t.Errorf("%d links of the run, want %d", n, got.Links)
		}
		if last(t, db).RunID != got.Run {
			t.Error("the log does not name the run")
		}
	})
}

// Only who answers for a department generates for it, and only super admins tag
// customers of everybody.
func TestGenerateRefused(t *testing.T) {
	db := handmade(t, storetest.SQLite(t))
	for _, c := range []struct {
		by   int64
		what admin.Generate
	}{
		{manager, admin.Generate{From: admin.FromDepartments, Under: "市场"}},
		{manager, admin.Generate{From: admin.FromRegions}},
		{seller, admin.Generate{From: admin.FromDepartments}},
		{auditor, admin.Generate{From: admin.FromDepartments}},
	} {
		if _, err := desk(db, c.by).GenerateGroups(t.Context(), c.what); code(err) != "NOT_ALLOWED" {
			t.Errorf("%d, %+v: %v", c.by, c.what, err)
		}
	}
}
