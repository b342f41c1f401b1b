package importer

import (
	"math/bits"

	"golang.org/x/text/unicode/norm"

	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// repeats tells which keys of customers may stand in several rows of the file.
// The first reading fills it. Its memory is bounded: it may take a key that
// stands once for one that is repeated, never the other way round, so that the
// import has to remember little more than the rows that do meet each other.
//
// It is two Bloom filters, for the keys that stand in the file and for those
// that were in the first filter already, with the bits of a key in one line of
// the processor's cache.
type repeats struct {
	lines   []repeatLine
	shift   uint
	columns [3]int // of the sheet, -1 for none
}

// repeatLine holds the bits of some keys.
type repeatLine struct{ once, twice [repeatWords]uint64 }

const (
	repeatWords = 4 // 256 bits in either filter
	repeatBits  = 3 // of a key
)

// Bounds of the number of lines, as powers of two. It is taken from the size of
// the file: a line for 128 bytes.
const (
	leastRepeatLines = 4
	mostRepeatLines  = 17 // 8 MiB
)

func newRepeats(size int64, m *table.Mapping) *repeats {
	n := min(max(bits.Len64(uint64(size)/128), leastRepeatLines), mostRepeatLines)
	r := &repeats{lines: make([]repeatLine, 1<<n), shift: uint(64 - n)}
	for k, field := range keyColumns {
		r.columns[k] = m.Column(field)
	}
	if r.columns[2] < 0 {
		r.columns[2] = m.Column(table.CustPhones) // may count as 手机号
	}
	return r
}

// add counts the keys of a row as the sheet has it.
func (r *repeats) add(row *sheet.Row) {
	for k, column := range r.columns {
		if column < 0 || column >= len(row.Cells) || row.Cells[column].Kind == sheet.Blank {
			continue
		}
		h := keyPrint(k, row.Cells[column].Value)
		line := &r.lines[h>>r.shift]
		if holds(&line.once, h) {
			set(&line.twice, h)
		} else {
			set(&line.once, h)
		}
	}
}

// stands reports whether some row may have the key.
func (r *repeats) stands(k int, value string) bool {
	h := keyPrint(k, value)
	return holds(&r.lines[h>>r.shift].once, h)
}

// repeated reports whether several rows may have it.
func (r *repeats) repeated(k int, value string) bool {
	h := keyPrint(k, value)
	return holds(&r.lines[h>>r.shift].twice, h)
}

// The bits of a key are the last bytes of its hash; the first ones say which
// line.
func holds(words *[repeatWords]uint64, h uint64) bool {
	for range repeatBits {
		if words[h>>6%repeatWords]&(1<<(h%64)) == 0 {
			return false
		}
		h >>= 8
	}
	return true
}

func set(words *[repeatWords]uint64, h uint64) {
	for range repeatBits {
		words[h>>6%repeatWords] |= 1 << (h % 64)
		h >>= 8
	}
}

// keyPrint is a hash of key k that is the same for a cell and for the value
// that package table makes of it: of ids it takes the ASCII letters and digits,
// of phone numbers the last eleven digits, before which 86 and zeros may stand.
func keyPrint(k int, cell string) uint64 {
	if k == 2 {
		return phonePrint(cell)
	}
	const start, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(start) + uint64(k)
	cell = normal(cell, norm.NFC)
	for i := range len(cell) {
		if b := cell[i]; b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' {
			h = (h ^ uint64(b)) * prime
		}
	}
	return mixed(h)
}

func phonePrint(cell string) uint64 {
	const modulus = 100_000_000_000
	var n uint64
	cell = normal(cell, norm.NFKC)
	for i := range len(cell) {
		if b := cell[i]; b >= '0' && b <= '9' {
			n = (n*10 + uint64(b-'0')) % modulus
		}
	}
	return mixed(n)
}

// normal is s in the Unicode form, which ASCII text has already.
func normal(s string, form norm.Form) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return form.String(s)
		}
	}
	return s
}

// mixed spreads a hash over all its bits.
func mixed(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
