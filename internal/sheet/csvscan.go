package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// A quoted cell may run on over following lines. How far its closing quote is
// looked for beyond the line it begins on: room for any cell that a spreadsheet
// program can hold (MaxCellChars of up to four bytes, 253 line breaks). Farther
// on a quote is taken to have nothing to do with it.
const (
	lookAheadBytes = 128 << 10
	lookAheadLines = 256
)

// errMore asks for more text.
var errMore = errors.New("record not whole yet")

// scanner cuts the text of a CSV file into records.
type scanner struct {
	src   *textSource
	delim []byte
	pos   int  // of the next record in src.text
	line  int  // physical line there, from 1
	crlf  bool // the first record ended in CR LF
	mark  int  // index of the first mark that is not before pos

	lf, cr, quote finder
}

// newScanner starts at the beginning of src.
func newScanner(src *textSource, delim rune) *scanner {
	return &scanner{
		src: src, delim: utf8.AppendRune(nil, delim), line: 1,
		lf: finder{c: '\n'}, cr: finder{c: '\r'}, quote: finder{c: '"'},
	}
}

// finder remembers where the next occurrence of a byte is, so that a text
// without any is not searched again for every record.
type finder struct {
	c byte
	// There is none in text[from:at]; at is one, or as far as was searched.
	from, at int
}

// next is the first occurrence at or after i, len(text) if there is none.
func (f *finder) next(text []byte, i int) int {
	search := f.at
	if i < f.from || i > f.at {
		f.from, search = i, i
	} else if search < len(text) && text[search] == f.c {
		return search
	}
	f.at = len(text)
	if n := bytes.IndexByte(text[search:], f.c); n >= 0 {
		f.at = search + n
	}
	return f.at
}

func (f *finder) shift(n int) { f.from, f.at = max(f.from-n, 0), max(f.at-n, 0) }

