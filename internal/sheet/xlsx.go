package sheet

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// fitRows is how many rows of a sheet Options.Fit is shown.
const fitRows = 20

// xlsxFile is an open workbook: the body of a File.
type xlsxFile struct {
	f       *os.File
	path    string
	size    int64
	modTime time.Time
	zip     *xlsxZip
	book    *workbook
	sheet   *xlsxSheet // the one that is read
	fill    bool       // Options.FillMerged

	// Read when they are first needed.
	formats      []numberFormat
	strings      *sharedStrings
	merges       *mergedRanges
	formatsRead  bool
	stringsRead  bool
	mergesRead   bool
	stringsLimit int // bytes of shared strings in memory
}

// openXLSX opens the workbook in f, finds the sheet to read and completes info.
// From then on f is the body's; on an error it is closed. Errors are a
// *FileError unless the disk is at fault.
func openXLSX(f *os.File, info *Info, opt Options) (_ body, err error) {
	x := &xlsxFile{f: f, path: info.Path, fill: opt.FillMerged, stringsLimit: stringsInMemory}
	defer func() {
		if err != nil {
			_ = x.close()
		}
	}()
	stat, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", x.path, err)
	}
	x.size, x.modTime = stat.Size(), stat.ModTime()
	if x.zip, err = openXLSXZip(f, x.size, x.path); err != nil {
		return nil, err
	}
	if x.book, err = readWorkbook(x.zip); err != nil {
		return nil, err
	}
	if x.sheet, err = x.choose(opt); err != nil {
		return nil, err
	}
	info.Format, info.Encoding = XLSX, "utf-8"
	info.Sheet = x.sheet.name
	info.Date1904 = x.book.date1904
	info.Active = x.zip.activeContent()
	info.Sheets = nil
	for i := range x.book.sheets {
		s := &x.book.sheets[i]
		info.Sheets = append(info.Sheets, SheetInfo{Name: s.name, Hidden: s.hidden, Chart: s.chart, Read: s == x.sheet})
	}
	return x, nil
}

// choose finds the sheet to read: the named one, else the visible one that fits
// best, else the first visible one, else the first hidden one.
func (x *xlsxFile) choose(opt Options) (*xlsxSheet, error) {
	if opt.Sheet != "" {
		return x.named(opt.Sheet)
	}
	var visible, hidden []*xlsxSheet
	for i := range x.book.sheets {
		switch s := &x.book.sheets[i]; {
		case s.chart:
		case s.hidden:
			hidden = append(hidden, s)
		default:
			visible = append(visible, s)
		}
	}
	candidates := visible
	if len(candidates) == 0 {
		candidates = hidden
	}
	if len(candidates) == 0 {
		return nil, &FileError{Path: x.path, Reason: NoCells, Detail: "the workbook has no sheet with cells"}
	}
	if opt.Fit == nil || len(visible) < 2 {
		return candidates[0], nil
	}
	return x.bestFit(visible, opt.Fit)
}

// named finds a sheet by its name, or by its name but for case and space
// around it.
func (x *xlsxFile) named(name string) (*xlsxSheet, error) {
	var found *xlsxSheet
	for i := range x.book.sheets {
		s := &x.book.sheets[i]
		if s.name == name {
			found = s
			break
		}
		if found == nil && strings.EqualFold(strings.TrimSpace(s.name), strings.TrimSpace(name)) {
			found = s
		}
	}
	if found == nil {
		return nil, &FileError{Path: x.path, Reason: NoSuchSheet, Detail: x.book.listSheets()}
	}
	if found.chart {
		return nil, &FileError{Path: x.path, Reason: NoCells, Detail: fmt.Sprintf("the sheet %q is a chart", found.name)}
	}
	return found, nil
}

func (x *xlsxFile) bestFit(sheets []*xlsxSheet, fit func([]Row) int) (*xlsxSheet, error) {
	best, bestScore := sheets[0], 0
	for _, s := range sheets {
		rows, err := x.firstRows(s)
		if err != nil {
			return nil, err
		}
		if score := fit(rows); score > bestScore {
			best, bestScore = s, score
		}
	}
	return best, nil
}

