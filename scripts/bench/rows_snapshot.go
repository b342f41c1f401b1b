package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// snapshotRows are about the database that the import of the large file has
// filled: taking a snapshot of it, checking one, restoring one. The peers dump
// the same database, whole, through a pipe.
var snapshotRows = []row{
	{"snapshot, SQLite", floor{atMostRatio, 1}, snapshotOf(sqliteEngine, dumpThroughSQLite)},
	{"snapshot, MariaDB", floor{atMostRatio, 1}, snapshotOf(mariaEngine, dumpThroughMariaDB)},
	{"snapshot size, SQLite", floor{atMostRatio, 1}, snapshotSize(sqliteEngine, dumpThroughSQLite)},
	{"snapshot size, MariaDB", floor{atMostRatio, 1}, snapshotSize(mariaEngine, dumpThroughMariaDB)},
	{"snapshot verify, MariaDB", floor{atMostMiB, 128}, verifyOf(mariaEngine)},
	{"restore into an empty database, MariaDB", floor{timesFaster, 1.5}, restoreMariaDB},
	{"restore into an empty database, SQLite", floor{atMostMiB, 128}, restoreSQLite},
	{"memory: snapshot, SQLite", floor{atMostMiB, 128}, snapshotMemory(sqliteEngine)},
	{"memory: snapshot, MariaDB", floor{atMostMiB, 128}, snapshotMemory(mariaEngine)},
	{"memory: restore, MariaDB", floor{atMostMiB, 128}, func(ctx context.Context, b *bench) (outcome, error) {
		out, err := restoreMariaDB(ctx, b)
		return outcome{rows: out.rows, seconds: out.seconds, peak: out.peak}, err
	}},
}

// A dumped is a peer's compressed dump and what it took.
type dumped struct {
	usage
	file string
	what string
}

// taken is a snapshot of a filled database and what it took.
type taken struct {
	usage
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// snapshot takes one of a filled database, once.
func (b *bench) snapshot(ctx context.Context, e engine) (*filled, *taken, error) {
	f, err := b.fill(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	if t := b.snapshots[e.name]; t != nil {
		return f, t, nil
	}
	t := new(taken)
	t.usage, err = b.median(ctx, func(ctx context.Context) (usage, error) {
		e.calm(ctx, b)
		u, err := b.run(ctx, b.tagkeepCommand(f.database, "snapshot", "create", "--snapshots", b.file("snapshots-"+e.name)))
		if err != nil {
			return u, err
		}
		text, err := os.ReadFile(u.stdout)
		if err != nil {
			return u, err
		}
		return u, json.Unmarshal(text, t)
	})
	if err != nil {
		return nil, nil, err
	}
	b.snapshots[e.name] = t
	return f, t, nil
}

// peerDump makes a peer's dump of a filled database, once.
func (b *bench) peerDump(ctx context.Context, e engine, f *filled, dump func(*bench, *filled, string) (command, string)) (*dumped, error) {
	if d := b.dumps[e.name]; d != nil {
		return d, nil
	}
	for _, program := range []string{"sh", "zstd"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, missing(program + " not installed")
		}
	}
	d := &dumped{file: b.file("dump-" + e.name + ".zst")}
	c, what := dump(b, f, d.file)
	d.what = what
	var err error
	d.usage, err = b.median(ctx, func(ctx context.Context) (usage, error) {
		e.calm(ctx, b)
		return b.run(ctx, c)
	})
	if err != nil {
		return nil, err
	}
	b.dumps[e.name] = d
	return d, nil
}

// piped is a shell's pipe; it is as durable as ours when sync ends it.
func piped(script string, env ...string) command {
	return command{path: "/bin/sh", args: []string{"-c", "set -e; " + script}, env: env}
}

func dumpThroughSQLite(_ *bench, f *filled, to string) (command, string) {
	return piped(fmt.Sprintf("sqlite3 '%s' .dump | zstd -q -3 -T2 -f -o '%s'; sync '%[2]s'", f.name, to)), ".dump | zstd -3"
}

func dumpThroughMariaDB(b *bench, f *filled, to string) (command, string) {
	s := b.server
	return piped(fmt.Sprintf("mariadb-dump --no-defaults --protocol=tcp --host=%s --port=%s --user=%s --single-transaction %s | zstd -q -3 -T2 -f -o '%s'; sync '%[5]s'",
		s.host, s.port, s.user, f.name, to), "MYSQL_PWD="+s.password), "mariadb-dump | zstd -3"
}

func snapshotOf(e engine, dump func(*bench, *filled, string) (command, string)) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		f, t, err := b.snapshot(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		d, err := b.peerDump(ctx, e, f, dump)
		if err != nil {
			return outcome{}, err
		}
		return t.of(b.rows).against(d.what, d.usage), nil
	}
}

