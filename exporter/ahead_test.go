package exporter

import (
	"errors"
	"slices"
	"strconv"
	"testing"
)

// rowsOf keeps the rows that it gets, and fails at one of them.
type rowsOf struct {
	rows      []string
	failAt    int
	closed    bool
	discarded bool
}

var errFull = errors.New("no space left")

func (o *rowsOf) header([]string) error { return nil }
func (o *rowsOf) row(cells []string) error {
	if len(o.rows) == o.failAt {
		return errFull
	}
	o.rows = append(o.rows, cells[0]+cells[1])
	return nil
}
func (o *rowsOf) close() error     { o.closed = true; return nil }
func (o *rowsOf) discard()         { o.discarded = true }
func (o *rowsOf) sheets() []string { return nil }

// All rows are written once and in order, however many there are; an error ends
// it, and nothing is taken for complete.
func TestWriteAhead(t *testing.T) {
	for _, n := range []int{0, 1, aheadRows - 1, aheadRows, aheadRows + 1, 20 * aheadRows} {
		for _, failAt := range []int{-1, 0, n - 1, 3 * aheadRows} {
			out := &rowsOf{failAt: failAt}
			a := writeAhead(out, 2)
			var want []string
			var err error
			cells := make([]string, 2)
			for i := 0; i < n && err == nil; i++ {
				cells[0], cells[1] = strconv.Itoa(i), "x" // used again, as the writer does
				want = append(want, cells[0]+cells[1])
				err = a.row(cells)
			}
			if err == nil {
				err = a.close()
			}
			a.discard()
			fails := failAt >= 0 && failAt < n
			if fails {
				want = want[:failAt]
			}
			if errors.Is(err, errFull) != fails || out.closed == fails || !out.discarded || !slices.Equal(out.rows, want) {
				t.Errorf("%d rows, failing at %d: %v, %d written, closed %v, discarded %v", n, failAt, err, len(out.rows), out.closed, out.discarded)
			}
		}
	}
}
