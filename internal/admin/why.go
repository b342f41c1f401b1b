package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Cause is one thing that keeps somebody from seeing or having a tag, or that
// there is none.
type Cause struct {
	// Code: DELETED, OLD_NAMESAKE, RENAMED, HIDDEN, REVOKED, GRANT_ENDED, CHANGED, ACCOUNT, PERMISSION,
	// OUT_OF_SCOPE, LEVEL, TAG_EXPIRED, CUSTOMER_DELETED, NOT_FOLLOWED, UNTAGGED,
	// NOT_TAGGED, or THERE.
	Code   string
	At     int64  // when it happened, 0 = not known
	By     string // who did it, for people; "" = the operator or nobody
	Reason string // in their words
	Text   func(crm.Lang) string
	Fix    func(crm.Lang) string
}

// Why is the answer to where a tag or group has gone.
type Why struct {
	On      string // as it is called now
	Subject string // whom it is about, for people
	Causes  []Cause
}

// There reports whether nothing is wrong.
func (w Why) There() bool { return len(w.Causes) == 1 && w.Causes[0].Code == "THERE" }

// Why tells why somebody no longer sees a group or tag, or a customer no longer
// has it. on may be a name that it had before.
func (d *Desk) Why(ctx context.Context, on, user, customer string) (why Why, err error) {
	err = d.Look(ctx, func(tx *store.Tx, c *Company) error {
		who, err := c.about(user)
		if err != nil {
			return err
		}
		s := &search{tx: tx, c: c, who: who, zone: time.UTC}
		if loc, err := d.DB.Meta().Location(); err == nil {
			s.zone = loc
		}
		if err := s.find(on); err != nil {
			why = Why{On: on, Subject: c.Called(who.ID)}
			why.Causes, err = s.purged(on, err)
			return err
		}
		if customer != "" {
			if s.customer, err = c.customer(tx, customer); err != nil {
				return err
			}
		}
		if err := s.all(); err != nil {
			return err
		}
		why = Why{On: c.World.Written(s.o), Subject: c.Called(who.ID), Causes: s.causes}
		return nil
	})
	return why, err
}

// search is one Why being answered.
type search struct {
	tx       *store.Tx
	c        *Company
	zone     *time.Location
	who      crm.Staff
	o        access.Object
	customer int64 // 0 = none was named
	causes   []Cause
}

func (s *search) add(c Cause) { s.causes = append(s.causes, c) }

// find looks the object up: live, then in the recycle bin, then by a name that it
// had before.
func (s *search) find(on string) error {
	var missing *NotFound
	o, err := s.c.Object(on, false)
	switch {
	case err == nil:
		s.o = o
		s.namesakes()
		return nil
	case !errors.As(err, &missing):
		return err
	case missing.Deletion != "":
		s.o, err = s.c.Object(on, true)
		return err
	}
	found, renamed := s.renamed(on)
	if renamed != nil {
		return renamed
	}
	if !found {
		return missing
	}
	return nil
}

// namesakes tells of things in the recycle bin that had the name: what is there
// now is another thing.
func (s *search) namesakes() {
	add := func(event int64, o access.Object) {
		if event != 0 && s.c.seen(o) {
			s.deleted(event, "OLD_NAMESAKE", said("另一个同名的对象（"+s.c.World.Written(o)+"）", "another one of the same name ("+s.c.World.Written(o)+")"))
		}
	}
	switch s.o.Kind {
	case crm.ObjectGroup:
		for _, g := range s.c.names.groups[s.c.names.byGroup[s.o.ID].Name] {
			add(g.DeletionID, access.Group(g.ID))
		}
	case crm.ObjectTag:
		t := s.c.names.byTag[s.o.ID]
		for _, old := range s.c.names.tags[t.Name] {
			if s.c.names.byGroup[old.GroupID].Name == s.c.names.byGroup[t.GroupID].Name {
				add(s.c.deletion(old), access.Tag(old.ID))
			}
		}
	}
}

// renamed finds what was called so once, by the audit log; the latest wins.
func (s *search) renamed(on string) (found bool, err error) {
	r, err := crm.ParseRef(on, "")
	if err != nil || len(r.Names) == 0 || r.Kind != crm.ObjectGroup && r.Kind != crm.ObjectTag {
		return false, nil
	}
	err = s.tx.Audits(store.AuditFilter{}, func(a store.Audit) error {
		for _, e := range editsOf(a.Detail) {
			o, ok := s.hadName(e, r)
			if !ok || !s.c.seen(o) {
				continue
			}
			found, s.o = true, o
			now := s.c.World.Written(o)
			s.causes = []Cause{{Code: "RENAMED", At: a.At, By: cmp.Or(s.c.Called(a.StaffID), a.Operator),
				Text: said(on+" 已改名，现在是 "+now, on+" has been renamed; it is now "+now),
				Fix:  said("用新的名称："+now, "use the new name: "+now)}}
		}
		return nil
	})
	return found, err
}

