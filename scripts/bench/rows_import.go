package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

var checkRows = []row{
	{"check CSV (dry run)", floor{rowsPerSecond, 300000}, check},
}

var importRows = []row{
	{"import CSV into MariaDB", floor{atMostRatio, 1.5}, importIntoMariaDB},
	{"import CSV into MariaDB, local_infile=0", floor{atMostRatio, 1}, importWithoutLoad},
	{"import CSV into SQLite", floor{atMostRatio, 2}, importIntoSQLite},
	{"import XLSX into SQLite", floor{atMostSeconds, 2}, importWorkbook},
}

// check reads the large file against a database that has its people and tags,
// and writes nothing.
func check(ctx context.Context, b *bench) (outcome, error) {
	file, err := b.customers(ctx, "csv", b.rows, false)
	if err != nil {
		return outcome{}, err
	}
	u, err := b.importFresh(ctx, sqliteEngine, file, false, nil, "--dry-run")
	return u.of(b.rows), err
}

func importIntoMariaDB(ctx context.Context, b *bench) (outcome, error) {
	f, err := b.fill(ctx, mariaEngine)
	if err != nil {
		return outcome{}, err
	}
	out := f.first.of(b.rows)
	script, err := b.loadScript(ctx, f)
	if err != nil {
		return out, err
	}
	u, err := b.loadMariaDB(ctx, f, script)
	return out.against("LOAD DATA LOCAL", u), err
}

// loadScript loads the tables of the large file, each in one statement. The
// names are relative to the client's directory, which is ours.
func (b *bench) loadScript(ctx context.Context, f *filled) (string, error) {
	files, err := b.dump(ctx, f, "%s.tsv", tabs{})
	if err != nil {
		return "", err
	}
	return b.once("load.sql", func(path string) error {
		var script strings.Builder
		for i, t := range bulkTables {
			fmt.Fprintf(&script, "LOAD DATA LOCAL INFILE '%s' INTO TABLE %s CHARACTER SET utf8mb4;\n", filepath.Base(files[i]), t.name)
		}
		return os.WriteFile(path, []byte(script.String()), 0o600)
	})
}

// importWithoutLoad compares with what people write who may not LOAD DATA: rows
// in statements of a thousand, each committed by itself.
func importWithoutLoad(ctx context.Context, b *bench) (outcome, error) {
	f, err := b.fill(ctx, mariaEngine)
	if err != nil {
		return outcome{}, err
	}
	file, err := b.customers(ctx, "csv", b.rows, false)
	if err != nil {
		return outcome{}, err
	}
	var ours usage
	err = b.server.with(ctx, "local_infile", 0, func() error {
		ours, err = b.importFresh(ctx, mariaEngine, file, false, nil)
		return err
	})
	if err != nil {
		return outcome{}, err
	}
	script, err := b.upsertScript(ctx, f)
	if err != nil {
		return ours.of(b.rows), err
	}
	u, err := b.loadMariaDB(ctx, f, script)
	return ours.of(b.rows).against("upserts of 1,000 rows", u), err
}

// upsertScript has the rows of all tables.
func (b *bench) upsertScript(ctx context.Context, f *filled) (string, error) {
	files, err := b.dump(ctx, f, "%s-upserts.sql", &upserts{batch: 1000})
	if err != nil {
		return "", err
	}
	return b.once("upserts.sql", func(path string) error { return joinFiles(path, files) })
}

func importIntoSQLite(ctx context.Context, b *bench) (outcome, error) {
	f, err := b.fill(ctx, sqliteEngine)
	if err != nil {
		return outcome{}, err
	}
	u, err := b.importSQLite(ctx, f)
	return f.first.of(b.rows).against("sqlite3 .import", u), err
}

func importWorkbook(ctx context.Context, b *bench) (outcome, error) {
	file, err := b.customers(ctx, "xlsx", workbookRows, false)
	if err != nil {
		return outcome{}, err
	}
	u, err := b.importFresh(ctx, sqliteEngine, file, false, nil)
	return u.of(workbookRows), err
}

func joinFiles(to string, from []string) (err error) {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, name := range from {
		in, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		in.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
