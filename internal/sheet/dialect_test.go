package sheet

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCase21Delimiter(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     rune
	}{
		{"comma", "a,b\n1,2\n", ','},
		{"semicolon", "a;b\n1;2\n", ';'},
		{"tab", "a\tb\n1\t2\n", '\t'},
		{"bar", "a|b\n1|2\n", '|'},
		{"full-width", "标签组，标签\n意向，高\n", '，'},
		{"one column", "标签\n高\n低\n", ','},
		{"one column with lists", "标签\n高;中;低\n低\n中;低\n", ','},
		{"semicolons listed in a cell", "a,b\n1,x;y\n2,x;y\n3,x;y\n", ','},
		{"more semicolons than commas", "客户,标签\n1,a;b;c;d\n2,a;b;c\n3,a\n", ','},
		{"commas in quotes", "a;b\n\"1,2,3\";x\n\"4,5,6\";y\n", ';'},
		{"decimal commas", "a;b;c\n1,5;2,5;3\n2,5;3,5;4\n", ';'},
		{"title above", "客户清单\n\na;b;c\n1;2;3\n", ';'},
		{"title with a comma above", "report, all\na;b;c\n1;2;3\n4;5;6\n", ';'},
		{"cells left out at the end", "a,b,c,d\n1;2\n1,2;3\n1,2,3\n1,2;3,4\n", ','},
		{"blank cells at the end", "a\tb\tc\n1\t\t\n2\t\t\n", '\t'},
		{"newlines in quotes", "a;b\n\"x,\ny,\nz\";1\n\"x\ny\";2\n", ';'},
		{"nothing", "", ','},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if f := openContent(t, []byte(tt.in), Options{}); f.Info.Delimiter != tt.want {
				t.Errorf("%q, want %q", f.Info.Delimiter, tt.want)
			}
		})
	}
}

func TestCase21DelimiterAcrossTheSample(t *testing.T) {
	// The first rows hold more than is sampled.
	row := "1;\"" + strings.Repeat("long, ", 5000) + "\"\n"
	f := openContent(t, []byte("a;b\n"+strings.Repeat(row, 30)), Options{})
	if f.Info.Delimiter != ';' {
		t.Errorf("%q", f.Info.Delimiter)
	}
}

func TestCase21Fit(t *testing.T) {
	in := []byte("a;b,c;d\n1;2,3;4\n")
	asked := 0
	wantB := func(rows []Row) int {
		asked++
		for _, r := range rows {
			for _, c := range r.Cells {
				if c.Value == "a;b" {
					return 1
				}
			}
		}
		return 0
	}
	if f := openContent(t, in, Options{}); f.Info.Delimiter != ';' {
		t.Errorf("without Fit: %q", f.Info.Delimiter)
	}
	if f := openContent(t, in, Options{Fit: wantB}); f.Info.Delimiter != ',' || asked != len(delimiters) {
		t.Errorf("with Fit: %q, asked %d times", f.Info.Delimiter, asked)
	}
	if f := openContent(t, in, Options{Fit: func([]Row) int { return 7 }}); f.Info.Delimiter != ';' {
		t.Errorf("all equal: %q", f.Info.Delimiter)
	}
	many := []byte(strings.Repeat("a,b\n", 50))
	openContent(t, many, Options{Fit: func(rows []Row) int {
		if len(rows) != sampleRows {
			t.Errorf("Fit sees %d rows", len(rows))
		}
		return 0
	}})
}

func TestCase21SepLine(t *testing.T) {
	for _, tt := range []struct {
		in        string
		opt       Options
		delimiter rune
		want      string
	}{
		{"sep=;\r\na;b,c\r\n", Options{}, ';', "1/2|a|b,c"},
		{"SEP=,\na;b,c\n", Options{}, ',', "1/2|a;b|c"},
		{"Sep=\t\ra\tb\r", Options{}, '\t', "1/2|a|b"},
		{"\uFEFFsep=#\na#b\n", Options{}, '#', "1/2|a|b"},
		{"sep=，\na，b\n", Options{}, '，', "1/2|a|b"},
		{"sep=;\na,b\n", Options{Delimiter: ','}, ',', "1/2|a|b"},
	} {
		f := openContent(t, []byte(tt.in), tt.opt)
		rows, blank := readRows(t, f)
		if !f.Info.SepLine || f.Info.Delimiter != tt.delimiter || brief(rows[0]) != tt.want || blank != 0 {
			t.Errorf("%q: %+v, %s", tt.in, f.Info, brief(rows[0]))
		}
	}
	for _, in := range []string{"sep=\na,b\n", "sep=ab\n", "separator,b\n", "sep=\"\nx\n", "\"sep=;\"\na;b\n"} {
		if f := openContent(t, []byte(in), Options{}); f.Info.SepLine {
			t.Errorf("%q has no sep line", in)
		}
	}
}

func TestDelimiterNamed(t *testing.T) {
	f := openContent(t, []byte("a,b;c\n"), Options{Delimiter: 'b'})
	rows, _ := readRows(t, f)
	if diff := cmp.Diff([][]string{{"a,", ";c"}}, values(rows)); diff != "" {
		t.Error(diff)
	}
}

func TestCRLFOfTheFirstRecord(t *testing.T) {
	for in, want := range map[string]bool{
		"a\r\nb\n": true, "a\nb\r\n": false, "a": false, "a\rb\r\n": false,
		"\"x\ny\"\r\nb\r\n": true, // Excel writes LF inside cells
		"sep=,\r\na,b\r\n":  true,
	} {
		if f := openContent(t, []byte(in), Options{}); f.Info.CRLF != want {
			t.Errorf("%q: %t", in, f.Info.CRLF)
		}
	}
}

// failingReader is a file that cannot be read.
type failingReader struct{ err error }

func (r failingReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }

func TestReadErrorIsKept(t *testing.T) {
	broken := fmt.Errorf("disk: %w", os.ErrDeadlineExceeded)
	info := &Info{Path: "a.csv", Encoding: encUTF8}
	if _, err := findSepLine(t.Context(), failingReader{broken}, info); !errors.Is(err, broken) {
		t.Errorf("findSepLine: %v", err)
	}
	r := newCSVReader(newTextSource(t.Context(), failingReader{broken}, info), ',', false, false)
	if n, err := r.read(make([]Row, 1)); n != 0 || !errors.Is(err, broken) {
		t.Errorf("read = %d, %v", n, err)
	}
}
