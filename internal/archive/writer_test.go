package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// oddTexts are values that a text form may trip over.
var oddTexts = []string{"", "\t", "\n", "\r\n", "\x00", `\`, `\\`, `\N`, `\\N`, `\n`, "a\tb\nc", "NULL", "#tag", "'", `"`,
	"客户😀", "e\u0301", "\xff\xfe", "\xf0\x9f\x98", "\xef\xbb\xbf", "\x1a", "\x08", " ", "x ", strings.Repeat(`\`, 99), "0", "-0"}

func drawCell(t *rapid.T) any {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, -1, 0, math.MaxInt64})).Draw(t, "int")
	case 2:
		return rapid.SampledFrom(oddTexts).Draw(t, "odd")
	case 3:
		return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	}
	return rapid.String().Draw(t, "text")
}

func drawTables(t *rapid.T) []table {
	tables := make([]table, rapid.IntRange(0, 4).Draw(t, "tables"))
	for i := range tables {
		columns := []string{"id"}
		for c := range rapid.IntRange(0, 4).Draw(t, "columns") {
			columns = append(columns, fmt.Sprint("c", c))
		}
		keys := rapid.SliceOf(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-9, 99),
			rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))).Draw(t, "keys")
		slices.Sort(keys)
		tables[i].Table = Table{Name: fmt.Sprint("t", i), Columns: columns, Shift: rapid.IntRange(0, 63).Draw(t, "shift")}
		for _, key := range keys {
			row := []any{key}
			for range columns[1:] {
				row = append(row, drawCell(t))
			}
			tables[i].rows = append(tables[i].rows, row)
		}
	}
	return tables
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tables := drawTables(rt)
		h := testHeader(tables)
		h.Label = rapid.String().Draw(rt, "label")
		file, sum := write(t, h, WriterOptions{}, tables)
		if err := verify(file); err != nil {
			rt.Fatal(err)
		}
		r := open(t, file)
		h.Format = Format
		if got := r.Header(); fmt.Sprint(got) != fmt.Sprint(h) {
			rt.Fatalf("header %+v, want %+v", got, h)
		}
		var rows int64
		for _, want := range tables {
			wantTable(t, r, want)
			rows += int64(len(want.rows))
		}
		m := r.Manifest()
		if m.Rows != rows || m.Exact != "exact-1" || m.Root != sum.Manifest.Root || int64(len(file)) != sum.Bytes {
			rt.Fatalf("manifest %+v of %d rows", m, rows)
		}
	})
}

func TestOddCells(t *testing.T) {
	tab := table{Table: Table{Name: "odd", Columns: []string{"id", "a", "b"}}}
	for i, s := range oddTexts {
		tab.rows = append(tab.rows, []any{int64(i), s, nil}, []any{int64(i), nil, s})
	}
	file, _ := write(t, testHeader([]table{tab}), WriterOptions{}, []table{tab})
	wantTable(t, open(t, file), tab)
}

// TestSameBytes: the file depends on header and rows alone.
func TestSameBytes(t *testing.T) {
	tables := sizedTables(60_000, 12)
	want, sum := write(t, testHeader(tables), WriterOptions{Parallel: 1}, tables)
	if len(sum.Manifest.Chunks) < 10 {
		t.Fatalf("only %d chunks", len(sum.Manifest.Chunks))
	}
	for _, parallel := range []int{1, 2, 3, 8} {
		for range 2 {
			got, _ := write(t, testHeader(tables), WriterOptions{Parallel: parallel}, tables)
			if !bytes.Equal(got, want) {
				t.Fatalf("other bytes with %d at a time", parallel)
			}
		}
	}
}

// dense makes rows of a table whose keys follow each other.
func dense(n int, shift int) table {
	tab := table{Table: Table{Name: "customer", Columns: []string{"id", "name"}, Shift: shift}}
	for i := range int64(n) {
		tab.rows = append(tab.rows, []any{i * 2, strings.Repeat(fmt.Sprint("name ", i, " "), 8)})
	}
	return tab
}

// TestInsert: one row more changes the chunk it falls in and no other.
func TestInsert(t *testing.T) {
	before := dense(20_000, ShiftFor(500))
	_, a := write(t, testHeader([]table{before}), WriterOptions{}, []table{before})
	for _, at := range []int{0, 1, 5_000, 9_999, 20_000} {
		after := before
		key := int64(at*2 - 1)
		after.rows = slices.Insert(slices.Clone(before.rows), at, []any{key, "new"})
		_, b := write(t, testHeader([]table{after}), WriterOptions{}, []table{after})
		if n := len(a.Manifest.Chunks); n < 5 || len(b.Manifest.Chunks) != n && at > 0 {
			t.Fatalf("%d chunks, then %d", n, len(b.Manifest.Chunks))
		}
		spans := Changed(a.Manifest, b.Manifest, "customer")
		if len(spans) != 1 || key < spans[0].From || key > spans[0].To || spans[0].To-spans[0].From > 8192 {
			t.Errorf("insert of %d changed %v", key, spans)
		}
	}
	if spans := Changed(a.Manifest, a.Manifest, "customer"); spans != nil {
		t.Errorf("a file differs from itself: %v", spans)
	}
}

// TestInsertSparse: where keys are thin, several ranges share a chunk. A row
// more may move its neighbours' ends, but only up to the next border of 64 ranges.
func TestInsertSparse(t *testing.T) {
	tab := table{Table: Table{Name: "t", Columns: []string{"id", "text"}, Shift: 4}}
	for i := range int64(20_000) {
		tab.rows = append(tab.rows, []any{i * 16, strings.Repeat("x", 5000)})
	}
	_, a := write(t, testHeader([]table{tab}), WriterOptions{}, []table{tab})
	tab.rows = slices.Insert(slices.Clone(tab.rows), 7_001, []any{int64(7_000*16 + 1), strings.Repeat("y", 5000)})
	_, b := write(t, testHeader([]table{tab}), WriterOptions{}, []table{tab})
	spans := Changed(a.Manifest, b.Manifest, "t")
	if len(spans) == 0 || spans[len(spans)-1].To-spans[0].From > 64*16 {
		t.Errorf("changed %v", spans)
	}
}

// TestSplit: one key with more than a chunk takes is split, the same way each
// time, and can be read by its key.
func TestSplit(t *testing.T) {
	tab := table{Table: Table{Name: "t", Columns: []string{"id", "n", "text"}, Shift: 20}}
	for i := range int64(1200) {
		tab.rows = append(tab.rows, []any{max(i, 100), i, strings.Repeat(string(rune('a'+i%26)), 10_000)})
	}
	tab.rows = append(tab.rows, []any{int64(1300), int64(1), strings.Repeat("z", 5<<20)}, []any{int64(1301), int64(1), ""})
	file, sum := write(t, testHeader([]table{tab}), WriterOptions{}, []table{tab})
	if n := len(sum.Manifest.Chunks); n < 7 {
		t.Errorf("%d chunks", n)
	}
	for _, c := range sum.Manifest.Chunks {
		if c.RawSize > splitBytes && c.Rows > 1 {
			t.Errorf("a chunk of %d bytes", c.RawSize)
		}
	}
	r := open(t, file)
	wantTable(t, r, tab)
	if got, err := readTable(r, "t", 1300, 1300); err != nil || len(got) != 1 {
		t.Errorf("key 1300: %d rows, %v", len(got), err)
	}
}

func TestMisuse(t *testing.T) {
	h := testHeader([]table{{Table: Table{Name: "a", Columns: []string{"id", "x"}}}, {Table: Table{Name: "b", Columns: []string{"id"}}}})
	huge := strings.Repeat("x", MaxChunkBytes/2)
	for name, do := range map[string]func(w *Writer) error{
		"other order":      func(w *Writer) error { return w.Begin("b") },
		"unknown table":    func(w *Writer) error { return w.Begin("c") },
		"row before Begin": func(w *Writer) error { w.Int(1); return w.EndRow() },
		"end before Begin": func(w *Writer) error { return w.EndRow() },
		"too few cells":    func(w *Writer) error { w.Begin("a"); w.Int(1); return w.EndRow() },
		"too many cells":   func(w *Writer) error { w.Begin("a"); w.Int(1); w.Int(1); w.Int(1); return w.EndRow() },
		"no cells":         func(w *Writer) error { w.Begin("a"); return w.EndRow() },
		"text as key":      func(w *Writer) error { w.Begin("a"); w.Text("x"); w.Int(1); return w.EndRow() },
		"key not plain":    func(w *Writer) error { w.Begin("a"); w.Text("01"); w.Int(1); return w.EndRow() },
		"null as key":      func(w *Writer) error { w.Begin("a"); w.Null(); w.Int(1); return w.EndRow() },
		"descending": func(w *Writer) error {
			w.Begin("a")
			w.Int(2)
			w.Null()
			w.EndRow()
			w.Int(1)
			w.Null()
			return w.EndRow()
		},
		"huge row": func(w *Writer) error {
			w.Begin("a")
			w.Int(1)
			w.Text(huge + huge)
			return w.EndRow()
		},
		"huge when escaped": func(w *Writer) error {
			w.Begin("a")
			w.Int(1)
			w.Text(strings.Repeat("\n", MaxChunkBytes*3/4))
			return w.EndRow()
		},
		"begin inside a row": func(w *Writer) error { w.Begin("a"); w.Int(1); return w.Begin("b") },
		"begun twice":        func(w *Writer) error { w.Begin("a"); return w.Begin("a") },
		"close inside a row": func(w *Writer) error { w.Begin("a"); w.Begin("b"); w.Int(1); _, err := w.Close(""); return err },
		"table forgotten":    func(w *Writer) error { w.Begin("a"); _, err := w.Close(""); return err },
		"closed twice": func(w *Writer) error {
			w.Begin("a")
			w.Begin("b")
			w.Close("")
			_, err := w.Close("")
			return err
		},
		"row after Close":   func(w *Writer) error { w.Begin("a"); w.Begin("b"); w.Close(""); w.Int(1); return w.EndRow() },
		"begin after Close": func(w *Writer) error { w.Begin("a"); w.Begin("b"); w.Close(""); return w.Begin("a") },
		"exact not UTF-8":   func(w *Writer) error { w.Begin("a"); w.Begin("b"); _, err := w.Close("\xff"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			w, err := NewWriter(io.Discard, h, WriterOptions{})
			if err != nil {
				t.Fatal(err)
			}
			err = do(w)
			if err == nil {
				t.Fatal("no error")
			}
			w.Int(1)
			if again := w.EndRow(); again != err {
				t.Errorf("then %v, after %v", again, err)
			}
			if _, again := w.Close(""); again != err {
				t.Errorf("closed with %v, after %v", again, err)
			}
		})
	}
}

func TestBadHeader(t *testing.T) {
	one := func(name string, columns ...string) []Table { return []Table{{Name: name, Columns: columns}} }
	for name, h := range map[string]Header{
		"no id":            {},
		"control in id":    {ID: "a\nb"},
		"label not UTF-8":  {ID: "x", Label: "\xff"},
		"no columns":       {ID: "x", Tables: one("a")},
		"no name":          {ID: "x", Tables: one("", "id")},
		"tab in name":      {ID: "x", Tables: one("a\tb", "id")},
		"column twice":     {ID: "x", Tables: one("a", "id", "id")},
		"bad column":       {ID: "x", Tables: one("a", "id", "#")},
		"table twice":      {ID: "x", Tables: append(one("a", "id"), one("a", "id")...)},
		"shift too large":  {ID: "x", Tables: []Table{{Name: "a", Columns: []string{"id"}, Shift: 64}}},
		"shift too small":  {ID: "x", Tables: []Table{{Name: "a", Columns: []string{"id"}, Shift: -1}}},
		"too many tables":  {ID: "x", Tables: make([]Table, MaxTables+1)},
		"too large a text": {ID: "x", Scope: strings.Repeat("x", maxHeaderBytes)},
	} {
		if _, err := NewWriter(io.Discard, h, WriterOptions{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// faultyWriter fails at the n-th write and must not be written to afterwards.
type faultyWriter struct {
	t     *testing.T
	n     int
	short bool // write half of it and say nothing, instead of an error
	calls int
}

func (f *faultyWriter) Write(b []byte) (int, error) {
	f.calls++
	switch {
	case f.calls < f.n:
		return len(b), nil
	case f.calls > f.n:
		f.t.Errorf("written to after write %d failed", f.n)
	case f.short:
		return len(b) / 2, nil
	}
	return len(b) / 2, fmt.Errorf("write x.tks: %w", syscall.ENOSPC)
}

// TestF9 fails every write in turn: the error comes back, and no goroutine
// stays (synctest waits for all of them).
func TestF9(t *testing.T) {
	tables := sizedTables(3000, 5)
	count := &faultyWriter{t: t, n: math.MaxInt}
	if _, err := writeTo(count, testHeader(tables), WriterOptions{Parallel: 3}, tables); err != nil {
		t.Fatal(err)
	}
	if count.calls < 20 {
		t.Fatalf("only %d writes", count.calls)
	}
	for n := 1; n <= count.calls; n++ {
		for _, short := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				out := &faultyWriter{t: t, n: n, short: short}
				want := syscall.ENOSPC
				_, err := writeTo(out, testHeader(tables), WriterOptions{Parallel: 3}, tables)
				if short && !errors.Is(err, io.ErrShortWrite) || !short && !errors.Is(err, want) {
					t.Errorf("write %d: %v", n, err)
				}
			})
		}
	}
}

// TestAbandoned: a Writer that is dropped in the middle leaves nothing running.
func TestAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := dense(4000, 4)
		w, err := NewWriter(io.Discard, testHeader([]table{tab}), WriterOptions{Parallel: 4})
		if err != nil {
			t.Fatal(err)
		}
		w.Begin(tab.Name)
		for _, row := range tab.rows {
			if err := addRow(w, row); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTooManyChunks(t *testing.T) {
	if testing.Short() {
		t.Skip("compresses 65,536 chunks")
	}
	w, err := NewWriter(io.Discard, Header{ID: "x", Tables: []Table{{Name: "t", Columns: []string{"id"}}}}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.Begin("t")
	n := int64(0)
	for ; err == nil && n < 2*MaxChunks; n++ {
		w.Int(n << mergeShift)
		err = w.EndRow()
	}
	if n != MaxChunks+2 || err == nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// TestEndlessRow: a row that does not fit is stopped before it takes memory.
func TestEndlessRow(t *testing.T) {
	w, err := NewWriter(io.Discard, Header{ID: "x", Tables: []Table{{Name: "t", Columns: []string{"id", "text"}}}}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 1<<20)
	peak := peakHeap(t, func() error {
		w.Begin("t")
		w.Int(1)
		for range 256 {
			w.Text(text)
		}
		if w.EndRow() == nil {
			t.Error("no error")
		}
		return nil
	})
	if peak > 96<<20 { // MaxChunkBytes, as append grows them, and what it outgrew
		t.Errorf("takes %d bytes", peak)
	}
}
