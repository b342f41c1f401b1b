package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSpilledStrings reads the same strings from memory and from a file, which
// is gone after closing.
func TestSpilledStrings(t *testing.T) {
	const count = 20000
	rng := rand.New(rand.NewPCG(3, 4))
	var xml strings.Builder
	xml.WriteString("<sst>")
	want := make([]string, count)
	for i := range want {
		switch i % 7 {
		case 0:
			want[i] = fmt.Sprint("客户", i)
		case 1:
			want[i] = ""
		case 2:
			want[i] = strings.Repeat("长", rng.IntN(300))
		case 3:
			want[i] = " "
		default:
			want[i] = fmt.Sprint("tag-", rng.IntN(1000))
		}
		if i == 777 {
			want[i] = strings.Repeat("x", MaxCellChars)
		}
		fmt.Fprintf(&xml, "<si><t>%s</t></si>", want[i])
	}
	xml.WriteString("<si><t>bad\x01</t></si></sst>")
	dir := t.TempDir()
	setTempDir(t, dir)
	for _, limit := range []int{stringsInMemory, 1 << 20, 1000} {
		s, err := newXMLScanner(strings.NewReader(xml.String()), "book", "strings", 0)
		if err != nil {
			t.Fatal(err)
		}
		table, err := readSharedStrings(context.Background(), s, limit)
		if err != nil {
			t.Fatal(err)
		}
		if (table.spill != nil) != (limit < stringsInMemory) || table.len() != count+1 {
			t.Fatalf("limit %d: in a file is %v, %d strings", limit, table.spill != nil, table.len())
		}
		var arena textArena
		order := append(rng.Perm(count), rng.Perm(count)...)
		for i := range count {
			order[count+i] = i
		}
		for _, i := range order {
			got, blank, faults, err := table.get(i, &arena)
			if err != nil || got != want[i] || blank != (strings.TrimSpace(want[i]) == "") || faults != (textFaults{}) {
				t.Fatalf("limit %d: string %d is %.20q, blank %v, faults %v, error %v", limit, i, got, blank, faults, err)
			}
		}
		if _, _, faults, _ := table.get(count, &arena); faults.control != 2 {
			t.Errorf("limit %d: the faults of the bad string are %v", limit, faults)
		}
		for range 2 {
			if err := table.close(); err != nil {
				t.Error(err)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("limit %d: %q is left", limit, left)
		}
	}
}

// TestSpillFailures lets the temporary file fail.
func TestSpillFailures(t *testing.T) {
	setTempDir(t, filepath.Join(t.TempDir(), "missing"))
	xml := "<sst>" + strings.Repeat("<si><t>0123456789</t></si>", 10) + "</sst>"
	s, err := newXMLScanner(strings.NewReader(xml), "book", "strings", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readSharedStrings(context.Background(), s, 20); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a place for temporary files: %v", err)
	}

	setTempDir(t, t.TempDir())
	s, err = newXMLScanner(strings.NewReader(xml), "book", "strings", 0)
	if err != nil {
		t.Fatal(err)
	}
	table, err := readSharedStrings(context.Background(), s, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer table.close()
	if err := table.spill.f.Truncate(30); err != nil {
		t.Fatal(err)
	}
	var arena textArena
	if got, _, _, err := table.get(9, &arena); !errors.Is(err, io.EOF) {
		t.Errorf("a string that is gone is %q, error %v", got, err)
	}
}

// TestWorkbookClosesStrings reads a workbook with more strings than are kept
// in memory, and closes it.
func TestWorkbookClosesStrings(t *testing.T) {
	dir := t.TempDir()
	p := madeBook(strings.Repeat(`<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>`, 3)).strings(`<si><t>a</t></si><si><t>b</t></si>`)
	path := tempFile(t, p.zip(t))
	setTempDir(t, dir)
	b, _, err := openBook(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.(*xlsxFile).stringsLimit = 1
	for range 2 {
		r, err := b.rows(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rows := make([]Row, 9)
		n, err := r.read(rows)
		if err != io.EOF {
			t.Fatal(err)
		}
		checkRows(t, rows[:n], []Row{rowOf(1, asText("b"), asText("a")), rowOf(2, asText("b"), asText("a")), rowOf(3, asText("b"), asText("a"))})
		r.close()
	}
	for range 2 {
		if err := b.close(); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// setTempDir makes temporary files go to dir.
func setTempDir(t *testing.T, dir string) {
	t.Helper()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // on Windows
}
