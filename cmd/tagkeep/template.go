package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/exporter"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func (a *app) templateCommand() *cobra.Command {
	var opt exporter.Options
	empty := false
	cmd := &cobra.Command{
		Use:   "template tags|customers|staff|grants FILE.xlsx",
		Short: "生成导入模板 / make a workbook to fill in for an import",
		Long: `生成一个可以直接填写的 .xlsx：必填列有标记，每列有批注，下拉列表是系统里现有的标签组、标签、部门和员工，手机号和 ID 列是文本格式，
另有「填写说明」和「错误说明」两个工作表；示例行不会被导入。用 --as 时，下拉列表只有该员工能用的；--empty 不读数据库，没有这些下拉列表。

Makes an .xlsx to fill in: required columns are marked, each has a note, dropdowns offer the tag groups, tags, departments and staff there are,
columns of phones and ids are text, and two sheets explain how to fill it in and what the error codes mean; the example row is not imported.
With --as the dropdowns hold what that member may use; --empty reads no database and has none of these.`,
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := parseKind(args[0])
			if err != nil {
				return err
			}
			var db *store.DB
			if !empty {
				if db, opt.By, err = a.choicesFrom(cmd.Context()); err != nil {
					return err
				}
			}
			if db != nil {
				defer db.Close()
			}
			opt.Lang = a.language()
			res, err := exporter.Template(cmd.Context(), db, kind, args[1], opt)
			if err != nil {
				return templateError(err, kind, args[1])
			}
			if a.json {
				return a.printJSON(res)
			}
			a.say(a.t("已生成%s模板：%s", "made a template for %s: %s"), kind.Label(a.language()), res.File)
			if !empty {
				a.say("%s", a.choices(db != nil, res.Choices))
			}
			name := filepath.Base(res.File)
			a.say(a.t("下一步：填好后预演 tagkeep import %s %s --dry-run", "Next: fill it in and check it with tagkeep import %s %s --dry-run"), kind, name)
			return nil
		},
	}
	cmd.Flags().BoolVar(&opt.Force, "force", false, "覆盖已有的文件 / replace an existing file")
	cmd.Flags().BoolVar(&empty, "empty", false, "不读数据库，不带现有内容的下拉列表 / without a database, so without dropdowns of what there is")
	return cmd
}

// choices tells what the dropdowns offer of the company.
func (a *app) choices(database bool, c exporter.Choices) string {
	if !database {
		return a.t("还没有数据库，下拉列表里没有现有的标签、部门和员工。", "There is no database yet: the dropdowns hold no tags, departments or staff.")
	}
	var parts []string
	for _, n := range []struct {
		zh, en string
		n      int
	}{{"标签组", "groups", c.Groups}, {"标签", "tags", c.Tags}, {"部门", "departments", c.Departments}, {"员工", "staff", c.Staff}} {
		if n.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", a.t(n.zh, n.en), n.n))
		}
	}
	if parts == nil {
		return a.t("下拉列表里没有现有的内容。", "The dropdowns hold nothing of the company.")
	}
	return a.t("下拉列表里有：", "In the dropdowns: ") + strings.Join(parts, a.t("，", ", "))
}

// choicesFrom opens the database that the dropdowns are filled from; nil where
// there is none yet, since a template is how one begins. Whoever acts for
// somebody needs one in which to look that person up.
func (a *app) choicesFrom(ctx context.Context) (*store.DB, int64, error) {
	db, err := a.open(ctx)
	if errors.Is(err, store.ErrMissing) && a.as == "" {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	by, err := a.actor(ctx, db)
	if err != nil {
		db.Close()
		return nil, 0, err
	}
	return db, by, nil
}

func templateError(err error, kind crm.Kind, path string) error {
	if errors.Is(err, exporter.ErrTemplateFormat) {
		xlsx := strings.TrimSuffix(path, filepath.Ext(path)) + ".xlsx"
		return refuse("USAGE", both("模板只能是 .xlsx：文本文件放不下下拉列表、批注和格式", "a template is an .xlsx: a text file holds no dropdowns, notes or formats"),
			both("写成 tagkeep template %s %s；需要 CSV 时，填好后另存为 CSV", "write tagkeep template %s %s; if you need CSV, save it as CSV once it is filled in", kind, xlsx))
	}
	return exportError(err, path)
}
