package recycle

import (
	"cmp"
	"context"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// pair is a customer and the member that has it, in a single-choice group.
type choice struct{ customer, staff, group int64 }

// linkPass is the links of a batch of customers.
type linkPass struct {
	have   map[linkKey]crm.Link // that are here
	then   map[linkKey]bool     // that were awake in the snapshot, in scope
	chosen map[choice]bool
	fresh  []crm.Link // with an end that was not here: they go where it goes
	add    []crm.Link
	drop   []crm.Link
}

// links brings back those of a batch of customers that are missing. Those with
// an end in the bin wake with it, and the plan tells what becomes of them; the
// verdict on the others is given here.
func (b *bringer) links(ctx context.Context, batch []*their) error {
	p := &linkPass{have: make(map[linkKey]crm.Link), then: make(map[linkKey]bool), chosen: make(map[choice]bool)}
	by, here := make(map[int64]*their, len(batch)), make(map[int64]*their, len(batch))
	var values []any
	for _, t := range batch {
		by[t.fileRow.id] = t
		if t.end.id != 0 && t.fate != fateFresh {
			here[t.end.id] = t
			values = append(values, t.end.id)
		}
	}
	if len(values) > 0 {
		if err := b.tx.LinksOf(values, func(l crm.Link) { p.have[linkKey{l.CustomerID, l.TagID, l.StaffID}] = l }); err != nil {
			return err
		}
	}
	var list []crm.Link // in scope, with the ids that they have here
	var owners []*their
	err := b.src.Range(ctx, "link", batch[0].fileRow.id, batch[len(batch)-1].fileRow.id, func(r snapshot.Row) error {
		t, tag := by[r.Key()], b.tags[r.Int("tag_id")]
		if t == nil || tag == nil || !b.pick.Keeps("link", r) {
			return nil
		}
		staff, known := b.staff[r.Int("staff_id")]
		switch {
		case !t.there():
			b.verdict("link", crm.Stale, crm.ReasonCustomerPurged)
			return nil
		case tag.fate == fatePurged:
			b.verdict("link", crm.Stale, crm.ReasonTagPurged)
			return nil
		case !known, !tag.there():
			b.verdict("link", crm.Parked, crm.ReasonMissing)
			return nil
		}
		l := crm.Link{CustomerID: t.end.id, TagID: tag.id, StaffID: staff, TaggedAt: r.Int("tagged_at"), TaggedBy: r.Int("tagged_by"), RunID: r.Int("run_id")}
		if b.foreign {
			l.TaggedBy, l.RunID = b.staff[l.TaggedBy], 0
		}
		p.then[linkKey{l.CustomerID, l.TagID, l.StaffID}] = true
		list, owners = append(list, l), append(owners, t)
		return nil
	})
	if err != nil {
		return err
	}
	b.dropNewer(p, here)
	for _, l := range p.have {
		p.choose(l, b.single())
	}
	for i, l := range list {
		if err := b.link(p, l, owners[i], b.tagHere()[l.TagID]); err != nil {
			return err
		}
	}
	return b.write(p)
}

// elsewhere goes through the links to customers that a snapshot of a part does
// not hold: it has the tag, and they may be here.
func (b *bringer) elsewhere(ctx context.Context) error {
	if b.src.Whole() || b.foreign {
		return nil
	}
	held := make(map[int64]bool)
	err := b.src.Each(ctx, "customer", func(r snapshot.Row) error { held[r.Key()] = true; return nil })
	if err != nil {
		return err
	}
	var batch []*their
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := b.place(batch)
		for _, t := range batch {
			if t.fate == fateFresh { // it cannot be made of a link
				t.end.id, t.fate = 0, fatePurged
			}
		}
		if err == nil {
			err = b.links(ctx, batch)
		}
		batch = batch[:0]
		return err
	}
	last := int64(0)
	err = b.src.Each(ctx, "link", func(r snapshot.Row) error {
		if held[r.Key()] || r.Key() == last {
			return nil
		}
		last = r.Key()
		if len(batch) == customerBatch {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, &their{fileRow: fileRow{id: r.Key()}})
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// there reports whether there is anything here that a link could be tied to, be
// it live or in the bin.
func (e *end) there() bool { return e.id != 0 }

// tagHere are the groups' and tags' ends by the ids that they have here.
func (b *bringer) tagHere() map[int64]*end {
	if b.ends == nil {
		b.ends = make(map[int64]*end, len(b.tags))
		for _, e := range b.tags {
			if e.id != 0 {
				b.ends[e.id] = e
			}
		}
	}
	return b.ends
}

// single maps the tags that are, or will be, live in single-choice groups to
// these groups.
func (b *bringer) single() map[int64]int64 {
	if b.singles != nil {
		return b.singles
	}
	b.singles = make(map[int64]int64)
	groups := make(map[int64]bool)
	for _, g := range b.company.Groups {
		groups[g.ID] = g.SingleChoice
	}
	for _, e := range b.groups {
		if e.id != 0 && (e.fate == fateFresh || b.o.Mode != ModeAdd && e.live()) {
			groups[e.id] = e.row.num("single_choice") == 1
		}
	}
	for _, t := range b.company.Tags {
		if t.DeletionID == 0 && groups[t.GroupID] {
			b.singles[t.ID] = t.GroupID
		}
	}
	for _, e := range b.tags {
		if group := b.groups[e.row.num("group_id")]; e.comes() && group.id != 0 && groups[group.id] {
			b.singles[e.id] = group.id
		}
	}
	return b.singles
}

func (p *linkPass) choose(l crm.Link, single map[int64]int64) {
	if group := single[l.TagID]; group != 0 {
		p.chosen[choice{l.CustomerID, l.StaffID, group}] = true
	}
}

// dropNewer finds, in mode exact, the links between what is live and was live
// that the snapshot has not.
func (b *bringer) dropNewer(p *linkPass, here map[int64]*their) {
	if b.o.Mode != ModeExact {
		return
	}
	for _, key := range slices.SortedFunc(keys(p.have), compareLinks) {
		t, tag := here[key.customer], b.tagHere()[key.tag]
		if p.then[key] || tag == nil || !tag.live() || !t.live() {
			continue
		}
		if b.pick == nil || b.pick.Named("tag", key.tag) || b.pick.Named("customer", key.customer) {
			p.drop = append(p.drop, p.have[key])
			delete(p.have, key)
			b.count("link", Removed, 1)
		}
	}
}

func compareLinks(a, b linkKey) int {
	return cmp.Or(cmp.Compare(a.customer, b.customer), cmp.Compare(a.tag, b.tag), cmp.Compare(a.staff, b.staff))
}

// link decides about one link of the snapshot.
func (b *bringer) link(p *linkPass, l crm.Link, t *their, tag *end) error {
	key := linkKey{l.CustomerID, l.TagID, l.StaffID}
	have, is := p.have[key]
	planned := t.comes() || tag.comes()
	fresh := t.fate == fateFresh || tag.fate == fateFresh
	group := b.single()[l.TagID]
	switch {
	case is && have != l && b.o.Mode == ModeExact && t.live() && tag.live():
		p.drop, p.add = append(p.drop, have), append(p.add, l)
		if !planned {
			b.count("link", Updated, 1)
		}
	case is && planned: // the plan counts it
	case is && tag.fate == fateStays:
		b.verdict("link", crm.Parked, crm.ReasonTagInBin)
	case is && t.fate == fateStays:
		b.verdict("link", crm.Parked, crm.ReasonCustomerInBin)
	case is:
		b.verdict("link", crm.AlreadyThere, "")
	case fresh:
		p.fresh = append(p.fresh, l)
	case !t.live() || !tag.live():
		b.verdict("link", crm.Stale, crm.ReasonUntagged)
	default:
		taken, err := b.takenOff(l, t, tag)
		switch {
		case err != nil:
			return err
		case taken:
			b.verdict("link", crm.Stale, crm.ReasonUntagged)
		case group != 0 && !tag.comes() && p.chosen[choice{l.CustomerID, l.StaffID, group}]:
			b.verdict("link", crm.Conflict, crm.ReasonExclusive)
		default:
			p.add = append(p.add, l)
			p.choose(l, b.single())
			if !planned {
				b.verdict("link", crm.Relinked, "")
			}
		}
	}
	return nil
}

// takenOff reports whether somebody took a link off while an end of it lay in
// the bin that comes out of it now: a later decision than the snapshot. Mode
// exact is a later one still.
func (b *bringer) takenOff(l crm.Link, t *their, tag *end) (bool, error) {
	if b.o.Mode == ModeExact {
		return false, nil
	}
	for _, e := range []*end{&t.end, tag} {
		if e.fate != fateBin {
			continue
		}
		off, ok := b.off[e.from]
		if !ok {
			off = make(map[linkKey]bool)
			err := b.tx.RemovedAsleep(e.from, func(r store.Removal) error {
				if r.Kind == "link" && r.RunID >= 0 {
					off[linkKey{r.CustomerID, r.TagID, r.StaffID}] = true
				}
				return nil
			})
			if err != nil {
				return false, err
			}
			b.off[e.from] = off
		}
		if off[linkKey{l.CustomerID, l.TagID, l.StaffID}] {
			return true, nil
		}
	}
	return false, nil
}

// write carries a pass out. Links with an end that was not here need no record:
// an undo sends that end into the bin, and they sleep with it.
func (b *bringer) write(p *linkPass) error {
	b.act("links", p.fresh, p.drop, p.add)
	if err := b.j.dropLinks(p.drop); err != nil {
		return err
	}
	if err := b.j.addLinks(p.add); err != nil {
		return err
	}
	return b.tx.AddLinks(p.fresh)
}

// newerLinks takes away, in mode exact, the links of tags that were asked for on
// customers that had none then: the pass over the customers has not seen them.
func (b *bringer) newerLinks(ctx context.Context) error {
	if b.o.Mode != ModeExact || b.pick == nil {
		return nil
	}
	for _, id := range slices.Sorted(keys(b.pick.Tags())) {
		if e := b.tags[id]; e == nil || !e.live() {
			continue
		}
		if err := b.newerLinksOf(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (b *bringer) newerLinksOf(ctx context.Context, tag int64) error {
	for last := int64(0); ; {
		var page []crm.Link
		err := b.tx.Select(&page, `SELECT customer_id, tag_id, staff_id, tagged_at, tagged_by, run_id FROM link
			WHERE tag_id = ? AND customer_id > ? ORDER BY customer_id, staff_id LIMIT ?`, tag, last, maxLinks)
		if err != nil || len(page) == 0 {
			return err
		}
		end := page[len(page)-1].CustomerID
		if len(page) == maxLinks && page[0].CustomerID != end { // the last one may not be whole
			page = slices.DeleteFunc(page, func(l crm.Link) bool { return l.CustomerID == end })
		}
		then := make(map[linkKey]bool) // asleep or not
		first := page[0].CustomerID
		last = page[len(page)-1].CustomerID
		err = b.src.Range(ctx, "link", first, last, func(r snapshot.Row) error {
			if r.Int("tag_id") == tag {
				then[linkKey{r.Key(), tag, r.Int("staff_id")}] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
		awake := make(map[int64]bool)
		err = b.tx.Versions(crm.RefCustomer, customersOf(page), func(id, _, deletion int64) { awake[id] = deletion == 0 })
		if err != nil {
			return err
		}
		drop := slices.DeleteFunc(page, func(l crm.Link) bool {
			return !awake[l.CustomerID] || b.pick.Customer(l.CustomerID) || then[linkKey{l.CustomerID, l.TagID, l.StaffID}]
		})
		b.count("link", Removed, int64(len(drop)))
		b.act("links", drop)
		if err := b.j.dropLinks(drop); err != nil {
			return err
		}
	}
}
