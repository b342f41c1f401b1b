package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rawEntry is a zip entry whose header may lie.
type rawEntry struct {
	header  zip.FileHeader
	content []byte
}

// rawZip writes entries with their headers as they are.
func rawZip(t *testing.T, entries ...rawEntry) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, e := range entries {
		w, err := zw.CreateRaw(&e.header)
		if err == nil {
			_, err = w.Write(e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// stored is an honest entry that is not compressed.
func stored(name, content string) rawEntry {
	n := uint64(len(content))
	return rawEntry{zip.FileHeader{Name: name, CRC32: crc32.ChecksumIEEE([]byte(content)), CompressedSize64: n, UncompressedSize64: n}, []byte(content)}
}

func (p parts) entries() []rawEntry {
	var entries []rawEntry
	for name, content := range p {
		entries = append(entries, stored(name, content))
	}
	slices.SortFunc(entries, func(a, b rawEntry) int { return strings.Compare(a.header.Name, b.header.Name) })
	return entries
}

func TestCase02OtherZips(t *testing.T) {
	for want, p := range map[string]parts{
		"OpenDocument spreadsheet (.ods)": {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"},
		"Excel binary workbook (.xlsb)": {"[Content_Types].xml": "<x/>", "xl/workbook.bin": "",
			"_rels/.rels": `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`},
		"Apple Numbers (.numbers)": {"Index/Document.iwa": "", "preview.jpg": ""},
		"Word document (.docx)": {"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>",
			"_rels/.rels": `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/></Relationships>`},
		"PowerPoint presentation (.pptx)": {"[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>"},
	} {
		if refusal := p.mustRefuse(t, Options{}, OtherFormat); refusal.Detail != want {
			t.Errorf("the refusal says %q, want %q", refusal.Detail, want)
		}
	}
	refusal := parts{"a/客户.xlsx": "PK", "readme.txt": "x"}.mustRefuse(t, Options{}, NotAWorkbook)
	if !strings.Contains(refusal.Detail, "a/客户.xlsx") {
		t.Errorf("the refusal does not name the workbook inside: %s", refusal.Detail)
	}
	p := madeBook("")
	delete(p, "[Content_Types].xml")
	p.mustRefuse(t, Options{}, NotAWorkbook)
	madeBook("").with("xl/workbook.xml", "<document/>").mustRefuse(t, Options{}, Damaged)
	madeBook("").with("xl/worksheets/Sheet1.xml", "<chartsheet/>").mustRefuse(t, Options{}, Damaged)
	parts{}.mustRefuse(t, Options{}, NotAWorkbook)
}

func TestCase03ZipPassword(t *testing.T) {
	entries := madeBook("").entries()
	for i := range entries {
		entries[i].header.Flags |= 1
	}
	mustRefuse(t, rawZip(t, entries...), Options{}, Encrypted)
}

// TestCase05Truncated cuts a workbook at every length: it is refused, or what
// is read is all of it.
func TestCase05Truncated(t *testing.T) {
	p := madeBook(`<row r="1">` + inline("A1", "客户") + `<c r="B1" t="s"><v>0</v></c></row><row r="2"><c r="A2" s="0"><v>45356</v></c></row>`).
		strings("<si><t>x</t></si>").formats("yyyy-mm-dd")
	whole := p.zip(t)
	want := p.mustRead(t, Options{}).rows
	path := tempFile(t, nil)
	for n := range whole {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := readBook(t, path, Options{})
		if err == nil {
			if d := cmp.Diff(want, res.rows); d != "" {
				t.Fatalf("cut to %d of %d bytes it is read otherwise:\n%s", n, len(whole), d)
			}
		} else if refusal, ok := errors.AsType[*FileError](err); !ok || refusal.Reason != Damaged {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// TestCutPart cuts the sheet's XML at every length, with checksums that agree.
func TestCutPart(t *testing.T) {
	const name = "xl/worksheets/Sheet1.xml"
	p := madeBook(`<row r="1"><c r="A1"><v>1</v></c></row><!-- x --><row r="2"><c r="A2" t="inlineStr"><is><t><![CDATA[y]]></t></is></c></row>`)
	whole := `<?xml version="1.0"?>` + p[name]
	for n := range whole {
		p.with(name, whole[:n]).mustRefuse(t, Options{}, Damaged)
	}
}

// TestFlippedBytes changes each byte of a workbook in turn. The rows are the
// same, or the file is refused: checksums cover every part that is read.
func TestFlippedBytes(t *testing.T) {
	p := madeBook(`<row r="1">` + inline("A1", "客户") + `<c r="B1" t="s"><v>0</v></c></row>`).strings("<si><t>x</t></si>")
	whole := p.zip(t)
	want := p.mustRead(t, Options{}).rows
	path := tempFile(t, nil)
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x01
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := readBook(t, path, Options{})
		if err != nil {
			if _, ok := errors.AsType[*FileError](err); !ok {
				t.Fatalf("byte %d: %v", i, err)
			}
			continue
		}
		if d := cmp.Diff(want, res.rows); d != "" {
			t.Fatalf("byte %d changes what is read:\n%s", i, d)
		}
	}
}

func TestCase06DeclaredSizes(t *testing.T) {
	const name = "xl/worksheets/Sheet1.xml"
	sheet := worksheet(strings.Repeat(`<row><c><v>1</v></c></row>`, 100))
	for _, test := range []struct {
		what    string
		lie     func(h *zip.FileHeader)
		deflate bool
	}{
		{"smaller than it is", func(h *zip.FileHeader) { h.UncompressedSize64 -= 500 }, true},
		{"larger than it is", func(h *zip.FileHeader) { h.UncompressedSize64 += 500 }, true},
		{"huge", func(h *zip.FileHeader) { h.UncompressedSize64 = 1 << 40 }, true},
		{"compressed to less", func(h *zip.FileHeader) { h.CompressedSize64 -= 9 }, true},
		{"a wrong checksum", func(h *zip.FileHeader) { h.CRC32++ }, true},
		{"an unknown method", func(h *zip.FileHeader) { h.Method = 9 }, true},
		{"stored in less", func(h *zip.FileHeader) { h.UncompressedSize64 -= 30; h.CompressedSize64 -= 30 }, false},
	} {
		p := madeBook("")
		delete(p, name)
		e := stored(name, sheet)
		if test.deflate {
			e = deflated(t, name, []byte(sheet))
		}
		test.lie(&e.header)
		refusal := mustRefuse(t, rawZip(t, append(p.entries(), e)...), Options{}, Damaged)
		if !strings.Contains(refusal.Detail, name) {
			t.Errorf("%s: the refusal does not name the part: %s", test.what, refusal.Detail)
		}
	}
}

func deflated(t *testing.T, name string, content []byte) rawEntry {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	w, err := zw.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err = errors.Join(err, zw.Close()); err != nil {
		t.Fatal(err)
	}
	zr, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := zr.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(raw)
	if err != nil {
		t.Fatal(err)
	}
	h := zr.File[0].FileHeader
	h.Flags &^= 8 // the sizes stand in the header
	return rawEntry{h, body}
}

// TestCase06Bombs reads workbooks of which a part inflates a thousandfold.
func TestCase06Bombs(t *testing.T) {
	for _, name := range []string{"xl/workbook.xml", "xl/styles.xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"} {
		p := madeBook("").formats("@")
		p.with(name, p[name]+strings.Repeat(" ", smallPartFloor+1)).mustRefuse(t, Options{}, Hostile)
		p.with(name, p[name]+strings.Repeat(" ", maxSmallPart))
		mustRefuse(t, rawZip(t, p.entries()...), Options{}, Hostile) // even if it is stored in full
	}
	// One token without end, and cells that are made of many.
	long := strings.Repeat("x", MaxTokenBytes+1)
	const allowed = 80 << 20 // the window doubles until it has the size of a token
	for _, rows := range []string{
		`<row><c t="str"><v>` + long,
		`<row><c t="str"><v>1</v></c></row><!-- ` + long[:1<<20],
		`<row><c a="` + long[:1<<20],
		`<row><c t="inlineStr"><is>` + strings.Repeat(`<t>`+long[:1<<20]+`</t>`, 17),
		`<row>` + strings.Repeat(`<c t="str"><f>`+long[:1<<20]+`</f><v>`+strings.Repeat("长", 1<<18)+`</v></c>`, 17) + `<c`,
	} {
		path := tempFile(t, rawZip(t, madeBook(rows).entries()...))
		before := allocated()
		_, err := readBook(t, path, Options{})
		if refusal, ok := errors.AsType[*FileError](err); !ok || refusal.Reason != Hostile && refusal.Reason != Damaged {
			t.Errorf("%.40s… gives %v", rows, err)
		}
		if n := allocated() - before; n > allowed {
			t.Errorf("%.40s… took %d bytes of memory", rows, n)
		}
	}
}

// TestCase52FormattedRows passes over many rows that are formatted but blank, in
// constant memory.
func TestCase52FormattedRows(t *testing.T) {
	const name, count = "xl/worksheets/Sheet1.xml", MaxRows / 8
	p := madeBook("")
	delete(p, name)
	var book bytes.Buffer
	zw := zip.NewWriter(&book)
	write := func(name string, content ...string) {
		w, err := zw.Create(name)
		for _, c := range content {
			if err == nil {
				_, err = io.WriteString(w, c)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range p.entries() {
		write(e.header.Name, string(e.content))
	}
	rows := strings.Repeat(`<row s="1" customFormat="1"><c s="1"/></row>`, 1<<10)
	write(name, append(append([]string{"<worksheet><sheetData>"}, slices.Repeat([]string{rows}, count>>10)...), "</sheetData></worksheet>")...)
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	path := tempFile(t, book.Bytes())
	before := allocated()
	res, err := readBook(t, path, Options{})
	if err != nil || len(res.rows) > 0 || res.blank != count {
		t.Errorf("%d rows, %d blank ones, error %v", len(res.rows), res.blank, err)
	}
	if n := allocated() - before; n > 4<<20 {
		t.Errorf("%d bytes of memory were taken", n)
	}
}

// allocated is how much memory was ever taken from the heap, which bounds what
// was in use at any time.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestCase07HostileXML(t *testing.T) {
	const name = "xl/worksheets/Sheet1.xml"
	sheet := worksheet(`<row><c t="str"><v>1</v></c></row>`)
	laughs := `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>`
	p := madeBook("")
	for _, xml := range []string{
		laughs + sheet,
		`<!DOCTYPE x SYSTEM "file:///etc/passwd">` + sheet,
		`<!ENTITY a "b">` + sheet,
		worksheet(`<row>` + strings.Repeat("<x>", 300) + strings.Repeat("</x>", 300) + `</row>`),
		worksheet(`<row ` + strings.Repeat(`a="" `, 600) + `/>`),
		worksheet(`<` + strings.Repeat("r", 600) + `/>`),
		worksheet(`<` + strings.Repeat("r", 600) + `></x>`),
	} {
		p.with(name, xml).mustRefuse(t, Options{}, Hostile)
		madeBook("").with("xl/sharedStrings.xml", strings.ReplaceAll(xml, "worksheet", "sst")).mustRefuse(t, Options{}, Hostile)
		madeBook("").with("xl/workbook.xml", strings.ReplaceAll(xml, "worksheet", "workbook")).mustRefuse(t, Options{}, Hostile)
	}
	for _, xml := range []string{
		"", " ", "x", sheet + "x", sheet + sheet, sheet + "<a/>", "x" + sheet,
		worksheet(`<row><c><v>&lol;</v></c></row>`),
		worksheet(`<row><c><v>a & b</v></c></row>`),
		worksheet(`<row><c><v>&#x110000;</v></c></row>`),
		worksheet(`<row><c><v>&#;</v></c></row>`),
		worksheet(`<row><c><v>1</c></v></row>`),
		worksheet(`<row><c><v>1</v></c></roww>`),
		worksheet(`<row></ row>`), worksheet(`<row></row x>`), worksheet(`< row/>`), worksheet(`<row/ >`),
		worksheet(`<row r=1/>`), worksheet(`<row r/>`), worksheet(`<row r="1/>`), worksheet(`<row ="1"/>`), worksheet(`<row r="<"/>`),
		strings.Replace(sheet, "</sheetData>", "</sheetData><sheetData/>", 1),
		strings.Replace(strings.Replace(sheet, "<sheetData>", "", 1), "</sheetData>", "", 1),
		`<?xml version="1.0" encoding="GBK"?>` + sheet,
		"</worksheet>",
	} {
		p.with(name, xml).mustRefuse(t, Options{}, Damaged)
	}
	for _, xml := range []string{
		"\uFEFF" + sheet, " \n" + sheet + "\n ", sheet + "<!-- end --><?pi?>",
		`<?xml version='1.0' encoding='utf-8'?>` + sheet,
		utf16Text(binary.LittleEndian, "\uFEFF"+sheet), utf16Text(binary.BigEndian, "\uFEFF"+sheet),
		utf16Text(binary.LittleEndian, `<?xml version="1.0" encoding="UTF-16"?>`+sheet), utf16Text(binary.BigEndian, sheet),
	} {
		checkRows(t, p.with(name, xml).mustRead(t, Options{}).rows, []Row{rowOf(1, asText("1"))})
	}
}

func utf16Text(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, r := range s {
		b = order.AppendUint16(b, uint16(r))
	}
	return string(b)
}

func TestCase08ZipNames(t *testing.T) {
	for _, name := range []string{"../evil.xml", "/etc/passwd", "xl/../../evil", `..\evil`, `C:\evil`, "a/../b", ".."} {
		mustRefuse(t, rawZip(t, append(madeBook("").entries(), stored(name, "x"))...), Options{}, Hostile)
	}
	for _, twice := range []string{"xl/workbook.xml", "XL/Workbook.xml", `xl\workbook.xml`, "xl/./workbook.xml"} {
		mustRefuse(t, rawZip(t, append(madeBook("").entries(), stored(twice, "<x/>"))...), Options{}, Hostile)
	}
	p := madeBook("")
	delete(p, "xl/worksheets/Sheet1.xml")
	link := stored("xl/worksheets/Sheet1.xml", "/etc/passwd")
	link.header.SetMode(os.ModeSymlink | 0o777)
	mustRefuse(t, rawZip(t, append(p.entries(), link)...), Options{}, Hostile)
	p.mustRefuse(t, Options{}, Damaged)
	// Folders are allowed, and a name may hold two dots.
	mustReadEntries(t, append(madeBook("").entries(), stored("xl/", ""), stored("xl/a..b.xml", "")))
}

func mustReadEntries(t *testing.T, entries []rawEntry) {
	t.Helper()
	if _, err := readBook(t, tempFile(t, rawZip(t, entries...)), Options{}); err != nil {
		t.Fatal(err)
	}
}

func TestManyZipEntries(t *testing.T) {
	entries := madeBook("").entries()
	for i := range maxZipEntries {
		entries = append(entries, stored("media/"+ColumnName(i), ""))
	}
	mustRefuse(t, rawZip(t, entries...), Options{}, Hostile)
	entries = madeBook("").entries()
	for i := range 100 {
		entries = append(entries, stored(strings.Repeat("x", 60000)+ColumnName(i), ""))
	}
	mustRefuse(t, rawZip(t, entries...), Options{}, Hostile)
}
