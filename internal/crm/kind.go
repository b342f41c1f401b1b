package crm

import "fmt"

// Kind says what the rows of a spreadsheet are.
type Kind string

// The kinds that can be imported.
const (
	Tags      Kind = "tags"
	Customers Kind = "customers"
	People    Kind = "staff"
	Grants    Kind = "grants"
)

// Generated is the kind of a run that made tag groups out of departments or
// regions; nothing of it comes from a spreadsheet.
const Generated Kind = "generate"

// Kinds lists every kind, in the order in which a company fills its database:
// people and departments first, then tags, then customers who carry them, and
// last who may do what with the tags.
var Kinds = []Kind{People, Tags, Customers, Grants}

// ParseKind reads the word used on the command line.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("unknown kind %q: one of tags, customers, staff, grants", s)
}

// Label is the kind's name in the language l.
func (k Kind) Label(l Lang) string {
	zh, en := "", string(k)
	switch k {
	case Tags:
		zh = "标签"
	case Customers:
		zh = "客户"
	case People:
		zh = "员工"
	case Generated:
		zh, en = "生成标签组", "generated groups"
	case Grants:
		zh = "授权"
	}
	return l.Pick(zh, en)
}

// Lang is the language of text meant for people. Codes, JSON keys and logs are
// English whatever the language.
type Lang string

// The languages tagkeep speaks.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Pick returns zh or en, whichever is the text of this language.
func (l Lang) Pick(zh, en string) string {
	if l == English {
		return en
	}
	return zh
}
