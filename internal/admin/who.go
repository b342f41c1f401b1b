package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// concerns reports whether whoever acts may know of a grant: one on what they
// see, to themselves, to people they oversee, or of the kind that they give.
func (c *Company) concerns(g *crm.Grant) bool {
	if c.overseer() {
		return true
	}
	o := access.Object{Kind: g.ObjectKind, ID: g.ObjectID}
	if !c.seen(o) {
		return false
	}
	if c.gives(o) {
		return true
	}
	switch g.SubjectKind {
	case crm.SubjectStaff:
		return c.oversees(g.SubjectID)
	case crm.SubjectRole:
		return c.names.byStaff[c.by].Role == g.SubjectRole
	}
	return c.within(c.by, g)
}

// within reports whether a department's grant reaches the person.
func (c *Company) within(staff int64, g *crm.Grant) bool {
	for _, id := range c.StaffDepartments[staff] {
		if id == g.SubjectID || g.WithSub && c.liesIn(id, g.SubjectID) {
			return true
		}
	}
	return false
}

// reaches reports whether a grant is to the person, directly or not.
func (c *Company) reaches(staff int64, g *crm.Grant) bool {
	switch g.SubjectKind {
	case crm.SubjectStaff:
		return g.SubjectID == staff
	case crm.SubjectRole:
		return c.names.byStaff[staff].Role == g.SubjectRole
	}
	return c.within(staff, g)
}

func (c *Company) concernsRequest(r *crm.Request) bool {
	o := access.Object{Kind: r.ObjectKind, ID: r.ObjectID}
	return r.StaffID == c.by || c.overseer() ||
		c.seen(o) && (c.oversees(r.StaffID) || c.gives(o))
}

// gives reports whether whoever acts may give a level on the object, or might if
// it were not in the recycle bin.
func (c *Company) gives(o access.Object) bool {
	for _, s := range c.World.Decide(access.Question{Subject: c.by, Do: access.Give, On: o}).Chain {
		if !s.OK && s.Code != access.ObjectLive {
			return false
		}
	}
	return true
}

// ListOptions choose what a list holds.
type ListOptions struct {
	On, User string // "" = all
	Ending   int64  // only grants that end within so many milliseconds, 0 = all
	All      bool   // ended and decided ones too
}

// Listing is the open requests and the standing grants.
type Listing struct {
	Requests []RequestInfo
	Grants   []GrantInfo
	Now      int64
}

// List lists requests and grants, by id, that whoever acts may know of.
func (d *Desk) List(ctx context.Context, opt ListOptions) (list Listing, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		list.Now = tx.Now
		pick, err := c.picker(opt.On, opt.User)
		if err != nil {
			return err
		}
		state := crm.RequestOpen
		if opt.All {
			state = ""
		}
		requests, err := tx.Requests(state)
		if err != nil {
			return err
		}
		for _, r := range requests {
			asks := crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: r.StaffID, ObjectKind: r.ObjectKind, ObjectID: r.ObjectID}
			if opt.Ending == 0 && pick(&asks) && c.concernsRequest(&r) {
				list.Requests = append(list.Requests, c.request(r))
			}
		}
		for _, g := range c.Grants {
			soon := opt.Ending == 0 || c.stands(&g) && g.Temporary() && g.EndsAt-tx.Now <= opt.Ending
			if (opt.All || c.stands(&g)) && soon && pick(&g) && c.concerns(&g) {
				list.Grants = append(list.Grants, c.info(g))
			}
		}
		return nil
	})
	return list, err
}

// picker chooses grants by object and by whom they reach; "" = all.
func (c *Company) picker(on, user string) (func(*crm.Grant) bool, error) {
	var o access.Object
	var who crm.Staff
	var err error
	if on != "" {
		if o, err = c.Object(on, true); err != nil {
			return nil, err
		}
	}
	if user != "" {
		if who, err = c.about(user); err != nil {
			return nil, err
		}
	}
	return func(g *crm.Grant) bool {
		return (on == "" || o == access.Object{Kind: g.ObjectKind, ID: g.ObjectID}) && (user == "" || c.reaches(who.ID, g))
	}, nil
}

