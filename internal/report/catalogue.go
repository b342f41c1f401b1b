package report

import (
	"slices"

	"tagkeep/internal/crm"
)

// entry is what the catalogue knows about one code, or about one code with one
// token among its arguments.
type entry struct {
	code crm.Code
	// token narrows the entry: an argument that says which kind of the fault it
	// is, or asError or asWarning for codes that may be either. "" for the
	// entry that every code has.
	token string
	// title names the fault without its particulars; summaries group under it.
	title text
	// message and hint: alternatives, the first that can be filled is taken,
	// the last has no places. A missing hint is that of the code's own entry.
	message, hint []text
	// words translates arguments that are tokens.
	words map[string]text

	messages, hints []template // compiled
}

// Tokens for codes whose sentence depends on Problem.Warn.
const (
	asError   = "\x00error"
	asWarning = "\x00warning"
)

// catalogue is never changed after the program has started.
var catalogue = index(cellEntries, formatEntries, nameEntries, deleteEntries, rightsEntries, fileEntries, warningEntries)

// index compiles the entries and puts them under their codes and tokens.
func index(lists ...[]entry) map[crm.Code]map[string]*entry {
	all := make(map[crm.Code]map[string]*entry)
	for _, list := range lists {
		for i := range list {
			e := &list[i]
			if all[e.code] == nil {
				all[e.code] = make(map[string]*entry)
			}
			if all[e.code][e.token] != nil {
				panic("report: two entries for " + string(e.code) + " " + e.token)
			}
			all[e.code][e.token] = e
		}
	}
	for code, entries := range all {
		own := entries[""]
		if own == nil {
			panic("report: no entry for " + string(code))
		}
		for _, e := range entries {
			e.complete(own)
		}
	}
	return all
}

// complete compiles e, taking from the code's own entry what e does not say.
func (e *entry) complete(own *entry) {
	if e.title == (text{}) {
		e.title = own.title
	}
	if e.words == nil {
		e.words = own.words
	}
	hint := e.hint
	if hint == nil {
		hint = own.hint
	}
	for _, t := range e.message {
		e.messages = append(e.messages, compile(t))
	}
	for _, t := range hint {
		e.hints = append(e.hints, compile(t))
	}
}

// lookup finds the entry that fits the problem best, nil for unknown codes.
func lookup(p *crm.Problem) *entry {
	entries := catalogue[p.Code]
	if len(entries) > 1 {
		as := asError
		if p.Warn {
			as = asWarning
		}
		if e := entries[as]; e != nil {
			return e
		}
		for _, arg := range p.Args {
			if e := entries[arg]; e != nil && arg != "" {
				return e
			}
		}
	}
	return entries[""]
}

// Title names the code's fault in a few words, for summaries; unknown codes
// are their own title.
func Title(lang crm.Lang, code crm.Code) string {
	if e := catalogue[code][""]; e != nil {
		return e.title.in(lang)
	}
	return string(code)
}

// Hint is the next step for the code whatever its particulars, "" for unknown
// codes.
func Hint(lang crm.Lang, code crm.Code) string {
	e := catalogue[code][""]
	if e == nil {
		return ""
	}
	return e.hint[len(e.hint)-1].in(lang)
}

// Gravity says whether the code is an error, a warning, or either as the column
// or an option decides.
func Gravity(lang crm.Lang, code crm.Code) string {
	entries := catalogue[code]
	switch {
	case entries[asError] != nil || entries[asWarning] != nil:
		return lang.Pick("错误或警告", "error or warning")
	case slices.Contains(crm.WarningCodes, code):
		return lang.Pick("警告", "warning")
	}
	return lang.Pick("错误", "error")
}
