package sheet

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
)

// csvFile is the body of a CSV file.
type csvFile struct {
	f          io.ReaderAt
	info       Info
	keepGuards bool
}

// openCSV finds out the dialect of a file whose encoding is in info, and
// completes info. It takes over f, but for an error.
func openCSV(ctx context.Context, f io.ReaderAt, info *Info, opt Options) (body, error) {
	info.Format = CSV
	if err := findDialect(ctx, f, info, opt); err != nil {
		return nil, err
	}
	return &csvFile{f: f, info: *info, keepGuards: opt.KeepGuards}, nil
}

func (c *csvFile) rows(ctx context.Context) (rowReader, error) {
	src := newTextSource(ctx, c.f, &c.info)
	src.hash, src.want = sha256.New(), c.info.SHA256
	return newCSVReader(src, c.info.Delimiter, c.info.SepLine, c.keepGuards), nil
}

func (c *csvFile) close() error {
	if f, ok := c.f.(io.Closer); ok {
		return f.Close()
	}
	return nil
}

// newTextSource reads r from its start, in the encoding that is in info.
func newTextSource(ctx context.Context, r io.ReaderAt, info *Info) *textSource {
	s := &textSource{ctx: ctx, path: info.Path, r: r, dec: newDecoder(info.Encoding)}
	if info.BOM {
		s.bom = len(byteOrderMark(info.Encoding))
	}
	return s
}

// csvReader is one reading of a CSV file.
type csvReader struct {
	scan    *scanner
	batch   batch
	skip    bool // the sep= line is still to be passed over
	number  int  // of the last record
	blanks  int
	err     error // of a Read; it stays
	widths  []int // cells of each row, trailing blank ones included; for a sample
	measure bool  // fill widths
}

// newCSVReader reads the rows of src; sepLine says that its first line is not
// one of them.
func newCSVReader(src *textSource, delim rune, sepLine, keepGuards bool) *csvReader {
	return &csvReader{scan: newScanner(src, delim), batch: batch{keepGuards: keepGuards}, skip: sepLine}
}

// read returns fewer rows than dst has room for where they hold much text.
func (r *csvReader) read(dst []Row) (int, error) {
	if r.err == nil {
		if err := context.Cause(r.scan.src.ctx); err != nil {
			r.err = fmt.Errorf("read %s: %w", r.scan.src.path, err)
		}
	}
	if r.err != nil || len(dst) == 0 {
		return 0, r.err
	}
	b := &r.batch
	b.reset()
	for len(b.rows) < len(dst) && b.total < readTextBytes {
		if r.err = r.readRecord(dst); r.err != nil {
			b.dropRecord()
			break
		}
	}
	b.flush(dst)
	if n := len(b.rows); n > 0 {
		return n, nil
	}
	return 0, r.err
}

// readRecord adds the next record to the batch.
func (r *csvReader) readRecord(dst []Row) error {
	if r.skip {
		if err := r.scan.next(&r.batch); err != nil {
			return err
		}
		r.batch.dropRecord()
		r.skip = false
	}
	line := r.scan.line
	if err := r.scan.next(&r.batch); err != nil {
		return err
	}
	r.number++
	width := r.batch.columns()
	switch {
	case !r.batch.endRecord(dst, r.number, line):
		r.blanks++
	case r.measure:
		r.widths = append(r.widths, width)
	}
	return nil
}

func (r *csvReader) blank() int { return r.blanks }

func (r *csvReader) offset() int64 { return r.scan.src.off }

func (r *csvReader) close() error {
	if r.err == nil {
		r.err = fmt.Errorf("read %s: %w", r.scan.src.path, fs.ErrClosed)
	}
	return nil
}
