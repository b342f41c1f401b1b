package recycle

import (
	"encoding/json"
	"fmt"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// apply carries the plan out.
func (p *planner) apply(made snapshot.Made) (int64, error) {
	own := crm.Deletion{Kind: crm.EventRestore, OfID: p.event.ID, State: crm.StateDone, Reason: p.o.Reason, Summary: p.event.Summary, CreatedBy: p.o.By,
		SnapshotID: made.ID}
	if slices.ContainsFunc(p.plan.Items, func(i Item) bool { return i.Do == Merge }) {
		own.HadAccess = p.event.HadAccess // what is merged lies in the bin with the restore, and may come back from there
	}
	counts, err := json.Marshal(p.plan.kept())
	if err != nil {
		return 0, err
	}
	own.Counts = string(counts)
	if err := p.tx.CreateDeletion(&own); err != nil {
		return 0, err
	}
	if err := p.carryOut(&journal{tx: p.tx, event: own.ID, receipt: made.Receipt}); err != nil {
		return 0, err
	}
	if err := p.settleEvents(own); err != nil {
		return 0, err
	}
	return own.ID, audit(p.tx, own, p.o.By, p.o.Command, "recycle.restore", map[string]any{"of": p.event.ID, "verdicts": p.plan.Counts, "total": p.plan.Total, "access": p.plan.Access})
}

// kept is what is stored of a plan: counts plus exceptions, and of these the first
// ones.
func (p *Plan) kept() Plan {
	out := *p
	out.Grants = slices.DeleteFunc(slices.Clone(p.Grants), func(v GrantVerdict) bool { return v.Verdict == crm.Relinked && v.Reason == "" })
	out.Grants = out.Grants[:min(len(out.Grants), maxNotes)]
	return out
}

// carryOut does what the plan says.
func (p *planner) carryOut(j *journal) error {
	for _, step := range []func(*journal) error{p.applyReplaced, p.applyGroups, p.applyTags, p.applyCustomers, p.applyDrops, p.applyGrantRows, p.applyOrder, p.applyUnmerge} {
		if err := step(j); err != nil {
			return err
		}
	}
	return nil
}

// applyReplaced sends what is replaced into the bin, as an event of its own.
func (p *planner) applyReplaced(j *journal) error {
	s := p.replaced()
	if s.Empty() {
		return nil
	}
	v, err := findVictims(p.tx, s)
	if err != nil {
		return err
	}
	event, counts, err := v.bury(p.tx, snapshot.Made{Info: snapshot.Info{ID: j.receipt.Snapshot()}, Receipt: j.receipt},
		DeleteOptions{Reason: fmt.Sprintf(said(p.tx, "恢复 %s 时被替换", "replaced by the restore of %s"), p.event.Label()), By: p.o.By, Command: p.o.Command})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		kind string
		ids  []int64
	}{{crm.ObjectGroup, counts.GroupIDs}, {crm.ObjectTag, counts.TagIDs}} {
		if len(part.ids) == 0 {
			continue
		}
		if err := j.write(change{Bin: &binChange{part.kind, 0, event, part.ids}}); err != nil {
			return err
		}
	}
	return nil
}

// now is the transaction's time as a cell.
func (p *planner) now() string { return itoa(p.tx.Now) }

func (p *planner) applyGroups(j *journal) error {
	plain := make(map[int64][]int64) // by event
	for _, i := range p.plan.Items {
		if i.Kind != crm.ObjectGroup {
			continue
		}
		g := p.groups[i.ID]
		if i.Reconstructed && i.Do != Skip { // an undo sends it into the bin of its own event, not back to the purged one
			if err := p.tx.LiftTombstone(crm.ObjectGroup, i.ID); err != nil {
				return err
			}
		}
		switch {
		case i.Do == Skip:
		case i.Do == Merge:
			if err := j.bin(crm.ObjectGroup, i.event, j.event, []int64{i.ID}); err != nil {
				return err
			}
		case i.NewName != "":
			err := j.edit("tag_group", i.ID, map[string]string{"deletion_id": "0", "name": i.NewName, "description": p.described(g.Description, g.Name),
				"version": itoa(g.Version + 1), "updated_at": p.now()})
			if err != nil {
				return err
			}
		default:
			plain[i.event] = append(plain[i.event], i.ID)
		}
	}
	return p.raise(j, crm.ObjectGroup, plain)
}

