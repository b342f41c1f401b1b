package samples

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"tagkeep/internal/crm"
)

func generate(t *testing.T, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	result, err := Generate(&b, o)
	if err != nil {
		t.Fatalf("Generate(%+v): %v", o, err)
	}
	if result.Rows != o.Rows {
		t.Fatalf("Generate(%+v) wrote %d rows", o, result.Rows)
	}
	return b.Bytes()
}

// csvRows reads CSV in UTF-8, its header included: the row that a spreadsheet
// numbers n is at n-1.
func csvRows(t *testing.T, data []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func bookRows(t *testing.T, data []byte, sheet string) [][]string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows { // trailing blank cells come and go
		rows[i] = append(row, make([]string, max(0, len(rows[0])-len(row)))...)
	}
	return rows
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, kind := range []string{"tags", "customers", "staff"} {
		for _, format := range []string{"csv", "xlsx"} {
			t.Run(kind+"/"+format, func(t *testing.T) {
				o := Options{Kind: kind, Rows: 300, Seed: 7, Faults: 0.1, Format: format}
				first := generate(t, o)
				if !bytes.Equal(first, generate(t, o)) {
					t.Error("the same seed gave other bytes")
				}
				o.Seed++
				if bytes.Equal(first, generate(t, o)) {
					t.Error("another seed gave the same bytes")
				}
			})
		}
	}
}

func TestFormatsHoldTheSame(t *testing.T) {
	o := Options{Kind: "customers", Rows: 500, Seed: 3}
	want := csvRows(t, generate(t, o))

	o.Format = "xlsx"
	if diff := cmp.Diff(want, bookRows(t, generate(t, o), "客户")); diff != "" {
		t.Errorf("xlsx (-csv +xlsx):\n%s", diff)
	}
	o.Format, o.Encoding = "csv", "gb18030"
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(generate(t, o))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, csvRows(t, decoded)); diff != "" {
		t.Errorf("gb18030 (-utf-8 +gb18030):\n%s", diff)
	}
	for encoding, mark := range map[string]string{"utf-8-bom": "\xef\xbb\xbf客", "utf-16le": "\xff\xfe\xa2\x5b"} {
		o.Encoding = encoding
		if data := generate(t, o); !bytes.HasPrefix(data, []byte(mark)) {
			t.Errorf("%s begins with % x", encoding, data[:6])
		}
	}
}

func TestFaultsAreCountedAndWhereTheySay(t *testing.T) {
	for _, tt := range []struct {
		kind  string
		rows  int
		share float64
		kinds []string
		want  int
	}{
		{"customers", 30000, 0.007, nil, 210},
		{"customers", 1000, 1, nil, 1000},
		{"customers", 1000, 0, nil, 0},
		{"customers", 200, 0.5, []string{"duplicate"}, 100},
		{"customers", 50, 1, []string{"duplicate"}, 49}, // the first has nothing to repeat
		{"tags", 800, 0.2, nil, 160},
		{"staff", 600, 0.1, nil, 60},
	} {
		var lines bytes.Buffer
		o := Options{Kind: tt.kind, Rows: tt.rows, Seed: 11, Faults: tt.share, FaultKinds: tt.kinds, Expect: &lines}
		rows := csvRows(t, generate(t, o))
		faults := faultLines(t, &lines)
		if len(faults) != tt.want {
			t.Errorf("%s, %d rows, share %v: %d faults, want %d", tt.kind, tt.rows, tt.share, len(faults), tt.want)
		}
		checkFaults(t, tt.kind, rows, faults)
	}
}

