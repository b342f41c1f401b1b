package recycle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

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
	had     sight // who saw what

	// By id in the snapshot: who and what it is here.
	departments, staff map[int64]int64
	groups, tags       map[int64]*end
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
	b.had = look(access.New(b.theirs.company), b.theirs.company, groups, tags)
	encoded, err := b.had.encode()
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
	if b.foreign { // another company's view says nothing about this one
		return nil, nil
	}
	for _, e := range b.groups {
		if e.comes() {
			groups = append(groups, e.id)
		}
	}
	slices.Sort(groups)
	for _, t := range b.theirs.company.Tags {
		if e := b.tags[t.ID]; e != nil && e.comes() {
			tags = append(tags, t)
		}
	}
	return groups, tags
}

// places are the neighbours that what comes back had in the snapshot. What comes
// from another company moves nobody here.
func (b *bringer) places() places {
	if b.foreign {
		p := places{Groups: make(map[int64]near), Tags: make(map[int64]near)}
		for _, e := range b.groups {
			p.Groups[e.id] = near{Shared: true}
		}
		for _, e := range b.tags {
			p.Tags[e.id] = near{Shared: true}
		}
		return p
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

// staging is what a plan needs to know about things that lie in the bin because
// they come out of a snapshot.
type staging struct {
	then   int64 // when the snapshot was taken: they have been away since
	near   places
	counts map[Count]int64    // what was decided before the plan
	file   map[int64]*fileRow // grants that were put in out of the snapshot
	onLive map[int64]bool     // those of them on what is live
	had    *sight
	groups map[int64]bool // live ones whose access may change
	tags   map[int64]bool
}

// drops reports whether a grant out of the snapshot does not come back: it was
// not relinked. A deny stays in all the same, as long as there is somebody whom
// it could hit, and what is on a thing that stays in the bin sleeps there.
func (s *staging) drops(v *GrantVerdict) bool {
	if s == nil || s.file[v.ID] == nil {
		return false
	}
	switch {
	case v.Verdict == crm.Relinked, v.Verdict == crm.Mapped, v.Reason == crm.ReasonObjectInBin:
		return false
	case v.Verdict == crm.Parked || v.Verdict == crm.Conflict:
		return v.Grant.Level != crm.LevelHidden || v.Reason == crm.ReasonMissing
	}
	return true
}
