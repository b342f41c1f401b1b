package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"

	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// The wrapper that injects faults must not hide an ability of a driver:
// database/sql would take another way than in real use.
func TestWrapperHidesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		storetest.Open(t, target, store.WithConnector(func(c driver.Connector) driver.Connector { return comparing{c, t} }))
	})
}

// comparing opens every connection with the wrapper too and compares what both
// can do.
type comparing struct {
	driver.Connector
	t *testing.T
}

func (c comparing) Connect(ctx context.Context) (driver.Conn, error) {
	bare, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	wrapped, err := new(fault.Plan).Connector(c.Connector).Connect(ctx)
	if err != nil {
		return nil, errors.Join(err, bare.Close())
	}
	compareConns(ctx, c.t, bare, wrapped)
	return bare, wrapped.Close()
}

func compareConns(ctx context.Context, t *testing.T, bare, wrapped driver.Conn) {
	compare(t, "connection", bare, wrapped)
	var rows [2]driver.Rows
	var stmts [2]driver.Stmt
	for i, conn := range []driver.Conn{bare, wrapped} {
		var err error
		if rows[i], err = conn.(driver.QueryerContext).QueryContext(ctx, "SELECT 1", nil); err != nil {
			t.Fatal(err)
		}
		if err := rows[i].Close(); err != nil {
			t.Error(err)
		}
		if stmts[i], err = conn.(driver.ConnPrepareContext).PrepareContext(ctx, "SELECT ?"); err != nil {
			t.Fatal(err)
		}
		if err := stmts[i].Close(); err != nil {
			t.Error(err)
		}
	}
	compare(t, "rows", rows[0], rows[1])
	compare(t, "statement", stmts[0], stmts[1])
}

func compare(t *testing.T, what string, bare, wrapped any) {
	for name, can := range map[string]func(any) bool{
		"ConnBeginTx":        is[driver.ConnBeginTx],
		"ConnPrepareContext": is[driver.ConnPrepareContext],
		"ExecerContext":      is[driver.ExecerContext],
		"QueryerContext":     is[driver.QueryerContext],
		"Pinger":             is[driver.Pinger],
		"SessionResetter":    is[driver.SessionResetter],
		"Validator":          is[driver.Validator],
		"NamedValueChecker":  is[driver.NamedValueChecker],
		"ColumnConverter": is[interface {
			ColumnConverter(int) driver.ValueConverter
		}],
		"StmtExecContext":                is[driver.StmtExecContext],
		"StmtQueryContext":               is[driver.StmtQueryContext],
		"RowsNextResultSet":              is[driver.RowsNextResultSet],
		"RowsColumnTypeScanType":         is[driver.RowsColumnTypeScanType],
		"RowsColumnTypeDatabaseTypeName": is[driver.RowsColumnTypeDatabaseTypeName],
		"RowsColumnTypeLength":           is[driver.RowsColumnTypeLength],
		"RowsColumnTypeNullable":         is[driver.RowsColumnTypeNullable],
		"RowsColumnTypePrecisionScale":   is[driver.RowsColumnTypePrecisionScale],
	} {
		if can(bare) && !can(wrapped) {
			t.Errorf("%s: the driver's %T is a %s, the wrapper's is not", what, bare, name)
		}
	}
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}
