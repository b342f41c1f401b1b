package sheet

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// numberFormat is what a cell's number format means for its value.
type numberFormat struct {
	date  dateShape
	zeros uint8 // digits that are shown at least: 6 for 000000; 0 for no padding
}

// maxZeros is the longest zero-padding format that is followed.
const maxZeros = 64

// builtinFormat is a number format that has a number instead of a code. Those
// from 27 on are dates in the Chinese, Japanese and Korean versions of Office.
func builtinFormat(id int) numberFormat {
	switch {
	case id == 46:
		return numberFormat{date: elapsedTime}
	case id >= 18 && id <= 21, id == 45, id == 47, id >= 32 && id <= 35, id == 55, id == 56:
		return numberFormat{date: clock}
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 50 && id <= 58:
		return numberFormat{date: calendar}
	}
	return numberFormat{}
}

// parseNumberFormat reads a format code such as yyyy"年"m"月"d"日";@. Only its
// first section counts, the one for positive numbers.
func parseNumberFormat(code string) numberFormat {
	var f formatScan
	for rest := code; rest != "" && rest[0] != ';'; {
		rest = rest[f.step(rest):]
	}
	return f.result()
}

// formatScan collects what the codes of a section say.
type formatScan struct {
	day, clock, elapsed, literal bool
	zeros, digits                int  // 0, and all of 0 # ?
	last                         byte // the last code letter
}

// step takes what rest begins with and returns its length.
func (f *formatScan) step(rest string) int {
	c := rest[0]
	switch c {
	case '"':
		f.literal = true
		if i := strings.IndexByte(rest[1:], '"'); i >= 0 {
			return i + 2
		}
		return len(rest)
	case '\\', '_', '*':
		// The next character is shown, left room for, or repeated.
		f.literal = f.literal || c == '\\'
		_, size := utf8.DecodeRuneInString(rest[1:])
		return 1 + size
	case '[':
		return f.bracket(rest)
	}
	if n := foldedPrefix(rest, "am/pm", "a/p", "上午/下午"); n > 0 {
		f.clock = true
		return n
	}
	if n := foldedPrefix(rest, "general"); n > 0 {
		f.digits++
		return n
	}
	switch lower := c | 0x20; {
	case lower == 'y' || lower == 'd' || lower == 'b' || lower == 'g' && f.digits == 0:
		f.day, f.last = true, lower
	case lower == 'e' && (len(rest) == 1 || rest[1] != '+' && rest[1] != '-'):
		f.day, f.last = true, lower // the year of an era
	case lower == 'a' && foldedPrefix(rest, "aaa") > 0:
		f.day, f.last = true, lower // the day of the week
	case lower == 'm':
		return f.month(rest)
	case lower == 'h' || lower == 's':
		f.clock, f.last = true, lower
	case c == '.' && f.last == 's' && len(rest) > 1 && rest[1] == '0':
		return 1 + len(rest[1:]) - len(strings.TrimLeft(rest[1:], "0")) // fractions of a second
	case c == '0':
		f.zeros++
		f.digits++
	case c == '#' || c == '?':
		f.digits++
	default:
		f.literal = f.literal || c != ' '
	}
	return 1
}

// month takes a run of m: minutes when it follows hours or precedes seconds,
// else a month.
func (f *formatScan) month(rest string) int {
	n := len(rest) - len(strings.TrimLeft(rest, "mM"))
	after := strings.TrimLeft(rest[n:], ": .")
	if f.last == 'h' || after != "" && after[0]|0x20 == 's' {
		f.clock = true
	} else {
		f.day = true
	}
	f.last = 'm'
	return n
}

// bracket takes [h], [mm] or [ss], or a colour, condition or locale, which say
// nothing about the value.
func (f *formatScan) bracket(rest string) int {
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return len(rest)
	}
	inner := strings.ToLower(rest[1:end])
	if inner != "" && strings.Trim(inner, inner[:1]) == "" && strings.ContainsAny(inner[:1], "hms") {
		f.clock, f.elapsed, f.last = true, true, inner[0]
	}
	return end + 1
}

func (f *formatScan) result() numberFormat {
	switch {
	case f.digits > 0 && f.digits == f.zeros && f.zeros > 1 && f.zeros <= maxZeros && !f.literal && !f.day && !f.clock:
		return numberFormat{zeros: uint8(f.zeros)}
	case f.digits > 0:
		return numberFormat{} // a unit spelled without quotes: 0 days
	case f.day:
		return numberFormat{date: calendar}
	case f.elapsed:
		return numberFormat{date: elapsedTime}
	case f.clock:
		return numberFormat{date: clock}
	}
	return numberFormat{}
}

// foldedPrefix is the length of the first of the words that rest begins with in
// any case, 0 for none.
func foldedPrefix(rest string, words ...string) int {
	for _, w := range words {
		if len(rest) >= len(w) && strings.EqualFold(rest[:len(w)], w) {
			return len(w)
		}
	}
	return 0
}

// readStyles reads the number format of each cell style out of styles.xml.
func readStyles(s *xmlScanner) ([]numberFormat, error) {
	custom := make(map[int]numberFormat)
	var ids []int
	var path xmlPath
	for {
		tok, err := s.next()
		if err != nil {
			return nil, err
		}
		if tok == xmlEOF {
			break
		}
		if tok != xmlStart {
			continue
		}
		switch path.enter(s) {
		case "styleSheet/numFmts/numFmt":
			code, err := s.attrString("formatCode")
			if err != nil {
				return nil, err
			}
			id, err := strconv.Atoi(string(s.attr("numFmtId")))
			if err == nil {
				custom[id] = parseNumberFormat(code)
			}
		case "styleSheet/cellXfs/xf":
			id, _ := strconv.Atoi(string(s.attr("numFmtId")))
			ids = append(ids, id)
		}
	}
	formats := make([]numberFormat, len(ids))
	for i, id := range ids {
		f, ok := custom[id]
		if !ok {
			f = builtinFormat(id)
		}
		formats[i] = f
	}
	return formats, nil
}
