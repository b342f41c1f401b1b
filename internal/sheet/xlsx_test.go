package sheet

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parts are the parts of a hand-made workbook by name.
type parts map[string]string

const (
	mainNS   = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	relsNS   = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relsBase = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// madeBook is a workbook whose only sheet has that content of sheetData.
func madeBook(sheetData string) parts {
	return madeSheets(map[string]string{"Sheet1": worksheet(sheetData)}, `<sheet name="Sheet1" sheetId="1" r:id="rId1"/>`)
}

func worksheet(sheetData string) string {
	return `<worksheet ` + mainNS + `><sheetData>` + sheetData + `</sheetData></worksheet>`
}

// madeSheets is a workbook of sheet parts Sheet1, Sheet2, … with relationships
// rId1, rId2, …; list is the content of sheets in workbook.xml.
func madeSheets(sheets map[string]string, list string) parts {
	p := parts{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="rId1" Type="` + relsBase + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":     `<workbook ` + mainNS + ` ` + relsNS + `><sheets>` + list + `</sheets></workbook>`,
	}
	rels := `<Relationship Id="rIdS" Type="` + relsBase + `/sharedStrings" Target="sharedStrings.xml"/>` +
		`<Relationship Id="rIdF" Type="` + relsBase + `/styles" Target="styles.xml"/>`
	for i := range len(sheets) {
		name := fmt.Sprintf("Sheet%d", i+1)
		p["xl/worksheets/"+name+".xml"] = sheets[name]
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/%s.xml"/>`, i+1, relsBase, name)
	}
	p["xl/_rels/workbook.xml.rels"] = `<Relationships>` + rels + `</Relationships>`
	return p
}

// with adds or replaces a part.
func (p parts) with(name, content string) parts {
	p[name] = content
	return p
}

func (p parts) strings(items string) parts {
	return p.with("xl/sharedStrings.xml", `<sst `+mainNS+`>`+items+`</sst>`)
}

// formats gives cell style i the i-th number format code.
func (p parts) formats(codes ...string) parts {
	var fmts, xfs strings.Builder
	for i, code := range codes {
		code = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;").Replace(code)
		fmt.Fprintf(&fmts, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+i, code)
		fmt.Fprintf(&xfs, `<xf numFmtId="%d"/>`, 164+i)
	}
	return p.with("xl/styles.xml", `<styleSheet `+mainNS+`><numFmts>`+fmts.String()+`</numFmts>`+
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>`+xfs.String()+`</cellXfs></styleSheet>`)
}

// zip is the workbook as bytes.
func (p parts) zip(t testing.TB) []byte {
	t.Helper()
	var buf strings.Builder
	zw := zip.NewWriter(&buf)
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w, err := zw.Create(name)
		if err == nil {
			_, err = io.WriteString(w, p[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return []byte(buf.String())
}

// tempFile writes a file that goes away with the test.
func tempFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// result is all that a reading of a workbook gives.
type result struct {
	info  Info
	rows  []Row
	blank int
}

// readBook reads the workbook at path to its end, in small steps.
func readBook(t testing.TB, path string, opt Options) (res result, err error) {
	t.Helper()
	b, info, err := openBook(t, path, opt)
	if err != nil {
		return res, err
	}
	defer b.close()
	res.info = info
	r, err := b.rows(context.Background())
	if err != nil {
		return res, err
	}
	defer r.close()
	for dst := make([]Row, 3); ; {
		n, err := r.read(dst)
		res.rows = append(res.rows, dst[:n]...)
		res.blank = r.blank()
		if err == io.EOF {
			if r.offset() != info.Size {
				t.Errorf("at the end the offset is %d of %d", r.offset(), info.Size)
			}
			return res, nil
		}
		if err != nil {
			return res, err
		}
	}
}

func openBook(t testing.TB, path string, opt Options) (body, Info, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	info := Info{Path: path, Size: stat.Size(), ModTime: stat.ModTime()}
	b, err := openXLSX(f, &info, opt)
	return b, info, err
}

// mustRead reads a hand-made workbook that is in order.
func (p parts) mustRead(t testing.TB, opt Options) result {
	t.Helper()
	res, err := readBook(t, tempFile(t, p.zip(t)), opt)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// mustRefuse reads a workbook that must be refused for that reason.
func (p parts) mustRefuse(t testing.TB, opt Options, want Reason) *FileError {
	t.Helper()
	return mustRefuse(t, p.zip(t), opt, want)
}

func mustRefuse(t testing.TB, content []byte, opt Options, want Reason) *FileError {
	t.Helper()
	res, err := readBook(t, tempFile(t, content), opt)
	refusal, ok := errors.AsType[*FileError](err)
	if !ok || refusal.Reason != want {
		t.Fatalf("got %d rows and the error %v, want the reason %s", len(res.rows), err, want)
	}
	return refusal
}

// rowOf is a row without faults as a test expects it.
func rowOf(number int, cells ...Cell) Row { return Row{Number: number, Line: number, Cells: cells} }

func asText(s string) Cell   { return Cell{Kind: Text, Value: s} }
func asNumber(s string) Cell { return Cell{Kind: Number, Value: s} }
func asDate(s string) Cell   { return Cell{Kind: Date, Value: s} }

func checkRows(t *testing.T, got, want []Row) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}

// inline is a cell with a text of its own.
func inline(ref, s string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t>` + s + `</t></is></c>`
}

func TestSheetChoice(t *testing.T) {
	sheets := map[string]string{
		"Sheet1": worksheet(`<row r="1">` + inline("A1", "notes") + `</row>`),
		"Sheet2": worksheet(`<row r="1">` + inline("A1", "fits well") + `</row>`),
		"Sheet3": worksheet(`<row r="1">` + inline("A1", "fits") + `</row>`),
		"Sheet4": worksheet(`<row r="1">` + inline("A1", "fits too") + `</row>`),
	}
	const list = `<sheet name="说明 &amp; Notes" sheetId="1" r:id="rId1"/>` +
		`<sheet name="Secret" sheetId="2" state="veryHidden" r:id="rId2"/>` +
		`<sheet name="客户" sheetId="3" r:id="rId3"/><sheet name="More" sheetId="4" r:id="rId4"/>`
	fit := func(rows []Row) int {
		if strings.HasPrefix(rows[0].Cells[0].Value, "fits") {
			return 7
		}
		return 0
	}
	for _, test := range []struct {
		opt  Options
		want string
	}{
		{Options{}, "说明 & Notes"},
		{Options{Fit: fit}, "客户"},
		{Options{Fit: func([]Row) int { return 0 }}, "说明 & Notes"},
		{Options{Sheet: "Secret", Fit: fit}, "Secret"},
		{Options{Sheet: " secret "}, "Secret"},
		{Options{Sheet: "more"}, "More"},
	} {
		res := madeSheets(sheets, list).mustRead(t, test.opt)
		if res.info.Sheet != test.want {
			t.Errorf("%+v: read %q, want %q", test.opt, res.info.Sheet, test.want)
		}
		for i, s := range res.info.Sheets {
			want := SheetInfo{Name: s.Name, Hidden: i == 1, Read: s.Name == test.want}
			if s != want {
				t.Errorf("sheet %d is %+v, want %+v", i, s, want)
			}
		}
	}
	refusal := madeSheets(sheets, list).mustRefuse(t, Options{Sheet: "Kunden"}, NoSuchSheet)
	if want := `"说明 & Notes", "Secret", "客户", "More"`; refusal.Detail != want {
		t.Errorf("the refusal lists %s, want %s", refusal.Detail, want)
	}
}

func TestChartAndHiddenSheets(t *testing.T) {
	p := madeSheets(map[string]string{
		"Sheet1": `<chartsheet/>`,
		"Sheet2": worksheet(`<row r="1">` + inline("A1", "x") + `</row>`),
	}, `<sheet name="Chart" sheetId="1" r:id="rId1"/><sheet name="Hidden" sheetId="2" state="hidden" r:id="rId2"/>`)
	p["xl/_rels/workbook.xml.rels"] = strings.Replace(p["xl/_rels/workbook.xml.rels"], "/worksheet", "/chartsheet", 1)
	res := p.mustRead(t, Options{})
	want := []SheetInfo{{Name: "Chart", Chart: true}, {Name: "Hidden", Hidden: true, Read: true}}
	if d := cmp.Diff(want, res.info.Sheets); d != "" {
		t.Error(d)
	}
	p.mustRefuse(t, Options{Sheet: "Chart"}, NoCells)
	p = p.with("xl/workbook.xml", `<workbook `+relsNS+`><sheets><sheet name="Chart" r:id="rId1"/></sheets></workbook>`)
	p.mustRefuse(t, Options{}, NoCells)
}

// TestOtherNames reads workbooks whose parts have other names, prefixes,
// namespaces and cases than those that Excel gives.
func TestOtherNames(t *testing.T) {
	want := []Row{rowOf(1, asText("a"), asNumber("1"))}
	data := `<x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c r="B1"><x:v>1</x:v></x:c></x:row>`
	p := parts{
		"[Content_Types].xml": `<Types/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/Book\Main.xml"/></Relationships>`,
		`book\main.xml`: `<x:workbook xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:id="urn:id">` +
			`<x:workbookPr date1904="true"/><x:sheets><x:sheet name="S" q:id="r1" xmlns:q="urn:q" xmlns:id="r2"/></x:sheets></x:workbook>`,
		"Book/_rels/main.xml.rels": `<rel:Relationships xmlns:rel="urn:rel">` +
			`<rel:Relationship Id="r1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="../Data/./S1.xml"/>` +
			`<rel:Relationship Id="r2" Type="urn:x/sharedStrings" Target="/DATA/strings.xml"/>` +
			`<rel:Relationship Id="r3" Type="urn:x/hyperlink" TargetMode="External" Target="http://x/"/></rel:Relationships>`,
		"data/s1.xml":      `<x:worksheet xmlns:x="urn:x"><x:sheetData>` + data + `</x:sheetData></x:worksheet>`,
		"data/Strings.xml": `<x:sst><x:si><x:t>a</x:t></x:si></x:sst>`,
	}
	res := p.mustRead(t, Options{})
	checkRows(t, res.rows, want)
	if !res.info.Date1904 || res.info.Format != XLSX || res.info.Encoding != "utf-8" {
		t.Errorf("info is %+v", res.info)
	}
}

func TestActiveContent(t *testing.T) {
	p := madeBook("").with("xl/vbaProject.bin", "").with("xl/externalLinks/externalLink1.xml", "").
		with("xl/embeddings/oleObject1.bin", "").with("xl/connections.xml", "")
	want := []string{"macros", "external links", "embedded objects", "data connections"}
	if got := p.mustRead(t, Options{}).info.Active; !slices.Equal(got, want) {
		t.Errorf("active content %q, want %q", got, want)
	}
	if got := madeBook("").mustRead(t, Options{}).info.Active; got != nil {
		t.Errorf("active content %q in a plain workbook", got)
	}
}

func TestFileChangedBetweenReadings(t *testing.T) {
	path := tempFile(t, madeBook(`<row r="1">`+inline("A1", "x")+`</row>`).zip(t))
	b, _, err := openBook(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for range 2 {
		r, err := b.rows(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.read(make([]Row, 5)); n != 1 || err != io.EOF {
			t.Fatalf("read gives %d rows and %v", n, err)
		}
		for range 2 {
			if err := r.close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("more"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	_, err = b.rows(t.Context())
	if refusal, ok := errors.AsType[*FileError](err); !ok || refusal.Reason != Changed {
		t.Errorf("a changed file gives %v", err)
	}
	for range 2 {
		if err := b.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCancelledReading(t *testing.T) {
	path := tempFile(t, madeBook(strings.Repeat(`<row><c/></row>`, 5000)).zip(t))
	b, _, err := openBook(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := b.rows(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if at := r.offset(); at != 0 {
		t.Errorf("before the first row the offset is %d", at)
	}
	cancel()
	if _, err := r.read(make([]Row, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reading gives %v", err)
	}
}
