package store

import (
	"errors"
	"fmt"
	"slices"

	"tagkeep/internal/crm"
)

// ErrCycle: the change would put something under itself.
var ErrCycle = errors.New("under itself")

// UpdateDepartment writes the department's cells and counts its version up; its
// place in the tree is MoveDepartment's. ErrRefused when a sibling has the name.
func (tx *Tx) UpdateDepartment(d crm.Department) error {
	return tx.one("update department", "UPDATE department SET name = ?, sort = ?, wecom_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND gone_event = 0",
		d.Name, d.Sort, d.WecomID, tx.Now, d.ID)
}

// GoneDepartments lists by id the departments that were merged into others.
// Each keeps the parent that it had, which may be gone too.
func (tx *Tx) GoneDepartments() ([]crm.Department, error) {
	var out []crm.Department
	err := tx.Select(&out, "SELECT "+departmentColumns+" FROM department WHERE gone_event <> 0 ORDER BY id")
	return out, err
}

// StaffOf lists by id the people of one department, those who left too, not
// those of the departments below it.
func (tx *Tx) StaffOf(department int64) ([]int64, error) {
	var out []int64
	err := tx.Select(&out, "SELECT staff_id FROM staff_department WHERE department_id = ? ORDER BY staff_id", department)
	return out, err
}

// MoveDepartment puts a department, with all below it, under another parent; 0
// makes it a root. ErrCycle when the parent is the department or below it,
// ErrRefused when the parent has a child of that name, ErrGone when one of the
// two is not there; then nothing has changed.
func (tx *Tx) MoveDepartment(id, newParent int64) error {
	if newParent != 0 {
		if err := tx.departmentExists(newParent); err != nil {
			return fmt.Errorf("move department %d: %w", id, err)
		}
	}
	subtree, err := tx.below(id)
	if err != nil {
		return err
	}
	if contains(subtree, newParent) {
		return fmt.Errorf("move department %d to %d: %w", id, newParent, ErrCycle)
	}
	// First the row, which may be refused, then the closure, which may not.
	err = tx.one("move department", "UPDATE department SET parent_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND gone_event = 0",
		newParent, tx.Now, id)
	if err != nil {
		return err
	}
	return tx.graft(id, subtree, newParent)
}

func (tx *Tx) departmentExists(id int64) error {
	var n int
	err := tx.Get(&n, "SELECT COUNT(*) FROM department WHERE id = ? AND gone_event = 0", id)
	if err == nil && n == 0 {
		err = fmt.Errorf("department %d: %w", id, ErrGone)
	}
	return err
}

// relative is a department above or below another one, depth steps away.
type relative struct {
	ID    int64 `db:"id"`
	Depth int64 `db:"depth"`
}

func contains(rs []relative, id int64) bool {
	return slices.ContainsFunc(rs, func(r relative) bool { return r.ID == id })
}

// below lists a department, at depth 0, and all under it.
func (tx *Tx) below(id int64) ([]relative, error) {
	var out []relative
	err := tx.Select(&out, "SELECT descendant_id AS id, depth FROM department_closure WHERE ancestor_id = ? ORDER BY descendant_id", id)
	return out, err
}

// above lists a department, at depth 0, and all over it; nothing for 0.
func (tx *Tx) above(id int64) ([]relative, error) {
	var out []relative
	err := tx.Select(&out, "SELECT ancestor_id AS id, depth FROM department_closure WHERE descendant_id = ? ORDER BY ancestor_id", id)
	return out, err
}

// closureChunk is how many departments are named in one statement.
const closureChunk = 1000

// graft rewrites the closure for root and all below it, which go from where
// they hang to under newParent. What it says of their places among themselves
// stays. The rows are worked out here: MySQL cannot delete from a table that it
// reads in the same statement.
func (tx *Tx) graft(root int64, subtree []relative, newParent int64) error {
	old, err := tx.above(root)
	if err != nil {
		return err
	}
	var cut []any
	for _, a := range old {
		if a.ID != root {
			cut = append(cut, a.ID)
		}
	}
	over, err := tx.above(newParent)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(subtree, closureChunk) {
		ids := make([]any, len(part))
		var rows [][]any
		for i, d := range part {
			ids[i] = d.ID
			for _, a := range over {
				rows = append(rows, []any{a.ID, d.ID, a.Depth + 1 + d.Depth})
			}
		}
		if err := tx.cutClosure(cut, ids); err != nil {
			return err
		}
		if err := tx.Insert("department_closure", []string{"ancestor_id", "descendant_id", "depth"}, rows); err != nil {
			return err
		}
	}
	return nil
}

// cutClosure removes what says that any of the descendants is below any of the
// ancestors.
func (tx *Tx) cutClosure(ancestors, descendants []any) error {
	if len(ancestors) == 0 {
		return nil
	}
	up, upArgs := tx.In("ancestor_id", ancestors)
	down, downArgs := tx.In("descendant_id", descendants)
	_, err := tx.Exec("DELETE FROM department_closure WHERE "+up+" AND "+down, slices.Concat(upArgs, downArgs)...)
	return err
}

