package exporter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// ErrExists: the file is there already and was not to be replaced.
var ErrExists = errors.New("the file exists already")

// ErrFormat: the file's name says neither .csv nor .xlsx.
var ErrFormat = errors.New("want a file name that ends in .xlsx or .csv")

// Options of an export.
type Options struct {
	Lang     crm.Lang
	Encoding string // of CSV, "" for UTF-8 with a byte order mark
	Force    bool   // replace an existing file
	// By is the person in whose name it is exported, who gets what they may see;
	// 0 = the operator, who gets everything.
	By int64
	// Progress is called now and then with the rows written so far.
	Progress func(rows int64)
}

// Result of an export, in the shape that --json prints.
type Result struct {
	Kind  crm.Kind `json:"kind"`
	File  string   `json:"file"` // absolute
	Rows  int64    `json:"rows"`
	Bytes int64    `json:"bytes"`
	// Masked: phone numbers are, and the file cannot be imported again.
	Masked bool `json:"masked"`
}

// Export writes all live things of a kind, of those that whoever exports may
// see, to the file at path, in the format that its name says. A *RefusedError
// when that person may export nothing of the kind.
func Export(ctx context.Context, db *store.DB, kind crm.Kind, path string, opt Options) (Result, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Result{}, fmt.Errorf("export to %s: %w", path, err)
	}
	if _, err := os.Stat(abs); err == nil && !opt.Force {
		return Result{}, fmt.Errorf("export to %s: %w", path, ErrExists)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Result{}, fmt.Errorf("export to %s: %w", path, err)
	}
	format := strings.ToLower(filepath.Ext(abs))
	if format != ".csv" && format != ".xlsx" {
		return Result{}, fmt.Errorf("export to %s: %w", path, ErrFormat)
	}
	zone, err := db.Meta().Location()
	if err != nil {
		return Result{}, err
	}
	file, err := sheet.Create(abs)
	if err != nil {
		return Result{}, err
	}
	defer file.Discard()
	out, err := newOutput(file, format, kind, opt)
	if err != nil {
		return Result{}, fmt.Errorf("export to %s: %w", path, err)
	}
	defer out.discard()
	w := &writer{ctx: ctx, out: out, opt: opt, format: table.NewFormatter(kind, crm.Chinese, zone)}
	if opt.Lang == crm.English {
		w.format = table.NewFormatter(kind, crm.English, zone)
	}
	if err := db.View(ctx, func(tx *store.Tx) (err error) {
		if w.sight, err = look(tx, kind, opt.By); err != nil {
			return err
		}
		return w.write(tx, kind)
	}); err != nil {
		return Result{}, fmt.Errorf("export %s: %w", kind, err)
	}
	if err := out.close(); err != nil {
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
	return Result{Kind: kind, File: final, Rows: w.rows, Bytes: st.Size(), Masked: kind == crm.Customers && w.sight.masks()}, nil
}

// writer turns things into rows.
type writer struct {
	ctx    context.Context
	out    output
	opt    Options
	format *table.Formatter
	rows   int64
	cells  []string
	sight  *sight
}

func (w *writer) write(tx *store.Tx, kind crm.Kind) error {
	columns := table.Columns(kind)
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = w.opt.Lang.Pick(c.Header, c.Field)
	}
	if err := w.out.header(header); err != nil {
		return err
	}
	switch kind {
	case crm.Tags:
		return w.tags(tx)
	case crm.People:
		return w.people(tx)
	case crm.Grants:
		return w.grants(tx)
	}
	return w.customers(tx)
}

// progressEvery is how many rows pass between two reports.
const progressEvery = 1000

// row writes one row of canonical texts; "" is a blank cell.
func (w *writer) row(texts []string) error {
	w.cells = w.cells[:0]
	for field, text := range texts {
		v := table.Value{State: table.Set, Text: text}
		if text == "" {
			v.State = table.Blank
		}
		w.cells = append(w.cells, w.format.Cell(field, v))
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
