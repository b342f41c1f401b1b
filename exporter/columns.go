package exporter

import (
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/table"
)

// column is one column of the file.
type column struct {
	from   int // the cell of a row that it shows: a field, or one behind the fields
	header string
	look   look
}

// look is how the cells of a column are stored and how wide the column is.
type look struct {
	width  float64 // in characters of which a Chinese one takes two
	number bool
	date   bool
}

// ColumnError: a column that was asked for is none of the kind, or cannot be
// written.
type ColumnError struct {
	Kind  crm.Kind
	Name  string // as it was asked for; the group for NoHeader
	Twice bool
	// NoTags: one column per tag group was asked for without the column of tags,
	// or of a kind that has none.
	NoTags bool
	// NoHeader: the name of the tag group cannot be a header that is read back.
	NoHeader bool
	Near     string // the column that was most likely meant
	Known    []string
}

func (e *ColumnError) Error() string {
	switch {
	case e.Twice:
		return fmt.Sprintf("export %s: the column %s twice", e.Kind, e.Name)
	case e.NoTags:
		return fmt.Sprintf("export %s: no tags to put into columns", e.Kind)
	case e.NoHeader:
		return fmt.Sprintf("export %s: the name of the tag group %q does not fit into a header", e.Kind, e.Name)
	}
	return fmt.Sprintf("export %s: no column %s", e.Kind, e.Name)
}

// choose finds the columns that were asked for, and looks whether the condition
// fits the kind.
func (w *writer) choose() error {
	if w.opt.Where != nil {
		if err := w.opt.Where.Check(w.kind); err != nil {
			return err
		}
	}
	declared := table.Columns(w.kind)
	fields := make([]int, 0, len(declared))
	for i := range declared {
		if len(w.opt.Columns) == 0 {
			fields = append(fields, i)
		}
	}
	for _, name := range w.opt.Columns {
		field, ok := table.Field(w.kind, name)
		if !ok || slices.Contains(fields, field) {
			return unknownColumn(w.kind, declared, name, ok, w.opt.Lang)
		}
		fields = append(fields, field)
	}
	if w.opt.TagColumns && (w.kind != crm.Customers || !slices.Contains(fields, table.CustTags)) {
		return &ColumnError{Kind: w.kind, NoTags: true}
	}
	for _, field := range fields {
		w.columns = append(w.columns, column{field, w.opt.Lang.Pick(declared[field].Header, declared[field].Field), lookOf(w.kind, field)})
	}
	return nil
}

func unknownColumn(kind crm.Kind, declared []table.Column, name string, twice bool, lang crm.Lang) error {
	e := &ColumnError{Kind: kind, Name: name, Twice: twice}
	var all []string
	for _, c := range declared {
		e.Known = append(e.Known, lang.Pick(c.Header, c.Field))
		all = append(all, c.Header, c.Field)
	}
	e.Near, _ = crm.Nearest(strings.TrimSpace(name), all)
	return e
}

// spreadTags puts columns of the tag groups in the place of that of all tags.
// The group at i is shown by the cell behind the fields at i.
func (w *writer) spreadTags(groups []string) error {
	var spread []column
	for _, c := range w.columns {
		if c.from != table.CustTags {
			spread = append(spread, c)
			continue
		}
		for i, group := range groups {
			header, ok := table.TagHeader(group, w.opt.Lang)
			if !ok {
				return &ColumnError{Kind: w.kind, Name: group, NoHeader: true}
			}
			spread = append(spread, column{len(table.Columns(w.kind)) + i, header, look{width: 20}})
		}
	}
	w.columns = spread
	return nil
}

// lookOf is the look of a field. What is only digits but no number, as ids and
// phones are, stays text.
func lookOf(kind crm.Kind, field int) look {
	switch kind {
	case crm.Tags:
		switch field {
		case table.TagSort, table.TagGroupSort:
			return look{width: 12, number: true}
		case table.TagExpires:
			return look{width: 12, date: true}
		case table.TagDescription, table.TagDepartment, table.TagWecomID, table.TagGroupWecomID:
			return look{width: 34}
		case table.TagScope, table.TagSingle:
			return look{width: 12}
		}
	case crm.Customers:
		switch field {
		case table.CustBirthday:
			return look{width: 12, date: true}
		case table.CustAddedAt:
			return look{width: 20, date: true}
		case table.CustExternalID, table.CustUnionID:
			return look{width: 34}
		case table.CustTags, table.CustDescription, table.CustCompany:
			return look{width: 40}
		case table.CustTagMode, table.CustGender:
			return look{width: 10}
		}
	case crm.People:
		if field == table.StaffDepartments {
			return look{width: 40}
		}
	case crm.Grants:
		switch field {
		case table.GrantStarts, table.GrantEnds:
			return look{width: 20, date: true}
		case table.GrantObject, table.GrantReason, table.GrantSubject:
			return look{width: 34}
		}
	}
	return look{width: 18}
}