// MergeDepartment ends a department: its people, its child departments, those
// whose admin role is for it and its live tag groups go to another one, and
// event, the directory event that records it, is written on it. Tag groups in
// the bin and grants keep naming the department that is gone: what becomes of
// them is for a restore and for people to say.
//
// ErrCycle when into is the department or below it, ErrRefused when both have a
// child of the same name, ErrGone when one of the two is not there; then
// nothing has changed.
func (tx *Tx) MergeDepartment(from, into, event int64) error {
	if event == 0 {
		return fmt.Errorf("merge department %d: without an event: %w", from, ErrRefused)
	}
	if err := tx.departmentExists(into); err != nil {
		return fmt.Errorf("merge department %d: %w", from, err)
	}
	subtree, err := tx.below(from)
	if err != nil {
		return err
	}
	if contains(subtree, into) {
		return fmt.Errorf("merge department %d into %d: %w", from, into, ErrCycle)
	}
	return tx.Savepoint(func() error {
		// Ended first: a child may have its name and go to where it was.
		err := tx.one("merge department", "UPDATE department SET gone_event = ?, updated_at = ?, version = version + 1 WHERE id = ? AND gone_event = 0",
			event, tx.Now, from)
		if err != nil {
			return err
		}
		if err := tx.moveChildren(from, into); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM department_closure WHERE ancestor_id = ? OR descendant_id = ?", from, from); err != nil {
			return err
		}
		return tx.movePeople(from, into)
	})
}

func (tx *Tx) moveChildren(from, into int64) error {
	var children []int64
	if err := tx.Select(&children, "SELECT id FROM department WHERE parent_id = ? AND gone_event = 0 ORDER BY id", from); err != nil {
		return err
	}
	for _, child := range children {
		if err := tx.MoveDepartment(child, into); err != nil {
			return err
		}
	}
	return nil
}

// movePeople hands over what belongs to a department but for its place in the
// tree. Those who left go along, so that nothing names a department that is
// gone.
func (tx *Tx) movePeople(from, into int64) error {
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO staff_department (staff_id, department_id) SELECT s.staff_id, ? FROM staff_department s WHERE s.department_id = ?
			AND NOT EXISTS (SELECT 1 FROM staff_department o WHERE o.staff_id = s.staff_id AND o.department_id = ?)`, []any{into, from, into}},
		{"DELETE FROM staff_department WHERE department_id = ?", []any{from}},
		{"UPDATE staff SET role_department_id = ?, updated_at = ?, version = version + 1 WHERE role_department_id = ?", []any{into, tx.Now, from}},
		{"UPDATE tag_group SET department_id = ?, updated_at = ?, version = version + 1 WHERE department_id = ? AND deletion_id = 0", []any{into, tx.Now, from}},
	} {
		if _, err := tx.Exec(s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// WriteDirectoryEvent records what happened to the directory. It gives the
// event its time and, unless it has one, its id.
func (tx *Tx) WriteDirectoryEvent(e *crm.DirectoryEvent) error {
	if e.ID == 0 {
		id, err := tx.NextIDs(SeqEvent, 1)
		if err != nil {
			return err
		}
		e.ID = id
	}
	e.At = tx.Now
	return tx.Insert("directory_event", []string{"id", "kind", "from_id", "to_id", "at", "by_id", "detail"},
		[][]any{{e.ID, e.Kind, e.FromID, e.ToID, e.At, e.ByID, e.Detail}})
}

// DirectoryEvents lists what happened to the directory by id.
func (tx *Tx) DirectoryEvents() ([]crm.DirectoryEvent, error) {
	var out []crm.DirectoryEvent
	err := tx.Select(&out, "SELECT id, kind, from_id, to_id, at, by_id, detail FROM directory_event ORDER BY id")
	return out, err
}

// SetSameAs says that newID is the person who oldID was. ErrCycle when oldID is
// said to be newID, directly or through others; ErrGone when one of the two is
// not there. Whether the one left and the other is here is not looked at.
func (tx *Tx) SetSameAs(newID, oldID int64) error {
	seen := []int64{newID}
	for id := oldID; ; {
		if slices.Contains(seen, id) {
			return fmt.Errorf("staff %d is the same as %d: %w", newID, oldID, ErrCycle)
		}
		seen = append(seen, id)
		var before int64
		if err := tx.Get(&before, "SELECT same_as FROM staff WHERE id = ?", id); err != nil {
			return goneIfNone("staff", id, err)
		}
		if before == 0 {
			break
		}
		id = before
	}
	return tx.one("confirm the same person", "UPDATE staff SET same_as = ?, updated_at = ?, version = version + 1 WHERE id = ?", oldID, tx.Now, newID)
}
