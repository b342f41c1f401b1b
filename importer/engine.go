package importer

import (
	"fmt"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// planner is what the kinds do differently. A chunk goes through fetch, plan
// row by row in the file's order, write, and forget, which drops what the chunk
// has gathered; where the chunk is refused or only rehearsed, write is left out.
type planner interface {
	fetch(tx *store.Tx, rows []*row) error
	plan(r *row)
	write(tx *store.Tx) error
	forget()
}

// engine plans and stores chunks.
type engine struct {
	opts    Options
	kind    crm.Kind
	headers []string
	columns []table.Column
	repeats *repeats // nil: any row may meet any other
	dry     bool     // rows are planned, nothing is written
	run     crm.Run
	rev     int64 // the revision that names and ids stand at, 0 = not read
	names   names
	rights  *rights // of the person who imports, nil when nothing is asked
	// empty: the database had no customers before this run, and nobody else
	// wrote since. Only rows that share a key with another row can then mean a
	// customer who is there.
	empty   bool
	shelves *shelves
	claims  *claims
	ids     ids
	planner planner
	unit    unit
	// owned are the things that the run has created and committed.
	owned   []store.IDRange
	changes []FieldChange
	// Numbers of the next before-image and of the next piece of claims.
	seq, claimSeq int64
}

// unit gathers what one commit stores besides the rows.
type unit struct {
	errors  []store.RowProblems
	ranges  []store.IDRange
	images  []store.Change
	changes []FieldChange
	created CreatedCounts
}

func newEngine(im *Import, dry bool) *engine {
	e := &engine{opts: im.opts, kind: im.kind, headers: im.headers(), columns: table.Columns(im.kind), repeats: im.repeats, dry: dry, seq: 1, claimSeq: 1}
	e.remember(im.remembered)
	switch im.kind {
	case crm.Customers:
		e.planner = newCustomers(e)
	case crm.Tags:
		e.planner = &tagLibrary{e: e}
	case crm.People:
		e.planner = &people{e: e}
	case crm.Grants:
		e.planner = &grants{e: e}
	}
	return e
}

// remember begins with nothing remembered; limit bounds what is kept in memory.
func (e *engine) remember(limit int) {
	e.shelves = newShelves(limit)
	e.claims = newClaims(e.shelves)
}

// close gives back what the engine holds outside memory. It may be called on
// nil.
func (e *engine) close() error {
	if e == nil {
		return nil
	}
	return e.shelves.close()
}

// begin reads the names and where the ids stand.
func (e *engine) begin(tx *store.Tx) error {
	if err := e.load(tx); err != nil {
		return err
	}
	return e.ids.load(tx)
}

// load reads what others may have changed.
func (e *engine) load(tx *store.Tx) error {
	var err error
	if e.rights, err = readRights(tx, e.kind, e.opts.CreatedBy); err != nil {
		return err
	}
	if e.rights != nil {
		e.rights.owns = e.owns
	}
	if err := e.reread(tx); err != nil {
		return err
	}
	some, err := tx.AnyCustomer()
	e.empty = !some
	return err
}

// reread reads what rows change as they are planned.
func (e *engine) reread(tx *store.Tx) error {
	if err := e.names.load(tx, e.rights); err != nil {
		return err
	}
	if g, ok := e.planner.(*grants); ok {
		return g.load(tx)
	}
	return nil
}

// rehearse plans rows without storing anything, after a begin in the same view.
// It ends early behind a row for which stop is true and returns how many rows it
// planned.
func (e *engine) rehearse(tx *store.Tx, rows []*row, stop func(*row) bool) (int, error) {
	planned, stopped := 0, false
	for planned < len(rows) && !stopped {
		chunk := rows[planned:min(len(rows), planned+e.opts.Chunk)]
		if err := e.planner.fetch(tx, chunk); err != nil {
			return planned, err
		}
		for _, r := range chunk {
			e.plan(r)
			planned++
			if stopped = stop(r); stopped {
				break
			}
		}
		if e.shelves.err != nil {
			return planned, e.shelves.err
		}
		e.planner.forget()
		e.end()
	}
	return planned, nil
}

func (e *engine) plan(r *row) {
	r.reset()
	if r.hidden {
		r.outcome = skipped
		return
	}
	e.planner.plan(r)
}

// optimisticRows are written at a time where no refusal is expected: larger
// chunks cost fewer statements.
const optimisticRows = 5000

// store plans and writes rows in the transaction tx, chunk by chunk. It may be
// called again for the same rows when the transaction was rolled back: it keeps
// nothing of the earlier call. Once the transaction is committed, or will be
// with more rows in it, stored must be called.
//
// An optimistic attempt is quicker, and fails as a whole with store.ErrRefused
// where the database refuses a row.
func (e *engine) store(tx *store.Tx, rows []*row, optimistic bool) error {
	e.claims.back(0)
	e.unit = unit{}
	e.planner.forget()
	for _, r := range rows {
		r.refused = ""
	}
	current := e.rev != 0 && (tx.Rev == e.rev+1 || tx.Rev == e.rev) // nobody else wrote since
	e.rev = 0
	if !current || e.rights.stale(tx.Now) {
		if err := e.load(tx); err != nil {
			return err
		}
	}
	if err := e.ids.load(tx); err != nil {
		return err
	}
	size := e.opts.Chunk
	if optimistic {
		tx.Optimistic()
		size = max(size, optimisticRows)
	}
	for len(rows) > 0 {
		n := min(len(rows), size)
		if err := e.chunk(tx, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// save stores what the unit says about itself, in the unit's own transaction.
func (e *engine) save(tx *store.Tx, run *crm.Run) error {
	if err := tx.SaveCreated(run.ID, e.unit.ranges); err != nil {
		return fmt.Errorf("store created ids: %w", err)
	}
	if err := tx.SaveChanges(run.ID, e.seq, e.unit.images); err != nil {
		return fmt.Errorf("store before-images: %w", err)
	}
	if !e.opts.Atomic { // else it ends with these rows or not at all
		if err := e.saveForLater(tx, run); err != nil {
			return err
		}
	}
	return tx.SaveRun(run)
}

// saveForLater stores the rejected rows, and what the rows behind the mark will
// have to know; at the end of the file nobody will.
func (e *engine) saveForLater(tx *store.Tx, run *crm.Run) error {
	if err := tx.SaveErrors(run.ID, e.unit.errors); err != nil {
		return fmt.Errorf("store rejected rows: %w", err)
	}
	if run.AtEnd {
		return tx.DropClaims(run.ID)
	}
	pieces, err := e.claims.pieces()
	if err != nil {
		return err
	}
	if err := tx.SaveClaims(run.ID, e.claimSeq, pieces); err != nil {
		return fmt.Errorf("store claims: %w", err)
	}
	return nil
}

// stored ends a unit whose transaction made revision rev.
func (e *engine) stored(rev int64) {
	e.rev = rev
	e.seq += int64(len(e.unit.images))
	e.claimSeq += int64((e.claims.mark() + eventsPerPiece - 1) / eventsPerPiece)
	for _, r := range e.unit.ranges {
		e.owned = joinRange(e.owned, r)
	}
	e.end()
}

// end takes over what the rows so far found out for people.
func (e *engine) end() {
	e.changes = append(e.changes, e.unit.changes...)
	e.unit.changes = nil
	e.claims.keep()
}

// resume makes the engine know what the run knew when its last unit was stored.
func (e *engine) resume(tx *store.Tx, run int64) (err error) {
	e.claimSeq = 1
	if e.owned, err = tx.CreatedBy(run); err != nil {
		return err
	}
	if e.seq, err = tx.NextChange(run); err != nil {
		return err
	}
	return tx.Claims(run, func(piece string) error {
		e.claimSeq++
		return e.claims.load(piece)
	})
}

// owns reports whether this run created the thing: it was not there before, and
// an undo needs no before-image of it.
func (e *engine) owns(s store.Sequence, id int64) bool {
	return e.ids.pending(s, id) || inRanges(e.unit.ranges, s, id) || inRanges(e.owned, s, id)
}

// list adds values that a row overwrites to those shown to people. The strings
// are copied: they would keep all the text alive that was read with them.
func (e *engine) list(r *row, object string, changes []cellChange) {
	for _, c := range changes {
		if len(e.changes)+len(e.unit.changes) == maxChanges {
			return
		}
		e.unit.changes = append(e.unit.changes, FieldChange{Row: r.rec.Row, Object: strings.Clone(object),
			Field: e.columns[c.column].Field, Old: strings.Clone(c.old), New: strings.Clone(c.now)})
	}
}

// image keeps what an undo puts back; a dry run needs none.
func (e *engine) image(list *[]store.Change, r *row, kind string, id, staff int64, before any, after string) {
	if !e.dry {
		*list = append(*list, newImage(r, kind, id, staff, before, after))
	}
}
