package snapshot

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Scope is a part of the database, by ids: groups with their tags, tags and
// customers, live or in the bin. The zero Scope is the whole database.
//
// A snapshot of a part holds the rows named, the links and grants on them, the
// groups that the tags are in, the tags that the customers have, the deletions
// that put them into the bin, and, because roles and grants point at it, the
// whole directory. It does not hold the customers that a tag is on: there may be
// millions.
type Scope struct {
	Groups, Tags, Customers []int64
}

// Whole reports whether it is the whole database.
func (s Scope) Whole() bool { return len(s.Groups)+len(s.Tags)+len(s.Customers) == 0 }

// held is the scope as a receipt names it.
func (s Scope) held() store.Held {
	return store.Held{Whole: s.Whole(), IDs: map[string][]int64{
		crm.ObjectGroup: setOf(s.Groups).sorted(), crm.ObjectTag: setOf(s.Tags).sorted(), crm.RefCustomer: setOf(s.Customers).sorted()}}
}

// maxWritten is how many ids a scope is written with; more are only counted.
const maxWritten = 500

// String writes the scope as it stands in a file: group:#3,tag:#7,customer:#9;
// group:12,customer:90000 where there are very many; "" for the whole database.
func (s Scope) String() string {
	var parts []string
	many := len(s.Groups)+len(s.Tags)+len(s.Customers) > maxWritten
	for _, kind := range []struct {
		name string
		ids  []int64
	}{{crm.ObjectGroup, s.Groups}, {crm.ObjectTag, s.Tags}, {crm.RefCustomer, s.Customers}} {
		if many && len(kind.ids) > 0 {
			parts = append(parts, fmt.Sprintf("%s:%d", kind.name, len(kind.ids)))
			continue
		}
		for _, id := range kind.ids {
			parts = append(parts, kind.name+":#"+strconv.FormatInt(id, 10))
		}
	}
	return strings.Join(parts, ",")
}

// ParseScope reads what String wrote; false when the ids are not in it.
func ParseScope(text string) (s Scope, ok bool) {
	if text == "" {
		return s, true
	}
	for _, word := range strings.Split(text, ",") {
		r, err := crm.ParseRef(word, "")
		if err != nil || r.ID == 0 || !s.add(r.Kind, r.ID) {
			return Scope{}, false
		}
	}
	return s, true
}

func (s *Scope) add(kind string, id int64) bool {
	var list *[]int64
	switch kind {
	case crm.ObjectGroup:
		list = &s.Groups
	case crm.ObjectTag:
		list = &s.Tags
	case crm.RefCustomer:
		list = &s.Customers
	default:
		return false
	}
	if !slices.Contains(*list, id) {
		*list = append(*list, id)
	}
	return true
}

// NotFoundError: nothing in the database goes by a name.
type NotFoundError struct {
	Ref crm.Ref
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no %s %s", e.Ref.Kind, strings.Join(e.Ref.Names, ":"))
}

// FindScope finds what the refs name; live things come before those in the bin.
func FindScope(tx *store.Tx, refs []crm.Ref) (s Scope, err error) {
	for _, r := range refs {
		ids, err := findRef(tx, r)
		if err != nil {
			return Scope{}, err
		}
		if len(ids) == 0 {
			return Scope{}, &NotFoundError{r}
		}
		for _, id := range ids {
			if !s.add(r.Kind, id) {
				return Scope{}, &NotFoundError{r}
			}
		}
	}
	return s, nil
}

// findRef returns the ids of the live things of a name, else those in the bin.
func findRef(tx *store.Tx, r crm.Ref) ([]int64, error) {
	var live, binned []int64
	note := func(id, deletion int64) {
		if deletion == 0 {
			live = append(live, id)
		} else {
			binned = append(binned, id)
		}
	}
	last := ""
	if len(r.Names) > 0 {
		last = r.Names[len(r.Names)-1]
	}
	var err error
	switch r.Kind {
	case crm.ObjectGroup, crm.ObjectTag:
		err = eachTag(tx, r, last, note)
	case crm.RefCustomer:
		key, value := "id", any(r.ID)
		if r.ID == 0 {
			key, value = store.KeyExternalID, last
		}
		err = tx.CustomersByKey(key, []any{value}, func(c crm.Customer) { note(c.ID, c.DeletionID) })
	}
	if len(live) > 0 {
		return live, err
	}
	return binned, err
}

func eachTag(tx *store.Tx, r crm.Ref, name string, note func(id, deletion int64)) error {
	groups, err := tx.Groups(store.WithBin)
	if err != nil {
		return err
	}
	byID := make(map[int64]string, len(groups))
	for _, g := range groups {
		byID[g.ID] = g.Name
		if r.Kind == crm.ObjectGroup && (r.ID == g.ID || r.ID == 0 && g.Name == name) {
			note(g.ID, g.DeletionID)
		}
	}
	if r.Kind == crm.ObjectGroup {
		return nil
	}
	tags, err := tx.Tags(store.WithBin)
	for _, t := range tags {
		inGroup := len(r.Names) < 2 || byID[t.GroupID] == r.Names[0]
		if r.ID == t.ID || r.ID == 0 && t.Name == name && inGroup {
			note(t.ID, t.DeletionID)
		}
	}
	return err
}

// part is a condition on the rows of a table.
type part struct {
	cond string
	args []any
}

