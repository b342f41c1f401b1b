package store

import (
	"errors"
	"fmt"

	"tagkeep/internal/crm"
)

// binTables are the tables whose rows can lie in the recycle bin, by the kind of
// thing.
var binTables = map[string]string{crm.ObjectGroup: "tag_group", crm.ObjectTag: "tag", crm.RefCustomer: "customer"}

// chunkIDs is how many ids stand in one statement.
const chunkIDs = 500

// ErrNoReceipt: nothing goes into the bin without the receipt for a verified
// snapshot of this database.
var ErrNoReceipt = errors.New("no receipt for a verified snapshot")

const deletionColumns = "id, kind, of_id, state, reason, summary, counts, snapshot_id, created_at, created_by, operator, expires_at, ended_at, ended_by"

// CreateDeletion stores a new event of the recycle bin, at the transaction's
// time, and gives it its id unless it has one.
func (tx *Tx) CreateDeletion(d *crm.Deletion) (err error) {
	if d.ID == 0 {
		if d.ID, err = tx.NextIDs(SeqEvent, 1); err != nil {
			return err
		}
	}
	d.CreatedAt, d.Operator = tx.Now, clip(Operator(), 255)
	return tx.Insert("deletion", []string{"id", "kind", "of_id", "state", "reason", "summary", "counts", "had_access", "snapshot_id", "created_at", "created_by", "operator", "expires_at", "ended_at", "ended_by"},
		[][]any{{d.ID, d.Kind, d.OfID, d.State, d.Reason, d.Summary, d.Counts, d.HadAccess, d.SnapshotID, d.CreatedAt, d.CreatedBy, d.Operator, d.ExpiresAt, d.EndedAt, d.EndedBy}})
}

// SaveDeletion writes the state, counts and end of an event.
func (tx *Tx) SaveDeletion(d crm.Deletion) error {
	return tx.one("save the event", "UPDATE deletion SET state = ?, counts = ?, expires_at = ?, ended_at = ?, ended_by = ? WHERE id = ?",
		d.State, d.Counts, d.ExpiresAt, d.EndedAt, d.EndedBy, d.ID)
}

// Deletion reads one event with everything; ErrGone when there is none.
func (tx *Tx) Deletion(id int64) (d crm.Deletion, err error) {
	err = tx.Get(&d, "SELECT "+deletionColumns+", had_access FROM deletion WHERE id = ?", id)
	return d, goneIfNone("event", id, err)
}

// Deletions lists the events by id, without HadAccess.
func (tx *Tx) Deletions() ([]crm.Deletion, error) {
	var out []crm.Deletion
	err := tx.Select(&out, "SELECT "+deletionColumns+" FROM deletion ORDER BY id")
	return out, err
}

// Events reads what names the events by id: not their summaries, counts and
// sights, which can be long.
func (tx *Tx) Events() (crm.Events, error) {
	var list []crm.Deletion
	if err := tx.Select(&list, "SELECT id, kind, of_id, state, reason, snapshot_id, created_at, created_by, operator, ended_at, ended_by FROM deletion"); err != nil {
		return nil, err
	}
	events := make(crm.Events, len(list))
	for _, d := range list {
		events[d.ID] = d
	}
	return events, nil
}

// SetCounts writes what an event did, as JSON.
func (tx *Tx) SetCounts(event int64, counts string) error {
	return tx.one("save the event", "UPDATE deletion SET counts = ? WHERE id = ?", counts, event)
}

// SetHadAccess writes who could see what an event sent into the bin.
func (tx *Tx) SetHadAccess(event int64, had string) error {
	return tx.one("save the event", "UPDATE deletion SET had_access = ? WHERE id = ?", had, event)
}

// Rehearse gives out a receipt for trying what needs one. The transaction can
// only be rolled back from then on.
func (tx *Tx) Rehearse() Receipt {
	tx.rehearsal = true
	return Receipt{snapshot: "rehearsal", database: tx.db.meta.UUID, at: tx.Now, held: Held{Whole: true}, trial: true}
}

