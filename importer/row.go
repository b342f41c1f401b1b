package importer

import (
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// outcome is what became of a row.
type outcome uint8

const (
	undecided outcome = iota
	created
	updated
	unchanged
	skipped
	rejected
)

// row is one data row on its way through the pipeline.
type row struct {
	rec   table.Record
	cells []sheet.Cell // as read
	// refs and refFaults are what 企业标签 names, split where rows are parsed.
	refs      []table.TagRef
	refFaults []crm.Problem
	// meets: several rows may have this row's value of a customer's key.
	meets [3]bool
	// parsed is how many of the record's problems the parser found; a row that
	// is planned again starts from there.
	parsed         int
	mapping        *table.Mapping // of a sheet with a column per tag group, else nil
	hidden         bool           // to be skipped
	refused        string         // what the database said when it refused the row
	outcome        outcome
	added, removed int // links
}

// reset makes the row ready to be planned.
func (r *row) reset() {
	r.rec.Problems = r.rec.Problems[:r.parsed]
	r.outcome, r.added, r.removed = undecided, 0, 0
	if r.refused != "" {
		r.problem(-1, crm.Problem{Code: crm.DBRejected, Args: []string{r.refused}})
	}
}

// problem adds one to the row, with the cell of the column that it is about.
func (r *row) problem(column int, p crm.Problem) {
	p.Row, p.Column = r.rec.Row, -1
	if column >= 0 {
		p.Column = r.rec.Values[column].Column
	}
	if column == table.CustTags && r.mapping != nil {
		if at, ok := r.mapping.TagColumn(p.Value); ok {
			p.Column = at
		}
	}
	if p.Value == "" && p.Column >= 0 && p.Column < len(r.cells) {
		p.Value = r.cells[p.Column].Value
	}
	r.rec.Problems = append(r.rec.Problems, p)
}

func (r *row) set(column int) bool    { return r.rec.Values[column].State == table.Set }
func (r *row) text(column int) string { return r.rec.Values[column].Text }

// bad reports whether the cell of a column has an error; its value may then be
// blank although the cell is not.
func (r *row) bad(column int) bool {
	at := r.rec.Values[column].Column
	for i := range r.rec.Problems {
		if p := &r.rec.Problems[i]; !p.Warn && at >= 0 && p.Column == at {
			return true
		}
	}
	return false
}

// badTags reports whether a cell that says what to do with tags has an error.
func (r *row) badTags() bool {
	if r.bad(table.CustTags) || r.bad(table.CustRemoveTags) || r.bad(table.CustTagMode) {
		return true
	}
	return r.mapping != nil && slices.ContainsFunc(r.rec.Problems, func(p crm.Problem) bool {
		return !p.Warn && slices.Contains(r.mapping.TagColumns(), p.Column)
	})
}

// has reports whether the row has a problem of this code.
func (r *row) has(code crm.Code) bool {
	for i := range r.rec.Problems {
		if r.rec.Problems[i].Code == code {
			return true
		}
	}
	return false
}

// asks reports whether the cell wants a value changed, and to what.
func (r *row) asks(column int) (string, bool) {
	v := &r.rec.Values[column]
	return v.Text, v.State == table.Set || v.State == table.Clear
}

// says is asks, but for a cell with an error: it says nothing to later rows.
func (r *row) says(column int) (string, bool) {
	if v, asked := r.asks(column); asked && !r.bad(column) {
		return v, true
	}
	return "", false
}
