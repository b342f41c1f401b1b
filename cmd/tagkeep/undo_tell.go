package main

import (
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/recycle"
)

// tellUndone says what an undo did, or would do.
func (u *undoing) tellUndone(done recycle.Undone, ahead bool) {
	if ahead {
		u.say(u.t("撤销 %s 会（现在还没有改动）：", "To undo %s would (nothing is changed yet):"), u.label)
	} else {
		u.say(u.t("已撤销 %s（记录 X%d）：", "%s is undone (recorded as X%d):"), u.label, done.Event)
	}
	binned := words{"进回收站", "into the recycle bin"}
	lines := 0
	for _, l := range []struct {
		n    int64
		what words
	}{
		{int64(done.Groups), words{"标签组" + binned.zh, "tag groups " + binned.en}},
		{int64(done.Tags), words{"标签" + binned.zh, "tags " + binned.en}},
		{int64(done.Customers), words{"客户" + binned.zh, "customers " + binned.en}},
		{done.Edited, words{"　其中之后又改过的", "  of these changed since"}},
		{int64(done.Back), words{"从回收站恢复", "out of the recycle bin"}},
		{int64(done.Access.Gained), words{"　多出的能看到它们的人", "  people who come to see them"}},
		{int64(done.Rows), words{"记录改回原值", "rows get their old values back"}},
		{done.Added, words{"打标关系放回", "links put back"}},
		{done.Removed, words{"打标关系移除", "links removed"}},
		{int64(done.Grants), words{"授权撤销", "grants revoked"}},
		{int64(done.Staff), words{"员工移除", "members of staff removed"}},
		{int64(done.Departments), words{"部门移除", "departments removed"}},
	} {
		if l.n > 0 {
			u.say("%8d  %s", l.n, l.what.in(u.language()))
			lines++
		}
	}
	if lines == 0 {
		u.say("%s", u.t("  没有可以改回的", "  nothing to take back"))
	}
	u.tellKept(done)
	if ahead {
		return
	}
	if done.Snapshot.ID != "" {
		u.say(u.t("进回收站的内容也保存在快照 %s：%s", "what went into the bin is in snapshot %s too: %s"), done.Snapshot.Short(), done.Snapshot.Path)
	}
	u.say(u.t("下一步：取消这次撤销用 tagkeep undo X%d%s", "next: to take this back, tagkeep undo X%d%s"), done.Event, u.sameActor()+u.sameDatabase())
}

// shownKept is how many things that stay are named for each reason.
const shownKept = 10

// tellKept names what stays as it is, by the reason.
func (u *undoing) tellKept(done recycle.Undone) {
	if done.KeptCount == 0 {
		return
	}
	u.say(u.t("保持不动的有 %d 项：", "%d left as they are:"), done.KeptCount)
	byCode := make(map[string][]string)
	var codes []string
	for _, n := range done.Kept {
		if byCode[n.Code] == nil {
			codes = append(codes, n.Code)
		}
		byCode[n.Code] = append(byCode[n.Code], strings.Join(n.Args, " "))
	}
	for _, code := range codes {
		u.say(u.t("  %s：", "  %s:"), keptReason(code).in(u.language()))
		names := byCode[code]
		for _, name := range names[:min(len(names), shownKept)] {
			u.say("    %s", name)
		}
		if more := len(names) - shownKept; more > 0 {
			u.say(u.t("    … 另有 %d 项，用 --json 查看", "    … %d more: see --json"), more)
		}
	}
}

// keptReason says why something stays as it is, and what can be done.
func keptReason(code string) words {
	switch code {
	case recycle.NoteChangedSince:
		return both("之后又被改过，保留现在的值；需要时手工改回", "changed since, the value of now stays; change it by hand where needed")
	case recycle.NoteInBin:
		return both("已在回收站，没有改动；先恢复它再手工改", "in the recycle bin, not touched; restore it first, then change it by hand")
	case recycle.NoteKeyTaken:
		return both("原来的名称或标识已被别的占用；先改掉那一个", "its old name or key is taken; change the other one first")
	case recycle.NoteInUse:
		return both("别的数据还在用它；不再用时手工删除", "others build on it; delete it by hand when they no longer do")
	case recycle.NoteNewerChoice:
		return both("单选组里已有更新的标签；要换回就重新打标", "the single-choice group has a newer tag on the customer; tag it again to change back")
	case recycle.NoteGone:
		return both("它或它所属的已彻底清除，无法放回", "it, or what it belongs to, is gone for good")
	}
	return both("之后又变过，保持现状", "changed since, left as it is")
}

