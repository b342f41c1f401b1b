package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// bin puts a row into the recycle bin as a deletion event does.
func bin(tx *store.Tx, table string, id, deletionID int64) error {
	n, err := tx.Exec("UPDATE "+table+" SET deletion_id = ? WHERE id = ?", deletionID, id)
	if err == nil && n != 1 {
		err = errors.New("nothing to put into the bin")
	}
	return err
}

func allCustomers(t testing.TB, db *store.DB) []crm.Customer {
	t.Helper()
	var ids []any
	Read(t, db, func(tx *store.Tx) error {
		return tx.Each("SELECT id FROM customer ORDER BY id", nil, func(rows *sqlx.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	var out []crm.Customer
	for len(ids) > 0 {
		n := min(len(ids), 1000)
		out = append(out, byKey(t, db, "id", ids[:n]...)...)
		ids = ids[n:]
	}
	return out
}

// byKey reads customers in the order of their ids.
func byKey(t testing.TB, db *store.DB, column string, keys ...any) []crm.Customer {
	t.Helper()
	byID := make(map[int64]crm.Customer)
	var last int64
	Read(t, db, func(tx *store.Tx) error {
		return tx.CustomersByKey(column, keys, func(c crm.Customer) {
			byID[c.ID] = c
			last = max(last, c.ID)
		})
	})
	out := make([]crm.Customer, 0, len(byID))
	for id := int64(0); id <= last; id++ {
		if c, ok := byID[id]; ok {
			out = append(out, c)
		}
	}
	return out
}

// Any number of customers may lack a key; to SQL the absent ones are NULL.
func absentKeys(t *testing.T, db *store.DB) {
	cs := []crm.Customer{customer(1, ""), customer(2, ""), customer(3, ""), customer(4, "wm4")}
	cs[1].Mobile, cs[2].UnionID = "13800000002", "u3"
	Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers(cs) })
	if diff := cmp.Diff(cs, allCustomers(t, db)); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	for column, want := range map[string]int{store.KeyExternalID: 3, store.KeyUnionID: 3, store.KeyMobile: 3} {
		if n := Count(t, db, "customer", column+" IS NULL"); n != want {
			t.Errorf("%s is NULL in %d rows, want %d", column, n, want)
		}
	}
	if got := byKey(t, db, store.KeyExternalID, ""); len(got) != 0 {
		t.Errorf("an empty external id finds %d customers", len(got))
	}
	// A key can be taken away and given by an update too.
	cs[3].ExternalID, cs[0].ExternalID = "", "wm4"
	Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.UpdateCustomer(cs[3]), tx.UpdateCustomer(cs[0])) })
	if got := byKey(t, db, store.KeyExternalID, "wm4"); len(got) != 1 || got[0].ID != 1 {
		t.Errorf("after the key moved, wm4 is %v", got)
	}
}

func liveKeys(t *testing.T, db *store.DB) {
	keyed := func(id int64) crm.Customer {
		c := customer(id, "wm")
		c.UnionID, c.Mobile = "u", "138"
		return c
	}
	create := func(tx *store.Tx, id int64) error {
		return errors.Join(tx.CreateGroups([]crm.Group{group(id, "g")}), tx.CreateTags([]crm.Tag{tag(id, 100, "t")}),
			tx.CreateCustomers([]crm.Customer{keyed(id)}))
	}
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateGroups([]crm.Group{group(100, "tags")}); err != nil {
			return err
		}
		for id := int64(1); id <= 3; id++ {
			if err := create(tx, id); err != nil {
				return err
			}
			for _, table := range []string{"tag_group", "tag", "customer"} {
				if err := bin(tx, table, id, id+10); err != nil {
					return err
				}
			}
		}
		return create(tx, 4)
	})
	other := customer(5, "")
	other.UnionID = "u"
	Write(t, db, func(tx *store.Tx) error {
		for what, err := range map[string]error{
			"group":            tx.CreateGroups([]crm.Group{group(5, "g")}),
			"tag":              tx.CreateTags([]crm.Tag{tag(5, 100, "t")}),
			"external id":      tx.CreateCustomers([]crm.Customer{customer(5, "wm")}),
			"unionid":          tx.CreateCustomers([]crm.Customer{other}),
			"out of the bin":   bin(tx, "customer", 1, 0),
			"twice in one bin": bin(tx, "customer", 1, 12),
		} {
			if !errors.Is(err, store.ErrRefused) {
				t.Errorf("second live %s: got %v, want ErrRefused", what, err)
			}
		}
		shared := customer(6, "")
		shared.Mobile = "138"
		return tx.CreateCustomers([]crm.Customer{shared}) // phones may be shared
	})
	if got := len(byKey(t, db, store.KeyExternalID, "wm")); got != 4 {
		t.Errorf("wm has %d holders, want 1 live and 3 in the bin", got)
	}
	if got := len(byKey(t, db, store.KeyMobile, "138")); got != 5 {
		t.Errorf("138 has %d holders, want 5", got)
	}
}

