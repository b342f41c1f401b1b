package recycle

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/snapshot"
)

// scene is a small company with a folder of snapshots, on one engine.
type scene struct {
	testing.TB
	db    *store.DB
	dir   *snapshot.Dir
	clock *storetest.Clock
}

// Ids in a scene.
const (
	head, sales, east, service = 1, 2, 3, 4 // departments; east lies in sales

	boss, anna, ben, carl, dora, auditor = 1, 2, 3, 4, 5, 6 // staff

	intent, grade, eastOnly, source = 1, 2, 3, 4 // groups

	high, low, vip, gold, eastA, web, shop = 1, 2, 3, 4, 5, 6, 7 // tags
)

// each runs fn in a scene of its own on each engine.
func each(t *testing.T, fn func(t *testing.T, s *scene)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		clock := storetest.NewClock()
		s := &scene{TB: t, db: storetest.Open(t, target, clock.Option()), clock: clock}
		var err error
		if s.dir, err = snapshot.OpenDir(filepath.Join(t.TempDir(), "snapshots")); err != nil {
			t.Fatal(err)
		}
		s.write(s.fill)
		s.tick()
		fn(t, s)
		s.sound()
	})
}

// fill makes the company: boss is a super admin; anna, ben and dora may
// configure tags; carl may not. Customer n is followed by anna, every second one
// by ben too. Group grade is single choice, eastOnly belongs to department east.
func (s *scene) fill(tx *store.Tx) error {
	for _, seq := range []struct {
		seq store.Sequence
		n   int
	}{{store.SeqDepartment, 4}, {store.SeqStaff, 6}, {store.SeqGroup, 4}, {store.SeqTag, 7}, {store.SeqCustomer, 20}} {
		if _, err := tx.NextIDs(seq.seq, seq.n); err != nil {
			return err
		}
	}
	at := tx.Now
	department := func(id, parent int64, name string) crm.Department {
		return crm.Department{ID: id, ParentID: parent, Name: name, CreatedAt: at, UpdatedAt: at, Version: 1}
	}
	if err := tx.CreateDepartments([]crm.Department{department(head, 0, "总部"), department(sales, head, "销售部"), department(east, sales, "华东"), department(service, head, "客服部")}); err != nil {
		return err
	}
	person := func(id int64, account, role string, tagging bool) crm.Staff {
		return crm.Staff{ID: id, UserID: account, Name: account, Status: crm.StatusActive, Role: role, Contact: true, Tagging: tagging, CreatedAt: at, UpdatedAt: at, Version: 1}
	}
	if err := tx.CreateStaff([]crm.Staff{person(boss, "boss", crm.RoleSuper, true), person(anna, "anna", crm.RoleStaff, true), person(ben, "ben", crm.RoleStaff, true),
		person(carl, "carl", crm.RoleStaff, false), person(dora, "dora", crm.RoleDeptAdmin, true), person(auditor, "auditor", crm.RoleAuditor, false)}); err != nil {
		return err
	}
	for staff, departments := range map[int64][]int64{boss: {head}, anna: {sales}, ben: {east}, carl: {service}, dora: {sales}, auditor: {head}} {
		if err := tx.SetStaffDepartments(staff, departments); err != nil {
			return err
		}
	}
	group := func(id int64, name string) crm.Group {
		return crm.Group{ID: id, Name: name, Scope: crm.ScopeShared, Sort: id, CreatedAt: at, UpdatedAt: at, Version: 1}
	}
	groups := []crm.Group{group(intent, "意向"), group(grade, "等级"), group(eastOnly, "华东专属"), group(source, "来源")}
	groups[1].SingleChoice = true
	groups[2].Scope, groups[2].DepartmentID = crm.ScopeDepartment, east
	if err := tx.CreateGroups(groups); err != nil {
		return err
	}
	tag := func(id, group int64, name string, sort int64) crm.Tag {
		return crm.Tag{ID: id, GroupID: group, Name: name, Sort: sort, Description: "说明", CreatedAt: at, CreatedBy: anna, UpdatedAt: at, Version: 1}
	}
	if err := tx.CreateTags([]crm.Tag{tag(high, intent, "高意向", 1), tag(low, intent, "低意向", 2), tag(vip, grade, "VIP", 1), tag(gold, grade, "金卡", 2),
		tag(eastA, eastOnly, "东一", 1), tag(web, source, "官网", 1), tag(shop, source, "门店", 2)}); err != nil {
		return err
	}
	return s.fillCustomers(tx)
}

