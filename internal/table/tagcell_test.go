package table

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
)

func bare(names ...string) []TagRef {
	var refs []TagRef
	for _, n := range names {
		refs = append(refs, TagRef{Name: n})
	}
	return refs
}

func TestCase58SplitTags(t *testing.T) {
	for _, c := range []struct {
		cell string
		want []TagRef
	}{
		{"", nil},
		{"VIP客户", bare("VIP客户")},
		{"a,b，c;d；e、f|g\nh\r\ni", bare("a", "b", "c", "d", "e", "f", "g", "h", "i")},
		{"高意向 客户/A-B", bare("高意向 客户/A-B")},
		{" a ;\u3000b\u200b", bare("a", "b")},
		{";a;b", bare("a", "b")}, // append, as HubSpot writes it
		{"a;;b;", bare("a", "b")},
		{";;，", nil},
		{"a;b;a", bare("a", "b")},
		{"[标签1，标签2]", bare("标签1", "标签2")},
		{"【标签1、标签2】", bare("标签1", "标签2")},
		{"[标签1", bare("[标签1")},
		{"[]", nil},
		{"意向:高;意向：低", []TagRef{{Group: "意向", Name: "高"}, {Group: "意向", Name: "低"}}},
		{"意向 : 高", []TagRef{{Group: "意向", Name: "高"}}},
		{"+a,-b, = 意向:高", []TagRef{{Op: '+', Name: "a"}, {Op: '-', Name: "b"}, {Op: '=', Group: "意向", Name: "高"}}},
		{"a;+a", []TagRef{{Name: "a"}, {Op: '+', Name: "a"}}},
		{`"a;b"`, []TagRef{{Name: "a;b", Quoted: true}}},
		{`"a:b":"c;d"`, []TagRef{{Group: "a:b", Name: "c;d", Quoted: true}}},
		{`"a:b":c;x`, []TagRef{{Group: "a:b", Name: "c"}, {Name: "x"}}},
		{`意向:"c;d" ; -"-5"`, []TagRef{{Group: "意向", Name: "c;d", Quoted: true}, {Op: '-', Name: "-5", Quoted: true}}},
		{`"27"" 显示器"`, []TagRef{{Name: `27" 显示器`, Quoted: true}}},
		{`"<清空>"`, []TagRef{{Name: "<清空>", Quoted: true}}},
		{`a;"a"`, bare("a")},
		{`“高意向”`, bare("“高意向”")},
	} {
		got, problems := SplitTags(c.cell)
		if !slices.Equal(got, c.want) || len(problems) > 0 {
			t.Errorf("SplitTags(%q) = %+v, %s; want %+v", c.cell, got, told(problems), c.want)
		}
	}
}

func TestTagCellFaults(t *testing.T) {
	long := strings.Repeat("长", 31)
	for _, c := range []struct {
		cell  string
		value string
		want  string
		refs  []TagRef
	}{
		{`a;"b;c`, `"b`, "BAD_FORMAT[quote]", bare("a", "c")},
		{`"b"c;d`, `"b"c`, "BAD_FORMAT[quote]", bare("d")},
		{`27" 显示器`, `27" 显示器`, "BAD_FORMAT[quote]", nil},
		{`意向:"高`, `意向:"高`, "BAD_FORMAT[quote]", nil},
		{"a:b:c;d", "a:b:c", "BAD_FORMAT[tag]", bare("d")},
		{":b", ":b", "BAD_FORMAT[tag]", nil},
		{"a:;d", "a:", "BAD_FORMAT[tag]", bare("d")},
		{"-", "-", "BAD_FORMAT[tag]", nil},
		{`""`, `""`, "BAD_FORMAT[tag]", nil},
		{"a\tb", "a\tb", "BAD_FORMAT[line-break]", nil},
		{"\"a\nb\"", "\"a\nb\"", "BAD_FORMAT[line-break]", nil},
		{long, long, "TOO_LONG[30 31]", nil},
		{"g:" + long, "g:" + long, "TOO_LONG[30 31]", nil},
		{long + ":a;ok", long + ":a", "TOO_LONG[30 31]", bare("ok")},
	} {
		refs, problems := SplitTags(c.cell)
		if got := told(problems); got != c.want {
			t.Errorf("%q: got %q, want %q", c.cell, got, c.want)
			continue
		}
		if problems[0].Value != c.value || problems[0].Column != -1 || problems[0].Row != 0 {
			t.Errorf("%q: got %+v", c.cell, problems[0])
		}
		if !slices.Equal(refs, c.refs) {
			t.Errorf("%q: got %+v, want %+v", c.cell, refs, c.refs)
		}
	}
	if _, problems := SplitTags(`a:b:c;"x;-`); len(problems) != 3 {
		t.Errorf("faults of a cell are told all at once: got %s", told(problems))
	}
}

