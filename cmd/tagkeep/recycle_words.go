package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/recycle"
)

// account tells a plan, or the restore that was made of it, in words: for the
// terminal, and for the workbook.
type account struct {
	a    *app
	b    *bin
	e    recycle.Entry
	plan *recycle.Plan
	done int64 // the restore's event, 0 of a plan
	// flags of the command that decide what the plan is, as a shell takes them.
	flags string
}

// leftRow is something that does not simply come back.
type leftRow struct {
	Kind    string      `json:"kind"`
	What    string      `json:"what"`
	N       int64       `json:"n"`
	Verdict crm.Verdict `json:"verdict"`
	Why     string      `json:"why"`
	Next    string      `json:"next"`
	Command string      `json:"command"`
}

func (c *account) t(zh, en string) string { return c.a.t(zh, en) }

// how says what becomes of an item.
func (c *account) how(i recycle.Item) string {
	words := []string{}
	switch i.Do {
	case recycle.Rename:
		words = append(words, c.t("改名", "renamed"))
	case recycle.Merge:
		words = append(words, c.t("并入现有的", "merged into the one that is there"))
	case recycle.Replace:
		words = append(words, c.t("替换现有的（现有的进回收站）", "replaces the one that is there, which goes to the bin"))
	case recycle.Skip:
		words = append(words, c.t("留在回收站", "stays in the bin"))
	default:
		words = append(words, c.t("恢复", "restored"))
	}
	switch {
	case i.Reconstructed:
		words = append(words, c.t("标签组曾被彻底删除，已按留下的记录重建", "the group had been purged and is made anew from what was left"))
	case i.Shell:
		words = append(words, c.t("随标签恢复的标签组", "its group, for the tag's sake"))
	}
	return strings.Join(words, c.t("；", "; "))
}

// back are the rows of what comes back.
func (c *account) back() (rows [][]string) {
	for _, i := range c.plan.Items {
		if i.Do != recycle.Skip {
			links := ""
			if i.Kind == crm.ObjectTag {
				links = strconv.FormatInt(i.Links, 10)
			}
			rows = append(rows, []string{kindWord(c.a, i.Kind), i.Name, c.plan.Called(i), c.how(i), links})
		}
	}
	customer := kindWord(c.a, crm.RefCustomer)
	for _, x := range []struct {
		n      int64
		zh, en string
	}{{c.plan.Customers.Back, "恢复", "restored"}, {c.plan.Customers.Merged, "并入现有的同一客户", "merged into the live record of the same person"}} {
		if x.n > 0 {
			rows = append(rows, []string{customer, fmt.Sprintf(c.t("%d 位客户", "%d customers"), x.n), "", c.t(x.zh, x.en), ""})
		}
	}
	return rows
}

// left are the rows of what does not simply come back: items and customers that
// stay, links by their reasons, grants one by one.
func (c *account) left() (rows []leftRow) {
	lang := c.a.language()
	for _, i := range c.plan.Items {
		if i.Do == recycle.Skip {
			rows = append(rows, leftRow{kindWord(c.a, i.Kind), i.Name, 1, crm.Parked, report.Why(lang, i.Reason), report.WhatNext(lang, i.Reason), c.again(i)})
		}
	}
	if n := c.plan.Customers.Skipped; n > 0 {
		rows = append(rows, leftRow{kindWord(c.a, crm.RefCustomer), c.notesOf(recycle.NoteCustomerClash), n, crm.Conflict,
			report.Why(lang, crm.ReasonKeyConflict), report.WhatNext(lang, crm.ReasonKeyConflict), ""})
	}
	for _, x := range c.plan.Counts {
		if x.Kind == "link" && lost(x.Verdict) {
			rows = append(rows, leftRow{c.t("打标关系", "links"), c.linksOf(x), x.N, x.Verdict, report.Why(lang, x.Reason), report.WhatNext(lang, x.Reason), ""})
		}
	}
	for _, v := range c.plan.Grants {
		if v.Verdict == crm.AlreadyThere || !lost(v.Verdict) && v.Reason != crm.ReasonGrantorLost && v.Reason != crm.ReasonDeptSplit {
			continue
		}
		rows = append(rows, leftRow{c.t("授权", "grant"), c.grant(v), 1, v.Verdict, report.Why(lang, v.Reason), report.WhatNext(lang, v.Reason), c.remedy(v)})
	}
	return rows
}

// lost reports whether a link or grant with the verdict has no effect now.
func lost(v crm.Verdict) bool {
	return v != crm.Relinked && v != crm.Mapped && v != crm.AlreadyThere
}

