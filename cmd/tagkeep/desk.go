package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
	"tagkeep/internal/store"
)

// desk opens the database for what is done by hand, in the name of --as. The
// desk's database must be closed.
func (a *app) desk(cmd *cobra.Command) (*admin.Desk, error) {
	db, err := a.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	by, err := a.actor(cmd.Context(), db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &admin.Desk{DB: db, By: by, Command: commandLine(cmd)}, nil
}

// actor is the person of --as, 0 for the operator.
func (a *app) actor(ctx context.Context, db *store.DB) (int64, error) {
	if a.as == "" {
		return 0, nil
	}
	var id int64
	err := (&admin.Desk{DB: db}).Look(ctx, func(_ *store.Tx, c *admin.Company) error {
		p, err := c.Person(a.as)
		id = p.ID
		return err
	})
	return id, err
}
