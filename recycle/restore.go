package recycle

import (
	"context"
	"errors"
	"fmt"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// Restored is a restore that is done.
type Restored struct {
	Event int64 // the restore's own, X7; undo takes it
	Plan  Plan
	// Snapshot was taken of what was replaced; without an ID there was none.
	Snapshot snapshot.Info
}

// Restore brings back what an event sent into the bin, or a part of it. It does
// all or nothing, and leaves an event of its own that can be undone.
//
// ErrNotInBin when nothing of it is in the bin (any more), ErrPurging when it is
// being removed for good, ErrPlan when the plan with the given hash is not what
// would happen, a *LimitError when there is no room, a *WiderError when more
// people would gain access than pass without a word, a *Refusal or *ParkError
// when whoever acts may not.
func Restore(ctx context.Context, db *store.DB, dir *snapshot.Dir, event int64, o RestoreOptions) (out Restored, err error) {
	for attempt := 1; ; attempt++ {
		out, err = restoreOnce(ctx, db, dir, event, o)
		if !errors.Is(err, errRaced) {
			break
		}
		if attempt == retries {
			err = fmt.Errorf("%w: somebody writes to it all the time", ErrChanged)
			break
		}
	}
	if err != nil {
		return Restored{}, fmt.Errorf("restore event %d: %w", event, err)
	}
	return out, nil
}

func restoreOnce(ctx context.Context, db *store.DB, dir *snapshot.Dir, event int64, o RestoreOptions) (out Restored, err error) {
	plan := func(tx *store.Tx) (p *planner, going *victims, err error) {
		if p, err = newPlanner(tx, event, o); err != nil {
			return nil, nil, err
		}
		if err = p.wider(); err != nil {
			return nil, nil, err
		}
		if s := p.replaced(); !s.Empty() {
			going, err = findVictims(tx, s)
		}
		return p, going, err
	}
	var going *victims
	if o.OnConflict == Replace || o.Choose != nil { // else nothing goes, and no snapshot is needed
		if err := db.View(ctx, func(tx *store.Tx) (err error) {
			_, going, err = plan(tx)
			return err
		}); err != nil {
			return out, err
		}
	}
	var made snapshot.Made
	if going != nil {
		made, err = snapshot.Create(ctx, db, dir, snapshot.Options{Reason: snapshot.BeforeRestore, Scope: going.scope(), By: o.By, Command: o.Command})
		if err != nil {
			return out, err
		}
	}
	err = db.InTx(ctx, nil, func(tx *store.Tx) error {
		p, now, err := plan(tx)
		if err != nil {
			return err
		}
		if (now == nil) != (going == nil) || now != nil && now.digest != going.digest {
			return errRaced
		}
		out.Event, err = p.apply(made)
		out.Plan, out.Snapshot = p.plan, made.Info
		return err
	})
	return out, err
}

func (p *planner) wider() error {
	if p.plan.Access.Wider() && !p.o.AcceptWider {
		return &WiderError{p.plan.Access}
	}
	return nil
}

// replaced is what the restore would send into the bin.
func (p *planner) replaced() (s Selection) {
	for _, i := range p.plan.Items {
		switch {
		case i.Do != Replace:
		case i.Kind == crm.ObjectGroup:
			s.Groups = append(s.Groups, i.Other)
		default:
			s.Tags = append(s.Tags, i.Other)
		}
	}
	return s.sorted()
}
