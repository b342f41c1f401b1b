package exporter

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// Formats of cells, by their number or as a spreadsheet program writes them.
const (
	generalFormat = 0
	textFormat    = 49
	dayFormat     = "yyyy-mm-dd"
	momentFormat  = "yyyy-mm-dd hh:mm"
)

var (
	greyFill     = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7E6E6"}}
	requiredFill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F8CBAD"}}
	anyOfFill    = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFE699"}}
	thinBorder   = []excelize.Border{{Type: "bottom", Color: "A6A6A6", Style: 1}, {Type: "right", Color: "D9D9D9", Style: 1}}
)

// writeData writes the sheet that is filled in: the header with its notes, the
// example row, and the formats of the cells below.
func (b *templateBook) writeData() {
	name := b.data()
	for field, c := range b.columns {
		letter := sheet.ColumnName(field)
		b.must(b.f.SetColStyle(name, letter, b.cellStyle(c)))
		b.must(b.f.SetColWidth(name, letter, letter, b.width(field)))
		b.must(b.f.SetCellStr(name, letter+"1", b.header(field)))
		style := b.headerStyle(field)
		b.must(b.f.SetCellStyle(name, letter+"1", letter+"1", style))
		// The example is text everywhere: it must look like what is recognised.
		b.must(b.f.SetCellStr(name, letter+"2", table.Example(b.kind, field, b.lang)))
		example := b.style(excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Italic: true, Color: "808080"}})
		b.must(b.f.SetCellStyle(name, letter+"2", letter+"2", example))
		b.must(b.f.AddComment(name, b.note(field, letter+"1")))
	}
	b.must(b.f.SetRowHeight(name, 1, 24))
	b.must(b.f.SetRowHeight(name, 2, line+1))
	b.layout(name, 1)
}

// header marks what every row needs.
func (b *templateBook) header(field int) string {
	c := b.columns[field]
	text := b.lang.Pick(c.Header, c.Field)
	if c.Required {
		return "*" + text
	}
	return text
}

func (b *templateBook) headerStyle(field int) int {
	s := excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true}, Fill: greyFill, Border: thinBorder,
		Alignment: &excelize.Alignment{Vertical: "center"}}
	switch {
	case b.columns[field].Required:
		s.Font.Color, s.Fill = "C00000", requiredFill
	case b.anyOf[field]:
		s.Fill = anyOfFill
	}
	return b.style(s)
}

// cellStyle is that of the cells to fill in. Whatever is neither a date nor a
// number is text, so that the program leaves 13800138000, 007 and 3-5 alone.
func (b *templateBook) cellStyle(c table.Column) int {
	day, moment := dayFormat, momentFormat
	switch {
	case c.Date:
		return b.style(excelize.Style{CustomNumFmt: &day})
	case c.Time:
		return b.style(excelize.Style{CustomNumFmt: &moment})
	case c.Number:
		return b.style(excelize.Style{NumFmt: generalFormat})
	}
	return b.style(excelize.Style{NumFmt: textFormat})
}

// width lets the header and the example be read, within reason.
func (b *templateBook) width(field int) float64 {
	widest := max(displayWidth(b.header(field)), displayWidth(table.Example(b.kind, field, b.lang)))
	return float64(min(max(widest+3, 12), 36))
}

// displayWidth counts a Han character as two.
func displayWidth(s string) (n int) {
	for _, r := range s {
		n++
		if r > 0x2e7f {
			n++
		}
	}
	return n
}

// note says beside the header what goes into the column.
func (b *templateBook) note(field int, cell string) excelize.Comment {
	lines := []string{b.purpose(field)}
	if b.anyOf[field] {
		lines = append(lines, b.lang.Pick("至少填一项：", "fill one at least: ")+b.anyOfHeaders())
	}
	if example := table.Example(b.kind, field, b.lang); example != "" {
		lines = append(lines, b.lang.Pick("例：", "such as: ")+example)
	}
	text := strings.Join(lines, "\n")
	rows := 0
	for _, line := range lines {
		rows += 1 + displayWidth(line)/noteColumns
	}
	return excelize.Comment{Author: "tagkeep", Cell: cell, Text: text, Width: noteWidth, Height: uint(30 + 20*rows)}
}

// The width of a note in pixels, and how many columns of text fit in.
const (
	noteWidth   = 300
	noteColumns = 38
)

func (b *templateBook) anyOfHeaders() string {
	var names []string
	for _, field := range table.AnyOf(b.kind) {
		names = append(names, b.header(field))
	}
	return b.listed(names)
}

// mostListed is how many values the list of a dropdown may have.
const mostListed = 32767

