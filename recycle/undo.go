package recycle

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// UndoOptions say who takes something back.
type UndoOptions struct {
	Reason  string
	By      int64
	Command string
	Wait    time.Duration
	// Confirm is asked with what the undo would do, before anything is written;
	// its error ends it. nil = go on.
	Confirm func(Undone) error
	DryRun  bool
	// AcceptWider lets more people gain access to what comes back than pass
	// without a word.
	AcceptWider bool
}

// Undone is what an undo did.
type Undone struct {
	Event     int64     `json:"event"` // its own, X9; undo takes it too
	Buried    Selection `json:"-"`     // what went into the bin
	Groups    int       `json:"groups_binned"`
	Tags      int       `json:"tags_binned"`
	Customers int       `json:"customers_binned"`
	Back      int       `json:"back"`          // things that came out of the bin
	Rows      int       `json:"rows_put_back"` // rows that are as they were before
	// Edited are the things among those binned that somebody has changed since.
	Edited      int64         `json:"edited_since"`
	Grants      int           `json:"grants_revoked"`
	Staff       int           `json:"staff_removed"`
	Departments int           `json:"departments_removed"`
	Added       int64         `json:"links_added"`    // links that are there again
	Removed     int64         `json:"links_removed"`  // links that are gone again
	Kept        []Note        `json:"kept,omitempty"` // changed since, and left as they are: the first of them
	KeptCount   int           `json:"kept_count"`     // all of them
	Access      AccessChange  `json:"access"`         // to what came out of the bin
	Snapshot    snapshot.Info `json:"-"`

	digest [sha256.Size]byte // of what went into the bin
}

// Undo takes back a restore, a merge of tags, or an undo (that of an import too): it turns round
// everything that the event did, the last first. What somebody has changed since
// is left as it is and listed. Undo itself is such an event. A delete is taken
// back by Restore, which asks more questions.
//
// What it brings back takes the rights that a restore takes, and a *WiderError
// says when more people would gain access to it than pass without a word.
func Undo(ctx context.Context, db *store.DB, dir *snapshot.Dir, event int64, o UndoOptions) (out Undone, err error) {
	job, err := db.StartJob(ctx, "undo", o.Wait)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, job.Done(ctx)) }()
	return undoing(ctx, db, dir, job, o, func(tx *store.Tx) (*undoer, error) {
		d, err := tx.Deletion(event)
		if errors.Is(err, store.ErrGone) {
			return nil, ErrNoEvent
		}
		if err != nil {
			return nil, err
		}
		switch {
		case d.Kind == crm.EventDelete:
			return nil, ErrOther
		case d.Barred():
			return nil, ErrPurging
		}
		return &undoer{tx: tx, of: d, owner: d.CreatedBy, o: o, play: func(u *undoer) error {
			return tx.EventChanges(event, func(body string) error {
				var c change
				if err := json.Unmarshal([]byte(body), &c); err != nil {
					return fmt.Errorf("read a change of event %d: %w", event, err)
				}
				return u.turn(c)
			})
		}}, nil
	})
}

// errRehearsed takes back what a rehearsal did.
var errRehearsed = errors.New("rehearsal")

