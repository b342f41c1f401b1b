package exporter

import (
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// RefusedError: the person in whose name it was to be exported may export
// nothing of the kind.
type RefusedError struct {
	Kind     crm.Kind
	what     [2]string // Chinese and English
	solution [2]string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("export %s: not allowed: %s", e.Kind, e.what[1])
}

// Message says what is missing.
func (e *RefusedError) Message(l crm.Lang) string { return l.Pick(e.what[0], e.what[1]) }

// Fix says how to mend that.
func (e *RefusedError) Fix(l crm.Lang) string { return l.Pick(e.solution[0], e.solution[1]) }

// sight is what the person in whose name it is exported may see. nil sees
// everything: the operator and super admins.
type sight struct {
	by      int64
	who     crm.Staff
	world   *access.World
	groups  map[int64]bool
	tags    map[int64]bool
	parents map[int64]int64 // of departments
	scope   []int64
	bin     bool // it is about what is in the recycle bin, which auditors see all of
}

// lookAround reads what the person may see; a *RefusedError when that is nothing
// of the kind. bin: of what is in the recycle bin.
func lookAround(tx *store.Tx, kind crm.Kind, by int64, bin bool) (*sight, error) {
	if by == 0 {
		return nil, nil
	}
	facts, err := tx.Company()
	if err != nil {
		return nil, err
	}
	s := newSight(facts, access.New(facts), by)
	s.bin = bin
	if err := s.refuse(kind); err != nil || s.who.Role == crm.RoleSuper {
		return nil, err
	}
	return s, nil
}

// newSight works out what a person may see, whatever their role.
func newSight(facts crm.Company, world *access.World, by int64) *sight {
	s := &sight{by: by, world: world, groups: make(map[int64]bool), tags: make(map[int64]bool), parents: make(map[int64]int64), scope: facts.StaffDepartments[by]}
	for _, p := range facts.Staff {
		if p.ID == by {
			s.who = p
		}
	}
	if s.who.RoleDepartmentID != 0 && s.who.Role == crm.RoleDeptAdmin {
		s.scope = []int64{s.who.RoleDepartmentID}
	}
	for _, d := range facts.Departments {
		s.parents[d.ID] = d.ParentID
	}
	for _, id := range s.world.Groups(by, access.View) {
		s.groups[id] = true
	}
	for _, id := range s.world.Tags(by, access.View) {
		s.tags[id] = true
	}
	return s
}

// refuse looks whether the person may export anything of the kind: not without
// what viewing takes, and people only to those who answer for some. The grants
// are for those who may give any.
func (s *sight) refuse(kind crm.Kind) error {
	do := access.View
	if kind == crm.Grants && s.who.Role != crm.RoleAuditor {
		do = access.Give
	}
	d := s.world.Decide(access.Question{Subject: s.by, Do: do, On: access.Everything()})
	refused := func(step access.Step) error {
		return &RefusedError{Kind: kind, what: [2]string{step.Message(crm.Chinese), step.Message(crm.English)},
			solution: [2]string{step.Fix(crm.Chinese), step.Fix(crm.English)}}
	}
	for _, step := range d.Chain {
		personal := step.Code == access.AccountActive || step.Code == access.CustomerContact && kind != crm.People
		if personal && !step.OK {
			return refused(step)
		}
	}
	switch step, missing := d.Refusal(); {
	case s.bin && s.who.Role != crm.RoleSuper && s.who.Role != crm.RoleAuditor:
		return &RefusedError{Kind: kind,
			what: [2]string{"只有超级管理员和审计员可以导出回收站里的内容", "only super admins and auditors may export what is in the recycle bin"},
			solution: [2]string{"[tagkeep] 请超级管理员或审计员来导出，或去掉条件里的「在回收站」和「删除事件」",
				"[tagkeep] have a super admin or an auditor export it, or take \"in bin\" and deleted out of the condition"}}
	case kind == crm.People && s.who.Role == crm.RoleStaff:
		return &RefusedError{Kind: kind,
			what: [2]string{s.who.UserID + " 是普通员工，不能导出员工", s.who.UserID + " is ordinary staff, who may not export staff"},
			solution: [2]string{"[tagkeep] 请超级管理员、审计员或部门管理员执行 tagkeep export staff 员工.xlsx",
				"[tagkeep] have a super admin, an auditor or a department admin run tagkeep export staff staff.xlsx"}}
	case kind == crm.Grants && missing && len(s.world.Groups(s.by, do))+len(s.world.Tags(s.by, do)) == 0:
		return refused(step)
	}
	return nil
}

func (s *sight) group(id int64) bool { return s == nil || s.bin || s.groups[id] }

func (s *sight) tag(id int64) bool { return s == nil || s.bin || s.tags[id] }

// narrowed leaves out of the company what the person does not see, so that a
// condition cannot ask about it: hidden tags, and people whom the person does
// not answer for. A hidden group stays for the sake of a tag in it that is not.
func (s *sight) narrowed(c crm.Company) crm.Company {
	if s == nil {
		return c
	}
	groups := make(map[int64]bool)
	c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(t crm.Tag) bool {
		groups[t.GroupID] = groups[t.GroupID] || s.tag(t.ID)
		return !s.tag(t.ID)
	})
	c.Groups = slices.DeleteFunc(slices.Clone(c.Groups), func(g crm.Group) bool { return !s.group(g.ID) && !groups[g.ID] })
	c.Staff = slices.DeleteFunc(slices.Clone(c.Staff), func(p crm.Staff) bool { return p.ID != s.by && !s.person(c.StaffDepartments[p.ID]) })
	return c
}

// grantsOn reports whether the person sees who has what on an object: auditors
// all, others what they may give themselves.
func (s *sight) grantsOn(o access.Object) bool {
	return s == nil || s.who.Role == crm.RoleAuditor || s.world.Allowed(access.Question{Subject: s.by, Do: access.Give, On: o})
}

// follows reports whether the person sees the customer.
func (s *sight) follows(follows []crm.Follow) bool {
	if s == nil {
		return true
	}
	ids := make([]int64, len(follows))
	for i, f := range follows {
		ids[i] = f.StaffID
	}
	return s.world.Follows(s.by, ids)
}

// department reports whether the person answers for the department.
func (s *sight) department(id int64) bool {
	if s == nil || s.who.Role == crm.RoleAuditor {
		return true
	}
	for at := id; at != 0; at = s.parents[at] {
		if slices.Contains(s.scope, at) {
			return true
		}
	}
	return false
}

// person reports whether somebody in these departments is shown: one of them
// is the person's.
func (s *sight) person(departments []int64) bool {
	return s == nil || s.who.Role == crm.RoleAuditor || slices.ContainsFunc(departments, s.department)
}

// masks reports whether phone numbers are masked.
func (s *sight) masks() bool { return s != nil && s.who.Role == crm.RoleAuditor }

// masked hides the middle of one phone number or of several: all but the first
// three and the last four digits, of short ones all but the last two.
func masked(phones string) string {
	parts := strings.Split(phones, ";")
	for i, phone := range parts {
		digits := strings.Count(phone, "") - 1
		head, tail := 3, 4
		if digits < 11 {
			head, tail = 0, 2
		}
		n := 0
		parts[i] = strings.Map(func(r rune) rune {
			if n++; n > head && n <= digits-tail {
				return '*'
			}
			return r
		}, phone)
	}
	return strings.Join(parts, ";")
}
