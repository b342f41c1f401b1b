package access

import "tagkeep/internal/crm"

// Visible reports whether the subject may view the object.
func (w *World) Visible(subject int64, o Object) bool {
	return w.Allowed(Question{Subject: subject, Do: View, On: o})
}

// Level is the subject's effective level on the object, temporary grants
// included, whether or not the object is in the recycle bin. It is hidden for
// those without an active account and for objects that do not exist.
func (w *World) Level(subject int64, o Object) crm.Level {
	c := w.scene(Question{Subject: subject, On: o})
	return c.level().level()
}

// Tags returns the ids of the live tags that the subject may do this with,
// ascending; for Restore, of those that are in the recycle bin themselves or with
// their group.
func (w *World) Tags(subject int64, do Action) []int64 {
	c := w.ask(Question{Subject: subject, Do: do})
	if !c.active() {
		return nil
	}
	groups := make([]standing, len(w.groups))
	for i := range w.groups {
		groups[i] = w.groupStanding(c.who, &w.groups[i])
	}
	var ids []int64
	for i := range w.tags {
		c.at = w.tagTarget(i)
		if c.at.live == (do == Restore) {
			continue
		}
		c.standing = w.tagStanding(c.who, groups[w.tags[i].group], c.at.id)
		if c.allowed() {
			ids = append(ids, c.at.id)
		}
	}
	return ids
}

// Groups returns the ids of the live tag groups that the subject may do this
// with, ascending; for Restore, of those in the recycle bin.
func (w *World) Groups(subject int64, do Action) []int64 {
	var ids []int64
	for i := range w.groups {
		g := &w.groups[i]
		if (g.DeletionID == 0) == (do == Restore) {
			continue
		}
		if w.Allowed(Question{Subject: subject, Do: do, On: Group(g.ID)}) {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

// Source says where a level comes from.
type Source string

// The sources.
const (
	ByRole    Source = "role"    // super admin or auditor
	ByDefault Source = "default" // the scope of the group
	ByGrant   Source = "grant"
)

// Person is somebody who may do something, and why.
type Person struct {
	ID    int64
	Level crm.Level
	By    Source
	Grant int64 // the deciding grant's id, 0 unless By is ByGrant
	// Until is the first moment without the grant, epoch milliseconds; 0 = lasting.
	Until int64
}

// Who returns those with an active account who may do this with the object,
// ascending by id. The operator is not among them.
func (w *World) Who(o Object, do Action) []Person {
	var list []Person
	at := w.target(o)
	for _, p := range w.staff {
		c := w.ask(Question{Subject: p.ID, Do: do, On: o})
		c.at, c.standing = at, w.standing(p, at)
		if c.allowed() {
			list = append(list, c.person())
		}
	}
	return list
}

// person tells why the subject is allowed.
func (c *scene) person() Person {
	p := Person{ID: c.who.ID, Level: c.level().level(), By: ByDefault}
	deciding := c.standing.lasting
	if c.lifted() {
		deciding = c.standing.temporary
	}
	switch {
	case c.who.aboveGrants():
		p.By = ByRole
	case deciding != 0:
		g := c.w.grants[deciding-1]
		p.By, p.Grant, p.Until = ByGrant, g.ID, g.EndsAt
	}
	return p
}

// lifted reports whether what the subject has here rests on a temporary grant.
func (c *scene) lifted() bool {
	if c.who.aboveGrants() {
		return false
	}
	return c.standing.level() > c.standing.lasts() ||
		c.q.Do.configures() && !c.who.tagging() && c.standing.configures()
}

// Follows reports whether one of the followers, staff ids, belongs to the
// subject's departments or below, for department admins to their scope. For the
// operator, super admins and auditors it is true of every customer, for those
// without an active account of none.
func (w *World) Follows(subject int64, followers []int64) bool {
	c := w.ask(Question{Subject: subject})
	return c.active() && (c.who.aboveGrants() || w.follows(c.who, followers))
}
