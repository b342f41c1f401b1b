package sheet

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
)

// Limits of the zip around a workbook.
const (
	maxZipDirectory = 4 << 20  // bytes of its directory, read before anything is known of it
	maxZipEntries   = 1 << 16  // a workbook with as many pictures is still read
	maxSmallPart    = 16 << 20 // an inflated part that is kept in memory
	// A small part that inflates to more than the floor must not do so by more
	// than the ratio. Sheets are exempt: honest repeated rows deflate 300:1.
	smallPartFloor = 4 << 20
	smallPartRatio = 200
	zipReadSize    = 64 << 10
)

// xlsxZip is the directory of a workbook's zip. Parts are found by name as in
// OPC: without regard to case and with / between the steps.
type xlsxZip struct {
	path  string // of the file, for errors
	parts map[string]*zip.File
}

// openXLSXZip reads the directory of the zip in r, which must outlive it.
func openXLSXZip(r io.ReaderAt, size int64, filePath string) (*xlsxZip, error) {
	metered := &directoryMeter{r: r}
	metered.left.Store(maxZipDirectory)
	zr, err := zip.NewReader(metered, size)
	if metered.left.Load() < 0 {
		return nil, &FileError{Path: filePath, Reason: Hostile,
			Detail: fmt.Sprintf("a zip directory of more than %d bytes", maxZipDirectory)}
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, directoryError(filePath, err)
	}
	metered.left.Store(math.MaxInt64)
	if len(zr.File) > maxZipEntries {
		return nil, &FileError{Path: filePath, Reason: Hostile,
			Detail: fmt.Sprintf("a zip with more than %d entries", maxZipEntries)}
	}
	zr.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser {
		return flate.NewReader(bufio.NewReaderSize(r, zipReadSize))
	})
	z := &xlsxZip{path: filePath, parts: make(map[string]*zip.File, len(zr.File))}
	for _, f := range zr.File {
		if err := z.add(f); err != nil {
			return nil, err
		}
	}
	return z, nil
}

func directoryError(filePath string, err error) error {
	if isReadError(err) {
		return fmt.Errorf("read %s: %w", filePath, err)
	}
	return &FileError{Path: filePath, Reason: Damaged, Err: err,
		Detail: "the zip directory at the end of the file is missing or broken: the file was cut off"}
}

