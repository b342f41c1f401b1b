package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestRange reads ranges of keys and compares with the rows in them.
func TestRange(t *testing.T) {
	tables := sizedTables(200, 2)
	link := tables[2]
	file, sum := write(t, testHeader(tables), WriterOptions{}, tables)
	if len(sum.Manifest.Chunks) < 20 {
		t.Fatalf("only %d chunks", len(sum.Manifest.Chunks))
	}
	r := open(t, file)
	last := link.rows[len(link.rows)-1][0].(int64)
	end := rapid.OneOf(rapid.Int64Range(-5, last+5), rapid.SampledFrom([]int64{math.MinInt64, 0, last, math.MaxInt64}))
	rapid.Check(t, func(rt *rapid.T) {
		from, to := end.Draw(rt, "from"), end.Draw(rt, "to")
		var want []string
		for _, row := range link.rows {
			if key := row[0].(int64); key >= from && key <= to {
				want = append(want, text(row))
			}
		}
		got, err := readTable(r, "link", from, to)
		if err != nil || !slices.Equal(got, want) {
			rt.Fatalf("%d to %d: %d rows, want %d (%v)", from, to, len(got), len(want), err)
		}
	})
	if got, err := readTable(r, "empty", math.MinInt64, math.MaxInt64); err != nil || got != nil {
		t.Errorf("empty table: %v, %v", got, err)
	}
	if _, err := readTable(r, "nothing", 0, 1); err == nil {
		t.Error("unknown table: no error")
	}
}

// TestBody: the text of a chunk is what LOAD DATA reads, and Len counts it.
func TestBody(t *testing.T) {
	r := open(t, smallFile(t))
	c, err := r.Chunk(0)
	if err != nil {
		t.Fatal(err)
	}
	want := "1\t标签\\t0\\\\\\n\t\\N\n2\t标签\\t1\\\\\\n\t\\N\n3\t标签\\t2\\\\\\n\t\\N\n4\t标签\\t3\\\\\\n\t\\N\n"
	if string(c.Body()) != want || c.Len() != 4 || c.Table().Name != "tag" || c.Info().Rows != 4 {
		t.Errorf("%q, %d rows of %s", c.Body(), c.Len(), c.Table().Name)
	}
	for c := range r.Table(context.Background(), "tag", 2, 3) {
		if lines := strings.SplitAfter(want, "\n"); string(c.Body()) != lines[1]+lines[2] || c.Len() != 2 || c.Info().Rows != 4 {
			t.Errorf("cut: %q, %d rows", c.Body(), c.Len())
		}
	}
}

