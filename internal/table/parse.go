package table

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// Parser is what parsing needs to know beside the header: the company's time
// zone, and in which order each date column writes day and month.
//
// Learn is called on every row in the first reading of a file; after that the
// parser does not change and may be used concurrently.
type Parser struct {
	zone  *time.Location
	dates []dateColumn
	order [maxFields]dateOrder // by field
}

type dateColumn struct{ field, column int }

// maxFields is at least the number of columns of any kind.
const maxFields = int(tagColumns) + int(custColumns)

// NewParser makes a parser for a sheet with this header.
func (m *Mapping) NewParser(zone *time.Location) *Parser {
	p := &Parser{zone: zone}
	for field, column := range m.column {
		if c := &m.declared[field]; column >= 0 && (c.Date || c.Time) {
			p.dates = append(p.dates, dateColumn{field, column})
		}
	}
	return p
}

// Learn takes what the row tells about the order of day and month: a column in
// which 25/03/2024 stands means 5 March by 05/03/2024. A column that holds both
// 25/03/2024 and 03/25/2024 stays ambiguous. Rows of the header are not to be
// given.
func (p *Parser) Learn(row *sheet.Row) {
	for _, d := range p.dates {
		if d.column < len(row.Cells) && row.Cells[d.column].Kind == sheet.Text {
			p.order[d.field] |= evidence(row.Cells[d.column].Value)
		}
	}
}

// Parse parses a row into rec, which is reset and used again: its slices are
// valid until the next call, and the strings in them belong to the row or are
// new. All that is wrong with the row is in rec.Problems; parsing does not stop
// at the first fault. A cell with an error is Blank.
//
// Some values follow from others: a department makes a tag group one of that
// department when 标签组类型 is blank, and a 电话 that is exactly one mobile
// number is also the 手机号 of a sheet without that column (it stays in
// CustPhones too, since it was written there).
func (m *Mapping) Parse(p *Parser, row *sheet.Row, rec *Record) {
	m.reset(row, rec)
	if m.IsExample(row) {
		rec.Example = true
		return
	}
	var bad fieldSet // fields with an error already reported
	readable := math.MaxInt
	if len(row.Faults) > 0 {
		bad, readable = m.faults(row, rec)
	}
	for field, column := range m.column {
		if column < 0 || column >= len(row.Cells) || row.Cells[column].Kind == sheet.Blank || bad.has(field) {
			continue
		}
		c := spot{p: p, rec: rec, raw: &row.Cells[column], column: column, field: field}
		value, ok := c.value(&m.declared[field])
		rec.Values[field] = value
		if !ok {
			bad.add(field)
		}
	}
	if len(m.tags) > 0 && !bad.has(CustTags) && readable == math.MaxInt && !m.addTagColumns(p, row, rec) {
		bad.add(CustTags)
	}
	k := check{m, row, rec, bad}
	k.row()
	if readable == math.MaxInt {
		k.tooManyCells()
	}
}

// fieldSet is a set of fields of one kind.
type fieldSet uint32

func (s *fieldSet) add(field int)     { *s |= 1 << field }
func (s fieldSet) has(field int) bool { return s&(1<<field) != 0 }

func (m *Mapping) reset(row *sheet.Row, rec *Record) {
	rec.Row, rec.Line, rec.Example = row.Number, row.Line, false
	rec.Problems = rec.Problems[:0]
	if cap(rec.Values) < len(m.declared) {
		rec.Values = make([]Value, len(m.declared))
	}
	rec.Values = rec.Values[:len(m.declared)]
	for field, column := range m.column {
		rec.Values[field] = Value{Column: column}
		if column >= 0 {
			rec.Values[field].State = Blank
		}
	}
	rec.Prior = ""
	for _, c := range m.prior {
		if c < len(row.Cells) && row.Cells[c].Kind == sheet.Text {
			rec.Prior = priorCode(rec.Prior, row.Cells[c].Value)
		}
	}
}

// priorCode finds the code that decides about a duplicate coming back; a cell
// may hold several codes.
func priorCode(prior crm.Code, cell string) crm.Code {
	for word := range strings.FieldsFuncSeq(cell, func(r rune) bool { return separatesTags(r) || invisible(r) }) {
		switch code := crm.Code(strings.ToUpper(narrow(word))); code {
		case crm.DupInFile, crm.ConflictUpdate:
			return code
		}
	}
	return prior
}

// faults reports what was wrong with the row as the file has it. It returns the
// fields that are not to be parsed, and the first sheet column that cannot be
// trusted: behind a broken quote nobody knows where a cell begins.
//
// Columns that are not read cause no problem, except for quotes, which concern
// the whole row.
func (m *Mapping) faults(row *sheet.Row, rec *Record) (bad fieldSet, readable int) {
	readable = math.MaxInt
	for _, f := range row.Faults {
		p := crm.Problem{Row: rec.Row, Column: f.Column}
		if f.Column >= 0 && f.Column < len(row.Cells) {
			p.Value = row.Cells[f.Column].Value
		}
		field, read := m.Field(f.Column)
		switch f.Kind {
		case sheet.UnterminatedQuote, sheet.StrayQuote:
			p.Code = crm.UnterminatedQuote
			readable = min(readable, max(f.Column, 0))
		case sheet.RepairedQuote:
			p.Code, p.Warn = crm.QuoteRepaired, true
		case sheet.BrokenBytes:
			p.Code, p.Args = crm.BadEncoding, []string{f.Detail}
		case sheet.ControlCharacter:
			p.Code, p.Args = crm.ControlChar, []string{f.Detail}
			if marked, ok := strings.CutSuffix(p.Value, sheet.KindMark); ok {
				p.Code, p.Args = markedCode(marked, p.Args)
			}
		case sheet.CellTooLong:
			p.Code = crm.TooLong
			p.Args = []string{strconv.Itoa(sheet.MaxCellChars), strconv.Itoa(utf8.RuneCountInString(p.Value))}
			p.Value = opening(p.Value)
		}
		if quote := p.Code == crm.UnterminatedQuote || p.Warn; f.Column >= 0 && !read && !quote {
			continue
		}
		if read && !p.Warn {
			bad.add(field)
		}
		rec.Problems = append(rec.Problems, p)
	}
	for field, column := range m.column {
		if column >= readable {
			bad.add(field)
		}
	}
	return bad, readable
}

// markedCode is why a cell was refused that comes back from a repair file with
// sheet.KindMark at its end.
func markedCode(value string, args []string) (crm.Code, []string) {
	switch {
	case strings.HasPrefix(value, "="):
		return crm.FormulaNotCalculated, nil
	case isErrorValue(value):
		return crm.FormulaError, nil
	case len(value) > 15 && strings.Trim(value, "0123456789") == "":
		return crm.PrecisionSuspect, nil
	case len(value) >= len("08:30:00") && strings.Trim(value, "0123456789-:T") == "":
		return crm.BadFormat, []string{badDateCell}
	}
	return crm.ControlChar, args
}

// isErrorValue recognises what a spreadsheet program shows, and saves in a CSV
// file, where a formula failed.
func isErrorValue(text string) bool {
	if !strings.HasPrefix(text, "#") {
		return false
	}
	switch text {
	case "#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA":
		return true
	}
	return false
}

// opening is the beginning of a cell that is too long to be kept whole with
// every report of it: up to 16 MiB.
func opening(s string) string {
	const shown = 1000
	n := 0
	for i := range s {
		if n == shown {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
