package admin

import (
	"context"
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Only is what showing a department just some groups comes to.
type Only struct {
	Event      int64 // that the new grants share; 0 in a dry run and where nothing was to do
	Department string
	Hidden     []GrantInfo // made: of all groups that the department saw beside the named ones
	Lifted     []GrantInfo // revoked: what hid the named groups before
	Self       bool        // whoever acts is in the department, loses them too, and cannot take it back
	Unseen     []string    // named groups that the department does not see even so
}

// Only shows a department, with all below it, of the groups that it sees now just
// the named ones.
func (d *Desk) Only(ctx context.Context, department string, groups []string, reason string, dryRun bool) (out Only, err error) {
	if err := checkReason(reason); err != nil {
		return out, err
	}
	if dryRun {
		err = d.Look(ctx, func(_ *store.Tx, c *Company) error {
			out, err = d.planOnly(c, department, groups, reason)
			return err
		})
		return out, err
	}
	err = d.change(ctx, func(tx *store.Tx, c *Company) (*entry, error) {
		if out, err = d.planOnly(c, department, groups, reason); err != nil || len(out.Hidden)+len(out.Lifted) == 0 {
			return nil, err
		}
		if err := d.storeOnly(tx, c, &out, reason); err != nil {
			return nil, err
		}
		return &entry{action: "access.only", object: "department:" + out.Department, detail: map[string]any{"event": out.Event, "reason": reason,
			"before": images(out.Lifted), "after": images(out.Hidden)}}, nil
	})
	return out, err
}

func (d *Desk) planOnly(c *Company, department string, groups []string, reason string) (Only, error) {
	dep, err := c.Department(department)
	if err != nil {
		return Only{}, err
	}
	out := Only{Department: c.Path(dep.ID)}
	var named []int64
	for _, text := range groups {
		g, err := c.Group(text, false)
		if err != nil {
			return out, err
		}
		named = append(named, g.ID)
	}
	people := c.peopleUnder(dep.ID)
	for _, g := range c.Groups {
		o := access.Group(g.ID)
		switch hiding := c.hiding(dep.ID, g.ID); {
		case g.DeletionID != 0:
		case slices.Contains(named, g.ID):
			for _, h := range hiding {
				if h.EventID != 0 {
					if err := d.mayGive(c.World, o, crm.LevelEdit, 0); err != nil {
						return out, err
					}
					out.Lifted = append(out.Lifted, c.info(h))
				}
			}
		case len(hiding) > 0 || !c.seenBy(people, dep.ID, g):
		default:
			if !c.seen(o) {
				continue // it does not exist for whoever acts
			}
			if err := d.mayGive(c.World, o, crm.LevelHidden, 0); err != nil {
				return out, err
			}
			out.Hidden = append(out.Hidden, c.info(crm.Grant{SubjectKind: crm.SubjectDepartment, SubjectID: dep.ID, WithSub: true,
				ObjectKind: crm.ObjectGroup, ObjectID: g.ID, Level: crm.LevelHidden, Reason: reason}))
		}
	}
	out.Self = len(out.Hidden) > 0 && slices.Contains(people, d.By)
	out.Unseen = c.stillUnseen(named, out.Lifted, people, dep.ID)
	return out, nil
}

// hiding are the standing grants that hide a group from a department and all
// below it.
func (c *Company) hiding(department, group int64) []crm.Grant {
	like := crm.Grant{SubjectKind: crm.SubjectDepartment, SubjectID: department, ObjectKind: crm.ObjectGroup, ObjectID: group}
	var found []crm.Grant
	for _, g := range c.Grants {
		if c.stands(&g) && sameTarget(&g, &like) && g.WithSub && g.Level == crm.LevelHidden && !g.Temporary() {
			found = append(found, g)
		}
	}
	return found
}

// peopleUnder are the ordinary people and admins of a department and all below it.
func (c *Company) peopleUnder(department int64) []int64 {
	reach := crm.Grant{SubjectKind: crm.SubjectDepartment, SubjectID: department, WithSub: true}
	var people []int64
	for _, p := range c.Staff {
		if p.Status == crm.StatusActive && p.Role != crm.RoleSuper && p.Role != crm.RoleAuditor && c.within(p.ID, &reach) {
			people = append(people, p.ID)
		}
	}
	return people
}

// seenBy reports whether a group is visible to the department: to somebody in it
// or, by its scope, to whoever comes into it.
func (c *Company) seenBy(people []int64, department int64, g crm.Group) bool {
	if g.Scope == crm.ScopeShared || c.liesIn(department, g.DepartmentID) || c.liesIn(g.DepartmentID, department) {
		return true
	}
	return c.someSees(c.World, people, g.ID)
}

func (c *Company) someSees(w *access.World, people []int64, group int64) bool {
	return slices.ContainsFunc(people, func(id int64) bool { return w.Level(id, access.Group(group)) != crm.LevelHidden })
}

// stillUnseen are the named groups that nobody of the department will see.
func (c *Company) stillUnseen(named []int64, lifted []GrantInfo, people []int64, department int64) []string {
	facts := c.Company
	facts.Grants = slices.DeleteFunc(slices.Clone(facts.Grants), func(g crm.Grant) bool {
		return slices.ContainsFunc(lifted, func(l GrantInfo) bool { return l.ID == g.ID })
	})
	world := access.New(facts)
	var out []string
	for _, id := range named {
		g := c.names.byGroup[id]
		empty := len(people) == 0 && (g.Scope == crm.ScopeShared || c.liesIn(department, g.DepartmentID))
		if !empty && !c.someSees(world, people, id) {
			out = append(out, c.World.Written(access.Group(id)))
		}
	}
	return out
}

func (d *Desk) storeOnly(tx *store.Tx, c *Company, out *Only, reason string) (err error) {
	if out.Event, err = tx.NextIDs(store.SeqEvent, 1); err != nil {
		return err
	}
	for _, g := range out.Lifted {
		if err := tx.RevokeGrant(g.ID, d.By, reason); err != nil {
			return err
		}
	}
	if len(out.Hidden) == 0 {
		return nil
	}
	first, err := tx.NextIDs(store.SeqGrant, len(out.Hidden))
	if err != nil {
		return err
	}
	grants := make([]crm.Grant, len(out.Hidden))
	for i := range out.Hidden {
		g := &out.Hidden[i].Grant
		g.ID, g.EventID, g.CreatedAt, g.CreatedBy = first+int64(i), out.Event, tx.Now, d.By
		out.Hidden[i].By = c.Account(d.By)
		grants[i] = *g
	}
	return tx.CreateGrants(grants)
}
