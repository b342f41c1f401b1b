// Package fault makes a database fail where a test wants it to. It sits under
// database/sql, so the SQL above a fault is real, and so is what it leaves
// behind.
//
//	plan := fault.Check(t)
//	db, err := store.Open(ctx, target, store.WithConnector(plan.Connector))
//	plan.Add(fault.Fault{Op: fault.Commit, After: true, Err: driver.ErrBadConn})
//
// A [Fault] is planned by operation, by a part of the statement's text and by
// number, counted from the moment it is added, and strikes once. Check fails
// the test at its end when a planned fault was not struck: a fault that nobody
// meets proves nothing.
//
// To try every place instead of the likely ones, run the work once, read
// [Plan.Steps], and run it again with a fault at each of them.
//
// The wrapped connections offer exactly the abilities of those they wrap, so
// that database/sql takes the same ways as without.
package fault

import (
	"database/sql/driver"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// Op is something that database/sql asks a driver to do.
type Op string

// The operations. Any matches all of them but Next and Rollback, which follow
// from others.
const (
	Any      Op = ""
	Connect  Op = "connect"
	Begin    Op = "begin"
	Prepare  Op = "prepare"
	Exec     Op = "exec"  // prepared or not
	Query    Op = "query" // prepared or not
	Next     Op = "next"  // the reading of one row
	Commit   Op = "commit"
	Rollback Op = "rollback"
)

// Fault is one planned failure.
type Fault struct {
	Op Op
	// SQL is a part of the statement's text; "" for any.
	SQL string
	// N is which of the operations that match, from 1; 0 means 1.
	N int
	// After lets the operation happen, or fail by itself, and then strikes: its
	// reply is lost.
	After bool
	// Kill closes the connection, and with it the transaction that is not
	// committed. Without Err the operation returns driver.ErrBadConn, as
	// everything later on the connection does.
	Kill bool
	// Do runs first, or after the operation when After is set; it may cancel a
	// context or release what the operation would wait for.
	Do func()
	// Err is returned. With neither Err nor Kill the operation goes on.
	Err error
}

func (f Fault) String() string {
	op := f.Op
	if op == Any {
		op = "any"
	}
	when := "before"
	if f.After {
		when = "after"
	}
	return fmt.Sprintf("%s %s %d %q", when, op, max(f.N, 1), f.SQL)
}

func (f Fault) matches(s Step) bool {
	if f.Op == Any {
		return s.Op != Next && s.Op != Rollback && strings.Contains(s.SQL, f.SQL)
	}
	return f.Op == s.Op && strings.Contains(s.SQL, f.SQL)
}

func (f Fault) err() error {
	if f.Err == nil && f.Kill {
		return driver.ErrBadConn
	}
	return f.Err
}

// Step is one operation that took place.
type Step struct {
	Op  Op
	SQL string
}

func (s Step) String() string {
	line, _, _ := strings.Cut(strings.TrimSpace(s.SQL), "\n")
	return strings.TrimSpace(string(s.Op) + " " + line)
}

// Plan holds the faults to come and what has happened. It is safe for
// concurrent use.
type Plan struct {
	mu     sync.Mutex
	faults []*planned
	steps  []Step
}

type planned struct {
	Fault
	left int // matching operations until it strikes, 0 = has struck
}

// Check returns an empty plan whose faults must all have been struck when the
// test ends.
func Check(t testing.TB) *Plan {
	p := new(Plan)
	t.Cleanup(func() {
		for _, f := range p.Unused() {
			t.Errorf("planned fault was never met: %v", f)
		}
	})
	return p
}

// Add plans faults; each counts from here on.
func (p *Plan) Add(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range faults {
		p.faults = append(p.faults, &planned{f, max(f.N, 1)})
	}
}

// Unused lists the faults that have not struck yet.
func (p *Plan) Unused() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Fault
	for _, f := range p.faults {
		if f.left > 0 {
			out = append(out, f.Fault)
		}
	}
	return out
}

// Drop forgets the faults that have not struck yet.
func (p *Plan) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Steps lists the operations that Any matches, since the plan was made or Steps
// was called last.
func (p *Plan) Steps() []Step {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.steps
	p.steps = nil
	return out
}

// reach counts a step and returns the fault that strikes there, if one does.
// Of several due at the same step the first that was planned strikes; the
// others have it counted and strike at the next.
func (p *Plan) reach(s Step) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if (Fault{}).matches(s) {
		p.steps = append(p.steps, s)
	}
	var hit *planned
	for _, f := range p.faults {
		if f.left == 0 || !f.matches(s) {
			continue
		}
		if f.left > 1 {
			f.left--
		} else if hit == nil {
			hit = f
		}
	}
	if hit == nil {
		return nil
	}
	hit.left = 0
	return &hit.Fault
}

// around does one operation of a connection, with the fault planned for it, if
// any. c is nil while connecting.
func around[T any](p *Plan, c *conn, s Step, do func() (T, error)) (T, error) {
	var zero T
	if c != nil && c.dead.Load() {
		return zero, driver.ErrBadConn
	}
	f := p.reach(s)
	if f == nil {
		return do()
	}
	out, own := zero, error(nil)
	if f.After {
		out, own = do()
	}
	if f.Do != nil {
		f.Do()
	}
	planned := f.err()
	if f.After && own == nil && planned != nil {
		undo(out)
	}
	if f.Kill && c != nil {
		c.kill()
	}
	switch {
	case planned != nil:
		return zero, planned
	case f.After:
		return out, own
	default:
		return do()
	}
}

// undo gives back what database/sql will never hear of, so that nothing but the
// fault is left behind.
func undo(out any) {
	switch v := out.(type) {
	case *tx:
		_ = v.inner.Rollback() // the fault's error is the one to tell
	case io.Closer:
		_ = v.Close()
	}
}
