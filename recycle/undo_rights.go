package recycle

import (
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// admit lets the operator, super admins and whoever did it take something back.
// For others it is not there, but for auditors, who see everything.
func (u *undoer) admit(c crm.Company) error {
	role := roleOf(c, u.o.By)
	switch {
	case u.o.By == 0, role == crm.RoleSuper:
		return nil
	case role == crm.RoleAuditor:
		return ErrNotYours
	case u.o.By != u.owner && u.importRun != 0:
		return ErrNoRun
	case u.o.By != u.owner:
		return ErrNoEvent
	}
	return nil
}

func roleOf(c crm.Company, staff int64) string {
	i := slices.IndexFunc(c.Staff, func(s crm.Staff) bool { return s.ID == staff })
	if i < 0 {
		return ""
	}
	return c.Staff[i].Role
}

// permitCustomers asks of the customers of a batch what editing them by hand
// would take, before anything of them is changed: the followers decide.
func (u *runUndo) permitCustomers(batch []store.Change) error {
	if u.o.By == 0 {
		return nil
	}
	var ask []int64
	for _, c := range batch {
		about := c.Kind == crm.ImageCustomer || c.Kind == crm.ImageFollow || c.Kind == crm.ImageLinks
		if about && !u.asked[c.ItemID] {
			u.asked[c.ItemID] = true
			ask = append(ask, c.ItemID)
		}
	}
	return permit(u.tx, u.world, u.o.By, access.Edit, nil, nil, ask)
}

// permitEdits asks the same of groups and tags, and of the tags that links come
// and go of what tagging takes. What the run itself created is asked about as it
// goes into the bin.
func (u *runUndo) permitEdits() error {
	var s Selection
	tags := make([]int64, 0, len(u.tagged))
	for p := range u.edited {
		switch p.kind {
		case crm.ImageGroup:
			s.Groups = append(s.Groups, p.id)
		case crm.ImageTag:
			s.Tags = append(s.Tags, p.id)
		}
	}
	for id := range u.tagged {
		if u.groupOf[id] != 0 {
			tags = append(tags, id)
		}
	}
	s = s.sorted()
	slices.Sort(tags)
	if err := permit(u.tx, u.world, u.o.By, access.Edit, s.Groups, s.Tags, nil); err != nil {
		return err
	}
	return permit(u.tx, u.world, u.o.By, access.Use, nil, tags, nil)
}

// permitGrant refuses who could not give the grant.
func (u *runUndo) permitGrant(g *crm.Grant) error {
	if u.o.By == 0 {
		return nil
	}
	o := access.Object{Kind: g.ObjectKind, ID: g.ObjectID}
	if d := u.world.MayGive(u.o.By, o, g.Level, g.EndsAt); !d.Allowed {
		return &Refusal{Do: access.Give, On: o, Decision: d}
	}
	return nil
}
