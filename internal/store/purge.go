package store

import (
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// SetDeletionSnapshot names the snapshot that holds what an event put into the
// bin.
func (tx *Tx) SetDeletionSnapshot(event int64, snapshot string) error {
	return tx.one("save the event", "UPDATE deletion SET snapshot_id = ? WHERE id = ?", snapshot, event)
}

// Gone counts the rows that a purge removed for good.
type Gone struct {
	Groups    int64 `json:"groups"`
	Tags      int64 `json:"tags"`
	Customers int64 `json:"customers"`
	Links     int64 `json:"links"`
	Follows   int64 `json:"follows"`
	Grants    int64 `json:"grants"`
	Requests  int64 `json:"requests"`
}

// Add adds what was removed in another transaction.
func (g *Gone) Add(o Gone) {
	g.Groups += o.Groups
	g.Tags += o.Tags
	g.Customers += o.Customers
	g.Links += o.Links
	g.Follows += o.Follows
	g.Grants += o.Grants
	g.Requests += o.Requests
}

// Rows is how many they are together.
func (g Gone) Rows() int64 {
	return g.Groups + g.Tags + g.Customers + g.Links + g.Follows + g.Grants + g.Requests
}

// PurgeCustomers removes customers that lie in the bin under an event for good,
// with their links and followers, and leaves tombstones. Of each link whose tag
// sleeps under another event it leaves a note there, so that a restore of that
// event can account for it. ids are a few at a time: all of it is one
// transaction.
func (tx *Tx) PurgeCustomers(event, by int64, ids []int64) (g Gone, err error) {
	if ids, err = tx.stillBuried(event, crm.RefCustomer, ids); err != nil || len(ids) == 0 {
		return g, err
	}
	cond, args := tx.In("l.customer_id", anys(ids))
	var noted []crm.Link
	var events []int64
	err = tx.eachAsleep("JOIN tag o ON o.id = l.tag_id AND o.deletion_id NOT IN (0, ?) WHERE "+cond, append([]any{event}, args...), func(l crm.Link, other int64) {
		noted, events = append(noted, l), append(events, other)
	})
	if err == nil {
		err = tx.notePurged(event, by, noted, events)
	}
	if err == nil {
		err = tx.layTombstones(crm.RefCustomer, "customer", "CASE WHEN t.name <> '' THEN t.name ELSE COALESCE(t.external_id, t.unionid, '') END", event, ids)
	}
	if err != nil {
		return g, err
	}
	for _, part := range []struct {
		n           *int64
		table, rest string
	}{{&g.Links, "link", "customer_id"}, {&g.Follows, "customer_staff", "customer_id"}, {&g.Customers, "customer", "id"}} {
		cond, args := tx.In(part.rest, anys(ids))
		if *part.n, err = tx.Exec("DELETE FROM "+part.table+" WHERE "+cond, args...); err != nil {
			return g, err
		}
	}
	return g, nil
}

// PurgeTagLinks removes up to limit links of a tag that lies in the bin under an
// event and returns how many. Those whose customer sleeps under another event
// leave a note there, as PurgeCustomers does.
func (tx *Tx) PurgeTagLinks(event, by, tag int64, limit int) (int64, error) {
	if still, err := tx.stillBuried(event, crm.ObjectTag, []int64{tag}); err != nil || len(still) == 0 {
		return 0, err
	}
	var rows []struct {
		Customer int64 `db:"customer_id"`
		Staff    int64 `db:"staff_id"`
	}
	if err := tx.Select(&rows, "SELECT customer_id, staff_id FROM link WHERE tag_id = ? ORDER BY staff_id, customer_id LIMIT ?", tag, limit); err != nil || len(rows) == 0 {
		return 0, err
	}
	last := rows[len(rows)-1]
	const upTo = "l.tag_id = ? AND (l.staff_id < ? OR l.staff_id = ? AND l.customer_id <= ?)"
	args := []any{tag, last.Staff, last.Staff, last.Customer}
	var noted []crm.Link
	var events []int64
	err := tx.eachAsleep("JOIN customer o ON o.id = l.customer_id AND o.deletion_id NOT IN (0, ?) WHERE "+upTo, append([]any{event}, args...), func(l crm.Link, other int64) {
		noted, events = append(noted, l), append(events, other)
	})
	if err == nil {
		err = tx.notePurged(event, by, noted, events)
	}
	if err != nil {
		return 0, err
	}
	return tx.Exec("DELETE FROM link WHERE "+strings.ReplaceAll(upTo, "l.", ""), args...)
}

// eachAsleep hands out links l whose other end, o, sleeps under another event.
func (tx *Tx) eachAsleep(join string, args []any, fn func(l crm.Link, other int64)) error {
	var rows []struct {
		crm.Link
		Other int64 `db:"other"`
	}
	err := tx.Select(&rows, "SELECT l.customer_id, l.tag_id, l.staff_id, o.deletion_id AS other FROM link l "+join+" ORDER BY l.customer_id, l.tag_id, l.staff_id", args...)
	for _, r := range rows {
		fn(r.Link, r.Other)
	}
	return err
}

// notePurged writes for other events which of their links are gone for good: the
// run of such a note is the purged event with a minus.
func (tx *Tx) notePurged(event, by int64, links []crm.Link, events []int64) error {
	if len(links) == 0 {
		return nil
	}
	id, err := tx.NextIDs(SeqRemoval, len(links))
	if err != nil {
		return err
	}
	rows := make([][]any, len(links))
	for i, l := range links {
		rows[i] = []any{id + int64(i), events[i], "link", l.CustomerID, l.TagID, l.StaffID, tx.Now, by, -event}
	}
	return tx.Insert("sleeping_removal", []string{"id", "deletion_id", "kind", "customer_id", "tag_id", "staff_id", "at", "by_id", "run_id"}, rows)
}

// layTombstones leaves tombstones for rows that are about to go, or have become shells.
func (tx *Tx) layTombstones(kind, table, name string, event int64, ids []int64) error {
	cond, args := tx.In("t.id", anys(ids))
	_, err := tx.Exec("INSERT INTO tombstone (kind, id, name, deletion_id, purged_at) SELECT ?, t.id, "+name+", ?, ? FROM "+table+
		" t LEFT JOIN tombstone s ON s.kind = ? AND s.id = t.id WHERE s.id IS NULL AND "+cond, append([]any{kind, event, tx.Now, kind}, args...)...)
	return err
}

// PurgeTags removes tags that lie in the bin under an event for good, with the
// grants and requests on them, and leaves tombstones. Their links must be gone.
func (tx *Tx) PurgeTags(event int64, ids []int64) (g Gone, err error) {
	if ids, err = tx.stillBuried(event, crm.ObjectTag, ids); err != nil || len(ids) == 0 {
		return g, err
	}
	if err = tx.layTombstones(crm.ObjectTag, "tag", "t.name", event, ids); err != nil {
		return g, err
	}
	if g, err = tx.dropAccess(crm.ObjectTag, ids); err != nil {
		return g, err
	}
	cond, args := tx.In("id", anys(ids))
	g.Tags, err = tx.Exec("DELETE FROM tag WHERE deletion_id = ? AND "+cond, append([]any{event}, args...)...)
	return g, err
}

// stillBuried are those of ids that lie in the bin under an event: a restore may
// have taken a group out of it for the sake of a tag.
func (tx *Tx) stillBuried(event int64, kind string, ids []int64) (out []int64, err error) {
	cond, args := tx.In("id", anys(ids))
	err = tx.Select(&out, "SELECT id FROM "+binTables[kind]+" WHERE deletion_id = ? AND "+cond+" ORDER BY id", append([]any{event}, args...)...)
	return out, err
}

// PurgeGroups leaves tombstones of groups that lie in the bin under an event. They
// are shells from then on, until DropShells finds them empty: one that still has
// tags under other events keeps the grants on it, or these would come back to
// people from whom they were hidden.
func (tx *Tx) PurgeGroups(event int64, ids []int64) error {
	ids, err := tx.stillBuried(event, crm.ObjectGroup, ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	return tx.layTombstones(crm.ObjectGroup, "tag_group", "t.name", event, ids)
}

func (tx *Tx) dropAccess(kind string, ids []int64) (g Gone, err error) {
	cond, args := tx.In("object_id", anys(ids))
	args = append([]any{kind}, args...)
	if g.Grants, err = tx.Exec("DELETE FROM access_grant WHERE object_kind = ? AND "+cond, args...); err != nil {
		return g, err
	}
	g.Requests, err = tx.Exec("DELETE FROM access_request WHERE object_kind = ? AND "+cond, args...)
	return g, err
}

// DropShells removes the groups of purged events that no tag is in any more, with
// the grants and requests on them.
func (tx *Tx) DropShells() (g Gone, err error) {
	var ids []int64
	err = tx.Select(&ids, `SELECT id FROM tag_group WHERE deletion_id IN (SELECT id FROM deletion WHERE state = 'purged')
		AND NOT EXISTS (SELECT 1 FROM tag WHERE tag.group_id = tag_group.id) ORDER BY id`)
	if err != nil {
		return g, err
	}
	for part := range slices.Chunk(ids, chunkIDs) {
		more, err := tx.dropAccess(crm.ObjectGroup, part)
		if err != nil {
			return g, err
		}
		cond, args := tx.In("id", anys(part))
		if more.Groups, err = tx.Exec("DELETE FROM tag_group WHERE "+cond, args...); err != nil {
			return g, err
		}
		g.Add(more)
	}
	return g, nil
}

// Tombstone is the mark of something that was purged.
type Tombstone struct {
	Kind       string `db:"kind"`
	ID         int64  `db:"id"`
	Name       string `db:"name"`
	DeletionID int64  `db:"deletion_id"`
	PurgedAt   int64  `db:"purged_at"`
}

// Tombstones lists by kind and id those with a name.
func (tx *Tx) Tombstones(name string) (out []Tombstone, err error) {
	err = tx.Select(&out, "SELECT kind, id, name, deletion_id, purged_at FROM tombstone WHERE name = ? ORDER BY id", name)
	return out, err
}

// LiftTombstone removes the mark of something that is back.
func (tx *Tx) LiftTombstone(kind string, id int64) error {
	_, err := tx.Exec("DELETE FROM tombstone WHERE kind = ? AND id = ?", kind, id)
	return err
}
