package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/recycle"
)

// returnFlags say what comes back and how: of plan and restore.
type returnFlags struct {
	only, rename, subjects []string
	onConflict, into       string
	fit, wider, keep       bool
	report                 string
	// of restore only
	hash, reason string
	dryRun       bool
	wait         time.Duration
}

func (f *returnFlags) declare(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.only, "only", nil, "只恢复这些，可重复 / these only, may be repeated: `group:G|tag:G:T|customer:C`")
	fs.StringVar(&f.onConflict, "on-conflict", "", "名称已占用时 / when a name is taken: `rename|merge|replace|skip`")
	fs.StringArrayVar(&f.rename, "rename", nil, "恢复成新名称，可重复 / give it a new name, may be repeated: `REF=NAME`")
	fs.StringVar(&f.into, "into-group", "", "标签组不恢复时放进这个组 / tags whose group stays in the bin go into this `GROUP`")
	fs.StringArrayVar(&f.subjects, "map", nil, "授权转给，可重复 / grants go to another, may be repeated: `staff:A=staff:B|department:X=department:Y`")
	fs.BoolVar(&f.fit, "fit", false, "超过 10000 个标签的部分留在回收站 / what the limit of tags has no room for stays")
	fs.BoolVar(&f.wider, "accept-wider", false, "允许更多人看得到 / let more people gain access")
	fs.BoolVar(&f.keep, "keep-in-B", false, "合并的标签拆开后，目标标签保留合并得来的 / of a merge: the tag that the others went into keeps what it got")
	fs.StringVar(&f.report, "report", "", "结果存成表格，可发给各部门 / write the result to a workbook: `FILE.xlsx`")
}

func (a *app) recyclePlanCommand() *cobra.Command {
	var f returnFlags
	cmd := &cobra.Command{Use: "plan D7", Short: "恢复会怎样：名称冲突、每个授权的结果、权限变化 / what a restore would do", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.dryRun = true
			return a.restoreFromBin(cmd, args[0], &f)
		}}
	f.declare(cmd.Flags())
	return cmd
}

