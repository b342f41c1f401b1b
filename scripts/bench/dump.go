package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// A format is how the peers of MariaDB get the rows of a table.
type format interface {
	// head comes before the rows, tail after them.
	head(dst []byte, table string, columns []column) []byte
	row(dst []byte, cells []sql.RawBytes) []byte
	tail(dst []byte) []byte
}

type column struct {
	name           string
	number, inAKey bool
}

// dump writes bulkTables of a filled database, in the order of their keys. The
// table's name is put into pattern for the name of the file.
func (b *bench) dump(ctx context.Context, f *filled, pattern string, format format) ([]string, error) {
	db, err := b.server.open(f.name)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var files []string
	for _, t := range bulkTables {
		file, err := b.once(fmt.Sprintf(pattern, t.name), func(path string) error {
			return dumpTable(ctx, db, t.name, t.key, path, format)
		})
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func dumpTable(ctx context.Context, db *sql.DB, table string, key []string, path string, format format) (err error) {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT * FROM `%s` ORDER BY %s", table, strings.Join(key, ", ")))
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := columnsOf(rows, key)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriterSize(file, 1<<16)
	cells, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	line := format.head(nil, table, columns)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		line = format.row(line, cells)
		if _, err := out.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	if _, err := out.Write(format.tail(line)); err != nil {
		return err
	}
	return errors.Join(rows.Err(), out.Flush())
}

func columnsOf(rows *sql.Rows, key []string) ([]column, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	var columns []column
	for _, t := range types {
		columns = append(columns, column{t.Name(), t.DatabaseTypeName() == "BIGINT", slices.Contains(key, t.Name())})
	}
	return columns, nil
}

// tabs is the text form of LOAD DATA with its default settings.
type tabs struct{}

func (tabs) head(dst []byte, _ string, _ []column) []byte { return dst }
func (tabs) tail(dst []byte) []byte                       { return dst }

func (tabs) row(dst []byte, cells []sql.RawBytes) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, '\t')
		}
		if cell == nil {
			dst = append(dst, `\N`...)
			continue
		}
		for _, c := range cell {
			switch c {
			case '\t', '\n', '\\':
				dst = append(dst, '\\', c)
			case 0:
				dst = append(dst, `\0`...)
			default:
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '\n')
}

// upserts is INSERT … ON DUPLICATE KEY UPDATE of batch rows each.
type upserts struct {
	batch int

	columns []column
	insert  string // up to VALUES
	update  string // ON DUPLICATE KEY UPDATE …
	rows    int    // of the open statement
}

func (u *upserts) head(dst []byte, table string, columns []column) []byte {
	var names, updates []string
	for _, c := range columns {
		names = append(names, c.name)
		if !c.inAKey {
			updates = append(updates, fmt.Sprintf("%s=VALUES(%[1]s)", c.name))
		}
	}
	u.columns, u.rows = columns, 0
	u.insert = "INSERT INTO " + table + " (" + strings.Join(names, ",") + ") VALUES\n"
	u.update = "\nON DUPLICATE KEY UPDATE " + strings.Join(updates, ",") + ";\n"
	return dst
}

func (u *upserts) row(dst []byte, cells []sql.RawBytes) []byte {
	if u.rows == 0 {
		dst = append(dst, u.insert...)
	} else {
		dst = append(dst, ",\n"...)
	}
	dst = append(dst, '(')
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch {
		case cell == nil:
			dst = append(dst, "NULL"...)
		case u.columns[i].number:
			dst = append(dst, cell...)
		default:
			dst = appendQuoted(dst, cell)
		}
	}
	dst = append(dst, ')')
	if u.rows++; u.rows == u.batch {
		return u.tail(dst)
	}
	return dst
}

// tail ends an open statement.
func (u *upserts) tail(dst []byte) []byte {
	if u.rows == 0 {
		return dst
	}
	u.rows = 0
	return append(dst, u.update...)
}

func appendQuoted(dst []byte, text []byte) []byte {
	dst = append(dst, '\'')
	for _, c := range text {
		switch c {
		case '\'', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case 0:
			dst = append(dst, `\0`...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '\'')
}
