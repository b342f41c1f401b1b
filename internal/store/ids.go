package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// Sequence names a counter of ids. Ids start at 1 and are never reused.
type Sequence string

// The counters.
const (
	SeqDepartment Sequence = "department"
	SeqStaff      Sequence = "staff"
	SeqGroup      Sequence = "tag_group"
	SeqTag        Sequence = "tag"
	SeqCustomer   Sequence = "customer"
	SeqGrant      Sequence = "access_grant"
	SeqRequest    Sequence = "access_request"
	SeqEvent      Sequence = "deletion" // D7, X7 and directory events share one
	SeqRun        Sequence = "import_run"
	SeqRemoval    Sequence = "sleeping_removal"
	SeqAudit      Sequence = "audit_log"
)

// NextIDs takes a block of n ids and returns the first. A transaction that is
// rolled back gives its block back.
func (tx *Tx) NextIDs(seq Sequence, n int) (int64, error) {
	found, err := tx.Exec("UPDATE counter SET next = next + ? WHERE name = ?", n, string(seq))
	if err == nil && found == 0 {
		_, err = tx.Exec("INSERT INTO counter (name, next) VALUES (?, ?)", string(seq), 1+n)
	}
	if err != nil {
		return 0, fmt.Errorf("take %d ids of %s: %w", n, seq, err)
	}
	next, err := tx.PeekID(seq)
	return next - int64(n), err
}

// PeekID is the id that the next block will start with.
func (tx *Tx) PeekID(seq Sequence) (int64, error) {
	var next int64
	err := tx.Get(&next, "SELECT next FROM counter WHERE name = ?", string(seq))
	if errors.Is(err, sql.ErrNoRows) {
		return 1, nil
	}
	return next, err
}
