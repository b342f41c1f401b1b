package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/exporter"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

func (a *app) whoCommand() *cobra.Command {
	var on, do string
	cmd := &cobra.Command{
		Use:   "who --on OBJECT [--do use]",
		Short: "谁有权限，级别和来源 / who has access, at what level and why",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needed([2]string{"on", on}); err != nil {
				return err
			}
			action, err := parseAction(do)
			if err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				people, now, err := d.Who(cmd.Context(), on, action)
				if err != nil {
					return err
				}
				return a.printWho(people, now)
			})
		},
	}
	cmd.Flags().StringVar(&on, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	cmd.Flags().StringVar(&do, "do", "view", "能做什么 / who may do this: `view|use|edit|delete|grant`")
	return cmd
}

func (a *app) printWho(people []admin.Somebody, now int64) error {
	if a.json {
		type info struct {
			User   string    `json:"user"`
			Level  crm.Level `json:"level"`
			Until  string    `json:"until"`
			Reason string    `json:"reason"`
		}
		list := make([]info, len(people))
		for i, p := range people {
			list[i] = info{p.Account, p.Level, a.stamp(p.Until), p.Reason(a.language())}
		}
		return a.printJSON(map[string]any{"people": list})
	}
	if len(people) == 0 {
		a.print("%s", a.t("没有人", "nobody"))
	}
	width := 0
	for _, p := range people {
		width = max(width, columns(p.Called))
	}
	for _, p := range people {
		text := p.Reason(a.language())
		if p.Until != 0 {
			text += a.t("，到 ", ", until ") + a.moment(p.Until) + a.t(" 剩余 ", ", left: ") + a.left(p.Until-now)
		}
		a.print("%s  %s  %s", padded(a.levelName(p.Level), 6), padded(p.Called, width), text)
	}
	return nil
}

func (a *app) matrixCommand() *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:   "matrix [FILE.csv|FILE.xlsx]",
		Short: "标签组 × 部门：各部门普通员工的最高级别 / groups by departments: the best level of ordinary staff",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.atDesk(cmd, func(d *admin.Desk) error {
				m, err := d.Matrix(cmd.Context())
				if err != nil {
					return err
				}
				if len(args) == 1 {
					return a.saveMatrix(m, args[0], force)
				}
				return a.printMatrix(m)
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "覆盖已有的文件 / replace an existing file")
	return cmd
}

func (a *app) printMatrix(m admin.Matrix) error {
	if a.json {
		type row struct {
			Group  string               `json:"group"`
			Levels map[string]crm.Level `json:"levels"`
		}
		rows := make([]row, len(m.Groups))
		for i, g := range m.Groups {
			rows[i] = row{g, make(map[string]crm.Level)}
			for j, d := range m.Departments {
				if m.Levels[i][j] != "" {
					rows[i].Levels[d] = m.Levels[i][j]
				}
			}
		}
		return a.printJSON(map[string]any{"departments": append([]string{}, m.Departments...), "groups": rows})
	}
	table := a.matrixRows(m)
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	for _, row := range table {
		line := ""
		for i, cell := range row {
			line += padded(cell, widths[i]+2)
		}
		a.print("%s", strings.TrimRight(line, " "))
	}
	a.say("%s", a.t("－ 表示该部门没有直属的在职普通员工", "- stands for a department without active ordinary staff of its own"))
	return nil
}

