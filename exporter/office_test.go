package exporter_test

import (
	"math/rand/v2"
	"net/url"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"tagkeep/exporter"
	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store/storetest"
)

// A spreadsheet program opens the workbook and finds in its cells what the CSV
// file of the same export holds.
func TestOfficeReadsExport(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed: soffice is not in the path")
	}
	db := storetest.Open(t, storetest.SQLite(t))
	storetest.Write(t, db, (&randomCompany{Rand: rand.New(rand.NewPCG(7, 7))}).fill)
	dir := t.TempDir()
	for _, kind := range order {
		book, text := filepath.Join(dir, string(kind)+".xlsx"), filepath.Join(t.TempDir(), string(kind)+".csv")
		for _, path := range []string{book, text} {
			exportAs(t, db, kind, path, exporter.Options{Lang: crm.Chinese, TagColumns: true})
		}
		profile := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, "profile"))}
		const utf8Commas = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
		out, err := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation="+profile.String(), "--headless", "--convert-to", utf8Commas, "--outdir", dir, book).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", kind, err, out)
		}
		got, want := cellsOf(t, filepath.Join(dir, string(kind)+".csv"), sheet.Options{KeepGuards: true, Encoding: "utf-8", Delimiter: ','}), cellsOf(t, text, sheet.Options{})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: LibreOffice shows %q, want %q", kind, firstDifference(got, want), firstDifference(want, got))
		}
	}
}
