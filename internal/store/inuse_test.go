package store

import (
	"slices"
	"strings"
	"testing"
)

// Every column that names a person is looked at before one is removed, but for
// what goes with the person.
func TestEveryColumnThatNamesPeopleIsAPointer(t *testing.T) {
	own := []string{"staff_department.staff_id"}
	for _, table := range SnapshotTables() {
		for _, column := range table.Columns {
			place := table.Name + "." + column
			names := strings.HasSuffix(column, "_by") || column == "by_id" || column == "staff_id" || column == "same_as"
			if names && !slices.Contains(own, place) && !slices.Contains(staffPointers, place) {
				t.Errorf("%s names people, and an undo does not look there", place)
			}
			department := strings.HasSuffix(column, "department_id")
			if department && !slices.Contains(departmentPointers, place) {
				t.Errorf("%s names departments, and an undo does not look there", place)
			}
		}
	}
}
