package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"time"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// RestoreOptions say how a snapshot is restored.
type RestoreOptions struct {
	// Only names the groups, tags and customers to restore; empty for all.
	Only []string
	By   int64 // who does it, 0 for the operator
	// Command is the command line, for the log.
	Command string
	Wait    time.Duration // for another job to end, 0 for the default
	// Progress is told how many of how many rows are done. It may be nil.
	Progress func(done, of int64)
}

// Restored is what a restore wrote, or would write.
type Restored struct {
	Rows  map[string]int64 // by table, those with rows only
	State store.State      // of the database afterwards; not of a dry run
	// Compared: the state was compared with the one that the snapshot was taken
	// of, and is the same.
	Compared bool
}

// Total is the number of all rows.
func (r Restored) Total() (n int64) {
	for rows := range maps.Values(r.Rows) {
		n += rows
	}
	return n
}

// Check says whether a restore can be what was asked for, before a database is
// made for it.
func Check(ctx context.Context, src *Source, o RestoreOptions) error {
	_, err := choose(ctx, src, o)
	return err
}

func choose(ctx context.Context, src *Source, o RestoreOptions) (*picked, error) {
	if !src.Whole() && len(o.Only) == 0 {
		return nil, fmt.Errorf("restore snapshot %s: %w", src.Header().ID, ErrPart)
	}
	return pickOnly(ctx, src, o.Only)
}

// Plan says what a restore into an empty database would write.
func Plan(ctx context.Context, src *Source, o RestoreOptions) (Restored, error) {
	pick, err := choose(ctx, src, o)
	if err != nil {
		return Restored{}, err
	}
	out := Restored{Rows: make(map[string]int64)}
	for _, t := range src.tables() {
		n := src.rows(t.Name)
		if pick != nil {
			n = 0
			err = src.each(ctx, t.Name, func(r row) error {
				if pick.keeps(t.Name, r) {
					n++
				}
				return nil
			})
		}
		if err != nil {
			return Restored{}, err
		}
		if n > 0 {
			out.Rows[t.Name] = n
		}
	}
	return out, nil
}

// Restore writes a snapshot into an empty database, which becomes the database
// that the snapshot is of: its identity, its company's settings and its counters
// come along. All of it is there afterwards, or nothing.
//
// A whole snapshot is done when the state is exactly the one that it was taken
// of; else everything is taken back and the error is an ErrMismatch.
func Restore(ctx context.Context, db *store.DB, src *Source, o RestoreOptions) (out Restored, err error) {
	pick, err := choose(ctx, src, o)
	if err != nil {
		return Restored{}, err
	}
	job, err := db.StartJob(ctx, "snapshot restore", o.Wait)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, job.Done(ctx)) }()
	err = db.InTx(ctx, job, func(tx *store.Tx) error {
		if err := mustBeEmpty(tx); err != nil {
			return err
		}
		r := &restorer{tx: tx, src: src, o: o, of: src.Manifest().Rows}
		if pick != nil {
			r.choose, r.pick = pick.of, pick
		}
		if out, err = r.run(ctx); err != nil {
			return err
		}
		return r.log(out, "empty")
	})
	if err != nil {
		return Restored{}, fmt.Errorf("restore snapshot %s: %w", src.Header().ID, err)
	}
	return out, nil
}

func mustBeEmpty(tx *store.Tx) error {
	table, err := tx.Occupied()
	if err == nil && table != "" {
		err = fmt.Errorf("%w: there are rows in %s", ErrNotEmpty, table)
	}
	return err
}

// Empty reports whether a database can take a snapshot as it is.
func Empty(ctx context.Context, db *store.DB) (bool, error) {
	table := ""
	err := db.View(ctx, func(tx *store.Tx) (err error) {
		table, err = tx.Occupied()
		return err
	})
	return table == "", err
}

// choice says which rows of a chunk to restore; nil for all.
type choice func(*archive.Chunk) func(key int64, cells []archive.Cell) bool

