package filter

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"tagkeep/internal/crm"
)

// docs/filter.md has every field in the table of its language, with a mark for
// each kind that it fits, and what it shows as a condition is one.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/filter.md")
	if err != nil {
		t.Fatal(err)
	}
	zh, en, _ := strings.Cut(string(text), "\n## English\n")
	for lang, part := range map[crm.Lang]string{crm.Chinese: zh, crm.English: en} {
		marks := documented(part)
		for _, f := range fields {
			want := ""
			for _, kind := range []crm.Kind{crm.Customers, crm.Tags, Groups, crm.People, crm.Grants} {
				mark := " "
				if f.fits(kind) {
					mark = "✔"
				}
				want += mark
			}
			if got := marks[f.label(lang)]; got != want {
				t.Errorf("%s, %s: marked %q, want %q", lang, f.label(lang), got, want)
			}
		}
	}
	shown := regexp.MustCompile(`--where '([^']*)'`).FindAllStringSubmatch(string(text), -1)
	if len(shown) != 6 {
		t.Errorf("%d examples, want 6", len(shown))
	}
	for _, m := range shown {
		if _, err := Parse(m[1]); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
	}
}

// documented are the marks of each field in the table of conditions.
func documented(part string) map[string]string {
	notes := regexp.MustCompile(`[（(][^）)]*[）)]`)
	marks := make(map[string]string)
	for line := range strings.Lines(part) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 8 { // of a condition and five kinds
			continue
		}
		mark := ""
		for _, cell := range cells[2:7] {
			if cell = strings.TrimSpace(cell); cell == "" {
				cell = " "
			}
			mark += cell
		}
		for _, name := range regexp.MustCompile(`[,、]`).Split(notes.ReplaceAllString(cells[1], ""), -1) {
			marks[strings.TrimSpace(name)] = mark
		}
	}
	return marks
}
