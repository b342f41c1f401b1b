package access

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tagkeep/internal/crm"
)

// bigFacts are 10,000 tags in 500 groups, 2,000 people in 200 departments and
// 100,000 grants, half of them to departments and roles.
func bigFacts() crm.Company {
	r := rand.New(rand.NewPCG(1, 2))
	f := crm.Company{Now: 1000 * hour, StaffDepartments: map[int64][]int64{}}
	for i := range int64(200) {
		f.Departments = append(f.Departments, crm.Department{ID: i + 1, ParentID: (i + 2) / 3, Name: fmt.Sprint("部门", i)})
	}
	f.Departments[0].ParentID = 0
	for i := range int64(2000) {
		f.Staff = append(f.Staff, crm.Staff{ID: i + 1, UserID: fmt.Sprint("u", i), Status: crm.StatusActive, Role: crm.RoleStaff, Contact: true, Tagging: i%2 == 0})
		f.StaffDepartments[i+1] = []int64{1 + r.Int64N(200), 1 + r.Int64N(200)}
	}
	for i := range int64(500) {
		g := crm.Group{ID: i + 1, Name: fmt.Sprint("组", i), Scope: crm.ScopeShared}
		if i%2 == 0 {
			g.Scope, g.DepartmentID = crm.ScopeDepartment, 1+r.Int64N(200)
		}
		f.Groups = append(f.Groups, g)
	}
	for i := range int64(10_000) {
		f.Tags = append(f.Tags, crm.Tag{ID: i + 1, GroupID: 1 + i%500, Name: fmt.Sprint("标签", i)})
	}
	for i := range int64(100_000) {
		o := Tag(1 + r.Int64N(10_000))
		if r.IntN(4) == 0 {
			o = Group(1 + r.Int64N(500))
		}
		level := crm.Levels[1+r.IntN(3)]
		if r.IntN(50) == 0 {
			level = crm.LevelHidden
		}
		g := crm.Grant{ID: i + 1, SubjectKind: crm.SubjectStaff, SubjectID: 1 + r.Int64N(2000), ObjectKind: o.Kind, ObjectID: o.ID, Level: level}
		switch i % 8 {
		case 0, 1, 2:
			g.SubjectKind, g.SubjectID, g.WithSub = crm.SubjectDepartment, 1+r.Int64N(200), i%16 < 8
		case 3:
			g.SubjectKind, g.SubjectID, g.SubjectRole = crm.SubjectRole, 0, crm.RoleStaff
		}
		if i%10 == 0 {
			g.StartsAt, g.EndsAt = f.Now-1, f.Now+hour
		}
		f.Grants = append(f.Grants, g)
	}
	return f
}

func BenchmarkNew(b *testing.B) {
	f := bigFacts()
	for b.Loop() {
		New(f)
	}
}

func BenchmarkTags(b *testing.B) {
	w, i := New(bigFacts()), int64(0)
	for b.Loop() {
		i++
		w.Tags(1+i%2000, Use)
	}
}

func BenchmarkDecide(b *testing.B) {
	w, i := New(bigFacts()), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		i++
		w.Decide(Question{Subject: 1 + i%2000, Do: Edit, On: Tag(1 + i%10_000)})
	}
}

func BenchmarkAllowed(b *testing.B) {
	w, i := New(bigFacts()), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		i++
		w.Allowed(Question{Subject: 1 + i%2000, Do: Edit, On: Tag(1 + i%10_000)})
	}
}

func BenchmarkWho(b *testing.B) {
	w, i := New(bigFacts()), int64(0)
	for b.Loop() {
		i++
		w.Who(Tag(1+i%10_000), Use)
	}
}

func TestAllowedDoesNotAllocate(t *testing.T) {
	w := New(testCompany(grantTo("staff", seller, Tag(21), "edit~")))
	q := Question{Subject: seller, Do: Edit, On: Tag(21), Customer: &Customer{Live: true, Followers: []int64{editor}}}
	if n := testing.AllocsPerRun(100, func() { w.Allowed(q) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
