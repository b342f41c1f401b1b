package table

import (
	"fmt"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// HeaderReason says why the header of a sheet was refused.
type HeaderReason string

// The reasons, in the order in which they are better mended.
const (
	NoHeader      HeaderReason = "no-header"      // no row looks like a header, or there is no such row
	BadMap        HeaderReason = "bad-map"        // the caller's header=field does not apply
	TwoLineHeader HeaderReason = "two-line"       // spread over two rows in a way that cannot be joined
	DoubledHeader HeaderReason = "doubled-header" // two columns for one field
	MissingHeader HeaderReason = "missing-header" // a required column is not there
	BlankHeader   HeaderReason = "blank-header"   // a column has data and no header
)

// HeaderError refuses a sheet because of its header, before any row is read. It
// holds facts only; commands turn them into sentences. Reason is the first
// thing to mend, but the facts of all that was found are filled in.
type HeaderError struct {
	Kind   crm.Kind
	Reason HeaderReason
	// Row is the header row as the spreadsheet shows it, 0 when there is none.
	Row int
	// Found are the headers as written, blank ones left out; without a header,
	// the cells of the first row.
	Found []string
	// Missing are the required columns that are not there. With AnyOf one of
	// them is enough.
	Missing []Missing
	AnyOf   bool
	Doubled []Doubled
	// Blank are the 0-based columns with data under a blank header.
	Blank []int
	Map   []MapFault
	// Fits is another kind whose headers these are, "" for none.
	Fits crm.Kind
}

// Missing is a required column that is not there.
type Missing struct {
	Header string // as templates write it
	// Nearest is a header that was found and may be meant, "" for none.
	Nearest string
}

// Doubled is a field that several columns claim.
type Doubled struct {
	Header  string   // of the field, as templates write it
	Columns []int    // 0-based
	Headers []string // as written in these columns
}

// MapFault is an entry of HeaderOptions.Map that does not apply: its header is
// not in the sheet, or the kind has no such field.
type MapFault struct {
	Header, Field string
	UnknownField  bool
	// Nearest is the header in the sheet, or the field, that may be meant.
	Nearest string
}

func (e *HeaderError) Error() string {
	where := "no header row"
	if e.Row > 0 {
		where = fmt.Sprintf("header in row %d", e.Row)
	}
	msg := fmt.Sprintf("%s sheet: %s: %s", e.Kind, where, e.Reason)
	switch e.Reason {
	case BadMap:
		var entries []string
		for _, f := range e.Map {
			entries = append(entries, f.Header+"="+f.Field)
		}
		return msg + ": " + strings.Join(entries, ", ")
	case DoubledHeader:
		d := e.Doubled[0]
		return fmt.Sprintf("%s: %s in columns %s", msg, d.Header, columnNames(d.Columns))
	case BlankHeader:
		return msg + ": column " + columnNames(e.Blank)
	}
	if len(e.Missing) > 0 {
		var headers []string
		for _, m := range e.Missing {
			headers = append(headers, m.Header)
		}
		separator := ", "
		if e.AnyOf {
			separator = " or "
		}
		msg += ": needs " + strings.Join(headers, separator)
	}
	return msg
}

func columnNames(columns []int) string {
	var names []string
	for _, c := range columns {
		names = append(names, sheet.ColumnName(c))
	}
	return strings.Join(names, " and ")
}
