package archive

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"testing"
	"time"
)

// benchTables are rows like those of customers and their tags: ids, names,
// times, many NULLs.
func benchRow(w *Writer, i int64) error {
	w.Int(i)
	w.Text("wmAAAA")
	w.Null()
	w.Int(13800000000 + i*7919%99999999)
	w.Text("客户")
	w.Int(1760000000000 + i*1000003%86400000)
	w.Null()
	w.Int(i % 997)
	return w.EndRow()
}

var benchColumns = []string{"id", "external", "unionid", "mobile", "name", "created", "note", "staff_id"}

func writeBench(out io.Writer, customers int) (Summary, error) {
	h := Header{ID: "bench", Tables: []Table{
		{Name: "customer", Columns: benchColumns, Shift: ShiftFor(64)},
		{Name: "link", Columns: []string{"customer_id", "tag_id", "staff_id", "tagged_at", "source"}, Shift: ShiftFor(60)},
	}}
	w, err := NewWriter(out, h, WriterOptions{})
	if err != nil {
		return Summary{}, err
	}
	w.Begin("customer")
	for i := range int64(customers) {
		if err := benchRow(w, i); err != nil {
			return Summary{}, err
		}
	}
	w.Begin("link")
	for i := range int64(2 * customers) {
		w.Int(i / 2)
		w.Int(i * 31 % 2000)
		w.Int(i % 53)
		w.Int(1760000000000 + i*1000003%86400000)
		w.Int(i % 3)
		if err := w.EndRow(); err != nil {
			return Summary{}, err
		}
	}
	return w.Close("")
}

func BenchmarkWrite(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sum, err := writeBench(io.Discard, 500_000)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(sum.Manifest.RawSize)
		b.ReportMetric(float64(sum.Manifest.RawSize)/float64(sum.Bytes), "ratio")
	}
}

func benchFile(b *testing.B) ([]byte, Summary) {
	var f bytes.Buffer
	sum, err := writeBench(&f, 500_000)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(sum.Manifest.RawSize)
	return f.Bytes(), sum
}

func BenchmarkVerify(b *testing.B) {
	f, _ := benchFile(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := verify(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	f, sum := benchFile(b)
	r := open(b, f)
	b.ReportAllocs()
	for b.Loop() {
		var n int64
		for c, err := range r.All(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			for range c.Rows() {
				n++
			}
		}
		if n != sum.Manifest.Rows {
			b.Fatal(n)
		}
	}
}

func BenchmarkSalvage(b *testing.B) {
	f, _ := benchFile(b)
	b.ReportAllocs()
	for b.Loop() {
		l, err := Salvage(context.Background(), bytes.NewReader(f), int64(len(f)), func(*Chunk) error { return nil })
		if err != nil || !l.Complete() {
			b.Fatal(err, l.Gaps, l.Bytes)
		}
	}
}

// TestMemory holds the package to its bounds while it writes and reads 100 MiB.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 100 MiB")
	}
	const limit = 48 << 20
	var f bytes.Buffer
	f.Grow(40 << 20)
	peak := peakHeap(t, func() error {
		_, err := writeBench(&f, 750_000)
		return err
	})
	t.Logf("writing: %.1f MiB", float64(peak)/(1<<20))
	if peak > limit {
		t.Errorf("writing takes %d bytes", peak)
	}
	peak = peakHeap(t, func() error { return verify(f.Bytes()) })
	t.Logf("verifying: %.1f MiB", float64(peak)/(1<<20))
	if peak > limit {
		t.Errorf("verifying takes %d bytes", peak)
	}
}

// peakHeap runs f and returns by how much the heap grew at most.
func peakHeap(t *testing.T, f func() error) int64 {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base := m.HeapAlloc
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var m runtime.MemStats
		top := base
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			top = max(top, m.HeapAlloc)
			select {
			case <-stop:
				peak <- top
				return
			case <-tick.C:
			}
		}
	}()
	err := f()
	close(stop)
	top := <-peak
	if err != nil {
		t.Fatal(err)
	}
	return int64(top - base)
}
