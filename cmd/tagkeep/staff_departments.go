package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
)

func (a *app) departmentsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "departments",
		Short: "部门：查看、改名、移动、合并、拆分 / departments: list, rename, move, merge, split",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "部门树和人数 / the tree with counts", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.listDepartments(cmd) }},
		&cobra.Command{Use: "rename PATH NEWNAME", Short: "改名 / rename", Args: exactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.reshape(cmd, false, func(d *admin.Desk) (admin.Reshaped, error) {
					return d.RenameDepartment(cmd.Context(), args[0], args[1])
				})
			}},
		a.moveDepartmentCommand(), a.mergeDepartmentCommand(), a.splitDepartmentCommand())
	return cmd
}

func (a *app) listDepartments(cmd *cobra.Command) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		rows, err := d.Departments(cmd.Context())
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"count": len(rows), "departments": rows})
		}
		top := 0
		for i, r := range rows {
			name := r.Name
			if i == 0 || r.Depth <= top {
				top, name = r.Depth, r.Path
			}
			line := fmt.Sprintf(a.t("%s %d 人", "%s %d people"), padded(strings.Repeat("  ", r.Depth-top)+name, 36), r.People)
			if r.All != r.People {
				line += fmt.Sprintf(a.t("（含下级 %d）", " (%d with those below)"), r.All)
			}
			if r.Groups > 0 {
				line += fmt.Sprintf(a.t("，部门标签组 %d", ", %d tag groups"), r.Groups)
			}
			a.print("%s", line)
		}
		a.print(a.t("共 %d 个部门", "%d departments"), len(rows))
		return nil
	})
}

const dryRunWords = "只预演，看谁的权限会变 / write nothing, show whose access would change"

func (a *app) moveDepartmentCommand() *cobra.Command {
	under, top, dryRun := "", false, false
	cmd := &cobra.Command{Use: "move PATH --under PATH|--top", Short: "移到另一个部门下 / put it under another one", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if top == (under != "") {
				return usage("写 --under 上级部门 或 --top，二者选一", "give either --under PATH or --top")
			}
			return a.reshape(cmd, dryRun, func(d *admin.Desk) (admin.Reshaped, error) {
				return d.MoveDepartment(cmd.Context(), args[0], under, dryRun)
			})
		}}
	cmd.Flags().StringVar(&under, "under", "", "新的上级部门 / its new parent: `PATH`")
	cmd.Flags().BoolVar(&top, "top", false, "移到最上层 / to the top")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, dryRunWords)
	return cmd
}

func (a *app) mergeDepartmentCommand() *cobra.Command {
	into, dryRun := "", false
	cmd := &cobra.Command{Use: "merge FROM --into TO", Short: "并入另一个部门：人、下级部门和部门标签组一起过去 / into another one, with people, sub-departments and tag groups", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if into == "" {
				return usage("缺少 --into 部门", "--into PATH is missing")
			}
			return a.reshape(cmd, dryRun, func(d *admin.Desk) (admin.Reshaped, error) {
				return d.MergeDepartment(cmd.Context(), args[0], into, dryRun)
			})
		}}
	cmd.Flags().StringVar(&into, "into", "", "并入此部门 / the one it goes into: `PATH`")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, dryRunWords)
	return cmd
}

func (a *app) splitDepartmentCommand() *cobra.Command {
	name, dryRun := "", false
	var people []string
	cmd := &cobra.Command{Use: "split PATH --new NAME --staff U1,U2…", Short: "拆出一个同级的新部门，把这些人移过去 / make a new one beside it and move these people", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if name == "" || len(people) == 0 {
				return usage("缺少 --new 新部门名称 或 --staff 员工账号", "--new NAME and --staff ACCOUNTS are needed")
			}
			return a.reshape(cmd, dryRun, func(d *admin.Desk) (admin.Reshaped, error) {
				return d.SplitDepartment(cmd.Context(), args[0], name, people, dryRun)
			})
		}}
	cmd.Flags().StringVar(&name, "new", "", "新部门的名称 / the new one's `NAME`")
	cmd.Flags().StringSliceVar(&people, "staff", nil, "移过去的员工账号，逗号分隔 / `ACCOUNTS`, separated by commas")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, dryRunWords)
	return cmd
}

// reshape runs a change of the directory and tells what it did and whose access
// it changes.
func (a *app) reshape(cmd *cobra.Command, dryRun bool, fn func(d *admin.Desk) (admin.Reshaped, error)) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		r, err := fn(d)
		if err != nil {
			return err
		}
		if a.json {
			r.Effect = jsonEffect(r.Effect)
			return a.printJSON(struct {
				Changed bool `json:"changed"`
				DryRun  bool `json:"dry_run"`
				admin.Reshaped
			}{r.After != nil, dryRun, r})
		}
		if r.After == nil {
			a.say("%s", a.t("没有变化", "nothing to change"))
			return nil
		}
		head := ""
		if dryRun {
			head = a.t("预演（没有写入任何数据）：", "Dry run (nothing written): ")
		}
		line := fmt.Sprintf("%s%v → %v", head, r.Before["department"], r.After["department"])
		if r.People > 0 {
			line += fmt.Sprintf(a.t("（%d 人）", " (%d people)"), r.People)
		}
		a.say("%s", line)
		if r.Effect.Gained+r.Effect.Lost == 0 {
			a.say("%s", a.t("没有人的权限因此改变", "nobody's access changes"))
		}
		a.tellEffect(r.Effect)
		if r.Grants > 0 {
			a.say(a.t("授给 %[1]s 的 %[2]d 条授权不再起作用；查看：tagkeep access list，重新授给新部门：tagkeep access grant --department %[3]s …",
				"%[2]d grants to %[1]s have no effect any more; see tagkeep access list, and give them anew: tagkeep access grant --department %[3]s …"),
				r.Before["department"], r.Grants, quoted(fmt.Sprint(r.After["department"])))
		}
		if dryRun {
			a.say("%s", a.t("下一步：去掉 --dry-run 正式执行", "Next: run it without --dry-run"))
		}
		return nil
	})
}
