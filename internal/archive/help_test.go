package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// table is a table with its rows; a cell is an int64, a string or nil.
type table struct {
	Table
	rows [][]any
}

func testHeader(tables []table) Header {
	h := Header{Schema: 7, ID: "s-0001", Sequence: 12, Created: 1760000000000, Reason: "manual",
		Scope: "all", Label: "试 <1> & \"2\"", Database: "5f8a", Company: "ww1"}
	for _, t := range tables {
		h.Tables = append(h.Tables, t.Table)
	}
	return h
}

// write makes a file; it fails the test on any error.
func write(t testing.TB, h Header, opt WriterOptions, tables []table) ([]byte, Summary) {
	t.Helper()
	var b bytes.Buffer
	sum, err := writeTo(&b, h, opt, tables)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), sum
}

func writeTo(out io.Writer, h Header, opt WriterOptions, tables []table) (Summary, error) {
	w, err := NewWriter(out, h, opt)
	if err != nil {
		return Summary{}, err
	}
	for _, t := range tables {
		if err := w.Begin(t.Name); err != nil {
			return Summary{}, err
		}
		for _, r := range t.rows {
			if err := addRow(w, r); err != nil {
				return Summary{}, err
			}
		}
	}
	return w.Close("exact-1")
}

func addRow(w *Writer, row []any) error {
	for _, c := range row {
		switch c := c.(type) {
		case nil:
			w.Null()
		case int64:
			w.Int(c)
		case string:
			w.Text(c)
		}
	}
	return w.EndRow()
}

// text is a row as the tests compare it.
func text(row []any) string {
	var b strings.Builder
	for _, c := range row {
		switch c := c.(type) {
		case nil:
			b.WriteString("NULL,")
		case int64:
			fmt.Fprintf(&b, "%q,", fmt.Sprint(c))
		case string:
			fmt.Fprintf(&b, "%q,", c)
		}
	}
	return b.String()
}

func cellText(cells []Cell) string {
	var b strings.Builder
	for _, c := range cells {
		if c.Null {
			b.WriteString("NULL,")
		} else {
			fmt.Fprintf(&b, "%q,", c.Text)
		}
	}
	return b.String()
}

func open(t testing.TB, file []byte) *Reader {
	t.Helper()
	r, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verify(file []byte) error {
	_, err := Verify(context.Background(), bytes.NewReader(file), int64(len(file)))
	return err
}

// readTable returns the rows of a range as text.
func readTable(r *Reader, name string, from, to int64) ([]string, error) {
	var out []string
	for c, err := range r.Table(context.Background(), name, from, to) {
		if err != nil {
			return out, err
		}
		if c.Len() == 0 {
			return out, errors.New("a chunk without rows")
		}
		for _, cells := range c.Rows() {
			out = append(out, cellText(cells))
		}
	}
	return out, nil
}

func wantTable(t testing.TB, r *Reader, want table) {
	t.Helper()
	got, err := readTable(r, want.Name, math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want.rows) {
		t.Fatalf("table %s: %d rows, want %d", want.Name, len(got), len(want.rows))
	}
	for i := range got {
		if got[i] != text(want.rows[i]) {
			t.Fatalf("table %s, row %d: %s, want %s", want.Name, i, got[i], text(want.rows[i]))
		}
	}
}

// smallTables makes a file of about 4 KiB with several chunks and an empty table.
func smallTables() []table { return sizedTables(40, 3) }

// sizedTables makes n rows in the larger of its tables, whose texts do not
// compress, with about 2^shift rows a chunk.
func sizedTables(n, shift int) []table {
	rnd := rand.New(rand.NewPCG(1, 2))
	tag := table{Table: Table{Name: "tag", Columns: []string{"id", "name", "note"}, Shift: 1}}
	for i := range int64(4) {
		tag.rows = append(tag.rows, []any{i + 1, fmt.Sprintf("标签\t%d\\\n", i), nil})
	}
	link := table{Table: Table{Name: "link", Columns: []string{"customer_id", "tag_id", "at"}, Shift: shift}}
	for i := range int64(n) {
		// Keys far apart, so that chunks end without having to be large.
		link.rows = append(link.rows, []any{i << mergeShift, i%4 + 1, fmt.Sprintf("%x", rnd.Uint64())})
	}
	return []table{tag, {Table: Table{Name: "empty", Columns: []string{"id"}}}, link}
}

func smallFile(t testing.TB) []byte {
	file, _ := write(t, testHeader(smallTables()), WriterOptions{}, smallTables())
	return file
}
