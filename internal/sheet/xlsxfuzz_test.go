package sheet

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// FuzzXLSX reads workbooks of any sheet and shared strings, and any bytes as a
// zip. Whatever they are, what comes out keeps its promises.
func FuzzXLSX(f *testing.F) {
	sheet := worksheet(`<row r="1" hidden="1">` + inline("A1", "客户&lt;_x000D_") + `<c r="C1" t="s"><v>0</v></c></row><row><c s="0"><v>45356.5</v></c><c><f>A1</f></c></row>`)
	strings := `<sst><si><t>a</t></si><si><r><t>b</t></r><rPh><t>c</t></rPh></si></sst>`
	f.Add([]byte(sheet), []byte(strings), false)
	f.Add([]byte("\uFEFF<?xml version='1.0'?><x:worksheet><!-- --><x:sheetData><x:row><x:c t='str'><x:v><![CDATA[x]]></x:v></x:c></x:row></x:sheetData><mergeCells><mergeCell ref='A1:B2'/></mergeCells></x:worksheet>"), []byte(nil), true)
	f.Add([]byte(`<worksheet><sheetData/></worksheet>`), []byte(`<sst/>`), false)
	f.Add([]byte(utf16Sheet), []byte(strings), true)
	f.Add(madeBook(`<row><c><v>1</v></c></row>`).zip(f), []byte("PK"), false)
	path := filepath.Join(f.TempDir(), "book.xlsx")
	f.Fuzz(func(t *testing.T, sheet, table []byte, fill bool) {
		content := sheet
		if string(table) != "PK" {
			content = madeBook("").formats("yyyy-mm-dd", "000000").with("xl/worksheets/Sheet1.xml", string(sheet)).
				with("xl/sharedStrings.xml", string(table)).zip(t)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		b, _, err := openBook(t, path, Options{FillMerged: fill, Fit: func([]Row) int { return 1 }})
		if err != nil {
			checkRefusal(t, err)
			return
		}
		defer b.close()
		r, err := b.rows(context.Background())
		if err != nil {
			checkRefusal(t, err)
			return
		}
		defer r.close()
		for rows := make([]Row, 4); err == nil; {
			var n int
			n, err = r.read(rows)
			for _, row := range rows[:n] {
				checkPromises(t, row)
			}
		}
		if err != io.EOF {
			checkRefusal(t, err)
		}
		if again, err2 := r.read(make([]Row, 1)); again != 0 || err2 != err {
			t.Errorf("after %v comes %d, %v", err, again, err2)
		}
	})
}

const utf16Sheet = "\xFF\xFE<\x00w\x00o\x00r\x00k\x00s\x00h\x00e\x00e\x00t\x00/\x00>\x00"

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*FileError](err); !ok {
		t.Errorf("the file is to blame, but the error is %v", err)
	}
}

func checkPromises(t *testing.T, row Row) {
	t.Helper()
	if row.Number < 1 || row.Number > MaxRows || row.Line != row.Number || len(row.Cells) == 0 || len(row.Cells) > MaxColumns {
		t.Errorf("row %d, line %d of %d cells", row.Number, row.Line, len(row.Cells))
		return
	}
	if row.Cells[len(row.Cells)-1].Kind == Blank {
		t.Errorf("row %d ends in a blank cell", row.Number)
	}
	for i, c := range row.Cells {
		if !utf8.ValidString(c.Value) || utf8.RuneCountInString(c.Value) > MaxCellChars+1 || c.Kind > Picture {
			t.Errorf("row %d, cell %d is %+.60v", row.Number, i, c)
		}
	}
	for _, f := range row.Faults {
		if f.Column < 0 || f.Column >= MaxColumns || f.Detail == "" {
			t.Errorf("row %d has the fault %+v", row.Number, f)
		}
	}
}
