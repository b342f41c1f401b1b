package recycle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"
	"time"

	"tagkeep/internal/access"
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

// bringer is one attempt, in one transaction.
type bringer struct {
	tx      *store.Tx
	src     *snapshot.Source
	pick    *snapshot.Pick // nil: everything
	o       SnapshotOptions
	made    snapshot.Made
	foreign bool
	then    int64 // when the snapshot was taken
	newer   *newer

	out     FromSnapshot
	own     crm.Deletion
	j       *journal
	sum     hash.Hash   // of everything that it does
	company crm.Company // as it is before
	world   *access.World
	theirs  *library

	// By id in the snapshot: who and what it is here.
	departments, staff map[int64]int64
	groups, tags       map[int64]*end
	fresh              []int64 // customers that were not here, ascending
	counts             map[Count]int64
	grants             map[int64]*fileRow // that were put in, to be judged
	onLive             map[int64]bool     // those of them on what is live
	touched            map[int64]bool     // events that lost something
	// Live groups and tags whose access may change.
	seen struct{ groups, tags map[int64]bool }
	// keyless are customers that wait for another one to give up a key.
	keyless []keyless
	notes   []Note
	// Looked up once, when they are needed.
	ends    map[int64]*end
	singles map[int64]int64
	off     map[int64]map[linkKey]bool // taken off while asleep, by event
	done    int64
}

func newBringer(tx *store.Tx, src *snapshot.Source, pick *snapshot.Pick, o SnapshotOptions, made snapshot.Made) *bringer {
	b := &bringer{tx: tx, src: src, pick: pick, o: o, made: made, then: src.Header().Created, sum: sha256.New(),
		groups: make(map[int64]*end), tags: make(map[int64]*end), counts: make(map[Count]int64), grants: make(map[int64]*fileRow),
		onLive: make(map[int64]bool), off: make(map[int64]map[linkKey]bool), touched: make(map[int64]bool)}
	// An id is only the same thing in the database that gave it.
	b.foreign = src.Header().Database != tx.Meta().UUID
	b.seen.groups, b.seen.tags = make(map[int64]bool), make(map[int64]bool)
	b.out.Counts = make(map[string]map[crm.Verdict]int64)
	b.out.Before = made.Info
	b.act("restore", src.Header().ID, o.Mode, o.Only, o.OnConflict, o.Fit, o.Foreign)
	return b
}

