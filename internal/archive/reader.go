package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// Reader reads a file. It may be used by several goroutines at once, if the
// io.ReaderAt may. It needs no closing.
type Reader struct {
	r        io.ReaderAt
	size     int64
	json     []byte // the header's
	manifest *Manifest
	sum      Hash // of all bytes before it, as the manifest has it
	dec      *zstd.Decoder
	parallel int
}

// Open reads header, manifest and seek table of a file of size bytes and holds
// them against each other; they leave no byte of the file out. It fails with
// ErrNotArchive, ErrVersion, ErrCorrupt or ErrTruncated. It does not look at the
// chunks: each is checked when it is read.
//
// Reading every chunk proves all of the file but the one hash over everything
// that the manifest ends with; Verify checks that too.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	out := &Reader{r: r, size: size, parallel: min(runtime.GOMAXPROCS(0), 4)}
	h, text, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	out.json = text
	if err := out.readManifest(&h); err != nil {
		return nil, err
	}
	if out.dec, err = newDecoder(out.parallel); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return out, nil
}

// Header is the file's. It must not be changed.
func (r *Reader) Header() Header { return r.manifest.Header }

// Manifest is the file's. It must not be changed.
func (r *Reader) Manifest() Manifest { return *r.manifest }

// readHeader reads the frame that the file starts with, and returns its JSON
// too. The layout of this frame is the same in every format.
func readHeader(r io.ReaderAt, size int64) (Header, []byte, error) {
	b, err := readSkippable(r, size, 0, magicHeader, maxHeaderBytes+sha256.Size)
	if err == nil && b == nil {
		err = ErrNotArchive
	}
	if err == nil {
		b, err = unseal(b)
	}
	if err != nil {
		return Header{}, nil, startError(r, size, err)
	}
	if !bytes.HasPrefix(b, []byte(headerPrefix)) {
		return Header{}, nil, ErrNotArchive
	}
	h, err := decodeHeader(b)
	return h, b, err
}

// startError tells a snapshot whose first frame is damaged or cut off from
// another file that happens to begin with the same bytes.
func startError(r io.ReaderAt, size int64, err error) error {
	if !errors.Is(err, ErrCorrupt) {
		return err
	}
	want := append(appendSkippable(nil, magicHeader, 0), headerPrefix...)
	got := make([]byte, min(size, int64(len(want))))
	if err := readAt(r, got, 0); err != nil {
		return err
	}
	if len(got) > 4 {
		copy(want[4:skipHead], got[4:]) // the length, whatever it is
	}
	if !bytes.HasPrefix(want, got) {
		return ErrNotArchive
	}
	return err
}

// readManifest finds the manifest by the seek table at the end of the file.
func (r *Reader) readManifest(h *Header) error {
	table, err := readSeekTable(r.r, r.size)
	if err != nil {
		return err
	}
	frame := int64(binary.LittleEndian.Uint32(table[len(table)-seekFooter-seekEntry:]))
	start := r.size - int64(len(table)) - frame
	first := headerFrameSize(r.json)
	if start < first {
		return corrupt("the seek table has a manifest of %d bytes", frame)
	}
	m, header, sum, err := readManifestAt(r.r, r.size-int64(len(table)), start)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(header, r.json):
		return corrupt("the manifest has another header")
	}
	end := first
	if n := len(m.Chunks); n > 0 {
		end = m.Chunks[n-1].Offset + m.Chunks[n-1].Size
	}
	if end != start || !bytes.Equal(table, seekTable(first, frame, m.Chunks)) {
		return corrupt("seek table and manifest do not agree")
	}
	m.Header = *h
	r.manifest, r.sum = m, sum
	return nil
}

// readSeekTable reads the frame that ends the file. Its entries are not checked.
func readSeekTable(r io.ReaderAt, size int64) ([]byte, error) {
	cut := fmt.Errorf("%w: it does not end with a seek table", ErrTruncated)
	if size < seekTableSize(2) {
		return nil, cut
	}
	var footer [seekFooter]byte
	if err := readAt(r, footer[:], size-seekFooter); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(footer[5:]) != magicSeekable {
		return nil, cut
	}
	frames := int64(binary.LittleEndian.Uint32(footer[:]))
	if frames < 2 || frames > MaxChunks+2 || seekTableSize(int(frames)) > size {
		return nil, corrupt("a seek table of %d frames", frames)
	}
	b := make([]byte, seekTableSize(int(frames)))
	return b, readAt(r, b, size-int64(len(b)))
}

// readManifestAt reads the manifest whose frame lies between start and end, and
// checks it in itself. It returns the header's bytes and the hash of the file
// too.
func readManifestAt(r io.ReaderAt, end, start int64) (*Manifest, []byte, Hash, error) {
	b, err := readSkippable(r, end, start, magicManifest, maxManifestBytes+2*sha256.Size)
	if err != nil {
		return nil, nil, Hash{}, err
	}
	if len(b) < 2*sha256.Size {
		return nil, nil, Hash{}, corrupt("a manifest of %d bytes", len(b))
	}
	sum := Hash(b[len(b)-sha256.Size:])
	text, err := unseal(b[:len(b)-sha256.Size])
	if err != nil {
		return nil, nil, Hash{}, err
	}
	m, header, err := decodeManifest(text)
	if err != nil {
		return nil, nil, Hash{}, err
	}
	return m, header, sum, m.check(header, headerFrameSize(header))
}

// Chunk reads the chunk with an index of the manifest and checks it. The error
// is a *ChunkError where the chunk is to blame.
func (r *Reader) Chunk(i int) (*Chunk, error) {
	c := new(Chunk)
	return c, r.read(c, i, allKeys)
}

// read reads a chunk into c, whose memory is used again.
func (r *Reader) read(c *Chunk, i int, keys keyRange) error {
	info := r.manifest.Chunks[i]
	*c = Chunk{
		info:  info,
		table: &r.manifest.Header.Tables[r.manifest.Header.table(info.Table)],
		frame: sized(c.frame, info.Size),
		raw:   c.raw,
	}
	err := readAt(r.r, c.frame, info.Offset)
	if err == nil {
		err = c.load(r.dec, keys, c.raw)
	}
	if err != nil {
		return &ChunkError{Chunk: info, Err: err}
	}
	return nil
}

// All reads every chunk in the order of the file; see Table.
func (r *Reader) All(ctx context.Context) iter.Seq2[*Chunk, error] {
	return r.chunks(ctx, 0, len(r.manifest.Chunks), allKeys)
}

// Table reads the rows of a table with keys from from to to, both included, in
// order, and only the chunks that hold them. A few chunks are read and
// decompressed ahead. The first and last chunk are cut to the range; chunks
// without rows in it are left out.
//
// A chunk is valid until the next one. An error ends the iteration: no chunk
// comes with it or after it, and those before it were right. Cancelling ctx
// ends it with the cause.
func (r *Reader) Table(ctx context.Context, name string, from, to int64) iter.Seq2[*Chunk, error] {
	if r.manifest.Header.table(name) < 0 {
		return func(yield func(*Chunk, error) bool) {
			yield(nil, fmt.Errorf("the snapshot has no table %s", name))
		}
	}
	keys := keyRange{from, to}
	lo, hi := 0, 0
	for i := range r.manifest.Chunks { // those of a range are neighbours
		if c := &r.manifest.Chunks[i]; c.Table == name && keys.holds(c) {
			if hi == 0 {
				lo = i
			}
			hi = i + 1
		}
	}
	return r.chunks(ctx, lo, hi, keys)
}
