package archive

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"runtime"
	"strconv"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// Where chunks end. They are part of no format: a reader takes chunks as they
// come, and only the equality of chunks between files depends on them.
const (
	rangeBytes = 1 << 20  // what ShiftFor aims at
	mergeBytes = 64 << 10 // a range with less is joined by the next …
	mergeShift = 6        // … but not over the border of 2^6 ranges, so that files fall into step again
	splitBytes = 2 << 20  // a range with more is cut
)

// WriterOptions tune a Writer. They change the time that it takes, not a byte of
// the file.
type WriterOptions struct {
	// Parallel is how many chunks are compressed at a time; 0 means one for
	// each processor, at most 4.
	Parallel int
}

// Writer writes a file. It is used by one goroutine; it compresses and hashes on
// others, which end by themselves within a chunk's work.
//
// Begin starts a table; Int, Text, Bytes and Null add the cells of a row, and
// EndRow ends it. Any error is final: the methods return it from then on, and
// what was written is of no use. A Writer that is not finished with Close needs
// no other end.
type Writer struct {
	w        io.Writer
	opt      WriterOptions
	enc      *zstd.Encoder
	header   Header
	json     []byte // the header's
	manifest Manifest
	file     hash.Hash // of all bytes so far
	offset   int64
	err      error
	closed   bool

	table   int    // the one begun, -1 before the first
	line    []byte // first line of its chunks
	columns int

	cur     *job   // the chunk being filled; its raw ends with the row being filled
	row     int    // where that row starts in cur.raw
	cells   int    // that it has so far
	key     int64  // its key
	last    int64  // key of the row before
	pending []*job // being compressed, oldest first
	free    []*job // their memory for the next
	largest int    // chunk so far, but for huge ones: what the next will need
}

// job is one chunk on its way into the file.
type job struct {
	raw, frame []byte
	info       ChunkInfo
	done       chan struct{}
}

// NewWriter starts a file with its header. It writes to w from the caller's
// goroutine and never seeks; closing w is the caller's business.
func NewWriter(w io.Writer, h Header, opt WriterOptions) (*Writer, error) {
	if opt.Parallel <= 0 {
		opt.Parallel = min(runtime.GOMAXPROCS(0), 4)
	}
	h.Format = Format
	text, err := h.encode()
	if err != nil {
		return nil, err
	}
	enc, err := newEncoder(opt.Parallel)
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	out := &Writer{w: w, opt: opt, enc: enc, header: h, json: text, file: sha256.New(), table: -1}
	out.manifest.Header = h
	out.manifest.Tables = []TableInfo{} // a list, also when there is none
	out.manifest.Chunks = []ChunkInfo{}
	frame := appendSkippable(nil, magicHeader, len(text)+sha256.Size)
	if out.write(append(frame, seal(bytes.Clone(text))...)); out.err != nil {
		return nil, out.err
	}
	return out, nil
}

// Begin starts the next table. Every table of the header must be begun, in the
// header's order; one without rows too, so that none is forgotten.
func (w *Writer) Begin(table string) error {
	if w.err != nil {
		return w.err
	}
	if w.cells > 0 {
		return w.fail(fmt.Errorf("table %s begins inside a row", table))
	}
	next := w.table + 1
	if w.closed || next >= len(w.header.Tables) || w.header.Tables[next].Name != table {
		return w.fail(fmt.Errorf("table %s is not the next one of the header", table))
	}
	if w.flush(); w.err != nil {
		return w.err
	}
	t := &w.header.Tables[next]
	w.table, w.line, w.columns, w.last = next, t.line(), len(t.Columns), math.MinInt64
	w.manifest.Tables = append(w.manifest.Tables, TableInfo{Name: t.Name})
	w.start()
	return nil
}

// Int adds an integer. The first cell of a row, its key, must be one.
func (w *Writer) Int(n int64) {
	if w.cell(0) {
		w.cur.raw = strconv.AppendInt(w.cur.raw, n, 10)
	}
}

// Text adds a text. Its bytes need not be valid UTF-8.
func (w *Writer) Text(s string) {
	if w.cell(len(s)) {
		w.cur.raw = appendText(w.cur.raw, s)
	}
}

