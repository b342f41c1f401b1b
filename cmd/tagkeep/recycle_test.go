package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// bury REF… sends live things of the script's database into the bin, as one
// event.
func buryThings(ts *testscript.TestScript, _ bool, args []string) {
	db, err := store.Open(context.Background(), ts.Value(theTarget).(store.Target))
	ts.Check(err)
	defer db.Close()
	ts.Check(bury(context.Background(), db, ts.MkAbs(ts.Getenv("TAGKEEP_SNAPSHOTS")), args...))
}

func bury(ctx context.Context, db *store.DB, folder string, words ...string) error {
	var refs []crm.Ref
	for _, word := range words {
		r, err := crm.ParseRef(word, "")
		if err != nil {
			return err
		}
		refs = append(refs, r)
	}
	var s snapshot.Scope
	err := db.View(ctx, func(tx *store.Tx) (err error) {
		s, err = snapshot.FindScope(tx, refs)
		return err
	})
	dir, derr := snapshot.OpenDir(folder)
	if err := errors.Join(err, derr); err != nil {
		return err
	}
	_, err = recycle.Delete(ctx, db, dir, recycle.Selection(s), recycle.DeleteOptions{Reason: "整理"})
	return err
}

// buryIn is bury for a database file.
func buryIn(t *testing.T, path, folder string, words ...string) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Target{Engine: store.SQLite, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(bury(t.Context(), db, folder, words...), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// On a terminal each name that is taken is asked about once, with what both hold;
// an empty answer merges, and what a group does decides what is asked next.
func TestChooseEach(t *testing.T) {
	for answers, want := range map[string]map[string]recycle.Policy{
		"\n":            {crm.ObjectGroup: recycle.Merge, crm.ObjectTag: recycle.Merge},
		"什么\n改名\n":      {crm.ObjectGroup: recycle.Rename},
		"merge\nskip\n": {crm.ObjectGroup: recycle.Merge, crm.ObjectTag: recycle.Skip},
		"p\n":           {crm.ObjectGroup: recycle.Replace},
	} {
		t.Run(answers, func(t *testing.T) {
			db := storetest.Open(t, storetest.SQLite(t))
			group := func(id int64) func(tx *store.Tx) error {
				return func(tx *store.Tx) error {
					if _, err := tx.NextIDs(store.SeqGroup, 1); err != nil {
						return err
					}
					if _, err := tx.NextIDs(store.SeqTag, 1); err != nil {
						return err
					}
					err := tx.CreateGroups([]crm.Group{{ID: id, Name: "意向", Scope: crm.ScopeShared, CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1}})
					return errors.Join(err, tx.CreateTags([]crm.Tag{{ID: id, GroupID: id, Name: "高意向", CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1}}))
				}
			}
			storetest.Write(t, db, group(1))
			if err := bury(t.Context(), db, t.TempDir(), "group:意向"); err != nil {
				t.Fatal(err)
			}
			storetest.Write(t, db, group(2))
			var out strings.Builder
			a := &app{stdin: strings.NewReader(answers), stdout: &out, stderr: &out, lang: "zh"}
			o := recycle.RestoreOptions{}
			if err := a.chooseEach(t.Context(), &bin{Desk: &admin.Desk{DB: db}}, 1, &o); err != nil {
				t.Fatal(err)
			}
			plan, err := recycle.PlanRestore(t.Context(), db, 1, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range plan.Items {
				if p, ok := want[i.Kind]; ok && i.Do != p {
					t.Errorf("%s %s: %s, want %s", i.Kind, i.Name, i.Do, p)
				}
			}
			if n := strings.Count(out.String(), "名称已被占用"); n != len(want) {
				t.Errorf("asked about %d names, want %d:\n%s", n, len(want), out.String())
			}
			if want[crm.ObjectTag] != "" && !strings.Contains(out.String(), "两边都有 0，") || !strings.Contains(out.String(), "两边都有的标签 1（高意向）；只有旧的 0") {
				t.Errorf("what both hold is not told:\n%s", out.String())
			}
		})
	}
}
