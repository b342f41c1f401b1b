package report

import (
	"strings"

	"tagkeep/internal/sheet"
)

// brokenQuotes reports a row that was refused for its quotes.
func brokenQuotes(row sheet.Row) bool {
	for _, f := range row.Faults {
		if f.Kind == sheet.UnterminatedQuote || f.Kind == sheet.StrayQuote {
			return true
		}
	}
	return false
}

// addBroken writes a row with broken quotes so that it is broken in the same
// way when it is read again: written by the rules it would come back as a sound
// row with quotes in its cells, and be imported.
//
// What comes behind it must not close its quote. That is up to the fence: a
// line of one quoted space, whose quotes neither close nor double anything, and
// which by itself is a blank row.
func (r *repairCSV) addBroken(row sheet.Row, added [3]string) error {
	delim := string(r.delim)
	cells := make([]string, 0, len(r.form.own)+len(added))
	for _, i := range r.form.own {
		cells = append(cells, brokenCell(row, i, delim))
	}
	plain := strings.NewReplacer(`"`, "'", delim, " ", "\r", " ", "\n", " ")
	for _, text := range added {
		cells = append(cells, sheet.Guard(plain.Replace(text)))
	}
	for i := range r.form.beyond(row) {
		cells = append(cells, brokenCell(row, len(r.form.headers)+i, delim))
	}
	if err := r.write(cells, true); err != nil {
		return err
	}
	return r.write([]string{" "}, false)
}

// brokenCell is column i of a row with broken quotes as it is to be written. The
// reader took faulty cells, and all behind a quote that is not closed, as they
// stand; the others it took out of their quotes.
func brokenCell(row sheet.Row, i int, delim string) string {
	value := cell(row, i).Value
	for _, f := range row.Faults {
		asItStands := f.Kind == sheet.StrayQuote && i == f.Column || f.Kind == sheet.UnterminatedQuote && i >= f.Column
		if asItStands {
			return value
		}
	}
	if !strings.ContainsAny(value, "\"\r\n"+delim) {
		return value
	}
	return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
}
