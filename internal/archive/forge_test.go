package archive

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
)

// forgery is a file taken apart, to be put together wrongly.
type forgery struct {
	header   []byte
	manifest Manifest
	frames   [][]byte
}

func takeApart(t testing.TB, file []byte) *forgery {
	r := open(t, file)
	f := &forgery{header: r.json, manifest: r.Manifest()}
	f.manifest.Chunks = slices.Clone(f.manifest.Chunks)
	f.manifest.Tables = slices.Clone(f.manifest.Tables)
	for _, c := range f.manifest.Chunks {
		f.frames = append(f.frames, file[c.Offset:c.Offset+c.Size])
	}
	return f
}

// file puts the parts together. Offsets, sizes, hashes of the manifest and of
// the file, and the seek table are made right; the root hash only if asked for.
func (f *forgery) file(t testing.TB, root bool) []byte {
	t.Helper()
	b := append(appendSkippable(nil, magicHeader, len(f.header)+sha256.Size), seal(slices.Clone(f.header))...)
	for i, frame := range f.frames {
		f.manifest.Chunks[i].Offset, f.manifest.Chunks[i].Size = int64(len(b)), int64(len(frame))
		b = append(b, frame...)
	}
	if root {
		f.manifest.Root = rootHash(f.manifest.Header.ID, f.header, f.manifest.Chunks)
	}
	text, err := encodeManifest(&f.manifest, f.header)
	if err != nil {
		t.Fatal(err)
	}
	return f.seal(b, text)
}

// seal adds a manifest's frame and the seek table.
func (f *forgery) seal(b, text []byte) []byte {
	size := len(text) + 2*sha256.Size
	b = append(appendSkippable(b, magicManifest, size), seal(text)...)
	sum := sha256.Sum256(b)
	b = append(b, sum[:]...)
	return append(b, seekTable(headerFrameSize(f.header), int64(size+skipHead), f.manifest.Chunks)...)
}

// TestForgedChunks have right hashes around wrong contents.
func TestForgedChunks(t *testing.T) {
	enc, err := newEncoder(1)
	if err != nil {
		t.Fatal(err)
	}
	const line = "#tag\tid\tname\tnote\n"
	whole := enc.EncodeAll([]byte(line+"1\ta\tb\n"), nil)
	for name, frame := range map[string][]byte{
		"two frames":         append(slices.Clone(whole), enc.EncodeAll([]byte("2\ta\tb\n"), nil)...),
		"skippable inside":   append(slices.Clone(whole), appendSkippable(nil, magicHeader, 0)...),
		"bytes after it":     append(slices.Clone(whole), 0),
		"cut off":            whole[:len(whole)-1],
		"no zstd":            []byte(line + "1\ta\tb\n"),
		"other table":        enc.EncodeAll([]byte("#link\tid\tname\tnote\n1\ta\tb\n"), nil),
		"other columns":      enc.EncodeAll([]byte("#tag\tid\tnote\tname\n1\ta\tb\n"), nil),
		"no first line":      enc.EncodeAll([]byte("1\ta\tb\n"), nil),
		"first line alone":   enc.EncodeAll([]byte(line), nil),
		"no end of line":     enc.EncodeAll([]byte(line+"1\ta\tb"), nil),
		"too few cells":      enc.EncodeAll([]byte(line+"1\ta\n"), nil),
		"too many cells":     enc.EncodeAll([]byte(line+"1\ta\tb\tc\n"), nil),
		"empty row":          enc.EncodeAll([]byte(line+"1\ta\tb\n\n"), nil),
		"key not plain":      enc.EncodeAll([]byte(line+"01\ta\tb\n"), nil),
		"key with plus":      enc.EncodeAll([]byte(line+"+1\ta\tb\n"), nil),
		"minus zero":         enc.EncodeAll([]byte(line+"-0\ta\tb\n"), nil),
		"key too large":      enc.EncodeAll([]byte(line+"9223372036854775808\ta\tb\n"), nil),
		"key too small":      enc.EncodeAll([]byte(line+"-9223372036854775809\ta\tb\n"), nil),
		"key is NULL":        enc.EncodeAll([]byte(line+"\\N\ta\tb\n"), nil),
		"descending":         enc.EncodeAll([]byte(line+"1\ta\tb\n3\ta\tb\n2\ta\tb\n"), nil),
		"unknown escape":     enc.EncodeAll([]byte(line+"1\ta\\x\tb\n"), nil),
		"escape at the end":  enc.EncodeAll([]byte(line+"1\ta\tb\\\n"), nil),
		"NULL inside a text": enc.EncodeAll([]byte(line+"1\ta\\N\tb\n"), nil),
		"text after NULL":    enc.EncodeAll([]byte(line+"1\t\\Na\tb\n"), nil),
		"escape before tab":  enc.EncodeAll([]byte(line+"1\t\\\tb\n"), nil),
	} {
		t.Run(name, func(t *testing.T) {
			f := takeApart(t, smallFile(t))
			raw := []byte(line + "1\ta\tb\n")
			if out, err := plainDecode(frame); err == nil && len(out) > 0 {
				raw = out
			}
			f.frames[0] = frame
			c := &f.manifest.Chunks[0]
			before := *c
			// Numbers and keys that agree as far as they can, so that the one fault is left.
			lines := bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
			c.Rows, c.First, c.Last, c.RawSize = max(int64(len(lines)-1), 1), 1, 1, int64(len(raw))
			if key, ok := parseKey(firstCell(lines[len(lines)-1])); ok {
				c.Last = key
			}
			c.Raw, c.Frame = sha256.Sum256(raw), sha256.Sum256(frame)
			f.manifest.Tables[0].Rows, f.manifest.Tables[0].RawSize = c.Rows, c.RawSize
			f.manifest.Rows += c.Rows - before.Rows
			f.manifest.RawSize += c.RawSize - before.RawSize
			r := open(t, f.file(t, true))
			_, err := r.Chunk(0)
			if chunk, ok := errors.AsType[*ChunkError](err); !ok || chunk.Chunk.Table != "tag" || !errors.Is(err, ErrCorrupt) {
				t.Error(err)
			}
		})
	}
}

// plainDecode decompresses whatever zstd reads.
func plainDecode(b []byte) ([]byte, error) {
	dec, err := newDecoder(1)
	if err != nil {
		return nil, err
	}
	return dec.DecodeAll(b, make([]byte, 0, 1<<20))
}
