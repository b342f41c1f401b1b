package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

func TestFormat(t *testing.T) {
	f := NewFormatter(crm.Customers, crm.Chinese, shanghai)
	values := make([]Value, custColumns)
	values[CustGender] = Value{State: Set, Text: "female"}
	values[CustTagMode] = Value{State: Set, Text: "replace-in-group"}
	values[CustAddedAt] = Value{State: Set, Text: "1709620200000"}
	values[CustRemark] = Value{State: Clear}
	values[CustName] = Value{State: Blank}
	cells := f.Row(nil, values)
	for field, want := range map[int]string{
		CustGender: "女", CustTagMode: "组内覆盖", CustAddedAt: "2024-03-05 14:30:00", CustRemark: "<清空>", CustName: "", CustMobile: "",
	} {
		if cells[field] != want {
			t.Errorf("field %d: got %q, want %q", field, cells[field], want)
		}
	}
	english := NewFormatter(crm.Customers, crm.English, shanghai)
	if got := english.Cell(CustGender, values[CustGender]) + english.Cell(CustRemark, values[CustRemark]); got != "female<clear>" {
		t.Errorf("got %q", got)
	}
}

// Where clocks are set back an hour comes twice; both are written so that they
// are read back.
func TestFormatWhenClocksAreSetBack(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine:", err)
	}
	m := mustHeader(t, crm.Customers, "手机号", "添加时间")
	p := m.NewParser(zone)
	f := NewFormatter(crm.Customers, crm.Chinese, zone)
	start := time.Date(2024, 10, 27, 0, 0, 0, 0, time.UTC)
	for minutes := range 4 * 60 {
		ms := fmt.Sprint(start.Add(time.Duration(minutes) * time.Minute).UnixMilli())
		cell := f.Cell(CustAddedAt, Value{State: Set, Text: ms})
		var rec Record
		r := row(2, "13800138000", cell)
		m.Parse(p, &r, &rec)
		checkValue(t, &rec, CustAddedAt, Set, ms)
	}
}

// drawText draws canonical text: any characters, clean.
func drawText(t *rapid.T, label string) string {
	s := clean(rapid.StringN(1, 20, -1).Draw(t, label))
	if s == "" || isClearWord(s) {
		return "x"
	}
	return s
}

// drawValue draws a canonical value of a field.
func drawValue(t *rapid.T, k crm.Kind, field int) Value {
	c := declared(k)[field]
	switch rapid.IntRange(0, 9).Draw(t, "state") {
	case 0:
		return Value{State: Blank}
	case 1:
		if c.Clear {
			return Value{State: Clear}
		}
	}
	return Value{State: Set, Text: drawCanonical(t, k, field)}
}

