package sheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRowsStayValid(t *testing.T) {
	var in bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&in, "row %d,%s\n", i, strings.Repeat("x", i%200))
	}
	f := openContent(t, in.Bytes(), Options{})
	r, err := f.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var kept []Row
	for {
		dst := make([]Row, 700)
		n, err := r.Read(dst)
		kept = append(kept, dst[:n]...)
		if err != nil {
			break
		}
	}
	for i, row := range kept {
		if row.Number != i+1 || row.Cells[0].Value != fmt.Sprintf("row %d", i) {
			t.Fatalf("row %d is %+v", i, row)
		}
	}
	if len(kept) != 5000 || r.Offset() != f.Info.Size {
		t.Errorf("%d rows, offset %d of %d", len(kept), r.Offset(), f.Info.Size)
	}
}

func TestReadIsBounded(t *testing.T) {
	line := strings.Repeat("x", 300<<10) + "\n"
	f := openContent(t, []byte(strings.Repeat(line, 20)), Options{})
	r, err := f.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	n, err := r.Read(make([]Row, 100))
	if err != nil || n == 0 || n > 4 {
		t.Errorf("Read = %d, %v", n, err)
	}
}

func TestReadCancelledAndClosed(t *testing.T) {
	f := openContent(t, []byte("a\nb\n"), Options{})
	ctx, cancel := context.WithCancel(context.Background())
	r, err := f.Rows(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]Row, 1)); n != 1 || err != nil {
		t.Fatalf("Read = %d, %v", n, err)
	}
	cancel()
	if n, err := r.Read(make([]Row, 1)); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %d, %v", n, err)
	}
	r, _ = f.Rows(context.Background())
	r.Close()
	if _, err := r.Read(make([]Row, 1)); !errors.Is(err, fs.ErrClosed) || r.Close() != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestCase11Changed(t *testing.T) {
	path := tempCSV(t, []byte("a,b\n1,2\n"))
	f, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Changed(); err != nil {
		t.Fatalf("at once: %v", err)
	}
	rewrite := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, f.Info.ModTime); err != nil {
			t.Fatal(err)
		}
	}
	changed := func(what string, err error) {
		t.Helper()
		var refused *FileError
		if !errors.As(err, &refused) || refused.Reason != Changed {
			t.Errorf("%s: %v", what, err)
		}
	}
	rewrite("a,b\n1,3\n") // same size, same time
	r, _ := f.Rows(context.Background())
	_, err = drain(r)
	changed("content", err)
	rewrite("a,b\n1,2\n3,4\n")
	changed("size", f.Changed())
	rewrite("a,b\n1,2\n")
	if err := f.Changed(); err != nil {
		t.Errorf("as it was: %v", err)
	}
	if err := os.Chtimes(path, time.Time{}, f.Info.ModTime.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	changed("time", f.Changed())
	if err := os.Rename(tempCSV(t, []byte("a,b\n1,2\n")), path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, f.Info.ModTime); err != nil {
		t.Fatal(err)
	}
	changed("another file", f.Changed())
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := f.Changed(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
}

func TestInfo(t *testing.T) {
	f := openContent(t, []byte("\uFEFFa;b\r\n1;2\r\n"), Options{})
	f.Info.Path, f.Info.ModTime = "", time.Time{}
	want := Info{
		Format: CSV, Size: 13, SHA256: "d6188cfaa8fbf2a8e654f9fb18b35454644600070dd7eda09e2984839ef13917",
		Encoding: encUTF8, Detected: true, BOM: true, Delimiter: ';', CRLF: true,
	}
	if diff := cmp.Diff(want, f.Info); diff != "" {
		t.Error(diff)
	}
}
