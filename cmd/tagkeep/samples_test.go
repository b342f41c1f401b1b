package main

import (
	"cmp"
	"slices"
	"testing"

	"tagkeep/samples"
)

// The messy samples are rejected for exactly what stands beside them.
func TestMessySamples(t *testing.T) {
	for _, name := range []string{"messy.xlsx", "messy.csv"} {
		t.Run(name, func(t *testing.T) {
			newHome(t)
			mustCall(t, exitDone, "import", "staff", sampleFile(t, "staff.xlsx"))
			mustCall(t, exitDone, "import", "tags", sampleFile(t, "tags.xlsx"))
			dry := faultsFound(t, name, "--dry-run")
			found := faultsFound(t, name)
			if !slices.Equal(dry, found) {
				t.Errorf("the dry run found\n%v\nthe import\n%v", dry, found)
			}
			want, err := samples.Expected(name)
			if err != nil {
				t.Fatal(err)
			}
			compareFaults(t, found, want)
		})
	}
}

func faultsFound(t *testing.T, name string, flags ...string) []samples.Fault {
	t.Helper()
	c := mustCall(t, exitPartly, append([]string{"import", "customers", sampleFile(t, name), "--json"}, flags...)...)
	var result struct {
		Errors []struct {
			Row     int    `json:"row"`
			Column  string `json:"column"`
			Code    string `json:"code"`
			Related int    `json:"related_row"`
		} `json:"errors"`
	}
	c.fields(t, &result)
	var found []samples.Fault
	for _, e := range result.Errors {
		found = append(found, samples.Fault{Row: e.Row, Column: e.Column, Code: e.Code, Related: e.Related})
	}
	return found
}

// compareFaults pairs what was found with what must be: row, code, related row,
// and the column where it is given.
func compareFaults(t *testing.T, found, want []samples.Fault) {
	t.Helper()
	left := slices.Clone(found)
	for _, w := range want {
		i := slices.IndexFunc(left, func(f samples.Fault) bool {
			return f.Row == w.Row && f.Code == w.Code && cmp.Or(w.Column, f.Column) == f.Column && cmp.Or(w.Related, f.Related) == f.Related
		})
		if i < 0 {
			t.Errorf("not found: %+v", w)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, f := range left {
		t.Errorf("found, but not expected: %+v", f)
	}
}
