package importer

import (
	"errors"
	"fmt"
	"slices"

	"tagkeep/internal/store"
)

// point is where a chunk began, to come back to when the database refuses it.
type point struct {
	claims int
	names  int64 // generation
	ids    ids
	unit   unit
}

func (e *engine) point() point {
	return point{e.claims.mark(), e.names.gen, e.ids, e.unit}
}

// back takes back what was planned since p; the savepoint has done so for what
// was written.
func (e *engine) back(tx *store.Tx, p point) error {
	e.claims.back(p.claims)
	e.ids, e.unit = p.ids, p.unit
	e.planner.forget()
	if e.names.gen == p.names {
		return nil
	}
	return e.reread(tx)
}

// chunk stores rows, or, where the database refuses them, halves them until the
// guilty ones are found; the others go in.
func (e *engine) chunk(tx *store.Tx, rows []*row) error {
	before := e.point()
	err := tx.Savepoint(func() error { return e.tryChunk(tx, rows) })
	if err == nil {
		e.keepRejected(rows)
		return nil
	}
	if !errors.Is(err, store.ErrRefused) || tx.Failed() {
		return err
	}
	if err := e.back(tx, before); err != nil {
		return err
	}
	if len(rows) > 1 {
		half := len(rows) / 2
		if err := e.chunk(tx, rows[:half]); err != nil {
			return err
		}
		return e.chunk(tx, rows[half:])
	}
	if rows[0].refused != "" {
		return fmt.Errorf("row %d is refused although nothing of it is written: %w", rows[0].rec.Row, err)
	}
	// Planned once more as a failed row: it still claims its key.
	rows[0].refused = reason(err)
	return e.chunk(tx, rows)
}

func (e *engine) keepRejected(rows []*row) {
	for _, r := range rows {
		if r.outcome == rejected {
			e.unit.errors = append(e.unit.errors, store.RowProblems{Row: r.rec.Row, Problems: r.rec.Problems})
		}
	}
}

func (e *engine) tryChunk(tx *store.Tx, rows []*row) error {
	if err := e.planner.fetch(tx, rows); err != nil {
		return err
	}
	for _, r := range rows {
		e.plan(r)
	}
	if e.shelves.err != nil {
		return e.shelves.err
	}
	ranges, err := e.ids.settle(tx)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		e.unit.ranges = joinRange(e.unit.ranges, r)
	}
	if err := e.planner.write(tx); err != nil {
		return err
	}
	e.planner.forget()
	return nil
}

// reason is what the database itself said, without our words around it.
func reason(err error) string {
	for {
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			if next := e.Unwrap(); next != nil {
				err = next
				continue
			}
		case interface{ Unwrap() []error }:
			// The sentinel comes first, the cause last.
			if all := slices.DeleteFunc(slices.Clone(e.Unwrap()), func(e error) bool { return e == nil }); len(all) > 0 {
				err = all[len(all)-1]
				continue
			}
		}
		return err.Error()
	}
}
