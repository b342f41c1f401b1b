package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// An engine makes databases for tagkeep to work on.
type engine struct {
	name string
	// ready makes a database with the people and tags, without customers.
	ready func(context.Context, *bench) (*database, error)
	// calm waits until earlier work is written out, before a measurement.
	calm func(context.Context, *bench)
}

// A database is one that tagkeep works on.
type database struct {
	address string // for TAGKEEP_DB
	name    string // of the file, or of the schema on the server
	drop    func()
}

func (d *database) env() []string { return []string{"TAGKEEP_DB=" + d.address} }

// imported is what import --json says, as far as it is looked at.
type imported struct {
	Rows struct {
		Read, Created, Updated, Unchanged, Rejected int
	}
	Created struct{ Customers, Follows int }
	Links   struct{ Added int }
}

// tagkeepCommand is a command of the program under test on a database.
func (b *bench) tagkeepCommand(db *database, args ...string) command {
	return command{path: b.tagkeep, args: append(args, "--json", "--lang", "en"), env: db.env()}
}

// importFile runs an import. When faulty, all rows must be rejected, else none.
func (b *bench) importFile(ctx context.Context, db *database, kind, file string, faulty bool, more ...string) (usage, imported, error) {
	c := b.tagkeepCommand(db, append([]string{"import", kind, file}, more...)...)
	c.partly = faulty
	u, err := b.run(ctx, c)
	if err != nil {
		return u, imported{}, err
	}
	var res imported
	text, err := os.ReadFile(u.stdout)
	if err != nil {
		return u, res, err
	}
	if err := json.Unmarshal(text, &res); err != nil {
		return u, res, fmt.Errorf("read the result of the import of %s: %w", file, err)
	}
	want := 0
	if faulty {
		want = res.Rows.Read
	}
	if res.Rows.Rejected != want {
		return u, res, fmt.Errorf("import of %s: %d of %d rows rejected, want %d", file, res.Rows.Rejected, res.Rows.Read, want)
	}
	return u, res, nil
}

// addDirectory makes a database with the people and tags.
func (b *bench) addDirectory(ctx context.Context, db *database) error {
	staffFile, tagsFile, err := b.directory(ctx)
	if err != nil {
		return err
	}
	if _, err := b.run(ctx, b.tagkeepCommand(db, "init")); err != nil {
		return err
	}
	if _, _, err := b.importFile(ctx, db, "staff", staffFile, false); err != nil {
		return err
	}
	_, _, err = b.importFile(ctx, db, "tags", tagsFile, false)
	return err
}

// importFresh measures the import of customers into a new database each time.
// keep gets the last of them and its result; without keep it is dropped.
func (b *bench) importFresh(ctx context.Context, e engine, file string, faulty bool, keep func(*database, imported), more ...string) (usage, error) {
	var last *database
	defer func() {
		if last != nil {
			last.drop()
		}
	}()
	var result imported
	u, err := b.median(ctx, func(ctx context.Context) (usage, error) {
		if last != nil {
			last.drop()
			last = nil
		}
		db, err := e.ready(ctx, b)
		if err != nil {
			return usage{}, err
		}
		last = db
		e.calm(ctx, b)
		u, res, err := b.importFile(ctx, db, "customers", file, faulty, more...)
		result = res
		return u, err
	})
	if err == nil && keep != nil {
		keep(last, result)
		last = nil
	}
	return u, err
}

// filled is a database after the import of the large file, and what that took.
// Several rows of the table look at it.
type filled struct {
	*database
	first  usage
	result imported
	dumped bool // see dump
	tagged bool // see fillTagged
}

// fill measures the first import into an engine once and keeps its database.
func (b *bench) fill(ctx context.Context, e engine) (*filled, error) {
	if f := b.filled[e.name]; f != nil {
		return f, nil
	}
	file, err := b.customers(ctx, "csv", b.rows, false)
	if err != nil {
		return nil, err
	}
	f := new(filled)
	f.first, err = b.importFresh(ctx, e, file, false, func(db *database, res imported) {
		f.database, f.result = db, res
		b.onClose(db.drop)
	})
	if err != nil {
		return nil, err
	}
	b.filled[e.name] = f
	return f, nil
}

// counts are the rows that an import made, by table.
func (r imported) counts() map[string]int {
	return map[string]int{"customer": r.Created.Customers, "customer_staff": r.Created.Follows, "link": r.Links.Added}
}

// bulkTables are the tables that a customers file goes into, with the columns
// of their primary keys: what the peers load.
var bulkTables = []struct {
	name string
	key  []string
}{
	{"customer", []string{"id"}},
	{"customer_staff", []string{"customer_id", "staff_id"}},
	{"link", []string{"customer_id", "tag_id", "staff_id"}},
}

// check compares a table's rows with what the import made.
func (r imported) check(table, count string) error {
	if want := strconv.Itoa(r.counts()[table]); count != want {
		return fmt.Errorf("the peer has %s rows in table %s, tagkeep has %s", count, table, want)
	}
	return nil
}
