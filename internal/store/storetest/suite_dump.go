package storetest

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// dumped are the rows of a table as a snapshot has them, cells joined by |.
func dumped(t *testing.T, db *store.DB, table, cond string, args ...any) (rows []string) {
	t.Helper()
	i := slices.IndexFunc(store.SnapshotTables(), func(s store.Table) bool { return s.Name == table })
	Read(t, db, func(tx *store.Tx) error {
		return tx.Dump(store.SnapshotTables()[i], cond, args, func(cells []sql.RawBytes) error {
			var row []string
			for _, c := range cells {
				if c == nil {
					row = append(row, "NULL")
				} else {
					row = append(row, string(c))
				}
			}
			rows = append(rows, strings.Join(row, "|"))
			return nil
		})
	})
	return rows
}

// Every cell comes as text, the same on both engines, in the order of the keys.
func dumpRows(t *testing.T, db *store.DB) {
	c := customer(2, "wm2")
	c.Name = "甲\t\\N\x00"
	Write(t, db, func(tx *store.Tx) error {
		_, err := tx.NextIDs(store.SeqTag, 9)
		_, err2 := tx.NextIDs(store.SeqCustomer, 4)
		_, err3 := tx.NextIDs(store.SeqGroup, 4)
		return errors.Join(err, err2, err3, tx.CreateCustomers([]crm.Customer{c, customer(1, "")}),
			tx.AddLinks([]crm.Link{link(2, 1, 0), link(1, 3, 2), link(1, 3, 1)}),
			tx.Insert("tombstone", []string{"id", "kind", "deletion_id", "purged_at"}, [][]any{{5, "tag", 1, 1}, {5, "group", 1, 1}, {4, "tag", 1, 1}}))
	})
	for _, tt := range []struct {
		table, cond string
		args        []any
		want        []string
	}{
		{table: "counter", want: []string{"5|customer", "5|tag_group", "10|tag"}},
		{table: "customer", want: []string{
			"1|NULL|NULL|NULL|||||||||0|||0|1|0|1|1", "2|wm2|NULL|NULL||甲\t\\N\x00|||||||0|||0|1|0|1|1"}},
		{table: "link", want: []string{"1|3|1|1|0|0", "1|3|2|1|0|0", "2|1|0|1|0|0"}},
		{table: "link", cond: "tag_id = ?", args: []any{1}, want: []string{"2|1|0|1|0|0"}},
		{table: "tombstone", want: []string{"4|tag||1|1", "5|group||1|1", "5|tag||1|1"}},
		{table: "audit_log"},
	} {
		if got := dumped(t, db, tt.table, tt.cond, tt.args...); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.table, got, tt.want)
		}
	}
}

// A snapshot leaves out no column and no table but those that hold nothing to
// keep.
func dumpComplete(t *testing.T, db *store.DB) {
	left := []string{"commit_marker", "import_claim", "meta", "schema_version", "snapshot_check", "sqlite_sequence"}
	for _, s := range store.SnapshotTables() {
		var columns []string
		Read(t, db, func(tx *store.Tx) error { return tx.Select(&columns, columnsQuery(db), s.Name) })
		slices.Sort(columns)
		if got := slices.Sorted(slices.Values(s.Columns)); !slices.Equal(got, columns) {
			t.Errorf("%s: a snapshot has %v, the database %v", s.Name, got, columns)
		}
		left = append(left, s.Name)
	}
	var all []string
	Read(t, db, func(tx *store.Tx) error { return tx.Select(&all, tablesQuery(db)) })
	for _, name := range all {
		if !slices.Contains(left, name) {
			t.Errorf("table %s is not in snapshots", name)
		}
	}
	if store.SchemaVersion() < 7 {
		t.Errorf("schema %d", store.SchemaVersion())
	}
}

func columnsQuery(db *store.DB) string {
	if db.Remote() {
		return "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?"
	}
	return "SELECT name FROM pragma_table_info(?)"
}

