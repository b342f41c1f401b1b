package crm

import (
	"strings"
	"unicode"
)

// Fold reduces a name to what people see of it when they do not look closely:
// without case, without the difference between full and half width, without
// spaces and invisible characters. Two names that differ but fold alike are
// near duplicates. Folding is for warnings and suggestions, never for keys.
func Fold(name string) string {
	return strings.Map(foldRune, name)
}

func foldRune(r rune) rune {
	switch {
	case '！' <= r && r <= '～':
		r -= '！' - '!'
	case '\u200b' <= r && r <= '\u200f', r == '\u2060', r == '\ufeff':
		return -1
	case unicode.IsSpace(r):
		return -1
	}
	// Upper first: it brings together letters such as ſ and s, K and k.
	return unicode.ToLower(unicode.ToUpper(r))
}

// IsNearDuplicate reports whether a and b are different names that look the same:
// they differ only by case, width or spaces.
func IsNearDuplicate(a, b string) bool {
	return a != b && Fold(a) == Fold(b)
}

// Nearest returns the candidate that was most likely meant by name: one that
// folds alike, else the one with the fewest typing errors if these are few for
// its length. Among equals the first wins. It returns false when nothing is
// near enough to be worth suggesting.
func Nearest(name string, candidates []string) (string, bool) {
	want := []rune(Fold(name))
	if len(want) == 0 {
		return "", false
	}
	best, bestErrors := "", 0
	var m editMatrix
	for _, c := range candidates {
		have := []rune(Fold(c))
		limit := tolerated(max(len(want), len(have)))
		if best != "" {
			limit = min(limit, bestErrors-1)
		}
		if errors, ok := m.distance(want, have, limit); ok {
			best, bestErrors = c, errors
			if errors == 0 {
				break
			}
		}
	}
	return best, best != ""
}

// tolerated is how many typing errors a name of n characters may have and still
// be recognised. Chinese names are short: one wrong character of two is common
// (意向, 意象), of one it would suggest anything.
func tolerated(n int) int {
	if n < 2 {
		return 0
	}
	return max(1, n/3)
}

// editMatrix holds the three rows of the distance computation between calls.
type editMatrix [3][]int

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b, and gives up with false above limit.
func (m *editMatrix) distance(a, b []rune, limit int) (int, bool) {
	if limit < 0 || len(a)-len(b) > limit || len(b)-len(a) > limit {
		return 0, false
	}
	for i := range m {
		if cap(m[i]) < len(b)+1 {
			m[i] = make([]int, len(b)+1)
		}
		m[i] = m[i][:len(b)+1]
	}
	before, last, row := m[0], m[1], m[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j], row[j-1]) + 1
			if a[i-1] == b[j-1] {
				row[j] = min(row[j], last[j-1])
			} else {
				row[j] = min(row[j], last[j-1]+1)
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		// A swap reaches two rows back, but never makes a row cheaper than the
		// one above it, so a row that is over the limit ends the search.
		if least > limit {
			return 0, false
		}
		before, last, row = last, row, before
	}
	return last[len(b)], last[len(b)] <= limit
}
