package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		clock := storetest.NewClock()
		db, created, err := store.Create(t.Context(), target, store.Settings{}, clock.Option())
		if err != nil || !created {
			t.Fatalf("created %t, %v", created, err)
		}
		m := db.Meta()
		if len(m.UUID) != 36 || m.TimeZone != "Asia/Shanghai" || m.Language() != crm.Chinese || m.CreatedAt != storetest.Epoch.UnixMilli() {
			t.Errorf("meta of a new database: %+v", m)
		}
		if loc, err := m.Location(); err != nil || loc.String() != "Asia/Shanghai" {
			t.Errorf("location %v, %v", loc, err)
		}
		for range 2 { // it may be closed twice
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := db.InTx(t.Context(), nil, func(*store.Tx) error { return nil }); err == nil {
			t.Error("a closed database can be written")
		}

		db, created, err = store.Create(t.Context(), target, store.Settings{Company: "another", TimeZone: "UTC", Lang: crm.English})
		if err != nil || created || db.Meta().UUID != m.UUID || db.Meta().Company != "" {
			t.Fatalf("created again: %t, %+v, %v", created, db.Meta(), err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if ok, err := store.Exists(t.Context(), target); !ok || err != nil {
			t.Errorf("Exists: %t, %v", ok, err)
		}
	})
}

func TestCreateSettings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		want := store.Settings{Company: strings.Repeat("司", 64), TimeZone: "America/Argentina/ComodRivadavia", Lang: crm.English}
		for what, s := range map[string]store.Settings{
			"no such time zone":   {TimeZone: "Asia/Nowhere"},
			"company is too long": {Company: want.Company + "司"},
		} {
			if _, _, err := store.Create(t.Context(), target, s); err == nil || errors.Is(err, store.ErrMissing) {
				t.Errorf("%s: got %v, want what is wrong with it", what, err)
			}
			if ok, err := store.Exists(t.Context(), target); ok || err != nil {
				t.Errorf("%s: Exists: %t, %v", what, ok, err)
			}
		}
		db, created, err := store.Create(t.Context(), target, want)
		if err != nil || !created {
			t.Fatalf("created %t, %v", created, err)
		}
		m := db.Meta()
		if m.Company != want.Company || m.TimeZone != want.TimeZone || m.Language() != want.Lang {
			t.Errorf("meta %+v, want %+v", m, want)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Whoever comes first makes it; all get the same one.
func TestCreateAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		const n = 6
		made, uuids := make([]bool, n), make([]string, n)
		var g errgroup.Group
		for i := range n {
			g.Go(func() error {
				db, created, err := store.Create(t.Context(), target, store.Settings{})
				if err != nil {
					return err
				}
				made[i], uuids[i] = created, db.Meta().UUID
				return errors.Join(db.InTx(t.Context(), nil, func(*store.Tx) error { return nil }), db.Close())
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(uuids)
		if got := slices.Compact(uuids); len(got) != 1 {
			t.Errorf("databases made: %v, want one", got)
		}
		if i := slices.Index(made, true); i < 0 || slices.Contains(made[i+1:], true) {
			t.Errorf("who made it: %v, want one of them", made)
		}
		var rev int64
		storetest.Read(t, storetest.Open(t, target), func(tx *store.Tx) error { rev = tx.Rev; return nil })
		if rev != n {
			t.Errorf("revision %d after %d transactions", rev, n)
		}
	})
}

func TestOpenMissing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		for range 2 { // the first look has left nothing for the second to find
			db, err := store.Open(t.Context(), target)
			if !errors.Is(err, store.ErrMissing) || db != nil {
				t.Errorf("got %v, want ErrMissing", err)
			}
			if ok, err := store.Exists(t.Context(), target); ok || err != nil {
				t.Errorf("Exists: %t, %v", ok, err)
			}
		}
		if target.Engine == store.MySQL {
			server := target
			server.Name = ""
			var n int
			err := storetest.Raw(t, server).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", target.Name).Scan(&n)
			if err != nil || n != 0 {
				t.Errorf("looking for a database made %d (%v)", n, err)
			}
		}
	})
}

// A creation that is cut short counts as none, and the next goes on from there.
// Each round gets one statement further than the last, and the last of them as
// far as the row that says it is done.
func TestCreateCutShort(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		round := func(f fault.Fault) (cut bool) {
			t.Helper()
			plan := new(fault.Plan)
			f.Do = func() { cut = true }
			plan.Add(f, fault.Fault{Op: fault.Exec, SQL: "INSERT INTO meta", Err: errCut, Kill: true})
			_, created, err := store.Create(t.Context(), target, store.Settings{}, store.WithConnector(plan.Connector))
			if err == nil {
				t.Fatalf("%v: created %t all the same", f, created)
			}
			if ok, err := store.Exists(t.Context(), target); ok || err != nil {
				t.Fatalf("%v: Exists: %t, %v", f, ok, err)
			}
			return cut
		}
		n := 1
		for round(fault.Fault{Op: fault.Exec, SQL: "IF NOT EXISTS", N: n, After: n%2 == 0, Err: errCut, Kill: true}) {
			n++
		}
		if n < 5 {
			t.Errorf("only %d rounds", n)
		}
		db := storetest.Open(t, target)
		storetest.Write(t, db, func(tx *store.Tx) error {
			return tx.CreateGroups([]crm.Group{{ID: 1, Name: "g", Scope: crm.ScopeShared}})
		})
	})
}

