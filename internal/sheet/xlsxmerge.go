package sheet

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
)

// Limits of merged cells.
const (
	maxMerges      = 1 << 21
	maxAnchorBytes = 16 << 20 // of the values that ranges still to be filled have
)

// mergedRange is a merged range; all ends are inclusive, rows from 1, columns
// from 0.
type mergedRange struct {
	row, lastRow       int32
	column, lastColumn int16
}

// mergedRanges are the merged ranges of a sheet, found by row.
type mergedRanges struct {
	ranges []mergedRange // by first row
	// last is a segment tree of the last rows of ranges: last[1] is the
	// greatest of all, last[i] that of last[2i] and last[2i+1]. The leaves
	// begin at half.
	last []int32
	half int
}

func newMergedRanges(ranges []mergedRange) *mergedRanges {
	slices.SortFunc(ranges, func(a, b mergedRange) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.column, b.column))
	})
	m := &mergedRanges{ranges: ranges, half: 1}
	for m.half < len(ranges) {
		m.half *= 2
	}
	m.last = make([]int32, 2*m.half)
	for i, r := range ranges {
		m.last[m.half+i] = r.lastRow
	}
	for i := m.half - 1; i > 0; i-- {
		m.last[i] = max(m.last[2*i], m.last[2*i+1])
	}
	return m
}

// in appends the ranges that a row lies in, and returns up to which row the
// answer stays the same.
func (m *mergedRanges) in(found []int32, row int) ([]int32, int) {
	begun, _ := slices.BinarySearchFunc(m.ranges, int32(row)+1, func(r mergedRange, row int32) int {
		return cmp.Compare(r.row, row)
	})
	until := MaxRows
	if begun < len(m.ranges) {
		until = int(m.ranges[begun].row) - 1
	}
	found = m.search(found, 1, 0, m.half, begun, int32(row))
	for _, i := range found {
		until = min(until, int(m.ranges[i].lastRow))
	}
	return found, until
}

// search appends the ranges before begun, under the node that spans width
// leaves from first on, that reach down to row.
func (m *mergedRanges) search(found []int32, node, first, width, begun int, row int32) []int32 {
	if first >= begun || m.last[node] < row || len(found) > MaxColumns {
		return found
	}
	if width == 1 {
		return append(found, int32(first))
	}
	found = m.search(found, 2*node, first, width/2, begun, row)
	return m.search(found, 2*node+1, first+width/2, width/2, begun, row)
}

// mergeCursor marks and fills the merged cells of one reading.
type mergeCursor struct {
	*mergedRanges
	fill bool

	here        []int32 // the ranges that rows from to until lie in
	from, until int
	anchors     map[int32]Cell // the values of the ranges begun
	anchorBytes int
}

func newMergeCursor(m *mergedRanges, fill bool) *mergeCursor {
	return &mergeCursor{mergedRanges: m, fill: fill, anchors: make(map[int32]Cell)}
}

// apply marks the cells of a row that lie in merged ranges without being their
// anchor, and fills them if that was asked for. A row without a cell of its own
// stays as it is. ok is false when the ranges break a limit.
func (c *mergeCursor) apply(row int, cells []Cell) (_ []Cell, ok bool) {
	if row < c.from || row > c.until {
		c.here, c.until = c.in(c.here[:0], row)
		c.from = row
		c.forget(row)
	}
	if len(cells) == 0 {
		return cells, true
	}
	for _, i := range c.here {
		m := c.ranges[i]
		anchor := int(m.row) == row
		if c.fill {
			cells = c.fillRange(i, cells, anchor)
		}
		first := int(m.column)
		if anchor {
			first++
		}
		for k := first; k <= int(m.lastColumn) && k < len(cells); k++ {
			cells[k].Merged = true
		}
	}
	// Ranges that do not overlap cannot be more than there are columns.
	return cells, len(c.here) <= MaxColumns && c.anchorBytes <= maxAnchorBytes
}

