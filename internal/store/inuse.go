package store

import (
	"fmt"
	"strings"
)

// pointers are the columns that name people or departments, as
// TABLE.COLUMN [CONDITION]. What a person's or a department's own rows say of
// them is left out: it goes with them.
var (
	staffPointers = []string{"department.created_by", "staff.created_by", "staff.same_as", "tag_group.created_by", "tag.created_by", "customer.created_by",
		"customer_staff.staff_id", "customer_staff.created_by", "link.staff_id", "link.tagged_by",
		"access_grant.subject_id subject_kind = 'staff'", "access_grant.created_by", "access_grant.revoked_by", "access_request.staff_id", "access_request.decided_by",
		"deletion.created_by", "deletion.ended_by", "sleeping_removal.staff_id", "sleeping_removal.by_id",
		"directory_event.by_id", "directory_event.from_id kind = 'staff_same'", "directory_event.to_id kind = 'staff_same'",
		"import_run.created_by", "import_change.staff_id", "import_change.item_id kind = 'staff'", "audit_log.staff_id"}
	departmentPointers = []string{"staff.role_department_id", "staff_department.department_id", "tag_group.department_id",
		"access_grant.subject_id subject_kind = 'department'", "directory_event.from_id kind <> 'staff_same'", "directory_event.to_id kind <> 'staff_same'"}
)

// StaffInUse finds which of the people from first to last other rows name: who
// follows, tagged, was granted or did something.
func (tx *Tx) StaffInUse(first, last int64) (map[int64]bool, error) {
	return tx.inUse(staffPointers, first, last)
}

// DepartmentsInUse finds which of the departments from first to last people,
// tag groups, grants or events name; those below them are not looked at.
func (tx *Tx) DepartmentsInUse(first, last int64) (map[int64]bool, error) {
	return tx.inUse(departmentPointers, first, last)
}

func (tx *Tx) inUse(pointers []string, first, last int64) (map[int64]bool, error) {
	used := make(map[int64]bool)
	for _, p := range pointers {
		place, cond, _ := strings.Cut(p, " ")
		table, column, _ := strings.Cut(place, ".")
		if cond != "" {
			cond = " AND " + cond
		}
		var ids []int64
		if err := tx.Select(&ids, "SELECT DISTINCT "+column+" FROM "+table+" WHERE "+column+" BETWEEN ? AND ?"+cond, first, last); err != nil {
			return nil, fmt.Errorf("look who names what: %w", err)
		}
		for _, id := range ids {
			used[id] = true
		}
	}
	return used, nil
}
