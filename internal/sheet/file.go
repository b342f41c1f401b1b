package sheet

import (
	"context"
	"errors"
	"io"
)

// File is an opened spreadsheet. It is made by Open and must be closed.
type File struct {
	Info Info
	// body is the format's reader of rows, with what the file was when opened.
	body body
}

// body is what the two formats do differently.
type body interface {
	// rows starts a new reading from the first row.
	rows(ctx context.Context) (rowReader, error)
	close() error
}

// rowReader reads on; see Rows.Read.
type rowReader interface {
	read(dst []Row) (int, error)
	blank() int
	offset() int64
	close() error
}

// Rows is one reading of a file from its first row on. Not for concurrent use.
type Rows struct{ r rowReader }

// Rows starts a reading from the first row. Several may be made one after the
// other; each must be closed.
func (f *File) Rows(ctx context.Context) (*Rows, error) {
	r, err := f.body.rows(ctx)
	if err != nil {
		return nil, err
	}
	return &Rows{r}, nil
}

// Read fills dst with the next rows and returns how many. At the end of a sound
// file it returns io.EOF (with or after the last rows); any other error means
// the rest of the file cannot be read, and the rows before it stay valid. Rows
// and their strings are the caller's: they are not reused by later calls.
func (r *Rows) Read(dst []Row) (int, error) { return r.r.read(dst) }

// Each reads the file from its first row to its end and calls fn with the rows
// in their order, some hundreds at a time, and with how far the reading has
// come (see Rows.Offset). The rows are fn's to keep. It returns how many blank
// rows were passed over.
func (f *File) Each(ctx context.Context, fn func(rows []Row, offset int64) error) (blank int, err error) {
	r, err := f.Rows(ctx)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		rows := make([]Row, eachRows)
		n, err := r.Read(rows)
		atEnd := errors.Is(err, io.EOF)
		if err != nil && !atEnd {
			return r.Blank(), err
		}
		if n > 0 {
			if err := fn(rows[:n], r.Offset()); err != nil {
				return r.Blank(), err
			}
		}
		if atEnd {
			return r.Blank(), nil
		}
	}
}

// eachRows is how many rows Each takes at a time.
const eachRows = 500

// Blank is how many blank rows were passed over so far.
func (r *Rows) Blank() int { return r.r.blank() }

// Offset is how far the reading has come in the file, in bytes of Info.Size;
// for a progress bar.
func (r *Rows) Offset() int64 { return r.r.offset() }

// Close ends the reading early or late; it may be called twice.
func (r *Rows) Close() error { return r.r.close() }

// Close releases the file and any temporary files; it may be called twice.
func (f *File) Close() error { return f.body.close() }
