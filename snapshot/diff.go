package snapshot

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

const (
	minKey = math.MinInt64
	maxKey = math.MaxInt64
)

// ErrScopes: two snapshots hold different parts of a database.
var ErrScopes = errors.New("the snapshots hold different parts of the database")

// Diff is what changed from one snapshot to another.
type Diff struct {
	Kinds  []KindDiff     `json:"kinds"`
	Links  []TagLinks     `json:"links"`  // by tag id; tags without a change are left out
	Access []AccessChange `json:"access"` // by staff id, at most MaxItems
	// Same: no row of what is compared differs.
	Same bool `json:"same"`
}

// KindDiff is what changed in one kind of thing. What went into the recycle bin,
// left or was revoked counts as removed.
type KindDiff struct {
	Kind    string `json:"kind"`
	Added   int64  `json:"added"`
	Removed int64  `json:"removed"`
	Renamed int64  `json:"renamed"`
	Moved   int64  `json:"moved"`
	Changed int64  `json:"changed"`
	Items   []Item `json:"items"` // the first MaxItems
}

// Any reports whether anything changed.
func (k KindDiff) Any() bool { return k.Added+k.Removed+k.Renamed+k.Moved+k.Changed > 0 }

// Item is one thing that changed.
type Item struct {
	Change string   `json:"change"` // added, removed, renamed, moved or changed
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	Was    string   `json:"was"`    // its name before, where it had another
	Fields []string `json:"fields"` // that differ, for changed
}

// TagLinks are the links that a tag gained and lost.
type TagLinks struct {
	ID     int64  `json:"id"`
	Tag    string `json:"tag"`
	Gained int64  `json:"gained"`
	Lost   int64  `json:"lost"`
}

// AccessChange is how many tags somebody may newly do something with, or no
// longer.
type AccessChange struct {
	StaffID int64         `json:"staff_id"`
	UserID  string        `json:"userid"`
	Do      access.Action `json:"do"`
	Gained  int64         `json:"gained"`
	Lost    int64         `json:"lost"`
	Tags    []string      `json:"tags"` // the first few, with + or - before
}

// MaxItems bounds the lists of a Diff; the numbers count everything.
const MaxItems = 1000

// compared are the kinds with what says that a row no longer counts and what
// places it.
var compared = []struct{ kind, table, gone, place string }{
	{"departments", "department", "gone_event", "parent_id"},
	{"staff", "staff", "left_id", ""},
	{"groups", "tag_group", "deletion_id", ""},
	{"tags", "tag", "deletion_id", "group_id"},
	{"customers", "customer", "deletion_id", ""},
	{"grants", "access_grant", "revoked_at", ""},
}

// unseen are columns whose change is of no interest: they keep the books.
var unseen = []string{"updated_at", "version", "userid_key", "run_id", "revoked_by", "revoke_reason"}

// Compare tells what changed from a to b. Chunks that are equal are not read,
// the others are read side by side: memory does not grow with the tables, but
// with tags and staff.
func Compare(ctx context.Context, a, b *File) (*Diff, error) {
	if a.Header().Scope != b.Header().Scope {
		return nil, ErrScopes
	}
	d := differ{ctx: ctx, a: a, b: b, out: &Diff{Links: []TagLinks{}, Access: []AccessChange{}, Same: true}}
	for _, step := range []func() error{d.read, d.kinds, d.links, d.access} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("compare snapshots: %w", err)
		}
	}
	return d.out, nil
}

type differ struct {
	ctx            context.Context
	a, b           *File
	before, after  crm.Company
	namesA, namesB names
	out            *Diff
}

// names are what things are called in one snapshot.
type names struct{ groups, tags, staff, departments map[int64]string }

func (d *differ) read() (err error) {
	if d.before, err = d.a.Company(d.ctx); err != nil {
		return err
	}
	if d.after, err = d.b.Company(d.ctx); err != nil {
		return err
	}
	d.namesA, d.namesB = namesOf(d.before), namesOf(d.after)
	return nil
}

func namesOf(c crm.Company) names {
	n := names{make(map[int64]string), make(map[int64]string), make(map[int64]string), store.DepartmentPaths(c.Departments)}
	for _, g := range c.Groups {
		n.groups[g.ID] = g.Name
	}
	for _, t := range c.Tags {
		n.tags[t.ID] = n.groups[t.GroupID] + ":" + t.Name
	}
	for _, p := range c.Staff {
		n.staff[p.ID] = p.UserID
	}
	return n
}

// of is what a row is called.
func (n names) of(kind string, r *record) string {
	id := r.num("id")
	switch kind {
	case "departments":
		return cmp.Or(n.departments[id], r.text("name"))
	case "staff":
		return r.text("userid")
	case "tags":
		return n.tags[id]
	case "customers":
		return cmp.Or(r.text("name"), r.text("external_id"), "#"+strconv.FormatInt(id, 10))
	case "grants":
		return n.grant(r)
	}
	return r.text("name")
}

