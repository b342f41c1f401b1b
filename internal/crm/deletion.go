package crm

import "strconv"

// Kinds of events that the recycle bin knows.
const (
	EventDelete  = "delete"  // things went into the bin
	EventMerge   = "merge"   // tags went into the bin, their customers to another tag
	EventRestore = "restore" // things came out of the bin or out of a snapshot
	EventUndo    = "undo"    // an import or one of these events was taken back
)

// States of an event.
const (
	StateInBin    = "in_bin"   // it has something in the bin
	StateRestored = "restored" // all of it came back
	StatePurging  = "purging"  // it is being removed for good
	StatePurged   = "purged"
	StateDone     = "done" // it never had anything in the bin
)

// Deletion is an event of the recycle bin: a bulk delete, or what brought things
// back. What lies in the bin carries its id.
type Deletion struct {
	ID         int64  `db:"id"`
	Kind       string `db:"kind"`
	OfID       int64  `db:"of_id"` // the event that a restore or an undo is of, 0 when it is of something else
	State      string `db:"state"`
	Reason     string `db:"reason"`
	Summary    string `db:"summary"`     // what it was, for people: a few names
	Counts     string `db:"counts"`      // JSON
	HadAccess  string `db:"had_access"`  // JSON: who could see what, immediately before
	SnapshotID string `db:"snapshot_id"` // the verified snapshot of what went
	CreatedAt  int64  `db:"created_at"`
	CreatedBy  int64  `db:"created_by"` // staff id, 0 = the operator
	Operator   string `db:"operator"`
	ExpiresAt  int64  `db:"expires_at"` // from then on it may be purged, 0 = never
	EndedAt    int64  `db:"ended_at"`
	EndedBy    int64  `db:"ended_by"`
}

// Label is how people call the event: D7 for what went into the bin, X7 for what
// came back.
func (d Deletion) Label() string {
	letter := "X"
	if d.Kind == EventDelete || d.Kind == EventMerge {
		letter = "D"
	}
	return letter + strconv.FormatInt(d.ID, 10)
}

// Barred reports whether nothing can come back from the event any more: it is
// being removed for good, or has been.
func (d Deletion) Barred() bool { return d.State == StatePurging || d.State == StatePurged }

// Events are the events of the recycle bin by id.
type Events map[int64]Deletion

// Label is how people call the event that a thing lies in the bin with.
func (e Events) Label(id int64) string {
	d, ok := e[id]
	if !ok {
		d = Deletion{ID: id, Kind: EventDelete}
	}
	return d.Label()
}

// Holds reports whether a thing with this deletion id lies in the bin and can
// come back. A group of a purged event, kept for the sake of its tags, does not.
func (e Events) Holds(id int64) bool { return id != 0 && !e[id].Barred() }
