package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
)

// salvaged returns the rows that Salvage hands out.
func salvaged(file []byte) ([]string, Loss, error) {
	var out []string
	loss, err := Salvage(context.Background(), bytes.NewReader(file), int64(len(file)), func(c *Chunk) error {
		for _, cells := range c.Rows() {
			out = append(out, c.Table().Name+" "+cellText(cells))
		}
		return nil
	})
	return out, loss, err
}

func TestSalvageWhole(t *testing.T) {
	file := smallFile(t)
	want, _ := rowsBefore(file)
	got, loss, err := salvaged(file)
	if err != nil || !slices.Equal(got, want) || !loss.Complete() || loss.Rows != int64(len(want)) || loss.Header.ID != "s-0001" {
		t.Errorf("%d rows, %+v, %v", len(got), loss, err)
	}
}

// TestSalvageDamage damages each chunk, and header, manifest and seek table in
// every combination: the other chunks come out, and the gap is named.
func TestSalvageDamage(t *testing.T) {
	file := smallFile(t)
	m := open(t, file).Manifest()
	seek := len(file) - int(seekTableSize(len(m.Chunks)+2))
	manifest := int(m.Chunks[len(m.Chunks)-1].Offset + m.Chunks[len(m.Chunks)-1].Size)
	for i, lost := range m.Chunks {
		for parts := range 8 {
			b := slices.Clone(file)
			b[lost.Offset+lost.Size/2] ^= 0x55
			for bit, at := range []int{20, manifest + 100, seek + 12} {
				if parts&(1<<bit) != 0 {
					b[at] ^= 0x55
				}
			}
			_, loss, err := salvaged(b)
			what := fmt.Sprintf("chunk %d, parts %b: %+v", i, parts, loss.Gaps)
			if err != nil || loss.Chunks != len(m.Chunks)-1 || loss.Bytes < lost.Size {
				t.Errorf("%s: %d chunks, %d bytes lost, %v", what, loss.Chunks, loss.Bytes, err)
			}
			if noHeader, noManifest := parts&1 != 0, parts&2 != 0; (loss.Manifest == nil) != noManifest || (loss.Header == nil) != (noHeader && noManifest) {
				t.Errorf("%s: manifest %v, header %v", what, loss.Manifest != nil, loss.Header != nil)
			}
			if loss.Manifest != nil {
				if want := []Gap{{lost.Table, lost.First, lost.Last, lost.Rows}}; !slices.Equal(loss.Gaps, want) {
					t.Errorf("%s, want %v", what, want)
				}
			} else if !covered(loss.Gaps, lost.Table, lost.First, lost.Last, loss.Header == nil) {
				t.Errorf("%s does not name %s %d to %d", what, lost.Table, lost.First, lost.Last)
			}
		}
	}
}

// covered says whether the gaps name a range of keys.
func covered(gaps []Gap, table string, from, to int64, unnamed bool) bool {
	return slices.ContainsFunc(gaps, func(g Gap) bool {
		return (g.Table == table || unnamed && g.Table == "") && g.From <= from && g.To >= to && (g.Rows < 0 || g.Rows > 0)
	})
}

// TestSalvageFlips flips a bit of each byte: whatever comes out is right, and
// at most the one chunk is lost.
func TestSalvageFlips(t *testing.T) {
	file := smallFile(t)
	want, _ := rowsBefore(file)
	chunks := open(t, file).Manifest().Chunks
	eachByte(len(file), func(at int) error {
		b := slices.Clone(file)
		b[at] ^= 1 << (at % 8)
		got, loss, err := salvaged(b)
		if err != nil || loss.Chunks < len(chunks)-1 {
			return fmt.Errorf("byte %d: %d chunks, %v", at, loss.Chunks, err)
		}
		for len(got) > 0 { // every row is one of the file, in its order
			i := slices.Index(want, got[0])
			if i < 0 {
				return fmt.Errorf("byte %d: wrong row %s", at, got[0])
			}
			got = got[1:]
		}
		inChunk := slices.ContainsFunc(chunks, func(c ChunkInfo) bool { return int64(at) >= c.Offset && int64(at) < c.Offset+c.Size })
		if lost := loss.Chunks < len(chunks); lost && !inChunk || loss.Complete() == (lost || loss.Manifest == nil) {
			return fmt.Errorf("byte %d: %+v", at, loss)
		}
		return nil
	}, t)
}

