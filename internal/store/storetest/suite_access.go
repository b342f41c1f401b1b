package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// lasting is a grant to a person that stands and never ends.
func lasting(id int64, kind string, object int64) crm.Grant {
	return crm.Grant{ID: id, SubjectKind: crm.SubjectStaff, SubjectID: 1, ObjectKind: kind, ObjectID: object, Level: crm.LevelUse, CreatedAt: 1, Version: 1}
}

func allGrants(t *testing.T, db *store.DB) (out []crm.Grant) {
	t.Helper()
	Read(t, db, func(tx *store.Tx) (err error) { out, err = tx.Grants(); return err })
	return out
}

func grantRows(t *testing.T, db *store.DB) {
	want := []crm.Grant{
		{ID: 3, SubjectKind: crm.SubjectRole, SubjectRole: crm.RoleAuditor, ObjectKind: crm.ObjectAll, Level: crm.LevelView, Reason: "年审\t'\\\n", CreatedAt: 5, CreatedBy: 6, Version: 1},
		{ID: 4, SubjectKind: crm.SubjectDepartment, SubjectID: 7, WithSub: true, ObjectKind: crm.ObjectGroup, ObjectID: 8, Level: crm.LevelHidden, EventID: 9, CreatedAt: 5, Version: 1},
		{ID: 8, SubjectKind: crm.SubjectStaff, SubjectID: 9, ObjectKind: crm.ObjectTag, ObjectID: 8, Level: crm.LevelEdit, StartsAt: 10, EndsAt: 10 + crm.MaxTemporaryMillis, RequestID: 11, CreatedAt: 5, Version: 1},
		lasting(9, crm.ObjectGroup, 8),
	}
	mixed := slices.Clone(want)
	slices.Reverse(mixed)
	Write(t, db, func(tx *store.Tx) error { return errors.Join(tx.CreateGrants(mixed), tx.CreateGrants(nil)) })
	if diff := cmp.Diff(want, allGrants(t, db)); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	Read(t, db, func(tx *store.Tx) error {
		one, err := tx.Grant(8)
		if diff := cmp.Diff(want[2], one); diff != "" {
			t.Errorf("grant 8 (-want +got):\n%s", diff)
		}
		if _, err := tx.Grant(99); !errors.Is(err, store.ErrGone) {
			t.Errorf("no such grant: got %v, want ErrGone", err)
		}
		return err
	})
}

// A refused grant takes those that came with it along, few or many.
func grantRefusals(t *testing.T, db *store.DB) {
	many := make([]crm.Grant, 500)
	for i := range many {
		many[i] = lasting(int64(i+1), crm.ObjectTag, 1)
	}
	long := lasting(501, crm.ObjectTag, 1)
	long.StartsAt, long.EndsAt = 1, 2+crm.MaxTemporaryMillis
	level, kind, reason := lasting(501, crm.ObjectTag, 1), lasting(501, "customer", 1), lasting(501, crm.ObjectTag, 1)
	level.Level, reason.Reason = "own", strings.Repeat("因", 256)
	for what, bad := range map[string]crm.Grant{"longer than 72 hours": long, "no such level": level, "no such kind": kind, "long reason": reason, "id taken": many[7]} {
		for _, n := range []int{1, len(many)} {
			Write(t, db, func(tx *store.Tx) error {
				if what == "id taken" && n == 1 {
					return nil // then it is not
				}
				err := tx.CreateGrants(append(slices.Clone(many[:n]), bad))
				if !errors.Is(err, store.ErrRefused) {
					t.Errorf("%s after %d: got %v, want ErrRefused", what, n, err)
				}
				return nil
			})
		}
	}
	if n := Count(t, db, "access_grant", ""); n != 0 {
		t.Errorf("%d grants are stored, want none", n)
	}
	Write(t, db, func(tx *store.Tx) error { return tx.CreateGrants(many) })
	if diff := cmp.Diff(many, allGrants(t, db)); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}

