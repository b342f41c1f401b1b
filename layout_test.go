// Package tagkeep_test holds the module's packages to the layout that
// docs/architecture.md draws.
package tagkeep_test

import (
	"cmp"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "tagkeep"

// rows is the table of docs/architecture.md: a package imports from lower rows
// only. A name that ends in /* stands for every package below it.
var rows = map[string]int{
	"cmd/*":         5,
	"scripts/bench": 5, // drives the built programs

	"internal/console": 4,
	"internal/wecom":   4,

	"importer": 3,
	"exporter": 3,
	"recycle":  3,
	"snapshot": 3,

	"internal/admin": 3,

	"internal/store":   2,
	"internal/table":   2,
	"internal/access":  2,
	"internal/report":  2,
	"internal/filter":  2,
	"internal/profile": 2,

	"internal/crm":     1,
	"internal/sheet":   1,
	"internal/archive": 1,
	"samples":          1,
	"samples/gen":      2,

	"internal/store/storetest": 3,
	"internal/fault":           1,
}

// arrows are the imports allowed inside a row.
var arrows = map[[2]string]bool{
	{"recycle", "snapshot"}: true,
}

// testOnly are the packages that nothing but tests may import.
var testOnly = map[string]bool{
	"internal/store/storetest": true,
	"internal/fault":           true,
}

// stdlibOnly are the packages that import nothing outside the standard library.
var stdlibOnly = map[string]bool{
	"internal/crm": true,
}

// An importLine is one import of one file.
type importLine struct {
	file string // slash-separated, from the root of the module
	pkg  string // directory of file
	path string // what is imported, as written
}

func (l importLine) test() bool { return strings.HasSuffix(l.file, "_test.go") }

// fault says why the layout forbids an import, "" when it does not.
func (l importLine) fault() string {
	from, ok := row(l.pkg)
	if !ok {
		return fmt.Sprintf("package %s has no place in the layout: give it one here and in docs/architecture.md", l.pkg)
	}
	to, inside := strings.CutPrefix(l.path, module+"/")
	if !inside {
		first, _, _ := strings.Cut(l.path, "/")
		if stdlibOnly[l.pkg] && !l.test() && strings.Contains(first, ".") {
			return fmt.Sprintf("package %s is for the standard library only and imports %s", l.pkg, l.path)
		}
		return ""
	}
	toRow, ok := row(to)
	switch {
	case !ok:
		return fmt.Sprintf("package %s has no place in the layout", to)
	case testOnly[to]:
		if l.test() {
			return ""
		}
		return fmt.Sprintf("package %s is for tests only", to)
	case l.pkg == to, arrows[[2]string{l.pkg, to}]:
		return ""
	// A test may use its neighbours, as when the reader is tested with what
	// the writer beside it wrote; it may not reach up.
	case toRow < from, l.test() && toRow == from:
		return ""
	default:
		return fmt.Sprintf("package %s (row %d) imports %s (row %d)", l.pkg, from, to, toRow)
	}
}

func row(pkg string) (int, bool) {
	if r, ok := rows[pkg]; ok {
		return r, true
	}
	top, _, _ := strings.Cut(pkg, "/")
	r, ok := rows[top+"/*"]
	return r, ok
}

func TestLayout(t *testing.T) {
	files := 0
	for _, l := range imports(t) {
		files++
		if fault := l.fault(); fault != "" {
			t.Errorf("%s: %s", l.file, fault)
		}
	}
	if files == 0 {
		t.Fatal("no imports found: the test does not look where the code is")
	}
}

// The test itself must see what it is for.
func TestLayoutFaults(t *testing.T) {
	for _, tt := range []struct {
		file, path string
		ok         bool
	}{
		{"importer/importer.go", "tagkeep/internal/store", true},
		{"recycle/delete.go", "tagkeep/snapshot", true},
		{"snapshot/create.go", "tagkeep/recycle", false},
		{"importer/importer.go", "tagkeep/exporter", false},
		{"internal/store/store.go", "tagkeep/importer", false},
		{"internal/report/report.go", "tagkeep/internal/table", false},
		{"internal/report/report_test.go", "tagkeep/internal/table", true},
		{"internal/sheet/csv.go", "tagkeep/internal/crm", false},
		{"internal/archive/archive.go", "tagkeep/internal/crm", false},
		{"internal/crm/kind.go", "golang.org/x/text/width", false},
		{"internal/crm/kind.go", "strings", true},
		{"importer/importer.go", "tagkeep/internal/fault", false},
		{"importer/importer_test.go", "tagkeep/internal/fault", true},
		{"internal/store/sqlite_test.go", "tagkeep/internal/store/storetest", true},
		{"internal/store/store_test.go", "tagkeep/importer", false},
		{"cmd/tagkeep/demo.go", "tagkeep/samples", true},
		{"internal/misc/misc.go", "strings", false},
	} {
		l := importLine{tt.file, path.Dir(tt.file), tt.path}
		if fault := l.fault(); (fault == "") != tt.ok {
			t.Errorf("%s importing %s: %s", tt.file, tt.path, cmp.Or(fault, "allowed"))
		}
	}
}

// imports reads every import of the module, those of other systems' files too.
func imports(t *testing.T) []importLine {
	t.Helper()
	var lines []importLine
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		file := filepath.ToSlash(name)
		if path.Ext(file) != ".go" || path.Dir(file) == "." {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			lines = append(lines, importLine{file, path.Dir(file), imported})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
