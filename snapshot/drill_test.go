package snapshot

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// A drill proves that a snapshot can be restored, says so in the database, and
// leaves nothing in the folder.
func TestF31Drill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 1, 3000)
		m := mustCreate(t, db, d, Options{})
		before := entries(t, d)
		for _, room := range []int64{1 << 40, 10} {
			out, err := drill(t.Context(), db, d, m.Info, room, nil)
			if err != nil {
				t.Fatal(err)
			}
			if out.Sampled != (room == 10) || !out.Sampled && out.Exact != m.Exact || out.Rows == 0 {
				t.Errorf("room %d: %+v", room, out)
			}
			storetest.Read(t, db, func(tx *store.Tx) error {
				list := []Info{m.Info}
				err := Marks(tx, list)
				if list[0].Drilled == 0 || list[0].Sampled != out.Sampled {
					t.Errorf("room %d: remembered %+v", room, list[0])
				}
				return err
			})
		}
		if after := entries(t, d); strings.Join(after, " ") != strings.Join(before, " ") {
			t.Errorf("left behind: %v", after)
		}
	})
}

// A drill that fails or is cancelled leaves nothing either; a damaged file is
// marked, and the next drill sweeps what a killed one left.
func TestF31DrillFails(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 1, 300)
	m := mustCreate(t, db, d, Options{})
	before := strings.Join(entries(t, d), " ")
	for _, left := range []string{"x.tmp", "x.tmp-wal", "x.hold", "y.tmp-shm"} {
		if err := os.WriteFile(d.Path()+"/"+drillPrefix+left, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := drill(ctx, db, d, m.Info, 1<<40, func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if after := strings.Join(entries(t, d), " "); after != before {
		t.Errorf("left behind: %v", after)
	}
	bad := m.Info
	bad.Path = damaged(t, m.Path, func(size int64) int64 { return size / 2 })
	if _, err := Drill(t.Context(), db, d, bad, nil); err == nil {
		t.Error("a damaged file passed")
	}
	storetest.Read(t, db, func(tx *store.Tx) error {
		checks, err := tx.SnapshotChecks()
		if checks[m.ID].Problem == "" || checks[m.ID].DrilledAt != 0 {
			t.Errorf("remembered %+v", checks[m.ID])
		}
		return err
	})
}
