package sheet

import (
	"bytes"
	"strconv"
)

// cellType is the t attribute of a cell.
type cellType uint8

const (
	numberType cellType = iota // n, or none
	sharedType                 // s: the number of a shared string
	inlineType                 // inlineStr
	stringType                 // str: what a formula gave
	boolType                   // b
	errorType                  // e
	dateType                   // d: ISO 8601, in strict workbooks
)

func parseCellType(t []byte) (cellType, bool) {
	switch string(t) {
	case "", "n":
		return numberType, true
	case "s":
		return sharedType, true
	case "inlineStr":
		return inlineType, true
	case "str":
		return stringType, true
	case "b":
		return boolType, true
	case "e":
		return errorType, true
	case "d":
		return dateType, true
	}
	return 0, false
}

// storedCell is a cell as the part has it.
type storedCell struct {
	column   int // 0-based
	style    int
	kind     cellType
	text     cellText // of v or is
	hasValue bool     // there was a v or an is
	formula  cellText
	shared   string // number of the shared formula, "" for none
	computed bool   // there was an f
}

// cellHead takes the attributes of the c tag just returned. Cells without a
// reference count on from the one before.
func (r *xlsxRows) cellHead() error {
	c := &r.cell
	c.column, c.style, c.kind = r.column, 0, numberType
	c.hasValue, c.computed = false, false
	s := r.scan
	for _, a := range s.attrs {
		if a.nameEnd-a.name != 1 {
			continue
		}
		value := s.buf[a.value:a.valueEnd]
		switch s.buf[a.name] {
		case 'r':
			if err := r.reference(value); err != nil {
				return err
			}
		case 's':
			n, ok := smallNumber(value)
			if !ok {
				return s.damaged("a cell with the style %q", clip(value))
			}
			c.style = n
		case 't':
			kind, ok := parseCellType(value)
			if !ok {
				return s.damaged("a cell of the type %q", clip(value))
			}
			c.kind = kind
		}
	}
	if c.column >= MaxColumns {
		return s.damaged("a cell beyond column XFD")
	}
	r.column = c.column + 1
	return nil
}

// reference takes the place of a cell such as AB12, which must lie in its row.
func (r *xlsxRows) reference(ref []byte) error {
	column, digits := cutColumn(ref)
	if column < 0 || len(digits) == 0 {
		return r.scan.damaged("a cell at %q", clip(ref))
	}
	if column >= MaxColumns {
		return r.scan.damaged("a cell at %q, beyond column XFD", clip(ref))
	}
	r.cell.column = column
	if bytes.Equal(digits, r.digits) {
		return nil
	}
	n, ok := smallNumber(digits)
	if ok && !r.numbered && n > 0 && n <= MaxRows {
		// The row has no number of its own: its first cell gives it one.
		r.setNumber(n)
		r.numbered = true
	}
	if !ok || n != r.number {
		return r.scan.damaged("a cell at %q in row %d", clip(ref), r.number)
	}
	return nil
}

// cutColumn parses the letters that ref begins with: 0 for A, -1 for none, and
// MaxColumns or more for what no sheet has.
func cutColumn(ref []byte) (column int, rest []byte) {
	i := 0
	for ; i < len(ref); i++ {
		c := ref[i] | 0x20
		if c < 'a' || c > 'z' {
			break
		}
		column = min(column*26+int(c-'a')+1, 2*MaxColumns)
	}
	return column - 1, ref[i:]
}

// smallNumber parses a number without sign of up to nine digits.
func smallNumber(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// cellBody reads what is inside the c element whose tag was just returned.
func (r *xlsxRows) cellBody() error {
	c, s := &r.cell, r.scan
	c.text.reset()
	if string(s.innermost()) == "c" &&
		(c.kind != inlineType && s.leaf("<v>", "</v></c>") || c.kind == inlineType && s.leaf("<is><t>", "</t></is></c>")) {
		c.hasValue = true
		err := s.appendText(&c.text)
		c.text.unescape(0)
		return err
	}
	for {
		tok, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case tok == xmlEnd:
			return nil
		case tok != xmlStart:
			continue
		case string(s.name) == "v":
			c.hasValue = true
			err = s.elementText(&c.text)
		case string(s.name) == "is":
			c.hasValue = true
			err = s.richText(&c.text)
		case string(s.name) == "f":
			c.computed = true
			c.shared = ""
			if string(s.attr("t")) == "shared" {
				c.shared = string(s.attr("si"))
			}
			c.formula.reset()
			err = s.elementText(&c.formula)
		default:
			err = s.skip()
		}
		if err != nil {
			return err
		}
	}
}

