package importer

import (
	"cmp"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// tagWish is what the tag cells of a row ask for, with the names found.
type tagWish struct {
	mode  TagMode
	empty bool // <清空>: remove all
	// bare: 企业标签 names a tag without a sign, which makes it a list in the
	// sense of 覆盖. A cell of +a;-b alone says nothing of the other tags.
	bare   bool
	listed []wanted // the tags of 企业标签 without - before them
	remove []*crm.Tag
	// single are the single-choice groups that the row lists a tag of.
	single map[int64]bool
	// partial: something that the cells ask for could not be read or found.
	partial bool
}

// wanted is a tag that a customer shall have: one that exists, or one to be
// created.
type wanted struct {
	tag    *crm.Tag
	create tagName
	// only: it replaces the other tags of its group, because of = before it or
	// because the row's mode is 组内覆盖.
	only bool
}

// resolveTags finds the tags that a row's cells name. What it cannot find, and
// what contradicts itself whomever the row means, becomes a problem of the row.
func (c *customers) resolveTags(r *row) tagWish {
	w := tagWish{mode: c.e.opts.Tags}
	if r.set(table.CustTagMode) {
		w.mode = TagMode(r.text(table.CustTagMode))
	}
	w.empty = r.rec.Values[table.CustTags].State == table.Clear
	modeRead := !r.bad(table.CustTagMode) && !r.has(crm.UnterminatedQuote)
	for _, ref := range c.split(r, table.CustTags) {
		into := &w
		if ref.Op == 0 && !modeRead {
			into = &tagWish{mode: w.mode} // what to do with the tag nobody knows
		}
		c.wish(r, ref, into)
	}
	for _, ref := range c.split(r, table.CustRemoveTags) {
		w.remove = append(w.remove, c.findToRemove(r, table.CustRemoveTags, ref)...)
	}
	w.partial = !modeRead || r.badTags()
	w.single = c.singleChoices(r, w)
	c.checkWish(r, w)
	return w
}

// wish adds what a tag of 企业标签 asks for.
func (c *customers) wish(r *row, ref table.TagRef, w *tagWish) {
	if ref.Op == '-' || ref.Op == 0 && w.mode == RemoveTags {
		w.remove = append(w.remove, c.findToRemove(r, table.CustTags, ref)...)
		return
	}
	w.bare = w.bare || ref.Op == 0
	only := ref.Op == '=' || ref.Op == 0 && w.mode == ReplaceTagsInGroup
	w.listed = append(w.listed, c.findToAdd(r, ref, only)...)
}

// checkWish refuses tags that the row both adds and removes.
func (c *customers) checkWish(r *row, w tagWish) {
	if len(w.listed) == 0 || len(w.remove) == 0 {
		return
	}
	listed := make(map[int64]bool, len(w.listed))
	for _, l := range w.listed {
		if l.tag != nil {
			listed[l.tag.ID] = true
		}
	}
	for _, t := range w.remove {
		if listed[t.ID] {
			tag := written(c.e.names.groupByID[t.GroupID].Name, t.Name)
			r.problem(table.CustTags, crm.Problem{Code: crm.BadFormat, Value: tag, Args: []string{"tag-add-and-remove"}})
			listed[t.ID] = false // once is enough
		}
	}
}

// separators stand between the tags of a cell, unless they are in a name.
const separators = ",，;；、|\n"

// split reads a tag cell. A cell that is as a whole the name of a tag is that
// tag: names may contain separators.
func (c *customers) split(r *row, column int) []table.TagRef {
	if !r.set(column) {
		return nil
	}
	cell := r.text(column)
	if ref, ok := c.wholeName(cell); ok {
		return []table.TagRef{ref}
	}
	refs, problems := r.refs, r.refFaults
	if column != table.CustTags {
		refs, problems = table.SplitTags(cell)
	}
	for _, p := range problems {
		r.problem(column, p)
	}
	return refs
}

func (c *customers) wholeName(cell string) (table.TagRef, bool) {
	n := &c.e.names
	if !n.separated || !strings.ContainsAny(cell, separators) {
		return table.TagRef{}, false
	}
	if len(n.tagsByName[cell]) > 0 {
		return table.TagRef{Name: cell, Quoted: true}, true
	}
	for i, r := range cell {
		if r != ':' && r != '：' {
			continue
		}
		group, name := cell[:i], cell[i+len(string(r)):]
		if n.tag(group, name) != nil {
			return table.TagRef{Group: group, Name: name, Quoted: true}, true
		}
	}
	return table.TagRef{}, false
}

// written is a tag as a cell has it: 组:标签.
func written(group, name string) string {
	return table.FormatTags([]table.TagRef{{Group: group, Name: name}})
}

// findToAdd finds a tag that the customer shall have.
func (c *customers) findToAdd(r *row, ref table.TagRef, only bool) []wanted {
	t, problem := c.e.names.findTag(ref.Group, ref.Name)
	if t != nil {
		return []wanted{{tag: t, only: only}}
	}
	if problem == nil {
		problem = c.missingTag(ref)
	}
	if problem == nil {
		group := ref.Group
		if group == "" {
			group = c.e.opts.TagGroup
		}
		return []wanted{{create: tagName{group, ref.Name}, only: only}}
	}
	problem.Value = written(ref.Group, ref.Name)
	r.problem(table.CustTags, *problem)
	return nil
}

// missingTag says why a tag cannot be had; nil when it may be created.
func (c *customers) missingTag(ref table.TagRef) *crm.Problem {
	n := &c.e.names
	if problem := n.tagInBin(ref.Group, ref.Name); problem != nil {
		return problem
	}
	group := cmp.Or(ref.Group, c.e.opts.TagGroup)
	switch {
	case n.groups[group] == nil && len(n.binGroups[group]) > 0:
		return n.groupInBin(group)
	case c.e.opts.CreateTags && group != "":
		return c.mayCreate(group, ref.Name)
	case ref.Group != "" && n.groups[group] == nil:
		return &crm.Problem{Code: crm.UnknownGroup, Args: []string{group, n.nearestGroup(group), ref.Name}}
	}
	return n.unknownTag(ref.Group, ref.Name)
}

// findToRemove finds a tag that the customer shall lose; one in the bin too,
// because an untagging made meanwhile must outlive its restore.
func (c *customers) findToRemove(r *row, column int, ref table.TagRef) []*crm.Tag {
	t, problem := c.e.names.findTag(ref.Group, ref.Name)
	for _, search := range []func(table.TagRef) (*crm.Tag, *crm.Problem){c.findInBin, c.findByID} {
		if t == nil && problem == nil {
			t, problem = search(ref)
		}
	}
	if t != nil {
		return []*crm.Tag{t}
	}
	if problem == nil {
		problem = c.e.names.unknownTag(ref.Group, ref.Name)
	}
	problem.Value = written(ref.Group, ref.Name)
	r.problem(column, *problem)
	return nil
}

// findInBin finds the one tag of this name in the bin; of several, the id must
// be given.
func (c *customers) findInBin(ref table.TagRef) (*crm.Tag, *crm.Problem) {
	n := &c.e.names
	found := n.binByName[ref.Name]
	if ref.Group != "" {
		found = n.binTags[tagName{ref.Group, ref.Name}]
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, t := range found {
		ids[i] = "#" + strconv.FormatInt(t.ID, 10)
	}
	return nil, &crm.Problem{Code: crm.TagAmbiguous, Args: []string{ref.Name, strings.Join(ids, "、")}}
}

// findByID reads #123.
func (c *customers) findByID(ref table.TagRef) (*crm.Tag, *crm.Problem) {
	num, ok := strings.CutPrefix(ref.Name, "#")
	id, err := strconv.ParseInt(num, 10, 64)
	if !ok || err != nil || ref.Group != "" {
		return nil, nil
	}
	if c.e.rights.hidesTag(id) {
		return nil, nil
	}
	return c.e.names.tagByID[id], nil
}

// createTag makes a tag, and its group where that is missing too, in the names
// and among what is to be written.
func (c *customers) createTag(r *row, name tagName) *crm.Tag {
	n := &c.e.names
	g := n.groups[name.group]
	if g == nil {
		if near, ok := n.foldedGroup[crm.Fold(name.group)]; ok {
			r.problem(table.CustTags, crm.Problem{Code: crm.NearDuplicate, Warn: true, Value: name.group, Args: []string{near}})
		}
		g = &crm.Group{ID: c.e.ids.take(store.SeqGroup), Name: strings.Clone(name.group), Scope: crm.ScopeShared, CreatedBy: c.e.opts.CreatedBy, Version: 1}
		c.newGroups = append(c.newGroups, *g)
		n.addGroup(g)
		c.e.unit.created.Groups++
	}
	if near, ok := n.folded[tagKey{g.ID, crm.Fold(name.name)}]; ok {
		r.problem(table.CustTags, crm.Problem{Code: crm.NearDuplicate, Warn: true, Value: name.name, Args: []string{near}})
	}
	t := &crm.Tag{ID: c.e.ids.take(store.SeqTag), GroupID: g.ID, Name: strings.Clone(name.name), CreatedBy: c.e.opts.CreatedBy, Version: 1}
	c.newTags = append(c.newTags, *t)
	n.addTag(t)
	c.e.unit.created.Tags++
	return t
}