// hadName finds what an edit took the name from: a group, a tag, or the tag of a
// group that was called otherwise.
func (s *search) hadName(e Edit, r crm.Ref) (o access.Object, ok bool) {
	name, renamed := e.Before["name"].(string)
	switch {
	case e.Kind == crm.ObjectGroup && r.Kind == crm.ObjectGroup:
		return access.Group(e.ID), renamed && name == last(r.Names)
	case e.Kind == crm.ObjectGroup && len(r.Names) == 2 && renamed && name == r.Names[0]:
		for _, t := range s.c.names.tags[r.Names[1]] {
			if t.GroupID == e.ID {
				return access.Tag(t.ID), true
			}
		}
	case e.Kind == crm.ObjectTag && r.Kind == crm.ObjectTag:
		t := s.c.names.byTag[e.ID]
		group, moved := e.Before["group"].(string)
		if !moved {
			group = s.c.names.byGroup[t.GroupID].Name
		}
		if !renamed {
			name = t.Name
		}
		return access.Tag(e.ID), (renamed || moved) && name == last(r.Names) && (len(r.Names) == 1 || r.Names[0] == group)
	}
	return o, false
}

// all looks for every cause.
func (s *search) all() error {
	s.bin()
	decision := s.c.World.Decide(access.Question{Subject: s.who.ID, Do: access.View, On: s.o})
	if decision.Allowed {
		decision = s.c.World.Decide(access.Question{Subject: s.who.ID, Do: access.Use, On: s.o})
	}
	if err := s.permissions(decision); err != nil {
		return err
	}
	s.expired()
	if s.customer != 0 {
		if err := s.tagged(); err != nil {
			return err
		}
	}
	serious := slices.ContainsFunc(s.causes, func(c Cause) bool { return c.Code != "OLD_NAMESAKE" && c.Code != "RENAMED" })
	if !serious {
		level := s.c.World.Level(s.who.ID, s.o)
		what, who := s.c.World.Written(s.o), s.c.Called(s.who.ID)
		s.add(Cause{Code: "THERE", Text: func(l crm.Lang) string {
			return l.Pick(fmt.Sprintf("%s 还在，%s 看得到（级别：%s）", what, who, access.LevelLabel(level, l)),
				fmt.Sprintf("%s is there and %s sees it (level %s)", what, who, access.LevelLabel(level, l)))
		}, Fix: said("", "")})
	}
	return nil
}

// bin tells of the deletions that the object is in.
func (s *search) bin() {
	switch s.o.Kind {
	case crm.ObjectGroup:
		s.deleted(s.c.names.byGroup[s.o.ID].DeletionID, "DELETED", said("标签组", "the group"))
	case crm.ObjectTag:
		t := s.c.names.byTag[s.o.ID]
		s.deleted(t.DeletionID, "DELETED", said("标签", "the tag"))
		if group := s.c.names.byGroup[t.GroupID].DeletionID; group != t.DeletionID && s.c.Events.Holds(group) {
			s.deleted(group, "DELETED", said("它所在的标签组", "its group"))
		}
	}
}

func (s *search) deleted(event int64, code string, what func(crm.Lang) string) {
	if event == 0 {
		return
	}
	d, label := s.c.Events[event], s.c.Events.Label(event)
	line := "[tagkeep] tagkeep recycle restore " + label
	c := Cause{Code: code, At: d.CreatedAt, By: cmp.Or(s.c.Called(d.CreatedBy), d.Operator), Reason: d.Reason, Fix: said(line, line), Text: func(l crm.Lang) string {
		return what(l) + l.Pick("在回收站里（", " is in the recycle bin (") + label + l.Pick("）", ")")
	}}
	if d.Barred() {
		c.Fix = said("", "")
		c.Text = func(l crm.Lang) string {
			return what(l) + l.Pick("已被彻底删除，或正在彻底删除（", " is gone for good, or about to be (") + label + l.Pick("）", ")")
		}
	}
	s.add(c)
}

// codes of causes by the question that failed.
var codes = map[access.Code]string{access.AccountActive: "ACCOUNT", access.AuditorReadsOnly: "ACCOUNT", access.CustomerContact: "PERMISSION",
	access.TagConfig: "PERMISSION", access.GroupVisible: "OUT_OF_SCOPE", access.LevelEnough: "LEVEL"}

// permissions tells which questions fail, and what has made them so.
func (s *search) permissions(decision access.Decision) error {
	visible := true
	for _, step := range decision.Chain {
		code := codes[step.Code]
		if step.OK || code == "" || code == "LEVEL" && !visible {
			continue // what is in the bin is told already
		}
		if step.Code == access.GroupVisible {
			visible = false
			if s.hidden(step) {
				continue
			}
		}
		s.add(Cause{Code: code, Text: step.Message, Fix: step.Fix})
	}
	if decision.Allowed {
		return nil
	}
	s.lost(decision.Level)
	return s.edited()
}

