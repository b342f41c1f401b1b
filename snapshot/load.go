package snapshot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

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
// from the same open file, and each piece is checked again.
func OpenSource(ctx context.Context, path string) (_ *Source, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	st, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	if _, err := archive.Verify(ctx, file, st.Size()); err != nil {
		return nil, sourceError(ctx, path, err)
	}
	r, err := archive.Open(file, st.Size())
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

// each is Each for the package itself.
func (s *Source) each(ctx context.Context, table string, fn func(row) error) error {
	return s.Each(ctx, table, func(r Row) error { return fn(r.row) })
}

func columnsOf(c *archive.Chunk) map[string]int {
	at := make(map[string]int, len(c.Table().Columns))
	for i, name := range c.Table().Columns {
		at[name] = i
	}
	return at
}