// fillRange gives the cells of range i in this row the value of its anchor.
func (c *mergeCursor) fillRange(i int32, cells []Cell, anchor bool) []Cell {
	m := c.ranges[i]
	if anchor && int(m.column) < len(cells) {
		value := cells[m.column]
		// A copy, so that one value does not hold on to many others.
		value.Value = strings.Clone(value.Value)
		value.Merged = false
		c.anchorBytes += len(value.Value) - len(c.anchors[i].Value)
		c.anchors[i] = value
	}
	value, ok := c.anchors[i]
	if !ok || value.Kind == Blank {
		return cells
	}
	for len(cells) <= int(m.lastColumn) {
		cells = append(cells, Cell{})
	}
	for k := int(m.column); k <= int(m.lastColumn); k++ {
		cells[k] = value
	}
	return cells
}

// forget drops the anchors of ranges that end above row.
func (c *mergeCursor) forget(row int) {
	for i, value := range c.anchors {
		if int(c.ranges[i].lastRow) < row {
			c.anchorBytes -= len(value.Value)
			delete(c.anchors, i)
		}
	}
}

// readMerges returns the merged ranges of a sheet part, nil when it has none.
// They stand behind the rows that they are about. Most sheets have none, which
// is found out without looking at more than the bare bytes.
func (x *xlsxFile) readMerges(ctx context.Context, sheet *xlsxSheet) (*mergedRanges, error) {
	mentioned, err := x.mentions(ctx, sheet, "mergeCell")
	if !mentioned || err != nil {
		return nil, err
	}
	s, part, err := x.scanPart(sheet.part, false)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	var ranges []mergedRange
	for {
		tok, err := s.next()
		if err != nil {
			return nil, err
		}
		switch {
		case tok == xmlEOF && len(ranges) == 0:
			return nil, nil
		case tok == xmlEOF:
			return newMergedRanges(ranges), nil
		case tok != xmlStart:
			continue
		case string(s.name) == "row":
			// No row holds ranges, but there are many.
			if err := s.skip(); err != nil {
				return nil, err
			}
			if err := x.cancelled(ctx); err != nil {
				return nil, err
			}
		case string(s.name) == "mergeCell":
			m, ok := parseRange(s.attr("ref"))
			if !ok {
				return nil, s.damaged("merged cells at %q", clip(s.attr("ref")))
			}
			if m.row != m.lastRow || m.column != m.lastColumn {
				ranges = append(ranges, m)
			}
			if len(ranges) > maxMerges {
				return nil, s.hostile("more than %d merged ranges", maxMerges)
			}
		}
	}
}

// mentions tells whether word may be in a sheet part, by its bytes; of UTF-16 it
// always says so.
func (x *xlsxFile) mentions(ctx context.Context, sheet *xlsxSheet, word string) (bool, error) {
	part, err := x.zip.openPart(sheet.part)
	if err != nil {
		return false, err
	}
	defer part.Close()
	buf := make([]byte, clampSize(sheet.part.UncompressedSize64, aheadChunk))
	kept := 0 // the end of the chunk before, which may hold half of the word
	for first := true; ; first = false {
		n, err := readChunk(part, buf[kept:])
		if err != nil && err != io.EOF {
			return false, err
		}
		seen := buf[:kept+n]
		if bytes.Contains(seen, []byte(word)) || first && bytes.IndexByte(seen[:min(4, len(seen))], 0) >= 0 ||
			first && bytes.HasPrefix(seen, []byte("\xFF\xFE")) || first && bytes.HasPrefix(seen, []byte("\xFE\xFF")) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err := x.cancelled(ctx); err != nil {
			return false, err
		}
		kept = copy(buf, seen[max(0, len(seen)-len(word)+1):])
	}
}

// parseRange parses a reference such as A1:C3.
func parseRange(ref []byte) (mergedRange, bool) {
	from, to, found := bytes.Cut(bytes.ReplaceAll(ref, []byte("$"), nil), []byte(":"))
	if !found {
		to = from
	}
	column, row, ok := parseReference(from)
	lastColumn, lastRow, ok2 := parseReference(to)
	return mergedRange{
		row: int32(min(row, lastRow)), lastRow: int32(max(row, lastRow)),
		column: int16(min(column, lastColumn)), lastColumn: int16(max(column, lastColumn)),
	}, ok && ok2
}

func parseReference(ref []byte) (column, row int, ok bool) {
	column, digits := cutColumn(ref)
	row, ok = smallNumber(digits)
	return column, row, ok && column >= 0 && column < MaxColumns && row > 0 && row <= MaxRows
}