var errCut = errors.New("cut short")

// latest are the tables that the last migration made.
var latest = []string{"event_change", "setting"}

func TestOpenOlder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		uuid := storetest.Open(t, target).Meta().UUID
		raw := storetest.Raw(t, target)
		for _, table := range latest {
			if _, err := raw.ExecContext(t.Context(), "DROP TABLE "+table); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := raw.ExecContext(t.Context(), "DELETE FROM schema_version WHERE version_id = 8"); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if db.Meta().UUID != uuid {
			t.Error("it has become another database")
		}
		storetest.Write(t, db, func(tx *store.Tx) error { return tx.WriteAudit(store.Audit{Action: "upgrade"}) })
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestOpenNewer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		storetest.Open(t, target)
		raw := storetest.Raw(t, target)
		if _, err := raw.ExecContext(t.Context(), "INSERT INTO schema_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), target); !errors.Is(err, store.ErrNewer) {
			t.Errorf("Open: got %v, want ErrNewer", err)
		}
		if _, _, err := store.Create(t.Context(), target, store.Settings{}); !errors.Is(err, store.ErrNewer) {
			t.Errorf("Create: got %v, want ErrNewer", err)
		}
	})
}

// Somebody else's database is neither opened nor filled with our tables.
func TestOpenForeign(t *testing.T) {
	t.Parallel()
	for name, table := range map[string]string{
		"another table":      "CREATE TABLE posts (id INTEGER PRIMARY KEY)",
		"a meta of its own":  "CREATE TABLE meta (name VARCHAR(10), value VARCHAR(10))",
		"almost our own one": "CREATE TABLE meta (id INTEGER, uuid VARCHAR(36))",
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, target store.Target) {
				if target.Engine == store.MySQL {
					server := target
					server.Name = ""
					if _, err := storetest.Raw(t, server).ExecContext(t.Context(), "CREATE DATABASE "+target.Name); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := storetest.Raw(t, target).ExecContext(t.Context(), table); err != nil {
					t.Fatal(err)
				}
				before := dump(t, target)
				if _, err := store.Open(t.Context(), target); !errors.Is(err, store.ErrNotOurs) {
					t.Errorf("Open: got %v, want ErrNotOurs", err)
				}
				if _, _, err := store.Create(t.Context(), target, store.Settings{}); !errors.Is(err, store.ErrNotOurs) {
					t.Errorf("Create: got %v, want ErrNotOurs", err)
				}
				if after := dump(t, target); after != before {
					t.Errorf("it was changed: %q, was %q", after, before)
				}
			})
		})
	}
}

// dump is a file's bytes, or the names of a server database's tables.
func dump(t *testing.T, target store.Target) string {
	t.Helper()
	if target.Engine == store.SQLite {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(readFile(t, target.Path))))
	}
	rows, err := storetest.Raw(t, target).QueryContext(t.Context(), "SHOW TABLES")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestMySQLErrors(t *testing.T) {
	t.Parallel()
	target := storetest.MySQL(t)
	wrong := target
	wrong.Password = "not-the-password"
	nobody := target
	nobody.User = "nobody"
	closed := target
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Host = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	unknown := target
	unknown.Host = "no-such-host.invalid:3306"
	for _, tt := range []struct {
		name   string
		target store.Target
		want   error
	}{
		{"wrong password", wrong, store.ErrLogin},
		{"no such user", nobody, store.ErrLogin},
		{"closed port", closed, store.ErrUnreachable},
		{"no such host", unknown, store.ErrUnreachable},
	} {
		_, err := store.Open(t.Context(), tt.target)
		_, _, cerr := store.Create(t.Context(), tt.target, store.Settings{})
		for _, err := range []error{err, cerr} {
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			} else if strings.Contains(err.Error(), tt.target.Password) {
				t.Errorf("%s: the message tells the password: %v", tt.name, err)
			}
		}
	}
}

// Companies on one server make their databases without waiting for each other.
func TestCreateBesideAnother(t *testing.T) {
	t.Parallel()
	a, b := storetest.MySQL(t), storetest.MySQL(t)
	var inner error
	clock := func() time.Time { // asked for when a is about to be made
		db, _, err := store.Create(t.Context(), b, store.Settings{})
		if inner = err; err == nil {
			inner = db.Close()
		}
		return storetest.Epoch
	}
	storetest.Open(t, a, store.WithClock(clock))
	if inner != nil {
		t.Error(inner)
	}
}
