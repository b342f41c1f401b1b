package storetest

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// What a database refuses because of its data. None of it ends the transaction.
func refusals(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error {
		if err := errors.Join(tx.CreateGroups([]crm.Group{group(1, "g")}), tx.CreateTags([]crm.Tag{tag(1, 1, "t")}),
			tx.CreateCustomers([]crm.Customer{customer(1, "wm1")}), tx.AddLinks([]crm.Link{link(1, 1, 0)})); err != nil {
			return err
		}
		exec := func(query string, args ...any) error {
			_, err := tx.Exec(query, args...)
			return err
		}
		scope := group(2, "g2")
		scope.Scope = "nonsense"
		for what, err := range map[string]error{
			"id taken":           tx.CreateGroups([]crm.Group{group(1, "other")}),
			"name taken":         tx.CreateGroups([]crm.Group{group(2, "g")}),
			"key taken":          tx.CreateCustomers([]crm.Customer{customer(2, "wm1")}),
			"link there":         tx.AddLinks([]crm.Link{link(1, 1, 0)}),
			"no such group":      tx.CreateTags([]crm.Tag{tag(2, 99, "t")}),
			"parent in use":      exec("DELETE FROM tag_group WHERE id = 1"),
			"outside a list":     tx.CreateGroups([]crm.Group{scope}),
			"NULL":               exec("UPDATE tag_group SET name = NULL WHERE id = 1"),
			"too long":           exec("UPDATE tag_group SET name = ? WHERE id = 1", strings.Repeat("x", 61)),
			"text for a number":  exec("UPDATE tag_group SET sort = ? WHERE id = 1", "first"),
			"second row of meta": exec("INSERT INTO meta (id, uuid, timezone, lang, created_at) VALUES (2, 'u', 'UTC', 'en', 0)"),
		} {
			if !errors.Is(err, store.ErrRefused) || errors.Is(err, store.ErrPoisoned) {
				t.Errorf("%s: got %v, want ErrRefused", what, err)
			}
		}
		return tx.CreateGroups([]crm.Group{group(3, "after all that")})
	})
	if n := Count(t, db, "tag_group", ""); n != 2 {
		t.Errorf("%d groups are stored, want 2", n)
	}
}

// A refused row takes the rows of its Insert with it, whether they were sent in
// one statement or in many, and nothing else.
func insertWhole(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateCustomers([]crm.Customer{customer(1, "wm1")}); err != nil {
			return err
		}
		err := tx.CreateCustomers([]crm.Customer{customer(2, "wm2"), customer(3, "wm1"), customer(4, "wm4")})
		if !errors.Is(err, store.ErrRefused) {
			t.Errorf("got %v, want ErrRefused", err)
		}
		return tx.CreateCustomers([]crm.Customer{customer(5, "wm2")})
	})
	if n := Count(t, db, "customer", "id IN (1, 5)"); n != 2 || Count(t, db, "customer", "") != 2 {
		t.Errorf("stored: %v, want customers 1 and 5", allCustomers(t, db))
	}
}

// The same in bulk, which some databases take by another way: of many rows one
// is bad, and the answer is the same as for it alone.
func bulkRefusals(t *testing.T, db *store.DB) {
	const n = 400
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateGroups([]crm.Group{group(1, "g")}), tx.CreateTags([]crm.Tag{tag(9999, 1, "taken")}))
	})
	for what, spoil := range map[string]func(*crm.Tag){
		"id taken":        func(v *crm.Tag) { v.ID = 9999 },
		"name taken":      func(v *crm.Tag) { v.Name = "taken" },
		"name twice":      func(v *crm.Tag) { v.Name = "1" },
		"no such group":   func(v *crm.Tag) { v.GroupID = 99 },
		"too long":        func(v *crm.Tag) { v.Name = strings.Repeat("长", 61) },
		"too long a date": func(v *crm.Tag) { v.ExpiresOn = "2024-01-01T00:00" },
	} {
		Write(t, db, func(tx *store.Tx) error {
			tags := make([]crm.Tag, n)
			for i := range tags {
				tags[i] = tag(int64(i+1), 1, strconv.Itoa(i+1))
			}
			spoil(&tags[n/2])
			if err := tx.CreateTags(tags); !errors.Is(err, store.ErrRefused) || errors.Is(err, store.ErrPoisoned) {
				t.Errorf("%s: got %v, want ErrRefused", what, err)
			}
			got, err := tx.Tags(store.WithBin)
			if len(got) != 1 {
				t.Errorf("%s: %d tags are stored, want the one from before", what, len(got))
			}
			return err
		})
	}
	scopes := make([]crm.Group, n)
	for i := range scopes {
		scopes[i] = group(int64(i+10), strconv.Itoa(i))
	}
	scopes[n-1].Scope = "nonsense"
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateGroups(scopes); !errors.Is(err, store.ErrRefused) {
			t.Errorf("outside a list: got %v, want ErrRefused", err)
		}
		scopes[n-1].Scope = crm.ScopeShared
		return tx.CreateGroups(scopes)
	})
	if got := Count(t, db, "tag_group", ""); got != n+1 {
		t.Errorf("%d groups are stored, want %d", got, n+1)
	}
}