func (s *scene) fillCustomers(tx *store.Tx) error {
	at := tx.Now
	var cs []crm.Customer
	var fs []crm.Follow
	var ls []crm.Link
	link := func(customer, tag, staff int64) {
		ls = append(ls, crm.Link{CustomerID: customer, TagID: tag, StaffID: staff, TaggedAt: at - customer, TaggedBy: anna})
	}
	for id := int64(1); id <= 20; id++ {
		cs = append(cs, crm.Customer{ID: id, ExternalID: fmt.Sprintf("wm%d", id), Name: fmt.Sprintf("客户%d", id), CreatedAt: at, UpdatedAt: at, Version: 1})
		fs = append(fs, crm.Follow{CustomerID: id, StaffID: anna, Remark: "备注", CreatedAt: at, UpdatedAt: at, Version: 1})
		link(id, high, anna)
		link(id, web, 0)
		if id%2 == 0 {
			fs = append(fs, crm.Follow{CustomerID: id, StaffID: ben, CreatedAt: at, UpdatedAt: at, Version: 1})
			link(id, low, ben)
			link(id, eastA, ben)
		}
		if id%3 == 0 {
			link(id, vip, anna)
		}
	}
	if err := tx.CreateCustomers(cs); err != nil {
		return err
	}
	if err := tx.CreateFollows(fs); err != nil {
		return err
	}
	return tx.AddLinks(ls)
}

// write runs fn in a writing transaction, read in a reading one.
func (s *scene) write(fn func(*store.Tx) error) { s.Helper(); storetest.Write(s, s.db, fn) }
func (s *scene) read(fn func(*store.Tx) error)  { s.Helper(); storetest.Read(s, s.db, fn) }

// tick lets a minute pass: what happens after it is later.
func (s *scene) tick() { s.clock.Advance(time.Minute) }

func (s *scene) state() store.State {
	s.Helper()
	st, err := s.db.State(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return st
}

// sound fails when the database is not.
func (s *scene) sound() {
	s.Helper()
	s.read(func(tx *store.Tx) error {
		found, err := tx.Problems()
		if len(found) > 0 {
			s.Errorf("the database is not sound: %v", found)
		}
		return err
	})
}

// give grants a level and returns the grant's id.
func (s *scene) give(g crm.Grant) int64 {
	s.Helper()
	s.write(func(tx *store.Tx) (err error) {
		if g.ID, err = tx.NextIDs(store.SeqGrant, 1); err != nil {
			return err
		}
		g.CreatedAt = tx.Now
		return tx.CreateGrants([]crm.Grant{g})
	})
	return g.ID
}

func (s *scene) del(sel Selection) int64 {
	s.Helper()
	d, err := Delete(s.Context(), s.db, s.dir, sel, DeleteOptions{Reason: "test"})
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return d.Event
}

func (s *scene) restore(event int64, o RestoreOptions) Restored {
	s.Helper()
	r, err := Restore(s.Context(), s.db, s.dir, event, o)
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return r
}

func (s *scene) undo(event int64) Undone {
	s.Helper()
	u, err := Undo(s.Context(), s.db, s.dir, event, UndoOptions{AcceptWider: true})
	if err != nil {
		s.Fatal(err)
	}
	s.tick()
	return u
}

// refused demands that err is target.
func (s *scene) refused(err, target error) {
	s.Helper()
	if !errors.Is(err, target) {
		s.Fatalf("got %v, want %v", err, target)
	}
}

// verdicts demands exactly these counts of links or grants.
func (s *scene) verdicts(p Plan, kind string, want ...Count) {
	s.Helper()
	var got []Count
	for _, c := range p.Counts {
		if c.Kind == kind {
			got = append(got, c)
		}
	}
	for i := range want {
		want[i].Kind = kind
	}
	if !slices.Equal(got, want) {
		s.Errorf("verdicts on %ss: got %v, want %v", kind, got, want)
	}
}

func (s *scene) same(got, want store.State, what string) {
	s.Helper()
	if got.Exact != want.Exact || got.Hash != want.Hash {
		s.Errorf("%s: the state is another one: %+v, want %+v", what, got.Counts, want.Counts)
	}
}

// group and tag read a row, live or not.
func (s *scene) group(id int64) (out crm.Group) {
	s.Helper()
	s.read(func(tx *store.Tx) error {
		list, err := tx.Groups(store.WithBin)
		for _, g := range list {
			if g.ID == id {
				out = g
			}
		}
		return err
	})
	return out
}

func (s *scene) tag(id int64) (out crm.Tag) {
	s.Helper()
	s.read(func(tx *store.Tx) error {
		list, err := tx.Tags(store.WithBin)
		for _, t := range list {
			if t.ID == id {
				out = t
			}
		}
		return err
	})
	return out
}

// newTag makes a tag and returns its id; newGroup a group.
func (s *scene) newTag(group int64, name string, sort int64) int64 {
	s.Helper()
	var id int64
	s.write(func(tx *store.Tx) (err error) {
		if id, err = tx.NextIDs(store.SeqTag, 1); err != nil {
			return err
		}
		return tx.CreateTags([]crm.Tag{{ID: id, GroupID: group, Name: name, Sort: sort, CreatedAt: tx.Now, UpdatedAt: tx.Now}})
	})
	return id
}

func (s *scene) newGroup(name string) int64 {
	s.Helper()
	var id int64
	s.write(func(tx *store.Tx) (err error) {
		if id, err = tx.NextIDs(store.SeqGroup, 1); err != nil {
			return err
		}
		return tx.CreateGroups([]crm.Group{{ID: id, Name: name, Scope: crm.ScopeShared, Sort: 90, CreatedAt: tx.Now, UpdatedAt: tx.Now}})
	})
	return id
}

// link puts a tag on a customer now.
func (s *scene) link(customer, tag, staff int64) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		return tx.AddLinks([]crm.Link{{CustomerID: customer, TagID: tag, StaffID: staff, TaggedAt: tx.Now}})
	})
}

