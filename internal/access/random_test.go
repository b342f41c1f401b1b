package access

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"tagkeep/internal/crm"
)

const hour = 60 * 60 * 1000

// seedOfTests makes the histories the same on every run; RAPID_SEED names
// another one.
const seedOfTests = 20260114

// TestHistories lets small companies live: people come, leave and come back,
// departments move and merge, groups go into the bin and come out, grants are
// made, revoked and end. After every event the answers are those of the model.
func TestHistories(t *testing.T) {
	histories, seed := uint64(100_000), uint64(seedOfTests)
	if underRace {
		histories = 10_000
	}
	if s := os.Getenv("RAPID_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("RAPID_SEED: %v", err)
		}
		seed = n
	}
	for i := range histories {
		if fault := liveThrough(seed + i); fault != "" {
			t.Fatalf("history %d (RAPID_SEED=%d is this one first): %s", i, seed+i, fault)
		}
	}
}

// company is a world in the making.
type company struct {
	*rand.Rand
	model
	next int64 // ids are never used again
}

func liveThrough(seed uint64) (fault string) {
	c := &company{Rand: rand.New(rand.NewPCG(seed, 1))}
	c.found()
	for range 6 + c.IntN(5) {
		event := c.happen()
		w := New(crm.Company(c.model))
		for range 2 {
			if fault := c.compare(w, c.question()); fault != "" {
				return fmt.Sprintf("after %s: %s\n%+v", event, fault, c.model)
			}
		}
		if c.IntN(4) == 0 {
			if fault := c.compareSets(w); fault != "" {
				return fmt.Sprintf("after %s: %s\n%+v", event, fault, c.model)
			}
		}
	}
	return ""
}

func (c *company) id() int64 {
	c.next++
	return c.next
}

func one[T any](c *company, list []T) *T { return &list[c.IntN(len(list))] }

// found makes 2–5 departments, 2–6 people, 1–3 groups, 1–4 tags and 0–5 grants.
func (c *company) found() {
	c.Now = 1000 * hour
	c.StaffDepartments = map[int64][]int64{}
	for range 2 + c.IntN(4) {
		d := crm.Department{ID: c.id()}
		if len(c.Departments) > 0 && c.IntN(5) > 0 {
			d.ParentID = one(c, c.Departments).ID
		}
		c.Departments = append(c.Departments, d)
	}
	for range 2 + c.IntN(5) {
		c.hire("u" + strconv.Itoa(c.IntN(100)))
	}
	for range 1 + c.IntN(3) {
		g := crm.Group{ID: c.id(), Scope: crm.ScopeShared}
		if c.IntN(2) == 0 {
			g.Scope, g.DepartmentID = crm.ScopeDepartment, one(c, c.Departments).ID
		}
		c.Groups = append(c.Groups, g)
	}
	for range 1 + c.IntN(4) {
		c.Tags = append(c.Tags, crm.Tag{ID: c.id(), GroupID: one(c, c.Groups).ID})
	}
	for range c.IntN(6) {
		c.grant()
	}
}

func (c *company) hire(userid string) {
	s := crm.Staff{
		ID: c.id(), UserID: userid, Status: crm.StatusActive,
		Role:    *one(c, []string{"super", "auditor", "dept_admin", "dept_admin", "staff", "staff", "staff"}),
		Contact: c.IntN(4) > 0, Tagging: c.IntN(2) == 0,
	}
	if s.Role == crm.RoleDeptAdmin && c.IntN(2) == 0 {
		s.RoleDepartmentID = one(c, c.Departments).ID
	}
	c.Staff = append(c.Staff, s)
	c.assign(s.ID)
}

func (c *company) assign(staff int64) {
	var own []int64
	for range c.IntN(3) {
		if d := one(c, c.Departments).ID; !slices.Contains(own, d) {
			own = append(own, d)
		}
	}
	c.StaffDepartments[staff] = own
}

