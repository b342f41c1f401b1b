package snapshot

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
)

// OnlyError is a name given to Only that names nothing in the snapshot, or more
// than one thing.
type OnlyError struct {
	Written string
	Several bool
	Err     error // crm.ErrBadRef where it is not even the name of an object
}

func (e *OnlyError) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%q: %v", e.Written, e.Err)
	case e.Several:
		return fmt.Sprintf("%q names several things in the snapshot", e.Written)
	}
	return fmt.Sprintf("%q is not in the snapshot", e.Written)
}

// Unwrap returns the cause.
func (e *OnlyError) Unwrap() error { return e.Err }

// picked are the rows that belong to the groups, tags and customers that were
// asked for. A group brings its tags, a tag its links and the customers that
// have it, a customer its links and their tags. The directory comes whole: it is
// small, and everything mentions it.
type picked struct {
	groups, tags map[int64]bool // rows that come along
	// askedGroups and askedTags come with their grants, the tags with all links;
	// of the others only what hangs on an asked customer comes.
	askedGroups, askedTags, askedCustomers map[int64]bool
	customers                              []int64 // that come along, ascending
	elsewhere                              []int64 // those of them that a snapshot of a part does not hold, ascending
}

// wanted is one name of Only, and what it was found to mean.
type wanted struct {
	text string
	ref  crm.Ref
	ids  []int64
}

