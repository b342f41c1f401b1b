// Package admin changes by hand what belongs to a company's order: its tag
// library, its directory, and who may do what. Each operation is one
// transaction: it is asked of package access first, does all or nothing, and
// leaves one row in the audit log with what was before and what is after.
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
		c, err := read(tx)
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
}

// change runs one operation. fn is run again where the transaction has to be:
// it must keep nothing of an earlier call. A nil entry says that there was
// nothing to change.
func (d *Desk) change(ctx context.Context, fn func(tx *store.Tx, c *Company) (*entry, error)) error {
	return d.DB.InTx(ctx, nil, func(tx *store.Tx) error {
		c, err := read(tx)
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
		return tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: d.By, Action: e.action, Object: e.object,
			Command: d.Command, Detail: string(detail)})
	})
}

// Company is a company as read in one transaction: the facts, the world made of
// them, and names.
type Company struct {
	crm.Company
	World *access.World
	names names
}

func read(tx *store.Tx) (*Company, error) {
	facts, err := tx.Company()
	if err != nil {
		return nil, err
	}
	return &Company{Company: facts, World: access.New(facts), names: newNames(facts)}, nil
}

// may refuses, with a *Refusal, what the one who acts may not do. What they may
// not see is answered like what does not exist, with a *NotFound.
func (d *Desk) may(c *Company, do access.Action, on access.Object, written string) error {
	decision := c.World.Decide(access.Question{Subject: d.By, Do: do, On: on})
	switch {
	case decision.Allowed:
		return nil
	case d.By != 0 && !decision.Seen():
		return &NotFound{Kind: on.Kind, Written: written}
	}
	return &Refusal{Do: do, On: written, Decision: decision}
}
