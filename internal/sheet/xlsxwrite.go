package sheet

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

const (
	maxNotes     = 5000 // notes in a workbook; ten times as many take Excel minutes to open
	maxSheetName = 31   // UTF-16 units
	zipLevel     = 3
)

// OutStyle is how a written cell looks.
type OutStyle uint8

// The looks of cells. Text is formatted as text in all of them, so that a
// spreadsheet program does not make a number or a date of it.
const (
	Plain  OutStyle = iota
	Header          // bold on light grey
	Bad             // on light red: a cell to be corrected
	Muted           // grey text: an explanation
	outStyles
)

// The number formats that each look comes in.
const (
	inText = iota
	inNumber
	inDay
	inMoment
	outFormats
)

// formats are what the number formats show.
var formats = [outFormats]excelize.Style{
	inText: {NumFmt: 49}, inNumber: {NumFmt: 0}, inDay: {CustomNumFmt: &dayShown}, inMoment: {CustomNumFmt: &momentShown},
}

var dayShown, momentShown = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"

// OutCell is a cell to write.
type OutCell struct {
	Value string
	Style OutStyle
	// Number: Value is a plain decimal number of at most 15 digits, and is
	// stored as one.
	Number bool
	// Date: Value is 2006-01-02 or 2006-01-02 15:04:05 and is stored as a date, as
	// long as it is one that a workbook can hold; else, and with fractions of a
	// second, it stays text.
	Date bool
	// Note is shown beside the cell. Only the first 5,000 of a workbook are
	// written.
	Note string
}

// SheetOptions are the looks of a sheet.
type SheetOptions struct {
	Widths     []float64 // of the columns from A on, in characters; 0 for the usual one
	FreezeRows int       // rows at the top that stay when the rest is scrolled
	AutoFilter bool      // over all rows, the first of which is the header
	OnePage    bool      // printed as wide as one page, lying
	MaxRows    int       // before the sheet goes on in a further one; 0 for as many as it can have
}

// XLSXWriter writes a workbook of any size in bounded memory: rows go to
// temporary files and from there into the zip. Sheets may be written in turns.
// Not for concurrent use.
//
// End it with Close, or with Discard after an error. A value that cannot be
// stored as it is, is an error; nothing is ever cut.
type XLSXWriter struct {
	w      io.Writer
	f      *excelize.File // nil when it was closed or discarded
	styles [outStyles][outFormats]int
	sheets []*SheetWriter
	names  []string // in use
	notes  int
	err    error // of the styles, told by Sheet

	maxRows int // of a sheet; less in tests
}

// NewXLSXWriter starts a workbook that Close will write to w.
func NewXLSXWriter(w io.Writer) *XLSXWriter {
	x := &XLSXWriter{w: w, f: excelize.NewFile(), maxRows: MaxRows}
	x.err = x.makeStyles()
	return x
}

