package recycle

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// turnImages puts back what a batch of images holds, which come from the last to
// the first.
func (u *runUndo) turnImages(batch []store.Change) error {
	if err := u.permitCustomers(batch); err != nil {
		return err
	}
	if err := u.turnLinks(batch); err != nil {
		return err
	}
	for _, c := range batch {
		var err error
		switch c.Kind {
		case crm.ImageCustomer:
			err = putBack(u, "customer", []int64{c.ItemID}, c, (*crm.Customer).Digest)
		case crm.ImageGroup:
			err = putBack(u, "tag_group", []int64{c.ItemID}, c, (*crm.Group).Digest)
		case crm.ImageTag:
			err = putBack(u, "tag", []int64{c.ItemID}, c, (*crm.Tag).Digest)
		case crm.ImageFollow:
			err = u.putFollow(c)
		case crm.ImageGrant:
			err = u.putGrant(c)
		case crm.ImageStaff:
			err = u.putStaff(c)
		}
		if err != nil {
			return fmt.Errorf("%s #%d: %w", c.Kind, c.ItemID, err)
		}
	}
	return nil
}

// putBack makes a row what its image says, unless somebody has changed it since.
func putBack[T any](u *runUndo, table string, key []int64, c store.Change, digest func(*T) string) error {
	p := place{c.Kind, c.ItemID, c.StaffID}
	if u.left[p] {
		return nil
	}
	t := store.TableNamed(table)
	now, err := u.tx.ImageOf(t, key...)
	if err != nil {
		return err
	}
	if now == nil {
		u.leave(p, NoteGone, u.written(c.Kind, c.ItemID, nil))
		return nil
	}
	var is, was T
	if err := errors.Join(t.Read(now, &is), json.Unmarshal([]byte(c.Before), &was)); err != nil {
		return err
	}
	name := u.written(c.Kind, c.ItemID, &is)
	if i := slices.Index(t.Columns, "deletion_id"); i >= 0 && *now[i] != "0" {
		u.leave(p, NoteInBin, name)
		return nil
	}
	if digest(&is) != c.After || u.homeless(&was) {
		u.leave(p, NoteChangedSince, name)
		return nil
	}
	return u.putImage(p, name, func() error { return u.j.turn(table, key, now, t.With(now, was)) })
}

// homeless: a group is not given back to a department that is gone.
func (u *runUndo) homeless(was any) bool {
	g, ok := was.(*crm.Group)
	return ok && g.DepartmentID != 0 && !u.departments[g.DepartmentID]
}

// putImage writes rows of one thing; it is left as it is where a name or key of
// it has been taken since.
func (u *runUndo) putImage(p place, name string, write func() error) error {
	err := u.tx.Savepoint(write)
	if errors.Is(err, store.ErrRefused) {
		u.leave(p, NoteKeyTaken, name)
		return nil
	}
	if err != nil {
		return err
	}
	u.out.Rows++
	if p.kind == crm.ImageGroup || p.kind == crm.ImageTag { // customers are too many to remember
		u.edited[p] = true
	}
	return nil
}

// written names a thing as commands do, with a customer's name behind the id.
func (u *runUndo) written(kind string, id int64, row any) string {
	switch kind {
	case crm.ObjectGroup:
		return u.world.Written(access.Group(id))
	case crm.ObjectTag:
		return u.world.Written(access.Tag(id))
	case crm.ImageStaff:
		for _, s := range u.company.Staff {
			if s.ID == id {
				return "staff:" + s.UserID
			}
		}
		return "staff:#" + itoa(id)
	case crm.RefDepartment:
		return "department:" + u.world.Path(id)
	case crm.ImageGrant:
		return "grant:#" + itoa(id)
	}
	name := ""
	if c, ok := row.(*crm.Customer); ok {
		name = c.Name
	}
	return strings.TrimSpace("customer:#" + itoa(id) + " " + name)
}

// putFollow puts back what a member noted, or takes away a follower that the run
// added.
func (u *runUndo) putFollow(c store.Change) error {
	key := []int64{c.ItemID, c.StaffID}
	if c.Before != "" {
		return putBack(u, "customer_staff", key, c, (*crm.Follow).Digest)
	}
	p := place{c.Kind, c.ItemID, c.StaffID}
	t := store.TableNamed("customer_staff")
	now, err := u.tx.ImageOf(t, key...)
	if err != nil || now == nil || u.left[p] {
		return err
	}
	var is crm.Follow
	if err := t.Read(now, &is); err != nil {
		return err
	}
	name := u.written(crm.RefCustomer, c.ItemID, nil) + " " + u.written(crm.ImageStaff, c.StaffID, nil)
	if is.Digest() != c.After {
		u.leave(p, NoteChangedSince, name)
		return nil
	}
	used, err := u.taggedSince(c.ItemID, c.StaffID)
	if err != nil {
		return err
	}
	if used {
		u.leave(p, NoteInUse, name)
		return nil
	}
	return u.putImage(p, name, func() error { return u.j.row(t.Name, key, nil) })
}

