package sheet

import (
	"archive/zip"
	"fmt"
	"path"
	"strings"
)

// Limits of a workbook.
const (
	maxSheets        = 10000
	maxRelationships = 1 << 16
)

// workbook is what workbook.xml and its relationships say.
type workbook struct {
	sheets   []xlsxSheet
	strings  *zip.File // nil without shared strings
	styles   *zip.File
	date1904 bool
}

// xlsxSheet is a sheet of a workbook.
type xlsxSheet struct {
	name   string
	hidden bool
	chart  bool
	part   *zip.File // nil when it is not in the zip
}

// listSheets names the sheets that can be read, as far as a message has room.
func (b *workbook) listSheets() string {
	const most = 50
	var names []string
	for _, s := range b.sheets {
		if s.chart {
			continue
		}
		if len(names) == most {
			names = append(names, "…")
			break
		}
		names = append(names, fmt.Sprintf("%q", s.name))
	}
	return strings.Join(names, ", ")
}

// readWorkbook finds and reads the workbook in a zip, or says what the zip is
// instead.
func readWorkbook(z *xlsxZip) (*workbook, error) {
	rels, err := readRelationships(z, "_rels/.rels")
	if err != nil {
		return nil, err
	}
	f := find(z, rels, "officeDocument", "")
	if f == nil {
		f = z.find("xl/workbook.xml")
	}
	if f == nil || !z.has("[Content_Types].xml") || !isSpreadsheetPart(f) {
		return nil, notAWorkbook(z, f)
	}
	folder, name := path.Split(strings.ReplaceAll(f.Name, `\`, "/"))
	rels, err = readRelationships(z, path.Join(folder, "_rels", name+".rels"))
	if err != nil {
		return nil, err
	}
	return newWorkbook(z, f, folder, rels)
}

// isSpreadsheetPart tells workbook.xml from the main part of other documents.
func isSpreadsheetPart(f *zip.File) bool {
	name := strings.ToLower(f.Name)
	return strings.HasSuffix(name, ".xml") && !strings.HasPrefix(name, "word/") && !strings.HasPrefix(name, "ppt/")
}

func notAWorkbook(z *xlsxZip, workbook *zip.File) error {
	other, err := z.foreignFormat()
	if err != nil {
		return err
	}
	if other != "" {
		return &FileError{Path: z.path, Reason: OtherFormat, Detail: other}
	}
	e := &FileError{Path: z.path, Reason: NotAWorkbook, Detail: "a zip without a workbook in it"}
	if workbook != nil && !z.has("[Content_Types].xml") {
		e.Detail = "a zip with a workbook but without [Content_Types].xml"
	}
	for name, f := range z.parts {
		if strings.HasSuffix(name, ".xlsx") || strings.HasSuffix(name, ".xlsm") {
			e.Detail = fmt.Sprintf("a zip archive that holds %s: unpack it first", clip([]byte(f.Name)))
		}
	}
	return e
}

// newWorkbook reads workbook.xml and follows its relationships.
func newWorkbook(z *xlsxZip, f *zip.File, folder string, rels map[string]relationship) (*workbook, error) {
	b := &workbook{
		strings: find(z, rels, "sharedStrings", folder),
		styles:  find(z, rels, "styles", folder),
	}
	s, part, err := scanZipPart(z, f, true)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	var where xmlPath
	for {
		tok, err := s.next()
		if err != nil {
			return nil, err
		}
		if tok == xmlEOF {
			return b, nil
		}
		if tok != xmlStart {
			continue
		}
		switch where.enter(s) {
		case "workbook/workbookPr":
			b.date1904 = s.attrTrue("date1904")
		case "workbook/sheets/sheet":
			err = b.addSheet(z, s, folder, rels)
		default:
			err = s.checkRoot("workbook")
		}
		if err != nil {
			return nil, err
		}
	}
}

// addSheet adds the sheet of the tag just returned.
func (b *workbook) addSheet(z *xlsxZip, s *xmlScanner, folder string, rels map[string]relationship) error {
	if len(b.sheets) == maxSheets {
		return s.hostile("more than %d sheets", maxSheets)
	}
	name, err := s.attrString("name")
	if err != nil {
		return err
	}
	state := string(s.attr("state"))
	sheet := xlsxSheet{name: name, hidden: state == "hidden" || state == "veryHidden"}
	if r, ok := rels[string(s.attrQualified("id"))]; ok {
		// Dialog and macro sheets have no cells to import either.
		sheet.chart = !r.is("worksheet")
		sheet.part = z.find(r.target(folder))
	}
	b.sheets = append(b.sheets, sheet)
	return nil
}

// relationship is how one part refers to another.
type relationship struct{ kind, to string }

// is tells whether the kind, a URL that the strict form writes otherwise, ends
// in that word.
func (r relationship) is(word string) bool { return strings.HasSuffix(r.kind, "/"+word) }

// target is the name in the zip of what is referred to from a folder.
func (r relationship) target(folder string) string {
	to := strings.ReplaceAll(r.to, `\`, "/")
	if strings.HasPrefix(to, "/") {
		return path.Clean(to)[1:]
	}
	return path.Join(folder, to)
}

// find finds the part that a folder's relationships give that kind, the one of
// the first id when there are several; nil without one.
func find(z *xlsxZip, rels map[string]relationship, kind, folder string) *zip.File {
	first := ""
	for id, r := range rels {
		if r.is(kind) && (first == "" || id < first) {
			first = id
		}
	}
	if first == "" {
		return nil
	}
	return z.find(rels[first].target(folder))
}

// readRelationships reads a .rels part, by id; none when there is no such part.
// Those that lead out of the file are left out: nothing follows them.
func readRelationships(z *xlsxZip, name string) (map[string]relationship, error) {
	f := z.find(name)
	if f == nil {
		return nil, nil
	}
	s, part, err := scanZipPart(z, f, true)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	rels := make(map[string]relationship)
	for {
		tok, err := s.next()
		if err != nil {
			return nil, err
		}
		if tok == xmlEOF {
			return rels, nil
		}
		if tok != xmlStart || string(s.name) != "Relationship" || string(s.attr("TargetMode")) == "External" {
			continue
		}
		if len(rels) == maxRelationships {
			return nil, s.hostile("more than %d relationships", maxRelationships)
		}
		kind, err := s.attrString("Type")
		if err != nil {
			return nil, err
		}
		to, err := s.attrString("Target")
		if err != nil {
			return nil, err
		}
		rels[string(s.attr("Id"))] = relationship{kind, to}
	}
}