// firstRows reads the beginning of a sheet.
func (x *xlsxFile) firstRows(s *xlsxSheet) ([]Row, error) {
	ctx := context.Background() // it is not long until twenty rows are there
	if err := x.load(ctx, nil); err != nil {
		return nil, err
	}
	r, err := x.openRows(ctx, s, nil, true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	rows := make([]Row, fitRows)
	for n := 0; ; {
		m, err := r.read(rows[n:])
		n += m
		if n == fitRows || err == io.EOF {
			return rows[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// rows starts a reading of the chosen sheet; see body.
func (x *xlsxFile) rows(ctx context.Context) (rowReader, error) {
	if err := x.unchanged(); err != nil {
		return nil, err
	}
	if err := x.load(ctx, x.sheet); err != nil {
		return nil, err
	}
	var merges *mergeCursor
	if x.merges != nil {
		merges = newMergeCursor(x.merges, x.fill)
	}
	return x.openRows(ctx, x.sheet, merges, false)
}

// unchanged refuses to read on in a file that somebody has written to.
func (x *xlsxFile) unchanged() error {
	stat, err := x.f.Stat()
	if err != nil {
		return fmt.Errorf("read %s: %w", x.path, err)
	}
	if stat.Size() != x.size || !stat.ModTime().Equal(x.modTime) {
		return &FileError{Path: x.path, Reason: Changed, Detail: "its size or time is another than when it was opened"}
	}
	return nil
}

// load reads what rows are read with, once: number formats, shared strings,
// and the merged ranges of the sheet if one is given. The last two are long
// and independent of each other.
func (x *xlsxFile) load(ctx context.Context, sheet *xlsxSheet) error {
	if !x.formatsRead {
		if err := x.loadFormats(); err != nil {
			return err
		}
	}
	merges := make(chan error, 1)
	go func() { merges <- x.loadMerges(ctx, sheet) }()
	err := x.loadStrings(ctx)
	return cmp.Or(err, <-merges)
}

func (x *xlsxFile) loadFormats() error {
	if x.book.styles == nil {
		return nil
	}
	s, part, err := x.scanPart(x.book.styles, true)
	if err != nil {
		return err
	}
	defer part.Close()
	x.formats, err = readStyles(s)
	x.formatsRead = err == nil
	return err
}

func (x *xlsxFile) loadMerges(ctx context.Context, sheet *xlsxSheet) (err error) {
	if x.mergesRead || sheet == nil || sheet.part == nil {
		return nil
	}
	x.merges, err = x.readMerges(ctx, sheet)
	x.mergesRead = err == nil
	return err
}

func (x *xlsxFile) loadStrings(ctx context.Context) error {
	if x.stringsRead || x.book.strings == nil {
		return nil
	}
	s, part, err := x.scanPart(x.book.strings, false)
	if err != nil {
		return err
	}
	defer part.Close()
	x.strings, err = readSharedStrings(ctx, s, x.stringsLimit)
	x.stringsRead = err == nil
	return cmp.Or(x.cancelled(ctx), err)
}

// cancelled tells why a reading is to stop, nil when it is not.
func (x *xlsxFile) cancelled(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("read %s: %w", x.path, err)
	}
	return nil
}

// scanPart opens a part for scanning. The caller closes what is returned
// second.
func (x *xlsxFile) scanPart(f *zip.File, small bool) (*xmlScanner, io.Closer, error) {
	return scanZipPart(x.zip, f, small)
}

func scanZipPart(z *xlsxZip, f *zip.File, small bool) (*xmlScanner, io.Closer, error) {
	open := z.openPart
	if small {
		open = z.openSmall
	}
	part, err := open(f)
	if err != nil {
		return nil, nil, err
	}
	s, err := newXMLScanner(part, z.path, part.name(), f.UncompressedSize64)
	if err != nil {
		part.Close()
		return nil, nil, err
	}
	return s, part, nil
}

// openRows opens the part of a sheet. brief says that it will not be read to
// its end.
func (x *xlsxFile) openRows(ctx context.Context, sheet *xlsxSheet, merges *mergeCursor, brief bool) (*xlsxRows, error) {
	if sheet.part == nil {
		return nil, &FileError{Path: x.path, Reason: Damaged, Detail: fmt.Sprintf("the sheet %q is missing in it", sheet.name)}
	}
	part, err := x.zip.openPart(sheet.part)
	if err != nil {
		return nil, err
	}
	r := &xlsxRows{
		ctx: ctx, book: x, part: part, source: part, merges: merges,
		strings: x.strings, formats: x.formats, date1904: x.book.date1904,
	}
	if !brief && sheet.part.UncompressedSize64 > aheadFloor {
		r.source = readAhead(part)
	}
	if r.scan, err = newXMLScanner(r.source, x.path, part.name(), sheet.part.UncompressedSize64); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// close releases the file and the temporary one; see body.
func (x *xlsxFile) close() error {
	err := x.strings.close()
	if x.f != nil {
		err = errors.Join(err, x.f.Close())
		x.f = nil
	}
	return err
}
