package admin

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Fields are what an operation changed of a thing, by name: name, group, scope,
// department, single, sort, description, expires_on, status, parent, …
type Fields map[string]any

// Edit is what an operation did to one thing, as the audit log keeps it. A thing
// that was created has no Before.
type Edit struct {
	Kind   string `json:"kind"` // of a crm.Ref
	ID     int64  `json:"id"`
	Name   string `json:"name"` // as it is called now, a tag with its group
	Before Fields `json:"before,omitempty"`
	After  Fields `json:"after,omitempty"`
}

// Edits is the detail of an operation on several things.
type Edits struct {
	Items []Edit `json:"items"`
}

// Outcome is what an operation by hand did. Nothing was to be changed where it
// has no edits.
type Outcome struct {
	Edits []Edit
	// Warnings are what is worth knowing about the names.
	Warnings []crm.Problem
	// Effect is what the operation means for people's access.
	Effect Effect
}

// differing keeps what is not the same on both sides.
func differing(before, after Fields) (Fields, Fields) {
	was, is := Fields{}, Fields{}
	for k, v := range after {
		if before[k] != v {
			was[k], is[k] = before[k], v
		}
	}
	return was, is
}

// filled drops what is empty: of a new thing that says nothing.
func filled(f Fields) Fields {
	out := Fields{}
	for k, v := range f {
		if v != "" && v != int64(0) && v != false {
			out[k] = v
		}
	}
	return out
}

func (c *Company) groupFields(g crm.Group) Fields {
	return Fields{"name": g.Name, "scope": g.Scope, "department": c.Path(g.DepartmentID), "department_id": g.DepartmentID,
		"single": g.SingleChoice, "sort": g.Sort, "description": g.Description}
}

func (c *Company) groupEdit(before, after crm.Group) Edit {
	e := Edit{Kind: crm.ObjectGroup, ID: after.ID, Name: after.Name}
	if before.ID == 0 {
		e.After = filled(c.groupFields(after))
		return e
	}
	e.Before, e.After = differing(c.groupFields(before), c.groupFields(after))
	return e
}

func (c *Company) tagFields(t crm.Tag) Fields {
	return Fields{"name": t.Name, "group": c.names.byGroup[t.GroupID].Name, "group_id": t.GroupID, "sort": t.Sort,
		"description": t.Description, "expires_on": t.ExpiresOn}
}

func (c *Company) tagEdit(before, after crm.Tag) Edit {
	e := Edit{Kind: crm.ObjectTag, ID: after.ID, Name: refName(c.names.byGroup[after.GroupID].Name) + ":" + refName(after.Name)}
	if before.ID == 0 {
		e.After = filled(c.tagFields(after))
		return e
	}
	e.Before, e.After = differing(c.tagFields(before), c.tagFields(after))
	return e
}

// refName is a name as a crm.Ref holds it.
func refName(name string) string {
	special := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`:："`, r) }
	if name != "" && name[0] != '#' && !strings.ContainsFunc(name, special) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// objects names several things in an audit row.
func objects(edits []Edit) string {
	names := make([]string, len(edits))
	for i, e := range edits {
		names[i] = e.Kind + ":" + e.Name
	}
	return strings.Join(names, "; ")
}

// mayConfigure asks for the right to configure the company's tag library as a
// whole, which is what it takes to make what all may use.
func (d *Desk) mayConfigure(c *Company) error {
	general := c.World.Decide(access.Question{Subject: d.By, Do: access.Edit, On: access.Everything()})
	if general.Allowed {
		return nil
	}
	return &Refusal{Do: access.Edit, On: crm.ObjectAll, Decision: general}
}

// mayPlace asks whether who acts may have a tag group of this scope: a shared one
// takes the right to configure the library; a department's takes that or being
// its admin, and in either case the right to edit the group as it will be, lest
// somebody make what they cannot see.
func (d *Desk) mayPlace(c *Company, g crm.Group) error {
	if d.super(c) {
		return nil
	}
	general := d.mayConfigure(c)
	if g.Scope == crm.ScopeShared {
		return general
	}
	if general != nil && !c.adminOf(d.By, g.DepartmentID) {
		return general
	}
	decision := c.with(g).Decide(access.Question{Subject: d.By, Do: access.Edit, On: access.Group(g.ID)})
	if decision.Allowed {
		return nil
	}
	if general != nil {
		return general // what the person lacks as such
	}
	path := c.Path(g.DepartmentID)
	return unfit("NOT_ALLOWED", "您不能编辑部门 "+path+" 的标签组", "you may not edit tag groups of the department "+path,
		"[tagkeep] 请 "+path+" 的部门管理员或超级管理员来做，或者不带 --as 运行", "[tagkeep] ask an admin of "+path+" or a super admin, or run it without --as")
}

// with is the world as it would be with the group in this form.
func (c *Company) with(g crm.Group) *access.World {
	facts := c.Company
	facts.Groups = slices.DeleteFunc(slices.Clone(facts.Groups), func(old crm.Group) bool { return old.ID == g.ID })
	facts.Groups = append(facts.Groups, g)
	return access.New(facts)
}

// NewGroup is a tag group to be made, as it was typed.
type NewGroup struct {
	Name        string
	Department  string // "" for a shared one
	Single      bool
	Sort        string
	Description string
}

