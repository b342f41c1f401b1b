package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
)

// The company of all measurements: customers refer to these people and tags.
const (
	people = 200
	tags   = 1000
)

// workbookRows are the rows of the measurements that are about one workbook of
// a usual size, whatever -rows says.
const workbookRows = 30000

// once makes a file of the work directory when it is first asked for.
func (b *bench) once(name string, make func(path string) error) (string, error) {
	path := b.file(name)
	if b.made[name] {
		return path, nil
	}
	if err := make(path); err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	b.made[name] = true
	return path, nil
}

// generate writes a spreadsheet of samples/gen.
func (b *bench) generate(ctx context.Context, name, kind string, rows int, more ...string) (string, error) {
	return b.once(name, func(path string) error {
		args := append([]string{"-kind", kind, "-rows", strconv.Itoa(rows), "-seed", "1", "-o", path}, more...)
		_, err := b.run(ctx, command{path: b.gen, args: args})
		return err
	})
}

// customers is a spreadsheet of customers with their tags; format is csv or
// xlsx. With faults every row has an error.
func (b *bench) customers(ctx context.Context, format string, rows int, faults bool) (string, error) {
	name, share := "customers", "0"
	if faults {
		name, share = "faulty", "100%"
	}
	return b.generate(ctx, fmt.Sprintf("%s-%d.%s", name, rows, format), "customers", rows,
		"-staff", strconv.Itoa(people), "-tags", strconv.Itoa(tags), "-faults", share)
}

// directory are the people and tags, in the order in which they are imported.
func (b *bench) directory(ctx context.Context) (staffFile, tagsFile string, err error) {
	if staffFile, err = b.generate(ctx, "staff.csv", "staff", people); err != nil {
		return "", "", err
	}
	tagsFile, err = b.generate(ctx, "tags.csv", "tags", tags)
	return staffFile, tagsFile, err
}

// changed is a copy of the large file in which 3 rows of 10 have another
// customer remark; each run gets a text of its own, so that the same rows
// change every time.
func (b *bench) changed(ctx context.Context, run int) (path string, changes int, err error) {
	from, err := b.customers(ctx, "csv", b.rows, false)
	if err != nil {
		return "", 0, err
	}
	path = b.file(fmt.Sprintf("changed-%d.csv", run))
	in, err := os.Open(from)
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	out, err := os.Create(path)
	if err != nil {
		return "", 0, err
	}
	buffered := bufio.NewWriter(out)
	changes, err = rewrite(buffered, in, "客户备注", fmt.Sprintf("改动 %d", run), threeOfTen)
	return path, changes, errors.Join(err, buffered.Flush(), out.Close())
}

// everyone is a copy of the large file that gives all its customers one more
// tag, and nothing else.
func (b *bench) everyone(ctx context.Context, tag string) (string, error) {
	return b.customersCopied(ctx, "everyone.csv", func(w io.Writer, r io.Reader) error {
		n, err := rewrite(w, r, "企业标签", tag, func(int) bool { return true })
		if err == nil && n != b.rows {
			err = fmt.Errorf("%d rows, want %d", n, b.rows)
		}
		return err
	})
}

// some is 3 rows of 10 of the large file.
func (b *bench) some(ctx context.Context) (string, error) {
	return b.customersCopied(ctx, "some.csv", func(w io.Writer, r io.Reader) error {
		in, out := csv.NewReader(r), csv.NewWriter(w)
		in.ReuseRecord = true
		for n := -1; ; n++ {
			cells, err := in.Read()
			if errors.Is(err, io.EOF) {
				out.Flush()
				return out.Error()
			}
			if err == nil && (n < 0 || threeOfTen(n)) {
				err = out.Write(cells)
			}
			if err != nil {
				return err
			}
		}
	})
}

// customersCopied makes a file of the large one, once.
func (b *bench) customersCopied(ctx context.Context, name string, copied func(io.Writer, io.Reader) error) (string, error) {
	from, err := b.customers(ctx, "csv", b.rows, false)
	if err != nil {
		return "", err
	}
	return b.once(name, func(path string) error {
		in, err := os.Open(from)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.Create(path)
		if err != nil {
			return err
		}
		buffered := bufio.NewWriter(out)
		return errors.Join(copied(buffered, in), buffered.Flush(), out.Close())
	})
}

func threeOfTen(row int) bool { return row%10 < 3 }

// rewrite copies a CSV and puts text into one column of the rows that where
// chooses, which counts them from 0. It returns of how many.
func rewrite(w io.Writer, r io.Reader, header, text string, where func(row int) bool) (changes int, err error) {
	in, out := csv.NewReader(r), csv.NewWriter(w)
	in.ReuseRecord = true
	column := -1
	for n := -1; ; n++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			out.Flush()
			return changes, out.Error()
		}
		if err != nil {
			return changes, err
		}
		if n < 0 {
			if column = slices.Index(cells, header); column < 0 {
				return 0, fmt.Errorf("no column %s", header)
			}
		} else if where(n) {
			cells[column] = text
			changes++
		}
		if err := out.Write(cells); err != nil {
			return changes, err
		}
	}
}
