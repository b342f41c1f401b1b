package store_test

import (
	"testing"

	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func TestSuite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		storetest.Suite(t, func(t *testing.T) *store.DB { return storetest.Open(t, target) })
	})
}

// The wrapper that injects faults changes nothing while none is planned.
func TestSuiteUnderFaults(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		storetest.Suite(t, func(t *testing.T) *store.DB {
			return storetest.Open(t, target, store.WithConnector(new(fault.Plan).Connector))
		})
	})
}

func TestEnginesAgree(t *testing.T) {
	storetest.Agree(t, storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, storetest.MySQL(t)))
}
