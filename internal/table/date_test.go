package table

import (
	"fmt"
	"testing"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

func TestCase42Dates(t *testing.T) {
	for in, want := range map[string]string{
		"2024-03-05":                "2024-03-05",
		"2024-3-5":                  "2024-03-05",
		"2024/3/5":                  "2024-03-05",
		"2024.3.5":                  "2024-03-05",
		"2024 / 03 / 05":            "2024-03-05",
		"20240305":                  "2024-03-05",
		"2024年3月5日":                 "2024-03-05",
		"2024年03月05":                "2024-03-05",
		"2024 年 3 月 5 号":            "2024-03-05",
		"２０２４／３／５":                  "2024-03-05",
		"2024-03-05 00:00:00":       "2024-03-05",
		"2024-03-05T00:00":          "2024-03-05",
		"25/03/2024":                "2024-03-25",
		"3/25/2024":                 "2024-03-25",
		"05.05.2024":                "2024-05-05",
		"2024-02-29":                "2024-02-29",
		"2000-02-29":                "2000-02-29",
		"1900-01-01":                "1900-01-01",
		"2199-12-31":                "2199-12-31",
		"2023-02-29":                "",
		"1900-02-29":                "",
		"2024-04-31":                "",
		"2024-13-01":                "",
		"2024-00-10":                "",
		"2024-01-00":                "",
		"1899-12-31":                "",
		"2200-01-01":                "",
		"0000-01-01":                "",
		"2024-03-05 08:30":          "", // would be lost
		"2024-03-05T00:00:00+08:00": "",
		"24-3-5":                    "",
		"3-5":                       "",
		"3月5日":                      "",
		"2024-3":                    "",
		"2024/3-5":                  "",
		"2024年3-5":                  "",
		"2024-3月5日":                 "",
		"99/99/2024":                "",
		"45356":                     "", // a serial number without a date format
		"08:30:00":                  "",
		"2024-03-05x":               "",
		"2024--05":                  "",
		"-2024-03-05":               "",
		"明天":                        "",
		"2024年13月5日":                "",
	} {
		rec := parseOne(t, crm.Customers, CustBirthday, text(in))
		if got := rec.Values[CustBirthday].Text; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if want == "" {
			checkTold(t, rec, "BAD_DATE@0")
		}
	}
}

func TestCase42DateCells(t *testing.T) {
	for _, c := range []struct {
		cell sheet.Cell
		want string
	}{
		{sheet.Cell{Kind: sheet.Date, Value: "2024-03-05"}, "2024-03-05"},
		{sheet.Cell{Kind: sheet.Date, Value: "2024-03-05T00:00:00"}, "2024-03-05"},
		{sheet.Cell{Kind: sheet.Date, Value: "2024-03-05T08:30:00"}, ""},
		{sheet.Cell{Kind: sheet.Date, Value: "08:30:00"}, ""},
		{sheet.Cell{Kind: sheet.Number, Value: "20240305"}, "2024-03-05"},
		{sheet.Cell{Kind: sheet.Number, Value: "45356"}, ""},
	} {
		rec := parseOne(t, crm.Tags, TagExpires, c.cell)
		if got := rec.Values[TagExpires].Text; got != c.want || rec.Failed() != (c.want == "") {
			t.Errorf("%+v: got %q, want %q", c.cell, got, c.want)
		}
	}
}

func TestCase42Moments(t *testing.T) {
	for in, want := range map[string]string{
		"2024-03-05":                "2024-03-05 00:00:00",
		"2024-03-05 14:30":          "2024-03-05 14:30:00",
		"2024-03-05T14:30:15":       "2024-03-05 14:30:15",
		"2024/3/5 9:05:06":          "2024-03-05 09:05:06",
		"2024年3月5日 14:30":           "2024-03-05 14:30:00",
		"2024年3月5日14时30分":           "2024-03-05 14:30:00",
		"2024年3月5日 14时30分15秒":       "2024-03-05 14:30:15",
		"2024年3月5日 14时":             "2024-03-05 14:00:00",
		"2024-03-05　14：30":          "2024-03-05 14:30:00",
		"2024/3/5 下午2:30":           "2024-03-05 14:30:00",
		"2024/3/5 上午12:30":          "2024-03-05 00:30:00",
		"2024/3/5 2:30 PM":          "2024-03-05 14:30:00",
		"2024/3/5 12:30 pm":         "2024-03-05 12:30:00",
		"2024/3/5 2 PM":             "2024-03-05 14:00:00",
		"20240305143015":            "2024-03-05 14:30:15",
		"202403051430":              "2024-03-05 14:30:00",
		"20240305 14:30":            "2024-03-05 14:30:00",
		"25/03/2024 14:30":          "2024-03-25 14:30:00",
		"2024-03-05T06:30:00Z":      "2024-03-05 14:30:00",
		"2024-03-05T14:30:00+08:00": "2024-03-05 14:30:00",
		"2024-03-05T01:30:00-0500":  "2024-03-05 14:30:00",
		"2024-03-05 14:30:15.250":   "2024-03-05 14:30:15.250",
		"2024-03-05 24:00":          "",
		"2024-03-05 14:60":          "",
		"2024-03-05 14":             "",
		"2024-03-05 14:":            "",
		"2024-03-05 14:30:":         "",
		"2024-03-05T":               "",
		"2024-03-05 下午":             "",
		"2024-03-05 下午14:30":        "",
		"2024-03-05 14:30 x":        "",
		"2024-03-05 14:30+8":        "",
		"2024030514301":             "",
		"2024-02-30 14:30":          "",
	} {
		rec := parseOne(t, crm.Customers, CustAddedAt, text(in))
		got := rec.Values[CustAddedAt].Text
		if want == "" {
			checkTold(t, rec, "BAD_DATE@0")
			continue
		}
		at, err := time.ParseInLocation("2006-01-02 15:04:05.999", want, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		if got != fmt.Sprint(at.UnixMilli()) {
			t.Errorf("%q: got %q, want %d; %s", in, got, at.UnixMilli(), told(rec.Problems))
		}
	}
}

func TestCase42AmbiguousDate(t *testing.T) {
	rec := parseOne(t, crm.Customers, CustBirthday, text("05/03/2024"))
	checkTold(t, rec, "AMBIGUOUS_DATE@0[2024-05-03 2024-03-05]")
	checkValue(t, rec, CustBirthday, Blank, "")
	checkTold(t, parseOne(t, crm.Customers, CustAddedAt, text("05/03/2024 14:30")), "AMBIGUOUS_DATE@0[2024-05-03 2024-03-05]")
}

// Case 42: ambiguous unless the column as a whole decides.
func TestCase42ColumnDecides(t *testing.T) {
	m := mustHeader(t, crm.Customers, "手机号", "生日", "添加时间")
	for _, c := range []struct {
		name  string
		cells []string
		want  string // of 05/03/2024
	}{
		{"day first", []string{"25/03/2024", "01/02/2024"}, "2024-03-05"},
		{"month first", []string{"01/02/2024", "03/25/2024", "x", "", "2024-12-25", "13.13.2024"}, "2024-05-03"},
		{"both", []string{"25/03/2024", "03/25/2024"}, ""},
		{"neither", []string{"01/02/2024", "05/05/2024", "2024/13/01", "20240325", "45/03/2024"}, ""},
		{"with a time and spaces", []string{" 25/03/2024 14:30 "}, "2024-03-05"},
		{"full width", []string{"２５/03/2024"}, "2024-03-05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := m.NewParser(shanghai)
			for i, cell := range c.cells {
				r := row(i+2, "13800138000", cell)
				p.Learn(&r)
			}
			var rec Record
			r := row(99, "13800138000", "05/03/2024", "")
			m.Parse(p, &r, &rec)
			if got := rec.Values[CustBirthday].Text; got != c.want {
				t.Errorf("got %q, want %q; %s", got, c.want, told(rec.Problems))
			}
			// A date that can be read one way only is read that way.
			r = row(100, "13800138000", "26/03/2024", "05/03/2024")
			m.Parse(p, &r, &rec)
			checkValue(t, &rec, CustBirthday, Set, "2024-03-26")
			checkTold(t, &rec, "AMBIGUOUS_DATE@2[2024-05-03 2024-03-05]") // columns decide each for itself
		})
	}
}