func (x *XLSXWriter) makeStyles() error {
	looks := [outStyles]excelize.Style{
		Plain: {},
		Header: {
			Font: &excelize.Font{Bold: true},
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7E6E6"}},
		},
		Bad:   {Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFC7CE"}}},
		Muted: {Font: &excelize.Font{Color: "808080"}},
	}
	for look, style := range looks {
		for i, format := range formats {
			style.NumFmt, style.CustomNumFmt = format.NumFmt, format.CustomNumFmt
			id, err := x.f.NewStyle(&style)
			if err != nil {
				return fmt.Errorf("write workbook: style: %w", err)
			}
			x.styles[look][i] = id
		}
	}
	return nil
}

// SheetWriter writes the rows of one sheet.
type SheetWriter struct {
	x      *XLSXWriter
	base   string // the name that was asked for
	name   string
	part   int // of the sheets that share base
	parts  []string
	opt    SheetOptions
	stream *excelize.StreamWriter
	rows   int
	widest int // columns
	header []OutCell
	values []any // scratch
}

// Sheet adds a sheet. Its name has 1 to 31 characters, none of []:*?/\', and is
// not yet taken.
func (x *XLSXWriter) Sheet(name string, opt SheetOptions) (*SheetWriter, error) {
	if x.f == nil {
		return nil, errors.New("write workbook: it is closed")
	}
	if x.err != nil {
		return nil, x.err
	}
	s := &SheetWriter{x: x, base: name, opt: opt}
	if err := s.begin(name); err != nil {
		return nil, err
	}
	x.sheets = append(x.sheets, s)
	return s, nil
}

// begin opens a sheet in the workbook for the rows that follow.
func (s *SheetWriter) begin(name string) error {
	if err := s.x.addSheet(name); err != nil {
		return fmt.Errorf("write sheet %q: %w", name, err)
	}
	if s.opt.OnePage {
		if err := s.x.onePageWide(name); err != nil {
			return fmt.Errorf("write sheet %q: %w", name, err)
		}
	}
	stream, err := s.x.f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("write sheet %q: %w", name, err)
	}
	s.name, s.stream, s.rows, s.widest = name, stream, 0, 0
	s.part++
	s.parts = append(s.parts, name)
	for i, width := range s.opt.Widths {
		if width <= 0 {
			continue
		}
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return s.wrap(err)
		}
	}
	if n := s.opt.FreezeRows; n > 0 {
		err := stream.SetPanes(&excelize.Panes{
			Freeze: true, YSplit: n, TopLeftCell: "A" + strconv.Itoa(n+1), ActivePane: "bottomLeft",
		})
		if err != nil {
			return s.wrap(err)
		}
	}
	return nil
}

func (x *XLSXWriter) onePageWide(name string) error {
	fit, lying, wide, high := true, "landscape", 1, 0
	if err := x.f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	return x.f.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &lying, FitToWidth: &wide, FitToHeight: &high})
}

func (x *XLSXWriter) addSheet(name string) error {
	if name == "" || utf16Len(name) > maxSheetName || !utf8.ValidString(name) || strings.ContainsAny(name, `[]:*?/\'`) {
		return errors.New("no name for a sheet")
	}
	if slices.ContainsFunc(x.names, func(taken string) bool { return strings.EqualFold(taken, name) }) {
		return errors.New("the name is taken")
	}
	x.names = append(x.names, name)
	if len(x.names) == 1 {
		return x.f.SetSheetName("Sheet1", name) // the one a new workbook has
	}
	_, err := x.f.NewSheet(name)
	return err
}

// Row appends a row. When the sheet is full, it goes on in a further one, named
// with _2, that begins with the first row again. After an error the row is not
// written.
func (s *SheetWriter) Row(cells []OutCell) error {
	if s.x.f == nil {
		return s.wrap(errors.New("the workbook is closed"))
	}
	if len(cells) > MaxColumns {
		return s.wrap(fmt.Errorf("a row of %d columns", len(cells)))
	}
	s.values = s.values[:0]
	for i := range cells {
		value, err := s.value(&cells[i])
		if err == nil {
			err = checkText(cells[i].Note)
		}
		if err != nil {
			return s.wrap(fmt.Errorf("row %d, column %s: %w", s.rows+1, ColumnName(i), err))
		}
		s.values = append(s.values, value)
	}
	if s.rows == 0 && s.part == 1 {
		s.header = slices.Clone(cells)
	}
	if s.rows == s.limit() {
		if err := s.overflow(); err != nil {
			return err
		}
		return s.Row(cells)
	}
	s.rows++
	s.widest = max(s.widest, len(cells))
	if err := s.stream.SetRow("A"+strconv.Itoa(s.rows), s.values); err != nil {
		return s.wrap(err)
	}
	return s.addNotes(cells)
}

// Parts are the names of the sheet and of those in which it goes on.
func (s *SheetWriter) Parts() []string { return s.parts }

func (s *SheetWriter) limit() int {
	if s.opt.MaxRows > 0 {
		return s.opt.MaxRows
	}
	return s.x.maxRows
}

