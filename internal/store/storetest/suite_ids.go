package storetest

import (
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func idBlocks(t *testing.T, db *store.DB) {
	next := int64(1)
	for _, n := range []int{1, 5, 1, 1000, 3} {
		Write(t, db, func(tx *store.Tx) error {
			peek, err := tx.PeekID(store.SeqCustomer)
			if err != nil {
				return err
			}
			first, err := tx.NextIDs(store.SeqCustomer, n)
			if first != next || peek != next {
				t.Errorf("a block of %d starts at %d and was to start at %d, want %d", n, first, peek, next)
			}
			next = first + int64(n)
			// Other sequences go their own way.
			if tags, err := tx.PeekID(store.SeqTag); err != nil || tags != 1 {
				t.Errorf("the tags' next id is %d (%v), want 1", tags, err)
			}
			return err
		})
	}
}

// A block that was rolled back may be given out again: nobody has seen it. One
// that was committed never is, whatever became of its rows.
func idRollback(t *testing.T, db *store.DB) {
	take := func(tx *store.Tx) int64 {
		id, err := tx.NextIDs(store.SeqGroup, 10)
		if err != nil {
			t.Error(err)
		}
		return id
	}
	var kept int64
	Write(t, db, func(tx *store.Tx) error {
		kept = take(tx)
		return tx.CreateGroups([]crm.Group{group(kept+9, "g")})
	})
	_ = db.InTx(t.Context(), nil, func(tx *store.Tx) error { take(tx); return errTakenBack })
	Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM tag_group")
		return err
	})
	Write(t, db, func(tx *store.Tx) error {
		if next := take(tx); next < kept+10 {
			t.Errorf("ids from %d on are given out again, after %d to %d were used", next, kept, kept+9)
		}
		return nil
	})
}

func idsConcurrent(t *testing.T, db *store.DB) {
	const workers, blocks, size = 8, 5, 7
	firsts := make([][]int64, workers)
	var g errgroup.Group
	for w := range workers {
		g.Go(func() error {
			for range blocks {
				var first int64
				err := db.InTx(t.Context(), nil, func(tx *store.Tx) (err error) {
					first, err = tx.NextIDs(store.SeqTag, size)
					return err
				})
				if err != nil {
					return err
				}
				firsts[w] = append(firsts[w], first)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(firsts...)
	slices.Sort(all)
	for i, first := range all {
		if want := int64(1 + i*size); first != want {
			t.Fatalf("block %d starts at %d, want %d: %v", i, first, want, all)
		}
	}
}
