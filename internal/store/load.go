package store

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"tagkeep/internal/archive"
)

// Load writes the rows of a chunk of a snapshot into the table that they are
// of. keep chooses among them; nil takes all. It returns how many went in, and
// fails unless that is every chosen one, as it stands in the chunk.
//
// The counters are no rows to add but marks to reach: see RaiseCounter.
func (tx *Tx) Load(c *archive.Chunk, keep func(key int64, cells []archive.Cell) bool) (int64, error) {
	if tx.bad != nil {
		return 0, tx.bad
	}
	table, columns := c.Table().Name, c.Table().Columns
	if !holds(table, columns) {
		return 0, fmt.Errorf("load table %s: %w", table, ErrNewer)
	}
	numbers, err := tx.numbers(table, columns)
	if err != nil {
		return 0, err
	}
	rows := &chunkRows{chunk: c, keep: keep, numbers: numbers, at: -1}
	defer rows.stop()
	in := &insertion{table: table, columns: columns, n: int(c.Len()), row: rows.fill}
	if keep != nil {
		in.n = rows.count()
	}
	if err := tx.insert(in); err != nil {
		return 0, fmt.Errorf("load table %s: %w", table, err)
	}
	return int64(in.n), nil
}

// LoadAll is Load for all rows of all chunks of one table. A server that takes
// LOAD DATA gets them in one statement, which it can only then write into an
// empty table page by page.
func (tx *Tx) LoadAll(chunks iter.Seq2[*archive.Chunk, error]) (total int64, err error) {
	if tx.db.d.engine == MySQL && tx.db.loads {
		return tx.stream(chunks)
	}
	for c, err := range chunks {
		if err != nil {
			return total, err
		}
		n, err := tx.Load(c, nil)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// holds reports whether a table that a snapshot holds is there, with these
// columns.
func holds(table string, columns []string) bool {
	i := slices.IndexFunc(snapshotTables, func(t Table) bool { return t.Name == table })
	if i < 0 || table == "counter" {
		return false
	}
	for _, c := range columns {
		if !slices.Contains(snapshotTables[i].Columns, c) {
			return false
		}
	}
	return true
}

// numbers says which columns of a table hold integers.
func (tx *Tx) numbers(table string, columns []string) ([]bool, error) {
	rows, err := tx.query("SELECT "+strings.Join(columns, ", ")+" FROM "+table+" LIMIT 0", nil)
	if err != nil {
		return nil, tx.check("look at table "+table, err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, tx.check("look at table "+table, err)
	}
	out := make([]bool, len(types))
	for i, t := range types {
		out[i] = strings.Contains(strings.ToUpper(t.DatabaseTypeName()), "INT")
	}
	return out, tx.check("look at table "+table, rows.Err())
}

// chunkRows hands out the rows of a chunk one after the other, as an insertion
// asks for them: each perhaps twice, and perhaps all from the start again.
type chunkRows struct {
	chunk   *archive.Chunk
	keep    func(int64, []archive.Cell) bool
	numbers []bool
	next    func() (int64, []archive.Cell, bool)
	end     func()
	at      int
	cells   []archive.Cell
}

func (r *chunkRows) stop() {
	if r.end != nil {
		r.end()
	}
}

func (r *chunkRows) count() (n int) {
	for key, cells := range r.chunk.Rows() {
		if r.keep(key, cells) {
			n++
		}
	}
	return n
}

func (r *chunkRows) fill(i int, into []any) {
	if i < r.at || r.next == nil {
		r.stop()
		r.next, r.end = iter.Pull2(r.chunk.Rows())
		r.at = -1
	}
	for r.at < i {
		key, cells, ok := r.next()
		if !ok {
			panic("store: a chunk with fewer rows than it says") // it was checked
		}
		if r.keep == nil || r.keep(key, cells) {
			r.at, r.cells = r.at+1, cells
		}
	}
	for k, c := range r.cells {
		into[k] = CellValue(c, r.numbers[k])
	}
}

// CellValue is a cell of a snapshot as a statement's argument. What should be a
// number and is none stays a text, which the database refuses.
func CellValue(c archive.Cell, number bool) any {
	if c.Null {
		return nil
	}
	if number {
		if n, err := c.Int(); err == nil {
			return n
		}
	}
	return string(c.Text)
}

// WithoutIndexes runs fn, which fills empty tables with rows that were in a
// database before, and builds the tables' other indexes when it is done. On
// SQLite, sorting the keys once takes a fraction of putting each in its place,
// and the transaction takes the indexes back with everything else. On a server
// dropping an index would end the transaction: it is spared looking up each key
// instead.
func (tx *Tx) WithoutIndexes(fn func() error) error {
	if tx.db.d.engine != SQLite {
		return tx.unchecked(fn)
	}
	var indexes []struct{ Name, SQL string }
	err := tx.Select(&indexes, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid")
	if err != nil {
		return fmt.Errorf("list the indexes: %w", err)
	}
	for _, x := range indexes {
		if _, err := tx.Exec("DROP INDEX " + x.Name); err != nil {
			return fmt.Errorf("put index %s off: %w", x.Name, err)
		}
	}
	if err := fn(); err != nil {
		return err
	}
	for _, x := range indexes {
		if _, err := tx.Exec(x.SQL); err != nil {
			return fmt.Errorf("build index %s: %w", x.Name, err)
		}
	}
	return nil
}

// RaiseCounter makes ids of a sequence start at next at least. Counters never
// go down: an id that was given once is never given again.
func (tx *Tx) RaiseCounter(seq Sequence, next int64) error {
	have, err := tx.PeekID(seq)
	if err != nil || have >= next {
		return err
	}
	_, err = tx.NextIDs(seq, int(next-have))
	return err
}

// Occupied is a table of those in a snapshot that holds rows, "" when all are
// empty but the counters.
func (tx *Tx) Occupied() (string, error) {
	for _, t := range snapshotTables {
		if t.Name == "counter" {
			continue
		}
		var one int
		err := tx.Get(&one, "SELECT 1 FROM "+t.Name+" LIMIT 1")
		if err == nil {
			return t.Name, nil
		}
		if !errors.Is(err, ErrNoRow) {
			return "", err
		}
	}
	return "", nil
}

// Adopt makes the database the one that a snapshot is of: its identity and its
// company's settings. Empty ones stay as they are. The DB goes on to show those
// that it was opened with.
//
// The revision jumps ahead of any that the lost database can have reached, so
// that whoever remembers one of its revisions sees that something has changed.
func (tx *Tx) Adopt(m Meta) error {
	s, err := Settings{Company: m.Company, TimeZone: m.TimeZone, Lang: m.Language()}.complete()
	if err != nil {
		return fmt.Errorf("take over the company's settings: %w", err)
	}
	for _, set := range []struct{ column, value, given string }{
		{"uuid", m.UUID, m.UUID}, {"company", s.Company, m.Company}, {"timezone", s.TimeZone, m.TimeZone}, {"lang", string(s.Lang), m.Lang},
	} {
		if set.given == "" {
			continue
		}
		if _, err := tx.Exec("UPDATE meta SET "+set.column+" = ? WHERE id = 1", set.value); err != nil {
			return fmt.Errorf("take over the company's %s: %w", set.column, err)
		}
	}
	// No database makes a transaction in each millisecond of its life.
	if _, err := tx.Exec("UPDATE meta SET rev = ? WHERE id = 1 AND rev < ?", tx.Now, tx.Now); err != nil {
		return fmt.Errorf("raise the revision: %w", err)
	}
	return nil
}

// broken are the things that must not be, each as a query that counts them.
// There is no foreign key where it would cost the bulk path.
var broken = []struct{ name, query string }{
	{"links without a customer", "SELECT COUNT(*) FROM link l LEFT JOIN customer c ON c.id = l.customer_id WHERE c.id IS NULL"},
	{"links without a tag", "SELECT COUNT(*) FROM link l LEFT JOIN tag t ON t.id = l.tag_id WHERE t.id IS NULL"},
	{"followers without a customer", "SELECT COUNT(*) FROM customer_staff f LEFT JOIN customer c ON c.id = f.customer_id WHERE c.id IS NULL"},
	{"followers who are nobody", "SELECT COUNT(*) FROM customer_staff f LEFT JOIN staff s ON s.id = f.staff_id WHERE s.id IS NULL AND f.staff_id <> 0"},
	{"tags without a group", "SELECT COUNT(*) FROM tag t LEFT JOIN tag_group g ON g.id = t.group_id WHERE g.id IS NULL"},
	{"live tags in a deleted group", "SELECT COUNT(*) FROM tag t JOIN tag_group g ON g.id = t.group_id WHERE t.deletion_id = 0 AND g.deletion_id <> 0"},
	{"things in the bin without a deletion", `SELECT COUNT(*) FROM (SELECT deletion_id FROM tag_group WHERE deletion_id <> 0
		UNION SELECT deletion_id FROM tag WHERE deletion_id <> 0 UNION SELECT deletion_id FROM customer WHERE deletion_id <> 0) x
		LEFT JOIN deletion d ON d.id = x.deletion_id WHERE d.id IS NULL`},
	{"departments above that are missing", "SELECT COUNT(*) FROM department d LEFT JOIN department p ON p.id = d.parent_id WHERE d.parent_id <> 0 AND p.id IS NULL"},
}

// Problems looks for what must not be in a database: damaged pages, rows that
// point at nothing, departments whose ancestors are not those of the tree. It
// reads all of it and returns a sentence for each finding.
func (tx *Tx) Problems() (found []string, err error) {
	if tx.db.d.engine == SQLite {
		if err := tx.Select(&found, "PRAGMA quick_check(10)"); err != nil {
			return nil, fmt.Errorf("check the database file: %w", err)
		}
		found = slices.DeleteFunc(found, func(s string) bool { return s == "ok" })
		var n int
		err := tx.Each("PRAGMA foreign_key_check", nil, func(*sqlx.Rows) error { n++; return nil })
		if err != nil {
			return nil, fmt.Errorf("check the foreign keys: %w", err)
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("%d rows break a foreign key", n))
		}
	}
	for _, b := range broken {
		var n int64
		if err := tx.Get(&n, b.query); err != nil {
			return nil, fmt.Errorf("look for %s: %w", b.name, err)
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("%s: %d", b.name, n))
		}
	}
	n, err := tx.wrongAncestors()
	if err == nil && n > 0 {
		found = append(found, fmt.Sprintf("departments whose ancestors are wrong: %d", n))
	}
	return found, err
}

// wrongAncestors counts departments whose rows in the closure are not those that
// the tree gives.
func (tx *Tx) wrongAncestors() (wrong int, err error) {
	ds, err := tx.Departments()
	if err != nil {
		return 0, err
	}
	parents, have := make(map[int64]int64, len(ds)), make(map[int64]map[int64]int64, len(ds))
	for _, d := range ds {
		parents[d.ID], have[d.ID] = d.ParentID, make(map[int64]int64)
	}
	err = tx.Each("SELECT ancestor_id, descendant_id, depth FROM department_closure", nil, func(rows *sqlx.Rows) error {
		var ancestor, descendant, depth int64
		if err := rows.Scan(&ancestor, &descendant, &depth); err != nil {
			return err
		}
		if have[descendant] != nil {
			have[descendant][ancestor] = depth
		}
		return nil
	})
	for id, ancestors := range have {
		up, depth := id, int64(0)
		for ; up != 0 && depth <= int64(len(ds)); up, depth = parents[up], depth+1 {
			if d, ok := ancestors[up]; !ok || d != depth {
				break
			}
		}
		if up != 0 || depth != int64(len(ancestors)) {
			wrong++
		}
	}
	return wrong, err
}
