package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode"

	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// mostCauses is how many causes, errors or warnings the terminal lists; the
// file has all.
const mostCauses = 12

// summary tells people how an import went and what to do next.
func (a *app) summary(res *importer.Result, err error) {
	if a.quiet {
		return
	}
	a.head(res, err)
	a.counts(res, err)
	a.fieldChanges(res)
	a.warnings(res)
	a.errors(res)
	a.next(res, err)
}

// errors tells a few one by one, and of many the causes with an example each.
func (a *app) errors(res *importer.Result) {
	total := int64(0)
	for _, n := range res.ByCode {
		total += n
	}
	var lines []string
	switch {
	case total == 0:
		return
	case total <= mostCauses:
		for _, e := range res.Errors {
			lines = append(lines, e.Line(a.language()))
		}
	default:
		for _, c := range res.Tally.Causes(a.language()) {
			lines = append(lines, a.causeWithExample(c, res.Errors))
		}
	}
	a.say("%s", a.t("失败原因：", "Why rows failed:"))
	a.some(lines)
}

// causeWithExample is a cause, and below it the first of its errors, or at least
// what to do.
func (a *app) causeWithExample(c report.Cause, errs []report.RowError) string {
	below := a.t("处理：", "what to do: ") + c.Hint
	for _, e := range errs {
		if e.Code == c.Code {
			below = strings.TrimSuffix(e.Line(a.language()), " ("+string(c.Code)+")")
			break
		}
	}
	c.Hint = ""
	return a.cause(c) + "\n    " + below
}

// warnings tells those about the file one by one, since they are few and differ,
// and those about rows by cause.
func (a *app) warnings(res *importer.Result) {
	var lines []string
	for _, w := range res.Warnings {
		if w.Row == 0 {
			lines = append(lines, w.Line(a.language()))
		}
	}
	for _, c := range res.Tally.WarningCauses(a.language()) {
		if c.Rows > 0 {
			lines = append(lines, a.cause(c))
		}
	}
	if len(lines) > 0 {
		a.say("%s", a.t("提醒：", "Warnings:"))
		a.some(lines)
	}
}

func (a *app) head(res *importer.Result, err error) {
	kind := crm.Kind(res.Kind).Label(a.language())
	what := a.t("导入", "Import of ")
	switch {
	case res.DryRun:
		what = a.t("导入预演（没有写入任何数据）", "Dry run (nothing written) of ")
	case errors.Is(err, importer.ErrAtomic):
		what = a.t("没有导入（没有写入任何数据）", "Not imported (nothing written), ")
	}
	found := strings.ToUpper(string(res.Format))
	if res.Format == sheet.CSV {
		found += fmt.Sprintf(a.t("，编码 %s，分隔符%s", ", encoding %s, delimiter %s"), res.Encoding, delimiterName(a, res.Delimiter))
	} else {
		found += fmt.Sprintf(a.t("，工作表「%s」", `, sheet "%s"`), res.Sheet)
	}
	if res.HeaderRow > 0 {
		found += fmt.Sprintf(a.t("，表头第 %d 行", ", header in row %d"), res.HeaderRow)
	}
	a.say(a.t("%s%s：%s（%s）", "%s%s: %s (%s)"), what, kind, res.File, found)
	if res.ResumedAtRow > 0 {
		a.say(a.t("接着上次的 R%d，从第 %d 行继续", "Goes on with R%d from row %d"), res.Run, res.ResumedAtRow)
	}
}

func delimiterName(a *app, d string) string {
	switch d {
	case ",":
		return a.t("逗号", "comma")
	case ";":
		return a.t("分号", "semicolon")
	case "\t":
		return a.t("制表符", "tab")
	}
	return a.t(" "+d, d)
}

