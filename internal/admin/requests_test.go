package admin

import (
	"testing"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// Nobody approves their own request, not even who may give; the approval is
// judged at its own moment and happens once.
func TestApprove(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		wish := Wish{User: "zhang", Do: access.Edit, On: "group:意向", When: Period{For: 48 * time.Hour}, Reason: "周末"}
		r, err := desk(db, zhang).Request(ctx, wish)
		if err != nil || len(r.Approvers) != 2 || r.Approvers[0] != "lead" {
			t.Fatalf("request: %+v, %v", r, err)
		}
		// A temporary grant lets zhang give as long as it lasts.
		if _, _, err := desk(db, 0).Grant(ctx, Receiver{User: "zhang"}, "group:意向", crm.LevelEdit, Period{For: 72 * time.Hour}, "临时"); err != nil {
			t.Fatal(err)
		}
		_, err = desk(db, zhang).Approve(ctx, r.ID, nil, "")
		wantCode(t, "one's own request", err, "OWN_REQUEST")
		_, err = desk(db, zhang).Deny(ctx, r.ID, "")
		wantCode(t, "denying one's own request", err, "OWN_REQUEST")
		_, err = desk(db, lead).Approve(ctx, r.ID, nil, "")
		wantCode(t, "what is allowed meanwhile", err, "ALREADY_ALLOWED")

		clock.Advance(100 * time.Hour)
		g, err := desk(db, lead).Approve(ctx, r.ID, nil, "好")
		if err != nil || g.RequestID != r.ID || g.EndsAt != clock.Now().UnixMilli()+48*3_600_000 {
			t.Fatalf("approve: %+v, %v", g, err)
		}
		_, err = desk(db, lead).Approve(ctx, r.ID, nil, "")
		wantCode(t, "approving twice", err, "DECIDED")
		_, err = desk(db, lead).Deny(ctx, r.ID, "")
		wantCode(t, "denying after that", err, "DECIDED")
	})
}

// Whoever cannot give any more cannot approve any more.
func TestApproveJudgedAnew(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := t.Context()
		r, err := desk(db, 0).Request(ctx, Wish{User: "wang", Do: access.Use, On: "group:市场", Reason: "合作"})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE staff SET tagging = 0 WHERE id = ?", lead)
			return err
		})
		_, err = desk(db, lead).Approve(ctx, r.ID, nil, "")
		if unfitCode(err) != "REFUSAL" && unfitCode(err) != "NOT_FOUND" {
			t.Errorf("approve without the permission: %v", err)
		}
		if allowed(t, db, wang, access.Use, access.Group(3)) {
			t.Error("it was granted")
		}
		if _, err := desk(db, boss).Approve(ctx, r.ID, nil, ""); err != nil || !allowed(t, db, wang, access.Use, access.Group(3)) {
			t.Errorf("approve: %v", err)
		}
	})
}

// What no grant would bring about is refused with what would.
func TestRequestOfNoUse(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		for _, c := range []struct {
			what string
			w    Wish
			want string
		}{
			{"without 客户联系", Wish{User: "qian", Do: access.Use, On: "group:意向"}, "GRANT_NO_HELP"},
			{"edit for good without the permission", Wish{User: "zhang", Do: access.Edit, On: "group:意向"}, "GRANT_NO_HELP"},
			{"too low a level", Wish{User: "wang", Do: access.Use, On: "group:市场", Level: crm.LevelView}, "GRANT_NO_HELP"},
			{"a customer of others", Wish{User: "wang", Do: access.Use, On: "group:市场", Customer: "wm1"}, "GRANT_NO_HELP"},
			{"what is allowed", Wish{User: "zhang", Do: access.Use, On: "tag:高意向"}, "ALREADY_ALLOWED"},
			{"one that helps", Wish{User: "wang", Do: access.Use, On: "tag:市场:内部"}, ""},
		} {
			c.w.Reason = "试试"
			_, err := desk(db, 0).Request(t.Context(), c.w)
			wantCode(t, c.what, err, c.want)
		}
	})
}
