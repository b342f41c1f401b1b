package sheet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// CSVFormat is how a CSV file is written.
type CSVFormat struct {
	Encoding  string // as in Options.Encoding; "" is utf-8
	Delimiter rune   // 0 is a comma
	BOM       bool   // start with a byte order mark, where the encoding has one
	CRLF      bool   // end records with CR LF instead of LF
}

// CSVWriter writes CSV files that Open reads back cell by cell. Nothing is
// guarded: callers that write for a spreadsheet program put cells through Guard.
// Two things do not come back: rows that are blank and blank cells at the end of
// a row; and a cell of more than MaxCellChars characters or 256 line breaks
// comes back as a fault. Not for concurrent use.
type CSVWriter struct {
	w      io.Writer
	format CSVFormat
	delim  string
	enc    *encoding.Encoder // nil for the Unicode encodings
	record []byte            // UTF-8
	out    []byte            // encoded, not yet written
	start  bool              // nothing was written so far
	err    error
}

// NewCSVWriter writes to w, which is neither flushed nor closed by it. It fails
// for an unknown encoding, and for a delimiter that has another meaning or is
// not in the encoding.
func NewCSVWriter(w io.Writer, format CSVFormat) (*CSVWriter, error) {
	enc, err := canonicalEncoding(format.Encoding)
	if err != nil {
		return nil, fmt.Errorf("write csv: %w", err)
	}
	if enc == "" {
		enc = encUTF8
	}
	if format.Delimiter == 0 {
		format.Delimiter = ','
	}
	if !validDelimiter(format.Delimiter) {
		return nil, fmt.Errorf("write csv: %q cannot be a delimiter", format.Delimiter)
	}
	format.Encoding = enc
	c := &CSVWriter{w: w, format: format, delim: string(format.Delimiter), start: true}
	if table := legacyEncoding(enc); table != nil {
		c.enc = table.NewEncoder()
	}
	if _, err := c.encode(nil, []byte(c.delim)); err != nil {
		return nil, fmt.Errorf("write csv: delimiter: %w", err)
	}
	return c, nil
}

// Write writes one record. A cell is quoted when it must be, when it has space
// at either end, and when it is empty and the only one. It fails for a cell that
// is not UTF-8 and for a character that the encoding cannot hold, which the
// error names. After any error every later call returns the same.
func (c *CSVWriter) Write(cells []string) error {
	return c.write(cells, func(i int, cell string) bool { return c.mustQuote(cell, len(cells)) })
}

// WriteRaw writes one record without quoting any cell: the cells of a row that
// was refused for its quotes (UnterminatedQuote, StrayQuote), as Rows gave them,
// so that it is refused for the same reason when it is read again.
func (c *CSVWriter) WriteRaw(cells []string) error {
	return c.write(cells, func(int, string) bool { return false })
}

func (c *CSVWriter) write(cells []string, quote func(i int, cell string) bool) error {
	if c.err != nil {
		return c.err
	}
	c.record = c.record[:0]
	for i, cell := range cells {
		if i > 0 {
			c.record = append(c.record, c.delim...)
		}
		if quote(i, cell) {
			c.record = appendQuoted(c.record, cell)
		} else {
			c.record = append(c.record, cell...)
		}
	}
	if c.format.CRLF {
		c.record = append(c.record, '\r')
	}
	c.record = append(c.record, '\n')
	if c.start {
		c.begin(cells)
	}
	if c.err == nil {
		c.out, c.err = c.encode(c.out, c.record)
	}
	const flushBytes = 64 << 10
	if c.err == nil && len(c.out) >= flushBytes {
		return c.Flush()
	}
	return c.err
}

// begin writes the byte order mark. The first cell is quoted where it would
// make the file look like one of another format or encoding.
func (c *CSVWriter) begin(cells []string) {
	c.start = false
	head, err := c.encode(nil, c.record)
	if err != nil {
		c.err = err
		return
	}
	if c.format.BOM {
		c.out = append(c.out, byteOrderMark(c.format.Encoding)...)
	}
	if len(cells) == 0 || c.record[0] == '"' {
		return
	}
	if sniff(head).kind != plainText || sniff(c.record).kind != plainText || bomEncoding(head) != "" {
		rest := c.record[len(cells[0]):]
		c.record = append(appendQuoted(nil, cells[0]), rest...)
	}
}

// Flush writes what is buffered.
func (c *CSVWriter) Flush() error {
	if c.err != nil || len(c.out) == 0 {
		return c.err
	}
	if _, err := c.w.Write(c.out); err != nil {
		c.err = fmt.Errorf("write csv: %w", err)
	}
	c.out = c.out[:0]
	return c.err
}

func (c *CSVWriter) mustQuote(cell string, cells int) bool {
	if cell == "" {
		return cells == 1
	}
	// Most cells are words; this is all that they need.
	if strings.Contains(cell, c.delim) || strings.ContainsAny(cell, "\"\r\n") {
		return true
	}
	first, _ := utf8.DecodeRuneInString(cell)
	last, _ := utf8.DecodeLastRuneInString(cell)
	if unicode.IsSpace(first) || unicode.IsSpace(last) || first == '\uFEFF' {
		return true
	}
	return len(cell) >= 4 && strings.EqualFold(cell[:4], "sep=")
}

func appendQuoted(dst []byte, cell string) []byte {
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(cell, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, cell[:i]...), `""`...)
		cell = cell[i+1:]
	}
	return append(append(dst, cell...), '"')
}

// encode appends the UTF-8 text to dst in the file's encoding.
func (c *CSVWriter) encode(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, fmt.Errorf("write csv: %q is not utf-8", firstInvalid(text))
	}
	switch c.format.Encoding {
	case encUTF8:
		return append(dst, text...), nil
	case encUTF16LE:
		return appendUTF16(dst, text, binary.LittleEndian), nil
	case encUTF16BE:
		return appendUTF16(dst, text, binary.BigEndian), nil
	case encGB18030:
		return encodeGB18030(dst, text, c.enc)
	}
	return transformTo(dst, text, c.enc, c.format.Encoding)
}

// transformTo appends text, encoded by a code table, to dst.
func transformTo(dst, text []byte, table transform.Transformer, enc string) ([]byte, error) {
	from := len(dst)
	dst = slices.Grow(dst, 4*len(text)) // gb18030 has up to four bytes for two of UTF-8
	n, used, err := table.Transform(dst[from:cap(dst)], text, true)
	if err != nil {
		return dst[:from], notIn(text[used:], enc)
	}
	return dst[:from+n], nil
}

// firstInvalid is the first of the text that is not UTF-8, and what follows.
func firstInvalid(text []byte) []byte {
	i := bytes.IndexFunc(text, func(r rune) bool { return r == utf8.RuneError })
	return text[i:min(i+8, len(text))]
}

func appendUTF16(dst, text []byte, order binary.AppendByteOrder) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		if r <= 0xFFFF {
			dst = order.AppendUint16(dst, uint16(r))
			continue
		}
		high, low := utf16.EncodeRune(r)
		dst = order.AppendUint16(order.AppendUint16(dst, uint16(high)), uint16(low))
	}
	return dst
}
