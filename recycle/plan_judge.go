package recycle

import (
	"slices"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
)

// judge holds grants against the world of now.
type judge struct {
	p      *planner
	now    int64 // never before anything that was recorded, whatever the clock says
	events []crm.DirectoryEvent
	gone   []crm.Department
}

func (j *judge) decide(v *GrantVerdict, to int64) {
	g := &v.Grant
	switch {
	case g.EndsAt != 0 && g.EndsAt <= j.now:
		v.Verdict, v.Reason = crm.Stale, crm.ReasonExpired
		if g.EndsAt > j.p.tx.Now { // the clock went back; what was over stays over
			v.do = grantEnds
		}
		return
	case to == 0:
		v.Verdict, v.Reason = crm.Parked, crm.ReasonObjectInBin
		return
	}
	v.Verdict = crm.Relinked
	if g.StartsAt > j.now {
		v.Reason = crm.ReasonFuture
	}
	j.subject(v)
	if v.Verdict == crm.Relinked || v.Verdict == crm.Mapped {
		j.giver(v)
	}
	if to != g.ObjectID && v.Verdict != crm.Stale {
		j.merge(v, to)
	}
}

// subject asks what became of whom the grant is for.
func (j *judge) subject(v *GrantVerdict) {
	g := &v.Grant
	to, mapped := j.p.o.Subjects[v.Subject]
	stays := mapped && j.p.keepsDown(v) // whom it keeps down would be free of it
	if mapped && !stays {
		v.Verdict, v.Reason, v.To, v.do = crm.Mapped, crm.ReasonByHand, to, grantMoves
		return
	}
	switch g.SubjectKind {
	case crm.SubjectStaff:
		j.person(v)
	case crm.SubjectDepartment:
		j.department(v)
	}
	if stays && v.Verdict == crm.Relinked {
		v.Reason = crm.ReasonWidens
	}
}

func (j *judge) person(v *GrantVerdict) {
	staff := j.p.company.Staff
	i := slices.IndexFunc(staff, func(s crm.Staff) bool { return s.ID == v.Grant.SubjectID })
	if i < 0 {
		v.Verdict, v.Reason = crm.Parked, crm.ReasonMissing
		return
	}
	who := staff[i]
	switch {
	case who.LeftID == 0 && who.Status == crm.StatusActive:
	case who.LeftID == 0:
		v.Verdict, v.Reason = crm.Parked, crm.ReasonInactive
	default:
		v.Verdict, v.Reason = crm.Parked, crm.ReasonLeft
		for _, s := range staff {
			switch {
			case s.LeftID != 0:
			case s.SameAs == who.ID: // a human has said so
				v.Verdict, v.Reason, v.To, v.do = crm.Mapped, crm.ReasonSamePerson, s.ID, grantMoves
				return
			case crm.UserIDKey(s.UserID) == crm.UserIDKey(who.UserID):
				v.Verdict, v.Reason, v.Candidate = crm.Conflict, crm.ReasonIdentity, s.ID
			}
		}
	}
}

func (j *judge) department(v *GrantVerdict) {
	id := v.Grant.SubjectID
	there := slices.ContainsFunc(j.p.company.Departments, func(d crm.Department) bool { return d.ID == id })
	for _, e := range j.events {
		if e.At < j.p.since() || e.FromID != id {
			continue
		}
		switch {
		case e.Kind == crm.EventMerged && !there:
			v.Verdict, v.Reason, v.Candidate = crm.Parked, crm.ReasonDeptMerged, e.ToID
			v.More = j.members(e.ToID, v.Grant.WithSub)
			return
		case e.Kind == crm.EventSplit && there:
			v.Verdict, v.Reason, v.Candidate = crm.Relinked, crm.ReasonDeptSplit, e.ToID
		case e.Kind == crm.EventMoved && there && v.Reason == "":
			v.Reason = crm.ReasonMoved
		case e.Kind == crm.EventRenamed && there && v.Reason == "":
			v.Reason = crm.ReasonRenamed
		}
	}
	if there {
		return
	}
	v.Verdict, v.Reason = crm.Parked, crm.ReasonMissing
	for _, d := range j.gone {
		if d.ID == id {
			v.Reason = crm.ReasonDeptMerged
			for _, e := range j.events {
				if e.ID == d.GoneEvent {
					v.Candidate, v.More = e.ToID, j.members(e.ToID, v.Grant.WithSub)
				}
			}
		}
	}
}

