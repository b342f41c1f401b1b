package store

import (
	"math"
	"strings"
)

// Audit is one row of the append-only log: one per operation.
type Audit struct {
	ID         int64  `db:"id"`
	At         int64  `db:"at"`
	Operator   string `db:"operator"`
	StaffID    int64  `db:"staff_id"`
	Action     string `db:"action"`
	Object     string `db:"object"`
	RunID      int64  `db:"run_id"`
	DeletionID int64  `db:"deletion_id"`
	Command    string `db:"command"`
	Detail     string `db:"detail"` // JSON: counts
}

// maxAuditObject is how many characters of an object the log keeps.
const maxAuditObject = 255

// WriteAudit appends to the log; ID and At are given here.
func (tx *Tx) WriteAudit(a Audit) error {
	id, err := tx.NextIDs(SeqAudit, 1)
	if err != nil {
		return err
	}
	return tx.Insert("audit_log", []string{"id", "at", "operator", "staff_id", "action", "object", "run_id", "deletion_id", "command", "detail"},
		[][]any{{id, tx.Now, a.Operator, a.StaffID, a.Action, clip(a.Object, maxAuditObject), a.RunID, a.DeletionID, clip(a.Command, 1024), a.Detail}})
}

// AuditFilter chooses rows of the log: those that meet everything in it. The
// zero value chooses all. Texts are compared byte by byte.
type AuditFilter struct {
	Since        int64  // epoch milliseconds: from then on, 0 = from the beginning
	Until        int64  // epoch milliseconds: before then, 0 = to the end
	Action       string // exactly this one; all that begin with it when it ends in "."
	StaffID      *int64 // who did it, 0 = the operator
	Operator     string
	ObjectPrefix string
	RunID        int64
	DeletionID   int64
	Limit        int64 // the newest so many of those chosen, 0 = all
}

// Audits hands out the chosen rows of the log, the oldest first. Memory does
// not grow with the log. fn may use tx; its error ends the reading and is
// returned.
func (tx *Tx) Audits(f AuditFilter, fn func(Audit) error) error {
	after := int64(0)
	if f.Limit > 0 {
		// Counted from the end first, so that they need not be held to be turned
		// round.
		n := f.Limit
		err := tx.auditRows("id, operator, action, object", f, false, math.MaxInt64, func(a Audit) (bool, error) {
			after = a.ID - 1
			n--
			return n > 0, nil
		})
		if err != nil {
			return err
		}
	}
	return tx.auditRows("id, at, operator, staff_id, action, object, run_id, deletion_id, command, detail", f, true, after, func(a Audit) (bool, error) {
		return true, fn(a)
	})
}

// batchAudits is how many rows of the log are held at a time.
const batchAudits = 500

// auditRows calls fn for the chosen rows beyond an id, upwards or downwards,
// until it returns false or an error. The filter's limit is not looked at.
func (tx *Tx) auditRows(columns string, f AuditFilter, up bool, beyond int64, fn func(Audit) (bool, error)) error {
	where, args := f.numbers()
	query := "SELECT " + columns + " FROM audit_log WHERE id < ?" + where + " ORDER BY id DESC LIMIT ?"
	if up {
		query = "SELECT " + columns + " FROM audit_log WHERE id > ?" + where + " ORDER BY id LIMIT ?"
	}
	for {
		var batch []Audit
		all := append(append([]any{beyond}, args...), batchAudits)
		if err := tx.Select(&batch, query, all...); err != nil || len(batch) == 0 {
			return err
		}
		beyond = batch[len(batch)-1].ID
		for _, a := range batch {
			if !f.texts(&a) {
				continue
			}
			if more, err := fn(a); err != nil || !more {
				return err
			}
		}
	}
}

// numbers is the part of the filter that the database looks at.
func (f *AuditFilter) numbers() (where string, args []any) {
	add := func(cond string, v int64) {
		where += " AND " + cond
		args = append(args, v)
	}
	if f.Since != 0 {
		add("at >= ?", f.Since)
	}
	if f.Until != 0 {
		add("at < ?", f.Until)
	}
	if f.StaffID != nil {
		add("staff_id = ?", *f.StaffID)
	}
	if f.RunID != 0 {
		add("run_id = ?", f.RunID)
	}
	if f.DeletionID != 0 {
		add("deletion_id = ?", f.DeletionID)
	}
	return where, args
}

// texts is the rest of it. MySQL takes texts for equal that differ by trailing
// blanks, and SQLite's LIKE those that differ by case.
func (f *AuditFilter) texts(a *Audit) bool {
	if strings.HasSuffix(f.Action, ".") {
		if !strings.HasPrefix(a.Action, f.Action) {
			return false
		}
	} else if f.Action != "" && a.Action != f.Action {
		return false
	}
	if f.Operator != "" && a.Operator != f.Operator {
		return false
	}
	// As much of it as the log keeps.
	return strings.HasPrefix(a.Object, clip(f.ObjectPrefix, maxAuditObject))
}

// TagRun is what a run did to a tag.
type TagRun struct {
	RunID   int64 `db:"run_id"`  // with a minus an event of the recycle bin
	Links   int64 `db:"links"`   // those that it added and that are there, sleeping ones too
	Removed int64 `db:"removed"` // those that it removed, or purged, while they slept
}

// TagRuns counts by run, in order, what was done with a tag; run 0 is what was
// done outside imports.
func (tx *Tx) TagRuns(tagID int64) ([]TagRun, error) {
	var out []TagRun
	err := tx.Select(&out, `SELECT run_id, SUM(links) AS links, SUM(removed) AS removed FROM (
			SELECT run_id, COUNT(*) AS links, 0 AS removed FROM link WHERE tag_id = ? GROUP BY run_id
			UNION ALL SELECT run_id, 0, COUNT(*) FROM sleeping_removal WHERE kind = 'link' AND tag_id = ? GROUP BY run_id
		) AS both_kinds GROUP BY run_id ORDER BY run_id`, tagID, tagID)
	return out, err
}
