package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// Reshaped is what a change of the directory did, or would do.
type Reshaped struct {
	Edit
	Event  int64  `json:"event"` // 0 where nothing was to be changed, and for a dry run
	Effect Effect `json:"effect"`
	// People are how many people change their department.
	People int `json:"people"`
	// Grants are those that stand for a department that is gone, and so have no
	// effect any more.
	Grants int `json:"grants_without_effect"`
}

func (c *Company) departmentEdit(d crm.Department) Edit {
	return Edit{Kind: crm.RefDepartment, ID: d.ID, Name: c.Path(d.ID)}
}

// join is the path of a department under a parent, 0 for none.
func (c *Company) join(parent int64, name string) string {
	if parent == 0 {
		return name
	}
	return c.Path(parent) + table.PathSeparator + name
}

// departmentName reads the name of one department by the rules of the staff
// sheet.
func departmentName(text string) (string, error) {
	if text == "" {
		return "", noName()
	}
	cells, _, err := readCells(crm.People, nil, typed{table.StaffDepartments: text})
	if err != nil {
		return "", err
	}
	name := cells.text(table.StaffDepartments)
	if len(table.SplitPath(name)) != 1 || strings.Contains(name, ";") {
		return "", unfit(string(crm.BadFormat), "部门名称里不能有 / ; 等分隔符："+text, "a department's name has no separators such as / and ;: "+text,
			"只写最后一级的名称；换上级部门用 tagkeep staff departments move", "write the last name alone; tagkeep staff departments move puts it elsewhere")
	}
	return name, nil
}

// siblingFree refuses a name that another department below the same one has.
func (c *Company) siblingFree(parent int64, name string, but int64) error {
	for _, d := range c.Departments {
		if d.ParentID == parent && d.Name == name && d.ID != but {
			return &Taken{Kind: crm.RefDepartment, Written: c.join(parent, name)}
		}
	}
	return nil
}

// depth is how deep a department lies, a root 1.
func (c *Company) depth(id int64) int {
	if id == 0 {
		return 0
	}
	return len(table.SplitPath(c.Path(id)))
}

// height is how many levels a department has with those below it.
func (c *Company) height(id int64) int {
	most := 0
	for _, d := range c.Departments {
		if c.liesIn(d.ID, id) {
			most = max(most, c.depth(d.ID)-c.depth(id)+1)
		}
	}
	return most
}

// fits refuses a tree that would be too deep.
func (c *Company) fits(levels int) error {
	if levels <= crm.MaxDepartmentDepth {
		return nil
	}
	return unfit("TOO_DEEP", fmt.Sprintf("这样会有 %d 级部门，最多 %d 级", levels, crm.MaxDepartmentDepth),
		fmt.Sprintf("that would make %d levels of departments, at most %d are allowed", levels, crm.MaxDepartmentDepth),
		"移到更靠近顶层的部门下", "put it nearer to the top")
}

func underItself(path, under string) error {
	return unfit("CYCLE", "不能把 "+path+" 放到它自己或它的下级 "+under+" 下面", path+" cannot go under itself or "+under+" below it",
		"选一个不在它下面的部门", "choose a department that is not below it")
}

// event writes what happened to the directory into its history.
func (d *Desk) event(tx *store.Tx, e crm.DirectoryEvent, before, after Fields) (int64, error) {
	detail, err := json.Marshal(map[string]Fields{"before": before, "after": after})
	if err != nil {
		return 0, fmt.Errorf("encode the directory event: %w", err)
	}
	e.ByID, e.Detail = d.By, string(detail)
	err = tx.WriteDirectoryEvent(&e)
	return e.ID, err
}

// RenameDepartment gives a department another name.
func (d *Desk) RenameDepartment(ctx context.Context, path, to string) (r Reshaped, err error) {
	name, err := departmentName(to)
	if err != nil {
		return r, err
	}
	effect, err := d.reshape(ctx, false, func(tx *store.Tx, c *Company) (*entry, error) {
		was, err := c.Department(path)
		if err != nil {
			return nil, err
		}
		r = Reshaped{Edit: c.departmentEdit(was)}
		if was.Name == name {
			return nil, nil
		}
		if err := c.siblingFree(was.ParentID, name, was.ID); err != nil {
			return nil, err
		}
		r.Before, r.After = Fields{"name": was.Name, "department": r.Name}, Fields{"name": name, "department": c.join(was.ParentID, name)}
		object := "department:" + r.Name
		r.Name = c.join(was.ParentID, name)
		now := was
		now.Name = name
		if err := tx.UpdateDepartment(now); err != nil {
			return nil, err
		}
		if r.Event, err = d.event(tx, crm.DirectoryEvent{Kind: crm.EventRenamed, FromID: was.ID}, r.Before, r.After); err != nil {
			return nil, err
		}
		return &entry{action: "department.rename", object: object, detail: r.detail()}, nil
	})
	return r.with(effect, false), err
}

