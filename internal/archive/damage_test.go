package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// rowsBefore reads all rows of a file and returns them with the error that
// ended it.
func rowsBefore(file []byte) ([]string, error) {
	r, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	var out []string
	for c, err := range r.All(context.Background()) {
		if err != nil {
			return out, err
		}
		for _, cells := range c.Rows() {
			out = append(out, c.Table().Name+" "+cellText(cells))
		}
	}
	return out, nil
}

func isPrefix(got, want []string) bool {
	return len(got) <= len(want) && slices.Equal(got, want[:len(got)])
}

// refused says whether an error is one that refuses a file.
func refused(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotArchive) || errors.Is(err, ErrVersion)
}

// TestF14 cuts the file at every length. No row is handed out, and Salvage
// finds the chunks that lie before the cut.
func TestF14(t *testing.T) {
	file := smallFile(t)
	want, err := rowsBefore(file)
	if err != nil || len(file) < 3500 || len(file) > 6000 {
		t.Fatalf("%d bytes, %v", len(file), err)
	}
	chunks := open(t, file).Manifest().Chunks
	for n := range len(file) {
		cut := file[:n]
		if got, err := rowsBefore(cut); !errors.Is(err, ErrTruncated) || got != nil {
			t.Fatalf("%d bytes: %d rows, %v", n, len(got), err)
		}
		if err := verify(cut); !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d bytes: Verify: %v", n, err)
		}
		whole := 0
		for whole < len(chunks) && chunks[whole].Offset+chunks[whole].Size <= int64(n) {
			whole++
		}
		got, loss, err := salvaged(cut)
		if loss.Header == nil && errors.Is(err, ErrNotArchive) && whole == 0 {
			continue
		}
		if err != nil || loss.Chunks != whole || !isPrefix(got, want) || loss.Complete() != (loss.Manifest != nil) {
			t.Fatalf("%d bytes: salvaged %d chunks of %d: %v", n, loss.Chunks, whole, err)
		}
		if loss.Manifest == nil != (len(loss.Gaps) > 0) {
			t.Fatalf("%d bytes: gaps %v", n, loss.Gaps)
		}
	}
}

// TestF13 flips every bit of a file of 4 KiB: Verify finds each, and reading
// without it gives no wrong row. With TAGKEEP_LONG=1 the file has 64 KiB, and one
// bit of each byte is read.
func TestF13(t *testing.T) {
	rows, shift := 40, 3
	if os.Getenv("TAGKEEP_LONG") != "" {
		rows, shift = 3500, 7
	}
	tables := sizedTables(rows, shift)
	file, sum := write(t, testHeader(tables), WriterOptions{}, tables)
	if rows > 40 && len(file) < 64<<10 {
		t.Fatalf("only %d bytes", len(file))
	}
	t.Logf("%d bits of %d bytes", 8*len(file), len(file))
	want, err := rowsBefore(file)
	if err != nil {
		t.Fatal(err)
	}
	// The one place that reading all chunks does not prove: the hash over all bytes.
	hashEnd := len(file) - int(seekTableSize(len(sum.Manifest.Chunks)+2))
	eachByte(len(file), func(at int) error {
		b := slices.Clone(file)
		for bit := range 8 {
			b[at] ^= 1 << bit
			if err := verify(b); !refused(err) {
				return fmt.Errorf("byte %d, bit %d: Verify: %v", at, bit, err)
			}
			if rows > 40 && bit != at%8 {
				b[at] ^= 1 << bit
				continue
			}
			if err := flipped(b, want, at >= hashEnd-sha256.Size && at < hashEnd); err != nil {
				return fmt.Errorf("byte %d, bit %d: %w", at, bit, err)
			}
			b[at] ^= 1 << bit
		}
		return nil
	}, t)
}

// flipped reads a file with a flipped bit; inHash says that it is in the one
// place that reading does not prove.
func flipped(b []byte, want []string, inHash bool) error {
	got, err := rowsBefore(b)
	if !isPrefix(got, want) {
		return fmt.Errorf("wrong rows, %v", err)
	}
	if inHash != (err == nil) {
		return fmt.Errorf("reading all chunks: %v", err)
	}
	if chunk, ok := errors.AsType[*ChunkError](err); ok && (chunk.Chunk.Table == "" || chunk.Chunk.Rows == 0) {
		return fmt.Errorf("an error without place: %v", err)
	}
	return nil
}

