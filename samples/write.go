package samples

import (
	"archive/zip"
	"bufio"
	"encoding/csv"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const maxSheetRows = 1_048_576

// rowWriter writes the rows of a sheet one after the other.
type rowWriter interface {
	write(cells []string) error
	close() error // ends the file
	abandon()     // releases what an unfinished one holds; nothing after close
}

func newRowWriter(w io.Writer, o Options) (rowWriter, error) {
	switch o.Format {
	case "csv":
		return newCSVWriter(w, o.Encoding, o.Delimiter)
	case "xlsx":
		return newXLSXWriter(w, sheetNames[o.Kind], len(headers[o.Kind]))
	default:
		return nil, fmt.Errorf("unknown format %q: csv or xlsx", o.Format)
	}
}

// csvWriter writes CSV as Excel does, with CR LF.
type csvWriter struct {
	rows    *csv.Writer
	encoded io.WriteCloser
	out     *bufio.Writer
}

func newCSVWriter(w io.Writer, encoding string, delimiter rune) (*csvWriter, error) {
	out := bufio.NewWriterSize(w, 1<<16)
	encoded, err := encode(out, encoding)
	if err != nil {
		return nil, err
	}
	rows := csv.NewWriter(encoded)
	rows.Comma = delimiter
	rows.UseCRLF = true
	return &csvWriter{rows, encoded, out}, nil
}

// encode returns a writer that turns UTF-8 into the encoding, marked with a
// byte order mark where its name says so or UTF-16 needs one.
func encode(w io.Writer, encoding string) (io.WriteCloser, error) {
	switch encoding {
	case "utf-8":
		return transform.NewWriter(w, transform.Nop), nil
	case "utf-8-bom":
		_, err := io.WriteString(w, "\ufeff")
		return transform.NewWriter(w, transform.Nop), err
	case "gb18030":
		return transform.NewWriter(w, simplifiedchinese.GB18030.NewEncoder()), nil
	case "utf-16le":
		return transform.NewWriter(w, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()), nil
	default:
		return nil, fmt.Errorf("unknown encoding %q: utf-8, utf-8-bom, gb18030 or utf-16le", encoding)
	}
}

func (c *csvWriter) write(cells []string) error { return c.rows.Write(cells) }

func (c *csvWriter) close() error {
	c.rows.Flush()
	if err := c.rows.Error(); err != nil {
		return err
	}
	if err := c.encoded.Close(); err != nil {
		return err
	}
	return c.out.Flush()
}

func (c *csvWriter) abandon() {}

// xlsxWriter writes one sheet of text cells.
type xlsxWriter struct {
	w    io.Writer
	file *excelize.File
	rows *excelize.StreamWriter
	next int
	bold int
}

func newXLSXWriter(w io.Writer, sheet string, columns int) (x *xlsxWriter, err error) {
	file := excelize.NewFile()
	x = &xlsxWriter{w: w, file: file, next: 1}
	defer func() {
		if err != nil {
			x.abandon()
		}
	}()
	if err := file.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	// 49 is the number format "@": what is typed there later stays text.
	text, err := file.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return nil, err
	}
	x.bold, err = file.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	if x.rows, err = file.NewStreamWriter(sheet); err != nil {
		return nil, err
	}
	if err := x.rows.SetColStyle(1, columns, text); err != nil {
		return nil, err
	}
	if err := x.rows.SetColWidth(1, columns, 18); err != nil {
		return nil, err
	}
	return x, x.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (x *xlsxWriter) write(cells []string) error {
	values := make([]any, len(cells))
	for i, cell := range cells {
		switch {
		case x.next == 1:
			values[i] = excelize.Cell{StyleID: x.bold, Value: cell}
		case cell != "":
			values[i] = cell
		}
	}
	at, err := excelize.CoordinatesToCellName(1, x.next)
	if err != nil {
		return err
	}
	x.next++
	return x.rows.SetRow(at, values)
}

func (x *xlsxWriter) close() error {
	defer x.abandon()
	if err := x.rows.Flush(); err != nil {
		return err
	}
	// The zip goes straight to w; excelize by itself builds it in memory.
	x.file.SetZipWriter(func(io.Writer) excelize.ZipWriter {
		z := zip.NewWriter(x.w)
		z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
			return flate.NewWriter(w, flate.DefaultCompression)
		})
		return z
	})
	_, err := x.file.WriteTo(io.Discard)
	return err
}

// abandon removes the temporary files of a large sheet; what it returns says
// nothing about the file that was written.
func (x *xlsxWriter) abandon() { _ = x.file.Close() }
