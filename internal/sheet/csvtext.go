package sheet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

const (
	readBytes = 128 << 10 // read from the file at a time
	// maxLineMarks bounds what is remembered about one line; a line with more
	// faults than that is refused all the same.
	maxLineMarks = 256
)

// textSource reads a text file piece by piece and turns it into clean UTF-8:
// decoded, without byte order mark, with U+FFFD in the place of what could not
// be decoded. What rows are to be faulted for is marked with its place.
type textSource struct {
	ctx  context.Context
	path string
	r    io.ReaderAt
	dec  decoder
	bom  int       // bytes of the byte order mark
	hash hash.Hash // of the bytes read; nil when they are not to be checked
	want string    // what hash must come to at the end

	off  int64  // in the file, behind the bytes read
	in   []byte // read buffer
	kept int    // bytes at its start that are an incomplete character
	text []byte // decoded and not yet dropped
	base int64  // position of text[0] in the whole decoded text
	eof  bool   // text ends with the end of the file

	marks   []mark // in order of pos
	lastPos int64  // of the last mark made
	onLine  int    // marks made on its line
}

// mark is a place in the decoded text that is a fault of its row.
type mark struct {
	pos   int64
	kind  FaultKind
	value int64 // BrokenBytes: offset in the file; ControlCharacter: code point
}

// decoder appends src, which stands at offset off in the file, to s.text and
// marks what is wrong with it. It returns how much of src it used: all but an
// incomplete character at the end, and that too when it is the last of the file.
type decoder interface {
	decode(s *textSource, src []byte, off int64, last bool) (used int)
}

func newDecoder(enc string) decoder {
	switch enc {
	case encUTF8:
		return utf8Decoder{}
	case encUTF16LE:
		return utf16Decoder{binary.LittleEndian}
	case encUTF16BE:
		return utf16Decoder{binary.BigEndian}
	}
	return legacyDecoder{legacyEncoding(enc).NewDecoder().Transformer, enc == encGB18030}
}

// more drops the first taken bytes of the text and reads on. At the end of the
// file it sets eof, once it has made sure that the file is still the one that
// was opened.
func (s *textSource) more(taken int) error {
	if err := context.Cause(s.ctx); err != nil {
		return fmt.Errorf("read %s: %w", s.path, err)
	}
	s.drop(taken)
	if s.in == nil {
		s.in = make([]byte, readBytes)
	}
	n, err := s.r.ReadAt(s.in[s.kept:], s.off)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read %s: %w", s.path, err)
	}
	if s.hash != nil {
		s.hash.Write(s.in[s.kept : s.kept+n])
	}
	src, off := s.in[:s.kept+n], s.off-int64(s.kept)
	s.off += int64(n)
	if off == 0 {
		src, off = src[min(s.bom, len(src)):], int64(s.bom)
	}
	s.eof = err == io.EOF
	used := s.dec.decode(s, src, off, s.eof)
	s.kept = copy(s.in, src[used:])
	if s.eof && s.hash != nil && hex.EncodeToString(s.hash.Sum(nil)) != s.want {
		return &FileError{Path: s.path, Reason: Changed, Detail: "its content is not what it was when it was opened"}
	}
	return nil
}

// room doubles the room for text where that is nearly full. Left to append, the
// steps would be small, and the texts outgrown together take several times the
// room of a record that is too long.
func (s *textSource) room() {
	if free := cap(s.text) - len(s.text); free < 2*readBytes {
		s.text = slices.Grow(s.text, max(2*readBytes, min(len(s.text), MaxTokenBytes+2*readBytes-len(s.text))))
	}
}

func (s *textSource) drop(taken int) {
	if taken == 0 {
		return
	}
	s.text = s.text[:copy(s.text, s.text[taken:])]
	s.base += int64(taken)
	old := 0
	for old < len(s.marks) && s.marks[old].pos < s.base {
		old++
	}
	s.marks = slices.Delete(s.marks, 0, old)
}

// mark notes a fault of the character at s.text[at].
func (s *textSource) mark(at int, kind FaultKind, value int64) {
	pos := s.base + int64(at)
	gap := s.text[min(max(s.lastPos-s.base, 0), int64(at)):at]
	if bytes.IndexByte(gap, '\n') >= 0 || bytes.IndexByte(gap, '\r') >= 0 {
		s.onLine = 0
	}
	s.lastPos = max(s.lastPos, pos)
	if s.onLine++; s.onLine <= maxLineMarks {
		s.marks = append(s.marks, mark{pos, kind, value})
	}
}

// markControls looks through s.text[from:], in which only broken places are
// marked so far.
func (s *textSource) markControls(from int) {
	before := len(s.marks)
	for at := from + plainPrefix(s.text[from:]); at < len(s.text); at += plainPrefix(s.text[at:]) {
		r, size := utf8.DecodeRune(s.text[at:])
		if r != utf8.RuneError {
			s.mark(at, ControlCharacter, int64(r))
		}
		at += size
	}
	if before > 0 && len(s.marks) > before {
		slices.SortStableFunc(s.marks, func(a, b mark) int { return cmp.Compare(a.pos, b.pos) })
	}
}

// utf8Decoder copies, and checks.
type utf8Decoder struct{}

