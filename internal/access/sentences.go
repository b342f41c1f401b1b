package access

import (
	"fmt"
	"strings"

	"tagkeep/internal/crm"
)

// Message says in one sentence what holds, or exactly what is missing.
func (s Step) Message(l crm.Lang) string {
	if s.scene == nil {
		return ""
	}
	c := s.scene
	switch s.Code {
	case AccountActive:
		return c.sayAccount(l)
	case AuditorReadsOnly:
		return l.Pick(
			fmt.Sprintf("%s 是审计员，只能查看，不能%s；要做别的，在员工表的「角色」列改角色", c.subject(l), c.q.Do.Label(l)),
			fmt.Sprintf("%s is an auditor, who may view but not %s; for that, change 角色 in the staff sheet", c.subject(l), c.q.Do.Label(l)))
	case CustomerContact:
		return c.sayHas(s, "客户联系", "the customer-contact permission (客户联系)", l)
	case TagConfig:
		return c.sayTagConfig(s, l)
	case GroupVisible:
		return c.sayVisible(s, l)
	case LevelEnough:
		return c.sayLevel(s, l)
	case CustomerFollowed:
		return c.sayFollowed(s, l)
	case ObjectLive:
		return c.sayLive(s, l)
	case GiverHolds:
		return c.sayGiver(s.gift, l)
	}
	return ""
}

func (c *scene) subject(l crm.Lang) string { return c.w.calledPerson(c.q.Subject, l) }

func (c *scene) object(l crm.Lang) string { return c.w.called(c.q.On, l) }

func (c *scene) sayAccount(l crm.Lang) string {
	name := c.subject(l)
	switch {
	case c.operator:
		return l.Pick("操作者直接使用数据库，不受角色限制", "the operator works on the database itself, whatever the roles")
	case c.who == nil:
		return l.Pick("没有"+name, "there is no "+name)
	case c.active() && c.who.aboveGrants():
		return l.Pick(
			fmt.Sprintf("账号 %s 在职，角色：%s", name, roleName(c.who.Role, l)),
			fmt.Sprintf("account %s is active and one of the %s", name, roleName(c.who.Role, l)))
	case c.active():
		return l.Pick("账号 "+name+" 在职", "account "+name+" is active")
	case c.who.Status == crm.StatusDisabled:
		return l.Pick("账号 "+name+" 已停用", "account "+name+" is disabled")
	}
	if c.successor() != nil {
		return l.Pick(
			name+" 已离职，现在用这个账号的是另一个人",
			name+" has left; the account now belongs to somebody else")
	}
	return l.Pick(
		name+" 已离职；返岗后在员工表的「状态」列填「在职」并导入，是一个新账号",
		name+" has left; who comes back is a new person: set 状态 to 在职 in the staff sheet and import it")
}

// successor is the person whose account is now what the subject's was.
func (c *scene) successor() *person {
	for _, p := range c.w.staff {
		if p != c.who && p.active() && crm.UserIDKey(p.UserID) == crm.UserIDKey(c.who.UserID) {
			return p
		}
	}
	return nil
}

func (c *scene) sayHas(s Step, zh, en string, l crm.Lang) string {
	if s.OK {
		return l.Pick(c.subject(l)+" 有「"+zh+"」权限", c.subject(l)+" has "+en)
	}
	return l.Pick(c.subject(l)+" 没有「"+zh+"」权限", c.subject(l)+" lacks "+en)
}

func (c *scene) sayTagConfig(s Step, l crm.Lang) string {
	const zh, en = "可配置客户标签", "the tag-configuration permission (可配置客户标签)"
	switch {
	case s.Lifted:
		return l.Pick(
			fmt.Sprintf("%s 没有「%s」权限，由%s代替", c.subject(l), zh, c.temporary(l)),
			fmt.Sprintf("%s lacks %s; %s stands in for it", c.subject(l), en, c.temporary(l)))
	case !s.OK && c.who.Tagging:
		return l.Pick(
			fmt.Sprintf("%s 有「%s」权限，但没有「客户联系」权限，所以不起作用", c.subject(l), zh),
			fmt.Sprintf("%s has %s, which has no effect without the customer-contact permission (客户联系)", c.subject(l), en))
	}
	return c.sayHas(s, zh, en, l)
}

// temporary names the temporary grant that lifts something.
func (c *scene) temporary(l crm.Lang) string {
	return c.w.calledGrant(&c.w.grants[c.standing.temporary-1], l)
}

func (c *scene) sayVisible(s Step, l crm.Lang) string {
	who, what := c.subject(l), c.object(l)
	switch {
	case s.Lifted:
		return l.Pick(
			fmt.Sprintf("%s 由%s看得到%s", who, c.temporary(l), what),
			fmt.Sprintf("%s sees %s by %s", who, what, c.temporary(l)))
	case s.OK:
		return l.Pick(who+" 看得到"+what, who+" sees "+what)
	case c.standing.deny != 0:
		g := c.w.calledGrant(&c.w.grants[c.standing.deny-1], l)
		return l.Pick(
			fmt.Sprintf("%s对 %s 隐藏了%s，别的授权不起作用", g, who, what),
			fmt.Sprintf("%s hides %s from %s, whatever other grants say", g, what, who))
	case !c.at.known:
		return l.Pick(who+" 看不到"+what, who+" does not see "+what)
	}
	home, own := c.w.Path(c.at.group.DepartmentID), c.w.paths(c.own(), l)
	return l.Pick(
		fmt.Sprintf("%s只对 %s 及下级部门可见，%s 在 %s", what, home, who, own),
		fmt.Sprintf("%s is visible to %s and below only; %s is in %s", what, home, who, own))
}

