package sheet

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCSVWriter(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format CSVFormat
		row    []string
		want   string
	}{
		{"plain", CSVFormat{}, []string{"a", "", "标签"}, "a,,标签\n"},
		{"crlf and byte order mark", CSVFormat{BOM: true, CRLF: true}, []string{"a", "b"}, "\uFEFFa,b\r\n"},
		{"delimiter", CSVFormat{Delimiter: ';'}, []string{"a,b", "c;d"}, "a,b;\"c;d\"\n"},
		{"full-width delimiter", CSVFormat{Delimiter: '，'}, []string{"a，b", "c"}, "\"a，b\"，c\n"},
		{"quotes", CSVFormat{}, []string{`a"b`, `"`}, `"a""b",""""` + "\n"},
		{"line ends", CSVFormat{}, []string{"a\nb", "\r"}, "\"a\nb\",\"\r\"\n"},
		{"space at the ends", CSVFormat{}, []string{" a", "b\t", "\u3000c", "d e"}, "\" a\",\"b\t\",\"\u3000c\",d e\n"},
		{"only an empty cell", CSVFormat{}, []string{""}, "\"\"\n"},
		{"no cell", CSVFormat{}, nil, "\n"},
		{"not guarded", CSVFormat{}, []string{"=1+1", "'x"}, "=1+1,'x\n"},
		{"gb18030", CSVFormat{Encoding: "gbk"}, []string{"意€", "😀"}, "\xD2\xE2\xA2\xE3,\x94\x39\xFC\x36\n"},
		{"byte order mark that is none", CSVFormat{Encoding: "big5", BOM: true}, []string{"一"}, "\xA4\x40\n"},
		{"like a sep line", CSVFormat{}, []string{"SEP=;"}, "\"SEP=;\"\n"},
		{"like html", CSVFormat{}, []string{"<html>", "b"}, "\"<html>\",b\n"},
		{"like a workbook", CSVFormat{}, []string{"PK\x03\x04"}, "\"PK\x03\x04\"\n"},
		{"like a picture", CSVFormat{Encoding: "windows-1252"}, []string{"ÿØÿ"}, "\"\xFF\xD8\xFF\"\n"},
		{"like UTF-16", CSVFormat{Encoding: "windows-1252"}, []string{"ÿþa"}, "\"\xFF\xFEa\"\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			w, err := NewCSVWriter(&out, tt.format)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.Write(tt.row), w.Flush(), w.Flush()); err != nil {
				t.Fatal(err)
			}
			if out.String() != tt.want {
				t.Errorf("%q, want %q", out.String(), tt.want)
			}
		})
	}
}

