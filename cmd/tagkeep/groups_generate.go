package main

import (
	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

func (a *app) generateCommand() *cobra.Command {
	var what admin.Generate
	cmd := &cobra.Command{Use: "generate --from departments|regions", Short: "按部门或客户地区生成标签组并打标 / make groups from departments or regions, and tag",
		Long: `departments  每个部门一个部门标签组和一个标签，打给该部门员工跟进的客户
             a tag group and a tag per department, on the customers that its people follow
regions      标签组「地区」，每个省市一个标签，打给该地区的客户
             the group 地区 with a tag per region, on the customers of it
已有的标签组、标签和打标关系保持不变；再运行一次不会有变化。
What is there already stays; running it again changes nothing.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if what.From == "" {
				return usage("缺少 --from departments 或 --from regions", "--from departments or --from regions is missing")
			}
			if err := oneOf("from", what.From, admin.FromDepartments, admin.FromRegions); err != nil {
				return err
			}
			if what.Under != "" && what.From != admin.FromDepartments {
				return usage("--under 只用于 --from departments", "--under is for --from departments only")
			}
			return a.generate(cmd, what)
		}}
	f := cmd.Flags()
	f.StringVar(&what.From, "from", "", "依据 / from what: `departments|regions`")
	f.StringVar(&what.Under, "under", "", "只限该部门及下级 / this department and below only: `PATH`")
	f.BoolVar(&what.DryRun, "dry-run", false, "只预演，不写入 / write nothing")
	return cmd
}

// shownPlaces is how many new groups and tags are named.
const shownPlaces = 20

func (a *app) generate(cmd *cobra.Command, what admin.Generate) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		done, err := d.GenerateGroups(cmd.Context(), what)
		if err != nil {
			return err
		}
		if a.json {
			if err := a.printJSON(struct {
				DryRun bool `json:"dry_run"`
				admin.Generated
				Warnings any `json:"warnings"`
			}{what.DryRun, done, a.explained(done.Warnings)}); err != nil {
				return err
			}
		} else {
			a.tellGenerated(what, done)
		}
		if len(done.Skipped) > 0 {
			return ended(exitPartly)
		}
		return nil
	})
}

func (a *app) tellGenerated(what admin.Generate, done admin.Generated) {
	for i, p := range done.Items {
		if i == shownPlaces {
			a.say(a.t("  … 另有 %d 个", "  … %d more"), len(done.Items)-i)
			break
		}
		switch {
		case p.Tag != "":
			a.say(a.t("  标签 %s:%s", "  tag %s:%s"), p.Group, p.Tag)
		case p.Department != "":
			a.say(a.t("  标签组 %s（部门 %s）", "  tag group %s (of %s)"), p.Group, p.Department)
		default:
			a.say(a.t("  标签组 %s（共享）", "  tag group %s (shared)"), p.Group)
		}
	}
	for _, s := range done.Skipped {
		why := a.t("名称超过 30 个字", "the name has more than 30 characters")
		if s.Code == crm.DupInDB {
			why = a.t("已有同名的标签组，不属于该部门", "a group of the name exists that is not the department's")
		}
		a.say(a.t("  没有生成 %s：%s (%s)", "  not made: %s: %s (%s)"), s.Name, why, s.Code)
	}
	a.tellWarnings(done.Warnings)
	switch {
	case done.Groups+done.Tags == 0 && done.Links == 0:
		a.say("%s", a.t("没有要生成的，一切已是最新", "nothing to make: all is there"))
	case what.DryRun:
		a.say(a.t("预演（没有写入任何数据）：标签组 %d，标签 %d，打标关系 %d", "Dry run (nothing written): %d tag groups, %d tags, %d links"), done.Groups, done.Tags, done.Links)
		a.say("%s", a.t("下一步：去掉 --dry-run 正式生成", "Next: run it without --dry-run"))
	default:
		a.say(a.t("已生成：标签组 %d，标签 %d，打标关系 %d（记录 R%d）", "Made: %d tag groups, %d tags, %d links (recorded as R%d)"), done.Groups, done.Tags, done.Links, done.Run)
	}
}
