package storetest

import (
	"bytes"
	"database/sql"
	"errors"
	"strconv"
	"testing"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// chunkOf is a table as a snapshot has it.
func chunkOf(t *testing.T, db *store.DB, name string) *archive.Chunk {
	t.Helper()
	var table store.Table
	for _, each := range store.SnapshotTables() {
		if each.Name == name {
			table = each
		}
	}
	var file bytes.Buffer
	h := archive.Header{Schema: 1, ID: "x", Tables: []archive.Table{{Name: name, Columns: table.Columns, Shift: 63}}}
	w, err := archive.NewWriter(&file, h, archive.WriterOptions{})
	if err == nil {
		err = w.Begin(name)
	}
	if err != nil {
		t.Fatal(err)
	}
	Read(t, db, func(tx *store.Tx) error {
		return tx.Dump(table, "", nil, func(cells []sql.RawBytes) error {
			for _, c := range cells {
				if c == nil {
					w.Null()
				} else {
					w.Bytes(c)
				}
			}
			return w.EndRow()
		})
	})
	if _, err := w.Close(""); err != nil {
		t.Fatal(err)
	}
	r, err := archive.Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Chunk(0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Rows that leave through a dump come back by a load as they were, whatever
// bytes their texts hold.
func loadRows(t *testing.T, db *store.DB) {
	texts := append([]string{"a\tb", "a\\b", "a\nb", "a\r\nb", "\\N", "'", `"`, "😀", "\x1a"}, lookalikes...)
	var cs []crm.Customer
	for i, s := range texts {
		c := customer(int64(i+1), "")
		c.Name, c.Remark, c.AddedAt = s, s, int64(i)-3
		if i%2 == 0 {
			c.ExternalID = "wm" + strconv.Itoa(i)
		}
		cs = append(cs, c)
	}
	Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers(cs) })
	want, chunk := State(t, db), chunkOf(t, db, "customer")
	wipe(t, db)
	Write(t, db, func(tx *store.Tx) error {
		n, err := tx.Load(chunk, nil)
		if n != int64(len(texts)) {
			t.Errorf("%d rows, want %d", n, len(texts))
		}
		return err
	})
	if got := State(t, db); got != want {
		t.Errorf("state %+v, want %+v", got, want)
	}
	// A second time the keys are taken, and nothing goes in.
	err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
		_, err := tx.Load(chunk, nil)
		return err
	})
	if err == nil || State(t, db) != want {
		t.Errorf("twice: %v", err)
	}
	wipe(t, db)
	Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Load(chunk, func(key int64, _ []archive.Cell) bool { return key%3 == 0 })
		return err
	})
	if n := Count(t, db, "customer", ""); n != len(texts)/3 || Count(t, db, "customer", "id % 3 = 0") != n {
		t.Errorf("chosen: %d rows", n)
	}
}

// All chunks of a table go in, or none when one of them cannot be read; the
// session is left as it was, also by a panic.
func loadAll(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error {
		return tx.CreateCustomers([]crm.Customer{customer(1, "wm1"), customer(2, "a\tb\\"), customer(3, "")})
	})
	want, chunk := State(t, db), chunkOf(t, db, "customer")
	wipe(t, db)
	unreadable := errors.New("unreadable")
	for _, tt := range []struct {
		name string
		then func() error // after the first chunk
		want error
	}{
		{"an error", func() error { return unreadable }, unreadable},
		{"a panic", func() error { panic(unreadable) }, unreadable},
		{"the end", func() error { return nil }, nil},
	} {
		err := func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = p.(error)
				}
			}()
			return db.InTx(t.Context(), nil, func(tx *store.Tx) error {
				return tx.WithoutIndexes(func() error {
					n, err := tx.LoadAll(func(yield func(*archive.Chunk, error) bool) {
						if !yield(chunk, nil) {
							return
						}
						if err := tt.then(); err != nil {
							yield(nil, err)
						}
					})
					if err == nil && n != 3 {
						t.Errorf("%d rows, want 3", n)
					}
					return err
				})
			})
		}()
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if n := Count(t, db, "customer", ""); err != nil && n != 0 {
			t.Errorf("%s: %d rows are left", tt.name, n)
		}
		if db.Remote() {
			var off int
			Read(t, db, func(tx *store.Tx) error { return tx.Get(&off, "SELECT 2 - @@unique_checks - @@foreign_key_checks") })
			if off != 0 {
				t.Errorf("%s: %d checks of the session are off", tt.name, off)
			}
		}
	}
	if got := State(t, db); got != want {
		t.Errorf("state %+v, want %+v", got, want)
	}
}

// Counters only go up, and a database is occupied by a single row.
func loadMarks(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error {
		for _, next := range []int64{7, 3, 7} {
			if err := tx.RaiseCounter(store.SeqTag, next); err != nil {
				return err
			}
			if got, err := tx.PeekID(store.SeqTag); got != 7 || err != nil {
				t.Errorf("raised to %d: at %d, %v", next, got, err)
			}
		}
		if table, err := tx.Occupied(); table != "" || err != nil {
			t.Errorf("an empty database: %q, %v", table, err)
		}
		if err := tx.CreateGroups([]crm.Group{group(1, "意向")}); err != nil {
			return err
		}
		if table, err := tx.Occupied(); table != "tag_group" || err != nil {
			t.Errorf("one group: %q, %v", table, err)
		}
		return nil
	})
}

// What does not hold together is found.
func problems(t *testing.T, db *store.DB) {
	find := func(want int) {
		t.Helper()
		Read(t, db, func(tx *store.Tx) error {
			found, err := tx.Problems()
			if len(found) != want {
				t.Errorf("found %q, want %d", found, want)
			}
			return err
		})
	}
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateDepartments([]crm.Department{{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "销售部"}, {ID: 3, ParentID: 2, Name: "一组"}}); err != nil {
			return err
		}
		if err := tx.CreateGroups([]crm.Group{group(1, "意向")}); err != nil {
			return err
		}
		return tx.CreateTags([]crm.Tag{tag(1, 1, "高")})
	})
	find(0)
	for i, q := range []string{
		"INSERT INTO link (customer_id, tag_id, staff_id, tagged_at) VALUES (5, 1, 0, 1)",
		"DELETE FROM department_closure WHERE ancestor_id = 1 AND descendant_id = 3",
		"UPDATE tag_group SET deletion_id = 0 WHERE id = 1",
	} {
		Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec(q)
			return err
		})
		find(min(i+1, 2))
	}
}
