package importer

import (
	"slices"
	"strconv"

	"tagkeep/internal/crm"
	"tagkeep/internal/table"
)

// linkChange is what a row does to the links of its pair.
type linkChange struct {
	add    []wanted
	remove []crm.Link
	// replaced counts those removed by 覆盖 and 组内覆盖.
	replaced int
}

// diffLinks compares the wish with the links that the pair has.
func (c *customers) diffLinks(w tagWish, have map[int64]crm.Link) linkChange {
	var ch linkChange
	stay := make(map[int64]bool)
	for _, l := range w.listed {
		switch {
		case l.tag == nil:
			ch.addNew(l)
		case !stay[l.tag.ID]:
			stay[l.tag.ID] = true
			if _, linked := have[l.tag.ID]; !linked {
				ch.add = append(ch.add, l)
			}
		}
	}
	gone, replaced := c.unlisted(w, have, stay)
	ch.replaced = replaced
	for _, t := range w.remove {
		if _, linked := have[t.ID]; linked && !stay[t.ID] && !slices.Contains(gone, t.ID) {
			gone = append(gone, t.ID)
		}
	}
	slices.Sort(gone)
	for _, id := range gone {
		ch.remove = append(ch.remove, have[id])
	}
	return ch
}

// checkPairLimit keeps the tags of a pair under WeCom's limit. What is too much
// beside the tags of a duplicate's twin is not the duplicate's fault.
func (c *customers) checkPairLimit(r *row, w tagWish, have map[int64]crm.Link, ch linkChange) {
	if w.partial || r.has(crm.DupInFile) {
		return
	}
	if n := c.awake(have) - c.awakeOf(ch.remove) + len(ch.add); n > crm.MaxTagsPerPair && len(ch.add) > 0 {
		r.problem(table.CustTags, crm.Problem{Code: crm.LimitReached, Args: []string{strconv.Itoa(crm.MaxTagsPerPair), "pair-tags"}})
	}
}

// addNew adds a tag that is to be created, once.
func (ch *linkChange) addNew(l wanted) {
	if !slices.ContainsFunc(ch.add, func(a wanted) bool { return a.tag == nil && a.create == l.create }) {
		ch.add = append(ch.add, l)
	}
}

// singleChoices are the single-choice groups that the row lists a tag of. Two
// tags of one are refused.
func (c *customers) singleChoices(r *row, w tagWish) map[int64]bool {
	if len(w.listed) == 0 {
		return nil
	}
	chosen := make(map[int64]any)
	single := make(map[int64]bool)
	for _, l := range w.listed {
		g := c.groupOf(l)
		if g == nil || !g.SingleChoice {
			continue
		}
		choice := any(l.create)
		if l.tag != nil {
			choice = l.tag.ID
		}
		if before, twice := chosen[g.ID]; twice && before != choice {
			r.problem(table.CustTags, crm.Problem{Code: crm.LimitReached, Args: []string{"1", "single-choice"}})
		}
		chosen[g.ID], single[g.ID] = choice, true
	}
	return single
}

// unlisted are the live tags that the pair has and that must go because the
// listed ones take their place. replaced counts those that a 覆盖 or 组内覆盖
// removes; in a single-choice group adding is replacing. A row of which not all
// is known replaces nothing: what stands there may be what it means to list.
func (c *customers) unlisted(w tagWish, have map[int64]crm.Link, stay map[int64]bool) (gone []int64, replaced int) {
	if w.partial {
		return nil, 0
	}
	all := w.empty || w.mode == ReplaceTags && w.bare
	groups := make(map[int64]bool)
	for _, l := range w.listed {
		if g := c.groupOf(l); g != nil && l.only {
			groups[g.ID] = true
		}
	}
	for id := range have {
		t := c.e.names.tagByID[id]
		if t == nil || t.DeletionID != 0 || stay[id] {
			continue // 覆盖 touches live links only
		}
		if c.e.rights.hidesTag(id) && !w.single[t.GroupID] {
			continue // nobody replaces what they do not see
		}
		switch {
		case all, groups[t.GroupID]:
			replaced++
		case !w.single[t.GroupID]:
			continue
		}
		gone = append(gone, id)
	}
	return gone, replaced
}

// groupOf is the group of a tag, nil when it is still to be created.
func (c *customers) groupOf(w wanted) *crm.Group {
	if w.tag != nil {
		return c.e.names.groupByID[w.tag.GroupID]
	}
	return c.e.names.groups[w.create.group]
}

// awake counts the links whose tag is live.
func (c *customers) awake(have map[int64]crm.Link) (n int) {
	for id := range have {
		if t := c.e.names.tagByID[id]; t != nil && t.DeletionID == 0 {
			n++
		}
	}
	return n
}

func (c *customers) awakeOf(links []crm.Link) (n int) {
	for _, l := range links {
		if c.e.names.tagByID[l.TagID].DeletionID == 0 {
			n++
		}
	}
	return n
}

// countLinks adds a row to what the guard against accidental removals knows.
func (c *customers) countLinks(have map[int64]crm.Link, ch linkChange) {
	c.pairLinks += int64(c.awake(have))
	c.replaced += int64(ch.replaced)
}
