package admin

import (
	"slices"
	"strings"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

func TestWhy(t *testing.T) {
	for _, c := range []struct {
		name              string
		do                func(t *testing.T, db *store.DB) error
		on, user, subject string
		want              []string
	}{
		{"there", nil, "group:意向", "zhang", "", []string{"THERE"}},
		{"renamed", func(t *testing.T, db *store.DB) error {
			_, err := desk(db, boss).RenameGroup(t.Context(), "意向", "购买意向")
			return err
		}, "group:意向", "zhang", "", []string{"RENAMED", "THERE"}},
		{"a tag of a renamed group", func(t *testing.T, db *store.DB) error {
			_, err := desk(db, boss).RenameGroup(t.Context(), "意向", "购买意向")
			return err
		}, "tag:意向:高意向", "zhang", "", []string{"RENAMED", "THERE"}},
		{"another department's now", func(t *testing.T, db *store.DB) error {
			_, err := desk(db, boss).ScopeGroup(t.Context(), "意向", "市场部")
			return err
		}, "group:意向", "wang", "", []string{"OUT_OF_SCOPE", "CHANGED"}},
		{"revoked", func(t *testing.T, db *store.DB) error {
			g, _, err := desk(db, 0).Grant(t.Context(), Receiver{User: "wang"}, "group:市场", crm.LevelUse, Period{}, "借用")
			if err == nil {
				_, err = desk(db, lead).RevokeIDs(t.Context(), []int64{g.ID}, "收回")
			}
			return err
		}, "tag:市场:内部", "wang", "", []string{"OUT_OF_SCOPE", "REVOKED"}},
		{"hidden twice", func(t *testing.T, db *store.DB) error {
			_, _, err := desk(db, boss).Grant(t.Context(), Receiver{Department: "总部", WithSub: true}, "group:意向", crm.LevelHidden, Period{}, "整理")
			if err == nil {
				_, _, err = desk(db, boss).Grant(t.Context(), Receiver{Role: "普通员工"}, "tag:意向:高意向", crm.LevelHidden, Period{}, "整理")
			}
			return err
		}, "tag:意向:高意向", "zhang", "", []string{"HIDDEN", "HIDDEN"}},
		{"disabled", func(t *testing.T, db *store.DB) error {
			_, err := desk(db, boss).SetDisabled(t.Context(), "zhang", true, "休假")
			return err
		}, "group:意向", "zhang", "", []string{"ACCOUNT", "CHANGED"}},
		{"untagged while asleep", func(t *testing.T, db *store.DB) error {
			storetest.Write(t, db, func(tx *store.Tx) error {
				return tx.RemoveLink(crm.Link{CustomerID: 1, TagID: 1, StaffID: zhang}, 9, lead, 0)
			})
			return nil
		}, "tag:高意向", "zhang", "wm1", []string{"UNTAGGED"}},
		{"purged while asleep", func(t *testing.T, db *store.DB) error {
			storetest.Write(t, db, func(tx *store.Tx) error {
				return tx.RemoveLink(crm.Link{CustomerID: 1, TagID: 1, StaffID: zhang}, 9, lead, -8)
			})
			return nil
		}, "tag:高意向", "zhang", "wm1", []string{"UNTAGGED"}},
		{"still tagged", nil, "tag:高意向", "zhang", "wm1", []string{"THERE"}},
		{"never tagged", nil, "tag:低意向", "zhang", "wm1", []string{"NOT_TAGGED"}},
		{"expired", func(t *testing.T, db *store.DB) error {
			storetest.Write(t, db, func(tx *store.Tx) error {
				return tx.UpdateTag(crm.Tag{ID: 1, Name: "高意向", ExpiresOn: "2024-02-29"})
			})
			return nil
		}, "tag:高意向", "zhang", "", []string{"TAG_EXPIRED"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
				if c.do != nil {
					if err := c.do(t, db); err != nil {
						t.Fatal(err)
					}
				}
				why, err := desk(db, 0).Why(t.Context(), c.on, c.user, c.subject)
				var got []string
				for _, cause := range why.Causes {
					got = append(got, cause.Code)
					if cause.Text(crm.Chinese) == "" || cause.Text(crm.English) == "" {
						t.Errorf("%s says nothing", cause.Code)
					}
					if text := cause.Text(crm.Chinese); c.name == "purged while asleep" && !strings.HasSuffix(text, "随 D8 彻底删除") {
						t.Errorf("said: %s", text)
					}
				}
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%v, %v, want %v", got, err, c.want)
				}
			})
		})
	}
}