// raise brings back what changes in nothing else.
func (p *planner) raise(j *journal, kind string, byEvent map[int64][]int64) error {
	for _, event := range slices.Sorted(keys(byEvent)) {
		list := byEvent[event]
		slices.Sort(list)
		if err := j.bin(kind, event, 0, list); err != nil {
			return err
		}
	}
	return nil
}

// described says in a description when and from what it was renamed, where there
// is room for that.
func (p *planner) described(text, old string) string {
	day := p.day()
	add := day + " 从回收站恢复，原名：" + old
	if p.staged != nil {
		add = day + " 从快照还原，原名：" + old
	}
	if text != "" {
		add = text + "（" + add + "）"
	}
	if len([]rune(add)) > crm.MaxTagDescription {
		return text
	}
	return add
}

func (p *planner) applyTags(j *journal) error {
	plain := make(map[int64][]int64)
	for _, i := range p.plan.Items {
		if i.Kind != crm.ObjectTag {
			continue
		}
		t := p.tags[i.ID]
		switch {
		case i.Do == Skip:
		case i.Do == Merge:
			if err := p.mergeTag(j, i); err != nil {
				return err
			}
		case i.NewName != "" || i.group != t.GroupID:
			set := map[string]string{"deletion_id": "0", "group_id": itoa(i.group), "version": itoa(t.Version + 1), "updated_at": p.now()}
			if i.NewName != "" {
				set["name"], set["description"] = i.NewName, p.described(t.Description, t.Name)
			}
			if err := j.edit("tag", i.ID, set); err != nil {
				return err
			}
		default:
			plain[i.event] = append(plain[i.event], i.ID)
		}
	}
	return p.raise(j, crm.ObjectTag, plain)
}

// mergeTag gives the live tag what the old one has; the earlier of two times of
// tagging stays.
func (p *planner) mergeTag(j *journal, i Item) error {
	return mergeInto(j, i.ID, i.Other, func() error { return j.bin(crm.ObjectTag, i.event, j.event, []int64{i.ID}) })
}

// mergeInto unites the links of a tag with those of another; then puts the first
// one away.
func mergeInto(j *journal, from, to int64, away func() error) error {
	if err := keepEarliest(j, from, to); err != nil {
		return err
	}
	if _, err := j.copyLinks([]int64{from}, to); err != nil {
		return err
	}
	return away()
}

func (p *planner) applyCustomers(j *journal) error {
	if err := j.binAll(crm.RefCustomer, p.event.ID, 0, p.chosen.self); err != nil {
		return err
	}
	var add []crm.Link
	for _, m := range p.moves {
		for _, l := range m.add {
			l.RunID = -j.event
			add = append(add, l)
		}
	}
	add, err := p.missing(add)
	if err != nil {
		return err
	}
	if err := j.addLinks(add); err != nil {
		return err
	}
	return j.binAll(crm.RefCustomer, p.event.ID, j.event, p.chosen.merged)
}

// missing are those of the links that are not there: a tag that was merged may
// have brought them along.
func (p *planner) missing(list []crm.Link) (out []crm.Link, err error) {
	for part := range slices.Chunk(list, 500) {
		have := make(map[linkKey]bool)
		values := make([]any, len(part))
		for i, l := range part {
			values[i] = l.CustomerID
		}
		if err := p.tx.LinksOf(values, func(l crm.Link) { have[linkKey{l.CustomerID, l.TagID, l.StaffID}] = true }); err != nil {
			return nil, err
		}
		for _, l := range part {
			if key := (linkKey{l.CustomerID, l.TagID, l.StaffID}); !have[key] {
				have[key] = true
				out = append(out, l)
			}
		}
	}
	return out, nil
}

