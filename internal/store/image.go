package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Image is a whole row of one of the SnapshotTables: its cells as text, in the
// order of the table's columns, nil for NULL. The nil Image is a row that is not
// there.
type Image []*string

// Equal reports whether two images hold the same cells.
func (m Image) Equal(other Image) bool {
	return slices.EqualFunc(m, other, func(a, b *string) bool {
		return a == b || a != nil && b != nil && *a == *b
	})
}

// TableNamed finds one of the SnapshotTables. It panics when there is none: the
// names are the program's own.
func TableNamed(name string) Table {
	i := slices.IndexFunc(snapshotTables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		panic("store: no table " + name)
	}
	return snapshotTables[i]
}

// At is the place of a column. It panics when there is none.
func (t Table) At(column string) int {
	i := slices.Index(t.Columns, column)
	if i < 0 {
		panic("store: no column " + t.Name + "." + column)
	}
	return i
}

func (t Table) where() string { return strings.Join(t.Columns[:t.Key], " = ? AND ") + " = ?" }

func (m Image) args() []any {
	args := make([]any, len(m))
	for i, cell := range m {
		if cell != nil {
			args[i] = *cell
		}
	}
	return args
}

// ImageOf reads the row with a key; the nil Image when there is none.
func (tx *Tx) ImageOf(t Table, key ...int64) (m Image, err error) {
	args := make([]any, len(key))
	for i, k := range key {
		args[i] = k
	}
	cells, into := make([]sql.RawBytes, len(t.Columns)), make([]any, len(t.Columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	err = tx.Each("SELECT "+strings.Join(t.Columns, ", ")+" FROM "+t.Name+" WHERE "+t.where(), args, func(rows *sqlx.Rows) error {
		err := rows.Scan(into...)
		m = imageOf(cells)
		return err
	})
	return m, err
}

// Images reads the rows that meet a condition, "" for all, in the order of their
// keys. fn must not use tx.
func (tx *Tx) Images(t Table, cond string, args []any, fn func(Image) error) error {
	return tx.Dump(t, cond, args, func(cells []sql.RawBytes) error { return fn(imageOf(cells)) })
}

func imageOf(cells []sql.RawBytes) Image {
	m := make(Image, len(cells))
	for i, c := range cells {
		if c != nil {
			text := string(bytes.Clone(c))
			m[i] = &text
		}
	}
	return m
}

// coveredImage demands the receipt for a row that would go into the bin: for a
// live one that of a snapshot of it, for one that is not there any. One that lies
// there already needs none.
func (tx *Tx) coveredImage(r Receipt, t Table, m Image) error {
	var row struct {
		ID       int64 `db:"id"`
		Deletion int64 `db:"deletion_id"`
	}
	err := tx.Get(&row, "SELECT id, deletion_id FROM "+t.Name+" WHERE "+t.where(), m[:t.Key].args()...)
	switch {
	case errors.Is(err, ErrNoRow):
		return tx.covered(r, t.Name, nil)
	case err != nil || row.Deletion != 0:
		return err
	}
	for kind, table := range binTables {
		if table == t.Name {
			return tx.covered(r, kind, []int64{row.ID})
		}
	}
	return ErrNoReceipt
}

// PutImage makes a row what the image says, be it there or not. What would send
// a live row into the bin, or bring a row there, demands a receipt, as Bury
// does. ErrRefused when a name or key of it is taken.
func (tx *Tx) PutImage(r Receipt, t Table, m Image) error {
	if i := slices.Index(t.Columns, "deletion_id"); i >= 0 && t.Name != "tombstone" && m[i] != nil && *m[i] != "0" {
		if err := tx.coveredImage(r, t, m); err != nil {
			return fmt.Errorf("write a row of %s: %w", t.Name, err)
		}
	}
	rest := t.Columns[t.Key:]
	if len(rest) > 0 {
		n, err := tx.Exec("UPDATE "+t.Name+" SET "+strings.Join(rest, " = ?, ")+" = ? WHERE "+t.where(), append(m[t.Key:].args(), m[:t.Key].args()...)...)
		if err != nil || n > 0 {
			return err
		}
	}
	return tx.Insert(t.Name, t.Columns, [][]any{m.args()})
}

// ErrHeld: a row cannot be removed while others point at it.
var ErrHeld = errors.New("something still refers to it")

// DropImage removes a row that an undo takes back: nothing that can lie in the
// bin is removed so.
func (tx *Tx) DropImage(t Table, key ...int64) error {
	for _, table := range binTables {
		if table == t.Name {
			return fmt.Errorf("remove a row of %s: it goes through the bin", t.Name)
		}
	}
	args := make([]any, len(key))
	for i, k := range key {
		args[i] = k
	}
	return tx.one("remove a row of "+t.Name, "DELETE FROM "+t.Name+" WHERE "+t.where(), args...)
}
