package snapshot

import (
	"context"
	"math"
	"slices"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// Row is one row of a table of a snapshot. It is valid until the function that
// it was handed to returns.
type Row struct {
	row     row
	columns []string
}

// Key is the first column, by which the rows ascend.
func (r Row) Key() int64 { return r.row.key }

// Int is a number; 0 where the file has no such column.
func (r Row) Int(column string) int64 { return r.row.int(column) }

// Text is a text; "" for NULL and where the file has no such column.
func (r Row) Text(column string) string { return r.row.text(column) }

// Columns are those that the file has; they must not be changed.
func (r Row) Columns() []string { return r.columns }

// Cells are the values of the columns, nil or texts, which stay valid. Numbers
// are texts too.
func (r Row) Cells() []any {
	cells := make([]any, len(r.row.cells))
	for i, c := range r.row.cells {
		cells[i] = store.CellValue(c, false)
	}
	return cells
}

// Each calls fn for every row of a table, in the order of its key; for none
// where the file has no such table. The error of fn is in the one returned.
func (s *Source) Each(ctx context.Context, table string, fn func(Row) error) error {
	return s.Range(ctx, table, math.MinInt64, math.MaxInt64, fn)
}

// Range is Each for the rows with keys from one to another, both included.
func (s *Source) Range(ctx context.Context, table string, from, to int64, fn func(Row) error) error {
	if !s.has(table) {
		return nil
	}
	columns := s.columns(table)
	return eachRow(table, s.Table(ctx, table, from, to), func(r row) error { return fn(Row{r, columns}) })
}

// columns are those that the file has of a table.
func (s *Source) columns(table string) []string {
	i := slices.IndexFunc(s.Header().Tables, func(t archive.Table) bool { return t.Name == table })
	return s.Header().Tables[i].Columns
}

// RaiseCounters makes the counters of a database stand where those of the
// snapshot stood at least: an id that was given once is never given again.
func (s *Source) RaiseCounters(ctx context.Context, tx *store.Tx) error {
	return (&restorer{tx: tx, src: s}).counters(ctx)
}

// Pick is the part of a snapshot that was asked for by name; nil is all of it.
type Pick struct{ of *picked }

// PickOnly finds what is asked for among what was live when the snapshot was
// taken. A group brings its tags, a tag its links and the customers that have
// it, a customer its links and their tags. An *OnlyError when a name means
// nothing in the snapshot, or several things; nil when there are no names.
func PickOnly(ctx context.Context, src *Source, only []string) (*Pick, error) {
	p, err := pickOnly(ctx, src, only)
	if p == nil || err != nil {
		return nil, err
	}
	return &Pick{p}, nil
}

// Keeps reports whether a row of a table comes along; of a snapshot of a part,
// also the links of tags to customers that it does not hold.
func (p *Pick) Keeps(table string, r Row) bool {
	if p == nil || p.of.keeps(table, r.row) {
		return true
	}
	_, elsewhere := slices.BinarySearch(p.of.elsewhere, r.Key())
	return elsewhere && table == "link" && p.of.askedTags[r.Int("tag_id")]
}

// Named reports whether a group, tag or customer was asked for itself, or with
// its group, and does not merely come along with something.
func (p *Pick) Named(table string, id int64) bool {
	if p == nil {
		return false
	}
	switch table {
	case "tag_group":
		return p.of.askedGroups[id]
	case "tag":
		return p.of.askedTags[id]
	case "customer":
		return p.of.askedCustomers[id]
	}
	return false
}

// Customer reports whether a customer comes along.
func (p *Pick) Customer(id int64) bool { return p == nil || p.of.customer(id) }

// Tags are the tags that were asked for, each with all its links.
func (p *Pick) Tags() map[int64]bool { return p.of.askedTags }