// snapshotSize compares sizes: the columns of seconds hold megabytes.
func snapshotSize(e engine, dump func(*bench, *filled, string) (command, string)) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		f, t, err := b.snapshot(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		d, err := b.peerDump(ctx, e, f, dump)
		if err != nil {
			return outcome{}, err
		}
		st, err := os.Stat(d.file)
		if err != nil {
			return outcome{}, err
		}
		return outcome{rows: b.rows, seconds: mib(t.Bytes), peer: d.what + " (MiB)", peerSeconds: mib(st.Size())}, nil
	}
}

func verifyOf(e engine) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		f, t, err := b.snapshot(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		u, err := b.median(ctx, func(ctx context.Context) (usage, error) {
			return b.run(ctx, b.tagkeepCommand(f.database, "snapshot", "verify", t.Path))
		})
		return u.of(b.rows), err
	}
}

func snapshotMemory(e engine) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		_, t, err := b.snapshot(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		return t.of(b.rows), nil
	}
}

// restoreInto restores the snapshot into new databases and looks whether they
// hold what was in it.
func (b *bench) restoreInto(ctx context.Context, e engine, blank func() (*database, error)) (usage, error) {
	f, t, err := b.snapshot(ctx, e)
	if err != nil {
		return usage{}, err
	}
	want, err := b.exact(ctx, f.database)
	if err != nil {
		return usage{}, err
	}
	return b.median(ctx, func(ctx context.Context) (usage, error) {
		db, err := blank()
		if err != nil {
			return usage{}, err
		}
		defer db.drop()
		e.calm(ctx, b)
		u, err := b.run(ctx, b.tagkeepCommand(db, "snapshot", "restore", t.Path, "--yes"))
		if err != nil {
			return u, err
		}
		got, err := b.exact(ctx, db)
		if err == nil && got != want {
			err = errors.New("the restored database differs from the one that the snapshot was taken of")
		}
		return u, err
	})
}

// exact is the hash over every column of every row.
func (b *bench) exact(ctx context.Context, db *database) (string, error) {
	u, err := b.run(ctx, b.tagkeepCommand(db, "state"))
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(u.stdout)
	if err != nil {
		return "", err
	}
	var s struct{ Exact string }
	err = json.Unmarshal(text, &s)
	return s.Exact, err
}

func restoreSQLite(ctx context.Context, b *bench) (outcome, error) {
	u, err := b.restoreInto(ctx, sqliteEngine, func() (*database, error) {
		b.processes++
		return sqliteDatabase(b.file(fmt.Sprintf("restored-%03d.db", b.processes))), nil
	})
	return u.of(b.rows), err
}

// restoreMariaDB compares with piping the dump of the same database into the
// client.
func restoreMariaDB(ctx context.Context, b *bench) (outcome, error) {
	u, err := b.restoreInto(ctx, mariaEngine, b.schema)
	if err != nil {
		return outcome{}, err
	}
	f, err := b.fill(ctx, mariaEngine)
	if err != nil {
		return outcome{}, err
	}
	d, err := b.peerDump(ctx, mariaEngine, f, dumpThroughMariaDB)
	if err != nil {
		return outcome{}, err
	}
	peer, err := b.median(ctx, func(ctx context.Context) (usage, error) {
		db, err := b.schema()
		if err != nil {
			return usage{}, err
		}
		defer db.drop()
		if _, err := b.server.db.ExecContext(ctx, "CREATE DATABASE `"+db.name+"`"); err != nil {
			return usage{}, err
		}
		b.server.calm(ctx)
		s := b.server
		client := strings.Join([]string{"mariadb --no-defaults --protocol=tcp --host=" + s.host, "--port=" + s.port, "--user=" + s.user, db.name}, " ")
		return b.run(ctx, piped(fmt.Sprintf("zstd -q -dc '%s' | %s", d.file, client), "MYSQL_PWD="+s.password))
	})
	if err != nil {
		return outcome{}, err
	}
	return u.of(b.rows).against("the dump into mariadb", peer), nil
}
