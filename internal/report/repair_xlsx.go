package report

import (
	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// repairXLSX writes a workbook: the rejected rows, every error in a row of its
// own, the tags that would have to be made, and a summary.
type repairXLSX struct {
	form    form
	in      sheet.Info
	opt     RepairOptions
	file    *sheet.NewFile
	book    *sheet.XLSXWriter
	rows    *sheet.SheetWriter
	details *sheet.SheetWriter
}

func newRepairXLSX(in sheet.Info, f form, path string, opt RepairOptions) (repairBody, error) {
	file, err := sheet.Create(path)
	if err != nil {
		return nil, err
	}
	r := &repairXLSX{form: f, in: in, opt: opt, file: file, book: sheet.NewXLSXWriter(file)}
	if err := r.start(); err != nil {
		r.discard()
		return nil, err
	}
	return r, nil
}

// start makes the two sheets that grow with the rows.
func (r *repairXLSX) start() (err error) {
	widths := make([]float64, 0, len(r.form.own)+3)
	header := make([]sheet.OutCell, 0, len(r.form.own)+3)
	for _, i := range r.form.own {
		widths = append(widths, columnWidth(r.form.headers[i]))
		header = append(header, headerCells(r.form.headers[i])...)
	}
	widths = append(widths, 10, 22, 60)
	header = append(header, headerCells(r.form.added()...)...)
	if r.rows, err = r.newSheet(repairSheets[0].in(r.opt.Lang), widths, header); err != nil {
		return err
	}
	names := []string{"行号", "列", "列名", "代码", "原值", "原因", "建议", "关联行"}
	if r.opt.Lang == crm.English {
		names = []string{"row", "column", "header", "code", "value", "message", "hint", "related_row"}
	}
	r.details, err = r.newSheet(repairSheets[1].in(r.opt.Lang),
		[]float64{8, 6, 16, 22, 24, 44, 50, 10}, headerCells(names...))
	return err
}

// newSheet starts a sheet with a frozen header row.
func (r *repairXLSX) newSheet(name string, widths []float64, header []sheet.OutCell) (*sheet.SheetWriter, error) {
	w, err := r.book.Sheet(name, sheet.SheetOptions{Widths: widths, FreezeRows: 1, AutoFilter: true})
	if err != nil {
		return nil, err
	}
	return w, w.Row(header)
}

func (r *repairXLSX) add(row sheet.Row, errs []RowError) error {
	bad := badCells(errs, r.opt.Lang)
	cells := make([]sheet.OutCell, 0, len(r.form.own)+3)
	for _, i := range r.form.own {
		cells = append(cells, outCell(cell(row, i), bad[i]))
	}
	added := r.form.addedCells(row, errs)
	reason := sheet.OutCell{Value: storable(added[2]), Style: sheet.Muted}
	if len(bad) == 0 {
		reason.Style = sheet.Bad // no cell of the row is red
	}
	cells = append(cells,
		sheet.OutCell{Value: added[0], Number: true, Style: sheet.Muted},
		sheet.OutCell{Value: added[1], Style: sheet.Muted},
		reason)
	for i, c := range r.form.beyond(row) {
		cells = append(cells, outCell(c, bad[len(r.form.headers)+i]))
	}
	if err := r.rows.Row(cells); err != nil {
		return err
	}
	for i := range errs {
		if err := r.details.Row(detailCells(errs[i])); err != nil {
			return err
		}
	}
	return nil
}

func detailCells(e RowError) []sheet.OutCell {
	cells := []sheet.OutCell{
		numberCell(int64(e.Row)), textCell(e.Column), textCell(e.Header), textCell(string(e.Code)),
		textCell(e.Value), textCell(e.Message), textCell(e.Hint),
	}
	if e.Related > 0 {
		cells = append(cells, numberCell(int64(e.Related)))
	}
	return cells
}

func (r *repairXLSX) finish(s RepairSummary, t *Tally) (RepairResult, error) {
	if err := r.writeTags(t); err != nil {
		return RepairResult{}, err
	}
	if err := r.writeSummary(s, t); err != nil {
		return RepairResult{}, err
	}
	if err := r.book.Close(); err != nil {
		return RepairResult{}, err
	}
	path, err := r.file.Commit(false)
	if err != nil {
		return RepairResult{}, err
	}
	return RepairResult{Path: path}, nil
}

func (r *repairXLSX) discard() {
	r.book.Discard()
	r.file.Discard()
}
