package sheet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// brief is a row as the tests below write it: number/line, the cells between
// bars, and the faults as kind@column.
func brief(r Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d", r.Number, r.Line)
	for _, c := range r.Cells {
		b.WriteString("|" + c.Value)
	}
	for _, f := range r.Faults {
		name := map[FaultKind]string{
			UnterminatedQuote: "unterminated", StrayQuote: "stray", RepairedQuote: "repaired",
			BrokenBytes: "broken", ControlCharacter: "control", CellTooLong: "long",
		}[f.Kind]
		fmt.Fprintf(&b, " %s@%d", name, f.Column)
	}
	return b.String()
}

func briefs(rows []Row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, brief(r))
	}
	return all
}

// csvCase is a comma-separated text and what is read from it.
type csvCase struct {
	name, in string
	want     []string
}

func checkCSV(t *testing.T, cases []csvCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			rows, _ := readRows(t, openContent(t, []byte(tt.in), Options{Delimiter: ','}))
			if diff := cmp.Diff(tt.want, briefs(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCase4Empty(t *testing.T) {
	checkCSV(t, []csvCase{
		{"zero bytes", "", nil},
		{"only a byte order mark", "\uFEFF", nil},
		{"only a header", "a,b", []string{"1/1|a|b"}},
		{"only blank rows", "\n,,\r\n  \r", nil},
		{"only a sep line", "sep=;", nil},
	})
	if f := openContent(t, nil, Options{}); f.Info.Format != CSV || f.Info.Encoding != encUTF8 || f.Info.Delimiter != ',' {
		t.Errorf("%+v", f.Info)
	}
}

func TestCase5CutOff(t *testing.T) {
	checkCSV(t, []csvCase{
		{"no newline at the end", "a,b\n1,2", []string{"1/1|a|b", "2/2|1|2"}},
		{"within a quoted cell", "a,b\n1,\"2", []string{"1/1|a|b", "2/2|1|\"2 unterminated@1"}},
		{"just behind the opening quote", "a,b\n1,\"", []string{"1/1|a|b", "2/2|1|\" unterminated@1"}},
		{"behind a doubled quote", "a\n\"x\"\"", []string{"1/1|a", "2/2|\"x\"\" unterminated@0"}},
		{"behind a carriage return", "a\r", []string{"1/1|a"}},
	})
}

func TestCase22LineEnds(t *testing.T) {
	checkCSV(t, []csvCase{
		{"lf", "a\nb\n", []string{"1/1|a", "2/2|b"}},
		{"crlf", "a\r\nb\r\n", []string{"1/1|a", "2/2|b"}},
		{"cr", "a\rb\r", []string{"1/1|a", "2/2|b"}},
		{"mixed", "a\rb\r\nc\nd\r\r\ne", []string{"1/1|a", "2/2|b", "3/3|c", "4/4|d", "6/6|e"}},
		{"in quotes", "\"1\r2\r\n3\n4\",x\r\nb\n", []string{"1/1|1\r2\r\n3\n4|x", "2/5|b"}},
		{"a quote right at the end", "\"a\n\"\n\"\nb\"", []string{"1/1|a\n", "2/3|\nb"}},
	})
}

func TestCase23Quotes(t *testing.T) {
	checkCSV(t, []csvCase{
		{"delimiter", `"a,b",c`, []string{"1/1|a,b|c"}},
		{"doubled quotes", `"a ""b"" c","""","""x"`, []string{`1/1|a "b" c|"|"x`}},
		{"empty", `"","a",""`, []string{"1/1||a"}},
		{"newline", "x,\"a\nb\"\ny\n", []string{"1/1|x|a\nb", "2/3|y"}},
		{"several lines, several cells", "\"a\nb\",\"c\r\nd\"\ne", []string{"1/1|a\nb|c\r\nd", "2/4|e"}},
		{"space outside is kept", "a, b ,c", []string{"1/1|a| b |c"}},
		{"inch marks", `5" pipe,6",a"b"c`, []string{`1/1|5" pipe|6"|a"b"c`}},
		{"quotes behind space", `a, "b", c`, []string{`1/1|a| "b"| c`}},
	})
}

func TestCase24UnescapedInnerQuote(t *testing.T) {
	checkCSV(t, []csvCase{
		{"a word", "\"a \"b\" c\",d\nx,y\n", []string{`1/1|a "b" c|d repaired@0`, "2/2|x|y"}},
		{"an inch mark", `1,"5" pipe",d`, []string{`1/1|1|5" pipe|d repaired@1`}},
		{"at the end", `"say "hi"",x`, []string{`1/1|say "hi"|x repaired@0`}},
		{"at both ends", `""abc"",x`, []string{`1/1|"abc"|x repaired@0`}},
		{"a delimiter before it", `"x, y "b" c",d`, []string{`1/1|x, y "b" c|d repaired@0`}},
		{"last of the line", "x,\"a \"b\" c\"\r\ny", []string{`1/1|x|a "b" c repaired@1`, "2/2|y"}},
		{"space behind the quote", `"a" ,"b"` + "\t\nc", []string{"1/1|a|b repaired@0 repaired@1", "2/2|c"}},
		{"text behind the quote", "\"abc\"x,d\ny,z\n", []string{`1/1|"abc"x|d stray@0`, "2/2|y|z"}},
		{"text behind the quote, quotes after", `"a" b,"c"`, []string{`1/1|"a" b|c stray@0`}},
		{"a delimiter behind it", `"a "b, c" d",e`, []string{`1/1|"a "b| c" d"|e stray@0`}},
		{"doubled and not doubled", `"a""b "c" d",e`, []string{`1/1|"a""b "c" d"|e stray@0`}},
		{"two cells or one", `"a" "b",c`, []string{`1/1|"a" "b"|c stray@0`}},
		{"another delimiter", `"a";"b",c`, []string{`1/1|"a";"b"|c stray@0`}},
		{"space before a quote that runs on", `a, "b,c",d`, []string{`1/1|a| "b|c"|d stray@1`}},
		{"in a cell of two lines", "\"l1 \"x\" y\nl2\",b\nc,d\n", []string{`1/1|"l1 "x" y stray@0`, `2/2|l2"|b`, "3/3|c|d"}},
	})
}

func TestCase25UnclosedQuote(t *testing.T) {
	checkCSV(t, []csvCase{
		{"plain rows follow", "a,b\n1,\"x\n2,y\n3,z\n", []string{"1/1|a|b", "2/2|1|\"x unterminated@1", "3/3|2|y", "4/4|3|z"}},
		{"quoted rows follow", "1,\"abc,x\n2,\"def\",y\n3,\"ghi\",z\n", []string{"1/1|1|\"abc|x unterminated@1", "2/2|2|def|y", "3/3|3|ghi|z"}},
		{"all cells quoted", "\"1\",\"abc\n\"2\",\"def\"\n", []string{"1/1|1|\"abc unterminated@1", "2/2|2|def"}},
		{"a row starts with an empty quoted cell", "\"1\",\"abc\n\"\",\"x\"\n", []string{"1/1|1|\"abc unterminated@1", "2/2||x"}},
		{"each row", "\"a\n\"b\n\"c\n", []string{"1/1|\"a unterminated@0", "2/2|\"b unterminated@0", "3/3|\"c unterminated@0"}},
		{"behind a cell of two lines", "\"a\nb\",\"c\nd,e\n", []string{"1/1|\"a unterminated@0", "2/2|b\"|\"c unterminated@1", "3/3|d|e"}},
	})
}

func TestCase25LookAheadIsBounded(t *testing.T) {
	rows := strings.Repeat("2,y\n", 100_000)
	for _, closing := range []string{"", "3,z\"\n", "3,z\",\"q\"\n"} {
		f := openContent(t, []byte("a,b\n1,\"x\n"+rows+closing), Options{})
		got, _ := readRows(t, f)
		want := 100_002
		if closing != "" {
			want++
		}
		if len(got) != want || brief(got[1]) != "2/2|1|\"x unterminated@1" || brief(got[100_001]) != "100002/100002|2|y" {
			t.Errorf("closing %q: %d rows, the second %s", closing, len(got), brief(got[1]))
		}
	}
}

func TestCase25LongestCell(t *testing.T) {
	// The longest cell there can be is not taken for an unclosed quote.
	cell := strings.Repeat("𠀀", MaxCellChars-lookAheadLines) + strings.Repeat("\n", lookAheadLines)
	f := openContent(t, []byte("\"x\",\""+cell+"\"\na,b\n"), Options{})
	rows, _ := readRows(t, f)
	if len(rows) != 2 || rows[0].Cells[1].Value != cell || rows[0].Faults != nil || rows[1].Line != lookAheadLines+2 {
		t.Errorf("%d rows, faults %v, second on line %d", len(rows), rows[0].Faults, rows[1].Line)
	}
	f = openContent(t, []byte("\"x\",\""+cell+"\n\"\n"), Options{})
	if rows, _ := readRows(t, f); rows[0].Faults[0].Kind != UnterminatedQuote {
		t.Errorf("one line more: %v", rows[0].Faults)
	}
}

func TestCase27BlankRows(t *testing.T) {
	in := "a,b\n\n,,\n \t, \n\u3000,\u00A0\n\u200B\n\"\",\"\"\n1,,x,,\n,2, ,\n"
	f := openContent(t, []byte(in), Options{})
	rows, blank := readRows(t, f)
	want := []string{"1/1|a|b", "8/8|1||x", "9/9||2"}
	if diff := cmp.Diff(want, briefs(rows)); diff != "" {
		t.Error(diff)
	}
	if blank != 6 {
		t.Errorf("%d blank rows, want 6", blank)
	}
	f = openContent(t, []byte("a, ,\u3000,b\n"), Options{Delimiter: ','})
	rows, _ = readRows(t, f)
	wantCells := []Cell{{Kind: Text, Value: "a"}, {Kind: Blank, Value: " "}, {Kind: Blank, Value: "\u3000"}, {Kind: Text, Value: "b"}}
	if diff := cmp.Diff(wantCells, rows[0].Cells); diff != "" {
		t.Error(diff)
	}
}

func TestCase29Long(t *testing.T) {
	long := strings.Repeat("长", 5<<20/3)
	f := openContent(t, []byte("a,b\n1,"+long+"\n2,\""+long+"\"\n3,c\n"), Options{})
	rows, _ := readRows(t, f)
	for _, r := range rows[1:3] {
		if want := []Fault{{CellTooLong, 1, ""}}; !slices.Equal(r.Faults, want) || r.Cells[1].Value != long {
			t.Errorf("row %d: faults %v, %d bytes", r.Number, r.Faults, len(r.Cells[1].Value))
		}
	}
	if brief(rows[3]) != "4/4|3|c" {
		t.Errorf("next row: %s", brief(rows[3]))
	}
	f = openContent(t, []byte(strings.Repeat("长", MaxCellChars)+",b\n"), Options{})
	if rows, _ := readRows(t, f); rows[0].Faults != nil {
		t.Errorf("the longest allowed: %v", rows[0].Faults)
	}
}

func TestCase29Hostile(t *testing.T) {
	for name, content := range map[string]string{
		"line":   "a,b\n" + strings.Repeat("x", MaxTokenBytes+1) + "\n",
		"quoted": "a,b\n1,\"" + strings.Repeat("x", MaxTokenBytes),
		"record": "a,b\n" + strings.Repeat("\""+strings.Repeat("x", 1<<16)+"\n\",", MaxTokenBytes>>16) + "\n",
		"cells":  "a,b\n" + strings.Repeat(",", MaxColumns) + "x\n",
	} {
		f := openContent(t, []byte(content), Options{Delimiter: ','})
		r, err := f.Rows(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		rows, err := drain(r)
		var refused *FileError
		if !errors.As(err, &refused) || refused.Reason != Hostile || len(rows) != 1 {
			t.Errorf("%s: %v after %d rows", name, err, len(rows))
		}
		if _, again := r.Read(make([]Row, 1)); again != err {
			t.Errorf("%s: then %v", name, again)
		}
	}
	f := openContent(t, []byte("a,b\nx"+strings.Repeat(",", 2*MaxColumns)+"\n"), Options{})
	if rows, _ := readRows(t, f); brief(rows[1]) != "2/2|x" {
		t.Error("many blank cells are not passed over")
	}
}

func TestCase30InFile(t *testing.T) {
	in := "=\"0123\",'0123,\"=\"\"007\"\"\",'+86,'x,=1+1\n"
	for keep, want := range map[bool]string{
		false: "1/1|0123|0123|007|+86|'x|=1+1",
		true:  `1/1|="0123"|'0123|="007"|'+86|'x|=1+1`,
	} {
		rows, _ := readRows(t, openContent(t, []byte(in), Options{KeepGuards: keep}))
		if brief(rows[0]) != want {
			t.Errorf("keep %t: %s, want %s", keep, brief(rows[0]), want)
		}
	}
}

func TestFaultsOfOneRow(t *testing.T) {
	// Every cell with a fault is there, each fault once per cell, in order.
	in := "标签,备注,备注\nx\xFFy\xFF\x00\x00,,\x01\x02\nok\n,\uFEFF\nz,\uFEFF\n"
	rows, blank := readRows(t, openContent(t, []byte(in), Options{Delimiter: ','}))
	want := []string{
		"1/1|标签|备注|备注",
		"2/2|x\uFFFDy\uFFFD\x00\x00||\x01\x02 broken@0 control@0 control@2 control@2",
		"3/3|ok",
		"5/5|z|\uFEFF control@1",
	}
	if diff := cmp.Diff(want, briefs(rows)); diff != "" || blank != 1 {
		t.Errorf("%d blank; %s", blank, diff)
	}
}

func TestManyFaultsInOneLine(t *testing.T) {
	in := "a,b\n" + strings.Repeat("\x00\xFF", 1<<20) + ",x\n1,\x002\n"
	f := openContent(t, []byte(in), Options{Encoding: encUTF8})
	rows, _ := readRows(t, f)
	if got := len(rows[1].Faults); got != 3 { // long, too
		t.Errorf("%d faults", got)
	}
	if brief(rows[2]) != "3/3|1|\x002 control@1" {
		t.Errorf("next row: %q", brief(rows[2]))
	}
}

func TestSmallReads(t *testing.T) {
	// What is read must not depend on where the file is cut for reading.
	text := "标签组,\"多\r\n行\",c\r\n𠀀,\"a \"\"b\"\" c\",\x02\r\n1,\"open,x\r\n\r\n\"r \"s\" t\",€\r,\n" + simplified
	for _, enc := range []string{encUTF8, encGB18030, encUTF16LE, encUTF16BE} {
		content := encoded(t, text, enc)
		if enc != encUTF16LE && enc != encUTF16BE {
			content = append(content, "bad\xFFbyte,x"...)
		}
		f := openContent(t, content, Options{Encoding: enc, Delimiter: ','})
		want, wantBlank := readRows(t, f)
		for size := 4; size < 70; size++ {
			r, err := f.Rows(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r.r.(*csvReader).scan.src.in = make([]byte, size)
			got, err := drain(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" || r.Blank() != wantBlank {
				t.Fatalf("%s read %d bytes at a time: %s", enc, size, diff)
			}
		}
	}
}
