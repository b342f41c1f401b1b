package sheet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// excelizeRows reads a sheet with excelize: the stored values, by row number.
// Rows without any value are left out, as xlsxRows does.
func excelizeRows(t testing.TB, path, sheet string) map[int][]string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := make(map[int][]string)
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) > 0 {
			got[n] = cells
		}
	}
	if err := rows.Error(); err != nil {
		t.Fatal(err)
	}
	return got
}

// asStored turns a row back into what excelize says of it, for values that
// both take for the same.
func asStored(row Row) []string {
	cells := make([]string, len(row.Cells))
	for i, c := range row.Cells {
		cells[i] = c.Value
		if c.Kind == Bool {
			cells[i] = map[string]string{"TRUE": "1", "FALSE": "0"}[c.Value]
		}
	}
	return cells
}

// TestAgainstExcelize writes random workbooks with excelize, cell by cell
// (shared strings) and as a stream (inline strings), and reads them with both.
func TestAgainstExcelize(t *testing.T) {
	for seed := range uint64(6) {
		for _, streamed := range []bool{false, true} {
			t.Run(fmt.Sprint(seed, streamed), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "book.xlsx")
				writeRandom(t, rand.New(rand.NewPCG(seed, 0)), path, streamed)
				want := excelizeRows(t, path, "Sheet1")
				res, err := readBook(t, path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				got := make(map[int][]string)
				for _, r := range res.rows {
					got[r.Number] = asStored(r)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-excelize +got):\n%s", d)
				}
			})
		}
	}
}

// writeRandom writes a workbook of random texts, numbers and booleans in random
// places, some of them in styles that do not change the value.
func writeRandom(t *testing.T, rng *rand.Rand, path string, streamed bool) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: 4})
	if err != nil {
		t.Fatal(err)
	}
	random := func() any {
		switch rng.IntN(9) {
		case 0:
			return rng.IntN(1e9) * 10000
		case 1:
			return float64(rng.IntN(1e6)) / 1000
		case 2:
			return rng.IntN(2) == 0
		case 3:
			return strings.Repeat("客户 <&> \"标签\"\n", rng.IntN(4)) + "末"
		case 4:
			return fmt.Sprintf(" padded_x000D_ _x%04X_ ", 0x20+rng.IntN(0x2000))
		case 5:
			return "😀é" + strings.Repeat("z", rng.IntN(50))
		case 6:
			return nil
		default:
			return fmt.Sprintf("tag-%d", rng.IntN(20))
		}
	}
	var sw *excelize.StreamWriter
	if streamed {
		if sw, err = f.NewStreamWriter("Sheet1"); err != nil {
			t.Fatal(err)
		}
	}
	for r := 1; r <= 300; r += 1 + rng.IntN(3)/2 {
		if streamed {
			values := make([]any, rng.IntN(12))
			for i := range values {
				values[i] = excelize.Cell{StyleID: bold * rng.IntN(2), Value: random()}
			}
			err = sw.SetRow(fmt.Sprint("A", r), values, excelize.RowOpts{Hidden: rng.IntN(5) == 0})
		}
		for c := 0; c < 12 && !streamed && err == nil; c += 1 + rng.IntN(3) {
			cell := fmt.Sprint(ColumnName(c), r)
			if err = f.SetCellValue("Sheet1", cell, random()); err == nil && rng.IntN(3) == 0 {
				err = f.SetCellStyle("Sheet1", cell, cell, bold)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if streamed {
		if err := sw.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
}

// TestExcelizeDates compares dates with those that excelize was given.
func TestExcelizeDates(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	rng := rand.New(rand.NewPCG(5, 6))
	var want []Row
	for r := 1; r <= 500; r++ {
		at := time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.Int64N(5e9)) * time.Second)
		if r%3 == 0 {
			at = at.Truncate(24 * time.Hour)
		}
		if err := f.SetCellValue("Sheet1", fmt.Sprint("A", r), at); err != nil {
			t.Fatal(err)
		}
		layout := "2006-01-02T15:04:05"
		if at.Equal(at.Truncate(24 * time.Hour)) {
			layout = "2006-01-02"
		}
		want = append(want, rowOf(r, asDate(at.Format(layout))))
	}
	path := filepath.Join(t.TempDir(), "dates.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	res, err := readBook(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, res.rows, want)
}

// TestMadeBooksAgainstExcelize reads hand-made sheets with both.
func TestMadeBooksAgainstExcelize(t *testing.T) {
	for _, rows := range []string{
		`<row r="2"><c r="B2" t="str"><v>a&amp;b</v></c><c r="D2"><v>13800138000</v></c></row><row r="4"><c r="A4" t="b"><v>1</v></c></row>`,
		`<row r="1"><c r="A1" t="inlineStr"><is><r><t>高</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 意向</t></r><rPh sb="0" eb="1"><t>x</t></rPh></is></c></row>`,
		`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`,
		`<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1"><f>1+1</f><v>2</v></c></row>`,
	} {
		p := madeBook(rows).strings(`<si><t>x_x005F_x000D_y</t></si><si><r><t>a</t></r><r><t>b</t></r></si>`)
		p["[Content_Types].xml"] = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`
		for _, name := range []string{"_rels/.rels", "xl/_rels/workbook.xml.rels"} {
			p[name] = strings.Replace(p[name], "<Relationships>", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`, 1)
		}
		path := tempFile(t, p.zip(t))
		want := excelizeRows(t, path, "Sheet1")
		got := make(map[int][]string)
		for _, r := range p.mustRead(t, Options{}).rows {
			got[r.Number] = asStored(r)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-excelize +got):\n%s", rows, d)
		}
	}
}