func (b *bringer) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.read, b.decide, b.begin, b.library, b.customers, b.elsewhere, b.newerLinks, b.stageGrants, b.bring, b.finish} {
		if err := step(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// act adds something that is done to the hash.
func (b *bringer) act(what ...any) { _ = json.NewEncoder(b.sum).Encode(what) } // neither can fail

// count counts what became of a thing.
func (b *bringer) count(kind string, v crm.Verdict, n int64) {
	if n == 0 {
		return
	}
	if b.out.Counts[kind] == nil {
		b.out.Counts[kind] = make(map[crm.Verdict]int64)
	}
	b.out.Counts[kind][v] += n
}

// maxOpen is how many open things are named.
const maxOpen = 100

// open counts and names a thing that somebody may have to see to.
func (b *bringer) open(kind string, v crm.Verdict, what string) {
	b.count(kind, v, 1)
	if len(b.out.Open) < maxOpen {
		b.out.Open = append(b.out.Open, string(v)+" "+kind+":"+what)
	}
}

// verdict counts a link or grant that the plan does not see.
func (b *bringer) verdict(kind string, v crm.Verdict, r crm.Reason) {
	b.counts[Count{Kind: kind, Verdict: v, Reason: r}]++
}

// asked reports whether a thing is meant itself, and does not merely come along.
func (b *bringer) asked(table string, id int64) bool { return b.pick == nil || b.pick.Named(table, id) }

// overrules reports whether a thing comes back although it was deleted or purged
// since.
func (b *bringer) overrules(table string, id int64) bool {
	return b.pick != nil && b.pick.Named(table, id) || b.pick == nil && b.o.Mode == ModeExact
}

// begin makes the event, with who saw what comes back when the snapshot was
// taken, and where it stood.
func (b *bringer) begin(context.Context) error {
	groups, tags := b.planned()
	had := look(access.New(b.theirs.company), b.theirs.company, groups, tags)
	encoded, err := had.encode()
	if err != nil {
		return err
	}
	b.own = crm.Deletion{Kind: crm.EventRestore, State: crm.StateDone, Reason: b.o.Reason, CreatedBy: b.o.By, SnapshotID: b.made.Receipt.Snapshot(),
		Summary: fmt.Sprintf("snapshot S%d (%s)", b.src.Header().Sequence, b.o.Mode), HadAccess: encoded}
	if err := b.tx.CreateDeletion(&b.own); err != nil {
		return err
	}
	b.out.Event = b.own.ID
	b.touched[b.own.ID] = true
	b.j = &journal{tx: b.tx, event: b.own.ID, receipt: b.made.Receipt}
	near := b.places()
	return b.j.write(change{Places: &near})
}

// planned are the groups and tags that come back, as the snapshot has them under
// the ids that they have here.
func (b *bringer) planned() (groups []int64, tags []crm.Tag) {
	for _, e := range b.groups {
		if e.comes() {
			groups = append(groups, e.id)
		}
	}
	for _, t := range b.theirs.company.Tags {
		if e := b.tags[t.ID]; e != nil && e.comes() && !b.foreign {
			tags = append(tags, t)
		}
	}
	slices.Sort(groups)
	if b.foreign { // another company's view says nothing about this one
		return nil, nil
	}
	return groups, tags
}

// places are the neighbours that what comes back had in the snapshot.
func (b *bringer) places() places {
	if b.foreign {
		return places{}
	}
	groups, tags := b.planned()
	going := make(map[int64]bool, len(tags))
	for _, t := range tags {
		going[t.ID] = true
	}
	return placesOf(b.theirs.company, setOf(groups), going)
}

// bring plans the way out of the bin and carries it out.
func (b *bringer) bring(context.Context) error {
	staged := &staging{then: b.then, near: b.places(), counts: b.counts, onLive: b.onLive, file: b.grants, had: b.hadAccess(), groups: b.seen.groups, tags: b.seen.tags}
	if b.foreign {
		staged.then = b.tx.Now
	}
	p, err := planStaged(b.tx, b.own.ID, RestoreOptions{OnConflict: b.o.OnConflict, Choose: b.o.Choose, Fit: b.o.Fit, By: b.o.By, Command: b.o.Command}, staged)
	if err != nil {
		return err
	}
	b.out.Plan = p.plan
	b.out.Plan.Notes = slices.Concat(b.notes, p.plan.Notes)
	text, err := json.Marshal(p.plan)
	if err != nil {
		return err
	}
	b.act("plan", string(text))
	b.out.Hash = hex.EncodeToString(b.sum.Sum(nil)[:8])
	b.out.Plan.Hash = b.out.Hash
	if b.o.Hash != "" && b.o.Hash != b.out.Hash {
		return ErrPlan
	}
	p.o.AcceptWider = b.o.AcceptWider || b.o.DryRun
	if err := p.wider(); err != nil {
		return err
	}
	b.countPlan(p)
	if err := b.settleGrants(p); err != nil {
		return err
	}
	if err := p.carryOut(b.j); err != nil {
		return err
	}
	for _, i := range p.plan.Items {
		b.touched[i.event] = true
	}
	return nil
}

// countPlan adds what the plan does to the counts.
func (b *bringer) countPlan(p *planner) {
	back := crm.Relinked
	if b.foreign {
		back = crm.Mapped
	}
	for _, i := range p.plan.Items {
		switch {
		case i.Do == Merge:
			b.count(i.Kind, crm.Mapped, 1)
		case i.Do == Skip && i.Reason == crm.ReasonNoRoom:
			b.open(i.Kind, crm.Parked, i.Name)
		case i.Do == Skip:
			b.open(i.Kind, crm.Conflict, i.Name)
		default:
			b.count(i.Kind, back, 1)
		}
	}
	c := p.plan.Customers
	b.count(crm.RefCustomer, back, c.Back)
	b.count(crm.RefCustomer, crm.Mapped, c.Merged)
	b.count(crm.RefCustomer, crm.Conflict, c.Skipped)
	for _, c := range p.plan.Counts {
		v := c.Verdict
		if b.foreign && v == crm.Relinked {
			v = crm.Mapped
		}
		b.count(c.Kind, v, c.N)
	}
	for _, v := range p.plan.Grants {
		if v.Verdict != crm.Relinked && v.Verdict != crm.Mapped && v.Verdict != crm.AlreadyThere && len(b.out.Open) < maxOpen {
			b.out.Open = append(b.out.Open, fmt.Sprintf("%s grant:#%d %s (%s)", v.Verdict, v.ID, v.On, v.Reason))
		}
	}
}

// finish closes the books.
func (b *bringer) finish(ctx context.Context) error {
	if err := settle(b.tx, b.touched, b.o.By); err != nil {
		return err
	}
	if !b.foreign {
		if err := b.src.RaiseCounters(ctx, b.tx); err != nil {
			return err
		}
	}
	detail := map[string]any{"mode": b.o.Mode, "only": b.o.Only, "before": b.out.Before.ID, "counts": b.out.Counts, "access": b.out.Plan.Access}
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	if err := b.tx.SetCounts(b.own.ID, string(text)); err != nil {
		return err
	}
	return b.tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: b.o.By, Action: "snapshot.restore", DeletionID: b.own.ID,
		Object: "snapshot:" + b.src.Header().ID, Command: b.o.Command, Detail: string(text)})
}
