package sheet

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The tests named after cases follow the list of spreadsheet cases that the
// importer promises to handle.

func TestCase37PhoneAsNumber(t *testing.T) {
	for stored, want := range map[string]Cell{
		"13800138000":             asNumber("13800138000"),
		"1.3800138E10":            asNumber("13800138000"),
		"1.3800138000E+10":        asNumber("13800138000"),
		"13800138000.0":           asNumber("13800138000"),
		"0.1":                     asNumber("0.1"),
		"0.30000000000000004":     asNumber("0.3"),
		"1000.0000000000001":      asNumber("1000"),
		"9.9999999999999996E-2":   asNumber("0.1"),
		"1.5E-7":                  asNumber("0.00000015"),
		"-12.50":                  asNumber("-12.5"),
		"+5":                      asNumber("5"),
		"-0":                      asNumber("0"),
		"0.0":                     asNumber("0"),
		"007":                     asNumber("7"),
		".5":                      asNumber("0.5"),
		" 42 ":                    asNumber("42"),
		"999999999999999":         asNumber("999999999999999"),
		"123456789.123456":        asNumber("123456789.123456"),
		"1.7976931348623157E+308": {Kind: Number, Value: "17976931348623157" + strings.Repeat("0", 292), Suspect: true},
		"5E-300":                  asNumber("0." + strings.Repeat("0", 299) + "5"),
		"abc":                     asText("abc"),
		"NaN":                     asText("NaN"),
		"0x10":                    asText("0x10"),
		"1E999":                   asText("1E999"),
		"1,5":                     asText("1,5"),
	} {
		res := madeBook(`<row r="1"><c r="A1"><v>`+stored+`</v></c></row>`).mustRead(t, Options{})
		checkRows(t, res.rows, []Row{rowOf(1, want)})
	}
}

func TestCase39LongNumbers(t *testing.T) {
	for stored, want := range map[string]string{
		"110101199003071234":     "110101199003071234", // as some programs write it
		"1.1010119900307099E+17": "110101199003070990", // as Excel does
		"110101199003071234.0":   "110101199003071234",
		"1000000000000000":       "1000000000000000",
		"-1234567890123456":      "-1234567890123456",
		"1E+15":                  "1000000000000000",
		"12345678901234567.5":    "12345678901234568",
		"00001234567890123456":   "1234567890123456",
	} {
		res := madeBook(`<row r="1"><c r="A1"><v>`+stored+`</v></c></row>`).mustRead(t, Options{})
		checkRows(t, res.rows, []Row{rowOf(1, Cell{Kind: Number, Value: want, Suspect: true})})
	}
}

func TestCase40LeadingZeros(t *testing.T) {
	p := madeBook(`<row r="1">`+inline("A1", "0571")+`<c r="B1" s="1"><v>571</v></c><c r="C1" s="1"><v>1234567</v></c>`+
		`<c r="D1" s="1"><v>7.5</v></c><c r="E1" s="2"><v>7</v></c><c r="F1" s="3"><v>7</v></c><c r="G1" s="4"><v>7</v></c>`+
		`<c r="H1" s="1"><v>-7</v></c><c r="I1" s="1"><v>0</v></c></row>`).
		formats("General", "000000", "[$-804]00000;@", `000"-"000`, "0")
	padded := func(s string) Cell { return Cell{Kind: Number, Value: s, ZeroPadded: true} }
	checkRows(t, p.mustRead(t, Options{}).rows, []Row{rowOf(1, asText("0571"), padded("000571"), asNumber("1234567"),
		asNumber("7.5"), padded("00007"), asNumber("7"), asNumber("7"), asNumber("-7"), padded("000000"))})
}

