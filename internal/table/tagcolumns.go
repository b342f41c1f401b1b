package table

import (
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// tagColumn is a sheet column that holds the tags of one group: its header is
// 企业标签:意向, its cells name tags of 意向 without the group.
type tagColumn struct {
	column int
	group  string
}

// TagHeader is the header of a column that holds the tags of a group. It returns
// false for the name of a group that would not come back from a header as it is,
// such as one with two spaces in a row.
func TagHeader(group string, lang crm.Lang) (header string, ok bool) {
	c := customerDeclarations[CustTags]
	for _, quoted := range []bool{false, true} {
		var b strings.Builder
		b.WriteString(lang.Pick(c.Header, c.Field) + ":")
		writeTagName(&b, group, quoted)
		back := headerText(&sheet.Cell{Value: b.String()})
		// 企业标签:（必填） is the column of all tags with a note.
		_, noted := knownHeaders(crm.Customers).find(back)
		if got, ok := groupOf(back); ok && got == group && !noted {
			return b.String(), true
		}
	}
	return "", false
}

// groupOf reads the group of a header such as 企业标签:意向.
func groupOf(header string) (group string, ok bool) {
	i := strings.IndexAny(header, ":：")
	if i < 0 || len(header) > maxHeaderBytes {
		return "", false
	}
	if field, known := knownHeaders(crm.Customers).find(header[:i]); !known || field != CustTags {
		return "", false
	}
	rest, _ := cutColon(header[i:])
	group, _, rest, fault := nextName(strings.TrimLeftFunc(rest, blankInTags))
	return group, fault == "" && group != "" && rest == ""
}

// TagColumns are the sheet columns of which each holds the tags of one group.
func (m *Mapping) TagColumns() []int { return m.perGroup }

// TagColumn is the sheet column that holds the tags of the group that the tag
// belongs to, written as in a tag cell; false when there is none.
func (m *Mapping) TagColumn(tag string) (column int, ok bool) {
	refs, _ := SplitTags(tag)
	if len(refs) != 1 {
		return -1, false
	}
	i := slices.IndexFunc(m.tags, func(t tagColumn) bool { return t.group == refs[0].Group })
	if i < 0 {
		return -1, false
	}
	return m.tags[i].column, true
}

// doubledTags are the groups that have several columns.
func (m *Mapping) doubledTags() []Doubled {
	var all []Doubled
	for i, first := range m.tags {
		d := Doubled{Header: m.Headers[first.column]}
		for j, t := range m.tags {
			if t.group != first.group || j < i && len(d.Columns) == 0 {
				continue
			}
			d.Columns = append(d.Columns, t.column)
			d.Headers = append(d.Headers, m.Headers[t.column])
		}
		before := slices.ContainsFunc(m.tags[:i], func(t tagColumn) bool { return t.group == first.group })
		if len(d.Columns) > 1 && !before {
			all = append(all, d)
		}
	}
	return all
}

// addTagColumns makes one tag cell of those of the groups and of 企业标签. It
// returns false when one of them is wrong.
func (m *Mapping) addTagColumns(p *Parser, row *sheet.Row, rec *Record) (ok bool) {
	v := &rec.Values[CustTags]
	all, ok := v.Text, true
	for _, t := range m.tags {
		if t.column >= len(row.Cells) || row.Cells[t.column].Kind == sheet.Blank {
			continue
		}
		c := spot{p: p, rec: rec, raw: &row.Cells[t.column], column: t.column, field: CustTags}
		refs, fine := c.tagsOf(t.group)
		ok = ok && fine
		if !fine || len(refs) == 0 {
			continue
		}
		if v.State == Clear {
			c.fail(crm.BadFormat, badClear)
			ok = false
			continue
		}
		if all != "" {
			all += ";"
		}
		all += FormatTags(refs)
		if v.Column < 0 {
			v.Column = t.column
		}
	}
	if ok && all != "" && v.State != Clear {
		v.State, v.Text = Set, all
	}
	return ok
}

// tagsOf reads the cell as tags of the group.
func (c spot) tagsOf(group string) ([]TagRef, bool) {
	v, ok := c.value(&customerDeclarations[CustTags])
	switch {
	case !ok || v.State == Blank:
		return nil, ok
	case v.State == Clear:
		c.fail(crm.BadFormat, badClear)
		return nil, false
	}
	refs, problems := SplitTags(v.Text)
	for _, p := range problems {
		p.Row, p.Column = c.rec.Row, c.column
		c.rec.Problems = append(c.rec.Problems, p)
	}
	for i := range refs {
		if refs[i].Group != "" && refs[i].Group != group {
			c.fail(crm.BadFormat, badGroup)
			return nil, false
		}
		refs[i].Group = group
	}
	return refs, len(problems) == 0
}
