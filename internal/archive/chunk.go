package archive

import (
	"bytes"
	"crypto/sha256"
	"iter"
	"math"

	"github.com/klauspost/compress/zstd"
)

// Chunk is one chunk, or the part of it that lies in a range of keys. All of it
// was checked before it was handed out.
type Chunk struct {
	info  ChunkInfo
	table *Table
	frame []byte
	raw   []byte
	body  []byte
	rows  int64
}

// Info is what the manifest says of the whole chunk.
func (c *Chunk) Info() ChunkInfo { return c.info }

// Table is the table that the rows are of. It must not be changed.
func (c *Chunk) Table() *Table { return c.table }

// Len is the number of rows.
func (c *Chunk) Len() int64 { return c.rows }

// Body is the rows as text, without the first line that names the columns: what
// LOAD DATA reads by default. It must not be changed.
func (c *Chunk) Body() []byte { return c.body }

// Rows yields each row's key and cells. The cells are valid until the next row.
func (c *Chunk) Rows() iter.Seq2[int64, []Cell] { return rows(c.body, len(c.table.Columns)) }

// keyRange is a range of keys, both ends included.
type keyRange struct{ from, to int64 }

var allKeys = keyRange{math.MinInt64, math.MaxInt64}

// holds says whether a chunk may have rows in the range.
func (k keyRange) holds(c *ChunkInfo) bool { return c.Last >= k.from && c.First <= k.to }

// load makes the chunk from its frame, as read from the file. Nothing is
// decompressed before the frame is known to be the one that the manifest lists.
// raw is memory that may be used.
func (c *Chunk) load(dec *zstd.Decoder, keys keyRange, raw []byte) error {
	if sha256.Sum256(c.frame) != c.info.Frame {
		return corrupt("the frame has another hash than in the manifest")
	}
	var err error
	if c.raw, err = decompress(dec, c.frame, sized(raw, c.info.RawSize), c.info.RawSize); err != nil {
		return err
	}
	if sha256.Sum256(c.raw) != c.info.Raw {
		return corrupt("the rows have another hash than in the manifest")
	}
	found, err := c.scan(keys)
	if err != nil {
		return err
	}
	if found.rows != c.info.Rows || found.first != c.info.First || found.last != c.info.Last {
		return corrupt("%d rows with keys %d to %d, and the manifest has %d, %d to %d",
			found.rows, found.first, found.last, c.info.Rows, c.info.First, c.info.Last)
	}
	return nil
}

// scan checks the decompressed bytes and cuts the body to the range.
func (c *Chunk) scan(keys keyRange) (scan, error) {
	body, ok := bytes.CutPrefix(c.raw, c.table.line())
	if !ok {
		return scan{}, corrupt("the first line does not name table %s and its columns", c.table.Name)
	}
	found, err := scanRows(body, len(c.table.Columns), keys.from, keys.to)
	if err != nil {
		return found, err
	}
	c.body, c.rows = body[found.from:found.to], found.in
	return found, nil
}

// sized returns memory for n bytes, b if that is large enough.
func sized(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}
