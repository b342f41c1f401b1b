package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"

	"tagkeep/internal/store"
)

// shelves hold what a run must remember of earlier rows. Mostly that is little,
// and stays in memory; where it is much, what was not used lately goes to a
// scratch file, so that memory does not grow with the file's duplicates.
//
// A shelf cannot return errors where rows are planned: they stay in err, which
// must be looked at before anything that was planned is stored.
type shelves struct {
	limit int // entries in memory, beyond which they go to the file
	all   []shelving
	file  *store.Scratch // nil until it is needed
	seed  maphash.Seed
	there []([repeatWords]uint64) // a Bloom filter of the keys in the file
	err   error
}

// shelving is a shelf of any type.
type shelving interface {
	entries() int
	unload(s *shelves) error
}

// maxRemembered entries take some 10 MiB.
const maxRemembered = 1 << 15

// thereBits says how large the filter of the file's keys is: 4 MiB.
const thereBits = 17

func newShelves(limit int) *shelves { return &shelves{limit: limit, seed: maphash.MakeSeed()} }

// tidy makes room in memory when there is too little. Nothing that was set
// before can be dropped afterwards.
func (s *shelves) tidy() error {
	n := 0
	for _, f := range s.all {
		n += f.entries()
	}
	if s.err != nil || n <= s.limit {
		return s.err
	}
	if s.file == nil {
		if s.file, s.err = store.NewScratch(); s.err != nil {
			return s.err
		}
		s.there = make([][repeatWords]uint64, 1<<thereBits)
	}
	for _, f := range s.all {
		if s.err = f.unload(s); s.err != nil {
			return s.err
		}
	}
	return nil
}

// close removes the file. It may be called twice.
func (s *shelves) close() error {
	f := s.file
	s.file = nil
	return f.Close()
}

func (s *shelves) put(key []byte, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %T: %w", value, err)
	}
	h := maphash.Bytes(s.seed, key)
	set(&s.there[h>>(64-thereBits)], h)
	return s.file.Put(key, b)
}

// get reads a value from the file and reports whether it is there.
func (s *shelves) get(key []byte, value any) bool {
	h := maphash.Bytes(s.seed, key)
	if !holds(&s.there[h>>(64-thereBits)], h) {
		return false
	}
	b, err := s.file.Get(key)
	if err == nil && b != nil {
		err = json.Unmarshal(b, value)
	}
	s.err = errors.Join(s.err, err)
	return err == nil && b != nil
}

// shelf is one map of the shelves.
type shelf[K comparable, V any] struct {
	s      *shelves
	name   byte
	recent map[K]kept[V]
}

// kept is a value in memory; fresh: the file does not have it.
type kept[V any] struct {
	value V
	fresh bool
}

func newShelf[K comparable, V any](s *shelves) *shelf[K, V] {
	f := &shelf[K, V]{s: s, name: byte(len(s.all)), recent: make(map[K]kept[V])}
	s.all = append(s.all, f)
	return f
}

// get returns the value of k, the zero value when there is none.
func (f *shelf[K, V]) get(k K) V {
	v, ok := f.recent[k]
	if !ok && f.s.file != nil && f.s.err == nil && f.s.get(f.key(k), &v.value) {
		f.recent[k] = v
	}
	return v.value
}

func (f *shelf[K, V]) set(k K, v V) { f.recent[k] = kept[V]{v, true} }

// drop takes back the set of a key that was not there before, since the last
// tidy.
func (f *shelf[K, V]) drop(k K) { delete(f.recent, k) }

func (f *shelf[K, V]) entries() int { return len(f.recent) }

func (f *shelf[K, V]) unload(s *shelves) error {
	for k, v := range f.recent {
		if !v.fresh {
			continue
		}
		if err := s.put(f.key(k), v.value); err != nil {
			return err
		}
	}
	clear(f.recent)
	return nil
}

// key is k as the file has it.
func (f *shelf[K, V]) key(k K) []byte {
	b, err := json.Marshal(k)
	if err != nil {
		panic("importer: " + err.Error()) // keys are numbers and strings
	}
	return append(b, f.name)
}