// notesOf are the first names that notes with a code are about.
func (c *account) notesOf(code string) string {
	var names []string
	for _, n := range c.plan.Notes {
		if n.Code == code && len(n.Args) > 0 {
			names = append(names, c.shown(n.Args[0]))
		}
	}
	if len(names) > 5 {
		names = append(names[:5], "…")
	}
	return c.a.joined(names)
}

// linksOf says which links a count is about, as far as the plan knows it.
func (c *account) linksOf(x recycle.Count) string {
	if x.Reason == crm.ReasonTagPurged {
		return c.notesOf(recycle.NotePurgedTag)
	}
	if x.Reason == crm.ReasonExclusive {
		return c.notesOf(recycle.NoteLinkConflict)
	}
	return ""
}

func (c *account) shown(name string) string {
	if c.b.masked {
		return report.Mask(name)
	}
	return name
}

// again is the command that brings back what stays.
func (c *account) again(i recycle.Item) string {
	ref := fmt.Sprintf("%s:#%d", i.Kind, i.ID)
	text := fmt.Sprintf("tagkeep recycle restore %s --only %s", c.e.Label(), ref)
	switch i.Reason {
	case crm.ReasonBadName:
		text += " --rename " + quoted(ref+"="+c.t("新名称", "NEW NAME"))
	case crm.ReasonNoRoom:
		return "tagkeep tags list"
	default:
		text += " --on-conflict rename"
	}
	return text + c.same()
}

func (c *account) same() string { return c.a.sameActor() + c.a.sameDatabase() }

// subject names whom a grant is for, and how a command does.
func (c *account) subject(v recycle.GrantVerdict) (name, flag string) {
	switch v.Subject.Kind {
	case crm.SubjectStaff:
		name = cmp.Or(v.Was, c.b.company.Called(v.Subject.ID))
		return c.t("员工 ", "") + name, "--user " + quoted(c.b.company.Account(v.Subject.ID))
	case crm.SubjectDepartment:
		path := c.b.company.World.Path(v.Subject.ID)
		name, flag = cmp.Or(v.Was, c.b.gone[v.Subject.ID], path), "--department "+quoted(path)
		if v.Grant.WithSub {
			name, flag = name+c.t("及下级", " and below"), flag+" --with-sub"
		}
		return c.t("部门 ", "department ") + name, flag
	}
	return c.t("角色 ", "role ") + v.Grant.SubjectRole, "--role " + quoted(v.Grant.SubjectRole)
}

// object names what a grant is on as people know it.
func (c *account) object(v recycle.GrantVerdict) string {
	for _, i := range c.plan.Items {
		if i.Kind == v.Grant.ObjectKind && i.ID == v.Grant.ObjectID {
			return i.Kind + ":" + i.Name
		}
	}
	return v.On
}

func (c *account) grant(v recycle.GrantVerdict) string {
	name, _ := c.subject(v)
	return fmt.Sprintf("%s → %s：%s", name, c.object(v), c.a.levelName(v.Level))
}

// remedy is the ready command about a grant that does not simply come back. Of a
// plan it says how the restore itself can be told; afterwards, what to grant.
func (c *account) remedy(v recycle.GrantVerdict) string {
	_, flag := c.subject(v)
	id := v.Grant.ObjectID
	for _, i := range c.plan.Items {
		if i.Kind == v.Grant.ObjectKind && i.ID == id && i.Do == recycle.Merge {
			id = i.Other
		}
	}
	give := func(flag string) string {
		return fmt.Sprintf("tagkeep access grant %s --on %s:#%d --level %s --reason %s%s", flag, v.Grant.ObjectKind, id, v.Level, c.t("恢复", "restore"), c.same())
	}
	someone := "--user " + c.t("接手人账号", "USERID")
	switch v.Reason {
	case crm.ReasonInactive:
		return "tagkeep staff enable " + quoted(c.b.company.Account(v.Subject.ID)) + c.same()
	case crm.ReasonIdentity:
		if c.done == 0 {
			return fmt.Sprintf("tagkeep staff confirm-same '#%d' %s%s", v.Subject.ID, quoted(c.b.company.Account(v.Candidate)), c.same())
		}
		return give("--user " + quoted(c.b.company.Account(v.Candidate)))
	case crm.ReasonDeptMerged:
		into := c.b.company.World.Path(v.Candidate)
		if c.done == 0 {
			return fmt.Sprintf("tagkeep recycle restore %s --map %s%s", c.e.Label(), quoted(fmt.Sprintf("department:#%d=department:%s", v.Subject.ID, into)), c.same())
		}
		return give("--department " + quoted(into))
	case crm.ReasonDeptSplit:
		return give("--department " + quoted(c.b.company.World.Path(v.Candidate)))
	case crm.ReasonLeft, crm.ReasonMissing:
		if v.Subject.Kind == crm.SubjectDepartment {
			someone = "--department " + c.t("接手部门", "PATH")
		}
		return give(someone)
	case crm.ReasonGrantorLost:
		return fmt.Sprintf("tagkeep access revoke G%d --reason %s%s", v.ID, c.t("复核", "reviewed"), c.same())
	case crm.ReasonObjectInBin:
		return fmt.Sprintf("tagkeep recycle restore %s --only %s:#%d%s", c.e.Label(), v.Grant.ObjectKind, v.Grant.ObjectID, c.same())
	}
	return give(flag)
}

