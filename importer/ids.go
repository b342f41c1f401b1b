package importer

import (
	"fmt"
	"slices"

	"tagkeep/internal/store"
)

// sequences are the kinds of things that an import creates.
var sequences = [...]store.Sequence{store.SeqDepartment, store.SeqStaff, store.SeqGroup, store.SeqTag, store.SeqCustomer, store.SeqGrant}

// ids hands out ids in the order in which things are planned. The blocks are
// taken from the database only when a chunk is written, and then must begin
// where planning began: the rev row keeps everybody else out meanwhile. A copy
// is a point to come back to.
type ids struct {
	first, next [len(sequences)]int64
}

func (i *ids) load(tx *store.Tx) error {
	for n, s := range sequences {
		id, err := tx.PeekID(s)
		if err != nil {
			return err
		}
		i.first[n], i.next[n] = id, id
	}
	return nil
}

func (i *ids) take(s store.Sequence) int64 {
	n := slices.Index(sequences[:], s)
	i.next[n]++
	return i.next[n] - 1
}

// pending reports whether the id was handed out since the last settling.
func (i *ids) pending(s store.Sequence, id int64) bool {
	n := slices.Index(sequences[:], s)
	return id >= i.first[n] && id < i.next[n]
}

// settle takes what was handed out since the last settling and returns it.
func (i *ids) settle(tx *store.Tx) ([]store.IDRange, error) {
	var out []store.IDRange
	for n, s := range sequences {
		count := i.next[n] - i.first[n]
		if count == 0 {
			continue
		}
		got, err := tx.NextIDs(s, int(count))
		if err != nil {
			return nil, err
		}
		if got != i.first[n] {
			return nil, fmt.Errorf("take ids of %s: planned from %d, got %d", s, i.first[n], got)
		}
		out = append(out, store.IDRange{Kind: string(s), First: got, Last: got + count - 1})
		i.first[n] = i.next[n]
	}
	return out, nil
}

// joinRange adds a block to ranges, joined to the one before it where they
// touch. The slice given is left as it is: a refused chunk goes back to it.
func joinRange(ranges []store.IDRange, r store.IDRange) []store.IDRange {
	out := slices.Clone(ranges)
	for i := range out {
		if out[i].Kind == r.Kind && out[i].Last+1 == r.First {
			out[i].Last = r.Last
			return out
		}
	}
	return append(out, r)
}

// inRanges reports whether one of the blocks holds the id.
func inRanges(ranges []store.IDRange, s store.Sequence, id int64) bool {
	return slices.ContainsFunc(ranges, func(r store.IDRange) bool {
		return r.Kind == string(s) && id >= r.First && id <= r.Last
	})
}