// set holds ids.
type set map[int64]bool

func setOf(lists ...[]int64) set {
	s := make(set)
	for _, list := range lists {
		for _, id := range list {
			s[id] = true
		}
	}
	return s
}

func (s set) sorted() []int64 {
	ids := make([]int64, 0, len(s))
	for id := range s {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// selection is a scope with everything that belongs to it.
type selection struct {
	groups, tags, customers set // the scope itself
	withGroups, withTags    set // … and those that it mentions
	deletions, grants       set // those found on the way
}

func (c *capturer) selection(s Scope) (*selection, error) {
	sel := &selection{groups: setOf(s.Groups), tags: setOf(s.Tags), customers: setOf(s.Customers), deletions: make(set), grants: make(set)}
	tags, err := c.tx.Tags(store.WithBin)
	if err != nil {
		return nil, err
	}
	for _, t := range tags {
		if sel.groups[t.GroupID] {
			sel.tags[t.ID] = true
		}
	}
	sel.withGroups, sel.withTags = setOf(sel.groups.sorted()), setOf(sel.tags.sorted())
	for _, p := range c.inChunks("customer_id", sel.customers) {
		var ids []int64
		if err := c.tx.Select(&ids, "SELECT DISTINCT tag_id FROM link WHERE "+p.cond, p.args...); err != nil {
			return nil, err
		}
		for _, id := range ids {
			sel.withTags[id] = true
		}
	}
	for _, t := range tags {
		if sel.withTags[t.ID] {
			sel.withGroups[t.GroupID] = true
		}
	}
	return sel, nil
}

// chunkIDs is how many ids stand in one statement.
const chunkIDs = 500

// inChunks are conditions that a column is one of the ids, ascending from one to
// the next.
func (c *capturer) inChunks(column string, ids set) (parts []part) {
	for chunk := range slices.Chunk(ids.sorted(), chunkIDs) {
		values := make([]any, len(chunk))
		for i, id := range chunk {
			values[i] = id
		}
		cond, args := c.tx.In(column, values)
		parts = append(parts, part{cond, args})
	}
	return parts
}

// part writes the rows of a scope.
func (c *capturer) part(s Scope) error {
	sel, err := c.selection(s)
	if err != nil {
		return err
	}
	for _, t := range store.SnapshotTables() {
		c.to.begin(t)
		parts, keep, err := c.choose(sel, t)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if err := c.dump(t, p, keep); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose says which rows of a table belong to the selection.
func (c *capturer) choose(sel *selection, t store.Table) ([]part, func([]sql.RawBytes) bool, error) {
	all := []part{{}}
	number := func(cells []sql.RawBytes, column string) int64 {
		n, _ := strconv.ParseInt(string(cells[slices.Index(t.Columns, column)]), 10, 64)
		return n
	}
	// in keeps the rows whose id is in ids, and notes with which event they went
	// into the bin.
	in := func(ids set) func([]sql.RawBytes) bool {
		return func(cells []sql.RawBytes) bool {
			if !ids[number(cells, "id")] {
				return false
			}
			if event := number(cells, "deletion_id"); event != 0 {
				sel.deletions[event] = true
			}
			return true
		}
	}
	onObject := func(cells []sql.RawBytes) bool {
		id := number(cells, "object_id")
		switch string(cells[slices.Index(t.Columns, "object_kind")]) {
		case crm.ObjectGroup:
			return sel.groups[id]
		case crm.ObjectTag:
			return sel.tags[id]
		}
		return false
	}
	switch t.Name {
	case "counter", "department", "department_closure", "staff", "staff_department", "directory_event":
		return all, nil, nil
	case "tag_group":
		return all, in(sel.withGroups), nil
	case "tag":
		return all, in(sel.withTags), nil
	case "customer":
		return c.inChunks("id", sel.customers), in(sel.customers), nil
	case "customer_staff":
		return c.inChunks("customer_id", sel.customers), nil, nil
	case "link":
		parts, err := c.links(sel)
		return parts, func(cells []sql.RawBytes) bool {
			return sel.customers[number(cells, "customer_id")] || sel.tags[number(cells, "tag_id")]
		}, err
	case "access_grant":
		return all, func(cells []sql.RawBytes) bool {
			on := onObject(cells)
			if on {
				sel.grants[number(cells, "id")] = true
			}
			return on
		}, nil
	case "access_request":
		return all, onObject, nil
	case "deletion":
		return all, func(cells []sql.RawBytes) bool { return sel.deletions[number(cells, "id")] }, nil
	case "sleeping_removal":
		return all, func(cells []sql.RawBytes) bool {
			return sel.tags[number(cells, "tag_id")] || sel.customers[number(cells, "customer_id")] || sel.grants[number(cells, "grant_id")]
		}, nil
	}
	return nil, nil, nil // runs and audit belong to no object
}

// links reads by the index of customers or of tags; the whole table where both
// ends are named, or more tags than one statement holds.
func (c *capturer) links(sel *selection) ([]part, error) {
	switch {
	case len(sel.tags) == 0:
		return c.inChunks("customer_id", sel.customers), nil
	case len(sel.customers) == 0 && len(sel.tags) <= chunkIDs:
		column, err := c.tx.LinkColumn(sel.tags.sorted())
		return c.inChunks(column, sel.tags), err
	}
	return []part{{}}, nil
}
