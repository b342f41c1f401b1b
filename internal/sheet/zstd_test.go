package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func compressed(t *testing.T, content []byte, opts ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A compressed CSV file is read as the file in it is, whatever its name, its
// encoding and its size, as often as one likes.
func TestCompressedCSV(t *testing.T) {
	var long strings.Builder
	for i := range 40000 {
		fmt.Fprintf(&long, "wm%d;客户%d;备注\r\n", i, i)
	}
	for _, content := range []string{"", "a,b\n1,2\n", "\xEF\xBB\xBF客户ID,手机号\r\n", "sep=;\na;b\n", "\xBF\xCD\xBB\xA7ID,\xCA\xD6\xBB\xFA\n", long.String()} {
		path := filepath.Join(t.TempDir(), "c.csv")
		if err := os.WriteFile(path, compressed(t, []byte(content)), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		plain := openContent(t, []byte(content), Options{})
		if f.Info.Format != CSV || f.Info.Encoding != plain.Info.Encoding || f.Info.Delimiter != plain.Info.Delimiter || f.Info.SepLine != plain.Info.SepLine {
			t.Errorf("%.20q: %+v, want %+v", content, f.Info, plain.Info)
		}
		for range 2 {
			got, want := allRows(t, f), allRows(t, plain)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%.20q: %.200v, want %.200v", content, got, want)
			}
		}
		if err := f.Changed(); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// allRows are the rows, and the reading ends at the file's size.
func allRows(t *testing.T, f *File) []Row {
	t.Helper()
	var all []Row
	_, err := f.Each(t.Context(), func(rows []Row, offset int64) error {
		if offset > f.Info.Size {
			return fmt.Errorf("at byte %d of %d", offset, f.Info.Size)
		}
		all = append(all, rows...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What is no CSV file inside, is cut off, was changed or takes too much is
// refused, and never read in part.
func TestCompressedFaults(t *testing.T) {
	text := []byte(strings.Repeat("a,b\n1,2\n", 50000))
	whole := compressed(t, text)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-2] ^= 1 // in the checksum
	for _, tt := range []struct {
		name    string
		content []byte
		reason  Reason
	}{
		{"a workbook", compressed(t, []byte("PK\x03\x04 and so on")), OtherFormat},
		{"a web page", compressed(t, []byte("<html><table>")), OtherFormat},
		{"twice", compressed(t, compressed(t, []byte("a,b\n"))), OtherFormat},
		{"cut off", whole[:len(whole)-7], Damaged},
		{"flipped", flipped, Damaged},
		{"a wide window", compressed(t, bytes.Repeat(text, 60), zstd.WithWindowSize(64<<20), zstd.WithSingleSegment(false)), Hostile},
	} {
		if got := openFault(t, tt.content, Options{}); got.Reason != tt.reason {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	path := filepath.Join(t.TempDir(), "bomb")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := newInflated(f, path)
	defer z.close()
	z.max = 100000
	refused := (*FileError)(nil)
	if _, err := io.Copy(io.Discard, io.NewSectionReader(z, 0, 1<<62)); !errors.As(err, &refused) || refused.Reason != Hostile {
		t.Errorf("beyond the limit: %v", err)
	}
}
