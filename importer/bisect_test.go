package importer

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// refusing is a database that refuses what only it knows: two rows with the same
// value in a column.
func refusing(t *testing.T, target store.Target, table, column string) (*store.DB, *fault.Plan) {
	t.Helper()
	plan := fault.Check(t)
	db := storetest.Open(t, target, store.WithConnector(plan.Connector))
	wipe(t, db)
	raw := storetest.Raw(t, target)
	if _, err := raw.ExecContext(t.Context(), "CREATE UNIQUE INDEX whimsical ON "+table+" ("+column+")"); err != nil {
		t.Fatal(err)
	}
	return db, plan
}

// attempts counts the chunks that were tried.
func attempts(plan *fault.Plan) (n int) {
	for _, s := range plan.Steps() {
		if s.Op == fault.Exec && s.SQL == "SAVEPOINT s0" {
			n++
		}
	}
	return n
}

// A row that only the database refuses is the only one that fails, and is found
// by halving.
func TestBisect(t *testing.T) {
	const rows = 300
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, plan := refusing(t, target, "customer", "company")
		for _, c := range []struct {
			name   string
			guilty []int
			chunk  int
		}{
			{"none", nil, 0},
			{"one", []int{137}, 0},
			{"the first and the last", []int{0, rows - 1}, 0},
			{"neighbours", []int{64, 65, 66}, 0},
			{"in several chunks", []int{3, 77, 78, 150, 299}, 100},
		} {
			t.Run(c.name, func(t *testing.T) {
				seed(t, db, "staff zhang\ngroup g\ncustomer #1 ext=wm company=taken")
				path := sheetOf(t, guiltyRows(rows, c.guilty))
				opts := Options{Chunk: c.chunk, CreateTags: true}
				plan.Steps()
				res := mustImport(t, db, path, crm.Customers, opts)
				tried, most := attempts(plan), len(c.guilty)*(2*bits.Len(rows)+1)+4
				if tried > most {
					t.Errorf("%d chunks were tried, want at most %d", tried, most)
				}
				var failed []int
				for _, e := range res.Errors {
					if e.Code != crm.DBRejected || e.Column != "" || !strings.Contains(e.Message, "UNIQUE") && !strings.Contains(e.Message, "Duplicate") {
						t.Errorf("got %+v", e)
					}
					failed = append(failed, e.Row-2)
				}
				if diff := cmp.Diff(c.guilty, failed); diff != "" {
					t.Errorf("refused rows (-want +got):\n%s", diff)
				}
				want := guiltyCompany(rows, c.guilty)
				if diff := cmp.Diff(tidy(want), dump(t, db)); diff != "" {
					t.Errorf("database (-want +got):\n%s", diff)
				}
			})
		}
	})
}

// guiltyRows each create a tag of their own; every tenth one shares it.
func guiltyRows(n int, guilty []int) string {
	var b strings.Builder
	b.WriteString("客户ID | 跟进员工 | 企业名称 | 企业标签\n")
	for i := range n {
		company := fmt.Sprint("c", i)
		if slices.Contains(guilty, i) {
			company = "taken"
		}
		fmt.Fprintf(&b, "wm%d | zhang | %s | g:t%d\n", i, company, i/10)
	}
	return b.String()
}

// guiltyCompany is what they leave behind: ids without holes.
func guiltyCompany(n int, guilty []int) string {
	var tags, customers strings.Builder
	id, last := 1, ""
	for i := range n {
		if slices.Contains(guilty, i) {
			continue
		}
		id++
		tag := fmt.Sprint("g:t", i/10)
		if tag != last {
			fmt.Fprintln(&tags, "tag", tag)
		}
		last = tag
		fmt.Fprintf(&customers, "customer #%d ext=wm%d company=c%d\nfollow #%d zhang\nlink #%d zhang %s\n", id, i, i, id, id, tag)
	}
	return "staff zhang\ngroup g\n" + tags.String() + "customer #1 ext=wm company=taken\n" + customers.String()
}