// eachByte calls f for 0 to n on all processors and fails the test at the first error.
func eachByte(n int, f func(int) error, t *testing.T) {
	t.Helper()
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for at := w; at < n && !t.Failed(); at += workers {
				if err := f(at); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// otherFile has the same tables and rows as smallFile but one, and another id.
func otherFile(t testing.TB) []byte {
	tables := smallTables()
	tables[2].rows[3][2] = "changed"
	h := testHeader(tables)
	h.ID = "s-0002"
	file, _ := write(t, h, WriterOptions{}, tables)
	return file
}

// TestF15 exchanges, moves, repeats, removes and adds chunks. Each is tried at
// three depths: the bytes alone, the manifest made to agree, and its root hash
// too, which is a forgery: that one must at least not give rows in a wrong
// order, of a wrong table or wrong in number.
func TestF15(t *testing.T) {
	file := smallFile(t)
	want, _ := rowsBefore(file)
	if _, err := rowsBefore(takeApart(t, file).file(t, true)); err != nil || !bytes.Equal(takeApart(t, file).file(t, true), file) {
		t.Fatalf("putting together: %v", err)
	}
	swap := func(f *forgery, i, j int) {
		f.frames[i], f.frames[j] = f.frames[j], f.frames[i]
	}
	swapInfo := func(f *forgery, i, j int) {
		c := f.manifest.Chunks
		c[i], c[j] = c[j], c[i]
	}
	foreign := takeApart(t, otherFile(t))
	for name, edit := range map[string]func(f *forgery){
		"swapped frames":        func(f *forgery) { swap(f, 2, 3) },
		"swapped over tables":   func(f *forgery) { swap(f, 0, 3) },
		"reordered with infos":  func(f *forgery) { swap(f, 2, 3); swapInfo(f, 2, 3) },
		"other table with info": func(f *forgery) { swap(f, 0, 3); swapInfo(f, 0, 3) },
		"spliced":               func(f *forgery) { f.frames[1] = foreign.frames[1] },
		"replayed":              func(f *forgery) { f.frames[3] = f.frames[2] },
		"replayed with info":    func(f *forgery) { f.frames[3] = f.frames[2]; f.manifest.Chunks[3] = f.manifest.Chunks[2] },
		"doubled": func(f *forgery) {
			f.frames = slices.Insert(f.frames, 3, f.frames[2])
			f.manifest.Chunks = slices.Insert(f.manifest.Chunks, 3, f.manifest.Chunks[2])
		},
		"left out": func(f *forgery) {
			f.frames = slices.Delete(f.frames, 2, 3)
			f.manifest.Chunks = slices.Delete(f.manifest.Chunks, 2, 3)
		},
		"renamed":        func(f *forgery) { f.manifest.Chunks[0].Table = "link" },
		"other rows":     func(f *forgery) { f.manifest.Chunks[2].Rows++; f.manifest.Tables[2].Rows++; f.manifest.Rows++ },
		"other keys":     func(f *forgery) { f.manifest.Chunks[2].Last-- },
		"other raw size": func(f *forgery) { f.manifest.Chunks[2].RawSize++; f.manifest.Tables[2].RawSize++; f.manifest.RawSize++ },
		"fewer in total": func(f *forgery) { f.manifest.Rows-- },
		"other raw hash": func(f *forgery) { f.manifest.Chunks[2].Raw[31] ^= 1 },
		"of no table": func(f *forgery) {
			f.frames = append(f.frames, f.frames[2])
			f.manifest.Chunks = append(f.manifest.Chunks, f.manifest.Chunks[2])
			f.manifest.Chunks[len(f.frames)-1].Table = "nothing"
		},
		"other count": func(f *forgery) { f.manifest.Tables[0].Chunks++ },
	} {
		t.Run(name, func(t *testing.T) {
			for _, root := range []bool{false, true} {
				f := takeApart(t, file)
				edit(f)
				got, err := rowsBefore(f.file(t, root))
				if !errors.Is(err, ErrCorrupt) || !isPrefix(got, want) {
					t.Errorf("root made right: %v: %d rows, %v", root, len(got), err)
				}
			}
		})
	}
	t.Run("other id", func(t *testing.T) {
		f := takeApart(t, file)
		f.header = bytes.Replace(f.header, []byte("s-0001"), []byte("s-0002"), 1)
		if _, err := rowsBefore(f.file(t, false)); !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	})
	t.Run("other header alone", func(t *testing.T) {
		b := bytes.Replace(file, []byte("s-0001"), []byte("s-0002"), 1)
		if _, err := rowsBefore(b); !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	})
	t.Run("bytes alone", func(t *testing.T) {
		// The same lengths, so that only the hashes tell.
		a := takeApart(t, file).manifest.Chunks
		for i := range a {
			for j := range i {
				if a[i].Size == a[j].Size {
					b := slices.Clone(file)
					copy(b[a[i].Offset:][:a[i].Size], file[a[j].Offset:])
					copy(b[a[j].Offset:][:a[j].Size], file[a[i].Offset:])
					if got, err := rowsBefore(b); !errors.Is(err, ErrCorrupt) || !isPrefix(got, want) {
						t.Errorf("chunks %d and %d: %v", i, j, err)
					}
				}
			}
		}
	})
}

// TestTooMuch adds bytes and frames at the end, at the start and in between.
func TestTooMuch(t *testing.T) {
	file := smallFile(t)
	chunk := open(t, file).Manifest().Chunks[1]
	frame := file[chunk.Offset : chunk.Offset+chunk.Size]
	for name, extra := range map[string][]byte{
		"a zero":            {0},
		"line feed":         []byte("\n"),
		"a chunk":           frame,
		"a skippable frame": append(appendSkippable(nil, magicHeader+1, 3), 1, 2, 3),
		"an empty frame":    appendSkippable(nil, magicSeek, 0),
		"itself":            file,
		"its seek table":    file[len(file)-int(seekTableSize(6)):],
	} {
		for _, at := range []int{0, int(chunk.Offset), int(chunk.Offset + chunk.Size), len(file)} {
			b := slices.Concat(file[:at], extra, file[at:])
			if got, err := rowsBefore(b); !refused(err) || got != nil {
				t.Errorf("%s at %d: %d rows, %v", name, at, len(got), err)
			}
			if err := verify(b); !refused(err) {
				t.Errorf("%s at %d: Verify: %v", name, at, err)
			}
		}
	}
}

// TestNotArchive: other files, some with the same first bytes.
func TestNotArchive(t *testing.T) {
	skip := appendSkippable(nil, magicHeader, 1000)
	for _, b := range []string{"hello", "PK\x03\x04 is a zip file that is long enough", strings.Repeat("\x00", 5000),
		string(skip) + strings.Repeat("x", 1000), string(skip) + "x", "T*M\x18\xff\xff\xff\xffelse"} {
		_, err := Open(strings.NewReader(b), int64(len(b)))
		if !errors.Is(err, ErrNotArchive) {
			t.Errorf("%.20q: %v", b, err)
		}
	}
	if _, err := Open(strings.NewReader(""), 0); !errors.Is(err, ErrTruncated) {
		t.Errorf("empty file: %v", err)
	}
}

// TestNewerFormat: the error names the version, whatever else has changed.
func TestNewerFormat(t *testing.T) {
	f := takeApart(t, smallFile(t))
	f.header = bytes.Replace(f.header, []byte(`"format":1,`), []byte(`"format":2,"new":{"tables":7},`), 1)
	file := f.file(t, true)
	for name, b := range map[string][]byte{"whole": file, "with another end": append(slices.Clone(file[:900]), "a new trailer"...)} {
		_, err := Open(bytes.NewReader(b), int64(len(b)))
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "format 2") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Salvage(context.Background(), bytes.NewReader(b), int64(len(b)), nil); !errors.Is(err, ErrVersion) {
			t.Errorf("%s: Salvage: %v", name, err)
		}
	}
}

// TestOptionalFields: a file of this format may have fields that are not known.
func TestOptionalFields(t *testing.T) {
	f := takeApart(t, smallFile(t))
	f.header = bytes.Replace(f.header, []byte(`"schema"`), []byte(`"later":[1,{"a":null}],"schema"`), 1)
	file := f.file(t, true)
	text, _ := encodeManifest(&f.manifest, f.header)
	last := f.manifest.Chunks[len(f.frames)-1]
	file = f.seal(file[:last.Offset+last.Size], bytes.Replace(text, []byte(`"exact"`), []byte(`"later":{"x":[]},"exact"`), 1))
	if err := verify(file); err != nil {
		t.Error(err)
	}
}

// TestForgedManifest has right hashes around manifests that say something else.
func TestForgedManifest(t *testing.T) {
	file := smallFile(t)
	f := takeApart(t, file)
	text, err := encodeManifest(&f.manifest, f.header)
	if err != nil {
		t.Fatal(err)
	}
	last := f.manifest.Chunks[len(f.frames)-1]
	chunks := file[:last.Offset+last.Size]
	seal := func(old, new string) error {
		changed := bytes.Replace(text, []byte(old), []byte(new), 1)
		if bytes.Equal(changed, text) != (old == new) {
			t.Fatalf("%q is not in the manifest", old)
		}
		b := f.seal(slices.Clone(chunks), changed)
		_, err := Open(bytes.NewReader(b), int64(len(b))) // before any chunk is read
		return err
	}
	if err := seal("", ""); err != nil {
		t.Fatal(err)
	}
	root, second := f.manifest.Root.String(), f.manifest.Chunks[1]
	offset := fmt.Sprintf(`"offset":%d`, second.Offset)
	for name, edit := range map[string][2]string{
		"more after it":    {root + `"}`, root + `"} x`},
		"a second value":   {`"root":`, `"root":"` + root + `","root":`},
		"header not first": {`{"header"`, `{"later":"","header"`},
		"offset":           {offset, fmt.Sprintf(`"offset":%d`, second.Offset+1)},
		"offset backwards": {offset, fmt.Sprintf(`"offset":%d`, f.manifest.Chunks[0].Offset)},
		"no list":          {`"chunks":[`, `"chunks":{}, "later":[`},
		"upper case":       {root, strings.ToUpper(root)},
		"short hash":       {root, root[:62]},
		"other header":     {`"sequence":12`, `"sequence":13`},
	} {
		if err := seal(edit[0], edit[1]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The header frame and the manifest's header each right, and not the same.
	f.header = bytes.Replace(f.header, []byte(`"sequence":12`), []byte(`"sequence":13`), 1)
	b := f.file(t, true)
	b = slices.Concat(file[:f.manifest.Chunks[0].Offset], b[f.manifest.Chunks[0].Offset:])
	if _, err := rowsBefore(b); !errors.Is(err, ErrCorrupt) {
		t.Errorf("two headers: %v", err)
	}
}

// TestF16 declares sizes and numbers that are not there. Each must be refused
// without taking memory for them.
func TestF16(t *testing.T) {
	file := smallFile(t)
	end := len(file)
	footer := seekTableSize(len(open(t, file).Manifest().Chunks) + 2)
	put := func(at int, n uint32) []byte {
		b := slices.Clone(file)
		binary.LittleEndian.PutUint32(b[at:], n)
		return b
	}
	cases := map[string][]byte{}
	for _, n := range []uint32{0, 1, 7, 1 << 16, 1<<20 + 1, 1 << 25, math.MaxInt32, math.MaxUint32} {
		cases[fmt.Sprint("header length ", n)] = put(4, n)
		cases[fmt.Sprint("frames ", n)] = put(end-seekFooter, n)
		cases[fmt.Sprint("manifest entry ", n)] = put(end-seekFooter-seekEntry, n)
		cases[fmt.Sprint("seek table length ", n)] = put(end-int(footer)+4, n)
		cases[fmt.Sprint("chunk entry ", n)] = put(end-int(footer)+skipHead+seekEntry, n)
	}
	for name, edit := range map[string]func(c *ChunkInfo){
		"raw size":        func(c *ChunkInfo) { c.RawSize = 1 << 40 },
		"raw size at max": func(c *ChunkInfo) { c.RawSize = MaxChunkBytes },
		"negative":        func(c *ChunkInfo) { c.RawSize = -1 },
		"rows":            func(c *ChunkInfo) { c.Rows = math.MaxInt64 },
		"no rows":         func(c *ChunkInfo) { c.Rows = 0 },
	} {
		f := takeApart(t, file)
		edit(&f.manifest.Chunks[1])
		cases[name] = f.file(t, true)
	}
	f := takeApart(t, file)
	f.header = bytes.Replace(f.header, []byte(`"scope":"`), []byte(`"scope":"`+strings.Repeat("x", maxHeaderBytes)), 1)
	cases["long header"] = f.file(t, true)
	f = takeApart(t, file)
	for name, list := range map[string]string{"chunks": `"chunks":[`, "tables": `"tables":[`} {
		text := `{"header":` + string(f.header) + "," + list + strings.Repeat("{},", 1<<22) + `{}]}`
		cases["many "+name] = f.seal(slices.Clone(file[:f.manifest.Chunks[0].Offset]), []byte(text))
	}
	cases["deep"] = f.seal(slices.Clone(file[:f.manifest.Chunks[0].Offset]), bytes.Repeat([]byte("["), 1<<20))
	for name, b := range cases {
		refusedCheaply(t, name, b)
	}
}

func refusedCheaply(t *testing.T, name string, b []byte) {
	t.Helper()
	peak := peakHeap(t, func() error {
		if got, err := rowsBefore(b); !refused(err) {
			t.Errorf("%s: %d rows, %v", name, len(got), err)
		}
		return nil
	})
	if peak > 64<<20 {
		t.Errorf("%s: takes %d bytes", name, peak)
	}
}

// TestBomb has chunks that decompress to as much as is allowed, and to more.
func TestBomb(t *testing.T) {
	enc, err := newEncoder(1)
	if err != nil {
		t.Fatal(err)
	}
	build := func(n, size int) []byte {
		f := takeApart(t, smallFile(t))
		f.frames, f.manifest.Chunks = nil, nil
		line := f.manifest.Header.Tables[0].line()
		for i := range n {
			raw := append(slices.Clone(line), fmt.Sprint(i, "\t")...)
			raw = append(raw, bytes.Repeat([]byte("x"), size-len(raw)-4)...)
			raw = append(raw, "\t\\N\n"...)
			frame := enc.EncodeAll(raw, nil)
			f.frames = append(f.frames, frame)
			f.manifest.Chunks = append(f.manifest.Chunks, ChunkInfo{Table: "tag", Rows: 1, First: int64(i), Last: int64(i),
				RawSize: int64(size), Raw: sha256.Sum256(raw), Frame: sha256.Sum256(frame)})
		}
		f.manifest.Rows, f.manifest.RawSize = int64(n), int64(n*size)
		f.manifest.Tables = []TableInfo{{Name: "tag", Rows: int64(n), Chunks: n, RawSize: int64(n * size)}, {Name: "empty"}, {Name: "link"}}
		return f.file(t, true)
	}
	allowed, more := build(12, MaxChunkBytes), build(1, MaxChunkBytes+1)
	if peak := peakHeap(t, func() error { return verify(allowed) }); peak > 64<<20 {
		t.Errorf("verifying takes %d bytes", peak)
	}
	r := open(t, allowed)
	r.parallel = 8 // more of them must not be read ahead for that
	peak := peakHeap(t, func() error {
		for _, err := range r.All(context.Background()) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if peak > 64<<20 {
		t.Errorf("reading with 8 at a time takes %d bytes", peak)
	}
	if err := verify(more); !errors.Is(err, ErrCorrupt) {
		t.Errorf("too large: %v", err)
	}
	peak = peakHeap(t, func() error {
		loss, err := Salvage(context.Background(), bytes.NewReader(allowed), int64(len(allowed)), func(*Chunk) error { return nil })
		if !loss.Complete() {
			t.Errorf("salvaged %+v", loss)
		}
		return err
	})
	if peak > 64<<20 {
		t.Errorf("salvaging takes %d bytes", peak)
	}
	// A frame header (RFC 8878, section 3.1.1.1) that claims 2^40 bytes, and an empty block.
	claim := append(slices.Clone(smallFile(t)[:open(t, smallFile(t)).Manifest().Chunks[0].Offset]),
		0x28, 0xB5, 0x2F, 0xFD, 0xE4, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	if _, loss, err := salvaged(claim); err != nil || loss.Chunks != 0 {
		t.Errorf("claim of 2^40 bytes: %+v, %v", loss, err)
	}
	if _, loss, err := salvaged(more); err != nil || loss.Chunks != 0 {
		t.Errorf("salvaged %+v, %v", loss, err)
	}
}
