package admin

import (
	"testing"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// The answer of a moment is told from grants, edits by hand, imports and
// deletions since.
func TestHistory(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		var moments []int64
		var truth []bool
		mark := func() {
			moments, truth = append(moments, clock.Now().UnixMilli()), append(truth, allowed(t, db, wang, access.Use, access.Group(3)))
			clock.Advance(time.Hour)
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			mark()
		}
		mark()
		g, _, err := desk(db, 0).Grant(ctx, Receiver{User: "wang"}, "group:市场", crm.LevelUse, Period{For: 5 * time.Hour}, "借用")
		must(err)
		_, err = desk(db, boss).SetDisabled(ctx, "wang", true, "休假")
		must(err)
		_, err = desk(db, boss).SetDisabled(ctx, "wang", false, "回来")
		must(err)
		_, err = desk(db, 0).RevokeIDs(ctx, []int64{g.ID}, "够了")
		must(err)
		_, err = desk(db, 0).ScopeGroup(ctx, "市场", "")
		must(err)
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO deletion (id, kind, state, reason, summary, counts, had_access, created_at, created_by) VALUES (7, 'delete', 'in_bin', '清理', '{}', '{}', '{}', ?, 1)", tx.Now)
			if err != nil {
				return err
			}
			_, err = tx.Exec("UPDATE tag_group SET deletion_id = 7 WHERE id = 3")
			return err
		})
		mark()
		for i, moment := range moments {
			past, err := desk(db, 0).History(ctx, "wang", "group:市场", access.Use, moment)
			if err != nil {
				t.Fatal(err)
			}
			if past.Then.Allowed != truth[i] || len(past.Gaps) != 0 {
				t.Errorf("moment %d: %v, want %v; gaps %d", i, past.Then.Allowed, truth[i], len(past.Gaps))
			}
			if i == 0 && len(past.Events) != 6 {
				t.Errorf("%d events since the beginning, want 6", len(past.Events))
			}
		}
		if !truth[1] || truth[2] || !truth[3] || truth[4] || !truth[5] || truth[6] {
			t.Errorf("the test itself: %v", truth)
		}
	})
}

// What has no record is said not to be known.
func TestHistoryGap(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		moment := clock.Now().UnixMilli()
		clock.Advance(time.Hour)
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE staff SET contact = 0, updated_at = ? WHERE id = ?", tx.Now, wang)
			return err
		})
		past, err := desk(db, 0).History(t.Context(), "wang", "group:意向", access.Use, moment)
		if err != nil || len(past.Gaps) != 1 {
			t.Errorf("%d gaps, %v", len(past.Gaps), err)
		}
	})
}
