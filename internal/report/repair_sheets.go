package report

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// writeTags writes the sheet of tags to be made, if any are unknown. It can be
// imported as tags once the red cells, groups that nobody named, are filled.
func (r *repairXLSX) writeTags(t *Tally) error {
	names, _ := t.Unknowns(crm.UnknownTag, crm.UnknownGroup)
	if len(names) == 0 || r.opt.Deletes {
		return nil
	}
	header := []string{"标签组名称", "标签名称", "出现次数", "最接近的现有标签"}
	if r.opt.Lang == crm.English {
		header = []string{"group_name", "tag_name", "occurrences", "nearest"}
	}
	w, err := r.newSheet(repairSheets[2].in(r.opt.Lang), []float64{22, 22, 10, 26}, headerCells(header...))
	if err != nil {
		return err
	}
	for _, n := range names {
		group, tag := n.groupAndTag()
		first := textCell(group)
		if group == "" {
			first.Style = sheet.Bad
			first.Note = r.opt.Lang.Pick("请填写标签组名称", "enter the tag group's name")
		}
		if err := w.Row([]sheet.OutCell{first, textCell(tag), numberCell(n.Count), textCell(n.Nearest)}); err != nil {
			return err
		}
	}
	return nil
}

// writeSummary writes the sheet that tells what the file was and what became
// of it.
func (r *repairXLSX) writeSummary(s RepairSummary, t *Tally) error {
	w, err := r.book.Sheet(repairSheets[3].in(r.opt.Lang), sheet.SheetOptions{Widths: []float64{24, 40, 10, 10, 40, 60}})
	if err != nil {
		return err
	}
	var rows [][]sheet.OutCell
	rows = append(rows, r.aboutFile(s)...)
	rows = append(rows, nil)
	rows = append(rows, ledgerRows(r.opt, s.Ledger)...)
	rows = append(rows, nil)
	rows = append(rows, codeRows(r.opt.Lang, t)...)
	if _, others := t.Unknowns(crm.UnknownTag, crm.UnknownGroup); others > 0 && !r.opt.Deletes {
		rows = append(rows, nil, []sheet.OutCell{{Value: fmt.Sprintf(r.opt.Lang.Pick(
			"待建标签只列出前 %d 个名称，另有 %d 次出现未列出", "only %d names of tags to create are listed, %d more occurrences are not"), mostUnknown, others)}})
	}
	if len(s.Next) > 0 {
		rows = append(rows, nil, headerCells(r.opt.Lang.Pick("下一步", "next")))
		for _, line := range s.Next {
			rows = append(rows, []sheet.OutCell{textCell(line)})
		}
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			return err
		}
	}
	return nil
}

// aboutFile tells where the rows came from and how they were read.
func (r *repairXLSX) aboutFile(s RepairSummary) [][]sheet.OutCell {
	pick := r.opt.Lang.Pick
	return [][]sheet.OutCell{
		pairCells(pick("文件", "file"), filepath.Base(r.in.Path)),
		pairCells("SHA-256", r.in.SHA256),
		pairCells(pick("内容", "kind"), r.opt.Kind.Label(r.opt.Lang)),
		pairCells(pick("格式", "format"), string(r.in.Format)),
		pairCells(pick("工作表", "sheet"), r.in.Sheet),
		pairCells(pick("选项", "options"), strings.Join(s.Options, " ")),
		pairCells(pick("导入记录", "run"), s.Run),
		pairCells(pick("用时", "duration"), s.Duration.Round(time.Millisecond).String()),
	}
}

func ledgerRows(opt RepairOptions, l Ledger) [][]sheet.OutCell {
	lang := opt.Lang
	row := func(zh, en string, n int64) []sheet.OutCell {
		return append(headerCells(lang.Pick(zh, en)), numberCell(n))
	}
	if opt.Deletes {
		return [][]sheet.OutCell{
			row("共读取行数", "rows read", l.Read),
			row("删除", "deleted", l.Updated),
			row("跳过（重复）", "skipped (repeated)", l.Skipped),
			row("失败", "rejected", l.Rejected),
		}
	}
	return [][]sheet.OutCell{
		row("共读取行数", "rows read", l.Read),
		row("新建", "created", l.Created),
		row("更新", "updated", l.Updated),
		row("未变化", "unchanged", l.Unchanged),
		row("跳过", "skipped", l.Skipped),
		row("失败", "rejected", l.Rejected),
	}
}

// codeRows is the table of codes, the most frequent first.
func codeRows(lang crm.Lang, t *Tally) [][]sheet.OutCell {
	header := []string{"错误代码", "说明", "错误数", "行数", "行号", "处理"}
	if lang == crm.English {
		header = []string{"code", "meaning", "errors", "rows", "row numbers", "what to do"}
	}
	rows := [][]sheet.OutCell{headerCells(header...)}
	for _, c := range t.Causes(lang) {
		rows = append(rows, []sheet.OutCell{
			textCell(string(c.Code)), textCell(c.Title), numberCell(c.Count), numberCell(c.Rows), textCell(c.Ranges), textCell(c.Hint),
		})
	}
	return rows
}

// repairSheets are the sheets of a repair workbook, the rows first.
var repairSheets = [...]text{{"失败数据", "Failed rows"}, {"错误明细", "Errors"}, {"待建标签", "Tags to create"}, {"汇总", "Summary"}}

// BesideFailedRows reports whether a sheet of this name came with the failed
// rows of a repair workbook, read being the sheet that is imported.
func BesideFailedRows(read, name string) bool {
	for _, lang := range []crm.Lang{crm.Chinese, crm.English} {
		if read != repairSheets[0].in(lang) {
			continue
		}
		for _, s := range repairSheets[1:] {
			if name == s.in(lang) {
				return true
			}
		}
	}
	return false
}
