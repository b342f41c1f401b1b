package recycle

import (
	"cmp"
	"slices"

	"github.com/jmoiron/sqlx"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// clashes finds pairs that got another tag of a single-choice group since: the
// newer choice stays.
func (p *planner) clashes(back, merged []int64) error {
	returning, there := make(map[int64][]int64), make(map[int64][]int64) // by group
	for _, id := range slices.Concat(back, merged) {
		group := p.plan.Items[p.items[Thing{crm.ObjectTag, id}]].group
		if g := p.groups[group]; g != nil && g.SingleChoice {
			returning[group] = append(returning[group], id)
		}
	}
	if len(returning) == 0 {
		return nil
	}
	for _, t := range p.company.Tags {
		if t.DeletionID == 0 {
			there[t.GroupID] = append(there[t.GroupID], t.ID)
		}
	}
	for _, group := range slices.Sorted(keys(returning)) {
		if err := p.clashesIn(returning[group], there[group]); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) clashesIn(returning, there []int64) error {
	var old crm.Link
	var newer *crm.Link // what stands in its way
	isThere := false    // what it goes into is on the pair already
	decide := func() {
		if newer != nil && !isThere && !p.stays(old.CustomerID) {
			p.clash(old, *newer)
		}
		newer, isThere = nil, false
	}
	err := p.tx.Clashes(returning, there, p.event.ID, func(c store.Clash) error {
		if c.Old != old {
			decide()
			old = c.Old
		}
		switch {
		case c.New.TagID == p.tagTo[old.TagID]:
			isThere = true
		case newer == nil && c.New.TaggedAt >= p.since(): // else both stood before the deletion
			newer = &c.New
		}
		return nil
	})
	decide()
	return err
}

// stays reports whether a customer of the event does not come back as they were.
func (p *planner) stays(customer int64) bool {
	return slices.ContainsFunc([][]int64{p.chosen.left, p.chosen.merged, p.chosen.skip}, func(list []int64) bool {
		_, found := slices.BinarySearch(list, customer)
		return found
	})
}

// clash lets a link give way to a newer choice.
func (p *planner) clash(l, newer crm.Link) {
	p.note(NoteLinkConflict, "#"+itoa(l.CustomerID), p.tags[l.TagID].Name, p.tags[newer.TagID].Name)
	if to := p.tagTo[l.TagID]; to != l.TagID {
		p.count("link", crm.Mapped, crm.ReasonMerged, -1)
		l.TagID, l.RunID = to, 0 // as the copy will be; see applyDrops
	} else {
		p.count("link", crm.Relinked, "", -1)
	}
	p.count("link", crm.Conflict, crm.ReasonExclusive, 1)
	p.drops = append(p.drops, l)
}

// crowded keeps pairs under WeCom's limit of tags. There can be none over it
// unless the company has more tags than that.
func (p *planner) crowded(back []int64) error {
	if p.tagsHere <= crm.MaxTagsPerPair || len(back) == 0 {
		return nil
	}
	var pairs []crm.Pair
	err := p.tx.Each("SELECT customer_id, staff_id FROM link GROUP BY customer_id, staff_id HAVING COUNT(*) > ?", []any{crm.MaxTagsPerPair}, func(rows *sqlx.Rows) error {
		var x crm.Pair
		err := rows.Scan(&x.CustomerID, &x.StaffID)
		pairs = append(pairs, x)
		return err
	})
	if err != nil {
		return err
	}
	returning := setOf(back)
	for _, pair := range pairs {
		var ours []crm.Link
		live := 0
		err := p.tx.LinksOf([]any{pair.CustomerID}, func(l crm.Link) {
			switch t := p.tags[l.TagID]; {
			case l.StaffID != pair.StaffID:
			case returning[l.TagID]:
				ours = append(ours, l)
			case t != nil && t.DeletionID == 0:
				live++
			}
		})
		if err != nil {
			return err
		}
		slices.SortFunc(ours, func(a, b crm.Link) int { return cmp.Compare(a.TagID, b.TagID) })
		for len(ours) > 0 && live+len(ours) > crm.MaxTagsPerPair {
			l := ours[len(ours)-1]
			ours = ours[:len(ours)-1]
			p.drops = append(p.drops, l)
			p.count("link", crm.Relinked, "", -1)
			p.count("link", crm.Parked, crm.ReasonTooManyTags, 1)
		}
	}
	return nil
}

// removedAsleep counts what was taken away or purged while it lay in the bin.
func (p *planner) removedAsleep() error {
	tags, purged := setOf(p.chosen.tags), make(map[int64]int64)
	err := p.tx.RemovedAsleep(p.event.ID, func(r store.Removal) error {
		_, asked := slices.BinarySearch(p.chosen.customers, r.CustomerID)
		if r.Kind != "link" || !asked && !tags[r.TagID] {
			return nil
		}
		switch {
		case r.RunID < 0 && tags[r.TagID]:
			p.count("link", crm.Stale, crm.ReasonCustomerPurged, 1)
		case r.RunID < 0:
			p.count("link", crm.Stale, crm.ReasonTagPurged, 1)
			purged[r.TagID]++
		default:
			p.count("link", crm.Stale, crm.ReasonUntagged, 1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, tag := range slices.Sorted(keys(purged)) {
		name, err := p.tx.Tombstone(crm.ObjectTag, tag)
		if err != nil {
			return err
		}
		p.note(NotePurgedTag, name, itoa(purged[tag]))
	}
	return nil
}
