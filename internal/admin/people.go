package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// adminOf reports whether the person is an active department admin whose scope
// covers the department.
func (c *Company) adminOf(person, department int64) bool {
	p := c.names.byStaff[person]
	if p.Role != crm.RoleDeptAdmin || p.Status != crm.StatusActive {
		return false
	}
	scope := c.StaffDepartments[p.ID]
	if p.RoleDepartmentID != 0 {
		scope = []int64{p.RoleDepartmentID}
	}
	return slices.ContainsFunc(scope, func(top int64) bool { return c.liesIn(department, top) })
}

// liesIn reports whether a department is another one or lies below it.
func (c *Company) liesIn(id, top int64) bool {
	// A circle cannot be stored, but it must not hang whoever meets one.
	for range len(c.names.parents) {
		if id == top || id == 0 {
			break
		}
		id = c.names.parents[id]
	}
	return id == top && top != 0
}

// knows reports whether who acts may look a person up: the operator, super admins
// and auditors everybody, department admins those of their scope, all others
// themselves.
func (d *Desk) knows(c *Company, person int64) bool {
	role := c.names.byStaff[d.By].Role
	if d.By == 0 || d.By == person || role == crm.RoleSuper || role == crm.RoleAuditor {
		return true
	}
	return slices.ContainsFunc(c.StaffDepartments[person], func(id int64) bool { return c.adminOf(d.By, id) })
}

// active refuses who acts without an active account.
func (d *Desk) active(c *Company) error {
	if p := c.names.byStaff[d.By]; d.By != 0 && p.Status != crm.StatusActive {
		if refusal := c.unable(crm.ObjectAll); refusal != nil {
			return refusal
		}
	}
	return nil
}

// person finds somebody whom who acts may look up. pick finds them among all.
func (d *Desk) person(c *Company, text string, pick func(string) (crm.Staff, error)) (crm.Staff, error) {
	if err := d.active(c); err != nil {
		return crm.Staff{}, err
	}
	p, err := pick(text)
	missing := (*NotFound)(nil)
	switch {
	case err == nil && d.knows(c, p.ID):
		return p, nil
	case err == nil:
		return p, &NotFound{Kind: crm.RefStaff, Written: text}
	case errors.As(err, &missing):
		if near, err := c.Person(missing.Near); err != nil || !d.knows(c, near.ID) {
			missing.Near = ""
		}
	}
	return p, err
}

// SetDisabled disables a person's account, or enables it again.
func (d *Desk) SetDisabled(ctx context.Context, account string, disabled bool, reason string) (e Edit, err error) {
	if err := checkReason(reason); err != nil {
		return e, err
	}
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		p, err := d.person(c, account, c.Person)
		if err != nil {
			return nil, err
		}
		e = Edit{Kind: crm.RefStaff, ID: p.ID, Name: p.UserID}
		if err := d.mayManage(c, p); err != nil {
			return nil, err
		}
		action, to := "staff.enable", crm.StatusActive
		if disabled {
			action, to = "staff.disable", crm.StatusDisabled
		}
		switch p.Status {
		case to:
			return nil, nil
		case crm.StatusLeft:
			return nil, unfit("STAFF_LEFT", p.UserID+" 已离职", p.UserID+" has left",
				"重新入职时在员工表里写“在职”再导入：tagkeep import staff 员工.xlsx", "when they are back, import them as active: tagkeep import staff staff.xlsx")
		}
		e.Before, e.After = Fields{"status": p.Status}, Fields{"status": to}
		p.Status = to
		if err := tx.UpdateStaff(p); err != nil {
			return nil, err
		}
		return &entry{action: action, object: "staff:" + p.UserID, detail: struct {
			Edit
			Reason string `json:"reason,omitempty"`
		}{e, reason}}, nil
	})
	return e, err
}

// mayManage asks whether who acts may disable and enable a person: not
// themselves; department admins those whose departments all lie in their scope,
// super admins excepted.
func (d *Desk) mayManage(c *Company, p crm.Staff) error {
	if p.ID == d.By {
		return unfit("NOT_ALLOWED", "不能停用或启用自己的账号", "nobody disables or enables their own account", "请别的管理员来做", "ask another admin")
	}
	if d.super(c) {
		return nil
	}
	own := c.StaffDepartments[p.ID]
	outside := slices.ContainsFunc(own, func(id int64) bool { return !c.adminOf(d.By, id) })
	if len(own) == 0 || outside || p.Role == crm.RoleSuper {
		return ErrOperatorOnly
	}
	return nil
}