// members counts the people whom a grant to the department would reach.
func (j *judge) members(department int64, sub bool) (n int) {
	within := map[int64]bool{department: true}
	for again := sub; again; {
		again = false
		for _, d := range j.p.company.Departments {
			if within[d.ParentID] && !within[d.ID] {
				within[d.ID], again = true, true
			}
		}
	}
	for _, s := range j.p.company.Staff {
		if s.LeftID == 0 && s.Status == crm.StatusActive && slices.ContainsFunc(j.p.company.StaffDepartments[s.ID], func(id int64) bool { return within[id] }) {
			n++
		}
	}
	return n
}

// giver flags a grant whose giver could not give it today.
func (j *judge) giver(v *GrantVerdict) {
	g := &v.Grant
	if g.CreatedBy == 0 || v.Reason != "" {
		return
	}
	world := j.world()
	if !world.MayGive(g.CreatedBy, access.Object{Kind: g.ObjectKind, ID: g.ObjectID}, g.Level, g.EndsAt).Allowed {
		v.Reason = crm.ReasonGrantorLost
	}
}

func (j *judge) world() *access.World {
	if j.p.futureWorld == nil {
		j.p.futureWorld = access.New(j.p.after)
	}
	return j.p.futureWorld
}

// merge decides about a grant of an object that goes into the one that is there:
// it is added there only where nobody gets more by it.
func (j *judge) merge(v *GrantVerdict, to int64) {
	g := v.Grant
	subject := g.SubjectID
	if v.To != 0 {
		subject = v.To
	}
	for _, x := range j.p.company.Grants {
		if x.ObjectKind == g.ObjectKind && x.ObjectID == to && x.RevokedAt == 0 && x.SubjectKind == g.SubjectKind && x.SubjectID == subject &&
			x.SubjectRole == g.SubjectRole && x.WithSub == g.WithSub && (x.Level == g.Level || !x.Temporary()) {
			v.Verdict, v.Reason, v.do = crm.AlreadyThere, crm.ReasonMerged, grantStays
			return
		}
	}
	if v.Verdict != crm.Relinked && v.Verdict != crm.Mapped {
		return
	}
	with := j.p.after
	g.ID, g.ObjectID, g.SubjectID = -v.ID, to, subject
	with.Grants = append(slices.Clone(with.Grants), g)
	if raises(j.world(), access.New(with), with.Staff, access.Object{Kind: g.ObjectKind, ID: to}, j.p.tagsUnder(g.ObjectKind, to)) {
		v.Verdict, v.Reason, v.do = crm.Parked, crm.ReasonWidens, grantStays
		return
	}
	v.Verdict, v.Reason, v.do = crm.Mapped, crm.ReasonMerged, grantCopied
}

// tagsUnder are the live tags, as they will be, that a grant on a group reaches.
func (p *planner) tagsUnder(kind string, id int64) (out []int64) {
	if kind != crm.ObjectGroup {
		return nil
	}
	for _, t := range p.after.Tags {
		if t.GroupID == id && t.DeletionID == 0 {
			out = append(out, t.ID)
		}
	}
	return out
}

// raises reports whether anybody stands higher with the object, or with one of
// the tags under it, in the second world than in the first.
func raises(before, after *access.World, staff []crm.Staff, o access.Object, tags []int64) bool {
	objects := []access.Object{o}
	for _, id := range tags {
		objects = append(objects, access.Tag(id))
	}
	for _, s := range staff {
		if s.LeftID != 0 {
			continue
		}
		for _, o := range objects {
			if slices.Index(crm.Levels, after.Level(s.ID, o)) > slices.Index(crm.Levels, before.Level(s.ID, o)) {
				return true
			}
		}
	}
	return false
}
