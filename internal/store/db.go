package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Option changes how a database is opened.
type Option func(*DB)

// WithClock replaces the wall clock.
func WithClock(now func() time.Time) Option { return func(db *DB) { db.now = now } }

// WithConnector wraps the driver's connector; tests inject faults under
// database/sql with it.
func WithConnector(wrap func(driver.Connector) driver.Connector) Option {
	return func(db *DB) { db.wrapConn = wrap }
}

// ForBulk opens a database for much writing at once. In SQLite commits are not
// synced one by one and the log grows before it is folded into the file: after a
// power cut the last commits may be missing, never a part of one. EndBulk, or
// closing the database, makes all of it durable.
func ForBulk() Option { return func(db *DB) { db.bulk = true } }

// DB is an open database. It must be closed.
type DB struct {
	target   Target
	d        *dialect
	x        *sqlx.DB
	meta     Meta
	now      func() time.Time
	wrapConn func(driver.Connector) driver.Connector
	// loads: the server takes LOAD DATA LOCAL.
	loads bool
	// bulk: opened for a long import; see ForBulk.
	bulk bool
	// writer and seq mark this DB's commits; see commit.
	writer string
	seq    atomic.Int64
	jobs   jobs
}

// Meta as it was when the database was opened.
func (db *DB) Meta() Meta { return db.meta }

// Target is where the database is.
func (db *DB) Target() Target { return db.target }

// Close ends the jobs that are still running and releases all connections. It
// may be called twice.
func (db *DB) Close() error {
	return errors.Join(db.jobs.unlock(), db.x.Close())
}

// EndBulk makes everything that was committed durable.
func (db *DB) EndBulk(ctx context.Context) error {
	if !db.bulk || db.d.settle == nil {
		return nil
	}
	return db.wrap("make the import durable", db.d.settle(context.WithoutCancel(ctx), db))
}

// Remote reports whether the database is on a server, where a transaction may
// be lost through no fault of its own and InTx may run its function again. In
// an embedded one that happens only before the function was called.
func (db *DB) Remote() bool { return db.d.remote }

// Exists reports whether there is a tagkeep database at the target, without
// creating anything.
func Exists(ctx context.Context, t Target) (bool, error) {
	db, err := Open(ctx, t)
	if errors.Is(err, ErrMissing) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, db.Close()
}

// Open opens an existing database and brings an older one's schema up to date.
// ErrMissing when there is none: it never creates one.
func Open(ctx context.Context, t Target, opts ...Option) (*DB, error) {
	if t.Engine == SQLite && t.Path != "" {
		if err := checkFile(t.Path); err != nil {
			return nil, fmt.Errorf("open %s: %w", t, err)
		}
	}
	db, err := connect(ctx, t, false, opts)
	if err != nil {
		return nil, err
	}
	if err := db.ready(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// checkFile looks at a file before SQLite does, which would take one of a few
// bytes for an empty database and write to it.
func checkFile(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrMissing
	case err != nil:
		return err
	case st.IsDir():
		return fmt.Errorf("it is a folder: %w", ErrNotOurs)
	case st.Size() == 0:
		return fmt.Errorf("the file is empty: %w", ErrMissing)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f, head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if string(head) != magic {
		return ErrNotOurs
	}
	return nil
}

func connect(ctx context.Context, t Target, server bool, opts []Option) (*DB, error) {
	d := dialectOf(t.Engine)
	db := &DB{target: t, d: d, now: time.Now, writer: newUUID()}
	for _, o := range opts {
		o(db)
	}
	c, err := d.connector(db, server)
	if err != nil {
		return nil, err
	}
	if db.wrapConn != nil {
		c = db.wrapConn(c)
	}
	db.x = sqlx.NewDb(sql.OpenDB(c), d.driverName)
	db.x.SetMaxOpenConns(d.maxConns)
	if t.Engine == SQLite && t.Path == "" {
		// Another connection would be another, empty database.
		db.x.SetMaxOpenConns(1)
		db.x.SetConnMaxIdleTime(0)
	}
	if err := db.x.PingContext(ctx); err != nil {
		return nil, errors.Join(db.wrap("open "+t.String(), err), db.x.Close())
	}
	if d.opened != nil && !server {
		if err := d.opened(ctx, db); err != nil {
			return nil, errors.Join(db.wrap("open "+t.String(), err), db.x.Close())
		}
	}
	return db, nil
}

// ready checks that the database is ours, brings its schema up to date and
// reads meta.
func (db *DB) ready(ctx context.Context) error {
	if err := db.readMeta(ctx); err != nil {
		return err
	}
	_ = db.d.tune(ctx, db) // one that cannot be written is read as it is
	p, err := db.provider()
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return db.wrap("read the schema's version", err)
	}
	want := p.ListSources()[len(p.ListSources())-1].Version
	switch {
	case have > want:
		return fmt.Errorf("open %s: schema %d, this tagkeep knows %d: %w", db.target, have, want, ErrNewer)
	case have < want:
		return db.migrate(ctx, p)
	}
	return nil
}

func (db *DB) provider() (*goose.Provider, error) {
	p, err := goose.NewProvider(db.d.goose, db.x.DB, db.d.migrations(), goose.WithTableName("schema_version"))
	if err != nil {
		return nil, fmt.Errorf("load migrations: %w", err)
	}
	return p, nil
}

// migrate runs under the job lock; every statement is IF NOT EXISTS, because
// MySQL commits each by itself.
func (db *DB) migrate(ctx context.Context, p *goose.Provider) error {
	return db.locked(ctx, func(ctx context.Context) error {
		_, err := p.Up(ctx)
		return db.wrap("migrate", err)
	})
}

// locked runs fn to its end under the job lock.
func (db *DB) locked(ctx context.Context, fn func(ctx context.Context) error) error {
	lctx, cancel := context.WithTimeout(ctx, defaultWait)
	defer cancel()
	unlock, err := db.d.lock(lctx, db)
	if errors.Is(err, errLockHeld) {
		return db.busy(ctx)
	}
	if err != nil {
		return err
	}
	return errors.Join(fn(context.WithoutCancel(ctx)), unlock())
}

func (db *DB) readMeta(ctx context.Context) error {
	err := db.x.GetContext(ctx, &db.meta, "SELECT uuid, company, timezone, lang, created_at, rev FROM meta WHERE id = 1")
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("open %s: %w", db.target, ErrMissing)
	case !noSuchTable(err):
		return db.wrap("open "+db.target.String(), err)
	}
	empty, err := db.empty(ctx)
	if err != nil {
		return db.wrap("open "+db.target.String(), err)
	}
	if empty {
		return fmt.Errorf("open %s: %w", db.target, ErrMissing)
	}
	return fmt.Errorf("open %s: %w", db.target, ErrNotOurs)
}

// empty reports whether the database holds no tables but those of a creation
// that was cut short before meta.
func (db *DB) empty(ctx context.Context) (bool, error) {
	var n int
	err := db.x.GetContext(ctx, &n, db.d.countTables)
	return n == 0, err
}

func noSuchTable(err error) bool {
	if e := (*mysql.MySQLError)(nil); errors.As(err, &e) {
		return e.Number == 1146 || e.Number == 1054 // a meta with other columns
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code() == sqlite3.SQLITE_ERROR
	}
	return false
}
