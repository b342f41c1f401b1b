package storetest

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// usable fails unless the database can still be written and read.
func usable(t *testing.T, db *store.DB) {
	t.Helper()
	var rev int64
	Write(t, db, func(tx *store.Tx) error { rev = tx.Rev; return nil })
	Read(t, db, func(tx *store.Tx) error {
		if tx.Rev != rev {
			t.Errorf("revision %d is read after %d was written", tx.Rev, rev)
		}
		return nil
	})
}

func savepoints(t *testing.T, db *store.DB) {
	add := func(tx *store.Tx, id int64) error { return tx.CreateCustomers([]crm.Customer{customer(id, "")}) }
	taken := func(err error) {
		t.Helper()
		if !errors.Is(err, errTakenBack) {
			t.Errorf("savepoint: got %v, want its function's error", err)
		}
	}
	Write(t, db, func(tx *store.Tx) error {
		err := tx.Savepoint(func() error { // kept
			taken(tx.Savepoint(func() error { return errors.Join(add(tx, 1), errTakenBack) }))
			if err := add(tx, 2); err != nil {
				return err
			}
			return tx.Savepoint(func() error {
				taken(tx.Savepoint(func() error { return errors.Join(add(tx, 3), errTakenBack) }))
				return add(tx, 4)
			})
		})
		if err != nil {
			return err
		}
		taken(tx.Savepoint(func() error { // taken back with all in it
			if err := tx.Savepoint(func() error { return add(tx, 5) }); err != nil {
				return err
			}
			return errors.Join(add(tx, 6), errTakenBack)
		}))
		// The usual case: a refused row.
		err = tx.Savepoint(func() error { return errors.Join(add(tx, 7), add(tx, 2)) })
		if !errors.Is(err, store.ErrRefused) {
			t.Errorf("savepoint around a refusal: got %v, want ErrRefused", err)
		}
		return errors.Join(add(tx, 1), add(tx, 8))
	})
	var ids []int64
	for _, c := range allCustomers(t, db) {
		ids = append(ids, c.ID)
	}
	if want := []int64{1, 2, 4, 8}; !equal(ids, want) {
		t.Errorf("stored: %v, want %v", ids, want)
	}
}

func equal(a, b []int64) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// A savepoint cannot bring back a transaction that is gone.
func poisonedSavepoint(t *testing.T, db *store.DB) {
	err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
		_ = tx.Savepoint(func() error {
			_, err := tx.Exec("UPDATE nothing at all")
			return err
		})
		return tx.CreateGroups([]crm.Group{group(1, "g")})
	})
	if !errors.Is(err, store.ErrPoisoned) {
		t.Errorf("got %v, want ErrPoisoned", err)
	}
	if n := Count(t, db, "tag_group", ""); n != 0 {
		t.Errorf("%d groups are stored, want none", n)
	}
}

func rollbackOnError(t *testing.T, db *store.DB) {
	runs := 0
	err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
		runs++
		return errors.Join(tx.CreateGroups([]crm.Group{group(1, "g")}), errTakenBack)
	})
	if !errors.Is(err, errTakenBack) || runs != 1 {
		t.Errorf("got %v after %d runs, want the function's error after one", err, runs)
	}
	leftNothing(t, db)
}

func leftNothing(t *testing.T, db *store.DB) {
	t.Helper()
	if n := Count(t, db, "tag_group", ""); n != 0 {
		t.Errorf("%d groups are stored, want none", n)
	}
	usable(t, db)
}

func rollbackOnPanic(t *testing.T, db *store.DB) {
	func() {
		defer func() {
			if p := recover(); p != "oops" {
				t.Errorf("recovered %v, want the function's panic", p)
			}
		}()
		_ = db.InTx(t.Context(), nil, func(tx *store.Tx) error {
			_ = tx.CreateGroups([]crm.Group{group(1, "g")})
			panic("oops")
		})
	}()
	leftNothing(t, db)
}

// A test that fails inside a transaction leaves it by Goexit; were it left
// open, the next writer would wait for ever.
func rollbackOnGoexit(t *testing.T, db *store.DB) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = db.InTx(t.Context(), nil, func(tx *store.Tx) error {
			_ = tx.CreateGroups([]crm.Group{group(1, "g")})
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	leftNothing(t, db)
}

// The inner transaction would wait for the outer one for ever.
func nesting(t *testing.T, db *store.DB) {
	defer leftNothing(t, db)
	defer func() {
		if recover() == nil {
			t.Error("InTx inside InTx does not panic")
		}
	}()
	_ = db.InTx(t.Context(), nil, func(tx *store.Tx) error {
		if err := tx.CreateGroups([]crm.Group{group(1, "g")}); err != nil {
			return err
		}
		return db.InTx(t.Context(), nil, func(*store.Tx) error { return nil })
	})
}

func cancelledBefore(t *testing.T, db *store.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run := func(*store.Tx) error { t.Error("the function runs"); return nil }
	if err := db.InTx(ctx, nil, run); !errors.Is(err, context.Canceled) {
		t.Errorf("InTx: got %v, want context.Canceled", err)
	}
	if err := db.View(ctx, run); !errors.Is(err, context.Canceled) {
		t.Errorf("View: got %v, want context.Canceled", err)
	}
	if _, err := db.State(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("State: got %v, want context.Canceled", err)
	}
	leftNothing(t, db)
}

// A transaction that has begun is finished: cancelling is looked at between
// transactions. A reading stops.
func cancelledInside(t *testing.T, db *store.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTx(ctx, nil, func(tx *store.Tx) error {
		cancel()
		return tx.CreateGroups([]crm.Group{group(1, "g")})
	})
	if err != nil {
		t.Errorf("InTx: %v", err)
	}
	if n := Count(t, db, "tag_group", ""); n != 1 {
		t.Errorf("%d groups are stored, want 1", n)
	}
	ctx, cancel = context.WithCancel(t.Context())
	err = db.View(ctx, func(tx *store.Tx) error {
		cancel()
		_, err := tx.Groups(store.Live)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("View: got %v, want context.Canceled", err)
	}
	usable(t, db)
}

func oneView(t *testing.T, db *store.DB) {
	Read(t, db, func(tx *store.Tx) error {
		Write(t, db, func(w *store.Tx) error {
			if w.Rev != tx.Rev+1 {
				t.Errorf("the writer makes revision %d, the reader sees %d", w.Rev, tx.Rev)
			}
			return w.CreateGroups([]crm.Group{group(1, "g")})
		})
		gs, err := tx.Groups(store.Live)
		if len(gs) != 0 {
			t.Error("a reading transaction sees what was written after it began")
		}
		return err
	})
	if n := Count(t, db, "tag_group", ""); n != 1 {
		t.Errorf("%d groups are stored, want 1", n)
	}
}

func revision(t *testing.T, db *store.DB) {
	var first int64
	Write(t, db, func(tx *store.Tx) error {
		first = tx.Rev
		if tx.Now != Epoch.UnixMilli() {
			t.Errorf("the transaction's time is %d, want the clock's %d", tx.Now, Epoch.UnixMilli())
		}
		return nil
	})
	// A transaction that fails makes none.
	_ = db.InTx(t.Context(), nil, func(*store.Tx) error { return errTakenBack })
	Write(t, db, func(tx *store.Tx) error {
		if tx.Rev != first+1 {
			t.Errorf("revision %d follows %d", tx.Rev, first)
		}
		return nil
	})
}