func faultLines(t *testing.T, lines *bytes.Buffer) []Fault {
	t.Helper()
	var faults []Fault
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		var f Fault
		if err := json.Unmarshal(scan.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	return faults
}

// checkFaults compares a list of faults with what can be seen of them without
// knowing the rules: duplicates, lost precision, absent keys. Rows not in the
// list must be free of these.
func checkFaults(t *testing.T, kind string, rows [][]string, faults []Fault) {
	t.Helper()
	byRow := make(map[int]Fault)
	for _, f := range faults {
		byRow[f.Row] = f
	}
	first := make(map[string]int)
	for i, row := range rows {
		number := i + 1
		f, faulty := byRow[number]
		key := strings.Join(row, "\x00")
		if before, seen := first[key]; seen != (f.Code == "DUP_IN_FILE") || seen && before != f.Related {
			t.Fatalf("%s row %d: repeats row %d, the list says %+v", kind, number, before, f)
		}
		if _, seen := first[key]; !seen {
			first[key] = number
		}
		if faulty || kind != "customers" {
			continue
		}
		if row[custID]+row[custMobile] == "" || strings.ContainsAny(row[custMobile], "E+") || strings.Contains(row[custName], controlChar) {
			t.Fatalf("row %d has an error that is not in the list: %q", number, row)
		}
	}
}

// Customers must use only people and tags that the other two sheets hold.
func TestKindsFitTogether(t *testing.T) {
	const seed, people, tags = 5, 90, 200
	followers := make(map[string]bool)
	for _, row := range csvRows(t, generate(t, Options{Kind: "staff", Rows: people, Seed: seed})) {
		followers[row[staffAccount]] = row[staffContact] == "是" && row[staffStatus] == "在职"
	}
	groupsOf := make(map[string][]string)
	for _, row := range csvRows(t, generate(t, Options{Kind: "tags", Rows: tags, Seed: seed})) {
		groupsOf[row[tagName]] = append(groupsOf[row[tagName]], row[tagGroupName])
	}
	used := make(map[string]bool)
	for _, row := range csvRows(t, generate(t, Options{Kind: "customers", Rows: 5000, Seed: seed, Staff: people, Tags: tags}))[1:] {
		if !followers[row[custFollower]] {
			t.Fatalf("follower %q is not in the staff sheet, or has no customers", row[custFollower])
		}
		if row[custTags] == "" {
			continue
		}
		for _, word := range strings.Split(row[custTags], ";") {
			used[word] = true
			group, name, named := strings.Cut(word, ":")
			if named && !slices.Contains(groupsOf[name], group) || !named && len(groupsOf[word]) != 1 {
				t.Fatalf("tag %q: groups with it are %q", word, append(groupsOf[name], groupsOf[word]...))
			}
		}
	}
	if len(used) < tags {
		t.Errorf("only %d ways of naming %d tags were used", len(used), tags)
	}
}

// A larger company holds the smaller one.
func TestMoreRowsKeepTheFirst(t *testing.T) {
	for _, kind := range []string{"tags", "customers", "staff"} {
		few := csvRows(t, generate(t, Options{Kind: kind, Rows: 60, Seed: 2}))
		many := csvRows(t, generate(t, Options{Kind: kind, Rows: 400, Seed: 2}))
		if diff := cmp.Diff(few[:60], many[:60]); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, o := range []Options{
		{Kind: "grants", Rows: 1},
		{Kind: "tags", Rows: -1},
		{Kind: "customers", Rows: 1, Staff: 3},
		{Kind: "customers", Rows: 1, Tags: 3},
		{Kind: "tags", Rows: 1, Faults: 1.5},
		{Kind: "tags", Rows: 1, FaultKinds: []string{"bad-phone"}},
		{Kind: "tags", Rows: 1, Format: "ods"},
		{Kind: "tags", Rows: 1, Encoding: "ebcdic"},
		{Kind: "customers", Rows: 1_048_576, Format: "xlsx"},
	} {
		var b bytes.Buffer
		if _, err := Generate(&b, o); err == nil {
			t.Errorf("Generate(%+v) was not refused", o)
		} else if b.Len() > 0 {
			t.Errorf("Generate(%+v) was refused after %d bytes", o, b.Len())
		}
	}
}

// The committed files are those that the generator makes. Workbooks are compared
// by their cells, since a newer library may pack the same ones otherwise.
func TestFilesAreMade(t *testing.T) {
	made, err := Make()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range made {
		have, err := Files.ReadFile(name)
		if err != nil {
			t.Errorf("%v (make it with: go run ./samples/gen -samples samples)", err)
			continue
		}
		if !strings.HasSuffix(name, ".xlsx") {
			if !bytes.Equal(have, want) {
				t.Errorf("%s is not what the generator makes: go run ./samples/gen -samples samples", name)
			}
			continue
		}
		for _, sheet := range bookSheets(t, want) {
			if diff := cmp.Diff(bookRows(t, want, sheet), bookRows(t, have, sheet)); diff != "" {
				t.Errorf("%s, sheet %s is not what the generator makes (-made +file):\n%s", name, sheet, diff)
			}
		}
	}
}

func bookSheets(t *testing.T, data []byte) []string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	return book.GetSheetList()
}

// Every code that is expected exists, and every expected row and column is there.
func TestExpectedErrorsFit(t *testing.T) {
	for _, kind := range []string{"tags", "customers", "staff"} {
		for _, f := range faultsOf(kind) {
			if !slices.Contains(crm.ErrorCodes, crm.Code(f.code)) {
				t.Errorf("%s fault %s: no code %s", kind, f.name, f.code)
			}
		}
	}
	for _, name := range []string{"messy.csv", "messy.xlsx"} {
		faults, err := Expected(name)
		if err != nil {
			t.Fatal(err)
		}
		codes := make(map[string]bool)
		for _, f := range faults {
			codes[f.Code] = true
			if !slices.Contains(crm.ErrorCodes, crm.Code(f.Code)) {
				t.Errorf("%s row %d: no code %s", name, f.Row, f.Code)
			}
			if f.Row < 4 || f.Row > 40 || len(f.Column) > 1 || f.Column > "M" {
				t.Errorf("%s: %+v lies outside the file", name, f)
			}
		}
		if len(codes) < 12 {
			t.Errorf("%s: only %d kinds of errors", name, len(codes))
		}
	}
}