// TestReadsOnlyWhatItNeeds: a range costs the chunks that hold it.
func TestReadsOnlyWhatItNeeds(t *testing.T) {
	tables := sizedTables(2000, 2)
	file, sum := write(t, testHeader(tables), WriterOptions{}, tables)
	counting := &countingReader{r: bytes.NewReader(file)}
	r, err := Open(counting, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	counting.bytes.Store(0)
	if rows, err := readTable(r, "link", 640<<mergeShift, 641<<mergeShift); err != nil || len(rows) != 2 {
		t.Fatal(len(rows), err)
	}
	if got, most := counting.bytes.Load(), 2*sum.Manifest.Chunks[1].Size; got > most {
		t.Errorf("read %d bytes, want at most %d", got, most)
	}
}

type countingReader struct {
	r     io.ReaderAt
	bytes atomic.Int64
}

func (c *countingReader) ReadAt(b []byte, off int64) (int, error) {
	c.bytes.Add(int64(len(b)))
	return c.r.ReadAt(b, off)
}

// TestF35 cancels at every chunk: the iteration ends with the cause, and no
// goroutine stays.
func TestF35(t *testing.T) {
	tables := sizedTables(300, 2)
	file, sum := write(t, testHeader(tables), WriterOptions{}, tables)
	cause := errors.New("stop")
	for n := range sum.Manifest.Chunks {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			read := 0
			var last error
			for _, err := range open(t, file).All(ctx) {
				if last = err; err != nil {
					break
				}
				if read++; read == n+1 {
					cancel(cause)
				}
			}
			if n+1 < len(sum.Manifest.Chunks) && last != cause || read != n+1 {
				t.Errorf("cancelled after %d: read %d, %v", n+1, read, last)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	if _, err := Verify(ctx, bytes.NewReader(file), int64(len(file))); err != cause {
		t.Errorf("Verify: %v", err)
	}
	if _, err := Salvage(ctx, bytes.NewReader(file), int64(len(file)), nil); err != cause {
		t.Errorf("Salvage: %v", err)
	}
}

// TestBreak leaves the iteration in the middle.
func TestBreak(t *testing.T) {
	file := smallFile(t)
	synctest.Test(t, func(t *testing.T) {
		for range open(t, file).All(context.Background()) {
			break
		}
	})
}

// slowReader counts the reads that are under way.
type slowReader struct {
	r      io.ReaderAt
	active atomic.Int64
}

func (s *slowReader) ReadAt(b []byte, off int64) (int, error) {
	s.active.Add(1)
	defer s.active.Add(-1)
	time.Sleep(time.Duration(off) * time.Millisecond) // of synctest's clock
	return s.r.ReadAt(b, off)
}

// TestNoReadAfter: once an iteration has ended, nothing reads the file.
func TestNoReadAfter(t *testing.T) {
	file := smallFile(t)
	synctest.Test(t, func(t *testing.T) {
		slow := &slowReader{r: bytes.NewReader(file)}
		r, err := Open(slow, int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		for range r.All(context.Background()) {
			break
		}
		if n := slow.active.Load(); n != 0 {
			t.Errorf("%d reads under way", n)
		}
	})
}

// brokenReader fails each read from byte at on, as a bad disk does.
type brokenReader struct {
	r  io.ReaderAt
	at int64
}

var errDisk = errors.New("input/output error")

func (b brokenReader) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.at {
		return 0, errDisk
	}
	return b.r.ReadAt(p, off)
}

// TestDiskError: the disk's error comes back as it is; it is no verdict on the
// file.
func TestDiskError(t *testing.T) {
	file := smallFile(t)
	for at := range int64(len(file)) {
		r := brokenReader{bytes.NewReader(file), at}
		_, err := Verify(context.Background(), r, int64(len(file)))
		if !errors.Is(err, errDisk) || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotArchive) {
			t.Fatalf("byte %d: Verify: %v", at, err)
		}
		if _, err := Salvage(context.Background(), r, int64(len(file)), func(*Chunk) error { return nil }); !errors.Is(err, errDisk) {
			t.Fatalf("byte %d: Salvage: %v", at, err)
		}
	}
}

// TestShrunk: a file that became shorter after its size was taken.
func TestShrunk(t *testing.T) {
	file := smallFile(t)
	for n := range len(file) {
		if _, err := Verify(context.Background(), bytes.NewReader(file[:n]), int64(len(file))); err == nil {
			t.Fatalf("%d bytes: no error", n)
		}
	}
}

func TestChangedTables(t *testing.T) {
	tables := smallTables()
	_, a := write(t, testHeader(tables), WriterOptions{}, tables)
	_, b := write(t, testHeader(tables[:1]), WriterOptions{}, tables[:1])
	if got := Changed(a.Manifest, b.Manifest, "tag"); got != nil {
		t.Errorf("equal tables: %v", got)
	}
	all := fmt.Sprint(Changed(a.Manifest, b.Manifest, "link"))
	if all != fmt.Sprint(Changed(b.Manifest, a.Manifest, "link")) || !strings.HasPrefix(all, "[{0 ") {
		t.Errorf("table in one file only: %s", all)
	}
}

// TestChangedSpans: overlapping ranges are one, and an equal chunk counts once.
func TestChangedSpans(t *testing.T) {
	list := func(chunks ...ChunkInfo) Manifest {
		for i := range chunks {
			chunks[i].Table = "t"
		}
		return Manifest{Chunks: chunks}
	}
	same := ChunkInfo{First: 5, Last: 5, Raw: Hash{1}}
	for _, c := range []struct {
		a, b Manifest
		want []Span
	}{
		{list(same), list(same), nil},
		{list(same, same), list(same), []Span{{5, 5}}},
		{list(same), list(same, same), []Span{{5, 5}}},
		{list(ChunkInfo{First: 0, Last: 100}), list(ChunkInfo{First: 10, Last: 20, Raw: Hash{2}}), []Span{{0, 100}}},
		{list(ChunkInfo{First: 0, Last: 10}), list(ChunkInfo{First: 10, Last: 20, Raw: Hash{2}}), []Span{{0, 20}}},
		{list(ChunkInfo{First: 0, Last: 9}), list(ChunkInfo{First: 10, Last: 20, Raw: Hash{2}}), []Span{{0, 9}, {10, 20}}},
	} {
		if got := Changed(c.a, c.b, "t"); !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

// TestChanged: what lies outside of the ranges is equal, for any two tables.
func TestChanged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) (Summary, map[int64]string) {
			keys := rapid.SliceOfN(rapid.Int64Range(0, 40), 0, 60).Draw(rt, name)
			slices.Sort(keys)
			tab := table{Table: Table{Name: "t", Columns: []string{"id", "v"}, Shift: 0}}
			rows := make(map[int64]string)
			for _, k := range keys {
				row := []any{k << mergeShift, rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "v")}
				tab.rows = append(tab.rows, row)
				rows[k<<mergeShift] += text(row)
			}
			_, sum := write(t, testHeader([]table{tab}), WriterOptions{}, []table{tab})
			return sum, rows
		}
		a, rowsA := draw("a")
		b, rowsB := draw("b")
		spans := Changed(a.Manifest, b.Manifest, "t")
		for k := range int64(41) {
			key := k << mergeShift
			in := slices.ContainsFunc(spans, func(s Span) bool { return key >= s.From && key <= s.To })
			if !in && rowsA[key] != rowsB[key] {
				rt.Fatalf("key %d differs outside of %v", key, spans)
			}
		}
	})
}
