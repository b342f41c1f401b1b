package snapshot

import (
	"context"
	"database/sql"
	"errors"
	"io"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// reportEvery is after how many rows progress is told.
const reportEvery = 1 << 13

// capture writes what one view of the database holds.
func capture(ctx context.Context, db *store.DB, to io.Writer, h archive.Header, o Options) (sum archive.Summary, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		w, err := archive.NewWriter(to, h, archive.WriterOptions{})
		if err != nil {
			return err
		}
		c := capturer{ctx: ctx, tx: tx, w: w, progress: o.Progress}
		if err := c.settings(db.Meta()); err != nil {
			return err
		}
		exact, err := c.rowsOf(o.Scope)
		if err != nil {
			return err
		}
		o.Progress(c.rows)
		sum, err = w.Close(exact)
		return err
	})
	if err == nil {
		err = context.Cause(ctx)
	}
	return sum, err
}

// metaTable is the first table of a file: one row with the company's settings
// that the header has no place for.
const metaTable = "meta"

// settings writes that row.
func (c *capturer) settings(m store.Meta) error {
	if err := c.w.Begin(metaTable); err != nil {
		return err
	}
	c.w.Int(1)
	c.w.Text(m.TimeZone)
	c.w.Text(m.Lang)
	return c.w.EndRow()
}

type capturer struct {
	ctx      context.Context
	tx       *store.Tx
	w        *archive.Writer
	to       *pipeline // into w, while rows are read
	progress func(int64)
	rows     int64
}

// rowsOf writes the rows of a scope, and returns the state hash of the same view
// if that is the whole database.
func (c *capturer) rowsOf(s Scope) (exact string, err error) {
	sum := store.NewExactSum()
	if !s.Whole() {
		sum = nil
	}
	c.to = newPipeline(c.w, sum)
	defer func() {
		// Its error is the cause of the other's, if it has one.
		if werr := c.to.end(); werr != nil {
			err = werr
		}
		if err == nil && sum != nil {
			exact = sum.String()
		}
	}()
	if sum == nil {
		return "", c.part(s)
	}
	return "", c.whole()
}

// whole reads every row.
func (c *capturer) whole() error {
	for _, t := range store.SnapshotTables() {
		c.to.begin(t)
		if err := c.dump(t, part{}, nil); err != nil {
			return err
		}
	}
	return nil
}

// errUnwanted ends the reading of rows that cannot be written.
var errUnwanted = errors.New("the rows cannot be written")

// dump reads the rows of a table that meet the part's condition and that keep
// wants; nil = all.
func (c *capturer) dump(t store.Table, p part, keep func([]sql.RawBytes) bool) error {
	return c.tx.Dump(t, p.cond, p.args, func(cells []sql.RawBytes) error {
		if keep != nil && !keep(cells) {
			return nil
		}
		if !c.to.row(cells) {
			return errUnwanted
		}
		if c.rows++; c.rows%reportEvery == 0 {
			c.progress(c.rows)
			return context.Cause(c.ctx)
		}
		return nil
	})
}
