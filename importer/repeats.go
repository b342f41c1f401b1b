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
type repeats struct {
	once, twice []uint64 // bits
	shift       uint
	columns     [3]int // of the sheet, -1 for none
}

// Bounds of the number of bits, which is taken from the size of the file.
const (
	leastRepeatBits = 16
	mostRepeatBits  = 25 // two times 4 MiB
)

func newRepeats(size int64, m *table.Mapping) *repeats {
	n := min(max(bits.Len64(uint64(4*size)), leastRepeatBits), mostRepeatBits)
	r := &repeats{once: make([]uint64, 1<<n/64), twice: make([]uint64, 1<<n/64), shift: uint(64 - n)}
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
		n := keyPrint(k, row.Cells[column].Value) >> r.shift
		word, bit := n/64, uint64(1)<<(n%64)
		r.twice[word] |= r.once[word] & bit
		r.once[word] |= bit
	}
}

// stands reports whether some row may have the key.
func (r *repeats) stands(k int, value string) bool { return r.has(r.once, k, value) }

// repeated reports whether several rows may have it.
func (r *repeats) repeated(k int, value string) bool { return r.has(r.twice, k, value) }

func (r *repeats) has(set []uint64, k int, value string) bool {
	n := keyPrint(k, value) >> r.shift
	return set[n/64]&(1<<(n%64)) != 0
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

// mixed spreads a hash over its upper bits, which are the ones that are used.
func mixed(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
