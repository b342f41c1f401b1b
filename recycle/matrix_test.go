package recycle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/snapshot"
)

// F2, F3, F5, F9, F10, F23, F35: every step of every operation of the bin, with
// every fault: the connection dies, the database fails, the answer to a commit is
// lost, somebody cancels, the disk is full or fails. Afterwards the rows are
// there, or a verified snapshot and an entry of the bin are; nothing else.
func TestCrashMatrix_F02_F05_F10_F35(t *testing.T) {
	t.Parallel()
	var cases, held atomic.Int64
	t.Cleanup(func() { t.Logf("crash matrix: %d of %d", held.Load(), cases.Load()) })
	storetest.Each(t, func(t *testing.T, target store.Target) {
		for _, o := range matrixOperations {
			t.Run(o.name, func(t *testing.T) {
				m := newMatrix(t, target.Engine, o)
				m.cases, m.held = &cases, &held
				m.database()
				m.folder()
			})
		}
	})
}

// every is how many steps pass from one that is tried to the next: make crash
// tries all of them, other runs a few of each operation.
func every() int {
	if os.Getenv("TAGKEEP_MATRIX") == "all" {
		return 1
	}
	return 7
}

// operation is one thing that is tried. prepare brings a scene to where it can
// start; run does it, once; back brings what it did to where it was before.
type operation struct {
	name    string
	prepare func(s *scene) int64
	run     func(ctx context.Context, s *scene, event int64) error
	back    func(s *scene, event int64)
	// several: it commits more than once, and is finished by running it again.
	several bool
}

var matrixOperations = []operation{
	{name: "delete",
		prepare: func(*scene) int64 { return 0 },
		run: func(ctx context.Context, s *scene, _ int64) error {
			_, err := Delete(ctx, s.db, s.dir, Selection{Groups: []int64{intent}, Customers: []int64{4, 5}}, DeleteOptions{Reason: "x"})
			return err
		},
		back: func(s *scene, _ int64) { s.restore(s.lastEvent(crm.EventDelete), RestoreOptions{}) }},
	{name: "restore",
		prepare: func(s *scene) int64 {
			s.give(staffGrant(ben, crm.ObjectTag, high, crm.LevelHidden))
			event := s.del(Selection{Tags: []int64{high, vip}, Customers: []int64{7}})
			s.newTag(intent, "高意向", 1)
			s.link(3, gold, anna)
			return event
		},
		run: func(ctx context.Context, s *scene, event int64) error {
			_, err := Restore(ctx, s.db, s.dir, event, RestoreOptions{OnConflict: Replace})
			return err
		},
		back: func(s *scene, _ int64) { s.undo(s.lastEvent(crm.EventRestore)) }},
	{name: "undo",
		prepare: func(s *scene) int64 {
			event := s.del(Selection{Tags: []int64{high}})
			s.newTag(intent, "高意向", 1)
			return s.restore(event, RestoreOptions{OnConflict: Merge}).Event
		},
		run: func(ctx context.Context, s *scene, event int64) error {
			_, err := Undo(ctx, s.db, s.dir, event, UndoOptions{})
			return err
		},
		back: func(s *scene, _ int64) { s.undo(s.lastEvent(crm.EventUndo)) }},
	{name: "merge",
		prepare: func(s *scene) int64 { return 0 },
		run: func(ctx context.Context, s *scene, _ int64) error {
			_, err := MergeTags(ctx, s.db, s.dir, []int64{low, shop}, high, DeleteOptions{Reason: "x"})
			return err
		},
		back: func(s *scene, _ int64) { s.restore(s.lastEvent(crm.EventMerge), RestoreOptions{}) }},
	{name: "undo of an import",
		prepare: func(s *scene) int64 {
			r := runs["customers"]
			return s.loaded(r.kind, r.o, r.lines...)
		},
		run: func(ctx context.Context, s *scene, run int64) error {
			_, err := UndoRun(ctx, s.db, s.dir, run, UndoOptions{})
			return err
		},
		back: func(s *scene, _ int64) { s.undo(s.lastEvent(crm.EventUndo)) }},
	{name: "restore of a snapshot",
		prepare: func(s *scene) int64 {
			made, err := snapshot.Create(s.Context(), s.db, s.dir, snapshot.Options{})
			if err != nil {
				s.Fatal(err)
			}
			s.del(Selection{Tags: []int64{high}, Customers: []int64{2}})
			s.newTag(intent, "高意向", 1)
			s.link(3, gold, anna)
			return made.Sequence
		},
		run: func(ctx context.Context, s *scene, sequence int64) error {
			i, err := s.dir.Get(fmt.Sprintf("S%d", sequence))
			if err != nil {
				return err
			}
			src, err := snapshot.OpenSource(ctx, i.Path)
			if err != nil {
				return err
			}
			defer src.Close()
			_, err = RestoreSnapshot(ctx, s.db, s.dir, src, SnapshotOptions{Mode: ModeExact})
			return err
		},
		back: func(s *scene, _ int64) { s.undo(s.lastEvent(crm.EventRestore)) }},
}

func (s *scene) lastEvent(kind string) (id int64) {
	s.Helper()
	s.read(func(tx *store.Tx) error {
		list, err := tx.Deletions()
		for _, d := range list {
			if d.Kind == kind && d.State != crm.StateRestored {
				id = d.ID
			}
		}
		return err
	})
	return id
}

// matrix is one operation on one engine, tried over and over.
type matrix struct {
	*scene
	operation
	plan          *fault.Plan
	event         int64
	before, after store.State
	cases, held   *atomic.Int64
	step          func(string) error // of the folder
}

