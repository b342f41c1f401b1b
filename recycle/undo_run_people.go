package recycle

import (
	"encoding/json"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

var (
	staffTable      = store.TableNamed("staff")
	membershipTable = store.TableNamed("staff_department")
	closureTable    = store.TableNamed("department_closure")
)

// person reads somebody as they are now, and the row; nil when they are not
// there.
func (u *runUndo) person(id int64) (is crm.StaffImage, now store.Image, err error) {
	if now, err = u.tx.ImageOf(staffTable, id); err != nil || now == nil {
		return is, nil, err
	}
	if err := staffTable.Read(now, &is.Staff); err != nil {
		return is, nil, err
	}
	err = u.tx.Images(membershipTable, "staff_id = ?", []any{id}, func(m store.Image) error {
		var in struct {
			Department int64 `db:"department_id"`
		}
		err := membershipTable.Read(m, &in)
		is.Departments = append(is.Departments, in.Department)
		return err
	})
	return is, now, err
}

// putStaff puts back somebody's cells and departments.
func (u *runUndo) putStaff(c store.Change) error {
	p := place{c.Kind, c.ItemID, 0}
	if u.left[p] {
		return nil
	}
	var was crm.StaffImage
	if err := json.Unmarshal([]byte(c.Before), &was); err != nil {
		return err
	}
	is, now, err := u.person(c.ItemID)
	if err != nil {
		return err
	}
	name := u.written(c.Kind, c.ItemID, nil)
	gone := slices.ContainsFunc(was.Departments, func(d int64) bool { return !u.departments[d] })
	switch {
	case now == nil:
		u.leave(p, NoteGone, name)
		return nil
	case is.Digest() != c.After || gone || was.Staff.RoleDepartmentID != 0 && !u.departments[was.Staff.RoleDepartmentID]:
		u.leave(p, NoteChangedSince, name)
		return nil
	}
	return u.putImage(p, name, func() error {
		if err := u.j.row("staff", []int64{c.ItemID}, staffTable.With(now, was.Staff)); err != nil {
			return err
		}
		return u.move(c.ItemID, is.Departments, was.Departments)
	})
}

// move takes somebody out of departments and puts them into others.
func (u *runUndo) move(staff int64, from, to []int64) error {
	for _, d := range from {
		if !slices.Contains(to, d) {
			if err := u.j.row(membershipTable.Name, []int64{staff, d}, nil); err != nil {
				return err
			}
		}
	}
	for _, d := range to {
		if !slices.Contains(from, d) {
			s, t := itoa(staff), itoa(d)
			if err := u.j.row(membershipTable.Name, []int64{staff, d}, store.Image{&s, &t}); err != nil {
				return err
			}
		}
	}
	return nil
}

// since reports whether a row was changed after the run ended. Of one that was
// killed nobody knows when that was.
func (u *runUndo) since(at int64) bool { return u.run.EndedAt != 0 && at > u.run.EndedAt }

// dropStaff removes the people that the run made: they cannot lie in the bin.
// Those stay whom something names, or whom somebody has edited.
func (u *runUndo) dropStaff() error {
	for _, r := range u.of(store.SeqStaff) {
		used, err := u.tx.StaffInUse(r.First, r.Last)
		if err != nil {
			return err
		}
		for id := r.Last; id >= r.First; id-- {
			is, now, err := u.person(id)
			if err != nil {
				return err
			}
			p := place{crm.ImageStaff, id, 0}
			switch {
			case now == nil:
				continue
			case used[id]:
				u.leave(p, NoteInUse, u.written(p.kind, id, nil))
				continue
			case u.since(is.Staff.UpdatedAt):
				u.leave(p, NoteChangedSince, u.written(p.kind, id, nil))
				continue
			}
			if err := u.move(id, is.Departments, nil); err != nil {
				return err
			}
			if err := u.j.row("staff", []int64{id}, nil); err != nil {
				return err
			}
			u.out.Staff++
		}
	}
	return nil
}

// dropDepartments removes the departments that the run made, those below before
// those above.
func (u *runUndo) dropDepartments() error {
	for _, r := range u.of(store.SeqDepartment) {
		used, err := u.tx.DepartmentsInUse(r.First, r.Last)
		if err != nil {
			return err
		}
		for id := r.Last; id >= r.First; id-- {
			if err := u.dropDepartment(id, used[id]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *runUndo) dropDepartment(id int64, used bool) error {
	t := store.TableNamed("department")
	now, err := u.tx.ImageOf(t, id)
	if err != nil || now == nil {
		return err
	}
	var d crm.Department
	if err := t.Read(now, &d); err != nil {
		return err
	}
	var above []int64
	err = u.tx.Images(closureTable, "ancestor_id = ? OR descendant_id = ?", []any{id, id}, func(m store.Image) error {
		var row struct {
			Ancestor   int64 `db:"ancestor_id"`
			Descendant int64 `db:"descendant_id"`
		}
		err := closureTable.Read(m, &row)
		used = used || row.Descendant != id
		above = append(above, row.Ancestor)
		return err
	})
	if err != nil {
		return err
	}
	p := place{crm.RefDepartment, id, 0}
	switch {
	case used:
		u.leave(p, NoteInUse, u.written(p.kind, id, nil))
		return nil
	case u.since(d.UpdatedAt):
		u.leave(p, NoteChangedSince, u.written(p.kind, id, nil))
		return nil
	}
	for _, a := range above {
		if err := u.j.row(closureTable.Name, []int64{a, id}, nil); err != nil {
			return err
		}
	}
	if err := u.j.row("department", []int64{id}, nil); err != nil {
		return err
	}
	u.out.Departments++
	return nil
}
