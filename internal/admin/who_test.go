package admin

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// What one may not see is answered like what does not exist, in the recycle bin
// or not.
func TestUnseenIsMissing(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		same := func(what, hidden, absent string, ask func(name string) error) {
			t.Helper()
			a, b := ask(hidden), ask(absent)
			if a == nil || b == nil {
				t.Fatalf("%s: %v and %v", what, a, b)
			}
			if x, y := strings.ReplaceAll(reflectText(a), hidden, "X"), strings.ReplaceAll(reflectText(b), absent, "X"); x != y {
				t.Errorf("%s:\n%s\n%s", what, x, y)
			}
		}
		check := func(by int64) func(string) error {
			return func(on string) error {
				_, err := desk(db, by).Check(t.Context(), "", access.View, on, "")
				return err
			}
		}
		same("a group", "group:市场", "group:没有", check(wang))
		same("a tag", "tag:内部", "tag:没有", check(wang))
		same("a tag by id", "tag:#4", "tag:#8", check(wang))
		same("why", "tag:市场:内部", "tag:没有:没有", func(on string) error {
			_, err := desk(db, wang).Why(t.Context(), on, "wang", "")
			return err
		})
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE tag_group SET deletion_id = 7 WHERE id = 3")
			return err
		})
		same("in the bin", "group:市场", "group:没有", check(wang))
		same("by who lacks 客户联系", "group:意向", "group:没有", func(on string) error {
			_, _, err := desk(db, qian).Grant(t.Context(), Receiver{User: "wang"}, on, crm.LevelUse, Period{}, "x")
			return err
		})
		_, _, err := desk(db, wang).Who(t.Context(), "group:市场", access.View)
		wantCode(t, "who", err, "NOT_FOUND")
	})
}

// reflectText is an error with all that it holds for the user.
func reflectText(err error) string {
	switch e := err.(type) {
	case *NotFound:
		return fmt.Sprintf("%#v", *e)
	case *Refusal:
		step, _ := e.Decision.Refusal()
		return e.On + step.Message(crm.English) + step.Fix(crm.English)
	}
	return err.Error()
}

func TestMatrix(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		m, err := desk(db, 0).Matrix(t.Context())
		want := Matrix{Departments: []string{"总部", "总部/市场部", "总部/销售部"}, Groups: []string{"意向", "区域", "市场"},
			Levels: [][]crm.Level{{"", "use", "use"}, {"", "use", "use"}, {"", "use", "hidden"}}}
		if err != nil || !reflect.DeepEqual(m, want) {
			t.Errorf("matrix %+v, %v", m, err)
		}
		m, err = desk(db, lead).Matrix(t.Context())
		if err != nil || !reflect.DeepEqual(m.Departments, []string{"总部/市场部"}) {
			t.Errorf("an admin's matrix %+v, %v", m, err)
		}
		_, err = desk(db, zhang).Matrix(t.Context())
		wantCode(t, "a matrix for staff", err, "NOT_ALLOWED")
	})
}

// A department sees just the named groups; what hid one earlier is lifted.
func TestOnly(t *testing.T) {
	desks(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := t.Context()
		sees := func(who int64) (out []int64) {
			for id := int64(1); id <= 3; id++ {
				if allowed(t, db, who, access.View, access.Group(id)) {
					out = append(out, id)
				}
			}
			return out
		}
		_, err := desk(db, zhang).Only(ctx, "市场部", []string{"市场"}, "x", false)
		wantCode(t, "only by staff", err, "REFUSAL")
		if _, err := desk(db, lead).Only(ctx, "市场部", []string{"市场"}, "聚焦", true); err != nil || len(sees(zhang)) != 3 {
			t.Errorf("a dry run: %v, sees %v", err, sees(zhang))
		}
		done, err := desk(db, lead).Only(ctx, "市场部", []string{"市场"}, "聚焦", false)
		if err != nil || len(done.Hidden) != 2 || done.Hidden[0].EventID != done.Event || done.Event == 0 {
			t.Fatalf("only: %+v, %v", done, err)
		}
		if got := sees(zhang); !reflect.DeepEqual(got, []int64{3}) {
			t.Errorf("zhang sees %v", got)
		}
		if got := sees(wang); !reflect.DeepEqual(got, []int64{1, 2}) {
			t.Errorf("wang sees %v", got)
		}
		done, err = desk(db, 0).Only(ctx, "市场部", []string{"意向", "市场"}, "放开", false)
		if err != nil || len(done.Hidden) != 0 || len(done.Lifted) != 1 || !reflect.DeepEqual(sees(zhang), []int64{1, 3}) {
			t.Errorf("only again: %+v, %v, zhang sees %v", done, err, sees(zhang))
		}
	})
}