func ExampleCSVWriter() {
	w, err := NewCSVWriter(os.Stdout, CSVFormat{Encoding: "utf-8", Delimiter: ';'})
	if err != nil {
		panic(err)
	}
	for _, row := range [][]string{{"标签组名称", "备注"}, {"意向", "a;b"}, {"电话", Guard("+86")}} {
		if err := w.Write(row); err != nil {
			panic(err)
		}
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	// Output:
	// 标签组名称;备注
	// 意向;"a;b"
	// 电话;'+86
}

func TestCSVWriterRefuses(t *testing.T) {
	for _, f := range []CSVFormat{{Encoding: "ebcdic"}, {Delimiter: '"'}, {Delimiter: '\n'}, {Encoding: encWin1252, Delimiter: '，'}} {
		if _, err := NewCSVWriter(nil, f); err == nil {
			t.Errorf("%+v: no error", f)
		}
	}
	for _, tt := range []struct{ enc, cell, name string }{
		{encBig5, "a😀", "U+1F600"}, {encShiftJIS, "签", "U+7B7E"}, {encWin1252, "意", "U+610F"},
		{encUTF8, "a\xFFb", `\xff`}, {encGB18030, "\xED\xA0\x80", `\xed`}, {encUTF16LE, "\xC0", `\xc0`},
	} {
		var out bytes.Buffer
		w, err := NewCSVWriter(&out, CSVFormat{Encoding: tt.enc})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write([]string{"good"}); err != nil {
			t.Fatal(err)
		}
		failed := w.Write([]string{"x", tt.cell})
		if failed == nil || !strings.Contains(failed.Error(), tt.name) {
			t.Errorf("%s: error %v does not name %s", tt.enc, failed, tt.name)
		}
		if again, flushed := w.Write([]string{"x"}), w.Flush(); again != failed || flushed != failed {
			t.Errorf("%s: then %v, %v", tt.enc, again, flushed)
		}
	}
}

// fullDisk fails after some bytes.
type fullDisk struct{ room int }

var errFull = errors.New("no space left")

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	if d.room -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestCSVWriterKeepsItsError(t *testing.T) {
	w, err := NewCSVWriter(&fullDisk{room: 100_000}, CSVFormat{})
	if err != nil {
		t.Fatal(err)
	}
	row := []string{strings.Repeat("x", 1000)}
	var failed error
	for range 1000 {
		if failed = w.Write(row); failed != nil {
			break
		}
	}
	if !errors.Is(failed, errFull) || !errors.Is(w.Flush(), errFull) {
		t.Errorf("Write: %v, then Flush: %v", failed, w.Flush())
	}
}

func TestWriteRawIsRefusedAgain(t *testing.T) {
	in := "a,b,c\n1,\"open,x\n2,\"y\"z,x\n3,ok,x\n"
	rows, _ := readRows(t, openContent(t, []byte(in), Options{}))
	var out bytes.Buffer
	w, err := NewCSVWriter(&out, CSVFormat{})
	if err != nil {
		t.Fatal(err)
	}
	for i, cells := range values(rows) {
		write := w.Write
		if rows[i].Faults != nil {
			write = w.WriteRaw
		}
		if err := write(append(cells, "reason")); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	again, _ := readRows(t, openContent(t, out.Bytes(), Options{}))
	for i := range rows {
		if diff := cmp.Diff(rows[i].Faults, again[i].Faults); diff != "" {
			t.Errorf("row %d: %s", i+1, diff)
		}
	}
}

// alphabets are characters that each encoding holds.
var alphabets = map[string][]rune{
	encUTF8:     []rune("ab1 ,;\t|，\"'=+-\r\n标签意向㐀𠀀€😀é\u00A0\u3000\u200B"),
	encGB18030:  []rune("ab1 ,;\t|，\"'=+-\r\n标签意向㐀𠀀€😀é\u00A0\u3000\u200B"),
	encUTF16LE:  []rune("ab1 ,;\t|，\"'=+-\r\n标签意向㐀𠀀€😀é\u00A0\u3000\u200B"),
	encUTF16BE:  []rune("ab1 ,;\t|，\"'=+-\r\n标签意向㐀𠀀€😀é\u00A0\u3000\u200B"),
	encBig5:     []rune("ab1 ,;\t|，\"'=+-\r\n標籤意向\u3000"),
	encShiftJIS: []rune("ab1 ,;\t|，\"'=+-\r\n意向ｱあ\u3000"),
	encWin1252:  []rune("ab1 ,;\t|\"'=+-\r\né€Ÿ\u00A0"),
}

// trimmed is a table as it must come back: without blank cells at the ends of
// rows and without blank rows.
func trimmed(table [][]string) [][]string {
	var all [][]string
	for _, row := range table {
		n := len(row)
		for n > 0 && isBlank([]byte(row[n-1])) {
			n--
		}
		if n > 0 {
			all = append(all, row[:n])
		}
	}
	return all
}

// rapidFile reads the rows of content; rapid's T is no testing.TB.
func rapidFile(t *rapid.T, path string, content []byte, opt Options) (Info, [][]string, []Fault) {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := f.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := drain(r)
	if err != nil {
		t.Fatal(err)
	}
	var faults []Fault
	for _, row := range rows {
		faults = append(faults, row.Faults...)
	}
	return f.Info, values(rows), faults
}

func TestCSVRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	for enc, alphabet := range alphabets {
		delims := delimiters
		if enc == encWin1252 {
			delims = delimiters[:4] // it has no full-width comma
		}
		rapid.Check(t, func(t *rapid.T) {
			cell := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 12, -1)
			table := rapid.SliceOfN(rapid.SliceOfN(cell, 0, 5), 0, 8).Draw(t, "table")
			delim := rapid.SampledFrom(delims).Draw(t, "delimiter")
			var out bytes.Buffer
			w, err := NewCSVWriter(&out, CSVFormat{enc, delim, rapid.Bool().Draw(t, "bom"), rapid.Bool().Draw(t, "crlf")})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range table {
				var guarded []string
				for _, c := range row {
					guarded = append(guarded, Guard(c))
				}
				if err := w.Write(guarded); err != nil {
					t.Fatal(err)
				}
			}
			w.Flush()
			_, got, faults := rapidFile(t, path, out.Bytes(), Options{Encoding: enc, Delimiter: delim})
			if diff := cmp.Diff(trimmed(table), got); diff != "" || faults != nil {
				t.Fatalf("%s %q: faults %v: %s\n%q", enc, delim, faults, diff, out.Bytes())
			}
		})
	}
}

