package snapshot

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// merge reads the changed ranges of a table of both snapshots side by side, by
// the first key columns, and calls fn for every row that differs; a row that one
// of them does not have is nil there.
func (d *differ) merge(table string, key int, fn func(a, b *record)) error {
	spans := archive.Changed(d.a.Manifest(), d.b.Manifest(), table)
	nextA, stopA := iter.Pull2(d.a.rowsIn(d.ctx, table, spans))
	defer stopA()
	nextB, stopB := iter.Pull2(d.b.rowsIn(d.ctx, table, spans))
	defer stopB()
	a, errA, moreA := nextA()
	b, errB, moreB := nextB()
	for moreA || moreB {
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		order := 0
		switch {
		case !moreA:
			order = 1
		case !moreB:
			order = -1
		default:
			order = compareKeys(a, b, key)
		}
		same := false
		switch {
		case order < 0:
			fn(a, nil)
		case order > 0:
			fn(nil, b)
		default:
			same = slices.EqualFunc(a.cells, b.cells, func(x, y archive.Cell) bool { return x.Null == y.Null && bytes.Equal(x.Text, y.Text) })
			if !same {
				fn(a, b)
			}
		}
		d.out.Same = d.out.Same && same
		if order <= 0 {
			a, errA, moreA = nextA()
		}
		if order >= 0 {
			b, errB, moreB = nextB()
		}
	}
	return errors.Join(errA, errB)
}

func compareKeys(a, b *record, key int) int {
	for i := range key {
		x, _ := a.cells[i].Int() // keys of what is compared are numbers
		y, _ := b.cells[i].Int()
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// rowsIn yields the rows of a table with keys in the ranges. A record is valid
// until the next.
func (f *File) rowsIn(ctx context.Context, table string, spans []archive.Span) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		if !f.has(table) {
			return
		}
		for _, s := range spans {
			for c, err := range f.Table(ctx, table, s.From, s.To) {
				if err != nil {
					yield(nil, err)
					return
				}
				r := newRecord(c.Table())
				for _, cells := range c.Rows() {
					r.cells = cells
					if !yield(r, nil) {
						return
					}
				}
			}
		}
	}
}

// Now captures the database as it is into a file that no list shows and that is
// gone when it is closed, to be compared with a snapshot of the same scope.
func Now(ctx context.Context, db *store.DB, d *Dir, o Options) (f *File, done func(), err error) {
	o, err = o.complete()
	if err != nil {
		return nil, nil, err
	}
	draft, err := d.begin()
	if err != nil {
		return nil, nil, fmt.Errorf("capture the database in %s: %w", d.path, err)
	}
	defer func() {
		if err != nil {
			draft.end()
		}
	}()
	_, keys, err := draft.capture(ctx, db, header(db, o, 0), o)
	if err != nil {
		return nil, nil, fmt.Errorf("capture the database in %s: %w", d.path, err)
	}
	file, err := os.Open(draft.temp())
	if err != nil {
		return nil, nil, err
	}
	r, err := openReader(file, keys)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	f = &File{Reader: r, Info: Info{Path: draft.temp(), File: "now"}, f: file}
	f.Info.fill(r.Manifest())
	return f, func() {
		_ = file.Close()
		draft.end()
	}, nil
}