func (utf8Decoder) decode(s *textSource, src []byte, off int64, last bool) int {
	i := 0
	for {
		n := plainPrefix(src[i:])
		s.text = append(s.text, src[i:i+n]...)
		if i += n; i == len(src) || !last && !utf8.FullRune(src[i:]) {
			return i
		}
		at := len(s.text)
		r, size := utf8.DecodeRune(src[i:])
		switch {
		case r != utf8.RuneError:
			s.text = append(s.text, src[i:i+size]...)
			s.mark(at, ControlCharacter, int64(r))
		case isSurrogate3(src[i:]):
			s.text = append(s.text, "\uFFFD"...)
			size = 3
			s.mark(at, ControlCharacter, 0xD000|int64(src[i+1]&0x3F)<<6|int64(src[i+2]&0x3F))
		default:
			// A U+FFFD that stands in the file is the scar of bytes broken earlier.
			s.text = append(s.text, "\uFFFD"...)
			s.mark(at, BrokenBytes, off+int64(i))
		}
		i += size
	}
}

// isSurrogate3 says whether p starts with half a surrogate pair written as if
// it were a character.
func isSurrogate3(p []byte) bool {
	return len(p) >= 3 && p[0] == 0xED && p[1] >= 0xA0 && p[1] <= 0xBF && isContinuation(p[2])
}

type utf16Decoder struct{ order binary.ByteOrder }

func (d utf16Decoder) decode(s *textSource, src []byte, off int64, last bool) int {
	from, i := len(s.text), 0
	for ; i+1 < len(src); i += 2 {
		r := rune(d.order.Uint16(src[i:]))
		if r < utf8.RuneSelf {
			s.text = append(s.text, byte(r))
			continue
		}
		if utf16.IsSurrogate(r) {
			if i+3 < len(src) {
				r = utf16.DecodeRune(r, rune(d.order.Uint16(src[i+2:])))
			} else if !last {
				break
			} else {
				r = utf8.RuneError
			}
			if r == utf8.RuneError {
				s.mark(len(s.text), ControlCharacter, int64(d.order.Uint16(src[i:])))
			} else {
				i += 2
			}
		} else if r == utf8.RuneError {
			s.mark(len(s.text), BrokenBytes, off+int64(i))
		}
		s.text = utf8.AppendRune(s.text, r)
	}
	if last && i < len(src) {
		s.mark(len(s.text), BrokenBytes, off+int64(i))
		s.text = utf8.AppendRune(s.text, utf8.RuneError)
		i = len(src)
	}
	s.markControls(from)
	return i
}

// legacyDecoder decodes by a code table without state.
type legacyDecoder struct {
	table transform.Transformer
	gb    bool // with user-defined characters
}

func (d legacyDecoder) decode(s *textSource, src []byte, off int64, last bool) int {
	// In pieces, because a piece with broken bytes in it is decoded twice, the
	// second time slowly.
	const piece = 4 << 10
	used := 0
	for used < len(src) {
		in := src[used:min(used+piece, len(src))]
		from := len(s.text)
		s.text = slices.Grow(s.text, 3*len(in)+utf8.UTFMax)
		nDst, nSrc, _ := d.table.Transform(s.text[from:cap(s.text)], in, last && used+len(in) == len(src))
		s.text = s.text[:from+nDst]
		if bytes.Contains(s.text[from:], []byte("\uFFFD")) {
			d.markBroken(s, from, in[:nSrc], off+int64(used))
		}
		s.markControls(from)
		if used += nSrc; nSrc == 0 {
			break
		}
	}
	return used
}

// markBroken finds the U+FFFD in s.text[at:] again by decoding src, from which
// it came, in steps with room for one of them. User-defined characters, which
// the table does not know, are put in its place.
func (d legacyDecoder) markBroken(s *textSource, at int, src []byte, off int64) {
	var room [utf8.UTFMax]byte
	for i := 0; i < len(src); {
		nDst, nSrc, err := d.table.Transform(room[:3], src[i:], true)
		if nSrc == 0 && errors.Is(err, transform.ErrShortDst) {
			nDst, nSrc, _ = d.table.Transform(room[:], src[i:], true)
		}
		if string(room[:nDst]) == "\uFFFD" {
			if r, ok := d.userDefined(src[i : i+nSrc]); ok {
				utf8.EncodeRune(s.text[at:], r) // of three bytes, too
			} else {
				s.mark(at, BrokenBytes, off+int64(i))
			}
		}
		at += nDst
		i += nSrc
	}
}

func (d legacyDecoder) userDefined(code []byte) (rune, bool) {
	if !d.gb || len(code) != 2 {
		return 0, false
	}
	return fromUserDefined(code[0], code[1])
}

const everyByte = 0x0101010101010101

// plainPrefix is how many bytes at the start of p are valid UTF-8 without any
// character that is a fault, U+FFFD included.
func plainPrefix(p []byte) int {
	i := 0
	for i < len(p) {
		for ; i+8 <= len(p); i += 8 {
			w := binary.LittleEndian.Uint64(p[i:])
			// The high bit of each byte that is not ASCII, that is DEL, that is
			// below space. A carry out of a byte spoils only later ones.
			odd := (w | (w + everyByte) | ^((w | highBits) - 0x20*everyByte)) & highBits
			if odd != 0 {
				i += bits.TrailingZeros64(odd) / 8
				break
			}
		}
		if i >= len(p) {
			break
		}
		n := plainSize(p[i:])
		if n == 0 {
			break
		}
		i += n
		for i+2 < len(p) && p[i] >= 0xE1 && p[i] <= 0xEC && isContinuation(p[i+1]) && isContinuation(p[i+2]) {
			i += 3
		}
	}
	return i
}

// plainSize is the size of the first character of p, 0 when it is a fault.
func plainSize(p []byte) int {
	c := p[0]
	if c < utf8.RuneSelf {
		if c >= 0x20 && c != 0x7F || c == '\n' || c == '\r' || c == '\t' {
			return 1
		}
		return 0
	}
	r, size := utf8.DecodeRune(p)
	switch {
	case r < 0xA0, r == '\uFEFF', r == utf8.RuneError, r == '\uFFFE', r == '\uFFFF':
		return 0
	}
	return size
}
