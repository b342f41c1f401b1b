package recycle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// PlanRestore says what Restore would do. Nothing is written.
func PlanRestore(ctx context.Context, db *store.DB, event int64, o RestoreOptions) (plan Plan, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		audits, err := looksOnly(tx, o)
		if err != nil {
			return err
		}
		if audits {
			o.By = 0
		}
		p, err := newPlanner(tx, event, o)
		if err != nil {
			return err
		}
		plan = p.plan
		if audits { // the hash stays: it is the plan that a super admin gets
			plan.Notes = slices.Insert(plan.Notes, 0, Note{Code: NoteAuditor})
		}
		return nil
	})
	if err != nil {
		return Plan{}, fmt.Errorf("plan the restore of event %d: %w", event, err)
	}
	return plan, nil
}

// looksOnly reports whether it is an auditor, with an active account, who looks.
func looksOnly(tx *store.Tx, o RestoreOptions) (bool, error) {
	if o.By == 0 || !o.LookOnly {
		return false, nil
	}
	c, err := tx.Company()
	return roleOf(c, o.By) == crm.RoleAuditor && access.New(c).Allowed(access.Question{Subject: o.By, Do: access.View, On: access.Everything()}), err
}

// planner works out one restore, in one transaction.
type planner struct {
	tx      *store.Tx
	o       RestoreOptions
	event   crm.Deletion
	company crm.Company
	world   *access.World
	plan    Plan

	groups map[int64]*crm.Group // all, by id
	tags   map[int64]*crm.Tag
	// The live names as they will be.
	groupName map[string]int64
	tagName   map[tagKey]int64

	items       map[Thing]int   // place in plan.Items
	groupTo     map[int64]int64 // groups in scope: what they become, 0 = they stay
	tagTo       map[int64]int64
	tagsHere    int // live tags as there will be
	chosen      chosen
	near        places
	counts      map[Count]int64
	drops       []crm.Link // links that go, for a newer choice or for want of room
	moves       []customerMove
	after       crm.Company
	futureWorld *access.World // made of after
	staged      *staging      // of what comes out of a snapshot; else nil
	merged      []int64       // of a merge: the tags that stay in the other one
	groupSort   map[int64]int64
	tagSort     map[int64]int64
}

type tagKey struct {
	group int64
	name  string
}

// chosen are the parts of the event that are asked for.
type chosen struct {
	groups, tags       []int64
	customers, left    []int64 // of the event: those that are asked for, and the others
	all                bool    // nothing of the event is left out
	self, merged, skip []int64 // customers by what becomes of them
}

// newPlanner plans the restore of an event.
func newPlanner(tx *store.Tx, event int64, o RestoreOptions) (*planner, error) {
	return planStaged(tx, event, o, nil)
}

// planStaged plans the restore of an event, which may be one of things that come
// out of a snapshot.
func planStaged(tx *store.Tx, event int64, o RestoreOptions, staged *staging) (*planner, error) {
	d, err := tx.Deletion(event)
	if errors.Is(err, store.ErrGone) {
		return nil, ErrNoEvent
	}
	if err != nil {
		return nil, err
	}
	switch d.State {
	case crm.StatePurging, crm.StatePurged:
		return nil, ErrPurging
	}
	p := &planner{tx: tx, o: o, event: d, staged: staged, groups: make(map[int64]*crm.Group), tags: make(map[int64]*crm.Tag), groupName: make(map[string]int64),
		tagName: make(map[tagKey]int64), items: make(map[Thing]int), groupTo: make(map[int64]int64), tagTo: make(map[int64]int64),
		counts: make(map[Count]int64), groupSort: make(map[int64]int64), tagSort: make(map[int64]int64)}
	if p.o.OnConflict == "" {
		p.o.OnConflict = Rename
	}
	return p, p.run()
}

func (p *planner) run() error {
	for _, step := range []func() error{p.read, p.choose, p.permit, p.planGroups, p.planTags, p.permitOthers, p.limit, p.planCustomers, p.order, p.planLinks, p.planGrants, p.planUnmerge, p.planAccess, p.finish} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// read loads the company and indexes it.
func (p *planner) read() (err error) {
	if p.company, err = p.tx.Company(); err != nil {
		return err
	}
	p.world = access.New(p.company)
	for i := range p.company.Groups {
		g := &p.company.Groups[i]
		p.groups[g.ID] = g
		if g.DeletionID == 0 {
			p.groupName[g.Name] = g.ID
		}
	}
	for i := range p.company.Tags {
		t := &p.company.Tags[i]
		p.tags[t.ID] = t
		if t.DeletionID == 0 {
			p.tagName[tagKey{t.GroupID, t.Name}] = t.ID
			p.tagsHere++
		}
	}
	if p.staged != nil {
		p.near, p.counts = p.staged.near, maps.Clone(p.staged.counts)
		return nil
	}
	return p.eachOwnChange(func(c change) error {
		if c.Places != nil {
			p.near = *c.Places
		}
		return nil
	})
}

// eachOwnChange hands out what the event did, the last first. fn may use tx.
func (p *planner) eachOwnChange(fn func(change) error) error {
	return p.tx.EventChanges(p.event.ID, func(body string) error {
		var c change
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			return fmt.Errorf("read a change of event %d: %w", p.event.ID, err)
		}
		return fn(c)
	})
}

