package snapshot

import (
	"os"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func TestFind(t *testing.T) {
	t.Parallel()
	db, d := storetest.Open(t, storetest.SQLite(t)), folder(t)
	mustCreate(t, db, d, Options{})
	fill(t, db, 7, 50)
	mustCreate(t, db, d, Options{})
	mustCreate(t, db, d, Options{})
	storetest.Write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE tag SET deletion_id = 1 WHERE id = 3")
		return err
	})
	mustCreate(t, db, d, Options{})
	last := mustCreate(t, db, d, Options{Scope: Scope{Tags: []int64{1}}})
	cut := mustCreate(t, db, d, Options{})
	if err := os.Truncate(cut.Path, 500); err != nil {
		t.Fatal(err)
	}
	list, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ref         crm.Ref
		written     string
		first, last string
		live        string
	}{
		{crm.Ref{Names: []string{"意向"}}, "group:意向", "S2", "S5", "S5"},
		{crm.Ref{Kind: crm.ObjectTag, Names: []string{"意向", "标签2 😀\\"}}, "tag:意向:标签2 😀\\", "S2", "S4", "S3"},
		{crm.Ref{Kind: crm.RefCustomer, Names: []string{"wm7919-7"}}, "customer:wm7919-7", "S2", "S4", "S4"},
		{crm.Ref{Kind: crm.ObjectTag, ID: 1}, "tag:意向:标签0 😀\\", "S2", last.Short(), last.Short()},
	} {
		found, damaged, err := Find(t.Context(), list, tt.ref)
		if err != nil || len(found) != 1 || len(damaged) != 1 {
			t.Fatalf("%v: %+v, %v", tt.ref, found, err)
		}
		f := found[0]
		if f.Written() != tt.written || f.First.Short() != tt.first || f.Last.Short() != tt.last || f.Live.Short() != tt.live || f.InBin != (tt.live != tt.last) {
			t.Errorf("%v: %s from %s to %s, live %s", tt.ref, f.Written(), f.First.Short(), f.Last.Short(), f.Live.Short())
		}
	}
	for _, r := range []crm.Ref{{Names: []string{"没有"}}, {Kind: crm.ObjectTag, Names: []string{"部门组", "标签2 😀\\"}}} {
		if found, _, err := Find(t.Context(), list, r); err != nil || len(found) != 0 {
			t.Errorf("%v: %+v, %v", r, found, err)
		}
	}
}
