package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/samples"
)

// sample NAME… puts sample files into the current folder.
func copySamples(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		data, err := samples.Files.ReadFile(name)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o644))
	}
}

// gen KIND ROWS FAULTS ENCODING FILE writes a generated spreadsheet.
func generate(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := strconv.Atoi(args[1])
	ts.Check(err)
	faults, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	o := samples.Options{Kind: args[0], Rows: rows, Seed: 1, Faults: faults, Encoding: args[3], Delimiter: ','}
	if filepath.Ext(args[4]) == ".xlsx" {
		o.Format = "xlsx"
	}
	f, err := os.Create(ts.MkAbs(args[4]))
	ts.Check(err)
	_, err = samples.Generate(f, o)
	ts.Check(errors.Join(err, f.Close()))
}

// gb18030 FILE… and utf8 FILE… recode files in place.
func encodeGB18030(ts *testscript.TestScript, _ bool, args []string) {
	recode(ts, args, simplifiedchinese.GB18030.NewEncoder().Bytes)
}

func decodeGB18030(ts *testscript.TestScript, _ bool, args []string) {
	recode(ts, args, simplifiedchinese.GB18030.NewDecoder().Bytes)
}

func recode(ts *testscript.TestScript, names []string, fn func([]byte) ([]byte, error)) {
	for _, name := range names {
		data, err := fn([]byte(ts.ReadFile(name)))
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o644))
	}
}

// bytes FILE HEX writes bytes that cannot stand in a script.
func writeBytes(ts *testscript.TestScript, _ bool, args []string) {
	data, err := hex.DecodeString(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

// replace FILE OLD NEW [OLD NEW…] edits a text file; OLD must be there.
func replaceText(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	for i := 1; i+1 < len(args); i += 2 {
		if !strings.Contains(text, args[i]) {
			ts.Fatalf("%s does not contain %q", args[0], args[i])
		}
		text = strings.ReplaceAll(text, args[i], args[i+1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// cell FILE CELL VALUE [CELL VALUE…] edits the first sheet of a workbook.
func setCell(ts *testscript.TestScript, _ bool, args []string) {
	f, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	for i := 1; i+1 < len(args); i += 2 {
		ts.Check(f.SetCellStr(f.GetSheetName(0), args[i], args[i+1]))
	}
	ts.Check(errors.Join(f.Save(), f.Close()))
}

// column FILE HEADER VALUE gives every row of a CSV file this value.
func setColumn(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	column := slices.Index(rows[0], args[1])
	if column < 0 {
		ts.Fatalf("%s has no column %s", args[0], args[1])
	}
	for _, row := range rows[1:] {
		row[column] = args[2]
	}
	var out strings.Builder
	ts.Check(csv.NewWriter(&out).WriteAll(rows))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out.String()), 0o644))
}

// encrypted FILE writes a workbook with a password.
func makeEncrypted(ts *testscript.TestScript, _ bool, args []string) {
	f := excelize.NewFile()
	ts.Check(errors.Join(f.SaveAs(ts.MkAbs(args[0]), excelize.Options{Password: "secret"}), f.Close()))
}

// foreign FILE makes a SQLite database that is somebody else's.
func makeForeign(ts *testscript.TestScript, _ bool, args []string) {
	conn := storetest.Raw(ts.Value(theTest).(testing.TB), store.Target{Engine: store.SQLite, Path: ts.MkAbs(args[0])})
	_, err := conn.ExecContext(context.Background(), "CREATE TABLE mine (x)")
	ts.Check(err)
}

// mode PERM FILE… checks permissions, where there are any.
func checkMode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, name := range args[1:] {
		st, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := st.Mode().Perm(); got != fs.FileMode(want) && runtime.GOOS != "windows" {
			ts.Fatalf("%s has mode %o, want %o", name, got, want)
		}
	}
}

// name VARIABLE PATTERN sets a variable to the one file that the pattern matches.
func nameFile(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(ts.MkAbs(args[len(args)-1]))
	ts.Check(err)
	if neg {
		if len(found) > 0 {
			ts.Fatalf("there is %v", found)
		}
		return
	}
	if len(found) != 1 {
		ts.Fatalf("%d files match: %v", len(found), found)
	}
	ts.Setenv(args[0], found[0])
}

// dump prints every value of every table of the script's database.
func dump(ts *testscript.TestScript, _ bool, _ []string) {
	target := ts.Value(theTarget).(store.Target)
	list := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if target.Engine == store.MySQL {
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	}
	for _, name := range rowsOf(ts, list) {
		for _, row := range rowsOf(ts, "SELECT * FROM "+name[0]) {
			fmt.Fprintln(ts.Stdout(), name[0], strings.Join(row, " | "))
		}
	}
}

// sql STATEMENT runs on the script's database and prints what it returns.
func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	for _, row := range rowsOf(ts, strings.Join(args, " ")) {
		fmt.Fprintln(ts.Stdout(), strings.Join(row, " | "))
	}
}

// rowsOf reads all rows as text.
func rowsOf(ts *testscript.TestScript, statement string) [][]string {
	t, ctx := ts.Value(theTest).(testing.TB), context.Background()
	rows, err := storetest.Raw(t, ts.Value(theTarget).(store.Target)).QueryContext(ctx, statement)
	ts.Check(err)
	defer rows.Close()
	columns, err := rows.Columns()
	ts.Check(err)
	var out [][]string
	for rows.Next() {
		row, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		ts.Check(rows.Scan(into...))
		texts := make([]string, len(row))
		for i, v := range row {
			texts[i] = v.String
		}
		out = append(out, texts)
	}
	ts.Check(rows.Err())
	return out
}