// restorer is one attempt, in one transaction.
type restorer struct {
	tx       *store.Tx
	src      *Source
	choose   choice  // nil: everything
	pick     *picked // nil, or where choose finds what it wants
	o        RestoreOptions
	done, of int64
}

func (r *restorer) run(ctx context.Context) (Restored, error) {
	out := Restored{Rows: make(map[string]int64)}
	err := r.tx.WithoutIndexes(func() error {
		for _, t := range r.src.tables() {
			n, err := r.table(ctx, t.Name)
			if err != nil {
				return err
			}
			if n > 0 {
				out.Rows[t.Name] = n
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	if err := r.counters(ctx); err != nil {
		return out, err
	}
	if err := r.adopt(ctx); err != nil {
		return out, err
	}
	if err := ctx.Err(); err != nil {
		return out, context.Cause(ctx)
	}
	return out, r.compare(&out)
}

// table loads one table, chunk by chunk; cancelling is looked at between them.
func (r *restorer) table(ctx context.Context, name string) (total int64, err error) {
	done := r.done
	if r.choose == nil {
		return r.tx.LoadAll(r.told(r.src.all(ctx, name)))
	}
	chunks := r.src.all(ctx, name)
	if r.pick != nil {
		chunks = r.pick.chunks(ctx, r.src, name)
	}
	for chunk, err := range r.told(chunks) {
		if err != nil {
			return total, err
		}
		n, err := r.tx.Load(chunk, r.choose(chunk))
		if err != nil {
			return total, err
		}
		total += n
	}
	r.done = done + r.src.rows(name) // with what was passed over
	return total, nil
}

// told is the chunks; of each that was loaded progress is told.
func (r *restorer) told(chunks iter.Seq2[*archive.Chunk, error]) iter.Seq2[*archive.Chunk, error] {
	return func(yield func(*archive.Chunk, error) bool) {
		for chunk, err := range chunks {
			if !yield(chunk, err) || err != nil {
				return
			}
			r.done += chunk.Len()
			if r.o.Progress != nil {
				r.o.Progress(r.done, r.of)
			}
		}
	}
}

// counters go up to where they stood, also those of rows that are not restored:
// an id that somebody may have noted down must not come to mean another thing.
func (r *restorer) counters(ctx context.Context) error {
	return r.src.each(ctx, "counter", func(c row) error {
		return r.tx.RaiseCounter(store.Sequence(c.text("name")), c.int("next"))
	})
}

// adopt takes over what the file says about the database and its company. What
// it does not say stays as the target has it.
func (r *restorer) adopt(ctx context.Context) error {
	h := r.src.Header()
	m := store.Meta{UUID: h.Database, Company: h.Company}
	err := r.src.each(ctx, metaTable, func(c row) error {
		m.TimeZone, m.Lang = c.text("timezone"), c.text("lang")
		return nil
	})
	if err != nil {
		return err
	}
	return r.tx.Adopt(m)
}

// compare holds the database against what the snapshot was taken of.
func (r *restorer) compare(out *Restored) (err error) {
	if out.State, err = r.tx.State(); err != nil {
		return err
	}
	want := r.src.Manifest().Exact
	if r.choose != nil || !r.src.Whole() || want == "" {
		return nil
	}
	if out.Compared = out.State.Exact == want; !out.Compared {
		return fmt.Errorf("%w: exact %s, and the snapshot has %s", ErrMismatch, out.State.Exact, want)
	}
	return nil
}

func (r *restorer) log(out Restored, mode string) error {
	detail, err := json.Marshal(map[string]any{"mode": mode, "rows": out.Rows, "only": r.o.Only})
	if err != nil {
		return err
	}
	return r.tx.WriteAudit(store.Audit{Operator: store.Operator(), StaffID: r.o.By, Action: "snapshot.restore",
		Object: "snapshot:" + r.src.Header().ID, Command: r.o.Command, Detail: string(detail)})
}
