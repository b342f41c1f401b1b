package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

// auditFlags are the flags of audit as they are written.
type auditFlags struct {
	since, until string
	run          string
	tag          string
	force        bool
	query        admin.AuditQuery
}

// auditShown is how many rows a terminal gets unless it asks for more.
const auditShown = 50

func (a *app) auditCommand() *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:   "audit [FILE.xlsx|FILE.csv]",
		Short: "操作记录：谁在什么时候做了什么 / the audit log",
		Long: `列出操作记录，新的在后；写上文件名则导出。手机号一律打码。
--on tag:标签组:标签 还列出该标签是哪几次导入打上的。

Lists the audit log, the newest last, or exports it to a file. Phone numbers are masked.
--on tag:GROUP:TAG also lists which imports put the tag on customers.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return nil
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.audit(cmd, &f, args) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.since, "since", "", "从此时起 / from then on: `2026-11-01|'2026-11-01 09:00'|24h`")
	fs.StringVar(&f.until, "until", "", "到此时止，只写日期则含当天 / until then, a day with all of it: `2026-11-30`")
	fs.StringVar(&f.query.User, "user", "", "此员工做的；operator = 没有 --as 的操作者 / by this member, or the operator: `USERID`")
	fs.StringVar(&f.query.Action, "action", "", "此操作或此类操作 / this action, or all of a kind: `group.rename|group|import`")
	fs.StringVar(&f.query.On, "on", "", "关于此对象 / about this `OBJECT`: tag:意向:高意向, group:意向, staff:zhang")
	fs.StringVar(&f.tag, "tag", "", "同 --on tag:… / the same as --on tag:…: `GROUP:TAG`")
	fs.StringVar(&f.query.Department, "department", "", "此部门及下级的员工做的 / by the people of it and below: `PATH`")
	fs.StringVar(&f.run, "run", "", "此次导入 / of this import: `R7`")
	fs.IntVar(&f.query.Limit, "limit", auditShown, "最多几条，取最新的；0 = 全部；导出默认全部 / the newest so many, 0 = all; a file gets all: `N`")
	fs.BoolVar(&f.force, "force", false, "覆盖已有的文件 / replace an existing file")
	return cmd
}

// resolve turns the flags into a query.
func (f *auditFlags) resolve(cmd *cobra.Command, d *admin.Desk, toFile bool) (q admin.AuditQuery, err error) {
	q = f.query
	if q.Limit < 0 {
		return q, usage("--limit：不能为负", "--limit: must not be negative")
	}
	if toFile && !cmd.Flags().Changed("limit") {
		q.Limit = 0
	}
	if f.tag != "" && q.On != "" {
		return q, usage("--tag 和 --on 只写一个", "give either --tag or --on")
	}
	if f.tag != "" {
		q.On = "tag:" + strings.TrimPrefix(f.tag, "tag:")
	}
	if f.run != "" {
		if q.Run, err = runID(f.run); err != nil {
			return q, err
		}
	}
	if q.Since, err = d.Time(f.since, false); err != nil {
		return q, err
	}
	q.Until, err = d.Time(f.until, true)
	return q, err
}

// auditEntry is a row of the log in JSON.
type auditEntry struct {
	At string `json:"at"`
	admin.AuditRow
}

func (a *app) audit(cmd *cobra.Command, f *auditFlags, args []string) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		q, err := f.resolve(cmd, d, len(args) > 0)
		switch {
		case err != nil:
			return err
		case len(args) > 0:
			return a.exportAudit(cmd, d, q, args[0], f.force)
		}
		rows := []auditEntry{}
		trail, err := d.Audit(cmd.Context(), q, func(r admin.AuditRow) error {
			e := auditEntry{onClock(d, r.At), r}
			if !a.json {
				a.printAudit(e)
				e.Detail = nil
			}
			rows = append(rows, e)
			return nil
		})
		if err != nil {
			return err
		}
		if a.json {
			return a.auditJSON(d, rows, trail)
		}
		a.printTrail(d, trail)
		if q.Limit > 0 && len(rows) == q.Limit {
			a.print(a.t("只列出最新的 %d 条；更多：--limit 500，或写上文件名导出", "the newest %d only; for more --limit 500, or name a file"), q.Limit)
			return nil
		}
		a.print(a.t("共 %d 条", "%d rows"), len(rows))
		return nil
	})
}

// trailEntry is an import of a tag's trail in JSON.
type trailEntry struct {
	admin.TrailRun
	StartedAt string `json:"started_at"`
}

func (a *app) auditJSON(d *admin.Desk, rows []auditEntry, trail *admin.Trail) error {
	out := map[string]any{"count": len(rows), "audit": rows}
	if trail != nil {
		runs := make([]trailEntry, len(trail.Runs))
		for i, r := range trail.Runs {
			runs[i] = trailEntry{r, onClock(d, r.StartedAt)}
		}
		out["trail"] = map[string]any{"tag": trail.Tag, "id": trail.ID, "links": trail.Links, "runs": runs}
	}
	return a.printJSON(out)
}

func (a *app) printAudit(e auditEntry) {
	who := e.UserID
	if who == "" {
		who = e.Operator
	}
	a.print("%s  %s  %s  %s%s", e.At, padded(who, 16), padded(a.actionWord(e.Action), 16), e.Object, a.auditIDs(e.AuditRow))
	if what := a.auditDetail(e.Detail); what != "" {
		a.print("    %s", what)
	}
	if e.Command != "" {
		a.print("    $ %s", e.Command)
	}
}

func (a *app) auditIDs(r admin.AuditRow) string {
	text := ""
	if r.Run != 0 {
		text += fmt.Sprintf("  R%d", r.Run)
	}
	if r.Deletion != 0 {
		text += "  " + r.Event
	}
	return text
}

func (a *app) printTrail(d *admin.Desk, t *admin.Trail) {
	if t == nil {
		return
	}
	a.print(a.t("使用轨迹：%s 现有打标关系 %d", "trail of %s: %d links now"), t.Tag, t.Links)
	for _, r := range t.Runs {
		if r.Event != "" {
			a.print(a.t("  %s %s %s：现存 %d，彻底删除 %d", "  %s %s %s: %d there, %d purged"), r.Event, onClock(d, r.StartedAt), a.eventKind(string(r.Kind)), r.Links, r.Removed)
			continue
		}
		switch {
		case r.Run == 0:
			a.print(a.t("  不属于导入：%d", "  by no import: %d"), r.Links)
			continue
		case r.Removed > 0:
			a.print(a.t("  R%d %s %s：现存 %d，在回收站时移除 %d", "  R%d %s %s: %d there, %d removed while in the recycle bin"), r.Run, onClock(d, r.StartedAt), r.File, r.Links, r.Removed)
			continue
		}
		a.print(a.t("  R%d %s %s：现存 %d", "  R%d %s %s: %d there"), r.Run, onClock(d, r.StartedAt), r.File, r.Links)
	}
}

// eventKind names a kind of event of the recycle bin.
func (a *app) eventKind(kind string) string {
	switch kind {
	case crm.EventMerge:
		return a.t("合并", kind)
	case crm.EventRestore:
		return a.t("恢复", kind)
	case crm.EventUndo:
		return a.t("撤销", kind)
	}
	return a.t("删除", kind)
}

// actionWords are what actions are called; one that is not listed stands for
// itself.
var actionWords = []struct{ action, zh string }{
	{"group.create", "新建标签组"}, {"group.rename", "标签组改名"}, {"group.scope", "标签组范围"}, {"group.sort", "标签组排序"}, {"group.generate", "生成标签组"},
	{"tag.create", "新建标签"}, {"tag.rename", "标签改名"}, {"tag.move", "移动标签"},
	{"staff.disable", "停用员工"}, {"staff.enable", "启用员工"}, {"staff.confirm_same", "确认同一人"},
	{"department.rename", "部门改名"}, {"department.move", "移动部门"}, {"department.merge", "合并部门"}, {"department.split", "拆分部门"},
	{"import tags", "导入标签"}, {"import customers", "导入客户"}, {"import staff", "导入员工"}, {"import grants", "导入授权"},
	{"access.grant", "授权"}, {"access.revoke", "收回授权"}, {"access.request", "申请权限"}, {"access.approve", "批准申请"}, {"access.deny", "拒绝申请"}, {"access.only", "限定可见范围"},
	{"delete", "删除"}, {"recycle.restore", "恢复"}, {"recycle.purge", "彻底删除"}, {"recycle.retention", "回收站保留天数"},
	{"tag.merge", "合并标签"}, {"undo", "撤销"}, {"snapshot.create", "快照"}, {"snapshot.restore", "快照还原"}, {"snapshot.prune", "清理快照"},
}

func (a *app) actionWord(action string) string {
	for _, w := range actionWords {
		if w.action == action {
			return a.t(w.zh, action)
		}
	}
	return action
}

// maxDetail is how many characters of what was changed a line shows.
const maxDetail = 200

// auditDetail writes what was changed: before and after of one thing or several,
// else the counts.
func (a *app) auditDetail(detail json.RawMessage) string {
	if parts, edits := a.auditEdits(detail); edits {
		return shortened(strings.Join(parts, a.t("；", "; ")), maxDetail)
	}
	var all map[string]any
	dec := json.NewDecoder(bytes.NewReader(detail))
	dec.UseNumber()
	if dec.Decode(&all) != nil {
		return ""
	}
	return shortened(strings.Join(a.flat("", all), a.t("，", ", ")), maxDetail)
}

// auditEdits tells the changes of a detail; edits is whether it is one of changes.
func (a *app) auditEdits(detail json.RawMessage) (parts []string, edits bool) {
	var d struct {
		admin.Edit
		admin.Edits
		Reason string `json:"reason"`
	}
	if json.Unmarshal(detail, &d) != nil {
		return nil, false
	}
	if d.Kind != "" {
		d.Items = append(d.Items, d.Edit)
	}
	for _, e := range d.Items {
		text := a.made(e.After)
		if e.Before != nil {
			text = a.changes(e.Before, e.After)
		}
		if text != "" && len(d.Items) > 1 {
			text = e.Name + " " + text
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	if d.Reason != "" {
		parts = append(parts, a.t("原因：", "reason: ")+d.Reason)
	}
	return parts, d.Kind != "" || d.Items != nil
}

// made writes what something new was given beside its name, which the object
// tells.
func (a *app) made(given map[string]any) string {
	var parts []string
	for _, f := range fieldNames {
		if v, ok := given[f.field]; ok && f.field != "name" && f.field != "group" {
			parts = append(parts, a.t(f.zh, f.en)+" "+a.fieldValue(v))
		}
	}
	return strings.Join(parts, a.t("，", ", "))
}

// detailWords are what the fields of grants and requests are called in Chinese.
var detailWords = map[string]string{"to": "给", "for": "给", "on": "对象", "level": "级别", "do": "动作", "starts_at": "开始", "ends_at": "结束",
	"reason": "原因", "request": "申请", "id": "编号", "answer": "答复", "state": "状态", "before": "原", "after": "", "grant": ""}

// field is what a field of a detail is called, with what it lies in.
func (a *app) field(prefix, name string) string {
	word, known := detailWords[name]
	if a.language() == crm.English || !known {
		return prefix + name
	}
	return prefix + word
}

// detailValue writes moments as people do, and levels by name.
func (a *app) detailValue(name string, v any) string {
	text := fmt.Sprint(v)
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 0 && strings.HasSuffix(name, "_at") {
		return a.moment(ms)
	}
	if name == "level" {
		return access.LevelLabel(crm.Level(text), a.language())
	}
	return text
}

// flat are the numbers and texts of a detail by name; nothing that is empty.
func (a *app) flat(prefix string, all map[string]any) []string {
	var parts []string
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		switch v := all[k].(type) {
		case map[string]any:
			inner := a.field(prefix, k)
			if inner != "" {
				inner += "."
			}
			parts = append(parts, a.flat(inner, v)...)
		case json.Number, string, bool:
			if text := fmt.Sprint(v); text != "0" && text != "" && text != "false" {
				name := a.field(prefix, k)
				if name == "" { // of one value that was changed
					name = "现"
				}
				parts = append(parts, name+"="+a.detailValue(k, v))
			}
		}
	}
	return parts
}

// shortened is the beginning of a text that is too long for a line.
func shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// exportAudit writes the rows to a spreadsheet.
func (a *app) exportAudit(cmd *cobra.Command, d *admin.Desk, q admin.AuditQuery, path string, force bool) error {
	done, err := d.ExportAudit(cmd.Context(), q, path, admin.AuditFile{Lang: a.language(), Force: force,
		Action: a.actionWord, Detail: a.auditDetail, Time: func(ms int64) string { return onClock(d, ms) }})
	if err != nil {
		return exportError(err, path)
	}
	if a.json {
		return a.printJSON(done)
	}
	a.say(a.t("已导出操作记录 %d 条：%s", "exported %d rows of the audit log: %s"), done.Rows, done.File)
	return nil
}
