package sheet

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
)

// Limits of XML. Office writes a depth of about ten and a dozen attributes.
const (
	maxXMLDepth      = 256
	maxXMLAttributes = 512
	maxXMLName       = 512
	scanWindow       = 128 << 10 // bytes of the part in memory, grows to MaxTokenBytes
)

type xmlToken uint8

const (
	xmlEnd   xmlToken = iota + 1 // </name>
	xmlStart                     // <name …> or <name …/>
	xmlText                      // character data, also from CDATA
	xmlEOF                       // the part ended after its root element
)

// xmlScanner pulls tokens out of one XML part. It keeps a bounded window of
// the part in memory and checks what a reader of spreadsheets must be able to
// trust: every element is closed by its own end tag, nothing follows the root,
// and the part's reader came to a clean end. It knows no DTD: a document that
// brings one is hostile. Namespace prefixes are dropped.
//
// name, attrs and text point into the window and hold until the next call.
type xmlScanner struct {
	r          io.Reader
	path, part string // for errors

	buf      []byte
	pos, end int   // unread window
	base     int64 // offset of buf[0] in the part
	drained  bool  // r returned io.EOF
	rooted   bool  // the root element has begun

	open  []byte // names of the open elements with prefix, one after the other
	marks []int  // where each begins in open

	name  []byte // of the last start or end tag, without prefix
	empty bool   // the start tag ended in />: no end tag follows
	attrs []xmlAttr

	text       []byte // raw character data
	cdata      bool   // text is literal, without entities
	textOffset int64  // where text begins in the part
}

// xmlAttr is an attribute by its place in the window.
type xmlAttr struct{ name, nameEnd, value, valueEnd int }

// newXMLScanner scans r, the part of that name in the workbook at path, of
// about that many bytes. The caller keeps r open until it is done.
func newXMLScanner(r io.Reader, path, part string, size uint64) (*xmlScanner, error) {
	r, err := utf8Part(r)
	if err != nil {
		return nil, err
	}
	return &xmlScanner{r: r, path: path, part: part, buf: make([]byte, clampSize(size, scanWindow))}, nil
}

// depth is how many elements are open. A start tag with empty set opens none.
func (s *xmlScanner) depth() int { return len(s.marks) }

// next returns the next token. Comments and processing instructions are passed
// over; xmlEOF is returned only when the reader itself ended well.
func (s *xmlScanner) next() (xmlToken, error) {
	for {
		if s.pos == s.end {
			if err := s.fill(); err == io.EOF {
				return s.finish()
			} else if err != nil {
				return 0, err
			}
		}
		if s.buf[s.pos] != '<' {
			ok, err := s.scanText()
			if ok || err != nil {
				return xmlText, err
			}
			continue
		}
		if s.pos+1 == s.end {
			if err := s.need(); err != nil {
				return 0, err
			}
		}
		switch s.buf[s.pos+1] {
		case '/':
			return xmlEnd, s.scanEnd()
		case '?':
			if err := s.scanInstruction(); err != nil {
				return 0, err
			}
		case '!':
			ok, err := s.scanBang()
			if ok || err != nil {
				return xmlText, err
			}
		default:
			return xmlStart, s.scanStart()
		}
	}
}

// atRoot tells whether the start tag just returned is the root's.
func (s *xmlScanner) atRoot() bool {
	return s.depth() == 1 && !s.empty || s.depth() == 0 && s.empty
}

// checkRoot refuses another root than that.
func (s *xmlScanner) checkRoot(want string) error {
	if s.atRoot() && string(s.name) != want {
		return s.damaged("its root is <%s> instead of <%s>", clip(s.name), want)
	}
	return nil
}

// skip passes over the content of the element whose start tag was just
// returned, its end tag included.
func (s *xmlScanner) skip() error {
	if s.empty {
		return nil
	}
	for outer := s.depth() - 1; s.depth() > outer; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// leaf is a short cut past next for what nearly all cells are: if the content of
// the element just opened is exactly before, text, and then after, which closes
// the element itself, all of it is taken, the text as a text token, and leaf
// returns true. Else nothing happens.
func (s *xmlScanner) leaf(before, after string) bool {
	b := s.buf[s.pos:s.end]
	if len(b) < len(before) || string(b[:len(before)]) != before {
		return false
	}
	n := bytes.IndexByte(b[len(before):], '<')
	if n < 0 {
		return false
	}
	n += len(before)
	if len(b)-n < len(after) || string(b[n:n+len(after)]) != after {
		return false
	}
	s.text, s.cdata = b[len(before):n], false
	s.textOffset = s.base + int64(s.pos+len(before))
	s.pos += n + len(after)
	s.pop()
	return true
}

// finish decides whether the part may end here.
func (s *xmlScanner) finish() (xmlToken, error) {
	if len(s.marks) > 0 {
		return 0, s.damaged("it ends inside <%s>", clip(s.innermost()))
	}
	if !s.rooted {
		return 0, s.damaged("it is empty")
	}
	return xmlEOF, nil
}

// fill makes room in the window and reads into it; io.EOF when there is no more.
func (s *xmlScanner) fill() error {
	if s.drained {
		return io.EOF
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.base += int64(s.pos)
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= MaxTokenBytes {
			return s.hostile("one XML token of more than %d bytes", MaxTokenBytes)
		}
		grown := make([]byte, min(2*len(s.buf), MaxTokenBytes))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.drained = true
			if n == 0 {
				return io.EOF
			}
			return nil
		}
		if n > 0 || err != nil {
			return err
		}
	}
	return fmt.Errorf("read %s: %s: %w", s.path, s.part, io.ErrNoProgress)
}