func TestEveryCharacterRoundTrips(t *testing.T) {
	// Every character that is no fault comes back from the encodings that hold
	// all of them, or, a few private ones in gb18030, is refused.
	var cells []string
	refused := 0
	for r := rune(' '); r <= 0x10FFFF; r++ {
		if s := string(r); plainPrefix([]byte(s)) == len(s) && (r < 0x30000 || r%0x101 == 0) {
			if _, err := encodeGB18030(nil, []byte(s), legacyEncoding(encGB18030).NewEncoder()); err != nil {
				refused++
				if r != notUserDefined && (r < endUserDefined || r > 0xE864) {
					t.Errorf("%U is refused", r)
				}
				continue
			}
			if n := len(cells) - 1; n >= 0 && len(cells[n]) < 1000 {
				cells[n] += s
			} else {
				cells = append(cells, "x"+s)
			}
		}
	}
	if refused > 180 {
		t.Errorf("%d characters are refused", refused)
	}
	for _, enc := range []string{encUTF8, encGB18030, encUTF16LE} {
		var out bytes.Buffer
		w, err := NewCSVWriter(&out, CSVFormat{Encoding: enc})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			if err := w.Write([]string{c}); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		rows, _ := readRows(t, openContent(t, out.Bytes(), Options{Encoding: enc, Delimiter: ','}))
		for i, got := range values(rows) {
			if got[0] != cells[i] {
				t.Errorf("%s: %s", enc, cmp.Diff([]rune(cells[i]), []rune(got[0])))
			}
		}
		if len(rows) != len(cells) {
			t.Errorf("%s: %d rows of %d", enc, len(rows), len(cells))
		}
	}
}

func TestStandardLibraryAgrees(t *testing.T) {
	// What encoding/csv writes is read, and what is written it reads.
	path := filepath.Join(t.TempDir(), "a.csv")
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOfN(rapid.SampledFrom([]rune("ab ,;\"\n标'")), 0, 8, -1)
		columns := rapid.IntRange(1, 4).Draw(t, "columns")
		table := rapid.SliceOfN(rapid.SliceOfN(cell, columns, columns), 1, 8).Draw(t, "table")
		var theirs, ours bytes.Buffer
		std := stdcsv.NewWriter(&theirs)
		if err := std.WriteAll(table); err != nil {
			t.Fatal(err)
		}
		_, got, faults := rapidFile(t, path, theirs.Bytes(), Options{Delimiter: ',', KeepGuards: true})
		if diff := cmp.Diff(trimmed(table), got); diff != "" || faults != nil {
			t.Fatalf("faults %v: %s", faults, diff)
		}
		w, err := NewCSVWriter(&ours, CSVFormat{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range table {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		back, err := stdcsv.NewReader(&ours).ReadAll()
		if err != nil || !slices.EqualFunc(back, table, slices.Equal) {
			t.Fatalf("%v: %s", err, cmp.Diff(table, back))
		}
	})
}
