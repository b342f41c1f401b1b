package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxCandidates is how many places that look like a manifest are tried: each
// may cost the reading of maxManifestBytes.
const maxCandidates = 16

// salvage looks for whole frames in a file of which nothing is certain.
type salvage struct {
	r      io.ReaderAt
	size   int64
	window window
	dec    *zstd.Decoder
	fn     func(*Chunk) error
	loss   Loss

	header  []byte         // bytes of the header's JSON, nil when it is not whole
	places  map[Hash][]int // with a manifest: where in it a chunk with this Raw is still missing
	found   []bool         // with a manifest, by index
	seen    map[Hash]bool  // without one: Raw of the chunks handed out
	last    ChunkInfo      // without one: the chunk before
	broken  bool           // something was left out since then
	covered int64          // bytes of the file that belong to a whole frame
	chunk   Chunk          // its memory is used again
}

// findHeader reads the first frame. Only a newer format ends the search.
func (s *salvage) findHeader() error {
	h, text, err := readHeader(s.r, s.size)
	if err == nil {
		s.header, s.loss.Header = text, &h
		s.covered = headerFrameSize(text)
	}
	if err != nil && !isDamage(err) {
		return err
	}
	s.broken = s.header == nil
	return nil
}

// findManifest looks where the seek table says, then everywhere.
func (s *salvage) findManifest(ctx context.Context) error {
	if table, err := readSeekTable(s.r, s.size); err == nil {
		frame := int64(binary.LittleEndian.Uint32(table[len(table)-seekFooter-seekEntry:]))
		start := s.size - int64(len(table)) - frame
		if start >= 0 {
			if err := s.tryManifest(start); err != nil {
				return err
			}
		}
	} else if !isDamage(err) {
		return err
	}
	magic := binary.LittleEndian.AppendUint32(nil, magicManifest)
	at, err := s.window.find(ctx, magic, 0)
	for tried := 0; err == nil && at >= 0 && s.loss.Manifest == nil && tried < maxCandidates; {
		var head []byte
		if head, err = s.window.at(at+skipHead, len(manifestPrefix)); err != nil {
			return err
		}
		if bytes.HasPrefix(head, []byte(manifestPrefix)) {
			tried++
			if err := s.tryManifest(at); err != nil {
				return err
			}
		}
		at, err = s.window.find(ctx, magic, at+1)
	}
	return err
}

// manifestPrefix is how the JSON of a manifest starts.
const manifestPrefix = `{"header":` + headerPrefix

// tryManifest takes the manifest at an offset, if there is a whole one and it
// belongs to the header.
func (s *salvage) tryManifest(at int64) error {
	m, header, _, err := readManifestAt(s.r, s.size, at)
	if err != nil {
		if isDamage(err) {
			return nil
		}
		return err
	}
	if s.header != nil && !bytes.Equal(header, s.header) {
		return nil
	}
	s.loss.Manifest, s.loss.Header = m, &m.Header
	s.found = make([]bool, len(m.Chunks))
	s.places = make(map[Hash][]int, len(m.Chunks))
	for i := range m.Chunks {
		s.places[m.Chunks[i].Raw] = append(s.places[m.Chunks[i].Raw], i)
	}
	var head [skipHead]byte
	if err := readAt(s.r, head[:], at); err != nil {
		return err
	}
	frame := skipHead + int64(binary.LittleEndian.Uint32(head[4:]))
	s.covered += frame
	want := seekTable(headerFrameSize(header), frame, m.Chunks)
	if got, err := readSeekTable(s.r, s.size); err == nil && at+frame+int64(len(want)) == s.size && bytes.Equal(got, want) {
		s.covered += int64(len(want))
	}
	return nil
}

// findChunks goes from frame to frame, and from one zstd magic number to the
// next where there is none.
func (s *salvage) findChunks(ctx context.Context) error {
	magic := binary.LittleEndian.AppendUint32(nil, magicZstd)
	at := int64(0)
	if s.header != nil {
		at = headerFrameSize(s.header)
	}
	for {
		next, err := s.window.find(ctx, magic, at)
		if err != nil || next < 0 {
			return err
		}
		if next > at {
			s.broken = true
		}
		switch err := s.tryChunk(next); {
		case err == nil:
			s.covered += s.chunk.info.Size
			at = next + s.chunk.info.Size
			if err := s.accept(&s.chunk); err != nil {
				return err
			}
		case isDamage(err):
			at = next + 1 // the next find leaves out at least this byte
		default:
			return err
		}
	}
}