// value makes the cell of what was read and adds its faults to the row.
func (r *xlsxRows) value() (Cell, error) {
	c := &r.cell
	if c.computed {
		if cell, done := r.formula(); done {
			return cell, nil
		}
	}
	text := c.text.b
	if len(text) == 0 {
		return Cell{}, nil
	}
	switch c.kind {
	case sharedType:
		return r.sharedString(text)
	case numberType:
		if cell, ok := r.numberCell(text); ok {
			return cell, nil
		}
	case boolType:
		switch string(bytes.TrimSpace(text)) {
		case "1", "true", "TRUE":
			return Cell{Kind: Bool, Value: "TRUE"}, nil
		case "0", "false", "FALSE":
			return Cell{Kind: Bool, Value: "FALSE"}, nil
		}
	case errorType:
		return r.textCell(ErrorCell), nil
	case dateType:
		if b, ok := appendISODate(r.scratch[:0], string(text)); ok {
			return Cell{Kind: Date, Value: r.arena.add(b)}, nil
		}
	}
	// Also a value that does not suit its type is shown as it stands.
	return r.textCell(Text), nil
}

func (r *xlsxRows) textCell(kind CellKind) Cell {
	blank, faults := r.cell.text.inspect()
	if faults != (textFaults{}) {
		r.faults = faults.append(r.faults, r.cell.column)
	}
	if blank {
		kind = Blank
	}
	r.copied += len(r.cell.text.b)
	return Cell{Kind: kind, Value: r.arena.add(r.cell.text.b)}
}

func (r *xlsxRows) sharedString(index []byte) (Cell, error) {
	i, ok := smallNumber(index)
	if !ok {
		i, ok = smallNumber(bytes.TrimSpace(index))
	}
	if !ok || r.strings == nil || i >= r.strings.len() {
		return Cell{}, r.scan.damaged("a cell with the shared string %q, which there is not", clip(index))
	}
	text, blank, faults, err := r.strings.get(i, &r.arena)
	if err != nil {
		return Cell{}, err
	}
	if r.strings.spill != nil {
		r.copied += len(text)
	}
	if faults != (textFaults{}) {
		r.faults = faults.append(r.faults, r.cell.column)
	}
	if blank {
		return Cell{Value: text}, nil
	}
	return Cell{Kind: Text, Value: text}, nil
}

// numberCell makes a number, or the date that its format shows.
func (r *xlsxRows) numberCell(stored []byte) (Cell, bool) {
	plain, suspect, ok := appendNumber(r.scratch[:0], stored)
	if !ok {
		return Cell{}, false
	}
	cell := Cell{Kind: Number, Suspect: suspect}
	var format numberFormat
	if r.cell.style < len(r.formats) {
		format = r.formats[r.cell.style]
	}
	switch {
	case format.date != noDate && !suspect:
		serial, err := strconv.ParseFloat(string(bytes.TrimSpace(stored)), 64)
		if err == nil {
			if b, ok := appendSerial(r.shown[:0], serial, r.date1904, format.date); ok {
				return Cell{Kind: Date, Value: r.arena.add(b)}, true
			}
		}
	case format.zeros > 0:
		if b, ok := appendPadded(r.shown[:0], plain, int(format.zeros)); ok {
			cell.ZeroPadded = true
			plain = b
		}
	}
	cell.Value = r.arena.add(plain)
	return cell, true
}

// maxSharedFormulas bounds what is kept of shared formulas, for messages only.
const maxSharedFormulas = 1024

// formula decides what a cell with a formula holds when its cached value is
// not it: a picture, or nothing that was ever calculated.
func (r *xlsxRows) formula() (Cell, bool) {
	c := &r.cell
	if c.shared != "" {
		if len(c.formula.b) == 0 {
			c.formula.b = append(c.formula.b, r.formulas[c.shared]...)
		} else if len(r.formulas) < maxSharedFormulas && len(c.formula.b) <= MaxCellChars {
			if r.formulas == nil {
				r.formulas = make(map[string]string)
			}
			r.formulas[c.shared] = string(c.formula.b)
		}
	}
	if bytes.Contains(c.formula.b, []byte("DISPIMG(")) {
		return Cell{Kind: Picture}, true
	}
	// An empty text is what some formulas give; an empty number is none.
	if len(c.text.b) > 0 || c.hasValue && c.kind == stringType {
		return Cell{}, false
	}
	formula := c.formula.b[:min(len(c.formula.b), MaxCellChars)]
	formula = bytes.ToValidUTF8(formula, []byte("\uFFFD"))
	r.copied += len(formula)
	return Cell{Kind: NotCalculated, Value: r.arena.add(append([]byte("="), formula...))}, true
}
