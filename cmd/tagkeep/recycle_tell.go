package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/recycle"
)

// shownRows is how many rows of a kind a terminal gets; JSON and the workbook
// have all.
const shownRows = 30

// print writes the plan, or the result, for people.
func (c *account) print() {
	a := c.a
	if c.done == 0 {
		a.print(a.t("恢复 %s 的计划：%s", "what restoring %s would do: %s"), c.e.Label(), c.e.Summary)
	} else {
		a.print(a.t("已恢复 %s（X%d）：%s", "restored %s (X%d): %s"), c.e.Label(), c.done, c.e.Summary)
	}
	rows := c.back()
	for n, r := range rows {
		if n == shownRows {
			a.print(a.t("  … 还有 %d 行", "  … %d more"), len(rows)-n)
			break
		}
		name := r[1]
		if r[2] != "" && r[2] != r[1] {
			name += " → " + r[2]
		}
		a.print("  %s %s  %s", r[0], name, r[3])
	}
	for _, i := range c.plan.Items {
		if i.Other != 0 {
			a.print(a.t("  名称冲突 %s：%s", "  name conflict %s: %s"), i.Name, a.overlap(c.plan, i))
		}
	}
	a.print(a.t("打标关系：%s", "links: %s"), c.verdictLine("link"))
	a.print(a.t("授权：%s", "grants: %s"), c.verdictLine("grant"))
	c.printLeft()
	c.printAccess()
	for _, n := range c.notes() {
		a.print(a.t("说明：%s", "note: %s"), n)
	}
	if len(c.wecom()) > 0 {
		a.print("%s", a.t("企业微信：", "WeCom: ")+strings.Join(c.advice(), a.t("", " ")))
	}
}

func (c *account) printLeft() {
	left := c.left()
	if len(left) == 0 {
		return
	}
	c.a.print("%s", c.t("没有直接恢复的：", "what does not simply come back:"))
	for n, x := range left {
		if n == shownRows {
			c.a.print(c.t("  … 还有 %d 项，见 --report 或 --json", "  … %d more, see --report or --json"), len(left)-n)
			return
		}
		c.a.print(c.t("  %s %s ×%d  %s：%s", "  %s %s ×%d  %s: %s"), x.Kind, x.What, x.N, x.Verdict.Label(c.a.language()), x.Why)
		if x.Command != "" {
			c.a.print(c.t("      %s：%s", "      %s: %s"), x.Next, x.Command)
		}
	}
}

func (c *account) printAccess() {
	c.a.print(c.t("权限变化：%s", "access: %s"), c.accessLine())
	for n, r := range c.people() {
		if n == shownRows {
			c.a.print(c.t("  … 还有 %d 人，见 --report", "  … %d more, see --report"), len(c.people())-n)
			break
		}
		c.a.print("  %s  %s", r[0], r[2])
	}
	if c.done == 0 && c.plan.Access.Wider() {
		c.a.print("%s", c.t("  看得到的人增加较多，恢复时要加 --accept-wider", "  many gain access: the restore needs --accept-wider"))
	}
}

// restoredJSON is the result of a restore, or of its plan.
type restoredJSON struct {
	Deletion  int64                  `json:"deletion"`
	Restore   int64                  `json:"restore"` // X number, 0 of a plan
	DryRun    bool                   `json:"dry_run"`
	Restored  restoredCounts         `json:"restored"`
	Verdicts  map[crm.Verdict]int64  `json:"verdicts"`
	Reasons   []recycle.Count        `json:"reasons"`
	Items     []recycle.Item         `json:"items"`
	Conflicts []recycle.Item         `json:"conflicts"`
	Customers recycle.CustomerPlan   `json:"customers"`
	Left      []leftRow              `json:"not_restored"`
	Access    recycle.AccessChange   `json:"access"`
	Notes     []recycle.Note         `json:"notes"`
	Total     map[string]int64       `json:"total"`
	Plan      string                 `json:"plan"`
	Report    string                 `json:"report"`
	Grants    []recycle.GrantVerdict `json:"grants"`
}

type restoredCounts struct {
	Groups    int64 `json:"groups"`
	Tags      int64 `json:"tags"`
	Customers int64 `json:"customers"`
	Links     int64 `json:"links"`
	Grants    int64 `json:"grants"`
}

// jsonList is a list that JSON writes as one, empty or not.
func jsonList[T any](list []T) []T { return append([]T{}, list...) }

