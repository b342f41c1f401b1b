package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// grants plans rows of (object, subject). A lasting grant is the same as another
// one to the same subject on the same object; a temporary one also has its
// window. What a row changes is revoked and given anew, so that the history
// stays.
type grants struct {
	e         *engine
	now       int64
	standing  map[grantKey][]*crm.Grant // not revoked, not ended
	newGrants []crm.Grant
	revoked   []int64
	images    []store.Change
}

// grantKey is who is granted something, and on what.
type grantKey struct {
	object      access.Object
	subjectKind string
	subject     int64
	role        string
}

// grantRow is what a row of grants asks for.
type grantRow struct {
	key   grantKey
	level crm.Level
	sub   bool
	// starts is 0 for at once, ends 0 for a lasting grant.
	starts, ends int64
	same         *crm.Grant   // stands already, as the row wants it
	others       []*crm.Grant // stand in its place
}

// load reads the grants that stand.
func (g *grants) load(tx *store.Tx) error {
	all, err := tx.Grants()
	if err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	g.standing = make(map[grantKey][]*crm.Grant)
	for i := range all {
		if x := &all[i]; x.RevokedAt == 0 && (x.EndsAt == 0 || x.EndsAt > tx.Now) {
			g.standing[keyOfGrant(x)] = append(g.standing[keyOfGrant(x)], x)
		}
	}
	return nil
}

func keyOfGrant(x *crm.Grant) grantKey {
	return grantKey{access.Object{Kind: x.ObjectKind, ID: x.ObjectID}, x.SubjectKind, x.SubjectID, x.SubjectRole}
}

// fetch has nothing to read but the time: all grants are loaded.
func (g *grants) fetch(tx *store.Tx, _ []*row) error {
	g.now = tx.Now
	return nil
}

func (g *grants) plan(r *row) {
	w, found := g.find(r)
	if found {
		if first := g.e.claims.first(w.claim(), r.rec.Row); first != 0 {
			r.problem(table.GrantObject, crm.Problem{Code: crm.DupInFile, Related: first})
		}
		g.compare(r, &w)
	}
	g.checkWindow(r, &w)
	if !r.rec.Failed() && !g.settled(r, &w) {
		g.accept(r, &w)
	}
	if r.rec.Failed() {
		g.refusePrior(r, &w)
		r.outcome = rejected
	}
}

// find looks up what the row names. It reports false where the row does not
// tell whom and what it is about.
func (g *grants) find(r *row) (grantRow, bool) {
	w := grantRow{level: crm.Level(r.text(table.GrantLevel)), sub: r.text(table.GrantWithSub) == "1",
		starts: number(r.text(table.GrantStarts)), ends: number(r.text(table.GrantEnds))}
	found := r.set(table.GrantObject) && r.set(table.GrantSubjectKind) && r.set(table.GrantSubject) &&
		!r.bad(table.GrantStarts) && !r.bad(table.GrantEnds)
	if r.set(table.GrantObject) {
		o, p := g.e.names.object(r.text(table.GrantObject))
		if w.key.object = o; p != nil {
			r.problem(table.GrantObject, *p)
			found = false
		}
	}
	if r.set(table.GrantSubjectKind) && r.set(table.GrantSubject) {
		if p := g.findSubject(r, &w.key); p != nil {
			r.problem(table.GrantSubject, *p)
			found = false
		}
	}
	return w, found
}

func (g *grants) findSubject(r *row, key *grantKey) *crm.Problem {
	n, text := &g.e.names, r.text(table.GrantSubject)
	switch key.subjectKind = r.text(table.GrantSubjectKind); key.subjectKind {
	case crm.SubjectRole:
		key.role = strings.Clone(text)
	case crm.SubjectDepartment:
		id, ok := n.departments[text]
		if key.subject = id; !ok {
			return &crm.Problem{Code: crm.UnknownDepartment, Args: []string{text, n.nearestDepartment(text)}}
		}
	default:
		p, problem := n.person(text)
		if problem != nil {
			return problem
		}
		key.subject = p.ID
	}
	return nil
}