func (c *company) grant() {
	g := crm.Grant{ID: c.id(), Level: *one(c, []crm.Level{"hidden", "view", "view", "use", "use", "edit", "edit"})}
	switch c.IntN(5) {
	case 0, 1:
		g.SubjectKind, g.SubjectID = crm.SubjectStaff, one(c, c.Staff).ID
	case 2, 3:
		g.SubjectKind, g.SubjectID, g.WithSub = crm.SubjectDepartment, one(c, c.Departments).ID, c.IntN(2) == 0
	default:
		g.SubjectKind, g.SubjectRole = crm.SubjectRole, one(c, c.Staff).Role
	}
	o := c.object()
	g.ObjectKind, g.ObjectID = o.Kind, o.ID
	switch c.IntN(6) {
	case 0, 1: // temporary, perhaps in the future
		g.StartsAt = c.Now + int64(c.IntN(3)-1)*hour
		g.EndsAt = g.StartsAt + int64(1+c.IntN(4))*hour
	case 2:
		g.StartsAt = c.Now + int64(c.IntN(3)-1)*hour
	}
	c.Grants = append(c.Grants, g)
}

func (c *company) object() Object {
	switch c.IntN(6) {
	case 0:
		return Everything()
	case 1, 2:
		return Group(one(c, c.Groups).ID)
	}
	return Tag(one(c, c.Tags).ID)
}

// happen lets one thing happen and says what.
func (c *company) happen() string {
	switch c.IntN(13) {
	case 0, 1, 2:
		c.grant()
		return "a grant"
	case 3:
		if len(c.Grants) > 0 {
			one(c, c.Grants).RevokedAt = c.Now
		}
		return "a revoke"
	case 4, 5:
		c.Now += int64(c.IntN(3)) * hour
		return "some hours"
	case 6:
		// Not below itself: a root, or one that is older and not below it.
		d, to := one(c, c.Departments), one(c, c.Departments)
		if d.ParentID = 0; c.distance(to.ID, d.ID) < 0 {
			d.ParentID = to.ID
		}
		return "a department moved"
	case 7:
		return c.merge()
	case 8:
		s := one(c, c.Staff)
		s.Status, s.LeftID = crm.StatusLeft, s.ID
		if c.IntN(2) == 0 {
			c.hire(s.UserID)
			c.Staff[len(c.Staff)-1].SameAs = c.Staff[0].ID
		}
		return "somebody left, and perhaps came back"
	case 9:
		if s := one(c, c.Staff); s.Status == crm.StatusActive {
			s.Status = crm.StatusDisabled
		} else if s.Status == crm.StatusDisabled {
			s.Status = crm.StatusActive
		}
		return "an account switched on or off"
	case 10:
		c.assign(one(c, c.Staff).ID)
		return "a transfer"
	case 11:
		g := one(c, c.Groups)
		g.DeletionID = 7 - g.DeletionID
		return "a group deleted or restored"
	}
	t := one(c, c.Tags)
	t.DeletionID = 8 - t.DeletionID
	return "a tag deleted or restored"
}

// merge lets a department go into another one: its people and those below it
// move, its grants do not.
func (c *company) merge() string {
	from, to := one(c, c.Departments), one(c, c.Departments)
	if from == to || c.distance(to.ID, from.ID) >= 0 || from.GoneEvent != 0 || to.GoneEvent != 0 {
		return "no merge"
	}
	for i := range c.Departments {
		if c.Departments[i].ParentID == from.ID {
			c.Departments[i].ParentID = to.ID
		}
	}
	for staff, own := range c.StaffDepartments {
		own = slices.Clone(own)
		for i := range own {
			if own[i] == from.ID {
				own[i] = to.ID
			}
		}
		c.StaffDepartments[staff] = own
	}
	from.GoneEvent = c.id()
	return "a merge"
}

func (c *company) question() Question {
	q := Question{Subject: one(c, c.Staff).ID, Do: actions[c.IntN(len(actions))].action, On: c.object()}
	switch c.IntN(20) {
	case 0:
		q.Subject = 0
	case 1:
		q.Subject = 999
	case 2:
		q.On.ID = 999
	}
	if c.IntN(2) == 0 {
		q.Customer = &Customer{Live: c.IntN(4) > 0}
		for range c.IntN(3) {
			q.Customer.Followers = append(q.Customer.Followers, one(c, c.Staff).ID)
		}
	}
	return q
}

