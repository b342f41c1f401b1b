package store

import (
	"database/sql"
	"errors"
	"fmt"

	"tagkeep/internal/crm"
)

const grantColumns = `id, subject_kind, subject_id, subject_role, with_sub, object_kind, object_id, level, starts_at, ends_at, reason,
	request_id, event_id, created_at, created_by, revoked_at, revoked_by, revoke_reason, version`

const requestColumns = "id, staff_id, action, object_kind, object_id, customer_id, level, reason, starts_at, ends_at, state, created_at, decided_at, decided_by, answer"

// Grants lists all grants by id: those that sleep, have ended or are revoked
// too.
func (tx *Tx) Grants() ([]crm.Grant, error) {
	var out []crm.Grant
	err := tx.Select(&out, "SELECT "+grantColumns+" FROM access_grant ORDER BY id")
	return out, err
}

// Grant reads one grant, revoked or not; ErrGone when there is none.
func (tx *Tx) Grant(id int64) (crm.Grant, error) {
	var g crm.Grant
	err := tx.Get(&g, "SELECT "+grantColumns+" FROM access_grant WHERE id = ?", id)
	return g, goneIfNone("grant", id, err)
}

// goneIfNone makes ErrGone of a reading that found no row.
func goneIfNone(what string, id int64, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s %d: %w", what, id, ErrGone)
	}
	return err
}

// CreateGrants stores new grants, which stand, under the ids they have.
// ErrRefused when one of them is temporary and lasts longer than
// crm.MaxTemporaryMillis; then none is stored.
func (tx *Tx) CreateGrants(grants []crm.Grant) error {
	rows := make([][]any, len(grants))
	for i, g := range grants {
		rows[i] = []any{g.ID, g.SubjectKind, g.SubjectID, g.SubjectRole, bit(g.WithSub), g.ObjectKind, g.ObjectID, string(g.Level), g.StartsAt, g.EndsAt, g.Reason,
			g.RequestID, g.EventID, g.CreatedAt, g.CreatedBy}
	}
	return tx.Insert("access_grant", []string{"id", "subject_kind", "subject_id", "subject_role", "with_sub", "object_kind", "object_id", "level", "starts_at", "ends_at", "reason",
		"request_id", "event_id", "created_at", "created_by"}, rows)
}

// RevokeGrant ends a grant for good; by is who does it, 0 for the operator.
// When the grant sleeps, the restore that would wake it is told that it was
// revoked on purpose. ErrGone when there is no such grant or it is revoked
// already.
func (tx *Tx) RevokeGrant(id, by int64, reason string) error {
	g, err := tx.Grant(id)
	if err != nil {
		return err
	}
	err = tx.one("revoke grant", "UPDATE access_grant SET revoked_at = ?, revoked_by = ?, revoke_reason = ?, version = version + 1 WHERE id = ? AND revoked_at = 0",
		tx.Now, by, reason, id)
	if err != nil {
		return err
	}
	deletion, err := tx.deletionOf(g.ObjectKind, g.ObjectID)
	if err != nil || deletion == 0 {
		return err
	}
	removal, err := tx.NextIDs(SeqRemoval, 1)
	if err != nil {
		return err
	}
	return tx.Insert("sleeping_removal", []string{"id", "deletion_id", "kind", "grant_id", "at", "by_id"},
		[][]any{{removal, deletion, "grant", id, tx.Now, by}})
}

// deletionOf is the deletion event that an object of a grant is in the bin
// with, 0 when it is live or not there at all. A tag's own comes before its
// group's: without it the tag would stay in the bin when the group comes back.
func (tx *Tx) deletionOf(kind string, id int64) (int64, error) {
	var query string
	switch kind {
	case crm.ObjectTag:
		query = `SELECT CASE WHEN t.deletion_id <> 0 THEN t.deletion_id ELSE g.deletion_id END
			FROM tag t JOIN tag_group g ON g.id = t.group_id WHERE t.id = ?`
	case crm.ObjectGroup:
		query = "SELECT deletion_id FROM tag_group WHERE id = ?"
	default:
		return 0, nil
	}
	var deletion int64
	err := tx.Get(&deletion, query, id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return deletion, err
}

// CreateRequest stores a new request, which is open, and gives it its id and
// time.
func (tx *Tx) CreateRequest(r *crm.Request) error {
	id, err := tx.NextIDs(SeqRequest, 1)
	if err != nil {
		return err
	}
	r.ID, r.CreatedAt, r.State = id, tx.Now, crm.RequestOpen
	r.DecidedAt, r.DecidedBy, r.Answer = 0, 0, ""
	return tx.Insert("access_request", []string{"id", "staff_id", "action", "object_kind", "object_id", "customer_id", "level", "reason", "starts_at", "ends_at", "state", "created_at"},
		[][]any{{r.ID, r.StaffID, r.Action, r.ObjectKind, r.ObjectID, r.CustomerID, string(r.Level), r.Reason, r.StartsAt, r.EndsAt, r.State, r.CreatedAt}})
}

// Requests lists the requests in a state by id; all of them when it is "".
func (tx *Tx) Requests(state string) ([]crm.Request, error) {
	var out []crm.Request
	query, args := "SELECT "+requestColumns+" FROM access_request", []any(nil)
	if state != "" {
		query, args = query+" WHERE state = ?", []any{state}
	}
	err := tx.Select(&out, query+" ORDER BY id", args...)
	return out, err
}

// Request reads one request; ErrGone when there is none.
func (tx *Tx) Request(id int64) (crm.Request, error) {
	var r crm.Request
	err := tx.Get(&r, "SELECT "+requestColumns+" FROM access_request WHERE id = ?", id)
	return r, goneIfNone("request", id, err)
}

// DecideRequest answers an open request; state is crm.RequestApproved or
// crm.RequestDenied, anything else is ErrRefused. ErrGone when there is no such
// request or it is decided already. The grant is the caller's to make.
func (tx *Tx) DecideRequest(id int64, state string, by int64, answer string) error {
	if state != crm.RequestApproved && state != crm.RequestDenied {
		return fmt.Errorf("decide request %d: %q is no decision: %w", id, state, ErrRefused)
	}
	return tx.one("decide request", "UPDATE access_request SET state = ?, decided_at = ?, decided_by = ?, answer = ? WHERE id = ? AND state = 'open'",
		state, tx.Now, by, answer, id)
}

// FollowersOf lists by id the people who follow a customer, be it live or in
// the bin.
func (tx *Tx) FollowersOf(customerID int64) ([]int64, error) {
	var out []int64
	err := tx.Select(&out, "SELECT staff_id FROM customer_staff WHERE customer_id = ? ORDER BY staff_id", customerID)
	return out, err
}

// Company reads the directory, the tag library with what is in the bin, and all
// grants, by the transaction's clock.
func (tx *Tx) Company() (c crm.Company, err error) {
	c.Now = tx.Now
	for _, step := range []func() error{
		func() (err error) { c.Departments, err = tx.Departments(); return },
		func() (err error) { c.Staff, err = tx.Staff(); return },
		func() (err error) { c.StaffDepartments, err = tx.StaffDepartments(); return },
		func() (err error) { c.Groups, err = tx.Groups(WithBin); return },
		func() (err error) { c.Tags, err = tx.Tags(WithBin); return },
		func() (err error) { c.Grants, err = tx.Grants(); return },
		func() (err error) { c.Events, err = tx.Events(); return },
	} {
		if err := step(); err != nil {
			return c, fmt.Errorf("read the company: %w", err)
		}
	}
	return c, nil
}
