package exporter

import (
	"fmt"
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
	o := &csvOutput{columns: columns}
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
	o.format = f
	var err error
	o.w, err = sheet.NewCSVWriter(w, f)
	return o, err
}

// CellError: a cell holds a character that the encoding of the file lacks.
type CellError struct {
	Row    int // as a spreadsheet shows it
	Column int // 0-based
	Header string
	Err    error
}

func (e *CellError) Error() string {
	return fmt.Sprintf("row %d, column %s (%s): %v", e.Row, sheet.ColumnName(e.Column), e.Header, e.Err)
}

// Unwrap returns the cause.
func (e *CellError) Unwrap() error { return e.Err }

// csvOutput guards its cells, so that a spreadsheet program does not take a
// value for a formula; the importer takes exactly that guard off again.
type csvOutput struct {
	w       *sheet.CSVWriter
	z       *zstd.Encoder // nil for a file that is not compressed
	format  sheet.CSVFormat
	columns []column
	rows    int
}

func (o *csvOutput) header(cells []string) error { return o.write(cells) }

func (o *csvOutput) row(cells []string) error {
	for i := range cells {
		cells[i] = sheet.Guard(cells[i])
	}
	return o.write(cells)
}

func (o *csvOutput) write(cells []string) error {
	o.rows++
	err := o.w.Write(cells)
	if err == nil {
		return nil
	}
	for i := range cells { // which one it was, if it was one of them
		alone, again := sheet.NewCSVWriter(io.Discard, o.format)
		if again == nil {
			again = alone.Write(cells[i : i+1])
		}
		if again != nil {
			return &CellError{Row: o.rows, Column: i, Header: o.columns[i].header, Err: again}
		}
	}
	return err
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
