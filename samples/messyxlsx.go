package samples

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// messyRow is a row of messy.xlsx: its cells from column A on (see bookCell;
// nil = none) and what is wrong with it, as in messyLine.
type messyRow struct {
	cells   []any
	wrong   []string
	related int
	hidden  bool
}

// messyXLSX returns the file. It is written part by part, since it holds what a
// library that writes workbooks properly does not: error values, formulas
// without a result, escaped control characters.
func messyXLSX() (file, want []byte, err error) {
	id := func(row string) string { return wm("Xlsx", row) }
	phone := func(number string) bookCell { return bookCell{value: number, style: styleScientific} }
	birthday := bookCell{value: "32363", style: styleDate} // 1988-08-08
	rows := []messyRow{
		{cells: []any{"2025 年第一季度客户登记表"}},
		{cells: []any{"填表人：李敏　填表日期：2025-03-31（请勿改动表头）"}},
		{cells: []any{"姓名", "手机", "联系电话", "客户编号", "负责人", "客户标签", "标签操作", "公司", "性别", "出生日期", "添加时间", "备注", "微信号"}},
		// 4 to 6: sound. A phone that shows as 1.39E+10, real dates, a line break
		// between tags, formulas with results.
		{cells: []any{"吴晓东", phone("13900139004"), "0571-88001234;13700137004", id("04"), "zhangwei", "客户等级:VIP客户", "追加", "杭州云启科技有限公司", "男", birthday, bookCell{value: "45352.604166666664", style: styleDateTime}, "展会认识", "wuxd88"}},
		{cells: []any{"沈悦", "139 0013 9005", nil, id("05"), "limin", "意向:高意向\n行业:互联网", "覆盖", "上海卓越网络科技有限公司", "女", "1992年11月2日", "2024-03-05", nil, nil}},
		{cells: []any{bookCell{formula: `A5&"（介绍）"`, kind: "str", value: "沈悦（介绍）"}, bookCell{formula: "B4+2", value: "13900139006", style: styleScientific}, nil, id("06"), "陈静", "待复购"}},
		{cells: []any{"秦川", bookCell{formula: "B6+1"}, nil, id("07"), "chenjing"}, wrong: []string{"B", "FORMULA_NOT_CALCULATED"}},
		{cells: []any{"方媛", phone("13900139008"), nil, id("08"), "chenjing", nil, nil, bookCell{formula: "VLOOKUP(A8,字典!A:B,2,0)", kind: "e", value: "#N/A"}}, wrong: []string{"H", "FORMULA_ERROR"}},
		// 9 and 10 share a merged phone.
		{cells: []any{"邹凯", "13900139009", nil, nil, "xuchao", "意向:待确认"}},
		{cells: []any{"邹凯（夫人）", bookCell{}, nil, nil, "xuchao", "意向:待确认"}, wrong: []string{"B", "MERGED_CELL"}},
		{cells: []any{bookCell{style: styleDate}, bookCell{style: styleDate}, bookCell{style: styleDate}}},
		{cells: []any{"石磊", phone("13900139012"), nil, bookCell{value: "1.2345678901234568E+17"}, "xuchao"}, wrong: []string{"D", "PRECISION_SUSPECT"}},
		{cells: []any{"孟婷", "1.39E+10", nil, id("13"), "xuchao"}, wrong: []string{"B", "PRECISION_LOST"}},
		{cells: []any{"白雪", phone("1390013914"), nil, id("14"), "xuchao"}, wrong: []string{"B", "BAD_PHONE"}},
		{cells: []any{"江帆", phone("13900139015"), nil, id("15"), "sunli", "意向:高意向", "随便"}, wrong: []string{"G", "NOT_IN_LIST"}},
		{cells: []any{"史明", phone("13900139016"), nil, id("16"), "sunli", nil, nil, nil, "雄", "1990-13-01"}, wrong: []string{"I", "NOT_IN_LIST", "J", "BAD_DATE"}},
		{cells: []any{"龙飞", phone("13900139017"), nil, id("17"), "前台", "客户等级:白金客户"}, wrong: []string{"E", "UNKNOWN_STAFF", "F", "UNKNOWN_TAG"}},
		{cells: []any{"段琳", phone("13900139018"), nil, id("18"), "sunli", nil, nil, nil, nil, nil, "昨天下午"}, wrong: []string{"K", "BAD_DATE"}},
		// 19 and 20: sound, two customers who share a phone, so that the phone
		// alone in 21 does not say which of them.
		{cells: []any{"钱进", phone("13900139019"), nil, id("19"), "mahui"}},
		{cells: []any{"钱进（父）", phone("13900139019"), nil, id("20"), "mahui"}},
		{cells: []any{"钱进", phone("13900139019"), nil, nil, "zhujun"}, wrong: []string{"B", "CUSTOMER_AMBIGUOUS"}},
		{cells: []any{"吴晓东", nil, nil, id("04"), "zhangwei", "意向:高意向"}, wrong: []string{"", "DUP_IN_FILE"}, related: 4},
		{cells: []any{"藏起来的", phone("13900139023"), nil, id("23"), "mahui", "黑名单"}, hidden: true},
		{cells: []any{"武_x0002_松", phone("13900139024"), nil, id("24"), "mahui"}, wrong: []string{"A", "CONTROL_CHAR"}},
		{cells: []any{richText("<r><t>戴</t></r><r><rPr><b/></rPr><t>安娜</t></r><rPh sb=\"0\" eb=\"1\"><t>ダイ</t></rPh>"), phone("13900139025"), nil, id("25"), "mahui"}},
		{cells: []any{strings.Repeat("很长的名字", 60), phone("13900139026"), nil, id("26"), "mahui"}, wrong: []string{"A", "TOO_LONG"}},
		{cells: []any{"=1+1", phone("13900139027"), nil, id("27"), "linfan", "中意向"}},
		{cells: []any{"薛琪", phone("13900139028"), nil, id("28"), "linfan", "其他"}, wrong: []string{"F", "TAG_AMBIGUOUS"}},
		{cells: []any{"雷军军", phone("13900139029"), nil, id("29"), "张伟", nil, nil, nil, nil, "2001年3月5日"}, wrong: []string{"E", "STAFF_AMBIGUOUS"}},
		{cells: []any{"沈悦", nil, nil, id("05"), "huyan", nil, nil, "北京远图文化传媒有限公司"}, wrong: []string{"H", "CONFLICT_UPDATE"}, related: 5},
		{cells: []any{" "}},
		{cells: []any{"合计", bookCell{formula: "COUNTA(B4:B30)", value: "24"}}, wrong: []string{"B", "BAD_PHONE"}},
	}
	var b book
	var e expected
	var data strings.Builder
	for i, row := range rows {
		b.row(&data, i+1, row)
		for j := 0; j < len(row.wrong); j += 2 {
			e.add(i+1, row.wrong[j], row.wrong[j+1], row.related)
		}
	}
	var help, words strings.Builder
	b.row(&help, 1, messyRow{cells: []any{"手机和客户编号至少填一项；多个标签用分号隔开。"}})
	for i, word := range []string{"男", "女", "未知"} {
		b.row(&words, i+1, messyRow{cells: []any{word}})
	}
	b.sheets = []bookSheet{
		{name: "填写说明", data: help.String()},
		{name: "客户资料", data: data.String(), merged: []string{"A1:M1", "B9:B10"}},
		{name: "字典", data: words.String(), hidden: true},
	}
	file, err = b.zip()
	return file, e.json(), err
}

