package exporter_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"tagkeep/exporter"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/internal/table"
)

// office opens files with LibreOffice and saves them in another format, into
// the folder that it returns. The test is skipped where there is none.
func office(t *testing.T, format string, files ...string) string {
	t.Helper()
	program := ""
	for _, name := range []string{"soffice", "libreoffice"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("LibreOffice is not installed (soffice, libreoffice): whether it opens the files is not checked")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	args := append([]string{"-env:UserInstallation=file://" + filepath.ToSlash(filepath.Join(dir, "profile")), "--headless", "--convert-to", format, "--outdir", dir}, files...)
	if out, err := exec.CommandContext(ctx, program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return dir
}

// Templates and statistics open without a repair prompt and become pages.
func TestWorkbooksOpenInLibreOffice(t *testing.T) {
	db := filled(t, storetest.SQLite(t))
	s, err := (&admin.Desk{DB: db}).Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stats := filepath.Join(t.TempDir(), "stats.xlsx")
	if _, err := admin.WriteStats(s.Tables(crm.Chinese, time.UTC), stats, crm.Chinese, false); err != nil {
		t.Fatal(err)
	}
	files := []string{stats}
	for _, kind := range crm.Kinds {
		path, _ := template(t, db, kind, exporter.Options{Lang: crm.Chinese})
		files = append(files, path)
	}
	dir := office(t, "pdf", files...)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xlsx")
		pages, err := os.ReadFile(filepath.Join(dir, name+".pdf"))
		if err != nil || !strings.HasPrefix(string(pages), "%PDF") {
			t.Errorf("%s: %v, %d bytes", name, err, len(pages))
		}
	}
}

// The dropdown for 标签名称 offers the tags of the group in its row, whatever
// the group is called.
func TestTemplateTagsFollowTheGroup(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	groups := []string{"意向", "VIP", "vip", "a*", "abc", "=1+1", "组 一:二", "~?", `"引号"`}
	storetest.Write(t, db, func(tx *store.Tx) error {
		for i, name := range groups {
			id := int64(i + 1)
			if err := tx.CreateGroups([]crm.Group{{ID: id, Name: name, Scope: crm.ScopeShared}}); err != nil {
				return err
			}
			for n := range i + 1 {
				if err := tx.CreateTags([]crm.Tag{{ID: 100*id + int64(n), GroupID: id, Name: fmt.Sprintf("标签%d-%d", i, n)}}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	path, _ := template(t, db, crm.Tags, exporter.Options{Lang: crm.Chinese})
	f := book(t, path)
	data := crm.Tags.Label(crm.Chinese)
	rules, err := f.GetDataValidations(data)
	if err != nil {
		t.Fatal(err)
	}
	formula := ""
	for _, r := range rules {
		if strings.HasPrefix(r.Sqref, "B2:") {
			formula = r.Formula1
		}
	}
	if len(formula) == 0 || len(formula) > 255 {
		t.Fatalf("the formula of column %s has %d characters: %s", table.Columns(crm.Tags)[table.TagName].Header, len(formula), formula)
	}
	// Beside each group: how many tags the dropdown would offer, and the last.
	for i, name := range append(groups, "没有这个组") {
		row := i + 2
		offered := strings.ReplaceAll(formula, "$A2", fmt.Sprintf("$A%d", row))
		for cell, write := range map[string]error{
			"A": f.SetCellStr(data, fmt.Sprintf("A%d", row), name),
			"B": f.SetCellFormula(data, fmt.Sprintf("B%d", row), fmt.Sprintf(`IFERROR(ROWS(%s)&" "&INDEX(%s,ROWS(%[1]s)),"none")`, offered, offered)),
		} {
			if write != nil {
				t.Fatal(cell, write)
			}
		}
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile(filepath.Join(office(t, "csv:Text - txt - csv (StarCalc):9,34,76,1", path), "tags.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(shown), "\n")[1:]
	offered := func(line int) string { return strings.Trim(strings.Split(lines[line], "\t")[1], `"`) }
	for i, name := range groups {
		if got, want := offered(i), fmt.Sprintf("%d 标签%d-%d", i+1, i, i); got != want {
			t.Errorf("group %s: %q, want %q", name, got, want)
		}
	}
	if got := offered(len(groups)); got != "none" {
		t.Errorf("unknown group: %q", got)
	}
}

// A spreadsheet program opens the workbook and finds in its cells what the CSV
// file of the same export holds.
func TestOfficeReadsExport(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	storetest.Write(t, db, (&randomCompany{Rand: rand.New(rand.NewPCG(7, 7))}).fill)
	dir := t.TempDir()
	for _, kind := range order {
		book, text := filepath.Join(dir, string(kind)+".xlsx"), filepath.Join(t.TempDir(), string(kind)+".csv")
		for _, path := range []string{book, text} {
			exportAs(t, db, kind, path, exporter.Options{Lang: crm.Chinese, TagColumns: true})
		}
		const utf8Commas = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
		out := office(t, utf8Commas, book)
		got, want := cellsOf(t, filepath.Join(out, string(kind)+".csv"), sheet.Options{KeepGuards: true, Encoding: "utf-8", Delimiter: ','}), cellsOf(t, text, sheet.Options{})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: LibreOffice shows %q, want %q", kind, firstDifference(got, want), firstDifference(want, got))
		}
	}
}