// MoveDepartment puts a department with all below it under another one; to the
// top where under is "".
func (d *Desk) MoveDepartment(ctx context.Context, path, under string, dryRun bool) (r Reshaped, err error) {
	effect, err := d.reshape(ctx, dryRun, func(tx *store.Tx, c *Company) (*entry, error) {
		was, err := c.Department(path)
		if err != nil {
			return nil, err
		}
		var parent crm.Department
		if under != "" {
			if parent, err = c.Department(under); err != nil {
				return nil, err
			}
		}
		r = Reshaped{Edit: c.departmentEdit(was)}
		switch {
		case parent.ID != 0 && c.liesIn(parent.ID, was.ID):
			return nil, underItself(c.Path(was.ID), c.Path(parent.ID))
		case was.ParentID == parent.ID:
			return nil, nil
		}
		if err := c.fits(c.depth(parent.ID) + c.height(was.ID)); err != nil {
			return nil, err
		}
		if err := c.siblingFree(parent.ID, was.Name, was.ID); err != nil {
			return nil, err
		}
		object := "department:" + r.Name
		r.Before, r.After = Fields{"department": r.Name, "parent": was.ParentID}, Fields{"department": c.join(parent.ID, was.Name), "parent": parent.ID}
		r.Name = c.join(parent.ID, was.Name)
		if err := tx.MoveDepartment(was.ID, parent.ID); err != nil {
			return nil, err
		}
		if r.Event, err = d.event(tx, crm.DirectoryEvent{Kind: crm.EventMoved, FromID: was.ID, ToID: parent.ID}, r.Before, r.After); err != nil {
			return nil, err
		}
		return &entry{action: "department.move", object: object, detail: r.detail()}, nil
	})
	return r.with(effect, dryRun), err
}

// detail is what the audit log keeps of it.
func (r Reshaped) detail() any {
	return struct {
		Edit
		Event  int64 `json:"event"`
		People int   `json:"people,omitempty"`
	}{r.Edit, r.Event, r.People}
}

// with adds what the change meant for people's access.
func (r Reshaped) with(e Effect, dryRun bool) Reshaped {
	r.Effect = e
	if dryRun {
		r.Event = 0 // taken back
	}
	return r
}

// MergeDepartment ends a department: its people, sub-departments and tag groups
// go to another one.
func (d *Desk) MergeDepartment(ctx context.Context, from, into string, dryRun bool) (r Reshaped, err error) {
	effect, err := d.reshape(ctx, dryRun, func(tx *store.Tx, c *Company) (*entry, error) {
		was, err := c.Department(from)
		if err != nil {
			return nil, err
		}
		to, err := c.Department(into)
		if err != nil {
			return nil, err
		}
		if err := c.mergeable(was, to); err != nil {
			return nil, err
		}
		r = Reshaped{Edit: c.departmentEdit(was), Grants: c.grantsTo(was.ID)}
		people, err := tx.StaffOf(was.ID)
		if err != nil {
			return nil, err
		}
		r.People = len(people)
		r.Before, r.After = Fields{"department": r.Name}, Fields{"department": c.Path(to.ID), "department_id": to.ID}
		if r.Event, err = tx.NextIDs(store.SeqEvent, 1); err != nil {
			return nil, err
		}
		if err := tx.MergeDepartment(was.ID, to.ID, r.Event); err != nil {
			return nil, err
		}
		_, err = d.event(tx, crm.DirectoryEvent{ID: r.Event, Kind: crm.EventMerged, FromID: was.ID, ToID: to.ID}, r.Before, r.After)
		if err != nil {
			return nil, err
		}
		return &entry{action: "department.merge", object: "department:" + r.Name, detail: r.detail()}, nil
	})
	return r.with(effect, dryRun), err
}