// Bury puts live rows into the recycle bin under an event, whose row must be
// there, and returns how many it found live. kind is one of group, tag and
// customer. Links and grants are not touched: they sleep.
//
// It is the only way into the bin, and demands the receipt of a snapshot of this
// database that was made of all these rows: ErrNoReceipt.
func (tx *Tx) Bury(r Receipt, event int64, kind string, ids []int64) (int64, error) {
	if err := tx.covered(r, kind, ids); err != nil || event == 0 {
		return 0, fmt.Errorf("put into the bin: %w", errors.Join(err, tx.eventNeeded(event)))
	}
	return tx.rebin(kind, ids, 0, event)
}

func (tx *Tx) covered(r Receipt, kind string, ids []int64) error {
	if !r.Valid() || r.Database() != tx.db.meta.UUID || r.trial && !tx.rehearsal || !r.held.has(kind, ids) {
		return ErrNoReceipt
	}
	return nil
}

func (tx *Tx) eventNeeded(event int64) error {
	if event == 0 {
		return ErrGone
	}
	return nil
}

// Raise takes rows out of the recycle bin, those of one event only, and returns
// how many. ErrRefused when the name or a key of one has been taken.
func (tx *Tx) Raise(event int64, kind string, ids []int64) (int64, error) {
	if event == 0 {
		return 0, fmt.Errorf("take out of the bin: %w", ErrGone)
	}
	return tx.rebin(kind, ids, event, 0)
}

// Rebury hands rows that lie in the bin from one event to another.
func (tx *Tx) Rebury(from, to int64, kind string, ids []int64) (int64, error) {
	if from == 0 || to == 0 {
		return 0, fmt.Errorf("move in the bin: %w", ErrGone)
	}
	return tx.rebin(kind, ids, from, to)
}

func (tx *Tx) rebin(kind string, ids []int64, from, to int64) (n int64, err error) {
	table, ok := binTables[kind]
	if !ok {
		return 0, fmt.Errorf("the bin has no %s", kind)
	}
	err = eachChunk(ids, func(values []any) error {
		cond, args := tx.In("id", values)
		found, err := tx.Exec("UPDATE "+table+" SET deletion_id = ? WHERE deletion_id = ? AND "+cond, append([]any{to, from}, args...)...)
		n += found
		return err
	})
	return n, err
}

// eachChunk calls fn with the ids, so many at a time as a statement may hold.
func eachChunk(ids []int64, fn func(values []any) error) error {
	values := make([]any, 0, min(len(ids), chunkIDs))
	for i, id := range ids {
		values = append(values, id)
		if len(values) == chunkIDs || i == len(ids)-1 {
			if err := fn(values); err != nil {
				return err
			}
			values = values[:0]
		}
	}
	return nil
}

// InUse are those of groups that live tags are in.
func (tx *Tx) InUse(groups []int64) (out []int64, err error) {
	err = eachChunk(groups, func(values []any) error {
		var some []int64
		cond, args := tx.In("group_id", values)
		err := tx.Select(&some, "SELECT DISTINCT group_id FROM tag WHERE deletion_id = 0 AND "+cond+" ORDER BY group_id", args...)
		out = append(out, some...)
		return err
	})
	return out, err
}

// Groupless are those of tags whose group is not live.
func (tx *Tx) Groupless(tags []int64) (out []int64, err error) {
	err = eachChunk(tags, func(values []any) error {
		var some []int64
		cond, args := tx.In("t.id", values)
		err := tx.Select(&some, "SELECT t.id FROM tag t JOIN tag_group g ON g.id = t.group_id WHERE g.deletion_id <> 0 AND "+cond+" ORDER BY t.id", args...)
		out = append(out, some...)
		return err
	})
	return out, err
}

// Buried lists by id what lies in the bin under an event.
func (tx *Tx) Buried(event int64, kind string) ([]int64, error) {
	var ids []int64
	// The second condition is that of SQLite's index of the customers in the bin.
	err := tx.Select(&ids, "SELECT id FROM "+binTables[kind]+" WHERE deletion_id = ? AND deletion_id <> 0 ORDER BY id", event)
	return ids, err
}

