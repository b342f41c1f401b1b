package sheet

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strconv"
)

// Sizes of one batch of rows, so that wide rows do not make it large.
const (
	cellSlab   = 4 << 10 // cells that are allocated at once
	batchCells = 256 << 10
	batchBytes = 4 << 20
	maxRowText = 64 << 20 // bytes of text in one row
	// Between two looks at the context at most so many rows are passed over.
	rowsPerCheck = 1024
)

// xlsxRows reads the rows of one sheet part.
type xlsxRows struct {
	ctx      context.Context
	book     *xlsxFile
	part     *partReader
	source   io.ReadCloser // part, or what reads ahead in it
	scan     *xmlScanner
	strings  *sharedStrings
	formats  []numberFormat
	date1904 bool
	merges   *mergeCursor // nil without merged cells

	started bool // sheetData has begun
	err     error
	blanks  int

	// The row being read.
	number   int
	numbered bool   // it says its number
	digits   []byte // of number
	column   int    // of the next cell without a reference
	hidden   bool
	cells    []Cell
	faults   []Fault
	cell     storedCell

	formulas map[string]string // of shared formulas, by number
	arena    textArena
	slab     []Cell
	copied   int // bytes of text copied for the batch
	// Scratch space for numbers as stored, and for dates and padded numbers.
	scratch [512]byte
	shown   [96]byte
}

// read fills dst; see Rows.Read.
func (r *xlsxRows) read(dst []Row) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	r.copied = 0
	for cells := 0; n < len(dst) && cells < batchCells && r.copied < batchBytes; {
		row, err := r.nextRow()
		if err != nil {
			r.err = err
			return n, err
		}
		cells += len(row.Cells)
		dst[n] = row
		n++
	}
	return n, nil
}

// nextRow returns the next row that is not blank.
func (r *xlsxRows) nextRow() (Row, error) {
	if !r.started {
		if err := r.start(); err != nil {
			return Row{}, err
		}
	}
	for passed := 0; ; passed++ {
		if passed%rowsPerCheck == 0 {
			if err := r.book.cancelled(r.ctx); err != nil {
				return Row{}, err
			}
		}
		tok, err := r.scan.next()
		if err != nil {
			return Row{}, err
		}
		switch {
		case tok == xmlStart && string(r.scan.name) == "row":
			row, err := r.row()
			if err != nil || len(row.Cells) > 0 {
				return row, err
			}
			r.blanks++
		case tok == xmlStart:
			if err := r.scan.skip(); err != nil {
				return Row{}, err
			}
		case tok == xmlEnd:
			return Row{}, r.finish()
		}
	}
}

// start goes to the first row.
func (r *xlsxRows) start() error {
	s := r.scan
	for {
		tok, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case tok == xmlEOF:
			return s.damaged("it has no rows element")
		case tok != xmlStart:
			continue
		case s.atRoot():
			if err := s.checkRoot("worksheet"); err != nil {
				return err
			}
		case string(s.name) == "sheetData":
			r.started = true
			if s.empty {
				return r.finish()
			}
			return nil
		default:
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
}

// finish reads the part to its end, so that what was handed out is known to be
// all of it, and returns io.EOF.
func (r *xlsxRows) finish() error {
	for {
		tok, err := r.scan.next()
		if err != nil {
			return err
		}
		if tok == xmlStart && string(r.scan.name) == "sheetData" {
			return r.scan.damaged("its rows stand in two places")
		}
		if tok == xmlEOF {
			if err := r.book.unchanged(); err != nil {
				return err
			}
			return io.EOF
		}
	}
}

// row reads the row element whose start tag was just returned. A blank one is
// a Row without cells.
func (r *xlsxRows) row() (Row, error) {
	if err := r.rowHead(); err != nil {
		return Row{}, err
	}
	before := r.copied
	s := r.scan
	for !s.empty {
		tok, err := s.next()
		if err != nil {
			return Row{}, err
		}
		if tok == xmlEnd {
			break
		}
		if tok == xmlText {
			continue
		}
		if string(s.name) != "c" {
			err = s.skip()
		} else {
			err = r.readCell()
		}
		if err != nil {
			return Row{}, err
		}
		s.empty = false // of the cell, not of the row
		if r.copied-before > maxRowText {
			return Row{}, s.hostile("row %d has more than %d bytes of text", r.number, maxRowText)
		}
	}
	return r.finishRow()
}

func (r *xlsxRows) rowHead() error {
	s := r.scan
	r.column, r.cells, r.faults = 0, r.cells[:0], nil
	r.hidden = s.attrTrue("hidden")
	n := r.number + 1
	number := s.attr("r")
	if r.numbered = number != nil; r.numbered {
		var ok bool
		if n, ok = smallNumber(number); !ok {
			return s.damaged("a row numbered %q", clip(number))
		}
	}
	if n < 1 || n > MaxRows {
		return s.damaged("a row numbered %d", n)
	}
	r.setNumber(n)
	return nil
}

func (r *xlsxRows) setNumber(n int) {
	r.number = n
	r.digits = strconv.AppendInt(r.digits[:0], int64(n), 10)
}

// readCell reads the c element whose start tag was just returned into its
// place in the row.
func (r *xlsxRows) readCell() error {
	if err := r.cellHead(); err != nil || r.scan.empty {
		return err
	}
	if err := r.cellBody(); err != nil {
		return err
	}
	cell, err := r.value()
	if err != nil || cell.Kind == Blank && cell.Value == "" {
		return err
	}
	i := r.cell.column
	for len(r.cells) <= i {
		r.cells = append(r.cells, Cell{})
	}
	if r.cells[i] != (Cell{}) {
		return r.scan.damaged("cell %s%d stands there twice", ColumnName(i), r.number)
	}
	r.cells[i] = cell
	return nil
}

// finishRow copies the row out of the scratch space.
func (r *xlsxRows) finishRow() (Row, error) {
	r.cells = trimBlank(r.cells)
	if r.merges != nil {
		cells, ok := r.merges.apply(r.number, r.cells)
		if !ok {
			return Row{}, r.scan.hostile("merged ranges that overlap or hold too much, in row %d", r.number)
		}
		r.cells = trimBlank(cells)
	}
	n := len(r.cells)
	if n == 0 {
		return Row{}, nil
	}
	if n > len(r.slab) {
		r.slab = make([]Cell, max(cellSlab, n))
	}
	cells := r.slab[:n:n]
	r.slab = r.slab[n:]
	copy(cells, r.cells)
	return Row{Number: r.number, Line: r.number, Cells: cells, Faults: r.faults, Hidden: r.hidden}, nil
}

func trimBlank(cells []Cell) []Cell {
	for len(cells) > 0 && cells[len(cells)-1].Kind == Blank {
		cells = cells[:len(cells)-1]
	}
	return cells
}

func (r *xlsxRows) blank() int { return r.blanks }

func (r *xlsxRows) offset() int64 {
	if r.err == io.EOF {
		return r.book.size
	}
	return int64(r.part.progress() * float64(r.book.size))
}

func (r *xlsxRows) close() error {
	if r.source == nil {
		return nil
	}
	err := r.source.Close()
	r.source = nil
	r.err = fmt.Errorf("read %s: %w", r.book.path, fs.ErrClosed)
	return err
}