// mergeable refuses merges that cannot be: into something below, too deep, or
// where both have a sub-department of the same name.
func (c *Company) mergeable(from, into crm.Department) error {
	if c.liesIn(into.ID, from.ID) {
		return underItself(c.Path(from.ID), c.Path(into.ID))
	}
	if err := c.fits(c.depth(into.ID) + c.height(from.ID) - 1); err != nil {
		return err
	}
	for _, d := range c.Departments {
		if d.ParentID != from.ID {
			continue
		}
		// The department itself ends, so its own name is free.
		if err := c.siblingFree(into.ID, d.Name, from.ID); err != nil {
			return unfit("NAME_TAKEN", fmt.Sprintf("%s 和 %s 下面都有「%s」", c.Path(from.ID), c.Path(into.ID), d.Name),
				fmt.Sprintf("both %s and %s have a sub-department “%s”", c.Path(from.ID), c.Path(into.ID), d.Name),
				fmt.Sprintf("先合并它们：tagkeep staff departments merge %s --into %s", c.Path(d.ID), c.join(into.ID, d.Name)),
				fmt.Sprintf("merge these first: tagkeep staff departments merge %s --into %s", c.Path(d.ID), c.join(into.ID, d.Name)))
		}
	}
	return nil
}

// grantsTo counts the grants to a department that have or will have effect.
func (c *Company) grantsTo(id int64) int {
	n := 0
	for _, g := range c.Grants {
		if g.SubjectKind == crm.SubjectDepartment && g.SubjectID == id && g.RevokedAt == 0 && (g.EndsAt == 0 || g.EndsAt > c.Now) {
			n++
		}
	}
	return n
}

// SplitDepartment makes a new department beside another one and moves people of
// that one to it.
func (d *Desk) SplitDepartment(ctx context.Context, path, to string, accounts []string, dryRun bool) (r Reshaped, err error) {
	name, err := departmentName(to)
	if err != nil {
		return r, err
	}
	effect, err := d.reshape(ctx, dryRun, func(tx *store.Tx, c *Company) (*entry, error) {
		from, err := c.Department(path)
		if err != nil {
			return nil, err
		}
		if err := c.siblingFree(from.ParentID, name, 0); err != nil {
			return nil, err
		}
		people, err := c.membersOf(from.ID, accounts)
		if err != nil {
			return nil, err
		}
		made := crm.Department{ParentID: from.ParentID, Name: name, Sort: from.Sort, CreatedAt: tx.Now, CreatedBy: d.By, UpdatedAt: tx.Now}
		if made.ID, err = tx.NextIDs(store.SeqDepartment, 1); err != nil {
			return nil, err
		}
		if err := tx.CreateDepartments([]crm.Department{made}); err != nil {
			return nil, err
		}
		names := make([]string, len(people))
		for i, p := range people {
			names[i] = p.UserID
			own := slices.Clone(c.StaffDepartments[p.ID])
			own[slices.Index(own, from.ID)] = made.ID
			if err := tx.SetStaffDepartments(p.ID, own); err != nil {
				return nil, err
			}
		}
		r = Reshaped{Edit: c.departmentEdit(from), People: len(people)}
		r.Before = Fields{"department": r.Name}
		r.After = Fields{"department": c.join(made.ParentID, name), "department_id": made.ID, "staff": strings.Join(names, ",")}
		if r.Event, err = d.event(tx, crm.DirectoryEvent{Kind: crm.EventSplit, FromID: from.ID, ToID: made.ID}, r.Before, r.After); err != nil {
			return nil, err
		}
		return &entry{action: "department.split", object: "department:" + r.Name, detail: r.detail()}, nil
	})
	return r.with(effect, dryRun), err
}

// membersOf finds people who belong to the department directly.
func (c *Company) membersOf(id int64, accounts []string) ([]crm.Staff, error) {
	var people []crm.Staff
	for _, account := range accounts {
		p, err := c.Person(account)
		switch {
		case err != nil:
			return nil, err
		case slices.ContainsFunc(people, func(o crm.Staff) bool { return o.ID == p.ID }):
			return nil, namedTwice(account)
		case !slices.Contains(c.StaffDepartments[p.ID], id):
			return nil, unfit("NOT_A_MEMBER", account+" 不直接属于 "+c.Path(id), account+" does not belong to "+c.Path(id)+" itself",
				"[tagkeep] tagkeep staff show "+account, "[tagkeep] tagkeep staff show "+account)
		}
		people = append(people, p)
	}
	return people, nil
}