func (c *account) json(report string) restoredJSON {
	p := c.plan
	out := restoredJSON{Deletion: c.e.ID, Restore: c.done, DryRun: c.done == 0, Verdicts: make(map[crm.Verdict]int64), Reasons: jsonList(p.Counts), Items: jsonList(p.Items),
		Conflicts: jsonList(p.Conflicts()), Customers: p.Customers, Left: jsonList(c.left()), Access: p.Access, Notes: c.shownNotes(), Total: p.Total, Plan: p.Hash, Report: report, Grants: jsonList(p.Grants)}
	for _, kind := range []string{"link", "grant"} {
		for _, v := range crm.Verdicts {
			if n := p.Sum(kind, v); n > 0 {
				out.Verdicts[v] += n
			}
		}
	}
	came := func(kind string) int64 { return p.Sum(kind, crm.Relinked) + p.Sum(kind, crm.Mapped) }
	out.Restored = restoredCounts{Customers: p.Customers.Back + p.Customers.Merged, Links: came("link"), Grants: came("grant")}
	for _, i := range p.Items {
		switch {
		case i.Do == recycle.Skip:
		case i.Kind == crm.ObjectGroup:
			out.Restored.Groups++
		default:
			out.Restored.Tags++
		}
	}
	return out
}

// shownNotes are the notes for JSON, with phone numbers masked for those who see
// none.
func (c *account) shownNotes() []recycle.Note {
	out := jsonList(c.plan.Notes)
	for i := range out {
		out[i].Args = slices.Clone(out[i].Args)
		for k, arg := range out[i].Args {
			out[i].Args[k] = c.shown(arg)
		}
	}
	return out
}

// tell writes the account in the form that was asked for and ends the command.
func (c *account) tell(f *returnFlags) error {
	path := ""
	if f.report != "" {
		var err error
		if path, err = c.write(f.report); err != nil {
			if c.done == 0 {
				return err
			}
			return &failure{exit: exitPartly, code: "NOT_WRITTEN", err: both("报告没有写成：%v", "the report was not written: %v", err),
				done: both("%s 已恢复，编号 X%d", "%s is restored, as X%d", c.e.Label(), c.done), hint: both("用 tagkeep audit 查看这次恢复", "tagkeep audit shows the restore")}
		}
	}
	if c.a.json {
		if err := c.a.printJSON(c.json(path)); err != nil {
			return err
		}
	} else {
		if c.done == 0 || !c.a.quiet {
			c.print()
		}
		if path != "" {
			c.a.say(c.t("报告：%s", "report: %s"), path)
		}
		switch {
		case c.done == 0 && c.b.masked: // an auditor cannot go on
			c.a.print(c.t("计划编号：%s", "plan: %s"), c.plan.Hash)
		case c.done == 0:
			if len(c.plan.Conflicts()) > 0 && f.onConflict == "" {
				c.a.print("%s", c.t("名称冲突也可以这样处理：--on-conflict merge 并入现有的，replace 替换现有的（现有的进回收站），skip 不恢复；或 --rename 另起名称",
					"about names that are taken: --on-conflict merge into those that are there, replace them (they go to the bin), skip; or --rename"))
			}
			c.a.print(c.t("计划编号：%s", "plan: %s"), c.plan.Hash)
			c.a.print(c.t("下一步：%s", "next: %s"), c.command())
		default:
			c.a.say(c.t("撤回：tagkeep undo X%d%s", "to undo it: tagkeep undo X%d%s"), c.done, c.same())
		}
	}
	if c.plan.Partly() {
		return ended(exitPartly)
	}
	return nil
}

// command is the restore that the plan was made for.
func (c *account) command() string {
	return fmt.Sprintf("tagkeep recycle restore %s%s --plan %s%s", c.e.Label(), c.flags, c.plan.Hash, c.same())
}

// write makes the workbook and returns its absolute path.
func (c *account) write(path string) (string, error) {
	file, err := c.a.newFile(path, true) // one that is there gets company, as repair files do
	if err != nil {
		return "", err
	}
	defer file.Discard()
	if err := report.WriteRestored(file, c.workbook()); err != nil {
		return "", err
	}
	return file.Commit(false)
}

// newFile starts a file; one that is there is refused unless it may stay or be
// replaced.
func (a *app) newFile(path string, any bool) (*sheet.NewFile, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(abs); err == nil && !any {
		return nil, refuse("FILE_EXISTS", both("文件已存在：%s", "the file exists: %s", path), both("换一个文件名，或加 --force 覆盖", "choose another name, or replace it with --force"))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return sheet.Create(abs)
}

// goneDepartments names those that are no longer there.
func goneDepartments(tx *store.Tx) (map[int64]string, error) {
	list, err := tx.GoneDepartments()
	out := make(map[int64]string, len(list))
	for _, d := range list {
		out[d.ID] = d.Name
	}
	return out, err
}