// TestSalvageShifted: bytes missing and bytes too many move what follows.
func TestSalvageShifted(t *testing.T) {
	file := smallFile(t)
	want, _ := rowsBefore(file)
	m := open(t, file).Manifest()
	c := m.Chunks[2]
	junk := bytes.Repeat([]byte{0x28, 0xB5, 0x2F, 0xFD, 0x24, 0xFF}, 30_000) // looks like frames
	got, loss, err := salvaged(slices.Concat(file[:c.Offset], junk, file[c.Offset:]))
	if err != nil || !slices.Equal(got, want) || len(loss.Gaps) != 0 || loss.Bytes != int64(len(junk))+seekTableSize(len(m.Chunks)+2) && loss.Bytes != int64(len(junk)) {
		t.Errorf("junk inside: %d rows, %v, %d bytes, %v", len(got), loss.Gaps, loss.Bytes, err)
	}
	got, loss, err = salvaged(slices.Concat(file[:c.Offset+5], file[c.Offset+c.Size+7:]))
	if err != nil || loss.Chunks != len(m.Chunks)-2 || len(loss.Gaps) != 2 || len(got) != int(loss.Rows) {
		t.Errorf("bytes missing: %+v, %v", loss.Gaps, err)
	}
}

// TestSalvageForeign: chunks of another file and chunks that stand twice are
// not handed out, and counted.
func TestSalvageForeign(t *testing.T) {
	file := smallFile(t)
	want, _ := rowsBefore(file)
	m := open(t, file).Manifest()
	c := m.Chunks[2]
	frame := file[c.Offset : c.Offset+c.Size]
	other := otherFile(t)
	oc := open(t, other).Manifest().Chunks[1]
	foreign := other[oc.Offset : oc.Offset+oc.Size]
	got, loss, err := salvaged(slices.Concat(file[:c.Offset], frame, foreign, file[c.Offset:]))
	if err != nil || !slices.Equal(got, want) || loss.Foreign != 2 || len(loss.Gaps) != 0 {
		t.Errorf("with manifest: %d rows, %+v, %v", len(got), loss, err)
	}
	got, loss, err = salvaged(slices.Concat(file[:c.Offset+c.Size], file[c.Offset:c.Offset+c.Size]))
	if err != nil || !isPrefix(got, want) || loss.Foreign != 1 || loss.Chunks != 3 {
		t.Errorf("without: %d rows, %+v, %v", len(got), loss, err)
	}
}

// TestSalvageInside: a cell may hold the bytes of a frame. With the manifest it
// is not taken for a chunk, even where the frame around it is damaged.
func TestSalvageInside(t *testing.T) {
	enc, err := newEncoder(1)
	if err != nil {
		t.Fatal(err)
	}
	inner := enc.EncodeAll([]byte("#t\tid\tv\n7\tforged\n"), nil)
	tab := table{Table: Table{Name: "t", Columns: []string{"id", "v"}}, rows: [][]any{{int64(1), string(inner)}, {int64(1 << mergeShift), "x"}}}
	file, sum := write(t, testHeader([]table{tab}), WriterOptions{}, []table{tab})
	if !bytes.Contains(file, inner) {
		t.Skip("the inner frame was compressed or escaped")
	}
	file[sum.Manifest.Chunks[0].Offset+5] ^= 1
	got, loss, err := salvaged(file)
	if err != nil || len(got) != 1 || loss.Foreign != 1 || len(loss.Gaps) != 1 {
		t.Errorf("%v, %+v, %v", got, loss, err)
	}
}

// TestSalvageEqualChunks: two chunks with the same rows are two.
func TestSalvageEqualChunks(t *testing.T) {
	tab := table{Table: Table{Name: "t", Columns: []string{"id", "v"}, Shift: 63}}
	for range 3 * splitBytes / 1000 {
		tab.rows = append(tab.rows, []any{int64(1), string(bytes.Repeat([]byte("v"), 997))})
	}
	file, sum := write(t, testHeader([]table{tab}), WriterOptions{}, []table{tab})
	c := sum.Manifest.Chunks
	if len(c) < 3 || c[0].Raw != c[1].Raw {
		t.Fatalf("%d chunks, not equal", len(c))
	}
	if _, loss, err := salvaged(file); err != nil || !loss.Complete() {
		t.Errorf("%+v, %v", loss.Gaps, err)
	}
	file[c[1].Offset+20] ^= 1
	if _, loss, err := salvaged(file); err != nil || len(loss.Gaps) != 1 || loss.Chunks != len(c)-1 {
		t.Errorf("%+v, %v", loss.Gaps, err)
	}
}

func TestSalvageNothing(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("nothing "), 20_000)} {
		if _, _, err := salvaged(b); !errors.Is(err, ErrNotArchive) {
			t.Errorf("%.10q: %v", b, err)
		}
	}
}

