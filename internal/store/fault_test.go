package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// faulty opens a database with one connection and a plan for its faults: what
// leaks the connection hangs.
func faulty(t *testing.T, target store.Target) (*store.DB, *fault.Plan) {
	t.Helper()
	plan := fault.Check(t)
	db := storetest.Open(t, target, store.WithConnector(plan.Connector))
	db.LimitPool(1)
	return db, plan
}

// chunk is a transaction like that of an import: ids, rows, a refused row taken
// back, and a reading. It may run several times; each time it must find what it
// found the first time.
type chunk struct {
	name string
	many int // customers besides
	runs int
	id   int64
}

func (c *chunk) write(tx *store.Tx) error {
	c.runs++
	first, err := tx.NextIDs(store.SeqGroup, 2)
	if err != nil {
		return err
	}
	if c.id != 0 && first != c.id {
		return fmt.Errorf("run %d begins at id %d, the first began at %d", c.runs, first, c.id)
	}
	c.id = first
	groups := []crm.Group{{ID: first, Name: c.name, Scope: crm.ScopeShared}, {ID: first + 1, Name: c.name + "'", Scope: crm.ScopeShared}}
	if err := tx.CreateGroups(groups); err != nil {
		return err
	}
	if c.many > 0 { // enough to go another way
		customers := make([]crm.Customer, c.many)
		for i := range customers {
			customers[i] = crm.Customer{ID: first*1000 + int64(i), Name: c.name}
		}
		if err := tx.CreateCustomers(customers); err != nil {
			return err
		}
	}
	err = tx.Savepoint(func() error { return tx.CreateGroups(groups[:1]) })
	if !errors.Is(err, store.ErrRefused) {
		return fmt.Errorf("the same group again: %w", err)
	}
	got, err := tx.Groups(store.Live)
	if err != nil {
		return err
	}
	if last := got[len(got)-1]; last.ID != first+1 || last.Name != c.name+"'" {
		return fmt.Errorf("read back: %+v", last)
	}
	return nil
}

// stored fails unless the chunk is there once, or not at all, and the database
// goes on.
func (c *chunk) stored(t *testing.T, db *store.DB, want bool) {
	t.Helper()
	rows := 0
	if want {
		rows = 2
	}
	if n := storetest.Count(t, db, "tag_group", "name IN (?, ?)", c.name, c.name+"'"); n != rows {
		t.Errorf("%s: %d groups are stored, want %d", c.name, n, rows)
	}
	if n := storetest.Count(t, db, "customer", "name = ?", c.name); n != rows/2*c.many {
		t.Errorf("%s: %d customers are stored, want %d", c.name, n, rows/2*c.many)
	}
	next := chunk{name: c.name + " next"}
	if err := db.InTx(t.Context(), nil, next.write); err != nil {
		t.Errorf("%s: the next transaction: %v", c.name, err)
	}
}

// opening is how many steps a transaction takes before its function is called:
// begin, take the revision, read it.
const opening = 3

// steps are those of the chunk when nothing goes wrong.
func steps(t *testing.T, db *store.DB, plan *fault.Plan, many int) []fault.Step {
	t.Helper()
	first := chunk{name: "first"} // it also makes the rows that are there ever after
	if err := db.InTx(t.Context(), nil, first.write); err != nil {
		t.Fatal(err)
	}
	plan.Steps()
	c := chunk{name: "undisturbed", many: many}
	if err := db.InTx(t.Context(), nil, c.write); err != nil {
		t.Fatal(err)
	}
	out := plan.Steps()
	if len(out) < 12 {
		t.Fatalf("only %d steps: %v", len(out), out)
	}
	return out
}

