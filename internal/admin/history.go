package admin

import (
	"cmp"
	"context"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Event is something that happened to somebody's access.
type Event struct {
	At   int64
	Kind string // granted, revoked, ended, approved, denied, changed, deleted
	By   string // account, "" = the operator
	Name string // by whom, for people; "" = the operator
	On   string
	Text func(crm.Lang) string
	// What it is about; zero where there is none.
	Grant, Request, Deletion int64
	Reason                   string
}

// Changes lists what happened to grants and requests since a moment, the oldest
// first, as far as whoever acts may know.
func (d *Desk) Changes(ctx context.Context, since int64, on, user string) (list []Event, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		pick, err := c.picker(on, user)
		if err != nil {
			return err
		}
		list, err = c.changes(tx, since, func(g *crm.Grant) bool { return pick(g) && c.concerns(g) })
		return err
	})
	return list, err
}

func (c *Company) changes(tx *store.Tx, since int64, pick func(*crm.Grant) bool) ([]Event, error) {
	var list []Event
	add := func(e Event) {
		if e.At >= since && e.At <= c.Now {
			list = append(list, e)
		}
	}
	for i := range c.Grants {
		g := &c.Grants[i]
		if !pick(g) {
			continue
		}
		in := c.info(*g)
		e := Event{On: in.On, Grant: g.ID, Text: in.Sentence}
		e.At, e.Kind, e.By, e.Name, e.Reason = g.CreatedAt, "granted", in.By, c.Called(g.CreatedBy), g.Reason
		add(e)
		if g.RevokedAt != 0 {
			e.At, e.Kind, e.By, e.Name, e.Reason = g.RevokedAt, "revoked", in.RevokedBy, c.Called(g.RevokedBy), g.RevokeReason
			add(e)
		}
		if g.EndsAt != 0 && (g.RevokedAt == 0 || g.RevokedAt > g.EndsAt) {
			e.At, e.Kind, e.By, e.Name, e.Reason = g.EndsAt, "ended", "", "", g.Reason
			add(e)
		}
	}
	requests, err := tx.Requests("")
	if err != nil {
		return nil, err
	}
	for _, r := range requests {
		g := crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: r.StaffID, ObjectKind: r.ObjectKind, ObjectID: r.ObjectID}
		if r.DecidedAt == 0 || !pick(&g) || !c.concernsRequest(&r) {
			continue
		}
		in := c.request(r)
		add(Event{At: r.DecidedAt, Kind: r.State, By: in.DecidedBy, Name: c.Called(r.DecidedBy), On: in.On, Request: r.ID, Reason: r.Answer, Text: in.Sentence})
	}
	sortEvents(list)
	return list, nil
}

func sortEvents(list []Event) {
	slices.SortStableFunc(list, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
}

// Sentence is the grant in a few words.
func (g GrantInfo) Sentence(l crm.Lang) string {
	to := g.Called
	switch {
	case g.SubjectKind == crm.SubjectRole:
		to = l.Pick("角色 ", "role ") + roleLabel(g.SubjectRole, l)
	case g.WithSub:
		to += l.Pick("及下级部门", " and below")
	}
	return to + l.Pick("，", ", ") + g.On + l.Pick("，", ", ") + access.LevelLabel(g.Level, l)
}

// Sentence is the request in a few words.
func (r RequestInfo) Sentence(l crm.Lang) string {
	return r.Called + l.Pick("，", ", ") + r.On + l.Pick("，", ", ") + access.Action(r.Action).Label(l)
}

func roleLabel(role string, l crm.Lang) string {
	zh := role
	for name, code := range roles {
		if code == role && name != "员工" {
			zh = name
		}
	}
	return l.Pick(zh, role)
}

// Past is what the answer to a question was at a moment, and what it is now.
type Past struct {
	Then, Now access.Decision
	Subject   string // for people
	On        string
	Events    []Event // what has happened since that bears on it
	// Gaps say what of that moment cannot be told.
	Gaps []func(crm.Lang) string
}

// History answers a question as of a moment.
func (d *Desk) History(ctx context.Context, user, on string, do access.Action, moment int64) (past Past, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		q, who, err := d.question(tx, c, user, do, on, "")
		if err != nil {
			return err
		}
		if moment > tx.Now {
			return unfit("USAGE", "--at 是将来的时间", "--at lies ahead", "写一个过去的时间，例如 2026-11-28T09:00", "give a past moment, as 2026-11-28T09:00")
		}
		past = Past{Subject: c.Called(who.ID), On: c.World.Written(q.On), Now: c.World.Decide(q.Question)}
		back, err := c.since(tx, moment, who.ID, q.On)
		if err != nil {
			return err
		}
		facts := c.asOf(moment, back)
		past.Then, past.Gaps = access.New(facts).Decide(q.Question), slices.Concat(c.notYet(moment, who, q.On), back.gaps)
		past.Events, err = c.changes(tx, moment, func(g *crm.Grant) bool { return c.reaches(who.ID, g) && c.covers(g, q.On) && c.concerns(g) })
		past.Events = append(past.Events, back.events...)
		sortEvents(past.Events)
		return err
	})
	return past, err
}

// notYet says which of the two was not there at the moment.
func (c *Company) notYet(moment int64, who crm.Staff, o access.Object) (gaps []func(crm.Lang) string) {
	note := func(name string, created int64) {
		if created > moment {
			gaps = append(gaps, said(name+" 当时还没有建立", name+" was not there yet"))
		}
	}
	note(c.Called(who.ID), who.CreatedAt)
	switch o.Kind {
	case crm.ObjectGroup:
		note(c.World.Written(o), c.names.byGroup[o.ID].CreatedAt)
	case crm.ObjectTag:
		note(c.World.Written(o), c.names.byTag[o.ID].CreatedAt)
	}
	return gaps
}

// covers reports whether a grant is on the object, its group or everything.
func (c *Company) covers(g *crm.Grant, o access.Object) bool {
	switch g.ObjectKind {
	case crm.ObjectGroup:
		return o == access.Group(g.ObjectID) || o.Kind == crm.ObjectTag && c.names.byTag[o.ID].GroupID == g.ObjectID
	case crm.ObjectTag:
		return o == access.Tag(g.ObjectID)
	}
	return true
}