func accounts(t *testing.T, db *store.DB) {
	gone := person(1, "ZhangSan")
	gone.Status, gone.LeftID = crm.StatusLeft, 1
	again := person(2, "zhangsan")
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateStaff([]crm.Staff{gone, again}); err != nil {
			return err
		}
		if err := tx.CreateStaff([]crm.Staff{person(3, "ZHANGSAN")}); !errors.Is(err, store.ErrRefused) {
			t.Errorf("second account that differs by case: got %v, want ErrRefused", err)
		}
		return nil
	})
	Read(t, db, func(tx *store.Tx) error {
		got, err := tx.Staff()
		if diff := cmp.Diff([]crm.Staff{gone, again}, got); diff != "" {
			t.Errorf("staff (-want +got):\n%s", diff)
		}
		return err
	})
}

// No temporary grant is longer than 72 hours, whoever writes it.
func temporaryGrants(t *testing.T, db *store.DB) {
	const hour = 3_600_000
	for _, tt := range []struct {
		name         string
		starts, ends int64
		ok           bool
	}{
		{"lasting", 0, 0, true},
		{"lasting from a day on", 1000 * hour, 0, true},
		{"72 hours", 1000 * hour, 1072 * hour, true},
		{"one millisecond more", 1000 * hour, 1072*hour + 1, false},
		{"one millisecond", 1000 * hour, 1000*hour + 1, true},
		{"no time at all", 1000 * hour, 1000 * hour, false},
		{"backwards", 1000 * hour, 999 * hour, false},
		{"no start", 0, 1 * hour, false},
		{"start before 1970", -1 * hour, 1 * hour, false},
	} {
		Write(t, db, func(tx *store.Tx) error {
			id, err := tx.NextIDs(store.SeqGrant, 1)
			if err != nil {
				return err
			}
			err = grant(tx, id, "group", 1, tt.starts, tt.ends)
			if tt.ok && err != nil || !tt.ok && !errors.Is(err, store.ErrRefused) {
				t.Errorf("%s: got %v, want it stored: %t", tt.name, err, tt.ok)
			}
			return nil
		})
	}
	Write(t, db, func(tx *store.Tx) error {
		if err := grant(tx, 1000, "group", 1, 1000*hour, 1001*hour); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE access_grant SET ends_at = ? WHERE id = 1000", 2000*hour)
		if !errors.Is(err, store.ErrRefused) {
			t.Errorf("made longer later: got %v, want ErrRefused", err)
		}
		return nil
	})
}

func grant(tx *store.Tx, id int64, kind string, object, starts, ends int64) error {
	return tx.Insert("access_grant", []string{"id", "subject_kind", "subject_id", "object_kind", "object_id", "level", "starts_at", "ends_at", "created_at"},
		[][]any{{id, "staff", 1, kind, object, "use", starts, ends, 1}})
}
