package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

var shanghai = time.FixedZone("CST", 8*60*60)

// row makes a row of text cells as a CSV file gives them.
func row(number int, cells ...string) sheet.Row {
	r := sheet.Row{Number: number, Line: number}
	for _, c := range cells {
		cell := sheet.Cell{Kind: sheet.Text, Value: c}
		if strings.TrimSpace(c) == "" {
			cell.Kind = sheet.Blank
		}
		r.Cells = append(r.Cells, cell)
	}
	return r
}

// mustHeader maps a header row in row 1.
func mustHeader(t testing.TB, k crm.Kind, headers ...string) *Mapping {
	t.Helper()
	m, _, err := FindHeader(k, []sheet.Row{row(1, headers...)}, HeaderOptions{})
	if err != nil {
		t.Fatalf("FindHeader(%q): %v", headers, err)
	}
	return m
}

func parse(m *Mapping, r sheet.Row) *Record {
	var rec Record
	m.Parse(m.NewParser(shanghai), &r, &rec)
	return &rec
}

// parseOne parses a cell under its own header, in a row that lacks nothing else.
func parseOne(t testing.TB, k crm.Kind, field int, cell sheet.Cell) *Record {
	t.Helper()
	headers, cells := []string{declared(k)[field].Header}, []sheet.Cell{cell}
	add := func(field int, text string) {
		headers = append(headers, declared(k)[field].Header)
		cells = append(cells, sheet.Cell{Kind: sheet.Text, Value: text})
	}
	switch {
	case k == crm.Tags && field != TagGroup:
		add(TagGroup, "组")
		if field != TagName {
			add(TagName, "标签")
		}
	case k == crm.Customers && field != CustUnionID:
		add(CustUnionID, "u1")
		if field != CustMobile {
			add(CustMobile, "")
		}
	case k == crm.People && field != StaffUserID:
		add(StaffUserID, "zhang")
	case k == crm.Grants:
		for f, text := range map[int]string{GrantObject: "all", GrantSubjectKind: "部门", GrantSubject: "总部", GrantLevel: "查看"} {
			if f != field {
				add(f, text)
			}
		}
	}
	return parse(mustHeader(t, k, headers...), sheet.Row{Number: 2, Line: 2, Cells: cells})
}

func text(s string) sheet.Cell { return sheet.Cell{Kind: sheet.Text, Value: s} }

// told is a record's problems in short: "BAD_PHONE@1", warnings with a "?",
// file-wide columns without "@".
func told(problems []crm.Problem) string {
	var all []string
	for _, p := range problems {
		s := string(p.Code)
		if p.Column >= 0 {
			s += fmt.Sprintf("@%d", p.Column)
		}
		if len(p.Args) > 0 {
			s += fmt.Sprintf("%v", p.Args)
		}
		if p.Warn {
			s += "?"
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func checkTold(t *testing.T, rec *Record, want string) {
	t.Helper()
	if got := told(rec.Problems); got != want {
		t.Errorf("problems: got %q, want %q", got, want)
	}
	for _, p := range rec.Problems {
		if p.Row != rec.Row {
			t.Errorf("%s has row %d, want %d", p.Code, p.Row, rec.Row)
		}
	}
}

func checkValue(t *testing.T, rec *Record, field int, state State, text string) {
	t.Helper()
	if v := rec.Values[field]; v.State != state || v.Text != text {
		t.Errorf("field %d: got state %d %q, want state %d %q", field, v.State, v.Text, state, text)
	}
}
