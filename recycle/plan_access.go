package recycle

import (
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
)

// heldBack holds back what the restorer could not have given, and the allows of
// an object whose deny does not come back.
func (p *planner) heldBack() error {
	world := access.New(p.after)
	var held []int64
	touched := make(map[access.Object]bool)
	hold := func(v *GrantVerdict, r crm.Reason) {
		v.Verdict, v.Reason, v.do = crm.Parked, r, grantEnds
		held = append(held, v.ID)
		touched[access.Object{Kind: v.Grant.ObjectKind, ID: v.Grant.ObjectID}] = true
	}
	if p.o.By != 0 {
		for i := range p.plan.Grants {
			v := &p.plan.Grants[i]
			if v.Verdict != crm.Relinked && v.Verdict != crm.Mapped || v.Grant.Level == crm.LevelHidden {
				continue
			}
			to, _ := p.objectOf(&v.Grant)
			if !world.MayGive(p.o.By, access.Object{Kind: v.Grant.ObjectKind, ID: to}, v.Grant.Level, v.Grant.EndsAt).Allowed {
				hold(v, crm.ReasonNotYours)
			}
		}
	}
	p.denies(hold)
	if len(held) == 0 {
		return nil
	}
	without := p.after
	without.Grants = slices.DeleteFunc(slices.Clone(without.Grants), func(g crm.Grant) bool { return slices.Contains(held, g.ID) })
	less := access.New(without)
	for o := range touched {
		if raises(world, less, p.company.Staff, o, p.tagsUnder(o.Kind, o.ID)) {
			return &ParkError{held} // what was held back had kept people low
		}
	}
	return nil
}

// denies holds back the allows of each object whose deny has nobody to hit any
// more: those whom it was against may be reached by the allows.
func (p *planner) denies(hold func(*GrantVerdict, crm.Reason)) {
	for i := range p.plan.Grants {
		deny := &p.plan.Grants[i]
		if deny.Grant.Level != crm.LevelHidden || deny.Reason != crm.ReasonDeptMerged && deny.Reason != crm.ReasonMissing && deny.Reason != crm.ReasonIdentity {
			continue
		}
		for k := range p.plan.Grants {
			v := &p.plan.Grants[k]
			if v.Grant.ObjectKind == deny.Grant.ObjectKind && v.Grant.ObjectID == deny.Grant.ObjectID && v.Grant.Level != crm.LevelHidden &&
				(v.Verdict == crm.Relinked || v.Verdict == crm.Mapped) && !p.keepsDown(v) {
				hold(v, crm.ReasonDenyParked)
			}
		}
	}
}

// keepsDown reports whether somebody would stand higher without the grant: then
// holding it back would widen access.
func (p *planner) keepsDown(v *GrantVerdict) bool {
	without := p.after
	without.Grants = slices.DeleteFunc(slices.Clone(without.Grants), func(g crm.Grant) bool { return g.ID == v.ID })
	o := access.Object{Kind: v.Grant.ObjectKind, ID: v.Grant.ObjectID}
	return raises(access.New(p.after), access.New(without), p.company.Staff, o, p.tagsUnder(o.Kind, o.ID))
}

// planAccess compares who sees what comes back with who saw it immediately
// before.
func (p *planner) planAccess() (err error) {
	had, seen := (*sight)(nil), make(map[int64]bool) // live tags whose access may change
	var groups []int64
	var tags []crm.Tag
	if p.staged != nil {
		had, seen, groups = p.staged.had, p.staged.tags, slices.Sorted(keys(p.staged.groups))
	} else {
		decoded, err := decodeSight(p.event.HadAccess)
		if err != nil {
			return err
		}
		had = &decoded
	}
	p.applyGrants(&p.after)
	for _, t := range p.after.Tags {
		if seen[t.ID] {
			tags = append(tags, t)
		}
	}
	byID := make(map[int64]crm.Tag, len(p.after.Tags))
	for _, t := range p.after.Tags {
		byID[t.ID] = t
	}
	for _, i := range p.plan.Items {
		switch id := i.becomes(); {
		case id == 0:
		case i.Kind == crm.ObjectGroup:
			groups = append(groups, id)
		default:
			tags = append(tags, byID[id])
		}
	}
	now := look(access.New(p.after), p.after, groups, tags)
	for _, i := range p.plan.Items { // whoever sees what it goes into sees it
		if i.Do == Merge && i.Kind == crm.ObjectGroup {
			now.Groups[i.ID] = now.Groups[i.Other]
		} else if i.Do == Merge {
			now.Tags[i.ID] = now.Tags[i.Other]
		}
	}
	p.plan.Access = had.compare(&now)
	return nil
}

// becomes is the live thing that an item is afterwards, 0 when it stays in the bin.
func (i Item) becomes() int64 {
	switch i.Do {
	case Skip:
		return 0
	case Merge:
		return i.Other
	}
	return i.ID
}

// applyGrants does to a company's grants what the restore will do.
func (p *planner) applyGrants(c *crm.Company) {
	at := make(map[int64]int, len(c.Grants))
	for i, g := range c.Grants {
		at[g.ID] = i
	}
	for _, v := range p.plan.Grants {
		g := &c.Grants[at[v.ID]]
		if p.staged.drops(&v) {
			g.RevokedAt = p.tx.Now
			continue
		}
		switch v.do {
		case grantEnds:
			g.RevokedAt = p.tx.Now
		case grantMoves:
			g.SubjectID = v.To
		case grantCopied:
			copied := *g
			copied.ID = -v.ID
			copied.ObjectID, _ = p.objectOf(g)
			if v.To != 0 {
				copied.SubjectID = v.To
			}
			c.Grants = append(c.Grants, copied)
		}
	}
}
