package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

var mysqlDialect = &dialect{
	engine:    MySQL,
	goose:     goose.DialectMySQL,
	connector: mysqlConnector,
	in: func(column string, n int) string {
		return column + " IN (?" + strings.Repeat(", ?", n-1) + ")"
	},
	inArgs:   func(values []any) []any { return values },
	insert:   mysqlInsert,
	remote:   true,
	classify: mysqlClassify,
	// Writers wait for the rev row and must then see what its last holder
	// committed; readers must see one state throughout.
	writeIsolation: sql.LevelReadCommitted,
	readIsolation:  sql.LevelRepeatableRead,
	driverName:     "mysql",
	opened:         askForLoad,
	countTables:    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'schema_version'",
	maxConns:       8,
	lock:           lockName,
	tune:           func(context.Context, *DB) error { return nil },
}

// mysqlConnector sets every session alike: strict, so that nothing is cut or
// replaced silently; utf8mb4_bin; UTC; affected rows are the rows found, as in
// SQLite, not the rows that changed.
func mysqlConnector(db *DB, server bool) (driver.Connector, error) {
	t, c := db.target, mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr = t.User, t.Password, "tcp", t.Host
	if !server {
		c.DBName = t.Name
	}
	c.Collation = "utf8mb4_bin"
	c.Loc = time.UTC
	c.InterpolateParams = true
	c.ClientFoundRows = true
	c.Timeout = 10 * time.Second
	c.MaxAllowedPacket = 0 // ask the server
	c.Params = map[string]string{
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
		"time_zone":                "'+00:00'",
		"innodb_lock_wait_timeout": "20",
	}
	c.Logger = &mysql.NopLogger{}
	conn, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("configure %s: %w", t, err)
	}
	return conn, nil
}

// askForLoad finds out whether the server takes LOAD DATA LOCAL: refused
// there, the statement would cost us the transaction.
func askForLoad(ctx context.Context, db *DB) error {
	return db.x.GetContext(ctx, &db.loads, "SELECT @@GLOBAL.local_infile")
}

// insertBytes bounds one INSERT statement, far below any server's
// max_allowed_packet.
const insertBytes = 1 << 20

// insertValues writes as many rows per statement as fit into insertBytes.
func insertValues(tx *Tx, in *insertion) (int64, error) {
	head, tuple := in.into()
	first, next := in.fitting(0)
	if next == in.n {
		return tx.Exec(head+tuple+strings.Repeat(","+tuple, next-1), first...)
	}
	var total int64
	err := tx.Savepoint(func() error {
		for from := 0; from < in.n; {
			args, next := in.fitting(from)
			n, err := tx.Exec(head+tuple+strings.Repeat(","+tuple, next-from-1), args...)
			if err != nil {
				return err
			}
			total += n
			from = next
		}
		return nil
	})
	return total, err
}

// fitting are the cells of the rows that go into one statement, from row from
// on, and the row behind them.
func (in *insertion) fitting(from int) (args []any, next int) {
	width, size := len(in.columns), 0
	for next = from; next < in.n && (next == from || size < insertBytes) && len(args) < 60000; next++ {
		args = append(args, make([]any, width)...)
		row := args[len(args)-width:]
		in.fill(next, row)
		size += rowBytes(row)
	}
	return args, next
}

func rowBytes(row []any) int {
	n := 0
	for _, v := range row {
		if s, ok := v.(string); ok {
			n += 2*len(s) + 3
		} else {
			n += 12
		}
	}
	return n
}

func mysqlClassify(err error) errClass {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		switch e.Number {
		case 1048, 1062, 1264, 1366, 1406, 1451, 1452, 3819, 4025:
			return refused
		case 1205, 1213, 1020:
			return transient
		case 1053, 1077, 1079, 1152, 1927, 2006, 2013:
			return lost
		}
		return fatal
	}
	var op *net.OpError
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) {
		return lost
	}
	return fatal
}

// lockName takes GET_LOCK on a connection of its own and pings it, so that the
// server does not close it as idle while a long job holds the lock.
func lockName(ctx context.Context, db *DB) (func() error, error) {
	conn, err := db.x.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect for the job lock: %w", err)
	}
	name := "tagkeep:" + db.meta.UUID
	if db.meta.UUID == "" { // it is being made: names are the server's, and 64 characters at most
		name = fmt.Sprintf("tagkeep:%x", sha256.Sum224([]byte(db.target.Name)))
	}
	for {
		var got *int
		if err := conn.QueryRowContext(context.WithoutCancel(ctx), "SELECT GET_LOCK(?, 0)", name).Scan(&got); err != nil {
			conn.Close()
			return nil, fmt.Errorf("take the job lock: %w", err)
		}
		if got != nil && *got == 1 {
			break
		}
		select {
		case <-ctx.Done():
			conn.Close()
			return nil, errLockHeld
		case <-time.After(100 * time.Millisecond):
		}
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(30 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = conn.PingContext(context.WithoutCancel(ctx)) // fencing, not the lock, is what keeps us safe
			}
		}
	})
	return func() error {
		close(stop)
		wg.Wait()
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK(?)", name)
		if mysqlClassify(err) == lost {
			err = nil // the lock went with its connection
		}
		if cerr := conn.Close(); !errors.Is(cerr, sql.ErrConnDone) {
			err = errors.Join(err, cerr)
		}
		return err
	}, nil
}
