// Package sheet reads spreadsheets as they are found in the wild, CSV in any
// encoding and delimiter and XLSX from any program, as a stream of numbered
// rows, and writes them back.
//
// What a file is, is decided by its bytes, never by its name. Memory stays
// bounded whatever the file's size, declared or real. A file that is broken,
// hostile or of another format is refused with a *FileError; it is never read
// in part and taken for whole: Read returns io.EOF only after the structure
// was checked to its end (zip CRC, XML end tags).
//
// The package knows nothing of tags or customers: what a column means is the
// business of package table.
package sheet

import (
	"fmt"
	"time"
)

// Limits of what is read. A longer cell is a fault of its row; a larger token
// or part refuses the file.
const (
	MaxCellChars  = 32767    // characters (runes) in a cell, as in Excel
	MaxTokenBytes = 16 << 20 // one cell, XML token or CSV record
	MaxPartBytes  = 8 << 30  // one inflated part of a workbook
	MaxRows       = 1048576  // rows of an XLSX sheet
	MaxColumns    = 16384    // columns of an XLSX sheet
)

// KindMark ends a cell of a repair file whose value is right as a text but was
// refused for what it is: a date, an error, a formula, a rounded number. Written
// without the mark it would be taken for what was meant. It reads back as the
// fault ControlCharacter.
const KindMark = "\u007f"

// Format is what a file turned out to be.
type Format string

// The formats that are read.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Options narrow what Open would otherwise find out by itself. The zero value
// detects everything.
type Options struct {
	// Encoding is "", "auto", "utf-8", "gb18030" (also "gbk", "gb2312"),
	// "utf-16le", "utf-16be", "big5", "shift_jis" or "windows-1252".
	Encoding string
	// Delimiter of a CSV file, 0 to detect it.
	Delimiter rune
	// Sheet of a workbook by name, "" to choose.
	Sheet string
	// Fit scores how well the first rows (up to 20) of a candidate sheet or
	// delimiter suit the caller; the best one is taken, the first among equals.
	// nil: the first visible sheet, the most regular delimiter.
	Fit func(rows []Row) int
	// FillMerged gives every cell of a merged range the value of its anchor.
	FillMerged bool
	// KeepGuards leaves the text guards of CSV cells ('=1+1 and ="0123") as they
	// stand in the file; a repair file is written from such cells.
	KeepGuards bool
}

// Info is what was found out about a file.
type Info struct {
	Path      string
	Format    Format
	Size      int64     // bytes
	ModTime   time.Time // as the file system has it
	SHA256    string    // hex, over the whole file
	Encoding  string    // CSV: canonical name as in Options.Encoding; XLSX: "utf-8"
	Detected  bool      // the encoding was found out, not named
	BOM       bool      // the file starts with a byte order mark
	Delimiter rune      // CSV only
	SepLine   bool      // CSV: the first line is Excel's sep=; line
	CRLF      bool      // CSV: the first line ends in CR LF
	Sheet     string    // XLSX: the sheet that is read
	Sheets    []SheetInfo
	Date1904  bool // XLSX: serial dates count from 1904
	// Active names what a workbook carries and tagkeep ignores: "macros",
	// "external links", "embedded objects", "data connections".
	Active []string
}

// SheetInfo is one sheet of a workbook.
type SheetInfo struct {
	Name   string
	Hidden bool // hidden or veryHidden
	Chart  bool // no cells to read
	Read   bool // the one that is read
}

// Row is one row that has at least one cell that is not blank.
type Row struct {
	// Number is the row as the spreadsheet shows it, from 1. In a CSV file
	// every record counts as one row, blank lines too, as in Excel.
	Number int
	// Line is the first physical line of a CSV record, from 1; in XLSX it
	// equals Number.
	Line int
	// Cells without trailing blank ones; index 0 is column A.
	Cells []Cell
	// Faults of the row, nil when it was read cleanly.
	Faults []Fault
	// Hidden by hand, by a filter or in a collapsed group.
	Hidden bool
}

// CellKind says how a cell's Value is to be taken.
type CellKind uint8

// The kinds of cells. CSV cells are Blank or Text.
const (
	Blank         CellKind = iota // no value, or only white space
	Text                          // Value as written
	Number                        // Value is the stored number in plain decimal: 13800138000, 0.5
	Date                          // Value is 2024-03-05, 2024-03-05T08:30:00 or, without a day, 08:30:00
	Bool                          // Value is TRUE or FALSE
	ErrorCell                     // Value is #N/A, #REF!, …
	NotCalculated                 // a formula that was never calculated; Value is "=" + the formula
	Picture                       // a picture in a cell (DISPIMG); Value is blank
)

// Cell is one cell. Its strings stay valid after the next Read.
type Cell struct {
	Kind  CellKind
	Value string
	// Suspect: the stored number has more than 15 significant digits, which is
	// all that Excel keeps, or is written with an exponent that hides digits.
	Suspect bool
	// ZeroPadded: Value is Number with the leading zeros that its number format
	// (such as 000000) shows.
	ZeroPadded bool
	// Merged: the cell lies in a merged range and is not its anchor.
	Merged bool
}

// FaultKind is what is wrong with a row as far as the file format goes.
type FaultKind uint8

// The faults of rows.
const (
	UnterminatedQuote FaultKind = iota + 1 // a quote that is never closed
	StrayQuote                             // text around quotes that has no one reading
	RepairedQuote                          // an inner quote was not doubled; only one reading, taken (a warning)
	BrokenBytes                            // bytes that are not of the file's encoding
	ControlCharacter                       // NUL, U+FEFF inside, other controls, lone surrogates
	CellTooLong                            // more than MaxCellChars characters
)

// Fault is one of them.
type Fault struct {
	Kind   FaultKind
	Column int    // 0-based, -1 when no one cell is meant
	Detail string // for BrokenBytes the byte offset in the file, for ControlCharacter U+XXXX
}

// Reason says why a file was refused.
type Reason string

// The reasons. Commands turn them into a sentence with the way out.
const (
	LegacyXLS      Reason = "legacy-xls"     // BIFF .xls or .et
	Encrypted      Reason = "encrypted"      // a workbook with a password
	HTML           Reason = "html"           // an HTML or XML table named .xls
	OtherFormat    Reason = "other-format"   // .xlsb, .ods, .numbers, PDF, a picture, …: Detail names it
	NotAWorkbook   Reason = "not-a-workbook" // a zip without a workbook in it
	Damaged        Reason = "damaged"        // truncated, bad CRC, XML that does not end
	Hostile        Reason = "hostile"        // breaks a limit: Detail says which
	NoSuchSheet    Reason = "no-such-sheet"  // Detail lists the sheets there are
	NoCells        Reason = "no-cells"       // a workbook without a readable sheet
	EncodingUnsure Reason = "encoding"       // no encoding fits; name one
	Changed        Reason = "changed"        // size, time or content changed while it was read
)

// FileError refuses a file. Nothing was written because of it.
type FileError struct {
	Path   string
	Reason Reason
	Detail string
	Err    error // the cause, may be nil
}

func (e *FileError) Error() string {
	msg := fmt.Sprintf("read %s: %s", e.Path, e.Reason)
	if e.Detail != "" {
		msg += ": " + e.Detail
	}
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// ColumnName is the letter of the 0-based column i as a spreadsheet shows it.
func ColumnName(i int) string {
	if i < 0 {
		return ""
	}
	var b []byte
	for i++; i > 0; i = (i - 1) / 26 {
		b = append([]byte{byte('A' + (i-1)%26)}, b...)
	}
	return string(b)
}
