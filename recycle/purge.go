package recycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// What a purge refuses before it removes anything.
var (
	// ErrPurged: the event is gone for good.
	ErrPurged = errors.New("it is gone for good")
	// ErrNoReason: what cannot be taken back needs a reason.
	ErrNoReason = errors.New("a reason is needed")
	// ErrSuperOnly: only super admins and the operator may do it.
	ErrSuperOnly = errors.New("for super admins only")
)

// PurgeOptions say what goes for good, who says so and why.
type PurgeOptions struct {
	// Events by id. Without any: those whose time is over, or with OlderThan those
	// that were deleted so long ago; and those that an earlier purge left half
	// done.
	Events    []int64
	OlderThan time.Duration
	Reason    string // required
	DryRun    bool
	By        int64 // staff id, 0 = the operator
	Command   string
	// Progress is told now and then how many rows have gone.
	Progress func(rows int64)
	Wait     time.Duration // for another long job
}

// Purged is what a purge removed, or would remove.
type Purged struct {
	Events []PurgedEvent `json:"events"`
}

// PurgedEvent is an event that is gone from the bin.
type PurgedEvent struct {
	Event crm.Deletion `json:"-"`
	ID    int64        `json:"deletion"`
	Label string       `json:"label"`
	Was   Contents     `json:"contents"`
	Gone  store.Gone   `json:"gone"` // what this run removed; nothing of a dry run
	// Shells are groups that stay, out of sight, for the sake of tags that were
	// deleted before them.
	Shells int `json:"shells,omitempty"`
	// Snapshot is the id of the one that holds it all for another while.
	Snapshot string `json:"snapshot"`
	Resumed  bool   `json:"resumed,omitempty"`
}

// Contents are how many things an event has in the bin.
type Contents struct {
	Groups    int `json:"groups"`
	Tags      int `json:"tags"`
	Customers int `json:"customers"`
}

// Chunks of a purge: each is one transaction.
const (
	purgeCustomers = 200
	purgeTags      = 200
	purgeLinks     = 5000
)

