package main

import (
	"errors"
	"fmt"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/recycle"
)

// recycleError says what package recycle refuses and what to do about it. Errors
// of other kinds are passed on.
func recycleError(err error) error {
	if had := (*failure)(nil); err == nil || errors.As(err, &had) {
		return err
	}
	var limit *recycle.LimitError
	var wider *recycle.WiderError
	var park *recycle.ParkError
	var refusal *recycle.Refusal
	list := both("用 tagkeep recycle list 查看", "tagkeep recycle list shows what there is")
	switch {
	case errors.As(err, &limit):
		return refuse("TOO_MANY_TAGS", both("标签会超过 %d 个的上限，多出 %d 个；没有写入任何数据", "there would be %[2]d tags more than the limit of %[1]d; nothing was written", limit.Limit, limit.Short),
			both("加 --fit 把放不下的留在回收站，或先删除不用的标签：%s", "add --fit to leave what has no room in the bin, or delete unused tags first: %s", strings.Join(limit.Unused, " ")))
	case errors.As(err, &wider):
		return refuse("WIDER_ACCESS", both("恢复后会有 %d 人新获得访问权（删除前共 %d 人）；没有写入任何数据", "%d people would gain access (%d had it before the deletion); nothing was written", wider.Access.Gained, wider.Access.Had),
			both("用 tagkeep recycle plan 核对这些人；确认无误后加 --accept-wider", "tagkeep recycle plan names them; if that is right add --accept-wider"))
	case errors.As(err, &park):
		return refuse("NOT_ALLOWED", both("有 %d 个授权您无权恢复，缺了它们别人会看到更多", "%d grants are beyond your rights, and without them others would see more", len(park.Grants)),
			both("[tagkeep] 请超级管理员来恢复", "[tagkeep] ask a super admin to restore it"))
	case errors.As(err, &refusal):
		return refuse("NOT_ALLOWED", words{"不能" + refusal.Do.Label(crm.Chinese) + "其中的内容", fmt.Sprintf("you may not %s some of it", refusal.Do)}, refusedStep(refusal))
	case errors.Is(err, recycle.ErrNoEvent):
		return refuse("NO_EVENT", both("没有这个事件", "there is no such event"), list)
	case errors.Is(err, recycle.ErrNotInBin):
		return refuse("NOT_IN_BIN", both("它在回收站里已经没有内容", "nothing of it is in the recycle bin"), list)
	case errors.Is(err, recycle.ErrPlan):
		return refuse("PLAN_CHANGED", both("计划与当时确认的不同，没有写入", "the plan is not the one that was agreed to; nothing was written"), both("重新查看计划，再确认", "look at the plan again"))
	case errors.Is(err, recycle.ErrDeclined):
		return refuse("DECLINED", both("没有确认，没有改动", "not confirmed, nothing was changed"), both("确认时加 --yes", "to confirm add --yes"))
	case errors.Is(err, recycle.ErrChanged):
		return refuse("CHANGED", both("数据在此期间被别人改动，没有写入", "the data changed in the meantime; nothing was written"), both("再运行一次同一命令", "run the same command again"))
	}
	return err
}

// refusedStep is how to put right what is missing first, without naming what may
// not be seen.
func refusedStep(e *recycle.Refusal) words {
	step, failed := e.Decision.Refusal()
	if !failed || !e.Decision.Seen() {
		return both("用 --only 只恢复自己的，或请超级管理员来做", "restore your own with --only, or ask a super admin")
	}
	return words{step.Fix(crm.Chinese), step.Fix(crm.English)}
}
