package main

import (
	"errors"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

// explainAdmin fills in what to say about a refusal of package admin, and
// reports whether it is one.
func explainAdmin(f *failure, err error) bool {
	var (
		refusal   *admin.Refusal
		missing   *admin.NotFound
		ambiguous *admin.Ambiguous
		taken     *admin.Taken
		unfit     *admin.Unfit
	)
	switch {
	case errors.As(err, &refusal):
		f.code = "NOT_ALLOWED"
		f.err, f.hint = inBoth(refusalMessage(refusal)), inBoth(refusalHint(refusal))
	case errors.As(err, &missing):
		f.code = "NOT_FOUND"
		f.err, f.hint = notFound(missing)
	case errors.As(err, &ambiguous):
		f.code = "AMBIGUOUS"
		f.err = words{"有多个" + thing(ambiguous.Kind).zh + "叫 " + ambiguous.Written,
			"there is more than one " + thing(ambiguous.Kind).en + " called " + ambiguous.Written}
		f.hint = words{"写明是哪一个：" + strings.Join(ambiguous.Choices, "、"), "say which one: " + strings.Join(ambiguous.Choices, ", ")}
	case errors.As(err, &taken):
		f.code = "NAME_TAKEN"
		f.err = words{"已有同名的" + thing(taken.Kind).zh + "：" + taken.Written,
			"the name is taken by another " + thing(taken.Kind).en + ": " + taken.Written}
		f.hint = both("换一个名称", "choose another name")
	case errors.As(err, &unfit):
		f.code = unfit.Code
		f.err, f.hint = inBoth(unfit.What), inBoth(unfit.Next)
	case errors.Is(err, admin.ErrOperatorOnly):
		f.code = "NOT_ALLOWED"
		f.err = both("只有超级管理员可以这样做", "only super admins may do this")
		f.hint = both("请超级管理员来做，或者不带 --as 运行", "ask a super admin, or run it without --as")
	default:
		return false
	}
	f.exit = exitRefused
	return true
}

// inBoth asks for a text in each language.
func inBoth(say func(crm.Lang) string) words {
	if say == nil {
		return words{}
	}
	return words{say(crm.Chinese), say(crm.English)}
}

func refusalMessage(e *admin.Refusal) func(crm.Lang) string {
	return func(l crm.Lang) string {
		on := e.On
		if on == crm.ObjectAll {
			on = l.Pick("全部标签", "all tags")
		}
		text := l.Pick("不能", "may not ") + e.Do.Label(l) + " " + on
		if step, failed := e.Decision.Refusal(); failed {
			text += l.Pick("：", ": ") + step.Message(l)
		}
		return text
	}
}

// refusalHint is how to put right the first thing that is missing, and the
// command that asks for it.
func refusalHint(e *admin.Refusal) func(crm.Lang) string {
	return func(l crm.Lang) string {
		var lines []string
		if step, failed := e.Decision.Refusal(); failed {
			lines = append(lines, step.Fix(l))
		}
		return asLines(append(lines, e.Decision.Request(l)))
	}
}

// asLines joins texts of one or several lines, each line once, without blank
// ones.
func asLines(texts []string) string {
	var lines []string
	seen := make(map[string]bool)
	for _, line := range strings.Split(strings.Join(texts, "\n"), "\n") {
		if line != "" && !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// notFound says nothing that depends on whether the thing exists out of sight:
// Near and Deletion are set only for what may be seen.
func notFound(e *admin.NotFound) (what, hint words) {
	kind := thing(e.Kind)
	what = words{"没有这个" + kind.zh + "：" + e.Written, "there is no " + kind.en + " " + e.Written}
	switch {
	case e.Deletion != "":
		what = words{kind.zh + " " + e.Written + " 在回收站里", kind.en + " " + e.Written + " is in the recycle bin"}
		hint = both("恢复：tagkeep recycle restore %s", "restore it: tagkeep recycle restore %s", e.Deletion)
	case e.Near != "":
		hint = both("是否想写 %s？", "did you mean %s?", e.Near)
	default:
		hint = kindHint(e.Kind)
	}
	return what, hint
}

// kindHint is where things of the kind are listed.
func kindHint(kind string) words {
	switch kind {
	case crm.RefStaff:
		return both("检查员工账号；用 tagkeep staff list 查看", "check the account; tagkeep staff list shows them")
	case crm.RefDepartment:
		return both("检查部门路径；用 tagkeep staff departments list 查看", "check the path; tagkeep staff departments list shows them")
	case crm.RefCustomer:
		return both("检查客户ID，例如 customer:wm1 或 customer:#12", "check the customer's id, as customer:wm1 or customer:#12")
	case admin.KindRequest, admin.KindGrant:
		return both("用 tagkeep access list 查看", "tagkeep access list shows them")
	case "":
		return both("写成 group:标签组、tag:标签组:标签 或 all", "write group:NAME, tag:GROUP:NAME or all")
	}
	return both("检查名称，写成 group:标签组 或 tag:标签组:标签", "check the name; write group:NAME or tag:GROUP:NAME")
}

// thing names a kind.
func thing(kind string) words {
	switch kind {
	case crm.ObjectGroup:
		return words{"标签组", "tag group"}
	case crm.ObjectTag:
		return words{"标签", "tag"}
	case crm.RefCustomer:
		return words{"客户", "customer"}
	case crm.RefStaff:
		return words{"员工", "member of staff"}
	case crm.RefDepartment:
		return words{"部门", "department"}
	case admin.KindRequest:
		return words{"申请", "request"}
	case admin.KindGrant:
		return words{"授权", "grant"}
	}
	return words{"对象", "object"}
}

// stepMark shows whether a step of a decision holds.
func stepMark(s access.Step) string {
	if s.OK {
		return "✓"
	}
	return "✗"
}
