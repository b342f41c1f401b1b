package access

import (
	"math"
	"slices"

	"tagkeep/internal/crm"
)

// rank is a level as a number, so that levels can be compared.
type rank uint8

const (
	hidden rank = iota
	view
	use
	edit
)

func (r rank) level() crm.Level { return crm.Levels[r] }

func rankOf(l crm.Level) (r rank, ok bool) {
	i := slices.Index(crm.Levels, l)
	return rank(max(i, 0)), i >= 0
}

// key is an object as grants are looked up by.
type key struct {
	kind byte // 'a' all, 'g' group, 't' tag
	id   int64
}

func keyOf(o Object) key {
	switch o.Kind {
	case crm.ObjectAll:
		return key{kind: 'a'}
	case crm.ObjectGroup:
		return key{'g', o.ID}
	case crm.ObjectTag:
		return key{'t', o.ID}
	}
	return key{}
}

// weight is what a number of grants on one object come to. Grants are named by
// their position in World.grants plus one, 0 for none.
type weight struct {
	deny      int32 // any one with level hidden
	lasting   int32
	temporary int32
	// The levels of the two latter.
	lastingRank, temporaryRank rank
	temporaryEnd               int64 // its first moment without effect
}

// put adds a grant of the same object and subject.
func (s *weight) put(g *crm.Grant, at int32, r rank) {
	switch {
	case r == hidden:
		if s.deny == 0 {
			s.deny = at
		}
	case g.Temporary():
		s.putTemporary(at, r, g.EndsAt)
	case r > s.lastingRank:
		s.lasting, s.lastingRank = at, r
	}
}

// putTemporary keeps the highest one, of several that which stays longest.
func (s *weight) putTemporary(at int32, r rank, end int64) {
	if r > s.temporaryRank || r == s.temporaryRank && end > s.temporaryEnd {
		s.temporary, s.temporaryRank, s.temporaryEnd = at, r, end
	}
}

// subject is whom a grant names. Grants to a department with its
// sub-departments are kept twice, since those below it see only these.
type subject struct {
	kind string // one of the Subject constants, or branch
	id   int64
	role string
}

const branch = "branch"

// book holds the grants that have effect, by subject and object.
type book map[subject]map[key]weight

// rung is all that is granted to one subject that a person belongs to.
type rung struct {
	steps int // how far the subject is from the person
	given map[key]weight
}

// farthest is the distance of grants to a role: beyond every department.
const farthest = math.MaxInt

// addGrants keeps the grants that have effect now and enters them into a book.
func (w *World) addGrants(list []crm.Grant) book {
	b := make(book)
	w.grants = make([]crm.Grant, 0, len(list))
	for i := range list {
		if !list[i].ActiveAt(w.now) {
			continue
		}
		r, ok := rankOf(list[i].Level)
		o := keyOf(Object{list[i].ObjectKind, list[i].ObjectID})
		if !ok || o.kind == 0 {
			continue
		}
		w.grants = append(w.grants, list[i])
		b.put(&w.grants[len(w.grants)-1], int32(len(w.grants)), o, r)
	}
	return b
}

func (b book) put(g *crm.Grant, at int32, o key, r rank) {
	enter := func(s subject) {
		given := b[s]
		if given == nil {
			given = make(map[key]weight)
			b[s] = given
		}
		sum := given[o]
		sum.put(g, at, r)
		given[o] = sum
	}
	switch g.SubjectKind {
	case crm.SubjectStaff:
		enter(subject{kind: crm.SubjectStaff, id: g.SubjectID})
	case crm.SubjectRole:
		enter(subject{kind: crm.SubjectRole, role: g.SubjectRole})
	case crm.SubjectDepartment:
		enter(subject{kind: crm.SubjectDepartment, id: g.SubjectID})
		if g.WithSub {
			enter(subject{kind: branch, id: g.SubjectID})
		}
	}
}

// rungs are the subjects that p belongs to and that anything is granted to,
// nearest first. A grant stays with the person it was made to: that somebody is
// the same as one who left moves no grants.
func (b book) rungs(p *person) []rung {
	var list []rung
	add := func(s subject, steps int) {
		if given := b[s]; given != nil {
			list = append(list, rung{steps, given})
		}
	}
	add(subject{kind: crm.SubjectStaff, id: p.ID}, 0)
	for _, at := range p.within {
		kind := branch
		if at.steps == 0 {
			kind = crm.SubjectDepartment
		}
		add(subject{kind: kind, id: at.department}, 1+at.steps)
	}
	add(subject{kind: crm.SubjectRole, role: p.Role}, farthest)
	return list
}

// granted sums up what p has on exactly this object: the nearest lasting grant,
// any deny, the best temporary one.
func (p *person) granted(o key) (sum weight) {
	near := 0
	for i := range p.rungs {
		r := &p.rungs[i]
		g, ok := r.given[o]
		if !ok {
			continue
		}
		if sum.deny == 0 {
			sum.deny = g.deny
		}
		if g.lasting != 0 && (sum.lasting == 0 || r.steps == near && g.lastingRank > sum.lastingRank) {
			sum.lasting, sum.lastingRank, near = g.lasting, g.lastingRank, r.steps
		}
		sum.putTemporary(g.temporary, g.temporaryRank, g.temporaryEnd)
	}
	return sum
}
