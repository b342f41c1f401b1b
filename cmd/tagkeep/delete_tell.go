package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/store"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// deleted is how a delete or merge went, or would go.
type deleted struct {
	recycle.Deleted
	doFlags
	choice  *choice
	kind    string
	into    string // of a merge: the tag that the others went into
	refused error  // why nothing went, where a file was read
}

// confirmDelete shows what goes and asks. It asks again only when that is
// something else by then.
func (a *app) confirmDelete(ctx context.Context, c *choice) func(recycle.Doomed) error {
	var agreed recycle.Doomed
	return func(d recycle.Doomed) error {
		if reflect.DeepEqual(agreed, d) {
			return nil
		}
		if a.yes {
			agreed = d
			return nil
		}
		if !terminal(a.stdin) {
			return refuse("NOT_CONFIRMED", words{"没有确认，没有删除任何数据。会删除：" + doomedLine(d, crm.Chinese), "not confirmed, nothing was deleted. It would be: " + doomedLine(d, crm.English)},
				both("核对后加 --yes；只看会删除什么用 --dry-run", "when that is right, add --yes; --dry-run shows what would go"))
		}
		a.showDoomed(d, c)
		want := confirmWord(d, c)
		answer, err := a.answer(ctx, fmt.Sprintf(a.t("确认删除请输入 %s：", "to delete it, type %s: "), want))
		if err != nil {
			return err
		}
		if !confirms(answer, want) {
			return refuse("NOT_CONFIRMED", both("没有确认，没有删除任何数据", "not confirmed, nothing was deleted"), words{})
		}
		agreed = d
		return nil
	}
}

// confirmWord is what somebody types to agree: the name of a single thing, else
// how many there are.
func confirmWord(d recycle.Doomed, c *choice) string {
	switch {
	case c.count() != 1:
		return strconv.Itoa(c.count())
	case len(c.Customers) == 1:
		return strings.TrimRight(strings.SplitN(strings.SplitN(c.customers[0], "（", 2)[0], " (", 2)[0], " ")
	case len(d.Names) > 0:
		_, name, _ := strings.Cut(d.Names[0], ":")
		return name
	}
	return "1"
}

// confirms compares what was typed with what is wanted.
func confirms(answer, want string) bool {
	answer = strings.ReplaceAll(strings.TrimSpace(answer), "：", ":")
	return answer == want || strings.HasSuffix(want, ":"+answer) && answer != ""
}

// doomedParts are what goes, those that are none left out.
func doomedParts(d recycle.Doomed, lang crm.Lang) []string {
	var parts []string
	for _, p := range []struct {
		n      int64
		zh, en string
	}{
		{d.Groups, "标签组 %d 个", "%d tag groups"}, {d.Tags, "标签 %d 个", "%d tags"}, {d.Customers, "客户 %d 位", "%d customers"},
		{d.Losing, "失去标签的客户 %d 位", "%d customers losing a tag"}, {d.Links, "打标关系 %d 个", "%d links"}, {d.Moved, "转到目标标签的打标关系 %d 个", "%d links handed on"},
		{d.Grants, "授权 %d 个", "%d grants"}, {d.People, "失去权限的员工 %d 人", "%d people losing access"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf(lang.Pick(p.zh, oneOrMore(p.en, p.n)), p.n))
		}
	}
	return parts
}

// oneOrMore makes English words for several fit for one.
func oneOrMore(words string, n int64) string {
	if n != 1 {
		return words
	}
	return strings.NewReplacer("groups", "group", "tags", "tag", "customers", "customer", "links", "link", "grants", "grant", "people", "person").Replace(words)
}

func doomedLine(d recycle.Doomed, lang crm.Lang) string {
	return strings.Join(doomedParts(d, lang), lang.Pick("，", ", "))
}

// showDoomed shows what goes, with the first names.
func (a *app) showDoomed(d recycle.Doomed, c *choice) {
	a.say("%s", a.t("会放入回收站：", "into the recycle bin would go:"))
	for _, part := range doomedParts(d, a.language()) {
		a.say("  %s", part)
	}
	var names []string
	for _, name := range d.Names {
		_, name, _ = strings.Cut(name, ":")
		names = append(names, name)
	}
	names = append(names, c.customers...)
	if len(names) == 0 {
		return
	}
	more := ""
	if n := c.count(); n > len(names) {
		more = a.t(" 等", ", …")
	}
	a.say("  %s%s", strings.Join(names, a.t("、", ", ")), more)
}

// tellDeleted says what went, how to get it back, and until when that is
// possible.
func (a *app) tellDeleted(ctx context.Context, d *admin.Desk, out deleted) error {
	var werr error
	if !out.dryRun || out.choice.list != nil {
		event := out.Event
		if out.dryRun {
			event = -1 // as the run would end
		}
		werr = out.choice.list.finish(event)
	}
	until, err := a.keptUntil(context.WithoutCancel(ctx), d, out.Event)
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(out.json(a))
	} else {
		a.sayDeleted(out, until)
	}
	if err != nil {
		return err
	}
	if werr != nil {
		return &failure{exit: exitFailed, code: "NO_ERRORS_FILE", err: both("不能删除的行没有写成文件：%v", "the file of rows that could not be deleted was not written: %v", werr),
			done: both("D%d：其余的已经删除", "D%d: the others are deleted", out.Event), hint: both("排除原因后再运行同一命令", "run the same command again when that is mended")}
	}
	return ended(out.exit())
}