func (a *app) counts(res *importer.Result, err error) {
	note := a.t("用时 ", "in ") + seconds(res.DurationMS)
	if res.Run > 0 {
		note += fmt.Sprintf(a.t("，导入记录 R%d", ", recorded as R%d"), res.Run)
	}
	if errors.Is(err, importer.ErrAtomic) {
		a.say("%s", a.t("有失败的行，按 --atomic 一行也没有写入：", "Some rows failed, so none was stored (--atomic):"))
	}
	a.say(a.t("%s（%s）", "%s (%s)"), a.ledgerLine(res.Rows), note)
	if res.Links.Added+res.Links.Removed > 0 {
		a.say(a.t("打标关系：新增 %d，移除 %d", "Links: %d added, %d removed"), res.Links.Added, res.Links.Removed)
	}
	var also []string
	for _, c := range []struct {
		n      int64
		zh, en string
		own    crm.Kind
	}{
		{res.Created.Departments, "部门", "departments", ""},
		{res.Created.Groups, "标签组", "tag groups", ""},
		{res.Created.Tags, "标签", "tags", crm.Tags},
	} {
		if c.n > 0 && string(c.own) != res.Kind {
			also = append(also, fmt.Sprintf("%s %d", a.t(c.zh, c.en), c.n))
		}
	}
	if len(also) > 0 {
		a.say(a.t("同时新建：%s", "Also created: %s"), strings.Join(also, a.t("，", ", ")))
	}
	if res.Disabled > 0 {
		a.say(a.t("停用不在文件中的员工：%d 人", "Disabled, not in the file: %d people"), res.Disabled)
	}
	if o := res.Outside; o.Blank+o.Examples > 0 || o.Above > 1 {
		a.say(a.t("不计入：表头及以上 %d 行，空行 %d，示例行 %d", "Not counted: %d rows down to the header, %d blank, %d examples"), o.Above, o.Blank, o.Examples)
	}
}

func seconds(ms int64) string { return fmt.Sprintf("%.1f s", float64(ms)/1000) }

// shownChanges is how many old -> new values a dry run prints.
const shownChanges = 10

func (a *app) fieldChanges(res *importer.Result) {
	if !res.DryRun || len(res.Changes) == 0 {
		return
	}
	a.say("%s", a.t("将修改：", "Would change:"))
	for i, c := range res.Changes {
		if i == shownChanges {
			a.say("  …")
			break
		}
		place := ""
		if c.Row > 0 { // people who are not in the file have none
			place = fmt.Sprintf(a.t("第 %d 行 ", "row %d "), c.Row)
		}
		field, old, now := a.change(crm.Kind(res.Kind), c)
		a.say(a.t("  %s%s %s：%s → %s", "  %s%s %s: %s -> %s"), place, report.Mask(c.Object), field, old, now)
	}
}

// change writes a change as a spreadsheet would: the header, and the values in
// the words of the user's language.
func (a *app) change(kind crm.Kind, c importer.FieldChange) (header, old, now string) {
	f := table.NewFormatter(kind, a.language(), a.zone)
	for i, column := range table.Columns(kind) {
		if column.Field != c.Field {
			continue
		}
		shown := func(v string) string {
			if v == "" {
				return a.t("（空）", "(empty)")
			}
			return report.Mask(f.Cell(i, table.Value{State: table.Set, Text: v}))
		}
		return a.t(column.Header, column.Field), shown(c.Old), shown(c.New)
	}
	return c.Field, report.Mask(c.Old), report.Mask(c.New)
}

// cause is one in a line, with the first rows that have it; the file has all.
func (a *app) cause(c report.Cause) string {
	const most = 6
	separator := a.t("、", ", ")
	if rows := strings.Split(c.Ranges, separator); len(rows) > most {
		c.Ranges = strings.Join(rows[:most], separator) + separator + "…"
	}
	return c.Line(a.language())
}

// some prints the first of many lines.
func (a *app) some(lines []string) {
	for i, line := range lines {
		if i == mostCauses {
			a.say(a.t("  … 另有 %d 种", "  … %d more"), len(lines)-i)
			return
		}
		a.say("  %s", line)
	}
}

