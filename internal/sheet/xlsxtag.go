package sheet

import (
	"bytes"
	"strings"
)

// scanEnd takes an end tag, which must close the innermost element.
func (s *xmlScanner) scanEnd() error {
	if len(s.marks) == 0 {
		return s.damaged("an end tag too many")
	}
	want := s.innermost()
	for s.end-s.pos < len(want)+3 {
		if err := s.need(); err != nil {
			return err
		}
	}
	if !bytes.Equal(s.buf[s.pos+2:s.pos+2+len(want)], want) {
		return s.damaged("<%s> is closed by another end tag", clip(want))
	}
	i := 2 + len(want)
	for s.buf[s.pos+i] != '>' {
		if !isXMLSpace(s.buf[s.pos+i]) {
			return s.damaged("<%s> is closed by another end tag", clip(want))
		}
		if i++; s.pos+i == s.end {
			if err := s.need(); err != nil {
				return err
			}
		}
	}
	s.pos += i + 1
	s.name = localName(want)
	s.pop()
	return nil
}

// pop closes the innermost element.
func (s *xmlScanner) pop() {
	n := len(s.marks) - 1
	s.open = s.open[:s.marks[n]]
	s.marks = s.marks[:n]
}

// innermost is the name of the innermost element, with its prefix.
func (s *xmlScanner) innermost() []byte { return s.open[s.marks[len(s.marks)-1]:] }

// scanStart takes a start tag. A tag that is cut by the window's end is begun
// again once there is more of it.
func (s *xmlScanner) scanStart() error {
	for {
		n, err := s.parseTag(s.buf[s.pos:s.end])
		if err != nil {
			return err
		}
		if n > 0 {
			s.pos += n
			break
		}
		if err := s.need(); err != nil {
			return err
		}
	}
	if len(s.marks) == 0 && s.rooted {
		return s.damaged("a second root element <%s>", clip(s.name))
	}
	s.rooted = true
	return nil
}

// parseTag parses the start tag at the beginning of b and returns its length,
// 0 when b does not hold all of it.
func (s *xmlScanner) parseTag(b []byte) (int, error) {
	i := 1
	for i < len(b) && xmlNameByte[b[i]] {
		i++
	}
	name := b[1:i]
	switch {
	case len(name) > maxXMLName:
		return 0, s.hostile("an element name of more than %d bytes", maxXMLName)
	case i == len(b):
		return 0, nil
	case len(name) == 0:
		return 0, s.damaged("a tag without a name")
	}
	s.attrs = s.attrs[:0]
	for {
		for i < len(b) && isXMLSpace(b[i]) {
			i++
		}
		if i == len(b) {
			return 0, nil
		}
		switch b[i] {
		case '>':
			return i + 1, s.push(name)
		case '/':
			if i+1 == len(b) {
				return 0, nil
			}
			if b[i+1] != '>' {
				return 0, s.damaged("a broken tag <%s>", clip(name))
			}
			s.name, s.empty = localName(name), true
			return i + 2, nil
		}
		n, err := s.parseAttr(b, i)
		if n == 0 || err != nil {
			return 0, err
		}
		i = n
	}
}

// parseAttr parses the attribute at b[i] and returns where it ends, 0 when b
// does not hold all of it.
func (s *xmlScanner) parseAttr(b []byte, i int) (int, error) {
	a := xmlAttr{name: i}
	for i < len(b) && xmlNameByte[b[i]] {
		i++
	}
	a.nameEnd = i
	for i < len(b) && isXMLSpace(b[i]) {
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	if b[i] != '=' || a.nameEnd == a.name {
		return 0, s.damaged("a broken attribute")
	}
	if len(s.attrs) == maxXMLAttributes {
		return 0, s.hostile("more than %d attributes", maxXMLAttributes)
	}
	i++
	for i < len(b) && isXMLSpace(b[i]) {
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	quote := b[i]
	if quote != '"' && quote != '\'' {
		return 0, s.damaged("an attribute without quotes")
	}
	i++
	a.value = i
	for i < len(b) && b[i] != quote {
		if b[i] == '<' {
			return 0, s.damaged("an attribute that does not end")
		}
		i++
	}
	if i == len(b) {
		return 0, nil
	}
	a.valueEnd = i
	// Places are kept relative to the window, which does not move any more
	// once the whole tag is in it.
	a.name, a.nameEnd = a.name+s.pos, a.nameEnd+s.pos
	a.value, a.valueEnd = a.value+s.pos, a.valueEnd+s.pos
	s.attrs = append(s.attrs, a)
	return i + 1, nil
}

// push opens an element.
func (s *xmlScanner) push(name []byte) error {
	if len(s.marks) == maxXMLDepth {
		return s.hostile("elements nested more than %d deep", maxXMLDepth)
	}
	s.marks = append(s.marks, len(s.open))
	s.open = append(s.open, name...)
	s.name, s.empty = localName(name), false
	return nil
}

// attr is the raw value of the attribute of that name, nil without one. An
// attribute with a prefix is another one than that without.
func (s *xmlScanner) attr(name string) []byte {
	for _, a := range s.attrs {
		if string(s.buf[a.name:a.nameEnd]) == name {
			return s.buf[a.value:a.valueEnd]
		}
	}
	return nil
}

// attrQualified is the raw value of the attribute of that local name behind
// any prefix but xmlns.
func (s *xmlScanner) attrQualified(local string) []byte {
	for _, a := range s.attrs {
		name := s.buf[a.name:a.nameEnd]
		i := bytes.IndexByte(name, ':')
		if i > 0 && string(name[i+1:]) == local && string(name[:i]) != "xmlns" {
			return s.buf[a.value:a.valueEnd]
		}
	}
	return nil
}

// attrString is the value of an attribute with its entities decoded.
func (s *xmlScanner) attrString(name string) (string, error) {
	raw := s.attr(name)
	if bytes.IndexByte(raw, '&') < 0 {
		return string(raw), nil
	}
	b, _, err := s.appendDecoded(nil, raw)
	return string(b), err
}

// attrTrue tells whether a boolean attribute is set.
func (s *xmlScanner) attrTrue(name string) bool {
	v := s.attr(name)
	return string(v) == "1" || string(v) == "true" || string(v) == "on"
}

// xmlPath follows where in a small part the scanner is.
type xmlPath struct{ names []string }

// enter takes the start tag just returned and returns the path of its element
// from the root, as in workbook/sheets/sheet; "" below the fourth level.
func (p *xmlPath) enter(s *xmlScanner) string {
	level := s.depth()
	if s.empty {
		level++
	}
	if level > 4 {
		return ""
	}
	p.names = append(p.names[:level-1], string(s.name))
	return strings.Join(p.names, "/")
}

// xmlNameByte tells the bytes of names; all of UTF-8 counts.
var xmlNameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80
	}
	return t
}()

func isXMLSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func localName(name []byte) []byte {
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}
