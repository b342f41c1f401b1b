package sheet

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	utf "golang.org/x/text/encoding/unicode"
)

// Classes of bytes, so that one pass tells which work a text needs. Most texts
// of a sheet need none.
const (
	plainByte   uint8 = 1 << iota // printable ASCII
	spaceByte                     // space, tab, line feed, carriage return
	ampersand                     // an entity begins
	underscore                    // an _xHHHH_ escape may begin
	carriage                      // line ends to normalise
	controlByte                   // other C0, and DEL
	highByte                      // not ASCII
)

var byteClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c == '\r':
			t[c] = spaceByte | carriage
		case c == ' ' || c == '\t' || c == '\n':
			t[c] = spaceByte
		case c < 0x20 || c == 0x7F:
			t[c] = controlByte
		case c >= 0x80:
			t[c] = highByte
		default:
			t[c] = plainByte
		}
	}
	t['&'] |= ampersand
	t['_'] |= underscore
	return t
}()

func classOf(b []byte) uint8 {
	var class uint8
	for _, c := range b {
		class |= byteClass[c]
	}
	return class
}

// cellText collects the text of one cell or shared string out of its pieces.
type cellText struct {
	b         []byte
	class     uint8 // of b
	offset    int64 // where it begins in the part
	surrogate rune  // the first surrogate without its other half, 0 for none
}

func (t *cellText) reset() { *t = cellText{b: t.b[:0]} }