// Confirmed is what ConfirmSame wrote.
type Confirmed struct {
	Edit
	Old   int64 `json:"old"`
	Event int64 `json:"event"` // 0: it was known already
}

// ConfirmSame says that a person who is here is the one who left.
func (d *Desk) ConfirmSame(ctx context.Context, old, account string) (done Confirmed, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		if !d.super(c) {
			return nil, ErrOperatorOnly
		}
		was, err := c.leaver(old)
		if err != nil {
			return nil, err
		}
		p, err := c.Person(account)
		if err != nil {
			return nil, err
		}
		if p.LeftID != 0 {
			return nil, unfit("STAFF_LEFT", account+" 已离职，第二个应是现在在职的账号", account+" has left; the second one is who is here",
				"写成 tagkeep staff confirm-same #离职者编号 在职账号", "write tagkeep staff confirm-same #ID-OF-WHO-LEFT ACCOUNT")
		}
		done = Confirmed{Edit: Edit{Kind: crm.RefStaff, ID: p.ID, Name: p.UserID}, Old: was.ID}
		switch p.SameAs {
		case was.ID:
			return nil, nil
		case 0:
		default:
			return nil, unfit("ALREADY_CONFIRMED", fmt.Sprintf("%s 已确认与 #%d 是同一人", p.UserID, p.SameAs), fmt.Sprintf("%s is said to be #%d already", p.UserID, p.SameAs),
				"一个账号只能对应一位离职者，请核对编号", "an account is that of one person who left: check the id")
		}
		err = tx.SetSameAs(p.ID, was.ID)
		if errors.Is(err, store.ErrCycle) {
			return nil, unfit("CYCLE", fmt.Sprintf("#%d 已被确认为 %s 的后来者", was.ID, p.UserID), fmt.Sprintf("#%d is said to be who %s became", was.ID, p.UserID),
				"核对两个账号的先后", "check who was there first")
		}
		if err != nil {
			return nil, err
		}
		event := crm.DirectoryEvent{Kind: crm.EventSame, FromID: was.ID, ToID: p.ID, ByID: d.By, Detail: "{}"}
		if err := tx.WriteDirectoryEvent(&event); err != nil {
			return nil, err
		}
		done.Event = event.ID
		done.Before, done.After = Fields{"same_as": int64(0)}, Fields{"same_as": was.ID}
		return &entry{action: "staff.confirm_same", object: "staff:" + p.UserID, detail: done}, nil
	})
	return done, err
}

// leaver finds somebody who left, by #id or by the account.
func (c *Company) leaver(text string) (crm.Staff, error) {
	r, err := crm.ParseRef(text, crm.RefStaff)
	if err != nil || r.Kind != crm.RefStaff {
		return crm.Staff{}, &NotFound{Kind: crm.RefStaff, Written: text}
	}
	people := c.names.staff[crm.UserIDKey(last(r.Names))]
	if p, ok := c.names.byStaff[r.ID]; ok {
		people = []crm.Staff{p}
	}
	var left []crm.Staff
	for _, p := range people {
		if p.LeftID != 0 {
			left = append(left, p)
		}
	}
	switch {
	case len(left) == 1:
		return left[0], nil
	case len(left) > 1:
		return crm.Staff{}, ambiguous(crm.RefStaff, text, left, func(p crm.Staff) int64 { return p.ID })
	case len(people) > 0:
		return crm.Staff{}, unfit("STAFF_HERE", text+" 没有离职，第一个应是已离职的人", text+" has not left; the first one is who left",
			"离职者见 tagkeep staff list --status left；写账号或 #编号", "tagkeep staff list --status left shows who left; write the account or #ID")
	}
	_, err = c.Person(text)
	if err == nil {
		err = &NotFound{Kind: crm.RefStaff, Written: text}
	}
	return crm.Staff{}, err
}