// The connection is lost at each step in turn, before it and after it, with
// each of the errors that the driver has for it. Whatever became of the
// transaction, it ends up stored once.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	const many = 250
	db, plan := faulty(t, storetest.MySQL(t))
	for i, step := range steps(t, db, plan, many) {
		for _, after := range []bool{false, true} {
			for _, lost := range []error{driver.ErrBadConn, mysql.ErrInvalidConn} {
				c := chunk{name: fmt.Sprintf("%d %t %v", i, after, lost), many: many}
				plan.Add(fault.Fault{N: i + 1, After: after, Kill: true, Err: lost})
				err := db.InTx(t.Context(), nil, c.write)
				if err != nil {
					t.Errorf("%v, after %t, %v: %v", step, after, lost, err)
				}
				want := 2
				if i < opening || step.Op == fault.Commit && after {
					want = 1 // it had not been called yet; or its transaction was in
				}
				if c.runs != want {
					t.Errorf("%v, after %t, %v: ran %d times, want %d", step, after, lost, c.runs, want)
				}
				c.stored(t, db, true)
			}
		}
	}
}

// The same while rows are read.
func TestConnectionLostReading(t *testing.T) {
	t.Parallel()
	db, plan := faulty(t, storetest.MySQL(t))
	steps(t, db, plan, 0)
	for n := 1; n <= 4; n++ {
		c := chunk{name: fmt.Sprint("row ", n)}
		plan.Add(fault.Fault{Op: fault.Next, SQL: "FROM tag_group", N: n, Kill: true, Err: mysql.ErrInvalidConn})
		if err := db.InTx(t.Context(), nil, c.write); err != nil || c.runs != 2 {
			t.Errorf("row %d: ran %d times: %v", n, c.runs, err)
		}
		c.stored(t, db, true)

		plan.Add(fault.Fault{Op: fault.Next, SQL: "FROM tag_group", N: n, Kill: true, Err: mysql.ErrInvalidConn})
		if s, err := db.State(t.Context()); !errors.Is(err, store.ErrUnreachable) || s != (store.State{}) {
			t.Errorf("row %d: state %+v, %v, want ErrUnreachable", n, s, err)
		}
		storetest.State(t, db)
	}
}

// Errors after which the server wants the whole transaction again. Of these,
// 1205 leaves it open, with what it did so far.
func TestTransientErrors(t *testing.T) {
	t.Parallel()
	db, plan := faulty(t, storetest.MySQL(t))
	all := steps(t, db, plan, 0)
	for _, number := range []uint16{1205, 1213} {
		for i, step := range all {
			if step.Op == fault.Begin || step.Op == fault.Commit {
				continue // the server has no reason to say so there
			}
			c := chunk{name: fmt.Sprint(number, " ", i)}
			plan.Add(fault.Fault{N: i + 1, Err: &mysql.MySQLError{Number: number}})
			if err := db.InTx(t.Context(), nil, c.write); err != nil || c.runs > 2 {
				t.Errorf("%d at %v: ran %d times: %v", number, step, c.runs, err)
			}
			c.stored(t, db, true)
		}
	}
}

// It does not go on for ever.
func TestTransientForEver(t *testing.T) {
	t.Parallel()
	db, plan := faulty(t, storetest.MySQL(t))
	deadlock := &mysql.MySQLError{Number: 1213, Message: "Deadlock found"}
	for n := 1; n <= 8; n++ {
		plan.Add(fault.Fault{Op: fault.Exec, SQL: "INSERT INTO tag_group", Err: deadlock})
	}
	c := chunk{name: "unlucky"}
	if err := db.InTx(t.Context(), nil, c.write); !errors.Is(err, deadlock) || !errors.Is(err, store.ErrBusy) || c.runs != 8 {
		t.Errorf("ran %d times: %v, want the last deadlock after 8", c.runs, err)
	}
	c.runs = 0
	c.stored(t, db, false)
}

// A COMMIT of which nobody can say what became of it is not run again: it may
// be in.
func TestCommitUnknown(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprint("committed ", after), func(t *testing.T) {
			t.Parallel()
			db, plan := faulty(t, storetest.MySQL(t))
			c := chunk{name: "unknown"}
			plan.Add(fault.Fault{Op: fault.Commit, After: after, Kill: true})
			for range 6 {
				plan.Add(fault.Fault{Op: fault.Query, SQL: "FROM commit_marker", Kill: true, Err: mysql.ErrInvalidConn})
			}
			if err := db.InTx(t.Context(), nil, c.write); err == nil || c.runs != 1 {
				t.Errorf("ran %d times: %v, want an error after one", c.runs, err)
			}
			c.stored(t, db, after)
		})
	}
}

