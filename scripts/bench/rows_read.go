package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

var readRows = []row{
	{"read XLSX, inline strings", floor{timesFaster, 3}, func(ctx context.Context, b *bench) (outcome, error) { return read(ctx, b, false) }},
	{"read XLSX, shared strings", floor{timesFaster, 3}, func(ctx context.Context, b *bench) (outcome, error) { return read(ctx, b, true) }},
}

// excelizeCommand is the subcommand that reads a workbook with excelize, a
// process of its own so that its memory is its own.
const excelizeCommand = "read-with-excelize"

// read reads every cell of a large sheet.
func read(ctx context.Context, b *bench, shared bool) (outcome, error) {
	file, err := b.grid(b.rows, shared)
	if err != nil {
		return outcome{}, err
	}
	ours, err := b.median(ctx, func(ctx context.Context) (usage, error) {
		calm(ctx)
		u, err := b.run(ctx, command{path: b.tagkeep, args: []string{"inspect", file, "--rows", "0", "--json"}})
		if err != nil {
			return u, err
		}
		return u, b.inspected(u)
	})
	if err != nil {
		return ours.of(b.rows), err
	}
	peer, err := b.median(ctx, func(ctx context.Context) (usage, error) {
		calm(ctx)
		u, err := b.run(ctx, command{path: b.self, args: []string{excelizeCommand, file}})
		if err != nil {
			return u, err
		}
		return u, b.excelizeRead(u)
	})
	return ours.of(b.rows).against("excelize Rows", peer), err
}

// inspected checks that inspect saw all rows.
func (b *bench) inspected(u usage) error {
	var seen struct{ Rows int }
	text, err := os.ReadFile(u.stdout)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &seen); err != nil {
		return fmt.Errorf("read what inspect printed: %w", err)
	}
	if seen.Rows != b.rows {
		return fmt.Errorf("inspect saw %d rows, want %d", seen.Rows, b.rows)
	}
	return nil
}

// excelizeRead checks that excelize saw the same and the header.
func (b *bench) excelizeRead(u usage) error {
	text, err := os.ReadFile(u.stdout)
	if err != nil {
		return err
	}
	cells, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if want := (b.rows + 1) * len(gridColumns); err == nil && cells != want {
		err = fmt.Errorf("excelize saw %d cells, want %d", cells, want)
	}
	return err
}

// readWithExcelize is the bare loop: it prints how many cells have a value.
func readWithExcelize(file string, stdout, stderr io.Writer) int {
	cells, err := countCells(file)
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	fmt.Fprintln(stdout, cells)
	return 0
}

func countCells(name string) (cells int, err error) {
	file, err := excelize.OpenFile(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	rows, err := file.Rows(file.GetSheetName(0))
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		row, err := rows.Columns()
		if err != nil {
			return cells, err
		}
		for _, cell := range row {
			if cell != "" {
				cells++
			}
		}
	}
	return cells, errors.Join(rows.Error(), rows.Close())
}