// undoing rehearses an undo to see what it sends into the bin, takes a verified
// snapshot of that, and carries it out.
func undoing(ctx context.Context, db *store.DB, dir *snapshot.Dir, job *store.Job, o UndoOptions, start func(*store.Tx) (*undoer, error)) (out Undone, err error) {
	for attempt := 1; ; attempt++ {
		planned, err := attemptUndo(ctx, db, job, store.Receipt{}, start, true)
		if err != nil {
			return out, fmt.Errorf("undo: %w", err)
		}
		if o.DryRun {
			return planned, nil
		}
		if o.Confirm != nil {
			if err := o.Confirm(planned); err != nil {
				return out, fmt.Errorf("undo: %w", err)
			}
		}
		var made snapshot.Made
		if !planned.Buried.Empty() {
			made, err = snapshot.Create(ctx, db, dir, snapshot.Options{Reason: snapshot.BeforeUndo, Scope: snapshot.Scope(planned.Buried), By: o.By, Command: o.Command})
			if err != nil {
				return out, fmt.Errorf("undo: %w", err)
			}
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out, err = attemptUndo(ctx, db, job, made.Receipt, start, false, planned)
		if errors.Is(err, errRaced) && attempt < retries {
			continue
		}
		if errors.Is(err, errRaced) {
			err = fmt.Errorf("%w: somebody writes to it all the time", ErrChanged)
		}
		if err != nil {
			return Undone{}, fmt.Errorf("undo: %w", err)
		}
		out.Snapshot = made.Info
		return out, nil
	}
}

func attemptUndo(ctx context.Context, db *store.DB, job *store.Job, r store.Receipt, start func(*store.Tx) (*undoer, error), rehearse bool, planned ...Undone) (out Undone, err error) {
	err = db.InTx(ctx, job, func(tx *store.Tx) error {
		u, err := start(tx)
		if err != nil {
			return err
		}
		if err := u.run(r, rehearse); err != nil {
			return err
		}
		out = u.out
		if rehearse {
			return errRehearsed
		}
		if out.digest != planned[0].digest { // it is not what the snapshot has
			return errRaced
		}
		return nil
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return out, err
}

// undoer turns the changes of one event or run round.
type undoer struct {
	tx        *store.Tx
	of        crm.Deletion // the event that is undone; of a run only ID 0
	importRun int64        // the run that is undone, 0 for none
	owner     int64        // who did what is undone, 0 = the operator
	o         UndoOptions
	play      func(*undoer) error

	j       *journal
	own     crm.Deletion
	out     Undone
	touched map[int64]bool
	// rehearsing: nothing stays, and no receipt is there yet.
	rehearsing bool
	world      *access.World
	raised     map[int64]*Selection // what came out of the bin, by the event that it lay under
	// waiting is for the end: tags whose group may come back after them.
	waiting []func() error
	ending  bool
}

func (u *undoer) run(r store.Receipt, rehearse bool) error {
	u.rehearsing = rehearse
	company, err := u.tx.Company()
	if err != nil {
		return err
	}
	if err := u.admit(company); err != nil {
		return err
	}
	u.world, u.raised = access.New(company), make(map[int64]*Selection)
	u.own = crm.Deletion{Kind: crm.EventUndo, OfID: u.of.ID, State: crm.StateDone, Reason: u.o.Reason, Summary: u.of.Label(), CreatedBy: u.o.By, SnapshotID: r.Snapshot()}
	if u.importRun != 0 {
		u.own.Summary = "R" + itoa(u.importRun)
	}
	if err := u.tx.CreateDeletion(&u.own); err != nil {
		return err
	}
	if rehearse {
		r = u.tx.Rehearse()
	}
	u.j = &journal{tx: u.tx, event: u.own.ID, receipt: r}
	u.touched = map[int64]bool{u.own.ID: true}
	if u.of.ID != 0 {
		u.touched[u.of.ID] = true
	}
	if err := u.play(u); err != nil {
		return err
	}
	u.ending = true
	for _, turn := range u.waiting {
		if err := turn(); err != nil {
			return err
		}
	}
	u.out.Event, u.out.Buried = u.own.ID, u.out.Buried.sorted()
	u.out.Groups, u.out.Tags, u.out.Customers = len(u.out.Buried.Groups), len(u.out.Buried.Tags), len(u.out.Buried.Customers)
	if err := u.permit(); err != nil {
		return err
	}
	if err := u.growth(); err != nil {
		return err
	}
	if u.out.digest, _, err = digestOf(u.tx, u.out.Buried); err != nil {
		return err
	}
	if err := settle(u.tx, u.touched, u.o.By); err != nil {
		return err
	}
	if err := u.remember(company); err != nil {
		return err
	}
	counts, err := json.Marshal(u.out)
	if err != nil {
		return err
	}
	if err := u.tx.SetCounts(u.own.ID, string(counts)); err != nil {
		return err
	}
	return u.tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: u.o.By, Action: "undo", Object: clipped(u.own.Summary, 255), RunID: u.importRun,
		DeletionID: u.own.ID, Command: u.o.Command, Detail: string(counts)})
}

// remember keeps who could see what went into the bin, and where it stood, as a
// delete does: it may come back by a restore of this event.
func (u *undoer) remember(before crm.Company) error {
	b := u.out.Buried
	if len(b.Groups)+len(b.Tags) == 0 {
		return nil
	}
	groups, tags := setOf(b.Groups), setOf(b.Tags)
	near := placesOf(before, groups, tags)
	if err := u.j.write(change{Places: &near}); err != nil {
		return err
	}
	had := look(u.world, before, b.Groups, slices.DeleteFunc(slices.Clone(before.Tags), func(t crm.Tag) bool { return !tags[t.ID] }))
	text, err := had.encode()
	if err != nil {
		return err
	}
	return u.tx.SetHadAccess(u.own.ID, text)
}

// permit asks of what went into the bin what deleting it by hand would take, and
// of what came out of it what a restore would.
func (u *undoer) permit() error {
	b := u.out.Buried
	if err := permit(u.tx, u.world, u.o.By, access.Delete, b.Groups, b.Tags, b.Customers); err != nil {
		return err
	}
	for _, event := range slices.Sorted(keys(u.raised)) {
		s := u.raised[event].sorted()
		if err := permit(u.tx, u.world, u.o.By, access.Restore, s.Groups, s.Tags, s.Customers); err != nil {
			return err
		}
	}
	return nil
}

// growth compares who sees what came out of the bin with who saw it before it
// went.
func (u *undoer) growth() error {
	had := sight{Groups: make(map[int64]int), Tags: make(map[int64]int), known: make(map[string]int)}
	for _, event := range slices.Sorted(keys(u.raised)) {
		d, err := u.tx.Deletion(event)
		if err != nil {
			return err
		}
		then, err := decodeSight(d.HadAccess)
		if err != nil {
			return err
		}
		for _, id := range u.raised[event].Groups {
			if set, ok := then.of(crm.ObjectGroup, id); ok {
				had.Groups[id] = had.keep(set)
			}
		}
		for _, id := range u.raised[event].Tags {
			if set, ok := then.of(crm.ObjectTag, id); ok {
				had.Tags[id] = had.keep(set)
			}
		}
	}
	if len(had.Groups)+len(had.Tags) == 0 {
		return nil
	}
	c, err := u.tx.Company()
	if err != nil {
		return err
	}
	tags := slices.DeleteFunc(slices.Clone(c.Tags), func(t crm.Tag) bool { _, raised := had.Tags[t.ID]; return !raised })
	now := look(access.New(c), c, slices.Sorted(keys(had.Groups)), tags)
	u.out.Access = had.compare(&now)
	if u.out.Access.Wider() && !u.o.AcceptWider && !u.o.DryRun {
		return &WiderError{u.out.Access}
	}
	return nil
}
