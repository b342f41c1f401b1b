package exporter

import (
	"cmp"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// choices are what a template's dropdowns offer of the company.
type choices struct {
	groups      []groupChoice // in the company's order
	departments []string      // paths
	staff       []string      // accounts of those who are active
}

type groupChoice struct {
	name string
	tags []string
}

// read collects what somebody, 0 = the operator, may use in a sheet of the kind:
// tags they may put on customers, change, or grant to others, the people and
// departments that they answer for.
func (c *choices) read(tx *store.Tx, kind crm.Kind, by int64) error {
	facts, err := tx.Company()
	if err != nil {
		return err
	}
	world := access.New(facts)
	seen := newSight(facts, world, by)
	if by == 0 || seen.who.Role == crm.RoleSuper {
		seen = nil
	}
	do, ofTags := map[crm.Kind]access.Action{crm.Tags: access.Edit, crm.Customers: access.Use, crm.Grants: access.Give}[kind]
	if ofTags {
		c.groups = groupChoices(facts, world.Groups(by, do), world.Tags(by, do))
	}
	for id, path := range store.DepartmentPaths(facts.Departments) {
		if kind != crm.Customers && seen.department(id) {
			c.departments = append(c.departments, path)
		}
	}
	for _, p := range facts.Staff {
		if (kind == crm.Customers || kind == crm.Grants) && p.Status == crm.StatusActive && p.LeftID == 0 && seen.person(facts.StaffDepartments[p.ID]) {
			c.staff = append(c.staff, p.UserID)
		}
	}
	c.departments, c.staff = offered(c.departments), offered(c.staff)
	return nil
}

// offered sorts what a dropdown offers. One with more than it can show offers
// nothing, rather than the beginning as if that were all.
func offered(values []string) []string {
	if len(values) > mostListed {
		return nil
	}
	slices.Sort(values)
	return values
}

// groupChoices puts tags under their groups. A group that may not be used itself
// is there when one of its tags may.
func groupChoices(facts crm.Company, groups, tags []int64) (out []groupChoice) {
	wanted := make(map[int64]bool)
	for _, id := range groups {
		wanted[id] = true
	}
	byGroup := make(map[int64][]crm.Tag)
	for _, t := range facts.Tags {
		if _, ok := slices.BinarySearch(tags, t.ID); ok {
			byGroup[t.GroupID] = append(byGroup[t.GroupID], t)
			wanted[t.GroupID] = true
		}
	}
	all := slices.DeleteFunc(slices.Clone(facts.Groups), func(g crm.Group) bool { return !wanted[g.ID] })
	slices.SortStableFunc(all, func(a, b crm.Group) int { return cmp.Compare(a.Sort, b.Sort) })
	for _, g := range all {
		of := byGroup[g.ID]
		slices.SortStableFunc(of, func(a, b crm.Tag) int { return cmp.Compare(a.Sort, b.Sort) })
		choice := groupChoice{name: g.Name}
		for _, t := range of {
			choice.tags = append(choice.tags, t.Name)
		}
		out = append(out, choice)
	}
	return out
}

func (c *choices) groupNames() (names []string) {
	for _, g := range c.groups {
		names = append(names, g.name)
	}
	return names
}

// tagRefs are the tags as a cell of tags names them.
func (c *choices) tagRefs() (refs []string) {
	for _, g := range c.groups {
		for _, t := range g.tags {
			refs = append(refs, table.FormatTags([]table.TagRef{{Group: g.name, Name: t}}))
		}
	}
	return refs
}

// objects are what a grant may be on.
func (c *choices) objects() []string {
	if len(c.groups) == 0 {
		return nil
	}
	all := []string{table.FormatObject(crm.Ref{Kind: crm.ObjectAll})}
	for _, g := range c.groups {
		all = append(all, table.FormatObject(crm.Ref{Kind: crm.ObjectGroup, Names: []string{g.name}}))
		for _, t := range g.tags {
			all = append(all, table.FormatObject(crm.Ref{Kind: crm.ObjectTag, Names: []string{g.name, t}}))
		}
	}
	return all
}

func (c *choices) count() (n Choices) {
	n = Choices{Groups: len(c.groups), Departments: len(c.departments), Staff: len(c.staff)}
	for _, g := range c.groups {
		n.Tags += len(g.tags)
	}
	return n
}
