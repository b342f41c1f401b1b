package report

import (
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
)

// mostRanges is how many ranges of rows are kept for one code.
const mostRanges = 20

// ranges is a set of row numbers as ranges in ascending order, the first
// mostRanges of them. Rows mostly come in order, but need not.
type ranges struct {
	list []span
	more bool // some rows are not in list
}

type span struct{ first, last int }

// add puts row into the set.
func (r *ranges) add(row int) {
	i, found := slices.BinarySearchFunc(r.list, row, func(s span, row int) int {
		switch {
		case s.last+1 < row:
			return -1
		case s.first-1 > row:
			return 1
		}
		return 0
	})
	if found {
		r.widen(i, row)
		return
	}
	if i == mostRanges {
		r.more = true
		return
	}
	r.list = slices.Insert(r.list, i, span{row, row})
	if len(r.list) > mostRanges {
		r.list = r.list[:mostRanges]
		r.more = true
	}
}

// widen makes range i hold row, which touches it, and joins it with the next
// one when the gap between them is closed.
func (r *ranges) widen(i, row int) {
	s := &r.list[i]
	s.first, s.last = min(s.first, row), max(s.last, row)
	if i+1 < len(r.list) && r.list[i+1].first <= s.last+1 {
		s.last = max(s.last, r.list[i+1].last)
		r.list = slices.Delete(r.list, i+1, i+2)
	}
}

// text is the set as people write it: 5、9–12、….
func (r *ranges) text(lang crm.Lang) string {
	var parts []string
	for _, s := range r.list {
		part := strconv.Itoa(s.first)
		if s.last > s.first {
			part += "–" + strconv.Itoa(s.last)
		}
		parts = append(parts, part)
	}
	if r.more {
		parts = append(parts, "…")
	}
	return strings.Join(parts, lang.Pick("、", ", "))
}