func (j *journal) binAll(kind string, from, to int64, list []int64) error {
	if len(list) == 0 {
		return nil
	}
	return j.bin(kind, from, to, list)
}

// applyDrops removes the links that give way to a newer choice, or for which
// there is no room. Those that a merged tag brought along carry its mark.
func (p *planner) applyDrops(j *journal) error {
	for i, l := range p.drops {
		if l.RunID == 0 && p.tags[l.TagID] != nil && p.tags[l.TagID].DeletionID == 0 {
			p.drops[i].RunID = -j.event
		}
	}
	return j.dropLinks(p.drops)
}

// applyGrantRows does to the grants what the plan says; most are left alone.
func (p *planner) applyGrantRows(j *journal) error {
	for _, v := range p.plan.Grants {
		g := v.Grant
		version := itoa(g.Version + 1)
		var err error
		switch v.do {
		case grantEnds:
			err = j.edit("access_grant", g.ID, map[string]string{"revoked_at": p.now(), "revoked_by": itoa(p.o.By),
				"revoke_reason": fmt.Sprintf("X%d: %s", j.event, v.Reason), "version": version})
		case grantMoves:
			err = j.edit("access_grant", g.ID, map[string]string{"subject_id": itoa(v.To), "version": version})
		case grantCopied:
			err = p.copyGrant(j, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) copyGrant(j *journal, v GrantVerdict) error {
	t := store.TableNamed("access_grant")
	row, err := p.tx.ImageOf(t, v.Grant.ID)
	if err != nil {
		return err
	}
	id, err := p.tx.NextIDs(store.SeqGrant, 1)
	if err != nil {
		return err
	}
	to, _ := p.objectOf(&v.Grant)
	row = slices.Clone(row)
	set := func(column, text string) { row[t.At(column)] = &text }
	set("id", itoa(id))
	set("object_id", itoa(to))
	if v.To != 0 {
		set("subject_id", itoa(v.To))
	}
	return j.row("access_grant", []int64{id}, row)
}

// applyOrder moves those that must make room. What comes back gets its place
// too.
func (p *planner) applyOrder(j *journal) error {
	for _, part := range []struct {
		table string
		sorts map[int64]int64
	}{{"tag_group", p.groupSort}, {"tag", p.tagSort}} {
		for _, id := range slices.Sorted(keys(part.sorts)) {
			row, err := p.tx.ImageOf(store.TableNamed(part.table), id)
			if err != nil {
				return err
			}
			if row == nil || *row[store.TableNamed(part.table).At("deletion_id")] != "0" {
				continue // it was replaced, or stays
			}
			if err := j.edit(part.table, id, map[string]string{"sort": itoa(part.sorts[id])}); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleEvents says of the events that lost something whether they still have
// anything in the bin.
func (p *planner) settleEvents(own crm.Deletion) error {
	touched := map[int64]bool{p.event.ID: true, own.ID: true}
	for _, i := range p.plan.Items {
		touched[i.event] = true
	}
	return settle(p.tx, touched, p.o.By)
}

// settle brings the states of events in line with what they have in the bin.
func settle(tx *store.Tx, events map[int64]bool, by int64) error {
	for _, id := range slices.Sorted(keys(events)) {
		d, err := tx.Deletion(id)
		if err != nil {
			return err
		}
		has, err := tx.HasBuried(id)
		if err != nil {
			return err
		}
		was := d.State
		switch {
		case was == crm.StatePurging || was == crm.StatePurged:
		case has:
			d.State, d.EndedAt, d.EndedBy = crm.StateInBin, 0, 0
			if d.ExpiresAt == 0 {
				if d.ExpiresAt, err = tx.Expiry(); err != nil {
					return err
				}
			}
		case was == crm.StateInBin:
			d.State, d.EndedAt, d.EndedBy = crm.StateRestored, tx.Now, by
		}
		if d.State == was && was != crm.StateInBin {
			continue
		}
		if err := tx.SaveDeletion(d); err != nil {
			return err
		}
	}
	return nil
}

// said picks what is kept in the company's language.
func said(tx *store.Tx, zh, en string) string { return tx.Meta().Language().Pick(zh, en) }
