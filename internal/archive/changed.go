package archive

import (
	"cmp"
	"slices"
)

// Span is a range of keys, both ends included.
type Span struct{ From, To int64 }

// Changed returns, in order, ranges of keys outside of which a table has the
// same rows in two files; none when all of it is the same. What lies in them may
// be the same too: read both with Reader.Table and compare. Only the hashes of
// the chunks are looked at, so it costs nothing; it finds chunks equal when the
// table has the same columns and Shift in both files.
//
// A table that one file does not have counts as one without rows.
func Changed(a, b Manifest, table string) []Span {
	inA, inB := chunksOf(a, table), chunksOf(b, table)
	spans := append(unmatched(inA, inB), unmatched(inB, inA)...)
	slices.SortFunc(spans, func(x, y Span) int { return cmp.Compare(x.From, y.From) })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
		} else {
			out = append(out, s)
		}
	}
	return out
}

func chunksOf(m Manifest, table string) []ChunkInfo {
	var out []ChunkInfo
	for i := range m.Chunks {
		if m.Chunks[i].Table == table {
			out = append(out, m.Chunks[i])
		}
	}
	return out
}

// unmatched returns the ranges of the chunks that have no equal in other. Equal
// chunks are counted: rows may repeat, and with them chunks.
func unmatched(chunks, other []ChunkInfo) []Span {
	equal := make(map[Hash]int, len(other))
	for i := range other {
		equal[other[i].Raw]++
	}
	var out []Span
	for i := range chunks {
		if c := &chunks[i]; equal[c.Raw] > 0 {
			equal[c.Raw]--
		} else {
			out = append(out, Span{c.First, c.Last})
		}
	}
	return out
}
