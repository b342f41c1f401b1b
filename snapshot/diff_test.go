package snapshot

import (
	"errors"
	"testing"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func open(t testing.TB, i Info) *File {
	t.Helper()
	f, err := i.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// What was done between two snapshots is what the comparison tells, in either
// direction and of the database as it is now.
func TestCompare(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, d := storetest.Open(t, target), folder(t)
		fill(t, db, 7, 3000)
		a := open(t, mustCreate(t, db, d, Options{}).Info)
		storetest.Write(t, db, func(tx *store.Tx) error {
			for _, query := range []string{
				"UPDATE tag_group SET name = '改名组', updated_at = 9 WHERE id = 1",
				"UPDATE tag SET group_id = 2 WHERE id = 3",
				"UPDATE tag SET deletion_id = 1 WHERE id = 2",
				"UPDATE customer SET remark = '新' WHERE id = 1500",
				"UPDATE customer SET deletion_id = 1 WHERE id = 7",
				"UPDATE customer SET version = version + 1 WHERE id = 9",
				"DELETE FROM link WHERE tag_id = 1 AND customer_id <= 60",
				"UPDATE access_grant SET revoked_at = 9 WHERE id = 1",
				"DELETE FROM customer_staff WHERE customer_id = 5",
				"DELETE FROM staff_department WHERE staff_id = 1 AND department_id = 2",
			} {
				if _, err := tx.Exec(query); err != nil {
					return err
				}
			}
			return errors.Join(tx.CreateCustomers([]crm.Customer{{ID: 5000, Name: "新客户", CreatedAt: 1, UpdatedAt: 1, Version: 1}}),
				tx.AddLinks([]crm.Link{{CustomerID: 5000, TagID: 4, TaggedAt: 1}}))
		})
		b, done, err := Now(t.Context(), db, d, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		lost := int64(len(keysFrom(t, a, "link", 0)) + 1 - storetest.Count(t, db, "link", ""))
		diff, err := Compare(t.Context(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]KindDiff{
			"departments": {}, "staff": {Moved: 1}, "groups": {Renamed: 1}, "tags": {Removed: 1, Moved: 1},
			"customers": {Added: 1, Removed: 1, Changed: 1}, "grants": {Removed: 1}, "follows": {Removed: 1},
		}
		for _, k := range diff.Kinds {
			w := want[k.Kind]
			if k.Added != w.Added || k.Removed != w.Removed || k.Renamed != w.Renamed || k.Moved != w.Moved || k.Changed != w.Changed {
				t.Errorf("%s: %+v", k.Kind, k)
			}
			for _, i := range k.Items {
				if i.Change == "moved" && k.Kind == "tags" && (i.Was != "意向:标签2 😀\\" || i.Name != "部门组:标签2 😀\\") {
					t.Errorf("moved: %+v", i)
				}
			}
		}
		if len(diff.Kinds) != len(want) || diff.Same {
			t.Errorf("%d kinds, same %v", len(diff.Kinds), diff.Same)
		}
		if len(diff.Links) != 2 || diff.Links[0].ID != 1 || diff.Links[0].Lost != lost || diff.Links[1].ID != 4 || diff.Links[1].Gained != 1 {
			t.Errorf("links %+v, want %d lost", diff.Links, lost)
		}
		back, err := Compare(t.Context(), b, a)
		if err != nil || back.Links[0].Gained != lost {
			t.Errorf("backwards: %+v, %v", back.Links, err)
		}
		if same, err := Compare(t.Context(), a, a); err != nil || !same.Same || len(same.Links)+len(same.Access) != 0 {
			t.Errorf("with itself: %+v, %v", same, err)
		}
	})
}

// One cell is enough.
func TestCompareOneCell(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 10)
	a := mustCreate(t, db, d, Options{})
	storetest.Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE tag_group SET name = '改名' WHERE id = 1")
		return err
	})
	diff, err := Compare(t.Context(), open(t, a.Info), open(t, mustCreate(t, db, d, Options{}).Info))
	if err != nil || diff.Same || diff.Kinds[2].Renamed != 1 {
		t.Errorf("%+v, %v", diff, err)
	}
}

// Who gained or lost access is told by the one predicate that decides about it.
func TestCompareAccess(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 10)
	storetest.Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE staff SET contact = 1")
		return err
	})
	a := open(t, mustCreate(t, db, d, Options{}).Info)
	storetest.Write(t, db, func(tx *store.Tx) error {
		return tx.Insert("access_grant", []string{"id", "subject_kind", "subject_id", "object_kind", "object_id", "level", "created_at"},
			[][]any{{8, "staff", 3, "group", 1, "hidden", 5}})
	})
	diff, err := Compare(t.Context(), a, open(t, mustCreate(t, db, d, Options{}).Info))
	if err != nil || len(diff.Access) != 2 {
		t.Fatalf("%+v, %v", diff, err)
	}
	for n, do := range []access.Action{access.View, access.Use} {
		if c := diff.Access[n]; c.UserID != "User2" || c.Do != do || c.Gained != 0 || c.Lost != 3 {
			t.Errorf("access %+v", c)
		}
	}
}

func TestCompareScopes(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 10)
	whole, part := mustCreate(t, db, d, Options{}), mustCreate(t, db, d, Options{Scope: Scope{Tags: []int64{1}}})
	if _, err := Compare(t.Context(), open(t, whole.Info), open(t, part.Info)); !errors.Is(err, ErrScopes) {
		t.Errorf("error %v", err)
	}
}

// Equal chunks are not read: the second snapshot's damage in one goes unnoticed.
func TestCompareSkipsEqualChunks(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	fill(t, db, 7, 20000)
	a, b := mustCreate(t, db, d, Options{}), mustCreate(t, db, d, Options{})
	f := open(t, b.Info)
	for _, c := range f.Manifest().Chunks {
		if c.Table == "customer" {
			flip(t, b.Path, c.Offset+c.Size/2)
			break
		}
	}
	diff, err := Compare(t.Context(), open(t, a.Info), f)
	if err != nil || !diff.Same {
		t.Errorf("%+v, %v", diff, err)
	}
}