// A file of nothing but refused rows ends, and stores nothing.
func TestBisectAllGuilty(t *testing.T) {
	const rows = 64
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, plan := refusing(t, target, "customer", "company")
		have := "staff zhang\ngroup g\ncustomer #1 ext=wm company=taken\n"
		seed(t, db, have)
		var guilty []int
		for i := range rows {
			guilty = append(guilty, i)
		}
		plan.Steps()
		res := mustImport(t, db, sheetOf(t, guiltyRows(rows, guilty)), crm.Customers, Options{CreateTags: true})
		if got := ledgerText(res.Rows); got != "64: 64 rejected" {
			t.Errorf("got %s", got)
		}
		if n := attempts(plan); n > 3*rows {
			t.Errorf("%d chunks were tried", n)
		}
		if diff := cmp.Diff(tidy(have), dump(t, db)); diff != "" {
			t.Errorf("database (-want +got):\n%s", diff)
		}
		storetest.Write(t, db, func(tx *store.Tx) error {
			for seq, want := range map[store.Sequence]int64{store.SeqCustomer: 2, store.SeqTag: 1} {
				if next, err := tx.PeekID(seq); err != nil || next != want {
					t.Errorf("next id of %s: %d, %v; want %d", seq, next, err, want)
				}
			}
			return nil
		})
	})
}

// A refused row has its key, like any other rejected one, and its repair file
// brings it in once it is mended.
func TestBisectedRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, _ := refusing(t, target, "customer", "company")
		seed(t, db, "staff zhang\nstaff li\ncustomer #1 ext=wm company=taken\n")
		path := sheetOf(t, `客户ID | 跟进员工 | 企业名称
			wm1 | zhang | taken
			wm1 | zhang | b
			wm1 | li | 
			wm2 | | c`)
		res := mustImport(t, db, path, crm.Customers, Options{Chunk: 2})
		want := outline{"4: 2 created, 2 rejected", "+0 -0", []string{"2 DB_REJECTED", "3A DUP_IN_FILE 2"}}
		if diff := cmp.Diff(want, told(res)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		b, rows := &strings.Builder{}, readCSV(t, res.ErrorsFile)
		rows[1][2] = "mended"
		for _, row := range rows[:2] {
			b.WriteString(strings.Join(row[:3], " | ") + "\n")
		}
		if res := mustImport(t, db, sheetOf(t, b.String()), crm.Customers, Options{}); res.Rows.Updated != 1 {
			t.Errorf("mended: %v", told(res))
		}
		lines := "staff zhang\nstaff li\ncustomer #1 ext=wm company=taken\ncustomer #2 ext=wm1 company=mended\nfollow #2 zhang\nfollow #2 li\ncustomer #3 ext=wm2 company=c\n"
		if diff := cmp.Diff(lines, dump(t, db)); diff != "" {
			t.Errorf("database (-want +got):\n%s", diff)
		}
	})
}

// The names that a refused chunk of the tags or staff sheet made are forgotten.
func TestBisectNames(t *testing.T) {
	t.Run("tags", func(t *testing.T) {
		storetest.Each(t, func(t *testing.T, target store.Target) {
			db, _ := refusing(t, target, "tag", "description")
			seed(t, db, "group g\ntag g:a desc=taken\n")
			path := sheetOf(t, `标签组名称 | 标签名称 | 标签说明 | 标签组排序
				neu | a | taken | 1
				neu | b | x | 1
				g | a | y | 
				g | b | y | 2
				neu | c | z | 2`)
			res := mustImport(t, db, path, crm.Tags, Options{})
			want := outline{"5: 1 created, 1 updated, 3 rejected", "+0 -0", []string{"2 DB_REJECTED", "5 DB_REJECTED", "6D CONFLICT_UPDATE 2"}}
			if diff := cmp.Diff(want, told(res)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff("group g\ngroup neu sort=1\ntag g:a desc=y\ntag neu:b desc=x\n", dump(t, db)); diff != "" {
				t.Errorf("database (-want +got):\n%s", diff)
			}
		})
	})
	t.Run("staff", func(t *testing.T) {
		storetest.Each(t, func(t *testing.T, target store.Target) {
			db, _ := refusing(t, target, "staff", "name")
			seed(t, db, "staff zhang name=taken\n")
			path := sheetOf(t, `员工账号 | 姓名 | 部门
				li | taken | 甲/乙
				wang | x | 甲
				zhang | x | 
				sun | y | 甲/丙`)
			res := mustImport(t, db, path, crm.People, Options{})
			want := outline{"4: 2 created, 2 rejected", "+0 -0", []string{"2 DB_REJECTED", "4 DB_REJECTED"}}
			if diff := cmp.Diff(want, told(res)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff("department 甲\ndepartment 甲/丙\nstaff zhang name=taken\nstaff wang name=x in=甲\nstaff sun name=y in=甲/丙\n", dump(t, db)); diff != "" {
				t.Errorf("database (-want +got):\n%s", diff)
			}
		})
	})
}
