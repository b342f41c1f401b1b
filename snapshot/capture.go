package snapshot

import (
	"context"
	"database/sql"
	"fmt"
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
		exact := ""
		if err := c.settings(db.Meta()); err != nil {
			return err
		}
		if o.Scope.Whole() {
			exact, err = c.whole()
		} else {
			err = c.part(o.Scope)
		}
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
	progress func(int64)
	rows     int64
	exact    *store.ExactSum // nil for a part
}

// whole writes every row, and returns the state hash of the same view.
func (c *capturer) whole() (string, error) {
	c.exact = store.NewExactSum()
	for _, t := range store.SnapshotTables() {
		if err := c.w.Begin(t.Name); err != nil {
			return "", err
		}
		c.exact.Begin(t.Name)
		if err := c.dump(t, part{}, nil); err != nil {
			return "", err
		}
	}
	return c.exact.String(), nil
}

// dump writes the rows of a table that meet the part's condition and that keep
// wants; nil = all.
func (c *capturer) dump(t store.Table, p part, keep func([]sql.RawBytes) bool) error {
	return c.tx.Dump(t, p.cond, p.args, func(cells []sql.RawBytes) error {
		if keep != nil && !keep(cells) {
			return nil
		}
		if c.exact != nil {
			c.exact.Row(cells)
		}
		for _, cell := range cells {
			if cell == nil {
				c.w.Null()
			} else {
				c.w.Bytes(cell)
			}
		}
		if err := c.w.EndRow(); err != nil {
			return fmt.Errorf("capture table %s: %w", t.Name, err)
		}
		if c.rows++; c.rows%reportEvery == 0 {
			c.progress(c.rows)
			return context.Cause(c.ctx)
		}
		return nil
	})
}
