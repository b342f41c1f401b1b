package sheet

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/traditionalchinese"
)

const (
	simplified  = "标签组名称,标签名称,排序\n意向,高意向,1\n欧阳娜娜,联通,2\n深夜活跃、待复购,,3\n"
	traditional = "客戶名稱,手機號碼,標籤\n陳大文,0912345678,高意向客戶\n黃志強,0922333444,已成交、待回購\n臺灣電腦軟體協會,02,這個客戶來自廣告\n國際貿易股份有限公司,,需要業務經理聯絡\n"
	japan       = "顧客名,電話番号,タグ\n山田太郎,090-1234,お気に入り\nサクラ株式会社,,ひらがなのメモがあります\n"
	french      = "Nom,Prénom\nLefèvre,Hélène\nGarçon,François\nÉtienne,Zoë\n"
)

// encoded is text in an encoding, without a byte order mark.
func encoded(t testing.TB, text, enc string) []byte {
	t.Helper()
	w := &CSVWriter{format: CSVFormat{Encoding: enc}}
	if table := legacyEncoding(enc); table != nil {
		w.enc = table.NewEncoder()
	}
	b, err := w.encode(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encodedBy(t *testing.T, text string, table encoding.Encoding) []byte {
	t.Helper()
	b, err := table.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func surveyed(content []byte) string {
	var s survey
	s.add(content)
	enc, _ := s.encoding()
	return enc
}

func TestCase13DetectEncoding(t *testing.T) {
	for _, tt := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"ascii", []byte("a,b\n1,2\n"), encUTF8},
		{"empty", nil, encUTF8},
		{"utf-8", []byte(simplified), encUTF8},
		{"french utf-8", []byte(french), encUTF8},
		{"gb18030", encoded(t, simplified, encGB18030), encGB18030},
		{"two characters of gb18030", encoded(t, "联通", encGB18030), encGB18030},
		{"traditional in gb18030", encoded(t, traditional, encGB18030), encGB18030},
		{"rare names in gb18030", encoded(t, "姓名\n刘喆\n王堃\n朱镕基\n祎\n", encGB18030), encGB18030},
		{"four-byte gb18030", encoded(t, "name,note\n㐀𠀀,€\n", encGB18030), encGB18030},
		{"gb18030 with a bad byte", append(encoded(t, simplified, encGB18030), "\xFF,1\n"...), encGB18030},
		{"utf-16le", encoded(t, simplified, encUTF16LE), encUTF16LE},
		{"utf-16be", encoded(t, simplified, encUTF16BE), encUTF16BE},
		{"utf-8 with NUL", []byte("标签\x00,a\n意\x00向,b\n"), encUTF8},
		{"ascii with a NUL", []byte("ab\x00,c\n1,2\n"), encUTF8},
		{"big5", encodedBy(t, traditional, traditionalchinese.Big5), ""},
		{"shift_jis", encodedBy(t, japan, japanese.ShiftJIS), ""},
		{"euc-jp", encodedBy(t, japan, japanese.EUCJP), ""},
		{"windows-1252", encoded(t, french, encWin1252), ""},
		{"no text at all", []byte("\x81\x82\xFF\xFE\x00\x01\x80\xC0\xC1\x90,\xF8\xF9\xFF"), ""},
	} {
		if got := surveyed(tt.content); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSurveyInPieces(t *testing.T) {
	for _, enc := range []string{encUTF8, encGB18030, encUTF16LE} {
		content := encoded(t, simplified+"㐀𠀀€\n", enc)
		var whole survey
		whole.add(content)
		whole.encoding()
		for size := 1; size < 9; size++ {
			var s survey
			for p := range slices.Chunk(content, size) {
				s.add(p)
			}
			if got, _ := s.encoding(); got != enc {
				t.Errorf("%s in pieces of %d: %q", enc, size, got)
			}
			s.utf8.length, whole.utf8.length = 0, 0
			if s.zeros != whole.zeros || s.utf8 != whole.utf8 {
				t.Errorf("%s in pieces of %d: %+v, want %+v", enc, size, s, whole)
			}
		}
	}
}

func TestCase14BOM(t *testing.T) {
	for _, enc := range []string{encUTF8, encGB18030, encUTF16LE, encUTF16BE} {
		content := append([]byte(byteOrderMark(enc)), encoded(t, simplified, enc)...)
		for _, named := range []string{"", enc, "big5"} {
			f := openContent(t, content, Options{Encoding: named})
			if !f.Info.BOM || f.Info.Encoding != enc || f.Info.Detected != (named != enc) {
				t.Errorf("%s named %q: %+v", enc, named, f.Info)
			}
			rows, _ := readRows(t, f)
			if got := rows[0].Cells[0].Value; got != "标签组名称" || rows[0].Faults != nil {
				t.Errorf("%s named %q: first header %q, faults %v", enc, named, got, rows[0].Faults)
			}
		}
	}
}

func TestCase15UTF16(t *testing.T) {
	text := "标签组\t标签\r\n意向\t高意向😀\r\n"
	for _, enc := range []string{encUTF16LE, encUTF16BE} {
		for _, bom := range []string{"", byteOrderMark(enc)} {
			f := openContent(t, append([]byte(bom), encoded(t, text, enc)...), Options{})
			if f.Info.Encoding != enc || f.Info.Delimiter != '\t' || !f.Info.CRLF {
				t.Errorf("%+v", f.Info)
			}
			rows, _ := readRows(t, f)
			want := [][]string{{"标签组", "标签"}, {"意向", "高意向😀"}}
			if diff := cmp.Diff(want, values(rows)); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestCase15UTF16BrokenAtItsEnd(t *testing.T) {
	for _, tt := range []struct {
		end    string
		faults []Fault
	}{
		{"\x01", []Fault{{BrokenBytes, 1, "6"}}},
		{"\x3D\xD8", []Fault{{ControlCharacter, 1, "U+D83D"}}},
		{"\x3D\xD8\x01", []Fault{{ControlCharacter, 1, "U+D83D"}, {BrokenBytes, 1, "8"}}},
		{"\x00\xDEa\x00", []Fault{{ControlCharacter, 1, "U+DE00"}}},
		{"\xFD\xFF", []Fault{{BrokenBytes, 1, "6"}}},
	} {
		f := openContent(t, []byte("\xFF\xFEa\x00,\x00"+tt.end), Options{})
		rows, _ := readRows(t, f)
		if diff := cmp.Diff(tt.faults, rows[0].Faults); diff != "" {
			t.Errorf("%q: %s", tt.end, diff)
		}
	}
}

func TestCase16OnlyWhenNamed(t *testing.T) {
	for _, tt := range []struct{ enc, text string }{
		{encBig5, traditional}, {encShiftJIS, japan}, {encWin1252, french},
	} {
		content := encoded(t, tt.text, tt.enc)
		if got := openFault(t, content, Options{}); got.Reason != EncodingUnsure {
			t.Errorf("%s: %v", tt.enc, got)
		}
		f := openContent(t, content, Options{Encoding: strings.ToUpper(tt.enc)})
		if f.Info.Encoding != tt.enc || f.Info.Detected {
			t.Errorf("%s: %+v", tt.enc, f.Info)
		}
		rows, _ := readRows(t, f)
		var got strings.Builder
		for _, r := range values(rows) {
			got.WriteString(strings.Join(r, ",") + "\n")
		}
		if got.String() != tt.text {
			t.Errorf("%s: %q", tt.enc, got.String())
		}
	}
	if got := openFault(t, []byte("\xFF\xFE\x00\x00a\x00\x00\x00"), Options{}); got.Reason != EncodingUnsure {
		t.Errorf("utf-32: %v", got)
	}
}

func TestCase17FourBytes(t *testing.T) {
	for _, named := range []string{"", "gbk", "gb2312", "GB18030"} {
		f := openContent(t, encoded(t, "姓名,备注\n㐀𠀀,€ 5\n", encGB18030), Options{Encoding: named})
		rows, _ := readRows(t, f)
		want := [][]string{{"姓名", "备注"}, {"㐀𠀀", "€ 5"}}
		if diff := cmp.Diff(want, values(rows)); diff != "" || f.Info.Encoding != encGB18030 {
			t.Errorf("%s: %s", f.Info.Encoding, diff)
		}
	}
}

func TestCase18OneBadByte(t *testing.T) {
	line := "高意向,13800138000,备注\n"
	good := strings.Repeat(line, 20000)
	for _, tt := range []struct{ name, good, bad, after string }{
		{"chinese", good, "坏\xE9\xAB,x,y\n", line},
		{"ascii", strings.Repeat("abc,1,2\n", 20000), "ab\xFF,1,2\n", "abc,1,2\n"},
	} {
		f := openContent(t, []byte(tt.good+tt.bad+tt.after), Options{})
		if f.Info.Encoding != encUTF8 {
			t.Fatalf("%s: %s", tt.name, f.Info.Encoding)
		}
		rows, _ := readRows(t, f)
		for i, r := range rows {
			if i != 20000 && r.Faults != nil {
				t.Fatalf("%s: row %d has faults %v", tt.name, r.Number, r.Faults)
			}
		}
		want := []Fault{{BrokenBytes, 0, detailAt(len(tt.good) + badAt(tt.bad))}}
		if diff := cmp.Diff(want, rows[20000].Faults); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if !strings.Contains(rows[20000].Cells[0].Value, "\uFFFD") {
			t.Errorf("%s: value %q", tt.name, rows[20000].Cells[0].Value)
		}
	}
}

// badAt is the offset of the first byte that is not UTF-8.
func badAt(s string) int {
	for i, r := range s {
		if r == '\uFFFD' {
			return i
		}
	}
	return -1
}

func detailAt(offset int) string { return mark{kind: BrokenBytes, value: int64(offset)}.detail() }

func TestCase18BrokenGB18030(t *testing.T) {
	good := encoded(t, strings.Repeat("高意向,客户,𠀀备注\n", 3000), encGB18030)
	content := append(bytes.Clone(good), "a,b\xFF,\xB8\n"...)
	f := openContent(t, append(content, good...), Options{})
	rows, _ := readRows(t, f)
	want := []Fault{
		{BrokenBytes, 1, detailAt(len(good) + 3)},
		{BrokenBytes, 2, detailAt(len(good) + 5)},
	}
	if diff := cmp.Diff(want, rows[3000].Faults); diff != "" {
		t.Error(diff)
	}
	if len(rows) != 6001 || rows[3001].Faults != nil {
		t.Errorf("%d rows, faults of the next %v", len(rows), rows[3001].Faults)
	}
}

func TestCase19ChineseAfterTheFirstMegabyte(t *testing.T) {
	ascii := strings.Repeat("abc,1,2\n", 1<<18)
	for _, enc := range []string{encUTF8, encGB18030} {
		f := openContent(t, append([]byte(ascii), encoded(t, simplified, enc)...), Options{})
		if f.Info.Encoding != enc || !f.Info.Detected {
			t.Errorf("%s read as %s", enc, f.Info.Encoding)
		}
	}
}

func TestCase20ControlCharacters(t *testing.T) {
	for _, tt := range []struct{ cell, detail string }{
		{"a\x00b", "U+0000"}, {"\x02", "U+0002"}, {"\x0B", "U+000B"}, {"x\x7F", "U+007F"}, {"\u0085", "U+0085"},
		{"a\uFEFF", "U+FEFF"}, {"\uFFFE", "U+FFFE"}, {"\uFFFF", "U+FFFF"}, {"\xED\xA0\xBD", "U+D83D"},
	} {
		f := openContent(t, []byte("标签,备注,x\n一,"+tt.cell+",c\n二,2,c\n"), Options{})
		rows, _ := readRows(t, f)
		want := []Fault{{ControlCharacter, 1, tt.detail}}
		if diff := cmp.Diff(want, rows[1].Faults); diff != "" {
			t.Errorf("%q: %s", tt.cell, diff)
		}
		if rows[2].Faults != nil {
			t.Errorf("%q: next row has faults %v", tt.cell, rows[2].Faults)
		}
	}
	f := openContent(t, []byte("a\u200Bb,\u00A0c,d\te,\u3000,😀\n"), Options{Delimiter: ','})
	if rows, _ := readRows(t, f); rows[0].Faults != nil {
		t.Errorf("harmless characters are faults: %v", rows[0].Faults)
	}
}

func TestUTF16Encode(t *testing.T) {
	text := "a意😀"
	var want []byte
	for _, u := range utf16.Encode([]rune(text)) {
		want = append(want, byte(u), byte(u>>8))
	}
	if got := encoded(t, text, encUTF16LE); !bytes.Equal(got, want) {
		t.Errorf("% x, want % x", got, want)
	}
}