func drawCanonical(t *rapid.T, k crm.Kind, field int) string {
	c := declared(k)[field]
	if l := enumeration(k, field); l != nil {
		return rapid.SampledFrom(l.entries).Draw(t, c.Field).stored
	}
	day := func() string {
		at := time.Date(1900, 1, 1+rapid.IntRange(0, 109000).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		return at.Format("2006-01-02")
	}
	path := func() string {
		return JoinPath(rapid.SliceOfN(rapid.StringMatching(`[a-z总部、,]{1,5}`), 1, 4).Draw(t, "path"))
	}
	switch c.Field {
	case "mobile":
		return rapid.StringMatching(`1[3-9][0-9]{9}|\+[1-79][0-9]{5,14}`).Draw(t, "mobile")
	case "phone":
		return rapid.SampledFrom([]string{"010-12345678", "(010)12345678转8", "13800138000;95588", "+85291234567"}).Draw(t, "phone")
	case "birthday", "expires_on":
		return day()
	case "object":
		r := rapid.SampledFrom([]crm.Ref{{Kind: crm.ObjectAll}, {Kind: crm.ObjectGroup, ID: 7}, {Kind: crm.ObjectGroup, Names: []string{drawName(t, "g")}},
			{Kind: crm.ObjectTag, Names: []string{drawName(t, "n")}}, {Kind: crm.ObjectTag, Names: []string{drawName(t, "g"), drawName(t, "n")}}}).Draw(t, "ref")
		return FormatObject(r)
	case "subject":
		return path()
	case "added_at", "starts_at", "ends_at":
		return fmt.Sprint(rapid.Int64Range(-2e12, 7e12).Draw(t, "ms"))
	case "order", "group_order":
		return fmt.Sprint(rapid.IntRange(0, crm.MaxOrder).Draw(t, "order"))
	case "departments":
		if k == crm.Tags {
			return path()
		}
		paths := []string{path()}
		if other := path(); other != paths[0] {
			paths = append(paths, other)
		}
		return strings.Join(paths, ";")
	case "group_name", "tag_name", "staff":
		return drawName(t, c.Field)
	case "name":
		return drawName(t, c.Field)
	case "tags", "remove_tags":
		return FormatTags([]TagRef{{Group: drawName(t, "g"), Name: drawName(t, "n")}, {Name: drawName(t, "m")}})
	case "external_userid", "unionid", "tag_id", "group_id", "userid":
		return rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_-]{0,30}`).Draw(t, "id")
	}
	return drawText(t, c.Field)
}

// agree makes the values of a row go together, as those of the database do.
func agree(t *rapid.T, k crm.Kind, values []Value) {
	set := func(field int, text string) {
		if values[field].State != Set {
			values[field] = Value{State: Set, Text: text}
		}
	}
	switch k {
	case crm.Tags:
		set(TagGroup, "组")
		set(TagName, "标签")
		values[TagScope] = Value{State: Set, Text: "shared"}
		if values[TagDepartment].State == Set {
			values[TagScope].Text = scopeDepartment
		}
	case crm.Customers:
		set(CustExternalID, "wm1")
	case crm.People:
		set(StaffUserID, "zhang")
	case crm.Grants:
		set(GrantObject, "all")
		set(GrantSubject, "总部")
		set(GrantLevel, "view")
		values[GrantSubjectKind] = Value{State: Set, Text: rapid.SampledFrom([]string{"staff", "department", "role"}).Draw(t, "kind")}
		switch values[GrantSubjectKind].Text {
		case "staff":
			values[GrantSubject].Text, values[GrantWithSub] = drawName(t, "person"), Value{State: Blank}
		case "role":
			values[GrantSubject].Text, values[GrantWithSub] = rapid.SampledFrom(roles.entries).Draw(t, "role").stored, Value{State: Blank}
		}
	}
}

// Law 11 and export ∘ import: what is written is read back as the same.
func TestFormatIsReadBack(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		zone = shanghai
	}
	for _, k := range crm.Kinds {
		var headers []string
		for _, c := range Columns(k) {
			headers = append(headers, c.Header)
		}
		m := mustHeader(t, k, headers...)
		p := m.NewParser(zone)
		rapid.Check(t, func(t *rapid.T) {
			values := make([]Value, len(headers))
			for field := range values {
				values[field] = drawValue(t, k, field)
			}
			agree(t, k, values)
			for field := range values {
				values[field].Column = field
				// A name that looks like the clear word has no other way to be written.
				if values[field].State == Set && isClearWord(values[field].Text) {
					values[field].Text = "名称"
				}
			}
			for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
				cells := NewFormatter(k, lang, zone).Row(nil, values)
				r := row(2, cells...)
				var rec Record
				m.Parse(p, &r, &rec)
				if rec.Failed() || !slices.Equal(rec.Values, values) {
					t.Fatalf("%s: %q is read as %+v, %s; want %+v", k, cells, rec.Values, told(rec.Problems), values)
				}
			}
		})
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{
		"", "张三", "13800138000", "2024年3月5日 下午2:30", "05/03/2024", "1.38E+10", "<清空>", "＜clear＞", "总部/华东;a",
		"是", "3.0", "010-12345678转801", "\u200b\u202d", "e\u0301", "\xff", "示例：x", "20240305", "a;b",
	} {
		for k := range crm.Kinds {
			f.Add(uint8(k), uint8(0), uint8(sheet.Text), s)
			f.Add(uint8(k), uint8(13), uint8(sheet.Number), s)
		}
	}
	f.Fuzz(func(t *testing.T, kind, field, cellKind uint8, s string) {
		k := crm.Kinds[int(kind)%len(crm.Kinds)]
		i := int(field) % len(declared(k))
		rec := parseOne(t, k, i, sheet.Cell{Kind: sheet.CellKind(cellKind) % (sheet.Picture + 1), Value: s})
		v := rec.Values[i]
		if (v.State == Set) != (v.Text != "") {
			t.Fatalf("state %d with text %q", v.State, v.Text)
		}
		if v.State != Set || rec.Failed() || isClearWord(v.Text) {
			return
		}
		// What was read is canonical: written and read again it stays the same.
		cell := NewFormatter(k, crm.Chinese, shanghai).Cell(i, v)
		again := parseOne(t, k, i, text(cell))
		if got := again.Values[i]; (got.Text != v.Text || got.State != Set) && !again.Example {
			t.Fatalf("%s field %d: %q gives %q, written %q, read %q: %s", k, i, s, v.Text, cell, got.Text, told(again.Problems))
		}
	})
}
