package recycle

import (
	"errors"
	"fmt"
)

// What is refused before anything is written.
var (
	// ErrEmpty: nothing was chosen.
	ErrEmpty = errors.New("nothing is chosen")
	// ErrChanged: what was looked at is not what is there any more.
	ErrChanged = errors.New("the data changed in the meantime")
	// ErrNotInBin: the event has nothing in the bin.
	ErrNotInBin = errors.New("nothing of it is in the recycle bin")
	// ErrPurging: the event is being removed for good.
	ErrPurging = errors.New("it is being removed for good")
	// ErrNoEvent: there is no such event.
	ErrNoEvent = errors.New("no such event")
	// ErrPlan: the plan that was agreed to is not the one that would be carried
	// out.
	ErrPlan = errors.New("the plan has changed")
	// ErrDeclined: somebody was asked and said no.
	ErrDeclined = errors.New("declined")
	// ErrOther: the event is of another kind than what was asked for.
	ErrOther = errors.New("not possible for this event")
)

// LimitError: the tags that would be live are more than WeCom takes.
type LimitError struct {
	Limit int
	Short int // by how many
	// Unused are live tags without customers, which could go instead.
	Unused []string
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%d tags more than the limit of %d", e.Short, e.Limit)
}

// WiderError: the restore would give access to more people than may pass
// without a word.
type WiderError struct {
	Access AccessChange
}

func (e *WiderError) Error() string {
	return fmt.Sprintf("%d people would gain access, %d had it", e.Access.Gained, e.Access.Had)
}

// ParkError: grants that the restorer could not give cannot be held back either:
// without them others would see more.
type ParkError struct {
	Grants []int64
}

func (e *ParkError) Error() string {
	return fmt.Sprintf("%d grants that only somebody with more rights may bring back", len(e.Grants))
}
