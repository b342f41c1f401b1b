package report

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// A workbook's rows as the reader hands them out.
var (
	bookHeaders = []string{"手机号", "客户名称", "生日", "分数", "编码", "企业标签", "错误原因"}
	bookRows    = []sheet.Row{
		{Number: 57, Line: 57, Cells: []sheet.Cell{
			{Kind: sheet.Number, Value: "13800138000"}, {Kind: sheet.Text, Value: "=1+1"}, {Kind: sheet.Date, Value: "2024-03-05"},
			{Kind: sheet.Number, Value: "0.5"}, {Kind: sheet.Number, Value: "007", ZeroPadded: true}, {Kind: sheet.Text, Value: "高意项"},
			{Kind: sheet.Text, Value: "旧的"},
		}},
		{Number: 60, Line: 60, Cells: []sheet.Cell{
			{}, {Kind: sheet.Text, Value: "李四"}, {}, {}, {Kind: sheet.Number, Value: "123456789012345680", Suspect: true},
		}},
	}
	bookProblems = [][]crm.Problem{
		{{Code: crm.UnknownTag, Row: 57, Column: 5, Value: "高意项", Args: []string{"高意项", "意向:高意向"}}},
		{
			{Code: crm.Required, Row: 60, Column: 0, Args: []string{"手机号"}},
			{Code: crm.PrecisionSuspect, Row: 60, Column: 4, Value: "123456789012345680"},
			{Code: crm.UnknownGroup, Row: 60, Column: 5, Args: []string{"意象", "", "中"}},
			{Code: crm.DupInFile, Row: 60, Column: 0, Related: 57},
		},
	}
	bookInfo = sheet.Info{Format: sheet.XLSX, Sheet: "客户", SHA256: strings.Repeat("ab", 32), Encoding: "utf-8"}
)