// CreateGroup makes a tag group.
func (d *Desk) CreateGroup(ctx context.Context, n NewGroup) (out Outcome, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		cells, warnings, err := d.tagCells(typed{groupName: n.Name, groupSort: n.Sort, tagDescription: n.Description})
		if err != nil {
			return nil, err
		}
		g := crm.Group{ID: -1, Name: cells.text(groupName), Scope: crm.ScopeShared, SingleChoice: n.Single, Sort: cells.number(groupSort),
			Description: cells.text(tagDescription), CreatedAt: tx.Now, CreatedBy: d.By, UpdatedAt: tx.Now, Version: 1}
		if n.Department != "" {
			department, err := c.Department(n.Department)
			if err != nil {
				return nil, err
			}
			g.Scope, g.DepartmentID = crm.ScopeDepartment, department.ID
		}
		if err := d.mayPlace(c, g); err != nil {
			return nil, err
		}
		if err := c.groupFree(g.Name, 0); err != nil {
			return nil, err
		}
		if g.ID, err = tx.NextIDs(store.SeqGroup, 1); err != nil {
			return nil, err
		}
		if err := tx.CreateGroups([]crm.Group{g}); err != nil {
			return nil, err
		}
		e := c.groupEdit(crm.Group{}, g)
		out = Outcome{Edits: []Edit{e}, Warnings: slices.Concat(warnings, d.groupWarnings(c, g.Name, 0, true))}
		return &entry{action: "group.create", object: objects(out.Edits), detail: e}, nil
	})
	return out, err
}

// RenameGroup gives a tag group another name.
func (d *Desk) RenameGroup(ctx context.Context, old, name string) (Outcome, error) {
	return d.editGroup(ctx, "group.rename", old, func(c *Company, g *crm.Group) ([]crm.Problem, error) {
		cells, warnings, err := d.tagCells(typed{groupName: name})
		if err != nil {
			return nil, err
		}
		if g.Name == cells.text(groupName) {
			return nil, nil
		}
		g.Name = cells.text(groupName)
		return slices.Concat(warnings, d.groupWarnings(c, g.Name, g.ID, false)), c.groupFree(g.Name, g.ID)
	})
}

// ScopeGroup makes a tag group a department's, or shared where department is "".
func (d *Desk) ScopeGroup(ctx context.Context, name, department string) (Outcome, error) {
	return d.editGroup(ctx, "group.scope", name, func(c *Company, g *crm.Group) ([]crm.Problem, error) {
		was := *g
		g.Scope, g.DepartmentID = crm.ScopeShared, 0
		if department != "" {
			at, err := c.Department(department)
			if err != nil {
				return nil, err
			}
			g.Scope, g.DepartmentID = crm.ScopeDepartment, at.ID
		}
		if *g == was {
			return nil, nil
		}
		return nil, d.mayPlace(c, *g)
	})
}

// editGroup changes one tag group that who acts may edit.
func (d *Desk) editGroup(ctx context.Context, action, name string, change func(c *Company, g *crm.Group) ([]crm.Problem, error)) (out Outcome, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		out = Outcome{}
		was, err := c.Group(name, false)
		if err != nil {
			return nil, err
		}
		if err := d.may(c, access.Edit, access.Group(was.ID), name); err != nil {
			return nil, err
		}
		g := was
		warnings, err := change(c, &g)
		if err != nil || g == was {
			return nil, err
		}
		if err := tx.UpdateGroup(g); err != nil {
			return nil, err
		}
		e := c.groupEdit(was, g)
		out = Outcome{Edits: []Edit{e}, Warnings: warnings}
		if g.Scope != was.Scope || g.DepartmentID != was.DepartmentID {
			out.Effect = d.shown(c, c.effect(c.World, c.with(g), []crm.Group{g}))
		}
		return &entry{action: action, object: crm.ObjectGroup + ":" + refName(was.Name), detail: e}, nil
	})
	return out, err
}

// SortGroup gives a tag group its place among the others.
func (d *Desk) SortGroup(ctx context.Context, name, sort string) (Outcome, error) {
	cells, _, err := d.tagCells(typed{groupSort: sort})
	if err != nil {
		return Outcome{}, err
	}
	return d.sortGroups(ctx, []string{name}, func([]crm.Group) []int64 { return []int64{cells.number(groupSort)} })
}

// SortGroups puts tag groups in this order. They share the places that they had
// among the others.
func (d *Desk) SortGroups(ctx context.Context, names []string) (Outcome, error) {
	return d.sortGroups(ctx, names, func(groups []crm.Group) []int64 {
		places := make([]int64, len(groups))
		for i, g := range groups {
			places[i] = g.Sort
		}
		slices.Sort(places)
		for i := 1; i < len(places); i++ {
			places[i] = max(places[i], places[i-1]+1)
		}
		// Where that runs over the largest number, those before make room.
		for i, top := len(places)-1, int64(crm.MaxOrder); i >= 0; i, top = i-1, top-1 {
			places[i] = min(places[i], top)
		}
		return places
	})
}

func (d *Desk) sortGroups(ctx context.Context, names []string, places func([]crm.Group) []int64) (out Outcome, err error) {
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		out = Outcome{}
		var groups []crm.Group
		for _, name := range names {
			g, err := c.Group(name, false)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(groups, func(other crm.Group) bool { return other.ID == g.ID }) {
				return nil, namedTwice(name)
			}
			if err := d.may(c, access.Edit, access.Group(g.ID), name); err != nil {
				return nil, err
			}
			groups = append(groups, g)
		}
		for i, place := range places(groups) {
			g := groups[i]
			if g.Sort = place; g == groups[i] {
				continue
			}
			if err := tx.UpdateGroup(g); err != nil {
				return nil, err
			}
			out.Edits = append(out.Edits, c.groupEdit(groups[i], g))
		}
		if len(out.Edits) == 0 {
			return nil, nil
		}
		return &entry{action: "group.sort", object: objects(out.Edits), detail: Edits{out.Edits}}, nil
	})
	return out, err
}

// bySort is the order in which lists show things: by 排序, equal ones by age.
func bySort(a, b int64, older, newer int64) int {
	return cmp.Or(cmp.Compare(a, b), cmp.Compare(older, newer))
}
