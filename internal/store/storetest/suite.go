package storetest

import (
	"fmt"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Suite checks that a database behaves as package store promises. It is run
// against each kind of database, so that what holds for one holds for the other
// too. open is called once and gives an empty database by the clock of Open.
func Suite(t *testing.T, open func(t *testing.T) *store.DB) {
	db := open(t)
	for _, check := range []struct {
		name string
		fn   func(t *testing.T, db *store.DB)
	}{
		{"text/distinct names", distinctNames},
		{"text/round trip", textRoundTrip},
		{"text/lookup by key", textLookup},
		{"text/length", textLength},
		{"text/as wide as the limits of crm", textLimits},
		{"keys/absent", absentKeys},
		{"keys/one live and many in the bin", liveKeys},
		{"keys/accounts without regard to case", accounts},
		{"rows/library", libraryRows},
		{"rows/directory", directoryRows},
		{"rows/customers", customerRows},
		{"rows/updates in bulk", bulkUpdates},
		{"rows/updates in bulk refused", bulkUpdatesRefused},
		{"rows/links", linkRows},
		{"rows/remove a sleeping link", sleepingRemoval},
		{"rows/order by id", orderByID},
		{"rows/found and not found", foundRows},
		{"rows/5,000 at once", manyRows},
		{"rows/in batches", batches},
		{"rows/split insert is one", splitInsert},
		{"rows/times", times},
		{"runs/life of a run", runRows},
		{"runs/errors, created, changes", runDetail},
		{"runs/claims", claimRows},
		{"runs/audit", auditRows},
		{"audit/filters", auditFilters},
		{"audit/in pieces", auditMany},
		{"tx/refusals let it go on", refusals},
		{"tx/refusals in bulk", bulkRefusals},
		{"tx/insert takes all or none", insertWhole},
		{"tx/other errors end it", poison},
		{"tx/error in a reading", poisonedView},
		{"tx/savepoints", savepoints},
		{"tx/savepoint and poison", poisonedSavepoint},
		{"tx/rolled back on error", rollbackOnError},
		{"tx/rolled back on panic", rollbackOnPanic},
		{"tx/rolled back on Goexit", rollbackOnGoexit},
		{"tx/nesting panics", nesting},
		{"tx/cancelled before", cancelledBefore},
		{"tx/cancelled inside", cancelledInside},
		{"tx/view sees one state", oneView},
		{"tx/revision and clock", revision},
		{"ids/blocks", idBlocks},
		{"ids/rolled back", idRollback},
		{"ids/side by side", idsConcurrent},
		{"access/72 hours", temporaryGrants},
		{"access/grants", grantRows},
		{"access/grants refused", grantRefusals},
		{"access/revoke once", revokeOnce},
		{"access/revoke what sleeps", sleepingRevoke},
		{"access/requests", requestRows},
		{"access/followers", followers},
		{"directory/edits and moves", departmentEdits},
		{"directory/random trees", randomTrees},
		{"directory/wide tree", wideTree},
		{"directory/merge", mergeDetails},
		{"directory/merge and names", mergeNames},
		{"directory/events", directoryEvents},
		{"directory/same person", samePerson},
		{"rows/move a tag", moveTag},
		{"dump/rows", dumpRows},
		{"dump/complete", dumpComplete},
		{"dump/state hash", dumpExact},
		{"dump/receipts", receipts},
		{"dump/numbers of snapshots", snapshotNumbers},
		{"load/rows as they were", loadRows},
		{"load/all chunks at once", loadAll},
		{"load/counters and emptiness", loadMarks},
		{"load/what does not hold together", problems},
		{"state/empty is absent", emptyIsNull},
		{"state/sleeping", stateSleeping},
		{"state/what counts", stateSensitivity},
	} {
		t.Run(check.name, func(t *testing.T) {
			wipe(t, db)
			check.fn(t, db)
		})
	}
}

// tables in an order in which they can be emptied.
var tables = []string{
	"department_closure", "staff_department", "staff", "department", "directory_event",
	"tag", "tag_group", "link", "customer_staff", "customer", "access_grant", "access_request",
	"deletion", "sleeping_removal", "tombstone", "snapshot_check",
	"import_run", "import_error", "import_created", "import_change", "import_claim", "audit_log", "counter",
}

// wipe empties the database: making a new one takes a server half a second.
func wipe(t *testing.T, db *store.DB) {
	t.Helper()
	Write(t, db, func(tx *store.Tx) error {
		for _, table := range tables {
			if _, err := tx.Exec("DELETE FROM " + table); err != nil {
				return fmt.Errorf("empty %s: %w", table, err)
			}
		}
		return nil
	})
}

// Write runs fn in a writing transaction that must succeed.
func Write(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := db.InTx(t.Context(), nil, fn); err != nil {
		t.Fatal(err)
	}
}

// Read runs fn in a reading transaction that must succeed.
func Read(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := db.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// State is the state of the database, which must be readable.
func State(t testing.TB, db *store.DB) store.State {
	t.Helper()
	s, err := db.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Count is how many rows of a table meet a condition; "" for all of them.
func Count(t testing.TB, db *store.DB, table, where string, args ...any) int {
	t.Helper()
	query := "SELECT COUNT(*) FROM " + table
	if where != "" {
		query += " WHERE " + where
	}
	var n int
	Read(t, db, func(tx *store.Tx) error { return tx.Get(&n, query, args...) })
	return n
}

func group(id int64, name string) crm.Group {
	return crm.Group{ID: id, Name: name, Scope: crm.ScopeShared, CreatedAt: 1, UpdatedAt: 1, Version: 1}
}

func tag(id, groupID int64, name string) crm.Tag {
	return crm.Tag{ID: id, GroupID: groupID, Name: name, CreatedAt: 1, UpdatedAt: 1, Version: 1}
}

func customer(id int64, externalID string) crm.Customer {
	return crm.Customer{ID: id, ExternalID: externalID, CreatedAt: 1, UpdatedAt: 1, Version: 1}
}

func person(id int64, userid string) crm.Staff {
	return crm.Staff{ID: id, UserID: userid, Status: crm.StatusActive, Role: crm.RoleStaff, CreatedAt: 1, UpdatedAt: 1, Version: 1}
}

func link(customerID, tagID, staffID int64) crm.Link {
	return crm.Link{CustomerID: customerID, TagID: tagID, StaffID: staffID, TaggedAt: 1}
}