// pickOnly finds what was asked for among what was live when the snapshot was
// taken; nil when nothing was asked for, which is everything.
func pickOnly(ctx context.Context, src *Source, only []string) (*picked, error) {
	if len(only) == 0 {
		return nil, nil
	}
	p := &picked{groups: map[int64]bool{}, tags: map[int64]bool{},
		askedGroups: map[int64]bool{}, askedTags: map[int64]bool{}, askedCustomers: map[int64]bool{}}
	var names []wanted
	for _, text := range only {
		ref, err := crm.ParseRef(text, "")
		if err == nil && ref.Kind != crm.ObjectGroup && ref.Kind != crm.ObjectTag && ref.Kind != crm.RefCustomer {
			err = crm.ErrBadRef
		}
		if err != nil {
			return nil, &OnlyError{Written: text, Err: err}
		}
		names = append(names, wanted{text: text, ref: ref})
	}
	for _, step := range []func(context.Context, *Source, []wanted) error{p.library, p.people, p.links, p.live} {
		if err := step(ctx, src, names); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// library finds groups and tags.
func (p *picked) library(ctx context.Context, src *Source, names []wanted) error {
	groupNames := make(map[int64]string)
	err := src.each(ctx, "tag_group", func(r row) error {
		if r.int("deletion_id") != 0 {
			return nil
		}
		groupNames[r.key] = r.text("name")
		for i := range names {
			if w := &names[i]; w.ref.Kind == crm.ObjectGroup && (w.ref.ID == r.key || w.ref.ID == 0 && w.ref.Names[0] == r.text("name")) {
				w.ids = append(w.ids, r.key)
				p.groups[r.key], p.askedGroups[r.key] = true, true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return src.each(ctx, "tag", func(r row) error {
		if r.int("deletion_id") != 0 {
			return nil
		}
		group := r.int("group_id")
		asked := p.askedGroups[group]
		for i := range names {
			if w := &names[i]; w.ref.Kind == crm.ObjectTag && isTag(w.ref, r, groupNames[group]) {
				w.ids = append(w.ids, r.key)
				asked = true
			}
		}
		if asked {
			p.tags[r.key], p.askedTags[r.key], p.groups[group] = true, true, true
		}
		return nil
	})
}

func isTag(ref crm.Ref, r row, group string) bool {
	if ref.ID != 0 {
		return ref.ID == r.key
	}
	n := len(ref.Names)
	return ref.Names[n-1] == r.text("name") && (n == 1 || ref.Names[0] == group)
}

// people finds customers, and says of each name what it means.
func (p *picked) people(ctx context.Context, src *Source, names []wanted) error {
	var ids []int64
	asked, byKey := false, false
	for _, w := range names {
		if w.ref.Kind == crm.RefCustomer {
			asked, byKey, ids = true, byKey || w.ref.ID == 0, append(ids, w.ref.ID)
		}
	}
	if asked {
		slices.Sort(ids)
		chunks := src.around(ctx, "customer", ids)
		if byKey {
			chunks = src.all(ctx, "customer")
		}
		err := eachRow("customer", chunks, func(r row) error {
			if r.int("deletion_id") != 0 {
				return nil
			}
			for i := range names {
				w := &names[i]
				if w.ref.Kind == crm.RefCustomer && (w.ref.ID == r.key || w.ref.ID == 0 && (w.ref.Names[0] == r.text("external_id") || w.ref.Names[0] == r.text("unionid"))) {
					w.ids = append(w.ids, r.key)
					p.askedCustomers[r.key] = true
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, w := range names {
		if len(w.ids) != 1 {
			return &OnlyError{Written: w.text, Several: len(w.ids) > 1}
		}
	}
	return nil
}

// links finds the customers of the tags and the tags of the customers.
func (p *picked) links(ctx context.Context, src *Source, _ []wanted) error {
	found := make(map[int64]bool) // tags of the customers
	for id := range p.askedCustomers {
		p.customers = append(p.customers, id)
	}
	slices.Sort(p.customers)
	links := src.all(ctx, "link")
	if len(p.askedTags) == 0 {
		links = src.around(ctx, "link", p.customers)
	}
	err := eachRow("link", links, func(r row) error {
		tag := r.int("tag_id")
		if p.askedTags[tag] && (len(p.customers) == 0 || p.customers[len(p.customers)-1] != r.key) {
			p.customers = append(p.customers, r.key)
		}
		if p.askedCustomers[r.key] {
			found[tag] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(p.customers)
	p.customers = slices.Compact(p.customers)
	return src.each(ctx, "tag", func(r row) error {
		if found[r.key] && r.int("deletion_id") == 0 {
			p.tags[r.key], p.groups[r.int("group_id")] = true, true
		}
		return nil
	})
}

// live leaves out the customers that were in the bin: their links slept.
func (p *picked) live(ctx context.Context, src *Source, _ []wanted) error {
	if len(p.customers) == 0 {
		return nil
	}
	kept := p.customers[:0]
	next := 0
	err := src.eachAround(ctx, "customer", p.customers, func(r row) error {
		for next < len(p.customers) && p.customers[next] < r.key {
			p.elsewhere = append(p.elsewhere, p.customers[next])
			next++
		}
		if next < len(p.customers) && p.customers[next] == r.key {
			next++
			if r.int("deletion_id") == 0 {
				kept = append(kept, r.key) // never ahead of next
			}
		}
		return nil
	})
	p.elsewhere = append(p.elsewhere, p.customers[next:]...)
	p.customers = kept
	return err
}

func (p *picked) customer(id int64) bool {
	_, ok := slices.BinarySearch(p.customers, id)
	return ok
}

// keeps says whether a row comes along. History, runs and the bin do not.
func (p *picked) keeps(table string, r row) bool {
	switch table {
	case "department", "department_closure", "staff", "staff_department", "directory_event":
		return true
	case "tag_group":
		return p.groups[r.key]
	case "tag":
		return p.tags[r.key]
	case "customer", "customer_staff":
		return p.customer(r.key)
	case "link":
		tag := r.int("tag_id")
		return p.tags[tag] && (p.askedTags[tag] || p.askedCustomers[r.key]) && p.customer(r.key)
	case "access_grant":
		id := r.int("object_id")
		return r.text("object_kind") == crm.ObjectGroup && p.askedGroups[id] || r.text("object_kind") == crm.ObjectTag && p.askedTags[id]
	}
	return false
}

// chunks are those in which keeps may find something.
func (p *picked) chunks(ctx context.Context, src *Source, table string) iter.Seq2[*archive.Chunk, error] {
	switch table {
	case "department", "department_closure", "staff", "staff_department", "directory_event", "tag_group", "tag", "access_grant":
		return src.all(ctx, table)
	case "customer", "customer_staff", "link":
		return src.around(ctx, table, p.customers)
	}
	return src.around(ctx, table, nil)
}

// of is the choice among the rows of a chunk.
func (p *picked) of(c *archive.Chunk) func(int64, []archive.Cell) bool {
	name, at := c.Table().Name, columnsOf(c)
	return func(key int64, cells []archive.Cell) bool { return p.keeps(name, row{key, cells, at}) }
}
