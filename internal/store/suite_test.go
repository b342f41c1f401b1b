package store_test

import (
	"testing"

	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		storetest.Suite(t, func(t *testing.T) *store.DB { return storetest.Open(t, target) })
	})
}

// A server that does not take LOAD DATA gives the same answers. The wrapper that
// injects faults is there too: it changes nothing while none is planned.
func TestSuiteWithoutLoad(t *testing.T) {
	t.Parallel()
	target := storetest.MySQL(t)
	storetest.Suite(t, func(t *testing.T) *store.DB {
		db := storetest.Open(t, target, store.WithConnector(new(fault.Plan).Connector))
		db.WithoutLoad()
		return db
	})
}

func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	storetest.Agree(t, storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, storetest.MySQL(t)))
}
