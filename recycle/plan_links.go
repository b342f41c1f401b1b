package recycle

import (
	"cmp"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// customerMove is a customer in the bin whose links go to the live one that is
// the same person.
type customerMove struct {
	old, live int64
	add       []crm.Link // to the live one
}

func sortCounts(list []Count) {
	slices.SortFunc(list, func(a, b Count) int { return cmp.Compare(a.Reason, b.Reason) })
}

// planCustomers tells those who come back from those who have come back already
// under another id: the same external id or unionid is the same person.
func (p *planner) planCustomers() error {
	c := &p.chosen
	twins, err := p.tx.Twins(p.event.ID)
	if err != nil {
		return err
	}
	if len(twins) == 0 { // there may be a million of them
		c.self = c.customers
		p.plan.Customers = CustomerPlan{Back: int64(len(c.self))}
		return nil
	}
	live := make(map[int64]int64)
	clash := make(map[int64]bool)
	for _, t := range twins {
		if had, ok := live[t.Old]; ok && had != t.Live {
			clash[t.Old] = true
		}
		live[t.Old] = t.Live
	}
	for _, id := range c.customers {
		switch to, twin := live[id]; {
		case clash[id]:
			c.skip = append(c.skip, id)
		case twin:
			c.merged = append(c.merged, id)
			p.moves = append(p.moves, customerMove{old: id, live: to})
		default:
			c.self = append(c.self, id)
		}
	}
	p.plan.Customers = CustomerPlan{Back: int64(len(c.self)), Merged: int64(len(c.merged)), Skipped: int64(len(c.skip))}
	return p.noteCustomers()
}

// noteCustomers names those who do not simply come back.
func (p *planner) noteCustomers() error {
	code := make(map[int64]string)
	for _, id := range p.chosen.merged {
		code[id] = NoteCustomer
	}
	for _, id := range p.chosen.skip {
		code[id] = NoteCustomerClash
	}
	for part := range slices.Chunk(slices.Sorted(keys(code)), 500) {
		values := make([]any, len(part))
		for i, id := range part {
			values[i] = id
		}
		var found []crm.Customer
		if err := p.tx.CustomersByKey("id", values, func(c crm.Customer) { found = append(found, c) }); err != nil {
			return err
		}
		slices.SortFunc(found, func(a, b crm.Customer) int { return cmp.Compare(a.ID, b.ID) })
		for _, c := range found {
			p.note(code[c.ID], cmp.Or(c.Name, c.ExternalID, c.UnionID))
		}
	}
	return nil
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// planLinks gives every link in scope its verdict.
func (p *planner) planLinks() error {
	var back, merged, stay []int64 // tags in scope
	reasons := make(map[int64]crm.Reason)
	for _, i := range p.plan.Items {
		if i.Kind != crm.ObjectTag {
			continue
		}
		switch i.Do {
		case Merge:
			merged = append(merged, i.ID)
		case Skip:
			stay = append(stay, i.ID)
			reasons[i.ID] = i.Reason
		default:
			back = append(back, i.ID)
		}
	}
	for _, step := range []func() error{
		func() error { return p.linksOfTags(back) },
		func() error { return p.linksOfMerged(merged) },
		func() error { return p.linksThatStay(stay, reasons) },
		p.linksOfCustomers,
		p.linksOfMoved,
		func() error { return p.clashes(back, merged) },
		func() error { return p.crowded(back) },
		p.removedAsleep,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// linksOfTags: those of tags that come back wake, unless their customer stays in
// the bin.
func (p *planner) linksOfTags(back []int64) error {
	all, err := p.tx.LinksOfTags(back)
	if err != nil {
		return err
	}
	buried, err := p.tx.LinksToBuried(back, 0)
	if err != nil {
		return err
	}
	self, err := p.linksPerTag(p.chosen.self)
	if err != nil {
		return err
	}
	others, err := p.linksPerTag(slices.Concat(p.chosen.merged, p.chosen.skip))
	if err != nil {
		return err
	}
	for _, id := range back {
		p.count("link", crm.Relinked, "", all[id]-buried[id]+self[id])
		p.count("link", crm.Parked, crm.ReasonCustomerInBin, buried[id]-self[id]-others[id])
		p.plan.Items[p.items[Thing{crm.ObjectTag, id}]].Links = all[id]
	}
	return nil
}

// linksPerTag counts the links of customers; those of the whole event in one
// statement.
func (p *planner) linksPerTag(customers []int64) (store.LinksPerTag, error) {
	if p.chosen.all && len(customers) == len(p.chosen.customers) && len(customers) > 0 {
		return p.tx.LinksOfBuried(p.event.ID)
	}
	return p.tx.LinksOfCustomers(customers)
}

// linksOfMerged: the live tag gets those that it has not.
func (p *planner) linksOfMerged(merged []int64) error {
	for _, id := range merged {
		i := &p.plan.Items[p.items[Thing{crm.ObjectTag, id}]]
		both, oldOnly, _, err := p.tx.Overlap(id, i.Other)
		if err != nil {
			return err
		}
		i.Links = both + oldOnly
		p.count("link", crm.AlreadyThere, crm.ReasonMerged, both)
		p.count("link", crm.Mapped, crm.ReasonMerged, oldOnly)
	}
	return nil
}

func (p *planner) linksThatStay(stay []int64, reasons map[int64]crm.Reason) error {
	all, err := p.tx.LinksOfTags(stay)
	for _, id := range stay {
		p.count("link", crm.Parked, reasons[id], all[id])
		p.plan.Items[p.items[Thing{crm.ObjectTag, id}]].Links = all[id]
	}
	return err
}

// linksOfCustomers: those of customers that come back, or stay, on tags that are
// not in scope themselves.
func (p *planner) linksOfCustomers() error {
	for _, part := range []struct {
		ids  []int64
		skip bool
	}{{p.chosen.self, false}, {p.chosen.skip, true}} {
		counts, err := p.linksPerTag(part.ids)
		if err != nil {
			return err
		}
		for tag, n := range counts {
			to, planned := p.tagTo[tag]
			t := p.tags[tag]
			switch {
			case part.skip && (!planned || to == tag):
				p.count("link", crm.Parked, crm.ReasonKeyConflict, n)
			case planned: // counted with the tag
			case t != nil && t.DeletionID == 0:
				p.count("link", crm.Relinked, "", n)
			default:
				p.count("link", crm.Parked, crm.ReasonTagInBin, n)
			}
		}
	}
	return nil
}

// linksOfMoved: what a customer had goes to the live one that is the same
// person, but a member's own tags only while that member follows them.
func (p *planner) linksOfMoved() error {
	for part := range slices.Chunk(p.moves, 500) {
		have, follows, err := p.livesOf(part)
		if err != nil {
			return err
		}
		chosen := p.choices(have)
		values, byOld := make([]any, len(part)), make(map[int64]*customerMove, len(part))
		for i := range part {
			values[i], byOld[part[i].old] = part[i].old, &part[i]
		}
		var links []crm.Link
		had := make(map[linkKey]bool)
		err = p.tx.LinksOf(values, func(l crm.Link) {
			links = append(links, l)
			had[linkKey{l.CustomerID, l.TagID, l.StaffID}] = true
		})
		if err != nil {
			return err
		}
		for _, l := range links {
			p.uncountMerged(l, had)
			p.moveLink(byOld[l.CustomerID], l, have, follows, chosen)
		}
		for i := range part {
			slices.SortFunc(part[i].add, func(a, b crm.Link) int {
				return cmp.Or(cmp.Compare(a.TagID, b.TagID), cmp.Compare(a.StaffID, b.StaffID))
			})
		}
	}
	return nil
}

type linkKey struct{ customer, tag, staff int64 }

// livesOf reads links and followers of the live customers.
func (p *planner) livesOf(part []customerMove) (have map[linkKey]bool, follows map[crm.Pair]bool, err error) {
	have, follows = make(map[linkKey]bool), make(map[crm.Pair]bool)
	values := make([]any, len(part))
	for i, m := range part {
		values[i] = m.live
	}
	if err = p.tx.LinksOf(values, func(l crm.Link) { have[linkKey{l.CustomerID, l.TagID, l.StaffID}] = true }); err != nil {
		return nil, nil, err
	}
	err = p.tx.FollowsOf(values, func(f crm.Follow) { follows[crm.Pair{CustomerID: f.CustomerID, StaffID: f.StaffID}] = true })
	return have, follows, err
}

// uncountMerged takes back what linksOfMerged said of a link whose customer goes
// into another one too: that decides.
func (p *planner) uncountMerged(l crm.Link, had map[linkKey]bool) {
	switch to := p.tagTo[l.TagID]; {
	case to == 0 || to == l.TagID:
	case had[linkKey{l.CustomerID, to, l.StaffID}]:
		p.count("link", crm.AlreadyThere, crm.ReasonMerged, -1)
	default:
		p.count("link", crm.Mapped, crm.ReasonMerged, -1)
	}
}

// choices are what live customers have of live single-choice groups.
func (p *planner) choices(have map[linkKey]bool) map[choice]bool {
	out := make(map[choice]bool)
	for l := range have {
		if t := p.tags[l.tag]; t != nil && t.DeletionID == 0 && p.groups[t.GroupID].SingleChoice {
			out[choice{l.customer, l.staff, t.GroupID}] = true
		}
	}
	return out
}

func (p *planner) moveLink(m *customerMove, l crm.Link, have map[linkKey]bool, follows map[crm.Pair]bool, chosen map[choice]bool) {
	to, planned := p.tagTo[l.TagID]
	counted := planned && to == 0 // with the tag that stays
	group := int64(0)
	if planned {
		group = p.plan.Items[p.items[Thing{crm.ObjectTag, l.TagID}]].group
	} else if t := p.tags[l.TagID]; t != nil && t.DeletionID == 0 {
		to, group = t.ID, t.GroupID
	}
	count := func(v crm.Verdict, r crm.Reason) {
		if !counted {
			p.count("link", v, r, 1)
		}
	}
	key := linkKey{m.live, to, l.StaffID}
	switch {
	case to == 0:
		count(crm.Parked, crm.ReasonTagInBin)
	case l.StaffID != 0 && !follows[crm.Pair{CustomerID: m.live, StaffID: l.StaffID}]:
		count(crm.Parked, crm.ReasonRelationEnded)
	case have[key]:
		count(crm.AlreadyThere, crm.ReasonMerged)
	case chosen[choice{m.live, l.StaffID, group}]:
		count(crm.Conflict, crm.ReasonExclusive)
	default:
		count(crm.Mapped, crm.ReasonMerged)
		have[key] = true
		l.CustomerID, l.TagID = m.live, to
		m.add = append(m.add, l)
	}
}