// restore brings back all of a delete.
func (u *undoing) restore() error {
	o := recycle.RestoreOptions{Reason: u.f.reason, By: u.by, Command: u.command, Wait: u.f.wait, AcceptWider: u.f.wider}
	plan, err := recycle.PlanRestore(u.ctx, u.db, u.id, o)
	if err != nil {
		return err
	}
	if u.f.dryRun {
		return u.toldRestored(recycle.Restored{Plan: plan})
	}
	if !u.yes {
		if !u.json {
			u.tellRestore(recycle.Restored{Plan: plan}, true)
		}
		if err := u.agreed(); err != nil {
			return err
		}
		o.Hash = plan.Hash
	}
	dir, err := u.snapshots()
	if err != nil {
		return err
	}
	back, err := recycle.Restore(u.ctx, u.db, dir, u.id, o)
	if err != nil {
		return err
	}
	return u.toldRestored(back)
}

// backCounts are the groups, tags and customers that come back, and how many
// stay in the bin.
type backCounts struct {
	Groups    int   `json:"groups"`
	Tags      int   `json:"tags"`
	Customers int64 `json:"customers"`
	Stay      int64 `json:"stay"`
}

func countBack(p *recycle.Plan) backCounts {
	c := backCounts{Customers: p.Customers.Back + p.Customers.Merged, Stay: p.Customers.Skipped}
	for _, i := range p.Items {
		switch {
		case i.Do == recycle.Skip:
			c.Stay++
		case i.Kind == crm.ObjectGroup:
			c.Groups++
		default:
			c.Tags++
		}
	}
	return c
}

func (u *undoing) toldRestored(back recycle.Restored) error {
	p := &back.Plan
	counts := countBack(p)
	if u.json {
		verdicts := make(map[crm.Verdict]int64)
		for _, c := range p.Counts {
			verdicts[c.Verdict] += c.N
		}
		err := u.printJSON(map[string]any{"undone": u.label, "deletion": u.id, "event": back.Event, "dry_run": u.f.dryRun, "restored": counts,
			"verdicts": verdicts, "conflicts": append([]recycle.Item{}, p.Conflicts()...), "access": p.Access})
		if err != nil {
			return err
		}
	} else {
		u.tellRestore(back, u.f.dryRun)
	}
	if counts.Stay > 0 || p.Sum("link", crm.Conflict)+p.Sum("grant", crm.Conflict) > 0 {
		return ended(exitPartly)
	}
	return nil
}

func (u *undoing) tellRestore(back recycle.Restored, ahead bool) {
	p := &back.Plan
	c := countBack(p)
	if ahead {
		u.say(u.t("撤销 %s 会恢复（现在还没有改动）：", "To undo %s would restore (nothing is changed yet):"), u.label)
	} else {
		u.say(u.t("已撤销 %s，恢复了（记录 X%d）：", "%s is undone; restored (recorded as X%d):"), u.label, back.Event)
	}
	u.say(u.t("  标签组 %d，标签 %d，客户 %d", "  %d tag groups, %d tags, %d customers"), c.Groups, c.Tags, c.Customers)
	for _, kind := range []struct {
		name string
		what words
	}{{"link", words{"打标关系", "links"}}, {"grant", words{"授权", "grants"}}} {
		for _, v := range crm.Verdicts {
			if n := p.Sum(kind.name, v); n > 0 {
				u.say("%8d  %s %s", n, kind.what.in(u.language()), v.Label(u.language()))
			}
		}
	}
	u.say(u.t("  能看到它们的人：+%d / −%d", "  people who see them: +%d / −%d"), p.Access.Gained, p.Access.Lost)
	for _, i := range p.Conflicts() {
		switch {
		case i.Do == recycle.Skip:
			u.say(u.t("  留在回收站：%s（%s）", "  stays in the bin: %s (%s)"), i.Name, i.Reason)
		case i.NewName != "":
			u.say(u.t("  名称已被占用，改名恢复：%s → %s", "  the name is taken, comes back as: %s -> %s"), i.Name, i.NewName)
		}
	}
	if !ahead {
		u.say(u.t("下一步：取消这次恢复用 tagkeep undo X%d", "next: to take this back, tagkeep undo X%d"), back.Event)
	}
}
