package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// What a run leaves for an undo is enough: its before-images, from the last to
// the first, and its ranges of created things give back exactly what was there,
// and each digest is that of what the run made.
func TestRandomUndo(t *testing.T) {
	b := newBenches(t)
	checks(t, 40, func(rt *rapid.T) {
		c := randomCases(crm.Customers, crm.Customers, crm.Tags, crm.People, crm.Grants).Draw(rt, "case")
		s := rapid.SampledFrom(b.sides).Draw(rt, "side")
		seed(b.t, s.db, c.have)
		before := storetest.State(b.t, s.db)
		c.opts.Chunk = rapid.SampledFrom([]int{1, 3, 1000}).Draw(rt, "chunk")
		res := b.run(rt, s.db, b.file(c), c.kind, c.opts, 3, true)
		storetest.Write(b.t, s.db, func(tx *store.Tx) error {
			u := &undo{tx: tx}
			if err := u.run(res.Run); err != nil {
				rt.Fatalf("%s: %v", s.name, err)
			}
			return nil
		})
		after := storetest.State(b.t, s.db)
		if after != before {
			rt.Fatalf("%s: undone %s: another state: %+v, was %+v\n%s", s.name, ledgerText(res.Rows), after, before, dump(b.t, s.db))
		}
	})
}

// undo takes a run back by hand.
type undo struct{ tx *store.Tx }

func (u *undo) run(id int64) error {
	type change struct {
		Kind    string `db:"kind"`
		ItemID  int64  `db:"item_id"`
		StaffID int64  `db:"staff_id"`
		Before  string `db:"before_image"`
		After   string `db:"after_digest"`
	}
	var changes []change
	if err := u.tx.Select(&changes, "SELECT kind, item_id, staff_id, before_image, after_digest FROM import_change WHERE run_id = ? ORDER BY seq DESC", id); err != nil {
		return err
	}
	ranges, err := u.tx.CreatedBy(id)
	if err != nil {
		return err
	}
	// New customers go first: one may have a key that an old one gets back.
	for _, r := range ranges {
		if r.Kind == string(store.SeqCustomer) {
			err = errors.Join(err, u.remove(r))
		}
	}
	for _, c := range changes {
		if err := u.change(c.Kind, c.ItemID, c.StaffID, []byte(c.Before), c.After); err != nil {
			return fmt.Errorf("%s #%d: %w", c.Kind, c.ItemID, err)
		}
	}
	for _, r := range slices.Backward(ranges) { // children go first
		err = errors.Join(err, u.remove(r))
	}
	if err != nil {
		return err
	}
	return u.exec("DELETE FROM sleeping_removal WHERE run_id = ?", id)
}

func (u *undo) exec(query string, args ...any) error {
	_, err := u.tx.Exec(query, args...)
	return err
}

func (u *undo) remove(r store.IDRange) error {
	var err error
	remove := func(table, column string) {
		err = errors.Join(err, u.exec("DELETE FROM "+table+" WHERE "+column+" BETWEEN ? AND ?", r.First, r.Last))
	}
	switch store.Sequence(r.Kind) {
	case store.SeqCustomer:
		remove("link", "customer_id")
		remove("customer_staff", "customer_id")
	case store.SeqGroup:
		remove("tag", "group_id")
	case store.SeqStaff:
		remove("staff_department", "staff_id")
	case store.SeqDepartment:
		remove("staff_department", "department_id")
		remove("department_closure", "descendant_id")
	}
	remove(r.Kind, "id")
	return err
}

// change puts one thing back, after a look at whether it is as the run left it.
func (u *undo) change(kind string, id, staff int64, before []byte, after string) error {
	switch kind {
	case crm.ImageCustomer:
		return undoOne(before, after, u.customer(id), (*crm.Customer).Digest, u.putCustomer)
	case crm.ImageFollow:
		return u.follow(id, staff, before, after)
	case crm.ImageLinks:
		return u.link(id, staff, before)
	case crm.ImageGroup:
		return undoOne(before, after, u.group(id), (*crm.Group).Digest, func(g *crm.Group) error {
			return u.exec("UPDATE tag_group SET scope = ?, department_id = ?, single_choice = ?, sort = ?, wecom_id = ?, updated_at = ?, version = ? WHERE id = ?",
				g.Scope, g.DepartmentID, bit(g.SingleChoice), g.Sort, g.WecomID, g.UpdatedAt, g.Version, g.ID)
		})
	case crm.ImageTag:
		return undoOne(before, after, u.tag(id), (*crm.Tag).Digest, func(t *crm.Tag) error {
			return u.exec("UPDATE tag SET description = ?, sort = ?, expires_on = ?, wecom_id = ?, updated_at = ?, version = ? WHERE id = ?",
				t.Description, t.Sort, t.ExpiresOn, t.WecomID, t.UpdatedAt, t.Version, t.ID)
		})
	case crm.ImageStaff:
		return u.person(id, before, after)
	case crm.ImageGrant:
		now, err := u.tx.Grant(id)
		if err != nil {
			return err
		}
		return undoOne(before, after, &now, (*crm.Grant).Digest, func(g *crm.Grant) error {
			return u.exec("UPDATE access_grant SET revoked_at = 0, revoked_by = 0, revoke_reason = '', version = ? WHERE id = ?", g.Version, g.ID)
		})
	}
	return errors.New("unknown image")
}

