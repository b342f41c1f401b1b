package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Many rows at once are updated as one after the other would be; one that comes
// twice ends as its last one says and counts up twice.
func bulkUpdates(t *testing.T, db *store.DB) {
	cs := []crm.Customer{customer(1, "wm1"), customer(2, "wm2"), customer(3, "wm3")}
	fs := []crm.Follow{{CustomerID: 1, StaffID: 1, CreatedAt: 5, CreatedBy: 6}, {CustomerID: 1, StaffID: 2}, {CustomerID: 2, StaffID: 1}}
	Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.CreateCustomers(cs), tx.CreateFollows(fs)) })
	cs[0].Name, cs[1].Name = "一", "二"
	again := cs[0]
	again.Name, again.UnionID = "壹", "u1"
	fs[0].Remark, fs[1].Remark = "甲", "乙"
	twice := fs[0]
	twice.Remark = "丙"
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.UpdateCustomers([]crm.Customer{cs[0], cs[1], again}), tx.UpdateFollows([]crm.Follow{fs[0], fs[1], twice}))
	})
	now := Epoch.UnixMilli()
	again.UpdatedAt, again.Version = now, 3
	cs[1].UpdatedAt, cs[1].Version = now, 2
	cs[2].Version = 1
	if diff := cmp.Diff([]crm.Customer{again, cs[1], cs[2]}, byKey(t, db, store.KeyExternalID, "wm1", "wm2", "wm3")); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	twice.UpdatedAt, twice.Version = now, 3
	fs[1].UpdatedAt, fs[1].Version = now, 2
	fs[2].Version = 1
	var got []crm.Follow
	Read(t, db, func(tx *store.Tx) error {
		return tx.FollowsOf([]any{1, 2}, func(f crm.Follow) { got = append(got, f) })
	})
	if diff := cmp.Diff([]crm.Follow{twice, fs[1], fs[2]}, got); diff != "" {
		t.Errorf("followers (-want +got):\n%s", diff)
	}
}

// A row that is gone or in the bin, and a key that is taken, fail the whole of
// them.
func bulkUpdatesRefused(t *testing.T, db *store.DB) {
	cs := []crm.Customer{customer(1, "wm1"), customer(2, "wm2"), customer(3, "wm3")}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateCustomers(cs), tx.CreateFollows([]crm.Follow{{CustomerID: 1, StaffID: 1}}), bin(tx, "customer", 3, 7))
	})
	before := State(t, db)
	taken := cs[1]
	taken.ExternalID = "wm1"
	for what, try := range map[string]struct {
		fn   func(tx *store.Tx) error
		want error
	}{
		"in the bin":       {func(tx *store.Tx) error { return tx.UpdateCustomers([]crm.Customer{cs[0], cs[2]}) }, store.ErrGone},
		"no such customer": {func(tx *store.Tx) error { return tx.UpdateCustomers([]crm.Customer{cs[0], customer(9, "wm9")}) }, store.ErrGone},
		"no such follower": {func(tx *store.Tx) error {
			return tx.UpdateFollows([]crm.Follow{{CustomerID: 1, StaffID: 1}, {CustomerID: 2, StaffID: 1}})
		}, store.ErrGone},
		"key taken": {func(tx *store.Tx) error { return tx.UpdateCustomers([]crm.Customer{cs[0], taken}) }, store.ErrRefused},
	} {
		if err := db.InTx(t.Context(), nil, try.fn); !errors.Is(err, try.want) {
			t.Errorf("%s: got %v, want %v", what, err, try.want)
		}
		if after := State(t, db); after != before {
			t.Errorf("%s: something was changed", what)
		}
	}
}