// The marker of one DB says nothing about another's transactions.
func TestCommitMarkers(t *testing.T) {
	t.Parallel()
	target := storetest.MySQL(t)
	db, plan := faulty(t, target)
	other := storetest.Open(t, target)
	for i := range 3 {
		for range 3 {
			storetest.Write(t, other, func(*store.Tx) error { return nil })
		}
		c := chunk{name: fmt.Sprint(i)}
		plan.Add(fault.Fault{Op: fault.Commit, Kill: true})
		if err := db.InTx(t.Context(), nil, c.write); err != nil || c.runs != 2 {
			t.Errorf("ran %d times: %v, want 2", c.runs, err)
		}
		c.stored(t, db, true)
	}
}

// Any other error, at any step: the transaction leaves nothing and is not tried
// again.
func TestOtherErrors(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, plan := faulty(t, target)
		for i, step := range steps(t, db, plan, 0) {
			for _, after := range []bool{false, true} {
				if step.Op == fault.Commit && after {
					continue // then it is in
				}
				for _, kill := range []bool{false, true} {
					c := chunk{name: fmt.Sprint(i, after, kill)}
					// A COMMIT that fails has ended the transaction all the same.
					plan.Add(fault.Fault{N: i + 1, After: after, Kill: kill || step.Op == fault.Commit, Err: errCut})
					err := db.InTx(t.Context(), nil, c.write)
					if !errors.Is(err, errCut) || c.runs > 1 {
						t.Errorf("%v, after %t, kill %t: ran %d times: %v", step, after, kill, c.runs, err)
					}
					c.stored(t, db, false)
				}
			}
		}
	})
}

// A context is cancelled at each step: a transaction that has begun is
// finished, a reading stops, and either way the connection is given back.
func TestCancelledAtEachStep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, plan := faulty(t, target)
		for i, step := range steps(t, db, plan, 0) {
			ctx, cancel := context.WithCancel(t.Context())
			c := chunk{name: fmt.Sprint("write ", i)}
			plan.Add(fault.Fault{N: i + 1, Do: cancel})
			if err := db.InTx(ctx, nil, c.write); err != nil {
				t.Errorf("cancelled at %v: %v", step, err)
			}
			c.stored(t, db, true)
		}
		storetest.State(t, db)
		plan.Steps()
		storetest.State(t, db)
		for i, step := range plan.Steps() {
			for _, after := range []bool{false, true} {
				ctx, cancel := context.WithCancel(t.Context())
				plan.Add(fault.Fault{N: i + 1, After: after, Do: cancel})
				_, err := db.State(ctx)
				if step.Op != fault.Commit && !errors.Is(err, context.Canceled) {
					t.Errorf("cancelled at %v, after %t: %v", step, after, err)
				}
				storetest.State(t, db)
			}
		}
	})
}

// Between two attempts another job may take over.
func TestFencedOnRetry(t *testing.T) {
	t.Parallel()
	target := storetest.MySQL(t)
	plan := fault.Check(t)
	one := storetest.Open(t, target, store.WithConnector(plan.Connector))
	two := storetest.Open(t, target)
	late := start(t, one, "late")
	c := chunk{name: "late"}
	var next *store.Job
	plan.Add(fault.Fault{Op: fault.Commit, Kill: true}, fault.Fault{Op: fault.Query, SQL: "FROM commit_marker", Do: func() {
		taken := make(chan struct{})
		go func() { // another process
			defer close(taken)
			seize(t, one)
			next = start(t, two, "next")
		}()
		<-taken
	}})
	if err := one.InTx(t.Context(), late, c.write); !errors.Is(err, store.ErrFenced) || c.runs != 1 {
		t.Errorf("ran %d times: %v, want ErrFenced after one", c.runs, err)
	}
	done(t, late)
	done(t, next)
	c.stored(t, one, false)
}
