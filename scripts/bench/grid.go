package main

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
)

// gridColumns are the columns of the sheet that is only read. Half of them are
// text, half are numbers, one of these a date: what spreadsheets are made of.
var gridColumns = []string{"客户名称", "企业名称", "职位", "地区", "客户备注", "手机号", "序号", "金额", "比例", "添加时间"}

const (
	textColumns = 5
	gridTexts   = 5000 // distinct ones; excelize keeps as many in memory
)

// grid writes a sheet of rows × 10 below a header. Excel keeps texts once, in a
// part that the cells refer to (shared); most programs write them into the
// cells (inline). It is written by hand because no library writes both.
func (b *bench) grid(rows int, shared bool) (string, error) {
	name := "grid-inline.xlsx"
	if shared {
		name = "grid-shared.xlsx"
	}
	return b.once(name, func(path string) error {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		z := zip.NewWriter(file)
		for _, part := range gridParts {
			if err := addPart(z, part[0], func(w *bufio.Writer) { w.WriteString(part[1]) }); err != nil {
				return err
			}
		}
		if err := addPart(z, "xl/sharedStrings.xml", writeTexts); err != nil {
			return err
		}
		if err := addPart(z, "xl/worksheets/sheet1.xml", func(w *bufio.Writer) { writeGrid(w, rows, shared) }); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		return file.Close()
	})
}

// addPart writes one part; the bufio.Writer keeps the first error.
func addPart(z *zip.Writer, name string, write func(*bufio.Writer)) error {
	part, err := z.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(part, 1<<16)
	io.WriteString(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n")
	write(w)
	return w.Flush()
}

// gridText is one of the distinct texts; the header's come first.
func gridText(i int) string {
	if i < len(gridColumns) {
		return gridColumns[i]
	}
	return "宁波海越科技有限公司 " + strconv.Itoa(i)
}

func writeTexts(w *bufio.Writer) {
	fmt.Fprintf(w, `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="%d">`, gridTexts)
	for i := range gridTexts {
		w.WriteString("<si><t>" + gridText(i) + "</t></si>")
	}
	w.WriteString("</sst>")
}

func writeGrid(w *bufio.Writer, rows int, shared bool) {
	fmt.Fprintf(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:%s%d"/><sheetData>`,
		string(rune('A'+len(gridColumns)-1)), rows+1)
	r := rand.New(rand.NewPCG(1, 1))
	for row := 1; row <= rows+1; row++ {
		fmt.Fprintf(w, `<row r="%d">`, row)
		for c := range gridColumns {
			ref := string(rune('A'+c)) + strconv.Itoa(row)
			switch {
			case row == 1:
				writeText(w, ref, c, shared)
			case c < textColumns:
				writeText(w, ref, len(gridColumns)+r.IntN(gridTexts-len(gridColumns)), shared)
			default:
				writeNumber(w, ref, c, row, r)
			}
		}
		w.WriteString("</row>")
	}
	w.WriteString("</sheetData></worksheet>")
}

func writeText(w *bufio.Writer, ref string, text int, shared bool) {
	if shared {
		w.WriteString(`<c r="` + ref + `" t="s"><v>` + strconv.Itoa(text) + "</v></c>")
		return
	}
	w.WriteString(`<c r="` + ref + `" t="inlineStr"><is><t>` + gridText(text) + "</t></is></c>")
}

func writeNumber(w *bufio.Writer, ref string, column, row int, r *rand.Rand) {
	var style, number string
	switch gridColumns[column] {
	case "手机号":
		number = strconv.Itoa(13800000000 + r.IntN(100000000))
	case "金额":
		number = strconv.FormatFloat(float64(r.IntN(1000000))/100, 'f', -1, 64)
	case "比例":
		number = strconv.FormatFloat(float64(r.IntN(1000))/1000, 'f', -1, 64)
	case "添加时间":
		style, number = ` s="1"`, strconv.Itoa(43000+r.IntN(3000)) // days since 1900
	default:
		number = strconv.Itoa(row)
	}
	w.WriteString(`<c r="` + ref + `"` + style + "><v>" + number + "</v></c>")
}

// gridParts are the parts of the workbook around the sheet and its texts.
var gridParts = [][2]string{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` +
		`<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>` +
		`<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`},
}