func TestCase42Dates(t *testing.T) {
	const day, clock, both, elapsed = "yyyy\\-mm\\-dd", "h:mm:ss", "yyyy/m/d h:mm", "[h]:mm"
	for _, test := range []struct {
		format, serial, want1900, want1904 string
	}{
		{day, "45356", "2024-03-05", "2028-03-06"},
		{both, "45356.354166666664", "2024-03-05T08:30:00", "2028-03-06T08:30:00"},
		{both, "45356.9999999", "2024-03-06", "2028-03-07"},
		{day, "45356.5", "2024-03-05T12:00:00", "2028-03-06T12:00:00"},
		{day, "1", "1900-01-01", "1904-01-02"},
		{day, "59", "1900-02-28", "1904-02-29"},
		{day, "60", "1900-02-29", "1904-03-01"},
		{day, "61", "1900-03-01", "1904-03-02"},
		{day, "0", "00:00:00", "1904-01-01"},
		{both, "0.5", "12:00:00", "1904-01-01T12:00:00"},
		{clock, "0.354166666666667", "08:30:00", "08:30:00"},
		{clock, "0", "00:00:00", "00:00:00"},
		{clock, "1.25", "1900-01-01T06:00:00", "1904-01-02T06:00:00"},
		{elapsed, "1.0625", "25:30:00", "25:30:00"},
		{elapsed, "5", "120:00:00", "120:00:00"},
		{day, "2958465", "9999-12-31", ""},
		{day, "2958464.99999999", "9999-12-31", ""},
		{day, "2958466", "", ""},
		{day, "-1", "", ""},
		{day, "4.5356E4", "2024-03-05", "2028-03-06"},
	} {
		p := madeBook(`<row r="1"><c r="A1" s="0"><v>` + test.serial + `</v></c></row>`).formats(test.format)
		for i, want := range []string{test.want1900, test.want1904} {
			p := p.with("xl/workbook.xml", fmt.Sprintf(`<workbook %s><workbookPr date1904="%d"/><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>`, relsNS, i))
			got := p.mustRead(t, Options{}).rows[0].Cells[0]
			if want == "" && got.Kind != Number || want != "" && got != asDate(want) {
				t.Errorf("%s as %s from 190%d is %+v, want %q", test.serial, test.format, 4*i, got, want)
			}
		}
	}
}

func TestCase43StrictDates(t *testing.T) {
	for stored, want := range map[string]Cell{
		"2024-03-05":                asDate("2024-03-05"),
		"2024-03-05T00:00:00":       asDate("2024-03-05"),
		"2024-03-05T08:30:00.000":   asDate("2024-03-05T08:30:00"),
		"2024-03-05T08:29:59.7Z":    asDate("2024-03-05T08:30:00"),
		"2024-03-05T08:30":          asDate("2024-03-05T08:30:00"),
		"08:30:00":                  asDate("08:30:00"),
		"T08:30:00":                 asDate("08:30:00"),
		"2024-02-30":                asText("2024-02-30"),
		"2024-03-05T08:30:00+08:00": asText("2024-03-05T08:30:00+08:00"),
	} {
		res := madeBook(`<row r="1"><c r="A1" t="d"><v>`+stored+`</v></c></row>`).mustRead(t, Options{})
		checkRows(t, res.rows, []Row{rowOf(1, want)})
	}
}

func TestCase44Booleans(t *testing.T) {
	res := madeBook(`<row r="1"><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="b"><v>true</v></c><c t="b"><v>2</v></c></row>`).mustRead(t, Options{})
	yes, no := Cell{Kind: Bool, Value: "TRUE"}, Cell{Kind: Bool, Value: "FALSE"}
	checkRows(t, res.rows, []Row{rowOf(1, yes, no, yes, asText("2"))})
}

