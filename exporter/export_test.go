package exporter_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tagkeep/exporter"
	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/samples"
)

// order in which a company fills its database.
var order = []crm.Kind{crm.People, crm.Tags, crm.Customers, crm.Grants}

func importFile(t *testing.T, db *store.DB, kind crm.Kind, path string) {
	t.Helper()
	zone, err := db.Meta().Location()
	if err != nil {
		t.Fatal(err)
	}
	im, err := importer.Open(t.Context(), path, kind, importer.Options{}, zone)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	res, err := im.Run(t.Context(), db)
	if err != nil || res.Rows.Rejected != 0 {
		t.Fatalf("import %s: %v, errors %v", path, err, res.Errors)
	}
}

// filled is a database with the samples and, beside them, with names that a
// spreadsheet likes to take for something else.
func filled(t *testing.T, target store.Target) *store.DB {
	t.Helper()
	db := storetest.Open(t, target)
	dir := t.TempDir()
	if err := os.CopyFS(dir, samples.Files); err != nil {
		t.Fatal(err)
	}
	for _, kind := range order[:3] {
		importFile(t, db, kind, filepath.Join(dir, string(kind)+".xlsx"))
	}
	storetest.Write(t, db, addOddities)
	storetest.Write(t, db, addGrants)
	return db
}

func addOddities(tx *store.Tx) error {
	names := []string{"=1+1", "+86", "-5", "@a", "'x", "0123", `"引号"`, "a;b，c、d", "组:标签", "😀𠀀", "1.38E+10", "TRUE", "[x]"}
	group, err := tx.NextIDs(store.SeqGroup, 1)
	if err != nil {
		return err
	}
	if err := tx.CreateGroups([]crm.Group{{ID: group, Name: "a:b;c", Scope: crm.ScopeShared, SingleChoice: false, Sort: 9}}); err != nil {
		return err
	}
	tag, err := tx.NextIDs(store.SeqTag, len(names))
	if err != nil {
		return err
	}
	id, err := tx.NextIDs(store.SeqCustomer, len(names))
	if err != nil {
		return err
	}
	for i, name := range names {
		n := int64(i)
		if err := tx.CreateTags([]crm.Tag{{ID: tag + n, GroupID: group, Name: name, Description: name, Sort: n}}); err != nil {
			return err
		}
		c := crm.Customer{ID: id + n, ExternalID: "odd" + string(rune('a'+i)), Name: name, Company: name, Remark: name, Description: "第一行\n" + name, AddedAt: 1700000000000}
		if err := tx.CreateCustomers([]crm.Customer{c}); err != nil {
			return err
		}
		if err := tx.AddLinks([]crm.Link{{CustomerID: id + n, TagID: tag + n, TaggedAt: 1}}); err != nil {
			return err
		}
		if err := tx.CreateFollows([]crm.Follow{{CustomerID: id + n, StaffID: 1, Remark: "跟进" + name}}); err != nil {
			return err
		}
	}
	return nil
}

// What is exported and imported into an empty database is the same company, in
// both formats, on both databases and across.
func TestRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := filled(t, target)
		want := storetest.State(t, db)
		for _, format := range []string{".csv", ".xlsx"} {
			to := storetest.Open(t, storetest.SQLite(t))
			dir := t.TempDir()
			for _, kind := range order {
				path := filepath.Join(dir, string(kind)+format)
				if _, err := exporter.Export(t.Context(), db, kind, path, exporter.Options{Lang: crm.Chinese}); err != nil {
					t.Fatal(err)
				}
				importFile(t, to, kind, path)
			}
			if got := storetest.State(t, to); got.Hash != want.Hash {
				t.Errorf("%s: counts %+v, want %+v; hash %s, want %s", format, got.Counts, want.Counts, got.Hash, want.Hash)
			}
		}
	})
}

// English headers and GB18030 come back, too.
func TestRoundTripEnglishGB18030(t *testing.T) {
	db := filled(t, storetest.SQLite(t))
	to := storetest.Open(t, storetest.SQLite(t))
	dir := t.TempDir()
	for _, kind := range order {
		path := filepath.Join(dir, string(kind)+".csv")
		if _, err := exporter.Export(t.Context(), db, kind, path, exporter.Options{Lang: crm.English, Encoding: "gb18030"}); err != nil {
			t.Fatal(err)
		}
		importFile(t, to, kind, path)
	}
	if got, want := storetest.State(t, to), storetest.State(t, db); got.Hash != want.Hash {
		t.Errorf("counts %+v, want %+v", got.Counts, want.Counts)
	}
}

// An existing file is kept, and nothing half-written is left behind.
func TestExportLeavesFilesAlone(t *testing.T) {
	db := filled(t, storetest.SQLite(t))
	dir := t.TempDir()
	path := filepath.Join(dir, "c.csv")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exporter.Export(t.Context(), db, crm.Customers, path, exporter.Options{}); !errors.Is(err, exporter.ErrExists) {
		t.Errorf("existing file: got %v", err)
	}
	if _, err := exporter.Export(t.Context(), db, crm.Customers, filepath.Join(dir, "c.txt"), exporter.Options{}); !errors.Is(err, exporter.ErrFormat) {
		t.Errorf("unknown format: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := exporter.Export(ctx, db, crm.Customers, filepath.Join(dir, "d.xlsx"), exporter.Options{}); err == nil {
		t.Error("cancelled: no error")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "mine" {
		t.Errorf("the file that was there: %q, %v", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := exporter.Export(t.Context(), db, crm.Customers, path, exporter.Options{Force: true}); err != nil {
		t.Error(err)
	}
}

// Things in the bin are not exported, and neither are links that sleep.
func TestExportWithoutTheBin(t *testing.T) {
	db := filled(t, storetest.SQLite(t))
	storetest.Write(t, db, func(tx *store.Tx) error {
		if _, err := tx.Exec("UPDATE tag SET deletion_id = 7 WHERE id = 1"); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE customer SET deletion_id = 7 WHERE id = 1")
		return err
	})
	dir := t.TempDir()
	to := storetest.Open(t, storetest.SQLite(t))
	for _, kind := range order {
		path := filepath.Join(dir, string(kind)+".xlsx")
		if _, err := exporter.Export(t.Context(), db, kind, path, exporter.Options{}); err != nil {
			t.Fatal(err)
		}
		importFile(t, to, kind, path)
	}
	if got, want := storetest.State(t, to), storetest.State(t, db); got.Counts != want.Counts {
		t.Errorf("got %+v, want %+v", got.Counts, want.Counts)
	}
}