// The cell styles of a book.
const (
	styleGeneral = iota
	styleDate
	styleDateTime
	styleScientific
)

// bookCell is a cell that is not plain text.
type bookCell struct {
	value   string // "" = none
	formula string
	kind    string // the t attribute, "" for numbers
	style   int
}

// richText is the inside of a shared string with runs.
type richText string

// book is a workbook in the making.
type book struct {
	sheets  []bookSheet
	strings []string // shared strings as XML
}

type bookSheet struct {
	name, data string
	merged     []string
	hidden     bool
}

// row adds the XML of a row to w.
func (b *book) row(w *strings.Builder, number int, row messyRow) {
	fmt.Fprintf(w, `<row r="%d"`, number)
	if row.hidden {
		w.WriteString(` hidden="1"`)
	}
	w.WriteString(">")
	for i, cell := range row.cells {
		ref := columnLetter(i) + strconv.Itoa(number)
		switch cell := cell.(type) {
		case nil:
		case string:
			b.shared(w, ref, "<t xml:space=\"preserve\">"+escape(cell)+"</t>")
		case richText:
			b.shared(w, ref, string(cell))
		case bookCell:
			cell.write(w, ref)
		}
	}
	w.WriteString("</row>")
}

func (b *book) shared(w *strings.Builder, ref, inside string) {
	fmt.Fprintf(w, `<c r="%s" t="s"><v>%d</v></c>`, ref, len(b.strings))
	b.strings = append(b.strings, "<si>"+inside+"</si>")
}