// Bytes adds a text. The slice is not kept.
func (w *Writer) Bytes(b []byte) {
	if w.cell(len(b)) {
		w.cur.raw = appendText(w.cur.raw, b)
	}
}

// Null adds a NULL.
func (w *Writer) Null() {
	if w.cell(0) {
		w.cur.raw = append(w.cur.raw, '\\', 'N')
	}
}

// cell starts a cell with a text of n bytes and says whether it may be written.
// A row that is too long is stopped here, before it takes the memory.
func (w *Writer) cell(n int) bool {
	if w.err == nil && (w.table < 0 || w.closed) {
		w.fail(errors.New("a cell outside of a table"))
	}
	if w.err == nil && len(w.cur.raw)-w.row+n > MaxChunkBytes {
		w.fail(fmt.Errorf("table %s: a row of more than %d bytes", w.header.Tables[w.table].Name, MaxChunkBytes))
	}
	if w.err != nil {
		return false
	}
	if w.cells > 0 {
		w.cur.raw = append(w.cur.raw, '\t')
	}
	w.cells++
	return true
}

// EndRow ends a row. Keys must not descend within a table. It returns the
// errors of the row's cells, and those of writing the chunks before.
func (w *Writer) EndRow() error {
	if w.err != nil {
		return w.err
	}
	if w.table < 0 || w.closed {
		return w.fail(errors.New("a row outside of a table"))
	}
	w.cur.raw = append(w.cur.raw, '\n')
	row := w.cur.raw[w.row:]
	key, ok := parseKey(firstCell(row[:len(row)-1]))
	w.key = key
	switch {
	case w.cells != w.columns:
		return w.badRow("%d cells for %d columns", w.cells, w.columns)
	case !ok:
		return w.badRow("its first cell is no integer")
	case w.key < w.last:
		return w.badRow("it comes after key %d", w.last)
	case len(w.line)+len(row) > MaxChunkBytes:
		return w.badRow("%d bytes are more than %d", len(row), MaxChunkBytes)
	}
	if w.cur.info.Rows > 0 && w.ends(len(row)) {
		if w.split(); w.err != nil {
			return w.err
		}
	}
	info := &w.cur.info
	if info.Rows == 0 {
		info.First = w.key
	}
	info.Rows++
	info.Last, w.last = w.key, w.key
	w.row, w.cells = len(w.cur.raw), 0
	return nil
}

func (w *Writer) badRow(format string, args ...any) error {
	return w.fail(fmt.Errorf("table %s, row with key %d: %s", w.header.Tables[w.table].Name, w.key, fmt.Sprintf(format, args...)))
}

// ends says whether the chunk ends before the row of n bytes that was added last.
func (w *Writer) ends(n int) bool {
	if w.row+n > splitBytes {
		return true
	}
	shift := w.header.Tables[w.table].Shift
	before, now := w.last>>shift, w.key>>shift
	return before != now && (w.row >= mergeBytes || before>>mergeShift != now>>mergeShift)
}

// split sends off the chunk without its last row, which begins the next one.
func (w *Writer) split() {
	full, row := w.cur, w.row
	w.start()
	w.cur.raw = append(w.cur.raw, full.raw[row:]...)
	full.raw = full.raw[:row]
	w.send(full)
}

// flush sends off the chunk being filled.
func (w *Writer) flush() {
	if full := w.cur; full != nil {
		w.cur = nil
		if full.info.Rows > 0 {
			w.send(full)
		}
	}
}

// start begins an empty chunk.
func (w *Writer) start() {
	var j *job
	if n := len(w.free); n > 0 {
		j, w.free = w.free[n-1], w.free[:n-1]
	} else {
		j = &job{done: make(chan struct{}, 1), raw: make([]byte, 0, w.largest)}
	}
	j.raw = append(j.raw[:0], w.line...)
	j.info = ChunkInfo{Table: w.header.Tables[w.table].Name}
	w.cur, w.row, w.cells = j, len(j.raw), 0
}

