package admin

import (
	"context"
	"errors"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Effect is who gains or loses access by a change, in tag groups that they may
// view, use or edit.
type Effect struct {
	Gained int `json:"gained"` // people who may do more somewhere
	Lost   int `json:"lost"`   // people who may do less somewhere
	// People are the first of them by id.
	People []Affected `json:"people"`
}

// Affected is somebody whose access changes.
type Affected struct {
	UserID string  `json:"userid"`
	Name   string  `json:"name"`
	Groups []Shift `json:"groups"`

	id int64
}

// Shift is what becomes of somebody's level on a tag group.
type Shift struct {
	Group  string    `json:"group"`
	Before crm.Level `json:"before"`
	After  crm.Level `json:"after"`
}

// mostAffected is how many people an Effect names.
const mostAffected = 10

// effect compares what everybody may do with live tag groups in two worlds.
func (c *Company) effect(before, after *access.World, groups []crm.Group) Effect {
	e := Effect{People: []Affected{}}
	for _, p := range c.Staff {
		if p.Status != crm.StatusActive {
			continue // may do nothing in either
		}
		a := Affected{id: p.ID, UserID: p.UserID, Name: p.Name}
		gains, loses := false, false
		for _, g := range groups {
			was, is := mayDo(before, p.ID, g.ID), mayDo(after, p.ID, g.ID)
			if was == is {
				continue
			}
			gains, loses = gains || is > was, loses || is < was
			a.Groups = append(a.Groups, Shift{Group: g.Name, Before: crm.Levels[was], After: crm.Levels[is]})
		}
		if gains {
			e.Gained++
		}
		if loses {
			e.Lost++
		}
		if len(a.Groups) > 0 && len(e.People) < mostAffected {
			e.People = append(e.People, a)
		}
	}
	return e
}

// mayDo is the most that a person may do with a group, as a place in crm.Levels;
// 0 for one that is hidden.
func mayDo(w *access.World, person, group int64) int {
	for place := len(crm.Levels) - 1; place > 0; place-- {
		do := [...]access.Action{1: access.View, 2: access.Use, 3: access.Edit}[place]
		if w.Allowed(access.Question{Subject: person, Do: do, On: access.Group(group)}) {
			return place
		}
	}
	return 0
}

// liveGroups are those that are not in the recycle bin.
func (c *Company) liveGroups() []crm.Group {
	return slices.DeleteFunc(slices.Clone(c.Groups), func(g crm.Group) bool { return g.DeletionID != 0 })
}

// shown is an effect with those people left out whom who acts may not look up.
func (d *Desk) shown(c *Company, e Effect) Effect {
	e.People = slices.DeleteFunc(e.People, func(a Affected) bool { return !d.knows(c, a.id) })
	return e
}

// errRehearsed takes back what a dry run did.
var errRehearsed = errors.New("only rehearsed")

// reshape runs a change of the directory that is for the operator and super
// admins, and tells its effect. A dry run is the same, taken back at its end.
func (d *Desk) reshape(ctx context.Context, dryRun bool, fn func(tx *store.Tx, c *Company) (*entry, error)) (e Effect, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		e = Effect{People: []Affected{}}
		if !d.super(c) {
			return nil, ErrOperatorOnly
		}
		done, err := fn(tx, c)
		if err != nil || done == nil {
			return nil, err
		}
		facts, err := tx.Company()
		if err != nil {
			return nil, err
		}
		e = c.effect(c.World, access.New(facts), c.liveGroups())
		if dryRun {
			return nil, errRehearsed
		}
		return done, nil
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return e, err
}

// super reports whether the operator or an active super admin acts.
func (d *Desk) super(c *Company) bool {
	p := c.names.byStaff[d.By]
	return d.By == 0 || p.Role == crm.RoleSuper && p.Status == crm.StatusActive
}
