package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// writeRows writes rows to a sheet and ends the workbook.
func writeRows(t *testing.T, x *XLSXWriter, s *SheetWriter, rows ...[]OutCell) {
	t.Helper()
	for _, r := range rows {
		if err := s.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustSheet(t *testing.T, x *XLSXWriter, name string, opt SheetOptions) *SheetWriter {
	t.Helper()
	s, err := x.Sheet(name, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// outRow is a row of plain texts.
func outRow(values ...string) []OutCell {
	cells := make([]OutCell, len(values))
	for i, v := range values {
		cells[i].Value = v
	}
	return cells
}

// TestWrittenTextsReadBack writes texts that programs like to change.
func TestWrittenTextsReadBack(t *testing.T) {
	texts := []string{"=1+1", "+86 138", "-5", "@x", "0571", "1.38E+10", "2024-03-05", "TRUE", "'x", " padded ", "a\nb\r\nc\td\re", "<&>\"'",
		"_x000D_", "_x005F_", "_x005F_x0041_", "_xZZZZ_", "_x_x0041__", "客户😀𠀀", "\u00A0x", strings.Repeat("长", MaxCellChars), "]]>", "&amp;"}
	var rows [][]OutCell
	var want []Row
	for i, v := range texts {
		rows = append(rows, outRow("k", v))
		want = append(want, rowOf(i+1, asText("k"), asText(v)))
	}
	var buf bytes.Buffer
	x := NewXLSXWriter(&buf)
	writeRows(t, x, mustSheet(t, x, "客户", SheetOptions{}), rows...)
	res, err := readBook(t, tempFile(t, buf.Bytes()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, res.rows, want)
	if res.info.Sheet != "客户" || len(res.info.Sheets) != 1 {
		t.Errorf("sheets are %+v", res.info.Sheets)
	}
}

func TestWrittenLooks(t *testing.T) {
	var buf bytes.Buffer
	x := NewXLSXWriter(&buf)
	s := mustSheet(t, x, "失败数据", SheetOptions{Widths: []float64{0, 30}, FreezeRows: 1, AutoFilter: true})
	other := mustSheet(t, x, "汇总", SheetOptions{})
	if err := other.Row(outRow("total")); err != nil {
		t.Fatal(err)
	}
	writeRows(t, x, s,
		[]OutCell{{Value: "手机号", Style: Header}, {Value: "年龄", Style: Header}},
		[]OutCell{{Value: "12x", Style: Bad, Note: "第 2 行"}, {Value: "42.5", Number: true}, {Style: Bad}, {Value: "why", Style: Muted}},
	)
	path := tempFile(t, buf.Bytes())
	res, err := readBook(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, res.rows, []Row{rowOf(1, asText("手机号"), asText("年龄")), rowOf(2, asText("12x"), asNumber("42.5"), Cell{}, asText("why"))})

	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for cell, want := range map[string]excelize.Style{
		"A1": {NumFmt: 49, Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Color: []string{"E7E6E6"}}},
		"A2": {NumFmt: 49, Fill: excelize.Fill{Color: []string{"FFC7CE"}}},
		"B2": {NumFmt: 0},
		"C2": {NumFmt: 49, Fill: excelize.Fill{Color: []string{"FFC7CE"}}},
		"D2": {NumFmt: 49, Font: &excelize.Font{Color: "808080"}},
	} {
		id, err := f.GetCellStyle("失败数据", cell)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		bold := func(s *excelize.Style) bool { return s.Font != nil && s.Font.Bold }
		if got.NumFmt != want.NumFmt || fmt.Sprint(got.Fill.Color) != fmt.Sprint(want.Fill.Color) || bold(got) != bold(&want) {
			t.Errorf("%s looks like %+v, want %+v", cell, got, want)
		}
	}
	if width, _ := f.GetColWidth("失败数据", "B"); width != 30 {
		t.Errorf("column B is %v wide", width)
	}
	if panes, _ := f.GetPanes("失败数据"); !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes are %+v", panes)
	}
	notes, err := f.GetComments("失败数据")
	if err != nil || len(notes) != 1 || notes[0].Cell != "A2" || !strings.Contains(notes[0].Text, "第 2 行") {
		t.Errorf("notes are %+v, %v", notes, err)
	}
	if names := f.GetDefinedName(); len(names) != 1 || names[0].RefersTo != "'失败数据'!$A$1:$D$2" {
		t.Errorf("the filter is %+v", names)
	}
}

// TestCase71FullSheet fills sheets until they go on in further ones.
func TestCase71FullSheet(t *testing.T) {
	var buf bytes.Buffer
	x := NewXLSXWriter(&buf)
	x.maxRows = 4
	long := strings.Repeat("名", maxSheetName)
	s := mustSheet(t, x, long, SheetOptions{FreezeRows: 1, AutoFilter: true})
	if err := s.Row([]OutCell{{Value: "head", Style: Header}}); err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		if err := s.Row(outRow(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	path := tempFile(t, buf.Bytes())
	next := 0
	for _, name := range []string{long, long[:29*3] + "_2", long[:29*3] + "_3"} {
		res, err := readBook(t, path, Options{Sheet: name})
		if err != nil {
			t.Fatal(err)
		}
		if res.rows[0].Cells[0].Value != "head" {
			t.Errorf("%s begins with %v", name, res.rows[0])
		}
		for _, r := range res.rows[1:] {
			if r.Cells[0].Value != fmt.Sprint(next) {
				t.Errorf("%s, row %d is %s, want %d", name, r.Number, r.Cells[0].Value, next)
			}
			next++
		}
	}
	if next != 7 {
		t.Errorf("%d rows are read back, want 7", next)
	}
}

// TestCase72Unwritable refuses what a workbook cannot hold, and goes on.
func TestCase72Unwritable(t *testing.T) {
	var buf bytes.Buffer
	x := NewXLSXWriter(&buf)
	s := mustSheet(t, x, "s", SheetOptions{})
	for _, c := range []OutCell{
		{Value: strings.Repeat("x", MaxCellChars+1)},
		{Value: strings.Repeat("😀", MaxCellChars/2+1)},
		{Value: "a\x00b"}, {Value: "a\x0B"}, {Value: "a\uFFFE"}, {Value: "a\xFF"},
		{Value: "x", Note: "\x01"},
		{Value: "1,5", Number: true}, {Value: "1e5", Number: true}, {Value: "NaN", Number: true}, {Value: "12345678901234567", Number: true},
		{Value: "x", Style: outStyles},
	} {
		if err := s.Row([]OutCell{{Value: "ok"}, c}); err == nil {
			t.Errorf("%+.30v is written", c)
		} else if !strings.Contains(err.Error(), `sheet "s"`) || !strings.Contains(err.Error(), "column B") {
			t.Errorf("the error does not say where: %v", err)
		}
	}
	if err := s.Row(make([]OutCell, MaxColumns+1)); err == nil {
		t.Error("a row of too many columns is written")
	}
	for _, name := range []string{"", strings.Repeat("x", 32), "a/b", "a:b", "S", "it's", "\xFF"} {
		if _, err := x.Sheet(name, SheetOptions{}); err == nil {
			t.Errorf("a sheet is named %q", name)
		}
	}
	writeRows(t, x, s, outRow("fine"))
	res, err := readBook(t, tempFile(t, buf.Bytes()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, res.rows, []Row{rowOf(1, asText("fine"))})
	if err := s.Row(outRow("late")); err == nil {
		t.Error("a row is written after Close")
	}
	if err := x.Close(); err == nil {
		t.Error("a second Close succeeds")
	}
	if _, err := x.Sheet("late", SheetOptions{}); err == nil {
		t.Error("a sheet is added after Close")
	}
}

// TestWriterFailures lets the disk fill up at every write.
func TestWriterFailures(t *testing.T) {
	full := errors.New("disk full")
	write := func(w *limitedWriter) error {
		x := NewXLSXWriter(w)
		defer x.Discard()
		s := mustSheet(t, x, "s", SheetOptions{})
		if err := s.Row(outRow("a", "b")); err != nil {
			t.Fatal(err)
		}
		return x.Close()
	}
	whole := &limitedWriter{left: 1 << 20, err: full}
	if err := write(whole); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < 1<<20-whole.left; n += 97 {
		if err := write(&limitedWriter{left: n, err: full}); !errors.Is(err, full) {
			t.Fatalf("with room for %d bytes: %v", n, err)
		}
	}
}

// limitedWriter fails when it has taken its fill.
type limitedWriter struct {
	left int
	err  error
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

// TestWriterTempFiles writes enough for temporary files, and leaves none.
func TestWriterTempFiles(t *testing.T) {
	for _, discard := range []bool{false, true} {
		dir := t.TempDir()
		setTempDir(t, dir)
		var buf bytes.Buffer
		x := NewXLSXWriter(&buf)
		s := mustSheet(t, x, "s", SheetOptions{})
		line := outRow(strings.Repeat("x", 30000), strings.Repeat("y", 30000))
		for range 400 {
			if err := s.Row(line); err != nil {
				t.Fatal(err)
			}
		}
		if left, _ := os.ReadDir(dir); len(left) == 0 {
			t.Error("24 MB are held in memory")
		}
		if discard {
			x.Discard()
		} else if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		x.Discard()
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	}
}

func TestNotesAreLimited(t *testing.T) {
	var buf bytes.Buffer
	x := NewXLSXWriter(&buf)
	s := mustSheet(t, x, "s", SheetOptions{})
	x.notes = maxNotes - 2
	writeRows(t, x, s, []OutCell{{Value: "1", Note: "a"}}, []OutCell{{Value: "2", Note: "b"}}, []OutCell{{Value: "3", Note: "c"}})
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	notes, err := f.GetComments("s")
	if err != nil {
		t.Fatal(err)
	}
	var cells []string
	for _, n := range notes {
		cells = append(cells, n.Cell)
	}
	if d := cmp.Diff([]string{"A1", "A2"}, cells); d != "" {
		t.Error(d)
	}
}