// value is what is given to the stream for a cell. A blank one keeps its look,
// and the text format for what somebody types into it.
func (s *SheetWriter) value(c *OutCell) (any, error) {
	if c.Style >= outStyles {
		return nil, fmt.Errorf("no style %d", c.Style)
	}
	if c.Value == "" {
		return excelize.Cell{StyleID: s.x.styles[c.Style][inText]}, nil
	}
	if c.Number {
		if !isPlainNumber([]byte(c.Value)) {
			return nil, fmt.Errorf("%q is no plain number", c.Value)
		}
		n, err := strconv.ParseFloat(c.Value, 64)
		return excelize.Cell{StyleID: s.x.styles[c.Style][inNumber], Value: n}, err
	}
	if c.Date {
		if serial, format, ok := toSerial(c.Value); ok {
			return excelize.Cell{StyleID: s.x.styles[c.Style][format], Value: serial}, nil
		}
	}
	if err := checkText(c.Value); err != nil {
		return nil, err
	}
	return excelize.Cell{StyleID: s.x.styles[c.Style][inText], Value: c.Value}, nil
}

// checkText refuses a text that a workbook cannot hold as it is.
func checkText(text string) error {
	if len(text) > MaxCellChars && utf16Len(text) > MaxCellChars {
		return fmt.Errorf("a text of more than %d characters", MaxCellChars)
	}
	for i, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF' {
			return fmt.Errorf("a text with the character U+%04X", r)
		}
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return errors.New("a text that is not UTF-8")
		}
	}
	return nil
}

func (s *SheetWriter) addNotes(cells []OutCell) error {
	for i := range cells {
		if cells[i].Note == "" || s.x.notes == maxNotes {
			continue
		}
		s.x.notes++
		err := s.x.f.AddComment(s.name, excelize.Comment{
			Author: "tagkeep", Cell: ColumnName(i) + strconv.Itoa(s.rows), Text: cells[i].Note,
		})
		if err != nil {
			return s.wrap(err)
		}
	}
	return nil
}

// overflow ends the sheet and goes on in the next one.
func (s *SheetWriter) overflow() error {
	if err := s.finish(); err != nil {
		return err
	}
	suffix := "_" + strconv.Itoa(s.part+1)
	base := s.base
	for utf16Len(base)+len(suffix) > maxSheetName {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	if err := s.begin(base + suffix); err != nil {
		return err
	}
	return s.Row(s.header)
}

// finish writes what stands behind the rows of a sheet.
func (s *SheetWriter) finish() error {
	if s.opt.AutoFilter && s.widest > 0 {
		area := fmt.Sprintf("A1:%s%d", ColumnName(s.widest-1), s.rows)
		if err := s.x.f.AutoFilter(s.name, area, nil); err != nil {
			return s.wrap(err)
		}
	}
	return s.wrap(s.stream.Flush())
}

func (s *SheetWriter) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write sheet %q: %w", s.name, err)
}

// Close ends all sheets and writes the workbook. It does not close the writer
// given to NewXLSXWriter. After an error what was written is no workbook.
func (x *XLSXWriter) Close() error {
	if x.f == nil {
		return errors.New("write workbook: it is closed")
	}
	defer x.Discard()
	if x.err != nil {
		return x.err
	}
	for _, s := range x.sheets {
		if err := s.finish(); err != nil {
			return err
		}
	}
	// The library compresses into a buffer that it copies to its writer in the
	// end. With a zip writer of our own the buffer stays empty.
	out := &stickyWriter{w: x.w}
	x.f.SetZipWriter(func(io.Writer) excelize.ZipWriter {
		zw := zip.NewWriter(out)
		zw.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
			return flate.NewWriter(w, zipLevel)
		})
		return zw
	})
	err := x.f.Write(io.Discard)
	if out.err != nil {
		err = out.err
	}
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// Discard drops the workbook and its temporary files. It may be called after
// Close, and twice.
func (x *XLSXWriter) Discard() {
	if x.f != nil {
		// Only temporary files, which nothing depends on.
		_ = x.f.Close()
		x.f = nil
	}
}

// stickyWriter remembers the first error, which the library does not always
// hand on.
type stickyWriter struct {
	w   io.Writer
	err error
}

func (s *stickyWriter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// utf16Len is the length that Excel counts.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
