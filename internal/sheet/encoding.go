package sheet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// The encodings, by the names of Options.Encoding.
const (
	encUTF8     = "utf-8"
	encUTF16LE  = "utf-16le"
	encUTF16BE  = "utf-16be"
	encGB18030  = "gb18030"
	encBig5     = "big5"
	encShiftJIS = "shift_jis"
	encWin1252  = "windows-1252"
)

// canonicalEncoding is the one name of an encoding, "" for one to be detected.
func canonicalEncoding(name string) (string, error) {
	switch name := strings.ToLower(name); name {
	case "", "auto":
		return "", nil
	case encUTF8, encUTF16LE, encUTF16BE, encGB18030, encBig5, encShiftJIS, encWin1252:
		return name, nil
	case "utf8":
		return encUTF8, nil
	case "gbk", "gb2312":
		return encGB18030, nil
	}
	return "", fmt.Errorf("unknown encoding %q", name)
}

// legacyEncoding is the code table of an encoding that is not a Unicode one.
func legacyEncoding(name string) encoding.Encoding {
	switch name {
	case encGB18030:
		return simplifiedchinese.GB18030
	case encBig5:
		return traditionalchinese.Big5
	case encShiftJIS:
		return japanese.ShiftJIS
	case encWin1252:
		return charmap.Windows1252
	}
	return nil
}

// byteOrderMark is U+FEFF in an encoding that can be told by it, "" in others.
func byteOrderMark(enc string) string {
	switch enc {
	case encUTF8:
		return "\xEF\xBB\xBF"
	case encUTF16LE:
		return "\xFF\xFE"
	case encUTF16BE:
		return "\xFE\xFF"
	case encGB18030:
		return "\x84\x31\x95\x33"
	}
	return ""
}

// bomEncoding is the encoding whose byte order mark head starts with, or "".
func bomEncoding(head []byte) string {
	for _, enc := range []string{encUTF8, encUTF16LE, encUTF16BE, encGB18030} {
		if bytes.HasPrefix(head, []byte(byteOrderMark(enc))) {
			return enc
		}
	}
	return ""
}

// survey counts what the encoding is decided by, over the whole file: a prefix
// proves nothing about a file whose first megabyte is ASCII, and one bad byte
// does not make a UTF-8 file anything else.
type survey struct {
	size  int64
	zeros [2]int64 // NUL bytes at even and at odd offsets
	utf8  utf8Count
	gb    gbCount
}

// add counts the next bytes of the file.
func (s *survey) add(p []byte) {
	if n := bytes.Count(p, []byte{0}); n > 0 {
		s.addZeros(p)
	}
	s.utf8.add(p)
	// Almost any bytes can be read as GB18030, slowly; only what fails as UTF-8
	// is tried.
	if !s.utf8.dominates() {
		s.gb.add(p)
	}
	s.size += int64(len(p))
}

func (s *survey) addZeros(p []byte) {
	for i, c := range p {
		if c == 0 {
			s.zeros[(s.size+int64(i))&1]++
		}
	}
}

// encoding is the decision, after all bytes were added. When it is unsure the
// second result says why.
func (s *survey) encoding() (enc, unsure string) {
	s.utf8.finish()
	s.gb.finish()
	if enc := s.utf16(); enc != "" {
		return enc, ""
	}
	if s.utf8.dominates() {
		return encUTF8, ""
	}
	if s.gb.plausible() {
		return encGB18030, ""
	}
	// A few bad bytes in what is otherwise ASCII are the fault of their rows.
	if s.utf8.broken == 1 || s.utf8.broken <= s.size/1000 {
		return encUTF8, ""
	}
	return "", fmt.Sprintf("%d characters fit utf-8 and %d do not, %d of %d are likely in gb18030 and %d do not fit",
		s.utf8.two+s.utf8.more, s.utf8.broken, s.gb.common+s.gb.four, s.gb.common+s.gb.four+s.gb.rare, s.gb.broken)
}

