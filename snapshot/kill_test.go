//go:build unix

package snapshot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// sound opens the folder as the next process does, and fails unless every
// snapshot in it is whole and nothing else is left.
func sound(t *testing.T, path, when string) []Info {
	t.Helper()
	d, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{lockName}
	for _, i := range list {
		if err := Verify(t.Context(), i); err != nil || i.Problem != "" {
			t.Errorf("%s: %s is listed: %v %s", when, i.File, err, i.Problem)
		}
		want = append(want, i.File, i.File+".json")
	}
	slices.Sort(want)
	if got := entries(t, d); !slices.Equal(got, want) {
		t.Errorf("%s: the folder holds %v, want %v", when, got, want)
	}
	return list
}

// A process that is killed while it makes a snapshot leaves the old set or one
// more that is whole; the next process sweeps the rest.
func TestF01KillCreate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 100)
		made := int64(len(sound(t, d.Path(), "before")))
		e := errand{Work: "create", Target: target, Folder: d.Path(), Steps: true}
		killAtEach(t, 1, func() errand { return e }, func(step string) {
			now := int64(len(sound(t, d.Path(), step)))
			if now != made && now != made+1 || step == "the end" && now != made+1 {
				t.Errorf("%s: %d snapshots, before %d", step, now, made)
			}
			made = now
		})
		last := sound(t, d.Path(), "afterwards")[0]
		if m := mustCreate(t, db, d, Options{}); m.Sequence <= last.Sequence {
			t.Errorf("sequence %d after %d", m.Sequence, last.Sequence)
		}
	})
}

// A process that is killed while it restores leaves an empty database or all of
// the snapshot, and the next attempt needs nobody's help.
func TestF03KillRestore(t *testing.T) {
	t.Parallel()
	a := storetest.Open(t, storetest.SQLite(t))
	fill(t, a, 1, 30)
	file, want := take(t, a, nil), storetest.State(t, a)
	for name, blank := range map[string]func(testing.TB) store.Target{"sqlite": storetest.SQLite, "mysql": storetest.MySQL} {
		every := 1
		if name == "sqlite" {
			every = 4 // a row is a statement there
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, target, full := t.TempDir(), store.Target{}, true
			fresh := func() errand {
				if full { // else the next goes on where this one was killed
					target, full = blank(t), false
					storetest.Open(t, target)
				}
				return errand{Work: "restore", Target: target, File: file, Folder: dir, Steps: true}
			}
			restored := 0
			killAtEach(t, every, fresh, func(step string) {
				db := storetest.Open(t, target)
				empty, err := Empty(t.Context(), db)
				if err != nil {
					t.Fatalf("%s: %v", step, err)
				}
				if full = !empty; full {
					restored++
					if got := storetest.State(t, db); got != want {
						t.Errorf("%s: state %+v, want %+v", step, got, want)
					}
				}
			})
			if restored == 0 {
				t.Error("no restore came to its end")
			}
		})
	}
}

// A process that is killed while it prunes has removed the oldest at most; what
// is left is whole, and the next one finishes.
func TestF04KillPrune(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 20)
		for range 6 {
			mustCreate(t, db, d, Options{})
		}
		all := sequences(sound(t, d.Path(), "before"))
		path := ""
		fresh := func() errand {
			path = filepath.Join(t.TempDir(), "snapshots")
			if err := os.CopyFS(path, os.DirFS(d.Path())); err != nil {
				t.Fatal(err)
			}
			return errand{Work: "prune", Target: target, Folder: path, Last: 2, Steps: true}
		}
		killAtEach(t, 1, fresh, func(step string) {
			left := sequences(sound(t, path, step))
			if len(left) < 2 || !slices.Equal(left, all[:len(left)]) {
				t.Errorf("%s: left %v of %v", step, left, all)
			}
			again, err := OpenDir(path)
			if err == nil {
				_, err = Prune(t.Context(), db, again, PruneOptions{Policy: Policy{Last: 2}})
			}
			if left := sequences(sound(t, path, step)); err != nil || !slices.Equal(left, all[:2]) {
				t.Errorf("%s, then again: left %v, %v", step, left, err)
			}
		})
	})
}

// takeOver breaks the lock of the job that holds the database, as when a machine
// sleeps until the server gives up on it, or a file system forgets.
func takeOver(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Target().Engine == store.SQLite {
		if err := os.Remove(db.Target().Path + "-lock"); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw := storetest.Raw(t, db.Target())
	var id int64
	if err := raw.QueryRowContext(t.Context(), "SELECT IS_USED_LOCK(?)", "tagkeep:"+db.Meta().UUID).Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), "KILL ?", id); err != nil {
		t.Fatal(err)
	}
}

