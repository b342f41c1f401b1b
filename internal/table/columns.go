package table

import (
	"slices"

	"tagkeep/internal/crm"
)

// Columns are the columns of kind k in the order of its column constants: the
// order in which templates and exports write them. The slice is the caller's;
// nil for a kind that has no spreadsheet here.
func Columns(k crm.Kind) []Column {
	return slices.Clone(declared(k))
}

// declared is Columns without the copy, for reading only.
func declared(k crm.Kind) []Column {
	switch k {
	case crm.Tags:
		return tagDeclarations[:]
	case crm.Customers:
		return customerDeclarations[:]
	case crm.People:
		return staffDeclarations[:]
	case crm.Grants:
		return grantDeclarations[:]
	}
	return nil
}

// Field finds the column of kind k that is called name: by its field, its
// header or a synonym, all without regard to case, width, spaces and marks such
// as * and （必填）.
func Field(k crm.Kind, name string) (column int, ok bool) {
	return knownHeaders(k).find(name)
}
