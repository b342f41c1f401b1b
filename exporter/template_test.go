package exporter_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"tagkeep/exporter"
	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/internal/table"
)

// template writes a template of the kind and returns its path.
func template(t *testing.T, db *store.DB, kind crm.Kind, opt exporter.Options) (string, exporter.TemplateResult) {
	t.Helper()
	path := filepath.Join(t.TempDir(), string(kind)+".xlsx")
	res, err := exporter.Template(t.Context(), db, kind, path, opt)
	if err != nil {
		t.Fatal(err)
	}
	if res.File != path || res.Kind != kind || res.Bytes == 0 {
		t.Errorf("result %+v", res)
	}
	return path, res
}

func book(t *testing.T, path string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// An untouched template has no rows and no errors, and nothing else to say.
func TestCase35TemplateUntouched(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := filled(t, target)
		before := storetest.State(t, db)
		for _, kind := range crm.Kinds {
			for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
				for _, from := range []*store.DB{db, nil} {
					path, _ := template(t, from, kind, exporter.Options{Lang: lang})
					res := imported(t, db, kind, path)
					if res.Rows.Read != 0 || len(res.Errors) != 0 || res.Outside.Examples != 1 {
						t.Errorf("%s %s: rows %+v, outside %+v, errors %v", kind, lang, res.Rows, res.Outside, res.Errors)
					}
					if len(res.Warnings) != 1 || res.Warnings[0].Code != crm.NoRows {
						t.Errorf("%s %s: warnings %v", kind, lang, res.Warnings)
					}
				}
			}
		}
		if after := storetest.State(t, db); after != before {
			t.Error("an untouched template has changed something")
		}
	})
}

func imported(t *testing.T, db *store.DB, kind crm.Kind, path string) *importer.Result {
	t.Helper()
	zone, err := db.Meta().Location()
	if err != nil {
		t.Fatal(err)
	}
	im, err := importer.Open(t.Context(), path, kind, importer.Options{}, zone)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	res, err := im.Run(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// A template from which columns were deleted still holds no data.
func TestTemplateWithoutItsFirstColumns(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
		path, _ := template(t, nil, crm.Customers, exporter.Options{Lang: lang})
		f := book(t, path)
		for range 2 { // 客户ID and unionid, whose samples say that they are some
			if err := f.RemoveCol(crm.Customers.Label(lang), "A"); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Save(); err != nil {
			t.Fatal(err)
		}
		if res := imported(t, db, crm.Customers, path); res.Rows.Read != 0 || res.Outside.Examples != 1 {
			t.Errorf("%s: rows %+v, errors %v", lang, res.Rows, res.Errors)
		}
	}
}

// What a program stores when somebody types into the formatted cells is what was
// typed: a date is a number there, a phone in a text column is text.
func TestTemplateFilledIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		path, _ := template(t, db, crm.Tags, exporter.Options{Lang: crm.Chinese})
		f := book(t, path)
		const day = 47848 // 2030-12-31 as a serial number
		for cell, value := range map[string]any{"A3": "007", "B3": "3-5", "E3": 12, "H3": "是", "I3": day} {
			if err := f.SetCellValue(crm.Tags.Label(crm.Chinese), cell, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Save(); err != nil {
			t.Fatal(err)
		}
		if res := imported(t, db, crm.Tags, path); res.Rows.Created != 1 || len(res.Errors) != 0 || len(res.Warnings) != 0 {
			t.Fatalf("rows %+v, errors %v, warnings %v", res.Rows, res.Errors, res.Warnings)
		}
		storetest.Read(t, db, func(tx *store.Tx) error {
			groups, err := tx.Groups(store.Live)
			if err != nil {
				return err
			}
			tags, err := tx.Tags(store.Live)
			if err == nil && (groups[0].Name != "007" || !groups[0].SingleChoice || tags[0].Name != "3-5" || tags[0].Sort != 12 || tags[0].ExpiresOn != "2030-12-31") {
				t.Errorf("stored %+v, %+v", groups, tags)
			}
			return err
		})
	})
}

// Every column stands in the sheet and in its explanation, with a note and the
// format that keeps the program from changing what is typed.
func TestTemplateColumns(t *testing.T) {
	for _, kind := range crm.Kinds {
		for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
			path, _ := template(t, nil, kind, exporter.Options{Lang: lang})
			f := book(t, path)
			data := kind.Label(lang)
			if diff := cmp.Diff([]string{data, table.GuideSheet(lang), table.CodesSheet(lang), table.ListsSheet(lang)}, f.GetSheetList()); diff != "" {
				t.Errorf("%s %s: sheets\n%s", kind, lang, diff)
			}
			if visible, err := f.GetSheetVisible(table.ListsSheet(lang)); err != nil || visible {
				t.Errorf("%s %s: the lists are visible, %v", kind, lang, err)
			}
			rows, err := f.GetRows(data)
			if err != nil {
				t.Fatal(err)
			}
			notes, err := f.GetComments(data)
			if err != nil {
				t.Fatal(err)
			}
			columns := table.Columns(kind)
			if len(rows[0]) != len(columns) || len(notes) != len(columns) {
				t.Errorf("%s %s: %d headers and %d notes of %d columns", kind, lang, len(rows[0]), len(notes), len(columns))
			}
			guide := text(t, f, table.GuideSheet(lang))
			for i, c := range columns {
				header := lang.Pick(c.Header, c.Field)
				if got := strings.TrimPrefix(rows[0][i], "*"); got != header || c.Required != (got != rows[0][i]) {
					t.Errorf("%s %s: header %q of %s", kind, lang, rows[0][i], header)
				}
				if !strings.Contains(guide, "\t"+rows[0][i]+"\t") {
					t.Errorf("%s %s: %s is not explained", kind, lang, header)
				}
				checkFormat(t, f, data, i, c)
			}
			codes := text(t, f, table.CodesSheet(lang))
			for _, code := range slices.Concat(crm.ErrorCodes, crm.WarningCodes) {
				if !strings.Contains(codes, "\t"+string(code)+"\t") {
					t.Errorf("%s %s: %s is not explained", kind, lang, code)
				}
			}
		}
	}
}