// A restore that was asleep while another did its work writes nothing when it
// wakes up.
func TestF22PausedRestore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		late, next := storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, storetest.SQLite(t))
		fill(t, late, 1, 40)
		fill(t, next, 2, 30)
		db, want := storetest.Open(t, target), storetest.State(t, next)
		c := start(t, errand{Work: "restore", Target: target, File: take(t, late, nil), Folder: t.TempDir(), Steps: true})
		c.until("exec UPDATE meta SET job_epoch")
		c.until("begin") // of the transaction that restores
		c.pause()
		takeOver(t, db)
		if _, err := Restore(t.Context(), db, source(t, take(t, next, nil)), RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		c.wake()
		if end := c.finish(); end != "fenced" {
			t.Errorf("the late one: %s", end)
		}
		if got := storetest.State(t, db); got != want {
			t.Errorf("state %+v, want %+v", got, want)
		}
	})
}

// A snapshot in the making survives that its maker sleeps while others add to
// the folder, sweep it and thin it out.
func TestF22PausedCreate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		for _, moment := range []string{"write on", "sync", "query SELECT customer_id, tag_id"} {
			db, d := storetest.Open(t, target), folder(t)
			if storetest.Count(t, db, "customer", "") == 0 {
				fill(t, db, 7, 50)
			}
			mustCreate(t, db, d, Options{})
			mustCreate(t, db, d, Options{})
			c := start(t, errand{Work: "create", Target: target, Folder: d.Path(), Steps: true})
			c.until("create") // of the temporary file
			c.until(moment)
			c.pause()
			other, err := OpenDir(d.Path())
			if err != nil {
				t.Fatal(err)
			}
			newest := mustCreate(t, db, other, Options{})
			if _, err := Prune(t.Context(), db, other, PruneOptions{Policy: Policy{Last: 1}}); err != nil {
				t.Fatal(err)
			}
			c.wake()
			if end := c.finish(); end != "done" {
				t.Errorf("asleep at %q: %s", moment, end)
			}
			list := sound(t, d.Path(), moment)
			if len(list) != 2 || list[0].ID != newest.ID && list[1].ID != newest.ID {
				t.Errorf("asleep at %q: left %v", moment, sequences(list))
			}
		}
	})
}

// Whoever sleeps with the folder locked holds others up, and no more than that.
func TestF22PausedPublish(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 50)
	c := start(t, errand{Work: "create", Target: db.Target(), Folder: d.Path(), Steps: true})
	c.until("rename")
	c.pause()
	answer := make(chan error)
	go func() {
		_, err := Create(t.Context(), db, d, Options{})
		answer <- err
	}()
	select {
	case err := <-answer:
		t.Errorf("published into a locked folder: %v", err)
	default:
	}
	c.wake()
	end := c.finish()
	if err := <-answer; err != nil || end != "done" {
		t.Errorf("the late one: %s; the other: %v", end, err)
	}
	if list := sound(t, d.Path(), "afterwards"); len(list) != 2 {
		t.Errorf("%d snapshots", len(list))
	}
}

// Several processes at once: each succeeds, and what is left could have come
// about one after the other.
func TestF21Processes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 300)
		for range 4 {
			mustCreate(t, db, d, Options{})
		}
		var all []*child
		for _, work := range strings.Fields("create prune create prune create create prune") {
			all = append(all, start(t, errand{Work: work, Target: target, Folder: d.Path(), Last: 2}))
		}
		for _, c := range all {
			if end := c.finish(); end != "done" {
				t.Error(end)
			}
		}
		list := sound(t, d.Path(), "all at once")
		storetest.Read(t, db, func(tx *store.Tx) error { return Marks(tx, list) })
		seen := make(map[int64]bool)
		for _, i := range list {
			if seen[i.Sequence] || i.Verified == 0 {
				t.Errorf("%s: twice, or not registered", i.Short())
			}
			seen[i.Sequence] = true
		}
		// A pruning keeps the last two that it sees.
		if !seen[8] || !seen[7] {
			t.Errorf("left %v", sequences(list))
		}
		if n := storetest.Count(t, db, "snapshot_check", ""); n != 8 {
			t.Errorf("%d snapshots are registered, want 8", n)
		}
	})
}

// A snapshot that is thinned out while it is being restored is restored; one that
// is gone before leaves the database empty.
func TestF21PruneWhileRestoring(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		a, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
		fill(t, a, 7, 100)
		oldest := mustCreate(t, a, d, Options{})
		want := storetest.State(t, a)
		mustCreate(t, a, d, Options{})
		db := storetest.Open(t, target)
		e := errand{Work: "restore", Target: target, File: oldest.Path, Folder: d.Path(), Steps: true}
		c := start(t, e)
		c.until("exec UPDATE meta SET job_epoch")
		if out, err := Prune(t.Context(), a, d, PruneOptions{Policy: Policy{Last: 1}}); err != nil || out.Removed != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if end := start(t, e).finish(); end != "no file" {
			t.Errorf("after the pruning: %s", end)
		}
		mustBeEmptyNow(t, db)
		if end := c.finish(); end != "done" || storetest.State(t, db) != want {
			t.Errorf("%s, state %+v, want %+v", end, storetest.State(t, db), want)
		}
	})
}
