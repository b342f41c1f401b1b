package snapshot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// A snapshot restored into an empty database gives the same state, whatever the
// engines: the identity, the settings and the counters with it.
func TestR66RestoreAcrossEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, from store.Target) {
		a := storetest.Open(t, from)
		fill(t, a, 3, 5000)
		src, want := source(t, take(t, a, nil)), storetest.State(t, a)
		storetest.Each(t, func(t *testing.T, to store.Target) {
			b := storetest.Open(t, to)
			storetest.Write(t, b, func(tx *store.Tx) error { return tx.RaiseCounter(store.SeqTag, 900) })
			out, err := Restore(t.Context(), b, src, RestoreOptions{Command: "test"})
			if err != nil {
				t.Fatal(err)
			}
			if got := storetest.State(t, b); got != want || !out.Compared || out.State != want {
				t.Errorf("state %+v, want %+v; told %+v", got, want, out)
			}
			checkRestored(t, a, b)
		})
	})
}

func checkRestored(t *testing.T, a, b *store.DB) {
	t.Helper()
	for _, table := range store.SnapshotTables() {
		one, two := storetest.Count(t, a, table.Name, ""), storetest.Count(t, b, table.Name, "")
		if table.Name == "audit_log" {
			one++ // the restore
		}
		if one != two {
			t.Errorf("%s has %d rows, want %d", table.Name, two, one)
		}
	}
	var uuid string
	storetest.Read(t, b, func(tx *store.Tx) error {
		for seq, want := range map[store.Sequence]int64{store.SeqTag: 900, store.SeqCustomer: 5004, store.SeqAudit: 3} {
			if got, err := tx.PeekID(seq); err != nil || got != want {
				t.Errorf("%s goes on at %d (%v), want %d", seq, got, err, want)
			}
		}
		return tx.Get(&uuid, "SELECT uuid FROM meta")
	})
	if uuid != a.Meta().UUID {
		t.Errorf("uuid %s, want %s", uuid, a.Meta().UUID)
	}
	if n := storetest.Count(t, b, "audit_log", "action = 'snapshot.restore' AND object = 'snapshot:taken'"); n != 1 {
		t.Errorf("%d rows in the log about it", n)
	}
}

// A server that takes no LOAD DATA gets the same by INSERT.
func TestR66RestoreWithoutLoad(t *testing.T) {
	t.Parallel()
	a := storetest.Open(t, storetest.SQLite(t))
	fill(t, a, 1, 300)
	target := storetest.MySQL(t)
	b := storetest.Open(t, target, store.WithConnector(new(fault.Plan).Connector))
	src := source(t, take(t, a, nil))
	if _, err := Restore(t.Context(), b, src, RestoreOptions{Only: []string{"group:意向", "group:部门组"}}); err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, b, "tag", ""); n != 5 {
		t.Errorf("%d tags, want the 5 that were live", n)
	}
}

// The revision is ahead of any that the lost database had.
func TestR69RevisionJumps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		a := storetest.Open(t, storetest.SQLite(t))
		fill(t, a, 1, 10)
		db := storetest.Open(t, target)
		if _, err := Restore(t.Context(), db, source(t, take(t, a, nil)), RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		storetest.Write(t, db, func(tx *store.Tx) error {
			if tx.Rev <= storetest.Epoch.UnixMilli() {
				t.Errorf("revision %d", tx.Rev)
			}
			return nil
		})
	})
}