func revokeOnce(t *testing.T, db *store.DB) {
	want := []crm.Grant{lasting(1, crm.ObjectAll, 0), lasting(2, crm.ObjectAll, 0)}
	Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateGrants(want); err != nil {
			return err
		}
		if err := tx.RevokeGrant(1, 7, strings.Repeat("因", 256)); !errors.Is(err, store.ErrRefused) {
			t.Errorf("with a reason too long: got %v, want ErrRefused", err)
		}
		return tx.RevokeGrant(1, 7, "离职")
	})
	want[0].RevokedAt, want[0].RevokedBy, want[0].RevokeReason, want[0].Version = Epoch.UnixMilli(), 7, "离职", 2
	Write(t, db, func(tx *store.Tx) error {
		for id, what := range map[int64]string{1: "revoked before", 99: "not there"} {
			if err := tx.RevokeGrant(id, 8, "again"); !errors.Is(err, store.ErrGone) {
				t.Errorf("%s: got %v, want ErrGone", what, err)
			}
		}
		return nil
	})
	if diff := cmp.Diff(want, allGrants(t, db)); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if n := Count(t, db, "sleeping_removal", ""); n != 0 {
		t.Errorf("revoking what is awake leaves %d notes for a restore", n)
	}
	if got := State(t, db).Counts.Grants; got != 1 {
		t.Errorf("%d grants count, want 1", got)
	}
}

// Revoking a grant on something in the bin is a decision that the restore of
// just that thing must know of.
func sleepingRevoke(t *testing.T, db *store.DB) {
	objects := []struct {
		kind     string
		id       int64
		deletion int64 // whose restore wakes it
	}{
		{crm.ObjectAll, 0, 0}, {crm.ObjectGroup, 1, 0}, {crm.ObjectTag, 1, 0},
		{crm.ObjectTag, 2, 71}, // alone
		{crm.ObjectGroup, 2, 72}, {crm.ObjectTag, 3, 72},
		{crm.ObjectTag, 4, 70},   // before its group
		{crm.ObjectTag, 5, 72},   // live in a group that is not: must not be, and sleeps
		{crm.ObjectTag, 99, 0},   // purged
		{crm.ObjectGroup, 99, 0}, // purged
	}
	Write(t, db, func(tx *store.Tx) error {
		err := errors.Join(tx.CreateGroups([]crm.Group{group(1, "g"), group(2, "h")}),
			tx.CreateTags([]crm.Tag{tag(1, 1, "a"), tag(2, 1, "b"), tag(3, 2, "a"), tag(4, 2, "b"), tag(5, 2, "c")}),
			bin(tx, "tag", 2, 71), bin(tx, "tag", 4, 70), bin(tx, "tag", 3, 72), bin(tx, "tag_group", 2, 72))
		for i, o := range objects {
			err = errors.Join(err, tx.CreateGrants([]crm.Grant{lasting(int64(i+1), o.kind, o.id)}))
		}
		return err
	})
	Write(t, db, func(tx *store.Tx) error {
		for i := range objects {
			if err := tx.RevokeGrant(int64(i+1), 5, "r"); err != nil {
				return err
			}
		}
		return nil
	})
	notes := 0
	for i, o := range objects {
		n := Count(t, db, "sleeping_removal", "kind = 'grant' AND grant_id = ? AND deletion_id = ? AND customer_id = 0 AND tag_id = 0 AND staff_id = 0 AND by_id = 5 AND run_id = 0 AND at = ?",
			i+1, o.deletion, Epoch.UnixMilli())
		want := 0
		if o.deletion != 0 {
			want = 1
		}
		if n != want {
			t.Errorf("%s %d: %d notes for the restore of %d, want %d", o.kind, o.id, n, o.deletion, want)
		}
		notes += want
	}
	if n := Count(t, db, "sleeping_removal", ""); n != notes {
		t.Errorf("%d notes, want %d", n, notes)
	}
}

