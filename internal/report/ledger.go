package report

import "fmt"

// Ledger says what became of the data rows of one file.
type Ledger struct {
	// Read counts data rows; header, title, blank and example rows are not data.
	Read      int64 `json:"read"`
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	// Skipped rows were left alone on purpose.
	Skipped  int64 `json:"skipped"`
	Rejected int64 `json:"rejected"`
}

// Add adds the rows of o, such as those of one chunk.
func (l *Ledger) Add(o Ledger) {
	l.Read += o.Read
	l.Created += o.Created
	l.Updated += o.Updated
	l.Unchanged += o.Unchanged
	l.Skipped += o.Skipped
	l.Rejected += o.Rejected
}

// Check returns an error unless every row that was read is accounted for
// exactly once. A failed check is a fault of the program, never of the file.
func (l Ledger) Check() error {
	for _, n := range []int64{l.Read, l.Created, l.Updated, l.Unchanged, l.Skipped, l.Rejected} {
		if n < 0 {
			return fmt.Errorf("rows do not balance: negative count in %+v", l)
		}
	}
	sum := l.Created + l.Updated + l.Unchanged + l.Skipped + l.Rejected
	if l.Read != sum {
		return fmt.Errorf("rows do not balance: %d read, %d accounted for (created %d, updated %d, unchanged %d, skipped %d, rejected %d)",
			l.Read, sum, l.Created, l.Updated, l.Unchanged, l.Skipped, l.Rejected)
	}
	return nil
}
