package table

import (
	"strings"

	"tagkeep/internal/crm"
)

// headerIndex finds columns of a kind by folded header.
type headerIndex map[string]int

// The indexes are built when the program starts and never changed.
var headerIndexes = map[crm.Kind]headerIndex{
	crm.Tags:      indexHeaders(crm.Tags),
	crm.Customers: indexHeaders(crm.Customers),
	crm.People:    indexHeaders(crm.People),
	crm.Grants:    indexHeaders(crm.Grants),
}

func knownHeaders(k crm.Kind) headerIndex { return headerIndexes[k] }

func indexHeaders(k crm.Kind) headerIndex {
	index := make(headerIndex)
	for i, c := range declared(k) {
		for _, header := range c.names() {
			index[foldHeader(header)] = i
		}
	}
	return index
}

// names are all the headers by which the column is known.
func (c Column) names() []string {
	return append([]string{c.Header, c.Field}, c.Synonyms...)
}

// find looks a header up as it is written, then without the notes that people
// and templates add to headers.
func (h headerIndex) find(header string) (int, bool) {
	if len(header) > maxHeaderBytes {
		return -1, false
	}
	key := foldHeader(header)
	if i, ok := h[key]; ok {
		return i, true
	}
	if i, ok := h[withoutNotes(key)]; ok {
		return i, true
	}
	return -1, false
}

// maxHeaderBytes: a longer cell is no header and not worth folding.
const maxHeaderBytes = 400

// foldHeader folds like foldWord and also drops the * of required columns and a
// colon at the end.
func foldHeader(s string) string {
	s = strings.ReplaceAll(foldWord(s), "*", "")
	return strings.TrimRight(s, ":")
}

// withoutNotes drops notes in brackets, （必填）, and bare marks at the end.
func withoutNotes(key string) string {
	for _, pair := range [...][2]string{{"(", ")"}, {"[", "]"}, {"【", "】"}, {"〔", "〕"}, {"<", ">"}} {
		for {
			before, note, found := strings.Cut(key, pair[0])
			if !found {
				break
			}
			_, after, _ := strings.Cut(note, pair[1])
			key = before + after
		}
	}
	for _, mark := range [...]string{"非必填", "必填", "选填", "可选", "required", "optional"} {
		key = strings.TrimSuffix(key, mark)
	}
	return strings.TrimRight(key, ":")
}

// Columns that a repair file has appended, by folded header. They say what was
// wrong the last time; only the code is read (Record.Prior).
func repairColumn(header string) (is, code bool) {
	if len(header) > maxHeaderBytes {
		return false, false
	}
	switch withoutNotes(foldHeader(header)) {
	case "错误代码", "errorcode", "errorcodes":
		return true, true
	case "出现次数", "最接近的现有标签": // of the sheet 待建标签
		return true, false
	case "错误行号", "错误原因", "错误信息", "错误说明", "errorrow", "errorreason", "errormessage", "error", "errors":
		return true, false
	}
	return false, false
}

// Required columns of a kind.
type requirement struct {
	fields []int
	any    bool // one of the fields is enough
}

func required(k crm.Kind) requirement {
	switch k {
	case crm.Customers:
		return requirement{[]int{CustExternalID, CustUnionID, CustMobile, CustPhones}, true}
	case crm.People:
		return requirement{[]int{StaffUserID, StaffDepartments}, true}
	}
	var all requirement
	for i, c := range declared(k) {
		if c.Required {
			all.fields = append(all.fields, i)
		}
	}
	return all
}

// missing returns the required fields that are not there.
func (r requirement) missing(there func(field int) bool) []int {
	var missing []int
	for _, f := range r.fields {
		switch {
		case !there(f):
			missing = append(missing, f)
		case r.any:
			return nil
		}
	}
	return missing
}
