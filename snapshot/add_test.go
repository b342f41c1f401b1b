package snapshot

import (
	"errors"
	"fmt"
	"testing"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// What vanished comes back as it was, under its own ids, after a snapshot of
// what is there; the second time nothing is left to do.
func TestR57Add(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 1, 1500)
		m, want := mustCreate(t, db, d, Options{}), storetest.State(t, db)
		src := source(t, m.Path)
		storetest.Write(t, db, func(tx *store.Tx) error {
			for _, q := range []string{"DELETE FROM link WHERE tag_id IN (2, 4) OR customer_id < 100", "DELETE FROM tag WHERE id IN (2, 4)",
				"DELETE FROM customer WHERE id < 50", "DELETE FROM customer_staff WHERE customer_id < 50"} {
				if _, err := tx.Exec(q); err != nil {
					return err
				}
			}
			return nil
		})
		broken := storetest.State(t, db)
		plan, err := Add(t.Context(), db, d, src, AddOptions{DryRun: true})
		if err != nil || storetest.State(t, db) != broken {
			t.Fatalf("dry run: %v", err)
		}
		out, err := Add(t.Context(), db, d, src, AddOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := storetest.State(t, db); got.Exact != want.Exact {
			t.Errorf("state %+v, want %+v", got, want)
		}
		if fmt.Sprint(out.Counts) != fmt.Sprint(plan.Counts) || out.Counts["tag"][Relinked] != 2 || out.Counts["customer"][Relinked] != 49 || out.Before.Reason != BeforeRestore {
			t.Errorf("told %+v, planned %+v", out, plan.Counts)
		}
		again, err := Add(t.Context(), db, d, src, AddOptions{})
		if err != nil || again.Counts["link"][Relinked] != 0 || storetest.State(t, db).Exact != want.Exact {
			t.Errorf("again %+v, %v", again.Counts, err)
		}
	})
}

// What was deleted or purged since stays so, and grants are listed only.
func TestR60AddKeepsLaterDecisions(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 1, 60)
	m := mustCreate(t, db, d, Options{})
	storetest.Write(t, db, func(tx *store.Tx) error {
		for _, q := range []string{"DELETE FROM link WHERE tag_id = 2", "DELETE FROM tag WHERE id = 2", "INSERT INTO tombstone (id, kind, name, deletion_id, purged_at) VALUES (2, 'tag', '', 1, 1)",
			"UPDATE tag SET deletion_id = 1 WHERE id = 4", "DELETE FROM access_grant WHERE id = 1"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	was := storetest.State(t, db)
	out, err := Add(t.Context(), db, d, source(t, m.Path), AddOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := storetest.State(t, db); got != was || out.Counts["tag"][Stale] != 2 || out.Counts["grant"][Parked] != 1 || out.Counts["link"][Stale] == 0 {
		t.Errorf("%+v; told %+v", got, out)
	}
}

// Another database's snapshot is refused, or goes by names.
func TestR63AddForeign(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		a, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
		fill(t, a, 1, 300)
		src := source(t, mustCreate(t, a, folder(t), Options{}).Path)
		db := storetest.Open(t, target)
		fill(t, db, 1, 30)
		if _, err := Add(t.Context(), db, d, src, AddOptions{}); !errors.Is(err, ErrForeign) {
			t.Errorf("without a word: %v", err)
		}
		out, err := Add(t.Context(), db, d, src, AddOptions{Foreign: true})
		if err != nil {
			t.Fatal(err)
		}
		if out.Counts["customer"][Mapped] != 180 || out.Counts["customer"][There] != 20 || out.Counts["customer"][Conflict] != 100 || out.Counts["tag"][There] != 5 {
			t.Errorf("%+v", out.Counts)
		}
		storetest.Read(t, db, func(tx *store.Tx) error {
			found, err := tx.Problems()
			if len(found) > 0 {
				t.Error(found)
			}
			return err
		})
		again, err := Add(t.Context(), db, d, src, AddOptions{Foreign: true})
		if err != nil || again.Counts["customer"][Mapped] != 0 || again.Counts["link"][Mapped] != 0 {
			t.Errorf("again %+v, %v", again.Counts, err)
		}
	})
}
