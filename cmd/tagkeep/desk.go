package main

import (
	"context"

	"github.com/spf13/cobra"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// atDesk opens the database for what is done by hand, in the name of --as, and
// closes it behind fn. It finds out the company's time zone.
func (a *app) atDesk(cmd *cobra.Command, fn func(d *admin.Desk) error) error {
	db, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer db.Close()
	by, err := a.actor(cmd.Context(), db)
	if err != nil {
		return err
	}
	if a.zone, err = db.Meta().Location(); err != nil {
		return err
	}
	return fn(&admin.Desk{DB: db, By: by, Command: commandLine(cmd)})
}

// sight is what the one who acts may see of what belongs to the company as a
// whole: imports, totals.
type sight struct {
	by     int64
	all    bool // everybody's, not only their own
	masked bool // without phone numbers
}

// sight finds it out: the operator, super admins and auditors see everything.
func (a *app) sight(ctx context.Context, db *store.DB) (sight, error) {
	if a.as == "" {
		return sight{all: true}, nil
	}
	p, d, err := a.acting(ctx, db)
	if err != nil {
		return sight{}, err
	}
	if !d.Allowed {
		return sight{}, &admin.Refusal{Do: access.View, On: crm.ObjectAll, Decision: d}
	}
	return sight{by: p.ID, all: p.Role == crm.RoleSuper || p.Role == crm.RoleAuditor, masked: p.Role == crm.RoleAuditor}, nil
}

// actor is the person of --as, 0 for the operator. Somebody whose account is not
// active does nothing at all.
func (a *app) actor(ctx context.Context, db *store.DB) (int64, error) {
	if a.as == "" {
		return 0, nil
	}
	p, d, err := a.acting(ctx, db)
	if err != nil {
		return 0, err
	}
	if missing, refused := d.Refusal(); refused && missing.Code == access.AccountActive {
		return 0, &admin.Refusal{Do: access.View, On: crm.ObjectAll, Decision: d}
	}
	return p.ID, nil
}

// acting finds the person of --as, and whether they may look at anything at all.
func (a *app) acting(ctx context.Context, db *store.DB) (p crm.Staff, d access.Decision, err error) {
	err = (&admin.Desk{DB: db}).Look(ctx, func(_ *store.Tx, c *admin.Company) (err error) {
		if p, err = c.Person(a.as); err == nil {
			d = c.World.Decide(access.Question{Subject: p.ID, Do: access.View, On: access.Everything()})
		}
		return err
	})
	return p, d, err
}
