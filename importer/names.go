package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// names finds groups, tags, people and departments by what a spreadsheet calls
// them. It is read again whenever another process changed the database.
type names struct {
	// gen counts the changes that rows have made to the names since the start.
	gen int64

	groups      map[string]*crm.Group // live, by name
	groupByID   map[int64]*crm.Group
	binGroups   map[string][]int64 // deletions, by name
	tags        map[tagKey]*crm.Tag
	tagByID     map[int64]*crm.Tag // those in the bin too
	tagsByName  map[string][]*crm.Tag
	binTags     map[tagName][]*crm.Tag
	binByName   map[string][]*crm.Tag
	events      crm.Events
	liveTags    int
	separated   bool              // some live tag has a separator in its name
	folded      map[tagKey]string // folded tag name in its group -> name
	foldedGroup map[string]string

	staffByKey  map[string]*crm.Staff // those who are here, by account
	staffByName map[string][]*crm.Staff
	leftByKey   map[string]*crm.Staff // the last one to leave, by account
	departments map[string]int64      // by path
	pathByID    map[int64]string
	staffDepts  map[int64][]int64

	// Names of live things that the person who imports may not see. They are in
	// none of the indexes by name, so that they are found by nobody, suggested to
	// nobody and named in no message.
	rights      *rights
	takenGroups map[string]bool
	takenTags   map[tagKey]bool

	suggestions suggestions
}

// tagKey is a tag's name in a group.
type tagKey struct {
	group int64
	name  string
}

// tagName is a tag's name in a group's name.
type tagName struct{ group, name string }

// load reads everything at once: it is small beside the customers.
func (n *names) load(tx *store.Tx, r *rights) error {
	*n = names{gen: n.gen + 1, suggestions: n.suggestions, rights: r, takenGroups: make(map[string]bool), takenTags: make(map[tagKey]bool)}
	for _, step := range []func(*store.Tx) error{n.loadTags, n.loadPeople} {
		if err := step(tx); err != nil {
			return fmt.Errorf("read names: %w", err)
		}
	}
	return nil
}

func (n *names) loadTags(tx *store.Tx) error {
	groups, err := tx.Groups(store.WithBin)
	if err != nil {
		return err
	}
	tags, err := tx.Tags(store.WithBin)
	if err != nil {
		return err
	}
	if n.events, err = tx.Events(); err != nil {
		return err
	}
	n.groups, n.groupByID, n.binGroups = make(map[string]*crm.Group), make(map[int64]*crm.Group), make(map[string][]int64)
	n.tags, n.tagByID, n.tagsByName = make(map[tagKey]*crm.Tag), make(map[int64]*crm.Tag), make(map[string][]*crm.Tag)
	n.binTags, n.binByName = make(map[tagName][]*crm.Tag), make(map[string][]*crm.Tag)
	n.folded, n.foldedGroup = make(map[tagKey]string), make(map[string]string)
	for i := range groups {
		n.addGroup(&groups[i])
	}
	for i := range tags {
		n.addTag(&tags[i])
	}
	return nil
}

func (n *names) addGroup(g *crm.Group) {
	n.gen++
	n.groupByID[g.ID] = g
	if n.rights.hidesGroup(g.ID) {
		if g.DeletionID == 0 {
			n.takenGroups[g.Name] = true
		}
		return
	}
	if g.DeletionID != 0 {
		if n.events.Holds(g.DeletionID) {
			n.binGroups[g.Name] = append(n.binGroups[g.Name], g.DeletionID)
		}
		return
	}
	n.groups[g.Name] = g
	n.foldedGroup[crm.Fold(g.Name)] = g.Name
}

func (n *names) addTag(t *crm.Tag) {
	n.gen++
	n.tagByID[t.ID] = t
	if n.rights.hidesTag(t.ID) {
		if t.DeletionID == 0 {
			n.takenTags[tagKey{t.GroupID, t.Name}] = true
			n.liveTags++ // the limit is the company's
		}
		return
	}
	if t.DeletionID != 0 {
		if n.events.Holds(t.DeletionID) {
			k := tagName{n.groupByID[t.GroupID].Name, t.Name}
			n.binTags[k] = append(n.binTags[k], t)
			n.binByName[t.Name] = append(n.binByName[t.Name], t)
		}
		return
	}
	n.separated = n.separated || strings.ContainsAny(t.Name+n.groupByID[t.GroupID].Name, separators)
	n.tags[tagKey{t.GroupID, t.Name}] = t
	n.tagsByName[t.Name] = append(n.tagsByName[t.Name], t)
	n.folded[tagKey{t.GroupID, crm.Fold(t.Name)}] = t.Name
	n.liveTags++
}

