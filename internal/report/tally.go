package report

import (
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// mostListed is how many errors, and how many warnings, are kept whole.
const mostListed = 100

// Tally collects the problems of one file: counts and rows by code, the first
// hundred errors whole, unknown names by frequency. Its memory does not grow
// with the number of problems. Not for concurrent use.
type Tally struct {
	lang     crm.Lang
	headers  []string
	errors   group
	warnings group
	unknown  unknowns
}

// group is the errors, or the warnings.
type group struct {
	codes map[crm.Code]*codeTally
	// file holds problems of the file as a whole; they are few, come at any
	// time and must not be crowded out by those of rows.
	file []RowError
	rows []RowError
}

// codeTally is what is known of one code.
type codeTally struct {
	count  int64 // problems
	rows   int64 // rows that have one
	last   int   // the row counted last
	ranges ranges
}

// NewTally returns an empty tally that explains problems in the language lang.
// headers are the texts of the sheet's header row, by 0-based column.
func NewTally(lang crm.Lang, headers []string) *Tally {
	return &Tally{lang: lang, headers: slices.Clone(headers)}
}

// Add counts problems of one row, or of the file. line is the first physical
// line of the row in a CSV file; 0, or the row's number, where there is no
// other. Rows come in order, with all problems of a row together; otherwise the
// number of rows of a code is too high.
func (t *Tally) Add(line int, problems ...crm.Problem) {
	for i := range problems {
		p := &problems[i]
		g := &t.errors
		if p.Warn {
			g = &t.warnings
		} else {
			t.unknown.add(p)
		}
		g.count(p)
		if g.keeps(p) {
			g.keep(t.explain(p, line))
		}
	}
}

// explain explains a copy of p, which must not keep the chunk alive that its
// strings were read with.
func (t *Tally) explain(p *crm.Problem, line int) RowError {
	own := *p
	own.Value = strings.Clone(p.Value)
	own.Args = make([]string, len(p.Args))
	for i, arg := range p.Args {
		own.Args[i] = strings.Clone(arg)
	}
	return explainAt(t.lang, own, t.headers, line)
}

// explainAt is Explain for a row whose physical line is known.
func explainAt(lang crm.Lang, p crm.Problem, headers []string, line int) RowError {
	e := Explain(lang, p, headers)
	if line != p.Row {
		e.SourceLine = line
	}
	return e
}

func (g *group) count(p *crm.Problem) {
	if g.codes == nil {
		g.codes = make(map[crm.Code]*codeTally)
	}
	c := g.codes[p.Code]
	if c == nil {
		c = &codeTally{}
		g.codes[p.Code] = c
	}
	c.count++
	if p.Row > 0 && p.Row != c.last {
		c.rows++
		c.last = p.Row
		c.ranges.add(p.Row)
	}
}

func (g *group) keeps(p *crm.Problem) bool {
	if p.Row == 0 {
		return len(g.file) < mostListed
	}
	return len(g.rows) < mostListed
}

func (g *group) keep(e RowError) {
	if e.Row == 0 {
		g.file = append(g.file, e)
		return
	}
	g.rows = append(g.rows, e)
}

// listed returns the first hundred, those of the file first; never nil, since
// scripts expect a JSON array.
func (g *group) listed() []RowError {
	all := make([]RowError, 0, mostListed)
	all = append(append(all, g.file...), g.rows...)
	return all[:min(len(all), mostListed)]
}

func (g *group) counts() map[crm.Code]int64 {
	counts := make(map[crm.Code]int64, len(g.codes))
	for code, c := range g.codes {
		counts[code] = c.count
	}
	return counts
}

// Errors returns the first hundred errors, never nil.
func (t *Tally) Errors() []RowError { return t.errors.listed() }

// Warnings returns the first hundred warnings, those about the file as a whole
// before those about rows, never nil.
func (t *Tally) Warnings() []RowError { return t.warnings.listed() }

// ErrorsByCode returns how many errors there are of each code, never nil.
func (t *Tally) ErrorsByCode() map[crm.Code]int64 { return t.errors.counts() }

// WarningsByCode returns how many warnings there are of each code, never nil.
func (t *Tally) WarningsByCode() map[crm.Code]int64 { return t.warnings.counts() }

// Unknowns returns the names that errors of the codes are about, the most
// frequent first, and how many occurrences of further names are not listed.
// Codes other than UNKNOWN_TAG, UNKNOWN_GROUP, UNKNOWN_STAFF and
// UNKNOWN_DEPARTMENT have none.
func (t *Tally) Unknowns(codes ...crm.Code) (names []Unknown, others int64) {
	for _, code := range codes {
		others += t.unknown.others[code]
	}
	return t.unknown.list(codes...), others
}
