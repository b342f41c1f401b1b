package sheet

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"", "a,b\n1,2\n", "sep=;\r\na;b\r\n", "\uFEFF标签组\t标签\r\n", "\"a\nb\",c\r\"d", "\"a \"b\" c\",d\n",
		"1,\"open\n2,\"x\"y\n", "=\"0123\",'+86\n\n,,\n", "\x00,\xFF\n", "\xFF\xFEa\x00,\x00\x3D\xD8", "\xFE\xFF\x00a",
		"\xB1\xEA\xC7\xA9,\xD2\xE2\xCF\xF2\n", "\x84\x31\x95\x33a", "a，b\r\r\n\n\r", "\"\"\"\"\"\n\"\" \"\",\" \"x",
		strings.Repeat("\"a,\n", 300), strings.Repeat("\"", 99) + "\n", "PK\x03\x04", "<html>",
	} {
		for _, enc := range []string{"", encGB18030, encUTF16LE, encShiftJIS} {
			f.Add([]byte(seed), enc, ',')
		}
		f.Add([]byte(seed), "", rune(0))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte, enc string, delim rune) {
		path := filepath.Join(dir, "a.csv")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := canonicalEncoding(enc); err != nil {
			enc = ""
		}
		if !validDelimiter(delim) {
			delim = 0
		}
		file, err := Open(context.Background(), path, Options{Encoding: enc, Delimiter: delim})
		var refused *FileError
		if errors.As(err, &refused) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if file.Info.Format != CSV {
			return
		}
		checkReading(t, file, len(content))
	})
}

// checkReading reads to the end and checks what holds for every CSV file.
func checkReading(t *testing.T, file *File, size int) {
	r, err := file.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	number, line, records, text := 0, 0, 0, 0
	for {
		var dst [7]Row
		n, err := r.Read(dst[:])
		for _, row := range dst[:n] {
			records++
			if row.Number <= number || row.Line <= line || len(row.Cells) == 0 {
				t.Fatalf("row %+v behind number %d, line %d", row, number, line)
			}
			number, line = row.Number, row.Line
			for _, c := range row.Cells {
				text += len(c.Value)
				if !utf8.ValidString(c.Value) {
					t.Fatalf("cell %q is not UTF-8", c.Value)
				}
			}
			for _, f := range row.Faults {
				if f.Column < 0 || f.Column >= len(row.Cells) {
					t.Fatalf("fault %+v of %d cells", f, len(row.Cells))
				}
			}
			if last := row.Cells[len(row.Cells)-1]; last.Kind == Blank && row.Faults == nil {
				t.Fatalf("a blank cell at the end of %+v", row)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			var refused *FileError
			if errors.As(err, &refused) && refused.Reason == Hostile {
				return
			}
			t.Fatal(err)
		}
	}
	if number > records+r.Blank() || r.Offset() != int64(size) {
		t.Fatalf("%d records, %d blank, last number %d; offset %d of %d", records, r.Blank(), number, r.Offset(), size)
	}
	if text > 3*size { // a byte decodes to three at the most
		t.Fatalf("%d bytes of text from a file of %d", text, size)
	}
}
