package exporter_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagkeep/exporter"
	"tagkeep/internal/crm"
	"tagkeep/internal/filter"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/internal/table"
)

func condition(t *testing.T, text string) *filter.Expr {
	t.Helper()
	e, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// exported is the file as rows of cells, the header first.
func exported(t *testing.T, db *store.DB, kind crm.Kind, name string, opt exporter.Options) [][]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if _, err := exporter.Export(t.Context(), db, kind, path, opt); err != nil {
		t.Fatalf("export %s where %v: %v", kind, opt.Where, err)
	}
	return read(t, path)
}

func read(t *testing.T, path string) [][]string {
	t.Helper()
	return cellsOf(t, path, sheet.Options{})
}

func cellsOf(t *testing.T, path string, opt sheet.Options) [][]string {
	t.Helper()
	f, err := sheet.Open(t.Context(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][]string
	if _, err := f.Each(t.Context(), func(rows []sheet.Row, _ int64) error {
		for _, r := range rows {
			cells := make([]string, len(r.Cells))
			for i, c := range r.Cells {
				cells[i] = c.Value
			}
			all = append(all, cells)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// first are the cells of the first column below the header.
func first(rows [][]string) string {
	var all []string
	for _, r := range rows[1:] {
		all = append(all, r[0])
	}
	return strings.Join(all, " ")
}

// A condition chooses by what whoever exports may see, the same on both
// databases.
func TestExportWhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		storetest.Write(t, db, withRoles)
		for _, tt := range []struct {
			kind  crm.Kind
			by    int64
			where string
			field string
			want  string
		}{
			{crm.Customers, 0, "follower = seller", "客户ID", "wm1"},
			{crm.Customers, 0, "department = 总部/市场 or tag = 绝密", "客户ID", "wm1 wm2"},
			{crm.Customers, 0, "no tag", "客户ID", "wm2"},
			{crm.Customers, 0, "手机号 ~ 0002", "客户ID", "wm2"},
			{crm.Customers, watcher, "mobile ~ 0000", "客户ID", ""}, // masked: not to be found out digit by digit
			{crm.Customers, watcher, "mobile ~ 0002", "客户ID", "wm2"},
			{crm.Customers, seller, "has tag", "客户ID", "wm1"},
			{crm.Customers, seller, "group = 市场组", "客户ID", ""}, // of which the seller sees one tag, not the one that is on wm1
			{crm.Tags, 0, "group = 市场组", "标签名称", "线索 绝密"},
			{crm.Tags, 0, "customers = 0", "标签名称", "重点 线索"},
			{crm.Tags, seller, "scope = 部门", "标签名称", "重点"}, // what the hidden group is stays hidden
			{crm.Tags, seller, "department = 总部", "标签名称", "重点"},
			{crm.People, 0, "role = 普通员工 and not no contact", "员工账号", "seller market"},
			{crm.People, 0, "department = 总部/销售", "员工账号", "lead seller"},
			{crm.Grants, 0, "level = use", "对象", "group:销售组"},
			{crm.Grants, 0, "tag = 线索 and follower = seller", "对象", "tag:市场组:线索"},
		} {
			got := exported(t, db, tt.kind, "x.csv", exporter.Options{Lang: crm.Chinese, By: tt.by, Where: condition(t, tt.where), Columns: []string{tt.field}})
			if first(got) != tt.want {
				t.Errorf("%s by %d where %s: %q, want %q", tt.kind, tt.by, tt.where, first(got), tt.want)
			}
		}
		for _, tt := range []struct {
			kind  crm.Kind
			by    int64
			where string
		}{
			{crm.Customers, seller, "tag = 绝密"}, {crm.Customers, lead, "group = 市场组"}, {crm.Customers, lead, "tag = 绝秘"},
			{crm.Customers, lead, "follower = market"}, {crm.Tags, seller, "tag = #4"},
		} {
			_, err := exporter.Export(t.Context(), db, tt.kind, filepath.Join(t.TempDir(), "x.csv"), exporter.Options{By: tt.by, Where: condition(t, tt.where)})
			e := (*filter.NameError)(nil)
			if !errors.As(err, &e) || e.Near != "" || e.Choices != nil || e.Deletion != "" {
				t.Errorf("%s by %d where %s: %v", tt.kind, tt.by, tt.where, err)
			}
		}
	})
}

// What is in the bin is exported when it is asked for, and to those who see it.
func TestExportTheBin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		storetest.Write(t, db, withRoles)
		storetest.Write(t, db, func(tx *store.Tx) error {
			for _, query := range []string{"UPDATE tag SET deletion_id = 7 WHERE group_id = 3", "UPDATE tag_group SET deletion_id = 7 WHERE id = 3", "UPDATE customer SET deletion_id = 8 WHERE id = 1"} {
				if _, err := tx.Exec(query); err != nil {
					return err
				}
			}
			return nil
		})
		for _, by := range []int64{0, boss, watcher} {
			if got := first(exported(t, db, crm.Tags, "x.csv", exporter.Options{By: by, Columns: []string{"tag"}, Where: condition(t, "in bin")})); got != "线索 绝密" {
				t.Errorf("tags in the bin by %d: %s", by, got)
			}
			got := exported(t, db, crm.Customers, "x.csv", exporter.Options{By: by, Columns: []string{"客户ID", "tags"}, Where: condition(t, "deleted = D8 and tag = 绝密")})
			if len(got) != 2 || got[1][0] != "wm1" || got[1][1] != "意向:高;市场组:绝密" {
				t.Errorf("customers in the bin by %d: %v", by, got)
			}
		}
		for _, by := range []int64{lead, seller, market} {
			_, err := exporter.Export(t.Context(), db, crm.Customers, filepath.Join(t.TempDir(), "x.csv"), exporter.Options{By: by, Where: condition(t, "in bin")})
			if e := (*exporter.RefusedError)(nil); !errors.As(err, &e) {
				t.Errorf("the bin by %d: %v", by, err)
			}
		}
		if got := first(exported(t, db, crm.Tags, "x.csv", exporter.Options{Columns: []string{"tag"}, Where: condition(t, "has name")})); got != "高 重点" {
			t.Errorf("live tags: %s", got)
		}
	})
}