// text is all that a sheet holds, with a tab before and behind each cell.
func text(t *testing.T, f *excelize.File, name string) string {
	t.Helper()
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString("\t" + strings.Join(row, "\t") + "\t\n")
	}
	return b.String()
}

func checkFormat(t *testing.T, f *excelize.File, data string, i int, c table.Column) {
	t.Helper()
	letter, err := excelize.ColumnNumberToName(i + 1)
	if err != nil {
		t.Fatal(err)
	}
	id, err := f.GetCellStyle(data, letter+"2000")
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	date := style.CustomNumFmt != nil && strings.HasPrefix(*style.CustomNumFmt, "yyyy-mm-dd")
	if want := c.Date || c.Time; date != want || (style.NumFmt == 49) != (!want && !c.Number) {
		t.Errorf("%s %s: format %d %v", data, c.Field, style.NumFmt, style.CustomNumFmt)
	}
}

// Not over an existing file, not as CSV, and nothing half-written.
func TestTemplateLeavesFilesAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "t.xlsx")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exporter.Template(t.Context(), nil, crm.Tags, path, exporter.Options{}); !errors.Is(err, exporter.ErrExists) {
		t.Errorf("existing file: %v", err)
	}
	if _, err := exporter.Template(t.Context(), nil, crm.Tags, filepath.Join(dir, "t.csv"), exporter.Options{}); !errors.Is(err, exporter.ErrTemplateFormat) {
		t.Errorf("CSV: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "mine" {
		t.Errorf("the file that was there: %q, %v", got, err)
	}
	if _, err := exporter.Template(t.Context(), nil, crm.Tags, path, exporter.Options{Force: true}); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The dropdowns hold what the one who asks may use, and nothing that they may
// not see.
func TestTemplateOffersWhatMayBeUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		for _, sheet := range []struct {
			kind crm.Kind
			rows string
		}{
			{crm.People, "员工账号,姓名,部门,角色,客户联系,可配置客户标签,状态\nboss,王,总部,超级管理员,是,是,\nann,安,总部/销售部,,是,否,\n" +
				"bob,鲍,总部/市场部,,是,是,\ngone,戈,总部/销售部,,是,是,离职\n"},
			{crm.Tags, "标签组,标签名称,可用部门\n意向,高,\n意向,低,\n销售,重点,总部/销售部\n市场,线索,总部/市场部\n"},
		} {
			path := filepath.Join(t.TempDir(), "in.csv")
			if err := os.WriteFile(path, []byte(sheet.rows), 0o600); err != nil {
				t.Fatal(err)
			}
			imported(t, db, sheet.kind, path)
		}
		for _, c := range []struct {
			kind crm.Kind
			by   string
			want exporter.Choices
			seen []string // on the hidden sheet
			not  []string
		}{
			{crm.Customers, "", exporter.Choices{Groups: 3, Tags: 4, Staff: 3}, []string{"市场:线索", "ann", "bob"}, []string{"gone"}},
			{crm.Customers, "boss", exporter.Choices{Groups: 3, Tags: 4, Staff: 3}, []string{"市场:线索"}, nil},
			{crm.Customers, "ann", exporter.Choices{Groups: 2, Tags: 3, Staff: 1}, []string{"意向:高", "销售:重点", "ann"}, []string{"市场:线索", "bob"}},
			{crm.Tags, "ann", exporter.Choices{Departments: 1}, []string{"总部/销售部"}, []string{"意向", "总部/市场部"}},
			{crm.Tags, "bob", exporter.Choices{Groups: 2, Tags: 3, Departments: 1}, []string{"意向", "市场"}, []string{"销售", "重点"}},
			{crm.Grants, "bob", exporter.Choices{Groups: 2, Tags: 3, Departments: 1, Staff: 1}, []string{"group:市场", "tag:意向:高", "all", "bob"}, []string{"group:销售", "ann"}},
			{crm.People, "boss", exporter.Choices{Departments: 3}, []string{"总部/市场部"}, nil},
		} {
			t.Run(fmt.Sprintf("%s by %s", c.kind, c.by), func(t *testing.T) {
				path, res := template(t, db, c.kind, exporter.Options{By: staffID(t, db, c.by)})
				if res.Choices != c.want {
					t.Errorf("choices %+v, want %+v", res.Choices, c.want)
				}
				lists := text(t, book(t, path), table.ListsSheet(crm.Chinese))
				for _, want := range c.seen {
					if !strings.Contains(lists, "\t"+want+"\t") {
						t.Errorf("%s is not offered:\n%s", want, lists)
					}
				}
				for _, hidden := range c.not {
					if strings.Contains(lists, "\t"+hidden+"\t") {
						t.Errorf("%s is offered:\n%s", hidden, lists)
					}
				}
			})
		}
	})
}

func staffID(t *testing.T, db *store.DB, userid string) (id int64) {
	t.Helper()
	storetest.Read(t, db, func(tx *store.Tx) error {
		people, err := tx.Staff()
		for _, p := range people {
			if p.UserID == userid {
				id = p.ID
			}
		}
		return err
	})
	return id
}
