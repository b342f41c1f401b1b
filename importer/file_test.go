package importer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/internal/table"
	"tagkeep/samples"
)

// workbook writes an xlsx file; edit finishes it.
func workbook(t testing.TB, rows [][]string, edit func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(f)
	}
	path := filepath.Join(t.TempDir(), "客户.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// What of a file is data, and what is only told.
func TestFiles(t *testing.T) {
	hidden := func(t *testing.T) string {
		return workbook(t, [][]string{{"客户清单"}, {"客户ID", "客户名称", "星座"}, {"wm1", "甲"}, {"wm2", "乙"}, {}, {"wm3", "丙"}, {"wm2", "丁"}}, func(f *excelize.File) {
			for _, row := range []int{4, 6} {
				if err := f.SetRowVisible("Sheet1", row, false); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := f.NewSheet("去年的客户"); err != nil {
				t.Fatal(err)
			}
		})
	}
	runScenarios(t, []scenario{
		{
			name: "hidden rows, other sheets, unknown columns", file: hidden,
			rows: "4: 3 created, 1 rejected", problems: []string{"7A DUP_IN_FILE 4", "0C UNKNOWN_COLUMN", "0 HIDDEN_ROWS", "0 OTHER_SHEETS"},
			want: "customer #1 ext=wm1 name=甲\ncustomer #2 ext=wm2 name=乙\ncustomer #3 ext=wm3 name=丙",
		},
		{
			name: "hidden rows left alone", file: hidden, opts: Options{SkipHidden: true},
			rows: "4: 2 created, 2 skipped", problems: []string{"0C UNKNOWN_COLUMN", "0 HIDDEN_ROWS", "0 OTHER_SHEETS"},
			want: "customer #1 ext=wm1 name=甲\ncustomer #2 ext=wm2 name=丁",
		},
		{
			name: "the example row is no data",
			csv: `客户ID | 客户名称
				示例：wmAbCdEfG123456 | 张三（示例）
				必填 | 
				wm1 | 甲`,
			rows: "1: 1 created",
			want: "customer #1 ext=wm1 name=甲",
		},
		{
			name: "nothing but a header", csv: "客户ID | 客户名称",
			rows: "0", problems: []string{"0 NO_ROWS"},
		},
		{
			name: "the examples alone",
			csv:  "客户ID | 客户名称\n示例：wmAbCdEfG123456 | 张三（示例）",
			rows: "0", problems: []string{"0 NO_ROWS"},
		},
	})
}

// What stands around the data is counted apart.
func TestOutside(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	path := write(t, filepath.Join(t.TempDir(), "c.csv"), "客户清单,\n\n客户ID,客户名称\n示例：wm,张三（示例）\nwm1,甲\n,\n,\nwm2,乙\n")
	res := mustImport(t, db, path, crm.Customers, Options{})
	if diff := cmp.Diff(Outside{Above: 3, Blank: 3, Examples: 1}, res.Outside); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if res.Matched == nil || *res.Matched != (Matched{WithWecomID: 2}) {
		t.Errorf("matched: %+v", res.Matched)
	}
}

// Files that are refused before anything is written.
func TestRefusedFiles(t *testing.T) {
	wide := "客户ID,,客户名称\n" + strings.Repeat("wm,,x\n", 1200) + "wm,没有表头,x\n"
	for name, c := range map[string]struct {
		text   string
		opts   Options
		wanted func(error) bool
	}{
		"of another kind":            {"标签组,标签名称\n意向,高\n", Options{}, isHeader(table.MissingHeader)},
		"a column without header":    {wide, Options{}, isHeader(table.BlankHeader)},
		"no text":                    {"PK\x03\x04", Options{}, isFile(sheet.Damaged, sheet.NotAWorkbook)},
		"options that contradict":    {"客户ID\nwm1\n", Options{OnlyExisting: true, Existing: SkipExisting}, isUsage},
		"tag group without creation": {"客户ID\nwm1\n", Options{TagGroup: "x"}, isUsage},
		"too long a tag group":       {"客户ID\nwm1\n", Options{CreateTags: true, TagGroup: strings.Repeat("长", 31)}, isUsage},
		"no such mode":               {"客户ID\nwm1\n", Options{Tags: "x"}, isUsage},
		"no such policy":             {"客户ID\nwm1\n", Options{Existing: "x"}, isUsage},
		"too small a chunk":          {"客户ID\nwm1\n", Options{Chunk: -1}, isUsage},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), "c.csv"), c.text)
			im, err := Open(t.Context(), path, crm.Customers, c.opts, shanghai)
			if err == nil {
				im.Close()
			}
			if !c.wanted(err) {
				t.Errorf("got %v", err)
			}
		})
	}
	db := storetest.Open(t, storetest.SQLite(t))
	path := write(t, filepath.Join(t.TempDir(), "c.csv"), "客户ID\nw m\n")
	for _, to := range []string{filepath.Join(t.TempDir(), "失败.xlsx"), filepath.Join(t.TempDir(), "没有", "失败.csv")} {
		if _, err := tryImport(t.Context(), t, db, path, crm.Customers, Options{ErrorsTo: to, WantFile: true}, 0); err == nil {
			t.Errorf("errors to %s: no error", to)
		}
	}
	if n := storetest.Count(t, db, "import_run", ""); n != 0 {
		t.Errorf("%d runs are recorded", n)
	}
}

func isUsage(err error) bool { return errors.Is(err, ErrUsage) }

