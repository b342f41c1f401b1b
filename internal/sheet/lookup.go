package sheet

import (
	"errors"
	"fmt"
	"io"
)

// Lookup finds rows of a reading by number, in ascending order.
type Lookup struct {
	rows *Rows
	buf  []Row
	next []Row
	end  bool
}

// NewLookup makes one for a reading, which the caller closes.
func NewLookup(rows *Rows) *Lookup { return &Lookup{rows: rows, buf: make([]Row, eachRows)} }

// Row is the row with the number, which must be above those of earlier calls.
func (l *Lookup) Row(number int) (Row, error) {
	for {
		for i := range l.next {
			if l.next[i].Number == number {
				row := l.next[i]
				l.next = l.next[i+1:]
				return row, nil
			}
		}
		if l.end {
			return Row{}, fmt.Errorf("row %d is not in the file any more", number)
		}
		n, err := l.rows.Read(l.buf)
		if l.end = errors.Is(err, io.EOF); err != nil && !l.end {
			return Row{}, err
		}
		l.next = l.buf[:n]
	}
}