// tryChunk reads the frame at an offset into s.chunk.
func (s *salvage) tryChunk(at int64) error {
	head, err := s.window.at(at, zstd.HeaderMaxSize)
	if err != nil {
		return err
	}
	header, raw, err := contentSize(head)
	if err != nil {
		return err
	}
	size, err := frameSize(header, maxFrameBytes(raw), func(in int64) ([]byte, error) {
		b, err := s.window.at(at+in, blockHead)
		if err == nil && len(b) < blockHead {
			err = ErrTruncated
		}
		return b, err
	})
	if err != nil {
		return err
	}
	if at+size > s.size {
		return ErrTruncated
	}
	c := &s.chunk
	c.frame = sized(c.frame, size)
	if err := readAt(s.r, c.frame, at); err != nil {
		return err
	}
	c.raw = sized(c.raw, raw) // kept for the next try when this one fails
	if _, err := decompress(s.dec, c.frame, c.raw, raw); err != nil {
		return err
	}
	return s.describe(c, at)
}

// describe checks the rows of a chunk and fills in what the manifest would say.
func (s *salvage) describe(c *Chunk, at int64) error {
	t, err := s.tableOf(c.raw)
	if err != nil {
		return err
	}
	c.table = t
	found, err := c.scan(allKeys)
	if err != nil {
		return err
	}
	if found.rows == 0 {
		return corrupt("a chunk without rows")
	}
	c.info = ChunkInfo{
		Table: t.Name, Rows: found.rows, First: found.first, Last: found.last,
		Offset: at, Size: int64(len(c.frame)), RawSize: int64(len(c.raw)),
		Raw: sha256.Sum256(c.raw), Frame: sha256.Sum256(c.frame),
	}
	return nil
}

// tableOf reads the first line of a chunk.
func (s *salvage) tableOf(raw []byte) (*Table, error) {
	limit := min(len(raw), (MaxColumns+1)*(maxName+1)+1)
	end := bytes.IndexByte(raw[:limit], '\n')
	if end < 1 || raw[0] != '#' {
		return nil, corrupt("no chunk: it does not start with the name of a table")
	}
	names := strings.Split(string(raw[1:end]), "\t")
	if h := s.loss.Header; h != nil {
		if i := h.table(names[0]); i >= 0 {
			return &h.Tables[i], nil
		}
		return nil, corrupt("table %q is not in the header", names[0])
	}
	t := &Table{Name: names[0], Columns: names[1:]}
	if err := t.check(); err != nil {
		return nil, corrupt("%v", err)
	}
	return t, nil
}

// window is a part of the file in memory.
type window struct {
	r    io.ReaderAt
	size int64
	off  int64
	buf  []byte
}

const windowBytes = 64 << 10

// at returns the bytes from an offset on, at least n unless the file ends
// before. They are valid until the next call.
func (w *window) at(off int64, n int) ([]byte, error) {
	if off >= w.size {
		return nil, nil
	}
	n = int(min(int64(n), w.size-off))
	if off < w.off || off+int64(n) > w.off+int64(len(w.buf)) {
		w.off, w.buf = off, sized(w.buf, min(windowBytes, w.size-off))
		if err := readAt(w.r, w.buf, off); err != nil {
			w.buf = w.buf[:0]
			return nil, err
		}
	}
	return w.buf[off-w.off:], nil
}

// find returns the first offset from off on at which what stands, -1 when there
// is none.
func (w *window) find(ctx context.Context, what []byte, off int64) (int64, error) {
	for {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		b, err := w.at(off, len(what))
		if err != nil || len(b) < len(what) {
			return -1, err
		}
		if i := bytes.Index(b, what); i >= 0 {
			return off + int64(i), nil
		}
		off += int64(len(b) - len(what) + 1)
	}
}
