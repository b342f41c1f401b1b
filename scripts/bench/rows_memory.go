package main

import "context"

// The most memory that a command may have resident, however many rows.
var memoryFloor = floor{atMostMiB, 128}

var memoryRows = []row{
	{"memory: import CSV into SQLite", memoryFloor, firstImport(sqliteEngine)},
	{"memory: import CSV into MariaDB", memoryFloor, firstImport(mariaEngine)},
	{"memory: export CSV from SQLite", memoryFloor, export(sqliteEngine, "csv")},
	{"memory: export XLSX from SQLite", memoryFloor, export(sqliteEngine, "xlsx")},
	{"memory: export CSV from MariaDB", memoryFloor, export(mariaEngine, "csv")},
}

// firstImport looks at the import that other rows compare with their peers.
func firstImport(e engine) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		f, err := b.fill(ctx, e)
		if err != nil {
			return outcome{}, err
		}
		return f.first.of(b.rows), nil
	}
}

// export looks at the memory alone.
func export(e engine, format string) func(context.Context, *bench) (outcome, error) {
	return func(ctx context.Context, b *bench) (outcome, error) {
		u, _, _, err := b.exported(ctx, e, format)
		return u.of(b.rows), err
	}
}