func requestRows(t *testing.T, db *store.DB) {
	r := crm.Request{StaffID: 2, Action: "use", ObjectKind: crm.ObjectTag, ObjectID: 3, CustomerID: 4, Level: crm.LevelUse, Reason: "客户要求", StartsAt: 5, EndsAt: 6,
		ID: 99, State: crm.RequestApproved, CreatedAt: 1, DecidedAt: 1, DecidedBy: 1, Answer: "nobody's"} // not the caller's to say
	all := []crm.Request{r, r, r}
	all[2].StaffID, all[2].Level = 9, crm.LevelEdit
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateRequest(&all[0]), tx.CreateRequest(&all[1]), tx.CreateRequest(&all[2]))
	})
	want := crm.Request{ID: 1, StaffID: 2, Action: "use", ObjectKind: crm.ObjectTag, ObjectID: 3, CustomerID: 4, Level: crm.LevelUse, Reason: "客户要求", StartsAt: 5, EndsAt: 6,
		State: crm.RequestOpen, CreatedAt: Epoch.UnixMilli()}
	if diff := cmp.Diff(want, all[0]); diff != "" {
		t.Errorf("a new request (-want +got):\n%s", diff)
	}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.DecideRequest(1, crm.RequestApproved, 7, "好"), tx.DecideRequest(3, crm.RequestDenied, 8, ""))
	})
	all[0].State, all[0].DecidedAt, all[0].DecidedBy, all[0].Answer = crm.RequestApproved, Epoch.UnixMilli(), 7, "好"
	all[2].State, all[2].DecidedAt, all[2].DecidedBy = crm.RequestDenied, Epoch.UnixMilli(), 8
	Write(t, db, func(tx *store.Tx) error {
		for what, tt := range map[string]struct {
			err, want error
		}{
			"decided before":      {tx.DecideRequest(1, crm.RequestDenied, 9, "no"), store.ErrGone},
			"decided as it was":   {tx.DecideRequest(1, crm.RequestApproved, 9, ""), store.ErrGone},
			"not there":           {tx.DecideRequest(99, crm.RequestDenied, 9, ""), store.ErrGone},
			"left open":           {tx.DecideRequest(2, crm.RequestOpen, 9, ""), store.ErrRefused},
			"no such state":       {tx.DecideRequest(2, "approved ", 9, ""), store.ErrRefused},
			"answer too long":     {tx.DecideRequest(2, crm.RequestDenied, 9, strings.Repeat("不", 256)), store.ErrRefused},
			"reading what is not": {second(tx.Request(99)), store.ErrGone},
		} {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("%s: got %v, want %v", what, tt.err, tt.want)
			}
		}
		return nil
	})
	Read(t, db, func(tx *store.Tx) error {
		for state, want := range map[string][]crm.Request{"": all, crm.RequestOpen: all[1:2], crm.RequestApproved: all[:1], crm.RequestDenied: all[2:], "other": nil} {
			got, err := tx.Requests(state)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("requests %q (-want +got): %v\n%s", state, err, diff)
			}
		}
		got, err := tx.Request(3)
		if diff := cmp.Diff(all[2], got); diff != "" {
			t.Errorf("request 3 (-want +got):\n%s", diff)
		}
		return err
	})
}

func followers(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateCustomers([]crm.Customer{customer(1, "wm1"), customer(2, "wm2"), customer(3, "wm3")}),
			tx.CreateFollows([]crm.Follow{{CustomerID: 1, StaffID: 9}, {CustomerID: 1, StaffID: 4}, {CustomerID: 2, StaffID: 5}}), bin(tx, "customer", 2, 6))
	})
	Read(t, db, func(tx *store.Tx) error {
		for id, want := range map[int64]string{1: "[4 9]", 2: "[5]", 3: "[]", 99: "[]"} {
			got, err := tx.FollowersOf(id)
			if fmt.Sprint(got) != want || err != nil {
				t.Errorf("customer %d is followed by %v (%v), want %s", id, got, err, want)
			}
		}
		return nil
	})
}