// taggedSince reports whether a pair has got tags that are not the run's.
func (u *runUndo) taggedSince(customer, staff int64) (used bool, err error) {
	var list []crm.Link
	err = u.tx.LinksOf([]any{customer}, func(l crm.Link) {
		if l.StaffID == staff && l.RunID != u.run.ID && !u.created(store.SeqTag, l.TagID) {
			list = append(list, l)
		}
	})
	for _, l := range list {
		newer, nerr := u.newer(l)
		used, err = used || newer, errors.Join(err, nerr)
	}
	return used, err
}

// newer reports whether a link came into being after the run began. One that a
// merge or a restore made may have an older time: then the event's counts.
func (u *runUndo) newer(l crm.Link) (bool, error) {
	if l.RunID >= 0 || l.TaggedAt > u.run.StartedAt {
		return l.TaggedAt > u.run.StartedAt, nil
	}
	d, err := u.tx.Deletion(-l.RunID)
	if errors.Is(err, store.ErrGone) {
		return false, nil
	}
	return d.CreatedAt > u.run.StartedAt, err
}

// putGrant makes a grant stand again that the run revoked.
func (u *runUndo) putGrant(c store.Change) error {
	var was crm.Grant
	if err := json.Unmarshal([]byte(c.Before), &was); err != nil {
		return err
	}
	if err := u.permitGrant(&was); err != nil {
		return err
	}
	before := u.out.Rows
	if err := putBack(u, "access_grant", []int64{c.ItemID}, c, (*crm.Grant).Digest); err != nil || u.out.Rows == before {
		return err
	}
	return u.forgetRevocation(c.ItemID)
}

// forgetRevocation takes back what says that a grant was revoked while it slept.
func (u *runUndo) forgetRevocation(grant int64) error {
	t := store.TableNamed("sleeping_removal")
	var ids []int64
	err := u.tx.Images(t, "kind = 'grant' AND grant_id = ?", []any{grant}, func(m store.Image) error {
		var r struct {
			ID int64 `db:"id"`
		}
		err := t.Read(m, &r)
		ids = append(ids, r.ID)
		return err
	})
	for i := range ids {
		err = errors.Join(err, u.j.row(t.Name, ids[i:i+1], nil))
	}
	return err
}

// revokeCreated ends the grants that the run gave.
func (u *runUndo) revokeCreated() error {
	in := make(map[int64]int64) // tag -> group
	lies := make(map[Thing]int64)
	for _, g := range u.company.Groups {
		lies[Thing{crm.ObjectGroup, g.ID}] = g.DeletionID
	}
	for _, t := range u.company.Tags {
		in[t.ID] = t.GroupID
		lies[Thing{crm.ObjectTag, t.ID}] = t.DeletionID
		if t.DeletionID == 0 {
			lies[Thing{crm.ObjectTag, t.ID}] = lies[Thing{crm.ObjectGroup, t.GroupID}]
		}
	}
	for i := range u.company.Grants {
		g := &u.company.Grants[i]
		if g.RevokedAt != 0 || !u.created(store.SeqGrant, g.ID) {
			continue
		}
		if err := u.permitGrant(g); err != nil {
			return err
		}
		err := u.j.edit("access_grant", g.ID, map[string]string{"revoked_at": itoa(u.tx.Now), "revoked_by": itoa(u.o.By),
			"revoke_reason": u.own.Label() + ": R" + itoa(u.run.ID), "version": itoa(g.Version + 1)})
		if err != nil {
			return err
		}
		u.out.Grants++
		if err := u.noteRevoked(g.ID, lies[Thing{g.ObjectKind, g.ObjectID}]); err != nil {
			return err
		}
	}
	return nil
}

// noteRevoked says, of a grant that sleeps, that it was revoked on purpose.
func (u *runUndo) noteRevoked(grant, deletion int64) error {
	if deletion == 0 {
		return nil
	}
	id, err := u.tx.NextIDs(store.SeqRemoval, 1)
	if err != nil {
		return err
	}
	t := store.TableNamed("sleeping_removal")
	m := make(store.Image, len(t.Columns))
	for i := range m {
		zero := "0"
		m[i] = &zero
	}
	for column, text := range map[string]string{"id": itoa(id), "deletion_id": itoa(deletion), "kind": "grant", "grant_id": itoa(grant),
		"at": itoa(u.tx.Now), "by_id": itoa(u.o.By)} {
		m[t.At(column)] = &text
	}
	return u.j.row(t.Name, []int64{id}, m)
}