// next scans one record into b. It returns io.EOF when there is none left.
func (s *scanner) next(b *batch) error {
	for {
		err := s.scan(b)
		if err != errMore {
			return err
		}
		b.dropRecord()
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// fill reads on: more the longer the record begun is, because it is scanned
// anew afterwards, but not far beyond what a record may be.
func (s *scanner) fill() error {
	begun := len(s.src.text) - s.pos
	for want := min(begun/2, MaxTokenBytes-begun+1); ; {
		if s.pos > 0 {
			s.lf.shift(s.pos)
			s.cr.shift(s.pos)
			s.quote.shift(s.pos)
		}
		before := len(s.src.text) - s.pos
		s.src.room()
		err := s.src.more(s.pos)
		s.pos, s.mark = 0, 0
		if err != nil {
			return err
		}
		want -= len(s.src.text) - before
		if want <= 0 || s.src.eof {
			return nil
		}
	}
}

func (s *scanner) scan(b *batch) error {
	text := s.src.text
	start := s.pos
	if start == len(text) && s.src.eof {
		return io.EOF
	}
	end, next, ok := s.lineEnd(start)
	if end-start > MaxTokenBytes {
		return s.hostile("is over %d MiB", MaxTokenBytes>>20)
	}
	if !ok {
		return errMore
	}
	lines := 1
	if s.quote.next(text, start) >= end && !s.marked(next) {
		b.splitLine(text[start:end], s.delim)
	} else {
		f := fields{s: s, b: b, text: text, start: start, end: end, next: next, lines: 1}
		err := f.scan()
		if err == errUnclosed {
			b.dropRecord()
			f = fields{s: s, b: b, text: text, start: start, end: end, next: next, lines: 1, oneLine: true}
			err = f.scan()
		}
		if err != nil {
			return err
		}
		s.addMarks(b, f.next)
		end, next, lines = f.end, f.next, f.lines
	}
	if b.tooWide {
		return s.hostile("has more than %d cells", MaxColumns)
	}
	if s.line == 1 {
		s.crlf = next-end == 2
	}
	s.pos = next
	s.line += lines
	return nil
}

func (s *scanner) hostile(format string, args ...any) error {
	detail := fmt.Sprintf("the record on line %d %s", s.line, fmt.Sprintf(format, args...))
	return &FileError{Path: s.src.path, Reason: Hostile, Detail: detail}
}

// lineEnd finds the end of the physical line that i is on, and the start of the
// next. It is not ok when more text is needed to tell.
func (s *scanner) lineEnd(i int) (end, next int, ok bool) {
	text := s.src.text
	end = min(s.lf.next(text, i), s.cr.next(text, i))
	switch {
	case end == len(text):
		return end, end, s.src.eof
	case text[end] == '\n':
		return end, end + 1, true
	case end+1 == len(text):
		return end, end + 1, s.src.eof
	case text[end+1] == '\n':
		return end, end + 2, true
	}
	return end, end + 1, true
}

// marked says whether there is something to report before text[next].
func (s *scanner) marked(next int) bool {
	marks := s.src.marks
	for s.mark < len(marks) && marks[s.mark].pos < s.src.base+int64(s.pos) {
		s.mark++
	}
	return s.mark < len(marks) && marks[s.mark].pos < s.src.base+int64(next)
}

// addMarks turns the marks of the record that ends at next into faults.
func (s *scanner) addMarks(b *batch, next int) {
	if !s.marked(next) {
		return
	}
	for _, m := range s.src.marks[s.mark:] {
		at := int(m.pos - s.src.base)
		if at >= next {
			return
		}
		b.addFault(Fault{Kind: m.kind, Column: b.columnAt(at), Detail: m.detail()})
	}
}

func (m mark) detail() string {
	if m.kind == ControlCharacter {
		return fmt.Sprintf("U+%04X", m.value)
	}
	return fmt.Sprint(m.value)
}

// errUnclosed says that a quote is not closed within what is looked at.
var errUnclosed = errors.New("quote not closed")

// fields scans a record in which there are quotes.
type fields struct {
	s         *scanner
	b         *batch
	text      []byte
	start     int
	end, next int // of the physical line that the scan has come to
	lines     int // so far
	// oneLine takes just this physical line: an unclosed quote was found in the
	// record. From that quote on the text is cut at the delimiters as it stands.
	oneLine  bool
	unquoted bool
}

func (f *fields) scan() error {
	for i := f.start; ; {
		var err error
		if !f.unquoted && i < f.end && f.text[i] == '"' {
			i, err = f.quoted(i)
		} else {
			i = f.plain(i)
		}
		if err != nil {
			return err
		}
		if i-f.start > MaxTokenBytes {
			return f.s.hostile("is over %d MiB", MaxTokenBytes>>20)
		}
		if i >= f.end || f.b.tooWide {
			return nil
		}
		i += len(f.s.delim)
	}
}

// stop is where the text from i on is ended by a delimiter or the line.
func (f *fields) stop(i int) int {
	if n := bytes.Index(f.text[i:f.end], f.s.delim); n >= 0 {
		return i + n
	}
	return f.end
}

// plain takes a field without quotes around it. Quotes inside stand for
// themselves, as in 5" pipe; but when one behind leading space has no partner,
// the field may have been meant to run on beyond the delimiter.
func (f *fields) plain(i int) int {
	k := f.stop(i)
	field := f.text[i:k]
	if !f.unquoted && bytes.HasPrefix(bytes.TrimLeft(field, " \t"), []byte(`"`)) && bytes.Count(field, []byte(`"`))%2 == 1 {
		f.b.addFault(Fault{Kind: StrayQuote, Column: f.b.columns()})
	}
	f.b.add(field, i)
	return k
}

// quoted takes the field whose opening quote is at i and returns where its
// delimiter or the line end is.
func (f *fields) quoted(i int) (int, error) {
	q, doubled, err := f.closing(i)
	switch {
	case err == errUnclosed && f.oneLine:
		f.b.addFault(Fault{Kind: UnterminatedQuote, Column: f.b.columns()})
		f.unquoted = true
		return f.plain(i), nil
	case err != nil:
		return 0, err
	case !f.ends(q + 1):
		return f.repair(i, q), nil
	}
	if q > f.end {
		f.lines += countLines(f.text[f.end:q])
		var ok bool
		if f.end, f.next, ok = f.s.lineEnd(q + 1); !ok {
			return 0, errMore
		}
	}
	f.b.addQuoted(f.text[i+1:q], i, doubled)
	return q + 1, nil
}

// closing finds the quote that closes the one at i, or, on the same line, the
// first one that neither closes nor is doubled. doubled says that there are
// doubled ones before it.
func (f *fields) closing(i int) (q int, doubled bool, err error) {
	limit := f.end
	if !f.oneLine {
		limit = min(len(f.text), f.end+lookAheadBytes)
	}
	for q = i + 1; ; q += 2 {
		n := bytes.IndexByte(f.text[q:max(q, limit)], '"')
		if n < 0 {
			return 0, false, f.unclosed(limit)
		}
		q += n
		if q+len(f.s.delim) >= len(f.text) && !f.s.src.eof {
			return 0, false, errMore
		}
		if q+1 < len(f.text) && f.text[q+1] == '"' {
			doubled = true
			continue
		}
		if q > f.end && (!f.ends(q+1) || countLines(f.text[f.end:q]) > lookAheadLines) {
			return 0, false, errUnclosed
		}
		return q, doubled, nil
	}
}

// unclosed decides what it means that there is no quote up to limit.
func (f *fields) unclosed(limit int) error {
	if f.oneLine || f.s.src.eof || limit == f.end+lookAheadBytes {
		return errUnclosed
	}
	return errMore
}

// ends says whether a field ends before text[i].
func (f *fields) ends(i int) bool {
	return i >= len(f.text) || f.text[i] == '\n' || f.text[i] == '\r' || bytes.HasPrefix(f.text[i:], f.s.delim)
}

// repair takes a field with the opening quote at i in which the quote at q
// neither closes it nor is doubled. There is one sensible reading when the last
// thing before the next delimiter is a quote (inner quotes were not doubled) or
// when only space stands between q and the delimiter. Otherwise the field is
// taken as it stands, with a fault.
func (f *fields) repair(i, q int) int {
	k := f.stop(q)
	last := i + len(bytes.TrimRight(f.text[i:k], " \t")) - 1
	column := f.b.columns()
	inner := f.text[i+1 : max(last, i+1)]
	switch {
	case last == q:
		f.b.addQuoted(f.text[i+1:q], i, true)
	case f.text[last] == '"' && !bytes.Contains(inner, []byte(`""`)) && !looksLikeTwo(inner):
		f.b.add(inner, i)
	default:
		f.b.addFault(Fault{Kind: StrayQuote, Column: column})
		f.b.add(f.text[i:k], i)
		return k
	}
	f.b.addFault(Fault{Kind: RepairedQuote, Column: column})
	return k
}

// looksLikeTwo says whether the first two inner quotes may as well end one
// field and begin another, as in a" "b: there is no word between them.
func looksLikeTwo(inner []byte) bool {
	first := bytes.IndexByte(inner, '"')
	n := bytes.IndexByte(inner[first+1:], '"')
	if n < 0 {
		return false
	}
	between := inner[first+1 : first+1+n]
	return bytes.IndexFunc(between, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0
}

// countLines counts the line ends in p: CR LF, LF and CR alone.
func countLines(p []byte) int {
	n := bytes.Count(p, []byte{'\n'})
	for {
		i := bytes.IndexByte(p, '\r')
		if i < 0 {
			return n
		}
		if p = p[i+1:]; len(p) == 0 || p[0] != '\n' {
			n++
		}
	}
}
