package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
)

func TestTallyCounts(t *testing.T) {
	ta := NewTally(crm.Chinese, testHeaders)
	ta.Add(0, crm.Problem{Code: crm.UnknownColumn, Column: 5, Value: "爱好", Warn: true})
	for _, row := range []int{5, 9, 10, 11, 12, 40} {
		ta.Add(row+1, crm.Problem{Code: crm.BadPhone, Row: row, Column: 3, Value: "12x"},
			crm.Problem{Code: crm.LongName, Row: row, Column: 2, Warn: true})
	}
	ta.Add(41, crm.Problem{Code: crm.UnknownTag, Row: 41, Column: 4, Args: []string{"高意项", "高意向"}},
		crm.Problem{Code: crm.UnknownTag, Row: 41, Column: 4, Args: []string{"新的"}},
		crm.Problem{Code: crm.UnknownTag, Row: 41, Column: 4, Args: []string{"高意项", "高意向"}})

	if got := fmt.Sprint(ta.ErrorsByCode()); got != "map[BAD_PHONE:6 UNKNOWN_TAG:3]" {
		t.Errorf("errors by code: %s", got)
	}
	if got := fmt.Sprint(ta.WarningsByCode()); got != "map[LONG_NAME:6 UNKNOWN_COLUMN:1]" {
		t.Errorf("warnings by code: %s", got)
	}
	if errs := ta.Errors(); len(errs) != 9 || errs[0].Row != 5 || errs[0].SourceLine != 6 || errs[8].SourceLine != 0 {
		t.Errorf("errors: %+v", errs)
	}
	if w := ta.Warnings(); len(w) != 7 || w[0].Code != crm.UnknownColumn {
		t.Errorf("warnings: %+v", w)
	}
	want := []string{
		"手机号格式不正确 (BAD_PHONE) 6 行: 第 5、9–12、40 行；处理：请填写 11 位手机号；座机请填到「电话」列",
		"标签不存在 (UNKNOWN_TAG) 1 行: 第 41 行；「高意项」2 次 (最接近「高意向」)、「新的」1 次；处理：请先导入该标签，或加 --create-tags",
	}
	for i, c := range ta.Causes(crm.Chinese) {
		if c.Line(crm.Chinese) != want[i] {
			t.Errorf("cause %d:\n got %s\nwant %s", i, c.Line(crm.Chinese), want[i])
		}
	}
	wantEn := []string{
		"longer than a name may be in WeCom (LONG_NAME) 6 rows: 5, 9–12, 40; what to do: shorten it before it is used in WeCom",
		"unknown columns (UNKNOWN_COLUMN) 1 time; what to do: to import it, change the header or map it with --map",
	}
	for i, c := range ta.WarningCauses(crm.English) {
		if c.Line(crm.English) != wantEn[i] {
			t.Errorf("warning %d:\n got %s\nwant %s", i, c.Line(crm.English), wantEn[i])
		}
	}
}

func TestTallyOfNothing(t *testing.T) {
	ta := NewTally(crm.Chinese, nil)
	if ta.Errors() == nil || ta.Warnings() == nil || ta.ErrorsByCode() == nil || ta.WarningsByCode() == nil {
		t.Error("nil instead of empty: JSON would have null")
	}
	if len(ta.Causes(crm.English)) != 0 {
		t.Error("causes of nothing")
	}
}

