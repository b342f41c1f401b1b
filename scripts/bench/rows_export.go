package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/xuri/excelize/v2"
)

// exportRows write the customers that the import of the large file has made.
var exportRows = []row{
	{"export CSV from MariaDB", floor{atMostRatio, 2}, exportCSV},
	{"export XLSX from MariaDB", floor{atMostRatio, 1.3}, exportXLSX},
}

// writeCommand is the subcommand that writes a workbook with excelize.
const writeCommand = "write-with-excelize"

// exported writes the customers of a filled database into a file.
func (b *bench) exported(ctx context.Context, e engine, format string) (u usage, f *filled, file string, err error) {
	if f, err = b.fill(ctx, e); err != nil {
		return u, f, "", err
	}
	file = b.file(fmt.Sprintf("export-%s.%s", strings.ToLower(e.name), format))
	u, err = b.median(ctx, func(ctx context.Context) (usage, error) {
		e.calm(ctx, b)
		return b.run(ctx, b.tagkeepCommand(f.database, "export", "customers", file, "--force"))
	})
	return u, f, file, err
}

// selectRows is what a person would write who has only the client: the same
// columns, one row per customer and follower, the tags in one cell.
const selectRows = `SET SESSION group_concat_max_len = 1000000;
SELECT c.external_id, c.unionid, c.mobile, c.phones, c.name, s.userid, GROUP_CONCAT(CONCAT(g.name, ':', t.name) ORDER BY g.sort, g.id, t.sort, t.id SEPARATOR ';'),
	COALESCE(f.remark, c.remark), COALESCE(f.description, c.description), c.company, c.position, c.gender, c.birthday, c.region,
	COALESCE(f.add_way, c.add_way), FROM_UNIXTIME(COALESCE(f.added_at, c.added_at) / 1000)
FROM customer c LEFT JOIN customer_staff f ON f.customer_id = c.id LEFT JOIN staff s ON s.id = f.staff_id
	LEFT JOIN link l ON l.customer_id = c.id AND l.staff_id = COALESCE(f.staff_id, 0)
	LEFT JOIN tag t ON t.id = l.tag_id AND t.deletion_id = 0 LEFT JOIN tag_group g ON g.id = t.group_id
WHERE c.deletion_id = 0 GROUP BY c.id, f.staff_id ORDER BY c.id, f.staff_id;
`

// exportCSV compares with the server's own client, which prints the rows of a
// query.
func exportCSV(ctx context.Context, b *bench) (outcome, error) {
	ours, f, _, err := b.exported(ctx, mariaEngine, "csv")
	if err != nil {
		return outcome{}, err
	}
	script, err := b.once("select.sql", func(path string) error { return os.WriteFile(path, []byte(selectRows), 0o600) })
	if err != nil {
		return outcome{}, err
	}
	peer, err := b.median(ctx, func(ctx context.Context) (usage, error) {
		b.server.calm(ctx)
		u, err := b.client(ctx, f.database, script, "--quick")
		if err != nil {
			return u, err
		}
		lines, err := countLines(u.stdout)
		if err == nil && lines < b.rows {
			err = fmt.Errorf("the client printed %d lines, want %d rows", lines, b.rows)
		}
		return u, err
	})
	return ours.of(b.rows).against("mariadb -B", peer), err
}

func countLines(name string) (lines int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		lines++
	}
	return lines, nil
}

// exportXLSX compares with a bare loop that writes the same cells, which it
// takes from a CSV file, with excelize.
func exportXLSX(ctx context.Context, b *bench) (outcome, error) {
	ours, _, _, err := b.exported(ctx, mariaEngine, "xlsx")
	if err != nil {
		return outcome{}, err
	}
	_, _, cells, err := b.exported(ctx, mariaEngine, "csv")
	if err != nil {
		return outcome{}, err
	}
	peer, err := b.median(ctx, func(ctx context.Context) (usage, error) {
		calm(ctx)
		return b.run(ctx, command{path: b.self, args: []string{writeCommand, cells, b.file("excelize.xlsx")}})
	})
	return ours.of(b.rows).against("excelize StreamWriter", peer), err
}

// writeWithExcelize copies a CSV file into a workbook.
func writeWithExcelize(from, to string, stderr io.Writer) int {
	if err := copyCells(from, to); err != nil {
		fmt.Fprintf(stderr, "bench: write %s: %v\n", filepath.Base(to), err)
		return 1
	}
	return 0
}

func copyCells(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	w, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	r := csv.NewReader(bufio.NewReader(in))
	r.ReuseRecord = true
	var values []any
	for n := 1; ; n++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		values = values[:0]
		for _, c := range cells {
			values = append(values, c)
		}
		if err := w.SetRow(fmt.Sprintf("A%d", n), values); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return book.SaveAs(to)
}