// Whatever step fails, and when it is cancelled, the target is as empty as it
// was and takes the snapshot at the next attempt.
func TestF03RestoreIsAtomic(t *testing.T) {
	t.Parallel()
	a := storetest.Open(t, storetest.SQLite(t))
	fill(t, a, 1, 300)
	src := source(t, take(t, a, nil))
	want := storetest.State(t, a).Exact
	storetest.Each(t, func(t *testing.T, target store.Target) {
		steps := new(fault.Plan)
		probe := target
		if target.Engine == store.SQLite {
			probe = storetest.SQLite(t)
		} else {
			probe = storetest.MySQL(t)
		}
		counted := storetest.Open(t, probe, store.WithConnector(steps.Connector))
		before := len(steps.Steps())
		if _, err := Restore(t.Context(), counted, src, RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		execs := 0
		for _, s := range steps.Steps()[before:] {
			if s.Op == fault.Exec {
				execs++
			}
		}
		stride := max(execs/25, 1)
		for n := 1; n <= execs; n += stride {
			failAt(t, target, src, n)
		}
		db := storetest.Open(t, target)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Restore(ctx, db, src, RestoreOptions{Progress: func(done, of int64) {
			if done > of/2 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		mustBeEmptyNow(t, db)
		if out, err := Restore(t.Context(), db, src, RestoreOptions{}); err != nil || out.State.Exact != want {
			t.Errorf("the next attempt: %+v, %v", out, err)
		}
	})
}

var errPlanned = errors.New("planned")

func failAt(t *testing.T, target store.Target, src *Source, n int) {
	t.Helper()
	plan := new(fault.Plan)
	db := storetest.Open(t, target, store.WithConnector(plan.Connector))
	plan.Add(fault.Fault{Op: fault.Exec, N: n, Err: errPlanned})
	if _, err := Restore(t.Context(), db, src, RestoreOptions{}); err == nil {
		t.Fatalf("statement %d failed and nobody noticed", n)
	}
	mustBeEmptyNow(t, db)
}

func mustBeEmptyNow(t *testing.T, db *store.DB) {
	t.Helper()
	if empty, err := Empty(t.Context(), db); err != nil || !empty {
		t.Fatalf("empty %v, %v", empty, err)
	}
}

// A restore into a database with rows is refused, and so is what is not what it
// says: nothing of it stays.
func TestR57RestoreRefusals_F29(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		a := storetest.Open(t, storetest.SQLite(t))
		fill(t, a, 1, 50)
		db := storetest.Open(t, target)
		if _, err := Restore(t.Context(), db, source(t, take(t, a, func(h *archive.Header) { h.Label = "wrong" })), RestoreOptions{}); !errors.Is(err, ErrMismatch) {
			t.Errorf("another state than promised: %v", err)
		}
		mustBeEmptyNow(t, db)
		fill(t, db, 2, 1)
		was := storetest.State(t, db)
		if _, err := Restore(t.Context(), db, source(t, take(t, a, nil)), RestoreOptions{}); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("into one with rows: %v", err)
		}
		if storetest.State(t, db) != was {
			t.Error("it was changed")
		}
	})
}

// A file that a newer program has made names the version that is needed.
func TestR62NewerSchema_F33(t *testing.T) {
	t.Parallel()
	a := storetest.Open(t, storetest.SQLite(t))
	path := take(t, a, func(h *archive.Header) { h.Schema += 3 })
	_, err := OpenSource(t.Context(), path)
	var newer *SchemaError
	if !errors.As(err, &newer) || !errors.Is(err, ErrNewerSchema) || newer.Has != newer.Known+3 {
		t.Errorf("%v", err)
	}
}

// A damaged file is refused before the database is looked at.
func TestR65DamagedIsRefused(t *testing.T) {
	t.Parallel()
	a := storetest.Open(t, storetest.SQLite(t))
	fill(t, a, 1, 500)
	path := take(t, a, nil)
	for _, part := range []int64{0, 2, 5, 9} {
		_, err := OpenSource(t.Context(), damaged(t, path, func(size int64) int64 { return size * part / 10 }))
		if damage := (*DamageError)(nil); !errors.As(err, &damage) {
			t.Errorf("at %d/10: %v", part, err)
		}
	}
}

// Only brings what was named, with what hangs on it and nothing else.
func TestRestoreOnly(t *testing.T) {
	t.Parallel()
	a := storetest.Open(t, storetest.SQLite(t))
	fill(t, a, 1, 60)
	src := source(t, take(t, a, nil))
	for _, c := range []struct {
		only                    string
		tags, customers, grants int
		links                   string
		err                     string
	}{
		{"group:意向", 3, 60, 0, "tag_id IN (1, 3, 5)", ""},
		{"group:部门组", 2, 40, 1, "tag_id IN (2, 4)", ""},
		{"tag:意向:标签0 😀\\", 1, 20, 0, "tag_id = 1", ""},
		{"customer:#2", 2, 1, 0, "customer_id = 2", ""},
		{"group:没有", 0, 0, 0, "", "is not in the snapshot"},
		{"tag:#6", 0, 0, 0, "", "is not in the snapshot"}, // it was in the bin
		{"staff:zhang", 0, 0, 0, "", "not the name of an object"},
	} {
		t.Run(c.only, func(t *testing.T) {
			b := storetest.Open(t, storetest.SQLite(t))
			_, err := Restore(t.Context(), b, src, RestoreOptions{Only: []string{c.only}})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(storetest.Count(t, b, "tag", ""), storetest.Count(t, b, "customer", ""), storetest.Count(t, b, "access_grant", ""), storetest.Count(t, b, "link", ""))
			want := fmt.Sprint(c.tags, c.customers, c.grants, storetest.Count(t, a, "link", c.links))
			if got != want || storetest.Count(t, b, "link", "NOT ("+c.links+")") > 0 {
				t.Errorf("tags, customers, grants, links %s, want %s", got, want)
			}
			plan, err := Plan(t.Context(), src, RestoreOptions{Only: []string{c.only}})
			if err != nil || plan.Rows["link"] != int64(storetest.Count(t, b, "link", "")) {
				t.Errorf("plan %+v, %v", plan, err)
			}
		})
	}
}

// Two restores at once: one goes in, the other is refused.
func TestF21TwoRestores(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		a := storetest.Open(t, storetest.SQLite(t))
		fill(t, a, 1, 200)
		src := source(t, take(t, a, nil))
		dbs := []*store.DB{storetest.Open(t, target), storetest.Open(t, target)}
		answers := make(chan error, 2)
		for _, db := range dbs {
			go func() {
				_, err := Restore(context.Background(), db, src, RestoreOptions{Wait: 20 * time.Second})
				answers <- err
			}()
		}
		one, two := <-answers, <-answers
		if (one == nil) == (two == nil) || !errors.Is(errors.Join(one, two), ErrNotEmpty) {
			t.Errorf("%v and %v", one, two)
		}
	})
}

