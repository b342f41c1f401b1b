package admin_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// crowd fills a handmade company with customers, some of them in the bin, as is
// a tag; the links are random.
func crowd(t *testing.T, target store.Target, seed uint64) *store.DB {
	t.Helper()
	db := handmade(t, target, storetest.NewClock().Option())
	r := rand.New(rand.NewPCG(seed, 1))
	storetest.Write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateTags([]crm.Tag{{ID: 4, GroupID: 1, Name: "Ａ 1"}, {ID: 7, GroupID: 1, Name: "a1"}, {ID: 5, GroupID: 2, Name: "闲置"}, {ID: 6, GroupID: 2, Name: "删除的"}}); err != nil {
			return err
		}
		for id := int64(10); id < 70; id++ {
			c := crm.Customer{ID: id, Mobile: fmt.Sprint(13800000000 + id)}
			if r.IntN(3) > 0 {
				c.ExternalID = fmt.Sprint("wx", id)
			}
			if err := tx.CreateCustomers([]crm.Customer{c}); err != nil {
				return err
			}
			for _, staff := range []int64{0, seller, clerk, newcomer} {
				if r.IntN(3) > 0 {
					continue
				}
				if staff != 0 {
					if err := tx.CreateFollows([]crm.Follow{{CustomerID: id, StaffID: staff}}); err != nil {
						return err
					}
				}
				for _, tag := range []int64{1, 2, 3, 4, 6} {
					if r.IntN(2) == 0 {
						if err := tx.AddLinks([]crm.Link{{CustomerID: id, StaffID: staff, TagID: tag}}); err != nil {
							return err
						}
					}
				}
			}
		}
		if _, err := tx.Exec("UPDATE customer SET deletion_id = 7 WHERE id IN (12, 23, 34, 45, 56)"); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO deletion (id, kind, state, summary, counts, had_access, created_at, expires_at) VALUES (7, 'delete', 'in_bin', '', '', '', 1, 99), (8, 'delete', 'purged', '', '', '', 1, 9)"); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE tag SET deletion_id = 7 WHERE id = 6")
		return err
	})
	return db
}

// recount counts customer by customer what a person may see.
func recount(t *testing.T, db *store.DB, by int64) (customers admin.CustomerStats, binned int64, tags, groups map[int64]int64, most int64) {
	t.Helper()
	tags, groups = make(map[int64]int64), make(map[int64]int64)
	storetest.Read(t, db, func(tx *store.Tx) error {
		facts, err := tx.Company()
		if err != nil {
			return err
		}
		world := access.New(facts)
		visible := world.Tags(by, access.View)
		return tx.CustomerBatches(func(b *store.CustomerBatch) error {
			for _, c := range b.Customers {
				var followers []int64
				for _, f := range b.Follows[c.ID] {
					followers = append(followers, f.StaffID)
				}
				if !world.Follows(by, followers) {
					continue
				}
				if c.DeletionID != 0 {
					binned++
					continue
				}
				if customers.Total++; c.ExternalID != "" {
					customers.Known++
				}
				has, in, pair := make(map[int64]bool), make(map[int64]bool), make(map[int64]int64)
				for _, l := range b.Links[c.ID] {
					for _, tag := range facts.Tags {
						if tag.ID == l.TagID && slices.Contains(visible, tag.ID) {
							has[tag.ID], in[tag.GroupID] = true, true
							pair[l.StaffID]++
							most = max(most, pair[l.StaffID])
						}
					}
				}
				for id := range has {
					tags[id]++
				}
				for id := range in {
					groups[id]++
				}
			}
			return nil
		})
	})
	customers.Local = customers.Total - customers.Known
	return customers, binned, tags, groups, most
}

// The numbers are those of counting customer by customer what may be seen.
func TestStatsCount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := crowd(t, target, 4)
		for _, by := range []int64{0, boss, auditor, manager, seller, clerk, newcomer} {
			s, err := desk(db, by).Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			customers, binned, tags, groups, most := recount(t, db, by)
			gotTags, gotGroups := make(map[int64]int64), make(map[int64]int64)
			for _, x := range s.Tags {
				gotTags[x.ID] = x.Customers
			}
			for _, g := range s.Groups {
				gotGroups[g.ID] = g.Customers
			}
			whole := by == 0 || by == boss || by == auditor
			used := cmpopts.IgnoreMapEntries(func(_, n int64) bool { return n == 0 })
			for what, diff := range map[string]string{
				"customers": cmp.Diff(customers, s.Customers), "in the bin": cmp.Diff(binned, s.Bin.Customers), "whole": cmp.Diff(whole, s.Everything),
				"tags": cmp.Diff(tags, gotTags, used), "groups": cmp.Diff(groups, gotGroups, used),
			} {
				if diff != "" {
					t.Errorf("by %d, %s:\n%s", by, what, diff)
				}
			}
			if whole && (len(s.Limits) != 3 || s.Limits[1].Used != most || s.Limits[0].Used != 6 || s.Bin.Tags != 1 || s.Bin.Events != 1 || s.Bin.Expires != 99) {
				t.Errorf("by %d: limits %+v, want %d on a pair; bin %+v", by, s.Limits, most, s.Bin)
			}
			if !whole && len(s.Limits)+int(s.Bin.Events) != 0 {
				t.Errorf("by %d: limits of the whole company", by)
			}
		}
	})
}

