package recycle

import (
	"os"
	"strconv"
	"testing"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// R20: a tag on very many customers: the same laws, and only the log of how long
// it took grows. TAGKEEP_LONG is how many customers; without it there are a few
// thousand.
func TestR20_TagOnVeryManyCustomers(t *testing.T) {
	customers, _ := strconv.Atoi(os.Getenv("TAGKEEP_LONG"))
	if customers < 1000 {
		customers = 3000
	}
	each(t, func(t *testing.T, s *scene) {
		for done := 0; done < customers; done += 50000 {
			n := min(50000, customers-done)
			s.write(func(tx *store.Tx) error {
				first, err := tx.NextIDs(store.SeqCustomer, n)
				if err != nil {
					return err
				}
				cs, ls := make([]crm.Customer, n), make([]crm.Link, n)
				for i := range cs {
					cs[i] = crm.Customer{ID: first + int64(i), Name: "客户", CreatedAt: tx.Now, UpdatedAt: tx.Now}
					ls[i] = crm.Link{CustomerID: cs[i].ID, TagID: gold, StaffID: anna, TaggedAt: tx.Now}
				}
				if err := tx.CreateCustomers(cs); err != nil {
					return err
				}
				return tx.AddLinks(ls)
			})
		}
		before := s.state()
		took := func(what string, fn func()) {
			start := time.Now()
			fn()
			t.Logf("%s of %d links: %.2fs", what, customers, time.Since(start).Seconds())
		}
		var event int64
		took("delete", func() { event = s.del(Selection{Tags: []int64{gold}}) })
		took("plan", func() { s.plan(event, RestoreOptions{}) })
		took("restore", func() { s.restore(event, RestoreOptions{}) })
		s.same(s.state(), before, "after the restore")
	})
}
