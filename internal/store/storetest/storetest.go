// Package storetest gives tests a fresh database of each kind, and holds the
// one suite that both kinds must pass.
//
//	storetest.Each(t, func(t *testing.T, target store.Target) {
//		db := storetest.Open(t, target)
//		…
//	})
//
// The MySQL server is the one that TAGKEEP_TEST_MYSQL names; scripts/test.sh
// starts one. Without it the tests fail, and are skipped only under -short.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tagkeep/internal/store"
)

// ServerVar names the environment variable with the server's address, without
// the name of a database: mysql://user:password@host:port/.
const ServerVar = "TAGKEEP_TEST_MYSQL"

// Each runs fn against a fresh target of each kind, as subtests "sqlite" and
// "mysql". Nothing exists at the target yet; what fn makes there is removed.
func Each(t *testing.T, fn func(t *testing.T, target store.Target)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("mysql", func(t *testing.T) { fn(t, MySQL(t)) })
}

// SQLite is a file that does not exist yet, in a folder of the test's own.
func SQLite(t testing.TB) store.Target {
	t.Helper()
	return store.Target{Engine: store.SQLite, Path: filepath.Join(t.TempDir(), "tagkeep.db")}
}

// MySQL is a database that does not exist yet, under a name that no other test
// has; it is dropped at the end of the test.
func MySQL(t testing.TB) store.Target {
	t.Helper()
	server := os.Getenv(ServerVar)
	if server == "" {
		if testing.Short() {
			t.Skipf("%s is not set: run through scripts/test.sh", ServerVar)
		}
		t.Fatalf("%s is not set: run through scripts/test.sh, or with -short to leave MySQL out", ServerVar)
	}
	target, err := store.ParseTarget(strings.TrimRight(server, "/") + "/tagkeep_" + strings.ToLower(rand.Text()))
	if err != nil {
		t.Fatalf("%s: %v", ServerVar, err)
	}
	t.Cleanup(func() {
		raw := Raw(t, store.Target{Engine: store.MySQL, User: target.User, Password: target.Password, Host: target.Host})
		// A test that failed may have left a transaction open on a table.
		if _, err := raw.ExecContext(context.Background(), "SET lock_wait_timeout = 5"); err != nil {
			t.Error(err)
		}
		if _, err := raw.ExecContext(context.Background(), "DROP DATABASE IF EXISTS `"+target.Name+"`"); err != nil {
			t.Error(err)
		}
	})
	return target
}

// Epoch is what the clock of Open shows.
var Epoch = time.Date(2024, 2, 29, 15, 59, 59, 999e6, time.UTC)

// Open creates a database at the target, or opens the one that is there, and
// closes it at the end of the test. Its clock stands still at Epoch unless opts
// bring another.
func Open(t testing.TB, target store.Target, opts ...store.Option) *store.DB {
	t.Helper()
	opts = append([]store.Option{NewClock().Option()}, opts...)
	db, _, err := store.Create(t.Context(), target, store.Settings{Company: "示例公司"}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Raw is a connection of the test's own beside the store's, with none of its
// settings: a stranger, or another process.
func Raw(t testing.TB, target store.Target) *sql.Conn {
	t.Helper()
	var db *sql.DB
	var err error
	if target.Engine == store.SQLite {
		db, err = sql.Open("sqlite", target.Path) // the store registers the driver
	} else {
		c := mysql.NewConfig()
		c.User, c.Passwd, c.Net, c.Addr, c.DBName = target.User, target.Password, "tcp", target.Host, target.Name
		db, err = sql.Open("mysql", c.FormatDSN())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(context.Background()) // t.Context is over in a cleanup
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Clock is a clock that stands still until it is set. It is safe for concurrent
// use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock is a clock at Epoch.
func NewClock() *Clock { return &Clock{now: Epoch} }

// Option makes a database run by the clock.
func (c *Clock) Option() store.Option { return store.WithClock(c.Now) }

// Now is the time it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set makes it show another time.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Advance moves it on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
