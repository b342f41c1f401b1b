package snapshot

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// folder is an empty one.
func folder(t testing.TB) *Dir {
	t.Helper()
	d, err := OpenDir(filepath.Join(t.TempDir(), "snapshots"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// entries are the names in a folder.
func entries(t testing.TB, d *Dir) []string {
	t.Helper()
	list, err := os.ReadDir(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func mustCreate(t testing.TB, db *store.DB, d *Dir, o Options) Made {
	t.Helper()
	m, err := Create(t.Context(), db, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What the file holds is what the tables hold, and its state hash is the
// database's.
func TestCreate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 300)
		before := storetest.State(t, db)
		m := mustCreate(t, db, d, Options{Label: "第一份", Command: "test"})
		if !m.Receipt.Valid() || m.Receipt.Snapshot() != m.ID || m.Sequence != 1 || m.Reason != Manual || m.Exact != before.Exact || m.Label != "第一份" {
			t.Errorf("made %+v, exact %s", m, before.Exact)
		}
		for table, n := range m.Rows {
			want := storetest.Count(t, db, table, "")
			if table == "audit_log" {
				want-- // the row about the snapshot itself
			}
			if n != int64(want) {
				t.Errorf("%s has %d rows in the file and %d in the database", table, n, want)
			}
		}
		for _, path := range []string{m.Path, sidecarPath(m.Path)} {
			if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", path, st.Mode(), err)
			}
		}
		list, err := d.List(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("list %v, %v", list, err)
		}
		storetest.Read(t, db, func(tx *store.Tx) error { return Marks(tx, list) })
		got, want := list[0], m.Info
		if !maps.Equal(got.Rows, want.Rows) {
			t.Errorf("rows %v, want %v", got.Rows, want.Rows)
		}
		got.Rows, want.Rows = nil, nil
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("listed %+v\nwant   %+v", got, want)
		}
	})
}

// The same rows make the same chunks, on either engine, so that equal ones can be
// passed over.
func TestCreateTwiceSameChunks(t *testing.T) {
	t.Parallel()
	var all []map[string][]archive.Hash
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 2000)
		for range 2 {
			f, err := mustCreate(t, db, d, Options{}).Open()
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			hashes := make(map[string][]archive.Hash)
			for _, c := range f.Manifest().Chunks {
				if c.Table != "counter" && c.Table != "audit_log" { // a snapshot is counted and logged
					hashes[c.Table] = append(hashes[c.Table], c.Raw)
				}
			}
			all = append(all, hashes)
		}
	})
	for i, h := range all {
		for table := range all[0] {
			if !slices.Equal(h[table], all[0][table]) {
				t.Errorf("snapshot %d: %s has other chunks than the first", i, table)
			}
		}
	}
}

// A view sees one state while somebody writes, and does not hold them up.
func TestF27CaptureWhileWriting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 5000)
		stop, wrote := make(chan struct{}), 0
		var wait sync.WaitGroup
		var slowest time.Duration
		wait.Go(func() {
			for n := int64(1); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				start := time.Now()
				// Two rows at once: a file holds both or none.
				storetest.Write(t, db, func(tx *store.Tx) error {
					return errors.Join(tx.CreateCustomers([]crm.Customer{{ID: 10000 + n, Name: "新", CreatedAt: 1, UpdatedAt: 1, Version: 1}}),
						tx.AddLinks([]crm.Link{{CustomerID: 10000 + n, TagID: 1, TaggedAt: 1}}))
				})
				slowest = max(slowest, time.Since(start))
				wrote++
			}
		})
		for range 3 {
			m := mustCreate(t, db, d, Options{})
			f, err := m.Open()
			if err != nil {
				t.Fatal(err)
			}
			customers, links := keysFrom(t, f, "customer", 10001), keysFrom(t, f, "link", 10001)
			if !slices.Equal(customers, links) {
				t.Errorf("%d customers and %d links of theirs", len(customers), len(links))
			}
			f.Close()
		}
		close(stop)
		wait.Wait()
		if wrote == 0 {
			t.Error("nobody wrote")
		}
		t.Logf("%d transactions beside three snapshots, the slowest %v", wrote, slowest)
	})
}

func keysFrom(t *testing.T, f *File, table string, from int64) (keys []int64) {
	t.Helper()
	for c, err := range f.Table(t.Context(), table, from, 1<<62) {
		if err != nil {
			t.Fatal(err)
		}
		for k := range c.Rows() {
			keys = append(keys, k)
		}
	}
	return keys
}

// badDisk fails at one step, and from then on if it is persistent: a process
// that was killed does nothing more either.
type badDisk struct {
	osDisk
	at, n  int
	err    error
	dead   bool // nothing works after the fault, removing neither
	struck bool
	steps  []string
}

func (b *badDisk) step(name string) error {
	if b.struck && b.dead {
		return b.err
	}
	b.n++
	b.steps = append(b.steps, name)
	if b.n == b.at {
		b.struck = true
		return b.err
	}
	return nil
}

