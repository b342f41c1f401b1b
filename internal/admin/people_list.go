package admin

import (
	"cmp"
	"context"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// PersonRow is a person as lists show them.
type PersonRow struct {
	ID             int64    `json:"id"`
	UserID         string   `json:"userid"`
	Name           string   `json:"name"`
	Departments    []string `json:"departments"`
	Role           string   `json:"role"`
	RoleDepartment string   `json:"role_department"` // a department admin's scope, "" = own departments
	Status         string   `json:"status"`
	Contact        bool     `json:"customer_contact"`
	Tagging        bool     `json:"tag_config"`
	SameAs         int64    `json:"same_as"`
}

// PersonView is everything about one person.
type PersonView struct {
	PersonRow
	Edits   []string    `json:"may_edit"` // tag groups
	Uses    []string    `json:"may_use"`
	Ends    []EndingRow `json:"ending"`
	Records []int64     `json:"same_account"` // others who had the account, by id
}

// EndingRow is a temporary grant that helps a person and has not ended.
type EndingRow struct {
	Grant    int64     `json:"grant"`
	On       string    `json:"on"`
	To       string    `json:"to"`
	Level    crm.Level `json:"level"`
	StartsAt int64     `json:"starts_at"`
	EndsAt   int64     `json:"ends_at"`
}

func (c *Company) personRow(p crm.Staff) PersonRow {
	row := PersonRow{ID: p.ID, UserID: p.UserID, Name: p.Name, Departments: []string{}, Role: p.Role, RoleDepartment: c.Path(p.RoleDepartmentID),
		Status: p.Status, Contact: p.Contact, Tagging: p.Tagging, SameAs: p.SameAs}
	for _, id := range c.StaffDepartments[p.ID] {
		row.Departments = append(row.Departments, c.Path(id))
	}
	slices.Sort(row.Departments)
	return row
}

// People lists the people whom who acts may look up: of a department and those
// below it, and with a status, unless these are "".
func (d *Desk) People(ctx context.Context, department, status string) ([]PersonRow, error) {
	rows := []PersonRow{}
	err := d.Look(ctx, func(_ *store.Tx, c *Company) error {
		if err := d.active(c); err != nil {
			return err
		}
		var top int64
		if department != "" {
			at, err := c.Department(department)
			if err != nil {
				return err
			}
			top = at.ID
		}
		for _, p := range c.Staff {
			in := top == 0 || slices.ContainsFunc(c.StaffDepartments[p.ID], func(id int64) bool { return c.liesIn(id, top) })
			if in && (status == "" || p.Status == status) && d.knows(c, p.ID) {
				rows = append(rows, c.personRow(p))
			}
		}
		return nil
	})
	slices.SortStableFunc(rows, func(a, b PersonRow) int {
		return cmp.Or(cmp.Compare(crm.UserIDKey(a.UserID), crm.UserIDKey(b.UserID)), cmp.Compare(b.ID, a.ID))
	})
	return rows, err
}

// ShowPerson tells everything about one person but what who acts may not see.
func (d *Desk) ShowPerson(ctx context.Context, account string) (v PersonView, err error) {
	err = d.Look(ctx, func(_ *store.Tx, c *Company) error {
		p, err := d.person(c, account, c.Person)
		if err != nil {
			return err
		}
		v = PersonView{PersonRow: c.personRow(p), Ends: []EndingRow{}, Records: []int64{}}
		v.Edits = d.shownGroups(c, c.World.Groups(p.ID, access.Edit))
		v.Uses = d.shownGroups(c, c.World.Groups(p.ID, access.Use))
		for _, g := range c.Grants {
			if c.temporaryFor(g, p) && c.seen(access.Object{Kind: g.ObjectKind, ID: g.ObjectID}) {
				in := c.info(g)
				v.Ends = append(v.Ends, EndingRow{Grant: g.ID, On: in.On, To: in.To, Level: g.Level, StartsAt: g.StartsAt, EndsAt: g.EndsAt})
			}
		}
		slices.SortFunc(v.Ends, func(a, b EndingRow) int {
			return cmp.Or(cmp.Compare(a.EndsAt, b.EndsAt), cmp.Compare(a.Grant, b.Grant))
		})
		for _, other := range c.names.staff[crm.UserIDKey(p.UserID)] {
			if other.ID != p.ID {
				v.Records = append(v.Records, other.ID)
			}
		}
		return nil
	})
	return v, err
}

// shownGroups are the names of the groups that who acts may see.
func (d *Desk) shownGroups(c *Company, ids []int64) []string {
	groups := make([]crm.Group, 0, len(ids))
	for _, id := range ids {
		if c.seen(access.Group(id)) {
			groups = append(groups, c.names.byGroup[id])
		}
	}
	slices.SortFunc(groups, func(a, b crm.Group) int { return bySort(a.Sort, b.Sort, a.ID, b.ID) })
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	return names
}

// temporaryFor reports whether a temporary grant that has not ended is one to the
// person.
func (c *Company) temporaryFor(g crm.Grant, p crm.Staff) bool {
	if !g.Temporary() || g.RevokedAt != 0 || g.EndsAt <= c.Now {
		return false
	}
	switch g.SubjectKind {
	case crm.SubjectStaff:
		return g.SubjectID == p.ID
	case crm.SubjectRole:
		return g.SubjectRole == p.Role
	}
	return slices.ContainsFunc(c.StaffDepartments[p.ID], func(id int64) bool {
		return id == g.SubjectID || g.WithSub && c.liesIn(id, g.SubjectID)
	})
}