// Somebody is a person with what they may do with an object, and why.
type Somebody struct {
	Account string
	Called  string
	Level   crm.Level
	Until   int64
	Reason  func(crm.Lang) string
}

// Who lists those who may do something with an object, the highest level first.
func (d *Desk) Who(ctx context.Context, on string, do access.Action) (list []Somebody, now int64, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		list, now = nil, tx.Now
		o, err := c.Object(on, false)
		if err != nil {
			return err
		}
		all := c.overseer() || c.World.Allowed(access.Question{Subject: d.By, Do: access.Give, On: o})
		if !all && c.names.byStaff[d.By].Role != crm.RoleDeptAdmin {
			return unfit("NOT_ALLOWED", "只有管理员和可以授权的人能查看谁有权限", "only admins and those who may give it see who has access",
				"查自己的权限：tagkeep access check", "about yourself: tagkeep access check")
		}
		for _, p := range c.World.Who(o, do) {
			if all || c.oversees(p.ID) {
				list = append(list, Somebody{c.Account(p.ID), c.Called(p.ID), p.Level, p.Until,
					func(l crm.Lang) string { return c.World.Reason(p, l) }})
			}
		}
		slices.SortStableFunc(list, func(a, b Somebody) int {
			return cmp.Compare(slices.Index(crm.Levels, b.Level), slices.Index(crm.Levels, a.Level))
		})
		return nil
	})
	return list, now, err
}

// Matrix is the best level that the ordinary staff of each department have on
// each group.
type Matrix struct {
	Departments []string
	Groups      []string
	// Levels are by group and department; "" where a department has no ordinary
	// staff of its own.
	Levels [][]crm.Level
}

// Matrix tells it of the groups and departments that whoever acts may look at.
func (d *Desk) Matrix(ctx context.Context) (m Matrix, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		m = Matrix{}
		if !c.overseer() && c.names.byStaff[d.By].Role != crm.RoleDeptAdmin {
			return unfit("NOT_ALLOWED", "只有管理员和审计员能查看权限总表", "only admins and auditors see the matrix",
				"查自己的权限：tagkeep access check", "about yourself: tagkeep access check")
		}
		members := make(map[int64][]int64)
		for _, p := range c.Staff {
			if p.Status != crm.StatusActive || p.Role != crm.RoleStaff || !c.oversees(p.ID) {
				continue
			}
			for _, id := range c.StaffDepartments[p.ID] {
				members[id] = append(members[id], p.ID)
			}
		}
		var departments []crm.Department
		for _, one := range c.Departments {
			if c.overseer() || len(members[one.ID]) > 0 {
				departments = append(departments, one)
			}
		}
		slices.SortStableFunc(departments, func(a, b crm.Department) int { return strings.Compare(c.Path(a.ID), c.Path(b.ID)) })
		for _, one := range departments {
			m.Departments = append(m.Departments, c.Path(one.ID))
		}
		for _, id := range c.World.Groups(d.By, access.View) {
			row := make([]crm.Level, len(departments))
			for i, one := range departments {
				row[i] = c.best(members[one.ID], access.Group(id))
			}
			m.Groups, m.Levels = append(m.Groups, c.names.byGroup[id].Name), append(m.Levels, row)
		}
		return nil
	})
	return m, err
}

// best is the highest level that one of the people can make use of.
func (c *Company) best(people []int64, o access.Object) crm.Level {
	if len(people) == 0 {
		return ""
	}
	for _, try := range []struct {
		do    access.Action
		level crm.Level
	}{{access.Edit, crm.LevelEdit}, {access.Use, crm.LevelUse}, {access.View, crm.LevelView}} {
		for _, id := range people {
			if c.World.Allowed(access.Question{Subject: id, Do: try.do, On: o}) {
				return try.level
			}
		}
	}
	return crm.LevelHidden
}

// at writes a run, request or grant as people do.
func at(letter string, id int64) string { return fmt.Sprintf("%s%d", letter, id) }
