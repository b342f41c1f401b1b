package storetest

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func runRows(t *testing.T, db *store.DB) {
	r := crm.Run{Kind: crm.Customers, File: "/数据/客户.xlsx", SHA256: strings.Repeat("ab", 32), Options: "--tags add",
		Report: `{"warnings":[]}`, Operator: "root@host", CreatedBy: 3}
	other := r
	other.Options = "--TAGS add"
	Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.CreateRun(&r), tx.CreateRun(&other)) })
	if r.ID != 1 || other.ID != 2 || r.StartedAt != Epoch.UnixMilli() || r.Status != crm.RunRunning {
		t.Errorf("runs are given %+v and %+v", r, other)
	}
	last := func(sha, options string, kind crm.Kind) (got crm.Run, err error) {
		Read(t, db, func(tx *store.Tx) error { got, err = tx.LastRun(sha, kind, options); return nil })
		return got, err
	}
	check := func() {
		t.Helper()
		got, err := last(r.SHA256, r.Options, r.Kind)
		if diff := cmp.Diff(r, got); diff != "" || err != nil {
			t.Errorf("last run (-want +got): %v\n%s", err, diff)
		}
	}
	check()
	r.Status, r.MarkRow, r.AtEnd, r.Read, r.Created, r.Updated, r.Unchanged, r.Skipped = crm.RunPartial, 30001, true, 21, 1, 2, 3, 4
	r.Rejected, r.LinksAdded, r.LinksRemoved, r.Report, r.ErrorsFile, r.EndedAt = 11, 6, 7, strings.Repeat("报告", 40_000), "/数据/失败.xlsx", 8
	Write(t, db, func(tx *store.Tx) error { return tx.SaveRun(&r) })
	check()

	for what, err := range map[string]error{
		"another file":    second(last(strings.Repeat("cd", 32), r.Options, r.Kind)),
		"other options":   second(last(r.SHA256, "--tags", r.Kind)),
		"another kind":    second(last(r.SHA256, r.Options, crm.Tags)),
		"no such run":     db.View(t.Context(), func(tx *store.Tx) error { return second(tx.Run(99)) }),
		"saved, not made": db.InTx(t.Context(), nil, func(tx *store.Tx) error { return tx.SaveRun(&crm.Run{ID: 99, Status: crm.RunDone}) }),
	} {
		if !errors.Is(err, sql.ErrNoRows) && !errors.Is(err, store.ErrGone) {
			t.Errorf("%s: got %v, want none", what, err)
		}
	}
	again := r
	Write(t, db, func(tx *store.Tx) error { return tx.CreateRun(&again) })
	if got, err := last(r.SHA256, r.Options, r.Kind); err != nil || got.ID != 3 {
		t.Errorf("the last run is %d (%v), want 3", got.ID, err)
	}
	Read(t, db, func(tx *store.Tx) error {
		one, err1 := tx.Run(1)
		two, err2 := tx.Runs(2)
		if diff := cmp.Diff(r, one); diff != "" {
			t.Errorf("run 1 (-want +got):\n%s", diff)
		}
		if len(two) != 2 || two[0].ID != 3 || two[1].ID != 2 {
			t.Errorf("the newest two runs are %v, want 3 and 2", two)
		}
		return errors.Join(err1, err2)
	})
}

func second[T any](_ T, err error) error { return err }