// send has a chunk compressed. One chunk more than are worked at may be under
// way: the oldest is waited for and written.
func (w *Writer) send(j *job) {
	j.info.Index = len(w.manifest.Chunks) + len(w.pending)
	if j.info.Index >= MaxChunks {
		w.fail(fmt.Errorf("more than %d chunks: the tables' shifts are too small", MaxChunks))
		return
	}
	if len(w.pending) > w.opt.Parallel {
		w.collect()
	}
	if w.err != nil {
		return
	}
	w.largest = max(w.largest, min(len(j.raw), splitBytes))
	w.pending = append(w.pending, j)
	go func() {
		j.compress(w.enc)
		j.done <- struct{}{}
	}()
}

func (j *job) compress(enc *zstd.Encoder) {
	j.info.RawSize = int64(len(j.raw))
	j.info.Raw = sha256.Sum256(j.raw)
	j.frame = enc.EncodeAll(j.raw, j.frame[:0])
	j.info.Size = int64(len(j.frame))
	j.info.Frame = sha256.Sum256(j.frame)
}

// collect waits for the oldest chunk and writes it.
func (w *Writer) collect() {
	j := w.pending[0]
	w.pending = append(w.pending[:0], w.pending[1:]...)
	<-j.done
	j.info.Offset = w.offset
	if w.write(j.frame); w.err != nil {
		return
	}
	m := &w.manifest
	m.Chunks = append(m.Chunks, j.info)
	t := &m.Tables[w.header.table(j.info.Table)]
	t.Rows, t.Chunks, t.RawSize = t.Rows+j.info.Rows, t.Chunks+1, t.RawSize+j.info.RawSize
	m.Rows, m.RawSize = m.Rows+j.info.Rows, m.RawSize+j.info.RawSize
	if cap(j.raw) <= 2*splitBytes { // one huge row must not be paid for to the end
		w.free = append(w.free, j)
	}
}

func (w *Writer) write(b []byte) {
	n, err := w.w.Write(b)
	if err == nil && n != len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.fail(fmt.Errorf("write snapshot at byte %d: %w", w.offset, err))
		return
	}
	w.file.Write(b)
	w.offset += int64(n)
}

// fail makes err the Writer's. The chunks under way come to their end unheard.
func (w *Writer) fail(err error) error {
	w.err = err
	w.pending, w.free, w.cur, w.cells = nil, nil, nil, 0
	return err
}

// Summary is what a finished file amounts to.
type Summary struct {
	Manifest Manifest
	Bytes    int64 // of the file
	SHA256   Hash  // of the file
}

// Close writes what is left, manifest and seek table. exact is kept in the
// manifest as it is; it must be valid UTF-8, at most 64 KiB. Nothing is synced,
// and w is not closed.
func (w *Writer) Close(exact string) (Summary, error) {
	switch {
	case w.err != nil:
		return Summary{}, w.err
	case w.closed:
		return Summary{}, w.fail(errors.New("snapshot closed twice"))
	case w.cells > 0:
		return Summary{}, w.fail(errors.New("snapshot closed inside a row"))
	case w.table+1 != len(w.header.Tables):
		return Summary{}, w.fail(fmt.Errorf("table %s was never begun", w.header.Tables[w.table+1].Name))
	case !utf8.ValidString(exact) || len(exact) > 64<<10:
		return Summary{}, w.fail(errors.New("exact is not valid UTF-8, or more than 64 KiB"))
	}
	w.flush()
	for w.err == nil && len(w.pending) > 0 {
		w.collect()
	}
	if w.err == nil {
		w.finish(exact)
	}
	if w.err != nil {
		return Summary{}, w.err
	}
	w.closed, w.free = true, nil
	return Summary{Manifest: w.manifest, Bytes: w.offset, SHA256: Hash(w.file.Sum(nil))}, nil
}

func (w *Writer) finish(exact string) {
	m := &w.manifest
	m.Exact, m.Root = exact, rootHash(m.Header.ID, w.json, m.Chunks)
	text, err := encodeManifest(m, w.json)
	if err != nil {
		w.fail(err)
		return
	}
	size := len(text) + 2*sha256.Size
	if w.write(append(appendSkippable(nil, magicManifest, size), seal(text)...)); w.err != nil {
		return
	}
	if w.write(w.file.Sum(nil)); w.err != nil {
		return
	}
	w.write(seekTable(headerFrameSize(w.json), skipHead+int64(size), m.Chunks))
}
