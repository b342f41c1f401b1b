package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// begin goes on with the last run of the file, if that did not reach its end, or
// starts a new one.
func (r *running) begin(ctx context.Context) error {
	var run, last crm.Run
	var resumed bool
	err := r.db.InTx(ctx, r.job, func(tx *store.Tx) (err error) {
		run = r.e.run
		if last, err = r.lastRun(tx); err != nil {
			return err
		}
		resumed = last.ID != 0 && !last.AtEnd && !r.opts.Restart && last.Status != crm.RunUndone
		if !resumed {
			return tx.CreateRun(&run)
		}
		run = last
		run.Status, run.EndedAt = crm.RunRunning, 0
		if err := r.e.resume(tx, run.ID); err != nil {
			return err
		}
		return tx.SaveRun(&run)
	})
	if err != nil {
		return err
	}
	r.e.run = run
	if !resumed {
		r.warnSameFile(last)
		return nil
	}
	return r.db.View(ctx, r.goOn)
}

// lastRun is the newest run of the same file with the same options, a zero one
// when there is none.
func (r *running) lastRun(tx *store.Tx) (crm.Run, error) {
	last, err := tx.LastRun(r.file.Info.SHA256, r.kind, r.opts.identity())
	if errors.Is(err, store.ErrNoRow) {
		return crm.Run{}, nil
	}
	return last, err
}

// goOn takes over the result of the run so far.
func (r *running) goOn(tx *store.Tx) error {
	run := &r.e.run
	r.skipTo = int(run.MarkRow)
	if r.skipTo > 0 {
		r.result.ResumedAtRow = r.skipTo + 1
	}
	if run.Report != "" {
		var rep runReport
		if err := json.Unmarshal([]byte(run.Report), &rep); err != nil {
			return fmt.Errorf("read the report of R%d: %w", run.ID, err)
		}
		r.result.Created = rep.Created
	}
	return tx.RunErrors(run.ID, func(p store.RowProblems) error {
		r.tally.Add(p.Row, p.Problems...)
		return nil
	})
}

// warnSameFile tells of an earlier run that came to the end of the file.
func (r *running) warnSameFile(last crm.Run) {
	if !last.AtEnd || last.Status == crm.RunUndone {
		return
	}
	at := time.UnixMilli(last.StartedAt)
	if loc, err := r.db.Meta().Location(); err == nil {
		at = at.In(loc)
	}
	r.tally.Add(0, fileWarning(crm.SameFile, fmt.Sprintf("R%d", last.ID), at.Format("2006-01-02 15:04")))
}

// endRun records how a run that did not reach the end of the file ended.
func (r *running) endRun(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cancelled(ctx, err) {
		err = ErrStopped
	}
	if r.opts.DryRun || r.opts.Atomic || r.e.run.ID == 0 || r.e.run.AtEnd {
		return err
	}
	var run crm.Run
	// The job lock is released by now; a run that somebody else took over is
	// theirs to describe. Without a status the run counts as killed.
	terr := r.db.InTx(context.WithoutCancel(ctx), r.job, func(tx *store.Tx) (terr error) {
		// Read again: a commit whose answer was lost may be in.
		if run, terr = tx.Run(r.e.run.ID); terr != nil || run.AtEnd {
			return terr
		}
		run.Status, run.EndedAt = crm.RunFailed, tx.Now
		if errors.Is(err, ErrStopped) || errors.Is(err, ErrTooManyErrors) {
			run.Status = crm.RunStopped
		}
		if terr := tx.SaveRun(&run); terr != nil {
			return terr
		}
		return r.audit(tx, &run)
	})
	if terr == nil {
		r.e.run = run
	}
	return err // the first cause
}

// cancelled reports whether err comes from ctx, or happened to a run that was
// being stopped anyway.
func cancelled(ctx context.Context, err error) bool {
	if errors.Is(err, ErrTooManyErrors) || errors.Is(err, ErrAtomic) || errors.Is(err, store.ErrFenced) {
		return false
	}
	return ctx.Err() != nil
}
