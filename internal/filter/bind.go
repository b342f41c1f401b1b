package filter

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tagkeep/internal/crm"
)

// Filter is an expression whose names have been looked up. It answers for things
// of the company that it was bound to, and of no other.
type Filter struct {
	root rule
	bin  bool
	// tags are those that count, with their groups: a link to any other is as if
	// it were not there.
	tags map[int64]int64
	in   map[int64][]int64 // departments of people
}

// rule is a node ready to be asked.
type rule struct {
	op    op
	kids  []rule
	field *field
	cmp   string
	text  string         // folded for ~
	ids   map[int64]bool // what the name is of, with what is below it; or the id of #12
	from  int64          // of a moment: the first of the day
	to    int64          // and the first after it; of a number: the number
}

// Bind looks up the names of the expression in a company: tags, groups,
// departments with all below them, and staff by account or unique name. Days
// begin and end in zone; today is that of c.Now. A *NameError names what does
// not exist or is ambiguous. Bind does not ask whether the conditions fit a
// kind: see Check.
func (e *Expr) Bind(c crm.Company, zone *time.Location) (*Filter, error) {
	b := &binder{company: c, zone: zone, bin: e.bin, names: newNames(c, e.bin)}
	f := &Filter{bin: e.bin, tags: b.names.tags, in: c.StaffDepartments}
	var err error
	f.root, err = b.rule(&e.root)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// InBin reports whether the filter chooses what is in the recycle bin, and
// nothing that is live.
func (f *Filter) InBin() bool { return f.bin }

type binder struct {
	company crm.Company
	zone    *time.Location
	bin     bool
	names   *names
}

func (b *binder) rule(n *node) (rule, error) {
	if n.op == opTest {
		return b.test(&n.test)
	}
	r := rule{op: n.op, kids: make([]rule, len(n.kids))}
	for i := range n.kids {
		var err error
		if r.kids[i], err = b.rule(&n.kids[i]); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (b *binder) test(t *test) (rule, error) {
	r := rule{field: t.field, cmp: t.cmp, text: t.value}
	if t.cmp == "has" || t.cmp == "no" || t.cmp == "" {
		return r, nil
	}
	switch t.field.sort {
	case textSort, phoneSort:
		if t.cmp == "~" {
			r.text = foldText(t.value)
		}
		if id, ok := numbered(t.value); ok && t.field.name == "id" {
			r.ids = map[int64]bool{id: true}
		}
	case yesNoSort:
		r.text = map[string]string{"yes": "1", "no": "0"}[t.value]
	case daySort:
		r.text = day(t.value, b.company.Now, b.zone).Format(time.DateOnly)
	case momentSort:
		first := day(t.value, b.company.Now, b.zone)
		r.from, r.to = first.UnixMilli(), first.AddDate(0, 0, 1).UnixMilli()
	case numberSort:
		n, err := strconv.ParseInt(t.value, 10, 64)
		r.from, r.to = n, n+1
		return r, err
	case eventSort:
		n, err := strconv.ParseInt(t.value[1:], 10, 64)
		r.ids = map[int64]bool{n: true}
		return r, err
	case nameSort:
		var err error
		r.ids, err = b.names.find(t.field.name, t.value)
		return r, err
	}
	return r, nil
}

// numbered reads #12.
func numbered(text string) (id int64, ok bool) {
	digits, found := strings.CutPrefix(text, "#")
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, found && err == nil && id > 0
}

// named is something that can be named: its id, and the names that it goes by
// from the exact to the loose.
type named struct {
	id    int64
	exact string // the whole name: group:tag, path, account
	short string // the name alone
	prior bool   // wins over those that are not, as who is here over who left
}

// names finds things by what people call them.
type names struct {
	bin    bool
	events crm.Events
	tags   map[int64]int64 // those that count, with their groups
	things map[string][]named
	gone   map[string][]named // groups and tags in the bin; id is that of the deletion
	below  map[int64][]int64  // departments by their parent
}

func newNames(c crm.Company, bin bool) *names {
	n := &names{bin: bin, events: c.Events, tags: make(map[int64]int64), things: make(map[string][]named), gone: make(map[string][]named), below: make(map[int64][]int64)}
	groups := make(map[int64]crm.Group, len(c.Groups))
	for _, g := range c.Groups {
		groups[g.ID] = g
		if !c.Events[g.DeletionID].Barred() {
			n.add("group", named{id: g.ID, exact: g.Name, short: g.Name}, g.DeletionID)
		}
	}
	for _, t := range c.Tags {
		g, ok := groups[t.GroupID]
		if !ok {
			continue
		}
		deletion := t.DeletionID
		if c.Events.Holds(g.DeletionID) {
			deletion = max(deletion, g.DeletionID)
		}
		if bin || deletion == 0 {
			n.tags[t.ID] = t.GroupID
		}
		n.add("tag", named{id: t.ID, exact: refName(g.Name) + ":" + refName(t.Name), short: t.Name}, deletion)
	}
	n.departments(c.Departments)
	for _, p := range c.Staff {
		n.add("follower", named{id: p.ID, exact: crm.UserIDKey(p.UserID), short: p.Name, prior: p.LeftID == 0}, 0)
	}
	return n
}

func (n *names) add(field string, t named, deletion int64) {
	if deletion == 0 || n.bin {
		n.things[field] = append(n.things[field], t)
		return
	}
	t.id = deletion
	n.gone[field] = append(n.gone[field], t)
}

func (n *names) departments(all []crm.Department) {
	byID := make(map[int64]crm.Department, len(all))
	for _, d := range all {
		byID[d.ID] = d
		n.below[d.ParentID] = append(n.below[d.ParentID], d.ID)
	}
	for _, d := range all {
		if d.GoneEvent != 0 {
			continue
		}
		path, above := d.Name, d.ParentID
		for depth := 0; above != 0 && depth < crm.MaxDepartmentDepth; depth++ {
			path, above = byID[above].Name+"/"+path, byID[above].ParentID
		}
		n.add("department", named{id: d.ID, exact: path, short: d.Name}, 0)
	}
}

// refName writes a name as crm.ParseRef reads it.
func refName(name string) string {
	if strings.ContainsAny(name, `:："`) || strings.HasPrefix(name, "#") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

// find returns the ids of what is called so: several only for departments, with
// those below, and in the bin, where a name may have been deleted more than once.
func (n *names) find(field, text string) (map[int64]bool, error) {
	things := n.things[field]
	if id, ok := numbered(text); ok {
		if !slices.ContainsFunc(things, func(t named) bool { return t.id == id }) {
			return nil, &NameError{Field: field, Name: text}
		}
		return n.family(field, id), nil
	}
	match := matcher(field, text)
	found := choose(things, match)
	switch {
	case len(found) == 0:
		return nil, n.missing(field, text, match)
	case len(found) > 1 && !(n.bin && (field == "tag" || field == "group") && sameName(found)):
		e := &NameError{Field: field, Name: text}
		for _, t := range found {
			e.Choices = append(e.Choices, n.written(field, t))
		}
		return nil, e
	}
	ids := make(map[int64]bool)
	for _, t := range found {
		for id := range n.family(field, t.id) {
			ids[id] = true
		}
	}
	return ids, nil
}

// matcher reports how well a thing goes by the text: 2 by its whole name, 1 by
// a part of it, 0 not at all.
func matcher(field, text string) func(named) int {
	whole, short := text, text
	switch field {
	case "tag":
		if r, err := crm.ParseRef(text, crm.ObjectTag); err == nil && r.Kind == crm.ObjectTag && len(r.Names) > 0 {
			short = r.Names[len(r.Names)-1]
			if whole = ""; len(r.Names) == 2 {
				whole, short = refName(r.Names[0])+":"+refName(short), ""
			}
		}
		// A tag may be called what reads as group:tag, or as a tag in quotes.
		return func(t named) int {
			return rank(t.exact == whole || t.exact == text || t.short == text, t.short == short)
		}
	case "group":
		if r, err := crm.ParseRef(text, crm.ObjectGroup); err == nil && r.Kind == crm.ObjectGroup && len(r.Names) == 1 {
			short = r.Names[0]
		}
	case "department":
		whole = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(`/\>／＼＞`, r) }), "/")
	case "follower":
		whole = crm.UserIDKey(text)
	}
	return func(t named) int { return rank(t.exact == whole, t.short == short) }
}

func rank(whole, part bool) int {
	switch {
	case whole:
		return 2
	case part:
		return 1
	}
	return 0
}

// choose returns the things that match best; among them those of now before
// those of the past.
func choose(things []named, match func(named) int) []named {
	var found []named
	best := 1
	for _, t := range things {
		rank := 2 * match(t)
		if rank > 0 && t.prior {
			rank++
		}
		switch {
		case rank > best:
			found, best = []named{t}, rank
		case rank == best:
			found = append(found, t)
		}
	}
	return found
}

func sameName(found []named) bool {
	return !slices.ContainsFunc(found, func(t named) bool { return t.exact != found[0].exact })
}

// missing is the error about a name of nothing.
func (n *names) missing(field, text string, match func(named) int) error {
	e := &NameError{Field: field, Name: text}
	event := int64(0)
	for _, t := range choose(n.gone[field], match) {
		event = max(event, t.id)
	}
	if event != 0 {
		e.Deletion = n.events.Label(event)
	}
	var known []string
	for _, t := range n.things[field] {
		known = append(known, t.exact)
	}
	for _, t := range n.things[field] {
		known = append(known, t.short)
	}
	e.Near, _ = crm.Nearest(text, known)
	return e
}

// written names one of several things so that it is found.
func (n *names) written(field string, t named) string {
	if match := matcher(field, t.exact); len(choose(n.things[field], match)) == 1 {
		return t.exact
	}
	return "#" + strconv.FormatInt(t.id, 10)
}

// family is a thing with what counts as it: the departments below a department.
func (n *names) family(field string, id int64) map[int64]bool {
	ids := map[int64]bool{id: true}
	if field != "department" {
		return ids
	}
	for todo := []int64{id}; len(todo) > 0; todo = todo[1:] {
		for _, child := range n.below[todo[0]] {
			if !ids[child] {
				ids[child] = true
				todo = append(todo, child)
			}
		}
	}
	return ids
}