func (o *deleted) exit() int {
	if o.choice.list != nil && o.choice.list.ledger.Rejected > 0 {
		return exitPartly
	}
	return exitDone
}

// keptUntil is the day on which the event leaves the bin by itself, "" for
// never.
func (a *app) keptUntil(ctx context.Context, d *admin.Desk, event int64) (until string, err error) {
	if event == 0 {
		return "", nil
	}
	err = d.DB.View(ctx, func(tx *store.Tx) error {
		e, err := tx.Deletion(event)
		until = a.moment(e.ExpiresAt)
		return err
	})
	return until, err
}

func (a *app) sayDeleted(out deleted, until string) {
	head := a.t("已删除到回收站 D%d：", "deleted into the recycle bin, D%d: ")
	if out.into != "" {
		head = a.t("已合并，原标签在回收站 D%d：", "merged, the old tags are in the recycle bin, D%d: ")
	}
	if out.dryRun {
		head = a.t("预演（没有写入任何数据），会删除：", "dry run (nothing written), would go: ")
		if out.into != "" {
			head = fmt.Sprintf(a.t("预演（没有写入任何数据），会并入 %s，然后进回收站：", "dry run (nothing written), would be merged into %s and go into the bin: "), out.into)
		}
		a.say("%s%s", head, doomedLine(out.Counts, a.language()))
	} else {
		a.say("%s%s", fmt.Sprintf(head, out.Event), doomedLine(out.Counts, a.language()))
	}
	if names := out.names(); len(names) > 0 {
		a.say("  %s", strings.Join(names, a.t("、", ", ")))
	}
	a.sayList(out.choice.list)
	if out.dryRun {
		return
	}
	a.say(a.t("恢复：tagkeep recycle restore D%d%s", "to get it back: tagkeep recycle restore D%d%s"), out.Event, a.sameActor()+a.sameDatabase())
	if until != "" {
		a.say(a.t("回收站保留到 %s", "it stays in the bin until %s"), until)
	}
	a.say(a.t("已校验的快照：%s（%s）", "verified snapshot: %s (%s)"), out.Snapshot.Path, sizeOf(out.Snapshot.Bytes))
	a.say("%s", a.t("企业微信里没有变化：tagkeep 不会删除企业微信里的标签和客户，需要时请在企业微信管理后台处理",
		"nothing has changed in WeCom: tagkeep deletes no tags or customers there; do that in its admin console where it is needed"))
}

// names are the first things that went.
func (o *deleted) names() []string {
	var names []string
	for _, name := range o.Counts.Names {
		_, name, _ = strings.Cut(name, ":")
		names = append(names, name)
	}
	return append(names, o.choice.customers...)
}

// sayList tells the rows of a file.
func (a *app) sayList(l *list) {
	if l == nil {
		return
	}
	a.say(a.t("文件：读取 %d 行，删除 %d，重复跳过 %d，失败 %d", "file: %d rows read, %d deleted, %d repeated and skipped, %d failed"),
		l.ledger.Read, l.ledger.Updated, l.ledger.Skipped, l.ledger.Rejected)
	if l.ledger.Rejected == 0 {
		return
	}
	var lines []string
	if errs := l.tally.Errors(); len(errs) <= mostCauses {
		for _, e := range errs {
			lines = append(lines, e.Line(a.language()))
		}
	} else {
		for _, c := range l.tally.Causes(a.language()) {
			lines = append(lines, a.causeWithExample(c, errs))
		}
	}
	a.some(lines)
	if l.done != "" {
		a.say(a.t("没有删除的行：%s", "rows that were not deleted: %s"), l.done)
		a.say(a.t("这些行里仍要删除的，改好后再执行 tagkeep delete %s --from %s --reason 原因%s", "to delete those of them that should go, mend them and run tagkeep delete %s --from %s --reason TEXT%s"), l.thing+"s", quoted(l.done), a.sameActor()+a.sameDatabase())
	}
}

// tellRefused tells of a file of which nothing was deleted.
func (a *app) tellRefused(out deleted) error {
	if a.json {
		if err := a.printJSON(out.json(a)); err != nil {
			return err
		}
		return ended(exitRefused)
	}
	a.sayList(out.choice.list)
	return out.refused
}

// json is the result for scripts.
func (o *deleted) json(a *app) map[string]any {
	o.Counts.Names = orEmpty(o.Counts.Names)
	m := map[string]any{"deletion": o.Event, "dry_run": o.dryRun, "snapshot": snapshotFile(o.Snapshot), "counts": o.Counts}
	if o.into != "" {
		m["into"] = o.into
	}
	if o.refused != nil {
		m["error"] = a.details(a.explain(o.refused))
	}
	if l := o.choice.list; l != nil {
		m["file"] = l.file.Info.Path
		m["rows"] = map[string]int64{"read": l.ledger.Read, "deleted": l.ledger.Updated, "skipped": l.ledger.Skipped, "rejected": l.ledger.Rejected}
		m["errors"], m["errors_file"] = []report.RowError{}, l.done
		m["errors_by_code"] = map[crm.Code]int64{}
		if l.tally != nil {
			m["errors"], m["errors_by_code"] = orEmpty(slices.Clone(l.tally.Errors())), l.tally.ErrorsByCode()
		}
	}
	return m
}

// snapshotFile is a snapshot in JSON, null where none was taken.
func snapshotFile(i snapshot.Info) any {
	if i.ID == "" {
		return nil
	}
	return map[string]any{"id": i.ID, "path": i.Path, "bytes": i.Bytes, "sha256": i.SHA256}
}
