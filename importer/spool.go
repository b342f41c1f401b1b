package importer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"tagkeep/internal/store"
)

// spool keeps the rejected rows of a run that stores nothing, a dry run or an
// atomic one, in a temporary file until the repair file is written.
type spool struct {
	f *os.File
	w *bufio.Writer
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "tagkeep-rejected-*")
	if err != nil {
		return nil, fmt.Errorf("keep rejected rows: %w", err)
	}
	return &spool{f, bufio.NewWriter(f)}, nil
}

func (s *spool) add(r store.RowProblems) error {
	if err := json.NewEncoder(s.w).Encode(r); err != nil {
		return fmt.Errorf("keep rejected rows: %w", err)
	}
	return nil
}

// reset empties it: the transaction that it belongs to starts over.
func (s *spool) reset() error {
	s.w.Reset(s.f)
	if err := s.f.Truncate(0); err != nil {
		return err
	}
	_, err := s.f.Seek(0, io.SeekStart)
	return err
}

// each reads the rows back in order.
func (s *spool) each(fn func(store.RowProblems) error) error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("keep rejected rows: %w", err)
	}
	if _, err := s.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	dec := json.NewDecoder(bufio.NewReader(s.f))
	for {
		var r store.RowProblems
		err := dec.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read kept rows: %w", err)
		}
		if err := fn(r); err != nil {
			return err
		}
	}
}

// close removes the file. It may be called on nil.
func (s *spool) close() {
	if s != nil {
		s.f.Close()
		os.Remove(s.f.Name())
	}
}
