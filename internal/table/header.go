package table

import (
	"maps"
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// HeaderOptions say what the caller knows about the header. The zero value
// finds out everything.
type HeaderOptions struct {
	// Map names the field of a header that is not known, or known as another
	// one: header -> field, either written as FindHeader reads headers. The
	// field "-" leaves the column out.
	Map map[string]string
	// HeaderRow is the header's row as the spreadsheet shows it (either line of
	// a two-line header), 0 to find it.
	HeaderRow int
	// Spare are required fields that this use of the sheet can do without. Parse
	// still reports them as missing.
	Spare []int
}

// Mapping says which column of a sheet is which column of its kind. It is not
// changed after FindHeader and may be used concurrently.
type Mapping struct {
	Kind crm.Kind
	// HeaderRow is the (last) header row as the spreadsheet shows it. Rows up to
	// it are titles and header, rows behind it are data.
	HeaderRow int
	// Headers are the texts of the header by sheet column, "" for blank ones.
	Headers []string

	declared []Column
	column   []int // sheet column by field, -1 for none
	field    []int // by sheet column: a field or one of the meanings below
	prior    []int // sheet columns that hold 错误代码
	tags     []tagColumn
	perGroup []int // their columns
	blank    []int // sheet columns with a blank header
}

// What a header means when it is no field.
const (
	unknownHeader = -1 - iota
	blankHeader
	ignoredHeader // a repair file's, or left out by the caller
	priorHeader   // 错误代码
	tagHeader     // 企业标签:意向
)

// FindHeader finds the header of a sheet of kind k among its first rows (at
// most 20 are looked at, all of them when the options name the row) and maps its
// columns. A header over two rows is joined where the two lines complete each
// other.
//
// Columns that are not known are warnings, one each. A header that cannot be
// used is a *HeaderError.
func FindHeader(k crm.Kind, first []sheet.Row, opt HeaderOptions) (*Mapping, []crm.Problem, error) {
	f := newFinder(k)
	refusal := &HeaderError{Kind: k, Map: f.addMap(opt.Map)}
	best, found := f.find(first, opt.HeaderRow)
	if !found {
		refusal.Reason = NoHeader
		refusal.Found = firstCells(first)
		refusal.Missing, refusal.AnyOf = f.missing(nil, refusal.Found)
		refusal.Fits = otherKind(k, first)
		return nil, nil, refusal
	}
	m := f.mapping(best)
	refusal.Row, refusal.Found = m.HeaderRow, m.written()
	refusal.Map = append(refusal.Map, f.unusedMap(opt.Map, m)...)
	refusal.Doubled = m.doubled()
	refusal.Missing, refusal.AnyOf = f.missing(m, m.unknown(), opt.Spare...)
	refusal.Blank = m.blankWithData(first)
	switch {
	case len(refusal.Map) > 0:
		refusal.Reason = BadMap
	case best.conflict:
		refusal.Reason = TwoLineHeader
	case len(refusal.Doubled) > 0:
		refusal.Reason = DoubledHeader
	case len(refusal.Missing) > 0:
		refusal.Reason = MissingHeader
		refusal.Fits = otherKind(k, first)
	case len(refusal.Blank) > 0:
		refusal.Reason = BlankHeader
	default:
		return m, m.unknownColumns(), nil
	}
	return nil, nil, refusal
}

// addMap takes the caller's mapping in, and returns the entries whose field
// does not exist.
func (f *finder) addMap(given map[string]string) []MapFault {
	var faults []MapFault
	for _, header := range slices.Sorted(maps.Keys(given)) {
		name := given[header]
		field, ok := f.index.find(name)
		if name == "-" {
			field, ok = ignoredHeader, true
		}
		if !ok {
			var fields []string
			for _, c := range declared(f.kind) {
				fields = append(fields, c.Field)
			}
			nearest, _ := crm.Nearest(name, fields)
			faults = append(faults, MapFault{Header: header, Field: name, UnknownField: true, Nearest: nearest})
			continue
		}
		f.custom[foldHeader(header)] = field
	}
	return faults
}

// unusedMap returns the entries whose header is not in the sheet: a mistyped
// one must not quietly leave a column out.
func (f *finder) unusedMap(given map[string]string, m *Mapping) []MapFault {
	there := make(map[string]bool)
	for _, h := range m.Headers {
		there[foldHeader(h)] = true
	}
	var faults []MapFault
	for _, header := range slices.Sorted(maps.Keys(given)) {
		if !there[foldHeader(header)] {
			nearest, _ := crm.Nearest(header, m.written())
			faults = append(faults, MapFault{Header: header, Field: given[header], Nearest: nearest})
		}
	}
	return faults
}

func (f *finder) mapping(c candidate) *Mapping {
	m := &Mapping{Kind: f.kind, HeaderRow: c.last, declared: declared(f.kind)}
	m.Headers = c.headers
	for len(m.Headers) > 0 && m.Headers[len(m.Headers)-1] == "" {
		m.Headers = m.Headers[:len(m.Headers)-1]
	}
	m.column = slices.Repeat([]int{-1}, len(m.declared))
	for i, header := range m.Headers {
		meaning := f.meaning(header)
		m.field = append(m.field, meaning)
		switch {
		case meaning == priorHeader:
			m.prior = append(m.prior, i)
		case meaning == blankHeader:
			m.blank = append(m.blank, i)
		case meaning == tagHeader:
			group, _ := groupOf(header)
			m.tags = append(m.tags, tagColumn{i, group})
			m.perGroup = append(m.perGroup, i)
		case meaning >= 0 && m.column[meaning] < 0:
			m.column[meaning] = i
		}
	}
	return m
}

// missing returns the required columns that m, nil for none, lacks, but for the
// spare ones, each with the nearest of the headers that may be meant.
func (f *finder) missing(m *Mapping, unknown []string, spare ...int) ([]Missing, bool) {
	need := required(f.kind)
	var all []Missing
	for _, field := range need.missing(func(field int) bool { return m != nil && m.column[field] >= 0 || slices.Contains(spare, field) }) {
		c := declared(f.kind)[field]
		missing := Missing{Header: c.Header}
		for _, name := range c.names() {
			if nearest, ok := crm.Nearest(name, unknown); ok {
				missing.Nearest = nearest
				break
			}
		}
		all = append(all, missing)
	}
	return all, need.any && len(all) > 0
}

// Column is the 0-based sheet column of a field, -1 when the sheet has none.
func (m *Mapping) Column(field int) int { return m.column[field] }

// Field is the field of a 0-based sheet column, false when it has none. Columns
// that hold the tags of one group are columns of CustTags.
func (m *Mapping) Field(column int) (int, bool) {
	if column >= 0 && column < len(m.field) && m.field[column] == tagHeader {
		return CustTags, true
	}
	if column < 0 || column >= len(m.field) || m.field[column] < 0 {
		return -1, false
	}
	return m.field[column], true
}

// BlankHeaderColumn returns the first column in which the row has data although
// the header is blank there, -1 for none. FindHeader has asked it of the rows
// it saw; the importer asks it of all of them and refuses the file.
func (m *Mapping) BlankHeaderColumn(row *sheet.Row) int {
	for _, c := range m.blank {
		if c < len(row.Cells) && filled(&row.Cells[c]) {
			return c
		}
	}
	return -1
}

// filled reports whether a cell holds something that would be lost if nobody
// read it.
func filled(c *sheet.Cell) bool {
	return c.Kind != sheet.Blank && c.Kind != sheet.Picture && clean(c.Value) != ""
}

func (m *Mapping) blankWithData(first []sheet.Row) []int {
	var columns []int
	for _, c := range m.blank {
		if slices.ContainsFunc(first, func(row sheet.Row) bool {
			return row.Number > m.HeaderRow && c < len(row.Cells) && filled(&row.Cells[c])
		}) {
			columns = append(columns, c)
		}
	}
	return columns
}

func (m *Mapping) doubled() []Doubled {
	var all []Doubled
	for field := range m.column {
		d := Doubled{Header: m.declared[field].Header}
		for c, f := range m.field {
			if f == field {
				d.Columns = append(d.Columns, c)
				d.Headers = append(d.Headers, m.Headers[c])
			}
		}
		if len(d.Columns) > 1 {
			all = append(all, d)
		}
	}
	return append(all, m.doubledTags()...)
}

// written are the headers that are not blank.
func (m *Mapping) written() []string {
	return slices.DeleteFunc(slices.Clone(m.Headers), func(h string) bool { return h == "" })
}

func (m *Mapping) unknown() []string {
	var headers []string
	for c, f := range m.field {
		if f == unknownHeader {
			headers = append(headers, m.Headers[c])
		}
	}
	return headers
}

// unknownColumns warns of each column that is not read. Only headers that are
// still free are suggested.
func (m *Mapping) unknownColumns() []crm.Problem {
	var free []string
	for field, c := range m.column {
		if c < 0 {
			free = append(free, m.declared[field].names()...)
		}
	}
	var problems []crm.Problem
	for c, f := range m.field {
		if f == unknownHeader {
			nearest, _ := crm.Nearest(m.Headers[c], free)
			problems = append(problems, crm.Problem{
				Code: crm.UnknownColumn, Column: c, Value: m.Headers[c], Args: []string{nearest}, Warn: true,
			})
		}
	}
	return problems
}

func firstCells(first []sheet.Row) []string {
	var cells []string
	if len(first) > 0 {
		for i := range first[0].Cells {
			if text := headerText(&first[0].Cells[i]); text != "" {
				cells = append(cells, text)
			}
		}
	}
	return cells
}

// headerText is the text of a header cell on one line.
func headerText(c *sheet.Cell) string {
	return strings.Join(strings.FieldsFunc(clean(c.Value), invisible), " ")
}
