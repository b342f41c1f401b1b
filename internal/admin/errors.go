package admin

import (
	"errors"
	"fmt"

	"tagkeep/internal/access"
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
	// Deletion is the event that sent it to the recycle bin, 0 for none.
	Deletion int64
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

// ErrOperatorOnly: what only the operator or a super admin may do.
var ErrOperatorOnly = errors.New("only for super admins")