// The company's time zone and language come along: dates in spreadsheets would
// mean other days without them.
func TestRestoreSettings(t *testing.T) {
	ctx := t.Context()
	from, _, err := store.Create(ctx, store.Target{Engine: store.SQLite, Path: filepath.Join(t.TempDir(), "from.db")},
		store.Settings{Company: "某公司", TimeZone: "Europe/Berlin", Lang: crm.English})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	d, err := OpenDir(filepath.Join(t.TempDir(), "shots"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := Create(ctx, from, d, Options{})
	if err != nil {
		t.Fatal(err)
	}
	into := storetest.Open(t, storetest.SQLite(t))
	if _, err := Restore(ctx, into, source(t, made.Path), RestoreOptions{Command: "test"}); err != nil {
		t.Fatal(err)
	}
	var got store.Meta
	storetest.Read(t, into, func(tx *store.Tx) error {
		return tx.Get(&got, "SELECT uuid, company, timezone, lang FROM meta")
	})
	want := from.Meta()
	if got.UUID != want.UUID || got.Company != want.Company || got.TimeZone != want.TimeZone || got.Lang != want.Lang {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// R61: a file of every version that was released goes into a database of today,
// with the state that it was taken of.
func TestR61_ReleasedSchemas_F33(t *testing.T) {
	t.Parallel()
	for file, exact := range map[string]string{
		"schema-7.tks": "9465501d2e7b859d1e91e054f318d0cb21f022581ac223451f03d8d0fe3bf18f",
	} {
		storetest.Each(t, func(t *testing.T, target store.Target) {
			db := storetest.Open(t, target)
			src, err := OpenSource(t.Context(), filepath.Join("testdata", "released", file))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			if _, err := Restore(t.Context(), db, src, RestoreOptions{}); err != nil {
				t.Fatal(err)
			}
			if st := storetest.State(t, db); st.Exact != exact {
				t.Errorf("%s: exact is %s, want %s", file, st.Exact, exact)
			}
		})
	}
}