// Purge removes events from the bin for good, one after the other. From its
// first transaction on an event can no longer be restored; a purge that was cut
// short is finished by the next. Nothing goes that a verified snapshot does not
// hold. When it fails, Purged tells what was done until then.
//
// ErrSuperOnly when by is neither the operator nor a super admin, ErrNoReason
// without a reason, ErrNoEvent, ErrNotInBin and ErrPurged about events that are
// named.
func Purge(ctx context.Context, db *store.DB, dir *snapshot.Dir, o PurgeOptions) (out Purged, err error) {
	if o.Reason == "" && !o.DryRun {
		return out, ErrNoReason
	}
	var list []PurgedEvent
	err = db.View(ctx, func(tx *store.Tx) error {
		list, err = purgeable(tx, o)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("purge: %w", err)
	}
	if o.DryRun || len(list) == 0 {
		return Purged{list}, nil
	}
	job, err := db.StartJob(ctx, "purge", o.Wait)
	if err != nil {
		return out, fmt.Errorf("purge: %w", err)
	}
	defer func() { err = errors.Join(err, job.Done(ctx)) }()
	rows := int64(0)
	for _, e := range list {
		p := &purger{db: db, dir: dir, job: job, o: o, out: e, rows: &rows}
		if err := p.run(ctx); err != nil {
			return out, fmt.Errorf("purge %s: %w", e.Label, err)
		}
		out.Events = append(out.Events, p.out)
	}
	return out, nil
}

// purgeable finds the events that are asked for.
func purgeable(tx *store.Tx, o PurgeOptions) (out []PurgedEvent, err error) {
	if err := superOnly(tx, o.By); err != nil {
		return nil, err
	}
	all, err := tx.Deletions()
	if err != nil {
		return nil, err
	}
	for _, id := range o.Events {
		if !slices.ContainsFunc(all, func(d crm.Deletion) bool { return d.ID == id }) {
			return nil, fmt.Errorf("event %d: %w", id, ErrNoEvent)
		}
	}
	for _, d := range all {
		named := slices.Contains(o.Events, d.ID)
		switch {
		case named && d.State == crm.StatePurged:
			return nil, fmt.Errorf("%s: %w", d.Label(), ErrPurged)
		case named && d.State != crm.StateInBin && d.State != crm.StatePurging:
			return nil, fmt.Errorf("%s: %w", d.Label(), ErrNotInBin)
		case !named && (len(o.Events) > 0 || !o.due(d, tx.Now)):
			continue
		}
		c, err := contentsOf(tx, d.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, PurgedEvent{Event: d, ID: d.ID, Label: d.Label(), Was: c.count(), Snapshot: d.SnapshotID, Resumed: d.State == crm.StatePurging})
	}
	return out, nil
}

// due reports whether an event goes that nobody has named.
func (o PurgeOptions) due(d crm.Deletion, now int64) bool {
	switch {
	case d.State == crm.StatePurging:
		return true
	case d.State != crm.StateInBin:
		return false
	case o.OlderThan > 0:
		return d.CreatedAt <= now-o.OlderThan.Milliseconds()
	}
	return d.ExpiresAt != 0 && d.ExpiresAt <= now
}

// contentsOf is what an event has in the bin.
func contentsOf(tx *store.Tx, event int64) (s Selection, err error) {
	for _, part := range []struct {
		kind string
		into *[]int64
	}{{crm.ObjectGroup, &s.Groups}, {crm.ObjectTag, &s.Tags}, {crm.RefCustomer, &s.Customers}} {
		if *part.into, err = tx.Buried(event, part.kind); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s Selection) count() Contents { return Contents{len(s.Groups), len(s.Tags), len(s.Customers)} }

// purger removes one event.
type purger struct {
	db   *store.DB
	dir  *snapshot.Dir
	job  *store.Job
	o    PurgeOptions
	out  PurgedEvent
	rows *int64
	has  Selection
}

func (p *purger) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{p.begin, p.secure, p.customers, p.links, p.tags, p.end} {
		if err := step(ctx); err != nil {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inTx runs one chunk and adds up what it removed.
func (p *purger) inTx(ctx context.Context, fn func(tx *store.Tx) (store.Gone, error)) error {
	var gone store.Gone
	err := p.db.InTx(ctx, p.job, func(tx *store.Tx) (err error) {
		gone, err = fn(tx)
		return err
	})
	if err != nil {
		return err
	}
	p.out.Gone.Add(gone)
	*p.rows += gone.Rows()
	if p.o.Progress != nil {
		p.o.Progress(*p.rows)
	}
	return nil
}

// begin bars the event from being restored.
func (p *purger) begin(ctx context.Context) error {
	return p.inTx(ctx, func(tx *store.Tx) (g store.Gone, err error) {
		if err := superOnly(tx, p.o.By); err != nil {
			return g, err
		}
		d, err := tx.Deletion(p.out.Event.ID)
		if err != nil {
			return g, err
		}
		switch d.State {
		case crm.StatePurging:
			p.out.Resumed = true
		case crm.StateInBin:
			d.State, d.EndedAt, d.EndedBy = crm.StatePurging, 0, p.o.By
			if err := tx.SaveDeletion(d); err != nil {
				return g, err
			}
		default:
			return g, ErrNotInBin // restored, or purged, a moment ago
		}
		p.out.Event, p.out.Snapshot = d, d.SnapshotID
		p.has, err = contentsOf(tx, d.ID)
		return g, err
	})
}

// secure makes sure that a verified snapshot holds what goes: the one of the
// delete, if nothing has changed since. EndedAt says that this has been seen to,
// for rows may have gone already when a purge is taken up again.
func (p *purger) secure(ctx context.Context) error {
	if p.out.Event.EndedAt != 0 {
		return nil
	}
	scope := snapshot.Scope(p.has)
	if !scope.Whole() {
		held, err := p.held(ctx, scope)
		if err != nil {
			return err
		}
		if !held {
			made, err := snapshot.Create(ctx, p.db, p.dir, snapshot.Options{Reason: snapshot.BeforePurge, Scope: scope, By: p.o.By, Command: p.o.Command})
			if err != nil {
				return err
			}
			p.out.Snapshot = made.ID
		}
	}
	return p.inTx(ctx, func(tx *store.Tx) (g store.Gone, err error) {
		d, err := tx.Deletion(p.out.Event.ID)
		if err != nil {
			return g, err
		}
		if p.out.Snapshot != d.SnapshotID {
			if err := tx.SetDeletionSnapshot(d.ID, p.out.Snapshot); err != nil {
				return g, err
			}
		}
		d.EndedAt = tx.Now
		return g, tx.SaveDeletion(d)
	})
}

// held reports whether the event's own snapshot is there, whole, and has
// everything as it is now.
func (p *purger) held(ctx context.Context, scope snapshot.Scope) (bool, error) {
	if p.out.Snapshot == "" {
		return false, nil
	}
	info, err := p.dir.Get(p.out.Snapshot)
	if errors.Is(err, snapshot.ErrNoSnapshot) || errors.Is(err, snapshot.ErrAmbiguous) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	held, err := snapshot.Covers(ctx, p.db, info.Path, scope)
	if snapshot.Damaged(err) || errors.Is(err, snapshot.ErrNewerSchema) || errors.Is(err, snapshot.ErrKeyNeeded) {
		return false, nil
	}
	return held, err
}

func (p *purger) customers(ctx context.Context) error {
	for part := range slices.Chunk(p.has.Customers, purgeCustomers) {
		err := p.inTx(ctx, func(tx *store.Tx) (store.Gone, error) { return tx.PurgeCustomers(p.out.Event.ID, p.o.By, part) })
		if err != nil {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *purger) links(ctx context.Context) error {
	for _, tag := range p.has.Tags {
		for n := int64(purgeLinks); n == purgeLinks; {
			err := p.inTx(ctx, func(tx *store.Tx) (g store.Gone, err error) {
				n, err = tx.PurgeTagLinks(p.out.Event.ID, p.o.By, tag, purgeLinks)
				g.Links = n
				return g, err
			})
			if err != nil {
				return err
			}
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *purger) tags(ctx context.Context) error {
	for part := range slices.Chunk(p.has.Tags, purgeTags) {
		err := p.inTx(ctx, func(tx *store.Tx) (store.Gone, error) { return tx.PurgeTags(p.out.Event.ID, part) })
		if err != nil {
			return err
		}
	}
	return nil
}

// end removes the groups and closes the event.
func (p *purger) end(ctx context.Context) error {
	return p.inTx(ctx, func(tx *store.Tx) (g store.Gone, err error) {
		event := p.out.Event.ID
		for part := range slices.Chunk(p.has.Groups, purgeTags) {
			if err := tx.PurgeGroups(event, part); err != nil {
				return g, err
			}
		}
		d, err := tx.Deletion(event)
		if err != nil {
			return g, err
		}
		d.State, d.EndedAt, d.EndedBy = crm.StatePurged, tx.Now, p.o.By
		if err := tx.SaveDeletion(d); err != nil {
			return g, err
		}
		if g, err = tx.DropShells(); err != nil {
			return g, err
		}
		left, err := tx.Buried(event, crm.ObjectGroup)
		if err != nil {
			return g, err
		}
		p.out.Shells, p.out.Event = len(left), d
		gone := p.out.Gone
		gone.Add(g)
		return g, audit(tx, d, p.o.By, p.o.Command, "recycle.purge", map[string]any{"reason": p.o.Reason, "gone": gone, "shells": len(left), "snapshot": p.out.Snapshot, "resumed": p.out.Resumed})
	})
}

// binOf is the event under which things go back into the bin: the one that they
// lay under, or the undo's own where that one has been purged since.
func (u *undoer) binOf(event int64) (int64, error) {
	if event == 0 {
		return 0, nil
	}
	barred, err := u.barred(event)
	if barred {
		return u.own.ID, err
	}
	return event, err
}

// barred reports whether an event is being removed for good, or has been.
func (u *undoer) barred(event int64) (bool, error) {
	d, err := u.tx.Deletion(event)
	return err == nil && d.Barred(), err
}

// rebinned is the image with the event that binOf says, in cell i.
func (u *undoer) rebinned(put store.Image, i int) (store.Image, error) {
	var event int64
	fmt.Sscan(*put[i], &event)
	to, err := u.binOf(event)
	if err != nil || to == event {
		return put, err
	}
	put = slices.Clone(put)
	text := itoa(to)
	put[i] = &text
	return put, nil
}
