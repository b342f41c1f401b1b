package admin

import (
	"context"
	"errors"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// overseer reports whether whoever acts may look at everybody's permissions.
func (c *Company) overseer() bool {
	p := c.names.byStaff[c.by]
	return c.by == 0 || p.Status == crm.StatusActive && (p.Role == crm.RoleSuper || p.Role == crm.RoleAuditor)
}

// oversees reports whether whoever acts may look at this person's permissions.
func (c *Company) oversees(staff int64) bool {
	if staff == c.by || c.overseer() {
		return true
	}
	p := c.names.byStaff[c.by]
	return p.Role == crm.RoleDeptAdmin && c.World.Follows(c.by, []int64{staff})
}

// about finds the person that is asked about. Everybody may ask about
// themselves, admins about their people; others are told the same of those who
// exist as of those who do not.
func (c *Company) about(user string) (crm.Staff, error) {
	if user == "" && c.by == 0 {
		return crm.Staff{}, unfit("USAGE", "缺少 --user", "--user is missing", "写明是哪个员工：--user 账号", "say whom it is about: --user ACCOUNT")
	}
	if user == "" {
		return c.names.byStaff[c.by], nil
	}
	p, err := c.Person(user)
	switch {
	case c.overseer(), err == nil && c.oversees(p.ID):
		return p, err
	case c.names.byStaff[c.by].Role == crm.RoleDeptAdmin:
		return crm.Staff{}, &NotFound{Kind: crm.RefStaff, Written: user}
	}
	return crm.Staff{}, unfit("NOT_ALLOWED", "只能查询自己的权限", "you may ask about yourself only",
		"把 --user 写成自己的账号，或者请管理员查询", "give your own account as --user, or ask an admin")
}

// asked is a question with what it was made of.
type asked struct {
	access.Question
	customerID int64
}

// question looks everything up that somebody asks. The object must be one that
// whoever acts may see; one in the recycle bin is found too.
func (d *Desk) question(tx *store.Tx, c *Company, user string, do access.Action, on, customer string) (asked, crm.Staff, error) {
	who, err := c.about(user)
	if err != nil {
		return asked{}, who, err
	}
	q := asked{Question: access.Question{Subject: who.ID, Do: do}}
	if q.On, err = c.Object(on, true); err != nil {
		return q, who, err
	}
	if customer == "" {
		return q, who, nil
	}
	q.customerID, err = c.customer(tx, customer)
	if err != nil {
		return q, who, err
	}
	q.Customer, err = customerByID(tx, q.customerID)
	return q, who, err
}

// customer finds a customer by external id or #id, a live one before those in
// the recycle bin.
func (c *Company) customer(tx *store.Tx, text string) (int64, error) {
	missing := &NotFound{Kind: crm.RefCustomer, Written: text}
	r, err := crm.ParseRef(text, crm.RefCustomer)
	if err != nil || r.Kind != crm.RefCustomer {
		return 0, missing
	}
	column, value := "id", any(r.ID)
	if r.ID == 0 {
		column, value = store.KeyExternalID, last(r.Names)
	}
	var found crm.Customer
	err = tx.CustomersByKey(column, []any{value}, func(one crm.Customer) {
		if found.ID == 0 || one.DeletionID == 0 || found.DeletionID != 0 && one.DeletionID > found.DeletionID {
			found = one
		}
	})
	if err != nil {
		return 0, err
	}
	if found.ID == 0 {
		return 0, missing
	}
	return found.ID, nil
}

// customerByID is what a decision needs of a customer.
func customerByID(tx *store.Tx, id int64) (*access.Customer, error) {
	q := &access.Customer{}
	err := tx.CustomersByKey("id", []any{id}, func(one crm.Customer) {
		q.Live, q.DeletionID = one.DeletionID == 0, one.DeletionID
	})
	if err != nil {
		return nil, err
	}
	q.Followers, err = tx.FollowersOf(id)
	return q, err
}

// Check is the answer to a question about access.
type Check struct {
	Allowed bool
	Chain   []access.Step
	Request func(crm.Lang) string // the command that asks for what is missing, "" where that is no use
	Until   int64                 // what is allowed by a temporary grant ends then, 0 otherwise
	Now     int64
}

// Check answers whether somebody may do something, and why not.
func (d *Desk) Check(ctx context.Context, user string, do access.Action, on, customer string) (check Check, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		q, who, err := d.question(tx, c, user, do, on, customer)
		// Whoever lacks what everything takes is told so, and nothing of the object.
		var refusal *Refusal
		if errors.As(err, &refusal) && who.ID == d.By {
			check = Check{Chain: tillFailed(refusal.Decision.Chain), Request: said("", ""), Now: tx.Now}
			return nil
		}
		if err != nil {
			return err
		}
		decision := c.World.Decide(q.Question)
		check = Check{Allowed: decision.Allowed, Chain: decision.Chain, Request: decision.Request, Now: tx.Now}
		if check.Allowed && slices.ContainsFunc(check.Chain, func(s access.Step) bool { return s.Lifted }) {
			check.Until = c.ends(q.Question)
		}
		return nil
	})
	return check, err
}

func tillFailed(chain []access.Step) []access.Step {
	for i, s := range chain {
		if !s.OK {
			return chain[:i+1]
		}
	}
	return chain
}

// ends is when the grant that allows it ends.
func (c *Company) ends(q access.Question) int64 {
	for _, p := range c.World.Who(q.On, q.Do) {
		if p.ID == q.Subject {
			return p.Until
		}
	}
	return 0
}
