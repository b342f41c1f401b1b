package recycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// Mode says what becomes of a database that is not as a snapshot has it.
type Mode string

// The modes. What was deleted, purged or revoked since is a later decision than
// the snapshot. Add and Update leave it alone; a thing that is asked for by name
// comes back all the same, and with Exact everything does, for that is what was
// asked for. A grant that was revoked since stays revoked in every mode.
const (
	// ModeAdd brings back what is missing and changes nothing that is there.
	ModeAdd Mode = "add"
	// ModeUpdate also gives what differs the values of the snapshot.
	ModeUpdate Mode = "update"
	// ModeExact also sends what is newer into the bin and takes newer links and
	// grants away. Newer grants that keep somebody out or down stay.
	ModeExact Mode = "exact"
)

// What became of things and links, beside the verdicts.
const (
	Updated crm.Verdict = "UPDATED" // it was there and has the values of the snapshot now
	Removed crm.Verdict = "REMOVED" // it was newer: in the bin, taken away or revoked now
)

// SnapshotOptions say what comes back out of a snapshot and how.
type SnapshotOptions struct {
	Mode Mode // "" = ModeAdd
	// Only names the groups, tags and customers that it is about; empty for all.
	Only []string
	// Foreign: the snapshot may be of another database. Then things go by their
	// names and keys and get new ids, and no grant comes along; ModeAdd only.
	Foreign bool
	DryRun  bool
	// As for Restore.
	OnConflict  Policy
	Choose      func(Item) Policy
	Fit         bool
	AcceptWider bool
	Hash        string
	Reason      string
	By          int64
	Command     string
	Wait        time.Duration
	// Progress is told how many of how many rows were looked at. It may be nil.
	Progress func(done, of int64)
}

// FromSnapshot is a snapshot restore that is done, or tried.
type FromSnapshot struct {
	Event  int64         // its own, X7; undo takes it
	Newer  int64         // the event that newer things went into the bin with, 0 for none
	Before snapshot.Info // the snapshot taken before; none of a dry run
	// Counts are by kind, groups, tags, customers, followers, links and grants,
	// and verdict. All that is in scope has one.
	Counts map[string]map[crm.Verdict]int64
	// Plan is that of the part that was missing or lay in the bin.
	Plan Plan
	// Open are the first things that somebody has to see to.
	Open []string
	// Hash is the same for the same restore of the same data.
	Hash string
}

// ErrMode: there is no such mode, or not for a snapshot of another database.
var ErrMode = errors.New("not a mode for this snapshot")

// RestoreSnapshot brings back groups, tags, customers, links and grants of a
// snapshot into a database that is not empty. It does all or nothing, after a
// snapshot of the whole database, as one event that can be undone. Departments
// and people are never rolled back, and counters never go down.
//
// What is missing is put into the bin, under the restore's own event, and comes
// out of it by the same plan as what was deleted. A grant that is missing comes
// back only if that plan relinks it.
//
// snapshot.ErrForeign when the snapshot is of another database, ErrPlan when the
// plan with the given hash is not what would happen, and the errors of Restore.
func RestoreSnapshot(ctx context.Context, db *store.DB, dir *snapshot.Dir, src *snapshot.Source, o SnapshotOptions) (out FromSnapshot, err error) {
	fail := func(err error) (FromSnapshot, error) {
		return FromSnapshot{}, fmt.Errorf("restore from snapshot %s: %w", src.Header().ID, err)
	}
	if o.Mode == "" {
		o.Mode = ModeAdd
	}
	foreign := src.Header().Database != db.Meta().UUID
	switch {
	case foreign && !o.Foreign:
		return fail(snapshot.ErrForeign)
	case o.Mode != ModeAdd && o.Mode != ModeUpdate && o.Mode != ModeExact, foreign && o.Mode != ModeAdd:
		return fail(ErrMode)
	case o.Mode == ModeExact && !src.Whole():
		return fail(snapshot.ErrPart) // what it does not hold would be taken for newer
	}
	pick, err := snapshot.PickOnly(ctx, src, o.Only)
	if err != nil {
		return fail(err)
	}
	job, err := db.StartJob(ctx, "snapshot restore --mode "+string(o.Mode), o.Wait)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, job.Done(ctx)) }()
	for attempt := 1; ; attempt++ {
		out, err = fromSnapshot(ctx, db, dir, job, src, pick, o)
		if !errors.Is(err, errRaced) || attempt == retries {
			break
		}
	}
	if errors.Is(err, errRaced) {
		err = fmt.Errorf("%w: somebody writes to it all the time", ErrChanged)
	}
	if err != nil {
		return fail(err)
	}
	return out, nil
}

func fromSnapshot(ctx context.Context, db *store.DB, dir *snapshot.Dir, job *store.Job, src *snapshot.Source, pick *snapshot.Pick, o SnapshotOptions) (out FromSnapshot, err error) {
	var going *newer
	err = db.View(ctx, func(tx *store.Tx) (err error) {
		going, err = newerThan(ctx, tx, src, pick, o.Mode)
		return err
	})
	if err != nil {
		return out, err
	}
	var made snapshot.Made
	if !o.DryRun {
		if made, err = snapshot.Create(ctx, db, dir, snapshot.Options{Reason: snapshot.BeforeRestore, By: o.By, Command: o.Command}); err != nil {
			return out, err
		}
	}
	err = db.InTx(ctx, job, func(tx *store.Tx) error {
		now, err := newerThan(ctx, tx, src, pick, o.Mode)
		if err != nil {
			return err
		}
		if !now.same(going) {
			return errRaced
		}
		if o.DryRun {
			made.Receipt = tx.Rehearse()
		}
		b := newBringer(tx, src, pick, o, made)
		b.newer = now
		if err := b.run(ctx); err != nil {
			return err
		}
		out = b.out
		if o.DryRun {
			return errRehearsed
		}
		return nil
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return out, err
}
