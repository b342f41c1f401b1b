package table

import (
	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// headerRows is how many rows are looked at to find the header.
const headerRows = 20

// finder looks for the header of one kind.
type finder struct {
	kind   crm.Kind
	index  headerIndex
	custom map[string]int // the caller's mapping, by folded header
}

func newFinder(k crm.Kind) *finder {
	return &finder{kind: k, index: knownHeaders(k), custom: make(map[string]int)}
}

// candidate is one row, or two, taken for the header.
type candidate struct {
	first, last int      // rows as the spreadsheet shows them
	headers     []string // by sheet column
	known       int      // different fields among them
	unknown     int
	// conflict: the two lines complete each other but contradict in a column,
	// so that neither one alone nor both together can be used.
	conflict bool
}

// meaning is the field of a header, or what else it means.
func (f *finder) meaning(header string) int {
	if header == "" {
		return blankHeader
	}
	if len(f.custom) > 0 && len(header) <= maxHeaderBytes {
		if field, ok := f.custom[foldHeader(header)]; ok {
			return field
		}
	}
	if field, ok := f.index.find(header); ok {
		return field
	}
	if _, ok := groupOf(header); ok && f.kind == crm.Customers {
		return tagHeader
	}
	switch is, code := repairColumn(header); {
	case code:
		return priorHeader
	case is:
		return ignoredHeader
	}
	return unknownHeader
}

// find returns the row, or pair of rows, with the most known headers; the first
// of equals. A row that the caller has named is taken even if none is known.
func (f *finder) find(rows []sheet.Row, headerRow int) (best candidate, found bool) {
	if headerRow == 0 && len(rows) > headerRows {
		rows = rows[:headerRows]
	}
	consider := func(c candidate) {
		named := headerRow != 0 && (c.first == headerRow || c.last == headerRow)
		if named && !found || (named || headerRow == 0) && c.known > best.known {
			best, found = c, true
		}
	}
	var above candidate
	for i := range rows {
		c := f.single(&rows[i])
		if i > 0 && rows[i-1].Number+1 == rows[i].Number {
			if both, ok := f.joined(&rows[i-1], &rows[i]); ok && both.known > above.known && both.known > c.known {
				consider(both)
			}
		}
		consider(c)
		above = c
	}
	return best, found
}

// single takes a row for the header.
func (f *finder) single(row *sheet.Row) candidate {
	c := candidate{first: row.Number, last: row.Number}
	for i := range row.Cells {
		c.headers = append(c.headers, headerText(&row.Cells[i]))
	}
	f.count(&c)
	return c
}

func (f *finder) count(c *candidate) {
	fields := make(map[int]bool)
	for _, header := range c.headers {
		switch meaning := f.meaning(header); {
		case meaning >= 0:
			fields[meaning] = true
		case meaning == unknownHeader:
			c.unknown++
		}
	}
	c.known = len(fields)
}

// joined takes two rows for a header of two lines: in each column the lower
// line names the column, alone or behind the title above it (标签组 over 名称);
// where it is blank the upper one does. It returns false when the lower line
// completes nothing, and marks a conflict when a column that the upper line
// names has something else below it.
func (f *finder) joined(upper, lower *sheet.Row) (candidate, bool) {
	c := candidate{first: upper.Number, last: lower.Number}
	completes, underBlank := false, false
	title := ""
	for i := range max(len(upper.Cells), len(lower.Cells)) {
		above, below := cellAt(upper, i), cellAt(lower, i)
		up, low := headerText(above), headerText(below)
		blankAbove := up == ""
		if !blankAbove {
			title = up
		} else if above.Merged {
			up = title
		}
		header := up
		switch {
		case low == "" || low == up:
		case f.meaning(up+low) >= 0:
			header = up + low
			completes, underBlank = true, underBlank || blankAbove
		case f.meaning(low) >= 0:
			header = low
			completes, underBlank = true, underBlank || blankAbove
		case blankAbove:
			header = low
		case f.meaning(up) >= 0:
			c.conflict = true
		default:
			header = up + " " + low
		}
		if blankAbove && header == title {
			header = "" // a title reaches over the column but does not name it
		}
		c.headers = append(c.headers, header)
	}
	f.count(&c)
	// A contradiction alone is what every first data row is. Only a known header
	// below a blank cell shows that the second row belongs to the header.
	return c, completes && (!c.conflict || underBlank)
}

func cellAt(row *sheet.Row, i int) *sheet.Cell {
	if i < len(row.Cells) {
		return &row.Cells[i]
	}
	return &sheet.Cell{}
}

// score says how well the first rows of a sheet suit the kind, 0 for not at
// all: known headers count, so does having the required ones, and unknown ones
// count a little against it.
func (f *finder) score(rows []sheet.Row) (score int, usable bool) {
	best, found := f.find(rows, 0)
	if !found {
		return 0, false
	}
	m := f.mapping(best)
	missing, _ := f.missing(m, nil)
	score = 10*best.known - min(best.unknown, 9)
	if usable = len(missing) == 0; usable {
		score += 15
	}
	if m.isDirectory() {
		score += 30
	}
	return score, usable
}

// isDirectory recognises a list of members such as WeCom exports it: it shares
// most columns (手机, 性别, 职务) with customers, but no list of customers has
// accounts and departments.
func (m *Mapping) isDirectory() bool {
	if m.Kind != crm.People || m.column[StaffUserID] < 0 || m.column[StaffDepartments] < 0 {
		return false
	}
	_, follower := knownHeaders(crm.Customers).find(m.Headers[m.column[StaffUserID]])
	return !follower
}

// Fit scores how well the first rows of a sheet suit kind k, for
// sheet.Options.Fit.
func Fit(k crm.Kind) func(rows []sheet.Row) int {
	return func(rows []sheet.Row) int {
		score, _ := newFinder(k).score(rows)
		return score
	}
}

// FitAny scores how well they suit the kind that they suit best.
func FitAny(rows []sheet.Row) int {
	best := 0
	for _, k := range crm.Kinds {
		best = max(best, Fit(k)(rows))
	}
	return best
}

// GuessKind tells the kind of a sheet from its header. It returns false when no
// kind has its required columns, or when two kinds suit equally well: then a
// person has to say.
func GuessKind(first []sheet.Row) (crm.Kind, bool) {
	var guess crm.Kind
	best, tie := 0, false
	for _, k := range crm.Kinds {
		score, usable := newFinder(k).score(first)
		switch {
		case !usable || score < best:
		case score == best:
			tie = true
		default:
			guess, best, tie = k, score, false
		}
	}
	if tie || guess == "" {
		return "", false
	}
	return guess, true
}

// otherKind is the kind that the rows are of if it is not k.
func otherKind(k crm.Kind, first []sheet.Row) crm.Kind {
	if guess, ok := GuessKind(first); ok && guess != k {
		return guess
	}
	return ""
}