// need reads on where the part may not end yet.
func (s *xmlScanner) need() error {
	err := s.fill()
	if err == io.EOF {
		return s.damaged("it ends inside a tag")
	}
	return err
}

// scanText takes the character data up to the next tag. Outside the root only
// white space is allowed, and it is no token.
func (s *xmlScanner) scanText() (bool, error) {
	n := 0
	for {
		i := bytes.IndexByte(s.buf[s.pos+n:s.end], '<')
		if i >= 0 {
			n += i
			break
		}
		n = s.end - s.pos
		if err := s.fill(); err == io.EOF {
			break
		} else if err != nil {
			return false, err
		}
	}
	s.text = s.buf[s.pos : s.pos+n]
	s.textOffset = s.base + int64(s.pos)
	s.cdata = false
	s.pos += n
	if len(s.marks) > 0 {
		return true, nil
	}
	if len(bytes.Trim(s.text, " \t\r\n")) > 0 {
		return false, s.damaged("text outside its root element")
	}
	return false, nil
}

// scanInstruction passes over <?…?>. The XML declaration may only name UTF-8,
// or UTF-16, which utf8Part has converted.
func (s *xmlScanner) scanInstruction() error {
	first := s.base == 0 && s.pos == 0
	body, err := s.until(2, "?>")
	if err != nil {
		return err
	}
	if first && bytes.HasPrefix(body, []byte("xml")) {
		if enc := declaredEncoding(body); enc != "" {
			return s.damaged("its encoding %q is neither UTF-8 nor UTF-16", clip([]byte(enc)))
		}
	}
	return nil
}

// scanBang takes what begins with <!: a comment, which is passed over, or
// CDATA, which is text.
func (s *xmlScanner) scanBang() (bool, error) {
	const comment, cdata = "<!--", "<![CDATA["
	if is, err := s.hasPrefix(comment); err != nil {
		return false, err
	} else if is {
		_, err := s.until(len(comment), "-->")
		return false, err
	}
	if is, err := s.hasPrefix(cdata); err != nil {
		return false, err
	} else if !is {
		return false, s.hostile("a document type or entity declaration")
	}
	if len(s.marks) == 0 {
		return false, s.damaged("text outside its root element")
	}
	body, err := s.until(len(cdata), "]]>")
	if err != nil {
		return false, err
	}
	s.text, s.cdata = body, true
	s.textOffset = s.base + int64(s.pos-len(body)-3)
	return true, nil
}

func (s *xmlScanner) hasPrefix(p string) (bool, error) {
	for s.end-s.pos < len(p) {
		if err := s.need(); err != nil {
			return false, err
		}
	}
	return string(s.buf[s.pos:s.pos+len(p)]) == p, nil
}

// until takes everything from pos up to the mark, and returns what stands
// between the first skip bytes and the mark.
func (s *xmlScanner) until(skip int, mark string) ([]byte, error) {
	from := skip
	for {
		if s.end-s.pos > from {
			if i := bytes.Index(s.buf[s.pos+from:s.end], []byte(mark)); i >= 0 {
				body := s.buf[s.pos+skip : s.pos+from+i]
				s.pos += from + i + len(mark)
				return body, nil
			}
			// The mark may be cut by the window's end.
			from = max(skip, s.end-s.pos-len(mark)+1)
		}
		if err := s.need(); err != nil {
			return nil, err
		}
	}
}

func (s *xmlScanner) damaged(format string, args ...any) error {
	return &FileError{Path: s.path, Reason: Damaged, Detail: s.part + ": " + fmt.Sprintf(format, args...) +
		fmt.Sprintf(" (byte %d)", s.base+int64(s.pos))}
}

func (s *xmlScanner) hostile(format string, args ...any) error {
	return &FileError{Path: s.path, Reason: Hostile, Detail: s.part + ": " + fmt.Sprintf(format, args...)}
}

// clampSize is the size of a buffer for a part of about that many bytes.
func clampSize(size, most uint64) int { return int(min(max(size, 4<<10), most)) }

// clip makes what a file says fit for an error message: short, and without
// anything that a terminal obeys.
func clip(b []byte) string {
	const most = 60
	short := bytes.ToValidUTF8(b[:min(len(b), most)], nil)
	short = bytes.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, short)
	if len(b) > most {
		return string(short) + "…"
	}
	return string(short)
}
