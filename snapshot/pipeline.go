package snapshot

import (
	"database/sql"
	"sync/atomic"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// batchBytes is how much is read before it goes to be encoded. A few batches are
// under way at a time.
const batchBytes = 256 << 10

// pipeline encodes and hashes rows on a goroutine of its own while the next ones
// are read. begin and row are called by the goroutine that reads; end must be
// called, and after it the writer is the caller's again.
type pipeline struct {
	w     *archive.Writer
	exact *store.ExactSum // nil for a part
	cur   *batch
	full  chan *batch
	free  chan *batch
	done  chan struct{}
	err   error       // of the goroutine, once done is closed
	bad   atomic.Bool // there is one
}

// batch is rows of one table, or the beginning of a table.
type batch struct {
	table string // begins, "" = it has begun
	text  []byte // of all cells
	cells []int  // where each one ends in text, with a row's cells together; isNull for a NULL
	width int    // cells of a row
}

const isNull = -1

func newPipeline(w *archive.Writer, exact *store.ExactSum) *pipeline {
	p := &pipeline{w: w, exact: exact, full: make(chan *batch, 2), free: make(chan *batch, 4), done: make(chan struct{})}
	for range cap(p.free) {
		p.free <- new(batch)
	}
	go p.run()
	return p
}

// begin starts the next table.
func (p *pipeline) begin(t store.Table) {
	p.send()
	b := p.batch()
	b.table, b.width = t.Name, len(t.Columns)
}

// row adds a row, of which nothing is kept. It reports whether the rows are still
// wanted: end says why not.
func (p *pipeline) row(cells []sql.RawBytes) bool {
	b := p.batch()
	for _, c := range cells {
		if c == nil {
			b.cells = append(b.cells, isNull)
		} else {
			b.text = append(b.text, c...)
			b.cells = append(b.cells, len(b.text))
		}
	}
	if len(b.text) >= batchBytes {
		p.send()
	}
	return !p.bad.Load()
}

// end waits until everything is in the writer.
func (p *pipeline) end() error {
	p.send()
	close(p.full)
	<-p.done
	return p.err
}

// batch is the one being filled.
func (p *pipeline) batch() *batch {
	if p.cur == nil {
		p.cur = <-p.free
	}
	return p.cur
}

func (p *pipeline) send() {
	if b := p.cur; b != nil {
		p.cur = nil
		p.full <- b
	}
}

// run takes batches to the end, though after an error it does nothing with them:
// whoever reads must not wait for it.
func (p *pipeline) run() {
	defer close(p.done)
	width, cells := 0, []sql.RawBytes(nil)
	for b := range p.full {
		if b.table != "" {
			width, cells = b.width, make([]sql.RawBytes, b.width)
		}
		if p.err == nil {
			if p.err = p.encode(b, width, cells); p.err != nil {
				p.bad.Store(true)
			}
		}
		b.table, b.text, b.cells = "", b.text[:0], b.cells[:0]
		p.free <- b
	}
}

func (p *pipeline) encode(b *batch, width int, cells []sql.RawBytes) error {
	if b.table != "" {
		if err := p.w.Begin(b.table); err != nil {
			return err
		}
		if p.exact != nil {
			p.exact.Begin(b.table)
		}
	}
	from := 0
	for at := 0; at < len(b.cells); at += width {
		for i, end := range b.cells[at : at+width] {
			if end == isNull {
				cells[i] = nil
				p.w.Null()
				continue
			}
			cells[i] = b.text[from:end:end]
			p.w.Bytes(cells[i])
			from = end
		}
		if p.exact != nil {
			p.exact.Row(cells)
		}
		if err := p.w.EndRow(); err != nil {
			return err
		}
	}
	return nil
}