func (c bookCell) write(w *strings.Builder, ref string) {
	fmt.Fprintf(w, `<c r="%s"`, ref)
	if c.style != styleGeneral {
		fmt.Fprintf(w, ` s="%d"`, c.style)
	}
	if c.kind != "" {
		fmt.Fprintf(w, ` t="%s"`, c.kind)
	}
	w.WriteString(">")
	if c.formula != "" {
		w.WriteString("<f>" + escape(c.formula) + "</f>")
	}
	if c.value != "" {
		w.WriteString("<v>" + escape(c.value) + "</v>")
	}
	w.WriteString("</c>")
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	nsMain    = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	nsRel     = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	nsPackage = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	relType   = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	mimeType  = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

// styleXML holds the styles in the order of their constants.
const styleXML = `<styleSheet ` + nsMain + `><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">` +
	`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="22" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="11" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`

// zip returns the workbook.
func (b *book) zip() ([]byte, error) {
	var types, rels, list strings.Builder
	parts := [][2]string{}
	for i, sheet := range b.sheets {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, mimeType)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%sworksheet" Target="worksheets/sheet%d.xml"/>`, n, relType, n)
		state := ""
		if sheet.hidden {
			state = ` state="hidden"`
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, sheet.name, n, state, n)
		parts = append(parts, [2]string{fmt.Sprintf("xl/worksheets/sheet%d.xml", n), sheet.xml()})
	}
	fmt.Fprintf(&types, `<Override PartName="/xl/workbook.xml" ContentType="%ssheet.main+xml"/>`, mimeType)
	fmt.Fprintf(&types, `<Override PartName="/xl/styles.xml" ContentType="%sstyles+xml"/>`, mimeType)
	fmt.Fprintf(&types, `<Override PartName="/xl/sharedStrings.xml" ContentType="%ssharedStrings+xml"/>`, mimeType)
	fmt.Fprintf(&rels, `<Relationship Id="rId101" Type="%sstyles" Target="styles.xml"/>`, relType)
	fmt.Fprintf(&rels, `<Relationship Id="rId102" Type="%ssharedStrings" Target="sharedStrings.xml"/>`, relType)
	parts = append([][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships ` + nsPackage + `><Relationship Id="rId1" Type="` + relType + `officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + nsMain + ` ` + nsRel + `><sheets>` + list.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships ` + nsPackage + `>` + rels.String() + `</Relationships>`},
		{"xl/styles.xml", styleXML},
		{"xl/sharedStrings.xml", fmt.Sprintf(`<sst %s count="%d" uniqueCount="%d">`, nsMain, len(b.strings), len(b.strings)) + strings.Join(b.strings, "") + `</sst>`},
	}, parts...)
	return zipParts(parts)
}

func (s bookSheet) xml() string {
	merged := ""
	if len(s.merged) > 0 {
		merged = fmt.Sprintf(`<mergeCells count="%d"><mergeCell ref="%s"/></mergeCells>`, len(s.merged), strings.Join(s.merged, `"/><mergeCell ref="`))
	}
	return `<worksheet ` + nsMain + `><sheetData>` + s.data + `</sheetData>` + merged + `</worksheet>`
}

// zipParts packs pairs of name and content.
func zipParts(parts [][2]string) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range parts {
		w, err := z.Create(part[0])
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(xmlHead + part[1])); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
