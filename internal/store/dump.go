package store

import (
	"bytes"
	"cmp"
	"database/sql"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Table is one table as a snapshot holds it.
type Table struct {
	Name string
	// Columns of it. The first is a number, by which the rows are ordered.
	Columns []string
	// Key is how many of them tell one row from all others.
	Key int
	// Bytes is about what the rows of one first column take as text.
	Bytes int
}

// snapshotTables are the tables of a snapshot, parents before children. Not
// among them: meta (a snapshot's header has what counts of it), commit_marker
// and import_claim (of use to a running process only), snapshot_check (about
// files, not data) and the migrations' own.
var snapshotTables = []Table{
	{"counter", columns("next name"), 2, 32},
	{"department", columns("id parent_id name sort wecom_id gone_event created_at created_by updated_at version"), 1, 80},
	{"department_closure", columns("ancestor_id descendant_id depth"), 2, 64},
	{"staff", columns("id userid userid_key left_id name status role role_department_id contact tagging same_as created_at created_by updated_at version"), 1, 128},
	{"staff_department", columns("staff_id department_id"), 2, 16},
	{"directory_event", columns("id kind from_id to_id at by_id detail"), 1, 128},
	{"tag_group", columns("id name scope department_id single_choice sort description wecom_id deletion_id created_at created_by updated_at version"), 1, 128},
	{"tag", columns("id group_id name description sort expires_on wecom_id deletion_id created_at created_by updated_at version"), 1, 128},
	{"customer", columns("id external_id unionid mobile phones name company position gender birthday region add_way added_at remark description deletion_id created_at created_by updated_at version"), 1, 256},
	{"customer_staff", columns("customer_id staff_id remark description add_way added_at created_at created_by updated_at version"), 2, 128},
	{"link", columns("customer_id tag_id staff_id tagged_at tagged_by run_id"), 3, 128},
	{"access_grant", columns("id subject_kind subject_id subject_role with_sub object_kind object_id level starts_at ends_at reason request_id event_id created_at created_by revoked_at revoked_by revoke_reason version"), 1, 128},
	{"access_request", columns("id staff_id action object_kind object_id customer_id level reason starts_at ends_at state created_at decided_at decided_by answer"), 1, 128},
	{"deletion", columns("id kind of_id state reason summary counts had_access snapshot_id created_at created_by operator expires_at ended_at ended_by"), 1, 1024},
	{"sleeping_removal", columns("id deletion_id kind customer_id tag_id staff_id grant_id at by_id run_id"), 1, 64},
	{"tombstone", columns("id kind name deletion_id purged_at"), 2, 64},
	{"import_run", columns("id kind file sha256 options status mark_row at_end read_rows created_rows updated_rows unchanged skipped rejected links_added links_removed report errors_file operator created_by started_at ended_at"), 1, 2048},
	{"import_error", columns("run_id row_no problems"), 2, 1 << 20},
	{"import_created", columns("run_id first_id kind last_id"), 3, 1024},
	{"import_change", columns("run_id seq row_no kind item_id staff_id before_image after_digest"), 2, 1 << 20},
	{"event_change", columns("event_id seq body"), 2, 1 << 20},
	{"setting", columns("id value"), 1, 16},
	{"audit_log", columns("id at operator staff_id action object run_id deletion_id command detail"), 1, 512},
}

func columns(names string) []string { return strings.Fields(names) }

// SnapshotTables lists the tables that a snapshot holds, parents before
// children.
func SnapshotTables() []Table { return slices.Clone(snapshotTables) }

// SchemaVersion is the version of the schema that this program reads and
// writes, the same on every engine.
func SchemaVersion() int {
	newest := 0
	names, _ := fs.Glob(sqliteDialect.migrations(), "*.sql") // the pattern is right
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		if n, err := strconv.Atoi(number); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}

// Dump reads the rows of a table that meet a condition, "" for all, in the order
// of their keys. A cell is the value as text, nil for NULL, and valid until fn
// returns; fn must not use tx.
func (tx *Tx) Dump(t Table, cond string, args []any, fn func(cells []sql.RawBytes) error) error {
	tail := " FROM " + t.Name
	if cond != "" {
		tail += " WHERE " + cond
	}
	if t.Name == "counter" { // a few rows, whose key is a text
		return tx.dumpSorted(tail, args, t, fn)
	}
	// The texts among the keys are words of ours, which both engines order alike.
	tail += " ORDER BY " + strings.Join(t.Columns[:t.Key], ", ")
	return tx.dump(tail, args, t, fn)
}

func (tx *Tx) dump(tail string, args []any, t Table, fn func(cells []sql.RawBytes) error) error {
	p, err := tx.pack(t)
	if err != nil {
		return err
	}
	err = tx.Each("SELECT "+p.expr+tail, args, func(rows *sqlx.Rows) error {
		if err := rows.Scan(p.into...); err != nil {
			return err
		}
		if err := p.unpack(); err != nil {
			return err
		}
		return fn(p.cells)
	})
	if err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	return nil
}

// packed asks for the rows of a large table as one text each, because both drivers
// take longer over a column than over what is in it: the numbers, the lengths of
// the texts in bytes, -1 for NULL, and the texts one after the other. No number
// of ours is NULL.
type packed struct {
	expr    string
	cells   []sql.RawBytes
	text    sql.RawBytes
	into    []any // to Scan into: the text, or where there is none the cells
	numbers []int // which cells are
	texts   []int
	lengths []int
}

// packedTables are those with most of the rows. Their texts are short: a server
// bounds what its functions return.
var packedTables = []string{"customer", "customer_staff", "link"}

func (tx *Tx) pack(t Table) (*packed, error) {
	p := &packed{cells: make([]sql.RawBytes, len(t.Columns))}
	if !slices.Contains(packedTables, t.Name) {
		p.expr = strings.Join(t.Columns, ", ")
		for i := range p.cells {
			p.into = append(p.into, &p.cells[i])
		}
		return p, nil
	}
	p.into = []any{&p.text}
	is, err := tx.numbers(t.Name, t.Columns)
	if err != nil {
		return nil, err
	}
	var numbers, lengths, texts []string
	for i, column := range t.Columns {
		if is[i] {
			numbers, p.numbers = append(numbers, column), append(p.numbers, i)
		} else {
			lengths = append(lengths, "coalesce(octet_length("+column+"), -1)")
			texts, p.texts = append(texts, column), append(p.texts, i)
		}
	}
	p.lengths = make([]int, len(texts))
	p.expr = "concat_ws(',', " + strings.Join(append(numbers, lengths...), ", ") + ", '')"
	if len(texts) > 0 {
		p.expr = "concat_ws('', " + p.expr + ", " + strings.Join(texts, ", ") + ")"
	}
	return p, nil
}

// unpack finds the cells of the row in its text, and refuses one that is not what
// it says.
func (p *packed) unpack() error {
	if len(p.numbers) == 0 {
		return nil // it was scanned cell by cell
	}
	rest, ok := p.text, true
	for _, i := range p.numbers {
		if p.cells[i], rest, ok = bytes.Cut(rest, []byte{','}); !ok {
			return p.bad()
		}
	}
	for k := range p.lengths {
		var length []byte
		if length, rest, ok = bytes.Cut(rest, []byte{','}); !ok {
			return p.bad()
		}
		p.lengths[k] = int(number(length))
	}
	for k, i := range p.texts {
		n := p.lengths[k]
		switch {
		case n < 0:
			p.cells[i] = nil
		case n > len(rest):
			return p.bad()
		default:
			p.cells[i], rest = rest[:n:n], rest[n:]
		}
	}
	if len(rest) > 0 {
		return p.bad()
	}
	return nil
}

func (p *packed) bad() error {
	return fmt.Errorf("a row of %d bytes is not %d numbers and %d texts", len(p.text), len(p.numbers), len(p.texts))
}

// dumpSorted is dump for a small table that the database cannot order as both
// engines do.
func (tx *Tx) dumpSorted(tail string, args []any, t Table, fn func(cells []sql.RawBytes) error) error {
	type row struct {
		key   int64
		cells []sql.RawBytes
	}
	var rows []row
	err := tx.dump(tail, args, t, func(cells []sql.RawBytes) error {
		r := row{cells: make([]sql.RawBytes, len(cells))}
		for i, c := range cells {
			r.cells[i] = bytes.Clone(c)
		}
		var err error
		r.key, err = strconv.ParseInt(string(cells[0]), 10, 64)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.key, b.key), bytes.Compare(a.cells[1], b.cells[1])) })
	for _, r := range rows {
		if err := fn(r.cells); err != nil {
			return err
		}
	}
	return nil
}
