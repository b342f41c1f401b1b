package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestOpenMissingLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"tagkeep.db", "no/such/folder/tagkeep.db"} {
		_, err := store.Open(t.Context(), store.Target{Engine: store.SQLite, Path: filepath.Join(dir, path)})
		if !errors.Is(err, store.ErrMissing) {
			t.Errorf("%s: got %v, want ErrMissing", path, err)
		}
	}
	if got := listing(t, dir); len(got) != 0 {
		t.Errorf("it left %v", got)
	}
}

// Something else under the database's name is left as it is.
func TestOpenGarbage(t *testing.T) {
	t.Parallel()
	random := make([]byte, 8192)
	for i := range random {
		random[i] = byte(i * i >> 3)
	}
	for name, content := range map[string]string{
		"text": "姓名,手机号\n张三,13800000000\n",
		"byte": "x",
		"long": string(random),
		"zip":  "PK\x03\x04" + string(random),
	} {
		target := storetest.SQLite(t)
		if err := os.WriteFile(target.Path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), target); !errors.Is(err, store.ErrNotOurs) {
			t.Errorf("%s: Open: got %v, want ErrNotOurs", name, err)
		}
		if _, _, err := store.Create(t.Context(), target, store.Settings{}); !errors.Is(err, store.ErrNotOurs) {
			t.Errorf("%s: Create: got %v, want ErrNotOurs", name, err)
		}
		if readFile(t, target.Path) != content {
			t.Errorf("%s: the file was changed", name)
		}
		if got := listing(t, filepath.Dir(target.Path)); len(got) != 1 {
			t.Errorf("%s: it left %v", name, got)
		}
	}
	folder := store.Target{Engine: store.SQLite, Path: t.TempDir()}
	if _, err := store.Open(t.Context(), folder); !errors.Is(err, store.ErrNotOurs) {
		t.Errorf("folder: got %v, want ErrNotOurs", err)
	}
}

// An empty file is what a creation leaves that was killed at once.
func TestCreateInEmptyFile(t *testing.T) {
	t.Parallel()
	target := storetest.SQLite(t)
	if err := os.WriteFile(target.Path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), target); !errors.Is(err, store.ErrMissing) {
		t.Errorf("Open: got %v, want ErrMissing", err)
	}
	storetest.Open(t, target)
}

func TestSQLitePaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := []string{"a b.db", "客户 标签.db", "100%.db", "%41.db", "x#y.db", "a&b=c.db", "it's.db", "no-extension", "new/folder/x.db"}
	if runtime.GOOS != "windows" {
		names = append(names, "what?mode=memory.db", `back\slash.db`, "new\nline.db")
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		target, err := store.ParseTarget("sqlite:" + path)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		db, created, err := store.Create(t.Context(), target, store.Settings{})
		if err != nil || !created {
			t.Errorf("%q: created %t, %v", name, created, err)
			continue
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q: the file is elsewhere: %v", name, listing(t, dir))
		}
	}
}

// Nobody else on the machine may read customers' phone numbers.
func TestSQLiteFileModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes")
	}
	target := storetest.SQLite(t)
	target.Path = filepath.Join(filepath.Dir(target.Path), "made", "tagkeep.db")
	db := storetest.Open(t, target)
	job, err := db.StartJob(t.Context(), "import", 0)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Write(t, db, func(tx *store.Tx) error {
		return tx.CreateGroups([]crm.Group{{ID: 1, Name: "g", Scope: crm.ScopeShared}})
	})
	dir := filepath.Dir(target.Path)
	names := listing(t, dir)
	if len(names) != 4 {
		t.Errorf("files: %v, want the database, -lock, -shm and -wal", names)
	}
	for _, name := range names {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", name, st.Mode().Perm())
		}
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder made for it: %v, %v, want mode 0700", st.Mode(), err)
	}
	if err := job.Done(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSQLiteReadOnly(t *testing.T) {
	t.Parallel()
	target := storetest.SQLite(t)
	db := storetest.Open(t, target)
	storetest.Write(t, db, func(tx *store.Tx) error {
		return tx.CreateGroups([]crm.Group{{ID: 1, Name: "g", Scope: crm.ScopeShared}})
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var opts []store.Option
	if os.Getuid() == 0 {
		opts = append(opts, store.WithConnector(queryOnly)) // root may write any file
	} else if err := os.Chmod(target.Path, 0o400); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), target, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n := storetest.Count(t, db, "tag_group", ""); n != 1 {
		t.Errorf("%d groups can be read, want 1", n)
	}
	err = db.InTx(t.Context(), nil, func(*store.Tx) error { return nil })
	if !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("InTx: got %v, want ErrReadOnly", err)
	}
	if _, err := db.StartJob(t.Context(), "import", 0); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("StartJob: got %v, want ErrReadOnly", err)
	}
}

// queryOnly makes SQLite refuse writes as it does for a file it may not write.
func queryOnly(c driver.Connector) driver.Connector { return pragma{c, "PRAGMA query_only = 1"} }

// pragma runs a statement on every connection.
type pragma struct {
	driver.Connector
	sql string
}

func (p pragma) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, p.sql, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", p.sql, errors.Join(err, conn.Close()))
	}
	return conn, nil
}

func TestInMemory(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, store.InMemory())
	other := storetest.Open(t, store.InMemory())
	storetest.Write(t, db, func(tx *store.Tx) error {
		return tx.CreateGroups([]crm.Group{{ID: 1, Name: "g", Scope: crm.ScopeShared}})
	})
	// A reading that is broken off must not cost the only connection.
	ctx, cancel := context.WithCancel(t.Context())
	_ = db.View(ctx, func(tx *store.Tx) error {
		cancel()
		_, err := tx.Groups(store.Live)
		return err
	})
	if a, b := storetest.Count(t, db, "tag_group", ""), storetest.Count(t, other, "tag_group", ""); a != 1 || b != 0 {
		t.Errorf("%d groups here and %d there, want 1 and 0", a, b)
	}
	if db.Meta().UUID == other.Meta().UUID {
		t.Error("two databases in memory are one")
	}
	if _, err := store.Open(t.Context(), store.InMemory()); !errors.Is(err, store.ErrMissing) {
		t.Errorf("Open: got %v, want ErrMissing", err)
	}
	job, err := db.StartJob(t.Context(), "import", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Done(t.Context()); err != nil {
		t.Error(err)
	}
}

// After EndBulk the file alone holds everything, although commits were not
// synced one by one.
func TestSQLiteBulk(t *testing.T) {
	t.Parallel()
	target := storetest.SQLite(t)
	db := storetest.Open(t, target, store.ForBulk())
	for id := int64(1); id <= 3; id++ {
		storetest.Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers([]crm.Customer{{ID: id}}) })
	}
	if err := db.EndBulk(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut := storetest.SQLite(t) // the power went, and the log with it
	if err := os.WriteFile(cut.Path, []byte(readFile(t, target.Path)), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, storetest.Open(t, cut), "customer", ""); n != 3 {
		t.Errorf("%d customers are in the file, want 3", n)
	}
	storetest.Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers([]crm.Customer{{ID: 4}}) })
	if n := storetest.Count(t, storetest.Open(t, target), "customer", ""); n != 4 {
		t.Errorf("%d customers are stored, want 4", n)
	}
}
