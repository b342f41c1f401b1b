package table

import (
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// parser turns the cleaned text of a cell, never blank, into canonical text. It
// returns false after it has reported what is wrong with the cell.
//
// Canonical text parses to itself, and so does what Formatter writes of it.
type parser func(c spot, text string) (string, bool)

// spot is the cell that is being parsed. It is passed by value to keep it off
// the heap.
type spot struct {
	p      *Parser
	rec    *Record
	raw    *sheet.Cell
	column int // of the sheet
	field  int
}

// fail reports an error of the cell.
func (c spot) fail(code crm.Code, args ...string) (string, bool) {
	c.report(code, false, args)
	return "", false
}

// warn reports a warning of the cell.
func (c spot) warn(code crm.Code, args ...string) { c.report(code, true, args) }

func (c spot) report(code crm.Code, warn bool, args []string) {
	c.rec.Problems = append(c.rec.Problems, crm.Problem{
		Code: code, Row: c.rec.Row, Column: c.column, Value: c.raw.Value, Args: args, Warn: warn,
	})
}

// fits reports a text of more than max characters.
func (c spot) fits(text string, max int) bool {
	if n := characters(text, max); n > max {
		c.fail(crm.TooLong, strconv.Itoa(max), strconv.Itoa(n))
		return false
	}
	return true
}

// value parses one cell that has content. It returns Blank when the cell turned
// out to be blank, or wrong; the latter is told by false.
func (c spot) value(col *Column) (Value, bool) {
	v := Value{State: Blank, Column: c.column}
	switch c.raw.Kind {
	case sheet.Blank:
		return v, true
	case sheet.Picture:
		c.warn(crm.PictureCell)
		return v, true
	case sheet.NotCalculated:
		c.fail(crm.FormulaNotCalculated)
		return v, false
	case sheet.ErrorCell:
		c.fail(crm.FormulaError)
		return v, false
	}
	text := clean(c.raw.Value)
	if text == "" {
		return v, true
	}
	if isErrorValue(text) {
		c.fail(crm.FormulaError)
		return v, false
	}
	if isClearWord(text) {
		if !col.Clear {
			c.fail(crm.BadFormat, badClear)
			return v, false
		}
		v.State = Clear
		return v, true
	}
	if !c.exact(col, text) {
		return v, false
	}
	canonical, ok := col.parse(c, text)
	if ok {
		v.State, v.Text = Set, canonical
	}
	return v, ok
}

// exact reports numbers that the spreadsheet program has changed, or may have
// changed: in ids and phone numbers a wrong digit is somebody else.
func (c spot) exact(col *Column, text string) bool {
	if c.raw.Suspect {
		if col.Text {
			c.fail(crm.PrecisionSuspect)
			return false
		}
		c.warn(crm.PrecisionSuspect)
	}
	if c.raw.ZeroPadded {
		c.warn(crm.LeadingZero)
	}
	if col.Text && scientific(text) {
		c.fail(crm.PrecisionLost)
		return false
	}
	return true
}

// scientific recognises 1.38E+10 and 1E+17, as spreadsheets write long numbers
// when they save a CSV file. Without point or plus it may be an account (1e5).
func scientific(s string) bool {
	if len(s) < 4 || s[0] < '0' || s[0] > '9' {
		return false
	}
	e := strings.IndexAny(s, "Ee")
	if e < 0 {
		return false
	}
	exponent, plus := strings.CutPrefix(s[e+1:], "+")
	whole, fraction, point := strings.Cut(s[:e], ".")
	return (plus || point) && allDigits(whole) && allDigits(exponent) && (!point || allDigits(fraction))
}

// allDigits reports whether s is one or more ASCII digits.
func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// The words that empty a cell on update. Full-width brackets are accepted too.
const (
	clearZh = "<清空>"
	clearEn = "<clear>"
)

func isClearWord(s string) bool {
	if s[0] != '<' && !strings.HasPrefix(s, "＜") || len(s) > len("＜ｃｌｅａｒ＞") {
		return false
	}
	s = narrow(s)
	return s == clearZh || strings.EqualFold(s, clearEn)
}
