package archive

import (
	"bytes"
	"iter"
	"math"
	"strconv"
)

// Rows are lines in the text form that LOAD DATA reads by default: cells
// separated by tabs, NULL as \N, and a backslash before the bytes that would
// otherwise end a cell or a line or be taken for an escape.

// escapes is what follows the backslash for a byte that needs one, else 0.
var escapes = [256]byte{'\\': '\\', '\t': 't', '\n': 'n', '\r': 'r', 0: '0'}

// appendText appends a text as it stands in a cell.
func appendText[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := range len(s) {
		if e := escapes[s[i]]; e != 0 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, '\\', e)
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}

// unescape returns the byte that stands for \c, false when c makes no escape.
func unescape(c byte) (byte, bool) {
	switch c {
	case '\\':
		return '\\', true
	case 't':
		return '\t', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case '0':
		return 0, true
	}
	return 0, false
}

// Cell is one cell of a row. Integers and texts look the same; the caller knows
// its columns.
type Cell struct {
	Null bool
	Text []byte // without escapes; valid until the next row
}

// Int is the cell as an integer.
func (c Cell) Int() (int64, error) {
	if c.Null {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(string(c.Text), 10, 64)
}

// rows yields the rows of a body that scanRows found right.
func rows(body []byte, columns int) iter.Seq2[int64, []Cell] {
	return func(yield func(int64, []Cell) bool) {
		cells := make([]Cell, columns)
		var plain []byte // texts without their escapes, of one row
		for len(body) > 0 {
			line := body[:bytes.IndexByte(body, '\n')]
			body = body[len(line)+1:]
			plain = plain[:0]
			for i := range cells {
				cell := line
				if end := bytes.IndexByte(line, '\t'); end >= 0 {
					cell, line = line[:end:end], line[end+1:]
				}
				cells[i], plain = decodeCell(cell, plain)
			}
			key, _ := parseKey(cells[0].Text)
			if !yield(key, cells) {
				return
			}
		}
	}
}

// decodeCell appends the text of a cell to plain when it has escapes, and
// returns the grown plain with it.
func decodeCell(cell, plain []byte) (Cell, []byte) {
	at := bytes.IndexByte(cell, '\\')
	if at < 0 {
		return Cell{Text: cell}, plain
	}
	if string(cell) == `\N` {
		return Cell{Null: true}, plain
	}
	start := len(plain)
	for at >= 0 {
		c, _ := unescape(cell[at+1])
		plain = append(append(plain, cell[:at]...), c)
		cell = cell[at+2:]
		at = bytes.IndexByte(cell, '\\')
	}
	plain = append(plain, cell...)
	return Cell{Text: plain[start:len(plain):len(plain)]}, plain
}

// scan is what scanRows found in a body.
type scan struct {
	rows        int64
	first, last int64 // keys; of no meaning without rows
	// The rows with keys in the range asked for: their number and their place.
	in       int64
	from, to int
}

// scanRows checks every line of a body: complete, as many cells as columns, no
// escape but ours, a canonical integer first, keys that do not descend.
func scanRows(body []byte, columns int, from, to int64) (scan, error) {
	s := scan{last: math.MinInt64}
	for at := 0; at < len(body); {
		end := bytes.IndexByte(body[at:], '\n')
		if end < 0 {
			return s, corrupt("row %d does not end", s.rows+1)
		}
		line := body[at : at+end]
		key, ok := parseKey(firstCell(line))
		switch {
		case !ok:
			return s, corrupt("row %d has no key", s.rows+1)
		case key < s.last:
			return s, corrupt("row %d: key %d after %d", s.rows+1, key, s.last)
		case bytes.Count(line, []byte{'\t'}) != columns-1:
			return s, corrupt("row %d has not %d cells", s.rows+1, columns)
		case !escapesOK(line):
			return s, corrupt("row %d has an unknown escape", s.rows+1)
		}
		if s.rows == 0 {
			s.first = key
		}
		s.rows, s.last = s.rows+1, key
		if key < from {
			s.from, s.to = at+end+1, at+end+1
		} else if key <= to {
			s.in, s.to = s.in+1, at+end+1
		}
		at += end + 1
	}
	return s, nil
}

func firstCell(line []byte) []byte {
	if end := bytes.IndexByte(line, '\t'); end >= 0 {
		return line[:end]
	}
	return line
}

// escapesOK says whether every backslash in a line starts an escape that
// appendText makes, or is a whole cell \N.
func escapesOK(line []byte) bool {
	for at := bytes.IndexByte(line, '\\'); at >= 0; {
		if at+1 == len(line) {
			return false
		}
		if line[at+1] == 'N' {
			if at > 0 && line[at-1] != '\t' || at+2 < len(line) && line[at+2] != '\t' {
				return false
			}
		} else if _, ok := unescape(line[at+1]); !ok {
			return false
		}
		next := bytes.IndexByte(line[at+2:], '\\')
		if next < 0 {
			return true
		}
		at += 2 + next
	}
	return true
}

// parseKey reads an integer in the one form that strconv.AppendInt gives it.
func parseKey(b []byte) (int64, bool) {
	digits := b
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(b) > 1 {
		return 0, false
	}
	var n uint64 // 19 digits fit
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if negative {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n <= math.MaxInt64
}
