// Package admin changes by hand what belongs to a company's order: its tag
// library, its directory, and who may do what. Each operation is one
// transaction: it is asked of package access first, does all or nothing, and
// leaves one row in the audit log with what was before and what is after. Lists
// and statistics tell what whoever asks may see, and leave nothing.
//
// It does not delete tags or groups (package recycle does) and prints nothing.
package admin

import (
	"context"
	"encoding/json"
	"fmt"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Desk is where one person, or the operator, works on a company. It may be used
// by one goroutine at a time.
type Desk struct {
	DB *store.DB
	// By is the person who acts, by staff id; 0 = the operator, who may do
	// everything.
	By int64
	// Command is what the audit log says was run.
	Command string
}

// Look reads the company and asks fn. Nothing is written.
func (d *Desk) Look(ctx context.Context, fn func(tx *store.Tx, c *Company) error) error {
	return d.DB.View(ctx, func(tx *store.Tx) error {
		c, err := d.read(tx)
		if err != nil {
			return err
		}
		return fn(tx, c)
	})
}

// entry is what an operation writes into the audit log.
type entry struct {
	action string // as "group.create": its first word is the kind of thing
	object string // as commands write it
	detail any    // before and after, counts
	run    int64  // the run that it stands under, 0 for none
}

// change runs one operation. fn is run again where the transaction has to be:
// it must keep nothing of an earlier call. A nil entry says that there was
// nothing to change.
func (d *Desk) change(ctx context.Context, fn func(tx *store.Tx, c *Company) (*entry, error)) error {
	return d.DB.InTx(ctx, nil, func(tx *store.Tx) error {
		c, err := d.read(tx)
		if err != nil {
			return err
		}
		e, err := fn(tx, c)
		if err != nil || e == nil {
			return err
		}
		detail, err := json.Marshal(e.detail)
		if err != nil {
			return fmt.Errorf("encode the audit row of %s: %w", e.action, err)
		}
		return tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: d.By, Action: e.action, Object: e.object, RunID: e.run,
			Command: d.Command, Detail: string(detail)})
	})
}

// Company is a company as read in one transaction: the facts, the world made of
// them, and names.
type Company struct {
	crm.Company
	World *access.World
	names names
	by    int64 // for whom things are looked up
}

func (d *Desk) read(tx *store.Tx) (*Company, error) {
	facts, err := tx.Company()
	if err != nil {
		return nil, err
	}
	return &Company{Company: facts, World: access.New(facts), names: newNames(facts), by: d.By}, nil
}

// seen reports whether whoever acts may see the object, be it in the bin or not.
// What they may not see does not exist for them: names do not find it, nor do
// errors suggest it. Giving does not take 客户联系, so who may give sees too.
func (c *Company) seen(o access.Object) bool {
	return c.by == 0 || c.World.Decide(access.Question{Subject: c.by, Do: access.View, On: o}).Seen() ||
		c.World.Allowed(access.Question{Subject: c.by, Do: access.Give, On: o})
}

// unable is the refusal of somebody who lacks what everything takes, an active
// account or 客户联系; nil for all others. It is the same for every object, and
// so gives none away.
func (c *Company) unable(written string) *Refusal {
	if c.by == 0 {
		return nil
	}
	d := c.World.Decide(access.Question{Subject: c.by, Do: access.View, On: access.Everything()})
	step, failed := d.Refusal()
	if !failed || step.Code != access.AccountActive && step.Code != access.CustomerContact {
		return nil
	}
	return &Refusal{Do: access.View, On: written, Decision: d}
}

// may refuses, with a *Refusal, what the one who acts may not do. What they may
// not see is answered like what does not exist, with a *NotFound.
func (d *Desk) may(c *Company, do access.Action, on access.Object, written string) error {
	decision := c.World.Decide(access.Question{Subject: d.By, Do: do, On: on})
	switch {
	case decision.Allowed:
		return nil
	case d.By != 0 && !decision.Seen():
		return c.missing(on.Kind, written)
	}
	return &Refusal{Do: do, On: written, Decision: decision}
}