// TestSalvageHeaderOnly names every table.
func TestSalvageHeaderOnly(t *testing.T) {
	file := smallFile(t)
	_, loss, err := salvaged(file[:open(t, file).Manifest().Chunks[0].Offset])
	var want []Gap
	for _, name := range []string{"tag", "empty", "link"} {
		want = append(want, Gap{name, math.MinInt64, math.MaxInt64, -1})
	}
	if err != nil || !slices.Equal(loss.Gaps, want) {
		t.Errorf("%+v, %v", loss.Gaps, err)
	}
}

// TestSalvageStop: an error of the caller ends it.
func TestSalvageStop(t *testing.T) {
	file := smallFile(t)
	stop := errors.New("stop")
	loss, err := Salvage(context.Background(), bytes.NewReader(file), int64(len(file)), func(*Chunk) error { return stop })
	if err != stop || loss.Chunks != 1 {
		t.Errorf("%d chunks, %v", loss.Chunks, err)
	}
}

// TestSalvageGaps: without manifest, the places that could not be read bound
// what is missing, and what follows the last chunk is never known.
func TestSalvageGaps(t *testing.T) {
	file := smallFile(t)
	m := open(t, file).Manifest()
	c := m.Chunks // tag, then link
	end := c[len(c)-1].Offset + c[len(c)-1].Size
	tail := Gap{"link", c[len(c)-1].Last, math.MaxInt64, -1}
	for lost, want := range map[int][]Gap{
		0: {{"tag", math.MinInt64, math.MaxInt64, -1}, {"empty", math.MinInt64, math.MaxInt64, -1}, {"link", math.MinInt64, c[1].First, -1}, tail},
		1: {{"tag", c[0].Last, math.MaxInt64, -1}, {"empty", math.MinInt64, math.MaxInt64, -1}, {"link", math.MinInt64, c[2].First, -1}, tail},
		2: {{"link", c[1].Last, c[3].First, -1}, tail},
	} {
		b := slices.Clone(file[:end])
		b[c[lost].Offset+c[lost].Size-1] ^= 1
		if _, loss, err := salvaged(b); err != nil || !slices.Equal(loss.Gaps, want) {
			t.Errorf("chunk %d: %v, want %v (%v)", lost, loss.Gaps, want, err)
		}
		// Nor is the order of the tables known without a header.
		b[9] ^= 1
		_, loss, err := salvaged(b)
		if err != nil || loss.Header != nil || loss.Chunks != len(c)-1 || !covered(loss.Gaps, c[lost].Table, c[lost].First, c[lost].Last, true) {
			t.Errorf("chunk %d, no header: %+v, %v", lost, loss, err)
		}
	}
}

// TestSalvageOtherManifest: the end of another snapshot is not this one's.
func TestSalvageOtherManifest(t *testing.T) {
	file, other := smallFile(t), otherFile(t)
	want, _ := rowsBefore(file)
	end := func(b []byte) int64 {
		c := open(t, b).Manifest().Chunks
		return c[len(c)-1].Offset + c[len(c)-1].Size
	}
	got, loss, err := salvaged(slices.Concat(file[:end(file)], other[end(other):]))
	if err != nil || loss.Manifest != nil || !slices.Equal(got, want) || loss.Header.ID != "s-0001" {
		t.Errorf("%d rows, manifest %v, %v", len(got), loss.Manifest, err)
	}
}

// TestSalvageSearch: manifest and chunks are found wherever they lie, past what
// looks like them, and across the borders of what is read at a time.
func TestSalvageSearch(t *testing.T) {
	file := smallFile(t)
	want, _ := rowsBefore(file)
	m := open(t, file).Manifest()
	first := m.Chunks[0].Offset
	decoy := append(appendSkippable(nil, magicManifest, 200), manifestPrefix...)
	for n := windowBytes - 12; n < windowBytes+12; n++ {
		junk := slices.Concat(decoy, decoy, make([]byte, n-2*len(decoy)))
		got, loss, err := salvaged(slices.Concat(file[:first], junk, file[first:len(file)-3]))
		if err != nil || !loss.Complete() || !slices.Equal(got, want) {
			t.Fatalf("%d bytes between: %d rows, %+v, %v", n, len(got), loss.Gaps, err)
		}
	}
	enc, err := newEncoder(1)
	if err != nil {
		t.Fatal(err)
	}
	none := enc.EncodeAll([]byte("#tag\tid\tname\tnote\n"), nil)
	if _, loss, err := salvaged(append(slices.Clone(file[:first]), none...)); err != nil || loss.Chunks != 0 {
		t.Errorf("a chunk without rows: %+v, %v", loss, err)
	}
}
