package tagkeep_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every situation of docs/restore.md has a test that bears its number, or is said
// to be not there yet.
func TestRestoreSituationsHaveTests(t *testing.T) {
	t.Parallel()
	tested := make(map[string]bool)
	number := regexp.MustCompile(`R\d\d`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Test") {
				for _, n := range number.FindAllString(fn.Name.Name, -1) {
					tested[n] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("docs/restore.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		head, rest, ok := strings.Cut(strings.TrimPrefix(line, "| R"), " | ")
		if !ok || !strings.HasPrefix(line, "| R") {
			continue
		}
		for _, n := range situations(t, "R"+head) {
			listed[n] = true
			if later := strings.Contains(rest, "尚未支持"); later == tested[n] {
				t.Errorf("%s: tested is %v, docs/restore.md says %s", n, tested[n], strings.TrimSpace(rest))
			}
		}
	}
	for i := 1; i <= 69; i++ {
		if n := fmt.Sprintf("R%02d", i); !listed[n] {
			t.Errorf("%s is not in docs/restore.md", n)
		}
	}
}

// situations are the numbers in the first cell of a line: R5, R17–R19, "R39, R42".
func situations(t *testing.T, cell string) (out []string) {
	for part := range strings.SplitSeq(cell, ", ") {
		var from, to int
		if _, err := fmt.Sscanf(part, "R%d–R%d", &from, &to); err != nil {
			if _, err := fmt.Sscanf(part, "R%d", &from); err != nil {
				t.Fatalf("%q is no situation", part)
			}
			to = from
		}
		for ; from <= to; from++ {
			out = append(out, fmt.Sprintf("R%02d", from))
		}
	}
	return out
}
