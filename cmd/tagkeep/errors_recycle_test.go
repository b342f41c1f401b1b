package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"testing"

	"tagkeep/recycle"
)

// Everything that package recycle refuses has words in both languages, a code,
// a next step and exit code 2.
func TestRecycleErrorsHaveWords(t *testing.T) {
	known := []error{recycle.ErrEmpty, recycle.ErrChanged, recycle.ErrNotInBin, recycle.ErrPurging, recycle.ErrNoEvent, recycle.ErrNoRun, recycle.ErrUndone,
		recycle.ErrNotYours, recycle.ErrPlan, recycle.ErrDeclined, recycle.ErrOther, recycle.ErrSameTag, recycle.ErrSingleChoice,
		&recycle.LimitError{Limit: 10, Short: 1, Unused: []string{"a:b"}}, &recycle.WiderError{}, &recycle.ParkError{Grants: []int64{1}}, &recycle.Refusal{}}
	source, err := os.ReadFile("../../recycle/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := len(regexp.MustCompile(`(?m)^\tErr\w+ += `).FindAll(source, -1)) + len(regexp.MustCompile(`(?m)^type \w+Error struct`).FindAll(source, -1))
	if declared+1 != len(known) { // Refusal stands elsewhere
		t.Errorf("%d errors are declared, %d tested", declared+1, len(known))
	}
	for _, err := range known {
		f := (*failure)(nil)
		if !errors.As(recycleError(fmt.Errorf("undo: %w", err)), &f) {
			t.Errorf("%v: no words", err)
			continue
		}
		w, ok := f.err.(words)
		if !ok || w.zh == "" || w.en == "" || f.code == "" || f.exit != exitRefused || f.hint.empty() && !errors.Is(err, recycle.ErrDeclined) {
			t.Errorf("%v: %+v", err, f)
		}
	}
}
