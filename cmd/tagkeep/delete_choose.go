package main

import (
	"context"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/filter"
	"tagkeep/internal/store"
	"tagkeep/recycle"
)

// choice is what a delete is about.
type choice struct {
	recycle.Selection
	customers  []string // what the first customers are called
	everything bool     // there is no more of the kind, for whoever acts
	list       *list    // the spreadsheet that it comes from, nil for none
}

// count is how many things are chosen.
func (c *choice) count() int { return len(c.Groups) + len(c.Tags) + len(c.Customers) }

func (c *choice) add(kind string, id int64) {
	switch kind {
	case crm.ObjectGroup:
		c.Groups = append(c.Groups, id)
	case crm.ObjectTag:
		c.Tags = append(c.Tags, id)
	default:
		c.Customers = append(c.Customers, id)
	}
}

// choose finds what the flags say.
func (a *app) choose(ctx context.Context, d *admin.Desk, f deleteFlags) (c *choice, err error) {
	c = &choice{}
	if f.file.path != "" {
		if c.list, err = a.openList(ctx, f); err != nil {
			return nil, err
		}
		defer c.list.close()
	}
	err = d.Look(ctx, func(tx *store.Tx, company *admin.Company) error {
		p := picker{a: a, tx: tx, company: company, by: d.By, f: f, c: c}
		return p.pick(ctx)
	})
	if err != nil {
		c.list.discard()
		return nil, err
	}
	return c, nil
}

// picker chooses in one transaction.
type picker struct {
	a       *app
	tx      *store.Tx
	company *admin.Company
	by      int64
	f       deleteFlags
	c       *choice
	where   *filter.Filter // nil = all
	there   int            // how many of the kind there are for whoever acts
}

func (p *picker) pick(ctx context.Context) (err error) {
	if p.f.condition != nil {
		if p.where, err = p.f.condition.Bind(p.company.Narrowed(), p.a.zone); err != nil {
			return err
		}
	}
	switch {
	case len(p.f.names) > 0:
		err = p.named()
	case p.c.list != nil:
		err = p.c.list.read(ctx, p)
	}
	if err != nil {
		return err
	}
	if p.f.kind == crm.RefCustomer {
		err = p.eachCustomer(ctx)
	} else {
		err = p.fromLibrary()
	}
	if err != nil {
		return err
	}
	p.c.everything = p.there > 0 && p.c.count() == p.there
	if p.f.kind == crm.RefCustomer {
		return p.nameCustomers()
	}
	return nil
}

// listed: what goes has been named one by one, and only the count of all is
// wanted.
func (p *picker) listed() bool { return len(p.f.names) > 0 || p.c.list != nil }

func (p *picker) named() error {
	had := make(map[int64]bool)
	for _, name := range p.f.names {
		id, err := p.find(norm.NFC.String(name))
		if err != nil {
			return err
		}
		if !had[id] {
			had[id] = true
			p.c.add(p.f.kind, id)
		}
	}
	return nil
}

func (p *picker) find(name string) (int64, error) {
	switch p.f.kind {
	case crm.ObjectGroup:
		g, err := p.company.Group(name, false)
		return g.ID, err
	case crm.ObjectTag:
		t, err := p.company.Tag(name, false)
		return t.ID, err
	}
	return p.company.Customer(p.tx, name)
}

// fromLibrary goes over the live groups or tags that whoever acts may see.
func (p *picker) fromLibrary() error {
	counts, err := p.tx.TagCounts()
	if err != nil {
		return err
	}
	groups, filled := make(map[int64]*crm.Group), make(map[int64]bool)
	for i := range p.company.Groups {
		groups[p.company.Groups[i].ID] = &p.company.Groups[i]
	}
	for i := range p.company.Tags {
		t := &p.company.Tags[i]
		if t.DeletionID != 0 || groups[t.GroupID].DeletionID != 0 {
			continue
		}
		filled[t.GroupID] = true
		if p.f.kind == crm.ObjectTag && p.company.Sees(access.Tag(t.ID)) {
			p.consider(t.ID, func() bool {
				return (p.where == nil || p.where.Tag(t, groups[t.GroupID], counts[t.ID])) && (!p.f.unused || counts[t.ID] == 0) && (!p.f.expired || p.past(t))
			})
		}
	}
	for _, g := range p.company.Groups {
		if p.f.kind == crm.ObjectGroup && g.DeletionID == 0 && p.company.Sees(access.Group(g.ID)) {
			p.consider(g.ID, func() bool { return (p.where == nil || p.where.Group(&g)) && (!p.f.unused || !filled[g.ID]) })
		}
	}
	return nil
}

// consider counts something that there is, and takes it when it fits.
func (p *picker) consider(id int64, fits func() bool) {
	p.there++
	if !p.listed() && fits() {
		p.c.add(p.f.kind, id)
	}
}

// past reports whether a tag's last day is over, on the company's calendar.
func (p *picker) past(t *crm.Tag) bool {
	return t.ExpiresOn != "" && t.ExpiresOn < time.UnixMilli(p.tx.Now).In(p.a.zone).Format(time.DateOnly)
}

// eachCustomer goes over the live customers that whoever acts may see. Only their
// ids are kept.
func (p *picker) eachCustomer(ctx context.Context) error {
	if p.listed() && p.by == 0 {
		n, _, err := p.tx.CountCustomers()
		p.there = int(n)
		return err
	}
	return p.tx.CustomerBatches(func(b *store.CustomerBatch) error {
		for i := range b.Customers {
			cu := &b.Customers[i]
			follows := b.Follows[cu.ID]
			if cu.DeletionID != 0 || !p.company.SeesCustomer(followers(follows)) {
				continue
			}
			p.consider(cu.ID, func() bool { return p.where == nil || p.where.Customer(cu, follows, b.Links[cu.ID]) })
		}
		return ctx.Err()
	})
}

func followers(follows []crm.Follow) []int64 {
	ids := make([]int64, len(follows))
	for i, f := range follows {
		ids[i] = f.StaffID
	}
	return ids
}

// shownCustomers is how many customers are named before they go.
const shownCustomers = 5

// nameCustomers says what the first customers are called.
func (p *picker) nameCustomers() error {
	first := slices.Clone(p.c.Customers[:min(len(p.c.Customers), shownCustomers)])
	ids := make([]any, len(first))
	for i, id := range first {
		ids[i] = id
	}
	if len(ids) == 0 {
		return nil
	}
	names := make(map[int64]string)
	err := p.tx.CustomersByKey("id", ids, func(c crm.Customer) {
		name := c.ExternalID
		if name == "" {
			name = numberOf("#", c.ID)
		}
		if c.Name != "" {
			name += p.a.t("（"+c.Name+"）", " ("+c.Name+")")
		}
		names[c.ID] = name
	})
	for _, id := range first {
		p.c.customers = append(p.c.customers, names[id])
	}
	return err
}
