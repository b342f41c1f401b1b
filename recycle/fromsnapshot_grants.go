package recycle

import (
	"context"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// stageGrants puts in the missing grants on what comes back, for the plan to
// judge, and tells what becomes of the others. One that was revoked since stays
// so.
func (b *bringer) stageGrants(context.Context) error {
	have := make(map[int64]*crm.Grant, len(b.company.Grants))
	for i := range b.company.Grants {
		have[b.company.Grants[i].ID] = &b.company.Grants[i]
	}
	var columns []string
	var rows [][]any
	for i := range b.theirs.grants {
		r := &b.theirs.grants[i]
		g := have[r.id]
		e, all := b.objectOf(r.text("object_kind"), r.num("object_id"))
		switch {
		case b.foreign:
			b.parkGrant(r, crm.ReasonMissing)
		case e == nil && !all: // its object lay in the bin then
		case g != nil && g.RevokedAt != 0:
			b.verdict("grant", crm.Stale, crm.ReasonRevoked)
		case all && g == nil:
			b.parkGrant(r, crm.ReasonMissing)
		case all:
			b.verdict("grant", crm.AlreadyThere, "")
		case e.fate == fateStays:
			b.verdict("grant", crm.Parked, crm.ReasonObjectInBin)
		case e.fate == fatePurged:
			b.verdict("grant", crm.Stale, crm.ReasonTagPurged)
		case e.fate == fateParked, g == nil && e.fate == fateLive && b.o.Mode == ModeAdd:
			b.parkGrant(r, crm.ReasonMissing)
		case g != nil && e.comes(): // the plan judges it
		case g != nil:
			b.verdict("grant", crm.AlreadyThere, "")
		default:
			columns, rows = r.columns, append(rows, r.cells)
			b.grants[r.id] = r
			if e.fate == fateLive {
				b.onLive[r.id] = true
				b.see(r.text("object_kind"), e.id)
			}
		}
	}
	if err := b.revokeNewer(); err != nil {
		return err
	}
	return b.tx.Insert("access_grant", columns, rows)
}

// objectOf is what the object of a grant is here; all for a grant on everything.
func (b *bringer) objectOf(kind string, id int64) (e *end, all bool) {
	switch kind {
	case crm.ObjectGroup:
		return b.groups[id], false
	case crm.ObjectTag:
		return b.tags[id], false
	}
	return nil, true
}

// parkGrant names a grant that is not brought back.
func (b *bringer) parkGrant(r *fileRow, reason crm.Reason) {
	b.verdict("grant", crm.Parked, reason)
	if len(b.out.Open) < maxOpen {
		b.out.Open = append(b.out.Open, fmt.Sprintf("%s grant:%s %s%d → %s %d", crm.Parked, r.text("level"), r.text("subject_kind"), r.num("subject_id"), r.text("object_kind"), r.num("object_id")))
	}
}

// see notes that the access to a live object may change.
func (b *bringer) see(kind string, id int64) {
	switch kind {
	case crm.ObjectGroup:
		b.seeGroup(id)
	case crm.ObjectTag:
		b.seen.tags[id] = true
	default:
		for _, g := range b.company.Groups {
			if g.DeletionID == 0 {
				b.seeGroup(g.ID)
			}
		}
	}
}

// revokeNewer ends, in mode exact, the grants on what is in scope that the
// snapshot has not. Those without which somebody would stand higher stay: a deny
// made since is a later decision than the snapshot.
func (b *bringer) revokeNewer() error {
	if b.o.Mode != ModeExact {
		return nil
	}
	var list []crm.Grant
	for _, g := range b.company.Grants {
		e, all := b.objectOf(g.ObjectKind, g.ObjectID)
		if g.RevokedAt != 0 || b.theirs.standing[g.ID] || all && b.pick != nil || !all && (e == nil || !e.live() || !b.asked(tableOf[g.ObjectKind], e.id)) {
			continue
		}
		list = append(list, g)
	}
	if len(list) == 0 {
		return nil
	}
	with, err := b.tx.Company()
	if err != nil {
		return err
	}
	wake(&with, b.own.ID)
	for _, g := range list {
		without := with
		without.Grants = slices.DeleteFunc(slices.Clone(with.Grants), func(x crm.Grant) bool { return x.ID == g.ID })
		if g.Level == crm.LevelHidden || b.keepsDown(with, without, g) {
			b.verdict("grant", crm.AlreadyThere, crm.ReasonWidens)
			continue
		}
		with = without
		b.see(g.ObjectKind, g.ObjectID)
		b.act("revoke", g.ID, g.Version)
		b.count("grant", Removed, 1)
		err := b.j.edit("access_grant", g.ID, map[string]string{"revoked_at": itoa(b.tx.Now), "revoked_by": itoa(b.o.By),
			"revoke_reason": fmt.Sprintf(said(b.tx, "%s：快照 S%d 之后新授的", "%s: newer than snapshot S%d"), b.own.Label(), b.src.Header().Sequence), "version": itoa(g.Version + 1)})
		if err != nil {
			return err
		}
	}
	return nil
}

// tableOf is the table of each kind of thing that can lie in the bin.
var tableOf = map[string]string{crm.ObjectGroup: "tag_group", crm.ObjectTag: "tag", crm.RefCustomer: "customer"}

// wake makes what lies in the bin under an event live.
func wake(c *crm.Company, event int64) {
	for i := range c.Groups {
		if c.Groups[i].DeletionID == event {
			c.Groups[i].DeletionID = 0
		}
	}
	for i := range c.Tags {
		if c.Tags[i].DeletionID == event {
			c.Tags[i].DeletionID = 0
		}
	}
}

// keepsDown reports whether somebody would stand higher without a grant.
func (b *bringer) keepsDown(with, without crm.Company, g crm.Grant) bool {
	before, after := access.New(with), access.New(without)
	for _, o := range with.Groups {
		if o.DeletionID != 0 || g.ObjectKind == crm.ObjectGroup && o.ID != g.ObjectID || g.ObjectKind == crm.ObjectTag {
			continue
		}
		var tags []int64
		for _, t := range with.Tags {
			if t.GroupID == o.ID && t.DeletionID == 0 {
				tags = append(tags, t.ID)
			}
		}
		if raises(before, after, with.Staff, access.Group(o.ID), tags) {
			return true
		}
	}
	return g.ObjectKind == crm.ObjectTag && raises(before, after, with.Staff, access.Tag(g.ObjectID), nil)
}

// hadAccess is who saw what comes back when the snapshot was taken, and who sees
// now what is live and changes.
func (b *bringer) hadAccess() *sight {
	var live []crm.Tag
	for _, t := range b.company.Tags {
		if b.seen.tags[t.ID] {
			live = append(live, t)
		}
	}
	now := look(b.worldNow(), b.company, slices.Sorted(keys(b.seen.groups)), live)
	for id, set := range now.Groups {
		b.had.Groups[id] = b.had.keep(now.Sets[set])
	}
	for id, set := range now.Tags {
		b.had.Tags[id] = b.had.keep(now.Sets[set])
	}
	return &b.had
}

// settleGrants takes out again the grants that do not come back, and records
// those that do on what was here.
func (b *bringer) settleGrants(p *planner) error {
	t := store.TableNamed("access_grant")
	for i := range p.plan.Grants {
		v := &p.plan.Grants[i]
		r := b.grants[v.ID]
		if r == nil {
			continue
		}
		if p.staged.drops(v) {
			v.do = grantStays
			if err := b.tx.DropImage(t, v.ID); err != nil {
				return err
			}
			continue
		}
		e, _ := b.objectOf(v.Grant.ObjectKind, v.Grant.ObjectID)
		if e.fate == fateFresh {
			continue // an undo sends its object into the bin, and it sleeps with it
		}
		row, err := b.tx.ImageOf(t, v.ID)
		if err != nil {
			return err
		}
		if err := b.j.write(change{Row: &rowChange{Table: t.Name, Key: []int64{v.ID}, After: row}}); err != nil {
			return err
		}
	}
	return nil
}