func tablesQuery(db *store.DB) string {
	if db.Remote() {
		return "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	}
	return "SELECT name FROM sqlite_master WHERE type = 'table'"
}

// Only a verified snapshot gets a receipt.
func receipts(t *testing.T, db *store.DB) {
	if (store.Receipt{}).Valid() {
		t.Error("the zero receipt is valid")
	}
	Write(t, db, func(tx *store.Tx) error {
		for _, c := range []store.SnapshotCheck{{}, {SnapshotID: "a"}, {VerifiedAt: 1}, {SnapshotID: "a", VerifiedAt: 1, Problem: "cut off"}} {
			if r, err := store.RegisterSnapshot(tx, c, store.Held{Whole: true}); !errors.Is(err, store.ErrNotVerified) || r.Valid() {
				t.Errorf("%+v: %+v, %v", c, r, err)
			}
		}
		r, err := store.RegisterSnapshot(tx, store.SnapshotCheck{SnapshotID: "a", Sequence: 3, VerifiedAt: 5}, store.Held{Whole: true})
		if !r.Valid() || r.Snapshot() != "a" || r.Sequence() != 3 || r.Database() != db.Meta().UUID || r.At() != tx.Now {
			t.Errorf("receipt %+v", r)
		}
		return err
	})
	for _, step := range []struct{ save, want store.SnapshotCheck }{
		{store.SnapshotCheck{SnapshotID: "a", DrilledAt: 7, Sampled: true}, store.SnapshotCheck{SnapshotID: "a", Sequence: 3, VerifiedAt: 5, DrilledAt: 7, Sampled: true}},
		{store.SnapshotCheck{SnapshotID: "a", Problem: "坏了"}, store.SnapshotCheck{SnapshotID: "a", Sequence: 3, VerifiedAt: 5, DrilledAt: 7, Sampled: true, Problem: "坏了"}},
		{store.SnapshotCheck{SnapshotID: "a", VerifiedAt: 9}, store.SnapshotCheck{SnapshotID: "a", Sequence: 3, VerifiedAt: 9, DrilledAt: 7, Sampled: true}},
		{store.SnapshotCheck{SnapshotID: "a", DrilledAt: 11}, store.SnapshotCheck{SnapshotID: "a", Sequence: 3, VerifiedAt: 9, DrilledAt: 11}},
	} {
		Write(t, db, func(tx *store.Tx) error { return tx.SaveSnapshotCheck(step.save) })
		Read(t, db, func(tx *store.Tx) error {
			all, err := tx.SnapshotChecks()
			if all["a"] != step.want || len(all) != 1 {
				t.Errorf("after %+v: %+v, want %+v", step.save, all, step.want)
			}
			return err
		})
	}
}

// Numbers of snapshots never come twice, and rise above those of files that the
// database does not know of.
func snapshotNumbers(t *testing.T, db *store.DB) {
	for _, tt := range []struct{ above, want int64 }{{0, 1}, {0, 2}, {7, 8}, {3, 9}, {9, 10}} {
		Write(t, db, func(tx *store.Tx) error {
			n, err := tx.NextSnapshot(tt.above)
			if n != tt.want {
				t.Errorf("above %d: %d, want %d", tt.above, n, tt.want)
			}
			return err
		})
	}
}

// The state hash that a snapshot makes of the rows as they pass is that of the
// database, whatever sleeps.
func dumpExact(t *testing.T, db *store.DB) {
	fill(t, db)
	check := func(when string) {
		t.Helper()
		var got string
		var want store.State
		Read(t, db, func(tx *store.Tx) (err error) {
			sum := store.NewExactSum()
			for _, s := range store.SnapshotTables() {
				sum.Begin(s.Name)
				if err := tx.Dump(s, "", nil, func(cells []sql.RawBytes) error { sum.Row(cells); return nil }); err != nil {
					return err
				}
			}
			got = sum.String()
			want, err = tx.State()
			return err
		})
		if got != want.Exact {
			t.Errorf("%s: %s, want %s", when, got, want.Exact)
		}
	}
	check("all live")
	for _, query := range []string{
		"UPDATE tag SET deletion_id = 9 WHERE id = 2",
		"UPDATE customer SET deletion_id = 9, created_by = -5 WHERE id = 1",
		"UPDATE customer SET added_at = -9223372036854775808, updated_at = 9223372036854775807 WHERE id = 2",
		"UPDATE access_grant SET revoked_at = 3 WHERE id = 3",
		"UPDATE tag SET deletion_id = 9 WHERE group_id = 1 AND deletion_id = 0",
		"UPDATE tag_group SET deletion_id = 9 WHERE id = 1",
		"UPDATE department SET gone_event = 4 WHERE id = 3",
		"DELETE FROM customer WHERE id = 3",
		"UPDATE customer SET deletion_id = 0 WHERE id = 1",
	} {
		Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec(query)
			return err
		})
		check(query)
	}
}