func runDetail(t *testing.T, db *store.DB) {
	problem := crm.Problem{Code: crm.BadPhone, Row: 9, Column: 2, Value: "12\x00x\u2028<😀>", Related: 4, Args: []string{"a", ""}, Warn: true}
	want := []store.RowProblems{{Row: 9, Problems: []crm.Problem{problem, {Code: crm.Required, Column: -1}}}, {Row: 10, Problems: []crm.Problem{{Code: crm.TooLong, Row: 10}}}}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.SaveErrors(1, want[1:]), tx.SaveErrors(1, want[:1]), tx.SaveErrors(2, want[:1]), tx.SaveErrors(1, nil))
	})
	Read(t, db, func(tx *store.Tx) error {
		var got []store.RowProblems
		err := tx.RunErrors(1, func(r store.RowProblems) error { got = append(got, r); return nil })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("errors in the file's order (-want +got):\n%s", diff)
		}
		// The reader may stop it.
		if err := tx.RunErrors(1, func(store.RowProblems) error { return errTakenBack }); !errors.Is(err, errTakenBack) {
			t.Errorf("got %v, want the function's error", err)
		}
		return err
	})

	changes := []store.Change{
		{Row: 5, Kind: "customer", ItemID: 6, StaffID: 7, Before: `{"name":"旧"}`, After: strings.Repeat("0f", 32)},
		{Row: 5, Kind: "links", ItemID: 6, Before: strings.Repeat("x", 100_000), After: "-"},
	}
	next := func() (n int64) {
		Read(t, db, func(tx *store.Tx) (err error) { n, err = tx.NextChange(1); return err })
		return n
	}
	if n := next(); n != 1 {
		t.Errorf("the first change is %d", n)
	}
	ranges := []store.IDRange{{Kind: "customer", First: 1, Last: 500}, {Kind: "tag", First: 3, Last: 3}}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.SaveChanges(1, 1, changes), tx.SaveChanges(2, 8, changes), tx.SaveCreated(1, ranges), tx.SaveCreated(1, nil))
	})
	if n := next(); n != 3 {
		t.Errorf("after two changes the next is %d, want 3", n)
	}
	Read(t, db, func(tx *store.Tx) error {
		var got []struct {
			Seq    int64
			Row    int    `db:"row_no"`
			Before string `db:"before_image"`
		}
		err1 := tx.Select(&got, "SELECT seq, row_no, before_image FROM import_change WHERE run_id = 1 AND kind IN ('customer', 'links') AND item_id = 6 ORDER BY seq")
		if len(got) != 2 || got[0].Seq != 1 || got[0].Row != 5 || got[0].Before != changes[0].Before || got[1].Before != changes[1].Before {
			t.Errorf("changes: %v", got)
		}
		stored, err2 := tx.CreatedBy(1)
		if diff := cmp.Diff(ranges, stored); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		return errors.Join(err1, err2)
	})
}

func claimRows(t *testing.T, db *store.DB) {
	want := []string{"", "[\"客户\"]", strings.Repeat("😀\\\n", 50_000), "last"}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.SaveClaims(1, 3, want[2:]), tx.SaveClaims(1, 1, want[:2]), tx.SaveClaims(2, 1, want[3:]), tx.SaveClaims(1, 5, nil))
	})
	Read(t, db, func(tx *store.Tx) error {
		var got []string
		err := tx.Claims(1, func(piece string) error { got = append(got, piece); return nil })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("claims in the order of their numbers (-want +got):\n%s", diff)
		}
		if err := tx.Claims(1, func(string) error { return errTakenBack }); !errors.Is(err, errTakenBack) {
			t.Errorf("got %v, want the function's error", err)
		}
		return err
	})
}

func auditRows(t *testing.T, db *store.DB) {
	want := []store.Audit{
		{ID: 1, At: Epoch.UnixMilli(), Operator: "root@host", StaffID: 1, Action: "import", Object: "客户.xlsx", RunID: 2, DeletionID: 3, Command: "tagkeep import", Detail: `{"created":1}`},
		{ID: 2, At: Epoch.UnixMilli(), Action: "delete", Object: strings.Repeat("名", 255), Command: strings.Repeat("令", 1024)},
	}
	Write(t, db, func(tx *store.Tx) error {
		long := want[1] // what is only shown to people is cut
		long.Object, long.Command = strings.Repeat("名", 999), strings.Repeat("令", 9999)
		return errors.Join(tx.WriteAudit(want[0]), tx.WriteAudit(long))
	})
	Read(t, db, func(tx *store.Tx) error {
		var got []store.Audit
		err := tx.Select(&got, "SELECT id, at, operator, staff_id, action, object, run_id, deletion_id, command, detail FROM audit_log ORDER BY id")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("audit log (-want +got):\n%s", diff)
		}
		return err
	})
}