// claim is what no other row of the file may be about.
func (w *grantRow) claim() claim {
	window := "lasting"
	if w.ends != 0 {
		window = millis(w.starts) + "-" + millis(w.ends)
	}
	k := w.key
	return named("grant", k.object.Kind, strconv.FormatInt(k.object.ID, 10), k.subjectKind, strconv.FormatInt(k.subject, 10), k.role, window)
}

// compare finds the grants in whose place the row's comes, and whether one
// stands that is the same. A blank reason is any. A lasting grant takes the place
// of all lasting ones, a temporary one that of those with its window. A row
// without a start is the same as one that has begun, but takes no place: other
// rows may be about those that have.
func (g *grants) compare(r *row, w *grantRow) {
	for _, x := range g.standing[w.key] {
		alike := x.Level == w.level && x.WithSub == w.sub && (!r.set(table.GrantReason) || x.Reason == r.text(table.GrantReason))
		begun := w.starts == 0 && x.StartsAt <= g.now
		switch {
		case x.EndsAt != w.ends || w.ends != 0 && x.StartsAt != w.starts && !begun:
		case w.same == nil && alike:
			w.same = x
		case w.ends == 0 || x.StartsAt == w.starts:
			w.others = append(w.others, x)
		}
	}
}

// checkWindow looks at the times of a temporary grant.
func (g *grants) checkWindow(r *row, w *grantRow) {
	if w.ends == 0 || r.bad(table.GrantStarts) || r.bad(table.GrantEnds) {
		return
	}
	from := w.starts
	if from == 0 {
		from = g.now
	}
	switch {
	case w.starts != 0 && w.ends <= w.starts:
		r.problem(table.GrantEnds, crm.Problem{Code: crm.BadDate, Args: []string{"ends-before-start"}})
	case w.ends <= g.now:
		r.problem(table.GrantEnds, crm.Problem{Code: crm.BadDate, Args: []string{"ended"}})
	case w.ends-from > crm.MaxTemporaryMillis && w.same == nil:
		hours := strconv.Itoa(crm.MaxTemporaryMillis / (60 * 60 * 1000))
		r.problem(table.GrantEnds, crm.Problem{Code: crm.LimitReached, Args: []string{hours, "temporary-hours"}})
	}
}

// settled decides the rows that are left alone or refused because of what was
// there before the run.
func (g *grants) settled(r *row, w *grantRow) bool {
	there := w.same != nil || len(w.others) > 0
	owned := func(x *crm.Grant) bool { return g.e.owns(store.SeqGrant, x.ID) }
	before := w.same != nil && !owned(w.same) || slices.ContainsFunc(w.others, func(x *crm.Grant) bool { return !owned(x) })
	switch {
	case before && g.e.opts.Existing == SkipExisting, !there && g.e.opts.OnlyExisting:
		r.outcome = skipped
		return true
	case before && g.e.opts.Existing == RejectExisting:
		r.problem(table.GrantObject, crm.Problem{Code: crm.DupInDB, Args: []string{r.text(table.GrantObject) + " " + r.text(table.GrantSubject)}})
		return true
	}
	return false
}

// refusePrior refuses a row that comes back from a repair file as a duplicate
// and would now, alone, overwrite its twin.
func (g *grants) refusePrior(r *row, w *grantRow) bool {
	if r.rec.Prior == "" || w.same == nil && len(w.others) == 0 {
		return false
	}
	if !r.has(r.rec.Prior) {
		r.problem(table.GrantObject, crm.Problem{Code: r.rec.Prior})
	}
	return true
}

