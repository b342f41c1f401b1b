package sheet

import "strings"

// Guard puts one ' in front of a value that a spreadsheet program would take
// for a formula, and of one that Unguard would otherwise change: everything that
// matches ^'*[=+\-@\t\r\n] or ^'+[0-9]. Other values are returned as they are.
//
// Unguard(Guard(x)) == x for every x, values of the form ="…" included: they
// start with = and so are guarded. The reverse does not hold and need not:
// ="0123" and '0123 both mean 0123, which Guard leaves alone.
func Guard(s string) string {
	rest := strings.TrimLeft(s, "'")
	if rest == "" {
		return s
	}
	if isFormulaStart(rest[0]) || len(rest) < len(s) && isDigit(rest[0]) {
		return "'" + s
	}
	return s
}

// Unguard takes the text guard off a CSV cell: exactly one ' from a cell that
// matches ^'+[=+\-@\t\r\n0-9], else it unwraps a whole-cell ="…"; never both.
// Other cells are returned as they are.
func Unguard(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '\'':
		rest := strings.TrimLeft(s, "'")
		if rest != "" && (isFormulaStart(rest[0]) || isDigit(rest[0])) {
			return s[1:]
		}
	case '=':
		if text, ok := unwrapFormula(s); ok {
			return text
		}
	}
	return s
}

// unwrapFormula returns the text of the formula ="text". A formula of more than
// the one literal, such as ="a"&"b", is not unwrapped.
func unwrapFormula(s string) (string, bool) {
	if len(s) < 3 || s[1] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	text := s[2 : len(s)-1]
	if !strings.Contains(text, `"`) {
		return text, true
	}
	undoubled := strings.ReplaceAll(text, `""`, "")
	if strings.Contains(undoubled, `"`) {
		return "", false
	}
	return strings.ReplaceAll(text, `""`, `"`), true
}

func isFormulaStart(c byte) bool {
	switch c {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
