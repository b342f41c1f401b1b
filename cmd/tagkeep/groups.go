package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

func (a *app) groupsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "groups",
		Short: "标签组：查看、新建、改名、范围、排序、按部门或地区生成 / tag groups by hand",
		Long: `逐个管理标签组；规则和导入标签表相同。大批量的改动请用 tagkeep import tags。

Tag groups one by one, by the same rules as the import of a tags sheet.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "列出看得到的标签组 / list those that may be seen", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.listGroups(cmd) }},
		a.createGroupCommand(),
		&cobra.Command{Use: "rename OLD NEW", Short: "改名 / rename", Args: exactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.edit(cmd, func(d *admin.Desk) (admin.Outcome, error) { return d.RenameGroup(cmd.Context(), args[0], args[1]) })
			}},
		a.scopeGroupCommand(),
		a.sortGroupsCommand(),
		a.generateCommand())
	return cmd
}

func (a *app) createGroupCommand() *cobra.Command {
	var n admin.NewGroup
	cmd := &cobra.Command{Use: "create NAME", Short: "新建标签组 / make a tag group", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n.Name = args[0]
			return a.edit(cmd, func(d *admin.Desk) (admin.Outcome, error) { return d.CreateGroup(cmd.Context(), n) })
		}}
	f := cmd.Flags()
	f.StringVar(&n.Department, "department", "", "部门标签组属于哪个部门 / a department's group: `PATH`")
	f.BoolVar(&n.Single, "single", false, "单选：一位客户在组内最多一个标签 / at most one of its tags on a customer")
	f.StringVar(&n.Sort, "sort", "", "次序，小的在前 / its place, smaller ones first: `N`")
	f.StringVar(&n.Description, "description", "", "说明 / `TEXT`")
	return cmd
}

func (a *app) scopeGroupCommand() *cobra.Command {
	shared, department := false, ""
	cmd := &cobra.Command{Use: "scope NAME --shared|--department D", Short: "改为共享或某部门的标签组 / make it shared or a department's", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if shared == (department != "") {
				return usage("写 --shared 或 --department 部门，二者选一", "give either --shared or --department PATH")
			}
			return a.edit(cmd, func(d *admin.Desk) (admin.Outcome, error) { return d.ScopeGroup(cmd.Context(), args[0], department) })
		}}
	cmd.Flags().BoolVar(&shared, "shared", false, "共享标签组 / for everybody")
	cmd.Flags().StringVar(&department, "department", "", "部门标签组：该部门及下级 / for this department and below: `PATH`")
	return cmd
}

func (a *app) sortGroupsCommand() *cobra.Command {
	return &cobra.Command{Use: "sort NAME N | sort A B C…", Short: "次序：一个组的次序值，或几个组依次排列 / its place, or several in this order",
		Long: `sort 意向 20        把「意向」的次序设为 20（小的在前）/ gives it the place 20, smaller ones first
sort 意向 等级 来源   让这几个组按此先后排列 / puts these in this order
名称是数字的组写成 group:20 / a group whose name is a number is written group:20`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("写成 tagkeep groups sort 标签组 次序，或至少两个标签组", "write tagkeep groups sort NAME N, or two groups at least")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(d *admin.Desk) (admin.Outcome, error) {
				if len(args) == 2 && strings.Trim(args[1], "0123456789") == "" {
					return d.SortGroup(cmd.Context(), args[0], args[1])
				}
				return d.SortGroups(cmd.Context(), args)
			})
		}}
}

func (a *app) listGroups(cmd *cobra.Command) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		rows, err := d.Groups(cmd.Context())
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"count": len(rows), "groups": rows})
		}
		tags := 0
		for _, g := range rows {
			tags += g.Tags
			scope := a.t("共享", "shared")
			if g.Scope == crm.ScopeDepartment {
				scope = g.Department
			}
			line := fmt.Sprintf(a.t("%s %s 标签 %d", "%s %s %d tags"), padded(g.Name, 24), padded(scope, 24), g.Tags)
			if g.Single {
				line += a.t("，单选", ", single choice")
			}
			if g.Sort != 0 {
				line += fmt.Sprintf(a.t("，次序 %d", ", place %d"), g.Sort)
			}
			a.print("%s", line)
		}
		a.print(a.t("共 %d 个标签组，%d 个标签", "%d tag groups, %d tags"), len(rows), tags)
		return nil
	})
}
