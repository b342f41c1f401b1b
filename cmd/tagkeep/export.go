package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"tagkeep/exporter"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
)

func (a *app) exportCommand() *cobra.Command {
	var opt exporter.Options
	var where, columns string
	cmd := &cobra.Command{
		Use:   "export tags|customers|staff|grants FILE",
		Short: "导出为表格 / export to a spreadsheet",
		Long: `导出标签、客户、员工或授权为 .xlsx、.csv 或 .csv.zst，可原样再次导入。文件写完才会出现；已有的文件不会被覆盖，除非加 --force。
--where 只导出符合条件的，例如 --where '标签 = 客户意向:高意向 且 添加时间 >= 今天-30d'（写法见 docs/filter.md）；
--columns 选择列和次序；--tag-columns 把每个标签组的标签放进单独的一列。一个工作表放不下时接着写到下一个工作表。
用 --as 时只导出该员工看得到的内容；审计员得到的手机号是打码的，那样的文件不能再导入。

Exports tags, customers, staff or grants to .xlsx, .csv or .csv.zst, ready to be imported again. The file appears
when it is complete; an existing one is replaced only with --force. --where exports what a condition chooses, such as
--where 'tag = Interest:High and added >= today-30d' (docs/filter.md); --columns picks the columns and their order;
--tag-columns puts the tags of each group into a column of their own. What has no room in one sheet goes on in the next. With --as it holds what that member may see; for auditors phone numbers
are masked, and such a file cannot be imported again.`,
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := parseKind(args[0])
			if err != nil {
				return err
			}
			if opt.Encoding != "" {
				if err := oneOf("encoding", strings.ToLower(opt.Encoding), encodings[1:]...); err != nil {
					return err
				}
			}
			if cmd.Flags().Changed("where") {
				if opt.Where, err = parseWhere(where); err != nil {
					return err
				}
			}
			opt.Columns = strings.FieldsFunc(columns, func(r rune) bool { return strings.ContainsRune(",，;；、", r) })
			if len(opt.Columns) == 0 && cmd.Flags().Changed("columns") {
				return refuse("USAGE", both("--columns 没有写列名", "--columns names no column"), both("例如 --columns 客户ID,手机号", "such as --columns external_userid,mobile"))
			}
			db, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer db.Close()
			if opt.By, err = a.actor(cmd.Context(), db); err != nil {
				return err
			}
			opt.Lang = a.language()
			update, done := a.exportProgress()
			opt.Progress = update
			res, err := exporter.Export(cmd.Context(), db, kind, args[1], opt)
			done()
			if err != nil {
				return exportError(err, args[1])
			}
			if a.json {
				return a.printJSON(res)
			}
			a.say(a.t("已导出%s %d 行：%s", "exported %[1]s, %[2]d rows: %[3]s"), kind.Label(a.language()), res.Rows, res.File)
			if len(res.Sheets) > 1 {
				a.say(a.t("一个工作表放不下，接着写到了：%s。导入时每个工作表用 --sheet 各导入一次。",
					"One sheet has not room for all rows; they go on in %s. Import each sheet with --sheet."), strings.Join(res.Sheets[1:], a.t("、", ", ")))
			}
			if res.Masked {
				a.say("%s", a.t("手机号和电话已打码，这个文件不能再导入。", "Phone numbers are masked; this file cannot be imported again."))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&where, "where", "", "只导出符合条件的（docs/filter.md） / what to export, a `CONDITION` (docs/filter.md)")
	cmd.Flags().StringVar(&columns, "columns", "", "要哪些列，用逗号分隔，按此次序 / the `COLUMNS` to write, in this order")
	cmd.Flags().BoolVar(&opt.TagColumns, "tag-columns", false, "每个标签组一列 / one column per tag group")
	cmd.Flags().BoolVar(&opt.Force, "force", false, "覆盖已有的文件 / replace an existing file")
	cmd.Flags().StringVar(&opt.Encoding, "encoding", "", "CSV 编码，默认带 BOM 的 UTF-8 / `ENCODING` of CSV: utf-8, gb18030, …")
	return cmd
}

// exportProgress is a spinner with the number of rows: only on a terminal.
func (a *app) exportProgress() (update func(int64), done func()) {
	if a.quiet || !terminal(a.stderr) {
		return nil, func() {}
	}
	p := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(a.stderr), progressbar.OptionClearOnFinish(),
		progressbar.OptionShowCount(), progressbar.OptionSetDescription(a.t("已导出行数", "rows")))
	return func(n int64) { _ = p.Set64(n) }, func() { _ = p.Finish() }
}

func exportError(err error, path string) error {
	refused := (*exporter.RefusedError)(nil)
	column := (*exporter.ColumnError)(nil)
	cell := (*exporter.CellError)(nil)
	switch {
	case errors.As(err, &refused):
		return refuse("NOT_ALLOWED", inBoth(refused.Message), inBoth(refused.Fix))
	case errors.As(err, &column):
		return columnRefusal(column)
	case errors.As(err, &cell):
		at := fmt.Sprintf("%s%d", sheet.ColumnName(cell.Column), cell.Row)
		return &failure{exit: exitFailed, code: "NOT_WRITTEN", err: both("%s（%s）有这种编码里没有的字：%v", "%s (%s) holds a character that the encoding lacks: %v", at, cell.Header, cell.Err),
			hint: both("不写 --encoding，用 UTF-8；或用 gb18030，它什么字都有", "leave out --encoding for UTF-8, or use gb18030, which has every character"),
			done: both("没有写出文件", "no file was written")}
	case errors.Is(err, exporter.ErrExists):
		return refuse("FILE_EXISTS", both("文件已存在：%s", "the file exists: %s", path), both("换一个文件名，或加 --force 覆盖", "choose another name, or replace it with --force"))
	case errors.Is(err, exporter.ErrFormat):
		return refuse("USAGE", both("文件名要以 .xlsx、.csv 或 .csv.zst 结尾：%s", "the file's name must end in .xlsx, .csv or .csv.zst: %s", path), both("例如 %s", "such as %s", strings.TrimSuffix(path, filepath.Ext(path))+".xlsx"))
	}
	if zh, en := report.FileHint("zh", err), report.FileHint("en", err); zh != "" {
		return &failure{exit: exitFailed, code: "NOT_WRITTEN", err: fmt.Errorf("%w", err), hint: words{zh, en}}
	}
	return err
}

// columnRefusal is about columns that cannot be written.
func columnRefusal(e *exporter.ColumnError) error {
	switch {
	case e.Twice:
		return refuse("USAGE", both("--columns 里有两次同一列：%s", "--columns names a column twice: %s", e.Name), both("去掉一个", "take one out"))
	case e.NoTags:
		return refuse("USAGE", both("--tag-columns 要有 企业标签 这一列，只有客户才有", "--tag-columns needs the column tags, which only customers have"),
			both("导出客户，并在 --columns 里写上 企业标签", "export customers, and name tags in --columns"))
	case e.NoHeader:
		return refuse("BAD_HEADER", both("标签组名称不能用作表头：%s", "the name of this tag group cannot be a header: %s", e.Name),
			both("不用 --tag-columns，或先改名：tagkeep groups rename", "export without --tag-columns, or rename it first: tagkeep groups rename"))
	}
	hint := words{"可用的列：" + strings.Join(e.Known, "、"), "columns: " + strings.Join(e.Known, ", ")}
	if e.Near != "" {
		hint = words{"是否想写 " + e.Near + "？" + hint.zh, "did you mean " + e.Near + "? " + hint.en}
	}
	return refuse("USAGE", both("没有这一列：%s", "there is no column %s", e.Name), hint)
}