// people are the rows of who sees more or less than immediately before the
// deletion.
func (c *account) people() (rows [][]string) {
	add := func(ids []int64, change string) {
		for _, id := range ids {
			var paths []string
			for _, d := range c.b.company.StaffDepartments[id] {
				paths = append(paths, c.b.company.Path(d))
			}
			rows = append(rows, []string{c.b.company.Called(id), c.a.joined(paths), change})
		}
	}
	add(c.plan.Access.Gains, c.t("新增：删除前看不到", "gains: did not see it before the deletion"))
	add(c.plan.Access.Loses, c.t("减少：删除前看得到", "loses: saw it before the deletion"))
	return rows
}

// wecom are the rows of what is still to be done in WeCom itself, to which
// tagkeep does not write.
func (c *account) wecom() (rows [][]string) {
	for _, i := range c.plan.Items {
		if i.Kind != crm.ObjectTag || i.Do == recycle.Skip {
			continue
		}
		text := c.t("核对：企业微信里还有这个标签就不用做；若也删除了，14 天内可申请官方恢复，否则新建并重新打标",
			"check: if WeCom still has the tag there is nothing to do; if it was deleted there too, ask for the official recovery within 14 days, else create it and tag anew")
		switch i.Do {
		case recycle.Rename:
			text = c.t("企业微信里没有这个名称的标签；需要时新建，再给客户打标", "WeCom has no tag of this name; create it if it is needed, and tag the customers")
		case recycle.Merge:
			text = c.t("给原来有旧标签的客户打上现有的同名标签", "put the live tag on the customers who had the old one")
		}
		rows = append(rows, []string{c.plan.Called(i), text, strconv.FormatInt(i.Links, 10)})
	}
	return rows
}

// advice about WeCom that everybody needs who has anything to do there.
func (c *account) advice() []string {
	return []string{
		c.t("tagkeep 还不会写入企业微信：这里恢复的标签和打标关系，企业微信里要自己处理。", "tagkeep does not write to WeCom yet: what came back here has to be seen to in WeCom by hand."),
		c.t("注意：官方恢复只在删除后 14 天内，而且要求没有重建同名标签；在企业微信重建同名标签后，要先删除它（连同它的打标）才能申请，等于放弃官方恢复。",
			"Note: the official recovery is open for 14 days after the deletion and demands that no tag of the same name was created: re-creating the tag in WeCom ends it, unless the new one is deleted first with all its customers."),
	}
}

// verdictLine sums up links or grants.
func (c *account) verdictLine(kind string) string {
	lang := c.a.language()
	var parts []string
	for _, v := range crm.Verdicts {
		n := c.plan.Sum(kind, v)
		if n == 0 {
			continue
		}
		var why []string
		for _, x := range c.plan.Counts {
			if x.Kind == kind && x.Verdict == v && x.Reason != "" {
				why = append(why, fmt.Sprintf("%s %d", report.Why(lang, x.Reason), x.N))
			}
		}
		part := fmt.Sprintf("%s %d", v.Label(lang), n)
		if len(why) > 0 {
			part += c.t("（", " (") + strings.Join(why, c.t("；", "; ")) + c.t("）", ")")
		}
		parts = append(parts, part)
	}
	return strings.Join(append([]string{fmt.Sprintf(c.t("共 %d", "%d in all"), c.plan.Sum(kind, ""))}, parts...), c.t("，", ", "))
}

func (c *account) accessLine() string {
	return fmt.Sprintf(c.t("+%d / −%d 人（删除前 %d 人看得到）", "+%d / −%d people (%d saw it before the deletion)"), c.plan.Access.Gained, c.plan.Access.Lost, c.plan.Access.Had)
}

