package importer

import (
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// refuse adds a problem that there may be.
func refuse(r *row, column int, p *crm.Problem) {
	if p != nil {
		r.problem(column, *p)
	}
}

// checkRights asks for what the row does to the group and to the tag. Rows that
// change nothing are asked nothing.
func (l *tagLibrary) checkRights(r *row, w *tagRow) {
	rights, n := l.e.rights, &l.e.names
	if rights == nil {
		return
	}
	switch {
	case w.g == nil && n.takenGroups[w.group]:
		refuse(r, table.TagGroup, taken(w.group))
		return
	case w.g == nil:
		if p := rights.mayMake(w.newGroup.Scope, w.newGroup.DepartmentID, n.pathByID[w.newGroup.DepartmentID]); p != nil {
			refuse(r, table.TagGroup, p)
			return
		}
	case len(w.groupChanges) > 0:
		l.checkGroupChange(r, w)
	}
	switch {
	case w.tag == "" || w.g == nil:
	case w.t != nil && len(w.tagChanges) > 0:
		refuse(r, table.TagName, rights.may(access.Edit, access.Tag(w.t.ID)))
	case w.t != nil:
	case n.takenTags[tagKey{w.g.ID, w.tag}]:
		refuse(r, table.TagName, taken(w.tag))
	default:
		refuse(r, table.TagName, rights.may(access.Edit, access.Group(w.g.ID)))
	}
}

// checkGroupChange asks for the group as it is and, where it goes to somebody
// else, as it will be.
func (l *tagLibrary) checkGroupChange(r *row, w *tagRow) {
	column := w.groupChanges[0].column
	if p := l.e.rights.may(access.Edit, access.Group(w.g.ID)); p != nil {
		refuse(r, column, p)
		return
	}
	if was, will := w.g, &w.newGroup; was.Scope != will.Scope || was.DepartmentID != will.DepartmentID {
		refuse(r, column, l.e.rights.mayMake(will.Scope, will.DepartmentID, l.e.names.pathByID[will.DepartmentID]))
	}
}

// followed reports whether the person who imports may know of a customer. Who
// was created by this run is theirs.
func (c *customers) followed(id int64) bool {
	return c.e.rights == nil || c.e.owns(store.SeqCustomer, id) || c.e.rights.follows(c.followers[id]...)
}

// mayTouch refuses rows about customers of other departments. Nothing else is
// said about them, and they are remembered for no later row: what other keys
// the customer has would show.
func (c *customers) mayTouch(r *row, who identity) bool {
	if who.fresh || c.followed(who.id) {
		return true
	}
	r.problem(who.by, crm.Problem{Code: crm.NotFollowed, Args: []string{"by-others", c.e.rights.who.UserID}})
	return false
}

// checkFollower: who is new to a customer must be in the scope of the person who
// imports, for else that person could not find the customer again.
func (c *customers) checkFollower(r *row, staff int64) {
	if c.e.rights == nil || staff != 0 && c.e.rights.follows(staff) {
		return
	}
	r.problem(table.CustFollower, crm.Problem{Code: crm.NotFollowed, Args: []string{"new", c.e.rights.who.UserID}})
}

// checkLinks asks for every tag that the row adds or takes away.
func (c *customers) checkLinks(r *row, ch linkChange) {
	if c.e.rights == nil {
		return
	}
	ask := func(column int, t *crm.Tag) {
		p := c.e.rights.mayUse(t)
		if p != nil && !c.e.rights.hidesTag(t.ID) {
			p.Value = written(c.e.names.groupByID[t.GroupID].Name, t.Name)
		}
		refuse(r, column, p)
	}
	for _, w := range ch.add {
		if w.tag != nil {
			ask(table.CustTags, w.tag)
		}
	}
	column := table.CustTags
	if r.set(table.CustRemoveTags) && !r.set(table.CustTags) {
		column = table.CustRemoveTags
	}
	for _, l := range ch.remove {
		ask(column, c.e.names.tagByID[l.TagID])
	}
}

// mayCreate asks whether a tag may be made in the group, which may be new too. A
// name that something unseen has is told as any unknown one.
func (c *customers) mayCreate(group, name string) *crm.Problem {
	n, rights := &c.e.names, c.e.rights
	if rights == nil {
		return nil
	}
	g := n.groups[group]
	switch {
	case g == nil && n.takenGroups[group]:
		return &crm.Problem{Code: crm.UnknownGroup, Args: []string{group, n.nearestGroup(group), name}}
	case g == nil:
		return rights.mayMake(crm.ScopeShared, 0, "")
	case n.takenTags[tagKey{g.ID, name}]:
		return n.unknownTag(group, name)
	}
	return rights.may(access.Edit, access.Group(g.ID))
}

// checkRights lets department admins at those whose departments they answer for.
// Of permissions they give what they have, and of roles none above their own.
func (p *people) checkRights(r *row, old *crm.Staff) {
	rights := p.e.rights
	if rights == nil {
		return
	}
	if old != nil {
		if problem := p.mayTouch(old); problem != nil {
			r.problem(table.StaffUserID, *problem)
			return
		}
	}
	paths := departmentsOf(r)
	_, asked := r.asks(table.StaffDepartments)
	switch {
	case r.bad(table.StaffDepartments):
	case asked && (len(paths) == 0 || !p.inScope(paths)):
		r.problem(table.StaffDepartments, crm.Problem{Code: crm.NotAllowed, Args: []string{"staff-scope"}})
	case !asked && old == nil && r.set(table.StaffUserID):
		r.problem(table.StaffUserID, crm.Problem{Code: crm.NotAllowed, Args: []string{"staff-scope"}})
	}
	if role := r.text(table.StaffRole); aboveDeptAdmin(role) {
		r.problem(table.StaffRole, crm.Problem{Code: crm.NotAllowed, Args: []string{"role-above", role}})
	}
	for _, permission := range []struct {
		column    int
		has, gave bool
	}{
		{table.StaffContact, rights.who.Contact, old != nil && old.Contact},
		{table.StaffTagging, rights.who.Tagging, old != nil && old.Tagging},
	} {
		if r.text(permission.column) == "1" && !permission.has && !permission.gave {
			r.problem(permission.column, crm.Problem{Code: crm.NotAllowed, Args: []string{"permission-above"}})
		}
	}
}

// aboveDeptAdmin: roles that see or do more than a department admin.
func aboveDeptAdmin(role string) bool { return role == crm.RoleSuper || role == crm.RoleAuditor }

// mayTouch says why somebody's row may not be changed.
func (p *people) mayTouch(s *crm.Staff) *crm.Problem {
	rights := p.e.rights
	switch {
	case rights == nil || p.e.owns(store.SeqStaff, s.ID):
		return nil
	case aboveDeptAdmin(s.Role):
		return &crm.Problem{Code: crm.NotAllowed, Args: []string{"role-above", s.Role}}
	}
	departments := slices.Clone(p.e.names.staffDepts[s.ID])
	if s.RoleDepartmentID != 0 {
		departments = append(departments, s.RoleDepartmentID)
	}
	if len(departments) == 0 || !p.inScope(p.paths(departments)) {
		return &crm.Problem{Code: crm.NotAllowed, Args: []string{"staff-scope"}}
	}
	return nil
}

// inScope reports whether all departments lie in the scope of the person who
// imports. Paths are compared, because some do not exist yet.
func (p *people) inScope(paths []string) bool {
	return !slices.ContainsFunc(paths, func(path string) bool {
		return !slices.ContainsFunc(p.e.rights.scope, func(id int64) bool {
			root, ok := p.e.names.pathByID[id]
			return ok && (path == root || strings.HasPrefix(path, root+table.PathSeparator))
		})
	})
}
