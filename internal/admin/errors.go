package admin

import (
	"errors"
	"fmt"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
)

// Kinds of a NotFound beside those of a crm.Ref.
const (
	KindRequest = "request"
	KindGrant   = "grant"
)

// Refusal: the one who acts may not do it. The decision tells what is missing
// and who can mend that.
type Refusal struct {
	Do       access.Action
	On       string // as commands write it
	Decision access.Decision
}

func (e *Refusal) Error() string { return fmt.Sprintf("%s %s: not allowed", e.Do, e.On) }

// NotFound: there is no such thing, or none that the one who acts may see.
type NotFound struct {
	Kind    string // of a crm.Ref
	Written string
	// Near is a name that may have been meant, "" for none. It is one that the
	// one who acts may see.
	Near string
	// Deletion is the event that sent it to the recycle bin, as D7 or X7, "" for
	// none.
	Deletion string
}

func (e *NotFound) Error() string { return fmt.Sprintf("%s %s: not found", e.Kind, e.Written) }

// Ambiguous: several things have the name.
type Ambiguous struct {
	Kind    string
	Written string
	Choices []string // as commands write them, each of which names one thing
}

func (e *Ambiguous) Error() string {
	return fmt.Sprintf("%s %s: several have the name", e.Kind, e.Written)
}

// Taken: another thing has the name already.
type Taken struct {
	Kind    string
	Written string
}

func (e *Taken) Error() string { return fmt.Sprintf("%s %s: the name is taken", e.Kind, e.Written) }

// Unfit: it makes no sense, or is against a rule, as it was asked for. Nothing
// was written.
type Unfit struct {
	Code string // stable, for scripts
	What func(crm.Lang) string
	Next func(crm.Lang) string // nil where nothing helps
}

func (e *Unfit) Error() string { return e.What(crm.English) }

// unfit makes an Unfit of texts in both languages.
func unfit(code, zh, en, nextZh, nextEn string) error {
	return &Unfit{Code: code, What: said(zh, en), Next: said(nextZh, nextEn)}
}

func said(zh, en string) func(crm.Lang) string {
	return func(l crm.Lang) string { return l.Pick(zh, en) }
}

// ErrOperatorOnly: what only the operator or a super admin may do.
var ErrOperatorOnly = errors.New("only for super admins")
