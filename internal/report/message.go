package report

import (
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// RowError is one problem told to people and to scripts. The keys are a
// contract (docs/codes.md). Made by Explain.
type RowError struct {
	// Row as the spreadsheet shows it, 0 for the whole file.
	Row int `json:"row"`
	// SourceLine is the physical line in a CSV file, 0 where it equals Row.
	SourceLine int `json:"line,omitempty"`
	// Column is the letter, "" when the row as a whole is meant.
	Column string   `json:"column"`
	Header string   `json:"header"`
	Code   crm.Code `json:"code"`
	// Value is the cell as it was read, whole and unmasked.
	Value   string `json:"value"`
	Message string `json:"message"`
	// Hint is the next step.
	Hint string `json:"hint"`
	// Related is the row that this one repeats or contradicts, 0 for none.
	Related int `json:"related_row"`

	// problem is kept so that Line can tell it anew, masked. nil when the
	// RowError was not made by Explain.
	problem *crm.Problem
}

// Explain tells the problem p in the language lang. headers are the texts of
// the sheet's header row, by 0-based column. A code that is not in the
// catalogue is shown as it is.
func Explain(lang crm.Lang, p crm.Problem, headers []string) RowError {
	e := RowError{
		Row:     p.Row,
		Column:  sheet.ColumnName(p.Column),
		Header:  headerAt(headers, p.Column),
		Code:    p.Code,
		Value:   strings.TrimSuffix(p.Value, sheet.KindMark),
		Related: p.Related,
		problem: &p,
	}
	e.Message, e.Hint = say(filling{problem: &p, lang: lang})
	return e
}

// say returns the sentence and the next step for the problem in f.
func say(f filling) (message, hint string) {
	e := lookup(f.problem)
	if e == nil {
		return visible(string(f.problem.Code), shownArg), ""
	}
	f.words = e.words
	return f.first(e.messages), f.first(e.hints)
}

func headerAt(headers []string, column int) string {
	if column < 0 || column >= len(headers) {
		return ""
	}
	return headers[column]
}

// Line is the problem in one line for a terminal or a log, with phone numbers
// masked and nothing in it that could steer a terminal:
//
//	第 57 行 D 列「手机号」: "1.38E+10" 已丢失精度; 请把该列设为文本后重新填写 (PRECISION_LOST)
func (e RowError) Line(lang crm.Lang) string {
	message, hint := maskFor(e.Code, visible(e.Message, 4*shownArg)), maskFor(e.Code, visible(e.Hint, 4*shownArg))
	if e.problem != nil {
		message, hint = say(filling{problem: e.problem, lang: lang, masked: true})
	}
	var b strings.Builder
	if place := e.place(lang); place != "" {
		b.WriteString(place + ": ")
	}
	b.WriteString(message)
	if hint != "" {
		b.WriteString("; " + hint)
	}
	b.WriteString(" (" + visible(string(e.Code), shownArg) + ")")
	return b.String()
}

// place says where: row, physical line where it differs, column and header.
func (e RowError) place(lang crm.Lang) string {
	var parts []string
	if e.Row > 0 {
		row := lang.Pick("第 "+strconv.Itoa(e.Row)+" 行", "row "+strconv.Itoa(e.Row))
		if e.SourceLine > 0 && e.SourceLine != e.Row {
			line := strconv.Itoa(e.SourceLine)
			row += lang.Pick(" (文本第 "+line+" 行)", " (line "+line+")")
		}
		parts = append(parts, row)
	}
	if column := e.columnName(lang); column != "" {
		parts = append(parts, column)
	}
	return strings.Join(parts, lang.Pick(" ", ", "))
}

// columnName is the column by letter and header: D 列「手机号」.
func (e RowError) columnName(lang crm.Lang) string {
	if e.Column == "" {
		return ""
	}
	header := visible(strings.TrimSpace(e.Header), shownValue)
	if header == "" {
		return lang.Pick(e.Column+" 列", "column "+e.Column)
	}
	return lang.Pick(e.Column+" 列「"+header+"」", "column "+e.Column+` "`+header+`"`)
}
