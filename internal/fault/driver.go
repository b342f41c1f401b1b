package fault

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"sync/atomic"
)

// Connector wraps a driver's connector; it has the shape that
// store.WithConnector wants.
func (p *Plan) Connector(c driver.Connector) driver.Connector { return &connector{c, p} }

type connector struct {
	driver.Connector
	plan *Plan
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	return around(c.plan, nil, Step{Op: Connect}, func() (driver.Conn, error) {
		inner, err := c.Connector.Connect(ctx)
		if err != nil {
			return nil, err
		}
		able, ok := inner.(fullConn)
		if !ok {
			_ = inner.Close() // of no use
			return nil, fmt.Errorf("fault: connection %T lacks an interface that the wrapper would invent", inner)
		}
		return &conn{fullConn: able, plan: c.plan, open: make(map[io.Closer]bool)}, nil
	})
}

// Close closes connectors that want it, as sql.DB would.
func (c *connector) Close() error {
	if closer, ok := c.Connector.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// fullConn is what the connections of both our drivers are. The one ability
// that only one has, checking values, can be declined at run time.
type fullConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type conn struct {
	fullConn
	plan *Plan
	dead atomic.Bool
	// open are the driver's statements and rows. database/sql holds a lock of
	// the connection whenever it calls the driver, so none is needed here.
	open map[io.Closer]bool
}

// kill closes the connection under database/sql, and first what is open on it:
// SQLite rolls back only when the last statement is gone.
func (c *conn) kill() {
	if c.dead.Swap(true) {
		return
	}
	for o := range c.open {
		_ = o.Close() // the fault's error is the one to tell
	}
	_ = c.fullConn.Close()
}

// forget closes what was open; a killed connection has done it.
func (c *conn) forget(o io.Closer) error {
	if c.dead.Load() {
		return nil
	}
	delete(c.open, o)
	return o.Close()
}

func (c *conn) Close() error {
	if c.dead.Swap(true) {
		return nil
	}
	return c.fullConn.Close()
}

func (c *conn) IsValid() bool { return !c.dead.Load() && c.fullConn.IsValid() }

func (c *conn) ResetSession(ctx context.Context) error {
	if c.dead.Load() {
		return driver.ErrBadConn
	}
	return c.fullConn.ResetSession(ctx)
}

func (c *conn) Ping(ctx context.Context) error {
	if c.dead.Load() {
		return driver.ErrBadConn
	}
	return c.fullConn.Ping(ctx)
}

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return around(c.plan, c, Step{Op: Begin}, func() (driver.Tx, error) {
		inner, err := c.fullConn.BeginTx(ctx, opts)
		if err != nil {
			return nil, err
		}
		return &tx{inner, c}, nil
	})
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return around(c.plan, c, Step{Prepare, query}, func() (driver.Stmt, error) {
		inner, err := c.fullConn.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		able, ok := inner.(fullStmt)
		if !ok {
			_ = inner.Close() // of no use
			return nil, fmt.Errorf("fault: statement %T lacks an interface that the wrapper would invent", inner)
		}
		c.open[able] = true
		return &stmt{able, c, query}, nil
	})
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return around(c.plan, c, Step{Exec, query}, func() (driver.Result, error) {
		return c.fullConn.ExecContext(ctx, query, args)
	})
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return around(c.plan, c, Step{Query, query}, func() (driver.Rows, error) {
		return c.rows(query)(c.fullConn.QueryContext(ctx, query, args))
	})
}

// CheckNamedValue declines where the driver has no opinion, which makes
// database/sql go on as if the method were not there.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.fullConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *conn) rows(query string) func(driver.Rows, error) (driver.Rows, error) {
	return func(inner driver.Rows, err error) (driver.Rows, error) {
		if err != nil {
			return nil, err
		}
		c.open[inner] = true
		return &rows{inner, c, query}, nil
	}
}

type tx struct {
	inner driver.Tx
	c     *conn
}

func (t *tx) Commit() error {
	return t.end(Commit, t.inner.Commit)
}

func (t *tx) Rollback() error {
	return t.end(Rollback, t.inner.Rollback)
}

func (t *tx) end(op Op, do func() error) error {
	_, err := around(t.c.plan, t.c, Step{Op: op}, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type stmt struct {
	fullStmt
	c     *conn
	query string
}

func (s *stmt) Close() error { return s.c.forget(s.fullStmt) }

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return around(s.c.plan, s.c, Step{Exec, s.query}, func() (driver.Result, error) {
		return s.fullStmt.ExecContext(ctx, args)
	})
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return around(s.c.plan, s.c, Step{Query, s.query}, func() (driver.Rows, error) {
		return s.c.rows(s.query)(s.fullStmt.QueryContext(ctx, args))
	})
}

// CheckNamedValue asks the statement and then its connection, as database/sql
// does.
func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := s.fullStmt.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return s.c.CheckNamedValue(v)
}

// ColumnConverter answers as database/sql itself does where the driver has
// none.
func (s *stmt) ColumnConverter(i int) driver.ValueConverter {
	if c, ok := s.fullStmt.(interface {
		ColumnConverter(int) driver.ValueConverter
	}); ok {
		return c.ColumnConverter(i)
	}
	return driver.DefaultParameterConverter
}

// rows answers for abilities that the driver's rows lack as database/sql does
// for rows without them.
type rows struct {
	driver.Rows
	c     *conn
	query string
}

func (r *rows) Next(dest []driver.Value) error {
	_, err := around(r.c.plan, r.c, Step{Next, r.query}, func() (struct{}, error) {
		return struct{}{}, r.Rows.Next(dest)
	})
	return err
}

func (r *rows) Close() error { return r.c.forget(r.Rows) }

func (r *rows) HasNextResultSet() bool {
	more, ok := r.Rows.(driver.RowsNextResultSet)
	return ok && !r.c.dead.Load() && more.HasNextResultSet()
}

func (r *rows) NextResultSet() error {
	if more, ok := r.Rows.(driver.RowsNextResultSet); ok {
		return more.NextResultSet()
	}
	return io.EOF
}

func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if typed, ok := r.Rows.(driver.RowsColumnTypeScanType); ok {
		return typed.ColumnTypeScanType(i)
	}
	return reflect.TypeFor[any]()
}

func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if typed, ok := r.Rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return typed.ColumnTypeDatabaseTypeName(i)
	}
	return ""
}

func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	if typed, ok := r.Rows.(driver.RowsColumnTypeLength); ok {
		return typed.ColumnTypeLength(i)
	}
	return 0, false
}

func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	if typed, is := r.Rows.(driver.RowsColumnTypeNullable); is {
		return typed.ColumnTypeNullable(i)
	}
	return false, false
}

func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	if typed, is := r.Rows.(driver.RowsColumnTypePrecisionScale); is {
		return typed.ColumnTypePrecisionScale(i)
	}
	return 0, 0, false
}
