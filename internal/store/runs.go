package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"

	"github.com/jmoiron/sqlx"

	"tagkeep/internal/crm"
)

const runColumns = `id, kind, file, sha256, options, status, mark_row, at_end, read_rows, created_rows, updated_rows, unchanged, skipped, rejected,
	links_added, links_removed, report, errors_file, operator, created_by, started_at, ended_at`

// CreateRun stores a new run and gives it its id.
func (tx *Tx) CreateRun(r *crm.Run) error {
	id, err := tx.NextIDs(SeqRun, 1)
	if err != nil {
		return err
	}
	r.ID, r.StartedAt, r.Status = id, tx.Now, crm.RunRunning
	return tx.Insert("import_run", []string{"id", "kind", "file", "sha256", "options", "status", "report", "operator", "created_by", "started_at"},
		[][]any{{r.ID, string(r.Kind), r.File, r.SHA256, r.Options, r.Status, r.Report, r.Operator, r.CreatedBy, r.StartedAt}})
}

// SaveRun writes the run's progress: its mark, counts and status.
func (tx *Tx) SaveRun(r *crm.Run) error {
	return tx.one("save run", `UPDATE import_run SET status = ?, mark_row = ?, at_end = ?, read_rows = ?, created_rows = ?, updated_rows = ?, unchanged = ?, skipped = ?,
		rejected = ?, links_added = ?, links_removed = ?, report = ?, errors_file = ?, ended_at = ? WHERE id = ?`,
		r.Status, r.MarkRow, bit(r.AtEnd), r.Read, r.Created, r.Updated, r.Unchanged, r.Skipped,
		r.Rejected, r.LinksAdded, r.LinksRemoved, r.Report, r.ErrorsFile, r.EndedAt, r.ID)
}

// Runs lists the newest runs first, at most limit.
func (tx *Tx) Runs(limit int) ([]crm.Run, error) {
	var out []crm.Run
	err := tx.Select(&out, "SELECT "+runColumns+" FROM import_run ORDER BY id DESC LIMIT ?", limit)
	return out, err
}

// RunsBy is Runs of those that one person has started.
func (tx *Tx) RunsBy(staff int64, limit int) ([]crm.Run, error) {
	var out []crm.Run
	err := tx.Select(&out, "SELECT "+runColumns+" FROM import_run WHERE created_by = ? ORDER BY id DESC LIMIT ?", staff, limit)
	return out, err
}

// Run reads one run; sql.ErrNoRows when there is none.
func (tx *Tx) Run(id int64) (crm.Run, error) {
	var r crm.Run
	err := tx.Get(&r, "SELECT "+runColumns+" FROM import_run WHERE id = ?", id)
	return r, err
}

// LastRun reads the newest run of the same file, kind and options;
// sql.ErrNoRows when there is none.
func (tx *Tx) LastRun(sha256 string, kind crm.Kind, options string) (crm.Run, error) {
	var out []crm.Run
	// options is a long text: compared here, not in SQL.
	if err := tx.Select(&out, "SELECT "+runColumns+" FROM import_run WHERE sha256 = ? ORDER BY id DESC", sha256); err != nil {
		return crm.Run{}, err
	}
	for _, r := range out {
		if r.Kind == kind && r.Options == options {
			return r, nil
		}
	}
	return crm.Run{}, sql.ErrNoRows
}

// RowProblems are the problems of one rejected row.
type RowProblems struct {
	Row      int
	Problems []crm.Problem
}

// SaveErrors stores rejected rows.
func (tx *Tx) SaveErrors(runID int64, rejected []RowProblems) error {
	rows := make([][]any, len(rejected))
	for i, r := range rejected {
		b, err := json.Marshal(r.Problems)
		if err != nil {
			return fmt.Errorf("encode problems of row %d: %w", r.Row, err)
		}
		rows[i] = []any{runID, r.Row, string(b)}
	}
	return tx.Insert("import_error", []string{"run_id", "row_no", "problems"}, rows)
}

// RunErrors reads the rejected rows of a run in the file's order.
func (tx *Tx) RunErrors(runID int64, fn func(RowProblems) error) error {
	return tx.Each("SELECT row_no, problems FROM import_error WHERE run_id = ? ORDER BY row_no", []any{runID}, func(rows *sqlx.Rows) error {
		var r RowProblems
		var body []byte
		if err := rows.Scan(&r.Row, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &r.Problems); err != nil {
			return fmt.Errorf("decode problems of row %d: %w", r.Row, err)
		}
		return fn(r)
	})
}

// IDRange is a block of things that a run created.
type IDRange struct {
	Kind  string `db:"kind"`
	First int64  `db:"first_id"`
	Last  int64  `db:"last_id"`
}

// SaveCreated stores what a chunk created, so that an undo finds it.
func (tx *Tx) SaveCreated(runID int64, ranges []IDRange) error {
	rows := make([][]any, len(ranges))
	for i, r := range ranges {
		rows[i] = []any{runID, r.Kind, r.First, r.Last}
	}
	return tx.Insert("import_created", []string{"run_id", "kind", "first_id", "last_id"}, rows)
}

