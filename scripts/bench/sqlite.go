package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// sqliteEngine makes each database as a copy of one with people and tags.
var sqliteEngine = engine{name: "SQLite", ready: readySQLite, calm: func(ctx context.Context, _ *bench) { calm(ctx) }}

func readySQLite(ctx context.Context, b *bench) (*database, error) {
	base, err := b.once("base.db", func(path string) error { return b.addDirectory(ctx, sqliteDatabase(path)) })
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(base + "-wal"); err == nil && info.Size() > 0 {
		return nil, fmt.Errorf("%s was left with a write-ahead log: its copy would be incomplete", base)
	}
	b.processes++ // for a name of its own
	db := sqliteDatabase(b.file(fmt.Sprintf("database-%03d.db", b.processes)))
	if err := copyFile(db.name, base); err != nil {
		db.drop()
		return nil, err
	}
	return db, nil
}

func sqliteDatabase(path string) *database {
	return &database{address: "sqlite:" + path, name: path, drop: func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-lock"} {
			_ = os.Remove(path + suffix) // what stays goes with the directory
		}
	}}
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// shell runs a script in the sqlite3 shell and returns what it printed.
func (b *bench) shell(ctx context.Context, db, script string) (usage, error) {
	path, err := exec.LookPath("sqlite3")
	if err != nil {
		return usage{}, missing("sqlite3 shell not installed")
	}
	file := b.file("script.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return usage{}, err
	}
	return b.run(ctx, command{path: path, args: []string{"-init", os.DevNull, "-batch", "-bail", db}, stdin: file})
}

// dumpSQLite writes the tables of the large file for .import, once.
func (b *bench) dumpSQLite(ctx context.Context, f *filled) error {
	if f.dumped {
		return nil
	}
	// The separators of the ascii mode occur in no value and need no quotes.
	script := ".mode ascii\n"
	for _, t := range bulkTables {
		script += fmt.Sprintf(".once %s.ascii\nSELECT * FROM %[1]s ORDER BY %s;\n", t.name, strings.Join(t.key, ", "))
	}
	_, err := b.shell(ctx, f.name, script)
	f.dumped = err == nil
	return err
}

// The shell cannot import NULL: an absent key arrives as ”. The peer's indexes
// of keys therefore leave out ” as ours leave out NULL, so that they hold as
// many entries.
const reindex = `
DROP INDEX customer_external_id;
DROP INDEX customer_unionid;
DROP INDEX customer_mobile;
CREATE UNIQUE INDEX customer_external_id ON customer (external_id, deletion_id) WHERE external_id <> '';
CREATE UNIQUE INDEX customer_unionid ON customer (unionid, deletion_id) WHERE unionid <> '';
CREATE INDEX customer_mobile ON customer (mobile) WHERE mobile <> '';
`

// load has the settings that tagkeep imports with; all is one transaction.
const load = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -32768;
.mode ascii
BEGIN;
.import customer.ascii customer
.import customer_staff.ascii customer_staff
.import link.ascii link
COMMIT;
`

// importSQLite measures the sqlite3 shell's .import of the same rows into the
// same tables, and looks whether all arrived.
func (b *bench) importSQLite(ctx context.Context, f *filled) (usage, error) {
	if err := b.dumpSQLite(ctx, f); err != nil {
		return usage{}, err
	}
	return b.median(ctx, func(ctx context.Context) (usage, error) {
		db, err := readySQLite(ctx, b)
		if err != nil {
			return usage{}, err
		}
		defer db.drop()
		if _, err := b.shell(ctx, db.name, reindex); err != nil {
			return usage{}, err
		}
		calm(ctx)
		u, err := b.shell(ctx, db.name, load)
		if err != nil {
			return u, err
		}
		return u, b.checkSQLite(ctx, db, f)
	})
}

func (b *bench) checkSQLite(ctx context.Context, db *database, f *filled) error {
	for _, t := range bulkTables {
		u, err := b.shell(ctx, db.name, "SELECT count(*) FROM "+t.name+";\n")
		if err != nil {
			return err
		}
		count, err := os.ReadFile(u.stdout)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := f.result.check(t.name, strings.TrimSpace(string(count))); err != nil {
			return err
		}
	}
	return nil
}