func (a *app) recycleRestoreCommand() *cobra.Command {
	var f returnFlags
	cmd := &cobra.Command{Use: "restore D7", Short: "恢复，连同打标关系和授权 / bring it back with links and grants",
		Long: `恢复一次删除的全部或一部分。名称已被占用时，终端里逐个询问，否则改名为“名称(2)”。
退出码 3 表示有内容没有恢复；可用 tagkeep undo 撤回。

Brings back a deletion, or a part of it. Where a name is taken a terminal is asked; else it comes back as NAME(2).
Exit 3 says that something did not come back; tagkeep undo takes a restore back.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restoreFromBin(cmd, args[0], &f) }}
	f.declare(cmd.Flags())
	fs := cmd.Flags()
	fs.StringVar(&f.hash, "plan", "", "只在计划没有变化时恢复 / only if the plan is still this one: `HASH`")
	fs.StringVar(&f.reason, "reason", "", "原因 / why: `TEXT`")
	fs.BoolVar(&f.dryRun, "dry-run", false, "只显示，同 recycle plan / show it only, as recycle plan does")
	fs.DurationVar(&f.wait, "wait", 10*time.Second, "数据库忙时最多等待 / how long to wait for a busy database: `10s|5m`")
	return cmd
}

func (f *returnFlags) check() error {
	if f.onConflict != "" {
		if err := oneOf("on-conflict", f.onConflict, string(recycle.Rename), string(recycle.Merge), string(recycle.Replace), string(recycle.Skip)); err != nil {
			return err
		}
	}
	if f.report != "" && strings.ToLower(filepath.Ext(f.report)) != ".xlsx" {
		return usage("--report：文件名要以 .xlsx 结尾：%s", "--report: the file's name must end in .xlsx: %s", f.report)
	}
	return nil
}

// options finds what the flags name.
func (f *returnFlags) options(cmd *cobra.Command, b *bin, event int64) (o recycle.RestoreOptions, err error) {
	o = recycle.RestoreOptions{OnConflict: recycle.Policy(f.onConflict), Fit: f.fit, AcceptWider: f.wider, KeepInto: f.keep, LookOnly: f.dryRun, Hash: f.hash, Reason: f.reason, By: b.By, Command: b.Command, Wait: f.wait}
	if len(f.only) > 0 {
		things, err := b.things(cmd.Context(), event, "only", f.only)
		if err != nil {
			return o, err
		}
		o.Only = &recycle.Selection{}
		for _, x := range things {
			switch x.Kind {
			case crm.ObjectGroup:
				o.Only.Groups = append(o.Only.Groups, x.ID)
			case crm.ObjectTag:
				o.Only.Tags = append(o.Only.Tags, x.ID)
			default:
				o.Only.Customers = append(o.Only.Customers, x.ID)
			}
		}
	}
	if o.Only == nil { // what they may not see does not exist for them
		seen, whole, err := recycle.Seen(cmd.Context(), b.DB, event, b.By)
		if err != nil {
			return o, err
		}
		if !whole {
			o.Only = &seen
		}
	}
	o.Names = make(map[recycle.Thing]string)
	for _, word := range f.rename {
		ref, name, ok := strings.Cut(word, "=")
		if !ok || strings.TrimSpace(name) == "" {
			return o, usage("--rename：%q 要写成 tag:组:标签=新名称", "--rename: %q should be tag:GROUP:TAG=NAME", word)
		}
		things, err := b.things(cmd.Context(), event, "rename", []string{ref})
		if err != nil {
			return o, err
		}
		o.Names[things[0]] = strings.TrimSpace(name)
	}
	if f.into != "" {
		g, err := b.company.Group(f.into, false)
		if err != nil {
			return o, err
		}
		o.Into = g.ID
	}
	o.Subjects, err = b.subjects(f.subjects)
	return o, err
}

// things finds what refs name in an event.
func (b *bin) things(ctx context.Context, event int64, flag string, words []string) ([]recycle.Thing, error) {
	refs := make([]crm.Ref, len(words))
	for i, word := range words {
		r, err := crm.ParseRef(word, "")
		if err != nil || r.Kind != crm.ObjectGroup && r.Kind != crm.ObjectTag && r.Kind != crm.RefCustomer {
			return nil, usage("--%s：%q 应写成 group:名称、tag:组:名称 或 customer:客户ID", "--%s: %q should be group:NAME, tag:GROUP:NAME or customer:ID", flag, word)
		}
		refs[i] = r
	}
	return recycle.Within(ctx, b.DB, event, b.By, refs)
}

// subjects reads --map: who takes the place of whom.
func (b *bin) subjects(words []string) (map[recycle.Thing]int64, error) {
	out := make(map[recycle.Thing]int64)
	for _, word := range words {
		from, to, ok := strings.Cut(word, "=")
		old, err := crm.ParseRef(from, "")
		next, err2 := crm.ParseRef(to, old.Kind)
		if !ok || err != nil || err2 != nil || old.Kind != next.Kind || old.Kind != crm.RefStaff && old.Kind != crm.RefDepartment {
			return nil, usage("--map：%q 要写成 staff:原账号=staff:新账号 或 department:原部门=department:新部门", "--map: %q should be staff:OLD=staff:NEW or department:OLD=department:NEW", word)
		}
		id := old.ID
		if id == 0 {
			if id, err = b.subject(from, old); err != nil {
				return nil, err
			}
		}
		target, err := b.subject(to, next)
		if err != nil {
			return nil, err
		}
		out[recycle.Thing{Kind: old.Kind, ID: id}] = target
	}
	return out, nil
}

// subject finds a person or a department, one that is gone too.
func (b *bin) subject(word string, r crm.Ref) (int64, error) {
	if r.Kind == crm.RefStaff {
		p, err := b.company.Person(word)
		return p.ID, err
	}
	d, err := b.company.Department(word)
	if missing := (*admin.NotFound)(nil); errors.As(err, &missing) {
		for id, name := range b.gone {
			if len(r.Names) == 1 && (name == r.Names[0] || strings.HasSuffix(r.Names[0], "/"+name)) {
				return id, nil
			}
		}
	}
	return d.ID, err
}

func (a *app) restoreFromBin(cmd *cobra.Command, word string, f *returnFlags) error {
	id, err := eventID(word)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	return a.atBin(cmd, !f.dryRun, func(b *bin) error {
		e, err := recycle.Show(cmd.Context(), b.DB, b.dir, id, recycle.Look{By: b.By}, nil)
		if err == nil {
			err = sameEvent(word, e.Deletion)
		}
		if err != nil {
			return err
		}
		if e.State == crm.StateRestored {
			return refuse("NOT_IN_BIN", both("%s 已经恢复过了，回收站里没有它的内容", "%s has been restored already, nothing of it is in the bin", e.Label()),
				both("tagkeep recycle list --all 列出由哪一次恢复（X 编号）；要撤回那次恢复：tagkeep undo X 编号", "tagkeep recycle list --all shows by which restore (its X number); tagkeep undo with that number takes the restore back"))
		}
		o, err := f.options(cmd, b, id)
		if err != nil {
			return err
		}
		asks := !f.dryRun && f.hash == "" && !a.yes && !a.json && terminal(a.stdin) // --plan is an answer already
		if asks && f.onConflict == "" {
			if err := a.chooseEach(cmd.Context(), b, id, &o); err != nil {
				return err
			}
		}
		c := &account{a: a, b: b, e: e, flags: planFlags(cmd)}
		if f.dryRun || asks {
			plan, err := recycle.PlanRestore(cmd.Context(), b.DB, id, o)
			if err != nil {
				return err
			}
			c.plan = &plan
			if f.dryRun {
				return c.tell(f)
			}
			c.print()
			ok, err := a.confirmed(cmd.Context(), a.t("按此恢复？", "restore it like this?"))
			if err != nil {
				return err
			}
			if !ok {
				return recycle.ErrDeclined
			}
			o.Hash = plan.Hash // what was agreed to is what happens
		}
		done, err := recycle.Restore(cmd.Context(), b.DB, b.dir, id, o)
		if err != nil {
			return untouched(err)
		}
		c.plan, c.done = &done.Plan, done.Event
		return c.tell(f)
	})
}

// chooseEach asks about every name that is taken, merge first, until there are
// no new ones: what a group does decides what its tags meet.
func (a *app) chooseEach(ctx context.Context, b *bin, event int64, o *recycle.RestoreOptions) error {
	chosen := make(map[recycle.Thing]recycle.Policy)
	o.Choose = func(i recycle.Item) recycle.Policy {
		if p, ok := chosen[recycle.Thing{Kind: i.Kind, ID: i.ID}]; ok {
			return p
		}
		return recycle.Rename
	}
	for {
		plan, err := recycle.PlanRestore(ctx, b.DB, event, *o)
		if err != nil {
			return err
		}
		asked := false
		for _, i := range plan.Items {
			thing := recycle.Thing{Kind: i.Kind, ID: i.ID}
			if _, known := chosen[thing]; known || i.Other == 0 {
				continue
			}
			if chosen[thing], err = a.askPolicy(ctx, &plan, i); err != nil {
				return err
			}
			asked = true
			break // the next plan may be another one
		}
		if !asked {
			return nil
		}
	}
}

// askPolicy asks what becomes of one thing whose name is taken.
func (a *app) askPolicy(ctx context.Context, plan *recycle.Plan, i recycle.Item) (recycle.Policy, error) {
	fmt.Fprintf(a.stderr, a.t("名称已被占用：%s %s\n", "the name is taken: %s %s\n"), kindWord(a, i.Kind), i.Name)
	fmt.Fprintf(a.stderr, "  %s\n", a.overlap(plan, i))
	for {
		answer, err := a.answer(ctx, a.t("  合并 m（默认）、改名 r、替换 p、跳过 s？", "  merge m (default), rename r, replace p, skip s? "))
		if err != nil {
			return "", err
		}
		switch strings.ToLower(answer) {
		case "", "m", "merge", "合并":
			return recycle.Merge, nil
		case "r", "rename", "改名":
			return recycle.Rename, nil
		case "p", "replace", "替换":
			return recycle.Replace, nil
		case "s", "skip", "跳过":
			return recycle.Skip, nil
		}
	}
}

// overlap says what two tags, or two groups, of a name have.
func (a *app) overlap(plan *recycle.Plan, i recycle.Item) string {
	if i.Kind == crm.ObjectTag {
		return fmt.Sprintf(a.t("两边都有 %d，只有旧的有 %d，只有现有的有 %d（客户与跟进员工的组合）", "both have %d, only the old one %d, only the live one %d (pairs of customer and member)"), i.Both, i.OldOnly, i.NewOnly)
	}
	both, old, live := plan.TagsBeside(i)
	return fmt.Sprintf(a.t("两边都有的标签 %s；只有旧的 %s；只有现有的 %s", "tags that both have: %s; only the old one: %s; only the live one: %s"), a.counted(both), a.counted(old), a.counted(live))
}

// counted counts names and gives the first of them.
func (a *app) counted(names []string) string {
	const most = 5
	text := strconv.Itoa(len(names))
	if len(names) == 0 {
		return text
	}
	first := a.joined(names[:min(len(names), most)])
	if len(names) > most {
		first += "…"
	}
	return text + a.t("（", " (") + first + a.t("）", ")")
}
