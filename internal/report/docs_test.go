package report

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/crm"
)

const codesDoc = "../../docs/codes.md"

// TestCodesDoc: docs/codes.md has a table that lists exactly the codes there
// are, in their order, with the words of the catalogue; -update rewrites it.
func TestCodesDoc(t *testing.T) {
	content, err := os.ReadFile(codesDoc)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| 代码 Code |"
	before, table, found := strings.Cut(string(content), head)
	if !found {
		t.Fatalf("%s has no table that begins with %q", codesDoc, head)
	}
	_, after, _ := strings.Cut(table, "\n\n")
	compare(t, codesDoc, []byte(before+codesTable(head)+"\n"+after))
}

// The same document lists every reason of a restore's verdicts, each with its
// words.
func TestReasonsDoc(t *testing.T) {
	content, err := os.ReadFile(codesDoc)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| 原因 Reason |"
	before, table, found := strings.Cut(string(content), head)
	if !found {
		t.Fatalf("%s has no table that begins with %q", codesDoc, head)
	}
	_, after, _ := strings.Cut(table, "\n\n")
	var b strings.Builder
	b.WriteString(head + " 含义 | Meaning | 怎么办 | What to do |\n|---|---|---|---|---|\n")
	for _, v := range verdictReasons {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", v.reason, v.why.zh, v.why.en, v.next.zh, v.next.en)
	}
	compare(t, codesDoc, []byte(before+b.String()+"\n"+after))
}

func codesTable(head string) string {
	var b strings.Builder
	b.WriteString(head + " 类型 Kind | 含义 | Meaning | 怎么办 | What to do |\n|---|---|---|---|---|---|\n")
	for _, code := range slices.Concat(crm.ErrorCodes, crm.WarningCodes) {
		fmt.Fprintf(&b, "| `%s` | %s %s | %s | %s | %s | %s |\n", code, Gravity(crm.Chinese, code), Gravity(crm.English, code),
			Title(crm.Chinese, code), Title(crm.English, code), Hint(crm.Chinese, code), Hint(crm.English, code))
	}
	return b.String()
}

// The words in the table must not break it.
func TestCodesDocCells(t *testing.T) {
	for _, entries := range catalogue {
		for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
			if s := Title(lang, entries[""].code) + Hint(lang, entries[""].code); strings.ContainsAny(s, "|\n") {
				t.Errorf("%s: %q", entries[""].code, s)
			}
		}
	}
}
