package tagkeep_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// The tables of headers in the READMEs are what people write templates from:
// they must name every column, and every other name in them must be read as the
// header that it stands beside.
func TestReadmeHeaders(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range crm.Kinds {
			rows := headerTable(string(text), kind)
			if len(rows) == 0 {
				t.Errorf("%s: no table for import %s", name, kind)
			}
			listed := make(map[string]bool)
			for _, row := range rows {
				listed[row.header] = true
				for _, synonym := range row.synonyms {
					if !sameField(kind, synonym, row.header) {
						t.Errorf("%s, %s: %q is not read as %q", name, kind, synonym, row.header)
					}
				}
			}
			for _, column := range table.Columns(kind) {
				if !listed[column.Header] {
					t.Errorf("%s, %s: column %s is missing", name, kind, column.Header)
				}
			}
		}
	}
}

type headerRow struct {
	header   string
	synonyms []string
}

var (
	listSeparator = regexp.MustCompile(`[,、]\s*`)
	partSeparator = regexp.MustCompile(`[;；]\s*`)
	requiredMark  = regexp.MustCompile(`\s*[（(].*`)
)

// headerTable reads the table below "import KIND". A line may hold several
// headers; their synonyms are then separated by semicolons, in the same order.
func headerTable(text string, kind crm.Kind) []headerRow {
	_, text, _ = strings.Cut(text, "**`import "+string(kind)+"`**")
	_, text, _ = strings.Cut(text, "|---|---|---|\n")
	text, _, _ = strings.Cut(text, "\n\n")
	var rows []headerRow
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		headers := listSeparator.Split(requiredMark.ReplaceAllString(strings.TrimSpace(cells[1]), ""), -1)
		synonyms := partSeparator.Split(strings.ReplaceAll(strings.TrimSpace(cells[2]), "`", ""), -1)
		for i, header := range headers {
			row := headerRow{header: header}
			if i < len(synonyms) {
				row.synonyms = listSeparator.Split(synonyms[i], -1)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// sameField reports whether two headers are read as the same column: beside each
// other they are refused as doubled.
func sameField(kind crm.Kind, a, b string) bool {
	row := sheet.Row{Number: 1, Line: 1, Cells: []sheet.Cell{{Kind: sheet.Text, Value: a}, {Kind: sheet.Text, Value: b}}}
	_, _, err := table.FindHeader(kind, []sheet.Row{row}, table.HeaderOptions{})
	refused, ok := errors.AsType[*table.HeaderError](err)
	return ok && len(refused.Doubled) == 1
}