// utf16 recognises UTF-16 without a byte order mark by the zero half of its
// ASCII characters: separators and digits at the least. Most zeros stand on one
// side (U+4E00 has one on the other), and there are many; a stray NUL in other
// text is a fault of its row.
func (s *survey) utf16() string {
	units := s.size / 2
	enc, zeros, others := encUTF16LE, s.zeros[1], s.zeros[0]
	if others > zeros {
		enc, zeros, others = encUTF16BE, others, zeros
	}
	few := zeros < 2 || zeros < units/10 || others > zeros/2
	if few || s.utf8.dominates() && zeros < units*2/5 {
		return ""
	}
	return enc
}

// utf8Count counts the sequences of more than one byte.
type utf8Count struct {
	two, more int64 // whole ones of two bytes, of three or four
	broken    int64

	// A sequence begun: how many bytes it has and lacks, and between what the
	// next must lie.
	length, need int
	lo, hi       byte
}

func (u *utf8Count) add(p []byte) {
	for i := 0; i < len(p); {
		if u.need == 0 {
			if p[i] < 0x80 {
				i += asciiPrefix(p[i:])
			}
			for i+2 < len(p) && isPlainLead3(p[i]) && isContinuation(p[i+1]) && isContinuation(p[i+2]) {
				u.more++
				i += 3
			}
			if i < len(p) && p[i] >= 0x80 {
				u.begin(p[i])
				i++
			}
			continue
		}
		if c := p[i]; c < u.lo || c > u.hi {
			u.broken++
			u.need = 0
			continue
		}
		i++
		u.lo, u.hi = 0x80, 0xBF
		if u.need--; u.need == 0 {
			u.count()
		}
	}
}

func (u *utf8Count) begin(lead byte) {
	u.lo, u.hi = 0x80, 0xBF
	switch {
	case lead < 0xC2 || lead > 0xF4:
		u.broken++
		return
	case lead < 0xE0:
		u.length = 2
	case lead < 0xF0:
		u.length = 3
	default:
		u.length = 4
	}
	u.need = u.length - 1
	switch lead { // overlong forms, surrogates, beyond U+10FFFF
	case 0xE0:
		u.lo = 0xA0
	case 0xED:
		u.hi = 0x9F
	case 0xF0:
		u.lo = 0x90
	case 0xF4:
		u.hi = 0x8F
	}
}

func (u *utf8Count) count() {
	if u.length == 2 {
		u.two++
	} else {
		u.more++
	}
}

func (u *utf8Count) finish() {
	if u.need > 0 {
		u.broken++
		u.need = 0
	}
}

// dominates says that the text is UTF-8, if with faults. Sequences of two bytes
// count half: they are what Chinese text in GB18030 now and then looks like,
// while Chinese text in UTF-8 has three bytes a character.
func (u *utf8Count) dominates() bool {
	return u.broken == 0 || u.two+2*u.more > 2*u.broken
}

// isPlainLead3 says that c starts a sequence of three bytes and that any two
// continuation bytes may follow.
func isPlainLead3(c byte) bool { return c > 0xE0 && c < 0xF0 && c != 0xED }

func isContinuation(c byte) bool { return c&0xC0 == 0x80 }

const highBits = 0x8080808080808080

// asciiPrefix is how many bytes at the start of p are ASCII.
func asciiPrefix(p []byte) int {
	i := 0
	for ; i+32 <= len(p); i += 32 {
		q := p[i : i+32 : i+32]
		all := binary.LittleEndian.Uint64(q) | binary.LittleEndian.Uint64(q[8:]) |
			binary.LittleEndian.Uint64(q[16:]) | binary.LittleEndian.Uint64(q[24:])
		if all&highBits != 0 {
			break
		}
	}
	for ; i+8 <= len(p); i += 8 {
		if high := binary.LittleEndian.Uint64(p[i:]) & highBits; high != 0 {
			return i + bits.TrailingZeros64(high)/8
		}
	}
	for i < len(p) && p[i] < 0x80 {
		i++
	}
	return i
}