// add enters f unless its name is one that only an attacker gives.
func (z *xlsxZip) add(f *zip.File) error {
	name := strings.ReplaceAll(f.Name, `\`, "/") // some programs for Windows write it so
	hostile := func(what string) error {
		return &FileError{Path: z.path, Reason: Hostile, Detail: fmt.Sprintf("zip entry %s: %s", clip([]byte(f.Name)), what)}
	}
	switch clean := path.Clean(name); {
	case path.IsAbs(name) || len(name) > 1 && name[1] == ':':
		return hostile("an absolute name")
	case clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains(name, "/../"):
		return hostile("a name that leaves the archive")
	case strings.HasSuffix(name, "/"):
		return nil // a folder
	default:
		key := strings.ToLower(clean)
		if z.parts[key] != nil {
			return hostile("the name stands twice")
		}
		z.parts[key] = f
		return nil
	}
}

func (z *xlsxZip) find(name string) *zip.File {
	return z.parts[strings.ToLower(strings.TrimPrefix(name, "/"))]
}

func (z *xlsxZip) has(name string) bool { return z.find(name) != nil }

// partReader reads one part and counts what is really inflated. It returns
// io.EOF only after the checksum was found right; its other errors are for the
// user, a *FileError where the file is to blame.
type partReader struct {
	rc    io.ReadCloser
	file  *zip.File
	path  string
	small bool
	limit int64
	n     atomic.Int64 // inflated so far
}

// openPart opens a part of any size.
func (z *xlsxZip) openPart(f *zip.File) (*partReader, error) {
	return z.open(f, MaxPartBytes, false)
}

// openSmall opens a part whose content is kept in memory.
func (z *xlsxZip) openSmall(f *zip.File) (*partReader, error) {
	return z.open(f, maxSmallPart, true)
}

func (z *xlsxZip) open(f *zip.File, limit int64, small bool) (*partReader, error) {
	p := &partReader{file: f, path: z.path, limit: limit, small: small}
	if f.Flags&1 != 0 {
		return nil, &FileError{Path: z.path, Reason: Encrypted, Detail: "the zip has a password"}
	}
	if !f.Mode().IsRegular() {
		return nil, &FileError{Path: z.path, Reason: Hostile, Detail: clip([]byte(f.Name)) + " is no plain file"}
	}
	rc, err := f.Open()
	if err != nil {
		return nil, p.cause(err)
	}
	p.rc = rc
	return p, nil
}

func (p *partReader) Read(b []byte) (int, error) {
	n, err := p.rc.Read(b)
	total := p.n.Add(int64(n))
	if total > p.limit {
		return 0, &FileError{Path: p.path, Reason: Hostile,
			Detail: fmt.Sprintf("%s inflates to more than %d bytes", p.name(), p.limit)}
	}
	if p.small && total > smallPartFloor && total/smallPartRatio > int64(p.file.CompressedSize64) {
		return 0, &FileError{Path: p.path, Reason: Hostile,
			Detail: fmt.Sprintf("%s inflates to more than %d times its size", p.name(), smallPartRatio)}
	}
	if err != nil && err != io.EOF {
		err = p.cause(err)
	}
	return n, err
}

// name is the part's for messages.
func (p *partReader) name() string { return clip([]byte(p.file.Name)) }

func (p *partReader) Close() error { return p.rc.Close() }

// progress is how much of the part was read, from 0 to 1. It goes by the size
// that the zip declares, which a finished reading has proved.
func (p *partReader) progress() float64 {
	if p.file.UncompressedSize64 == 0 {
		return 0
	}
	return min(1, float64(p.n.Load())/float64(p.file.UncompressedSize64))
}

func (p *partReader) cause(err error) error {
	detail := "it cannot be inflated"
	switch {
	case isReadError(err):
		return fmt.Errorf("read %s: %s: %w", p.path, p.name(), err)
	case errors.Is(err, zip.ErrChecksum):
		detail = "its checksum is wrong"
	case errors.Is(err, zip.ErrFormat):
		detail = "it does not agree with the zip directory"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		detail = "it ends too early"
	case errors.Is(err, zip.ErrAlgorithm):
		detail = fmt.Sprintf("it is compressed with method %d", p.file.Method)
	}
	return &FileError{Path: p.path, Reason: Damaged, Detail: p.name() + ": " + detail, Err: err}
}

// isReadError tells errors of the disk from those of the content.
func isReadError(err error) bool {
	_, ok := errors.AsType[*fs.PathError](err)
	return ok
}

// directoryMeter bounds what may be read until the directory is known: package
// zip keeps every entry in memory, however many a file claims.
type directoryMeter struct {
	r    io.ReaderAt
	left atomic.Int64 // bytes
}

func (m *directoryMeter) ReadAt(b []byte, off int64) (int, error) {
	if m.left.Add(-int64(len(b))) < 0 {
		return 0, errors.New("zip directory too large")
	}
	if off < 0 {
		return 0, zip.ErrFormat // to a file it would be a disk error
	}
	return m.r.ReadAt(b, off)
}

// foreignFormat names the other format that a zip without workbook.xml holds, ""
// when it is none that is known.
func (z *xlsxZip) foreignFormat() (string, error) {
	if f := z.find("mimetype"); f != nil {
		r, err := z.openSmall(f)
		if err != nil {
			return "", err
		}
		defer r.Close()
		mime, err := io.ReadAll(io.LimitReader(r, 200))
		if err != nil {
			return "", err
		}
		if name := openDocument[strings.TrimSpace(string(mime))]; name != "" {
			return name, nil
		}
	}
	for name := range z.parts {
		switch {
		case name == "xl/workbook.bin":
			return "Excel binary workbook (.xlsb)", nil
		case strings.HasSuffix(name, ".iwa") || name == "index.zip":
			return "Apple Numbers (.numbers)", nil
		case name == "word/document.xml":
			return "Word document (.docx)", nil
		case name == "ppt/presentation.xml":
			return "PowerPoint presentation (.pptx)", nil
		}
	}
	return "", nil
}

// openDocument names the kinds of OpenDocument files.
var openDocument = map[string]string{
	"application/vnd.oasis.opendocument.spreadsheet":          "OpenDocument spreadsheet (.ods)",
	"application/vnd.oasis.opendocument.spreadsheet-template": "OpenDocument spreadsheet template (.ots)",
	"application/vnd.oasis.opendocument.text":                 "OpenDocument text (.odt)",
	"application/vnd.oasis.opendocument.presentation":         "OpenDocument presentation (.odp)",
}

// activeContent names what the workbook carries beside its cells; none of it is
// ever opened.
func (z *xlsxZip) activeContent() []string {
	var macros, links, objects, connections bool
	for name := range z.parts {
		switch {
		case path.Base(name) == "vbaproject.bin", strings.Contains(name, "/macrosheets/"):
			macros = true
		case strings.Contains(name, "/externallinks/"):
			links = true
		case strings.Contains(name, "/embeddings/"), strings.Contains(name, "/activex/"):
			objects = true
		case strings.HasSuffix(name, "/connections.xml"), strings.Contains(name, "/querytables/"):
			connections = true
		}
	}
	var active []string
	for _, a := range []struct {
		is   bool
		name string
	}{{macros, "macros"}, {links, "external links"}, {objects, "embedded objects"}, {connections, "data connections"}} {
		if a.is {
			active = append(active, a.name)
		}
	}
	return active
}