func newMatrix(t *testing.T, engine store.Engine, o operation) *matrix {
	target := storetest.SQLite(t)
	if engine == store.MySQL {
		target = storetest.MySQL(t)
	}
	m := &matrix{operation: o, plan: new(fault.Plan), step: func(string) error { return nil }}
	clock := storetest.NewClock()
	m.scene = &scene{TB: t, db: storetest.Open(t, target, clock.Option(), store.WithConnector(m.plan.Connector)), clock: clock}
	var err error
	if m.dir, err = snapshot.OpenDir(filepath.Join(t.TempDir(), "snapshots")); err != nil {
		t.Fatal(err)
	}
	m.dir.Watch(func(name string) error { return m.step(name) })
	m.write(m.fill)
	m.tick()
	m.event = m.prepare(m.scene)
	m.before = m.state()
	return m
}

// database tries a fault at each step that the database is asked for.
func (m *matrix) database() {
	// The first run makes counters, which later ones find.
	if err := m.run(m.Context(), m.scene, m.event); err != nil {
		m.Fatal(err)
	}
	m.reset()
	m.plan.Steps()
	if err := m.run(m.Context(), m.scene, m.event); err != nil {
		m.Fatal(err)
	}
	steps := m.plan.Steps()
	m.after = m.state()
	m.reset()
	for i, step := range steps {
		if i%every() != 0 {
			continue
		}
		if strings.Contains(step.SQL, "_LOCK(") {
			continue // a connection of its own; the store's tests lose it
		}
		for _, f := range faultsAt(step) {
			ctx, cancel := context.WithCancel(m.Context())
			if f.N = i + 1; f.Do != nil {
				f.Do = cancel
			}
			m.try(ctx, fmt.Sprintf("%s %v", step, f), f)
			cancel()
		}
	}
}

// faultsAt are the faults that are tried at a step: the connection dies, the
// database fails, somebody cancels (Do is then to be replaced), and of a commit
// the answer is lost too. A commit that fails is lost with its connection: no
// driver leaves one in a transaction that it says has ended.
func faultsAt(step fault.Step) []fault.Fault {
	cancelled := fault.Fault{Do: func() {}}
	switch step.Op {
	case fault.Begin:
		return []fault.Fault{{Kill: true}, cancelled}
	case fault.Commit:
		return []fault.Fault{{Kill: true}, {Kill: true, Err: errors.New("failed")}, {After: true, Kill: true, Err: errors.New("no answer")}, {After: true, Kill: true}, cancelled}
	}
	return []fault.Fault{{Kill: true}, {Err: errors.New("input/output error")}, cancelled}
}

// folder tries a full and a failing disk at each step of publishing.
func (m *matrix) folder() {
	var steps int
	m.step = func(string) error { steps++; return nil }
	if err := m.run(m.Context(), m.scene, m.event); err != nil {
		m.Fatal(err)
	}
	all := steps
	m.step = func(string) error { return nil }
	m.reset()
	for at := 1; at <= all; at += every() {
		for _, errno := range []error{syscall.ENOSPC, syscall.EIO} {
			n := 0
			m.step = func(string) error {
				if n++; n == at {
					return errno
				}
				return nil
			}
			m.cases.Add(1)
			err := m.run(m.Context(), m.scene, m.event)
			m.step = func(string) error { return nil }
			if !errors.Is(err, errno) {
				m.Errorf("%s: %v at step %d of the folder: got %v", m.name, errno, at, err)
			}
			if m.check(fmt.Sprintf("%v at step %d of the folder", errno, at), err) {
				m.held.Add(1)
			}
		}
	}
}

func (m *matrix) try(ctx context.Context, what string, f fault.Fault) {
	m.cases.Add(1)
	m.plan.Add(f)
	err := m.run(ctx, m.scene, m.event)
	m.plan.Drop()
	if m.check(what, err) {
		m.held.Add(1)
	}
}

// check demands that all or nothing happened, and brings the scene back.
func (m *matrix) check(what string, err error) bool {
	m.Helper()
	now := m.state()
	if m.several && now.Exact != m.before.Exact {
		if err := m.run(m.Context(), m.scene, m.event); err != nil && !errors.Is(err, ErrPurging) {
			m.Errorf("%s: %s: the second run: %v", m.name, what, err)
			return false
		}
		now = m.state()
	}
	switch {
	case now == m.before:
		if err == nil {
			m.Errorf("%s: %s: it says that all went well, and nothing happened", m.name, what)
			return false
		}
	case now.Hash == m.after.Hash && now.Counts == m.after.Counts && now.InBin == m.after.InBin: // exact has the number of the event
		m.proved(what)
		m.reset()
	default:
		m.Fatalf("%s: %s: neither before nor after: %+v\nbefore %+v\nafter %+v", m.name, what, now, m.before, m.after)
	}
	return !m.Failed()
}

// proved demands of every event with things in the bin a snapshot that verifies.
func (m *matrix) proved(what string) {
	m.read(func(tx *store.Tx) error {
		list, err := tx.Deletions()
		if err != nil {
			return err
		}
		for _, d := range list {
			if d.Kind != crm.EventDelete || d.State != crm.StateInBin {
				continue
			}
			i, err := m.dir.Get(d.SnapshotID)
			if err == nil {
				err = snapshot.Verify(m.Context(), i)
			}
			if err != nil {
				m.Errorf("%s: %s: %s went without a verified snapshot: %v", m.name, what, d.Label(), err)
			}
		}
		return nil
	})
}

// reset takes back what the operation did.
func (m *matrix) reset() {
	m.Helper()
	m.operation.back(m.scene, m.event)
	m.sound()
	if now := m.state(); now != m.before {
		m.Fatalf("%s: could not be brought back: %+v, want %+v", m.name, now, m.before)
	}
}
