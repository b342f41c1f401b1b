package admin

import (
	"cmp"
	"context"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// DepartmentRow is a department as the tree shows it.
type DepartmentRow struct {
	ID     int64  `json:"id"`
	Path   string `json:"path"`
	Name   string `json:"name"`
	Depth  int    `json:"depth"` // 1 = at the top of what is listed
	People int    `json:"people"`
	All    int    `json:"people_with_sub"`
	Groups int    `json:"groups"` // department tag groups
}

// Departments lists the tree: all of it for the operator, super admins and
// auditors, their scope for department admins, for all others the departments
// that they are in.
func (d *Desk) Departments(ctx context.Context) ([]DepartmentRow, error) {
	rows := []DepartmentRow{}
	err := d.Look(ctx, func(_ *store.Tx, c *Company) error {
		if err := d.active(c); err != nil {
			return err
		}
		for _, dept := range c.Departments {
			if d.knowsDepartment(c, dept.ID) {
				rows = append(rows, c.departmentRow(dept))
			}
		}
		// Names may hold characters that sort before the separator.
		slices.SortFunc(rows, func(a, b DepartmentRow) int {
			return slices.CompareFunc(table.SplitPath(a.Path), table.SplitPath(b.Path), cmp.Compare[string])
		})
		return nil
	})
	return rows, err
}

func (d *Desk) knowsDepartment(c *Company, id int64) bool {
	role := c.names.byStaff[d.By].Role
	return d.By == 0 || role == crm.RoleSuper || role == crm.RoleAuditor || c.adminOf(d.By, id) || slices.Contains(c.StaffDepartments[d.By], id)
}

// departmentRow counts those who are here, each once.
func (c *Company) departmentRow(d crm.Department) DepartmentRow {
	row := DepartmentRow{ID: d.ID, Path: c.Path(d.ID), Name: d.Name, Depth: c.depth(d.ID)}
	for _, p := range c.Staff {
		own := c.StaffDepartments[p.ID]
		if p.LeftID != 0 {
			continue
		}
		if slices.Contains(own, d.ID) {
			row.People++
		}
		if slices.ContainsFunc(own, func(id int64) bool { return c.liesIn(id, d.ID) }) {
			row.All++
		}
	}
	for _, g := range c.Groups {
		if g.DeletionID == 0 && g.DepartmentID == d.ID {
			row.Groups++
		}
	}
	return row
}
