package recycle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tagkeep/internal/crm"
)

// add puts an item into the plan and returns its place.
func (p *planner) add(i Item) *Item {
	p.items[Thing{i.Kind, i.ID}] = len(p.plan.Items)
	p.plan.Items = append(p.plan.Items, i)
	return &p.plan.Items[len(p.plan.Items)-1]
}

// planGroups decides about the groups, in the order in which they stood.
func (p *planner) planGroups() error {
	list := make([]placed, len(p.chosen.groups))
	for i, id := range p.chosen.groups {
		list[i] = placed{id, p.groups[id].Sort}
	}
	for _, x := range order(list) {
		if err := p.planGroup(x.id, false); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) planGroup(id int64, shell bool) error {
	g := p.groups[id]
	item := p.add(Item{Kind: crm.ObjectGroup, ID: id, Name: g.Name, Do: restored, Shell: shell, event: g.DeletionID})
	if shell {
		d, err := p.tx.Deletion(g.DeletionID)
		if err != nil {
			return err
		}
		item.Reconstructed = d.Barred()
	}
	p.settle(item, g.Name, func(name string) int64 { return p.groupName[name] })
	switch item.Do {
	case Skip:
		p.groupTo[id] = 0
		return nil
	case Merge:
		p.groupTo[id] = item.Other
	default:
		p.groupTo[id] = id
		p.groupName[cmp.Or(item.NewName, g.Name)] = id
	}
	p.notesOfGroup(g)
	return nil
}

// notesOfGroup tells which tags of the group stay because they were deleted
// before, and whether a live group looks almost like it.
func (p *planner) notesOfGroup(g *crm.Group) {
	for _, t := range p.company.Tags {
		if t.GroupID == g.ID && t.DeletionID != 0 && t.DeletionID != p.event.ID && !slices.Contains(p.chosen.tags, t.ID) {
			p.note(NoteEarlier, g.Name+":"+t.Name, p.company.Events.Label(t.DeletionID))
		}
	}
	for _, name := range slices.Sorted(keys(p.groupName)) { // the plan's hash depends on the order
		if id := p.groupName[name]; id != p.groupTo[g.ID] && crm.IsNearDuplicate(name, g.Name) {
			p.note(NoteNearDuplicate, g.Name, name)
		}
	}
}

// settle decides what becomes of an item whose name may be taken or against the
// rules. holder says who has a name.
func (p *planner) settle(item *Item, name string, holder func(string) int64) {
	thing := Thing{item.Kind, item.ID}
	if given, ok := p.o.Names[thing]; ok {
		item.Do, item.NewName, name = Rename, given, given
	}
	if !fit(name) {
		item.Do, item.Reason = Skip, crm.ReasonBadName
		return
	}
	item.Other = holder(name)
	if item.Other == 0 {
		return
	}
	p.overlap(item)
	policy := p.o.OnConflict
	if p.o.Choose != nil {
		policy = p.o.Choose(*item)
	}
	switch policy {
	case Merge:
		item.Do, item.NewName = Merge, ""
	case Replace:
		item.Do = Replace
	case Rename:
		item.Do = Rename
		if item.NewName = free(name, holder); item.NewName == "" {
			item.Do, item.Reason = Skip, crm.ReasonNameConflict
		}
	default:
		item.Do, item.Reason, item.NewName = Skip, crm.ReasonNameConflict, ""
	}
}

// fit reports whether a name is within today's rules.
func fit(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= crm.MaxTagName && utf8.ValidString(name) && strings.TrimSpace(name) == name && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// free is the name with the first number behind it that makes it free, "" when
// it would become too long.
func free(name string, holder func(string) int64) string {
	for n := 2; ; n++ {
		next := fmt.Sprintf("%s(%d)", name, n)
		if utf8.RuneCountInString(next) > crm.MaxTagName {
			return ""
		}
		if holder(next) == 0 {
			return next
		}
	}
}

// overlap counts what the two tags of a name have; a failure shows up when the
// links are planned.
func (p *planner) overlap(item *Item) {
	if item.Kind == crm.ObjectTag {
		item.Both, item.OldOnly, item.NewOnly, _ = p.tx.Overlap(item.ID, item.Other)
	}
}

// planTags decides about the tags, group by group, in the order in which they
// stood.
func (p *planner) planTags() error {
	list := slices.Clone(p.chosen.tags)
	slices.SortFunc(list, func(a, b int64) int {
		x, y := p.tags[a], p.tags[b]
		return cmp.Or(cmp.Compare(p.groups[x.GroupID].Sort, p.groups[y.GroupID].Sort), cmp.Compare(x.GroupID, y.GroupID), cmp.Compare(x.Sort, y.Sort), cmp.Compare(a, b))
	})
	for _, id := range list {
		if err := p.planTag(id); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) planTag(id int64) error {
	t := p.tags[id]
	parent, err := p.parent(t)
	if err != nil {
		return err
	}
	item := Item{Kind: crm.ObjectTag, ID: id, Name: p.groups[t.GroupID].Name + ":" + t.Name, Do: restored, event: t.DeletionID, group: parent}
	if parent == 0 {
		item.Do, item.Reason = Skip, crm.ReasonNameConflict
		p.add(item)
		p.tagTo[id] = 0
		return nil
	}
	in := p.add(item)
	p.settle(in, t.Name, func(name string) int64 { return p.tagName[tagKey{parent, name}] })
	switch in.Do {
	case Skip:
		p.tagTo[id] = 0
	case Merge:
		p.tagTo[id] = in.Other
	default:
		if in.Do != Replace {
			p.tagsHere++
		}
		p.tagTo[id] = id
		p.tagName[tagKey{parent, cmp.Or(in.NewName, t.Name)}] = id
	}
	return nil
}

// parent is the live group that a tag comes back into, as the plan has it; 0 =
// there is none. Where its group lies in the bin and is not asked for, the group
// comes back alone.
func (p *planner) parent(t *crm.Tag) (int64, error) {
	g := p.groups[t.GroupID]
	if g.DeletionID == 0 {
		p.parentRenamed(t, g)
		return g.ID, nil
	}
	if to, planned := p.groupTo[g.ID]; planned {
		return to, nil
	}
	if p.o.Into != 0 {
		if into, ok := p.groups[p.o.Into]; ok && into.DeletionID == 0 {
			return p.o.Into, nil
		}
		return 0, fmt.Errorf("group %d: %w", p.o.Into, ErrChanged)
	}
	if err := p.planGroup(g.ID, true); err != nil {
		return 0, err
	}
	return p.groupTo[g.ID], nil
}

// parentRenamed notes that the group has another name than when the tag went.
func (p *planner) parentRenamed(t *crm.Tag, g *crm.Group) {
	was := ""
	for part := range strings.SplitSeq(p.event.Summary, ", ") {
		if rest, ok := strings.CutPrefix(part, "tag:"); ok && strings.HasSuffix(rest, ":"+t.Name) {
			was = strings.TrimSuffix(rest, ":"+t.Name)
		}
	}
	if was != "" && was != g.Name {
		p.note(NoteParentRenamed, was, g.Name, t.Name)
	}
}

// limit holds the number of live tags against WeCom's limit.
func (p *planner) limit() error {
	short := p.tagsHere - crm.MaxTags
	if short <= 0 {
		return nil
	}
	if !p.o.Fit {
		return p.tooMany(short)
	}
	for i := len(p.plan.Items) - 1; i >= 0 && short > 0; i-- {
		item := &p.plan.Items[i]
		if item.Kind == crm.ObjectTag && p.tagTo[item.ID] == item.ID && item.Do != Replace {
			item.Do, item.Reason, item.NewName = Skip, crm.ReasonNoRoom, ""
			p.tagTo[item.ID] = 0
			short--
			p.tagsHere--
		}
	}
	return nil
}

// maxUnused is how many tags without customers a LimitError names.
const maxUnused = 20

func (p *planner) tooMany(short int) error {
	e := &LimitError{Limit: crm.MaxTags, Short: short}
	counts, err := p.tx.TagCounts()
	if err != nil {
		return err
	}
	for _, t := range p.company.Tags {
		if t.DeletionID == 0 && counts[t.ID] == 0 && len(e.Unused) < maxUnused {
			e.Unused = append(e.Unused, p.groups[t.GroupID].Name+":"+t.Name)
		}
	}
	return e
}

// order finds the places of what comes back, and of those that must make room.
func (p *planner) order() error {
	var there, back []placed
	for _, g := range p.company.Groups {
		switch {
		case p.groupTo[g.ID] == g.ID:
			back = append(back, placed{g.ID, g.Sort})
		case g.DeletionID == 0:
			there = append(there, placed{g.ID, g.Sort})
		}
	}
	p.groupSort = insert(there, back, p.near.Groups)
	lists, comes := make(map[int64][]placed), make(map[int64][]placed)
	for _, t := range p.company.Tags {
		x := placed{t.ID, t.Sort}
		switch {
		case p.tagTo[t.ID] == t.ID:
			to := p.plan.Items[p.items[Thing{crm.ObjectTag, t.ID}]].group
			comes[to] = append(comes[to], x)
		case t.DeletionID == 0:
			lists[t.GroupID] = append(lists[t.GroupID], x)
		}
	}
	for group, list := range comes {
		for id, at := range insert(lists[group], list, p.near.Tags) {
			p.tagSort[id] = at
		}
	}
	if n := len(p.groupSort) + len(p.tagSort); n > 0 {
		p.note(NoteReordered, fmt.Sprint(n))
	}
	return nil
}