// writeDropdowns puts the values on the hidden sheet, where their number and
// length are not limited to 255 characters, and ties the columns to them.
func (b *templateBook) writeDropdowns() {
	for field := range b.columns {
		if words := table.Words(b.kind, field, b.lang); words != nil {
			style := excelize.DataValidationErrorStyleStop
			if b.columns[field].Clear { // <清空> is not in the list
				style = excelize.DataValidationErrorStyleWarning
			}
			b.dropdown(field, b.list(b.header(field), words), &style)
		}
		if b.columns[field].Number {
			b.wholeNumber(field)
		}
	}
	c, warn := b.choices, excelize.DataValidationErrorStyleWarning
	switch b.kind {
	case crm.Tags:
		b.dropdown(table.TagGroup, b.list(b.header(table.TagGroup), c.groupNames()), nil)
		b.dropdown(table.TagName, b.tagsOfGroup(), nil)
		b.dropdown(table.TagDepartment, b.list(b.header(table.TagDepartment), c.departments), &warn)
	case crm.Customers:
		b.dropdown(table.CustFollower, b.list(b.header(table.CustFollower), c.staff), &warn)
		tags := b.list(b.header(table.CustTags), c.tagRefs())
		b.dropdown(table.CustTags, tags, nil)
		b.dropdown(table.CustRemoveTags, tags, nil)
	case crm.People:
		b.dropdown(table.StaffDepartments, b.list(b.header(table.StaffDepartments), c.departments), nil)
	case crm.Grants:
		b.dropdown(table.GrantObject, b.list(b.header(table.GrantObject), c.objects()), &warn)
		b.dropdown(table.GrantSubject, b.subjects(), &warn)
	}
}

// list writes values into the next column of the hidden sheet and returns where
// they stand; "" when there are none.
func (b *templateBook) list(title string, values []string) string {
	if len(values) == 0 {
		return ""
	}
	name, letter := table.ListsSheet(b.lang), sheet.ColumnName(b.lists)
	b.lists++
	text := b.style(excelize.Style{NumFmt: textFormat})
	b.must(b.f.SetCellStr(name, letter+"1", title))
	for i, v := range values {
		cell := letter + strconv.Itoa(i+2)
		b.must(b.f.SetCellStr(name, cell, v))
		b.must(b.f.SetCellStyle(name, cell, cell, text))
	}
	return fmt.Sprintf("'%s'!$%s$2:$%[2]s$%d", name, letter, len(values)+1)
}

// numbers is list for numbers, which formulas reckon with.
func (b *templateBook) numbers(title string, values []int) string {
	name, letter := table.ListsSheet(b.lang), sheet.ColumnName(b.lists)
	b.lists++
	b.must(b.f.SetCellStr(name, letter+"1", title))
	for i, v := range values {
		b.must(b.f.SetCellInt(name, letter+strconv.Itoa(i+2), int64(v)))
	}
	return fmt.Sprintf("'%s'!$%s$2:$%[2]s$%d", name, letter, len(values)+1)
}

// tagsOfGroup is the formula for the tags of the group that stands in the row.
// Names of groups hold colons, spaces and wildcards, so they cannot be names of
// ranges (INDIRECT) nor be looked up (MATCH): each is compared as it stands.
func (b *templateBook) tagsOfGroup() string {
	var names, tags []string
	var first, count []int
	for _, g := range b.choices.groups {
		if len(g.tags) > 0 {
			names, first, count = append(names, g.name), append(first, len(tags)), append(count, len(g.tags))
			tags = append(tags, g.tags...)
		}
	}
	all := b.list(b.header(table.TagName), tags)
	if all == "" {
		return ""
	}
	at := fmt.Sprintf("EXACT(%s,$%s2)", b.list(b.header(table.TagGroup), names), sheet.ColumnName(table.TagGroup))
	start, _, _ := strings.Cut(all, ":")
	return fmt.Sprintf("OFFSET(%s,SUMPRODUCT(%s*%s),0,SUMPRODUCT(%[2]s*%[4]s),1)", start, at, b.numbers("first", first), b.numbers("count", count))
}

// subjects is the formula for what a grant may be to: people, departments or
// roles, as the row says.
func (b *templateBook) subjects() string {
	lists := map[string][]string{crm.SubjectStaff: b.choices.staff, crm.SubjectDepartment: b.choices.departments,
		crm.SubjectRole: table.Words(crm.People, table.StaffRole, b.lang)}
	f := table.NewFormatter(crm.Grants, b.lang, nil)
	formula := `""`
	for _, kind := range []string{crm.SubjectRole, crm.SubjectDepartment, crm.SubjectStaff} {
		word := f.Cell(table.GrantSubjectKind, table.Value{State: table.Set, Text: kind})
		if list := b.list(word, lists[kind]); list != "" {
			formula = fmt.Sprintf(`IF($%s2="%s",%s,%s)`, sheet.ColumnName(table.GrantSubjectKind), word, list, formula)
		}
	}
	return formula
}

// dropdown ties the column to a list. strict says what the program does about
// other values; nil lets them pass.
func (b *templateBook) dropdown(field int, list string, strict *excelize.DataValidationErrorStyle) {
	if list == "" {
		return
	}
	v := b.validation(field)
	v.SetSqrefDropList(list)
	if strict != nil {
		v.SetError(*strict, b.header(field), b.lang.Pick("不在下拉列表里。", "This is not in the list."))
	}
	b.must(b.f.AddDataValidation(b.data(), v))
}

func (b *templateBook) wholeNumber(field int) {
	v := b.validation(field)
	b.must(v.SetRange(0, crm.MaxOrder, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween))
	v.SetError(excelize.DataValidationErrorStyleWarning, b.header(field),
		fmt.Sprintf(b.lang.Pick("请填 0 到 %d 的整数。", "A whole number from 0 to %d, please."), crm.MaxOrder))
	b.must(b.f.AddDataValidation(b.data(), v))
}

// validation is one for all rows below the header.
func (b *templateBook) validation(field int) *excelize.DataValidation {
	v := excelize.NewDataValidation(true)
	letter := sheet.ColumnName(field)
	v.SetSqref(fmt.Sprintf("%s2:%[1]s%d", letter, sheet.MaxRows))
	return v
}
