package importer

import (
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// people plans rows of staff. A row without an account is a department without
// people.
type people struct {
	e              *engine
	newDepartments []crm.Department
	newStaff       []crm.Staff
	edits          []crm.Staff
	placed         []placement
	images         []store.Change
}

// placement says in which departments a person is from now on.
type placement struct {
	staff       int64
	departments []int64
}

// fetch has nothing to read: all people are in the names.
func (p *people) fetch(*store.Tx, []*row) error { return nil }

func (p *people) plan(r *row) {
	by, claimed, ok := p.key(r)
	if !ok {
		r.outcome = rejected // the parser has said why
		return
	}
	if first := p.e.claims.first(claimed, r.rec.Row); first != 0 {
		r.problem(by, crm.Problem{Code: crm.DupInFile, Related: first})
	}
	old := p.find(r)
	p.checkRights(r, old)
	if !r.rec.Failed() && !p.settled(r, old, by) {
		p.accept(r, old)
	}
	if r.rec.Failed() {
		p.refusePrior(r, old) // keeps the code, lest it be lost when the other errors are mended
		r.outcome = rejected
	}
}

// refusePrior refuses a row that comes back from a repair file as a duplicate
// and would now, alone, overwrite its twin, or make somebody new of an account
// that the twin has let go.
func (p *people) refusePrior(r *row, old *crm.Staff) bool {
	known := old != nil || p.e.names.leftByKey[crm.UserIDKey(r.text(table.StaffUserID))] != nil
	if r.rec.Prior == "" || !known {
		return false
	}
	if !r.has(r.rec.Prior) {
		r.problem(table.StaffUserID, crm.Problem{Code: r.rec.Prior})
	}
	return true
}

// unreadable is claimed by the first row whose account cannot be read.
var unreadable = named("unreadable account")

// listed is the claim of an account.
func listed(userid string) claim { return named("staff", crm.UserIDKey(userid)) }

// key is what the row is about: an account, else departments.
func (p *people) key(r *row) (by int, c claim, ok bool) {
	switch {
	case r.set(table.StaffUserID):
		return table.StaffUserID, listed(r.text(table.StaffUserID)), true
	case r.bad(table.StaffUserID):
		p.e.claims.first(unreadable, r.rec.Row)
		return 0, claim{}, false
	case r.set(table.StaffDepartments):
		return table.StaffDepartments, named("department", r.text(table.StaffDepartments)), true
	}
	return 0, claim{}, false
}

// find returns the person with this account who is here. For a row that says
// the person left it may be the one who left already; otherwise an account that
// appears again is somebody new.
func (p *people) find(r *row) *crm.Staff {
	if !r.set(table.StaffUserID) {
		return nil
	}
	key := crm.UserIDKey(r.text(table.StaffUserID))
	if s := p.e.names.staffByKey[key]; s != nil || r.text(table.StaffStatus) != crm.StatusLeft {
		return s
	}
	return p.e.names.leftByKey[key]
}

// settled decides the rows that are left alone or refused because of what was
// there before the run.
func (p *people) settled(r *row, old *crm.Staff, by int) bool {
	there, before := old != nil, old != nil && !p.e.owns(store.SeqStaff, old.ID)
	if by == table.StaffDepartments {
		there, before = true, true
		for _, path := range departmentsOf(r) {
			id, ok := p.e.names.departments[path]
			there, before = there && ok, before && ok && !p.e.owns(store.SeqDepartment, id)
		}
	}
	switch {
	case before && p.e.opts.Existing == SkipExisting, !there && p.e.opts.OnlyExisting:
		r.outcome = skipped
		return true
	case before && p.e.opts.Existing == RejectExisting:
		r.problem(by, crm.Problem{Code: crm.DupInDB, Args: []string{r.text(by)}})
		return true
	}
	return false
}

func departmentsOf(r *row) []string {
	if !r.set(table.StaffDepartments) {
		return nil
	}
	return strings.Split(r.text(table.StaffDepartments), ";")
}

func (p *people) accept(r *row, old *crm.Staff) {
	if !r.set(table.StaffUserID) {
		r.outcome = unchanged
		if _, n := p.departments(r); n > 0 {
			r.outcome = created
		}
		return
	}
	s := crm.Staff{UserID: r.text(table.StaffUserID), Status: crm.StatusActive, Role: crm.RoleStaff, CreatedBy: p.e.opts.CreatedBy, Version: 1}
	var was []string
	if old != nil {
		s, was = *old, p.paths(p.e.names.staffDepts[old.ID])
	}
	d := differ{row: r}
	d.text(table.StaffName, &s.Name)
	d.text(table.StaffRole, &s.Role)
	d.flag(table.StaffContact, &s.Contact)
	d.flag(table.StaffTagging, &s.Tagging)
	d.text(table.StaffStatus, &s.Status)
	move := false
	if _, asked := r.asks(table.StaffDepartments); asked {
		will := departmentsOf(r)
		slices.Sort(will)
		d.field(table.StaffDepartments, strings.Join(was, ";"), strings.Join(will, ";"), func() { move = true })
	}
	switch {
	case old != nil && len(d.changes) == 0:
		r.outcome = unchanged
	case p.refusePrior(r, old):
	case old == nil:
		p.create(r, s, move)
	default:
		p.update(r, old, s, d.changes, move)
	}
}

func (p *people) create(r *row, s crm.Staff, move bool) {
	r.outcome = created
	s.ID = p.e.ids.take(store.SeqStaff)
	s.UserID, s.Name = strings.Clone(s.UserID), strings.Clone(s.Name)
	s.LeftID = leftID(&s)
	p.newStaff = append(p.newStaff, s)
	p.e.unit.created.Staff++
	p.e.names.replaceStaff(nil, &s)
	if move {
		p.place(r, s.ID)
	}
}

func (p *people) update(r *row, old *crm.Staff, s crm.Staff, changes []cellChange, move bool) {
	r.outcome = updated
	before := crm.StaffImage{Staff: *old, Departments: p.e.names.staffDepts[s.ID]}
	s.Name = strings.Clone(s.Name)
	s.LeftID = leftID(&s)
	s.Version++
	p.edits = append(p.edits, s)
	p.e.names.replaceStaff(old, &s)
	if move {
		p.place(r, s.ID)
	}
	p.e.list(r, "staff:"+s.UserID, changes)
	if !p.e.owns(store.SeqStaff, s.ID) {
		after := crm.StaffImage{Staff: s, Departments: p.e.names.staffDepts[s.ID]}
		p.e.image(&p.images, r, crm.ImageStaff, s.ID, 0, before, after.Digest())
	}
}

// leftID makes the accounts of those who are here unique.
func leftID(s *crm.Staff) int64 {
	if s.Status == crm.StatusLeft {
		return s.ID
	}
	return 0
}

// place puts a person into the row's departments.
func (p *people) place(r *row, id int64) {
	in, _ := p.departments(r)
	p.e.names.staffDepts[id] = in
	p.placed = append(p.placed, placement{id, in})
}

func (p *people) paths(ids []int64) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, p.e.names.pathByID[id])
	}
	slices.Sort(out)
	return out
}

