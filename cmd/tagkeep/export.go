package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"tagkeep/exporter"
	"tagkeep/internal/report"
)

func (a *app) exportCommand() *cobra.Command {
	var opt exporter.Options
	cmd := &cobra.Command{
		Use:   "export tags|customers|staff|grants FILE",
		Short: "导出为表格 / export to a spreadsheet",
		Long: `导出全部标签、客户、员工或授权为 .xlsx 或 .csv，可原样再次导入。文件写完才会出现；已有的文件不会被覆盖，除非加 --force。
用 --as 时只导出该员工看得到的内容；审计员得到的手机号是打码的，那样的文件不能再导入。

Exports all tags, customers, staff or grants to .xlsx or .csv, ready to be imported again. The file appears
when it is complete; an existing one is replaced only with --force. With --as it holds what that member may see; for auditors phone numbers
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
			if res.Masked {
				a.say("%s", a.t("手机号和电话已打码，这个文件不能再导入。", "Phone numbers are masked; this file cannot be imported again."))
			}
			return nil
		},
	}
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
	switch {
	case errors.As(err, &refused):
		return refuse("NOT_ALLOWED", inBoth(refused.Message), inBoth(refused.Fix))
	case errors.Is(err, exporter.ErrExists):
		return refuse("FILE_EXISTS", both("文件已存在：%s", "the file exists: %s", path), both("换一个文件名，或加 --force 覆盖", "choose another name, or replace it with --force"))
	case errors.Is(err, exporter.ErrFormat):
		return refuse("USAGE", both("文件名要以 .xlsx 或 .csv 结尾：%s", "the file's name must end in .xlsx or .csv: %s", path), both("例如 %s.xlsx", "such as %s.xlsx", path))
	}
	if zh, en := report.FileHint("zh", err), report.FileHint("en", err); zh != "" {
		return &failure{exit: exitFailed, code: "NOT_WRITTEN", err: fmt.Errorf("%w", err), hint: words{zh, en}}
	}
	return err
}