// hidden tells of every grant that hides the object, and reports whether there is
// one.
func (s *search) hidden(step access.Step) bool {
	any := false
	for i := range s.c.Grants {
		g := &s.c.Grants[i]
		if g.Level != crm.LevelHidden || !g.ActiveAt(s.c.Now) || !s.c.reaches(s.who.ID, g) || !s.c.covers(g, s.o) {
			continue
		}
		any = true
		in := s.c.info(*g)
		s.add(Cause{Code: "HIDDEN", At: max(g.StartsAt, g.CreatedAt), By: s.c.Called(g.CreatedBy), Reason: g.Reason, Fix: revokeLine(g.ID), Text: func(l crm.Lang) string {
			return l.Pick("被隐藏：授权 ", "hidden by grant ") + at("G", g.ID) + l.Pick("（", " (") + in.Sentence(l) + l.Pick("）", ")")
		}})
	}
	return any
}

func revokeLine(id int64) func(crm.Lang) string {
	return said(fmt.Sprintf("[tagkeep] tagkeep access revoke G%d --reason 原因", id), fmt.Sprintf("[tagkeep] tagkeep access revoke G%d --reason why", id))
}

// shownLost is how many grants that are no more are told of.
const shownLost = 5

// lost tells of grants that gave more than there is now and are revoked or have
// ended, the latest first.
func (s *search) lost(now crm.Level) {
	var found []Cause
	for i := range s.c.Grants {
		g := &s.c.Grants[i]
		if g.Level == crm.LevelHidden || s.c.stands(g) || !s.c.reaches(s.who.ID, g) || !s.c.covers(g, s.o) ||
			slices.Index(crm.Levels, g.Level) < slices.Index(crm.Levels, now) {
			continue
		}
		in := s.c.info(*g)
		one := Cause{Code: "GRANT_ENDED", At: g.EndsAt, Reason: g.Reason}
		zh, en := "临时授权 %s 已到期（%s）", "temporary grant %s has ended (%s)"
		if g.RevokedAt != 0 && (g.EndsAt == 0 || g.RevokedAt < g.EndsAt) {
			one = Cause{Code: "REVOKED", At: g.RevokedAt, By: s.c.Called(g.RevokedBy), Reason: g.RevokeReason}
			zh, en = "授权 %s 被撤销（%s）", "grant %s was revoked (%s)"
		}
		one.Text = func(l crm.Lang) string { return fmt.Sprintf(l.Pick(zh, en), at("G", g.ID), in.Sentence(l)) }
		one.Fix = s.c.requestLine(s.who.ID, s.o)
		found = append(found, one)
	}
	slices.SortStableFunc(found, func(a, b Cause) int { return cmp.Compare(b.At, a.At) })
	s.causes = append(s.causes, found[:min(len(found), shownLost)]...)
}

// requestLine is the command that asks for the use of the object.
func (c *Company) requestLine(staff int64, o access.Object) func(crm.Lang) string {
	for _, do := range []access.Action{access.Use, access.Edit} {
		if d := c.World.Decide(access.Question{Subject: staff, Do: do, On: o}); !d.Allowed {
			return d.Request
		}
	}
	return said("", "")
}

// edited tells of what was changed about the person, their departments, the group
// and the tag by hand that bears on access: scope, status, permissions.
func (s *search) edited() error {
	about := s.c.around(s.who.ID, s.o)
	var latest []Cause
	err := s.tx.Audits(store.AuditFilter{}, func(a store.Audit) error {
		for _, e := range editsOf(a.Detail) {
			if !about[key{e.Kind, e.ID}] || !bearing(e) {
				continue
			}
			event := s.c.editEvent(a, e)
			latest = append(latest, Cause{Code: "CHANGED", At: event.At, By: event.Name, Fix: said("", ""), Text: func(l crm.Lang) string {
				return l.Pick("改过：", "changed: ") + event.Text(l)
			}})
		}
		return nil
	})
	if len(latest) > shownLost {
		latest = latest[len(latest)-shownLost:]
	}
	slices.Reverse(latest)
	s.causes = append(s.causes, latest...)
	return err
}

// bearing reports whether an edit bears on access.
func bearing(e Edit) bool {
	for _, name := range []string{"scope", "department", "department_id", "departments", "status", "role", "contact", "tagging", "parent", "group_id"} {
		if _, changed := e.Before[name]; changed {
			return true
		}
	}
	return false
}

// expired tells of a tag whose day is over.
func (s *search) expired() {
	if s.o.Kind != crm.ObjectTag {
		return
	}
	t := s.c.names.byTag[s.o.ID]
	if today := time.UnixMilli(s.c.Now).In(s.zone).Format(time.DateOnly); t.ExpiresOn == "" || t.ExpiresOn >= today {
		return
	}
	s.add(Cause{Code: "TAG_EXPIRED", Text: said("标签已于 "+t.ExpiresOn+" 到期", "the tag expired on "+t.ExpiresOn),
		Fix: said("要继续使用，在标签表的「到期日期」列改日期并导入：[tagkeep] tagkeep import tags 标签.xlsx", "to go on with it, set another 到期日期 in the tags sheet: [tagkeep] tagkeep import tags tags.xlsx")})
}
