package main

import (
	"errors"
	"fmt"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/recycle"
)

// binError says what the recycle bin refuses, and what to do. Errors of other
// kinds are passed on.
func binError(err error) error {
	if had := (*failure)(nil); err == nil || errors.As(err, &had) {
		return err
	}
	var (
		missing *recycle.NotThere
		several *recycle.Several
		limit   *recycle.LimitError
		wider   *recycle.WiderError
		park    *recycle.ParkError
		refusal *recycle.Refusal
	)
	list := both("用 tagkeep recycle list 查看", "tagkeep recycle list shows what there is")
	switch {
	case errors.As(err, &missing):
		return refuse("NOT_FOUND", both("这次删除里没有：%s", "the deletion has no %s", writtenRef(missing.Ref)), both("用 tagkeep recycle show 查看里面有什么", "tagkeep recycle show lists what it has"))
	case errors.As(err, &several):
		ids := make([]string, len(several.IDs))
		for i, id := range several.IDs {
			ids[i] = fmt.Sprintf("%s:#%d", several.Ref.Kind, id)
		}
		return refuse("AMBIGUOUS", both("不止一个叫 %s", "more than one is called %s", writtenRef(several.Ref)), both("写明是哪一个：%s", "say which one: %s", strings.Join(ids, " ")))
	case errors.As(err, &limit):
		return refuse("TOO_MANY_TAGS", both("恢复后标签会超过 %d 个，多出 %d 个，没有写入任何数据", "there would be more than %d tags, by %d; nothing was written", limit.Limit, limit.Short),
			both("加 --fit 只恢复放得下的，或先删除不用的标签：%s", "add --fit to restore what has room, or delete unused tags first: %s", strings.Join(limit.Unused, " ")))
	case errors.As(err, &wider):
		return refuse("WIDER", both("恢复会让 %d 人看到以前看不到的（删除前 %d 人看得到），没有恢复", "%d people would gain access that they did not have, %d had it; nothing was restored", wider.Access.Gained, wider.Access.Had),
			both("用 tagkeep recycle plan 查看是哪些人；同意时加 --accept-wider", "tagkeep recycle plan names them; if that is right add --accept-wider"))
	case errors.As(err, &park):
		return refuse("NOT_ALLOWED", both("有 %d 个授权你无权恢复，缺了它们别人会看到更多，没有恢复", "%d grants are beyond your rights, and without them others would see more; nothing was restored", len(park.Grants)),
			both("请超级管理员来恢复", "ask a super admin to restore it"))
	case errors.As(err, &refusal):
		return refuse("NOT_ALLOWED", words{"不能" + refusal.Do.Label(crm.Chinese) + "其中的内容", "you may not " + string(refusal.Do) + " some of it"}, refusedStep(refusal))
	case errors.Is(err, recycle.ErrNoEvent):
		return refuse("NO_DELETION", both("没有这个删除事件", "there is no such deletion"), list)
	case errors.Is(err, recycle.ErrNotInBin):
		return refuse("NOT_IN_BIN", both("它在回收站里已经没有内容", "nothing of it is in the recycle bin"), list)
	case errors.Is(err, recycle.ErrPurging), errors.Is(err, recycle.ErrPurged):
		return refuse("PURGED", both("它已彻底删除，不能再从回收站恢复", "it is removed for good and cannot be restored from the bin"),
			both("14 天内快照还在：tagkeep snapshot find 名称", "for 14 days a snapshot has it: tagkeep snapshot find NAME"))
	case errors.Is(err, recycle.ErrPlan):
		return refuse("PLAN_CHANGED", both("计划已有变化，没有恢复", "the plan has changed; nothing was restored"), both("重新查看：tagkeep recycle plan", "look at it again: tagkeep recycle plan"))
	case errors.Is(err, recycle.ErrDeclined):
		return refuse("NOT_CONFIRMED", both("没有确认，什么也没有做", "not confirmed; nothing was done"), both("确认时加 --yes", "to confirm add --yes"))
	case errors.Is(err, recycle.ErrSuperOnly):
		return refuse("NOT_ALLOWED", both("只有超级管理员可以这样做", "only super admins may do this"), both("[tagkeep] 请超级管理员来做，或者不带 --as 运行", "[tagkeep] ask a super admin, or run it without --as"))
	case errors.Is(err, recycle.ErrChanged):
		return refuse("CHANGED", both("数据刚刚有变化，没有恢复", "the data changed in the meantime; nothing was restored"), both("再试一次", "try again"))
	}
	return err
}

// refusedStep is how to put right what is missing first, without naming what
// may not be seen.
func refusedStep(e *recycle.Refusal) words {
	step, failed := e.Decision.Refusal()
	if !failed || !e.Decision.Seen() {
		return both("用 --only 只恢复自己的，或请超级管理员来做", "restore your own with --only, or ask a super admin")
	}
	return words{step.Fix(crm.Chinese), step.Fix(crm.English)}
}

// writtenRef is a name as commands write it.
func writtenRef(r crm.Ref) string {
	if r.ID != 0 {
		return fmt.Sprintf("%s:#%d", r.Kind, r.ID)
	}
	return r.Kind + ":" + strings.Join(r.Names, ":")
}