// links are those of a tag, awake or asleep.
func (s *scene) links(tag int64) (out []crm.Link) {
	s.Helper()
	s.read(func(tx *store.Tx) error {
		all := make([]any, 30)
		for i := range all {
			all[i] = int64(i + 1)
		}
		return tx.LinksOf(all, func(l crm.Link) {
			if l.TagID == tag {
				out = append(out, l)
			}
		})
	})
	return out
}

func (s *scene) plan(event int64, o RestoreOptions) Plan {
	s.Helper()
	p, err := PlanRestore(s.Context(), s.db, event, o)
	if err != nil {
		s.Fatal(err)
	}
	return p
}

// names are those of the live tags of a group, in order.
func (s *scene) names(group int64) (out []string) {
	s.Helper()
	s.read(func(tx *store.Tx) error {
		list, err := tx.Tags(store.Live)
		var placedTags []placed
		byID := make(map[int64]string)
		for _, t := range list {
			if t.GroupID == group {
				placedTags = append(placedTags, placed{t.ID, t.Sort})
				byID[t.ID] = t.Name
			}
		}
		for _, x := range order(placedTags) {
			out = append(out, byID[x.id])
		}
		return err
	})
	return out
}

func (s *scene) person(id int64, change func(*crm.Staff)) {
	s.Helper()
	s.write(func(tx *store.Tx) error {
		people, err := tx.Staff()
		for _, p := range people {
			if p.ID == id {
				change(&p)
				return tx.UpdateStaff(p)
			}
		}
		return err
	})
}

// customers makes people with the external ids and returns their ids.
func (s *scene) customer(external string, followers ...int64) int64 {
	s.Helper()
	var id int64
	s.write(func(tx *store.Tx) (err error) {
		if id, err = tx.NextIDs(store.SeqCustomer, 1); err != nil {
			return err
		}
		if err := tx.CreateCustomers([]crm.Customer{{ID: id, ExternalID: external, Name: "又来了", CreatedAt: tx.Now, UpdatedAt: tx.Now}}); err != nil {
			return err
		}
		var fs []crm.Follow
		for _, f := range followers {
			fs = append(fs, crm.Follow{CustomerID: id, StaffID: f, CreatedAt: tx.Now, UpdatedAt: tx.Now})
		}
		return tx.CreateFollows(fs)
	})
	return id
}

func (s *scene) grantVerdict(p Plan, id int64, v crm.Verdict, r crm.Reason) GrantVerdict {
	s.Helper()
	for _, g := range p.Grants {
		if g.ID == id {
			if g.Verdict != v || g.Reason != r {
				s.Errorf("grant %d: got %s %s, want %s %s", id, g.Verdict, g.Reason, v, r)
			}
			return g
		}
	}
	s.Errorf("grant %d has no verdict: %+v", id, p.Grants)
	return GrantVerdict{}
}

func staffGrant(who int64, kind string, object int64, l crm.Level) crm.Grant {
	return crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: who, ObjectKind: kind, ObjectID: object, Level: l}
}

func departmentGrant(who int64, sub bool, kind string, object int64, l crm.Level) crm.Grant {
	return crm.Grant{SubjectKind: crm.SubjectDepartment, SubjectID: who, WithSub: sub, ObjectKind: kind, ObjectID: object, Level: l}
}
