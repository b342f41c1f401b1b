package admin

import (
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Sees reports whether whoever acts may see the object, be it in the recycle bin
// or not.
func (c *Company) Sees(o access.Object) bool { return c.seen(o) }

// SeesCustomer reports whether whoever acts may view a customer whom these
// people follow.
func (c *Company) SeesCustomer(followers []int64) bool {
	return c.by == 0 || c.World.Allowed(access.Question{Subject: c.by, Do: access.View, On: access.Everything(), Customer: &access.Customer{Live: true, Followers: followers}})
}

// Customer finds a live customer by external id or #id, of those that whoever
// acts may see.
func (c *Company) Customer(tx *store.Tx, text string) (int64, error) {
	if refusal := c.unable(text); refusal != nil {
		return 0, refusal
	}
	id, err := c.customer(tx, text)
	if err != nil {
		return 0, err
	}
	customer, err := customerByID(tx, id)
	if err != nil {
		return 0, err
	}
	missing := &NotFound{Kind: crm.RefCustomer, Written: text}
	switch {
	case !c.SeesCustomer(customer.Followers):
		return 0, missing
	case !customer.Live:
		if c.Events.Holds(customer.DeletionID) {
			missing.Deletion = c.Events.Label(customer.DeletionID)
		}
		return 0, missing
	}
	return id, nil
}

// May is what keeps whoever acts from doing something to an object or customer,
// nil when nothing does.
func (c *Company) May(do access.Action, o access.Object, customer *access.Customer) *access.Decision {
	if c.by == 0 {
		return nil
	}
	q := access.Question{Subject: c.by, Do: do, On: o, Customer: customer}
	if c.World.Allowed(q) {
		return nil
	}
	d := c.World.Decide(q)
	return &d
}

// Narrowed is the company without the tags, tag groups and people that whoever
// acts may not see, so that a condition cannot ask about them. A hidden group
// stays for the sake of a tag in it that is not.
func (c *Company) Narrowed() crm.Company {
	if c.by == 0 {
		return c.Company
	}
	out, groups := c.Company, make(map[int64]bool)
	out.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(t crm.Tag) bool {
		seen := c.seen(access.Tag(t.ID))
		groups[t.GroupID] = groups[t.GroupID] || seen
		return !seen
	})
	out.Groups = slices.DeleteFunc(slices.Clone(c.Groups), func(g crm.Group) bool { return !groups[g.ID] && !c.seen(access.Group(g.ID)) })
	out.Staff = slices.DeleteFunc(slices.Clone(c.Staff), func(p crm.Staff) bool { return p.ID != c.by && !c.oversees(p.ID) })
	return out
}