// What to look after: unused, expiring and near-duplicate, of what may be seen.
func TestStatsTells(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := crowd(t, target, 5)
		first, err := desk(db, 0).Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		today, err := time.Parse(time.DateOnly, first.Day)
		if err != nil {
			t.Fatal(err)
		}
		in := func(days int) string { return today.AddDate(0, 0, days).Format(time.DateOnly) }
		storetest.Write(t, db, func(tx *store.Tx) error {
			for id, days := range map[int64]int{1: 31, 2: 30, 3: -1, 4: 0, 6: 1} {
				if _, err := tx.Exec("UPDATE tag SET expires_on = ? WHERE id = ?", in(days), id); err != nil {
					return err
				}
			}
			return tx.CreateGroups([]crm.Group{{ID: 3, Name: "ＶＩＰ", Scope: crm.ScopeShared}, {ID: 4, Name: "vip", Scope: crm.ScopeShared}})
		})
		tell := func(by int64) string {
			s, err := desk(db, by).Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, x := range s.Unused {
				fmt.Fprintf(&b, "unused %s\n", x.Written())
			}
			for _, x := range s.Expiring {
				fmt.Fprintf(&b, "expires %s %d\n", x.Written(), x.Days)
			}
			for _, x := range s.Alike {
				fmt.Fprintf(&b, "alike %s %s %q\n", x.Kind, x.Group, x.Names)
			}
			return b.String()
		}
		alike := "alike group  [\"ＶＩＰ\" \"vip\"]\nalike tag 意向 [\"Ａ 1\" \"a1\"]\n"
		all := "unused 促销:闲置\nunused 意向:a1\nexpires 促销:会员 -1\nexpires 意向:Ａ 1 0\nexpires 意向:低 30\n" + alike
		for _, c := range []struct {
			by   int64
			want string
		}{{0, all}, {auditor, all}, {seller, "unused 意向:a1\nexpires 意向:Ａ 1 0\nexpires 意向:低 30\n" + alike}} {
			if diff := cmp.Diff(c.want, tell(c.by)); diff != "" {
				t.Errorf("by %d:\n%s", c.by, diff)
			}
		}
	})
}

// An empty company has statistics too, and files of them.
func TestStatsOfNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		s, err := desk(storetest.Open(t, target), 0).Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"s.csv", "s.xlsx"} {
			if _, err := admin.WriteStats(s.Tables(crm.Chinese, time.UTC), filepath.Join(t.TempDir(), name), crm.Chinese, false); err != nil {
				t.Error(err)
			}
		}
	})
}

// The workbook has its charts, and names stay text.
func TestStatsFile(t *testing.T) {
	db := crowd(t, storetest.SQLite(t), 6)
	if _, err := desk(db, 0).RenameTag(t.Context(), "意向:低", "=1+1"); err != nil {
		t.Fatal(err)
	}
	s, err := desk(db, 0).Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s.xlsx")
	for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
		done, err := admin.WriteStats(s.Tables(lang, time.UTC), path, lang, lang == crm.English)
		if err != nil || done.File != path || done.Rows == 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		f, err := excelize.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		charts, formula := 0, ""
		f.Pkg.Range(func(name, _ any) bool {
			if strings.HasPrefix(name.(string), "xl/charts/chart") {
				charts++
			}
			return true
		})
		if formula, err = f.GetCellFormula(lang.Pick("标签", "Tags"), "A2"); err != nil || formula != "" || charts != 2 {
			t.Errorf("%s: %d charts, formula %q, %v", lang, charts, formula, err)
		}
	}
	if _, err := admin.WriteStats(s.Tables(crm.Chinese, time.UTC), path, crm.Chinese, false); code(err) != "FILE_EXISTS" {
		t.Errorf("over an existing file: %v", err)
	}
}