// undoOne checks the digest of what is there and puts the image back.
func undoOne[T any](before []byte, after string, now *T, digest func(*T) string, put func(*T) error) error {
	if now == nil || digest(now) != after {
		return fmt.Errorf("is not as the run left it: %+v", now)
	}
	image := new(T)
	if err := json.Unmarshal(before, image); err != nil {
		return err
	}
	return put(image)
}

func (u *undo) customer(id int64) (out *crm.Customer) {
	_ = u.tx.CustomersByKey("id", []any{id}, func(c crm.Customer) { out = &c }) // nil tells
	return out
}

func (u *undo) putCustomer(c *crm.Customer) error {
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return u.exec(`UPDATE customer SET external_id = ?, unionid = ?, mobile = ?, phones = ?, name = ?, company = ?, position = ?, gender = ?,
		birthday = ?, region = ?, add_way = ?, added_at = ?, remark = ?, description = ?, updated_at = ?, version = ? WHERE id = ?`,
		null(c.ExternalID), null(c.UnionID), null(c.Mobile), c.Phones, c.Name, c.Company, c.Position, c.Gender,
		c.Birthday, c.Region, c.AddWay, c.AddedAt, c.Remark, c.Description, c.UpdatedAt, c.Version, c.ID)
}

func (u *undo) follow(id, staff int64, before []byte, after string) error {
	var now *crm.Follow
	if err := u.tx.FollowsOf([]any{id}, func(f crm.Follow) {
		if f.StaffID == staff {
			now = &f
		}
	}); err != nil {
		return err
	}
	if len(before) == 0 {
		if now == nil || now.Digest() != after {
			return fmt.Errorf("is not as the run left it: %+v", now)
		}
		return u.exec("DELETE FROM customer_staff WHERE customer_id = ? AND staff_id = ?", id, staff)
	}
	return undoOne(before, after, now, (*crm.Follow).Digest, func(f *crm.Follow) error {
		return u.exec("UPDATE customer_staff SET remark = ?, description = ?, add_way = ?, added_at = ?, updated_at = ?, version = ? WHERE customer_id = ? AND staff_id = ?",
			f.Remark, f.Description, f.AddWay, f.AddedAt, f.UpdatedAt, f.Version, id, staff)
	})
}

func (u *undo) link(id, staff int64, before []byte) error {
	var image crm.LinksImage
	if err := json.Unmarshal(before, &image); err != nil {
		return err
	}
	for _, tag := range image.Added {
		if err := u.exec("DELETE FROM link WHERE customer_id = ? AND staff_id = ? AND tag_id = ?", id, staff, tag); err != nil {
			return err
		}
	}
	return u.tx.AddLinks(image.Removed)
}

func (u *undo) group(id int64) *crm.Group {
	groups, _ := u.tx.Groups(store.WithBin) // nil tells
	for i := range groups {
		if groups[i].ID == id {
			return &groups[i]
		}
	}
	return nil
}

func (u *undo) tag(id int64) *crm.Tag {
	tags, _ := u.tx.Tags(store.WithBin) // nil tells
	for i := range tags {
		if tags[i].ID == id {
			return &tags[i]
		}
	}
	return nil
}

func (u *undo) person(id int64, before []byte, after string) error {
	people, err := u.tx.Staff()
	if err != nil {
		return err
	}
	places, err := u.tx.StaffDepartments()
	if err != nil {
		return err
	}
	var now *crm.StaffImage
	for _, p := range people {
		if p.ID == id {
			now = &crm.StaffImage{Staff: p, Departments: places[id]}
		}
	}
	return undoOne(before, after, now,
		(*crm.StaffImage).Digest,
		func(s *crm.StaffImage) error {
			p := s.Staff
			return errors.Join(u.tx.SetStaffDepartments(id, s.Departments),
				u.exec("UPDATE staff SET left_id = ?, name = ?, status = ?, role = ?, contact = ?, tagging = ?, updated_at = ?, version = ? WHERE id = ?",
					p.LeftID, p.Name, p.Status, p.Role, bit(p.Contact), bit(p.Tagging), p.UpdatedAt, p.Version, id))
		})
}