// next says what is in and what to do now.
func (a *app) next(res *importer.Result, err error) {
	if res.ErrorsFile != "" {
		a.say(a.t("失败数据：%s", "Failed rows: %s"), res.ErrorsFile)
	}
	stopped := errors.Is(err, importer.ErrStopped)
	switch {
	case errors.Is(err, importer.ErrAtomic):
		a.say("%s", a.t("有失败的行，所以按 --atomic 一行都没有写入。下一步：改好原文件后再次导入。", "Some rows failed, so nothing was stored (--atomic). Next: mend the file itself and import it again."))
	case a.wouldRefuse(res):
		a.say("%s", a.t("有失败的行，所以正式导入时按 --atomic 一行都不会写入。下一步：改好原文件。", "Some rows failed, so the import would store nothing (--atomic). Next: mend the file itself."))
	case errors.Is(err, importer.ErrTooManyErrors) && res.DryRun:
		a.say("%s", a.t("失败的行超过 --max-errors，正式导入会在这里停下。下一步：改好文件，或放宽 --max-errors。", "More rows failed than --max-errors allows: the import would stop here. Next: mend the file, or allow more."))
	case errors.Is(err, importer.ErrTooManyErrors):
		a.say(a.t("失败的行超过 --max-errors，已在第 %d 行停下；之前的行已写入（R%d）。下一步：放宽 --max-errors 后再运行同一命令会继续。", "More rows failed than --max-errors allows: stopped after row %d; the rows before it are stored (R%d). Next: the same command with a higher --max-errors goes on."), res.StoredTo, res.Run)
	case stopped && res.DryRun:
		a.say("%s", a.t("预演已中断。", "The dry run was interrupted."))
	case stopped && res.StoredTo == 0:
		a.say("%s", a.t("已中断，还没有写入任何行。再运行同一命令即可导入。", "Interrupted before any row was stored. Run the same command again."))
	case stopped:
		a.say(a.t("已中断：第 %d 行及以前已写入（R%d）。再运行同一命令会继续。", "Interrupted: stored up to row %d (R%d). The same command goes on."), res.StoredTo, res.Run)
	case res.DryRun && a.asks:
	case res.DryRun && res.Rows.Read > 0 && err == nil:
		a.say("%s", a.t("下一步：去掉 --dry-run 正式导入", "Next: import it without --dry-run"))
	case res.Rows.Rejected > 0 && res.ErrorsFile != "":
		what := a.t("改好该文件中标红的单元格", "mend the red cells of that file")
		if res.Format == sheet.CSV {
			what = a.t("按「错误原因」一列改好该文件", "mend that file as its column error_reason says")
		}
		a.say(a.t("下一步：%s并保存，再执行 tagkeep import %s %s%s%s", "Next: %s, save it, then run tagkeep import %s %s%s%s"),
			what, res.Kind, quoted(res.ErrorsFile), a.again, a.sameDatabase())
		if res.Format == sheet.XLSX && res.ByCode[crm.UnknownTag]+res.ByCode[crm.UnknownGroup] > 0 {
			a.say(a.t("其中不存在的标签列在工作表「待建标签」里；确实要新建时先执行 tagkeep import tags %s%s", `The unknown tags are on its sheet "Tags to create"; to create them, first run tagkeep import tags %s%s`), quoted(res.ErrorsFile), a.sameActor()+a.sameDatabase())
		}
	}
	if res.Matched != nil {
		a.say(a.t("客户库：有企业微信客户ID 的 %d 位，仅在本地的 %d 位。tagkeep 目前不会把数据写入企业微信。", "Customers: %d with a WeCom id, %d local only. tagkeep does not yet write to WeCom."), res.Matched.WithWecomID, res.Matched.LocalOnly)
	}
}

// sameDatabase is the --db that a command to run next needs, without a password.
func (a *app) sameDatabase() string {
	switch {
	case a.database == "":
		return ""
	case a.at.Engine == store.SQLite:
		return " --db " + quoted(a.at.String())
	}
	return " --db …"
}

// sameActor is the --as that a command to run next needs.
func (a *app) sameActor() string {
	if a.as == "" {
		return ""
	}
	return " --as " + quoted(a.as)
}

// quoted writes a word as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:=+,@%", r)
	}
	switch {
	case runtime.GOOS == "windows" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) && r != '\\' && r != '~' }) >= 0:
		return `"` + word + `"`
	case runtime.GOOS == "windows", word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0:
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
