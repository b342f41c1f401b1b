package exporter

import (
	"io"

	"github.com/klauspost/compress/zstd"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// output is what the formats do differently.
type output interface {
	header(cells []string) error
	row(cells []string) error
	close() error
	discard()
	sheets() []string // of a workbook
}

func newOutput(w io.Writer, format string, kind crm.Kind, columns []column, opt Options) (output, error) {
	if format == ".xlsx" {
		return newXLSX(w, kind, columns, opt)
	}
	o := &csvOutput{}
	if format == ".csv.zst" {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		o.z, w = z, z
	}
	f := sheet.CSVFormat{Encoding: opt.Encoding, Delimiter: ',', CRLF: true}
	if f.Encoding == "" {
		f.Encoding, f.BOM = "utf-8", true // as Chinese Excel expects it
	}
	var err error
	o.w, err = sheet.NewCSVWriter(w, f)
	return o, err
}

// csvOutput guards its cells, so that a spreadsheet program does not take a
// value for a formula; the importer takes exactly that guard off again.
type csvOutput struct {
	w *sheet.CSVWriter
	z *zstd.Encoder // nil for a file that is not compressed
}

func (o *csvOutput) header(cells []string) error { return o.w.Write(cells) }

func (o *csvOutput) row(cells []string) error {
	for i := range cells {
		cells[i] = sheet.Guard(cells[i])
	}
	return o.w.Write(cells)
}

func (o *csvOutput) close() error {
	if err := o.w.Flush(); err != nil || o.z == nil {
		return err
	}
	return o.z.Close()
}

func (o *csvOutput) discard()         {}
func (o *csvOutput) sheets() []string { return nil }

// xlsxOutput writes text cells, so that nothing is reinterpreted, but for
// numbers and dates.
type xlsxOutput struct {
	x       *sheet.XLSXWriter
	s       *sheet.SheetWriter
	columns []column
	cells   []sheet.OutCell
}

func newXLSX(w io.Writer, kind crm.Kind, columns []column, opt Options) (output, error) {
	x := sheet.NewXLSXWriter(w)
	widths := make([]float64, len(columns))
	for i, c := range columns {
		widths[i] = c.look.width
	}
	s, err := x.Sheet(kind.Label(opt.Lang), sheet.SheetOptions{Widths: widths, FreezeRows: 1, AutoFilter: true, MaxRows: opt.maxRows})
	if err != nil {
		x.Discard()
		return nil, err
	}
	return &xlsxOutput{x: x, s: s, columns: columns}, nil
}

func (o *xlsxOutput) header(cells []string) error {
	o.cells = o.cells[:0]
	for _, c := range cells {
		o.cells = append(o.cells, sheet.OutCell{Value: c, Style: sheet.Header})
	}
	return o.s.Row(o.cells)
}

func (o *xlsxOutput) row(cells []string) error {
	o.cells = o.cells[:0]
	for i, c := range cells {
		look := o.columns[i].look
		o.cells = append(o.cells, sheet.OutCell{Value: c, Number: look.number, Date: look.date})
	}
	return o.s.Row(o.cells)
}

func (o *xlsxOutput) close() error     { return o.x.Close() }
func (o *xlsxOutput) discard()         { o.x.Discard() }
func (o *xlsxOutput) sheets() []string { return o.s.Parts() }