// CreatedBy reads what a run has created so far.
func (tx *Tx) CreatedBy(runID int64) ([]IDRange, error) {
	var out []IDRange
	err := tx.Select(&out, "SELECT kind, first_id, last_id FROM import_created WHERE run_id = ? ORDER BY first_id", runID)
	return out, err
}

// Change is the before-image of one thing that a run overwrote, with the digest
// of what it made of it: an undo puts Before back where the digest still holds.
type Change struct {
	Row     int
	Kind    string // one of the crm.Image constants
	ItemID  int64
	StaffID int64
	Before  string // JSON
	After   string // hex digest
}

// SaveChanges stores before-images; seq is the number of the first.
func (tx *Tx) SaveChanges(runID, seq int64, changes []Change) error {
	rows := make([][]any, len(changes))
	for i, c := range changes {
		rows[i] = []any{runID, seq + int64(i), c.Row, c.Kind, c.ItemID, c.StaffID, c.Before, c.After}
	}
	return tx.Insert("import_change", []string{"run_id", "seq", "row_no", "kind", "item_id", "staff_id", "before_image", "after_digest"}, rows)
}

// NextChange is the number that the run's next before-image gets.
func (tx *Tx) NextChange(runID int64) (int64, error) {
	var n int64
	err := tx.Get(&n, "SELECT COALESCE(MAX(seq), 0) + 1 FROM import_change WHERE run_id = ?", runID)
	return n, err
}

// batchChanges is how many before-images are held at a time.
const batchChanges = 500

// RunChanges hands out the before-images of a run in batches, the last first. fn
// may use tx.
func (tx *Tx) RunChanges(runID int64, fn func([]Change) error) error {
	for below := int64(math.MaxInt64); ; {
		var list []Change
		err := tx.Each(`SELECT seq, row_no, kind, item_id, staff_id, before_image, after_digest FROM import_change WHERE run_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
			[]any{runID, below, batchChanges}, func(rows *sqlx.Rows) error {
				var c Change
				err := rows.Scan(&below, &c.Row, &c.Kind, &c.ItemID, &c.StaffID, &c.Before, &c.After)
				list = append(list, c)
				return err
			})
		if err != nil || len(list) == 0 {
			return err
		}
		if err := fn(list); err != nil {
			return err
		}
	}
}

// ChangesOf lists the before-images of one thing of a run, the first first.
func (tx *Tx) ChangesOf(runID int64, kind string, id int64) (out []Change, err error) {
	err = tx.Each("SELECT row_no, kind, item_id, staff_id, before_image, after_digest FROM import_change WHERE run_id = ? AND kind = ? AND item_id = ? ORDER BY seq",
		[]any{runID, kind, id}, func(rows *sqlx.Rows) error {
			var c Change
			err := rows.Scan(&c.Row, &c.Kind, &c.ItemID, &c.StaffID, &c.Before, &c.After)
			out = append(out, c)
			return err
		})
	return out, err
}

// LinksOfRun hands out in batches the links that carry a run's mark. fn may use
// tx, also to remove them.
func (tx *Tx) LinksOfRun(runID int64, fn func([]crm.Link) error) error {
	last := crm.Link{}
	for {
		var list []crm.Link
		err := tx.Each("SELECT "+linkColumns+` FROM link WHERE run_id = ? AND customer_id >= ?
			AND (customer_id > ? OR tag_id > ? OR tag_id = ? AND staff_id > ?) ORDER BY customer_id, tag_id, staff_id LIMIT ?`,
			[]any{runID, last.CustomerID, last.CustomerID, last.TagID, last.TagID, last.StaffID, batchChanges}, func(rows *sqlx.Rows) error {
				l, err := scanLink(rows)
				list = append(list, l)
				return err
			})
		if err != nil || len(list) == 0 {
			return err
		}
		last = list[len(list)-1]
		if err := fn(list); err != nil {
			return err
		}
	}
}

// EditedSince counts the live things of a kind from first to last that were
// changed after a moment, in epoch milliseconds.
func (tx *Tx) EditedSince(kind string, first, last, at int64) (n int64, err error) {
	err = tx.Get(&n, "SELECT COUNT(*) FROM "+binTables[kind]+" WHERE id BETWEEN ? AND ? AND deletion_id = 0 AND updated_at > ?", first, last, at)
	return n, err
}

// SaveClaims stores what the rows of a unit have to say to later ones; seq is
// the number of the first piece.
func (tx *Tx) SaveClaims(runID, seq int64, pieces []string) error {
	rows := make([][]any, len(pieces))
	for i, p := range pieces {
		rows[i] = []any{runID, seq + int64(i), p}
	}
	return tx.Insert("import_claim", []string{"run_id", "seq", "claims"}, rows)
}

// Claims reads them in the order in which they were stored.
func (tx *Tx) Claims(runID int64, fn func(piece string) error) error {
	return tx.Each("SELECT claims FROM import_claim WHERE run_id = ? ORDER BY seq", []any{runID}, func(rows *sqlx.Rows) error {
		var piece string
		if err := rows.Scan(&piece); err != nil {
			return err
		}
		return fn(piece)
	})
}

// DropClaims forgets them: the run has come to its end.
func (tx *Tx) DropClaims(runID int64) error {
	_, err := tx.Exec("DELETE FROM import_claim WHERE run_id = ?", runID)
	return err
}
