package sheet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// Sizes of strings in a file.
const (
	spillGroup = 16 // strings per entry of the index in memory
	spillPage  = 64 << 10
	spillPages = 64 // in the cache
)

// spilledStrings keeps strings in a temporary file: each as its length and its
// bytes, one after the other, with the place of every sixteenth in memory.
// Cells mostly refer to strings in order, or to a few that stay in the cache.
type spilledStrings struct {
	f       *os.File
	removed bool // its name is gone already
	w       *bufio.Writer
	size    int64
	groups  []int64
	n       int

	cache [spillPages]spilledPage
	out   []byte
	// Where the string after the last one begins: the next is likely that.
	next   int
	nextAt int64
}

type spilledPage struct {
	number int64 // plus one, 0 for none
	data   []byte
}

func newSpilledStrings() (*spilledStrings, error) {
	f, err := os.CreateTemp("", "tagkeep-strings-*")
	if err != nil {
		return nil, fmt.Errorf("keep the workbook's strings: %w", err)
	}
	// Where a file in use can be removed, it is gone even after a crash.
	removed := os.Remove(f.Name()) == nil
	return &spilledStrings{f: f, removed: removed, w: bufio.NewWriterSize(f, spillPage)}, nil
}

func (s *spilledStrings) add(record []byte) error {
	if s.n%spillGroup == 0 {
		s.groups = append(s.groups, s.size)
	}
	s.n++
	head := binary.AppendUvarint(s.out[:0], uint64(len(record)))
	s.out = head
	s.size += int64(len(head) + len(record))
	_, err := s.w.Write(head)
	if err == nil {
		_, err = s.w.Write(record)
	}
	return s.wrap(err)
}

// finish ends the writing; from then on get may be called.
func (s *spilledStrings) finish() error {
	err := s.w.Flush()
	s.w = nil
	return s.wrap(err)
}

// get returns the record of string i; it holds until the next call.
func (s *spilledStrings) get(i int) ([]byte, error) {
	k, at := i-i%spillGroup, s.groups[i/spillGroup]
	if s.next > k && s.next <= i {
		k, at = s.next, s.nextAt
	}
	for ; ; k++ {
		size, head, err := s.length(at)
		if err != nil {
			return nil, err
		}
		at += int64(head)
		if k == i {
			s.next, s.nextAt = i+1, at+int64(size)
			return s.bytes(at, size)
		}
		at += int64(size)
	}
}

// length reads the length of the record at a place, and how many bytes that
// takes.
func (s *spilledStrings) length(at int64) (size, head int, err error) {
	b, err := s.bytes(at, int(min(binary.MaxVarintLen32, s.size-at)))
	if err != nil {
		return 0, 0, err
	}
	n, head := binary.Uvarint(b)
	if head <= 0 {
		return 0, 0, s.wrap(errors.New("the temporary file was changed"))
	}
	return int(n), head, nil
}

// bytes returns n bytes of the file at a place, mostly without copying.
func (s *spilledStrings) bytes(at int64, n int) ([]byte, error) {
	page, err := s.page(at / spillPage)
	if err != nil {
		return nil, err
	}
	from := int(at % spillPage)
	if from+n <= len(page) {
		return page[from : from+n], nil
	}
	s.out = append(s.out[:0], page[min(from, len(page)):]...)
	for len(s.out) < n {
		page, err := s.page((at + int64(len(s.out))) / spillPage)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return nil, s.wrap(errors.New("the temporary file was cut"))
		}
		s.out = append(s.out, page[:min(len(page), n-len(s.out))]...)
	}
	return s.out, nil
}

func (s *spilledStrings) page(number int64) ([]byte, error) {
	p := &s.cache[number%spillPages]
	if p.number == number+1 {
		return p.data, nil
	}
	if p.data == nil {
		p.data = make([]byte, spillPage)
	}
	p.number = 0
	p.data = p.data[:spillPage]
	n := int(min(spillPage, max(0, s.size-number*spillPage)))
	if _, err := s.f.ReadAt(p.data[:n], number*spillPage); err != nil {
		return nil, s.wrap(err)
	}
	p.number, p.data = number+1, p.data[:n]
	return p.data, nil
}

func (s *spilledStrings) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("keep the workbook's strings in %s: %w", s.f.Name(), err)
}

// close removes the file. It may be called twice.
func (s *spilledStrings) close() error {
	err := s.f.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	if !s.removed {
		err = errors.Join(err, os.Remove(s.f.Name()))
	}
	return s.wrap(err)
}
