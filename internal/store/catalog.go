package store

import (
	"errors"
	"fmt"

	"tagkeep/internal/crm"
)

// Bin says whether a reading takes in what is in the recycle bin.
type Bin bool

// The two ways to read.
const (
	Live    Bin = false
	WithBin Bin = true
)

const groupColumns = "id, name, scope, department_id, single_choice, sort, description, wecom_id, deletion_id, created_at, created_by, updated_at, version"
const tagColumns = "id, group_id, name, description, sort, expires_on, wecom_id, deletion_id, created_at, created_by, updated_at, version"
const departmentColumns = "id, parent_id, name, sort, wecom_id, gone_event, created_at, created_by, updated_at, version"
const staffColumns = "id, userid, left_id, name, status, role, role_department_id, contact, tagging, same_as, created_at, created_by, updated_at, version"

func liveOnly(b Bin) string {
	if b == WithBin {
		return ""
	}
	return " WHERE deletion_id = 0"
}

// Groups lists the tag groups by id.
func (tx *Tx) Groups(b Bin) ([]crm.Group, error) {
	var out []crm.Group
	err := tx.Select(&out, "SELECT "+groupColumns+" FROM tag_group"+liveOnly(b)+" ORDER BY id")
	return out, err
}

// Tags lists the tags by id. A live tag's group is live.
func (tx *Tx) Tags(b Bin) ([]crm.Tag, error) {
	var out []crm.Tag
	err := tx.Select(&out, "SELECT "+tagColumns+" FROM tag"+liveOnly(b)+" ORDER BY id")
	return out, err
}

// Departments lists the departments that exist, by id.
func (tx *Tx) Departments() ([]crm.Department, error) {
	var out []crm.Department
	err := tx.Select(&out, "SELECT "+departmentColumns+" FROM department WHERE gone_event = 0 ORDER BY id")
	return out, err
}

// Staff lists the people, those who left too, by id.
func (tx *Tx) Staff() ([]crm.Staff, error) {
	var out []crm.Staff
	err := tx.Select(&out, "SELECT "+staffColumns+" FROM staff ORDER BY id")
	return out, err
}

// StaffDepartments maps every person to the ids of their departments, in order.
func (tx *Tx) StaffDepartments() (map[int64][]int64, error) {
	var rows []struct {
		Staff      int64 `db:"staff_id"`
		Department int64 `db:"department_id"`
	}
	if err := tx.Select(&rows, "SELECT staff_id, department_id FROM staff_department ORDER BY staff_id, department_id"); err != nil {
		return nil, err
	}
	out := make(map[int64][]int64)
	for _, r := range rows {
		out[r.Staff] = append(out[r.Staff], r.Department)
	}
	return out, nil
}

// CreateGroups stores new groups under the ids they have.
func (tx *Tx) CreateGroups(groups []crm.Group) error {
	rows := make([][]any, len(groups))
	for i, g := range groups {
		rows[i] = []any{g.ID, g.Name, g.Scope, g.DepartmentID, bit(g.SingleChoice), g.Sort, g.Description, g.WecomID, g.CreatedAt, g.CreatedBy, g.UpdatedAt}
	}
	return tx.Insert("tag_group", []string{"id", "name", "scope", "department_id", "single_choice", "sort", "description", "wecom_id", "created_at", "created_by", "updated_at"}, rows)
}

// UpdateGroup writes the group's cells and counts its version up.
func (tx *Tx) UpdateGroup(g crm.Group) error {
	return tx.one("update group", "UPDATE tag_group SET name = ?, scope = ?, department_id = ?, single_choice = ?, sort = ?, description = ?, wecom_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND deletion_id = 0",
		g.Name, g.Scope, g.DepartmentID, bit(g.SingleChoice), g.Sort, g.Description, g.WecomID, tx.Now, g.ID)
}

// CreateTags stores new tags under the ids they have.
func (tx *Tx) CreateTags(tags []crm.Tag) error {
	rows := make([][]any, len(tags))
	for i, t := range tags {
		rows[i] = []any{t.ID, t.GroupID, t.Name, t.Description, t.Sort, t.ExpiresOn, t.WecomID, t.CreatedAt, t.CreatedBy, t.UpdatedAt}
	}
	return tx.Insert("tag", []string{"id", "group_id", "name", "description", "sort", "expires_on", "wecom_id", "created_at", "created_by", "updated_at"}, rows)
}

// UpdateTag writes the tag's cells and counts its version up.
func (tx *Tx) UpdateTag(t crm.Tag) error {
	return tx.one("update tag", "UPDATE tag SET name = ?, description = ?, sort = ?, expires_on = ?, wecom_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND deletion_id = 0",
		t.Name, t.Description, t.Sort, t.ExpiresOn, t.WecomID, tx.Now, t.ID)
}

// MoveTag puts a live tag into another live group and counts its version up.
// ErrRefused when the group has a live tag of that name.
func (tx *Tx) MoveTag(tagID, groupID int64) error {
	return tx.one("move tag", `UPDATE tag SET group_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND deletion_id = 0
		AND EXISTS (SELECT 1 FROM tag_group WHERE id = ? AND deletion_id = 0)`, groupID, tx.Now, tagID, groupID)
}

