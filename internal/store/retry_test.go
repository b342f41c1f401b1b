package store_test

import (
	"context"
	"database/sql"
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

func send(t *testing.T, conn *sql.Conn, query string, args ...any) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// Writers of this tool cannot deadlock, they queue at the revision. Somebody
// else's can: here a stranger holds rows of tags and then wants the revision.
// Having changed more, it wins.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	target := storetest.MySQL(t)
	db := storetest.Open(t, target)
	db.LimitPool(1)
	groups := make([]crm.Group, 50)
	for i := range groups {
		groups[i] = crm.Group{ID: int64(i + 1), Name: fmt.Sprint(i), Scope: crm.ScopeShared}
	}
	storetest.Write(t, db, func(tx *store.Tx) error { return tx.CreateGroups(groups) })

	stranger := storetest.Raw(t, target)
	send(t, stranger, "BEGIN")
	send(t, stranger, "UPDATE tag_group SET sort = 1")
	finished := make(chan error, 1)
	runs := 0
	err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
		runs++
		if runs == 1 {
			go func() {
				_, err1 := stranger.ExecContext(t.Context(), "UPDATE meta SET company = 'stranger'")
				_, err2 := stranger.ExecContext(t.Context(), "COMMIT")
				finished <- errors.Join(err1, err2)
			}()
		}
		if err := tx.CreateCustomers([]crm.Customer{{ID: 1}}); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE tag_group SET sort = sort + 10 WHERE id = 1")
		if runs == 1 {
			if e := (*mysql.MySQLError)(nil); !errors.As(err, &e) || e.Number != 1213 {
				t.Errorf("got %v, want a deadlock", err)
			}
			// Nothing is left to continue with, and the next statement would
			// commit by itself.
			if err := tx.CreateCustomers([]crm.Customer{{ID: 2}}); !errors.Is(err, store.ErrPoisoned) {
				t.Errorf("after the deadlock: got %v, want ErrPoisoned", err)
			}
		}
		return err
	})
	if err := errors.Join(err, <-finished); err != nil {
		t.Fatal(err)
	}
	if runs != 2 {
		t.Errorf("ran %d times, want 2", runs)
	}
	if storetest.Count(t, db, "tag_group", "id = 1 AND sort = 11") != 1 || storetest.Count(t, db, "tag_group", "id > 1 AND sort = 1") != 49 {
		t.Error("the two transactions are not one after the other")
	}
	if n := storetest.Count(t, db, "customer", "id = 1"); n != 1 || storetest.Count(t, db, "customer", "") != 1 {
		t.Errorf("customer 1 is stored %d times; all: %d", n, storetest.Count(t, db, "customer", ""))
	}
}

// Another process writes the file: the transaction is tried again, and begins
// when it is free.
func TestSQLiteBusy(t *testing.T) {
	t.Parallel()
	target := storetest.SQLite(t)
	plan := fault.Check(t)
	db := storetest.Open(t, target, store.WithConnector(func(c driver.Connector) driver.Connector {
		return plan.Connector(pragma{c, "PRAGMA busy_timeout = 0"}) // or SQLite itself would wait
	}))
	stranger := storetest.Raw(t, target)
	send(t, stranger, "BEGIN IMMEDIATE")
	send(t, stranger, "UPDATE meta SET company = 'stranger'")
	plan.Add(
		fault.Fault{Op: fault.Begin, After: true},
		fault.Fault{Op: fault.Begin, N: 2, After: true, Do: func() { send(t, stranger, "COMMIT") }},
	)
	plan.Steps()
	c := chunk{name: "waiting"}
	if err := db.InTx(t.Context(), nil, c.write); err != nil || c.runs != 1 {
		t.Errorf("ran %d times: %v, want once", c.runs, err)
	}
	begun := 0
	for _, s := range plan.Steps() {
		if s.Op == fault.Begin {
			begun++
		}
	}
	if begun != 3 {
		t.Errorf("it tried to begin %d times, want 3", begun)
	}
	c.stored(t, db, true)
}

