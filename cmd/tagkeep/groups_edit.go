package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
)

// edit runs an operation by hand and tells what it did.
func (a *app) edit(cmd *cobra.Command, fn func(d *admin.Desk) (admin.Outcome, error)) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		out, err := fn(d)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"changed": len(out.Edits) > 0, "items": orEmpty(out.Edits), "warnings": a.explained(out.Warnings),
				"effect": jsonEffect(out.Effect)})
		}
		if len(out.Edits) == 0 {
			a.say("%s", a.t("没有变化", "nothing to change"))
		}
		for _, e := range out.Edits {
			a.say("%s", a.editLine(e))
		}
		a.tellWarnings(out.Warnings)
		a.tellEffect(out.Effect)
		return nil
	})
}

// orEmpty is a list that JSON does not write as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func jsonEffect(e admin.Effect) admin.Effect {
	e.People = orEmpty(e.People)
	return e
}

// explained are warnings in the shape of those of an import.
func (a *app) explained(problems []crm.Problem) []report.RowError {
	list := make([]report.RowError, len(problems))
	for i, p := range problems {
		list[i] = report.Explain(a.language(), p, nil)
	}
	return list
}

func (a *app) tellWarnings(problems []crm.Problem) {
	for _, p := range problems {
		e := report.Explain(a.language(), p, nil)
		name := ""
		if !strings.Contains(e.Message, p.Value) {
			name = a.t("「"+p.Value+"」", `"`+p.Value+`": `)
		}
		a.say("%s%s%s", a.t("提醒：", "warning: "), name, e.Line(a.language()))
	}
}

// editLine tells what was done to a tag group or tag.
func (a *app) editLine(e admin.Edit) string {
	what := a.t("标签组", "tag group")
	if e.Kind == crm.ObjectTag {
		what = a.t("标签", "tag")
	}
	if e.Before == nil {
		return fmt.Sprintf(a.t("已新建%s %s%s", "made the %s %s%s"), what, e.Name, a.ofDepartment(e.After))
	}
	return fmt.Sprintf(a.t("%s %s：%s", "%s %s: %s"), what, e.Name, a.changes(e.Before, e.After))
}

func (a *app) ofDepartment(f admin.Fields) string {
	if path, ok := f["department"]; ok {
		return fmt.Sprintf(a.t("（部门 %v）", " (of %v)"), path)
	}
	return ""
}

// fieldNames are what the fields of an edit are called; those that are left out
// stand beside one that says the same for people.
var fieldNames = []struct{ field, zh, en string }{
	{"name", "名称", "name"}, {"group", "标签组", "group"}, {"scope", "类型", "scope"}, {"department", "部门", "department"},
	{"sort", "次序", "place"}, {"single", "单选", "single choice"}, {"description", "说明", "description"}, {"expires_on", "到期日期", "expires"},
	{"status", "状态", "status"}, {"same_as", "同一人", "the same as"},
}

// changes writes what was before and after, field by field.
func (a *app) changes(before, after map[string]any) string {
	var parts []string
	for _, f := range fieldNames {
		now, ok := after[f.field]
		if !ok {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s → %s", a.t(f.zh, f.en), a.fieldValue(before[f.field]), a.fieldValue(now)))
	}
	return strings.Join(parts, a.t("，", ", "))
}

// fieldValue writes a value for people.
func (a *app) fieldValue(v any) string {
	switch v {
	case nil, "":
		return a.t("（空）", "(empty)")
	case crm.ScopeShared:
		return a.t("共享", "shared")
	case crm.ScopeDepartment:
		return a.t("部门", "department")
	case crm.StatusActive, crm.StatusDisabled, crm.StatusLeft:
		return a.statusWord(v.(string))
	case true, false:
		return a.yesNo(v == true)
	}
	return fmt.Sprint(v)
}

func (a *app) statusWord(status string) string {
	switch status {
	case crm.StatusActive:
		return a.t("在职", "active")
	case crm.StatusDisabled:
		return a.t("停用", "disabled")
	case crm.StatusLeft:
		return a.t("离职", "left")
	}
	return status
}

// shownShifts is how many tag groups of a person are named.
const shownShifts = 3

// tellEffect tells who gains or loses access.
func (a *app) tellEffect(e admin.Effect) {
	if e.Gained+e.Lost == 0 {
		return
	}
	a.say(a.t("权限变化：%d 人增加，%d 人减少", "access: %d people gain, %d lose"), e.Gained, e.Lost)
	for _, p := range e.People {
		a.say("  %s", a.affected(p))
	}
}

func (a *app) affected(p admin.Affected) string {
	name := p.UserID
	if p.Name != "" && p.Name != p.UserID {
		name = fmt.Sprintf(a.t("%s（%s）", "%s (%s)"), p.Name, p.UserID)
	}
	var parts []string
	for _, s := range p.Groups[:min(len(p.Groups), shownShifts)] {
		parts = append(parts, fmt.Sprintf("%s %s → %s", s.Group, access.LevelLabel(s.Before, a.language()), access.LevelLabel(s.After, a.language())))
	}
	if more := len(p.Groups) - shownShifts; more > 0 {
		parts = append(parts, fmt.Sprintf(a.t("等 %d 个标签组", "%d tag groups in all"), len(p.Groups)))
	}
	return name + a.t("：", ": ") + strings.Join(parts, a.t("，", ", "))
}
