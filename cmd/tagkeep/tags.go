package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
)

func (a *app) tagsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tags",
		Short: "标签：查看、新建、改名、移动、合并 / tags by hand",
		Long: `逐个管理标签，写成 标签组:标签；规则和导入标签表相同。大批量的改动请用 tagkeep import tags。

Tags one by one, written GROUP:TAG, by the same rules as the import of a tags sheet.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.listTagsCommand(), a.createTagsCommand(),
		&cobra.Command{Use: "rename GROUP:OLD NEW", Short: "改名 / rename", Args: exactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.edit(cmd, func(d *admin.Desk) (admin.Outcome, error) { return d.RenameTag(cmd.Context(), args[0], args[1]) })
			}},
		a.moveTagsCommand(), a.mergeTagsCommand())
	return cmd
}

// someArgs wants one argument at least.
func someArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return exactArgs(1)(cmd, args)
}

func (a *app) createTagsCommand() *cobra.Command {
	var n admin.NewTags
	cmd := &cobra.Command{Use: "create GROUP:TAG…", Short: "新建标签 / make tags", Args: someArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			n.Names = args
			return a.edit(cmd, func(d *admin.Desk) (admin.Outcome, error) { return d.CreateTags(cmd.Context(), n) })
		}}
	f := cmd.Flags()
	f.StringVar(&n.Expires, "expires", "", "到期日期 / the last day: `2030-12-31`")
	f.StringVar(&n.Description, "description", "", "说明 / `TEXT`")
	f.StringVar(&n.Sort, "sort", "", "在组内的次序，小的在前 / its place in the group: `N`")
	return cmd
}

func (a *app) moveTagsCommand() *cobra.Command {
	to := ""
	cmd := &cobra.Command{Use: "move GROUP:TAG… --to GROUP", Short: "移到另一个标签组，打标关系和授权一起过去 / into another group, with links and grants", Args: someArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usage("缺少 --to 标签组", "--to GROUP is missing")
			}
			return a.edit(cmd, func(d *admin.Desk) (admin.Outcome, error) { return d.MoveTags(cmd.Context(), args, to) })
		}}
	cmd.Flags().StringVar(&to, "to", "", "移到此标签组 / the `GROUP` they go to")
	return cmd
}

func (a *app) listTagsCommand() *cobra.Command {
	group := ""
	cmd := &cobra.Command{Use: "list", Short: "列出看得到的标签 / list those that may be seen", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listTags(cmd, group) }}
	cmd.Flags().StringVar(&group, "group", "", "只列此标签组 / of this `GROUP` only")
	return cmd
}

func (a *app) listTags(cmd *cobra.Command, group string) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		rows, err := d.Tags(cmd.Context(), group)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"count": len(rows), "tags": rows})
		}
		last, groups := "", 0
		for _, t := range rows {
			if groups == 0 || t.Group != last {
				last, groups = t.Group, groups+1
				a.print("%s", t.Group)
			}
			line := fmt.Sprintf(a.t("  %s 客户 %d", "  %s %d customers"), padded(t.Name, 24), t.Customers)
			if t.ExpiresOn != "" {
				line += fmt.Sprintf(a.t("，%s 到期", ", expires %s"), t.ExpiresOn)
			}
			a.print("%s", line)
		}
		a.print(a.t("共 %d 个标签，在 %d 个标签组里", "%d tags in %d groups"), len(rows), groups)
		return nil
	})
}
