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
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tagkeep/internal/crm"
)

// Meta is what a database says about itself.
type Meta struct {
	UUID      string `db:"uuid"`
	Company   string `db:"company"`
	TimeZone  string `db:"timezone"` // an IANA name
	Lang      string `db:"lang"`
	CreatedAt int64  `db:"created_at"`
	Rev       int64  `db:"rev"`
}

// Location is the company's time zone, in which dates in spreadsheets are read.
func (m Meta) Location() (*time.Location, error) {
	loc, err := time.LoadLocation(m.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("load the company's time zone: %w", err)
	}
	return loc, nil
}

// Language of the company.
func (m Meta) Language() crm.Lang { return crm.Lang(m.Lang) }

// DefaultTimeZone of a new database.
const DefaultTimeZone = "Asia/Shanghai"

// Settings of a new database; the zero value is a Chinese company in Shanghai.
type Settings struct {
	Company  string
	TimeZone string
	Lang     crm.Lang
}

// maxCompany is how many characters a company's name may have.
const maxCompany = 64

// complete fills in what is not set and refuses what cannot be.
func (s Settings) complete() (Settings, error) {
	if s.TimeZone == "" {
		s.TimeZone = "Asia/Shanghai"
	}
	if s.Lang == "" {
		s.Lang = crm.Chinese
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		return s, err
	}
	if n := utf8.RuneCountInString(s.Company); n > maxCompany {
		return s, fmt.Errorf("the company's name has %d characters, at most %d fit", n, maxCompany)
	}
	return s, nil
}

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

// Create opens the database at the target and makes it first where there is
// none. created says which. Two processes may create at once.
func Create(ctx context.Context, t Target, s Settings, opts ...Option) (db *DB, created bool, err error) {
	db, err = Open(ctx, t, opts...)
	if !errors.Is(err, ErrMissing) {
		return db, false, err
	}
	if s, err = s.complete(); err != nil {
		return nil, false, fmt.Errorf("create %s: %w", t, err)
	}
	if err := prepare(ctx, t, opts); err != nil {
		return nil, false, err
	}
	db, err = connect(ctx, t, false, opts)
	if err != nil {
		return nil, false, err
	}
	if created, err = db.create(ctx, s); err != nil {
		return nil, false, errors.Join(err, db.Close())
	}
	return db, created, nil
}

// prepare makes the file, readable by its owner only, or the server's database.
func prepare(ctx context.Context, t Target, opts []Option) error {
	if t.Engine == SQLite {
		if t.Path == "" {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(t.Path), 0o700); err != nil {
			return fmt.Errorf("create %s: %w", t, err)
		}
		f, err := os.OpenFile(t.Path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return fmt.Errorf("create %s: %w", t, err)
		}
		return f.Close()
	}
	server, err := connect(ctx, t, true, opts)
	if err != nil {
		return err
	}
	defer server.Close()
	_, err = server.x.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS `"+t.Name+"` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	return server.wrap("create database "+t.Name, err)
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

// create makes the tables and, last, the meta row: without it the database does
// not count as made, and the next create finishes it. made is false when
// another process was first.
func (db *DB) create(ctx context.Context, s Settings) (made bool, err error) {
	p, err := db.provider()
	if err != nil {
		return false, err
	}
	err = db.locked(ctx, func(ctx context.Context) error {
		if err := db.d.tune(ctx, db); err != nil {
			return db.wrap("create "+db.target.String(), err)
		}
		if _, err := p.Up(ctx); err != nil {
			return db.wrap("migrate", err)
		}
		res, err := db.x.ExecContext(ctx, `INSERT INTO meta (id, uuid, company, timezone, lang, created_at)
			SELECT 1, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM meta)`,
			newUUID(), s.Company, s.TimeZone, string(s.Lang), db.now().UnixMilli())
		if err != nil {
			return db.wrap("create "+db.target.String(), err)
		}
		n, err := res.RowsAffected()
		made = n == 1
		return err
	})
	if err != nil {
		return false, err
	}
	return made, db.readMeta(ctx)
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

// wrap names the operation and gives the error its class and, where there is
// one, the sentinel that commands turn into advice.
func (db *DB) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	class := db.d.classify(err)
	if s := sentinel(class, err); s != nil {
		err = fmt.Errorf("%w: %w", s, err)
	}
	return &txError{class, fmt.Errorf("%s: %w", op, err)}
}

// sentinel maps what drivers and systems say to what callers test for.
func sentinel(class errClass, err error) error {
	switch class {
	case refused:
		return ErrRefused
	case transient:
		return ErrBusy // and it stayed so while it was tried again
	}
	if e := (*mysql.MySQLError)(nil); errors.As(err, &e) {
		switch e.Number {
		case 1044, 1045, 1142, 1698:
			return ErrLogin
		case 1049:
			return ErrMissing
		case 1021, 1114, 3675:
			return ErrFull
		case 1290, 1792, 1836:
			return ErrReadOnly
		}
		return nil
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return ErrFull
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return ErrReadOnly
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			return ErrNotOurs
		}
		return nil
	}
	if errors.Is(err, syscall.ENOSPC) {
		return ErrFull
	}
	if class == lost {
		return ErrUnreachable
	}
	return nil
}
