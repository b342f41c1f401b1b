package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"filippo.io/age"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
)

// Sighting is a thing that snapshots hold.
type Sighting struct {
	Kind  string // group, tag or customer
	ID    int64
	Name  string // in the last snapshot that holds it
	Group string // a tag's
	// First and Last are the snapshots that hold it; InBin: in the last one it is
	// in the recycle bin. Live is the last in which it is not, nil when there is
	// none.
	First, Last Info
	InBin       bool
	Live        *Info
}

// Written is how commands name it.
func (s Sighting) Written() string {
	if s.Group != "" {
		return s.Kind + ":" + s.Group + ":" + s.Name
	}
	return s.Kind + ":" + s.Name
}

// Find looks in all these snapshots, the newest first as List gives them, for
// things of a name: groups and tags by their names, customers by name, external
// id or mobile. A ref without a kind looks for all of them. Damaged files are
// passed over and returned, and so are encrypted ones that none of the keys opens,
// with that error in Err.
func Find(ctx context.Context, list []Info, r crm.Ref, keys ...age.Identity) (found []Sighting, passed []Info, err error) {
	type key struct {
		database, kind string
		id             int64
	}
	s := searcher{ref: r, keys: keys, seen: make(map[archive.Hash][]hit)}
	at := make(map[key]int)
	for _, i := range list {
		hits, err := s.search(ctx, i)
		if Damaged(err) || errors.Is(err, ErrKeyNeeded) || errors.Is(err, ErrWrongKey) {
			i.Err = err
			passed = append(passed, i)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for _, h := range hits {
			k := key{i.Database, h.kind, h.id}
			n, ok := at[k]
			if !ok {
				n = len(found)
				at[k] = n
				found = append(found, Sighting{Kind: h.kind, ID: h.id, Name: h.name, Group: h.group, Last: i, InBin: h.deletion != 0})
			}
			if found[n].First = i; found[n].Live == nil && h.deletion == 0 {
				found[n].Live = &i
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Sighting) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return found, passed, nil
}

// hit is a row that bears the name.
type hit struct {
	kind        string
	id, groupID int64
	name, group string
	deletion    int64
}

// searcher remembers what it found in a chunk by its hash: most chunks of two
// snapshots are equal.
type searcher struct {
	ref  crm.Ref
	keys []age.Identity
	seen map[archive.Hash][]hit
}

var searched = []struct {
	kind, table string
	columns     []string // any of which may bear the name
}{
	{crm.ObjectGroup, "tag_group", []string{"name"}},
	{crm.ObjectTag, "tag", []string{"name"}},
	{crm.RefCustomer, "customer", []string{"name", "external_id", "mobile"}},
}

func (s *searcher) search(ctx context.Context, i Info) (hits []hit, err error) {
	f, err := i.Open(s.keys...)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, look := range searched {
		if s.ref.Kind != "" && s.ref.Kind != look.kind {
			continue
		}
		for n, c := range f.Manifest().Chunks {
			if c.Table != look.table {
				continue
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			in, known := s.seen[c.Raw]
			if !known {
				if in, err = s.inChunk(f, n, look.kind, look.columns); err != nil {
					return nil, err
				}
				s.seen[c.Raw] = in
			}
			hits = append(hits, in...)
		}
	}
	return s.withGroups(ctx, f, hits)
}

func (s *searcher) inChunk(f *File, n int, kind string, columns []string) (hits []hit, err error) {
	c, err := f.Chunk(n)
	if err != nil {
		return nil, err
	}
	in := newRecord(c.Table())
	want := ""
	if len(s.ref.Names) > 0 {
		want = s.ref.Names[len(s.ref.Names)-1]
	}
	for id, cells := range c.Rows() {
		in.cells = cells
		match := s.ref.ID == id
		for _, column := range columns {
			match = match || s.ref.ID == 0 && in.text(column) == want
		}
		if match {
			hits = append(hits, hit{kind: kind, id: id, groupID: in.num("group_id"), deletion: in.num("deletion_id"),
				name: cmp.Or(in.text("external_id"), in.text("name"), "#"+strconv.FormatInt(id, 10))})
		}
	}
	return hits, nil
}

// withGroups adds the names of the tags' groups, and leaves out tags of other
// groups than the one that was asked for.
func (s *searcher) withGroups(ctx context.Context, f *File, hits []hit) ([]hit, error) {
	var names map[int64]string
	var out []hit
	for _, h := range hits {
		if h.kind == crm.ObjectTag {
			if names == nil {
				names = make(map[int64]string)
				err := f.records(ctx, "tag_group", func(r *record) { names[r.num("id")] = r.text("name") })
				if err != nil {
					return nil, err
				}
			}
			if h.group = names[h.groupID]; len(s.ref.Names) == 2 && h.group != s.ref.Names[0] {
				continue
			}
		}
		out = append(out, h)
	}
	return out, nil
}

// record is a row whose cells are found by their column. A column that the table
// does not have is empty: files of older formats lack some.
type record struct {
	at    map[string]int
	cells []archive.Cell
}

func newRecord(t *archive.Table) *record {
	r := &record{at: make(map[string]int, len(t.Columns))}
	for i, c := range t.Columns {
		r.at[c] = i
	}
	return r
}

func (r *record) text(column string) string {
	if i, ok := r.at[column]; ok {
		return string(r.cells[i].Text)
	}
	return ""
}

func (r *record) num(column string) int64 {
	i, ok := r.at[column]
	if !ok {
		return 0
	}
	n, _ := r.cells[i].Int() // the columns asked for are numbers
	return n
}

// has reports whether the file has the table: those of older formats lack some.
func (f *File) has(table string) bool {
	return slices.ContainsFunc(f.Manifest().Header.Tables, func(t archive.Table) bool { return t.Name == table })
}

// records calls fn for every row of a table.
func (f *File) records(ctx context.Context, table string, fn func(r *record)) error {
	if !f.has(table) {
		return nil
	}
	for c, err := range f.Table(ctx, table, minKey, maxKey) {
		if err != nil {
			return fmt.Errorf("read snapshot %s: %w", f.Info.File, err)
		}
		r := newRecord(c.Table())
		for _, cells := range c.Rows() {
			r.cells = cells
			fn(r)
		}
	}
	return nil
}
