package importer

import (
	"context"

	"tagkeep/internal/store"
)

// rehearse is a dry run: all is planned, nothing is stored.
func (r *running) rehearse(ctx context.Context) error {
	err := r.db.View(ctx, func(tx *store.Tx) error {
		if err := r.e.begin(tx); err != nil {
			return err
		}
		return r.stages(ctx, func(b *batch) error { return r.rehearseBatch(tx, b) })
	})
	r.result.Created = r.e.unit.created
	if err != nil {
		return err
	}
	if p, ok := r.e.planner.(*people); ok && r.opts.DisableMissing {
		r.disabled = p.disableMissing()
		r.e.end()
	}
	return r.checkRemovals(r.e)
}

// rehearseBatch plans a batch, up to the row at which the run would stop.
func (r *running) rehearseBatch(tx *store.Tx, b *batch) error {
	r.take(b)
	if r.stopped && len(b.rows) > 0 {
		return ErrTooManyErrors
	}
	failed := r.e.run.Rejected
	n, err := r.e.rehearse(tx, b.rows, func(row *row) bool {
		if row.outcome == rejected {
			failed++
			r.stopped = r.tooMany(failed)
		}
		return r.stopped
	})
	if err != nil {
		return err
	}
	count(&r.e.run, b.rows[:n])
	if err := r.tell(b.rows[:n]); err != nil {
		return err
	}
	if n < len(b.rows) {
		return ErrTooManyErrors
	}
	return nil
}

// guardRights refuses, before any write, a person who may import nothing of the
// kind.
func (im *Import) guardRights(ctx context.Context, db *store.DB) error {
	if im.opts.CreatedBy == 0 {
		return nil
	}
	return db.View(ctx, func(tx *store.Tx) error {
		_, err := readRights(tx, im.kind, im.opts.CreatedBy)
		return err
	})
}

// guardRemovals counts, before any write, the links that 覆盖 and 组内覆盖 would
// remove.
func (r *running) guardRemovals(ctx context.Context) error {
	if !r.replaces || r.opts.DryRun {
		return nil
	}
	e := newEngine(r.Import, true)
	defer e.close()
	err := r.db.View(ctx, func(tx *store.Tx) error {
		if err := e.begin(tx); err != nil {
			return err
		}
		return r.stages(ctx, func(b *batch) error {
			_, err := e.rehearse(tx, b.rows, func(*row) bool { return false })
			return err
		})
	})
	if err != nil {
		return err
	}
	return r.checkRemovals(e)
}

func (r *running) checkRemovals(e *engine) error {
	c, ok := e.planner.(*customers)
	if !ok {
		return nil
	}
	limit := r.opts.MaxRemovals
	if limit.Given && limit.Exceeded(c.replaced, c.pairLinks) ||
		!limit.Given && c.replaced > 100 && c.replaced*10 > c.pairLinks {
		return &RemovalsError{Removed: c.replaced, Of: c.pairLinks}
	}
	return nil
}
