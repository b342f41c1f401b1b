package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tagkeep/internal/crm"
)

// Longest value and argument shown inside a sentence, in characters. The whole
// value stands in the error's own field and in the repair file.
const (
	shownValue = 80
	shownArg   = 200
	shownFix   = 800 // commands and menu paths are of no use in part
)

// text is one thing said in both languages.
type text struct{ zh, en string }

func (t text) in(lang crm.Lang) string { return lang.Pick(t.zh, t.en) }

// Slots that are not arguments.
const (
	slotNone  = -1 - iota // literal text
	slotValue             // {value}: the cell
	slotRow               // {row}: the related row
)

// part is a piece of a template: literal text, or a slot to be filled.
type part struct {
	literal string
	slot    int // an index into Problem.Args, or one of the slot constants
}

// template is a sentence with places to fill, in both languages.
type template struct{ zh, en []part }

// compile reads a template once, so that a million sentences need no parsing.
// A place that is not known is a fault of the catalogue and panics.
func compile(t text) template {
	return template{compileText(t.zh), compileText(t.en)}
}

func compileText(s string) []part {
	var parts []part
	for s != "" {
		before, rest, found := strings.Cut(s, "{")
		if before != "" {
			parts = append(parts, part{before, slotNone})
		}
		if !found {
			break
		}
		name, after, found := strings.Cut(rest, "}")
		if !found {
			panic("report: unclosed place in template: " + s)
		}
		parts = append(parts, part{slot: slotOf(name)})
		s = after
	}
	return parts
}

func slotOf(name string) int {
	switch name {
	case "value":
		return slotValue
	case "row":
		return slotRow
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 {
		panic("report: unknown place in template: {" + name + "}")
	}
	return n
}

// filling is what the places of a sentence are filled with.
type filling struct {
	problem *crm.Problem
	words   map[string]text // for arguments that are tokens
	lang    crm.Lang
	masked  bool // for a terminal or a log: no whole phone numbers
}

// has reports whether there is something to fill the slot with.
func (f filling) has(slot int) bool {
	switch slot {
	case slotNone:
		return true
	case slotValue:
		return f.problem.Value != ""
	case slotRow:
		return f.problem.Related > 0
	}
	return slot < len(f.problem.Args) && f.problem.Args[slot] != ""
}

func (f filling) slot(slot int) string {
	switch slot {
	case slotValue:
		return f.shown(f.problem.Value, shownValue)
	case slotRow:
		return strconv.Itoa(f.problem.Related)
	}
	arg := f.problem.Args[slot]
	if word, ok := f.words[arg]; ok {
		return word.in(f.lang)
	}
	limit := shownArg
	if f.problem.Code == crm.NotAllowed {
		limit = shownFix
	}
	return f.shown(arg, limit)
}

func (f filling) shown(s string, limit int) string {
	if f.masked {
		s = maskFor(f.problem.Code, s)
	}
	return visible(s, limit)
}

// first fills the first of the templates for which nothing is missing. The
// last one of a catalogue entry has no places, so there always is one.
func (f filling) first(templates []template) string {
	for i := range templates {
		parts := templates[i].zh
		if f.lang == crm.English {
			parts = templates[i].en
		}
		if f.complete(parts) {
			return f.fill(parts)
		}
	}
	return ""
}

func (f filling) complete(parts []part) bool {
	for i := range parts {
		if !f.has(parts[i].slot) {
			return false
		}
	}
	return true
}

func (f filling) fill(parts []part) string {
	if len(parts) == 1 && parts[0].slot == slotNone {
		return parts[0].literal
	}
	var b strings.Builder
	b.Grow(96)
	for i := range parts {
		if parts[i].slot == slotNone {
			b.WriteString(parts[i].literal)
		} else {
			b.WriteString(f.slot(parts[i].slot))
		}
	}
	return b.String()
}

// visible is s fit to stand in a sentence: at most limit characters, and with
// control, formatting and no-break characters spelled out, since text from a
// spreadsheet must neither steer a terminal nor look like what it is not.
func visible(s string, limit int) string {
	if len(s) <= limit && plain(s) {
		return s
	}
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n == limit {
			b.WriteString("…")
			break
		}
		n++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			b.WriteString(spelled(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// hidden reports characters that do not show as themselves. The zero-width
// joiner is left alone: emoji are made with it.
func hidden(r rune) bool {
	const joiner, noBreak = '\u200d', '\u00a0'
	return r == noBreak || r != joiner && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co))
}

func spelled(r rune) string {
	quoted := strconv.QuoteRuneToASCII(r)
	return quoted[1 : len(quoted)-1]
}
