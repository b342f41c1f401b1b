package main

import (
	"context"
	"fmt"
	"os"
)

var faultRows = []row{
	{"import bad rows into SQLite", floor{atMostRatio, 1.5}, importBadRows},
	{"repair workbook of bad rows", floor{atMostSeconds, 3}, repairWorkbook},
}

// importBadRows compares a file whose every row is rejected with one of the
// same size that has no errors.
func importBadRows(ctx context.Context, b *bench) (outcome, error) {
	clean, err := b.fill(ctx, sqliteEngine)
	if err != nil {
		return outcome{}, err
	}
	u, err := b.rejects(ctx, "csv", b.rows)
	return u.of(b.rows).against("the clean file", clean.first), err
}

// repairWorkbook is the whole import of a workbook that ends in another one
// with the rejected rows.
func repairWorkbook(ctx context.Context, b *bench) (outcome, error) {
	u, err := b.rejects(ctx, "xlsx", workbookRows)
	return u.of(workbookRows), err
}

// rejects measures an import of nothing but faulty rows, and looks whether the
// file of rejected rows is there.
func (b *bench) rejects(ctx context.Context, format string, rows int) (usage, error) {
	file, err := b.customers(ctx, format, rows, true)
	if err != nil {
		return usage{}, err
	}
	b.processes++ // for a name of its own
	repair := b.file(fmt.Sprintf("repair-%03d.%s", b.processes, format))
	u, err := b.importFresh(ctx, sqliteEngine, file, true, nil, "--errors", repair)
	if err != nil {
		return u, err
	}
	_, err = os.Stat(repair)
	return u, err
}