// The columns that are asked for come in that order; others are refused before
// there is a file.
func TestExportColumns(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	storetest.Write(t, db, withRoles)
	got := exported(t, db, crm.Customers, "x.xlsx", exporter.Options{Lang: crm.English, Columns: []string{" 手机 ", "external_userid", "Tags"}})
	if strings.Join(got[0], ",") != "mobile,external_userid,tags" || strings.Join(got[1], ",") != "13800000001,wm1,意向:高;市场组:绝密" {
		t.Errorf("got %q", got[:2])
	}
	for _, tt := range []struct {
		kind crm.Kind
		opt  exporter.Options
		want exporter.ColumnError
	}{
		{crm.Customers, exporter.Options{Columns: []string{"mobil"}}, exporter.ColumnError{Name: "mobil", Near: "mobile"}},
		{crm.Customers, exporter.Options{Columns: []string{"手机", "mobile"}}, exporter.ColumnError{Name: "mobile", Twice: true}},
		{crm.Customers, exporter.Options{Columns: []string{"手机"}, TagColumns: true}, exporter.ColumnError{NoTags: true}},
		{crm.Tags, exporter.Options{TagColumns: true}, exporter.ColumnError{NoTags: true}},
	} {
		dir := t.TempDir()
		_, err := exporter.Export(t.Context(), db, tt.kind, filepath.Join(dir, "x.csv"), tt.opt)
		e := (*exporter.ColumnError)(nil)
		if !errors.As(err, &e) || e.Name != tt.want.Name || e.Near != tt.want.Near && !e.Twice || e.Twice != tt.want.Twice || e.NoTags != tt.want.NoTags {
			t.Errorf("%+v: %+v", tt.opt, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%+v left %v behind", tt.opt, left)
		}
	}
}

// What one sheet has no room for goes on in the next, under the same header, and
// no row is lost or there twice.
func TestExportSheets(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	storetest.Write(t, db, withRoles)
	path := filepath.Join(t.TempDir(), "x.xlsx")
	opt := exporter.Options{Lang: crm.Chinese, Columns: []string{"标签名称", "排序"}}.WithMaxRows(3)
	res, err := exporter.Export(t.Context(), db, crm.Tags, path, opt)
	if err != nil {
		t.Fatal(err)
	}
	if res.Rows != 4 || strings.Join(res.Sheets, " ") != "标签 标签_2" {
		t.Errorf("%+v", res)
	}
	var all []string
	for _, name := range res.Sheets {
		f, err := sheet.Open(t.Context(), path, sheet.Options{Sheet: name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Each(t.Context(), func(rows []sheet.Row, _ int64) error {
			for _, r := range rows {
				all = append(all, r.Cells[0].Value)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if got := strings.Join(all, " "); got != "标签名称 高 重点 标签名称 线索 绝密" {
		t.Errorf("sheets hold %s", got)
	}
}

// Numbers are numbers, dates are dates, and ids and phones are text.
func TestExportTypes(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	storetest.Write(t, db, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateGroups([]crm.Group{{ID: 1, Name: "2024-03-05", Scope: crm.ScopeShared, Sort: 7}}),
			tx.CreateTags([]crm.Tag{{ID: 1, GroupID: 1, Name: "12", ExpiresOn: "2026-02-28", WecomID: "123"}}),
			tx.CreateCustomers([]crm.Customer{{ID: 1, ExternalID: "1", Mobile: "13800138000", Birthday: "1990-02-28", AddedAt: 1700000000000},
				{ID: 2, ExternalID: "2", Birthday: "1900-01-31", AddedAt: 1700000000001}}))
	})
	kinds := func(kind crm.Kind, columns ...string) (all []sheet.Row) {
		path := filepath.Join(t.TempDir(), "x.xlsx")
		if _, err := exporter.Export(t.Context(), db, kind, path, exporter.Options{Columns: columns}); err != nil {
			t.Fatal(err)
		}
		f, err := sheet.Open(t.Context(), path, sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Each(t.Context(), func(rows []sheet.Row, _ int64) error { all = append(all, rows...); return nil }); err != nil {
			t.Fatal(err)
		}
		return all[1:]
	}
	check := func(r sheet.Row, want ...sheet.Cell) {
		t.Helper()
		for i, w := range want {
			if got := r.Cells[i]; got.Kind != w.Kind || got.Value != w.Value {
				t.Errorf("row %d, column %d: %+v, want %+v", r.Number, i, got, w)
			}
		}
	}
	rows := kinds(crm.Tags, "标签组", "标签", "组排序", "到期日期", "标签ID")
	check(rows[0], sheet.Cell{Kind: sheet.Text, Value: "2024-03-05"}, sheet.Cell{Kind: sheet.Text, Value: "12"}, sheet.Cell{Kind: sheet.Number, Value: "7"},
		sheet.Cell{Kind: sheet.Date, Value: "2026-02-28"}, sheet.Cell{Kind: sheet.Text, Value: "123"})
	rows = kinds(crm.Customers, "客户ID", "手机号", "生日", "添加时间")
	check(rows[0], sheet.Cell{Kind: sheet.Text, Value: "1"}, sheet.Cell{Kind: sheet.Text, Value: "13800138000"}, sheet.Cell{Kind: sheet.Date, Value: "1990-02-28"},
		sheet.Cell{Kind: sheet.Date, Value: "2023-11-15T06:13:20"})
	// What Excel counts wrongly, or not so exactly, stays a text.
	check(rows[1], sheet.Cell{Kind: sheet.Text, Value: "2"}, sheet.Cell{}, sheet.Cell{Kind: sheet.Text, Value: "1900-01-31"}, sheet.Cell{Kind: sheet.Text, Value: "2023-11-15 06:13:20.001"})
}

// A condition knows every column that an export writes by its header, but for
// those that say how to import a row or what a grant is of.
func TestFilterKnowsHeaders(t *testing.T) {
	other := map[string]bool{"remove_tags": true, "tag_mode": true, "order": true, "group_order": true, "group_id": true, "object": true, "subject_kind": true, "subject": true, "with_sub": true}
	for _, kind := range crm.Kinds {
		for _, c := range table.Columns(kind) {
			for _, name := range []string{c.Header, c.Field} {
				e, err := filter.Parse("has " + name)
				if other[c.Field] {
					if err == nil {
						t.Errorf("%s: %s is a condition: %s", kind, name, e)
					}
					continue
				}
				if err != nil || e.Check(kind) != nil {
					t.Errorf("%s: has %s: %v", kind, name, err)
				}
			}
		}
	}
}

// A character that the encoding lacks is told with its place, and there is no
// file.
func TestExportEncoding(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	storetest.Write(t, db, withRoles)
	dir := t.TempDir()
	_, err := exporter.Export(t.Context(), db, crm.Customers, filepath.Join(dir, "x.csv"), exporter.Options{Lang: crm.English, Encoding: "windows-1252", Columns: []string{"mobile", "tags"}})
	e := (*exporter.CellError)(nil)
	if !errors.As(err, &e) || e.Row != 2 || e.Column != 1 || e.Header != "tags" {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
