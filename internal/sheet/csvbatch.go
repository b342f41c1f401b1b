package sheet

import (
	"bytes"
	"sort"
	"unicode"
	"unicode/utf8"
)

const (
	// stringBytes is how much text is cut from one string. Larger ones would
	// save allocations, but who keeps one cell keeps the whole of it.
	stringBytes = 64 << 10
	// readTextBytes bounds the text of one Read.
	readTextBytes = 1 << 20
)

// batch collects the records of one Read: their text in one buffer, their cells
// as places in it. Strings and cells are made from that many rows at a time.
type batch struct {
	keepGuards bool

	text  []byte
	cells []place
	rows  []int // where the cells of each row end
	done  int   // rows that have their cells already
	total int   // bytes of text, of those too

	// The record that is being added.
	firstText, firstCell int
	filled               int // its cells up to the last one to be kept
	tooWide              bool
	raws                 []int // where its fields begin in the file's text
	faults               []Fault
}

// place is a cell: text[start:end].
type place struct {
	start, end int32
	kind       CellKind
}

// columns is how many cells the record has so far.
func (b *batch) columns() int { return len(b.cells) - b.firstCell }

// splitLine adds a record without quotes, or anything else out of the ordinary.
func (b *batch) splitLine(line, delim []byte) {
	start := len(b.text)
	b.text = append(b.text, line...)
	if len(delim) == 1 {
		for d := delim[0]; ; {
			i := bytes.IndexByte(line, d)
			if i < 0 {
				break
			}
			b.addPlace(start, start+i)
			line = line[i+1:]
			start += i + 1
		}
	} else {
		for {
			i := bytes.Index(line, delim)
			if i < 0 {
				break
			}
			b.addPlace(start, start+i)
			line = line[i+len(delim):]
			start += i + len(delim)
		}
	}
	b.addPlace(start, start+len(line))
}

// add adds a field that begins at raw in the file's text.
func (b *batch) add(field []byte, raw int) {
	start := len(b.text)
	b.text = append(b.text, field...)
	b.raws = append(b.raws, raw)
	b.addPlace(start, len(b.text))
}

// addQuoted adds a field by what stands between its quotes; doubled says that
// there may be doubled quotes in it.
func (b *batch) addQuoted(inner []byte, raw int, doubled bool) {
	start := len(b.text)
	for doubled {
		i := bytes.IndexByte(inner, '"')
		if i < 0 {
			break
		}
		b.text = append(b.text, inner[:i+1]...)
		inner = inner[min(i+2, len(inner)):]
	}
	b.text = append(b.text, inner...)
	b.raws = append(b.raws, raw)
	b.addPlace(start, len(b.text))
}

// addPlace adds the cell text[start:end].
func (b *batch) addPlace(start, end int) {
	kind := Text
	if start == end {
		kind = Blank
	} else if mayNeedCare(b.text[start]) {
		start, end, kind = b.tidy(start, end)
	}
	if b.columns() >= MaxColumns {
		b.tooWide = b.tooWide || kind != Blank
		return
	}
	if end-start > MaxCellChars && utf8.RuneCount(b.text[start:end]) > MaxCellChars {
		b.addFault(Fault{Kind: CellTooLong, Column: b.columns()})
	}
	b.cells = append(b.cells, place{int32(start), int32(end), kind})
	if kind != Blank {
		b.filled = b.columns()
	}
}

// mayNeedCare says whether a cell that starts with c may be blank or guarded.
// Of the bytes that begin a longer character, those of Chinese ones cannot.
func mayNeedCare(c byte) bool {
	return c <= ' ' || c == '\'' || c == '=' || c >= 0x80 && (c < 0xE4 || c > 0xE9)
}

// tidy takes the guard off a cell and tells whether it is blank.
func (b *batch) tidy(start, end int) (int, int, CellKind) {
	if c := b.text[start]; !b.keepGuards && (c == '\'' || c == '=') {
		guarded := string(b.text[start:end])
		if value := Unguard(guarded); value != guarded {
			start = len(b.text)
			b.text = append(b.text, value...)
			end = len(b.text)
		}
	}
	if isBlank(b.text[start:end]) {
		return start, end, Blank
	}
	return start, end, Text
}

func isBlank(p []byte) bool {
	return bytes.IndexFunc(p, func(r rune) bool {
		return !unicode.IsSpace(r) && r != '\u200B' && r != '\uFEFF'
	}) < 0
}

// columnAt is the column of the record that stands at raw in the file's text.
func (b *batch) columnAt(raw int) int {
	return min(sort.SearchInts(b.raws, raw+1), b.columns()) - 1
}

// addFault notes a fault, once per cell; those of one kind come in the order of
// their columns. The cell is kept even if it is blank and at the end of the row,
// so that every fault has its cell.
func (b *batch) addFault(f Fault) {
	for i := len(b.faults) - 1; i >= 0 && b.faults[i].Column == f.Column; i-- {
		if g := b.faults[i]; g.Kind == f.Kind && (f.Kind == BrokenBytes || g.Detail == f.Detail) {
			return
		}
	}
	b.faults = append(b.faults, f)
	b.filled = max(b.filled, f.Column+1)
}

// dropRecord takes back what was added of the record.
func (b *batch) dropRecord() {
	b.text = b.text[:b.firstText]
	b.cells = b.cells[:b.firstCell]
	b.begin()
}

// begin makes ready for the next record.
func (b *batch) begin() {
	b.firstText, b.firstCell = len(b.text), len(b.cells)
	b.filled, b.tooWide = 0, false
	b.raws, b.faults = b.raws[:0], nil
}

// endRecord makes a row of the record, in dst, unless all its cells are blank.
func (b *batch) endRecord(dst []Row, number, line int) bool {
	if b.blank() {
		b.dropRecord()
		return false
	}
	b.cells = b.cells[:b.firstCell+min(b.filled, b.columns())]
	dst[len(b.rows)] = Row{Number: number, Line: line, Faults: b.faults}
	b.rows = append(b.rows, len(b.cells))
	b.total += len(b.text) - b.firstText
	if len(b.text) >= stringBytes {
		b.flush(dst)
	}
	b.begin()
	return true
}

func (b *batch) blank() bool {
	for _, c := range b.cells[b.firstCell:] {
		if c.kind != Blank {
			return false
		}
	}
	return true
}

// flush gives the rows that have none yet their cells.
func (b *batch) flush(dst []Row) {
	text := string(b.text)
	cells := make([]Cell, len(b.cells))
	for i, c := range b.cells {
		cells[i] = Cell{Kind: c.kind, Value: text[c.start:c.end]}
	}
	from := 0
	for ; b.done < len(b.rows); b.done++ {
		to := b.rows[b.done]
		dst[b.done].Cells = cells[from:to:to]
		from = to
	}
	b.text, b.cells = b.text[:0], b.cells[:0]
	b.begin()
}

// reset empties the batch for the next Read.
func (b *batch) reset() {
	b.text, b.cells, b.rows = b.text[:0], b.cells[:0], b.rows[:0]
	b.done, b.total = 0, 0
	b.begin()
}
