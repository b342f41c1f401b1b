package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/store"
)

// auditIDs are the rows that a filter chooses, in the order in which they come.
func auditIDs(t *testing.T, db *store.DB, f store.AuditFilter) []int64 {
	t.Helper()
	ids := []int64{}
	Read(t, db, func(tx *store.Tx) error {
		return tx.Audits(f, func(a store.Audit) error { ids = append(ids, a.ID); return nil })
	})
	return ids
}

func auditFilters(t *testing.T, db *store.DB) {
	log := []store.Audit{
		{Operator: "root@host", Action: "access.grant", Object: "客户_1", StaffID: 0, RunID: 0, DeletionID: 0, Command: "c", Detail: `{"n":1}`},
		{Operator: "Root@host", Action: "access.revoke", Object: "客户x1", StaffID: 5, RunID: 3},
		{Operator: "root@host ", Action: "Access.grant", Object: "客户%", StaffID: 5, RunID: 4, DeletionID: 8},
		{Operator: "a%t", Action: "access", Object: "kh", StaffID: 6, DeletionID: 8},
		{Operator: "a_t", Action: "access_grant", Object: "KH", StaffID: 0, DeletionID: 9},
		{Operator: "axt", Action: "access.", Object: "客户_1 ", StaffID: 5},
		{Operator: "", Action: "import tags", Object: "", RunID: 3},
	}
	for i := range log {
		Write(t, db, func(tx *store.Tx) error {
			if err := tx.WriteAudit(log[i]); err != nil {
				return err
			}
			_, err := tx.Exec("UPDATE audit_log SET at = ? WHERE id = ?", 1000+i*10, i+1)
			return err
		})
		log[i].ID, log[i].At = int64(i+1), int64(1000+i*10)
	}
	var all []store.Audit
	Read(t, db, func(tx *store.Tx) error {
		return tx.Audits(store.AuditFilter{}, func(a store.Audit) error { all = append(all, a); return nil })
	})
	if diff := cmp.Diff(log, all); diff != "" {
		t.Errorf("the whole log (-want +got):\n%s", diff)
	}
	staff := func(id int64) *int64 { return &id }
	for what, tt := range map[string]struct {
		f    store.AuditFilter
		want []int64
	}{
		"since":                    {store.AuditFilter{Since: 1040}, []int64{5, 6, 7}},
		"until":                    {store.AuditFilter{Until: 1020}, []int64{1, 2}},
		"since and until":          {store.AuditFilter{Since: 1010, Until: 1011}, []int64{2}},
		"action":                   {store.AuditFilter{Action: "access.grant"}, []int64{1}},
		"action without a dot":     {store.AuditFilter{Action: "access"}, []int64{4}},
		"family of actions":        {store.AuditFilter{Action: "access."}, []int64{1, 2, 6}},
		"family of another case":   {store.AuditFilter{Action: "Access."}, []int64{3}},
		"action with a blank":      {store.AuditFilter{Action: "access "}, []int64{}},
		"every family":             {store.AuditFilter{Action: "."}, []int64{}},
		"staff":                    {store.AuditFilter{StaffID: staff(5)}, []int64{2, 3, 6}},
		"the operator":             {store.AuditFilter{StaffID: staff(0)}, []int64{1, 5, 7}},
		"operator":                 {store.AuditFilter{Operator: "root@host"}, []int64{1}},
		"operator of another case": {store.AuditFilter{Operator: "ROOT@HOST"}, []int64{}},
		"operator with a blank":    {store.AuditFilter{Operator: "root@host "}, []int64{3}},
		"operator with %":          {store.AuditFilter{Operator: "a%t"}, []int64{4}},
		"operator with _":          {store.AuditFilter{Operator: "a_t"}, []int64{5}},
		"operator %":               {store.AuditFilter{Operator: "%"}, []int64{}},
		"object":                   {store.AuditFilter{ObjectPrefix: "客户"}, []int64{1, 2, 3, 6}},
		"object with _":            {store.AuditFilter{ObjectPrefix: "客户_"}, []int64{1, 6}},
		"object with _ and blank":  {store.AuditFilter{ObjectPrefix: "客户_1 "}, []int64{6}},
		"object with %":            {store.AuditFilter{ObjectPrefix: "客户%"}, []int64{3}},
		"object %":                 {store.AuditFilter{ObjectPrefix: "%"}, []int64{}},
		"object k":                 {store.AuditFilter{ObjectPrefix: "k"}, []int64{4}},
		"object \\":                {store.AuditFilter{ObjectPrefix: "\\"}, []int64{}},
		"object no text at all":    {store.AuditFilter{ObjectPrefix: "\xff"}, []int64{}},
		"run":                      {store.AuditFilter{RunID: 3}, []int64{2, 7}},
		"deletion":                 {store.AuditFilter{DeletionID: 8}, []int64{3, 4}},
		"last":                     {store.AuditFilter{Limit: 2}, []int64{6, 7}},
		"more than there are":      {store.AuditFilter{Limit: 99}, []int64{1, 2, 3, 4, 5, 6, 7}},
		"last of a family":         {store.AuditFilter{Action: "access.", Limit: 2}, []int64{2, 6}},
		"last of none":             {store.AuditFilter{Action: "nothing", Limit: 2}, []int64{}},
		"last before":              {store.AuditFilter{Until: 1030, Limit: 1}, []int64{3}},
		"everything":               {store.AuditFilter{Since: 1020, Until: 1021, Action: "Access.grant", StaffID: staff(5), Operator: "root@host ", ObjectPrefix: "客户", RunID: 4, DeletionID: 8, Limit: 1}, []int64{3}},
		"everything but the run":   {store.AuditFilter{Since: 1020, Action: "Access.grant", StaffID: staff(5), RunID: 3, DeletionID: 8}, []int64{}},
	} {
		if got := auditIDs(t, db, tt.f); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", what, got, tt.want)
		}
	}
}