// While another process keeps the file it gives up, having done nothing.
func TestSQLiteBusyForEver(t *testing.T) {
	t.Parallel()
	target := storetest.SQLite(t)
	db := storetest.Open(t, target, store.WithConnector(func(c driver.Connector) driver.Connector {
		return pragma{c, "PRAGMA busy_timeout = 0"}
	}))
	stranger := storetest.Raw(t, target)
	send(t, stranger, "BEGIN IMMEDIATE")
	c := chunk{name: "waiting"}
	if err := db.InTx(t.Context(), nil, c.write); !errors.Is(err, store.ErrBusy) || c.runs > 0 {
		t.Errorf("ran %d times: %v, want ErrBusy and no run", c.runs, err)
	}
	send(t, stranger, "ROLLBACK")
	c.stored(t, db, false)
}

// A retry that is waited for can be cancelled.
func TestCancelledBetweenRetries(t *testing.T) {
	t.Parallel()
	db, plan := faulty(t, storetest.MySQL(t))
	ctx, cancel := context.WithCancel(t.Context())
	plan.Add(fault.Fault{Op: fault.Commit, Kill: true, Do: cancel})
	c := chunk{name: "cancelled"}
	if err := db.InTx(ctx, nil, c.write); !errors.Is(err, context.Canceled) || c.runs != 1 {
		t.Errorf("ran %d times: %v, want context.Canceled after one", c.runs, err)
	}
	c.id = 0
	c.stored(t, db, false)
}

// The server itself ends the session: what the driver then says is understood.
func TestSessionKilled(t *testing.T) {
	t.Parallel()
	target := storetest.MySQL(t)
	db := storetest.Open(t, target)
	db.LimitPool(1)
	admin := storetest.Raw(t, target)
	kill := func(tx *store.Tx) {
		var id int64
		if err := tx.Get(&id, "SELECT CONNECTION_ID()"); err != nil {
			t.Error(err)
		}
		send(t, admin, fmt.Sprint("KILL ", id))
	}
	for _, first := range []bool{true, false} {
		c := chunk{name: fmt.Sprint("killed at the start ", first)}
		err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
			if c.runs == 0 && first {
				kill(tx)
			}
			err := c.write(tx)
			if c.runs == 1 && !first {
				kill(tx)
			}
			return err
		})
		if err != nil || c.runs != 2 {
			t.Errorf("%s: ran %d times: %v", c.name, c.runs, err)
		}
		c.stored(t, db, true)
	}
}

// A full disk is told as such and leaves no part of the transaction.
func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	target := storetest.SQLite(t)
	if err := storetest.Open(t, target).Close(); err != nil {
		t.Fatal(err)
	}
	db := storetest.Open(t, target, store.WithConnector(func(c driver.Connector) driver.Connector {
		return pragma{c, "PRAGMA max_page_count = 80"}
	}))
	db.LimitPool(1)
	err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
		for id := int64(1); ; id += 100 {
			cs := make([]crm.Customer, 100)
			for i := range cs {
				cs[i] = crm.Customer{ID: id + int64(i), Name: "客户"}
			}
			if err := tx.CreateCustomers(cs); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrRefused) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if n := storetest.Count(t, db, "customer", ""); n != 0 {
		t.Errorf("%d customers are stored, want none", n)
	}
	c := chunk{name: "small"}
	c.stored(t, db, false)
}

// What servers say, and what callers are told.
func TestServerErrors(t *testing.T) {
	t.Parallel()
	db, plan := faulty(t, storetest.MySQL(t))
	for number, want := range map[uint16]error{
		1021: store.ErrFull, 1114: store.ErrFull,
		1290: store.ErrReadOnly, 1792: store.ErrReadOnly, 1836: store.ErrReadOnly,
		1142: store.ErrLogin, 1044: store.ErrLogin,
	} {
		c := chunk{name: fmt.Sprint(number)}
		plan.Add(fault.Fault{Op: fault.Exec, SQL: "INSERT INTO tag_group", Err: &mysql.MySQLError{Number: number, Message: "…"}})
		if err := db.InTx(t.Context(), nil, c.write); !errors.Is(err, want) || c.runs != 1 {
			t.Errorf("%d: ran %d times: %v, want %v", number, c.runs, err, want)
		}
		c.stored(t, db, false)
	}
}