// gbCount counts the characters of a text read as GB18030.
type gbCount struct {
	common int64 // two bytes, of GB2312: nearly all of any Chinese text
	rare   int64 // two bytes, of GBK beyond it: names and traditional characters
	four   int64 // four bytes, of a pattern that no other encoding has
	broken int64

	// Of the two-byte ones, those that would be as usual in another encoding.
	asBig5   int64 // among its frequent characters
	asKana   int64 // kana of Shift_JIS or EUC-JP
	asLetter int64 // an accented letter before a plain one, in windows-1252

	pending [3]byte // a character begun
	n       int     // bytes of it
}

func (g *gbCount) add(p []byte) {
	for i := 0; i < len(p); {
		if g.n == 0 && p[i] < 0x80 {
			if i += asciiPrefix(p[i:]); i == len(p) {
				return
			}
		}
		if g.next(p[i]) {
			i++
		}
	}
}

// next takes one more byte, or returns false when the byte does not belong to
// what was begun and is to be looked at again.
func (g *gbCount) next(c byte) bool {
	trail := c >= 0x81 && c <= 0xFE
	switch g.n {
	case 0:
		if !trail {
			if c >= 0x80 {
				g.broken++
			}
			return true
		}
	case 1:
		switch {
		case isDigit(c):
		case trail || c >= 0x40 && c != 0x7F && c != 0xFF:
			g.countTwo(g.pending[0], c)
			g.n = 0
			return true
		default:
			return g.fail()
		}
	case 2:
		if !trail {
			return g.fail()
		}
	case 3:
		if !isDigit(c) || !isGB4(g.pending, c) {
			return g.fail()
		}
		g.four++
		g.n = 0
		return true
	}
	g.pending[g.n] = c
	g.n++
	return true
}

func (g *gbCount) fail() bool {
	g.broken++
	g.n = 0
	return false
}

func (g *gbCount) countTwo(lead, trail byte) {
	switch {
	case trail >= 0xA1 && (lead >= 0xB0 && lead <= 0xF7 || lead >= 0xA1 && lead <= 0xA3):
		g.common++
	default:
		g.rare++
	}
	if lead >= 0xA1 && lead <= 0xC6 && (trail >= 0xA1 || trail < 0x7F) {
		g.asBig5++
	}
	switch {
	case lead == 0x82 && trail >= 0x9F, lead == 0x83 && trail <= 0x96, lead == 0xA4 && trail >= 0xA1, lead == 0xA5 && trail >= 0xA1:
		g.asKana++
	case lead >= 0xC0 && trail < 0x7F:
		g.asLetter++
	}
}

// isGB4 says whether four bytes of the right form are a code point: up to
// U+FFFF below 84 31 A4 3A, the other planes from 90 30 81 30 to E3 32 9A 35.
func isGB4(p [3]byte, last byte) bool {
	code := binary.BigEndian.Uint32([]byte{p[0], p[1], p[2], last})
	return code <= 0x8431A439 || code >= 0x90308130 && code <= 0xE3329A35
}

func (g *gbCount) finish() {
	if g.n > 0 {
		g.broken++
		g.n = 0
	}
}

// plausible says that the text reads well as GB18030. That it can be read at
// all proves nothing: most characters must be common ones, or a good part, with
// nothing that speaks for another encoding.
func (g *gbCount) plausible() bool {
	likely := g.common + g.four
	all := likely + g.rare
	switch {
	case all == 0 || g.broken > 1+all/50:
		return false
	case 3*likely >= 2*all:
		return true
	}
	return 4*likely >= all && 4*g.asBig5 < 3*all && 5*g.asKana < all && 2*g.asLetter < all
}
