package access

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tagkeep/internal/crm"
)

// Path is a department's place in the tree, from the top: 总部/市场部. It is "#"
// and the id for one that does not exist.
func (w *World) Path(id int64) string {
	d := w.departments[id]
	if d == nil {
		return number(id)
	}
	names := make([]string, len(d.line))
	for i, above := range d.line {
		names[len(names)-1-i] = w.departments[above].Name
	}
	return strings.Join(names, "/")
}

// paths names several departments in one sentence.
func (w *World) paths(ids []int64, l crm.Lang) string {
	if len(ids) == 0 {
		return l.Pick("（无部门）", "no department")
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = w.Path(id)
	}
	return strings.Join(names, l.Pick("、", ", "))
}

// Written is the object as commands take it: group:意向, tag:意向:高意向, all; by
// its id where the name may not be unique, in the recycle bin, and where there is
// none.
func (w *World) Written(o Object) string {
	at := w.target(o)
	switch {
	case at.kind == 'a':
		return crm.ObjectAll
	case !at.known || !at.live:
		return o.Kind + ":" + number(o.ID)
	}
	return o.Kind + ":" + at.name()
}

// name is the object's name with its group's, as it is written after the kind.
func (t *target) name() string {
	if t.tag == nil {
		return quoted(t.group.Name)
	}
	return quoted(t.group.Name) + ":" + quoted(t.tag.Name)
}

// called names the object in a sentence.
func (w *World) called(o Object, l crm.Lang) string {
	at := w.target(o)
	kind := l.Pick("标签", "tag")
	if at.kind == 'g' {
		kind = l.Pick("标签组", "group")
	}
	switch {
	case at.kind == 'a':
		return l.Pick("全部标签", "all tags")
	case !at.known:
		return kind + l.Pick("「", " ") + number(o.ID) + l.Pick("」", "")
	}
	name := at.group.Name
	if at.tag != nil {
		name += ":" + at.tag.Name
	}
	return kind + l.Pick("「", " “") + name + l.Pick("」", "”")
}

// calledPerson names a person in a sentence.
func (w *World) calledPerson(id int64, l crm.Lang) string {
	p := w.people[id]
	switch {
	case id == 0:
		return l.Pick("操作者", "the operator")
	case p == nil:
		return l.Pick("员工 ", "staff ") + number(id)
	case p.Name == "" || p.Name == p.UserID:
		return p.UserID
	}
	return p.Name + l.Pick("（", " (") + p.UserID + l.Pick("）", ")")
}

// calledGrant names a grant in a sentence: to whom, on what and until when.
func (w *World) calledGrant(g *crm.Grant, l crm.Lang) string {
	to := ""
	switch g.SubjectKind {
	case crm.SubjectRole:
		to = roleName(g.SubjectRole, l)
	case crm.SubjectDepartment:
		to = w.Path(g.SubjectID)
		if g.WithSub {
			to += l.Pick("及下级部门", " and below")
		}
	default:
		to = w.calledPerson(g.SubjectID, l)
	}
	kind := l.Pick("授权 ", "grant ")
	if g.Temporary() {
		kind = l.Pick("临时授权 ", "temporary grant ")
	}
	text := kind + "G" + strconv.FormatInt(g.ID, 10) + l.Pick("（", " (") + to + l.Pick("，", ", ") +
		w.called(Object{g.ObjectKind, g.ObjectID}, l) + l.Pick("，", ", ") + LevelLabel(g.Level, l)
	if g.Temporary() {
		text += l.Pick("，还剩 ", ", ") + w.remaining(g.EndsAt, l) + l.Pick("", " left")
	}
	return text + l.Pick("）", ")")
}

// remaining is how long it is until a moment, in hours and minutes: a date would
// need the company's time zone, which is not among the facts.
func (w *World) remaining(until int64, l crm.Lang) string {
	d := max(time.Duration(until-w.now)*time.Millisecond, 0)
	if d > time.Minute {
		d += time.Minute - time.Millisecond // rounded up: 48 hours are 48 hours a second later
	}
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h > 0 && m > 0:
		return strconv.Itoa(h) + l.Pick(" 小时 ", " h ") + strconv.Itoa(m) + l.Pick(" 分钟", " min")
	case h > 0:
		return strconv.Itoa(h) + l.Pick(" 小时", " h")
	case m > 0:
		return strconv.Itoa(m) + l.Pick(" 分钟", " min")
	}
	return l.Pick("不到 1 分钟", "less than 1 min")
}

// LevelLabel is a level's name in the language l.
func LevelLabel(v crm.Level, l crm.Lang) string {
	zh := string(v)
	switch v {
	case crm.LevelHidden:
		zh = "隐藏"
	case crm.LevelView:
		zh = "查看"
	case crm.LevelUse:
		zh = "使用"
	case crm.LevelEdit:
		zh = "编辑"
	}
	return l.Pick(zh, string(v))
}

func roleName(role string, l crm.Lang) string {
	switch role {
	case crm.RoleSuper:
		return l.Pick("超级管理员", "super admins")
	case crm.RoleDeptAdmin:
		return l.Pick("部门管理员", "department admins")
	case crm.RoleAuditor:
		return l.Pick("审计员", "auditors")
	case crm.RoleStaff:
		return l.Pick("普通员工", "ordinary staff")
	}
	return role
}

func number(id int64) string { return "#" + strconv.FormatInt(id, 10) }

// quoted puts a name in double quotes, doubled inside, where a command could read
// it as anything but one name.
func quoted(name string) string {
	special := func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`:："“”`, r)
	}
	if name != "" && !strings.ContainsFunc(name, special) && name[0] != '#' {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// command joins words into a line for a shell. A word stands in single quotes
// unless it holds only letters, digits and signs that mean nothing to any shell.
func command(words ...string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-./:@%+,", r)
	}
	out := slices.Clone(words)
	for i, word := range out {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
			out[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}