// own are the departments that the subject belongs to directly.
func (c *scene) own() []int64 {
	var ids []int64
	for _, at := range c.who.within {
		if at.steps == 0 {
			ids = append(ids, at.department)
		}
	}
	return ids
}

func (c *scene) sayLevel(s Step, l crm.Lang) string {
	have, need := LevelLabel(c.standing.level().level(), l), LevelLabel(c.need.level(), l)
	zh := fmt.Sprintf("%s 对%s的级别是「%s」（%s）", c.subject(l), c.object(l), have, c.because(l))
	en := fmt.Sprintf("%s has level %s on %s (%s)", c.subject(l), have, c.object(l), c.because(l))
	if s.OK {
		return l.Pick(zh, en)
	}
	zh += fmt.Sprintf("，%s至少要「%s」", c.q.Do.Label(l), need)
	en += fmt.Sprintf("; %s takes at least level %s", c.q.Do.Label(l), need)
	if c.standing.lasting == 0 && c.standing.level() == use && c.need == edit && !c.who.tagging() {
		zh += "：有「可配置客户标签」权限的人默认就有"
		en += ", which those with the tag-configuration permission have by default"
	}
	return l.Pick(zh, en)
}

// because says where the level comes from.
func (c *scene) because(l crm.Lang) string {
	s := &c.standing
	switch {
	case !c.at.known:
		return l.Pick("不存在", "does not exist")
	case s.deny != 0:
		return c.w.calledGrant(&c.w.grants[s.deny-1], l)
	case s.level() > s.lasts():
		return c.temporary(l)
	case s.lasting != 0:
		return c.w.calledGrant(&c.w.grants[s.lasting-1], l)
	}
	return l.Pick("默认", "default")
}

func (c *scene) sayFollowed(s Step, l crm.Lang) string {
	where := c.w.paths(c.who.scope, l)
	switch {
	case s.OK:
		return l.Pick(
			"这个客户由 "+where+" 或下级部门的员工跟进",
			"the customer is followed by staff of "+where+" or below")
	case len(c.q.Customer.Followers) == 0:
		return l.Pick("这个客户没有跟进员工", "the customer is followed by nobody")
	}
	return l.Pick(
		fmt.Sprintf("这个客户的跟进员工都不在 %s 的部门里：%s 及下级部门", c.subject(l), where),
		fmt.Sprintf("none of the customer's followers is in the departments of %s: %s and below", c.subject(l), where))
}

func (c *scene) sayLive(s Step, l crm.Lang) string {
	if s.OK {
		return l.Pick(c.object(l)+"没有被删除", c.object(l)+" is not deleted")
	}
	if !c.at.known {
		return l.Pick("没有"+c.object(l), "there is no "+c.object(l))
	}
	var zh, en []string
	add := func(whatZh, whatEn string, event int64) {
		switch label := c.w.events.Label(event); {
		case event == 0:
			zh, en = append(zh, whatZh+"在回收站里"), append(en, whatEn+" is in the recycle bin")
		case c.w.events[event].Barred():
			zh, en = append(zh, whatZh+"已被彻底清除（"+label+"）"), append(en, whatEn+" is gone for good ("+label+")")
		default:
			zh, en = append(zh, whatZh+"在回收站里（"+label+"）"), append(en, whatEn+" is in the recycle bin ("+label+")")
		}
	}
	if g := c.at.group; g != nil && g.DeletionID != 0 {
		add(c.w.called(Group(g.ID), crm.Chinese), c.w.called(Group(g.ID), crm.English), g.DeletionID)
	}
	if t := c.at.tag; t != nil && t.DeletionID != 0 {
		add(c.object(crm.Chinese), c.object(crm.English), t.DeletionID)
	}
	if c.q.Customer != nil && !c.q.Customer.Live {
		add("这个客户", "the customer", c.q.Customer.DeletionID)
	}
	return l.Pick(strings.Join(zh, "，"), strings.Join(en, ", "))
}

func (c *scene) sayGiver(g *gift, l crm.Lang) string {
	who, what := c.subject(l), c.object(l)
	switch g.fault {
	case byDefault:
		return l.Pick(
			fmt.Sprintf("%s 对%s只有默认权限：给全部标签授权，要有超级管理员角色，或者自己就有对全部标签的授权", who, what),
			fmt.Sprintf("%s has %s by default only: a grant on all takes a super admin, or somebody with a grant on all", who, what))
	case notBelow:
		return l.Pick(
			fmt.Sprintf("%s 不能给%s里的每一个标签授权，所以不能整体授权", who, what),
			fmt.Sprintf("%s may not give on every single one of %s, so not on the whole", who, what))
	case overTime:
		return l.Pick(
			fmt.Sprintf("%s 自己的权限是临时的，还剩 %s，不能授权得更久", who, c.w.remaining(g.limit, l)),
			fmt.Sprintf("%s has this for another %s only and may not give it for longer", who, c.w.remaining(g.limit, l)))
	case tooHigh:
		own := LevelLabel(c.standing.level().level(), l)
		return l.Pick(
			fmt.Sprintf("%s 对%s的级别是「%s」，不能授予更高的级别", who, what, own),
			fmt.Sprintf("%s has level %s on %s and may give no higher one", who, own, what))
	}
	return l.Pick(who+" 自己有要授予的权限", who+" has what is given")
}

// Reason says where somebody's level comes from.
func (w *World) Reason(p Person, l crm.Lang) string {
	switch p.By {
	case ByRole:
		if somebody := w.people[p.ID]; somebody != nil {
			return l.Pick("角色：", "role: ") + roleName(somebody.Role, l)
		}
	case ByGrant:
		for i := range w.grants {
			if w.grants[i].ID == p.Grant {
				return w.calledGrant(&w.grants[i], l)
			}
		}
	}
	return l.Pick("默认", "default")
}