// benchmarkBook is a workbook of 20,000 rows of 10 cells as customers have
// them: half texts, half numbers.
func benchmarkBook(b *testing.B, shared bool) string {
	b.Helper()
	const rows, columns = 20000, 10
	p := madeBook("")
	var sheet, table bytes.Buffer
	sheet.WriteString("<worksheet " + mainNS + "><sheetData>")
	count := 0
	for r := 1; r <= rows; r++ {
		fmt.Fprintf(&sheet, `<row r="%d" spans="1:10">`, r)
		for c := range columns {
			ref := fmt.Sprint(ColumnName(c), r)
			text := fmt.Sprintf("客户%d-%d", r, c)
			if c%4 == 2 {
				text = fmt.Sprintf("意向:标签%d", r%50)
			}
			switch {
			case c%2 == 1:
				fmt.Fprintf(&sheet, `<c r="%s" s="0"><v>%d</v></c>`, ref, 13800000000+r*columns+c)
			case shared:
				fmt.Fprintf(&sheet, `<c r="%s" s="0" t="s"><v>%d</v></c>`, ref, count)
				fmt.Fprintf(&table, `<si><t>%s</t></si>`, text)
				count++
			default:
				fmt.Fprintf(&sheet, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, text)
			}
		}
		sheet.WriteString("</row>")
	}
	sheet.WriteString("</sheetData></worksheet>")
	p = p.with("xl/worksheets/Sheet1.xml", sheet.String()).formats("General").strings(table.String())
	for _, name := range []string{"_rels/.rels", "xl/_rels/workbook.xml.rels"} {
		p[name] = strings.Replace(p[name], "<Relationships>", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`, 1)
	}
	return tempFile(b, p.zip(b))
}

// BenchmarkXLSXRead reads 200,000 cells, opening included, with this package
// and with excelize's iterator of rows.
func BenchmarkXLSXRead(b *testing.B) {
	for _, kind := range []string{"inline", "shared"} {
		path := benchmarkBook(b, kind == "shared")
		b.Run(kind+"/tagkeep", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if res := countCells(b, path); res != 200000 {
					b.Fatalf("%d cells", res)
				}
			}
		})
		b.Run(kind+"/excelize", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if res := countExcelizeCells(b, path); res != 200000 {
					b.Fatalf("%d cells", res)
				}
			}
		})
	}
}

func countCells(b *testing.B, path string) (cells int) {
	f, _, err := openBook(b, path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.close()
	r, err := f.rows(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	rows := make([]Row, 500)
	for err == nil {
		var n int
		n, err = r.read(rows)
		for _, row := range rows[:n] {
			cells += len(row.Cells)
		}
	}
	return cells
}

func countExcelizeCells(b *testing.B, path string) (cells int) {
	f, err := excelize.OpenFile(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		columns, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			b.Fatal(err)
		}
		cells += len(columns)
	}
	return cells
}