// HasBuried reports whether anything lies in the bin under an event.
func (tx *Tx) HasBuried(event int64) (bool, error) {
	var n int
	err := tx.Get(&n, `SELECT (CASE WHEN EXISTS (SELECT 1 FROM tag_group WHERE deletion_id = ?) OR EXISTS (SELECT 1 FROM tag WHERE deletion_id = ?)
		OR EXISTS (SELECT 1 FROM customer WHERE deletion_id = ? AND deletion_id <> 0) THEN 1 ELSE 0 END)`, event, event, event)
	return n == 1, err
}

// Removal is a link or grant that was taken away, or purged, while it slept.
type Removal struct {
	Kind       string `db:"kind"` // link or grant
	CustomerID int64  `db:"customer_id"`
	TagID      int64  `db:"tag_id"`
	StaffID    int64  `db:"staff_id"`
	GrantID    int64  `db:"grant_id"`
	At         int64  `db:"at"`
	ByID       int64  `db:"by_id"`
	RunID      int64  `db:"run_id"`
}

// RemovedAsleep hands out what was taken away from an event's things while they
// lay in the bin, in the order in which it happened.
func (tx *Tx) RemovedAsleep(event int64, fn func(Removal) error) error {
	for last := int64(0); ; {
		var list []struct {
			ID int64 `db:"id"`
			Removal
		}
		err := tx.Select(&list, `SELECT id, kind, customer_id, tag_id, staff_id, grant_id, at, by_id, run_id FROM sleeping_removal
			WHERE deletion_id = ? AND id > ? ORDER BY id LIMIT ?`, event, last, batchCustomers)
		if err != nil || len(list) == 0 {
			return err
		}
		last = list[len(list)-1].ID
		for _, r := range list {
			if err := fn(r.Removal); err != nil {
				return err
			}
		}
	}
}

// LastRemoval is when the tag was last taken from the customer while one of them
// lay in the bin; found is false when it never was.
func (tx *Tx) LastRemoval(customer, tag int64) (r Removal, found bool, err error) {
	err = tx.Get(&r, `SELECT kind, customer_id, tag_id, staff_id, grant_id, at, by_id, run_id FROM sleeping_removal
		WHERE kind = 'link' AND customer_id = ? AND tag_id = ? ORDER BY id DESC LIMIT 1`, customer, tag)
	if errors.Is(err, ErrNoRow) {
		return r, false, nil
	}
	return r, err == nil, err
}

// maxChange is how long the body of one change may be: MySQL's MEDIUMTEXT holds
// 16 MiB, a packet often no more.
const maxChange = 4 << 20

// SaveEventChanges stores what an event did to rows, so that it can be undone;
// seq is the number of the first body.
func (tx *Tx) SaveEventChanges(event, seq int64, bodies []string) error {
	rows := make([][]any, len(bodies))
	for i, b := range bodies {
		if len(b) > maxChange {
			return fmt.Errorf("keep change %d of event %d: %d bytes are too many", seq+int64(i), event, len(b))
		}
		rows[i] = []any{event, seq + int64(i), b}
	}
	return tx.Insert("event_change", []string{"event_id", "seq", "body"}, rows)
}

// EventChanges hands out what an event did, the last first. fn may use tx.
func (tx *Tx) EventChanges(event int64, fn func(body string) error) error {
	for last := int64(1) << 62; ; {
		var row struct {
			Seq  int64  `db:"seq"`
			Body string `db:"body"`
		}
		err := tx.Get(&row, "SELECT seq, body FROM event_change WHERE event_id = ? AND seq < ? ORDER BY seq DESC LIMIT 1", event, last)
		if errors.Is(err, ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(row.Body); err != nil {
			return err
		}
		last = row.Seq
	}
}

// Tombstone is the name of something that was purged, "" when it was not.
func (tx *Tx) Tombstone(kind string, id int64) (name string, err error) {
	err = tx.Get(&name, "SELECT name FROM tombstone WHERE kind = ? AND id = ?", kind, id)
	if errors.Is(err, ErrNoRow) {
		return "", nil
	}
	return name, err
}

// LatestTime is the latest moment that the database has recorded, in epoch
// milliseconds: a clock that shows less has gone back.
func (tx *Tx) LatestTime() (at int64, err error) {
	err = tx.Get(&at, "SELECT COALESCE(MAX(at), 0) FROM audit_log")
	return at, err
}
