package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// tell hands the rows' problems to the tally and keeps rejected rows where the
// database does not.
func (r *running) tell(rows []*row) error {
	for _, row := range rows {
		if len(row.rec.Problems) == 0 {
			continue
		}
		r.tally.Add(row.rec.Line, row.rec.Problems...)
		if row.outcome == rejected && r.spool != nil {
			if err := r.spool.add(store.RowProblems{Row: row.rec.Row, Problems: row.rec.Problems}); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish turns the end of the run, good or bad, into a result: status, counts,
// repair file.
func (r *running) finish(ctx context.Context, path string, err error) (*Result, error) {
	err = r.endRun(ctx, err)
	r.progress(r.file.Info.Size)
	r.fillIn(err)
	if lerr := r.checkLedger(err); lerr != nil {
		return r.result, errors.Join(err, lerr)
	}
	if path != "" && r.e.run.Rejected > 0 && (err == nil || expected(err)) {
		err = errors.Join(err, r.writeRepair(ctx, path))
	}
	r.result.DurationMS = time.Since(r.start).Milliseconds()
	return r.result, err
}

func (r *running) fillIn(err error) {
	res, run := r.result, &r.e.run
	res.Rows, res.Links = ledgerOf(run), LinkCounts{run.LinksAdded, run.LinksRemoved}
	res.Outside = Outside{Above: r.outside.Above, Blank: r.outside.Blank, Examples: r.examples}
	res.Disabled = r.disabled
	res.Changes = r.e.changes
	if !r.opts.DryRun && (err == nil || !r.opts.Atomic) {
		res.Run, res.StoredTo = run.ID, int(run.MarkRow)
	}
	if r.opts.Atomic && run.Rejected > 0 {
		leaveAll(res)
	}
	res.Status = status(err, run.Rejected)
	res.Tally = r.tally
	res.Errors, res.Warnings = r.tally.Errors(), r.tally.Warnings()
	res.ByCode, res.WarnCodes = r.tally.ErrorsByCode(), r.tally.WarningsByCode()
}

// leaveAll makes the result that of a file of which nothing is stored because
// some of its rows are rejected.
func leaveAll(res *Result) {
	res.Rows.Skipped = res.Rows.Read - res.Rows.Rejected
	res.Rows.Created, res.Rows.Updated, res.Rows.Unchanged = 0, 0, 0
	res.Links, res.Created, res.Changes, res.Disabled = LinkCounts{}, CreatedCounts{}, nil, 0
}

// expected errors end a run in good order.
func expected(err error) bool {
	return errors.Is(err, ErrStopped) || errors.Is(err, ErrTooManyErrors) || errors.Is(err, ErrAtomic)
}

func status(err error, rejected int64) string {
	switch {
	case errors.Is(err, ErrStopped), errors.Is(err, ErrTooManyErrors):
		return StatusStopped
	case err != nil:
		return StatusFailed
	case rejected > 0:
		return StatusPartial
	}
	return StatusDone
}

// checkLedger is law 1: no row is lost, none counted twice.
func (r *running) checkLedger(err error) error {
	l := r.result.Rows
	if lerr := l.Check(); lerr != nil {
		return lerr
	}
	if err != nil && !errors.Is(err, ErrAtomic) {
		return nil
	}
	if read := l.Read + int64(r.examples); read != r.rows {
		return fmt.Errorf("count rows: %d in the first reading, %d in the second", r.rows, read)
	}
	if made := r.result.Created.Customers; r.kind == crm.Customers && made != l.Created {
		return fmt.Errorf("count rows: %d created, but %d new customers", l.Created, made)
	}
	return nil
}

// writeRepair writes the rejected rows to a file, and its path to the result
// and the run.
func (r *running) writeRepair(ctx context.Context, path string) error {
	ctx = context.WithoutCancel(ctx) // a stopped run tells what it rejected, too
	file, err := r.repair(ctx, path)
	if err != nil {
		return fmt.Errorf("the file of rejected rows could not be written: %w", err)
	}
	r.result.ErrorsFile = file
	if r.result.Run == 0 {
		return nil
	}
	r.e.run.ErrorsFile = file
	err = r.db.InTx(ctx, nil, func(tx *store.Tx) error { return tx.SaveRun(&r.e.run) })
	if err != nil {
		return fmt.Errorf("note the file of rejected rows: %w", err)
	}
	return nil
}