// mustRepairBook writes the rows above and opens the result with excelize.
func mustRepairBook(t *testing.T, lang crm.Lang) *excelize.File {
	t.Helper()
	in := bookInfo
	in.Path = filepath.Join(t.TempDir(), "客户.xlsx")
	r, err := NewRepair(in, bookHeaders, filepath.Join(filepath.Dir(in.Path), "out.xlsx"), RepairOptions{Lang: lang, Kind: crm.Customers})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Discard()
	for i, row := range bookRows {
		if err := r.Add(row, bookProblems[i]); err != nil {
			t.Fatal(err)
		}
	}
	result, err := r.Finish(testSummary)
	if err != nil {
		t.Fatal(err)
	}
	if stat, err := os.Stat(result.Path); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
	book, err := excelize.OpenFile(result.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	return book
}

func mustRows(t *testing.T, book *excelize.File, name string) [][]string {
	t.Helper()
	rows, err := book.GetRows(name, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRepairWorkbook(t *testing.T) {
	book := mustRepairBook(t, crm.Chinese)
	if diff := cmp.Diff([]string{"失败数据", "错误明细", "待建标签", "汇总"}, book.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	want := [][]string{
		{"手机号", "客户名称", "生日", "分数", "编码", "企业标签", "错误行号", "错误代码", "错误原因"},
		{"13800138000", "=1+1", "2024-03-05", "0.5", "007", "高意项", "57", "UNKNOWN_TAG",
			"企业标签: 标签「高意项」不存在，是否想填「意向:高意向」？否则请先导入该标签，或加 --create-tags"},
		{"", "李四", "", "", "123456789012345680\u007f", "", "60", "REQUIRED;PRECISION_SUSPECT;UNKNOWN_GROUP;DUP_IN_FILE",
			"1. 手机号: 缺少手机号，请填写后重新导入；" +
				`2. 编码: "123456789012345680" 超过 15 位，末尾数字可能已变成 0，请核对原始号码，并把该列设为文本后重新填写；` +
				"3. 企业标签: 标签组「意象」不存在，请先新建该标签组，或改为已有的标签组；" +
				"4. 手机号: 与第 57 行重复，请删除本行；若要用本行覆盖第 57 行，请清空本行的「错误代码」后再导入"},
	}
	if diff := cmp.Diff(want, mustRows(t, book, "失败数据")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	wantTypes := map[string]excelize.CellType{
		"A2": excelize.CellTypeInlineString, // a phone number: text keeps its digits
		"B2": excelize.CellTypeInlineString, // text that looks like a formula
		"C2": excelize.CellTypeInlineString,
		"D2": excelize.CellTypeUnset, // a number
		"E2": excelize.CellTypeInlineString,
		"E3": excelize.CellTypeInlineString,
		"G2": excelize.CellTypeUnset,
	}
	for name, want := range wantTypes {
		got, err := book.GetCellType("失败数据", name)
		isText := got == excelize.CellTypeInlineString || got == excelize.CellTypeSharedString
		if err != nil || isText != (want == excelize.CellTypeInlineString) {
			t.Errorf("%s has the type %v, %v", name, got, err)
		}
	}
	checkRed(t, book, "失败数据", map[string]bool{"A2": false, "F2": true, "A3": true, "B3": false, "E3": true, "F3": true})
	checkNotes(t, book)
}

func checkRed(t *testing.T, book *excelize.File, name string, cells map[string]bool) {
	t.Helper()
	for cell, want := range cells {
		id, err := book.GetCellStyle(name, cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := book.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		red := len(style.Fill.Color) > 0 && strings.HasSuffix(strings.ToUpper(style.Fill.Color[0]), "FFC7CE")
		if red != want {
			t.Errorf("%s %s: red is %v, want %v", name, cell, red, want)
		}
	}
}

func checkNotes(t *testing.T, book *excelize.File) {
	t.Helper()
	comments, err := book.GetComments("失败数据")
	if err != nil {
		t.Fatal(err)
	}
	notes := make(map[string]string)
	for _, c := range comments {
		notes[c.Cell] = c.Text
		for _, run := range c.Paragraph {
			notes[c.Cell] += run.Text
		}
	}
	if len(notes) != 4 {
		t.Errorf("notes at %v, want 4", notes)
	}
	for _, want := range []string{"缺少手机号", "与第 57 行重复"} {
		if !strings.Contains(notes["A3"], want) {
			t.Errorf("the note at A3 does not say %q: %q", want, notes["A3"])
		}
	}
}

func TestRepairWorkbookDetails(t *testing.T) {
	book := mustRepairBook(t, crm.Chinese)
	rows := mustRows(t, book, "错误明细")
	want := [][]string{
		{"行号", "列", "列名", "代码", "原值", "原因", "建议", "关联行"},
		{"57", "F", "企业标签", "UNKNOWN_TAG", "高意项", "标签「高意项」不存在", "是否想填「意向:高意向」？否则请先导入该标签，或加 --create-tags"},
	}
	if diff := cmp.Diff(want, rows[:2]); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	if last := rows[len(rows)-1]; len(rows) != 6 || last[7] != "57" {
		t.Errorf("%d rows, the last %q", len(rows), last)
	}
}

func TestRepairWorkbookTags(t *testing.T) {
	book := mustRepairBook(t, crm.English)
	want := [][]string{
		{"group_name", "tag_name", "occurrences", "nearest"},
		{"意象", "中", "1"},
		{"", "高意项", "1", "意向:高意向"},
	}
	if diff := cmp.Diff(want, mustRows(t, book, "Tags to create")); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	checkRed(t, book, "Tags to create", map[string]bool{"A2": false, "A3": true})
}

func TestRepairWorkbookSummary(t *testing.T) {
	book := mustRepairBook(t, crm.English)
	var all []string
	for _, row := range mustRows(t, book, "Summary") {
		all = append(all, strings.Join(row, "|"))
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{
		"file|客户.xlsx", "SHA-256|" + bookInfo.SHA256, "kind|customers", "sheet|客户", "options|--tags replace", "run|R7", "duration|1.5s",
		"rows read|5", "created|2", "rejected|3", "DUP_IN_FILE|repeats an earlier row|1|1|60|", "tagkeep undo R7",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
}

// Without unknown tags there is no sheet for them.
func TestRepairWorkbookWithoutTags(t *testing.T) {
	in := bookInfo
	in.Path = filepath.Join(t.TempDir(), "c.xlsx")
	rows := []sheet.Row{{Number: 1, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "手机号"}}}}
	for n := 2; n < 4; n++ {
		rows = append(rows, sheet.Row{Number: n, Line: n, Cells: []sheet.Cell{{Kind: sheet.Text, Value: strconv.Itoa(n)}}})
	}
	problems := map[int][]crm.Problem{3: {{Code: crm.NotAllowed, Row: 3, Column: -1}}}
	result := mustRepair(t, in, rows, problems, crm.Chinese)
	book, err := excelize.OpenFile(result.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if diff := cmp.Diff([]string{"失败数据", "错误明细", "汇总"}, book.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	// No cell is at fault, so the reason itself is red.
	checkRed(t, book, "失败数据", map[string]bool{"A2": false, "D2": true})
}

// Cells whose kind is the fault, and characters that a workbook cannot hold,
// must not come back as sound text.
func TestRepairWorkbookStaysRefused(t *testing.T) {
	tests := []struct {
		name    string
		cell    sheet.Cell
		problem crm.Problem
		want    string
	}{
		{"date in a name", sheet.Cell{Kind: sheet.Date, Value: "2024-03-05"}, crm.Problem{Code: crm.BadFormat, Args: []string{"date-cell"}}, "2024-03-05\u007f"},
		{"error", sheet.Cell{Kind: sheet.ErrorCell, Value: "#N/A"}, crm.Problem{Code: crm.FormulaError}, "#N/A\u007f"},
		{"formula", sheet.Cell{Kind: sheet.NotCalculated, Value: "=A1"}, crm.Problem{Code: crm.FormulaNotCalculated}, "=A1\u007f"},
		{"control character", sheet.Cell{Kind: sheet.Text, Value: "a\x00b"}, crm.Problem{Code: crm.ControlChar}, "a\u007fb"},
		{"date that is none", sheet.Cell{Kind: sheet.Date, Value: "2024-03-05T08:00:00"}, crm.Problem{Code: crm.BadDate}, "2024-03-05T08:00:00"},
		{"text", sheet.Cell{Kind: sheet.Text, Value: "a b"}, crm.Problem{Code: crm.BadFormat, Args: []string{"space"}}, "a b"},
		{"too long", sheet.Cell{Kind: sheet.Text, Value: strings.Repeat("𠀀", 20000)}, crm.Problem{Code: crm.TooLong}, strings.Repeat("𠀀", 16383)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := bookInfo
			in.Path = filepath.Join(t.TempDir(), "c.xlsx")
			rows := []sheet.Row{
				{Number: 1, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "客户名称"}}},
				{Number: 2, Line: 2, Cells: []sheet.Cell{test.cell}},
			}
			test.problem.Row, test.problem.Value = 2, test.cell.Value
			result := mustRepair(t, in, rows, map[int][]crm.Problem{2: {test.problem}}, crm.Chinese)
			_, back := readAll(t, result.Path, "")
			if got := back[1].Cells[0]; got.Value != test.want || got.Kind != sheet.Text {
				t.Errorf("came back as %v %.40q, want %.40q", got.Kind, got.Value, test.want)
			}
			if refused := len(back[1].Faults) > 0; refused != strings.Contains(test.want, "\u007f") {
				t.Errorf("faults %+v", back[1].Faults)
			}
		})
	}
}

// A cell with very many errors does not make its note too long to be stored.
func TestRepairWorkbookManyErrors(t *testing.T) {
	in := bookInfo
	in.Path = filepath.Join(t.TempDir(), "c.xlsx")
	rows := []sheet.Row{
		{Number: 1, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "企业标签"}}},
		{Number: 2, Line: 2, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "很多"}}},
	}
	var problems []crm.Problem
	for i := range 3000 {
		name := strconv.Itoa(i) + strings.Repeat("长", 150)
		problems = append(problems, crm.Problem{Code: crm.UnknownTag, Row: 2, Column: 0, Value: name, Args: []string{name, name}})
	}
	result := mustRepair(t, in, rows, map[int][]crm.Problem{2: problems}, crm.Chinese)
	if _, back := readAll(t, result.Path, ""); !strings.HasSuffix(texts(back[1])[3], "另有 2980 个错误") {
		t.Errorf("reason: %.300q…", texts(back[1])[3])
	}
}
