// Package table knows how each kind of thing looks as a row of cells: its
// columns with their Chinese and English headers and synonyms, how a cell is
// parsed and checked, and how a value is written back. Import, export,
// templates and documentation all take it from here.
//
// A Record holds values in canonical text, ready to be compared with and
// stored beside what the database holds: dates are 2006-01-02, phones are
// digits, yes and no are 1 and 0, enumerations are their stored words. Every
// fault of a row is collected; parsing never stops at the first one.
//
// The package has no database: whether a tag or a person exists is asked by
// the importer. Parsing is safe for concurrent use on different records.
package table

import "tagkeep/internal/crm"

// Column is one column of a kind.
type Column struct {
	// Field is its key in JSON, in --map and as English header: "mobile".
	Field string
	// Header is the Chinese header that templates and exports write.
	Header string
	// Synonyms are further accepted headers, in both languages.
	Synonyms []string
	// Required: a row without it is refused (the header must exist too).
	Required bool
	// Text: templates and exports format the column as text (phones, ids).
	Text bool
	// Date: a day; Time: a day with or without a time; Number: a whole number.
	Date, Time, Number bool
	// Clear: <清空> may empty it on update. Names and keys that something is found
	// by, and lists without an empty value, refuse it with BAD_FORMAT.
	Clear bool
	// Note says in one sentence what belongs into the column, zh and en.
	NoteZh, NoteEn string
	// Sample is the cell of the template's example row, which import skips.
	Sample string

	parse parser
}

// The columns of tags, as indexes into Columns(crm.Tags) and Record.Values.
const (
	TagGroup       = iota // required
	TagName               // blank: a group without tags
	TagScope              // shared | department
	TagDepartment         // path 总部/华东
	TagSort               // integer
	TagDescription        //
	TagGroupSort          // integer
	TagSingle             // 1 | 0
	TagExpires            // 2006-01-02
	TagWecomID            //
	TagGroupWecomID
	tagColumns
)

// The columns of customers.
const (
	CustExternalID  = iota
	CustUnionID     //
	CustMobile      // digits, a mobile number, a key
	CustPhones      // several separated by ";", landlines too, no key
	CustName        //
	CustFollower    // account or display name, resolved by the importer
	CustTags        // raw cell text; see SplitTags. Clear: replace by nothing
	CustRemoveTags  // raw cell text
	CustTagMode     // add | replace | replace-in-group | remove
	CustRemark      // belongs to the pair when the follower is filled
	CustDescription // likewise
	CustCompany     //
	CustPosition    //
	CustGender      // male | female | unknown
	CustBirthday    // 2006-01-02
	CustRegion      //
	CustAddWay      // belongs to the pair when the follower is filled
	CustAddedAt     // epoch milliseconds in decimal, likewise
	custColumns
)

// The columns of staff.
const (
	StaffUserID      = iota // blank: a department without people
	StaffName               //
	StaffDepartments        // paths separated by ";"
	StaffRole               // super | dept_admin | auditor | staff
	StaffContact            // 客户联系: 1 | 0
	StaffTagging            // 可配置客户标签: 1 | 0
	StaffStatus             // active | disabled | left
	staffColumns
)

// The columns of grants.
const (
	GrantObject      = iota // as FormatObject writes it, required
	GrantSubjectKind        // staff | department | role, required
	GrantSubject            // account or display name, path, or super | dept_admin | auditor | staff, required
	GrantWithSub            // 1 | 0, of a department only
	GrantLevel              // hidden | view | use | edit, required
	GrantStarts             // epoch milliseconds in decimal
	GrantEnds               // likewise; blank: lasting
	GrantReason
	grantColumns
)

// State says what a cell asks for.
type State uint8

// The states of a value.
const (
	Absent State = iota // the sheet has no such column
	Blank               // an empty cell: leave as is
	Clear               // <清空> or <clear>: make it empty
	Set                 // Text is the new value
)

// Value is one parsed cell.
type Value struct {
	State  State
	Text   string // canonical; "" unless State is Set
	Column int    // 0-based sheet column, -1 when absent
}

// Record is one parsed row.
type Record struct {
	Row    int     // as the spreadsheet shows it
	Line   int     // first physical line of a CSV record
	Values []Value // by the kind's column constants
	// Problems of the row; it may be stored only when none of them is an error.
	Problems []crm.Problem
	// Prior is the error code that a repair file carries in 错误代码 for this
	// row, "" for none. Only DUP_IN_FILE and CONFLICT_UPDATE are ever kept.
	Prior crm.Code
	// Example: the template's example or instruction row, or the header once
	// more; not data. Nothing else of such a row is parsed.
	Example bool
}

// Failed reports whether any problem is an error.
func (r *Record) Failed() bool {
	for i := range r.Problems {
		if !r.Problems[i].Warn {
			return true
		}
	}
	return false
}
