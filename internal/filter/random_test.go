package filter_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/filter"
)

// condition is a condition with what it means, said in the plainest way.
type condition struct {
	text  string
	holds func(c *crm.Customer, follows []crm.Follow, links []crm.Link) bool
}

func fieldTexts(field string, c *crm.Customer, follows []crm.Follow) []string {
	var all []string
	switch field {
	case "name":
		all = []string{c.Name}
	case "region":
		all = []string{c.Region}
	case "gender":
		all = []string{c.Gender}
	case "birthday":
		all = []string{c.Birthday}
	case "remark":
		all = []string{c.Remark}
		for _, f := range follows {
			all = append(all, f.Remark)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// slowFold is the naive way to take away case and width.
func slowFold(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		if r == 0x3000 {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(unicode.ToUpper(r)))
	}
	return b.String()
}

var (
	names   = []string{"", "a b", "Ａ", "且", `x"y`, "王", "no", "a"}
	days    = []string{"1999-12-31", "2000-01-01", "2026-02-28", "2026-03-01"}
	genders = []string{"male", "female", "unknown"}
)

func drawText(t *rapid.T) condition {
	field := rapid.SampledFrom([]string{"name", "region", "remark"}).Draw(t, "field")
	value := rapid.SampledFrom(names).Draw(t, "value")
	quoted := `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
	switch cmp := rapid.SampledFrom([]string{"=", "!=", "~", "has", "no"}).Draw(t, "cmp"); cmp {
	case "has", "no":
		return condition{cmp + " " + field, func(c *crm.Customer, follows []crm.Follow, _ []crm.Link) bool {
			return (len(fieldTexts(field, c, follows)) > 0) == (cmp == "has")
		}}
	case "~":
		return condition{field + " ~ " + strings.Replace(quoted, `""`, "a", boolInt(value == "")), func(c *crm.Customer, follows []crm.Follow, _ []crm.Link) bool {
			want := value
			if want == "" {
				want = "a"
			}
			return slices.ContainsFunc(fieldTexts(field, c, follows), func(s string) bool { return strings.Contains(slowFold(s), slowFold(want)) })
		}}
	default:
		return condition{field + cmp + quoted, func(c *crm.Customer, follows []crm.Follow, _ []crm.Link) bool {
			all := fieldTexts(field, c, follows)
			return (slices.Contains(all, value) || value == "" && len(all) == 0) == (cmp == "=")
		}}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func drawDay(t *rapid.T) condition {
	want := rapid.SampledFrom(days).Draw(t, "day")
	cmp := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "cmp")
	birthday := rapid.Bool().Draw(t, "birthday")
	field := map[bool]string{true: "birthday", false: "created"}[birthday]
	return condition{field + cmp + want, func(c *crm.Customer, _ []crm.Follow, _ []crm.Link) bool {
		have := c.Birthday
		if !birthday {
			if have = ""; c.CreatedAt != 0 {
				have = time.UnixMilli(c.CreatedAt).In(shanghai).Format(time.DateOnly)
			}
		}
		switch cmp {
		case "=":
			return have == want
		case "!=":
			return have != want
		}
		if have == "" {
			return false
		}
		return map[string]bool{"<": have < want, "<=": have <= want, ">": have > want, ">=": have >= want}[cmp]
	}}
}

func drawName(t *rapid.T) condition {
	type follower = func(f crm.Follow) bool
	in := func(staff ...int64) follower {
		return func(f crm.Follow) bool { return slices.Contains(staff, f.StaffID) }
	}
	followed := func(text string, is follower) condition {
		return condition{text, func(_ *crm.Customer, follows []crm.Follow, _ []crm.Link) bool {
			return slices.ContainsFunc(follows, is)
		}}
	}
	tagged := func(text string, tags ...int64) condition {
		return condition{text, func(_ *crm.Customer, _ []crm.Follow, links []crm.Link) bool {
			return slices.ContainsFunc(links, func(l crm.Link) bool { return slices.Contains(tags, l.TagID) })
		}}
	}
	return rapid.SampledFrom([]condition{
		tagged("tag=高意向", 1), tagged("标签 = 意向:低", 2), tagged("tag = #3", 3), tagged("group = 意向", 1, 2), tagged("有标签", 1, 2, 3, 6),
		followed("follower = zhang", in(1)), followed("follower=zhang2", in(2)), followed("department = 市场部", in(1)),
		followed("department = 总部", in(1, 2, 4)), followed("has follower", in(1, 2, 3, 4)),
	}).Draw(t, "name")
}

// drawCondition is any condition, with joined ones down to a depth.
func drawCondition(t *rapid.T, depth int) condition {
	kind := rapid.IntRange(0, 2+3*boolInt(depth > 0)).Draw(t, "kind")
	switch kind {
	case 0:
		return drawText(t)
	case 1:
		return drawDay(t)
	case 2:
		return drawName(t)
	case 3:
		a := drawCondition(t, depth-1)
		return negation(a)
	}
	a, b := drawCondition(t, depth-1), drawCondition(t, depth-1)
	if kind == 4 {
		return both(a, b)
	}
	return either(a, b)
}

func negation(a condition) condition {
	return condition{"非 (" + a.text + ")", func(c *crm.Customer, f []crm.Follow, l []crm.Link) bool { return !a.holds(c, f, l) }}
}

func both(a, b condition) condition {
	return condition{"(" + a.text + ") 且 (" + b.text + ")", func(c *crm.Customer, f []crm.Follow, l []crm.Link) bool { return a.holds(c, f, l) && b.holds(c, f, l) }}
}

func either(a, b condition) condition {
	return condition{"(" + a.text + ") or (" + b.text + ")", func(c *crm.Customer, f []crm.Follow, l []crm.Link) bool { return a.holds(c, f, l) || b.holds(c, f, l) }}
}

func drawCustomer(t *rapid.T) (*crm.Customer, []crm.Follow, []crm.Link) {
	text := rapid.SampledFrom(names)
	c := &crm.Customer{ID: 1, Name: text.Draw(t, "name"), Region: text.Draw(t, "region"), Remark: text.Draw(t, "remark"), Gender: rapid.SampledFrom(genders).Draw(t, "gender"),
		Birthday: rapid.SampledFrom(append(days, "")).Draw(t, "birthday")}
	if rapid.Bool().Draw(t, "dated") {
		day := rapid.SampledFrom(days).Draw(t, "created")
		c.CreatedAt = at(day+" 00:00") + rapid.Int64Range(0, 24*3600_000-1).Draw(t, "ms")
	}
	var follows []crm.Follow
	for _, id := range rapid.SliceOfNDistinct(rapid.Int64Range(1, 4), 0, 3, rapid.ID).Draw(t, "followers") {
		follows = append(follows, crm.Follow{CustomerID: 1, StaffID: id, Remark: text.Draw(t, "noted")})
	}
	var links []crm.Link
	for _, id := range rapid.SliceOfNDistinct(rapid.Int64Range(1, 6), 0, 4, rapid.ID).Draw(t, "tags") {
		links = append(links, crm.Link{CustomerID: 1, TagID: id})
	}
	return c, follows, links
}

// The filter agrees with the plainest reading of the condition, also after its
// canonical text was read again, and with De Morgan.
func TestRandomConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawCondition(t, 3), drawCondition(t, 2)
		c, follows, links := drawCustomer(t)
		ask := func(cond condition) bool {
			e, err := filter.Parse(cond.text)
			if err != nil {
				t.Fatalf("%s: %v", cond.text, err)
			}
			again, err := filter.Parse(e.String())
			if err != nil || again.String() != e.String() {
				t.Fatalf("%s is %s, and that is %v, %v", cond.text, e, again, err)
			}
			f, err := again.Bind(company(), shanghai)
			if err != nil {
				t.Fatalf("%s: %v", cond.text, err)
			}
			got := f.Customer(c, follows, links)
			if want := cond.holds(c, follows, links); got != want {
				t.Fatalf("%s (%s) of %+v, %+v, %+v: %v", cond.text, e, c, follows, links, got)
			}
			return got
		}
		if ask(negation(both(a, b))) != ask(either(negation(a), negation(b))) {
			t.Fatalf("De Morgan: %s, %s", a.text, b.text)
		}
		if ask(negation(either(a, b))) != ask(both(negation(a), negation(b))) {
			t.Fatalf("De Morgan: %s, %s", a.text, b.text)
		}
	})
}

// Whatever parses has a canonical text that parses to itself, and binding it
// does not panic.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"tag = 意向:高意向", "(no tag 或 有生日) and not 非标签=x", `name ~ "a""b" or deleted <> D7`, "created>=今天-30d 且 在回收站",
		"单选=否 or contact = no", "mobile = +86 138-0013-8000", "in bin", "“”", "((((("} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := filter.Parse(text)
		if err != nil {
			_ = err.Error()
			return
		}
		canonical := e.String()
		again, err := filter.Parse(canonical)
		if err != nil {
			t.Fatalf("%q: canonical text %q: %v", text, canonical, err)
		}
		if again.String() != canonical || again.InBin() != e.InBin() {
			t.Fatalf("%q: canonical text %q reads as %q", text, canonical, again)
		}
		for _, kind := range append(crm.Kinds, filter.Groups) {
			if (e.Check(kind) == nil) != (again.Check(kind) == nil) {
				t.Fatalf("%q and %q do not fit the same kinds", text, canonical)
			}
		}
		c, follows, links := wang()
		bound, err := e.Bind(company(), shanghai)
		if err != nil {
			return
		}
		rebound, err := again.Bind(company(), shanghai)
		if err != nil || bound.Customer(c, follows, links) != rebound.Customer(c, follows, links) {
			t.Fatalf("%q and %q do not agree: %v", text, canonical, err)
		}
	})
}
