package recycle

import (
	"cmp"
	"slices"
	"strconv"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// grantAction is what the restore does to a grant's row.
type grantAction int

const (
	grantStays  grantAction = iota // nothing: it wakes, or has no effect, by itself
	grantEnds                      // it is revoked: held back, or over for good
	grantMoves                     // it is for somebody else now
	grantCopied                    // its like is made on the object that is there
)

// planGrants gives every grant in scope its verdict.
func (p *planner) planGrants() error {
	now, err := p.tx.LatestTime()
	if err != nil {
		return err
	}
	if p.after, err = p.futureCompany(); err != nil {
		return err
	}
	events, err := p.tx.DirectoryEvents()
	if err != nil {
		return err
	}
	gone, err := p.tx.GoneDepartments()
	if err != nil {
		return err
	}
	j := &judge{p: p, now: max(now, p.tx.Now), events: events, gone: gone}
	for _, g := range p.company.Grants {
		to, in := p.objectOf(&g)
		if !in || g.RevokedAt != 0 {
			continue
		}
		v := GrantVerdict{Grant: g, ID: g.ID, On: p.world.Written(access.Object{Kind: g.ObjectKind, ID: g.ObjectID}), Level: g.Level,
			Subject: Thing{g.SubjectKind, g.SubjectID}}
		j.decide(&v, to)
		p.plan.Grants = append(p.plan.Grants, v)
	}
	if err := p.nameMissing(); err != nil {
		return err
	}
	if err := p.heldBack(); err != nil {
		return err
	}
	for _, v := range p.plan.Grants {
		p.count("grant", v.Verdict, v.Reason, 1)
	}
	return p.revokedAsleep()
}

// nameMissing looks up how those were called who are not here at all.
func (p *planner) nameMissing() (err error) {
	for i := range p.plan.Grants {
		if v := &p.plan.Grants[i]; v.Reason == crm.ReasonMissing && err == nil {
			v.Was, err = p.tx.Tombstone(v.Subject.Kind, v.Subject.ID)
		}
	}
	return err
}

// objectOf is what the object of a grant in scope becomes: itself, the one that
// it goes into, 0 when it stays in the bin.
func (p *planner) objectOf(g *crm.Grant) (to int64, in bool) {
	if p.staged != nil && p.staged.onLive[g.ID] {
		return g.ObjectID, true
	}
	i, in := p.items[Thing{g.ObjectKind, g.ObjectID}]
	if !in {
		return 0, false
	}
	return p.plan.Items[i].becomes(), true
}

// revokedAsleep counts the grants that were revoked while they slept.
func (p *planner) revokedAsleep() error {
	return p.tx.RemovedAsleep(p.event.ID, func(r store.Removal) error {
		if r.Kind != "grant" {
			return nil
		}
		i := slices.IndexFunc(p.company.Grants, func(g crm.Grant) bool { return g.ID == r.GrantID })
		if i >= 0 {
			if _, in := p.objectOf(&p.company.Grants[i]); !in {
				return nil
			}
		} else if !p.chosen.all {
			return nil
		}
		p.count("grant", crm.Stale, crm.ReasonRevoked, 1)
		return nil
	})
}

// futureCompany is the company as it will be, the grants as they are.
func (p *planner) futureCompany() (crm.Company, error) {
	c := p.company
	c.Groups, c.Tags, c.Grants = slices.Clone(c.Groups), slices.Clone(c.Tags), slices.Clone(c.Grants)
	for i := range c.Groups {
		g := &c.Groups[i]
		item, in := p.items[Thing{crm.ObjectGroup, g.ID}]
		if !in {
			continue
		}
		switch it := p.plan.Items[item]; it.Do {
		case Skip, Merge:
		default:
			g.DeletionID, g.Name = 0, cmp.Or(it.NewName, g.Name)
		}
	}
	for i := range c.Tags {
		t := &c.Tags[i]
		item, in := p.items[Thing{crm.ObjectTag, t.ID}]
		if !in {
			continue
		}
		switch it := p.plan.Items[item]; it.Do {
		case Skip, Merge:
		default:
			t.DeletionID, t.Name, t.GroupID = 0, cmp.Or(it.NewName, t.Name), it.group
		}
	}
	// What is replaced lies in the bin then; under which event is not known yet.
	for _, it := range p.plan.Items {
		if it.Do == Replace {
			p.hide(&c, it)
		}
	}
	return c, nil
}

func (p *planner) hide(c *crm.Company, it Item) {
	for i := range c.Groups {
		if it.Kind == crm.ObjectGroup && c.Groups[i].ID == it.Other {
			c.Groups[i].DeletionID = -1
		}
	}
	for i := range c.Tags {
		t := &c.Tags[i]
		if it.Kind == crm.ObjectTag && t.ID == it.Other || it.Kind == crm.ObjectGroup && t.GroupID == it.Other && t.DeletionID == 0 {
			t.DeletionID = -1
		}
	}
}
