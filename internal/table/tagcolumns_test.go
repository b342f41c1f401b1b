package table

import (
	"testing"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// A column per tag group is one tag cell with the group before each name.
func TestTagColumns(t *testing.T) {
	m := mustHeader(t, crm.Customers, "客户ID", "企业标签:意向", "tags：VIP级别", "企业标签", `标签:"a:b"`)
	for _, tt := range []struct {
		cells []string
		state State
		text  string
		told  string
	}{
		{[]string{"wm1", "高", "", "", ""}, Set, "意向:高", ""},
		{[]string{"wm1", "高；低", "金", "老客户", `"c;d"`}, Set, `老客户;意向:高;意向:低;VIP级别:金;"a:b":"c;d"`, ""},
		{[]string{"wm1", "+高;-低", "=金", "", ""}, Set, "+意向:高;-意向:低;=VIP级别:金", ""},
		{[]string{"wm1", "意向:高", "", "", ""}, Set, "意向:高", ""},
		{[]string{"wm1", "", "", "", ""}, Blank, "", ""},
		{[]string{"wm1", "", "", "<清空>", ""}, Clear, "", ""},
		{[]string{"wm1", "等级:高", "", "", ""}, Blank, "", "BAD_FORMAT@1[tag-group]"},
		{[]string{"wm1", "<清空>", "", "", ""}, Blank, "", "BAD_FORMAT@1[clear]"},
		{[]string{"wm1", "高", "", "<清空>", ""}, Clear, "", "BAD_FORMAT@1[clear]"},
		{[]string{"wm1", `高"x`, "a:b:c", "", ""}, Blank, "", "BAD_FORMAT@1[quote] BAD_FORMAT@2[tag]"},
	} {
		rec := parse(m, row(2, tt.cells...))
		checkTold(t, rec, tt.told)
		if v := rec.Values[CustTags]; v.State != tt.state || v.Text != tt.text {
			t.Errorf("%q: state %d %q, want %d %q", tt.cells, v.State, v.Text, tt.state, tt.text)
		}
	}
	for tag, want := range map[string]int{"意向:高": 1, "VIP级别:金": 2, `"a:b":"c;d"`: 4, "等级:x": -1, "x": -1} {
		if got, ok := m.TagColumn(tag); got != want || ok != (want >= 0) {
			t.Errorf("%s is in column %d, %v", tag, got, ok)
		}
	}
	if field, ok := m.Field(1); !ok || field != CustTags || len(m.TagColumns()) != 3 {
		t.Errorf("column 1 is field %d, %v; columns of tags %v", field, ok, m.TagColumns())
	}
}

func TestTagColumnsTwice(t *testing.T) {
	_, _, err := FindHeader(crm.Customers, []sheet.Row{row(1, "客户ID", "企业标签:意向", "tags:意向")}, HeaderOptions{})
	if e, ok := err.(*HeaderError); !ok || e.Reason != DoubledHeader || len(e.Doubled) != 1 || len(e.Doubled[0].Columns) != 2 {
		t.Errorf("two columns of one group: %v", err)
	}
	// Only customers have tags, and a name is needed behind the colon.
	for _, header := range []string{"企业标签:", "手机号:x", "备注：企业标签:x", `标签:"x`, `标签:a:b`} {
		if group, ok := groupOf(header); ok {
			t.Errorf("%s is the column of %s", header, group)
		}
	}
}

// A header says its group, or TagHeader says that it cannot.
func TestTagHeader(t *testing.T) {
	if _, ok := TagHeader("a  b", crm.Chinese); ok {
		t.Error("two spaces in a row come back as one, and TagHeader does not say so")
	}
	rapid.Check(t, func(t *rapid.T) {
		name := clean(rapid.StringOfN(rapid.SampledFrom([]rune(`意a:：;"+-=[ 😀*(（）)`)), 1, 12, -1).Draw(t, "group"))
		lang := rapid.SampledFrom([]crm.Lang{crm.Chinese, crm.English}).Draw(t, "lang")
		header, ok := TagHeader(name, lang)
		m, _, err := FindHeader(crm.Customers, []sheet.Row{row(1, "客户ID", header)}, HeaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if ok && (len(m.tags) != 1 || m.tags[0].group != name) {
			t.Fatalf("%q: header %q is read as %+v", name, header, m.tags)
		}
	})
}
