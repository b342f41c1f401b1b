package store_test

import (
	"fmt"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// Many rows go by LOAD DATA, whatever is in them. Were one of them written
// wrongly, the INSERT that follows a refused LOAD would hide it, and cost the
// time that LOAD is there to save.
func TestLoad(t *testing.T) {
	t.Parallel()
	db, plan := faulty(t, storetest.MySQL(t))
	var allowed bool
	storetest.Read(t, db, func(tx *store.Tx) error { return tx.Get(&allowed, "SELECT @@GLOBAL.local_infile") })
	if !allowed {
		t.Skip("the server does not take LOAD DATA LOCAL")
	}
	texts := []string{"", "客户", "\\", "\\N", "\\n", "a\\", "\\\\t", "\t", "\n", "\r\n", "a\rb", "\x00", "\x1a", "'", "\"", "`", ",", "NULL", "0", " x", "😀\U00020000", strings.Repeat("长", 128)}
	want := make(map[int64]crm.Customer)
	var customers []crm.Customer
	for i := range int64(300) {
		s := texts[int(i)%len(texts)]
		c := crm.Customer{ID: i + 1, Name: s, Remark: s, Description: s + s, AddedAt: i - 5, CreatedAt: 1, UpdatedAt: 1, Version: 1}
		if i%3 > 0 {
			c.ExternalID, c.Mobile = fmt.Sprint("wm", i), "x"+texts[int(i)%21]
		}
		customers = append(customers, c)
		want[c.ID] = c
	}
	plan.Steps()
	storetest.Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers(customers) })
	loads, inserts := 0, 0
	for _, step := range plan.Steps() {
		if strings.HasPrefix(step.SQL, "LOAD DATA") {
			loads++
		}
		if strings.HasPrefix(step.SQL, "INSERT INTO customer") {
			inserts++
		}
	}
	if loads != 1 || inserts != 0 {
		t.Errorf("%d LOADs and %d INSERTs, want one LOAD", loads, inserts)
	}
	storetest.Read(t, db, func(tx *store.Tx) error {
		return tx.CustomerBatches(func(b *store.CustomerBatch) error {
			for _, c := range b.Customers {
				if c != want[c.ID] {
					t.Errorf("got %+v, want %+v", c, want[c.ID])
				}
				delete(want, c.ID)
			}
			return nil
		})
	})
	if len(want) > 0 {
		t.Errorf("%d customers are missing", len(want))
	}
}
