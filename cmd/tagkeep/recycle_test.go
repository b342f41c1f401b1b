package main

import (
	"context"
	"errors"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
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
