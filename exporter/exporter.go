package exporter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/filter"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// ErrExists: the file is there already and was not to be replaced.
var ErrExists = errors.New("the file exists already")

// ErrFormat: the file's name says neither .csv nor .xlsx nor .csv.zst.
var ErrFormat = errors.New("want a file name that ends in .xlsx, .csv or .csv.zst")

// Options of an export.
type Options struct {
	Lang     crm.Lang
	Encoding string // of CSV, "" for UTF-8 with a byte order mark
	Force    bool   // replace an existing file
	// By is the person in whose name it is exported, who gets what they may see;
	// 0 = the operator, who gets everything.
	By int64
	// Where chooses what is exported; nil is everything that is live. It is asked
	// about what the person sees: masked numbers, and tags that are not hidden.
	Where *filter.Expr
	// Columns are the columns to write, in this order, each by its field or any
	// of its headers; none for all of them.
	Columns []string
	// TagColumns gives every tag group a column of its own instead of one cell
	// with all tags.
	TagColumns bool
	// Progress is called now and then with the rows written so far.
	Progress func(rows int64)

	maxRows int // of a sheet; less in tests
}

// Result of an export, in the shape that --json prints.
type Result struct {
	Kind  crm.Kind `json:"kind"`
	File  string   `json:"file"` // absolute
	Rows  int64    `json:"rows"`
	Bytes int64    `json:"bytes"`
	// Masked: phone numbers are, and the file cannot be imported again.
	Masked bool `json:"masked"`
	// Sheets of the workbook that hold the rows: several when one has not room for
	// all of them. Import reads one at a time.
	Sheets []string `json:"sheets,omitempty"`
}

// Export writes things of a kind, of those that whoever exports may see, to the
// file at path, in the format that its name says. A *RefusedError when that
// person may export nothing of the kind, a *ColumnError for columns that there
// are not, a *filter.KindError or *filter.NameError when the condition does not
// fit.
func Export(ctx context.Context, db *store.DB, kind crm.Kind, path string, opt Options) (Result, error) {
	abs, format, err := target(path, opt.Force)
	if err != nil {
		return Result{}, fmt.Errorf("export to %s: %w", path, err)
	}
	if opt.Lang != crm.English {
		opt.Lang = crm.Chinese
	}
	w := &writer{ctx: ctx, kind: kind, opt: opt}
	if err := w.choose(); err != nil {
		return Result{}, err
	}
	zone, err := db.Meta().Location()
	if err != nil {
		return Result{}, err
	}
	w.format = table.NewFormatter(kind, opt.Lang, zone)
	file, err := sheet.Create(abs)
	if err != nil {
		return Result{}, err
	}
	defer file.Discard()
	w.open = func(columns []column) (output, error) { return newOutput(file, format, kind, columns, opt) }
	defer w.discard()
	if err := db.View(ctx, func(tx *store.Tx) error { return w.write(tx, zone) }); err != nil {
		return Result{}, fmt.Errorf("export %s: %w", kind, err)
	}
	if err := w.out.close(); err != nil {
		return Result{}, fmt.Errorf("export to %s: %w", path, err)
	}
	final, err := file.Commit(opt.Force)
	if err != nil {
		return Result{}, fmt.Errorf("export to %s: %w", path, err)
	}
	st, err := os.Stat(final)
	if err != nil {
		return Result{}, fmt.Errorf("export to %s: %w", path, err)
	}
	return Result{Kind: kind, File: final, Rows: w.rows, Bytes: st.Size(), Masked: kind == crm.Customers && w.sight.masks(), Sheets: w.out.sheets()}, nil
}

// target is where the file goes and its format: ".csv", ".csv.zst" or ".xlsx".
func target(path string, force bool) (abs, format string, err error) {
	if abs, err = filepath.Abs(path); err != nil {
		return "", "", err
	}
	if _, err := os.Stat(abs); err == nil && !force {
		return "", "", ErrExists
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	for _, format := range []string{".csv", ".csv.zst", ".xlsx"} {
		if strings.HasSuffix(strings.ToLower(abs), format) {
			return abs, format, nil
		}
	}
	return "", "", ErrFormat
}

// writer turns things into rows.
type writer struct {
	ctx     context.Context
	kind    crm.Kind
	opt     Options
	format  *table.Formatter
	open    func([]column) (output, error)
	out     output
	columns []column
	rows    int64
	cells   []string
	sight   *sight
	where   *filter.Filter // nil chooses all
}

func (w *writer) write(tx *store.Tx, zone *time.Location) (err error) {
	if w.sight, err = lookAround(tx, w.kind, w.opt.By, w.bin()); err != nil {
		return err
	}
	if err := w.bind(tx, zone); err != nil {
		return err
	}
	switch w.kind {
	case crm.Tags:
		return w.tags(tx)
	case crm.People:
		return w.people(tx)
	case crm.Grants:
		return w.grants(tx)
	}
	return w.customers(tx)
}

// bin reports whether what is in the recycle bin is exported.
func (w *writer) bin() bool { return w.opt.Where != nil && w.opt.Where.InBin() }

// bind looks up the names of the condition in what the person sees.
func (w *writer) bind(tx *store.Tx, zone *time.Location) error {
	if w.opt.Where == nil {
		return nil
	}
	facts, err := tx.Company()
	if err != nil {
		return err
	}
	w.where, err = w.opt.Where.Bind(w.sight.narrowed(facts), zone)
	return err
}

func (w *writer) discard() {
	if w.out != nil {
		w.out.discard()
	}
}

// begin opens the output and writes the header.
func (w *writer) begin() (err error) {
	if w.out, err = w.open(w.columns); err != nil {
		return err
	}
	header := make([]string, len(w.columns))
	for i, c := range w.columns {
		header[i] = c.header
	}
	if err := w.out.header(header); err != nil {
		return err
	}
	w.out = writeAhead(w.out, len(w.columns))
	return nil
}

// progressEvery is how many rows pass between two reports.
const progressEvery = 1000

// row writes one row of canonical texts by field, those of columns per tag group
// behind them; "" is a blank cell.
func (w *writer) row(texts []string) error {
	w.cells = w.cells[:0]
	for _, c := range w.columns {
		v := table.Value{State: table.Set, Text: texts[c.from]}
		if v.Text == "" {
			v.State = table.Blank
		}
		w.cells = append(w.cells, w.format.Cell(c.from, v))
	}
	w.rows++
	if w.rows%progressEvery == 0 {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if w.opt.Progress != nil {
			w.opt.Progress(w.rows)
		}
	}
	return w.out.row(w.cells)
}
