package exporter

import (
	"io"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// output is what the two formats do differently.
type output interface {
	header(cells []string) error
	row(cells []string) error
	close() error
	discard()
}

func newOutput(w io.Writer, format string, kind crm.Kind, opt Options) (output, error) {
	if format == ".csv" {
		f := sheet.CSVFormat{Encoding: opt.Encoding, Delimiter: ',', CRLF: true}
		if f.Encoding == "" {
			f.Encoding, f.BOM = "utf-8", true // as Chinese Excel expects it
		}
		c, err := sheet.NewCSVWriter(w, f)
		return &csvOutput{c}, err
	}
	x := sheet.NewXLSXWriter(w)
	widths := make([]float64, len(table.Columns(kind)))
	for i := range widths {
		widths[i] = 16
	}
	s, err := x.Sheet(kind.Label(opt.Lang), sheet.SheetOptions{Widths: widths, FreezeRows: 1, AutoFilter: true})
	if err != nil {
		x.Discard()
		return nil, err
	}
	return &xlsxOutput{x: x, s: s}, nil
}

// csvOutput guards its cells, so that a spreadsheet program does not take a
// value for a formula; the importer takes exactly that guard off again.
type csvOutput struct{ w *sheet.CSVWriter }

func (o *csvOutput) header(cells []string) error { return o.w.Write(cells) }

func (o *csvOutput) row(cells []string) error {
	for i := range cells {
		cells[i] = sheet.Guard(cells[i])
	}
	return o.w.Write(cells)
}

func (o *csvOutput) close() error { return o.w.Flush() }
func (o *csvOutput) discard()     {}

// xlsxOutput writes text cells: nothing is reinterpreted.
type xlsxOutput struct {
	x     *sheet.XLSXWriter
	s     *sheet.SheetWriter
	cells []sheet.OutCell
}

func (o *xlsxOutput) header(cells []string) error { return o.write(cells, sheet.Header) }
func (o *xlsxOutput) row(cells []string) error    { return o.write(cells, sheet.Plain) }

func (o *xlsxOutput) write(cells []string, style sheet.OutStyle) error {
	o.cells = o.cells[:0]
	for _, c := range cells {
		o.cells = append(o.cells, sheet.OutCell{Value: c, Style: style})
	}
	return o.s.Row(o.cells)
}

func (o *xlsxOutput) close() error { return o.x.Close() }
func (o *xlsxOutput) discard()     { o.x.Discard() }
