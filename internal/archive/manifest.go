package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// Hash is a SHA-256. It reads and prints as 64 hexadecimal digits.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; upper-case digits are
// refused, so that a hash has one form.
func (h *Hash) UnmarshalText(b []byte) error {
	if _, err := hex.Decode(h[:], b[:min(len(b), 2*len(h))]); err != nil {
		return err
	}
	if h.String() != string(b) {
		return fmt.Errorf("%q is no SHA-256", b)
	}
	return nil
}

// ChunkInfo is what the manifest says of a chunk.
type ChunkInfo struct {
	Index   int    `json:"-"` // position in the file, from 0
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`  // at least 1
	First   int64  `json:"first"` // key of the first row
	Last    int64  `json:"last"`  // key of the last row
	Offset  int64  `json:"offset"`
	Size    int64  `json:"size"`     // bytes of the frame in the file
	RawSize int64  `json:"raw_size"` // bytes decompressed, the first line included
	// Raw is the SHA-256 of the decompressed bytes: table, columns and rows and
	// nothing else, so equal chunks of two files have equal hashes.
	Raw Hash `json:"raw"`
	// Frame is the SHA-256 of the frame as stored. Some flipped bits in a frame
	// decompress to the same bytes.
	Frame Hash `json:"frame"`
}

// TableInfo is what the manifest says of a table.
type TableInfo struct {
	Name    string `json:"table"`
	Rows    int64  `json:"rows"`
	Chunks  int    `json:"chunks"`
	RawSize int64  `json:"raw_size"`
}

// Manifest lists what is in a file. Its JSON is complete in itself: it repeats
// the header.
type Manifest struct {
	Header  Header      `json:"header"`
	Tables  []TableInfo `json:"tables"` // as in the header
	Chunks  []ChunkInfo `json:"chunks"` // in the order of the file
	Rows    int64       `json:"rows"`
	RawSize int64       `json:"raw_size"`
	Exact   string      `json:"exact"` // what the caller gave to Writer.Close
	Root    Hash        `json:"root"`
}

// rootHash binds id, header and chunks together, so that none can be exchanged,
// moved or left out. It is the SHA-256 of lines of text, which a script can make
// from the manifest.
func rootHash(id string, header []byte, chunks []ChunkInfo) Hash {
	h := sha256.New()
	fmt.Fprintf(h, "%s root 1\n%s\n%x\n", magicText, id, sha256.Sum256(header))
	var line []byte
	for i := range chunks {
		c := &chunks[i]
		line = strconv.AppendInt(line[:0], int64(i), 10)
		line = append(append(append(line, '\t'), c.Table...), '\t')
		line = append(hex.AppendEncode(line, c.Raw[:]), '\t')
		line = append(hex.AppendEncode(line, c.Frame[:]), '\n')
		h.Write(line)
	}
	return Hash(h.Sum(nil))
}

// encodeManifest returns the manifest's JSON; header is that of the file, byte
// for byte.
func encodeManifest(m *Manifest, header []byte) ([]byte, error) {
	b, err := encodeJSON(struct {
		Header  json.RawMessage `json:"header"`
		Tables  []TableInfo     `json:"tables"`
		Chunks  []ChunkInfo     `json:"chunks"`
		Rows    int64           `json:"rows"`
		RawSize int64           `json:"raw_size"`
		Exact   string          `json:"exact"`
		Root    Hash            `json:"root"`
	}{header, m.Tables, m.Chunks, m.Rows, m.RawSize, m.Exact, m.Root})
	if err != nil {
		return nil, fmt.Errorf("snapshot manifest: %w", err)
	}
	if len(b) > maxManifestBytes {
		return nil, fmt.Errorf("snapshot manifest: %d bytes are more than %d", len(b), maxManifestBytes)
	}
	return b, nil
}

// decodeManifest reads the manifest's JSON element by element, so that a list
// with more elements than allowed is refused before it takes memory. It returns
// the header's bytes too. What the manifest says is not checked yet.
func decodeManifest(b []byte) (*Manifest, []byte, error) {
	m := new(Manifest)
	var header json.RawMessage
	d := json.NewDecoder(bytes.NewReader(b))
	if err := expect(d, json.Delim('{')); err != nil {
		return nil, nil, err
	}
	seen := make(map[string]bool)
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, corrupt("manifest: %v", err)
		}
		key, _ := name.(string)
		if seen[key] || len(seen) > 64 || len(seen) == 0 && key != "header" {
			return nil, nil, corrupt("manifest: %q stands twice, or out of place, or there are too many fields", key)
		}
		seen[key] = true
		if err := m.decodeField(d, key, &header); err != nil {
			return nil, nil, err
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return nil, nil, err
	}
	if d.InputOffset() != int64(len(b)) {
		return nil, nil, corrupt("manifest: more after its end")
	}
	var err error
	if m.Header, err = decodeHeader(header); err != nil {
		return nil, nil, err
	}
	return m, header, nil
}

func (m *Manifest) decodeField(d *json.Decoder, key string, header *json.RawMessage) (err error) {
	switch key {
	case "header":
		err = d.Decode(header)
	case "tables":
		m.Tables, err = decodeList[TableInfo](d, MaxTables)
	case "chunks":
		m.Chunks, err = decodeList[ChunkInfo](d, MaxChunks)
	case "rows":
		err = d.Decode(&m.Rows)
	case "raw_size":
		err = d.Decode(&m.RawSize)
	case "exact":
		err = d.Decode(&m.Exact)
	case "root":
		err = d.Decode(&m.Root)
	default: // a format may gain optional fields
		err = d.Decode(new(json.RawMessage))
	}
	if err != nil {
		return corrupt("manifest: %s: %v", key, err)
	}
	return nil
}

func decodeList[T any](d *json.Decoder, limit int) ([]T, error) {
	if err := expect(d, json.Delim('[')); err != nil {
		return nil, err
	}
	var list []T
	for d.More() {
		if len(list) == limit {
			return nil, fmt.Errorf("more than %d elements", limit)
		}
		var v T
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, expect(d, json.Delim(']'))
}

func expect(d *json.Decoder, want json.Delim) error {
	if t, err := d.Token(); err != nil || t != want {
		return corrupt("manifest: %v instead of %v (%v)", t, want, err)
	}
	return nil
}

// check holds the manifest against itself and against the header's bytes, and
// numbers the chunks. headerFrame is where the first chunk must start.
func (m *Manifest) check(header []byte, headerFrame int64) error {
	if len(m.Tables) != len(m.Header.Tables) {
		return corrupt("manifest: %d tables, and %d in the header", len(m.Tables), len(m.Header.Tables))
	}
	at, next := headerFrame, 0
	var rows, raw int64
	for i := range m.Tables {
		t, want := &m.Tables[i], TableInfo{Name: m.Header.Tables[i].Name}
		for next < len(m.Chunks) && m.Chunks[next].Table == want.Name {
			c := &m.Chunks[next]
			c.Index, c.Table = next, want.Name // one string for all
			if err := c.check(at); err != nil {
				return err
			}
			if want.Chunks > 0 && c.First < m.Chunks[next-1].Last {
				return corrupt("manifest: chunk %d: key %d after %d", next, c.First, m.Chunks[next-1].Last)
			}
			want.Rows, want.RawSize, want.Chunks = want.Rows+c.Rows, want.RawSize+c.RawSize, want.Chunks+1
			at, next = at+c.Size, next+1
		}
		if *t != want {
			return corrupt("manifest: table %s is %+v, and its chunks make %+v", want.Name, *t, want)
		}
		rows, raw = rows+want.Rows, raw+want.RawSize
	}
	switch {
	case next != len(m.Chunks):
		return corrupt("manifest: chunk %d of table %q out of order", next, m.Chunks[next].Table)
	case m.Rows != rows || m.RawSize != raw:
		return corrupt("manifest: %d rows in %d bytes, and the tables make %d in %d", m.Rows, m.RawSize, rows, raw)
	case m.Root != rootHash(m.Header.ID, header, m.Chunks):
		return corrupt("manifest: wrong root hash")
	}
	return nil
}

// check bounds the sizes before anything is read or added up by them.
func (c *ChunkInfo) check(at int64) error {
	switch {
	case c.Offset != at:
		return corrupt("manifest: chunk %d at byte %d, not %d", c.Index, at, c.Offset)
	case c.RawSize < 1 || c.RawSize > MaxChunkBytes || c.Size < 1 || c.Size > maxFrameBytes(c.RawSize):
		return corrupt("manifest: chunk %d has %d bytes for %d", c.Index, c.Size, c.RawSize)
	case c.Rows < 1 || c.Rows > c.RawSize/2 || c.First > c.Last: // a row is a digit and a line feed at least
		return corrupt("manifest: chunk %d has %d rows, keys %d to %d", c.Index, c.Rows, c.First, c.Last)
	}
	return nil
}

// headerFrameSize is how long the header's frame is.
func headerFrameSize(header []byte) int64 { return skipHead + int64(len(header)) + sha256.Size }

// seal appends its hash to the JSON of header or manifest: by it Open knows that
// they are as they were written without reading the whole file, and Salvage
// which of them is whole.
func seal(text []byte) []byte {
	sum := sha256.Sum256(text)
	return append(text, sum[:]...)
}

// unseal returns the JSON before its hash.
func unseal(b []byte) ([]byte, error) {
	n := len(b) - sha256.Size
	if n < 0 || sha256.Sum256(b[:n]) != Hash(b[n:]) {
		return nil, corrupt("header or manifest has another hash than it states")
	}
	return b[:n], nil
}
