package admin

import (
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// names finds things by what commands call them.
type names struct {
	groups  map[string][]crm.Group // live and in the bin; not what is gone for good but for its tags
	byGroup map[int64]crm.Group    // that too, and so on
	byTag   map[int64]crm.Tag
	tags    map[string][]crm.Tag
	paths   map[int64]string
	byPath  map[string]int64
	parents map[int64]int64        // of departments
	staff   map[string][]crm.Staff // by account, folded; who is here first
	byStaff map[int64]crm.Staff
}

func newNames(c crm.Company) names {
	n := names{groups: make(map[string][]crm.Group), byGroup: make(map[int64]crm.Group), byTag: make(map[int64]crm.Tag),
		tags: make(map[string][]crm.Tag), paths: store.DepartmentPaths(c.Departments), byPath: make(map[string]int64),
		parents: make(map[int64]int64, len(c.Departments)),
		staff:   make(map[string][]crm.Staff), byStaff: make(map[int64]crm.Staff)}
	for _, g := range c.Groups {
		if !c.Events[g.DeletionID].Barred() {
			n.groups[g.Name] = append(n.groups[g.Name], g)
		}
		n.byGroup[g.ID] = g
	}
	for _, t := range c.Tags {
		if !c.Events[t.DeletionID].Barred() {
			n.tags[t.Name] = append(n.tags[t.Name], t)
		}
		n.byTag[t.ID] = t
	}
	for id, path := range n.paths {
		n.byPath[path] = id
	}
	for _, d := range c.Departments {
		n.parents[d.ID] = d.ParentID
	}
	for _, p := range c.Staff {
		key := crm.UserIDKey(p.UserID)
		n.staff[key] = append(n.staff[key], p)
		n.byStaff[p.ID] = p
	}
	for _, people := range n.staff {
		slices.SortStableFunc(people, func(a, b crm.Staff) int { return here(b) - here(a) })
	}
	return n
}

func here(p crm.Staff) int {
	if p.LeftID == 0 {
		return 1
	}
	return 0
}

// Group finds a live group, or with bin also one in the recycle bin.
func (c *Company) Group(text string, bin bool) (crm.Group, error) {
	r, err := crm.ParseRef(text, crm.ObjectGroup)
	if err != nil || r.Kind != crm.ObjectGroup {
		return crm.Group{}, &NotFound{Kind: crm.ObjectGroup, Written: text}
	}
	if g, ok := c.names.byGroup[r.ID]; ok && (g.DeletionID == 0 || bin && c.Events.Holds(g.DeletionID)) && c.seen(access.Group(g.ID)) {
		return g, nil
	}
	var found []crm.Group
	event := int64(0)
	for _, g := range c.names.groups[strings.Join(r.Names, "")] {
		if !c.seen(access.Group(g.ID)) {
			continue
		}
		if g.DeletionID == 0 {
			return g, nil
		}
		event = max(event, g.DeletionID)
		found = append(found, g)
	}
	switch {
	case len(found) == 0:
		return crm.Group{}, c.missing(crm.ObjectGroup, text)
	case !bin:
		return crm.Group{}, c.binned(crm.ObjectGroup, text, event)
	case len(found) > 1:
		return crm.Group{}, ambiguous(crm.ObjectGroup, text, found, func(g crm.Group) int64 { return g.ID })
	}
	return found[0], nil
}

// Tag finds a live tag, or with bin also one in the recycle bin. A name without
// its group must be that of one tag.
func (c *Company) Tag(text string, bin bool) (crm.Tag, error) {
	r, err := crm.ParseRef(text, crm.ObjectTag)
	if err != nil || r.Kind != crm.ObjectTag {
		return crm.Tag{}, &NotFound{Kind: crm.ObjectTag, Written: text}
	}
	if t, ok := c.names.byTag[r.ID]; ok && (c.live(t) || bin && !c.Events[t.DeletionID].Barred()) && c.seen(access.Tag(t.ID)) {
		return t, nil
	}
	var live, dead []crm.Tag
	event := int64(0)
	for _, t := range c.names.tags[last(r.Names)] {
		switch {
		case len(r.Names) == 2 && c.names.byGroup[t.GroupID].Name != r.Names[0], !c.seen(access.Tag(t.ID)):
		case c.live(t):
			live = append(live, t)
		default:
			event = max(event, c.deletion(t))
			dead = append(dead, t)
		}
	}
	if len(live) == 0 && bin {
		live = dead
	}
	switch {
	case len(live) == 1:
		return live[0], nil
	case len(live) == 0 && len(dead) > 0:
		return crm.Tag{}, c.binned(crm.ObjectTag, text, event)
	case len(live) == 0:
		return crm.Tag{}, c.missing(crm.ObjectTag, text)
	}
	return crm.Tag{}, ambiguous(crm.ObjectTag, text, live, func(t crm.Tag) int64 { return t.ID })
}

// missing is the answer about a group or tag that is not there, with the nearest
// name among those that may be seen.
func (c *Company) missing(kind, text string) error {
	if refusal := c.unable(text); refusal != nil {
		return refusal
	}
	e := &NotFound{Kind: kind, Written: text}
	r, err := crm.ParseRef(text, kind)
	if err != nil || len(r.Names) == 0 {
		return e
	}
	var names, written []string
	add := func(name string, o access.Object) {
		names, written = append(names, name), append(written, c.World.Written(o))
	}
	switch {
	case kind == crm.ObjectGroup:
		for _, id := range c.World.Groups(c.by, access.View) {
			add(c.names.byGroup[id].Name, access.Group(id))
		}
	case kind == crm.ObjectTag:
		for _, id := range c.World.Tags(c.by, access.View) {
			t := c.names.byTag[id]
			name := t.Name
			if len(r.Names) == 2 {
				name = c.names.byGroup[t.GroupID].Name + ":" + name
			}
			add(name, access.Tag(id))
		}
	}
	if near, ok := crm.Nearest(strings.Join(r.Names, ":"), names); ok {
		e.Near = written[slices.Index(names, near)]
	}
	return e
}

func (c *Company) live(t crm.Tag) bool {
	return t.DeletionID == 0 && c.names.byGroup[t.GroupID].DeletionID == 0
}

// deletion is the event that keeps a tag in the bin, 0 for a live one: of its own
// and that of its group the later, for with that one both come back.
func (c *Company) deletion(t crm.Tag) int64 {
	event := t.DeletionID
	if group := c.names.byGroup[t.GroupID].DeletionID; c.Events.Holds(group) {
		event = max(event, group)
	}
	return event
}

// binned is the answer about a thing that lies in the bin.
func (c *Company) binned(kind, written string, event int64) *NotFound {
	return &NotFound{Kind: kind, Written: written, Deletion: c.Events.Label(event)}
}

func last(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

func ambiguous[T any](kind, text string, found []T, id func(T) int64) error {
	e := &Ambiguous{Kind: kind, Written: text}
	for _, f := range found {
		e.Choices = append(e.Choices, kind+":#"+strconv.FormatInt(id(f), 10))
	}
	return e
}

// Department finds a department by its path, or by its name alone where only one
// has it.
func (c *Company) Department(text string) (crm.Department, error) {
	r, err := crm.ParseRef(text, crm.RefDepartment)
	if err != nil || r.Kind != crm.RefDepartment {
		return crm.Department{}, &NotFound{Kind: crm.RefDepartment, Written: text}
	}
	var found []crm.Department
	path := last(r.Names)
	for _, d := range c.Departments {
		switch {
		case d.ID == r.ID, path != "" && c.names.paths[d.ID] == path:
			return d, nil
		case path != "" && d.Name == path:
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		paths := make([]string, 0, len(c.names.byPath))
		for p := range c.names.byPath {
			paths = append(paths, p)
		}
		slices.Sort(paths)
		near, _ := crm.Nearest(path, paths)
		return crm.Department{}, &NotFound{Kind: crm.RefDepartment, Written: text, Near: near}
	case 1:
		return found[0], nil
	}
	e := &Ambiguous{Kind: crm.RefDepartment, Written: text}
	for _, d := range found {
		e.Choices = append(e.Choices, "department:"+c.names.paths[d.ID])
	}
	return crm.Department{}, e
}

// Path is a department's place in the tree, as 总部/华东.
func (c *Company) Path(department int64) string { return c.names.paths[department] }

// Person finds somebody by account, preferring who is here; #id finds who left
// too where several had the account.
func (c *Company) Person(text string) (crm.Staff, error) {
	r, err := crm.ParseRef(text, crm.RefStaff)
	if err != nil || r.Kind != crm.RefStaff {
		return crm.Staff{}, &NotFound{Kind: crm.RefStaff, Written: text}
	}
	if p, ok := c.names.byStaff[r.ID]; ok {
		return p, nil
	}
	found := c.names.staff[crm.UserIDKey(last(r.Names))]
	if len(found) == 0 {
		accounts := make([]string, 0, len(c.Staff))
		for _, p := range c.Staff {
			accounts = append(accounts, p.UserID)
		}
		near, _ := crm.Nearest(last(r.Names), accounts)
		return crm.Staff{}, &NotFound{Kind: crm.RefStaff, Written: text, Near: near}
	}
	if len(found) > 1 && found[0].LeftID != 0 {
		return crm.Staff{}, ambiguous(crm.RefStaff, text, found, func(p crm.Staff) int64 { return p.ID })
	}
	return found[0], nil
}

// Account is how a person is called in lists; 0 is the operator.
func (c *Company) Account(id int64) string {
	if p, ok := c.names.byStaff[id]; ok {
		return p.UserID
	}
	if id == 0 {
		return ""
	}
	return "#" + strconv.FormatInt(id, 10)
}

// Object finds the object of a grant: all, group:… or tag:…
func (c *Company) Object(text string, bin bool) (access.Object, error) {
	r, err := crm.ParseRef(text, "")
	if err != nil {
		return access.Object{}, &NotFound{Kind: "", Written: text}
	}
	switch r.Kind {
	case crm.ObjectAll:
		return access.Everything(), nil
	case crm.ObjectGroup:
		g, err := c.Group(text, bin)
		return access.Group(g.ID), err
	case crm.ObjectTag:
		t, err := c.Tag(text, bin)
		return access.Tag(t.ID), err
	}
	return access.Object{}, &NotFound{Kind: r.Kind, Written: text}
}
