package table

import (
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// check looks at a row as a whole, once its cells are parsed.
type check struct {
	m   *Mapping
	src *sheet.Row
	rec *Record
	bad fieldSet // fields with an error, of which nothing more is asked
}

func (k *check) row() {
	switch k.m.Kind {
	case crm.Tags:
		k.tags()
	case crm.Customers:
		k.customer()
	case crm.People:
		k.person()
	case crm.Grants:
		k.grant()
	}
}

// set reports whether the field has a value, or an error in place of one.
func (k *check) set(field int) bool {
	return k.rec.Values[field].State == Set || k.bad.has(field)
}

// require reports a field that is not filled, told as what. A cell that is blank
// because it lies in a merged range is told as such.
func (k *check) require(field int, what string) {
	code, args := crm.Required, []string{what}
	column := k.m.column[field]
	if column >= 0 && cellAt(k.src, column).Merged {
		code, args = crm.MergedCell, nil
	}
	k.fail(field, code, args...)
}

func (k *check) fail(field int, code crm.Code, args ...string) {
	column := k.m.column[field]
	p := crm.Problem{Code: code, Row: k.rec.Row, Column: column, Args: args}
	if column >= 0 {
		p.Value = cellAt(k.src, column).Value
	}
	k.rec.Problems = append(k.rec.Problems, p)
}

func (k *check) header(field int) string { return k.m.declared[field].Header }

// tags: the group always; a tag for what is said about one; a department for a
// department group, and for no other.
func (k *check) tags() {
	if !k.set(TagGroup) {
		k.require(TagGroup, k.header(TagGroup))
	}
	if !k.set(TagName) {
		for _, field := range [...]int{TagSort, TagDescription, TagExpires, TagWecomID} {
			if k.rec.Values[field].State == Set {
				k.require(TagName, k.header(TagName))
				break
			}
		}
	}
	scope, department := &k.rec.Values[TagScope], &k.rec.Values[TagDepartment]
	switch {
	case k.bad.has(TagScope):
	case department.State == Set && scope.State != Set:
		*scope = Value{State: Set, Text: scopeDepartment, Column: department.Column}
	case department.State == Set && scope.Text != scopeDepartment:
		k.fail(TagDepartment, crm.BadFormat, badScope)
	case scope.Text == scopeDepartment && !k.set(TagDepartment):
		k.require(TagDepartment, k.header(TagDepartment))
	}
}

// customer: a key, without which nobody is meant.
func (k *check) customer() {
	values := k.rec.Values
	if phones := values[CustPhones]; k.m.column[CustMobile] < 0 && phones.State == Set {
		if number, ok := parseMobile(phones.Text); ok {
			values[CustMobile] = Value{State: Set, Text: number, Column: phones.Column}
		}
	}
	keys := [...]int{CustExternalID, CustUnionID, CustMobile}
	if slices.ContainsFunc(keys[:], k.set) || k.m.column[CustMobile] < 0 && k.bad.has(CustPhones) {
		return
	}
	// The first key column of the sheet is marked, rather one in a merged range.
	mark := -1
	for _, field := range [...]int{CustExternalID, CustUnionID, CustMobile, CustPhones} {
		column := k.m.column[field]
		if column < 0 {
			continue
		}
		if mark < 0 || cellAt(k.src, column).Merged && !cellAt(k.src, k.m.column[mark]).Merged {
			mark = field
		}
	}
	k.require(max(mark, 0), missingKey)
}

// person: an account, or else a department alone.
func (k *check) person() {
	if k.set(StaffUserID) {
		return
	}
	if !k.set(StaffDepartments) {
		k.require(StaffUserID, k.header(StaffUserID))
		return
	}
	for _, field := range [...]int{StaffName, StaffRole, StaffContact, StaffTagging, StaffStatus} {
		if k.rec.Values[field].State == Set {
			k.require(StaffUserID, k.header(StaffUserID))
			return
		}
	}
}

// grant: an object, a subject and a level; the subject is read as its kind says.
func (k *check) grant() {
	for _, field := range [...]int{GrantObject, GrantSubjectKind, GrantSubject, GrantLevel} {
		if !k.set(field) {
			k.require(field, k.header(field))
		}
	}
	kind, subject := k.rec.Values[GrantSubjectKind], &k.rec.Values[GrantSubject]
	if kind.State != Set {
		return
	}
	if k.rec.Values[GrantWithSub].Text == "1" && kind.Text != crm.SubjectDepartment {
		k.fail(GrantWithSub, crm.BadFormat, badWithSub)
	}
	if subject.State != Set {
		return
	}
	c := spot{rec: k.rec, raw: cellAt(k.src, subject.Column), column: subject.Column, field: GrantSubject}
	text, ok := grantSubject(c, kind.Text, subject.Text)
	if subject.Text = text; !ok {
		*subject = Value{State: Blank, Column: subject.Column}
	}
}

// grantSubject reads 授权给 as what 授权类型 says it is.
func grantSubject(c spot, kind, text string) (string, bool) {
	switch kind {
	case crm.SubjectDepartment:
		if strings.ContainsFunc(text, separatesPaths) {
			return c.fail(crm.BadFormat, badManyValues)
		}
		return canonicalPath(c, text)
	case crm.SubjectRole:
		return roles.parse(c, text)
	}
	return name(c, text, crm.MaxStaffName)
}

// tooManyCells reports data behind the last header, which nobody would read.
func (k *check) tooManyCells() {
	for column := len(k.m.Headers); column < len(k.src.Cells); column++ {
		if cell := &k.src.Cells[column]; filled(cell) {
			k.rec.Problems = append(k.rec.Problems, crm.Problem{
				Code: crm.TooManyCells, Row: k.rec.Row, Column: column, Value: cell.Value,
				Args: []string{strconv.Itoa(len(k.m.Headers))},
			})
			return
		}
	}
}

// IsExample recognises rows that are no data: the template's example row, a row
// of instructions below the header, and the header repeated. Parse says so too,
// in Record.Example.
func (m *Mapping) IsExample(row *sheet.Row) bool {
	for i := range row.Cells {
		if row.Cells[i].Kind != sheet.Blank {
			if text := clean(row.Cells[i].Value); exampleMark(text) || instruction(text) && m.allInstructions(row) {
				return true
			}
			break
		}
	}
	sample, header, telling := true, true, false
	for field, column := range m.column {
		if column < 0 {
			continue
		}
		if column >= len(row.Cells) || row.Cells[column].Kind == sheet.Blank {
			header = false
			continue
		}
		text := clean(row.Cells[column].Value)
		sample = sample && m.isSample(field, text)
		header = header && headerLike(text, m.Headers[column])
		if !sample && !header {
			return false
		}
		telling = telling || unmistakable(text)
	}
	return header || telling
}

// isSample compares a cell with the column's sample in either language.
func (m *Mapping) isSample(field int, text string) bool {
	sample := m.declared[field].Sample
	if text == sample {
		return true
	}
	l := enumeration(m.Kind, field)
	return l != nil && text == englishWord(l, sample)
}

// unmistakable samples are those that no real row has. The others, such as the
// tag 高意向, prove nothing by themselves.
func unmistakable(sample string) bool {
	return strings.Contains(sample, sampleMark) || sample == sampleMobile
}

const (
	sampleMark   = "示例"
	sampleMobile = "13800138000" // a service number, used as dummy everywhere
)

// headerLike compares a cell with the header above it, which is on one line.
func headerLike(text, header string) bool {
	return text == header || len(text) > 0 && len(header) > 0 && text[0] == header[0] && hasBreak(text) &&
		strings.Join(strings.FieldsFunc(text, invisible), " ") == header
}

// exampleMark: 示例, 示例：…, （示例）…, 例：…, example: …. A name that merely begins
// with 示例 is data.
func exampleMark(text string) bool {
	if text == "" || strings.IndexByte("\xe7\xe4\xef\xe3([Ee", text[0]) < 0 {
		return false
	}
	text = strings.TrimLeft(text, "（(【[")
	for _, word := range [...]string{"示例", "示例行", "示例数据", "例", "example", "example row"} {
		if len(text) < len(word) || !strings.EqualFold(text[:len(word)], word) {
			continue
		}
		rest := text[len(word):]
		if rest == "" || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "：") ||
			strings.HasPrefix(rest, ")") || strings.HasPrefix(rest, "）") || strings.HasPrefix(rest, "]") || strings.HasPrefix(rest, "】") {
			return true
		}
	}
	return false
}

// instruction recognises the words of a row that says what is required.
func instruction(text string) bool {
	switch text {
	case "必填", "选填", "可选", "非必填", "required", "optional":
		return true
	}
	return false
}

func (m *Mapping) allInstructions(row *sheet.Row) bool {
	for i := range row.Cells {
		if text := clean(row.Cells[i].Value); text != "" && !instruction(text) {
			return false
		}
	}
	return true
}
