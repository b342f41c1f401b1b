package store

import (
	"errors"
	"fmt"
	"slices"
)

// SeqSnapshot numbers snapshots. Like every counter it never goes down.
const SeqSnapshot Sequence = "snapshot"

// SnapshotCheck is what is known about a snapshot file: when it was last found
// whole, when it was last restored for trial, and what was found wrong.
type SnapshotCheck struct {
	SnapshotID string `db:"snapshot_id"`
	Sequence   int64  `db:"sequence"`
	VerifiedAt int64  `db:"verified_at"` // epoch milliseconds, 0 = never
	DrilledAt  int64  `db:"drilled_at"`  // epoch milliseconds, 0 = never
	Sampled    bool   `db:"sampled"`     // the drill took a part of it only
	Problem    string `db:"problem"`     // what the last check found, "" when nothing
}

// Receipt says that a snapshot file was durable, read again and found whole
// when it was registered. Only RegisterSnapshot gives it out, so whoever is
// handed one may rely on it; the zero Receipt says nothing and is not Valid.
type Receipt struct {
	snapshot string
	sequence int64
	database string
	at       int64
	held     Held
	trial    bool // good for a transaction that is rolled back
}

// Held is what a snapshot was made of: the whole database, or groups, tags and
// customers by id, in ascending order.
type Held struct {
	Whole bool
	IDs   map[string][]int64 // by the kind of thing
}

// has reports whether all of the things of a kind are in it.
func (h Held) has(kind string, ids []int64) bool {
	return h.Whole || !slices.ContainsFunc(ids, func(id int64) bool {
		_, found := slices.BinarySearch(h.IDs[kind], id)
		return !found
	})
}

// Valid tells a receipt that was given out from the zero one.
func (r Receipt) Valid() bool { return r.snapshot != "" }

// Snapshot is the id of the snapshot.
func (r Receipt) Snapshot() string { return r.snapshot }

// Sequence is the number of the snapshot.
func (r Receipt) Sequence() int64 { return r.sequence }

// Database is the uuid of the database that it was registered in.
func (r Receipt) Database() string { return r.database }

// At is when it was given out, in epoch milliseconds.
func (r Receipt) At() int64 { return r.at }

// ErrNotVerified: a snapshot that was not found whole gets no receipt.
var ErrNotVerified = errors.New("the snapshot is not verified")

// RegisterSnapshot keeps that a snapshot file was verified and gives out the
// receipt for what it holds. ErrNotVerified when the check does not say so.
func RegisterSnapshot(tx *Tx, c SnapshotCheck, held Held) (Receipt, error) {
	if c.SnapshotID == "" || c.VerifiedAt == 0 || c.Problem != "" {
		return Receipt{}, fmt.Errorf("register snapshot %q: %w", c.SnapshotID, ErrNotVerified)
	}
	if err := tx.SaveSnapshotCheck(c); err != nil {
		return Receipt{}, err
	}
	return Receipt{snapshot: c.SnapshotID, sequence: c.Sequence, database: tx.db.meta.UUID, at: tx.Now, held: held}, nil
}

// maxProblem is how many characters of a problem are kept.
const maxProblem = 1024

// SaveSnapshotCheck keeps what a check found. A time of 0 leaves the one that is
// kept as it is; Sampled goes with DrilledAt.
func (tx *Tx) SaveSnapshotCheck(c SnapshotCheck) error {
	c.Problem = clip(c.Problem, maxProblem)
	n, err := tx.Exec(`UPDATE snapshot_check SET problem = ?,
		verified_at = CASE WHEN ? = 0 THEN verified_at ELSE ? END,
		sampled = CASE WHEN ? = 0 THEN sampled ELSE ? END,
		drilled_at = CASE WHEN ? = 0 THEN drilled_at ELSE ? END WHERE snapshot_id = ?`,
		c.Problem, c.VerifiedAt, c.VerifiedAt, c.DrilledAt, bit(c.Sampled), c.DrilledAt, c.DrilledAt, c.SnapshotID)
	if err == nil && n == 0 {
		err = tx.Insert("snapshot_check", []string{"snapshot_id", "sequence", "verified_at", "drilled_at", "sampled", "problem"},
			[][]any{{c.SnapshotID, c.Sequence, c.VerifiedAt, c.DrilledAt, bit(c.Sampled), c.Problem}})
	}
	if err != nil {
		return fmt.Errorf("keep the check of snapshot %s: %w", c.SnapshotID, err)
	}
	return nil
}

// SnapshotChecks are the checks that are kept, by snapshot id; also of files
// that are no longer there.
func (tx *Tx) SnapshotChecks() (map[string]SnapshotCheck, error) {
	var list []SnapshotCheck
	if err := tx.Select(&list, "SELECT snapshot_id, sequence, verified_at, drilled_at, sampled, problem FROM snapshot_check"); err != nil {
		return nil, fmt.Errorf("read the checks of snapshots: %w", err)
	}
	checks := make(map[string]SnapshotCheck, len(list))
	for _, c := range list {
		checks[c.SnapshotID] = c
	}
	return checks, nil
}

// NextSnapshot takes the number of the next snapshot, above every earlier one
// and above those that are in use already.
func (tx *Tx) NextSnapshot(above int64) (int64, error) {
	n, err := tx.NextIDs(SeqSnapshot, 1)
	if err == nil && n <= above {
		missing := above + 1 - n
		_, err = tx.NextIDs(SeqSnapshot, int(missing))
		n += missing
	}
	return n, err
}
