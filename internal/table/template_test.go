package table

import (
	"slices"
	"testing"

	"tagkeep/internal/crm"
)

// The example row of a template is known as one in both languages, and what it
// has in lists are words of that language.
func TestExampleInBothLanguages(t *testing.T) {
	for _, k := range crm.Kinds {
		for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
			var headers, cells []string
			for field, c := range Columns(k) {
				headers, cells = append(headers, lang.Pick(c.Header, c.Field)), append(cells, Example(k, field, lang))
			}
			m := mustHeader(t, k, headers...)
			if rec := parse(m, row(2, cells...)); !rec.Example {
				t.Errorf("%s %s: %q is not known as an example", k, lang, cells)
			}
			// Without the marks it is data, and good.
			for i, cell := range cells {
				if exampleMark(cell) {
					cells[i] = map[bool]string{true: "all", false: "x1"}[k == crm.Grants]
				}
			}
			if rec := parse(m, row(2, cells...)); rec.Example || rec.Failed() {
				t.Errorf("%s %s: example %v, problems %s", k, lang, rec.Example, told(rec.Problems))
			}
		}
	}
}

// The columns of which one is enough are keys, and 电话 is none of a template's.
func TestAnyOf(t *testing.T) {
	for k, want := range map[crm.Kind][]int{crm.Customers: {CustExternalID, CustUnionID, CustMobile}, crm.People: {StaffUserID, StaffDepartments}, crm.Tags: nil, crm.Grants: nil} {
		if got := AnyOf(k); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", k, got, want)
		}
	}
}
