package admin

import (
	"fmt"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// link gives the customers their tags, a batch at a time.
func (g *generator) link() error {
	if len(g.tagOf)+len(g.tagNamed) == 0 {
		return nil
	}
	return g.tx.CustomerBatches(func(b *store.CustomerBatch) error {
		var links []crm.Link
		for _, cu := range b.Customers {
			if cu.DeletionID != 0 {
				continue
			}
			links = g.missingLinks(links, cu, b)
		}
		if len(links) == 0 {
			return nil
		}
		if err := g.begin(); err != nil {
			return err
		}
		for i := range links {
			links[i].RunID = g.run.ID
		}
		g.done.Links += int64(len(links))
		return g.tx.AddLinks(links)
	})
}

// missingLinks adds the links that a customer should have and has not.
func (g *generator) missingLinks(links []crm.Link, cu crm.Customer, b *store.CustomerBatch) []crm.Link {
	add := func(tag, staff int64) {
		l := crm.Link{CustomerID: cu.ID, TagID: tag, StaffID: staff, TaggedAt: g.tx.Now, TaggedBy: g.d.By}
		if !slices.ContainsFunc(b.Links[cu.ID], func(o crm.Link) bool { return o.TagID == tag && o.StaffID == staff }) {
			links = append(links, l)
		}
	}
	if tag, ok := g.tagNamed[regionOf(cu)]; ok {
		add(tag, 0)
	}
	for _, f := range b.Follows[cu.ID] {
		for _, dept := range g.c.StaffDepartments[f.StaffID] {
			if tag, ok := g.tagOf[dept]; ok {
				add(tag, f.StaffID)
			}
		}
	}
	return links
}

// finish writes what the run made and that it is done.
func (g *generator) finish() error {
	ranges := slices.Concat(idRanges(store.SeqGroup, g.groups), idRanges(store.SeqTag, g.tags))
	if err := g.tx.SaveCreated(g.run.ID, ranges); err != nil {
		return fmt.Errorf("save what was generated: %w", err)
	}
	g.run.Status, g.run.AtEnd, g.run.EndedAt = crm.RunDone, true, g.tx.Now
	g.run.Created, g.run.LinksAdded = int64(g.done.Groups+g.done.Tags), g.done.Links
	g.run.Read = g.run.Created
	return g.tx.SaveRun(&g.run)
}

// idRanges are ids, ascending, as ranges without gaps.
func idRanges(kind store.Sequence, ids []int64) []store.IDRange {
	var out []store.IDRange
	for _, id := range ids {
		if n := len(out); n > 0 && out[n-1].Last == id-1 {
			out[n-1].Last = id
			continue
		}
		out = append(out, store.IDRange{Kind: string(kind), First: id, Last: id})
	}
	return out
}
