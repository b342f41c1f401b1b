package snapshot

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// oneOrNone fails unless a failed Create has left the folder as it was, and one
// that succeeded has added one whole snapshot.
func oneOrNone(t *testing.T, d *Dir, before []string, err error, when string) (after []string) {
	t.Helper()
	after = entries(t, d)
	if err != nil {
		if !slices.Equal(before, after) {
			t.Errorf("%s: left %v, before %v (%v)", when, after, before, err)
		}
		return after
	}
	if len(after) != len(before)+2 {
		t.Errorf("%s: no error, and the folder holds %v, before %v", when, after, before)
	}
	return after
}

// allWhole fails unless every listed snapshot is whole.
func allWhole(t *testing.T, d *Dir) {
	t.Helper()
	list, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if err := Verify(t.Context(), i); err != nil {
			t.Errorf("%s is listed: %v", i.File, err)
		}
	}
}

// The connection is lost at each statement in turn, before it and after it: the
// snapshot fails whole, or what was tried again is whole.
func TestF23LostAtEachStatement(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		plan := new(fault.Plan)
		db, d := storetest.Open(t, target, store.WithConnector(plan.Connector)), folder(t)
		fill(t, db, 7, 50)
		mustCreate(t, db, d, Options{}) // which opens the connections
		plan.Steps()
		mustCreate(t, db, d, Options{})
		statements := plan.Steps()
		gone := error(driver.ErrBadConn)
		if !db.Remote() { // a file has no connection to lose: reading it fails
			gone = errors.New("input/output error")
		}
		before, failed := entries(t, d), 0
		for n, step := range statements {
			for _, after := range []bool{false, true} {
				plan.Add(fault.Fault{N: n + 1, Err: gone, Kill: db.Remote(), After: after})
				_, err := Create(t.Context(), db, d, Options{})
				if err != nil {
					failed++
				}
				before = oneOrNone(t, d, before, err, step.String())
				if left := plan.Unused(); len(left) > 0 {
					t.Fatalf("%v was never met: %v", left, err)
				}
			}
		}
		if failed < len(statements) {
			t.Errorf("%d of %d losses were noticed", failed, 2*len(statements))
		}
		allWhole(t, d)
	})
}

// A proxy passes on what clients and a server say, and cuts all connections once
// the server has said so many bytes.
type proxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	left  int64 // bytes until the cut
	cut   bool
	conns []net.Conn
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: server, cut: true}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, io.TeeReader(server, p))
}

// Write counts what the server says, and cuts.
func (p *proxy) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left -= int64(len(b))
	if p.left > 0 || p.cut {
		return len(b), nil
	}
	p.cut = true
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
	return 0, io.ErrClosedPipe
}

// cutAfter lets so many bytes pass from now on.
func (p *proxy) cutAfter(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.cut = bytes, false
}

// passed is how many of them have passed.
func (p *proxy) passed(of int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return of - p.left
}

// The network breaks after any number of bytes.
func TestF23CutAtByte(t *testing.T) {
	t.Parallel()
	target, d := storetest.MySQL(t), folder(t)
	fill(t, storetest.Open(t, target), 7, 2000)
	p := newProxy(t, target.Host)
	through := target
	through.Host = p.listener.Addr().String()
	db := storetest.Open(t, through)
	const never = int64(1) << 40
	p.cutAfter(never)
	mustCreate(t, db, d, Options{})
	all := p.passed(never)
	before, failed := entries(t, d), 0
	const cuts = 60
	for n := range int64(cuts) {
		at := 1 + n*all/cuts
		p.cutAfter(at)
		_, err := Create(t.Context(), db, d, Options{})
		if err != nil {
			failed++
		}
		before = oneOrNone(t, d, before, err, "")
	}
	if failed < cuts/2 {
		t.Errorf("%d of %d cuts of %d bytes were noticed", failed, cuts, all)
	}
	t.Logf("%d of %d cuts within %d bytes failed, the others were made good", failed, cuts, all)
	allWhole(t, d)
	p.cutAfter(never)
	mustCreate(t, db, d, Options{})
}

// Somebody changes a table while a snapshot is taken: it fails whole, or it holds
// what the database held before, and never some of both.
func TestF26TableChanged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		plan := new(fault.Plan)
		db, d := storetest.Open(t, target, store.WithConnector(plan.Connector)), folder(t)
		fill(t, db, 7, 200)
		raw := storetest.Raw(t, target)
		waits := "SET lock_wait_timeout = 1"
		if !db.Remote() {
			waits = "PRAGMA busy_timeout = 1000"
		}
		if _, err := raw.ExecContext(t.Context(), waits); err != nil {
			t.Fatal(err)
		}
		before, want, refused := entries(t, d), storetest.State(t, db), 0
		for _, change := range []struct{ sql, when string }{
			{"ALTER TABLE link ADD COLUMN note INT", "FROM tag "},
			{"CREATE INDEX link_run ON link (run_id)", "FROM tag "},
			{"ALTER TABLE link DROP COLUMN note", "FROM tag "},
			{"ALTER TABLE customer ADD COLUMN note INT", "FROM link "}, // when its rows were read
			{"ALTER TABLE link FORCE", "FROM tag "},                    // makes it anew
			{"ALTER TABLE customer RENAME COLUMN name TO name2", "FROM tag "},
			{"ALTER TABLE customer RENAME COLUMN name2 TO name", "FROM department "},
		} {
			if !db.Remote() && strings.HasSuffix(change.sql, "FORCE") {
				continue // there is no such thing
			}
			made := error(nil)
			plan.Add(fault.Fault{Op: fault.Query, SQL: change.when + "ORDER BY", Do: func() { _, made = raw.ExecContext(t.Context(), change.sql) }})
			m, err := Create(t.Context(), db, d, Options{})
			before = oneOrNone(t, d, before, err, change.sql)
			t.Logf("%s: %v; the snapshot: %v", change.sql, made, err)
			if err != nil {
				refused++
			} else if m.Exact != want.Exact || m.Rows["link"] != want.Counts.Links+want.InBin.Links {
				t.Errorf("%s: the file holds another state", change.sql)
			}
			if made != nil && !strings.Contains(made.Error(), "Lock wait") {
				t.Errorf("%s: %v", change.sql, made)
			}
			if made != nil { // it had to wait for the snapshot
				if _, err := raw.ExecContext(t.Context(), change.sql); err != nil {
					t.Fatal(err)
				}
			}
		}
		if left := plan.Unused(); len(left) > 0 {
			t.Errorf("never met: %v", left)
		}
		if db.Remote() && refused == 0 {
			t.Error("no change was noticed")
		}
		mustCreate(t, db, d, Options{})
		allWhole(t, d)
	})
}