func (b *badDisk) create(path string) (tempFile, error) {
	if err := b.step("create"); err != nil {
		return nil, err
	}
	f, err := b.osDisk.create(path)
	return &badFile{f, b}, err
}

func (b *badDisk) rename(from, to string) error {
	if err := b.step("rename"); err != nil {
		return err
	}
	return b.osDisk.rename(from, to)
}

func (b *badDisk) syncDir(path string) error {
	if err := b.step("syncdir"); err != nil {
		return err
	}
	return b.osDisk.syncDir(path)
}

func (b *badDisk) remove(path string) error {
	if b.struck && b.dead {
		return b.err
	}
	return b.osDisk.remove(path)
}

type badFile struct {
	tempFile
	b *badDisk
}

func (f *badFile) Write(p []byte) (int, error) {
	if err := f.b.step("write"); err != nil {
		n, _ := f.tempFile.Write(p[:len(p)/2]) // torn
		return n, err
	}
	return f.tempFile.Write(p)
}

func (f *badFile) Sync() error {
	if err := f.b.step("sync"); err != nil {
		return err
	}
	return f.tempFile.Sync()
}

func (f *badFile) Close() error {
	err := f.tempFile.Close()
	return errors.Join(f.b.step("close"), err)
}

// steps counts what publishing does to the disk.
func steps(t *testing.T, db *store.DB) []string {
	t.Helper()
	d, b := folder(t), &badDisk{}
	d.disk = b
	mustCreate(t, db, d, Options{})
	return b.steps
}

// Whatever step fails, the folder holds what it held, and a further try works.
func TestF09DiskFullAtEachStep(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLite(t))
	fill(t, db, 7, 300)
	all := steps(t, db)
	if got := strings.Join(all[len(all)-9:], " "); got != "write sync close create write sync close rename rename" && all[len(all)-1] != "syncdir" {
		t.Fatalf("steps %v", all)
	}
	checkOrder(t, all)
	d := folder(t)
	mustCreate(t, db, d, Options{})
	for _, err := range []error{syscall.ENOSPC, syscall.EIO} {
		for at := 1; at <= len(all); at++ {
			before := entries(t, d)
			b := &badDisk{at: at, err: err}
			d.disk = b
			_, got := Create(t.Context(), db, d, Options{})
			if !errors.Is(got, err) || !b.struck {
				t.Fatalf("%v at step %d (%s): %v", err, at, all[at-1], got)
			}
			if after := entries(t, d); !slices.Equal(before, after) {
				t.Fatalf("%v at step %d (%s) leaves %v, before %v", err, at, all[at-1], after, before)
			}
		}
	}
	d.disk = osDisk{}
	if m := mustCreate(t, db, d, Options{}); m.Sequence < 2 {
		t.Errorf("sequence %d", m.Sequence)
	}
}

// checkOrder: data before name, name before the folder's entry.
func checkOrder(t *testing.T, steps []string) {
	t.Helper()
	sync, rename, dir := slices.Index(steps, "sync"), slices.Index(steps, "rename"), slices.Index(steps, "syncdir")
	if sync < 0 || rename < sync || dir != len(steps)-1 {
		t.Errorf("steps in the wrong order: %v", steps)
	}
}

// Who dies at a step leaves what the next process sweeps; nothing half done is
// ever listed.
func TestF01KilledAtEachStep(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLite(t))
	fill(t, db, 7, 300)
	all := steps(t, db)
	d := folder(t)
	mustCreate(t, db, d, Options{})
	for at := 1; at <= len(all); at++ {
		d.disk = &badDisk{at: at, err: errors.New("killed"), dead: true}
		if _, err := Create(t.Context(), db, d, Options{}); err == nil {
			t.Fatalf("step %d did not fail", at)
		}
		again, err := OpenDir(d.Path())
		if err != nil {
			t.Fatal(err)
		}
		list, err := again.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			if _, _, err := verifyFile(t.Context(), i.Path); err != nil || i.Problem != "" {
				t.Errorf("killed at step %d (%s): %s is listed: %v %s", at, all[at-1], i.File, err, i.Problem)
			}
		}
		// Only the fault after the rename has made one more.
		if at < len(all) && len(list) != 1 || at == len(all) && len(list) != 2 {
			t.Errorf("killed at step %d (%s): %d snapshots", at, all[at-1], len(list))
		}
		for _, name := range entries(t, again) {
			if strings.HasPrefix(name, tempPrefix) {
				t.Errorf("killed at step %d (%s): %s is left", at, all[at-1], name)
			}
		}
	}
}

// The temporary file of a process that lives is not swept.
func TestF01LiveDraftIsKept(t *testing.T) {
	t.Parallel()
	d := folder(t)
	f, err := d.begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(d.Path()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.temp()); err != nil {
		t.Error(err)
	}
	f.end()
	if got := entries(t, d); !slices.Equal(got, []string{lockName}) {
		t.Errorf("left: %v", got)
	}
}

