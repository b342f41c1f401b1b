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

// Policy says what becomes of something whose name is taken.
type Policy string

// The policies.
const (
	Rename  Policy = "rename"  // it comes back as NAME(2)
	Merge   Policy = "merge"   // it goes into the one that is there
	Replace Policy = "replace" // the one that is there goes into the bin
	Skip    Policy = "skip"    // it stays in the bin
)

// Thing is a group, tag, customer, department or person.
type Thing struct {
	Kind string
	ID   int64
}

// RestoreOptions say what comes back and how.
type RestoreOptions struct {
	// Only a part of the event; nil = all of it.
	Only *Selection
	// OnConflict is for every name that is taken; "" = Rename. Choose decides one
	// by one where it is set, and is asked once per name.
	OnConflict Policy
	Choose     func(Item) Policy
	// Names are new names, for what would otherwise clash or break a rule.
	Names map[Thing]string
	// Into is the group that tags whose own group does not come back go into, 0 =
	// none.
	Into int64
	// Subjects are who takes the place of a person or department that grants are
	// for: a human says so.
	Subjects map[Thing]int64
	// Fit leaves in the bin what the limit of tags has no room for.
	Fit bool
	// KeepInto: what a merge of tags gave to the tag that the others went into
	// stays there when they come back.
	KeepInto bool
	// AcceptWider lets more people gain access than pass without a word.
	AcceptWider bool
	// LookOnly makes a plan for auditors too, who see everything and change
	// nothing: the one that a super admin would carry out, with NoteAuditor.
	LookOnly bool
	// Hash is that of the plan that was agreed to; "" = whatever it is.
	Hash    string
	Reason  string
	By      int64 // staff id, 0 = the operator
	Command string
	Wait    time.Duration
}

// Item is what becomes of one group or tag.
type Item struct {
	Kind string `json:"kind"`
	ID   int64  `json:"id"`
	// Name is the one that it had, with its group's: 意向:高意向.
	Name string `json:"name"`
	// Do is restore, rename, merge, replace or skip.
	Do      Policy `json:"do"`
	NewName string `json:"new_name,omitempty"`
	// Other is the live one of the name, 0 for none.
	Other  int64      `json:"other,omitempty"`
	Reason crm.Reason `json:"reason,omitempty"` // of a skip
	Links  int64      `json:"links,omitempty"`
	// Both, OldOnly and NewOnly are how many pairs of customer and member have
	// both of two tags of a name, only this one, only the live one.
	Both    int64 `json:"both,omitempty"`
	OldOnly int64 `json:"old_only,omitempty"`
	NewOnly int64 `json:"new_only,omitempty"`
	// Shell: the group comes back because a tag of it does, alone.
	Shell bool `json:"shell,omitempty"`
	// Reconstructed: it had been purged, and comes back from its shell.
	Reconstructed bool `json:"reconstructed,omitempty"`

	event int64 // that it lies in the bin with
	group int64 // of a tag: the one that it comes back into
}

// restored is what Do is where nothing is in the way.
const restored Policy = "restore"

// Note is something worth knowing about a restore.
type Note struct {
	Code string   `json:"code"`
	Args []string `json:"args,omitempty"`
}

// Codes of notes.
const (
	NoteParentRenamed = "PARENT_RENAMED" // the group has another name now: old, new
	NoteEarlier       = "EARLIER"        // a tag of the group that was deleted before stays: name, event
	NoteReordered     = "REORDERED"      // the places of others moved: how many
	NoteLinkConflict  = "LINK_CONFLICT"  // customer, old tag, new tag
	NoteCustomer      = "CUSTOMER_MERGED"
	NoteCustomerClash = "CUSTOMER_CLASH"
	NotePurgedTag     = "TAG_PURGED" // a tag of a customer is gone for good: name, how many links
	NoteWeCom         = "WECOM"      // still to be done in WeCom itself
	NoteSnapshotWeak  = "SNAPSHOT"   // the event's snapshot is missing or damaged
	NoteSurvivor      = "NOT_OURS"   // changed since: not put back
	NoteNearDuplicate = "NEAR_DUPLICATE"
	NoteDiffers       = "DIFFERS"  // the one in the bin is not as the snapshot has it: kind, id, column, there, in the snapshot
	NoteAuditor       = "AUDITOR"  // it is shown to an auditor, who may not carry it out
	NoteUnmerged      = "UNMERGED" // the tag of a merge gives links back: its name, how many, how many it keeps

	// Why the undo of an import leaves something as it is; the thing.
	NoteChangedSince = "CHANGED_SINCE" // somebody has edited it
	NoteInBin        = "IN_BIN"        // it has been deleted
	NoteKeyTaken     = "KEY_TAKEN"     // another one has its old name or key now
	NoteInUse        = "IN_USE"        // others build on it now
	NoteNewerChoice  = "NEWER_CHOICE"  // the pair has another tag of the single-choice group now
	NoteGone         = "GONE"          // it, or what it belongs to, is gone for good
)

// Count is how many links or grants got a verdict, and why.
type Count struct {
	Kind    string      `json:"kind"` // link or grant
	Verdict crm.Verdict `json:"verdict"`
	Reason  crm.Reason  `json:"reason,omitempty"`
	N       int64       `json:"n"`
}

// GrantVerdict is what becomes of one grant.
type GrantVerdict struct {
	Grant   crm.Grant `json:"-"`
	ID      int64     `json:"id"`
	On      string    `json:"on"` // as commands write it
	Level   crm.Level `json:"level"`
	Subject Thing     `json:"-"`
	// Was is the name of a subject that is gone for good, "" of others.
	Was     string      `json:"was,omitempty"`
	To      int64       `json:"to,omitempty"` // whom it is mapped to
	Verdict crm.Verdict `json:"verdict"`
	Reason  crm.Reason  `json:"reason,omitempty"`
	// Candidate may take the subject's place if a human says so, 0 for none; More
	// is how many people more that would reach.
	Candidate int64 `json:"candidate,omitempty"`
	More      int   `json:"more,omitempty"`

	do grantAction
}

// Plan is what a restore would do.
type Plan struct {
	Event     crm.Deletion     `json:"-"`
	Items     []Item           `json:"items"`
	Customers CustomerPlan     `json:"customers"`
	Counts    []Count          `json:"verdicts"`
	Grants    []GrantVerdict   `json:"grants"`
	Access    AccessChange     `json:"access"`
	Notes     []Note           `json:"notes"`
	Hash      string           `json:"hash"`
	Company   crm.Company      `json:"-"`     // as it is now, to name things
	Total     map[string]int64 `json:"total"` // links and grants in scope
}

// CustomerPlan is what becomes of the customers.
type CustomerPlan struct {
	Back    int64 `json:"back"`
	Merged  int64 `json:"merged"`  // into a live customer with the same id
	Skipped int64 `json:"skipped"` // their keys belong to two live customers
}

// Sum is how many links or grants got a verdict.
func (p *Plan) Sum(kind string, v crm.Verdict) (n int64) {
	for _, c := range p.Counts {
		if c.Kind == kind && (v == "" || c.Verdict == v) {
			n += c.N
		}
	}
	return n
}

// Conflicts are the items whose name is taken.
func (p *Plan) Conflicts() (out []Item) {
	for _, i := range p.Items {
		if i.Other != 0 || i.Do == Skip {
			out = append(out, i)
		}
	}
	return out
}

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
