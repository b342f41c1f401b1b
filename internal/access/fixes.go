package access

import (
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// Menu paths of WeCom's admin console.
const (
	contactZh = "客户与上下游 → 客户联系 → 权限配置 → 使用范围"
	contactEn = "Customers and partners (客户与上下游) → Customer contact (客户联系) → Permissions (权限配置) → Scope of use (使用范围)"
	configZh  = "客户与上下游 → 客户联系 → 权限配置 → 可配置客户标签"
	configEn  = "Customers and partners (客户与上下游) → Customer contact (客户联系) → Permissions (权限配置) → May configure customer tags (可配置客户标签)"
	handZh    = "客户与上下游 → 客户联系 → 在职继承"
	handEn    = "Customers and partners (客户与上下游) → Customer contact (客户联系) → Hand over customers of active members (在职继承)"
)

// forNow is how long the temporary grants in ready commands last.
const forNow = "48h"

// Who says who can put right what is missing, "" when nothing is.
func (s Step) Who(l crm.Lang) string {
	if s.OK || s.scene == nil {
		return ""
	}
	c := s.scene
	switch s.Code {
	case CustomerContact:
		return l.Pick("企业微信超级管理员", "a super admin of WeCom")
	case TagConfig:
		text := l.Pick("企业微信超级管理员", "a super admin of WeCom")
		if c.liftable() {
			text += l.Pick("；临时授权：", "; for a temporary grant: ") + c.givers(Give, l)
		}
		return text
	case GroupVisible, LevelEnough:
		if !c.at.live {
			return c.givers(Restore, l)
		}
		return c.givers(Give, l)
	case CustomerFollowed:
		return l.Pick("企业微信管理员，或者导入客户表的人", "an admin of WeCom, or whoever imports the customers")
	case ObjectLive:
		return c.givers(Restore, l)
	case GiverHolds:
		return c.supers(l)
	}
	return c.supers(l) // AccountActive, AuditorReadsOnly
}

// shownPeople is how many names a sentence gives.
const shownPeople = 3

// givers names those who may do this with the object.
func (c *scene) givers(do Action, l crm.Lang) string {
	if !c.at.known {
		return c.supers(l)
	}
	var ids []int64
	for _, p := range c.w.Who(c.q.On, do) {
		ids = append(ids, p.ID)
	}
	return c.people(ids, l)
}

// supers names the super admins.
func (c *scene) supers(l crm.Lang) string {
	var ids []int64
	for _, p := range c.w.staff {
		if p.active() && p.Role == crm.RoleSuper {
			ids = append(ids, p.ID)
		}
	}
	return c.people(ids, l)
}

func (c *scene) people(ids []int64, l crm.Lang) string {
	ids = slices.DeleteFunc(ids, func(id int64) bool { return id == c.q.Subject })
	var names []string
	for _, id := range ids[:min(len(ids), shownPeople)] {
		names = append(names, c.w.calledPerson(id, l))
	}
	text := strings.Join(names, l.Pick("、", ", "))
	switch {
	case len(ids) == 0:
		return l.Pick("tagkeep 的操作者", "the operator of tagkeep")
	case len(ids) > shownPeople:
		text += l.Pick(fmt.Sprintf(" 等 %d 人", len(ids)), fmt.Sprintf(" and %d more", len(ids)-shownPeople))
	}
	return text
}

// Fix is how to put right what is missing, "" when nothing is: one step or
// alternative a line, each beginning with [tagkeep] and a command ready for a
// shell, or with [企业微信后台] ([WeCom admin console]) and the menu path.
func (s Step) Fix(l crm.Lang) string {
	if s.OK || s.scene == nil {
		return ""
	}
	c := s.scene
	switch s.Code {
	case AccountActive:
		return c.fixAccount(l)
	case AuditorReadsOnly:
		return importStaff(l)
	case CustomerContact:
		return c.fixContact(l) + "\n" + importStaff(l)
	case TagConfig:
		return c.fixTagConfig(l)
	case GroupVisible, LevelEnough:
		return c.fixLevel(s, l)
	case CustomerFollowed:
		return console(handZh, handEn, fmt.Sprintf("：把客户分配给 %s 的部门；再在客户表的「跟进员工」列改好并导入", c.subject(l)),
			fmt.Sprintf(": hand the customer to the departments of %s; then set 跟进员工 in the customer sheet and import it", c.subject(l)), l) +
			"\n" + ready("import", "customers", l.Pick("客户.xlsx", "customers.xlsx"))
	case ObjectLive:
		return c.fixLive()
	case GiverHolds:
		return c.fixGiver(s.gift, l)
	}
	return ""
}

// ready is a line with a command.
func ready(words ...string) string {
	return "[tagkeep] " + command(append([]string{"tagkeep"}, words...)...)
}

func console(pathZh, pathEn, thenZh, thenEn string, l crm.Lang) string {
	return l.Pick("[企业微信后台] "+pathZh+thenZh, "[WeCom admin console] "+pathEn+thenEn)
}

func importStaff(l crm.Lang) string {
	return ready("import", "staff", l.Pick("员工.xlsx", "staff.xlsx"))
}

func (c *scene) fixAccount(l crm.Lang) string {
	switch {
	case c.who == nil:
		return importStaff(l)
	case c.who.Status == crm.StatusDisabled:
		return ready("staff", "enable", c.who.UserID)
	case c.successor() != nil:
		return ready("access", "check", "--user", c.who.UserID, "--do", string(c.q.Do), "--on", c.w.Written(c.q.On))
	}
	return importStaff(l)
}

func (c *scene) fixContact(l crm.Lang) string {
	return console(contactZh, contactEn,
		fmt.Sprintf("：加入 %s；再在员工表的「客户联系」列填「是」并导入", c.subject(l)),
		fmt.Sprintf(": add %s; then set 客户联系 to 是 (yes) in the staff sheet and import it", c.subject(l)), l)
}

func (c *scene) fixTagConfig(l crm.Lang) string {
	text := c.fixPermissions(l)
	if c.liftable() {
		text += "\n" + c.grant(crm.LevelEdit, true, l)
	}
	return text
}

// fixPermissions gives the subject what TagConfig asks for, for good.
func (c *scene) fixPermissions(l crm.Lang) string {
	var lines []string
	if !c.who.Contact {
		lines = append(lines, c.fixContact(l))
	}
	if !c.who.Tagging {
		lines = append(lines, console(configZh, configEn,
			fmt.Sprintf("：加入 %s（在通讯录权限里勾选不起作用，没有「客户联系」时也不起作用）；再在员工表的「可配置客户标签」列填「是」并导入", c.subject(l)),
			fmt.Sprintf(": add %s (ticking it among the address-book permissions does nothing, nor has it an effect before 客户联系); then set 可配置客户标签 to 是 (yes) in the staff sheet and import it", c.subject(l)), l))
	}
	return strings.Join(append(lines, importStaff(l)), "\n")
}

// liftable reports whether a temporary grant would help: it never replaces an
// active account or 客户联系, nor does it work against a deny.
func (c *scene) liftable() bool {
	return c.at.live && c.standing.deny == 0 && c.active() && (c.who.Contact || c.q.Do == Give)
}

func (c *scene) fixLevel(s Step, l crm.Lang) string {
	switch {
	case !c.at.known:
		return ready("recycle", "list")
	case c.standing.deny != 0:
		return c.fixDeny(l)
	case !c.at.live:
		return c.fixLive()
	}
	lines := []string{c.grant(c.need.level(), false, l), c.grant(c.need.level(), true, l)}
	if s.Code == GroupVisible {
		lines = append(lines, ready("groups", "scope", quoted(c.at.group.Name), "--shared"))
	}
	return strings.Join(lines, "\n")
}

// grant is the line that gives the subject a level on the object.
func (c *scene) grant(v crm.Level, temporary bool, l crm.Lang) string {
	return c.grantOn(c.q.On, v, temporary, l)
}

func (c *scene) grantOn(o Object, v crm.Level, temporary bool, l crm.Lang) string {
	words := []string{"access", "grant", "--user", c.who.UserID, "--on", c.w.Written(o), "--level", string(v)}
	if temporary {
		words = append(words, "--for", forNow)
	}
	return ready(append(words, "--reason", reason(l))...)
}

// reason stands where the user's own words belong.
func reason(l crm.Lang) string { return l.Pick("原因", "why") }

// fixDeny revokes every deny that matches, since one left is enough.
func (c *scene) fixDeny(l crm.Lang) string {
	var lines []string
	for i := range c.w.grants {
		g := &c.w.grants[i]
		if g.Level != crm.LevelHidden || !c.matches(g) {
			continue
		}
		words := []string{"access", "revoke"}
		switch g.SubjectKind {
		case crm.SubjectRole:
			words = append(words, "--role", g.SubjectRole)
		case crm.SubjectDepartment:
			words = append(words, "--department", c.w.Path(g.SubjectID))
			if g.WithSub {
				words = append(words, "--with-sub")
			}
		default:
			words = append(words, "--user", c.who.UserID)
		}
		words = append(words, "--on", c.w.Written(Object{g.ObjectKind, g.ObjectID}), "--level", string(g.Level))
		lines = append(lines, ready(append(words, "--reason", reason(l))...))
	}
	return strings.Join(lines, "\n")
}

// matches reports whether a grant that has effect is one to the subject on the
// object.
func (c *scene) matches(g *crm.Grant) bool {
	switch o := keyOf(Object{g.ObjectKind, g.ObjectID}); o.kind {
	case 'g':
		if c.at.group == nil || o.id != c.at.group.ID {
			return false
		}
	case 't':
		if o != c.at.key {
			return false
		}
	}
	switch g.SubjectKind {
	case crm.SubjectRole:
		return g.SubjectRole == c.who.Role
	case crm.SubjectStaff:
		return g.SubjectID == c.who.ID
	}
	return slices.ContainsFunc(c.who.within, func(at place) bool {
		return at.department == g.SubjectID && (at.steps == 0 || g.WithSub)
	})
}

// fixLive restores every event that holds a part of what is asked about.
func (c *scene) fixLive() string {
	var events []int64
	if c.at.group != nil {
		events = append(events, c.at.group.DeletionID)
	}
	if c.at.tag != nil {
		events = append(events, c.at.tag.DeletionID)
	}
	if c.q.Customer != nil && !c.q.Customer.Live {
		events = append(events, c.q.Customer.DeletionID)
	}
	var lines []string
	for _, event := range events {
		if line := ready("recycle", "restore", c.w.events.Label(event)); c.w.events.Holds(event) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return ready("recycle", "list")
	}
	return strings.Join(lines, "\n")
}

func (c *scene) fixGiver(g *gift, l crm.Lang) string {
	if g.fault != overTime {
		return ready("access", "request", "--user", c.who.UserID, "--do", string(Give), "--on", c.w.Written(g.on), "--reason", reason(l))
	}
	var lines []string
	if !c.who.tagging() {
		lines = append(lines, c.fixPermissions(l))
	}
	if s := c.w.standing(c.who, c.w.target(g.on)); s.lasts() < edit {
		lines = append(lines, c.grantOn(g.on, crm.LevelEdit, false, l))
	}
	return strings.Join(lines, "\n")
}

// Request is the command with which the subject asks for what is missing, "" when
// the action is allowed or a grant would not help.
func (d Decision) Request(l crm.Lang) string {
	c := d.scene
	if d.Allowed || c == nil || c.who == nil || !c.at.live {
		return ""
	}
	for _, s := range d.Chain {
		switch s.Code {
		case TagConfig, GroupVisible, LevelEnough:
			if !s.OK && !c.liftable() {
				return ""
			}
		default:
			if !s.OK {
				return ""
			}
		}
	}
	return ready("access", "request", "--user", c.who.UserID, "--do", string(c.q.Do), "--on", c.w.Written(c.q.On),
		"--for", forNow, "--reason", reason(l))
}