// matrixRows is the table with its header.
func (a *app) matrixRows(m admin.Matrix) [][]string {
	rows := [][]string{append([]string{a.t("标签组", "group")}, m.Departments...)}
	for i, g := range m.Groups {
		row := []string{g}
		for _, level := range m.Levels[i] {
			cell := a.t("－", "-")
			if level != "" {
				cell = a.levelName(level)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

// saveMatrix writes the table into a file that appears when it is complete.
func (a *app) saveMatrix(m admin.Matrix, path string, force bool) error {
	format := strings.ToLower(filepath.Ext(path))
	if format != ".csv" && format != ".xlsx" {
		return exportError(exporter.ErrFormat, path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(abs); !errors.Is(err, fs.ErrNotExist) && !force {
		return exportError(exporter.ErrExists, path)
	}
	file, err := sheet.Create(abs)
	if err != nil {
		return exportError(err, path)
	}
	defer file.Discard()
	write := writeXLSX
	if format == ".csv" {
		write = writeCSV
	}
	if err := write(file, a.t("权限总表", "access"), a.matrixRows(m)); err != nil {
		return exportError(err, path)
	}
	final, err := file.Commit(force)
	if err != nil {
		return exportError(err, path)
	}
	if a.json {
		return a.printJSON(map[string]any{"file": final, "rows": len(m.Groups)})
	}
	a.say(a.t("已导出权限总表 %d 行：%s", "the matrix, %d rows: %s"), len(m.Groups), final)
	return nil
}

// writeCSV writes rows for a spreadsheet program, as Chinese Excel expects them.
func writeCSV(file *sheet.NewFile, _ string, rows [][]string) error {
	w, err := sheet.NewCSVWriter(file, sheet.CSVFormat{Encoding: "utf-8", Delimiter: ',', BOM: true, CRLF: true})
	if err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = sheet.Guard(cell)
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

func writeXLSX(file *sheet.NewFile, name string, rows [][]string) error {
	x := sheet.NewXLSXWriter(file)
	defer x.Discard()
	widths := make([]float64, len(rows[0]))
	for i := range widths {
		widths[i] = 16
	}
	s, err := x.Sheet(name, sheet.SheetOptions{Widths: widths, FreezeRows: 1})
	if err != nil {
		return err
	}
	for i, row := range rows {
		cells := make([]sheet.OutCell, len(row))
		for j, cell := range row {
			cells[j] = sheet.OutCell{Value: cell, Style: sheet.Plain}
			if i == 0 {
				cells[j].Style = sheet.Header
			}
		}
		if err := s.Row(cells); err != nil {
			return err
		}
	}
	return x.Close()
}

func (a *app) onlyCommand() *cobra.Command {
	var department, reason string
	var groups []string
	dryRun := false
	cmd := &cobra.Command{
		Use:   "only --department D --groups G… --reason TEXT",
		Short: "让一个部门（含下级）只看到这些标签组 / show a department just these groups",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			groups = append(groups, args...) // --groups A B
			if err := needed([2]string{"department", department}, [2]string{"groups", strings.Join(groups, "")}, [2]string{"reason", reason}); err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				done, err := d.Only(cmd.Context(), department, groups, reason, dryRun)
				if err != nil {
					return err
				}
				return a.printOnly(done, dryRun)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&department, "department", "", "部门，含下级 / with those below it: `总部/市场部`")
	f.StringSliceVar(&groups, "groups", nil, "看得到的标签组，逗号或空格分开 / the groups that it sees: `A,B`")
	f.StringVar(&reason, "reason", "", "原因 / why: `TEXT`")
	f.BoolVar(&dryRun, "dry-run", false, "只看会怎样，不写入 / write nothing")
	return cmd
}

func (a *app) printOnly(done admin.Only, dryRun bool) error {
	if a.json {
		return a.printJSON(map[string]any{"department": done.Department, "event": done.Event, "dry_run": dryRun, "hidden": a.grantInfos(done.Hidden),
			"lifted": a.grantInfos(done.Lifted), "unseen": append([]string{}, done.Unseen...)})
	}
	hidden, lifted := a.t("隐藏", "hidden"), a.t("不再隐藏", "no longer hidden")
	if dryRun {
		hidden, lifted = a.t("将隐藏", "to be hidden"), a.t("将不再隐藏", "to be hidden no longer")
	}
	if len(done.Hidden)+len(done.Lifted) == 0 {
		a.say("%s", a.t("没有要改的", "there is nothing to change"))
	}
	var undo []string
	for _, g := range done.Hidden {
		a.say("%s  %s", hidden, g.On)
		undo = append(undo, fmt.Sprintf("G%d", g.ID))
	}
	for _, g := range done.Lifted {
		a.say("%s  %s  (G%d)", lifted, g.On, g.ID)
	}
	for _, on := range done.Unseen {
		a.say(a.t("注意：%s 对该部门仍不可见，用 tagkeep access check 查原因", "note: the department still does not see %s; tagkeep access check tells why"), on)
	}
	if done.Self {
		a.say("%s", a.t("注意：你也在该部门，隐藏后你自己也看不到，撤回要由超级管理员来做", "note: you are in the department: these are hidden from you too, and a super admin has to undo it"))
	}
	if done.Event != 0 && len(undo) > 0 {
		a.say(a.t("撤回：tagkeep access revoke %s --reason 原因", "to undo: tagkeep access revoke %s --reason why"), strings.Join(undo, " "))
	}
	return nil
}