func TestManyTagsAreFoldedFast(t *testing.T) {
	cell := strings.Repeat("a;b;", 10) + strings.Repeat("c1;c2;c3;c4;c5;c6;c7;c8;", 8000)
	refs, problems := SplitTags(cell)
	if len(refs) != 10 || len(problems) > 0 {
		t.Errorf("%d tags, %s", len(refs), told(problems))
	}
	if _, problems := SplitTags(strings.Repeat("-;", 10000)); len(problems) != 32 {
		t.Errorf("%d problems of one cell", len(problems))
	}
	var b strings.Builder
	for i := range 8000 {
		b.WriteString("t" + string(rune('0'+i%10)) + string(rune(0x4e00+i)) + ";")
	}
	if refs, _ := SplitTags(b.String() + b.String()); len(refs) != 8000 {
		t.Errorf("%d tags, want 8000", len(refs))
	}
}

func TestAppendTags(t *testing.T) {
	refs, _ := AppendTags(bare("a"), "a;b")
	if want := bare("a", "a", "b"); !slices.Equal(refs, want) {
		t.Errorf("got %+v, want %+v", refs, want)
	}
}

func TestFormatTags(t *testing.T) {
	refs := []TagRef{{Op: '-', Group: "a:b", Name: "c;d"}, {Name: "高 意向/x"}, {Name: "-5"}, {Group: "g", Name: `1"`}, {Name: "[x]"}}
	if got, want := FormatTags(refs), `-"a:b":"c;d";高 意向/x;"-5";g:"1""";"[x]"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// name draws the name of a tag or group as the database may hold it.
func drawName(t *rapid.T, label string) string {
	const alphabet = `ab 标签，,;；、|:："+-=/[]【】<>（）’“🙂é·` + "\u0301\u200d\u0338"
	name := rapid.Custom(func(t *rapid.T) string {
		return clean(rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), 1, 8, -1).Draw(t, "runes"))
	}).Filter(func(s string) bool { return s != "" }).Draw(t, label)
	if rapid.IntRange(0, 20).Draw(t, "word") == 0 {
		return "<清空>"
	}
	return name
}

func TestFormatTagsIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var refs []TagRef
		seen := make(map[TagRef]bool)
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			ref := TagRef{Op: rapid.SampledFrom([]byte{0, '+', '-', '='}).Draw(t, "op"), Name: drawName(t, "name")}
			if rapid.Bool().Draw(t, "grouped") {
				ref.Group = drawName(t, "group")
			}
			if seen[ref] {
				continue
			}
			seen[ref] = true
			ref.Quoted = needsQuotes(ref.Name) || rapid.Bool().Draw(t, "quoted")
			refs = append(refs, ref)
		}
		cell := FormatTags(refs)
		got, problems := SplitTags(cell)
		if !slices.Equal(got, refs) || len(problems) > 0 {
			t.Fatalf("%q is read as %+v, %s; want %+v", cell, got, told(problems), refs)
		}
		if cell != "" && clean(cell) != cell {
			t.Fatalf("the cell %q is not clean", cell)
		}
		if cell != "" && isClearWord(cell) {
			t.Fatalf("the cell %q would empty the tags", cell)
		}
	})
}

func FuzzTagCell(f *testing.F) {
	for _, cell := range []string{
		"", "a;b", `"a:b":"c;d"`, "=意向:高，-x", "【标签1、标签2】", `"a""b`, ":;:", "[[a]]", "+", "\u0301", "a\xff;b", `"<清空>"`,
	} {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		refs, problems := SplitTags(cell)
		for _, p := range problems {
			if p.Code != crm.BadFormat && p.Code != crm.TooLong || p.Warn || len(p.Args) == 0 {
				t.Errorf("problem %+v", p)
			}
		}
		for _, r := range refs {
			if r.Name == "" || r.Name != clean(r.Name) || r.Group != clean(r.Group) || hasBreak(r.Name) || hasBreak(r.Group) {
				t.Errorf("reference %+v of %q is not clean", r, cell)
			}
		}
		again, problems := SplitTags(FormatTags(refs))
		for i := range refs {
			refs[i].Quoted = refs[i].Quoted || needsQuotes(refs[i].Name)
		}
		if !slices.Equal(again, refs) || len(problems) > 0 {
			t.Errorf("%q: %+v is written and read as %+v, %s", cell, refs, again, told(problems))
		}
	})
}