// departments finds the row's departments and creates those that are missing,
// with their parents.
func (p *people) departments(r *row) (ids []int64, createdNow int) {
	for _, path := range departmentsOf(r) {
		parent, at := int64(0), ""
		for _, name := range table.SplitPath(path) {
			if at != "" {
				at += table.PathSeparator
			}
			at += name
			id, ok := p.e.names.departments[at]
			if !ok {
				id = p.e.ids.take(store.SeqDepartment)
				p.newDepartments = append(p.newDepartments, crm.Department{ID: id, ParentID: parent, Name: name, CreatedBy: p.e.opts.CreatedBy, Version: 1})
				p.e.names.addDepartment(id, strings.Clone(at))
				p.e.unit.created.Departments++
				createdNow++
			}
			parent = id
		}
		if !slices.Contains(ids, parent) {
			ids = append(ids, parent)
		}
	}
	slices.Sort(ids)
	return ids, createdNow
}

func (p *people) write(tx *store.Tx) error {
	for i := range p.newDepartments {
		p.newDepartments[i].CreatedAt, p.newDepartments[i].UpdatedAt = tx.Now, tx.Now
	}
	for i := range p.newStaff {
		p.newStaff[i].CreatedAt, p.newStaff[i].UpdatedAt = tx.Now, tx.Now
	}
	if err := tx.CreateDepartments(p.newDepartments); err != nil {
		return fmt.Errorf("create departments: %w", err)
	}
	if err := tx.CreateStaff(p.newStaff); err != nil {
		return fmt.Errorf("create staff: %w", err)
	}
	for _, s := range p.edits {
		if err := tx.UpdateStaff(s); err != nil {
			return fmt.Errorf("update staff: %w", err)
		}
	}
	for _, pl := range p.placed {
		if err := tx.SetStaffDepartments(pl.staff, pl.departments); err != nil {
			return fmt.Errorf("place staff: %w", err)
		}
	}
	p.e.unit.images = append(p.e.unit.images, p.images...)
	return nil
}

func (p *people) forget() {
	p.newDepartments, p.newStaff, p.edits, p.placed, p.images = p.newDepartments[:0], p.newStaff[:0], p.edits[:0], p.placed[:0], p.images[:0]
}

// disableMissing disables the people who are active and not in the file:
// nobody, when the account of some row cannot be read, for it may be anyone's.
func (p *people) disableMissing() int64 {
	if p.e.claims.row(unreadable) != 0 {
		return 0
	}
	var missing []*crm.Staff
	for _, s := range p.e.names.staffByKey {
		if s.Status == crm.StatusActive && p.e.claims.row(listed(s.UserID)) == 0 && p.mayTouch(s) == nil {
			missing = append(missing, s)
		}
	}
	slices.SortFunc(missing, func(a, b *crm.Staff) int { return int(a.ID - b.ID) })
	for _, s := range missing {
		was := *s
		s.Status = crm.StatusDisabled
		s.Version++
		in := p.e.names.staffDepts[s.ID]
		after := crm.StaffImage{Staff: *s, Departments: in}
		p.e.image(&p.images, &row{}, crm.ImageStaff, s.ID, 0, crm.StaffImage{Staff: was, Departments: in}, after.Digest())
		p.edits = append(p.edits, *s)
		p.e.list(&row{}, "staff:"+s.UserID, []cellChange{{table.StaffStatus, was.Status, s.Status}})
	}
	return int64(len(missing))
}
