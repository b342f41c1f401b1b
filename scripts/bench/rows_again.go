package main

import (
	"context"
	"fmt"
)

var againRows = []row{
	{"import again, unchanged, SQLite", floor{atMostRatio, 0.5}, againIn(sqliteEngine)},
	{"import again, unchanged, MariaDB", floor{atMostRatio, 0.5}, againIn(mariaEngine)},
	{"import again, 30% changed, SQLite", floor{atMostRatio, 0.8}, changedIn(sqliteEngine)},
	{"import again, 30% changed, MariaDB", floor{atMostRatio, 0.8}, changedIn(mariaEngine)},
}

// againIn imports the large file into the database that has it already.
func againIn(e engine) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		f, err := b.fill(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		file, err := b.customers(ctx, "csv", b.rows, false)
		if err != nil {
			return outcome{}, err
		}
		u, err := b.median(ctx, func(ctx context.Context) (usage, error) { return b.importAgain(ctx, e, f, file, 0) })
		return u.of(b.rows).against("the first run", f.first), err
	}
}

// changedIn imports the large file with changes in 3 rows of 10.
func changedIn(e engine) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		f, err := b.fill(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		run := 0
		u, err := b.median(ctx, func(ctx context.Context) (usage, error) {
			run++
			file, changes, err := b.changed(ctx, run)
			if err != nil {
				return usage{}, err
			}
			return b.importAgain(ctx, e, f, file, changes)
		})
		return u.of(b.rows).against("the first run", f.first), err
	}
}

// importAgain imports into a filled database and checks that as many rows as
// were changed are updated, and no other.
func (b *bench) importAgain(ctx context.Context, e engine, f *filled, file string, changes int) (usage, error) {
	e.calm(ctx, b)
	u, res, err := b.importFile(ctx, f.database, "customers", file, false)
	if err != nil {
		return u, err
	}
	if res.Rows.Updated != changes || res.Rows.Unchanged != b.rows-changes {
		return u, fmt.Errorf("%d rows updated and %d unchanged, want %d and %d",
			res.Rows.Updated, res.Rows.Unchanged, changes, b.rows-changes)
	}
	return u, nil
}
