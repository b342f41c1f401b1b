package recycle

import (
	"cmp"
	"slices"
	"strconv"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// grantAction is what the restore does to a grant's row.
type grantAction int

const (
	grantStays  grantAction = iota // nothing: it wakes, or has no effect, by itself
	grantEnds                      // it is revoked: held back, or over for good
	grantMoves                     // it is for somebody else now
	grantCopied                    // its like is made on the object that is there
)

// planGrants gives every grant in scope its verdict.
func (p *planner) planGrants() error {
	now, err := p.tx.LatestTime()
	if err != nil {
		return err
	}
	if p.after, err = p.futureCompany(); err != nil {
		return err
	}
	events, err := p.tx.DirectoryEvents()
	if err != nil {
		return err
	}
	gone, err := p.tx.GoneDepartments()
	if err != nil {
		return err
	}
	j := &judge{p: p, now: max(now, p.tx.Now), events: events, gone: gone}
	for _, g := range p.company.Grants {
		to, in := p.objectOf(&g)
		if !in || g.RevokedAt != 0 {
			continue
		}
		v := GrantVerdict{Grant: g, ID: g.ID, On: p.world.Written(access.Object{Kind: g.ObjectKind, ID: g.ObjectID}), Level: g.Level,
			Subject: Thing{g.SubjectKind, g.SubjectID}}
		j.decide(&v, to)
		p.plan.Grants = append(p.plan.Grants, v)
	}
	if err := p.nameMissing(); err != nil {
		return err
	}
	if err := p.heldBack(); err != nil {
		return err
	}
	for _, v := range p.plan.Grants {
		p.count("grant", v.Verdict, v.Reason, 1)
	}
	return p.revokedAsleep()
}

// nameMissing looks up how those were called who are not here at all.
func (p *planner) nameMissing() (err error) {
	for i := range p.plan.Grants {
		if v := &p.plan.Grants[i]; v.Reason == crm.ReasonMissing && err == nil {
			v.Was, err = p.tx.Tombstone(v.Subject.Kind, v.Subject.ID)
		}
	}
	return err
}

// objectOf is what the object of a grant in scope becomes: itself, the one that
// it goes into, 0 when it stays in the bin.
func (p *planner) objectOf(g *crm.Grant) (to int64, in bool) {
	if p.staged != nil && p.staged.onLive[g.ID] {
		return g.ObjectID, true
	}
	i, in := p.items[Thing{g.ObjectKind, g.ObjectID}]
	if !in {
		return 0, false
	}
	return p.plan.Items[i].becomes(), true
}

// revokedAsleep counts the grants that were revoked while they slept.
func (p *planner) revokedAsleep() error {
	return p.tx.RemovedAsleep(p.event.ID, func(r store.Removal) error {
		if r.Kind != "grant" {
			return nil
		}
		i := slices.IndexFunc(p.company.Grants, func(g crm.Grant) bool { return g.ID == r.GrantID })
		if i >= 0 {
			if _, in := p.objectOf(&p.company.Grants[i]); !in {
				return nil
			}
		} else if !p.chosen.all {
			return nil
		}
		p.count("grant", crm.Stale, crm.ReasonRevoked, 1)
		return nil
	})
}

// futureCompany is the company as it will be, the grants as they are.
func (p *planner) futureCompany() (crm.Company, error) {
	c := p.company
	c.Groups, c.Tags, c.Grants = slices.Clone(c.Groups), slices.Clone(c.Tags), slices.Clone(c.Grants)
	for i := range c.Groups {
		g := &c.Groups[i]
		item, in := p.items[Thing{crm.ObjectGroup, g.ID}]
		if !in {
			continue
		}
		switch it := p.plan.Items[item]; it.Do {
		case Skip, Merge:
		default:
			g.DeletionID, g.Name = 0, cmp.Or(it.NewName, g.Name)
		}
	}
	for i := range c.Tags {
		t := &c.Tags[i]
		item, in := p.items[Thing{crm.ObjectTag, t.ID}]
		if !in {
			continue
		}
		switch it := p.plan.Items[item]; it.Do {
		case Skip, Merge:
		default:
			t.DeletionID, t.Name, t.GroupID = 0, cmp.Or(it.NewName, t.Name), it.group
		}
	}
	// What is replaced lies in the bin then; under which event is not known yet.
	for _, it := range p.plan.Items {
		if it.Do == Replace {
			p.hide(&c, it)
		}
	}
	return c, nil
}

func (p *planner) hide(c *crm.Company, it Item) {
	for i := range c.Groups {
		if it.Kind == crm.ObjectGroup && c.Groups[i].ID == it.Other {
			c.Groups[i].DeletionID = -1
		}
	}
	for i := range c.Tags {
		t := &c.Tags[i]
		if it.Kind == crm.ObjectTag && t.ID == it.Other || it.Kind == crm.ObjectGroup && t.GroupID == it.Other && t.DeletionID == 0 {
			t.DeletionID = -1
		}
	}
}

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

// heldBack holds back what the restorer could not have given, and the allows of
// an object whose deny does not come back.
func (p *planner) heldBack() error {
	world := access.New(p.after)
	var held []int64
	touched := make(map[access.Object]bool)
	hold := func(v *GrantVerdict, r crm.Reason) {
		v.Verdict, v.Reason, v.do = crm.Parked, r, grantEnds
		held = append(held, v.ID)
		touched[access.Object{Kind: v.Grant.ObjectKind, ID: v.Grant.ObjectID}] = true
	}
	if p.o.By != 0 {
		for i := range p.plan.Grants {
			v := &p.plan.Grants[i]
			if v.Verdict != crm.Relinked && v.Verdict != crm.Mapped || v.Grant.Level == crm.LevelHidden {
				continue
			}
			to, _ := p.objectOf(&v.Grant)
			if !world.MayGive(p.o.By, access.Object{Kind: v.Grant.ObjectKind, ID: to}, v.Grant.Level, v.Grant.EndsAt).Allowed {
				hold(v, crm.ReasonNotYours)
			}
		}
	}
	p.denies(hold)
	if len(held) == 0 {
		return nil
	}
	without := p.after
	without.Grants = slices.DeleteFunc(slices.Clone(without.Grants), func(g crm.Grant) bool { return slices.Contains(held, g.ID) })
	less := access.New(without)
	for o := range touched {
		if raises(world, less, p.company.Staff, o, p.tagsUnder(o.Kind, o.ID)) {
			return &ParkError{held} // what was held back had kept people low
		}
	}
	return nil
}

// denies holds back the allows of each object whose deny has nobody to hit any
// more: those whom it was against may be reached by the allows.
func (p *planner) denies(hold func(*GrantVerdict, crm.Reason)) {
	for i := range p.plan.Grants {
		deny := &p.plan.Grants[i]
		if deny.Grant.Level != crm.LevelHidden || deny.Reason != crm.ReasonDeptMerged && deny.Reason != crm.ReasonMissing && deny.Reason != crm.ReasonIdentity {
			continue
		}
		for k := range p.plan.Grants {
			v := &p.plan.Grants[k]
			if v.Grant.ObjectKind == deny.Grant.ObjectKind && v.Grant.ObjectID == deny.Grant.ObjectID && v.Grant.Level != crm.LevelHidden &&
				(v.Verdict == crm.Relinked || v.Verdict == crm.Mapped) && !p.keepsDown(v) {
				hold(v, crm.ReasonDenyParked)
			}
		}
	}
}

// keepsDown reports whether somebody would stand higher without the grant: then
// holding it back would widen access.
func (p *planner) keepsDown(v *GrantVerdict) bool {
	without := p.after
	without.Grants = slices.DeleteFunc(slices.Clone(without.Grants), func(g crm.Grant) bool { return g.ID == v.ID })
	o := access.Object{Kind: v.Grant.ObjectKind, ID: v.Grant.ObjectID}
	return raises(access.New(p.after), access.New(without), p.company.Staff, o, p.tagsUnder(o.Kind, o.ID))
}

// planAccess compares who sees what comes back with who saw it immediately
// before.
func (p *planner) planAccess() (err error) {
	had, seen := (*sight)(nil), make(map[int64]bool) // live tags whose access may change
	var groups []int64
	var tags []crm.Tag
	if p.staged != nil {
		had, seen, groups = p.staged.had, p.staged.tags, slices.Sorted(keys(p.staged.groups))
	} else {
		decoded, err := decodeSight(p.event.HadAccess)
		if err != nil {
			return err
		}
		had = &decoded
	}
	p.applyGrants(&p.after)
	for _, t := range p.after.Tags {
		if seen[t.ID] {
			tags = append(tags, t)
		}
	}
	byID := make(map[int64]crm.Tag, len(p.after.Tags))
	for _, t := range p.after.Tags {
		byID[t.ID] = t
	}
	for _, i := range p.plan.Items {
		switch id := i.becomes(); {
		case id == 0:
		case i.Kind == crm.ObjectGroup:
			groups = append(groups, id)
		default:
			tags = append(tags, byID[id])
		}
	}
	now := look(access.New(p.after), p.after, groups, tags)
	for _, i := range p.plan.Items { // whoever sees what it goes into sees it
		if i.Do == Merge && i.Kind == crm.ObjectGroup {
			now.Groups[i.ID] = now.Groups[i.Other]
		} else if i.Do == Merge {
			now.Tags[i.ID] = now.Tags[i.Other]
		}
	}
	p.plan.Access = had.compare(&now)
	return nil
}

// becomes is the live thing that an item is afterwards, 0 when it stays in the bin.
func (i Item) becomes() int64 {
	switch i.Do {
	case Skip:
		return 0
	case Merge:
		return i.Other
	}
	return i.ID
}

// applyGrants does to a company's grants what the restore will do.
func (p *planner) applyGrants(c *crm.Company) {
	at := make(map[int64]int, len(c.Grants))
	for i, g := range c.Grants {
		at[g.ID] = i
	}
	for _, v := range p.plan.Grants {
		g := &c.Grants[at[v.ID]]
		if p.staged.drops(&v) {
			g.RevokedAt = p.tx.Now
			continue
		}
		switch v.do {
		case grantEnds:
			g.RevokedAt = p.tx.Now
		case grantMoves:
			g.SubjectID = v.To
		case grantCopied:
			copied := *g
			copied.ID = -v.ID
			copied.ObjectID, _ = p.objectOf(g)
			if v.To != 0 {
				copied.SubjectID = v.To
			}
			c.Grants = append(c.Grants, copied)
		}
	}
}
