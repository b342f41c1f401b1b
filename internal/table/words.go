package table

import (
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// What is wrong with a cell that is BAD_FORMAT: the problem's first argument,
// which package report has the sentences for.
const (
	badClear      = "clear"      // the cell cannot be emptied
	badBreak      = "line-break" // a line break or tab inside a name
	badSpace      = "space"      // white space inside an id
	badASCII      = "ascii"      // an account with other than ASCII characters
	badDateCell   = "date-cell"  // the spreadsheet program turned a name into a date
	badInteger    = "integer"    // not a whole number within the range
	badPath       = "path"       // a department path with an empty part
	badDepth      = "depth"      // a department path that is too deep; limit, actual
	badManyValues = "one-value"  // several values where one belongs
	badScope      = "scope"      // a shared group with a department
	badQuote      = "quote"      // a quote in a tag cell that is not closed or not at the start
	badObject     = "object"     // no object of a grant
	badWithSub    = "with-sub"   // sub-departments of what is no department
	badGroup      = "tag-group"  // a tag of another group in a column of one group
	badTag        = "tag"        // an item of a tag cell without a name, or with two colons
)

// Further arguments that package report has sentences for.
const (
	missingKey   = "key"        // REQUIRED: none of a customer's keys
	badPhoneList = "phone-list" // BAD_PHONE in a column of any phone numbers; the number
)

// tagName reads the name of a tag or a tag group.
func tagName(c spot, text string) (string, bool) {
	if text, ok := name(c, text, crm.MaxTagName); !ok {
		return text, false
	}
	if n := characters(text, crm.SafeTagName); n > crm.SafeTagName {
		c.warn(crm.LongName, strconv.Itoa(crm.SafeTagName), strconv.Itoa(n))
	}
	return text, true
}

// label reads the name of something else.
func label(max int) parser {
	return func(c spot, text string) (string, bool) { return name(c, text, max) }
}

// name reads a text that names something: one line, and never a date, since a
// name such as 3-5 that the program took for a date cannot be told any more.
func name(c spot, text string, max int) (string, bool) {
	switch {
	case c.raw.Kind == sheet.Date:
		return c.fail(crm.BadFormat, badDateCell)
	case hasBreak(text):
		return c.fail(crm.BadFormat, badBreak)
	case !c.fits(text, max):
		return "", false
	}
	return text, true
}

// freeText reads a text that may have several lines.
func freeText(max int) parser {
	return func(c spot, text string) (string, bool) {
		if !c.fits(text, max) {
			return "", false
		}
		if day := len("2006-01-02"); c.raw.Kind == sheet.Date && len(text) > day && text[day] == 'T' {
			text = text[:day] + " " + text[day+1:]
		}
		return text, true
	}
}

// identifier reads an opaque id: anything without white space.
func identifier(max int) parser {
	return func(c spot, text string) (string, bool) { return id(c, text, max) }
}

func id(c spot, text string, max int) (string, bool) {
	switch {
	case c.raw.Kind == sheet.Date:
		return c.fail(crm.BadFormat, badDateCell)
	case hasSpace(text):
		return c.fail(crm.BadFormat, badSpace)
	case !c.fits(text, max):
		return "", false
	}
	return text, true
}

// userID reads the account of a member. Its case is kept; that accounts are
// equal without regard to case is the store's business.
func userID(c spot, text string) (string, bool) {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			return c.fail(crm.BadFormat, badASCII)
		}
	}
	return id(c, text, crm.MaxUserID)
}

// tagCell reads a cell of tags as it stands. It is split by the importer (see
// SplitTags), who first asks whether the whole of it is the name of a tag.
func tagCell(c spot, text string) (string, bool) {
	if c.raw.Kind == sheet.Date {
		return c.fail(crm.BadFormat, badDateCell)
	}
	return text, true
}

// order reads a whole number from 0 to crm.MaxOrder; 3.0 is one too.
func order(c spot, text string) (string, bool) {
	digits := narrow(text)
	if whole, fraction, found := strings.Cut(digits, "."); found && strings.Trim(fraction, "0") == "" {
		digits = whole
	}
	if !allDigits(digits) {
		return c.fail(crm.BadFormat, badInteger)
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > crm.MaxOrder {
		return c.fail(crm.BadFormat, badInteger)
	}
	if digits[0] != '0' {
		return digits, true
	}
	return strconv.FormatUint(n, 10), true // without leading zeros
}
