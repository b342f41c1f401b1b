package snapshot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/gofrs/flock"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
)

// Drilled is what a restore for trial found.
type Drilled struct {
	At      int64 // epoch milliseconds
	Rows    int64 // that were restored
	Of      int64 // that the snapshot holds
	Sampled bool  // a part of it only: the disk has no room for all
	Exact   string
	Took    time.Duration
}

// ErrBroken: what was restored for trial is no sound database.
var ErrBroken = errors.New("the restored database is not sound")

// sampleCustomers is how many chunks of customers a sample has.
const sampleCustomers = 4

// Drill restores a snapshot for trial, into a database of its own that lies in
// the snapshot folder while it lasts and is removed whatever happens. The state
// must be the one that the snapshot was taken of, and the database sound. Where
// there is not three times the room that the rows take, only a sample is
// restored, and its state cannot be compared.
//
// db remembers the result, if the snapshot is its own. An encrypted snapshot needs
// one of the keys that open it; its rows lie in the clear in the scratch database
// while that lasts.
func Drill(ctx context.Context, db *store.DB, d *Dir, i Info, progress func(done, of int64), keys ...age.Identity) (out Drilled, err error) {
	if !i.Whole() {
		return out, fmt.Errorf("drill %s: %w", i.Short(), ErrPart)
	}
	room, err := freeBytes(d.path)
	if err != nil {
		return out, fmt.Errorf("drill: look for room in %s: %w", d.path, err)
	}
	return drill(ctx, db, d, i, room, progress, keys...)
}

func drill(ctx context.Context, db *store.DB, d *Dir, i Info, room int64, progress func(done, of int64), keys ...age.Identity) (out Drilled, err error) {
	start := time.Now()
	src, err := OpenSource(ctx, i.Path, keys...)
	if err != nil {
		return out, errors.Join(err, remember(ctx, db, i, store.SnapshotCheck{Problem: problemOfDrill(err)}))
	}
	defer src.Close()
	if i = i.As(src.Manifest()); !i.Whole() {
		return out, fmt.Errorf("drill %s: %w", i.Short(), ErrPart)
	}
	out.Of, out.Sampled = src.Manifest().Rows, room/3 < src.Manifest().RawSize
	if err = d.tryOut(ctx, src, &out, progress); err != nil {
		if errors.Is(err, ErrMismatch) || errors.Is(err, ErrBroken) {
			err = errors.Join(err, remember(ctx, db, i, store.SnapshotCheck{Problem: problemOfDrill(err)}))
		}
		return out, fmt.Errorf("drill %s: %w", i.Short(), err)
	}
	out.At, out.Took = d.now().UnixMilli(), time.Since(start)
	return out, remember(ctx, db, i, store.SnapshotCheck{VerifiedAt: out.At, DrilledAt: out.At, Sampled: out.Sampled})
}

// LastDrill is when a snapshot of this database was last restored for trial, in
// epoch milliseconds, 0 = never; the file may be gone by now.
func LastDrill(tx *store.Tx) (last int64, err error) {
	checks, err := tx.SnapshotChecks()
	for _, c := range checks {
		last = max(last, c.DrilledAt)
	}
	return last, err
}

// problemOfDrill is what is remembered of a failure: none of one that is not
// the file's.
func problemOfDrill(err error) string {
	if damage := (*DamageError)(nil); errors.As(err, &damage) || errors.Is(err, ErrMismatch) || errors.Is(err, ErrBroken) {
		return problemOf(err)
	}
	return ""
}

func remember(ctx context.Context, db *store.DB, i Info, c store.SnapshotCheck) error {
	if i.Database != db.Meta().UUID || c.Problem == "" && c.DrilledAt == 0 {
		return nil
	}
	c.SnapshotID, c.Sequence = i.ID, i.Sequence
	return db.InTx(context.WithoutCancel(ctx), nil, func(tx *store.Tx) error { return tx.SaveSnapshotCheck(c) })
}

// drillPrefix begins the names of scratch databases. They are in the making as
// far as the folder is concerned: nobody lists them.
const drillPrefix = tempPrefix + "drill-"

// tryOut restores into a scratch database and looks at it.
func (d *Dir) tryOut(ctx context.Context, src *Source, out *Drilled, progress func(done, of int64)) (err error) {
	base := filepath.Join(d.path, drillPrefix+strings.ToLower(rand.Text()))
	hold := flock.New(base+holdSuffix, flock.SetPermissions(0o600))
	if ok, err := hold.TryLock(); err != nil || !ok {
		return fmt.Errorf("mark the scratch database as in use: %w", errors.Join(err, fs.ErrExist))
	}
	defer func() {
		err = errors.Join(err, removeScratch(base), hold.Close(), os.Remove(hold.Path()))
	}()
	d.sweepScratch()
	db, _, err := store.Create(ctx, store.Target{Engine: store.SQLite, Path: base + tempSuffix}, store.Settings{}, store.ForBulk())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.InTx(ctx, nil, func(tx *store.Tx) error {
		r := &restorer{tx: tx, src: src, o: RestoreOptions{Progress: progress}, of: out.Of}
		if out.Sampled {
			r.choose = src.sample()
		}
		got, err := r.run(ctx)
		out.Rows, out.Exact = got.Total(), got.State.Exact
		return err
	})
	if err != nil {
		return err
	}
	return db.View(ctx, func(tx *store.Tx) error {
		found, err := tx.Problems()
		if err == nil && len(found) > 0 {
			err = fmt.Errorf("%w: %s", ErrBroken, strings.Join(found, "; "))
		}
		return err
	})
}

// sample chooses the first customers with what hangs on them, and everything
// that is small; no history.
func (s *Source) sample() choice {
	last, n := int64(0), 0
	for _, c := range s.Manifest().Chunks {
		if c.Table == "customer" && n < sampleCustomers {
			last, n = c.Last, n+1
		}
	}
	return func(c *archive.Chunk) func(int64, []archive.Cell) bool {
		switch c.Table().Name {
		case "customer", "customer_staff", "link":
			return func(key int64, _ []archive.Cell) bool { return key <= last }
		case "audit_log", "import_run", "import_error", "import_created", "import_change":
			return func(int64, []archive.Cell) bool { return false }
		}
		return nil
	}
}

// scratchSuffixes are the files that SQLite has beside a database.
var scratchSuffixes = []string{"", "-wal", "-shm", "-journal", "-lock"}

func removeScratch(base string) error {
	var errs []error
	for _, suffix := range scratchSuffixes {
		if err := os.Remove(base + tempSuffix + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove the scratch database: %w", err))
		}
	}
	return errors.Join(errs...)
}

// sweepScratch removes what drills left behind that were killed: those whose
// hold nobody holds, and what lies beside a database that is gone.
func (d *Dir) sweepScratch() {
	list, err := os.ReadDir(d.path)
	if err != nil {
		return
	}
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), drillPrefix) {
			continue
		}
		base, _, _ := strings.Cut(strings.TrimPrefix(e.Name(), tempPrefix), ".")
		base = filepath.Join(d.path, tempPrefix+base)
		hold := flock.New(base + holdSuffix)
		if ok, err := hold.TryLock(); err != nil || !ok {
			continue // somebody's, this drill's own too
		}
		_ = removeScratch(base) // what stays is tried again the next time
		_ = hold.Close()
		_ = os.Remove(hold.Path())
	}
}