func (g *grants) accept(r *row, w *grantRow) {
	if w.same != nil && g.later(w) {
		w.others, w.same = append(w.others, w.same), nil
	}
	if len(w.others) == 0 && w.same != nil {
		r.outcome = unchanged
		return
	}
	if g.refusePrior(r, w) {
		return
	}
	if p := g.e.rights.mayGive(w.key.object, w.level, w.ends); p != nil {
		r.problem(table.GrantLevel, *p)
		return
	}
	r.outcome = created
	if len(w.others) > 0 {
		r.outcome = updated
		g.revoke(r, w)
	}
	if w.same == nil {
		g.create(r, w)
	}
}

// later reports whether the lasting grant that stands begins at another time
// than the row wants, as long as either lies ahead.
func (g *grants) later(w *grantRow) bool {
	ahead := func(at int64) int64 {
		if at <= g.now {
			return 0
		}
		return at
	}
	return w.ends == 0 && ahead(w.same.StartsAt) != ahead(w.starts)
}

// revoke ends the grants in whose place the row's comes, and takes them out of
// those that stand.
func (g *grants) revoke(r *row, w *grantRow) {
	old := w.others[0]
	d := differ{row: r}
	d.field(table.GrantLevel, string(old.Level), string(w.level), func() {})
	d.field(table.GrantWithSub, bit(old.WithSub), bit(w.sub), func() {})
	d.field(table.GrantStarts, millis(old.StartsAt), millis(w.starts), func() {})
	if r.set(table.GrantReason) {
		d.field(table.GrantReason, old.Reason, r.text(table.GrantReason), func() {})
	}
	g.e.list(r, r.text(table.GrantObject)+" "+r.text(table.GrantSubject), d.changes)
	for _, x := range w.others {
		g.revoked = append(g.revoked, x.ID)
		after := *x
		after.RevokedAt, after.RevokedBy = 1, g.e.opts.CreatedBy
		if !g.e.owns(store.SeqGrant, x.ID) {
			g.e.image(&g.images, r, crm.ImageGrant, x.ID, 0, *x, after.Digest())
		}
	}
	g.standing[w.key] = slices.DeleteFunc(slices.Clone(g.standing[w.key]), func(x *crm.Grant) bool { return slices.Contains(w.others, x) })
	g.e.names.gen++ // for whoever takes the chunk back
}

func (g *grants) create(r *row, w *grantRow) {
	x := &crm.Grant{ID: g.e.ids.take(store.SeqGrant), SubjectKind: strings.Clone(w.key.subjectKind), SubjectID: w.key.subject, SubjectRole: w.key.role,
		WithSub: w.sub, ObjectKind: w.key.object.Kind, ObjectID: w.key.object.ID, Level: crm.Level(strings.Clone(string(w.level))),
		StartsAt: w.starts, EndsAt: w.ends, Reason: strings.Clone(r.text(table.GrantReason)), CreatedBy: g.e.opts.CreatedBy, Version: 1}
	if x.Reason == "" && len(w.others) > 0 {
		x.Reason = w.others[0].Reason
	}
	if x.EndsAt != 0 && x.StartsAt == 0 {
		x.StartsAt = g.now
	}
	g.newGrants = append(g.newGrants, *x)
	g.e.unit.created.Grants++
	g.standing[w.key] = append(slices.Clone(g.standing[w.key]), x)
	g.e.names.gen++
}

// write stores new grants first: a row may revoke what another one of the chunk
// has just given.
func (g *grants) write(tx *store.Tx) error {
	for i := range g.newGrants {
		g.newGrants[i].CreatedAt = tx.Now
	}
	if err := tx.CreateGrants(g.newGrants); err != nil {
		return fmt.Errorf("create grants: %w", err)
	}
	for _, id := range g.revoked {
		if err := tx.RevokeGrant(id, g.e.opts.CreatedBy, fmt.Sprintf("R%d", g.e.run.ID)); err != nil {
			return fmt.Errorf("revoke grants: %w", err)
		}
	}
	g.e.unit.images = append(g.e.unit.images, g.images...)
	return nil
}

func (g *grants) forget() {
	g.newGrants, g.revoked, g.images = g.newGrants[:0], g.revoked[:0], g.images[:0]
}
