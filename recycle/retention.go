package recycle

import (
	"context"
	"fmt"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// SetRetention changes for how many days things stay in the bin that are deleted
// from now on. ErrSuperOnly when by is neither the operator nor a super admin.
func SetRetention(ctx context.Context, db *store.DB, days, by int64, command string) error {
	return db.InTx(ctx, nil, func(tx *store.Tx) error {
		if err := superOnly(tx, by); err != nil {
			return err
		}
		before, err := tx.Retention()
		if err != nil || before == days {
			return err
		}
		if err := tx.SetRetention(days); err != nil {
			return err
		}
		return tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: by, Action: "recycle.retention", Command: command,
			Detail: fmt.Sprintf(`{"before":%d,"after":%d}`, before, days)})
	})
}

// superOnly: what cannot be taken back is for super admins and the operator.
func superOnly(tx *store.Tx, by int64) error {
	if by == 0 {
		return nil
	}
	company, err := tx.Company()
	if err != nil {
		return err
	}
	super := slices.ContainsFunc(company.Staff, func(s crm.Staff) bool { return s.ID == by && s.Role == crm.RoleSuper })
	if d := access.New(company).Decide(access.Question{Subject: by, Do: access.Delete, On: access.Everything()}); super && !d.Allowed {
		return &Refusal{Do: access.Delete, On: access.Everything(), Decision: d}
	}
	if !super {
		return ErrSuperOnly
	}
	return nil
}
