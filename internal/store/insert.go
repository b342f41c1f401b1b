package store

import (
	"fmt"
	"strconv"
	"strings"
)

// Insert writes rows of equal length and checks that all of them went in. When
// one is refused, none is.
func (tx *Tx) Insert(table string, columns []string, rows [][]any) error {
	return tx.insert(&insertion{table: table, columns: columns, n: len(rows), row: func(i int, cells []any) { copy(cells, rows[i]) }})
}

func (tx *Tx) insert(in *insertion) error {
	if in.n == 0 {
		return nil
	}
	if tx.bad != nil {
		return tx.bad
	}
	n, err := tx.db.d.insert(tx, in)
	if err != nil {
		return err
	}
	if n != int64(in.n) {
		tx.bad = fmt.Errorf("insert into %s: sent %d rows, stored %d", in.table, in.n, n)
		return tx.bad
	}
	return nil
}

// insertion is rows on their way into a table. There are millions of them, so
// their cells are made one row at a time.
type insertion struct {
	table   string
	columns []string
	n       int
	// row fills in the cells of row i: strings, int64, int and nil. It may be
	// called several times for a row.
	row func(i int, cells []any)
	// numbers are further columns, behind those that row fills in.
	numbers []func(i int) int64
	// same are further columns still, which have one value in all rows: it goes
	// into the statement's text.
	same []sameColumn
}

type sameColumn struct {
	name  string
	value int64
}

// number adds a column of numbers that are likely to be the same in all rows.
func (in *insertion) number(name string, get func(i int) int64) {
	for i := range in.n {
		if get(i) != get(0) {
			in.columns, in.numbers = append(in.columns, name), append(in.numbers, get)
			return
		}
	}
	if in.n > 0 {
		in.same = append(in.same, sameColumn{name, get(0)})
	}
}

// fill fills in the cells of row i.
func (in *insertion) fill(i int, cells []any) {
	own := len(cells) - len(in.numbers)
	in.row(i, cells[:own])
	for k, get := range in.numbers {
		cells[own+k] = get(i)
	}
}

// into is the head of an INSERT statement, and tuple its placeholders for a row.
func (in *insertion) into() (head, tuple string) {
	columns, cells := strings.Join(in.columns, ", "), "?"+strings.Repeat(", ?", len(in.columns)-1)
	for _, s := range in.same {
		columns += ", " + s.name
		cells += ", " + strconv.FormatInt(s.value, 10)
	}
	return "INSERT INTO " + in.table + " (" + columns + ") VALUES ", "(" + cells + ")"
}
