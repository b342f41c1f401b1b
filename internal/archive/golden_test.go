package archive

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goldenTables are the rows of testdata/v1.tks. That file is never written
// again: it stands for those that people have.
func goldenTables() []table {
	return []table{
		{Table: Table{Name: "odd", Columns: []string{"id", "text", "number"}, Shift: 0}, rows: [][]any{
			{int64(-9223372036854775808), "", int64(0)},
			{int64(-1), nil, nil},
			{int64(0), "tab\there, line\nfeed, return\r, NUL\x00, back\\slash", int64(-5)},
			{int64(0), `\N`, int64(9223372036854775807)},
			{int64(7), "客户😀 #tag 'quoted' \"double\"", int64(1)},
			{int64(9223372036854775807), "\xff\xfe no UTF-8", nil},
		}},
		{Table: Table{Name: "empty", Columns: []string{"id"}, Shift: 13}},
		{Table: Table{Name: "single", Columns: []string{"id"}, Shift: 63}, rows: [][]any{{int64(1)}, {int64(2)}}},
	}
}

// TestGolden reads a file that the first release wrote.
func TestGolden(t *testing.T) {
	file, err := os.ReadFile("testdata/v1.tks")
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(file); err != nil {
		t.Fatal(err)
	}
	r := open(t, file)
	for _, want := range goldenTables() {
		wantTable(t, r, want)
	}
	want := testHeader(goldenTables())
	want.ID, want.Format = "golden-1", 1
	if got, _ := encodeJSON(r.Header()); !bytes.Equal(got, mustJSON(t, want)) {
		t.Errorf("header %s", got)
	}
	if m := r.Manifest(); m.Rows != 8 || m.Exact != "exact-1" || m.Root.String() != goldenRoot {
		t.Errorf("manifest %+v", m)
	}
}

const goldenRoot = "b80c01d8264a16fbbc6228461adea1756868d7c9a6879f0fbfd027e9fee29fec"

func mustJSON(t *testing.T, v any) []byte {
	b, err := encodeJSON(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// program skips the test when a program is not installed.
func program(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: %v", name, err)
	}
	return path
}

// goldenText is what stock zstd prints of testdata/v1.tks.
const goldenText = `#odd	id	text	number
-9223372036854775808		0
#odd	id	text	number
-1	\N	\N
#odd	id	text	number
0	tab\there, line\nfeed, return\r, NUL\0, back\\slash	-5
0	\\N	9223372036854775807
7	客户😀 #tag 'quoted' "double"	1
#odd	id	text	number
9223372036854775807	` + "\xff\xfe" + ` no UTF-8	\N
#single	id
1
2
`

// TestStockZstd prints a file with zstd alone, as docs/snapshot-format.md says.
func TestStockZstd(t *testing.T) {
	zstd := program(t, "zstd")
	out, err := exec.Command(zstd, "-dc", "testdata/v1.tks").Output()
	if err != nil || string(out) != goldenText {
		t.Errorf("%v\n%s", err, out)
	}
	tables := sizedTables(40_000, 10)
	file, _ := write(t, testHeader(tables), WriterOptions{}, tables)
	cmd := exec.Command(zstd, "-dc")
	cmd.Stdin = bytes.NewReader(file)
	if out, err = cmd.Output(); err != nil {
		t.Fatal(err)
	}
	var got []string
	name := ""
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "#") {
			name, _, _ = strings.Cut(line[1:], "\t")
		} else {
			got = append(got, name+" "+line)
		}
	}
	if want := len(tables[0].rows) + len(tables[2].rows); len(got) != want {
		t.Errorf("%d rows, want %d", len(got), want)
	}
}

// TestScript runs the reader that docs/snapshot-format.md prints, on a whole
// file and on one that is damaged in each of its bytes in turn.
func TestScript(t *testing.T) {
	program(t, "zstd")
	python := program(t, "python3")
	doc, err := os.ReadFile("../../docs/snapshot-format.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(doc)
	if code == nil {
		t.Fatal("the document has no script")
	}
	if n := bytes.Count(code[1], []byte("\n")); n > 45 {
		t.Errorf("the script has %d lines", n)
	}
	script := filepath.Join(t.TempDir(), "read.py")
	if err := os.WriteFile(script, code[1], 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, script, "testdata/v1.tks").CombinedOutput()
	if want := scriptText(goldenTables()); err != nil || string(out) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
	file, err := os.ReadFile("testdata/v1.tks")
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(file); at += len(file) / 12 {
		b := bytes.Clone(file)
		b[at] ^= 4
		damaged := filepath.Join(t.TempDir(), "damaged.tks")
		if err := os.WriteFile(damaged, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(python, script, damaged).CombinedOutput(); err == nil {
			t.Errorf("byte %d: no error\n%s", at, out)
		}
	}
}

// scriptText is how the script prints tables: a row as its table and the cells
// in hexadecimal with a full stop after each.
func scriptText(tables []table) string {
	var b strings.Builder
	for _, t := range tables {
		for _, row := range t.rows {
			b.WriteString(t.Name)
			for _, c := range row {
				b.WriteByte(' ')
				b.WriteString(pythonCell(c))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// pythonCell is a cell in hexadecimal, or None.
func pythonCell(c any) string {
	switch c := c.(type) {
	case int64:
		return fmt.Sprintf("%x.", fmt.Sprint(c))
	case string:
		return fmt.Sprintf("%x.", c)
	}
	return "None"
}
