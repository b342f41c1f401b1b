package table

import (
	"strconv"
	"time"

	"tagkeep/internal/crm"
)

// Formatter writes canonical values as cells that Parse reads back: dates and
// numbers as they are, enumerations in the words of its language, times in the
// company's time zone. It may be used concurrently.
type Formatter struct {
	kind crm.Kind
	lang crm.Lang
	zone *time.Location
}

// NewFormatter makes a formatter for rows of kind k.
func NewFormatter(k crm.Kind, lang crm.Lang, zone *time.Location) *Formatter {
	return &Formatter{kind: k, lang: lang, zone: zone}
}

// Row appends the cells of a row to cells, one for each value. Values that are
// Absent or Blank give blank cells, Clear gives <清空>.
func (f *Formatter) Row(cells []string, values []Value) []string {
	for field, v := range values {
		cells = append(cells, f.Cell(field, v))
	}
	return cells
}

// Cell writes one value. Text that is not canonical is written as it is.
func (f *Formatter) Cell(field int, v Value) string {
	switch v.State {
	case Clear:
		return f.lang.Pick(clearZh, clearEn)
	case Set:
		return f.text(field, v.Text)
	}
	return ""
}

func (f *Formatter) text(field int, text string) string {
	if l := enumeration(f.kind, field); l != nil {
		return l.word(text, f.lang)
	}
	// Columns of tag groups come behind the declared ones.
	if columns := declared(f.kind); field < len(columns) && columns[field].Time {
		return f.moment(text)
	}
	return text
}

// enumeration is the list of an enumerated field, nil for others.
func enumeration(k crm.Kind, field int) *list {
	switch k {
	case crm.Tags:
		switch field {
		case TagScope:
			return scopes
		case TagSingle:
			return yesNo
		}
	case crm.Customers:
		switch field {
		case CustTagMode:
			return tagModes
		case CustGender:
			return genders
		}
	case crm.People:
		switch field {
		case StaffRole:
			return roles
		case StaffContact, StaffTagging:
			return yesNo
		case StaffStatus:
			return statuses
		}
	case crm.Grants:
		switch field {
		case GrantSubjectKind:
			return subjectKinds
		case GrantWithSub:
			return yesNo
		case GrantLevel:
			return levels
		}
	}
	return nil
}

// RoleWord is how a role is written in 授权给, whose words depend on another
// column.
func RoleWord(role string, lang crm.Lang) string { return roles.word(role, lang) }

// Words are the words of an enumerated field in the language, for dropdowns and
// documentation; nil for other fields.
func Words(k crm.Kind, field int, lang crm.Lang) []string {
	l := enumeration(k, field)
	if l == nil {
		return nil
	}
	words := make([]string, 0, len(l.entries))
	for _, e := range l.entries {
		words = append(words, lang.Pick(e.zh, e.en))
	}
	return words
}

// moment writes milliseconds since 1970 as local time, as long as this reads
// back the same: where clocks were set back the hour came twice, and then the
// time is written in UTC.
func (f *Formatter) moment(text string) string {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text
	}
	at := time.UnixMilli(ms).In(f.zone)
	layout := "2006-01-02 15:04:05"
	if ms%1000 != 0 {
		layout = "2006-01-02 15:04:05.000"
	}
	same := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), f.zone)
	if same.Equal(at) {
		return at.Format(layout)
	}
	return at.UTC().Format(layout + "Z")
}
