package importer

import (
	"fmt"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// rights are those of the person in whose name a file is imported, as of one
// reading of the database. They are nil for the operator and for super admins,
// of whom nothing is asked.
//
// What the run itself has made it may also go on with, whether or not the
// reading knows of it: otherwise the result would depend on the size of chunks.
type rights struct {
	by    int64
	who   crm.Staff
	world *access.World
	owns  func(store.Sequence, int64) bool
	// groups and tags hold what the reading knows, and whether the person may
	// see it, in the recycle bin or not. A group is seen also by a tag in it.
	groups, tags map[int64]bool
	scope        []int64 // departments that the person answers for, with all below
	until        int64   // when a grant begins or ends: then read again, 0 = never
	asked        map[question]*crm.Problem
}

// question is one that was answered before.
type question struct {
	do access.Action
	on access.Object
}

// RefusedError: the person in whose name a file was to be imported may import
// nothing of its kind.
type RefusedError struct {
	Kind     crm.Kind
	what     [2]string // Chinese and English
	solution [2]string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("import %s: not allowed: %s", e.Kind, e.what[1])
}

// Message says what is missing.
func (e *RefusedError) Message(l crm.Lang) string { return l.Pick(e.what[0], e.what[1]) }

// Fix says how to mend that.
func (e *RefusedError) Fix(l crm.Lang) string { return l.Pick(e.solution[0], e.solution[1]) }

// readRights reads what the person may do; a *RefusedError when that is nothing.
func readRights(tx *store.Tx, kind crm.Kind, by int64) (*rights, error) {
	if by == 0 {
		return nil, nil
	}
	facts, err := tx.Company()
	if err != nil {
		return nil, err
	}
	r := &rights{by: by, groups: make(map[int64]bool), tags: make(map[int64]bool), asked: make(map[question]*crm.Problem)}
	for _, p := range facts.Staff {
		if p.ID == by {
			r.who = p
		}
	}
	known := facts.Groups
	if kind == crm.Tags {
		facts.Groups = append(known[:len(known):len(known)], groupsToCome(facts.Departments)...)
	}
	r.world = access.New(facts)
	if err := r.refuse(kind); err != nil {
		return nil, err
	}
	if r.who.Role == crm.RoleSuper {
		return nil, nil
	}
	r.scope = facts.StaffDepartments[by]
	if r.who.Role == crm.RoleDeptAdmin && r.who.RoleDepartmentID != 0 {
		r.scope = []int64{r.who.RoleDepartmentID}
	}
	for _, g := range known {
		r.groups[g.ID] = r.sees(kind, access.Group(g.ID))
	}
	for _, t := range facts.Tags {
		r.tags[t.ID] = r.sees(kind, access.Tag(t.ID))
		r.groups[t.GroupID] = r.groups[t.GroupID] || r.tags[t.ID] && t.DeletionID == 0
	}
	r.until = nextChange(facts)
	return r, nil
}

// sees reports whether the person may see an object, in the recycle bin or not.
// Giving does not take 客户联系, so who may give sees too.
func (r *rights) sees(kind crm.Kind, o access.Object) bool {
	return r.world.Decide(access.Question{Subject: r.by, Do: access.View, On: o}).Seen() ||
		kind == crm.Grants && r.world.Allowed(access.Question{Subject: r.by, Do: access.Give, On: o})
}

// groupsToCome are a group for each department, under the negative id of that:
// whether somebody may make a group of a department is whether they could edit
// it then.
func groupsToCome(departments []crm.Department) []crm.Group {
	groups := make([]crm.Group, 0, len(departments))
	for _, d := range departments {
		groups = append(groups, crm.Group{ID: -d.ID, Scope: crm.ScopeDepartment, DepartmentID: d.ID})
	}
	return groups
}

// nextChange is when the next grant begins or ends.
func nextChange(facts crm.Company) (at int64) {
	for _, g := range facts.Grants {
		for _, when := range [...]int64{g.StartsAt, g.EndsAt} {
			if when > facts.Now && g.RevokedAt == 0 && (at == 0 || when < at) {
				at = when
			}
		}
	}
	return at
}

// stale reports whether a grant has begun or ended since the reading.
func (r *rights) stale(now int64) bool { return r != nil && r.until != 0 && now >= r.until }

// refuse looks whether the person may import anything of the kind.
func (r *rights) refuse(kind crm.Kind) error {
	do := access.Edit
	switch kind {
	case crm.Customers:
		do = access.Use
	case crm.Grants:
		do = access.Give
	}
	d := r.world.Decide(access.Question{Subject: r.by, Do: do, On: access.Everything()})
	refused := func(step access.Step) error {
		return &RefusedError{Kind: kind, what: [2]string{step.Message(crm.Chinese), step.Message(crm.English)},
			solution: [2]string{step.Fix(crm.Chinese), step.Fix(crm.English)}}
	}
	for _, step := range d.Chain {
		switch step.Code {
		case access.AccountActive, access.AuditorReadsOnly:
			if !step.OK {
				return refused(step)
			}
		case access.CustomerContact:
			if !step.OK && kind != crm.People {
				return refused(step)
			}
		}
	}
	step, missing := d.Refusal()
	switch {
	case kind == crm.People && r.who.Role == crm.RoleStaff:
		return r.noStaff()
	case kind == crm.Customers || kind == crm.People || !missing:
		return nil
	case len(r.world.Groups(r.by, do))+len(r.world.Tags(r.by, do)) > 0:
		return nil
	}
	return refused(step)
}

func (r *rights) noStaff() error {
	return &RefusedError{Kind: crm.People,
		what: [2]string{r.who.UserID + " 是普通员工，不能导入员工", r.who.UserID + " is ordinary staff, who may not import staff"},
		solution: [2]string{"[tagkeep] 请超级管理员或部门管理员执行 tagkeep import staff 员工.xlsx",
			"[tagkeep] have a super admin or a department admin run tagkeep import staff staff.xlsx"}}
}

// hidesGroup reports whether the person must not learn of a group.
func (r *rights) hidesGroup(id int64) bool {
	if r == nil {
		return false
	}
	seen, known := r.groups[id]
	return known && !seen && !r.owns(store.SeqGroup, id)
}

// hidesTag is hidesGroup for a tag.
func (r *rights) hidesTag(id int64) bool {
	if r == nil {
		return false
	}
	seen, known := r.tags[id]
	return known && !seen && !r.owns(store.SeqTag, id)
}

// may says why the person may not do this; nil when they may.
func (r *rights) may(do access.Action, o access.Object) *crm.Problem {
	if r == nil || o.Kind == crm.ObjectGroup && r.owns(store.SeqGroup, o.ID) || o.Kind == crm.ObjectTag && r.owns(store.SeqTag, o.ID) {
		return nil
	}
	q := question{do, o}
	p, known := r.asked[q]
	if !known {
		p = refusal(r.world.Decide(access.Question{Subject: r.by, Do: do, On: o}), o)
		r.asked[q] = p
	}
	if p == nil {
		return nil
	}
	own := *p
	return &own
}

// mayGive says why the person may not give the level.
func (r *rights) mayGive(o access.Object, level crm.Level, until int64) *crm.Problem {
	if r == nil {
		return nil
	}
	return refusal(r.world.MayGive(r.by, o, level, until), o)
}

// refusal is the first thing that is missing, and what to do. Of an object that
// the person does not see, only that it is not allowed.
func refusal(d access.Decision, o access.Object) *crm.Problem {
	step, failed := d.Refusal()
	if !failed {
		return nil
	}
	p := &crm.Problem{Code: crm.NotAllowed}
	if o.Kind == crm.ObjectAll || d.Seen() {
		p.Args = []string{step.Message(crm.Chinese), step.Message(crm.English),
			strings.ReplaceAll(step.Fix(crm.Chinese), "\n", "；"), strings.ReplaceAll(step.Fix(crm.English), "\n", "; ")}
	}
	return p
}

// mayUse asks whether a customer may get or lose the tag. A tag in the recycle
// bin is lost like a live one.
func (r *rights) mayUse(t *crm.Tag) *crm.Problem {
	if r == nil {
		return nil
	}
	if t.DeletionID != 0 {
		if level := r.world.Level(r.by, access.Tag(t.ID)); level == crm.LevelUse || level == crm.LevelEdit {
			return nil
		}
	}
	return r.may(access.Use, access.Tag(t.ID))
}

// mayMake asks whether the person may have such a group made, path being the
// department's.
func (r *rights) mayMake(scope string, department int64, path string) *crm.Problem {
	if r == nil {
		return nil
	}
	anywhere := r.may(access.Edit, access.Everything())
	if scope != crm.ScopeDepartment {
		return anywhere
	}
	switch {
	case department == 0, r.world.Allowed(access.Question{Subject: r.by, Do: access.Edit, On: access.Group(-department)}):
		return nil
	case anywhere != nil:
		return anywhere
	}
	return &crm.Problem{Code: crm.NotAllowed, Args: []string{"foreign-department", path}}
}

// taken is the answer where a new thing would get the name of one that the
// person does not see. Names are unique, so it cannot be created; that the name
// is not free is all that is told, not what has it or where.
func taken(name string) *crm.Problem {
	return &crm.Problem{Code: crm.NotAllowed, Args: []string{"name-taken", name}}
}

// follows reports whether one of the followers is in the person's scope.
func (r *rights) follows(followers ...int64) bool {
	return r == nil || r.world.Follows(r.by, followers)
}
