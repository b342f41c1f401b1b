package snapshot

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"

	"filippo.io/age"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// What a snapshot's rows are refused for, before anything is written.
var (
	// ErrNotEmpty: the database holds rows, and nobody said what should become
	// of them.
	ErrNotEmpty = errors.New("the database is not empty")
	// ErrForeign: the snapshot is of another database.
	ErrForeign = errors.New("the snapshot is of another database")
	// ErrNewerSchema: a newer tagkeep has made the snapshot; see SchemaError.
	ErrNewerSchema = errors.New("the snapshot was made by a newer tagkeep")
	// ErrPart: the snapshot holds a part of a database, with links to customers
	// that are not in it.
	ErrPart = errors.New("the snapshot holds a part of a database only")
	// ErrMismatch: what was restored is not what the snapshot says it holds.
	ErrMismatch = errors.New("the restored state is not that of the snapshot")
)

// SchemaError is an ErrNewerSchema.
type SchemaError struct{ Has, Known int }

func (e *SchemaError) Error() string {
	return fmt.Sprintf("the snapshot has schema %d, this tagkeep knows %d", e.Has, e.Known)
}

// Is makes it an ErrNewerSchema.
func (e *SchemaError) Is(target error) bool { return target == ErrNewerSchema }

// DamageError is a snapshot that is not as it was written, or cannot be read to
// its end.
type DamageError struct {
	Path string
	Err  error
}

func (e *DamageError) Error() string { return fmt.Sprintf("snapshot %s: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *DamageError) Unwrap() error { return e.Err }

// Source is a snapshot that was read to its end and found whole. It must be
// closed.
type Source struct {
	*archive.Reader
	Path string
	file *os.File
}

// OpenSource opens a snapshot file and reads all of it, so that nothing is
// written from a file that is damaged further on. What it then hands out comes
// from the same open file, and each piece is checked again. An encrypted
// file needs one of the keys that open it: ErrKeyNeeded, ErrWrongKey.
func OpenSource(ctx context.Context, path string, keys ...age.Identity) (_ *Source, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	inside, size, err := content(file, keys)
	if err != nil {
		return nil, sourceError(ctx, path, err)
	}
	if _, err := archive.Verify(ctx, inside, size); err != nil {
		return nil, sourceError(ctx, path, err)
	}
	r, err := archive.Open(inside, size)
	if err != nil {
		return nil, sourceError(ctx, path, err)
	}
	return &Source{Reader: r, Path: path, file: file}, checkSchema(r)
}

// Close closes the file.
func (s *Source) Close() error { return s.file.Close() }

func sourceError(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, ErrKeyNeeded) || errors.Is(err, ErrWrongKey) {
		return fmt.Errorf("open snapshot %s: %w", path, err)
	}
	return &DamageError{path, err}
}

// checkSchema refuses what a newer program has written: its rows may mean more
// than this one knows.
func checkSchema(r *archive.Reader) error {
	known := store.SchemaVersion()
	if has := r.Header().Schema; has > known {
		return &SchemaError{has, known}
	}
	return nil
}

// Whole reports whether the file holds a whole database, and not a part of one.
func (s *Source) Whole() bool { return s.Header().Scope == "" }

// tables are those of the file that a database of this program has too, parents
// before children, without the counters.
func (s *Source) tables() []store.Table {
	var out []store.Table
	for _, t := range store.SnapshotTables() {
		if t.Name != "counter" && s.has(t.Name) {
			out = append(out, t)
		}
	}
	return out
}

func (s *Source) has(table string) bool {
	return slices.ContainsFunc(s.Header().Tables, func(t archive.Table) bool { return t.Name == table })
}

// rows are how many rows of a table the file holds.
func (s *Source) rows(table string) int64 {
	for _, t := range s.Manifest().Tables {
		if t.Name == table {
			return t.Rows
		}
	}
	return 0
}

// row is one row of a table, by the names of its columns.
type row struct {
	key     int64
	cells   []archive.Cell
	columns map[string]int
}

// int is a number; 0 where the file has no such column.
func (r row) int(column string) int64 {
	if i, ok := r.columns[column]; ok {
		n, _ := r.cells[i].Int() // a text is no number of ours
		return n
	}
	return 0
}

// text is a text; "" for NULL and where the file has no such column.
func (r row) text(column string) string {
	if i, ok := r.columns[column]; ok {
		return string(r.cells[i].Text)
	}
	return ""
}

// all are the chunks of a table.
func (s *Source) all(ctx context.Context, table string) iter.Seq2[*archive.Chunk, error] {
	return s.Table(ctx, table, math.MinInt64, math.MaxInt64)
}

// around are the chunks of a table that may have rows with one of these keys,
// which ascend. The file is not read where there are none.
func (s *Source) around(ctx context.Context, table string, keys []int64) iter.Seq2[*archive.Chunk, error] {
	type span struct{ from, to int64 }
	var spans []span
	joins := false // the chunk before is the end of the last span
	for _, c := range s.Manifest().Chunks {
		if c.Table != table {
			continue
		}
		i, _ := slices.BinarySearch(keys, c.First)
		wanted := i < len(keys) && keys[i] <= c.Last
		switch {
		case wanted && joins:
			spans[len(spans)-1].to = c.Last
		case wanted:
			spans = append(spans, span{c.First, c.Last})
		}
		joins = wanted
	}
	return func(yield func(*archive.Chunk, error) bool) {
		for _, sp := range spans {
			for chunk, err := range s.Table(ctx, table, sp.from, sp.to) {
				if !yield(chunk, err) || err != nil {
					return
				}
			}
		}
	}
}

// each calls fn for every row of a table, in the order of its key. The row is
// valid until fn returns.
func (s *Source) each(ctx context.Context, table string, fn func(row) error) error {
	if !s.has(table) {
		return nil
	}
	return eachRow(table, s.all(ctx, table), fn)
}

// eachAround is each for the rows with one of these keys, and their neighbours.
func (s *Source) eachAround(ctx context.Context, table string, keys []int64, fn func(row) error) error {
	if !s.has(table) {
		return nil
	}
	return eachRow(table, s.around(ctx, table, keys), fn)
}

func eachRow(table string, chunks iter.Seq2[*archive.Chunk, error], fn func(row) error) error {
	for chunk, err := range chunks {
		if err != nil {
			return err
		}
		at := columnsOf(chunk)
		for key, cells := range chunk.Rows() {
			if err := fn(row{key, cells, at}); err != nil {
				return fmt.Errorf("table %s of the snapshot: %w", table, err)
			}
		}
	}
	return nil
}

func columnsOf(c *archive.Chunk) map[string]int {
	at := make(map[string]int, len(c.Table().Columns))
	for i, name := range c.Table().Columns {
		at[name] = i
	}
	return at
}
