package fault_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"tagkeep/internal/fault"
)

var errPlanned = errors.New("planned")

type connector struct {
	drv  driver.Driver
	name string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.name) }
func (c connector) Driver() driver.Driver                        { return c.drv }

// open is a database with one table t(n) under the plan, with one connection:
// what leaks it hangs.
func open(t *testing.T, plan *fault.Plan) *sql.DB {
	t.Helper()
	bare, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if _, err := bare.ExecContext(t.Context(), "CREATE TABLE t (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	var file string
	if err := bare.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list").Scan(&file); err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(plan.Connector(connector{bare.Driver(), file}))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func count(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM t").Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}

// inTx inserts n numbers in one transaction.
func inTx(ctx context.Context, db *sql.DB, n int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i := range n {
		if _, err := tx.ExecContext(ctx, "INSERT INTO t VALUES (?)", i); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func TestFaultAtEachOperation(t *testing.T) {
	for _, tt := range []struct {
		fault fault.Fault
		want  int // rows afterwards, of three
	}{
		{fault.Fault{Op: fault.Begin}, 0},
		{fault.Fault{Op: fault.Begin, After: true}, 0},
		{fault.Fault{Op: fault.Exec}, 0},
		{fault.Fault{Op: fault.Exec, N: 3, After: true}, 0},
		{fault.Fault{Op: fault.Exec, SQL: "INTO t", N: 2, Kill: true}, 0},
		{fault.Fault{Op: fault.Commit, Kill: true}, 0},
		{fault.Fault{Op: fault.Commit, After: true}, 3},
		{fault.Fault{Op: fault.Commit, After: true, Kill: true}, 3},
		{fault.Fault{Op: fault.Any, N: 4}, 0},
		{fault.Fault{Op: fault.Any, N: 5, After: true}, 3},
	} {
		t.Run(tt.fault.String(), func(t *testing.T) {
			plan := fault.Check(t)
			db := open(t, plan)
			count(t, db) // now it is connected
			tt.fault.Err = errPlanned
			plan.Add(tt.fault)
			if err := inTx(t.Context(), db, 3); !errors.Is(err, errPlanned) {
				t.Errorf("got %v, want the planned error", err)
			}
			if n := count(t, db); n != tt.want {
				t.Errorf("%d rows are stored, want %d", n, tt.want)
			}
			if err := inTx(t.Context(), db, 1); err != nil { // it strikes once
				t.Errorf("next transaction: %v", err)
			}
		})
	}
}

func TestFaultWhileReading(t *testing.T) {
	plan := fault.Check(t)
	db := open(t, plan)
	if err := inTx(t.Context(), db, 5); err != nil {
		t.Fatal(err)
	}
	for n, kill := range map[int]bool{1: false, 3: true, 6: false} { // the sixth says that there are no more
		plan.Add(fault.Fault{Op: fault.Next, SQL: "SELECT n", N: n, Kill: kill, Err: errPlanned})
		rows, err := db.QueryContext(t.Context(), "SELECT n FROM t")
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for rows.Next() {
			read++
		}
		if err := rows.Err(); !errors.Is(err, errPlanned) || read != n-1 {
			t.Errorf("fault at row %d: %d rows, %v", n, read, err)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		if got := count(t, db); got != 5 {
			t.Errorf("%d rows, want 5", got)
		}
	}
	plan.Add(fault.Fault{Op: fault.Query, After: true, Err: errPlanned}, fault.Fault{Op: fault.Prepare, After: true, Err: errPlanned})
	if _, err := db.QueryContext(t.Context(), "SELECT n FROM t"); !errors.Is(err, errPlanned) {
		t.Errorf("query: %v", err)
	}
	if _, err := db.PrepareContext(t.Context(), "SELECT n FROM t"); !errors.Is(err, errPlanned) {
		t.Errorf("prepare: %v", err)
	}
	if got := count(t, db); got != 5 {
		t.Errorf("%d rows, want 5", got)
	}
}

// A killed connection has nothing open that could hold a lock of the file.
func TestKillRollsBack(t *testing.T) {
	plan := fault.Check(t)
	db := open(t, plan)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	stmt, err := tx.PrepareContext(t.Context(), "INSERT INTO t VALUES (?)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stmt.ExecContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	plan.Add(fault.Fault{Op: fault.Exec, Kill: true})
	for range 3 { // and everything after it fails
		if _, err := stmt.ExecContext(t.Context(), 2); !errors.Is(err, driver.ErrBadConn) {
			t.Errorf("got %v, want ErrBadConn", err)
		}
	}
	if err := tx.Commit(); !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("commit: got %v, want ErrBadConn", err)
	}
	if err := inTx(t.Context(), db, 1); err != nil {
		t.Errorf("next transaction: %v", err)
	}
	if n := count(t, db); n != 1 {
		t.Errorf("%d rows are stored, want 1", n)
	}
}

func TestConnectAndDo(t *testing.T) {
	plan := fault.Check(t)
	db := open(t, plan)
	plan.Add(fault.Fault{Op: fault.Connect, Err: errPlanned})
	if err := db.PingContext(t.Context()); !errors.Is(err, errPlanned) {
		t.Errorf("connect: got %v, want the planned error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	plan.Add(fault.Fault{Op: fault.Exec, N: 2, Do: cancel})
	if err := inTx(ctx, db, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if n := count(t, db); n != 0 {
		t.Errorf("%d rows are stored, want none", n)
	}
	// After an operation that fails by itself, its own error stands.
	ran := false
	plan.Add(fault.Fault{Op: fault.Exec, After: true, Do: func() { ran = true }})
	if _, err := db.ExecContext(t.Context(), "nonsense"); err == nil || !ran {
		t.Errorf("nonsense: %v, ran %t", err, ran)
	}
}

func TestOrderAndSteps(t *testing.T) {
	plan := fault.Check(t)
	db := open(t, plan)
	errs := []error{errors.New("a"), errors.New("b"), errors.New("c")}
	// Due at once: one after the other.
	plan.Add(fault.Fault{Op: fault.Exec, Err: errs[0]}, fault.Fault{Op: fault.Exec, Err: errs[1]}, fault.Fault{Op: fault.Exec, N: 3, Err: errs[2]})
	for _, want := range errs {
		if err := inTx(t.Context(), db, 1); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	plan.Steps()
	if err := inTx(t.Context(), db, 1); err != nil {
		t.Fatal(err)
	}
	count(t, db)
	want := []string{"begin", "exec INSERT INTO t VALUES (?)", "commit", "query SELECT COUNT(*) FROM t"}
	var got []string
	for _, s := range plan.Steps() {
		got = append(got, s.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// tb records what Check says at the end of a test.
type tb struct {
	testing.TB
	cleanups []func()
	errors   []string
}

func (t *tb) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *tb) Errorf(format string, args ...any) {
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

func TestCheckTellsUnmetFaults(t *testing.T) {
	inner := &tb{TB: t}
	plan := fault.Check(inner)
	db := open(t, plan)
	plan.Add(fault.Fault{Op: fault.Exec, Err: errPlanned}, fault.Fault{Op: fault.Exec, SQL: "elsewhere", N: 2, Err: errPlanned}, fault.Fault{Op: fault.Commit, After: true})
	_ = inTx(t.Context(), db, 1)
	for _, f := range slices.Backward(inner.cleanups) {
		f()
	}
	want := []string{`planned fault was never met: before exec 2 "elsewhere"`, `planned fault was never met: after commit 1 ""`}
	if diff := cmp.Diff(want, inner.errors); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

func TestConcurrentUse(t *testing.T) {
	plan := fault.Check(t)
	db := open(t, plan)
	const workers = 8
	for range workers / 2 {
		plan.Add(fault.Fault{Op: fault.Exec, Err: errPlanned})
	}
	var wg sync.WaitGroup
	failed := make(chan error, workers)
	for range workers {
		wg.Go(func() { failed <- inTx(t.Context(), db, 1) })
	}
	wg.Wait()
	close(failed)
	met := 0
	for err := range failed {
		if errors.Is(err, errPlanned) {
			met++
		} else if err != nil {
			t.Error(err)
		}
	}
	if met != workers/2 || count(t, db) != workers/2 {
		t.Errorf("%d transactions failed and %d rows are stored, want %d each", met, count(t, db), workers/2)
	}
}