// Any other error may have ended the transaction: nothing more is sent, and
// nothing is stored even if the caller goes on as if nothing had happened.
func poison(t *testing.T, db *store.DB) {
	for name, spoil := range map[string]func(tx *store.Tx) error{
		"syntax":     func(tx *store.Tx) error { _, err := tx.Exec("UPDATE nothing at all"); return err },
		"no table":   func(tx *store.Tx) error { var n int; return tx.Get(&n, "SELECT COUNT(*) FROM nowhere") },
		"no column":  func(tx *store.Tx) error { var ns []int; return tx.Select(&ns, "SELECT nothing FROM meta") },
		"each":       func(tx *store.Tx) error { return tx.Each("SELECT nothing FROM meta", nil, nil) },
		"bad insert": func(tx *store.Tx) error { return tx.Insert("nowhere", []string{"id"}, [][]any{{1}}) },
	} {
		t.Run(name, func(t *testing.T) {
			before := rev(t, db)
			err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
				if err := tx.CreateGroups([]crm.Group{group(1, "g")}); err != nil {
					return err
				}
				err := spoil(tx)
				if err == nil || errors.Is(err, store.ErrRefused) || errors.Is(err, store.ErrPoisoned) {
					t.Errorf("the statement itself: got %v", err)
				}
				var n int
				for what, err := range map[string]error{
					"exec":      func() error { _, err := tx.Exec("UPDATE meta SET rev = rev WHERE id = 1"); return err }(),
					"get":       tx.Get(&n, "SELECT 1"),
					"select":    tx.Select(&[]int{}, "SELECT 1"),
					"each":      tx.Each("SELECT 1", nil, nil),
					"insert":    tx.CreateGroups([]crm.Group{group(2, "h")}),
					"savepoint": tx.Savepoint(func() error { t.Error("a savepoint of a dead transaction runs"); return nil }),
					"ids":       func() error { _, err := tx.NextIDs(store.SeqTag, 1); return err }(),
				} {
					if !errors.Is(err, store.ErrPoisoned) {
						t.Errorf("%s afterwards: got %v, want ErrPoisoned", what, err)
					}
				}
				return nil
			})
			if !errors.Is(err, store.ErrPoisoned) {
				t.Errorf("InTx: got %v, want ErrPoisoned", err)
			}
			if n := Count(t, db, "tag_group", ""); n != 0 {
				t.Errorf("%d groups are stored, want none", n)
			}
			if after := rev(t, db); after != before {
				t.Errorf("revision %d follows %d", after, before)
			}
			usable(t, db)
		})
	}
}

func rev(t *testing.T, db *store.DB) (n int64) {
	t.Helper()
	Read(t, db, func(tx *store.Tx) error { n = tx.Rev; return nil })
	return n
}

func poisonedView(t *testing.T, db *store.DB) {
	err := db.View(t.Context(), func(tx *store.Tx) error {
		var n int
		if err := tx.Get(&n, "SELECT nothing FROM meta"); err == nil {
			t.Error("a bad query succeeds")
		}
		return tx.Get(&n, "SELECT 1")
	})
	if !errors.Is(err, store.ErrPoisoned) {
		t.Errorf("got %v, want ErrPoisoned", err)
	}
	usable(t, db)
}
