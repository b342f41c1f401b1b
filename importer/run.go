package importer

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/store"
)

// running is one import under way.
type running struct {
	*Import
	db     *store.DB
	job    *store.Job
	e      *engine
	result *Result
	tally  *report.Tally
	spool  *spool // nil when the rejected rows are in the database
	start  time.Time
	// skipTo is the last row that an earlier process stored, 0 for none.
	skipTo   int
	queue    []*row // read and parsed, not stored yet
	examples int
	disabled int64
	stopped  bool // a dry run has come to the row at which the run would stop
}

// Run reads the file for the second time, checks and stores it. The result is
// filled in as far as the import came, also beside an error: ErrStopped when
// ctx was cancelled, ErrTooManyErrors, ErrAtomic, a *RemovalsError, or what
// went wrong with the file or the database. It is nil when nothing was tried.
func (im *Import) Run(ctx context.Context, db *store.DB) (*Result, error) {
	path, err := im.repairPath(time.Now())
	if err != nil {
		return nil, err
	}
	if err := im.file.Changed(); err != nil {
		return nil, err
	}
	r := &running{Import: im, db: db, start: time.Now()}
	r.reset()
	defer func() { _ = r.e.close() }()
	if im.opts.DryRun && im.opts.WantFile || im.opts.Atomic {
		if r.spool, err = newSpool(); err != nil {
			return nil, err
		}
		defer r.spool.close()
	}
	if err := im.guardRights(ctx, db); err != nil {
		return nil, err
	}
	if err := r.guardRemovals(ctx); err != nil {
		if cancelled(ctx, err) {
			err = ErrStopped
		}
		return nil, err
	}
	if im.opts.DryRun {
		err = r.rehearse(ctx)
	} else {
		err = r.importFile(ctx)
	}
	return r.finish(ctx, path, err)
}

// reset begins with the first row, for the first time or because a transaction
// over the whole file was rolled back.
func (r *running) reset() {
	_ = r.e.close() // a scratch file that cannot be closed vanishes with the process
	r.e = newEngine(r.Import, r.opts.DryRun)
	r.e.run = crm.Run{Kind: r.kind, File: absolute(r.file.Info.Path), SHA256: r.file.Info.SHA256, Options: r.opts.identity(),
		Operator: store.Operator(), CreatedBy: r.opts.CreatedBy}
	r.result = r.emptyResult()
	r.tally = report.NewTally(r.opts.Lang, r.headers())
	for _, w := range r.warnings {
		r.tally.Add(0, w)
	}
	r.examples, r.disabled = 0, 0
}

func (r *running) emptyResult() *Result {
	i := r.file.Info
	res := &Result{Kind: string(r.kind), File: absolute(i.Path), SHA256: i.SHA256, DryRun: r.opts.DryRun, Format: i.Format, Encoding: i.Encoding,
		Sheet: i.Sheet, Outside: r.outside}
	if i.Delimiter != 0 {
		res.Delimiter = string(i.Delimiter)
	}
	if r.mapping != nil {
		res.HeaderRow = r.mapping.HeaderRow
	}
	return res
}

// absolute is the path that means the same in any folder.
func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// importFile stores the file under the job lock.
func (r *running) importFile(ctx context.Context) (err error) {
	if r.mapping == nil {
		return nil
	}
	r.job, err = r.db.StartJob(ctx, "import "+string(r.kind)+" "+filepath.Base(r.file.Info.Path), r.opts.Wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.job.Done(ctx)) }()
	if r.opts.Atomic {
		err = r.atomic(ctx)
	} else {
		err = r.inUnits(ctx)
	}
	if err == nil {
		err = r.countMatched(ctx)
	}
	if derr := r.db.EndBulk(ctx); err == nil {
		err = derr
	}
	return err
}

