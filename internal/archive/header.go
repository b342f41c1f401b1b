package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format is the format that is written, and the newest that is read.
const Format = 1

// Limits of a file. Writer keeps them; a file that breaks one is refused.
const (
	MaxChunkBytes = 16 << 20 // of a chunk, decompressed; a row must fit into one
	MaxChunks     = 1 << 16
	MaxTables     = 1024
	MaxColumns    = 1024 // of a table

	maxName          = 64 // bytes of a table or column name
	maxID            = 128
	maxHeaderBytes   = 1 << 20  // of the header's JSON
	maxManifestBytes = 24 << 20 // of the manifest's JSON; MaxChunks of the longest entries fit
)

const magicText = "tagkeep-snapshot"

// headerPrefix is how the JSON of every header starts, whatever its format.
const headerPrefix = `{"magic":"` + magicText + `",`

// Header describes a file. It is the first thing in it, and its bytes are bound
// into the root hash. The package looks at Format, ID and Tables only.
type Header struct {
	Format   int     `json:"format"` // NewWriter fills it in
	Schema   int     `json:"schema"`
	ID       string  `json:"id"` // of the snapshot: 1 to 128 bytes, no control characters
	Sequence int64   `json:"sequence"`
	Created  int64   `json:"created"` // epoch milliseconds, UTC
	Reason   string  `json:"reason"`
	Scope    string  `json:"scope"`
	Label    string  `json:"label"`
	Database string  `json:"database"`
	Company  string  `json:"company"`
	Tables   []Table `json:"tables"`
}

// Table is one table. Names are 1 to 64 ASCII letters, digits and underscores.
//
// The first column is the key: an integer by which the rows ascend. Rows may
// share a key, as those of a table with a composite primary key do. A table
// without such a column is written with a number in front.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	// Shift is k of the ranges key / 2^k at which chunks end, 0 to 63. ShiftFor
	// finds it. Two files whose tables have the same Shift share the hashes of
	// the chunks that are equal; 63 leaves it to the size alone.
	Shift int `json:"shift"`
}

// ShiftFor returns the Shift with which a range of keys makes about 1 MiB, given
// how many bytes of text the rows of one key have.
func ShiftFor(bytesPerKey int) int {
	keys := rangeBytes / max(bytesPerKey, 1)
	return max(bits.Len(uint(keys))-1, 0)
}

// line is the first line of each chunk of the table.
func (t *Table) line() []byte {
	return []byte("#" + t.Name + "\t" + strings.Join(t.Columns, "\t") + "\n")
}

// encode returns the header's JSON.
func (h *Header) encode() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("snapshot header: %w", err)
	}
	for _, s := range []string{h.Reason, h.Scope, h.Label, h.Database, h.Company} {
		if !utf8.ValidString(s) { // JSON would replace what is not
			return nil, fmt.Errorf("snapshot header: %q is not valid UTF-8", s)
		}
	}
	b, err := encodeJSON(struct {
		Magic string `json:"magic"`
		*Header
	}{magicText, h})
	if err != nil {
		return nil, fmt.Errorf("snapshot header: %w", err)
	}
	if len(b) > maxHeaderBytes {
		return nil, fmt.Errorf("snapshot header: %d bytes are more than %d", len(b), maxHeaderBytes)
	}
	return b, nil
}

// decodeHeader reads the header's JSON, whose hash was checked. Fields that it
// does not know are left alone: a format may gain optional ones.
func decodeHeader(b []byte) (Header, error) {
	var h Header
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return h, corrupt("header: %v", err)
	}
	if version.Format > Format {
		return h, fmt.Errorf("%w: format %d, and the newest that is read is %d", ErrVersion, version.Format, Format)
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return h, corrupt("header: %v", err)
	}
	if err := h.check(); err != nil {
		return h, corrupt("header: %v", err)
	}
	return h, nil
}

// check asks for what the package relies on.
func (h *Header) check() error {
	if h.Format < 1 || h.Format > Format {
		return fmt.Errorf("format %d", h.Format)
	}
	if len(h.ID) == 0 || len(h.ID) > maxID || !utf8.ValidString(h.ID) || strings.ContainsFunc(h.ID, unicode.IsControl) {
		return fmt.Errorf("bad snapshot id %q", h.ID)
	}
	if len(h.Tables) > MaxTables {
		return fmt.Errorf("%d tables are more than %d", len(h.Tables), MaxTables)
	}
	seen := make(map[string]bool, len(h.Tables))
	for i := range h.Tables {
		t := &h.Tables[i]
		if err := t.check(); err != nil {
			return err
		}
		if seen[t.Name] {
			return fmt.Errorf("table %s stands twice", t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

func (t *Table) check() error {
	if !isName(t.Name) {
		return fmt.Errorf("bad table name %q", t.Name)
	}
	if len(t.Columns) == 0 || len(t.Columns) > MaxColumns {
		return fmt.Errorf("table %s has %d columns", t.Name, len(t.Columns))
	}
	for i, c := range t.Columns {
		if !isName(c) || slices.Contains(t.Columns[:i], c) {
			return fmt.Errorf("table %s: bad or second column %q", t.Name, c)
		}
	}
	if t.Shift < 0 || t.Shift > 63 {
		return fmt.Errorf("table %s: shift %d", t.Name, t.Shift)
	}
	return nil
}

// table returns the position of a table, -1 when there is none of that name.
func (h *Header) table(name string) int {
	return slices.IndexFunc(h.Tables, func(t Table) bool { return t.Name == name })
}

func isName(s string) bool {
	return len(s) > 0 && len(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// encodeJSON is json.Marshal without the escapes that only HTML needs: the file
// is read by people too.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
