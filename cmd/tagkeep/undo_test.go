package main

import (
	"path/filepath"
	"testing"

	"tagkeep/internal/store/storetest"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// undo D1 restores all of a delete, and its own undo deletes it again.
func TestUndoOfDelete(t *testing.T) {
	home := newHome(t)
	at := "sqlite:" + filepath.Join(home, "team.db")
	t.Setenv("TAGKEEP_DB", at)
	mustCall(t, exitDone, "init")
	mustCall(t, exitDone, "import", "staff", sampleFile(t, "staff.xlsx"))
	mustCall(t, exitDone, "import", "tags", sampleFile(t, "tags.xlsx"))
	type state struct {
		Exact string `json:"exact"`
	}
	exact := func() string {
		var s state
		mustCall(t, exitDone, "state", "--json").fields(t, &s)
		return s.Exact
	}
	before := exact()
	a := &app{database: at}
	db, err := a.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := snapshot.OpenDir(filepath.Join(home, "snapshots"))
	if err != nil {
		t.Fatal(err)
	}
	gone, err := recycle.Delete(t.Context(), db, dir, recycle.Selection{Groups: []int64{1}}, recycle.DeleteOptions{Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
	deleted := storetest.State(t, db).Exact
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	mustCall(t, exitRefused, "undo", "X1", "--yes") // it is a delete
	mustCall(t, exitRefused, "undo", "D1")          // not confirmed
	mustCall(t, exitDone, "undo", "D1", "--dry-run")
	if exact() != deleted {
		t.Error("something changed before the confirmation")
	}
	var done struct {
		Undone   string     `json:"undone"`
		Deletion int64      `json:"deletion"`
		Event    int64      `json:"event"`
		Restored backCounts `json:"restored"`
	}
	mustCall(t, exitDone, "undo", "D1", "--yes", "--json").fields(t, &done)
	if done.Undone != "D1" || done.Deletion != gone.Event || done.Restored.Groups != 1 || done.Restored.Tags == 0 || exact() != before {
		t.Errorf("undone: %+v", done)
	}
	mustCall(t, exitRefused, "undo", "D1", "--yes") // it has nothing in the bin
	mustCall(t, exitDone, "undo", "X2", "--yes")
	if exact() != deleted {
		t.Error("the undo of the restore did not delete it again")
	}
}
