package table

import (
	"slices"
	"strings"
	"unicode/utf8"

	"tagkeep/internal/crm"
)

// mobile reads one mobile number. Canonical are the eleven digits of mainland
// China; any other number is + and its digits.
func mobile(c spot, text string) (string, bool) {
	if number, ok := parseMobile(text); ok {
		return number, true
	}
	return c.fail(crm.BadPhone)
}

// phones reads one or several numbers of any sort. Canonical are the numbers
// joined by ";", mobile numbers as in mobile, others as they were typed but for
// width, repeated spaces and dashes; the same one twice is kept once.
func phones(c spot, text string) (string, bool) {
	if number, ok := parseMobile(text); ok {
		return number, true
	}
	var numbers []string
	for part := range strings.FieldsFuncSeq(text, separatesPhones) {
		part = clean(part)
		if part == "" {
			continue
		}
		number, ok := parsePhone(part)
		if !ok {
			return c.fail(crm.BadPhone, badPhoneList, part)
		}
		if !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	if len(numbers) == 0 {
		return c.fail(crm.BadPhone, badPhoneList)
	}
	canonical := strings.Join(numbers, ";")
	if !c.fits(canonical, crm.MaxPhones) {
		return "", false
	}
	return canonical, true
}

// separatesPhones: what separates tags, and the slash of 010-12345678/13800138000.
func separatesPhones(r rune) bool { return separatesTags(r) || r == '/' || r == '／' }

// parseMobile returns the canonical form of a mobile number. Spaces, dashes,
// dots, brackets and full-width digits are understood, and +86, 0086 and 86
// before a mainland number. Numbers of other countries need + or 00 and the
// country code: without it nobody can tell them from a mistyped one.
func parseMobile(s string) (string, bool) {
	if mainland(s) {
		return s, true
	}
	var buf [maxPhoneDigits]byte
	digits, plus, ok := phoneDigits(buf[:0], s)
	if !ok {
		return "", false
	}
	for _, prefix := range [...]string{"0086", "86"} {
		if rest, found := strings.CutPrefix(string(digits), prefix); found && mainland(rest) {
			return rest, true
		}
	}
	number := string(digits)
	if !plus {
		if mainland(number) {
			return number, true
		}
		if number, plus = strings.CutPrefix(number, "00"); !plus {
			return "", false
		}
	}
	if len(number) < 6 || len(number) > 15 || number[0] == '0' || strings.HasPrefix(number, "86") {
		return "", false
	}
	return "+" + number, true
}

// mainland reports whether s is a mobile number of mainland China: 1, then 3 to
// 9, eleven digits in all.
func mainland(s string) bool {
	return len(s) == 11 && s[0] == '1' && s[1] >= '3' && allDigits(s)
}

// maxPhoneDigits is 15 as in ITU-T E.164, with room for 00 or 0086 before them.
const maxPhoneDigits = 20

// phoneDigits appends the digits of s, without what people put between them.
// It returns false when there is anything else in s.
func phoneDigits(digits []byte, s string) (_ []byte, plus, ok bool) {
	for _, r := range s {
		switch d := narrowPhone(r); {
		case d >= '0' && d <= '9':
			if len(digits) == cap(digits) {
				return nil, false, false
			}
			digits = append(digits, byte(d))
		case d == '+' && len(digits) == 0 && !plus:
			plus = true
		case d == '-' || d == '.' || d == '(' || d == ')' || d == ' ':
		default:
			return nil, false, false
		}
	}
	return digits, plus, true
}

// narrowPhone is the ASCII character that r stands for in a phone number, ' '
// for anything invisible.
func narrowPhone(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		if invisible(r) {
			return ' '
		}
		return r
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r >= '\u2010' && r <= '\u2015', r == '\u2212':
		return '-'
	case r == '·' || r == '•' || r == '。':
		return '.'
	case invisible(r):
		return ' '
	}
	return r
}

// parsePhone reads a mobile number or a landline with area code and extension:
// 010-12345678, (0571) 8888 8888 转 801, +86 10 12345678 ext. 2. The check is
// lenient: 3 to 20 digits, and up to 8 behind the extension mark.
func parsePhone(s string) (string, bool) {
	if number, ok := parseMobile(s); ok {
		return number, true
	}
	number, extension, extended := cutExtension(s)
	number, digits := tidyPhone(number)
	if digits < 3 || digits > 20 {
		return "", false
	}
	if !extended {
		return number, true
	}
	extension, digits = tidyPhone(strings.TrimLeft(extension, ".:：号 "))
	if digits < 1 || digits > 8 || digits != len(extension) {
		return "", false
	}
	return number + extensionMark + extension, true
}

// extensionMark is how an extension is written.
const extensionMark = "转"

func cutExtension(s string) (number, extension string, found bool) {
	s = strings.ToLower(narrow(s))
	for _, mark := range [...]string{"转分机", extensionMark, "轉", "分机", "分機", "ext", "x", "#"} {
		if number, extension, found = strings.Cut(s, mark); found {
			return number, extension, true
		}
	}
	return s, "", false
}

// tidyPhone is the number in half width, with single dashes and spaces between
// its parts, and how many digits it has: 0 when it is no number. Spaces stay,
// since two numbers with nothing but a space between them must not become one.
func tidyPhone(s string) (number string, digits int) {
	tidy := make([]byte, 0, len(s))
	space := false
	for _, r := range s {
		d := narrowPhone(r)
		if d == '.' {
			d = '-'
		}
		last := byte('(') // behind which neither space nor dash has a meaning
		if len(tidy) > 0 {
			last = tidy[len(tidy)-1]
		}
		switch {
		case d == ' ':
			space = true
			continue
		case d == '-' && (last == '-' || last == '('):
			continue
		case d == '+' && len(tidy) == 0, d == '-', d == ')':
		case d >= '0' && d <= '9', d == '(':
			if space && last != '-' && last != '(' {
				tidy = append(tidy, ' ')
			}
			if d != '(' {
				digits++
			}
		default:
			return "", 0
		}
		space = false
		tidy = append(tidy, byte(d))
	}
	return strings.TrimRight(string(tidy), "-"), digits
}
