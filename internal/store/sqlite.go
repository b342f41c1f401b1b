package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var sqliteDialect = &dialect{
	engine:    SQLite,
	goose:     goose.DialectSQLite3,
	connector: sqliteConnector,
	in: func(column string, _ int) string {
		return column + " IN (SELECT value FROM json_each(?))"
	},
	inArgs:   sqliteInArgs,
	insert:   sqliteInsert,
	classify: sqliteClassify,
	settle:   fold,
	// SQLite serialises by itself; any other level is refused by the driver.
	writeIsolation: sql.LevelDefault,
	readIsolation:  sql.LevelDefault,
	driverName:     "sqlite",
	countTables:    "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'schema_version'",
	lock:           lockFile,
	tune:           sqliteTune,
}

// sqliteTune turns to a write-ahead log, so that readers and the writer do not
// wait for each other. It changes the file, which must not happen to somebody
// else's. Where the file system has no shared memory it changes nothing.
func sqliteTune(ctx context.Context, db *DB) error {
	_, err := db.x.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return err
}

// sqliteDSN carries every per-connection setting: a pragma sent over a pool
// would reach one connection only. The journal's mode is the file's; see
// sqliteTune.
func sqliteDSN(t Target, bulk bool) string {
	// The page cache takes twice its size of memory: the allocator rounds a page
	// and its header up to the next power of two.
	pragmas := []string{"busy_timeout(10000)", "foreign_keys(1)", "cache_size(-20480)", "trusted_schema(0)"}
	if bulk {
		// Keys come in random order: each commit touches most pages of their
		// indexes, and each fold of the log into the file writes them again.
		pragmas = append(pragmas, "synchronous(NORMAL)", "wal_autocheckpoint(65536)")
	} else {
		pragmas = append(pragmas, "synchronous(FULL)", "wal_autocheckpoint(8000)")
	}
	q := url.Values{"_pragma": pragmas}
	q.Set("_txlock", "immediate")
	if t.Path == "" {
		return "file::memory:?" + q.Encode()
	}
	// A path may hold %, ? and #, which mean something in a URI.
	return "file:" + (&url.URL{Path: t.Path}).EscapedPath() + "?" + q.Encode()
}

// dsnConnector is a driver.Connector over a driver that has none.
type dsnConnector struct {
	drv driver.Driver
	dsn string
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.drv }

func sqliteConnector(db *DB, _ bool) (driver.Connector, error) {
	// The registered driver is the one whose hooks are set up.
	reg, err := sql.Open("sqlite", "")
	if err != nil {
		return nil, fmt.Errorf("load sqlite: %w", err)
	}
	defer reg.Close()
	return dsnConnector{reg.Driver(), sqliteDSN(db.target, db.bulk)}, nil
}

// fold makes a bulk import durable: it syncs the log and folds it into the
// file. Readers may keep the log from being emptied, not from being synced.
func fold(ctx context.Context, db *DB) error {
	_, err := db.x.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// sqliteInArgs packs the values into one JSON array, so that the statement's
// text, and with it the prepared statement, is the same for any number.
func sqliteInArgs(values []any) []any {
	b, err := json.Marshal(values)
	if err != nil {
		panic("store: " + err.Error()) // only ints and strings are passed
	}
	return []any{string(b)}
}

// sqliteInsert runs a prepared one-row INSERT per row: in SQLite that is
// quicker than several rows per statement.
func sqliteInsert(tx *Tx, in *insertion) (int64, error) {
	head, tuple := in.into()
	query := head + tuple
	if in.n == 1 {
		cells := make([]any, len(in.columns))
		in.fill(0, cells)
		return tx.Exec(query, cells...)
	}
	return int64(in.n), tx.Savepoint(func() error {
		var err error
		// Told of a lost connection, Raw would wait for the transaction to end.
		raw := tx.conn.Raw(func(c any) error {
			err = eachRow(tx.ctx, c.(driver.Conn), query, in)
			return nil
		})
		return tx.check("insert", cmp.Or(raw, err))
	})
}

// eachRow hands the rows to the driver itself: what database/sql does around
// each statement takes a good part of the time of so small a one.
func eachRow(ctx context.Context, c driver.Conn, query string, in *insertion) (err error) {
	stmt, err := c.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	exec := stmt.(driver.StmtExecContext)
	cells, args := make([]any, len(in.columns)), make([]driver.NamedValue, len(in.columns))
	for i := range in.n {
		in.fill(i, cells)
		for k, v := range cells {
			args[k].Ordinal = k + 1
			if args[k].Value = v; v != nil {
				if n, ok := v.(int); ok {
					args[k].Value = int64(n)
				}
			}
		}
		if _, err := exec.ExecContext(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

func sqliteClassify(err error) errClass {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return fatal
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT:
		return refused
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return transient
	}
	return fatal
}

// lockFile takes the operating system's lock on FILE.db-lock, which dies with
// its holder.
func lockFile(ctx context.Context, db *DB) (func() error, error) {
	if db.target.Path == "" {
		return func() error { return nil }, nil
	}
	l := flock.New(db.target.Path+"-lock", flock.SetPermissions(0o600))
	ok, err := l.TryLockContext(ctx, 50*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	}
	if !ok {
		return nil, errLockHeld
	}
	return l.Close, nil
}