// Whatever a file holds, the tally stays small.
func TestTallyIsBounded(t *testing.T) {
	const rows = 1_000_000
	ta := NewTally(crm.Chinese, testHeaders)
	long := strings.Repeat("长", longestUnknown+1)
	for row := 2; row < rows+2; row++ {
		name := fmt.Sprint("标签", row)
		if row%1000 == 0 {
			name = long
		}
		ta.Add(row,
			crm.Problem{Code: crm.UnknownTag, Row: row * 2, Column: 4, Value: name, Args: []string{name, "标签"}},
			crm.Problem{Code: crm.LongName, Row: row * 2, Column: 4, Value: name, Warn: true})
	}
	ta.Add(0, crm.Problem{Code: crm.HiddenRows, Column: -1, Args: []string{"3"}, Warn: true})

	names, others := ta.Unknowns(crm.UnknownTag)
	if len(names) != mostUnknown || int64(len(names))+others != rows {
		t.Errorf("%d names and %d others, want %d and the rest of %d", len(names), others, mostUnknown, rows)
	}
	if n := len(ta.Errors()); n != mostListed {
		t.Errorf("%d errors listed", n)
	}
	if w := ta.Warnings(); len(w) != mostListed || w[0].Code != crm.HiddenRows {
		t.Errorf("the file's own warning was crowded out: %d listed, first %s", len(w), w[0].Code)
	}
	c := ta.Causes(crm.Chinese)[0]
	if c.Count != rows || c.Rows != rows || len(c.Names) != mostNames || c.MoreNames != rows-mostNames {
		t.Errorf("cause: %d errors, %d rows, %d names, %d more", c.Count, c.Rows, len(c.Names), c.MoreNames)
	}
	if !strings.HasSuffix(c.Ranges, "、…") || strings.Count(c.Ranges, "、") != mostRanges {
		t.Errorf("ranges: %s", c.Ranges)
	}
}

// The problems that a tally keeps must not be changed, or kept alive, by the
// caller's buffers.
func TestTallyKeepsItsOwn(t *testing.T) {
	args := []string{"高意项"}
	ta := NewTally(crm.Chinese, nil)
	ta.Add(2, crm.Problem{Code: crm.UnknownTag, Row: 2, Column: 0, Args: args})
	args[0] = "改了"
	if line := ta.Errors()[0].Line(crm.Chinese); !strings.Contains(line, "高意项") {
		t.Errorf("got %s", line)
	}
}

func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.IntRange(1, 120)).Draw(t, "rows")
		var r ranges
		for _, row := range rows {
			r.add(row)
		}
		checkRanges(t, r, rows)
	})
}

// checkRanges compares with the plain way: the sorted rows, cut at gaps. Once
// something was left out, what is kept must still be right.
func checkRanges(t *rapid.T, r ranges, rows []int) {
	var want []span
	rows = slices.Compact(slices.Sorted(slices.Values(rows)))
	for _, row := range rows {
		if n := len(want); n > 0 && want[n-1].last+1 == row {
			want[n-1].last = row
		} else {
			want = append(want, span{row, row})
		}
	}
	if !r.more && !slices.Equal(r.list, want) {
		t.Fatalf("got %v, want %v", r.list, want)
	}
	if len(r.list) > mostRanges {
		t.Fatalf("%d ranges", len(r.list))
	}
	for i, s := range r.list {
		if i > 0 && r.list[i-1].last+1 >= s.first {
			t.Fatalf("ranges touch: %v", r.list)
		}
		for row := s.first; row <= s.last; row++ {
			if _, found := slices.BinarySearch(rows, row); !found {
				t.Fatalf("%d is in %v but was not added", row, r.list)
			}
		}
	}
}

func TestGroupAndTag(t *testing.T) {
	tests := []struct {
		name       string
		group, tag string
	}{
		{"高意向", "", "高意向"},
		{"意向:高意向", "意向", "高意向"},
		{"意向：高意向", "意向", "高意向"},
		{`"a:b":c`, "a:b", "c"},
		{`"a:b":"c;""d"""`, "a:b", `c;"d"`},
		{`"a:b"`, "", "a:b"},
		{"意向:", "", "意向:"},
		{":高", "", ":高"},
		{"a:b:c", "", "a:b:c"},
		{`"`, "", ""},
	}
	for _, test := range tests {
		group, tag := Unknown{Code: crm.UnknownTag, Name: test.name}.groupAndTag()
		if group != test.group || tag != test.tag {
			t.Errorf("%s: got %q and %q, want %q and %q", test.name, group, tag, test.group, test.tag)
		}
	}
	group, tag := Unknown{Code: crm.UnknownGroup, Name: "a:b", Tag: "c"}.groupAndTag()
	if group != "a:b" || tag != "c" {
		t.Errorf("unknown group: got %q and %q", group, tag)
	}
}
