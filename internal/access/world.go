package access

import (
	"cmp"
	"maps"
	"slices"

	"tagkeep/internal/crm"
)

// World is a company made ready for questions. It never changes and is safe for
// concurrent use.
type World struct {
	now         int64
	departments map[int64]*department
	people      map[int64]*person
	staff       []*person // ascending by id
	groups      []crm.Group
	tags        []tag
	groupAt     map[int64]int // position in groups
	tagAt       map[int64]int // position in tags
	grants      []crm.Grant   // those that have effect now
	events      crm.Events
}

type department struct {
	crm.Department
	// line is the department and those above it, nearest first.
	line []int64
}

// tag is a tag whose group is known.
type tag struct {
	crm.Tag
	group int // position in World.groups
}

// person is somebody with all that decisions need of them.
type person struct {
	crm.Staff
	// within are the departments they are in, their own and all above those,
	// nearest first.
	within []place
	// scope are the departments they answer for, each with all below it.
	scope []int64
	// rungs hold the grants that match them, nearest subject first.
	rungs []rung
}

type place struct {
	department int64
	steps      int // 0 = their own, 1 = the one above, …
}

// New makes the facts ready. It keeps nothing of f that the caller might change
// later.
func New(f crm.Company) *World {
	w := &World{
		now:         f.Now,
		departments: make(map[int64]*department, len(f.Departments)),
		people:      make(map[int64]*person, len(f.Staff)),
		groupAt:     make(map[int64]int, len(f.Groups)),
		tagAt:       make(map[int64]int, len(f.Tags)),
		events:      f.Events,
	}
	w.addDepartments(f.Departments)
	w.addObjects(f.Groups, f.Tags)
	book := w.addGrants(f.Grants)
	for _, s := range f.Staff {
		p := &person{Staff: s, within: w.places(f.StaffDepartments[s.ID])}
		p.scope = w.scope(p)
		p.rungs = book.rungs(p)
		w.people[s.ID] = p
	}
	w.staff = slices.SortedFunc(maps.Values(w.people), func(a, b *person) int { return cmp.Compare(a.ID, b.ID) })
	return w
}

func (w *World) addDepartments(list []crm.Department) {
	for _, d := range list {
		if d.GoneEvent == 0 {
			w.departments[d.ID] = &department{Department: d}
		}
	}
	for id, d := range w.departments {
		// A circle cannot be stored, but it must not hang whoever meets one.
		for at := w.departments[id]; at != nil && !slices.Contains(d.line, at.ID); at = w.departments[at.ParentID] {
			d.line = append(d.line, at.ID)
		}
	}
}

func (w *World) addObjects(groups []crm.Group, tags []crm.Tag) {
	w.groups = slices.SortedFunc(slices.Values(groups), func(a, b crm.Group) int { return cmp.Compare(a.ID, b.ID) })
	for i := range w.groups {
		w.groupAt[w.groups[i].ID] = i
	}
	w.tags = make([]tag, 0, len(tags))
	for _, t := range tags {
		if group, ok := w.groupAt[t.GroupID]; ok {
			w.tags = append(w.tags, tag{t, group})
		}
	}
	slices.SortFunc(w.tags, func(a, b tag) int { return cmp.Compare(a.ID, b.ID) })
	for i := range w.tags {
		w.tagAt[w.tags[i].ID] = i
	}
}

// places are the departments that members of own are in, nearest first.
func (w *World) places(own []int64) []place {
	var list []place
	for _, id := range own {
		d := w.departments[id]
		if d == nil {
			continue
		}
		for steps, above := range d.line {
			i := slices.IndexFunc(list, func(p place) bool { return p.department == above })
			if i < 0 {
				list = append(list, place{above, steps})
			} else {
				list[i].steps = min(list[i].steps, steps)
			}
		}
	}
	slices.SortFunc(list, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.steps, b.steps), cmp.Compare(a.department, b.department))
	})
	return list
}

// scope are the departments that p answers for: the one of a department admin's
// role, else their own.
func (w *World) scope(p *person) []int64 {
	if p.Role == crm.RoleDeptAdmin && p.RoleDepartmentID != 0 {
		if w.departments[p.RoleDepartmentID] == nil {
			return nil
		}
		return []int64{p.RoleDepartmentID}
	}
	var own []int64
	for _, at := range p.within {
		if at.steps == 0 {
			own = append(own, at.department)
		}
	}
	return own
}

func (p *person) active() bool { return p.Status == crm.StatusActive }

// tagging: WeCom's tag-configuration permission has no effect on somebody
// without the customer-contact permission.
func (p *person) tagging() bool { return p.Tagging && p.Contact }

// in reports whether p is staff of the department or of one below it.
func (p *person) in(department int64) bool {
	return slices.ContainsFunc(p.within, func(at place) bool { return at.department == department })
}

// answersFor reports whether the department lies in p's scope.
func (w *World) answersFor(p *person, id int64) bool {
	d := w.departments[id]
	return d != nil && slices.ContainsFunc(p.scope, func(root int64) bool { return slices.Contains(d.line, root) })
}

// follows reports whether one of the followers is p, or belongs to p's scope.
func (w *World) follows(p *person, followers []int64) bool {
	for _, id := range followers {
		if f := w.people[id]; f == p || f != nil && slices.ContainsFunc(p.scope, f.in) {
			return true
		}
	}
	return false
}