func (n names) grant(r *record) string {
	subject, object := r.text("subject_role"), r.text("object_kind")
	switch r.text("subject_kind") {
	case crm.SubjectStaff:
		subject = "staff:" + n.staff[r.num("subject_id")]
	case crm.SubjectDepartment:
		subject = "department:" + n.departments[r.num("subject_id")]
	}
	switch object {
	case crm.ObjectGroup:
		object = "group:" + n.groups[r.num("object_id")]
	case crm.ObjectTag:
		object = "tag:" + n.tags[r.num("object_id")]
	}
	return fmt.Sprintf("G%d %s %s %s", r.num("id"), subject, r.text("level"), object)
}

func (d *differ) kinds() error {
	for _, k := range compared {
		out := KindDiff{Kind: k.kind, Items: []Item{}}
		err := d.merge(k.table, 1, func(a, b *record) {
			liveA, liveB := a != nil && a.num(k.gone) == 0, b != nil && b.num(k.gone) == 0
			switch {
			case liveA && liveB:
				d.changes(&out, k.place, a, b)
			case liveB:
				out.Added++
				out.add(Item{Change: "added", ID: b.num("id"), Name: d.namesB.of(k.kind, b)})
			case liveA:
				out.Removed++
				out.add(Item{Change: "removed", ID: a.num("id"), Name: d.namesA.of(k.kind, a)})
			}
		})
		if err != nil {
			return err
		}
		if k.kind == "staff" {
			if err := d.transfers(&out); err != nil {
				return err
			}
		}
		d.out.Kinds = append(d.out.Kinds, out)
	}
	return nil
}

func (k *KindDiff) add(i Item) {
	if i.Fields == nil {
		i.Fields = []string{}
	}
	if len(k.Items) < MaxItems {
		k.Items = append(k.Items, i)
	}
}

// changes compares two rows of one thing.
func (d *differ) changes(out *KindDiff, place string, a, b *record) {
	var fields []string
	for column, i := range b.at {
		j, had := a.at[column]
		if had && !slices.Contains(unseen, column) && (a.cells[j].Null != b.cells[i].Null || !bytes.Equal(a.cells[j].Text, b.cells[i].Text)) {
			fields = append(fields, column)
		}
	}
	item := Item{ID: b.num("id"), Name: d.namesB.of(out.Kind, b)}
	if was := d.namesA.of(out.Kind, a); was != item.Name {
		item.Was = was
	}
	take := func(column, change string, n *int64) {
		if i := slices.Index(fields, column); column != "" && i >= 0 {
			fields = slices.Delete(fields, i, i+1)
			item.Change = change
			*n++
			out.add(item)
		}
	}
	take("name", "renamed", &out.Renamed)
	take(place, "moved", &out.Moved)
	if len(fields) > 0 {
		slices.Sort(fields)
		item.Change, item.Fields = "changed", fields
		out.Changed++
		out.add(item)
	}
}

// transfers finds the people whose departments changed.
func (d *differ) transfers(out *KindDiff) error {
	moved := make(map[int64]bool)
	err := d.merge("staff_department", 2, func(a, b *record) {
		if a == nil {
			moved[b.num("staff_id")] = true
		} else if b == nil {
			moved[a.num("staff_id")] = true
		}
	})
	for _, id := range slices.Sorted(maps.Keys(moved)) {
		if d.namesA.staff[id] != "" && d.namesB.staff[id] != "" {
			out.Moved++
			out.add(Item{Change: "moved", ID: id, Name: d.namesB.staff[id]})
		}
	}
	return err
}

func (d *differ) links() error {
	follows := KindDiff{Kind: "follows", Items: []Item{}}
	err := d.merge("customer_staff", 2, func(a, b *record) {
		switch {
		case a == nil:
			follows.Added++
		case b == nil:
			follows.Removed++
		default:
			follows.Changed++
		}
	})
	if err != nil {
		return err
	}
	d.out.Kinds = append(d.out.Kinds, follows)
	by := make(map[int64]*TagLinks)
	count := func(id int64) *TagLinks {
		if by[id] == nil {
			by[id] = &TagLinks{ID: id, Tag: cmp.Or(d.namesB.tags[id], d.namesA.tags[id], "#"+strconv.FormatInt(id, 10))}
		}
		return by[id]
	}
	err = d.merge("link", 3, func(a, b *record) {
		if a == nil {
			count(b.num("tag_id")).Gained++
		} else if b == nil {
			count(a.num("tag_id")).Lost++
		}
	})
	for _, id := range slices.Sorted(maps.Keys(by)) {
		d.out.Links = append(d.out.Links, *by[id])
	}
	return err
}
