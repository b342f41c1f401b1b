package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// bringFrom restores a snapshot into a database that is not empty.
func (a *app) bringFrom(cmd *cobra.Command, s *shelf, info snapshot.Info, src *snapshot.Source, o snapshot.RestoreOptions, f restoreFlags, bar *rowBar) error {
	if s.dir == nil && !f.dryRun { // the snapshot came from elsewhere
		path, err := a.snapshotFolder()
		if err != nil {
			return err
		}
		if s.dir, err = a.openFolder(path); err != nil {
			return err
		}
	}
	out, err := recycle.RestoreSnapshot(cmd.Context(), s.db, s.dir, src, recycle.SnapshotOptions{Mode: recycle.Mode(f.mode), Only: o.Only, Foreign: f.foreign, DryRun: f.dryRun,
		OnConflict: recycle.Policy(f.onConflict), Fit: f.fit, AcceptWider: f.wider, Hash: f.plan, Reason: f.reason, By: o.By, Command: o.Command, Wait: o.Wait, Progress: o.Progress})
	bar.done()
	if err != nil {
		return untouched(err)
	}
	if a.json {
		event, newer := out.Event, out.Newer
		if f.dryRun { // the numbers were given back
			event, newer = 0, 0
		}
		err = a.printJSON(map[string]any{"id": info.ID, "path": info.Path, "database": s.db.Target().String(), "mode": f.mode, "dry_run": f.dryRun, "before": out.Before.ID,
			"restore": event, "newer": newer, "counts": out.Counts, "verdicts": append([]recycle.Count{}, out.Plan.Counts...), "conflicts": append([]recycle.Item{}, out.Plan.Conflicts()...),
			"access": out.Plan.Access, "wider": out.Plan.Access.Wider(), "notes": append([]recycle.Note{}, out.Plan.Notes...), "open": append([]string{}, out.Open...), "plan": out.Hash})
	} else {
		a.tellBrought(info, out, f, planFlags(cmd))
	}
	if err != nil {
		return err
	}
	for _, kind := range []string{crm.ObjectGroup, crm.ObjectTag, crm.RefCustomer} {
		if n := out.Counts[kind]; n[crm.Conflict]+n[crm.Parked] > 0 {
			return ended(exitPartly)
		}
	}
	return nil
}

// broughtWords are what became of things, in the order in which it is told.
var broughtWords = []struct {
	verdict crm.Verdict
	zh, en  string
}{
	{crm.Relinked, "补回", "back"}, {crm.Mapped, "补回（对应到现有的）", "back, on what is here"}, {recycle.Updated, "改回", "changed"}, {recycle.Removed, "移除", "removed"},
	{crm.AlreadyThere, "已存在", "there"}, {crm.Parked, "待恢复", "parked"}, {crm.Stale, "已失效不恢复", "stale"}, {crm.Conflict, "需人工确认", "conflicts"},
}

