package sheet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"
)

func TestCase1ContentDecides(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		reason        Reason
		detail        string
	}{
		{"html", "<html><body><table>", HTML, ""},
		{"html with BOM and space", "\xEF\xBB\xBF \r\n<!DOCTYPE html>", HTML, ""},
		{"html in UTF-16", "\xFF\xFE<\x00t\x00a\x00b\x00l\x00e\x00>\x00", HTML, ""},
		{"a tag not listed", "<section><tr><td>1</td></tr>", HTML, ""},
		{"xml", `<?xml version="1.0"?><Workbook>`, HTML, ""},
		{"web page in one file", "MIME-Version: 1.0\r\n", HTML, ""},
		{"pdf", "%PDF-1.7", OtherFormat, "PDF"},
		{"png", "\x89PNG\r\n\x1A\n", OtherFormat, "PNG picture"},
		{"jpeg", "\xFF\xD8\xFF\xE0", OtherFormat, "JPEG picture"},
		{"gzip", "\x1F\x8B\x08\x00", OtherFormat, "gzip"},
		{"zstd of nothing", "\x28\xB5\x2F\xFD", Damaged, ""},
		{"a snapshot", "\x50\x2A\x4D\x18", OtherFormat, "zstd"},
		{"7z", "7z\xBC\xAF\x27\x1C", OtherFormat, "7z"},
		{"rar", "Rar!\x1A\x07\x01\x00", OtherFormat, "RAR"},
		{"old xls", "\x09\x04\x06\x00\x00\x00\x10\x00", LegacyXLS, ""},
		{"cut off xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", LegacyXLS, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := openFault(t, []byte(tt.content), Options{})
			if got.Reason != tt.reason || got.Detail != tt.detail {
				t.Errorf("%s %q, want %s %q", got.Reason, got.Detail, tt.reason, tt.detail)
			}
		})
	}
}

func TestCase1TextIsCSV(t *testing.T) {
	for _, content := range []string{"PK,name\n1,a\n", "<清空>,x\n", "<b,c\n", "Rar,7z\n", "ID;Phone\n1;2\n", "BM,a\n"} {
		if f := openContent(t, []byte(content), Options{}); f.Info.Format != CSV {
			t.Errorf("%q is %s", content, f.Info.Format)
		}
	}
}

// oleContent is an OLE2 file with a directory of these names, four a sector,
// and the sectors of the directory in descending order.
func oleContent(names ...string) []byte {
	const sector, free, end = 512, 0xFFFFFFFF, 0xFFFFFFFE
	sectors := (len(names) + 3) / 4
	file := make([]byte, sector*(2+sectors))
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(file[at:], v) }
	copy(file, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	binary.LittleEndian.PutUint16(file[0x1E:], 9)
	put(0x30, uint32(sectors)) // sector 0 is the table, the directory ends in 1
	for i := range 109 {
		put(0x4C+4*i, free)
	}
	put(0x4C, 0)
	for s := sectors; s > 0; s-- {
		next := uint32(s - 1)
		if s == 1 {
			next = end
		}
		put(sector+4*s, next)
	}
	for i, name := range names {
		entry := file[sector*(1+sectors-i/4)+128*(i%4):]
		units := utf16.Encode([]rune(name))
		for j, u := range units {
			binary.LittleEndian.PutUint16(entry[2*j:], u)
		}
		binary.LittleEndian.PutUint16(entry[64:], uint16(2*len(units)+2))
	}
	return file
}

func TestCase3Encrypted(t *testing.T) {
	for _, tt := range []struct {
		names  []string
		reason Reason
	}{
		{[]string{"Root Entry", "Workbook", "\x05SummaryInformation"}, LegacyXLS},
		{[]string{"Root Entry", "Book"}, LegacyXLS},
		{[]string{"Root Entry", "EncryptionInfo", "EncryptedPackage"}, Encrypted},
		{[]string{"Root Entry", "\x06DataSpaces", "Version", "DataSpaceMap", "DataSpaceInfo", "x", "TransformInfo", "y", "\x06Primary", "EncryptedPackage"}, Encrypted},
		{[]string{"Root Entry", "1Table", "WordDocument"}, OtherFormat},
	} {
		if got := openFault(t, oleContent(tt.names...), Options{}); got.Reason != tt.reason {
			t.Errorf("%q: %s, want %s", tt.names, got.Reason, tt.reason)
		}
	}
}

func TestOLEDirectoryThatNeverEnds(t *testing.T) {
	file := oleContent("Root Entry", "Workbook")
	binary.LittleEndian.PutUint32(file[512+4:], 1) // sector 1 follows itself
	if got := len(oleNames(bytes.NewReader(file))); got != 2*oleMaxSectors {
		t.Errorf("%d names", got)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	var refused *FileError
	for path, want := range map[string]error{filepath.Join(dir, "missing.csv"): fs.ErrNotExist, dir: nil} {
		_, err := Open(context.Background(), path, Options{})
		if err == nil || errors.As(err, &refused) || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	secret := tempCSV(t, []byte("a"))
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), secret, Options{}); os.Geteuid() != 0 && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("no permission: %v", err)
	}
	for _, opt := range []Options{{Encoding: "ebcdic"}, {Delimiter: '"'}, {Delimiter: '\n'}} {
		if _, err := Open(context.Background(), tempCSV(t, []byte("a,b\n")), opt); err == nil || errors.As(err, &refused) {
			t.Errorf("%+v: %v", opt, err)
		}
	}
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, tempCSV(t, []byte("a,b\n")), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
}
