package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// CheckClosure compares what the database says about who is below whom with the
// parents of the departments that exist.
func CheckClosure(tx *store.Tx) error {
	ds, err := tx.Departments()
	if err != nil {
		return err
	}
	parents := make(map[int64]int64, len(ds))
	for _, d := range ds {
		parents[d.ID] = d.ParentID
	}
	type pair struct{ A, D int64 }
	want, got := make(map[pair]int64), make(map[pair]int64)
	for id := range parents {
		for a, depth := id, int64(0); a != 0; a, depth = parents[a], depth+1 {
			if _, ok := parents[a]; !ok || depth > int64(len(parents)) {
				return fmt.Errorf("department %d hangs on %d, which is gone or below it", id, a)
			}
			want[pair{a, id}] = depth
		}
	}
	var rows []struct{ A, D, N int64 }
	if err := tx.Select(&rows, "SELECT ancestor_id AS a, descendant_id AS d, depth AS n FROM department_closure"); err != nil {
		return err
	}
	for _, r := range rows {
		got[pair{r.A, r.D}] = r.N
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("closure (-want +got):\n%s", diff)
	}
	return nil
}

// forest is what a tree of departments should be: its moves are those of the
// store, done the plain way.
type forest map[int64]crm.Department

// under reports whether a department is another one or below it.
func (f forest) under(id, top int64) bool {
	for ; id != 0; id = f[id].ParentID {
		if id == top {
			return true
		}
	}
	return false
}

// named reports whether a parent has a child of that name beside those left out.
func (f forest) named(parent int64, name string, but ...int64) bool {
next:
	for id, d := range f {
		if d.ParentID != parent || d.Name != name {
			continue
		}
		for _, b := range but {
			if id == b {
				continue next
			}
		}
		return true
	}
	return false
}

func (f forest) has(id int64) bool { _, ok := f[id]; return ok }

func (f forest) move(id, to int64) error {
	switch {
	case !f.has(id) || to != 0 && !f.has(to):
		return store.ErrGone
	case f.under(to, id):
		return store.ErrCycle
	case f.named(to, f[id].Name, id):
		return store.ErrRefused
	}
	d := f[id]
	d.ParentID = to
	f[id] = d
	return nil
}

func (f forest) merge(from, into int64) error {
	if !f.has(from) || !f.has(into) {
		return store.ErrGone
	}
	if f.under(into, from) {
		return store.ErrCycle
	}
	for id, d := range f {
		if d.ParentID == from && f.named(into, d.Name, id, from) {
			return store.ErrRefused
		}
	}
	for id, d := range f {
		if d.ParentID == from {
			d.ParentID = into
			f[id] = d
		}
	}
	delete(f, from)
	return nil
}

// After any moves and merges, done or refused, the closure is that of the
// parents, and the parents are those of the plain model.
func randomTrees(t *testing.T, db *store.DB) {
	done := make(map[string]int)
	for seed := range uint64(6) {
		wipe(t, db)
		Write(t, db, func(tx *store.Tx) error {
			r := rand.New(rand.NewPCG(seed, 1))
			f, err := plant(r, tx, 16)
			if err != nil {
				return err
			}
			for event := range int64(50) {
				id, to, merge := 1+r.Int64N(16), r.Int64N(17), r.IntN(8) == 0
				var want, got error
				if merge {
					want, got = f.merge(id, to), tx.MergeDepartment(id, to, event+1)
				} else {
					want, got = f.move(id, to), tx.MoveDepartment(id, to)
				}
				what := fmt.Sprintf("seed %d, step %d: %d to %d, merge %t", seed, event, id, to, merge)
				if !errors.Is(got, want) {
					return fmt.Errorf("%s: got %w, want %w", what, got, want)
				}
				done[fmt.Sprint(merge, want)]++
				if err := f.check(tx); err != nil {
					return fmt.Errorf("%s: %w", what, err)
				}
			}
			return nil
		})
	}
	// What the numbers came to: a test that only refuses, or never, is none.
	for _, err := range []error{nil, store.ErrGone, store.ErrCycle, store.ErrRefused} {
		for _, merge := range []bool{false, true} {
			if done[fmt.Sprint(merge, err)] == 0 {
				t.Errorf("merge %t: never came to %v: %v", merge, err, done)
			}
		}
	}
}

// plant makes a random forest of n departments, with few names.
func plant(r *rand.Rand, tx *store.Tx, n int64) (forest, error) {
	f := make(forest)
	for id := int64(1); id <= n; id++ {
		d := crm.Department{ID: id, ParentID: r.Int64N(id), Name: string(rune('甲' + r.IntN(4)))}
		if f.named(d.ParentID, d.Name) {
			d.Name = fmt.Sprint(d.Name, id)
		}
		f[id] = d
		if err := tx.CreateDepartments([]crm.Department{d}); err != nil {
			return nil, err
		}
	}
	return f, f.check(tx)
}

func (f forest) check(tx *store.Tx) error {
	ds, err := tx.Departments()
	if err != nil {
		return err
	}
	want, got := make(map[int64]int64), make(map[int64]int64)
	for id, d := range f {
		want[id] = d.ParentID
	}
	for _, d := range ds {
		got[d.ID] = d.ParentID
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("parents (-want +got):\n%s", diff)
	}
	return CheckClosure(tx)
}

// A tree wider than one statement names is moved whole.
func wideTree(t *testing.T, db *store.DB) {
	const n = 1200
	rows, closure := [][]any{{1, 0, "a", 1, 1}, {2, 0, "b", 1, 1}}, [][]any{{1, 1, 0}, {2, 2, 0}}
	for id := 3; id < n; id++ {
		rows = append(rows, []any{id, 1, fmt.Sprint("d", id), 1, 1})
		closure = append(closure, []any{1, id, 1}, []any{id, id, 0})
	}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.Insert("department", []string{"id", "parent_id", "name", "created_at", "updated_at"}, rows),
			tx.Insert("department_closure", []string{"ancestor_id", "descendant_id", "depth"}, closure))
	})
	for _, to := range []int64{2, 0} {
		Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.MoveDepartment(1, to), CheckClosure(tx)) })
	}
	Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.MergeDepartment(1, 2, 5), CheckClosure(tx)) })
}