// elementText appends the text right inside the element whose start tag was
// just returned, and takes its end tag. Other elements in it are passed over.
func (s *xmlScanner) elementText(t *cellText) error {
	if s.empty {
		return nil
	}
	from := len(t.b)
	for {
		tok, err := s.next()
		if err != nil {
			return err
		}
		switch tok {
		case xmlText:
			err = s.appendText(t)
		case xmlStart:
			err = s.skip()
		default:
			t.unescape(from)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// richText appends the text of a string item (si or is), whose start tag was
// just returned: its t elements and those of its runs, without phonetics.
func (s *xmlScanner) richText(t *cellText) error {
	if s.empty {
		return nil
	}
	if string(s.innermost()) == "si" && s.leaf("<t>", "</t></si>") {
		err := s.appendText(t)
		t.unescape(0)
		return err
	}
	for outer := s.depth(); ; {
		tok, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case tok == xmlStart && string(s.name) == "t":
			err = s.elementText(t)
		case tok == xmlStart && string(s.name) == "r":
			// its t is taken like any other
		case tok == xmlStart:
			err = s.skip()
		case tok == xmlEnd && s.depth() < outer:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// appendText appends the text token just returned.
func (s *xmlScanner) appendText(t *cellText) error {
	if len(t.b)+len(s.text) > MaxTokenBytes {
		return s.hostile("a cell of more than %d bytes", MaxTokenBytes)
	}
	if len(t.b) == 0 {
		t.offset = s.textOffset
	}
	if len(t.b)+len(s.text) > cap(t.b) {
		t.b = slices.Grow(t.b, max(len(s.text), cap(t.b)))
	}
	class := classOf(s.text)
	if class&carriage == 0 && (class&ampersand == 0 || s.cdata) {
		t.b = append(t.b, s.text...)
		t.class |= class
		return nil
	}
	from := len(t.b)
	if s.cdata {
		t.b = appendLines(t.b, s.text)
	} else {
		b, surrogate, err := s.appendDecoded(t.b, s.text)
		if err != nil {
			return err
		}
		t.b = b
		if t.surrogate == 0 {
			t.surrogate = surrogate
		}
	}
	t.class |= classOf(t.b[from:])
	return nil
}

// appendDecoded appends raw character data with line ends normalised and
// entities replaced. A reference to half a surrogate pair becomes U+FFFD and is
// returned.
func (s *xmlScanner) appendDecoded(dst, raw []byte) ([]byte, rune, error) {
	var surrogate rune
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return appendLines(dst, raw), surrogate, nil
		}
		dst = appendLines(dst, raw[:i])
		raw = raw[i+1:]
		end := bytes.IndexByte(raw, ';')
		if end < 0 || end > 12 {
			return dst, 0, s.damaged("an & that begins no entity")
		}
		r, ok := entity(raw[:end])
		if !ok {
			return dst, 0, s.damaged("the entity &%s; is not defined", clip(raw[:end]))
		}
		if utf16.IsSurrogate(r) && surrogate == 0 {
			surrogate = r
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[end+1:]
	}
}

// entity is the character that &name; stands for. Only XML's own five and
// character references are known: a sheet cannot define others.
func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, radix := string(name[1:]), 10
	if digits[0] == 'x' {
		digits, radix = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, radix, 32)
	return rune(n), err == nil && n <= unicode.MaxRune
}

// appendLines appends b with CR LF and CR as LF, as XML demands.
func appendLines(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(append(dst, b[:i]...), '\n')
		b = b[i+1:]
		if len(b) > 0 && b[0] == '\n' {
			b = b[1:]
		}
	}
}

// unescape decodes the _xHHHH_ escapes of one string element, which Office
// writes for characters that XML forbids, and for an underscore that would
// begin such an escape.
func (t *cellText) unescape(from int) {
	if t.class&underscore == 0 {
		return
	}
	b := t.b[from:]
	i := bytes.Index(b, []byte("_x"))
	if i < 0 {
		return
	}
	out := t.b[:from+i]
	for b = b[i:]; len(b) > 0; {
		r, ok := escapedUnit(b)
		if !ok {
			out = append(out, b[0])
			b = b[1:]
			continue
		}
		b = b[7:]
		if utf16.IsSurrogate(r) {
			if low, ok := escapedUnit(b); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				r = utf16.DecodeRune(r, low)
				b = b[7:]
			} else if t.surrogate == 0 {
				t.surrogate = r
			}
		}
		out = utf8.AppendRune(out, r)
	}
	t.b = out
	t.class = classOf(t.b)
}

// escapedUnit decodes the escape that b begins with.
func escapedUnit(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

// textFaults is what is wrong with a text, in numbers so that a million shared
// strings can carry it.
type textFaults struct {
	chars   int   // how many there are when they are too many, else 0
	control rune  // the first forbidden character plus one, else 0
	broken  int64 // offset of the first bytes that are no UTF-8 plus one, else 0
}

// inspect tells whether the collected text is blank and what is wrong with it.
// It cuts a text that is too long after MaxCellChars characters and puts U+FFFD
// for broken bytes; both are faults. A U+FFFD that stands in the text is the
// scar of bytes broken earlier.
func (t *cellText) inspect() (blank bool, f textFaults) {
	if t.class&(controlByte|highByte) == 0 && len(t.b) <= MaxCellChars {
		return t.class&plainByte == 0, f
	}
	blank = true
	chars, cut := 0, 0
	for i := 0; i < len(t.b); {
		if chars == MaxCellChars {
			cut = i
		}
		chars++
		r, size := rune(t.b[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(t.b[i:])
		}
		blank = blank && isBlankRune(r)
		switch {
		case r == utf8.RuneError && t.surrogate != 0:
			f.control = cmp.Or(f.control, t.surrogate+1)
		case r == utf8.RuneError:
			f.broken = cmp.Or(f.broken, t.offset+int64(i)+1)
		case isForbidden(r):
			f.control = cmp.Or(f.control, r+1)
		}
		i += size
	}
	if blank {
		return true, textFaults{}
	}
	if chars > MaxCellChars {
		f.chars = chars
		t.b = t.b[:cut]
	}
	if f.broken != 0 {
		t.b = bytes.ToValidUTF8(t.b, []byte("\uFFFD"))
	}
	return false, f
}

// isForbidden tells the characters that no cell of a list has on purpose.
func isForbidden(r rune) bool {
	if r < 0xA0 {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7F
	}
	return r == '\uFEFF' || r == '\uFFFE' || r == '\uFFFF'
}

// isBlankRune tells the characters a cell may consist of and still be blank.
func isBlankRune(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200B' || r == '\uFEFF'
}

// append adds the faults in the cell of that column.
func (f textFaults) append(faults []Fault, column int) []Fault {
	if f.broken != 0 {
		faults = append(faults, Fault{BrokenBytes, column, strconv.FormatInt(f.broken-1, 10)})
	}
	if f.control != 0 {
		faults = append(faults, Fault{ControlCharacter, column, fmt.Sprintf("U+%04X", f.control-1)})
	}
	if f.chars != 0 {
		faults = append(faults, Fault{CellTooLong, column, strconv.Itoa(f.chars)})
	}
	return faults
}

// utf8Part makes a part readable as UTF-8: XML may also be UTF-16, which the
// first bytes tell.
func utf8Part(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, 16)
	head, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch head := string(head); {
	case strings.HasPrefix(head, "\xEF\xBB\xBF"):
		_, err := br.Discard(3)
		return br, err
	case strings.HasPrefix(head, "\xFF\xFE"), strings.HasPrefix(head, "<\x00"):
		return utf.UTF16(utf.LittleEndian, utf.UseBOM).NewDecoder().Reader(br), nil
	case strings.HasPrefix(head, "\xFE\xFF"), strings.HasPrefix(head, "\x00<"):
		return utf.UTF16(utf.BigEndian, utf.UseBOM).NewDecoder().Reader(br), nil
	}
	return br, nil
}

// declaredEncoding is the encoding that an XML declaration names, "" when it is
// one that is read.
func declaredEncoding(declaration []byte) string {
	_, rest, found := bytes.Cut(declaration, []byte("encoding"))
	rest = bytes.TrimLeft(rest, " \t\r\n=")
	if !found || len(rest) == 0 {
		return ""
	}
	name, _, _ := bytes.Cut(rest[1:], rest[:1])
	switch strings.ToLower(string(name)) {
	case "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii":
		return ""
	}
	return string(name)
}