// choose finds what of the event is asked for.
func (p *planner) choose() (err error) {
	groups, err := p.tx.Buried(p.event.ID, crm.ObjectGroup)
	if err != nil {
		return err
	}
	tags, err := p.tx.Buried(p.event.ID, crm.ObjectTag)
	if err != nil {
		return err
	}
	customers, err := p.tx.Buried(p.event.ID, crm.RefCustomer)
	if err != nil {
		return err
	}
	c := &p.chosen
	if p.o.Only == nil {
		c.groups, c.tags, c.customers, c.all = groups, tags, customers, true
	} else {
		only := p.o.Only.sorted()
		wanted := setOf(only.Groups)
		c.groups = both(groups, wanted)
		named := setOf(only.Tags)
		for _, id := range tags {
			if named[id] || wanted[p.tags[id].GroupID] {
				c.tags = append(c.tags, id)
			}
		}
		asked := setOf(only.Customers)
		c.customers = both(customers, asked)
		c.left = slices.DeleteFunc(customers, func(id int64) bool { return asked[id] })
	}
	if len(c.groups)+len(c.tags)+len(c.customers) == 0 && p.staged == nil {
		return ErrNotInBin
	}
	return nil
}

// since is from when on things have been away.
func (p *planner) since() int64 {
	if p.staged != nil {
		return p.staged.then
	}
	return p.event.CreatedAt
}

func both(list []int64, wanted map[int64]bool) (out []int64) {
	for _, id := range list {
		if wanted[id] {
			out = append(out, id)
		}
	}
	return out
}

func (p *planner) permit() error {
	if err := permit(p.tx, p.world, p.o.By, access.Restore, p.chosen.groups, p.chosen.tags, nil); err != nil {
		return err
	}
	return permit(p.tx, p.world, p.o.By, access.Restore, nil, nil, p.chosen.customers)
}

// permitOthers asks for the right to what is not asked for and changes all the
// same: what is in the way, what things go into, and the group that comes back for
// the sake of a tag.
func (p *planner) permitOthers() error {
	var replaced, touched, shells Selection
	for _, i := range p.plan.Items {
		s := &touched
		switch {
		case i.Do == Skip:
			continue
		case i.Do == Replace:
			s = &replaced
		case i.Do != Merge && i.Shell:
			shells.Groups = append(shells.Groups, i.ID)
		}
		switch {
		case i.Do != Merge && i.Do != Replace:
		case i.Kind == crm.ObjectGroup:
			s.Groups = append(s.Groups, i.Other)
		default:
			s.Tags = append(s.Tags, i.Other)
		}
		if into := p.groups[i.group]; i.Kind == crm.ObjectTag && into != nil && into.DeletionID == 0 && into.ID != p.tags[i.ID].GroupID {
			touched.Groups = append(touched.Groups, into.ID)
		}
	}
	gone := setOf(replaced.Groups)
	for _, t := range p.company.Tags {
		if t.DeletionID == 0 && gone[t.GroupID] {
			replaced.Tags = append(replaced.Tags, t.ID)
		}
	}
	for _, part := range []struct {
		do access.Action
		s  Selection
	}{{access.Delete, replaced}, {access.Edit, touched}, {access.Restore, shells}} {
		s := part.s.sorted()
		if err := permit(p.tx, p.world, p.o.By, part.do, s.Groups, s.Tags, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) count(kind string, v crm.Verdict, r crm.Reason, n int64) {
	if n != 0 {
		p.counts[Count{Kind: kind, Verdict: v, Reason: r}] += n
	}
}

func (p *planner) note(code string, args ...string) {
	if len(p.plan.Notes) < maxNotes {
		p.plan.Notes = append(p.plan.Notes, Note{code, args})
	}
}

// maxNotes is how many notes a plan has: a workbook of them can still be read.
const maxNotes = 5000

// day is today in the company's time zone.
func (p *planner) day() string {
	zone, err := p.tx.Meta().Location()
	if err != nil {
		zone = time.UTC
	}
	return time.UnixMilli(p.tx.Now).In(zone).Format(time.DateOnly)
}

// finish puts the counts in order and seals the plan.
func (p *planner) finish() error {
	p.plan.Event, p.plan.Company = p.event, p.company
	p.plan.Total = map[string]int64{"links": 0, "grants": 0}
	for _, kind := range []string{"link", "grant"} {
		for _, v := range crm.Verdicts {
			var some []Count
			for c, n := range p.counts {
				if c.Kind == kind && c.Verdict == v {
					c.N = n
					some = append(some, c)
				}
			}
			sortCounts(some)
			p.plan.Counts = append(p.plan.Counts, some...)
		}
		p.plan.Total[kind+"s"] = p.plan.Sum(kind, "")
	}
	text, err := json.Marshal(struct {
		Event   int64
		Plan    Plan
		Options any
	}{p.event.ID, p.plan, []any{p.o.Only, p.o.OnConflict, p.o.Into, p.o.Fit}})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	p.plan.Hash = hex.EncodeToString(sum[:8])
	if p.o.Hash != "" && p.o.Hash != p.plan.Hash {
		return ErrPlan
	}
	return nil
}
