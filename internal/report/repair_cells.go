package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// deleteChar stands for characters that a workbook cannot hold. It can be held,
// and is itself one that import refuses as CONTROL_CHAR.
const deleteChar = '\u007f'

// badCell is what a row's errors say about one of its cells.
type badCell struct {
	note   string
	errors int
	// kind: it is the kind of the cell that is wrong, such as a date where a
	// name belongs.
	kind bool
}

// badCells are the cells with errors, by 0-based column of the input.
func badCells(errs []RowError, lang crm.Lang) map[int]badCell {
	const mostTold = 10
	bad := make(map[int]badCell, len(errs))
	for i := range errs {
		p := errs[i].problem
		if p.Column < 0 {
			continue
		}
		b := bad[p.Column]
		b.errors++
		if b.errors <= mostTold {
			b.note = strings.TrimSpace(b.note + "\n" + errs[i].Message + "\n" + errs[i].Hint)
		}
		switch p.Code {
		case crm.FormulaError, crm.FormulaNotCalculated, crm.PrecisionSuspect, crm.BadFormat:
			b.kind = true
		}
		bad[p.Column] = b
	}
	for column, b := range bad {
		if b.errors > mostTold {
			b.note += "\n" + fmt.Sprintf(lang.Pick("另有 %d 个错误", "and %d more errors"), b.errors-mostTold)
			bad[column] = b
		}
	}
	return bad
}

// outCell is a cell of the input as it goes back; bad is zero for a good one.
func outCell(c sheet.Cell, bad badCell) sheet.OutCell {
	out := sheet.OutCell{Value: storable(c.Value), Number: staysNumber(c), Note: bad.note}
	if bad.errors == 0 {
		return out
	}
	out.Style = sheet.Bad
	if bad.kind && (c.Suspect || c.Kind == sheet.Date || c.Kind == sheet.ErrorCell || c.Kind == sheet.NotCalculated) {
		// As text the cell would be taken for what was meant: #N/A for a name.
		out.Value, out.Number = storable(c.Value+sheet.KindMark), false
	}
	return out
}

// staysNumber decides which numbers go back as numbers. From eleven digits on a
// number is a phone or an id more often than an amount, and as text it keeps
// its digits when it is edited. One that has leading zeros has them from a
// number format that the repair file does not have.
func staysNumber(c sheet.Cell) bool {
	const amount = 10
	return c.Kind == sheet.Number && !c.ZeroPadded && !c.Suspect && len(c.Value) <= amount
}

// storable is s as far as a cell of a workbook can hold it. What is longer than
// that is an error of its own and stays one, since no column takes as much.
func storable(s string) string {
	if strings.ContainsFunc(s, unstorable) {
		s = strings.Map(func(r rune) rune {
			if unstorable(r) {
				return deleteChar
			}
			return r
		}, s)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= sheet.MaxCellChars {
		return s
	}
	units := 0 // of UTF-16, which is what a workbook counts
	for i, r := range s {
		if units++; r > 0xFFFF {
			units++
		}
		if units > sheet.MaxCellChars {
			return s[:i]
		}
	}
	return s
}

func unstorable(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF'
}

func textCell(value string) sheet.OutCell { return sheet.OutCell{Value: storable(value)} }

func numberCell(n int64) sheet.OutCell {
	return sheet.OutCell{Value: strconv.FormatInt(n, 10), Number: true}
}

func headerCells(names ...string) []sheet.OutCell {
	cells := make([]sheet.OutCell, len(names))
	for i, name := range names {
		cells[i] = sheet.OutCell{Value: storable(name), Style: sheet.Header}
	}
	return cells
}

// pairCells are a name and its value.
func pairCells(name, value string) []sheet.OutCell {
	return append(headerCells(name), textCell(value))
}

// columnWidth suits a header, within reason.
func columnWidth(header string) float64 {
	return min(max(float64(2*utf8.RuneCountInString(header)+4), 12), 30)
}
