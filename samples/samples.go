// Package samples holds the spreadsheets that tagkeep demo imports and the
// tests read, and makes more of them in any size.
//
// The sound ones import without an error in the order staff, tags, customers:
//
//	staff.xlsx              20 people in 6 departments, and a 7th without people
//	tags.xlsx               40 tags in 8 groups
//	customers.xlsx          200 rows, some customers with two followers
//	customers-gb18030.csv   the same rows as Excel on a Chinese Windows saves them
//
// messy.xlsx and messy.csv are customers as people really send them: a title
// above the header, headers under other names, blank lines, a totals line,
// formulas, merged cells, and nearly every error that a row can have. What an
// import must report stands beside them in messy.xlsx.expected.json and
// messy.csv.expected.json; see Expected.
//
// The files are written by go run ./samples/gen -samples samples.
package samples

import (
	"embed"
	"encoding/json"
	"fmt"
)

// Files holds the sample files by name. os.CopyFS puts them on disk.
//
//go:embed *.xlsx *.csv *.expected.json
var Files embed.FS

// Expected returns the errors that an import of the messy file name must
// report, no more and no fewer, ordered by row, once the sample staff and tags
// were imported.
func Expected(name string) ([]Fault, error) {
	data, err := Files.ReadFile(name + ".expected.json")
	if err != nil {
		return nil, fmt.Errorf("expected errors of %s: %w", name, err)
	}
	var faults []Fault
	if err := json.Unmarshal(data, &faults); err != nil {
		return nil, fmt.Errorf("expected errors of %s: %w", name, err)
	}
	return faults, nil
}