// The log is read in pieces, and comes whole and in order all the same.
func auditMany(t *testing.T, db *store.DB) {
	const n = 1300
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = []any{i*3 + 1, n - i, fmt.Sprint("op", i%2), "a", strings.Repeat("名", i%300)[:min(i%300, 255)*3], ""}
	}
	Write(t, db, func(tx *store.Tx) error {
		return tx.Insert("audit_log", []string{"id", "at", "operator", "action", "object", "detail"}, rows)
	})
	for what, tt := range map[string]struct {
		f                  store.AuditFilter
		count, first, step int64
	}{
		"all":              {store.AuditFilter{}, n, 1, 3},
		"every other":      {store.AuditFilter{Operator: "op1"}, n / 2, 4, 6},
		"newest 700":       {store.AuditFilter{Limit: 700}, 700, (n-700)*3 + 1, 3},
		"newest 600 of it": {store.AuditFilter{Operator: "op1", Limit: 600}, 600, 4 + 50*6, 6},
		"late in the log":  {store.AuditFilter{Until: 11}, 10, (n-10)*3 + 1, 3},
		"a clipped object": {store.AuditFilter{ObjectPrefix: strings.Repeat("名", 290), Limit: 45}, 45, (855+300)*3 + 1, 3},
	} {
		got := auditIDs(t, db, tt.f)
		if int64(len(got)) != tt.count {
			t.Errorf("%s: %d rows, want %d", what, len(got), tt.count)
			continue
		}
		for i, id := range got {
			if want := tt.first + int64(i)*tt.step; id != want {
				t.Errorf("%s: row %d is %d, want %d", what, i, id, want)
				break
			}
		}
	}
	Read(t, db, func(tx *store.Tx) error {
		seen := 0
		err := tx.Audits(store.AuditFilter{}, func(store.Audit) error {
			if seen++; seen == 3 {
				return errTakenBack
			}
			_, err := tx.PeekID(store.SeqTag) // the reader may ask more
			return err
		})
		if !errors.Is(err, errTakenBack) || seen != 3 {
			t.Errorf("got %v after %d rows, want the function's error after 3", err, seen)
		}
		return nil
	})
}