func isHeader(reason table.HeaderReason) func(error) bool {
	return func(err error) bool {
		var e *table.HeaderError
		return errors.As(err, &e) && e.Reason == reason
	}
}

func isFile(reasons ...sheet.Reason) func(error) bool {
	return func(err error) bool {
		var e *sheet.FileError
		if !errors.As(err, &e) {
			return false
		}
		for _, r := range reasons {
			if e.Reason == r {
				return true
			}
		}
		return false
	}
}

// An empty file has no rows, and no run is recorded for it.
func TestEmptyFile(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	for _, text := range []string{"", "\n\n\n"} {
		path := write(t, filepath.Join(t.TempDir(), "c.csv"), text)
		for _, dry := range []bool{true, false} {
			im, err := Open(t.Context(), path, crm.Customers, Options{DryRun: dry}, shanghai)
			if err != nil {
				t.Fatal(err)
			}
			defer im.Close()
			res, err := im.Run(t.Context(), db)
			if err != nil || res.Status != StatusDone || res.Rows.Read != 0 || res.WarnCodes[crm.NoRows] != 1 {
				t.Errorf("%q, dry run %v: %+v, %v", text, dry, res, err)
			}
		}
	}
}

// The same file again: nothing is changed, and the earlier run is named; not so
// when it was undone, or had other options.
func TestSameFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		path := sheetOf(t, "客户ID | 客户名称\nwm1 | 甲\nwm1 | 乙")
		warned := func(opts Options) int64 {
			t.Helper()
			res, err := tryImport(t.Context(), t, db, path, crm.Customers, opts, 0)
			if err != nil && !errors.Is(err, ErrAtomic) {
				t.Fatal(err)
			}
			return res.WarnCodes[crm.SameFile]
		}
		steps := []struct {
			opts Options
			want int64
		}{{Options{}, 0}, {Options{}, 1}, {Options{DryRun: true}, 0}, {Options{Existing: SkipExisting}, 0}, {Options{}, 1}, {Options{Chunk: 7}, 1}, {Options{Atomic: true}, 1}}
		for i, s := range steps {
			if got := warned(s.opts); got != s.want {
				t.Errorf("import %d: SAME_FILE %d times, want %d", i+1, got, s.want)
			}
		}
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE import_run SET status = 'undone'")
			return err
		})
		if got := warned(Options{}); got != 0 {
			t.Error("SAME_FILE after the earlier runs were undone")
		}
	})
}

// Where the rejected rows go: beside the file; where the user says; nowhere in a
// dry run unless asked.
func TestErrorsFile(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	path := sheetOf(t, "客户ID | 手机号\nwm1 | 12")
	to := filepath.Join(t.TempDir(), "x.csv")
	for _, c := range []struct {
		opts Options
		want string
	}{
		{Options{}, filepath.Dir(path)},
		{Options{ErrorsTo: to, WantFile: true}, to},
		{Options{ErrorsTo: to, WantFile: true}, strings.Replace(to, "x.csv", "x-2.csv", 1)},
		{Options{DryRun: true}, ""},
		{Options{DryRun: true, ErrorsTo: to, WantFile: true}, strings.Replace(to, "x.csv", "x-3.csv", 1)},
		{Options{DryRun: true, WantFile: true}, filepath.Dir(path)},
	} {
		res := mustImport(t, db, path, crm.Customers, c.opts)
		switch {
		case c.want == "" && res.ErrorsFile != "", c.want != "" && !strings.HasPrefix(res.ErrorsFile, c.want):
			t.Errorf("%+v: got %q, want %q", c.opts, res.ErrorsFile, c.want)
		case c.want != "":
			if _, err := os.Stat(res.ErrorsFile); err != nil {
				t.Error(err)
			}
		}
		if !c.opts.DryRun {
			if n := storetest.Count(t, db, "import_run", "errors_file = ?", res.ErrorsFile); n != 1 {
				t.Errorf("%d runs name %s", n, res.ErrorsFile)
			}
		}
	}
}

// The samples import with exactly the errors that they were made with.
func TestSamples(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, samples.Files); err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		for _, s := range []struct {
			file string
			kind crm.Kind
		}{{"staff.xlsx", crm.People}, {"tags.xlsx", crm.Tags}, {"customers.xlsx", crm.Customers}, {"customers-gb18030.csv", crm.Customers}} {
			if res := mustImport(t, db, filepath.Join(dir, s.file), s.kind, Options{}); res.Rows.Rejected != 0 || res.Rows.Read == 0 {
				t.Errorf("%s: %v", s.file, told(res))
			}
		}
		before := dump(t, db)
		if res := mustImport(t, db, filepath.Join(dir, "customers.xlsx"), crm.Customers, Options{}); res.Rows.Unchanged != res.Rows.Read {
			t.Errorf("the customers again: %v", told(res))
		}
		if diff := cmp.Diff(before, dump(t, db)); diff != "" {
			t.Error(diff)
		}
		for _, name := range []string{"messy.csv", "messy.xlsx"} {
			expected, err := samples.Expected(name)
			if err != nil {
				t.Fatal(err)
			}
			res := mustImport(t, db, filepath.Join(dir, name), crm.Customers, Options{DryRun: true})
			var got, want []string
			for i, e := range res.Errors {
				if i < len(expected) && expected[i].Column == "" {
					e.Column = "" // any will do
				}
				got = append(got, fmt.Sprintf("%d%s %s %d", e.Row, e.Column, e.Code, e.Related))
			}
			for _, e := range expected {
				want = append(want, fmt.Sprintf("%d%s %s %d", e.Row, e.Column, e.Code, e.Related))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}