// CreateDepartments stores new departments, parents before children, and their
// place in the tree.
func (tx *Tx) CreateDepartments(ds []crm.Department) error {
	for _, d := range ds {
		err := tx.Insert("department", []string{"id", "parent_id", "name", "sort", "wecom_id", "created_at", "created_by", "updated_at"},
			[][]any{{d.ID, d.ParentID, d.Name, d.Sort, d.WecomID, d.CreatedAt, d.CreatedBy, d.UpdatedAt}})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO department_closure (ancestor_id, descendant_id, depth)
			SELECT ancestor_id, ?, depth + 1 FROM department_closure WHERE descendant_id = ? UNION ALL SELECT ?, ?, 0`,
			d.ID, d.ParentID, d.ID, d.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// CreateStaff stores new people under the ids they have.
func (tx *Tx) CreateStaff(people []crm.Staff) error {
	rows := make([][]any, len(people))
	for i, p := range people {
		rows[i] = []any{p.ID, p.UserID, crm.UserIDKey(p.UserID), p.LeftID, p.Name, p.Status, p.Role, p.RoleDepartmentID, bit(p.Contact), bit(p.Tagging), p.CreatedAt, p.CreatedBy, p.UpdatedAt}
	}
	return tx.Insert("staff", []string{"id", "userid", "userid_key", "left_id", "name", "status", "role", "role_department_id", "contact", "tagging", "created_at", "created_by", "updated_at"}, rows)
}

// UpdateStaff writes the person's cells and counts the version up.
func (tx *Tx) UpdateStaff(p crm.Staff) error {
	return tx.one("update staff", "UPDATE staff SET userid = ?, userid_key = ?, left_id = ?, name = ?, status = ?, role = ?, role_department_id = ?, contact = ?, tagging = ?, updated_at = ?, version = version + 1 WHERE id = ?",
		p.UserID, crm.UserIDKey(p.UserID), p.LeftID, p.Name, p.Status, p.Role, p.RoleDepartmentID, bit(p.Contact), bit(p.Tagging), tx.Now, p.ID)
}

// SetStaffDepartments makes these the person's departments.
func (tx *Tx) SetStaffDepartments(staffID int64, departments []int64) error {
	if _, err := tx.Exec("DELETE FROM staff_department WHERE staff_id = ?", staffID); err != nil {
		return err
	}
	rows := make([][]any, len(departments))
	for i, d := range departments {
		rows[i] = []any{staffID, d}
	}
	return tx.Insert("staff_department", []string{"staff_id", "department_id"}, rows)
}

// ErrGone: the row that was to be changed is not there (any more).
var ErrGone = errors.New("no such row")

// one runs a statement that must find exactly one row.
func (tx *Tx) one(op, query string, args ...any) error {
	n, err := tx.Exec(query, args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%s: found %d rows: %w", op, n, ErrGone)
	}
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// DepartmentPaths maps every existing department to its path from the root, as
// 总部/华东.
func DepartmentPaths(ds []crm.Department) map[int64]string {
	byID := make(map[int64]crm.Department, len(ds))
	for _, d := range ds {
		byID[d.ID] = d
	}
	paths := make(map[int64]string, len(ds))
	var path func(id int64, depth int) string
	path = func(id int64, depth int) string {
		if p, ok := paths[id]; ok {
			return p
		}
		d := byID[id]
		p := d.Name
		if _, ok := byID[d.ParentID]; ok && depth < 64 {
			p = path(d.ParentID, depth+1) + "/" + p
		}
		paths[id] = p
		return p
	}
	for _, d := range ds {
		path(d.ID, 0)
	}
	return paths
}

// PairsWithSeveral counts the pairs of customer and staff that carry more than
// one live tag of the group, sleeping links included.
func (tx *Tx) PairsWithSeveral(groupID int64) (int64, error) {
	var n int64
	err := tx.Get(&n, `SELECT COUNT(*) FROM (SELECT l.customer_id FROM link l JOIN tag t ON t.id = l.tag_id
		WHERE t.group_id = ? AND t.deletion_id = 0 GROUP BY l.customer_id, l.staff_id HAVING COUNT(*) > 1) AS pairs`, groupID)
	return n, err
}

// TagCount is on how many customers a tag is.
type TagCount struct {
	TagID     int64 `db:"tag_id"`
	Customers int64 `db:"customers"`
}

// TagCounts counts the live customers of each live tag; tags without any are
// not listed.
func (tx *Tx) TagCounts() (map[int64]int64, error) {
	// Those in the bin are few: they are taken off the whole.
	out := make(map[int64]int64)
	for _, q := range []struct {
		sign  int64
		query string
	}{
		{1, "SELECT tag_id, COUNT(DISTINCT customer_id) AS customers FROM link GROUP BY tag_id"},
		{-1, `SELECT l.tag_id AS tag_id, COUNT(DISTINCT l.customer_id) AS customers FROM customer c JOIN link l ON l.customer_id = c.id
			WHERE c.deletion_id <> 0 GROUP BY l.tag_id`},
	} {
		var rows []TagCount
		if err := tx.Select(&rows, q.query); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.TagID] += q.sign * r.Customers
		}
	}
	return out, nil
}
