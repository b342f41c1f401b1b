package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/recycle"
)

// recycleError says what package recycle refuses and what to do about it. What
// is wrong with the snapshot that it takes goes the way of all snapshots; errors
// of other kinds are passed on.
func recycleError(err error) error {
	if had := (*failure)(nil); err == nil || errors.As(err, &had) {
		return err
	}
	f := &failure{exit: exitRefused}
	if explainRefused(f, err) || explainEvent(f, err) {
		return f
	}
	return snapshotError(err)
}

// untouched says of what is done whole or not at all that it was interrupted
// before it was done.
func untouched(err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return &failure{exit: exitStopped, code: "INTERRUPTED", err: both("已中断，没有改动任何数据", "interrupted, no data were changed"),
		hint: both("要继续就再运行同一命令", "to go on, run the same command again")}
}

// explainRefused is about who asks and how much they ask for.
func explainRefused(f *failure, err error) bool {
	var refusal *recycle.Refusal
	var limit *recycle.LimitError
	var wider *recycle.WiderError
	var park *recycle.ParkError
	switch {
	case errors.As(err, &refusal):
		f.code = "NOT_ALLOWED"
		f.err, f.hint = recycleRefusal(refusal)
	case errors.Is(err, recycle.ErrNotYours):
		f.code = "NOT_ALLOWED"
		f.err = both("只有操作者本人（员工表除外）或超级管理员可以撤销", "only who did it (but for staff sheets) or a super admin may undo it")
		f.hint = both("[tagkeep] 请超级管理员来做，或者不带 --as 运行", "[tagkeep] ask a super admin, or run it without --as")
	case errors.As(err, &limit):
		f.code = "TOO_MANY_TAGS"
		f.err = both("标签会超过 %d 个的上限，多出 %d 个；没有写入任何数据", "there would be %[2]d tags more than the limit of %[1]d; nothing was written", limit.Limit, limit.Short)
		f.hint = both("加 --fit 把放不下的留在回收站，或先删除不用的标签", "add --fit to leave what has no room in the bin, or delete unused tags first")
		if len(limit.Unused) > 0 {
			some := strings.Join(limit.Unused[:min(len(limit.Unused), 5)], "、")
			f.hint.zh += "，例如没有客户的 " + some
			f.hint.en += ", such as these without customers: " + some
		}
	case errors.As(err, &wider):
		f.code = "WIDER_ACCESS"
		f.err = both("恢复后会有 %d 人新获得访问权（删除前共 %d 人）；没有写入任何数据", "%d people would gain access (%d had it before the deletion); nothing was written", wider.Access.Gained, wider.Access.Had)
		f.hint = both("用 plan 或 --dry-run 核对这些人；确认无误后加 --accept-wider", "plan or --dry-run says who they are; if that is right add --accept-wider")
	case errors.As(err, &park):
		ids := make([]string, len(park.Grants))
		for i, id := range park.Grants {
			ids[i] = "#" + strconv.FormatInt(id, 10)
		}
		f.code = "NOT_ALLOWED"
		f.err = words{"这些授权您无权恢复，缺了它们别人会看到更多：" + strings.Join(ids, "、"), "you may not bring these grants back, and without them others would see more: " + strings.Join(ids, ", ")}
		f.hint = both("[tagkeep] 请超级管理员来恢复", "[tagkeep] ask a super admin to restore it")
	default:
		return false
	}
	return true
}

// explainEvent is about events, imports and plans that are not as they were
// thought to be.
func explainEvent(f *failure, err error) bool {
	list := both("用 tagkeep recycle list 查看", "tagkeep recycle list shows what there is")
	for _, known := range []struct {
		is         error
		code       string
		what, hint words
	}{
		{recycle.ErrEmpty, "EMPTY_SELECTION", both("没有选中任何内容，没有改动", "nothing is chosen, nothing was changed"), both("写出名称，或用 --from、--where 选择", "give names, or choose with --from or --where")},
		{recycle.ErrChanged, "CHANGED", both("数据在此期间被别人改动，没有写入", "the data changed in the meantime; nothing was written"), both("再运行一次同一命令", "run the same command again")},
		{recycle.ErrPlan, "PLAN_CHANGED", both("计划与当时确认的不同，没有写入", "the plan is not the one that was agreed to; nothing was written"), both("重新查看计划，再确认", "look at the plan again")},
		{recycle.ErrNotInBin, "NOT_IN_BIN", both("它在回收站里已经没有内容", "nothing of it is in the recycle bin"), list},
		{recycle.ErrPurging, "PURGED", both("它已被彻底清除或正在清除，不能恢复", "it is being removed for good, or has been"), both("用 tagkeep snapshot find 名称 查哪个快照里有", "tagkeep snapshot find NAME says which snapshot has it")},
		{recycle.ErrNoEvent, "NO_EVENT", both("没有这个事件", "there is no such event"),
			both("检查编号：删除是 D，恢复和撤销是 X；用 tagkeep recycle list 查看", "check the number: a delete has a D, a restore or an undo an X; tagkeep recycle list shows what there is")},
		{recycle.ErrOther, "OTHER_KIND", both("这个事件不能这样处理", "this is not possible for an event of its kind"), both("删除用 D 编号，恢复和撤销用 X 编号：tagkeep undo D7 或 X7", "a delete has a D, a restore or an undo an X: tagkeep undo D7, or X7")},
		{recycle.ErrNoRun, "NO_RUN", both("没有这个导入记录", "there is no such run"), both("用 tagkeep runs 查看全部记录", "tagkeep runs lists them")},
		{recycle.ErrUndone, "UNDONE", both("这次导入已经撤销过", "the import has been undone already"), both("要重新导入，再运行 tagkeep import；要取消撤销，用 tagkeep undo X 编号", "to import it again run tagkeep import; to take the undo back, tagkeep undo with its X number")},
		{recycle.ErrSameTag, "SAME_TAG", both("标签不能合并到它自己", "a tag cannot be merged into itself"), both("--into 后面写另一个标签", "name another tag after --into")},
		{recycle.ErrSingleChoice, "SINGLE_CHOICE", both("单选标签组里不能两边都保留", "in a single-choice group both cannot keep them"), both("去掉 --keep-in-B", "leave out --keep-in-B")},
		{recycle.ErrDeclined, "DECLINED", both("没有确认，没有改动", "not confirmed, nothing was changed"), words{}},
	} {
		if errors.Is(err, known.is) {
			f.code, f.err, f.hint = known.code, known.what, known.hint
			return true
		}
	}
	return false
}

// recycleRefusal says nothing of a thing that may not even be seen, not even
// that it is there.
func recycleRefusal(e *recycle.Refusal) (what, hint words) {
	if !e.Decision.Seen() {
		return both("其中有您无权操作的内容，没有改动", "some of it is out of your reach, nothing was changed"),
			both("[tagkeep] 请超级管理员来做", "[tagkeep] ask a super admin")
	}
	on := e.On.Kind
	switch {
	case e.Customer != 0:
		on = crm.RefCustomer + ":#" + strconv.FormatInt(e.Customer, 10)
	case e.On.ID != 0:
		on += ":#" + strconv.FormatInt(e.On.ID, 10)
	}
	by := &admin.Refusal{Do: e.Do, On: on, Decision: e.Decision}
	return inBoth(refusalMessage(by)), inBoth(refusalHint(by))
}