// A disk that loses what it was given is found out before anybody relies on it.
func TestF36LyingDisk(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 300)
	d.disk = lyingDisk{}
	_, err := Create(t.Context(), db, d, Options{})
	if !errors.Is(err, archive.ErrCorrupt) {
		t.Errorf("error %v", err)
	}
	if got := entries(t, d); !slices.Equal(got, []string{lockName}) {
		t.Errorf("left: %v", got)
	}
	if n := storetest.Count(t, db, "snapshot_check", ""); n != 0 {
		t.Errorf("%d checks registered", n)
	}
}

type lyingDisk struct{ osDisk }

func (l lyingDisk) create(path string) (tempFile, error) {
	f, err := l.osDisk.create(path)
	return lyingFile{f}, err
}

type lyingFile struct{ tempFile }

func (f lyingFile) Write(p []byte) (int, error) {
	q := slices.Clone(p)
	if len(q) > 100 {
		q[50] ^= 1
	}
	return f.tempFile.Write(q)
}

// A connection lost, or a cancel, at any statement: it fails whole.
func TestF23ConnectionLost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		plan := new(fault.Plan)
		db, d := storetest.Open(t, target, store.WithConnector(plan.Connector)), folder(t)
		fill(t, db, 7, 300)
		before := entries(t, d)
		var gone error = driver.ErrBadConn
		if !db.Remote() { // a file has no connection to lose: reading it fails
			gone = errors.New("input/output error")
		}
		for _, f := range []fault.Fault{
			{Op: fault.Query, SQL: "FROM customer ", Kill: db.Remote(), Err: gone},
			{Op: fault.Next, SQL: "FROM link ", N: 100, Kill: db.Remote(), Err: gone},
			{Op: fault.Next, SQL: "FROM link ", N: 100, Err: errors.New("gone")},
			{Op: fault.Query, SQL: "FROM audit_log ", Err: errors.New("gone")},
		} {
			plan.Add(f)
			if _, err := Create(t.Context(), db, d, Options{}); err == nil {
				t.Errorf("%v: no error", f)
			}
			if after := entries(t, d); !slices.Equal(before, after) {
				t.Errorf("%v: left %v", f, after)
			}
		}
		if left := plan.Unused(); len(left) > 0 {
			t.Errorf("never met: %v", left)
		}
		mustCreate(t, db, d, Options{})
	})
}

func TestF35CancelledAtAnyTime(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 20000)
	before := entries(t, d)
	for _, after := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond, 60 * time.Millisecond, 120 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		_, err := Create(ctx, db, d, Options{})
		cancel()
		if err == nil {
			before = entries(t, d) // it was quicker
		} else if got := entries(t, d); !slices.Equal(before, got) {
			t.Errorf("cancelled after %v: left %v (%v)", after, got, err)
		}
	}
}

func TestPanicLeavesNothing(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 300)
	func() {
		defer func() { _ = recover() }()
		_, _ = Create(t.Context(), db, d, Options{Progress: func(int64) { panic("told") }})
		t.Error("no panic")
	}()
	if got := entries(t, d); !slices.Equal(got, []string{lockName}) {
		t.Errorf("left: %v", got)
	}
}

// Two at once both succeed, under numbers and names of their own.
func TestF21TwoCreates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 300)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				own, err := OpenDir(d.Path())
				if err == nil {
					_, err = Create(t.Context(), db, own, Options{})
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		list, err := d.List(t.Context())
		if err != nil || len(list) != 4 {
			t.Fatalf("%d snapshots, %v", len(list), err)
		}
		for n, i := range list {
			if i.Sequence != int64(4-n) || i.Problem != "" {
				t.Errorf("snapshot %d is %s, %s", n, i.Short(), i.Problem)
			}
		}
	})
}

// A scheduled snapshot that holds far less than the one before says so.
func TestSuspicious(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 300)
	if m := mustCreate(t, db, d, Options{Reason: Schedule}); m.Suspicious {
		t.Error("the first one is suspicious")
	}
	storetest.Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM link WHERE customer_id > 100")
		return err
	})
	if m := mustCreate(t, db, d, Options{}); m.Suspicious {
		t.Error("one by hand is suspicious")
	}
	m := mustCreate(t, db, d, Options{Reason: Schedule})
	if i, err := d.Get(m.ID); !m.Suspicious || err != nil || !i.Suspicious {
		t.Errorf("not suspicious: %+v, %v", i, err)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	for _, o := range []Options{{Reason: "../x"}, {Label: strings.Repeat("长", MaxLabel+1)}, {Label: "\xff"}} {
		if _, err := Create(t.Context(), db, d, o); !errors.Is(err, ErrBadOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if got := entries(t, d); !slices.Equal(got, []string{lockName}) {
		t.Errorf("left: %v", got)
	}
}