func (a *app) tellBrought(info snapshot.Info, out recycle.FromSnapshot, f restoreFlags, flags string) {
	if f.dryRun {
		a.say(a.t("预演：从 %s 还原（%s）", "dry run: restore from %s (%s)"), info.Short(), f.mode)
	} else {
		a.say(a.t("已从 %s 还原（%s），记为 X%d；之前的状态保存在快照 %s", "restored from %s (%s), as X%d; snapshot %s has the state before"), info.Short(), f.mode, out.Event, out.Before.Short())
	}
	for _, k := range []struct{ kind, zh, en string }{{crm.ObjectGroup, "标签组", "tag groups"}, {crm.ObjectTag, "标签", "tags"}, {crm.RefCustomer, "客户", "customers"},
		{"follower", "跟进", "followers"}, {"link", "打标关系", "links"}, {"grant", "授权", "grants"}} {
		var parts []string
		for _, w := range broughtWords {
			if n := out.Counts[k.kind][w.verdict]; n > 0 {
				parts = append(parts, both(w.zh+" %d", w.en+" %d", n).in(a.language()))
			}
		}
		if len(parts) > 0 {
			a.say("  %s%s", padded(a.t(k.zh, k.en), 12), strings.Join(parts, a.t("，", ", ")))
		}
	}
	for _, i := range out.Plan.Conflicts() {
		a.say(a.t("  名称已占用：%s %s，%s %s", "  name taken: %s %s, %s %s"), i.Kind, i.Name, i.Do, cmp.Or(i.NewName, string(i.Reason)))
	}
	for _, line := range out.Open {
		verdict, what, _ := strings.Cut(line, " ")
		a.say("  %s  %s", crm.Verdict(verdict).Label(a.language()), what)
	}
	if stale := out.Counts[crm.ObjectGroup][crm.Stale] + out.Counts[crm.ObjectTag][crm.Stale] + out.Counts[crm.RefCustomer][crm.Stale]; stale > 0 {
		a.say("%s", a.t("失效的是快照之后被删除的：从回收站恢复（tagkeep recycle find 名称），或用 --only 指名从快照带回",
			"what is stale was deleted after the snapshot: restore it from the bin (tagkeep recycle find NAME), or name it with --only"))
	}
	for _, n := range out.Plan.Notes {
		if n.Code == recycle.NoteDiffers {
			a.say(a.t("  回收站里的和快照不同：%s %s %s：回收站 %q，快照 %q", "  differs from the bin: %s %s %s: %q in the bin, %q in the snapshot"), n.Args[0], n.Args[1], n.Args[2], n.Args[3], n.Args[4])
		}
	}
	if out.Counts["grant"][crm.Parked] > 0 {
		a.say("%s", a.t("待恢复的授权没有写入；需要的用 tagkeep access grant 重新授予", "grants that are parked are not written: give those that are needed again with tagkeep access grant"))
	}
	x := out.Plan.Access
	a.say(a.t("访问权限：+%d 人，−%d 人（原有 %d 人）", "access: +%d people, −%d people (%d had it)"), x.Gained, x.Lost, x.Had)
	if !f.dryRun {
		a.say(a.t("撤回：tagkeep undo X%d%s", "to undo it: tagkeep undo X%d%s"), out.Event, a.sameActor()+a.sameDatabase())
		return
	}
	if x.Wider() {
		a.say("%s", a.t("多出的人超过限度，要加 --accept-wider", "more people than may pass without a word: add --accept-wider"))
	}
	a.say(a.t("下一步：%s", "next: %s"), fmt.Sprintf("tagkeep snapshot restore %s%s --plan %s%s", info.Short(), flags, out.Hash, a.sameActor()+a.sameDatabase()))
}

// bringError says what is refused when a snapshot meets data that are there.
func bringError(err error, id string) error {
	if had := (*failure)(nil); err == nil || errors.As(err, &had) {
		return err
	}
	var keys *recycle.KeyError
	switch {
	case errors.Is(err, recycle.ErrMode):
		return refuse("FOREIGN", both("另一个数据库的快照只能用 --mode add", "a snapshot of another database goes with --mode add only"), both("改用 --mode add --foreign", "use --mode add --foreign"))
	case errors.Is(err, recycle.ErrPlan):
		return refuse("PLAN_CHANGED", both("预演之后数据有变化，没有写入任何数据", "the data changed since the dry run; nothing was written"),
			both("再预演一次：tagkeep snapshot restore %s --dry-run", "see it again: tagkeep snapshot restore %s --dry-run", id))
	case errors.As(err, &keys):
		return refuse("KEY_TAKEN", both("客户 #%d 的客户ID或 unionid 已被别的客户占用，没有写入任何数据", "others have the external id or unionid of customer #%d; nothing was written", keys.Customer),
			both("先改正占用的客户，或用 --only 只还原一部分", "correct the customer that has it, or restore a part with --only"))
	}
	return recycleError(err)
}
