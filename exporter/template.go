package exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// ErrTemplateFormat: a text file holds no dropdowns, notes or formats.
var ErrTemplateFormat = errors.New("want a file name that ends in .xlsx")

// Choices are how many values a template's dropdowns offer of the company.
type Choices struct {
	Groups      int `json:"groups"`
	Tags        int `json:"tags"`
	Departments int `json:"departments"`
	Staff       int `json:"staff"`
}

// TemplateResult is a template that was written, in the shape that --json prints.
type TemplateResult struct {
	Kind    crm.Kind `json:"kind"`
	File    string   `json:"file"` // absolute
	Bytes   int64    `json:"bytes"`
	Choices Choices  `json:"choices"`
}

// Template writes an empty workbook for the kind to path, ready to be filled in:
// marked headers with a note each, dropdowns, an example row that import skips,
// and sheets that explain how it is filled in and what the error codes mean. The
// dropdowns offer what the person of opt.By may use of the company in db; nil
// offers nothing of it. ErrTemplateFormat when the name does not end in .xlsx,
// ErrExists when the file is there already.
func Template(ctx context.Context, db *store.DB, kind crm.Kind, path string, opt Options) (TemplateResult, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return TemplateResult{}, fmt.Errorf("template %s: %w", path, err)
	}
	if strings.ToLower(filepath.Ext(abs)) != ".xlsx" {
		return TemplateResult{}, fmt.Errorf("template %s: %w", path, ErrTemplateFormat)
	}
	if _, err := os.Lstat(abs); err == nil && !opt.Force {
		return TemplateResult{}, fmt.Errorf("template %s: %w", path, ErrExists)
	}
	var c choices
	if db != nil {
		if err := db.View(ctx, func(tx *store.Tx) error { return c.read(tx, kind, opt.By) }); err != nil {
			return TemplateResult{}, fmt.Errorf("template %s: %w", kind, err)
		}
	}
	file, err := sheet.Create(abs)
	if err != nil {
		return TemplateResult{}, err
	}
	defer file.Discard()
	if err := writeTemplate(file, kind, opt.Lang, &c); err != nil {
		return TemplateResult{}, fmt.Errorf("template %s: %w", path, err)
	}
	final, err := file.Commit(opt.Force)
	if err != nil {
		return TemplateResult{}, fmt.Errorf("template %s: %w", path, err)
	}
	st, err := os.Stat(final)
	if err != nil {
		return TemplateResult{}, fmt.Errorf("template %s: %w", path, err)
	}
	return TemplateResult{Kind: kind, File: final, Bytes: st.Size(), Choices: c.count()}, nil
}

// templateBook is a template being written.
type templateBook struct {
	f       *excelize.File
	kind    crm.Kind
	lang    crm.Lang
	columns []table.Column
	anyOf   map[int]bool // columns of which one is enough
	choices *choices
	lists   int // columns of the hidden sheet
	err     error
}

func writeTemplate(w io.Writer, kind crm.Kind, lang crm.Lang, c *choices) error {
	b := &templateBook{f: excelize.NewFile(), kind: kind, lang: lang, columns: table.Columns(kind), anyOf: make(map[int]bool), choices: c}
	defer b.f.Close() // only temporary files
	for _, field := range table.AnyOf(kind) {
		b.anyOf[field] = true
	}
	b.must(b.f.SetDefaultFont(font))
	b.must(b.f.SetSheetName("Sheet1", b.data()))
	for _, name := range []string{table.GuideSheet(lang), table.CodesSheet(lang), table.ListsSheet(lang)} {
		_, err := b.f.NewSheet(name)
		b.must(err)
	}
	b.writeData()
	b.writeDropdowns()
	b.writeGuide()
	b.writeCodes()
	b.must(b.f.SetSheetVisible(table.ListsSheet(lang), false))
	if b.err != nil {
		return b.err
	}
	return b.f.Write(w)
}

// data is the name of the sheet that is filled in.
func (b *templateBook) data() string { return b.kind.Label(b.lang) }

// must keeps the first error; what is written after it is thrown away.
func (b *templateBook) must(err error) {
	if b.err == nil {
		b.err = err
	}
}

// font is one that every Chinese Excel and WPS has.
const font = "Microsoft YaHei"

func (b *templateBook) style(s excelize.Style) int {
	if s.Font == nil {
		s.Font = &excelize.Font{}
	}
	s.Font.Family = font
	if s.Font.Size == 0 {
		s.Font.Size = 10
	}
	id, err := b.f.NewStyle(&s)
	b.must(err)
	return id
}

// row writes texts into a row from column A on, as text.
func (b *templateBook) row(sheetName string, row int, style int, texts ...string) {
	for i, text := range texts {
		cell := fmt.Sprintf("%s%d", sheet.ColumnName(i), row)
		b.must(b.f.SetCellStr(sheetName, cell, text))
		b.must(b.f.SetCellStyle(sheetName, cell, cell, style))
	}
}

// line is the height of a line of text, in points.
const line = 17

// tableOf writes a table whose long cells are broken to the widths of their
// columns.
func (b *templateBook) tableOf(sheetName string, at int, widths []int, rows [][]string) {
	head := b.style(excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true}, Fill: greyFill, Border: thinBorder})
	cells := b.style(excelize.Style{NumFmt: textFormat, Border: thinBorder, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	for i, width := range widths {
		b.must(b.f.SetColWidth(sheetName, sheet.ColumnName(i), sheet.ColumnName(i), float64(width)))
	}
	for i, row := range rows {
		style, lines := cells, 1
		if i == 0 {
			style = head
		}
		for column, text := range row {
			lines = max(lines, 1+displayWidth(text)/widths[column])
		}
		b.row(sheetName, at+i, style, row...)
		b.must(b.f.SetRowHeight(sheetName, at+i, float64(line*lines)))
	}

}

// layout freezes the first rows and fits the columns onto a landscape page.
func (b *templateBook) layout(sheetName string, frozen int) {
	if frozen > 0 {
		b.must(b.f.SetPanes(sheetName, &excelize.Panes{Freeze: true, YSplit: frozen,
			TopLeftCell: fmt.Sprintf("A%d", frozen+1), ActivePane: "bottomLeft"}))
	}
	// As many pages high as it takes.
	fit, landscape, a4, wide, high := true, "landscape", 9, 1, 0
	b.must(b.f.SetSheetProps(sheetName, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.must(b.f.SetPageLayout(sheetName, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &wide, FitToHeight: &high}))
}
