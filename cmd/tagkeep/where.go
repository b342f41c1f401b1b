package main

import (
	"errors"

	"golang.org/x/text/unicode/norm"

	"tagkeep/internal/crm"
	"tagkeep/internal/filter"
)

// parseWhere reads the text of a --where. Names are stored in NFC; a terminal
// may send them decomposed.
func parseWhere(text string) (*filter.Expr, error) { return filter.Parse(norm.NFC.String(text)) }

// explainFilter fills in what to say about a --where that is wrong, and reports
// whether that is it.
func explainFilter(f *failure, err error) bool {
	var syntax *filter.SyntaxError
	var name *filter.NameError
	var kind *filter.KindError
	var say interface {
		Message(crm.Lang) string
		Fix(crm.Lang) string
	}
	switch {
	case errors.As(err, &syntax):
		f.code, say = "USAGE", syntax
	case errors.As(err, &kind):
		f.code, say = "USAGE", kind
	case errors.As(err, &name) && len(name.Choices) > 0:
		f.code, say = "AMBIGUOUS", name
	case errors.As(err, &name):
		f.code, say = "NOT_FOUND", name
	default:
		return false
	}
	f.exit, f.err, f.hint = exitRefused, inBoth(say.Message), inBoth(say.Fix)
	return true
}
