package sheet

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// sniffLen is how much of a file's start sniff wants to see.
const sniffLen = 4096

// found is what the first bytes of a file say it is.
type found struct {
	kind fileKind
	name string // of another format, as it is said to people
}

type fileKind uint8

const (
	plainText  fileKind = iota // CSV, as far as the first bytes can tell
	zipArchive                 // a workbook, .ods, .numbers, …
	oleFile                    // .xls, .et, .doc or a workbook with a password
	biffStream                 // .xls of before 1993, not in an OLE file
	markup                     // HTML or XML
	zstdFrame                  // what it holds is looked at in its turn
	otherFile
)

// magics are the formats told by fixed first bytes. Each is long enough, or
// holds a byte no text has, so that no column header can be mistaken for it.
var magics = []struct {
	magic string
	found found
}{
	{"PK\x03\x04", found{kind: zipArchive}},
	{"PK\x05\x06", found{kind: zipArchive}},
	{"PK\x07\x08", found{kind: zipArchive}},
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", found{kind: oleFile}},
	{"\x09\x00\x04\x00", found{kind: biffStream}},
	{"\x09\x02\x06\x00", found{kind: biffStream}},
	{"\x09\x04\x06\x00", found{kind: biffStream}},
	{"\x09\x08\x08\x00", found{kind: biffStream}},
	{"\x09\x08\x10\x00", found{kind: biffStream}},
	{"%PDF-", found{otherFile, "PDF"}},
	{"\x89PNG\r\n\x1A\n", found{otherFile, "PNG picture"}},
	{"\xFF\xD8\xFF", found{otherFile, "JPEG picture"}},
	{"GIF87a", found{otherFile, "GIF picture"}},
	{"GIF89a", found{otherFile, "GIF picture"}},
	{"\x1F\x8B\x08", found{otherFile, "gzip"}},
	{"\x28\xB5\x2F\xFD", found{zstdFrame, "zstd"}},
	{"\xFD7zXZ\x00", found{otherFile, "xz"}},
	{"BZh91AY&SY", found{otherFile, "bzip2"}},
	{"7z\xBC\xAF\x27\x1C", found{otherFile, "7z"}},
	{"Rar!\x1A\x07", found{otherFile, "RAR"}},
	{"SQLite format 3\x00", found{otherFile, "SQLite database"}},
	{"{\\rtf1", found{otherFile, "RTF"}},
	{"ID;PWXL", found{otherFile, "SYLK (.slk)"}},
}

// sniff tells what a file is from its first bytes.
func sniff(head []byte) found {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.found
		}
	}
	// Zstandard skippable frames, with which a snapshot of this tool begins.
	if len(head) >= 4 && head[0]&0xF0 == 0x50 && bytes.Equal(head[1:4], []byte("\x2A\x4D\x18")) {
		return found{otherFile, "zstd"}
	}
	if isMarkup(head) {
		return found{kind: markup}
	}
	return found{}
}

// openings are the tags with which the tables that are named .xls begin, and
// the MIME header of those that were saved as a single web page.
var openings = []string{
	"<!doctype", "<!--", "<?xml", "<html", "<head", "<body", "<meta", "<table", "<style",
	"<title", "<div", "<script", "<frameset", "<center", "<font", "<workbook", "<svg",
	"mime-version:",
}

// isMarkup tells HTML and XML, also in UTF-16, from a cell that merely starts
// with <, such as <清空>.
func isMarkup(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")) {
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	head = bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	head = bytes.ToLower(bytes.TrimLeft(head, " \t\r\n"))
	for _, o := range openings {
		if bytes.HasPrefix(head, []byte(o)) {
			return true
		}
	}
	if !bytes.HasPrefix(head, []byte("<")) {
		return false
	}
	return bytes.Contains(head, []byte("<table")) || bytes.Contains(head, []byte("<tr")) || bytes.Contains(head, []byte("<html"))
}

// oleReason tells apart what comes in an OLE2 file, by the names in its
// directory.
func oleReason(r io.ReaderAt) (Reason, string) {
	for _, name := range oleNames(r) {
		switch name {
		case "EncryptedPackage", "EncryptionInfo":
			return Encrypted, ""
		case "WordDocument":
			return OtherFormat, "Word document (.doc)"
		case "PowerPoint Document":
			return OtherFormat, "PowerPoint presentation (.ppt)"
		}
	}
	return LegacyXLS, ""
}

// The parts of the OLE2 format that lead to the directory.
const (
	oleHeaderLen  = 512
	oleEntryLen   = 128
	oleMaxSectors = 1024 // of a directory; an honest one has a handful
)

// oleNames lists the names in the directory of an OLE2 file, as far as it can
// be read: what is cut off or points outside of the file ends the list.
func oleNames(r io.ReaderAt) []string {
	header := make([]byte, oleHeaderLen)
	if _, err := r.ReadAt(header, 0); err != nil {
		return nil
	}
	shift := binary.LittleEndian.Uint16(header[0x1E:])
	if shift != 9 && shift != 12 {
		return nil
	}
	sector := make([]byte, 1<<shift)
	readSector := func(n uint32) bool {
		_, err := r.ReadAt(sector, (int64(n)+1)<<shift)
		return err == nil
	}
	var names []string
	next := binary.LittleEndian.Uint32(header[0x30:])
	for range oleMaxSectors {
		if !readSector(next) {
			return names
		}
		for e := sector; len(e) >= oleEntryLen; e = e[oleEntryLen:] {
			if name := oleName(e); name != "" {
				names = append(names, name)
			}
		}
		// The next sector of the chain stands in the allocation table, whose own
		// first 109 sectors are listed in the header.
		perSector := uint32(len(sector) / 4)
		table := next / perSector
		if table >= 109 || !readSector(binary.LittleEndian.Uint32(header[0x4C+4*table:])) {
			return names
		}
		next = binary.LittleEndian.Uint32(sector[4*(next%perSector):])
	}
	return names
}

// oleName is the name of a directory entry: UTF-16LE, its length in bytes with
// the final NUL after it.
func oleName(entry []byte) string {
	n := int(binary.LittleEndian.Uint16(entry[64:]))
	if n < 4 || n > 64 {
		return ""
	}
	units := make([]uint16, n/2-1)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(entry[2*i:])
	}
	return string(utf16.Decode(units))
}