func (c *company) compare(w *World, q Question) string {
	want, allowed := c.answer(q)
	d := w.Decide(q)
	got := chainOf(d)
	level := c.level(q.Subject, q.On)
	switch {
	case !slices.Equal(got, want) || d.Allowed != allowed:
		return fmt.Sprintf("%+v:\n got %v %v\nwant %v %v", q, d.Allowed, got, allowed, want)
	case w.Allowed(q) != allowed:
		return fmt.Sprintf("%+v: Allowed disagrees with the chain %v", q, want)
	case d.Level != level || w.Level(q.Subject, q.On) != level:
		return fmt.Sprintf("%+v: level %s, %s, want %s", q, d.Level, w.Level(q.Subject, q.On), level)
	}
	return c.compareMore(w, q, d)
}

func (c *company) compareMore(w *World, q Question, d Decision) string {
	_, visible := c.answer(Question{Subject: q.Subject, Do: View, On: q.On})
	if w.Visible(q.Subject, q.On) != visible {
		return fmt.Sprintf("%+v: visible %t, want %t", q, !visible, visible)
	}
	if x := c.thing(q.On); x.live && d.Seen() != visible {
		return fmt.Sprintf("%+v: seen %t, want %t", q, d.Seen(), visible)
	}
	if d.Allowed && d.Request(crm.English) != "" {
		return fmt.Sprintf("%+v: asks for what is allowed", q)
	}
	if q.Customer == nil {
		return ""
	}
	follows := q.Subject == 0
	if p := c.person(q.Subject); p != nil && p.Status == crm.StatusActive {
		follows = p.Role == crm.RoleSuper || p.Role == crm.RoleAuditor || c.followed(p, q.Customer.Followers)
	}
	if w.Follows(q.Subject, q.Customer.Followers) != follows {
		return fmt.Sprintf("%+v: follows %t, want %t", q, !follows, follows)
	}
	return ""
}

func chainOf(d Decision) []string {
	var chain []string
	for _, s := range d.Chain {
		mark := "-"
		switch {
		case s.Lifted:
			mark = "~"
		case s.OK:
			mark = "+"
		}
		chain = append(chain, string(s.Code)+mark)
	}
	return chain
}

// compareSets asks for everything that one person may do something with, and
// for all who may do it with one object.
func (c *company) compareSets(w *World) string {
	q := c.question()
	var tags, groups, people []int64
	for i := range c.Tags {
		if _, ok := c.answer(Question{Subject: q.Subject, Do: q.Do, On: Tag(c.Tags[i].ID)}); ok && c.thing(Tag(c.Tags[i].ID)).live == (q.Do != Restore) {
			tags = append(tags, c.Tags[i].ID)
		}
	}
	for i := range c.Groups {
		if _, ok := c.answer(Question{Subject: q.Subject, Do: q.Do, On: Group(c.Groups[i].ID)}); ok && (c.Groups[i].DeletionID == 0) == (q.Do != Restore) {
			groups = append(groups, c.Groups[i].ID)
		}
	}
	if got := w.Tags(q.Subject, q.Do); !slices.Equal(got, tags) {
		return fmt.Sprintf("tags of %d to %s: %v, want %v", q.Subject, q.Do, got, tags)
	}
	if got := w.Groups(q.Subject, q.Do); !slices.Equal(got, groups) {
		return fmt.Sprintf("groups of %d to %s: %v, want %v", q.Subject, q.Do, got, groups)
	}
	for i := range c.Staff {
		if _, ok := c.answer(Question{Subject: c.Staff[i].ID, Do: q.Do, On: q.On}); ok {
			people = append(people, c.Staff[i].ID)
		}
	}
	var got []int64
	for _, p := range w.Who(q.On, q.Do) {
		got = append(got, p.ID)
		if want := c.level(p.ID, q.On); p.Level != want {
			return fmt.Sprintf("who may %s %v: %d has %s, want %s", q.Do, q.On, p.ID, p.Level, want)
		}
	}
	if !slices.Equal(got, people) {
		return fmt.Sprintf("who may %s %v: %v, want %v", q.Do, q.On, got, people)
	}
	return ""
}
