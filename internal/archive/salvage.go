package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// Loss is what Salvage found missing, and what it found.
type Loss struct {
	// Header is nil when neither header nor manifest is whole.
	Header *Header
	// Manifest is nil when it is not whole. With it, every chunk that was handed
	// out is proved by its SHA-256, and Gaps is exact. Without it, a chunk is
	// proved by the 32 bits of zstd's checksum, whether it belongs to this
	// snapshot is not known, and Gaps is what follows from the places that
	// could not be read.
	Manifest *Manifest
	Chunks   int   // handed out
	Rows     int64 // in them
	Gaps     []Gap // what is missing, in the order of the file
	Foreign  int   // whole chunks that are not the manifest's, or stand twice; not handed out
	Bytes    int64 // of the file that belong to nothing that is whole
}

// Complete says that every row was handed out. The file may be damaged all the
// same; Verify tells.
func (l *Loss) Complete() bool { return l.Manifest != nil && len(l.Gaps) == 0 }

// Gap is a range of keys, both ends included, of which rows are missing.
type Gap struct {
	Table    string // "" when not even that is known: other tables than those found
	From, To int64  // the ends of int64 where no neighbour was found
	// Rows is how many are missing, all that the file had from From to To but
	// those of neighbouring chunks that share the keys at the ends. It is -1
	// when not known: then perhaps none.
	Rows int64
}

// Salvage reads what is whole in a damaged file, and also in one that is not. It
// calls fn with each whole chunk that belongs to the file, in the file's order;
// the chunk is valid until fn returns. Header, manifest and seek table may be
// damaged; bytes may be missing or too many anywhere.
//
// An error of fn, of ctx or of reading (a disk that cannot be read is copied
// first) ends it and is returned, with the Loss up to there. A file in which
// nothing is found is ErrNotArchive.
func Salvage(ctx context.Context, r io.ReaderAt, size int64, fn func(*Chunk) error) (Loss, error) {
	s := &salvage{r: r, size: size, window: window{r: r, size: size}, fn: fn, seen: make(map[Hash]bool)}
	var err error
	if s.dec, err = newDecoder(1); err != nil {
		return s.loss, fmt.Errorf("zstd: %w", err)
	}
	if err := s.findHeader(); err != nil {
		return s.loss, err
	}
	if err := s.findManifest(ctx); err != nil {
		return s.loss, err
	}
	if err := s.findChunks(ctx); err != nil {
		return s.loss, err
	}
	if s.loss.Header == nil && s.loss.Chunks == 0 {
		return s.loss, ErrNotArchive
	}
	s.loss.Bytes = size - s.covered
	if s.loss.Manifest != nil {
		s.missing()
	} else {
		s.gap(nil)
	}
	return s.loss, nil
}

// accept decides about a whole chunk and hands it out.
func (s *salvage) accept(c *Chunk) error {
	if s.loss.Manifest != nil {
		if !s.expected(c) {
			s.loss.Foreign++
			return nil
		}
	} else {
		if s.seen[c.info.Raw] {
			s.loss.Foreign++
			return nil
		}
		if len(s.seen) == MaxChunks {
			return corrupt("more than %d chunks", MaxChunks)
		}
		s.seen[c.info.Raw] = true
		c.info.Index = s.loss.Chunks
		if s.broken {
			s.gap(&c.info)
		}
		s.last, s.broken = c.info, false
	}
	s.loss.Chunks++
	s.loss.Rows += c.rows
	return s.fn(c)
}

// expected finds the place of a chunk in the manifest. Chunks may be equal, if
// rows are; each place is filled once.
func (s *salvage) expected(c *Chunk) bool {
	places := s.places[c.info.Raw]
	if len(places) == 0 {
		return false
	}
	s.places[c.info.Raw] = places[1:]
	s.found[places[0]] = true
	c.info.Index = places[0]
	return true
}

// missing lists the manifest's chunks that were not found.
func (s *salvage) missing() {
	for i, ok := range s.found {
		if !ok {
			c := &s.loss.Manifest.Chunks[i]
			s.loss.Gaps = append(s.loss.Gaps, Gap{c.Table, c.First, c.Last, c.Rows})
		}
	}
}

// gap lists what may be missing between the chunk before and next, nil at the
// end of the file. Tables and rows are in the order of the header and the keys.
func (s *salvage) gap(next *ChunkInfo) {
	before := s.last.Table
	after := ""
	if next != nil {
		after = next.Table
	}
	if before == after && before != "" {
		if s.last.Last <= next.First {
			s.addGap(before, s.last.Last, next.First)
		}
		return
	}
	lo, hi := -1, -1
	if h := s.loss.Header; h != nil {
		lo, hi = h.table(before), h.table(after)
		if next == nil {
			hi = len(h.Tables)
		}
		if hi <= lo { // out of order: nothing follows from it
			return
		}
	}
	if before != "" {
		s.addGap(before, s.last.Last, math.MaxInt64)
	}
	if s.loss.Header == nil {
		s.addGap("", math.MinInt64, math.MaxInt64)
	}
	for i := lo + 1; i < hi; i++ {
		s.addGap(s.loss.Header.Tables[i].Name, math.MinInt64, math.MaxInt64)
	}
	if next != nil {
		s.addGap(after, math.MinInt64, next.First)
	}
}

func (s *salvage) addGap(table string, from, to int64) {
	s.loss.Gaps = append(s.loss.Gaps, Gap{table, from, to, -1})
}

// isDamage tells what Salvage reads over from what ends it.
func isDamage(err error) bool { return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotArchive) }
