package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	stdunicode "unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// readAll opens a spreadsheet as an import does for its repair file and returns
// all its rows.
func readAll(t *testing.T, path, enc string) (sheet.Info, []sheet.Row) {
	t.Helper()
	f, err := sheet.Open(context.Background(), path, sheet.Options{Encoding: enc, KeepGuards: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []sheet.Row
	for buf := make([]sheet.Row, 100); ; {
		n, err := rows.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return f.Info, all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func texts(row sheet.Row) []string {
	var all []string
	for _, c := range row.Cells {
		all = append(all, c.Value)
	}
	return all
}

// mustRepair writes a repair file of the rows, with the problems by row number.
func mustRepair(t *testing.T, in sheet.Info, rows []sheet.Row, problems map[int][]crm.Problem, lang crm.Lang) RepairResult {
	t.Helper()
	path := RepairPath(in, lang, time.Date(2026, 3, 5, 14, 30, 0, 0, time.UTC))
	r, err := NewRepair(in, texts(rows[0]), path, RepairOptions{Lang: lang, Kind: crm.Customers})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Discard()
	for _, row := range rows[1:] {
		if err := r.Add(row, problems[row.Number]); err != nil {
			t.Fatal(err)
		}
	}
	result, err := r.Finish(testSummary)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

var testSummary = RepairSummary{
	Ledger: Ledger{Read: 5, Created: 2, Rejected: 3}, Run: "R7", Options: []string{"--tags replace"},
	Duration: 1500 * time.Millisecond, Next: []string{"tagkeep undo R7"},
}

func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// names lists a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// The records of the CSV tests: guards, quotes, line breaks, characters of four
// bytes in GB18030 and in UTF-8.
var testRecords = [][]string{
	{"手机号", "客户名称", "企业标签"},
	{"1.38E+10", "张三", "高意向"},
	{"13900139000", "李四", ""},
	{`="0123"`, "'=1+1", "a\"b\r\n换行"},
	{"", "㐀𠀀€", "'-5"},
}

var testProblems = map[int][]crm.Problem{
	2: {{Code: crm.PrecisionLost, Row: 2, Column: 0, Value: "1.38E+10"}},
	3: {{Code: crm.LongName, Row: 3, Column: 1, Warn: true}},
	4: {
		{Code: crm.BadPhone, Row: 4, Column: 0, Value: "0123"},
		{Code: crm.UnknownTag, Row: 4, Column: 2, Args: []string{"=cmd|x", "高意向"}},
		{Code: crm.UnknownTag, Row: 4, Column: 2, Args: []string{"换行"}},
	},
	5: {{Code: crm.NotAllowed, Row: 5, Column: -1}},
}

func TestRepairCSVKeepsTheDialect(t *testing.T) {
	tests := []struct {
		name  string
		enc   encoding.Encoding
		bom   string
		delim string
		eol   string
	}{
		{"gb18030", simplifiedchinese.GB18030, "", ",", "\r\n"},
		{"utf-8", encoding.Nop, "", ";", "\n"},
		{"utf-8 with BOM", encoding.Nop, "\uFEFF", ",", "\r\n"},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "\uFEFF", "\t", "\r\n"},
		{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "\uFEFF", "\t", "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			content, err := test.enc.NewEncoder().String(test.bom + joinCSV(testRecords, test.delim, test.eol))
			if err != nil {
				t.Fatal(err)
			}
			in, rows := readAll(t, writeFile(t, "客户.csv", []byte(content)), "")
			result := mustRepair(t, in, rows, testProblems, crm.Chinese)
			if filepath.Base(result.Path) != "客户_失败_20260305-1430.csv" || result.Rows != 3 || result.Fallback {
				t.Errorf("result: %+v", result)
			}
			out, back := readAll(t, result.Path, "")
			if out.Encoding != in.Encoding || out.Delimiter != in.Delimiter || out.BOM != in.BOM || out.CRLF != in.CRLF {
				t.Errorf("dialect changed:\n in  %+v\n out %+v", in, out)
			}
			checkRepaired(t, back)
		})
	}
}

func checkRepaired(t *testing.T, rows []sheet.Row) {
	t.Helper()
	want := [][]string{
		{"手机号", "客户名称", "企业标签", "错误行号", "错误代码", "错误原因"},
		{"1.38E+10", "张三", "高意向", "2", "PRECISION_LOST", `手机号: "1.38E+10" 已丢失精度，请把该列设为文本后重新填写`},
		{`="0123"`, "'=1+1", "a\"b\r\n换行", "4", "BAD_PHONE;UNKNOWN_TAG",
			`1. 手机号: "0123" 不是有效的手机号，请填写 11 位手机号；座机请填到「电话」列；` +
				`2. 企业标签: 标签「=cmd|x」不存在，是否想填「高意向」？否则请先导入该标签，或加 --create-tags；` +
				`3. 企业标签: 标签「换行」不存在，请先导入该标签，或加 --create-tags`},
		{"", "㐀𠀀€", "'-5", "5", "NOT_ALLOWED",
			"没有权限，[tagkeep] 用 tagkeep access check 查看缺少哪项权限，用 tagkeep access request 申请"},
	}
	var got [][]string
	for _, row := range rows {
		got = append(got, texts(row))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// joinCSV writes records by the rules, quoting only what has to be.
func joinCSV(records [][]string, delim, eol string) string {
	var b strings.Builder
	for _, record := range records {
		for i, c := range record {
			if i > 0 {
				b.WriteString(delim)
			}
			if strings.ContainsAny(c, "\"\r\n"+delim) {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		b.WriteString(eol)
	}
	return b.String()
}

func TestRepairCSVDetails(t *testing.T) {
	in, rows := readAll(t, writeFile(t, "c.csv", []byte(joinCSV(testRecords, ",", "\n"))), "")
	result := mustRepair(t, in, rows, testProblems, crm.Chinese)
	if filepath.Base(result.Details) != "c_失败_20260305-1430.errors.jsonl" {
		t.Errorf("details are in %s", result.Details)
	}
	content, err := os.ReadFile(result.Details)
	if err != nil {
		t.Fatal(err)
	}
	var lines []detail
	for dec := json.NewDecoder(bytes.NewReader(content)); ; {
		var d detail
		if err := dec.Decode(&d); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, d)
	}
	if len(lines) != 5 {
		t.Fatalf("%d lines, want one for each of 5 errors:\n%s", len(lines), content)
	}
	last := lines[4]
	if last.Row != 5 || last.SourceLine != 6 || last.Code != crm.NotAllowed || last.MessageEn != "not allowed" || last.HintEn == "" {
		t.Errorf("last line: %+v", last)
	}
}

// A file that comes back with the columns of an earlier repair gets new ones,
// in whichever language they were.
func TestRepairReplacesEarlierColumns(t *testing.T) {
	const content = "error_code,手机号,错误行号, 错误代码 ,错误原因,客户名称\nX,12x,7,BAD_PHONE,旧的,张三,多余\n"
	in, rows := readAll(t, writeFile(t, "c.csv", []byte(content)), "utf-8")
	problems := map[int][]crm.Problem{2: {{Code: crm.TooManyCells, Row: 2, Column: -1, Args: []string{"6"}}}}
	_, back := readAll(t, mustRepair(t, in, rows, problems, crm.English).Path, "utf-8")
	want := [][]string{
		{"手机号", "客户名称", "error_row", "error_code", "error_reason"},
		{"12x", "张三", "2", "TOO_MANY_CELLS", "more cells than the header, which has 6 columns, look for a delimiter inside a value without quotes, or for a missing header", "多余"},
	}
	if diff := cmp.Diff(want, [][]string{texts(back[0]), texts(back[1])}); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// An encoding that lacks a character of a reason gives way; one that has them
// all stays.
func TestRepairCSVFallsBack(t *testing.T) {
	const content = "name,phone\ncaf\xe9,12x\ncaf\xe9 2,13x\n"
	in, rows := readAll(t, writeFile(t, "c.csv", []byte(content)), "windows-1252")
	problem := func(row int, arg string) []crm.Problem {
		return []crm.Problem{{Code: crm.UnknownStaff, Row: row, Column: 0, Args: []string{arg}}}
	}
	tests := []struct {
		name     string
		arg      string
		lang     crm.Lang
		encoding string
	}{
		{"fits", "zhang", crm.English, "windows-1252"},
		{"a name in the second row", "张", crm.English, "utf-8"},
		{"the headers", "zhang", crm.Chinese, "utf-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			problems := map[int][]crm.Problem{2: problem(2, "li"), 3: problem(3, test.arg)}
			result := mustRepair(t, in, rows, problems, test.lang)
			if result.Encoding != test.encoding || result.Fallback != (test.encoding == "utf-8") {
				t.Errorf("result: %+v", result)
			}
			named := test.encoding
			if result.Fallback {
				named = "" // the mark tells
			}
			out, back := readAll(t, result.Path, named)
			if out.BOM != result.Fallback || len(back) != 3 || back[1].Cells[0].Value != "café" || !strings.Contains(texts(back[2])[4], test.arg) {
				t.Errorf("read back: %+v %v", out, back)
			}
		})
	}
	for _, name := range names(t, filepath.Dir(in.Path)) {
		if strings.HasSuffix(name, ".tmp") {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestRepairCSVInBig5(t *testing.T) {
	content, err := traditionalchinese.Big5.NewEncoder().String("客戶,電話\n張三,12x\n")
	if err != nil {
		t.Fatal(err)
	}
	in, rows := readAll(t, writeFile(t, "c.csv", []byte(content)), "big5")
	problems := map[int][]crm.Problem{2: {{Code: crm.BadPhone, Row: 2, Column: 1, Value: "12x"}}}
	result := mustRepair(t, in, rows, problems, crm.Chinese)
	out, back := readAll(t, result.Path, "")
	if !result.Fallback || out.Encoding != "utf-8" || !out.BOM || texts(back[1])[0] != "張三" {
		t.Errorf("result %+v, read back %+v %v", result, out, back)
	}
	if _, err := charmap.Windows1252.NewEncoder().String("张"); err == nil {
		t.Error("the premise of these tests is wrong")
	}
}

func TestRepairKeepsSepLine(t *testing.T) {
	in, rows := readAll(t, writeFile(t, "c.csv", []byte("sep=;\r\n手机号;姓名\r\n12x;a,b\r\n")), "utf-8")
	problems := map[int][]crm.Problem{rows[1].Number: {{Code: crm.BadPhone, Row: rows[1].Number, Column: 0, Value: "12x"}}}
	content, err := os.ReadFile(mustRepair(t, in, rows, problems, crm.English).Path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(content, []byte("sep=;\r\n手机号;姓名;error_row;error_code;error_reason\r\n12x;a,b;")) {
		t.Errorf("got %s", content)
	}
}

func TestRepairNeverOverwrites(t *testing.T) {
	in, rows := readAll(t, writeFile(t, "c.csv", []byte("手机号\n12x\n")), "utf-8")
	problems := map[int][]crm.Problem{2: {{Code: crm.BadPhone, Row: 2, Column: 0, Value: "12x"}}}
	first := mustRepair(t, in, rows, problems, crm.English)
	if err := os.Remove(first.Path); err != nil {
		t.Fatal(err)
	}
	// The details of the first are still there, so the second keeps clear of both.
	second := mustRepair(t, in, rows, problems, crm.English)
	want := []string{
		"c.csv", "c_failed_20260305-1430-2.csv", "c_failed_20260305-1430-2.errors.jsonl",
		"c_failed_20260305-1430.errors.jsonl",
	}
	if got := names(t, filepath.Dir(in.Path)); !slices.Equal(got, want) {
		t.Errorf("files: %q, want %q", got, want)
	}
	if filepath.Base(second.Path) != want[1] || filepath.Base(second.Details) != want[2] {
		t.Errorf("result: %+v", second)
	}
}

func TestRepairWithoutRows(t *testing.T) {
	in, rows := readAll(t, writeFile(t, "c.csv", []byte("手机号\n12x\n")), "utf-8")
	warnings := map[int][]crm.Problem{2: {{Code: crm.LongName, Row: 2, Column: 0, Warn: true}}}
	if result := mustRepair(t, in, rows, warnings, crm.Chinese); result != (RepairResult{}) {
		t.Errorf("result: %+v", result)
	}
	if got := names(t, filepath.Dir(in.Path)); len(got) != 1 {
		t.Errorf("files: %q", got)
	}
}

func TestRepairExtensionMustFit(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		format sheet.Format
		name   string
	}{{sheet.CSV, "a.xlsx"}, {sheet.XLSX, "a.csv"}, {sheet.XLSX, "a"}} {
		r, err := NewRepair(sheet.Info{Format: test.format, Encoding: "utf-8", Delimiter: ','}, []string{"a"}, filepath.Join(dir, test.name), RepairOptions{})
		if err == nil {
			r.Discard()
			t.Errorf("%s for %s input was taken", test.name, test.format)
		}
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Nothing is to be seen of a repair file before it is whole, and nothing stays
// of one that is given up or cannot be written.
func TestRepairLeavesNothingBehind(t *testing.T) {
	for _, format := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		in := sheet.Info{Path: "c." + string(format), Format: format, Encoding: "utf-8", Delimiter: ','}
		row := sheet.Row{Number: 2, Line: 2, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "12x"}}}
		problems := []crm.Problem{{Code: crm.BadPhone, Row: 2, Column: 0, Value: "12x"}}
		start := func(t *testing.T) (*Repair, string) {
			dir := t.TempDir()
			r, err := NewRepair(in, []string{"手机号"}, filepath.Join(dir, in.Path), RepairOptions{Lang: crm.Chinese, Kind: crm.Customers})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Add(row, problems); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, in.Path)); !errors.Is(err, os.ErrNotExist) {
				t.Error("to be seen before it is finished")
			}
			return r, dir
		}
		t.Run(string(format)+" discarded", func(t *testing.T) {
			r, dir := start(t)
			r.Discard()
			r.Discard()
			if left := names(t, dir); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if _, err := r.Finish(testSummary); err == nil {
				t.Error("finished after Discard")
			}
		})
		t.Run(string(format)+" write fails", func(t *testing.T) {
			r, dir := start(t)
			breakOutput(t, r)
			var err error
			for range 3_000 { // more than the buffers hold
				if err = r.Add(row, problems); err != nil {
					break
				}
			}
			if _, finishErr := r.Finish(testSummary); finishErr == nil || err != nil && !errors.Is(finishErr, os.ErrClosed) {
				t.Errorf("Finish after %v: %v", err, finishErr)
			}
			if left := names(t, dir); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// breakOutput makes every further write of the file fail, as a full disk does.
func breakOutput(t *testing.T, r *Repair) {
	t.Helper()
	var file *sheet.NewFile
	switch body := r.body.(type) {
	case *repairCSV:
		file = body.own.file
	case *repairXLSX:
		file = body.file
	}
	if err := file.File().Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRepairPath(t *testing.T) {
	now := time.Date(2026, 3, 5, 14, 30, 0, 0, time.UTC)
	tests := []struct {
		path   string
		format sheet.Format
		lang   crm.Lang
		want   string
	}{
		{"/data/客户 3月.csv", sheet.CSV, crm.Chinese, "/data/客户 3月_失败_20260305-1430.csv"},
		{"c.xlsx", sheet.XLSX, crm.English, "c_failed_20260305-1430.xlsx"},
		{"named.xlsx", sheet.CSV, crm.English, "named_failed_20260305-1430.csv"},
		{"v1.2", sheet.CSV, crm.English, "v1_failed_20260305-1430.csv"},
		{strings.Repeat("长", 80) + ".csv", sheet.CSV, crm.Chinese, strings.Repeat("长", 60) + "_失败_20260305-1430.csv"},
	}
	for _, test := range tests {
		if got := RepairPath(sheet.Info{Path: test.path, Format: test.format}, test.lang, now); got != filepath.FromSlash(test.want) {
			t.Errorf("%s: got %s, want %s", test.path, got, test.want)
		}
	}
}

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	if err := Writable(dir); err != nil {
		t.Error(err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	err := Writable(filepath.Join(dir, "none"))
	if !errors.Is(err, os.ErrNotExist) || FileHint(crm.English, err) == "" {
		t.Errorf("a directory that does not exist: %v", err)
	}
}

// Rows with broken quotes come back broken in the same way, whatever stands
// around them, and their neighbours stay sound.
func TestRepairCSVBrokenQuotes(t *testing.T) {
	const content = "手机号,客户名称,企业标签\n" +
		"1,\"没有结束,高\n" +
		"2,\"引号\"后面,\"a,b\"\n" +
		"\"x,y\", \"半个,\"中\"\n" +
		"4,\"\n换行开头\",低\n" +
		"5,\",逗号开头\",低\n" +
		"6,7,\"又没有结束\n"
	in, rows := readAll(t, writeFile(t, "c.csv", []byte(content)), "utf-8")
	problems := make(map[int][]crm.Problem)
	for _, row := range rows[1:] {
		p := crm.Problem{Code: crm.BadPhone, Row: row.Number, Column: 0, Value: row.Cells[0].Value}
		if brokenQuotes(row) {
			p = crm.Problem{Code: crm.UnterminatedQuote, Row: row.Number, Column: row.Faults[0].Column, Value: `"x",`}
		}
		problems[row.Number] = []crm.Problem{p}
	}
	result := mustRepair(t, in, rows, problems, crm.Chinese)
	_, back := readAll(t, result.Path, "utf-8")
	if len(back) != len(rows) {
		t.Fatalf("%d rows came back, want %d", len(back), len(rows))
	}
	for i, row := range rows[1:] {
		got := back[i+1]
		if diff := cmp.Diff(row.Faults, got.Faults); diff != "" {
			t.Errorf("row %d: faults (-want +got):\n%s", row.Number, diff)
		}
		want := slices.Clone(texts(row))
		for len(want) < len(rows[0].Cells) {
			want = append(want, "")
		}
		if diff := cmp.Diff(want, texts(got)[:3]); diff != "" {
			t.Errorf("row %d: cells (-want +got):\n%s", row.Number, diff)
		}
		if code := texts(got)[4]; code != string(problems[row.Number][0].Code) {
			t.Errorf("row %d: came back with the code %q", row.Number, code)
		}
	}
}

// The encodings that are not written twice hold every character but for private
// ones that gb18030 lacks: no file in gb18030 has these, and sentences spell
// private characters out.
func TestHoldsAll(t *testing.T) {
	if got := visible("\uE5E5", 10); got != `\ue5e5` {
		t.Errorf("a private character shows as %q", got)
	}
	var all strings.Builder
	for r := rune(0x20); r <= 0x10FFFF; r++ {
		if !stdunicode.In(r, stdunicode.Cs, stdunicode.Co) {
			all.WriteRune(r)
		}
	}
	for _, name := range []string{"utf-8", "utf-16le", "utf-16be", "gb18030"} {
		w, err := sheet.NewCSVWriter(io.Discard, sheet.CSVFormat{Encoding: name})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write([]string{all.String()}); !holdsAll(name) || err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if holdsAll("big5") || holdsAll("windows-1252") || holdsAll("shift_jis") {
		t.Error("an encoding is said to hold all that does not")
	}
}
