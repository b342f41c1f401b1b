package snapshot

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// fill puts a small company into an empty database: a little of everything that
// a snapshot holds, sleeping and revoked things included.
func fill(t testing.TB, db *store.DB, seed int64, customers int) {
	t.Helper()
	storetest.Write(t, db, func(tx *store.Tx) error {
		for _, s := range []struct {
			seq store.Sequence
			n   int
		}{{store.SeqDepartment, 2}, {store.SeqStaff, 3}, {store.SeqGroup, 2}, {store.SeqTag, 6}, {store.SeqCustomer, customers}, {store.SeqGrant, 2}, {store.SeqEvent, 1}} {
			if _, err := tx.NextIDs(s.seq, s.n+int(seed)); err != nil {
				return err
			}
		}
		if err := tx.CreateDepartments([]crm.Department{{ID: 1, Name: "总部", CreatedAt: 1, UpdatedAt: 1, Version: 1}, {ID: 2, ParentID: 1, Name: "销售\t部", CreatedAt: 1, UpdatedAt: 1, Version: 1}}); err != nil {
			return err
		}
		var people []crm.Staff
		for i := range int64(3) {
			people = append(people, crm.Staff{ID: i + 1, UserID: fmt.Sprint("User", i), Name: "人\\N", Status: crm.StatusActive, Role: crm.RoleStaff, CreatedAt: seed, UpdatedAt: 1, Version: 1})
		}
		if err := tx.CreateStaff(people); err != nil {
			return err
		}
		if err := tx.SetStaffDepartments(1, []int64{1, 2}); err != nil {
			return err
		}
		if err := tx.CreateGroups([]crm.Group{{ID: 1, Name: "意向", Scope: crm.ScopeShared, CreatedAt: 1, UpdatedAt: 1, Version: 1},
			{ID: 2, Name: "部门组", Scope: crm.ScopeDepartment, DepartmentID: 2, CreatedAt: 1, UpdatedAt: 1, Version: 1}}); err != nil {
			return err
		}
		var tags []crm.Tag
		for i := range int64(6) {
			tags = append(tags, crm.Tag{ID: i + 1, GroupID: i%2 + 1, Name: fmt.Sprint("标签", i, " 😀\\"), Sort: seed, CreatedAt: 1, UpdatedAt: 1, Version: 1})
		}
		if err := tx.CreateTags(tags); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE tag SET deletion_id = 1 WHERE id = 6"); err != nil {
			return err
		}
		if err := fillCustomers(tx, seed, customers); err != nil {
			return err
		}
		if err := tx.Insert("access_grant", []string{"id", "subject_kind", "subject_id", "object_kind", "object_id", "level", "created_at"},
			[][]any{{1, "staff", 1, "group", 2, "use", 5}, {2, "staff", 2, "tag", 6, "edit", 5}}); err != nil {
			return err
		}
		if err := tx.Insert("deletion", []string{"id", "kind", "state", "summary", "counts", "had_access", "created_at"}, [][]any{{1, "delete", "in_bin", "{\"a\":\"b\n\"}", "{}", "", 9}}); err != nil {
			return err
		}
		if err := tx.Insert("tombstone", []string{"id", "kind", "name", "deletion_id", "purged_at"}, [][]any{{9, "tag", "旧", 1, 1}, {9, "group", "旧", 1, 1}}); err != nil {
			return err
		}
		return tx.WriteAudit(store.Audit{Operator: "op", Action: "import", Object: "run:1"})
	})
}

func fillCustomers(tx *store.Tx, seed int64, n int) error {
	var cs []crm.Customer
	var fs []crm.Follow
	var ls []crm.Link
	for i := range int64(n) {
		c := crm.Customer{ID: i + 1, Name: fmt.Sprint("客户\r\n", i), CreatedAt: seed, UpdatedAt: 1, Version: 1}
		if i%3 > 0 {
			c.ExternalID = fmt.Sprintf("wm%d-%d", i*7919%1000003, seed)
		}
		cs = append(cs, c)
		fs = append(fs, crm.Follow{CustomerID: c.ID, StaffID: i%3 + 1, Remark: "备注", CreatedAt: 1, UpdatedAt: 1, Version: 1})
		ls = append(ls, crm.Link{CustomerID: c.ID, TagID: i%6 + 1, StaffID: i%3 + 1, TaggedAt: seed}, crm.Link{CustomerID: c.ID, TagID: (i+1)%6 + 1, TaggedAt: 2})
	}
	if err := tx.CreateCustomers(cs); err != nil {
		return err
	}
	if err := tx.CreateFollows(fs); err != nil {
		return err
	}
	return tx.AddLinks(ls)
}

// take writes the database into a file as a snapshot has it.
func take(t testing.TB, db *store.DB, change func(*archive.Header)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "taken"+extension)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := archive.Header{Schema: store.SchemaVersion(), ID: "taken", Sequence: 1, Created: 1, Reason: Manual, Database: db.Meta().UUID, Company: db.Meta().Company}
	for _, st := range store.SnapshotTables() {
		h.Tables = append(h.Tables, archive.Table{Name: st.Name, Columns: st.Columns, Shift: 10})
	}
	if change != nil {
		change(&h)
	}
	w, err := archive.NewWriter(f, h, archive.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Read(t, db, func(tx *store.Tx) error { return writeTables(tx, w) })
	exact := storetest.State(t, db).Exact
	if h.Label == "wrong" {
		exact = "0" + exact[1:]
	}
	if _, err := w.Close(exact); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeTables(tx *store.Tx, w *archive.Writer) error {
	for _, st := range store.SnapshotTables() {
		if err := w.Begin(st.Name); err != nil {
			return err
		}
		err := tx.Dump(st, "", nil, func(cells []sql.RawBytes) error {
			for i, c := range cells {
				key, err := strconv.ParseInt(string(c), 10, 64)
				switch {
				case c == nil:
					w.Null()
				case i == 0 && err == nil:
					w.Int(key)
				default:
					w.Bytes(c)
				}
			}
			return w.EndRow()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// source opens a file that must be whole.
func source(t testing.TB, path string) *Source {
	t.Helper()
	s, err := OpenSource(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// damaged is a copy of a file with one bit flipped.
func damaged(t *testing.T, path string, at func(size int64) int64) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at(int64(len(b)))] ^= 4
	out := filepath.Join(t.TempDir(), "damaged"+extension)
	if err := os.WriteFile(out, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}
