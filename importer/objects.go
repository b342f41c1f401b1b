package importer

import (
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/table"
)

// findTag looks a name up among the live tags; nil without a problem when there
// is none.
func (n *names) findTag(group, name string) (*crm.Tag, *crm.Problem) {
	if group != "" {
		return n.tag(group, name), nil
	}
	switch found := n.tagsByName[name]; len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	default:
		groups := make([]string, len(found))
		for i, t := range found {
			groups[i] = n.groupByID[t.GroupID].Name
		}
		slices.Sort(groups)
		return nil, &crm.Problem{Code: crm.TagAmbiguous, Args: []string{name, strings.Join(groups, "、")}}
	}
}

// tagInBin says that a tag, or the group that it is looked for in, is in the
// recycle bin; nil when neither is.
func (n *names) tagInBin(group, name string) *crm.Problem {
	label, inBin := written(group, name), n.binByName[name]
	if group != "" {
		if n.groups[group] == nil && len(n.binGroups[group]) > 0 {
			return n.groupInBin(group)
		}
		inBin = n.binTags[tagName{group, name}]
	}
	if len(inBin) == 0 {
		return nil
	}
	return &crm.Problem{Code: crm.TagInBin, Args: []string{label, n.events.Label(lastDeletion(inBin))}}
}

func (n *names) groupInBin(name string) *crm.Problem {
	return &crm.Problem{Code: crm.GroupInBin, Args: []string{name, n.events.Label(slices.Max(n.binGroups[name]))}}
}

// unknownTag tells the nearest name in the group, or of all tags.
func (n *names) unknownTag(group, name string) *crm.Problem {
	id := int64(0)
	if g := n.groups[group]; g != nil {
		id = g.ID
	}
	return &crm.Problem{Code: crm.UnknownTag, Args: []string{written(group, name), n.nearestTag(id, name)}}
}

// object finds the live object of a grant.
func (n *names) object(text string) (access.Object, *crm.Problem) {
	r, _ := table.ParseObject(text) // the parser has accepted it
	switch r.Kind {
	case crm.ObjectGroup:
		g, problem := n.objectGroup(r)
		if problem != nil {
			return access.Object{}, problem
		}
		return access.Group(g.ID), nil
	case crm.ObjectTag:
		t, problem := n.objectTag(r)
		if problem != nil {
			return access.Object{}, problem
		}
		return access.Tag(t.ID), nil
	}
	return access.Everything(), nil
}

func (n *names) objectGroup(r crm.Ref) (*crm.Group, *crm.Problem) {
	if r.ID != 0 {
		g := n.groupByID[r.ID]
		switch {
		case g == nil || n.rights.hidesGroup(r.ID) || n.events[g.DeletionID].Barred():
			return nil, &crm.Problem{Code: crm.UnknownGroup, Args: []string{table.FormatObject(r)}}
		case g.DeletionID != 0:
			return nil, &crm.Problem{Code: crm.GroupInBin, Args: []string{g.Name, n.events.Label(g.DeletionID)}}
		}
		return g, nil
	}
	name := r.Names[0]
	switch g := n.groups[name]; {
	case g != nil:
		return g, nil
	case len(n.binGroups[name]) > 0:
		return nil, n.groupInBin(name)
	}
	return nil, &crm.Problem{Code: crm.UnknownGroup, Args: []string{name, n.nearestGroup(name)}}
}

func (n *names) objectTag(r crm.Ref) (*crm.Tag, *crm.Problem) {
	if r.ID != 0 {
		t := n.tagByID[r.ID]
		switch {
		case t == nil || n.rights.hidesTag(r.ID) || n.events[t.DeletionID].Barred():
			return nil, &crm.Problem{Code: crm.UnknownTag, Args: []string{table.FormatObject(r)}}
		case t.DeletionID != 0:
			return nil, &crm.Problem{Code: crm.TagInBin, Args: []string{written(n.groupByID[t.GroupID].Name, t.Name), n.events.Label(t.DeletionID)}}
		}
		return t, nil
	}
	group, name := "", r.Names[len(r.Names)-1]
	if len(r.Names) == 2 {
		group = r.Names[0]
	}
	t, problem := n.findTag(group, name)
	switch {
	case t != nil || problem != nil:
		return t, problem
	case n.tagInBin(group, name) != nil:
		return nil, n.tagInBin(group, name)
	case group != "" && n.groups[group] == nil:
		return nil, &crm.Problem{Code: crm.UnknownGroup, Args: []string{group, n.nearestGroup(group), name}}
	}
	return nil, n.unknownTag(group, name)
}
