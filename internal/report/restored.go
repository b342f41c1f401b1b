package report

import (
	"fmt"
	"io"
	"slices"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// Restored is the account of a restore for those whom it concerns, in words.
type Restored struct {
	Lang    crm.Lang
	Summary [][2]string
	// Back: kind, what, new name, how, links. Left: kind, what, how many, outcome,
	// why, what to do, command. Access: person, departments, change. WeCom: what,
	// what to do there, customers. Numbers are written as numbers.
	Back, Left, Access, WeCom [][]string
	// Advice stands above the rows of WeCom.
	Advice []string
}

// restoredSheet is one sheet of the workbook.
type restoredSheet struct {
	name    text
	widths  []float64
	headers []text
	numbers []int // columns
	none    text  // when there are no rows
}

var restoredSheets = [...]restoredSheet{
	{text{"恢复结果", "Restored"}, []float64{10, 30, 30, 40, 10},
		[]text{{"类型", "kind"}, {"原名称", "name before"}, {"恢复后的名称", "name now"}, {"处理", "what was done"}, {"打标关系", "links"}}, []int{4},
		text{"没有可恢复的标签组、标签或客户", "no group, tag or customer came back"}},
	{text{"未恢复", "Not restored"}, []float64{10, 44, 8, 16, 34, 34, 60},
		[]text{{"类型", "kind"}, {"内容", "what"}, {"数量", "how many"}, {"结果", "outcome"}, {"原因", "why"}, {"怎么办", "what to do"}, {"命令", "command"}}, []int{2},
		text{"全部已恢复", "all of it came back"}},
	{text{"权限变化", "Access"}, []float64{24, 40, 40},
		[]text{{"员工", "person"}, {"部门", "departments"}, {"变化", "change"}}, nil,
		text{"没有人因此多看到或少看到什么", "nobody sees more or less than before"}},
	{text{"企业微信待办", "To do in WeCom"}, []float64{34, 90, 10},
		[]text{{"标签", "tag"}, {"在企业微信里要做的", "to be done in WeCom"}, {"涉及客户", "customers"}}, []int{2},
		text{"没有要做的", "nothing"}},
}

// WriteRestored writes the account as a workbook.
func WriteRestored(w io.Writer, r Restored) error {
	book := sheet.NewXLSXWriter(w)
	err := writeRestored(book, r)
	if err == nil {
		err = book.Close()
	}
	if err != nil {
		book.Discard()
		return fmt.Errorf("write the report of a restore: %w", err)
	}
	return nil
}

func writeRestored(book *sheet.XLSXWriter, r Restored) error {
	s, err := book.Sheet(r.Lang.Pick("概要", "Summary"), sheet.SheetOptions{Widths: []float64{26, 90}, OnePage: true})
	if err != nil {
		return err
	}
	for _, pair := range r.Summary {
		if err := s.Row(pairCells(pair[0], pair[1])); err != nil {
			return err
		}
	}
	for i, rows := range [][][]string{r.Back, r.Left, r.Access, r.WeCom} {
		var above []string
		if i == 3 {
			above = r.Advice
		}
		if err := restoredSheets[i].write(book, r.Lang, above, rows); err != nil {
			return err
		}
	}
	return nil
}

func (d *restoredSheet) write(book *sheet.XLSXWriter, l crm.Lang, above []string, rows [][]string) error {
	opt := sheet.SheetOptions{Widths: d.widths, FreezeRows: 1, AutoFilter: true, OnePage: true}
	if len(above) > 0 {
		opt = sheet.SheetOptions{Widths: d.widths, OnePage: true}
	}
	s, err := book.Sheet(d.name.in(l), opt)
	if err != nil {
		return err
	}
	for _, line := range above {
		if err := s.Row([]sheet.OutCell{textCell(line)}); err != nil {
			return err
		}
	}
	names := make([]string, len(d.headers))
	for i, h := range d.headers {
		names[i] = h.in(l)
	}
	if err := s.Row(headerCells(names...)); err != nil {
		return err
	}
	if len(rows) == 0 {
		return s.Row([]sheet.OutCell{{Value: d.none.in(l), Style: sheet.Muted}})
	}
	for _, row := range rows {
		cells := make([]sheet.OutCell, len(row))
		for i, value := range row {
			cells[i] = textCell(value)
			cells[i].Number = value != "" && slices.Contains(d.numbers, i)
		}
		if err := s.Row(cells); err != nil {
			return err
		}
	}
	return nil
}
