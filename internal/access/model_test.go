package access

import (
	"slices"

	"tagkeep/internal/crm"
)

// model answers the same questions straight from the rules: it looks at every
// grant each time, keeps no index and shares no code with the package but its
// types.
type model crm.Company

func (m *model) dept(id int64) *crm.Department {
	for i := range m.Departments {
		if m.Departments[i].ID == id && m.Departments[i].GoneEvent == 0 {
			return &m.Departments[i]
		}
	}
	return nil
}

// distance is how many steps up from low the department high is, -1 for none.
func (m *model) distance(low, high int64) int {
	for steps := 0; ; steps++ {
		d := m.dept(low)
		if d == nil {
			return -1
		}
		if low == high {
			return steps
		}
		low = d.ParentID
	}
}

// distanceOf is the shortest way from a person to a department, -1 for none.
func (m *model) distanceOf(staff, department int64) int {
	best := -1
	for _, own := range m.StaffDepartments[staff] {
		if d := m.distance(own, department); d >= 0 && (best < 0 || d < best) {
			best = d
		}
	}
	return best
}

func (m *model) person(id int64) *crm.Staff {
	for i := range m.Staff {
		if m.Staff[i].ID == id {
			return &m.Staff[i]
		}
	}
	return nil
}

// thing is an object of the model: tag and group may be nil.
type thing struct {
	exists, live bool
	group        *crm.Group
	tag          *crm.Tag
}

func (m *model) thing(o Object) (x thing) {
	group := o.ID
	switch o.Kind {
	case "all":
		return thing{exists: true, live: true}
	case "tag":
		for i := range m.Tags {
			if m.Tags[i].ID == o.ID {
				x.tag, group = &m.Tags[i], m.Tags[i].GroupID
			}
		}
		if x.tag == nil {
			return thing{}
		}
	}
	for i := range m.Groups {
		if m.Groups[i].ID == group {
			x.group = &m.Groups[i]
		}
	}
	x.exists = x.group != nil
	x.live = x.exists && x.group.DeletionID == 0 && (x.tag == nil || x.tag.DeletionID == 0)
	return x
}

// order is how a grant ranks among those that match; ok is false where it has
// no effect on this person and thing.
func (m *model) order(g crm.Grant, p *crm.Staff, x thing) (object, subject int, ok bool) {
	if g.RevokedAt != 0 || g.StartsAt > m.Now || g.EndsAt != 0 && g.EndsAt <= m.Now {
		return 0, 0, false
	}
	switch {
	case g.ObjectKind == "all":
		object = 2
	case g.ObjectKind == "group" && x.group != nil && x.group.ID == g.ObjectID:
		object = 1
	case g.ObjectKind == "tag" && x.tag != nil && x.tag.ID == g.ObjectID:
		object = 0
	default:
		return 0, 0, false
	}
	switch g.SubjectKind {
	case "staff":
		return object, 0, g.SubjectID == p.ID
	case "role":
		return object, 1000, g.SubjectRole == p.Role
	}
	d := m.distanceOf(p.ID, g.SubjectID)
	return object, 1 + d, d == 0 || d > 0 && g.WithSub
}

var height = map[crm.Level]int{"hidden": 0, "view": 1, "use": 2, "edit": 3}

// levels are what a person has: in all, and without temporary grants; and
// whether a temporary grant stands in for the tag-configuration permission.
func (m *model) levels(p *crm.Staff, x thing) (all, usual int, config bool) {
	if !x.exists {
		return 0, 0, false
	}
	if p.Role == "super" {
		return 3, 3, false
	}
	if p.Role == "auditor" {
		return 1, 1, false
	}
	usual = m.unaided(p, x)
	var best []int // object, subject, -level of the deciding grant
	raised := 0
	for _, g := range m.Grants {
		object, subject, ok := m.order(g, p, x)
		if !ok {
			continue
		}
		if g.Level == "hidden" {
			return 0, 0, false
		}
		h := height[g.Level]
		if g.EndsAt != 0 {
			raised = max(raised, h)
			continue
		}
		if this := []int{object, subject, -h}; best == nil || slices.Compare(this, best) < 0 {
			best, usual = this, h
		}
	}
	return max(usual, raised), usual, raised == 3
}

func (m *model) unaided(p *crm.Staff, x thing) int {
	tagging := p.Tagging && p.Contact
	member := true
	if x.group != nil && x.group.Scope == "department" {
		home := x.group.DepartmentID
		member = m.distanceOf(p.ID, home) >= 0
		if p.Role == "dept_admin" && m.inScope(p, []int64{home}) {
			return 3
		}
	}
	switch {
	case !member:
		return 0
	case tagging:
		return 3
	}
	return 2
}

// inScope reports whether one of the departments lies in what p answers for.
func (m *model) inScope(p *crm.Staff, departments []int64) bool {
	roots := m.StaffDepartments[p.ID]
	if p.Role == "dept_admin" && p.RoleDepartmentID != 0 {
		roots = []int64{p.RoleDepartmentID}
	}
	for _, d := range departments {
		for _, root := range roots {
			if m.distance(d, root) >= 0 {
				return true
			}
		}
	}
	return false
}

// answer is a chain as text: "CODE+" holds, "CODE~" holds by a temporary grant
// only, "CODE-" does not.
func (m *model) answer(q Question) (chain []string, allowed bool) {
	allowed = true
	say := func(code string, ok, lifted bool) {
		switch {
		case !ok:
			code, allowed = code+"-", false
		case lifted:
			code += "~"
		default:
			code += "+"
		}
		chain = append(chain, code)
	}
	x := m.thing(q.On)
	live := func() {
		if q.Do != Restore || !x.exists {
			say("OBJECT_LIVE", x.live && (q.Customer == nil || q.Customer.Live), false)
		}
	}
	if q.Subject == 0 {
		say("ACCOUNT_ACTIVE", true, false)
		live()
		return chain, allowed
	}
	p := m.person(q.Subject)
	say("ACCOUNT_ACTIVE", p != nil && p.Status == "active", false)
	if p == nil {
		return chain, false
	}
	switch p.Role {
	case "super":
		live()
		return chain, allowed
	case "auditor":
		if q.Do != View {
			say("AUDITOR_READS_ONLY", false, false)
			live()
		} else if !x.exists {
			say("OBJECT_LIVE", false, false)
		}
		return chain, allowed
	}
	level, usual, config := m.levels(p, x)
	need := map[Action]int{View: 1, Use: 2}[q.Do]
	if need == 0 {
		need = 3
	}
	if q.Do != Give {
		say("CUSTOMER_CONTACT", p.Contact, false)
	}
	if need == 3 {
		tagging := p.Contact && p.Tagging
		say("TAG_CONFIG", tagging || config, !tagging)
	}
	say("GROUP_VISIBLE", level >= 1, usual < 1)
	say("LEVEL", level >= need, usual < need)
	if q.Do != Give && q.Customer != nil {
		say("CUSTOMER_FOLLOWED", m.followed(p, q.Customer.Followers), false)
	}
	live()
	return chain, allowed
}

func (m *model) followed(p *crm.Staff, followers []int64) bool {
	for _, f := range followers {
		if f == p.ID || m.person(f) != nil && m.inScope(p, m.StaffDepartments[f]) {
			return true
		}
	}
	return false
}

func (m *model) level(subject int64, o Object) crm.Level {
	x := m.thing(o)
	if subject == 0 {
		if x.exists {
			return "edit"
		}
		return "hidden"
	}
	p := m.person(subject)
	if p == nil || p.Status != "active" {
		return "hidden"
	}
	level, _, _ := m.levels(p, x)
	return crm.Levels[level]
}