// inUnits stores the file in several transactions and remembers how far it came.
func (r *running) inUnits(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	rows := (r.unitRows + r.opts.Chunk - 1) / r.opts.Chunk * r.opts.Chunk
	err := r.stages(ctx, func(b *batch) error {
		r.take(b)
		for _, row := range b.rows {
			if row.rec.Row > r.skipTo {
				r.queue = append(r.queue, row)
			}
		}
		// The last row is held back: it goes in with the end of the file.
		for len(r.queue) > rows {
			if err := r.commit(ctx, r.queue[:rows], false); err != nil {
				return err
			}
			r.queue = append(r.queue[:0], r.queue[rows:]...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.commit(ctx, r.queue, true)
}

// take notes what of a batch is not in the ledger, and how far the reading is.
func (r *running) take(b *batch) {
	r.examples += b.examples
	r.progress(b.offset)
}

func (r *running) progress(offset int64) {
	if r.opts.Progress != nil {
		r.opts.Progress(Progress{Rows: r.e.run.Read, Rejected: r.e.run.Rejected, Done: offset, Total: r.file.Info.Size})
	}
}

// errCut ends a transaction that must be done again with fewer rows.
var errCut = errors.New("too many rejected rows in the unit")

// commit stores rows; atEnd: they are the last ones of the file. Where a row is
// one rejected too many, those behind it are not stored.
func (r *running) commit(ctx context.Context, rows []*row, atEnd bool) error {
	if err := r.file.Changed(); err != nil {
		return err
	}
	var run crm.Run
	var keep int
	var rev int64
	attempt := func(optimistic bool) error {
		return r.db.InTx(ctx, r.job, func(tx *store.Tx) error {
			run, rev = r.e.run, tx.Rev
			if err := r.e.store(tx, rows, optimistic); err != nil {
				return err
			}
			if keep = r.allowed(&run, rows); keep < len(rows) {
				return errCut
			}
			count(&run, rows)
			return r.saveUnit(tx, &run, atEnd)
		})
	}
	err := attempt(true)
	if errors.Is(err, store.ErrRefused) {
		err = attempt(false)
	}
	switch {
	case errors.Is(err, errCut):
		return r.commit(ctx, rows[:keep], false)
	case err != nil:
		return err
	}
	r.unitStored(&run, rev)
	if err := r.tell(rows); err != nil {
		return err
	}
	if last := len(rows) - 1; !atEnd && last >= 0 && rows[last].outcome == rejected && r.tooMany(run.Rejected) {
		return ErrTooManyErrors
	}
	return nil
}

// tooMany reports whether so many rejected rows stop the run.
func (r *running) tooMany(n int64) bool {
	return r.opts.MaxErrors.Given && r.opts.MaxErrors.Exceeded(n, r.rows)
}

// allowed is how many of the rows may be stored: up to the one that is rejected
// and is one too many.
func (r *running) allowed(run *crm.Run, rows []*row) int {
	n := run.Rejected
	for i, row := range rows {
		if row.outcome != rejected {
			continue
		}
		if n++; r.tooMany(n) {
			return i + 1
		}
	}
	return len(rows)
}

// saveUnit writes, beside the rows, what the run says about itself.
func (r *running) saveUnit(tx *store.Tx, run *crm.Run, atEnd bool) error {
	if atEnd {
		if err := r.atEnd(tx, run); err != nil {
			return err
		}
	}
	created := r.result.Created
	created.add(r.e.unit.created)
	var err error
	if run.Report, err = r.report(created); err != nil {
		return err
	}
	return r.e.save(tx, run)
}

func (r *running) unitStored(run *crm.Run, rev int64) {
	r.e.run = *run
	r.result.Created.add(r.e.unit.created)
	r.e.stored(rev)
}

// runReport is what a run keeps of itself beside its columns.
type runReport struct {
	Created CreatedCounts `json:"created"`
	Headers []string      `json:"headers"`
}

func (r *running) report(c CreatedCounts) (string, error) {
	b, err := json.Marshal(runReport{c, r.headers()})
	return string(b), err
}

// Headers are the texts of the header row of the file that a run has read, by
// column.
func Headers(run crm.Run) []string {
	var rep runReport
	if err := json.Unmarshal([]byte(run.Report), &rep); err != nil {
		return nil // nothing is stored yet
	}
	return rep.Headers
}

// count adds the rows' outcomes to the run.
func count(run *crm.Run, rows []*row) {
	for _, row := range rows {
		run.Read++
		switch row.outcome {
		case created:
			run.Created++
		case updated:
			run.Updated++
		case unchanged:
			run.Unchanged++
		case skipped:
			run.Skipped++
		case rejected:
			run.Rejected++
		}
		run.LinksAdded += int64(row.added)
		run.LinksRemoved += int64(row.removed)
	}
	if len(rows) > 0 {
		run.MarkRow = int64(rows[len(rows)-1].rec.Row)
	}
}

// atEnd writes what belongs to the end of the file: the people who are not in
// it, the run's status and the audit row.
func (r *running) atEnd(tx *store.Tx, run *crm.Run) error {
	if p, ok := r.e.planner.(*people); ok && r.opts.DisableMissing {
		r.disabled = p.disableMissing()
		if err := p.write(tx); err != nil {
			return err
		}
		p.forget()
	}
	run.AtEnd, run.Status, run.EndedAt = true, crm.RunDone, tx.Now
	if run.Rejected > 0 {
		run.Status = crm.RunPartial
	}
	return r.audit(tx, run)
}

func (r *running) audit(tx *store.Tx, run *crm.Run) error {
	detail, err := json.Marshal(map[string]any{"rows": ledgerOf(run), "links": LinkCounts{run.LinksAdded, run.LinksRemoved}, "disabled": r.disabled, "status": run.Status})
	if err != nil {
		return err
	}
	return tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: r.opts.CreatedBy, Action: "import " + string(r.kind),
		Object: filepath.Base(run.File), RunID: run.ID, Command: r.opts.Command, Detail: string(detail)})
}

func ledgerOf(run *crm.Run) report.Ledger {
	return report.Ledger{Read: run.Read, Created: run.Created, Updated: run.Updated, Unchanged: run.Unchanged, Skipped: run.Skipped, Rejected: run.Rejected}
}

// countMatched counts the customers that WeCom knows.
func (r *running) countMatched(ctx context.Context) error {
	if r.kind != crm.Customers {
		return nil
	}
	return r.db.View(ctx, func(tx *store.Tx) error {
		all, known, err := tx.CountCustomers()
		r.result.Matched = &Matched{WithWecomID: known, LocalOnly: all - known}
		return err
	})
}

// atomic stores the whole file in one transaction, or nothing of it.
func (r *running) atomic(ctx context.Context) error {
	err := r.db.InTx(ctx, r.job, func(tx *store.Tx) error {
		r.reset()
		if err := r.spool.reset(); err != nil {
			return err
		}
		last, err := r.lastRun(tx)
		if err != nil {
			return err
		}
		r.warnSameFile(last)
		return r.atOnce(ctx, tx)
	})
	if err != nil && !errors.Is(err, ErrAtomic) {
		r.reset() // nothing is stored, and not because of the rows
	}
	return err
}

// atOnce stores all rows in the transaction, batch by batch.
func (r *running) atOnce(ctx context.Context, tx *store.Tx) error {
	run := r.e.run
	if err := tx.CreateRun(&run); err != nil {
		return err
	}
	r.e.run = run
	err := r.stages(ctx, func(b *batch) error {
		r.take(b)
		if err := r.e.store(tx, b.rows, false); err != nil {
			return err
		}
		count(&run, b.rows)
		if err := r.saveUnit(tx, &run, false); err != nil {
			return err
		}
		r.unitStored(&run, tx.Rev)
		return r.tell(b.rows)
	})
	if err != nil {
		return err
	}
	if run.Rejected > 0 {
		return ErrAtomic
	}
	r.e.unit = unit{}
	if err := r.saveUnit(tx, &run, true); err != nil {
		return err
	}
	r.unitStored(&run, tx.Rev)
	return nil
}