func TestCase45Formulas(t *testing.T) {
	missing := func(f string) Cell { return Cell{Kind: NotCalculated, Value: "=" + f} }
	for body, want := range map[string]Cell{
		`<c r="A1"><f>1+1</f><v>2</v></c>`:                              asNumber("2"),
		`<c r="A1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>`:             asText("ab"),
		`<c r="A1"><f>B1&amp;C1</f></c>`:                                missing("B1&C1"),
		`<c r="A1"><f>SUM(B:B)</f><v></v></c>`:                          missing("SUM(B:B)"), // as openpyxl writes it
		`<c r="A1"><f>SUM(B:B)</f><v/></c>`:                             missing("SUM(B:B)"),
		`<c r="A1"><f t="shared" si="0"/></c>`:                          missing(""),
		`<c r="A1" t="b"><f>TRUE()</f><v>1</v></c>`:                     {Kind: Bool, Value: "TRUE"},
		`<c r="A1" t="e"><v>#N/A</v></c>`:                               {Kind: ErrorCell, Value: "#N/A"},
		`<c r="A1" t="e"><f>X9999999</f><v>#NAME?</v></c>`:              {Kind: ErrorCell, Value: "#NAME?"},
		`<c r="A1" t="s"><f>A2</f><v>0</v></c>`:                         asText("shared"),
		`<c r="A1" t="str"><f>""</f></c>`:                               missing(`""`),
		`<c r="A1"><f t="array" ref="A1:A2">2*B1:B2</f></c>`:            missing("2*B1:B2"),
		`<c r="A1"><f ca="1" t="normal">NOW()</f><v>1</v><extLst/></c>`: asNumber("1"),
	} {
		res := madeBook(`<row r="1">`+body+`</row>`).strings(`<si><t>shared</t></si>`).mustRead(t, Options{})
		if d := cmp.Diff(want, res.rows[0].Cells[0]); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
	// A formula that gives an empty text leaves the cell blank.
	res := madeBook(`<row r="1"><c t="str"><f>""</f><v></v></c>`+inline("B1", "x")+`</row>`).mustRead(t, Options{})
	checkRows(t, res.rows, []Row{rowOf(1, Cell{}, asText("x"))})
	// The cells below the first of a shared formula name it.
	res = madeBook(`<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="3">B1*2</f></c></row><row r="2"><c r="A2"><f t="shared" si="3"/></c></row>`).mustRead(t, Options{})
	checkRows(t, res.rows, []Row{rowOf(1, missing("B1*2")), rowOf(2, missing("B1*2"))})
}

func TestCase46SharedStrings(t *testing.T) {
	p := madeBook(`<row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c><c t="s"><v>3</v></c>` +
		`<c t="s"><v>4</v></c><c t="s"><v>5</v></c><c t="s"><v> 6 </v></c><c t="s"><v>7</v></c><c t="s"><v>8</v></c></row>`)
	p = p.with("xl/sharedStrings.xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+
		`<x:sst xmlns:x="urn:x" count="9" uniqueCount="3"><!-- a comment -->`+
		`<x:si><x:r><x:rPr><x:b/><x:t>no</x:t></x:rPr><x:t>高</x:t></x:r><x:r><x:t xml:space="preserve">意向 </x:t></x:r><x:rPh sb="0" eb="1"><x:t>カナ</x:t></x:rPh><x:phoneticPr/></x:si>`+
		`<x:si><x:t xml:space="preserve"> a &lt;&amp;&gt;&quot;&apos;&#20013;&#x6587; </x:t></x:si>`+
		`<x:si><x:t>one_x000D_`+"\n"+`two_x005F_x000D__x0041_x_x00_</x:t></x:si>`+
		`<x:si><x:t><![CDATA[<a&b>]]></x:t></x:si>`+
		`<x:si/><x:si><x:t/></x:si><x:si><x:t>_xD83D__xDE00_</x:t></x:si>`+
		"<x:si><x:t>a\r\nb\rc&#13;</x:t></x:si><x:si><x:t> \u00A0\u3000</x:t></x:si>"+
		`<x:si><x:t>never used</x:t></x:si></x:sst>`)
	checkRows(t, p.mustRead(t, Options{}).rows, []Row{rowOf(1, asText("高意向 "), asText(` a <&>"'中文 `),
		asText("one\r\ntwo_x000D_Ax_x00_"), asText("<a&b>"), Cell{}, Cell{}, asText("😀"), asText("a\nb\nc\r"))})
	p.with("xl/worksheets/Sheet1.xml", worksheet(`<row><c t="s"><v>10</v></c></row>`)).mustRefuse(t, Options{}, Damaged)
	p.with("xl/worksheets/Sheet1.xml", worksheet(`<row><c t="s"><v>-1</v></c></row>`)).mustRefuse(t, Options{}, Damaged)
	delete(p, "xl/sharedStrings.xml")
	p.with("xl/worksheets/Sheet1.xml", worksheet(`<row><c t="s"><v>0</v></c></row>`)).mustRefuse(t, Options{}, Damaged)
}

func TestCase47References(t *testing.T) {
	// Neither rows nor cells say where they are.
	res := madeBook(`<row><c t="str"><v>a</v></c><c/><c t="inlineStr"><is><r><t>b</t></r><r><t>c</t></r></is></c></row>`+
		`<row r="5"><c r="B5"><v>1</v></c><c><v>2</v></c></row><row><c r="D6"><v>3</v></c></row>`+
		`<row><c r="A9"><v>4</v></c></row><row><c><v>5</v></c></row>`).mustRead(t, Options{})
	checkRows(t, res.rows, []Row{rowOf(1, asText("a"), Cell{}, asText("bc")), rowOf(5, Cell{}, asNumber("1"), asNumber("2")),
		rowOf(6, Cell{}, Cell{}, Cell{}, asNumber("3")), rowOf(9, asNumber("4")), rowOf(10, asNumber("5"))})
	// Rows and cells out of order, and a row that stands there twice.
	res = madeBook(`<row r="7"><c r="C7"><v>3</v></c><c r="A7"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>`+
		`<row r="7"><c r="B7"><v>2</v></c></row>`).mustRead(t, Options{})
	checkRows(t, res.rows, []Row{rowOf(7, asNumber("1"), Cell{}, asNumber("3")), rowOf(2, asNumber("2")), rowOf(7, Cell{}, asNumber("2"))})
	// The last place there is.
	res = madeBook(`<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`).mustRead(t, Options{})
	if n := len(res.rows[0].Cells); n != MaxColumns || res.rows[0].Number != MaxRows {
		t.Errorf("the last cell is the %dth of row %d", n, res.rows[0].Number)
	}
	for _, impossible := range []string{
		`<row r="1"><c r="XFE1"><v>1</v></c></row>`,
		`<row r="1"><c r="ZZZZZZZZZZZZZZZZ1"><v>1</v></c></row>`,
		`<row r="1048577"/>`,
		`<row r="0"/>`, `<row r="-1"/>`, `<row r="1e3"/>`, `<row r=""/>`,
		`<row r="99999999999999999999"/>`,
		`<row r="1048576"/><row/>`,
		`<row r="1"><c r="A2"><v>1</v></c></row>`,
		`<row r="1"><c r="1"><v>1</v></c></row>`,
		`<row r="1"><c r="A"><v>1</v></c></row>`,
		`<row r="1"><c r=""><v>1</v></c></row>`,
		`<row r="1"><c r="A1048577"><v>1</v></c></row>`,
		`<row r="1"><c r="XFD1"/><c><v>1</v></c></row>`,
		`<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>`,
		`<row r="1"><c r="A1" t="q"><v>1</v></c></row>`,
		`<row r="1"><c r="A1" s="x"><v>1</v></c></row>`,
	} {
		madeBook(impossible).mustRefuse(t, Options{}, Damaged)
	}
}

func TestCase48WrongDimension(t *testing.T) {
	p := madeBook("").with("xl/worksheets/Sheet1.xml", `<worksheet><dimension ref="A1"/><sheetViews><sheetView/></sheetViews><cols><col min="1" max="16384" style="1"/></cols>`+
		`<sheetData><row r="3"><c r="B3"><v>1</v></c></row></sheetData><autoFilter ref="A1"/></worksheet>`)
	checkRows(t, p.mustRead(t, Options{}).rows, []Row{rowOf(3, Cell{}, asNumber("1"))})
}

func TestCase49Pictures(t *testing.T) {
	res := madeBook(`<row r="1"><c r="A1" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c></row>`+
		`<row r="2"><c r="A2"><f>DISPIMG("ID_2",1)</f></c></row>`).mustRead(t, Options{})
	picture := Cell{Kind: Picture}
	checkRows(t, res.rows, []Row{rowOf(1, picture), rowOf(2, picture)})
}

func TestCase51HiddenRows(t *testing.T) {
	res := madeBook(`<row r="1" hidden="1"><c><v>1</v></c></row><row r="2" hidden="true"><c><v>2</v></c></row>`+
		`<row r="3" hidden="0" outlineLevel="1"><c><v>3</v></c></row>`).mustRead(t, Options{})
	for i, hidden := range []bool{true, true, false} {
		if res.rows[i].Hidden != hidden {
			t.Errorf("row %d: hidden is %v", i+1, res.rows[i].Hidden)
		}
	}
}

func TestCase52BlankRows(t *testing.T) {
	styled := `<row r="2" s="1" customFormat="1"/><row r="3">` + strings.Repeat(`<c s="1"/>`, MaxColumns) + `</row>` +
		`<row r="4">` + inline("A4", " \t") + `<c r="B4"><v></v></c><c r="C4" t="s"><v>0</v></c></row>`
	p := madeBook(`<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="1"/>` + inline("C1", "　") + `</row>` + styled + `<row r="6">` + inline("A6", " ") + inline("B6", "x") + `</row>`).
		strings("<si><t xml:space=\"preserve\">\u200B\uFEFF</t></si>")
	res := p.mustRead(t, Options{})
	checkRows(t, res.rows, []Row{rowOf(1, asNumber("1")), rowOf(6, Cell{Value: " "}, asText("x"))})
	if res.blank != 3 {
		t.Errorf("%d blank rows, want 3", res.blank)
	}
}

func TestCase54OrnamentsIgnored(t *testing.T) {
	p := madeBook("").with("xl/worksheets/Sheet1.xml", worksheet(`<row r="1"><c r="A1" t="inlineStr"><is><r><rPr><strike/><color rgb="FFFF0000"/></rPr><t>x</t></r></is></c><extLst><ext/></extLst></row><foo><row/></foo>`)).
		with("xl/comments1.xml", "not even XML")
	p["xl/worksheets/Sheet1.xml"] = strings.Replace(p["xl/worksheets/Sheet1.xml"], "</worksheet>", `<conditionalFormatting/><dataValidations count="1"><dataValidation sqref="A1"><formula1>"a,b"</formula1></dataValidation></dataValidations></worksheet>`, 1)
	checkRows(t, p.mustRead(t, Options{}).rows, []Row{rowOf(1, asText("x"))})
}

func TestCase55TextLikeFormula(t *testing.T) {
	res := madeBook(`<row r="1">`+inline("A1", "=1+1")+inline("B1", "'=x")+inline("C1", "&apos;0123")+`</row>`).mustRead(t, Options{})
	checkRows(t, res.rows, []Row{rowOf(1, asText("=1+1"), asText("'=x"), asText("'0123"))})
}

// TestTextFaults reads bad texts both as strings of the cell and as shared ones.
func TestTextFaults(t *testing.T) {
	long := strings.Repeat("长", MaxCellChars+1)
	for _, test := range []struct {
		xml, value string
		faults     []Fault
	}{
		{"a\x02b", "a\x02b", []Fault{{ControlCharacter, 1, "U+0002"}}},
		{"a&#0;b", "a\x00b", []Fault{{ControlCharacter, 1, "U+0000"}}},
		{"a_x0007_", "a\a", []Fault{{ControlCharacter, 1, "U+0007"}}},
		{"a\uFEFFb", "a\uFEFFb", []Fault{{ControlCharacter, 1, "U+FEFF"}}},
		{"a&#xFFFF;", "a\uFFFF", []Fault{{ControlCharacter, 1, "U+FFFF"}}},
		{"a&#xD800;", "a\uFFFD", []Fault{{ControlCharacter, 1, "U+D800"}}},
		{"a_xDC01_b", "a\uFFFDb", []Fault{{ControlCharacter, 1, "U+DC01"}}},
		{"a\x7F\u0085", "a\x7F\u0085", []Fault{{ControlCharacter, 1, "U+007F"}}},
		{"\uFEFF", "", nil},
		{strings.Repeat("x", MaxCellChars), strings.Repeat("x", MaxCellChars), nil},
		{strings.Repeat("x", MaxCellChars+2), strings.Repeat("x", MaxCellChars), []Fault{{CellTooLong, 1, "32769"}}},
		{long + "\x01", strings.TrimSuffix(long, "长"), []Fault{{ControlCharacter, 1, "U+0001"}, {CellTooLong, 1, "32769"}}},
	} {
		for _, p := range []parts{
			madeBook(`<row r="1">` + inline("A1", "ok") + inline("B1", test.xml) + `</row>`),
			madeBook(`<row r="1">` + inline("A1", "ok") + `<c t="s"><v>0</v></c></row>`).strings(`<si><t>` + test.xml + `</t></si>`),
		} {
			want := rowOf(1, asText("ok"))
			want.Faults = test.faults
			if test.value != "" {
				want.Cells = append(want.Cells, asText(test.value))
			}
			if d := cmp.Diff([]Row{want}, p.mustRead(t, Options{}).rows); d != "" {
				t.Errorf("%.20q (-want +got):\n%.2000s", test.xml, d)
			}
		}
	}
}

func TestBrokenBytes(t *testing.T) {
	sheet := worksheet(`<row r="1">` + inline("A1", "ok") + inline("B1", "a\xC4\xE3b\xFF") + inline("C1", "scar \uFFFD") + `</row>`)
	res := madeBook("").with("xl/worksheets/Sheet1.xml", sheet).mustRead(t, Options{})
	want := rowOf(1, asText("ok"), asText("a\uFFFDb\uFFFD"), asText("scar \uFFFD"))
	want.Faults = []Fault{
		{BrokenBytes, 1, fmt.Sprint(strings.Index(sheet, "\xC4"))},
		{BrokenBytes, 2, fmt.Sprint(strings.Index(sheet, "\uFFFD"))},
	}
	checkRows(t, res.rows, []Row{want})
	for _, c := range res.rows[0].Cells {
		if !utf8.ValidString(c.Value) {
			t.Errorf("%q is not UTF-8", c.Value)
		}
	}
}

func TestNumberFormats(t *testing.T) {
	for code, want := range map[string]numberFormat{
		"General":                           {},
		"[Red]General":                      {},
		`General" 元"`:                       {},
		"0.00":                              {},
		"#,##0;[Red]-#,##0":                 {},
		`0.00" days"`:                       {},
		"0.00 days":                         {},
		"[Red]0":                            {},
		"0.00E+00":                          {},
		"@":                                 {},
		`_(* #,##0.00_);_(* (#,##0.00)`:     {},
		`"yyyy"`:                            {},
		`\d\a\y`:                            {},
		"#\\ ?/?":                           {},
		"yyyy-mm-dd":                        {date: calendar},
		`yyyy"年"m"月"d"日";@`:                 {date: calendar},
		"[$-804]yyyy年m月d日":                  {date: calendar},
		"[$-F800]dddd\\,\\ mmmm dd\\, yyyy": {date: calendar},
		"[$-409]d-mmm-yy h:mm AM/PM":        {date: calendar},
		"[DBNum1][$-804]上午/下午h\"时\"mm\"分\"": {date: clock},
		"[$-804]aaaa;@":                 {date: calendar},
		"[$-411]ggge\"年\"m\"月\"d\"日\"":  {date: calendar},
		"m/d":                           {date: calendar},
		"h:mm":                          {date: clock},
		"mm:ss.0":                       {date: clock},
		"h:mm:ss.000":                   {date: clock},
		"[h]:mm:ss":                     {date: elapsedTime},
		"[mm]:ss":                       {date: elapsedTime},
		"[s]":                           {date: elapsedTime},
		"000000":                        {zeros: 6},
		"00":                            {zeros: 2},
		"0":                             {},
		"000-0000":                      {},
		"000.0":                         {},
		"00000;-00000":                  {zeros: 5},
		strings.Repeat("0", maxZeros+1): {},
		`"`:                             {},
		`\`:                             {},
		"[":                             {},
		"":                              {},
	} {
		if got := parseNumberFormat(code); got != want {
			t.Errorf("%s is %+v, want %+v", code, got, want)
		}
	}
	for id, want := range map[int]dateShape{0: noDate, 9: noDate, 13: noDate, 14: calendar, 20: clock, 22: calendar, 23: noDate,
		27: calendar, 33: clock, 36: calendar, 37: noDate, 44: noDate, 45: clock, 46: elapsedTime, 49: noDate, 57: calendar, 59: noDate} {
		if got := builtinFormat(id).date; got != want {
			t.Errorf("built-in format %d is %d, want %d", id, got, want)
		}
	}
}
