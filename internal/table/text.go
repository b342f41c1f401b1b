package table

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// clean is the text of a cell without blank and invisible characters at its
// ends, in Unicode form NFC. What stands inside is kept as it is: a joiner holds
// an emoji together, and a space in a name belongs to the name. Cleaning what is
// clean changes nothing and allocates nothing.
func clean(s string) string {
	if s == "" {
		return s
	}
	if !solid(s) {
		s = strings.TrimFunc(s, invisible)
	}
	if !composed(s) {
		s = norm.NFC.String(s)
	}
	return s
}

// solid reports that both ends of s are certainly visible, which is quickly seen
// of ASCII and of the common Chinese characters.
func solid(s string) bool {
	if first := s[0]; (first <= ' ' || first >= 0x7f) && !hanLead(first) {
		return false
	}
	last := s[len(s)-1]
	return last > ' ' && last < 0x7f || len(s) >= 3 && last >= utf8.RuneSelf && hanLead(s[len(s)-3])
}

// hanLead reports whether b begins a character from U+4000 to U+9FFF. All of
// them are visible, and none of them composes with anything.
func hanLead(b byte) bool { return 0xe4 <= b && b <= 0xe9 }

// composed reports that s is certainly in form NFC: ASCII, Chinese characters,
// the punctuation of Chinese text and most emoji. False means it has to be
// looked up.
func composed(s string) bool {
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b < utf8.RuneSelf:
			i++
		case hanLead(b), b == 0xef && i+1 < len(s) && (s[i+1] == 0xbc || s[i+1] == 0xbd):
			i += 3
		case b == 0xe3 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2] < 0xaa: // before U+302A
			i += 3
		case b == 0xf0 && i+1 < len(s) && s[i+1] == 0x9f: // U+1F000 to U+1FFFF
			i += 4
		default:
			return false
		}
	}
	return true
}

// invisible reports characters that mean nothing at the ends of a cell: spaces
// of any width and the marks that copying from web pages, chats and address
// books leaves behind.
func invisible(r rune) bool {
	switch {
	case r < 0x80:
		return r == ' ' || '\t' <= r && r <= '\r'
	case r >= 0x200b && r <= 0x200f, // zero width, direction marks
		r >= 0x202a && r <= 0x202e, // direction overrides
		r >= 0x2060 && r <= 0x2064, // word joiner and invisible operators
		r >= 0x2066 && r <= 0x2069, // direction isolates
		r == 0x061c, r == 0x180e, r == 0xfeff:
		return true
	}
	return unicode.IsSpace(r)
}

// hasBreak reports whether s contains a line break or a tab, which no name can
// have: it would look like another name in every list.
func hasBreak(s string) bool {
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b < ' ' || b == 0x7f:
			return true
		case b == 0xc2 && i+1 < len(s) && s[i+1] == 0x85: // next line
			return true
		case b == 0xe2 && i+2 < len(s) && s[i+1] == 0x80 && (s[i+2] == 0xa8 || s[i+2] == 0xa9): // line, paragraph separator
			return true
		}
	}
	return false
}

// hasSpace reports whether s contains white space or an invisible character.
func hasSpace(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return strings.ContainsFunc(s[i:], invisible)
		}
		if s[i] <= ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// characters is the length of s as limits count it. Where even the bytes are
// within max it returns their number, which costs nothing.
func characters(s string, max int) int {
	if len(s) <= max {
		return len(s)
	}
	return utf8.RuneCountInString(s)
}

// narrow brings full-width forms to half width, so that digits and punctuation
// typed with a Chinese input method can be read.
func narrow(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return norm.NFKC.String(s)
		}
	}
	return s
}
