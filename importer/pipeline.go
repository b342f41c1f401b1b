package importer

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// batch is a run of rows on its way from the reader to the engine.
type batch struct {
	rows     []*row
	examples int
	offset   int64 // bytes of the file read so far
	parsed   chan struct{}
}

// stages reads the file for the second time: one goroutine reads, several parse,
// and use gets the batches in the file's order. An error of any stage ends all
// of them; queues are bounded.
func (im *Import) stages(ctx context.Context, use func(*batch) error) error {
	if im.mapping == nil {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	const queue = 4
	ordered, work := make(chan *batch, queue), make(chan parseJob, queue)
	g.Go(func() error {
		defer close(ordered)
		defer close(work)
		return im.readBatches(ctx, func(b *batch, raw []sheet.Row) error {
			select {
			case ordered <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case work <- parseJob{b, raw}:
			case <-ctx.Done():
				return ctx.Err()
			}
			return nil
		})
	})
	for range max(1, runtime.GOMAXPROCS(0)-1) {
		g.Go(func() error {
			for j := range work {
				im.parse(j)
				close(j.batch.parsed)
			}
			return nil
		})
	}
	g.Go(func() error {
		for b := range ordered {
			select {
			case <-b.parsed:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := use(b); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// parseJob is a batch with its rows as the sheet has them.
type parseJob struct {
	batch *batch
	raw   []sheet.Row
}

func (im *Import) readBatches(ctx context.Context, send func(*batch, []sheet.Row) error) error {
	blank, err := im.file.Each(ctx, func(raw []sheet.Row, offset int64) error {
		for len(raw) > 0 && raw[0].Number <= im.mapping.HeaderRow {
			raw = raw[1:]
		}
		if len(raw) == 0 {
			return nil
		}
		return send(&batch{offset: offset, parsed: make(chan struct{})}, raw)
	})
	if err != nil {
		return err
	}
	im.outside.Blank = blank
	return im.file.Changed()
}

// parse fills in the batch's rows. The rows and their values share one
// allocation each: there are millions of them.
func (im *Import) parse(j parseJob) {
	width := im.width
	perGroup := im.kind == crm.Customers && len(im.mapping.TagColumns()) > 0
	rows, values := make([]row, len(j.raw)), make([]table.Value, len(j.raw)*width)
	j.batch.rows = make([]*row, 0, len(j.raw))
	for i := range j.raw {
		r := &rows[i]
		r.rec.Values = values[i*width : i*width : (i+1)*width]
		im.mapping.Parse(im.parser, &j.raw[i], &r.rec)
		if r.rec.Example {
			j.batch.examples++
			continue
		}
		if im.kind == crm.Customers && r.set(table.CustTags) {
			r.refs, r.refFaults = table.SplitTags(r.text(table.CustTags))
		}
		if perGroup {
			r.mapping = im.mapping
		}
		for k, column := range keyColumns {
			r.meets[k] = im.repeats == nil || im.kind == crm.Customers && r.set(column) && im.repeats.repeated(k, r.text(column))
		}
		r.cells, r.parsed, r.hidden = j.raw[i].Cells, len(r.rec.Problems), j.raw[i].Hidden && im.opts.SkipHidden
		j.batch.rows = append(j.batch.rows, r)
	}
}
