package main

import (
	"errors"
	"fmt"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/recycle"
)

// binError says what only the commands on the recycle bin refuse; all else goes
// the way of recycleError.
func binError(err error) error {
	if had := (*failure)(nil); err == nil || errors.As(err, &had) {
		return err
	}
	var missing *recycle.NotThere
	var several *recycle.Several
	switch {
	case errors.As(err, &missing):
		return refuse("NOT_FOUND", both("这次删除里没有：%s", "the deletion has no %s", writtenRef(missing.Ref)), both("用 tagkeep recycle show 查看里面有什么", "tagkeep recycle show lists what it has"))
	case errors.As(err, &several):
		ids := make([]string, len(several.IDs))
		for i, id := range several.IDs {
			ids[i] = fmt.Sprintf("%s:#%d", several.Ref.Kind, id)
		}
		return refuse("AMBIGUOUS", both("不止一个叫 %s", "more than one is called %s", writtenRef(several.Ref)), both("写明是哪一个：%s", "say which one: %s", strings.Join(ids, " ")))
	case errors.Is(err, recycle.ErrPurging), errors.Is(err, recycle.ErrPurged):
		return refuse("PURGED", both("它已彻底删除，或正在彻底删除，不能再从回收站恢复", "it is removed for good, or is being removed, and cannot be restored from the bin"),
			both("14 天内快照还在：tagkeep snapshot find 名称", "for 14 days a snapshot has it: tagkeep snapshot find NAME"))
	case errors.Is(err, recycle.ErrSuperOnly):
		return refuse("NOT_ALLOWED", both("只有超级管理员可以这样做", "only super admins may do this"), both("[tagkeep] 请超级管理员来做，或者不带 --as 运行", "[tagkeep] ask a super admin, or run it without --as"))
	}
	return recycleError(err)
}

// writtenRef is a name as commands write it.
func writtenRef(r crm.Ref) string {
	if r.ID != 0 {
		return fmt.Sprintf("%s:#%d", r.Kind, r.ID)
	}
	return r.Kind + ":" + strings.Join(r.Names, ":")
}
