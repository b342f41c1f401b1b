package exporter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/table"
)

// writeGuide writes the sheet that says how the template is filled in.
func (b *templateBook) writeGuide() {
	name := table.GuideSheet(b.lang)
	title := b.style(excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true, Size: 14}})
	plain := b.style(excelize.Style{NumFmt: textFormat})
	b.row(name, 1, title, fmt.Sprintf(b.lang.Pick("怎样填写%s表", "How the sheet of %s is filled in"), b.kind.Label(b.lang)))
	b.must(b.f.SetRowHeight(name, 1, 2*line))
	at := 2
	for i, rule := range b.rules() {
		b.row(name, at, plain, fmt.Sprintf("%d. %s", i+1, rule))
		b.must(b.f.SetRowHeight(name, at, line))
		at++
	}
	at++
	rows := [][]string{{b.lang.Pick("列", "column"), b.lang.Pick("要填吗", "needed"), b.lang.Pick("填什么", "what goes in"),
		b.lang.Pick("可选的值", "values"), b.lang.Pick("例", "such as"), b.lang.Pick("表头也可以写成", "header also read as")}}
	for field, c := range b.columns {
		words := table.Words(b.kind, field, b.lang)
		rows = append(rows, []string{b.header(field), b.needed(field), b.purpose(field), b.listed(words),
			table.Example(b.kind, field, b.lang), b.listed(b.otherHeaders(c))})
	}
	b.tableOf(name, at, []int{20, 14, 60, 30, 28, 56}, rows)
	b.layout(name, 0)
}

// purpose is the column's note, with the headers by which this template calls
// the columns.
func (b *templateBook) purpose(field int) string {
	if b.lang != crm.English {
		return b.columns[field].NoteZh
	}
	note := b.columns[field].NoteEn
	for _, c := range b.columns {
		note = strings.ReplaceAll(note, c.Header, c.Field)
	}
	return note
}

func (b *templateBook) listed(words []string) string {
	return strings.Join(words, b.lang.Pick("、", ", "))
}

// otherHeaders are the first of those that the column is known by.
func (b *templateBook) otherHeaders(c table.Column) []string {
	const most = 6
	all := append([]string{b.lang.Pick(c.Field, c.Header)}, c.Synonyms...)
	all = slices.DeleteFunc(all, func(h string) bool { return h == b.lang.Pick(c.Header, c.Field) })
	return all[:min(most, len(all))]
}

func (b *templateBook) needed(field int) string {
	switch {
	case b.columns[field].Required:
		return b.lang.Pick("必填", "required")
	case b.anyOf[field]:
		return b.lang.Pick("至少填一项", "one of these")
	}
	return b.lang.Pick("选填", "optional")
}

func (b *templateBook) rules() []string {
	pick := b.lang.Pick
	rules := []string{map[crm.Kind]string{
		crm.Tags:      pick("在「标签」工作表里填，一行一个标签。", "Fill in the sheet “tags”, one row per tag."),
		crm.Customers: pick("在「客户」工作表里填，一行一位客户和一位跟进员工；同一客户有几位员工跟进就写几行。", "Fill in the sheet “customers”, one row per customer and follower: a customer with several followers has several rows."),
		crm.People:    pick("在「员工」工作表里填，一行一个人。", "Fill in the sheet “staff”, one row per person."),
		crm.Grants:    pick("在「授权」工作表里填，一行一条授权。", "Fill in the sheet “grants”, one row per grant."),
	}[b.kind]}
	switch {
	case len(b.anyOf) > 0:
		rules = append(rules, pick("黄色的列至少填一项：", "Of the yellow columns each row fills one at least: ")+b.anyOfHeaders()+pick("。", "."))
	default:
		rules = append(rules, pick("带 * 的红色列必填，其余选填。", "The red columns with * are required, the others are not."))
	}
	clear := table.NewFormatter(b.kind, b.lang, nil).Cell(0, table.Value{State: table.Clear})
	rules = append(rules,
		pick("第 2 行是示例，不会导入，可以留着，也可以删除。", "Row 2 is an example. It is not imported and may stay."),
		pick("列的顺序可以改，用不到的列可以删；表头的文字不要改，单元格不要合并。", "Columns may be moved, and those you do not need deleted; leave the words of the header, and merge no cells."),
		fmt.Sprintf(pick("更新已有的内容时，空白表示不修改，填 %s 表示清空。", "When something is updated, a blank cell leaves it as it is and %s empties it."), clear))
	if b.choices.count() != (Choices{}) {
		rules = append(rules, pick("下拉列表是生成模板时系统里已有的内容，之后有变化请重新生成。", "The dropdowns hold what there was when the template was made; make it again after changes."))
	}
	return append(rules,
		fmt.Sprintf(pick("填好保存后先预演，只检查、不写入：tagkeep import %s 文件 --dry-run", "When it is saved, check it first, which writes nothing: tagkeep import %s FILE --dry-run"), b.kind),
		fmt.Sprintf(pick("没有问题就导入：tagkeep import %s 文件。失败的行会写进一个新文件并说明原因，改好后直接再导入。", "Then import it: tagkeep import %s FILE. Rows that fail go into a new file with their reasons; correct it and import it as it is."), b.kind))
}

// writeCodes writes the sheet that explains every code a report may show.
func (b *templateBook) writeCodes() {
	name := table.CodesSheet(b.lang)
	rows := [][]string{{b.lang.Pick("代码", "code"), b.lang.Pick("类型", "kind"), b.lang.Pick("含义", "meaning"), b.lang.Pick("怎么办", "what to do")}}
	for _, code := range slices.Concat(crm.ErrorCodes, crm.WarningCodes) {
		rows = append(rows, []string{string(code), report.Gravity(b.lang, code), report.Title(b.lang, code), report.Hint(b.lang, code)})
	}
	b.tableOf(name, 1, []int{28, 16, 48, 90}, rows)
	b.layout(name, 1)
}
