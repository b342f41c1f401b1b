package sheet

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// tempCSV writes content to a file of its own.
func tempCSV(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.csv")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openContent opens a file of content; it is closed with the test.
func openContent(t testing.TB, content []byte, opt Options) *File {
	t.Helper()
	f, err := Open(context.Background(), tempCSV(t, content), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// openFault opens a file of content that must be refused.
func openFault(t testing.TB, content []byte, opt Options) *FileError {
	t.Helper()
	f, err := Open(context.Background(), tempCSV(t, content), opt)
	if err == nil {
		f.Close()
		t.Fatalf("opened as %+v, want a refusal", f.Info)
	}
	var refused *FileError
	if !errors.As(err, &refused) {
		t.Fatalf("error %v, want a *FileError", err)
	}
	return refused
}

// readRows reads all rows, a few at a time, and how many blank ones there were.
func readRows(t testing.TB, f *File) ([]Row, int) {
	t.Helper()
	r, err := f.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := drain(r)
	if err != nil {
		t.Fatal(err)
	}
	return rows, r.Blank()
}

func drain(r *Rows) ([]Row, error) {
	var rows []Row
	for {
		dst := make([]Row, 3)
		n, err := r.Read(dst)
		rows = append(rows, dst[:n]...)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
	}
}

// values are the cells' values, row by row.
func values(rows []Row) [][]string {
	var all [][]string
	for _, r := range rows {
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			cells[i] = c.Value
		}
		all = append(all, cells)
	}
	return all
}