// tag finds a live tag by its group's name and its own, nil for none.
func (n *names) tag(group, name string) *crm.Tag {
	g := n.groups[group]
	if g == nil {
		return nil
	}
	return n.tags[tagKey{g.ID, name}]
}

// lastDeletion is that of the tag that went into the bin last.
func lastDeletion(tags []*crm.Tag) int64 {
	return slices.MaxFunc(tags, func(a, b *crm.Tag) int { return cmp.Compare(a.DeletionID, b.DeletionID) }).DeletionID
}

func (n *names) loadPeople(tx *store.Tx) error {
	people, err := tx.Staff()
	if err != nil {
		return err
	}
	departments, err := tx.Departments()
	if err != nil {
		return err
	}
	if n.staffDepts, err = tx.StaffDepartments(); err != nil {
		return err
	}
	n.staffByKey, n.staffByName, n.leftByKey = make(map[string]*crm.Staff), make(map[string][]*crm.Staff), make(map[string]*crm.Staff)
	for i := range people {
		n.addStaff(&people[i])
	}
	n.pathByID = store.DepartmentPaths(departments)
	n.departments = make(map[string]int64, len(departments))
	for id, path := range n.pathByID {
		n.departments[path] = id
	}
	return nil
}

func (n *names) addStaff(p *crm.Staff) {
	n.gen++
	if p.LeftID != 0 {
		n.leftByKey[crm.UserIDKey(p.UserID)] = p
		return
	}
	n.staffByKey[crm.UserIDKey(p.UserID)] = p
	if p.Name != "" {
		n.staffByName[p.Name] = append(n.staffByName[p.Name], p)
	}
}

// replaceStaff puts the changed person in the place of the old one.
func (n *names) replaceStaff(old, s *crm.Staff) {
	if old != nil && old.LeftID == 0 {
		delete(n.staffByKey, crm.UserIDKey(old.UserID))
		n.staffByName[old.Name] = slices.DeleteFunc(n.staffByName[old.Name], func(p *crm.Staff) bool { return p.ID == old.ID })
	}
	n.addStaff(s)
}

func (n *names) addDepartment(id int64, path string) {
	n.gen++
	n.departments[path], n.pathByID[id] = id, path
}

// person finds a follower by account, else by a display name that only one
// has.
func (n *names) person(s string) (*crm.Staff, *crm.Problem) {
	if p := n.staffByKey[crm.UserIDKey(s)]; p != nil {
		return p, nil
	}
	switch found := n.staffByName[s]; len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, &crm.Problem{Code: crm.UnknownStaff, Args: []string{s, n.nearestStaff(s)}}
	default:
		accounts := make([]string, len(found))
		for i, p := range found {
			accounts[i] = p.UserID
		}
		slices.Sort(accounts)
		return nil, &crm.Problem{Code: crm.StaffAmbiguous, Args: []string{s, strings.Join(accounts, "、")}}
	}
}

func (n *names) nearestStaff(s string) string {
	return n.suggestions.near(suggestList{kind: "staff"}, s, n.gen, func() (all []string) {
		for _, p := range n.staffByKey {
			all = append(all, p.UserID)
			if p.Name != "" {
				all = append(all, p.Name)
			}
		}
		return all
	})
}

func (n *names) nearestGroup(s string) string {
	return n.suggestions.near(suggestList{kind: "group"}, s, n.gen, func() (all []string) {
		for name := range n.groups {
			all = append(all, name)
		}
		return all
	})
}

// nearestTag searches one group, or all of them for 0.
func (n *names) nearestTag(group int64, s string) string {
	return n.suggestions.near(suggestList{"tag", group}, s, n.gen, func() (all []string) {
		for k := range n.tags {
			if group == 0 || k.group == group {
				all = append(all, k.name)
			}
		}
		return all
	})
}

func (n *names) nearestDepartment(s string) string {
	return n.suggestions.near(suggestList{kind: "department"}, s, n.gen, func() (all []string) {
		for path := range n.departments {
			all = append(all, path)
		}
		return all
	})
}