// notes are the rest of what is worth knowing.
func (c *account) notes() (out []string) {
	for _, n := range c.plan.Notes {
		if s := c.noteLine(n); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	switch c.e.Standing {
	case recycle.SnapshotMissing, recycle.SnapshotDamaged:
		out = append(out, c.t("这次删除的快照缺失或已损坏：仍可从回收站恢复，但回收站里的数据若也损坏就没有第二份了",
			"the snapshot of this deletion is missing or damaged: the bin still restores, but there is no second copy"))
	}
	return out
}

func (c *account) noteLine(n recycle.Note) string {
	arg := func(i int) string {
		if i < len(n.Args) {
			return c.shown(n.Args[i])
		}
		return ""
	}
	switch n.Code {
	case recycle.NoteParentRenamed:
		return fmt.Sprintf(c.t("标签组 %s 现名 %s，%s 恢复到其中", "the group %s is called %s now; %s comes back into it"), arg(0), arg(1), arg(2))
	case recycle.NoteEarlier:
		return fmt.Sprintf(c.t("%s 更早随 %s 删除，不在这次恢复之内", "%s was deleted before, with %s, and stays in the bin"), arg(0), arg(1))
	case recycle.NoteReordered:
		return fmt.Sprintf(c.t("%s 个的排序位置有变动", "the places of %s changed"), arg(0))
	case recycle.NoteLinkConflict:
		return fmt.Sprintf(c.t("客户 %s：单选标签组，保留较新的 %[3]s，不恢复 %[2]s", "customer %s: of a single-choice group the newer %[3]s stays, %[2]s does not come back"), arg(0), arg(1), arg(2))
	case recycle.NoteCustomer:
		return fmt.Sprintf(c.t("客户 %s 已重新添加，并入现有的，现有的资料不变", "customer %s is there again: merged into the live record, whose values stay"), arg(0))
	case recycle.NoteCustomerClash:
		return fmt.Sprintf(c.t("客户 %s 的标识现属于两位不同的客户，留在回收站", "the keys of customer %s belong to two others now: it stays in the bin"), arg(0))
	case recycle.NotePurgedTag:
		return fmt.Sprintf(c.t("标签 %s 已彻底删除，%s 个打标关系不恢复", "the tag %s is gone for good, with %s links"), arg(0), arg(1))
	case recycle.NoteAuditor:
		return c.t("您是审计员，只能查看这个计划；要恢复请超级管理员来做", "you are an auditor: you may look at the plan, a super admin may carry it out")
	case recycle.NoteUnmerged:
		return fmt.Sprintf(c.t("合并拆开：%s 还回 %s 个打标关系，自己留 %s 个", "un-merged: %s gives back %s links and keeps %s"), arg(0), arg(1), arg(2))
	case recycle.NoteNearDuplicate:
		return fmt.Sprintf(c.t("%s 与现有的 %s 名称相近", "%s looks almost like %s, which is there"), arg(0), arg(1))
	}
	return n.Code + " " + strings.Join(n.Args, " ")
}

// workbook is the account as a report.
func (c *account) workbook() report.Restored {
	lang := c.a.language()
	r := report.Restored{Lang: lang, Back: c.back(), Access: c.people(), WeCom: c.wecom(), Advice: c.advice()}
	title := c.t("恢复计划（未执行）", "a plan, not carried out")
	if c.done != 0 {
		title = fmt.Sprintf("X%d", c.done)
	}
	r.Summary = [][2]string{
		{c.t("恢复编号", "restore"), title},
		{c.t("恢复的删除事件", "deletion"), c.e.Label() + "  " + c.e.Summary},
		{c.t("删除", "deleted"), c.a.moment(c.e.CreatedAt) + " " + c.a.whoDid(c.b, c.e.Deletion) + c.a.because(c.e.Reason)},
		{c.t("打标关系", "links"), c.verdictLine("link")},
		{c.t("授权", "grants"), c.verdictLine("grant")},
		{c.t("权限变化", "access"), c.accessLine()},
	}
	if c.done != 0 {
		r.Summary = append(r.Summary, [2]string{c.t("撤回这次恢复", "to undo it"), fmt.Sprintf("tagkeep undo X%d", c.done)})
	}
	for _, n := range c.notes() {
		r.Summary = append(r.Summary, [2]string{c.t("说明", "note"), n})
	}
	for _, x := range c.left() {
		r.Left = append(r.Left, []string{x.Kind, x.What, strconv.FormatInt(x.N, 10), x.Verdict.Label(lang), x.Why, x.Next, x.Command})
	}
	return r
}
