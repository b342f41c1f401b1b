package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/table"
)

func (a *app) staffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "staff",
		Short: "员工和部门：查看、停用、启用、同一人确认、部门调整 / staff and departments",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.listStaffCommand(),
		&cobra.Command{Use: "show USERID", Short: "一位员工：部门、角色、权限、可用的标签组 / one person", Args: exactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.showStaff(cmd, args[0]) }},
		a.disableCommand(),
		&cobra.Command{Use: "enable USERID", Short: "启用账号 / enable the account", Args: exactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.setDisabled(cmd, args[0], false, "") }},
		&cobra.Command{Use: "confirm-same OLD NEW", Short: "确认离职者和现在的员工是同一人 / somebody who left is who is here", Args: exactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error { return a.confirmSame(cmd, args[0], args[1]) }},
		a.departmentsCommand())
	return cmd
}

func (a *app) listStaffCommand() *cobra.Command {
	department, status := "", ""
	cmd := &cobra.Command{Use: "list", Short: "列出员工 / list the staff", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if status != "" {
				if err := oneOf("status", status, crm.StatusActive, crm.StatusDisabled, crm.StatusLeft); err != nil {
					return err
				}
			}
			return a.listStaff(cmd, department, status)
		}}
	cmd.Flags().StringVar(&department, "department", "", "只列该部门及下级 / this department and below only: `PATH`")
	cmd.Flags().StringVar(&status, "status", "", "只列此状态 / of this status only: `active|disabled|left`")
	return cmd
}

func (a *app) listStaff(cmd *cobra.Command, department, status string) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		rows, err := d.People(cmd.Context(), department, status)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"count": len(rows), "staff": rows})
		}
		for _, p := range rows {
			mark := ""
			if p.Status != crm.StatusActive {
				mark = "  " + a.statusWord(p.Status)
			}
			if p.Status == crm.StatusLeft {
				mark += fmt.Sprintf(" #%d", p.ID)
			}
			a.print("%s %s %s %s%s", padded(p.UserID, 20), padded(p.Name, 12), padded(a.roleWord(p.Role), 14), strings.Join(p.Departments, a.t("、", ", ")), mark)
		}
		a.print(a.t("共 %d 人", "%d people"), len(rows))
		return nil
	})
}

// roleWord is a role as spreadsheets write it.
func (a *app) roleWord(role string) string {
	return table.NewFormatter(crm.People, a.language(), nil).Cell(table.StaffRole, table.Value{State: table.Set, Text: role})
}

// onClock writes a time in the company's zone, "" for none.
func onClock(d *admin.Desk, ms int64) string {
	zone, err := d.DB.Meta().Location()
	if err != nil || ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(zone).Format("2006-01-02 15:04:05")
}

func (a *app) showStaff(cmd *cobra.Command, account string) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		v, err := d.ShowPerson(cmd.Context(), account)
		if err != nil {
			return err
		}
		if a.json {
			type ending struct {
				admin.EndingRow
				StartsAt string `json:"starts_at"`
				EndsAt   string `json:"ends_at"`
			}
			ends := make([]ending, len(v.Ends))
			for i, e := range v.Ends {
				ends[i] = ending{e, onClock(d, e.StartsAt), onClock(d, e.EndsAt)}
			}
			return a.printJSON(struct {
				admin.PersonView
				Ends []ending `json:"ending"`
			}{v, ends})
		}
		a.printPerson(d, v)
		return nil
	})
}

func (a *app) printPerson(d *admin.Desk, v admin.PersonView) {
	a.print("%s  %s  %s  #%d", v.UserID, v.Name, a.statusWord(v.Status), v.ID)
	a.print(a.t("  部门：%s", "  departments: %s"), a.listed(v.Departments))
	role := a.roleWord(v.Role)
	if v.RoleDepartment != "" {
		role += fmt.Sprintf(a.t("（%s）", " (%s)"), v.RoleDepartment)
	}
	a.print(a.t("  角色：%s", "  role: %s"), role)
	a.print(a.t("  客户联系：%s，可配置客户标签：%s", "  customer contact: %s, tag configuration: %s"), a.yesNo(v.Contact), a.yesNo(v.Tagging))
	if v.Tagging && !v.Contact {
		a.print("%s", a.t("    没有客户联系权限时，可配置客户标签不起作用", "    without customer contact, tag configuration has no effect"))
	}
	a.print(a.t("  可编辑的标签组（%d）：%s", "  may edit (%d tag groups): %s"), len(v.Edits), a.listed(v.Edits))
	a.print(a.t("  可使用的标签组（%d）：%s", "  may use (%d tag groups): %s"), len(v.Uses), a.listed(v.Uses))
	for _, e := range v.Ends {
		from := ""
		if e.StartsAt > time.Now().UnixMilli() {
			from = fmt.Sprintf(a.t("从 %s 起，", "from %s, "), onClock(d, e.StartsAt))
		}
		a.print(a.t("  临时授权 #%d：%s，%s，%s%s 结束", "  temporary grant #%d: %s, %s, %sends %s"), e.Grant, e.On, access.LevelLabel(e.Level, a.language()), from, onClock(d, e.EndsAt))
	}
	if v.SameAs != 0 {
		a.print(a.t("  已确认与 #%d 是同一人", "  is the one who was #%d"), v.SameAs)
	} else if len(v.Records) > 0 && v.Status != crm.StatusLeft {
		a.print(a.t("  此账号曾属于离职员工 #%d；确认是同一人：tagkeep staff confirm-same '#%d' %s", "  #%d, who left, had this account; if they are one: tagkeep staff confirm-same '#%d' %s"),
			v.Records[0], v.Records[0], quoted(v.UserID))
	}
}

// shownNames is how many names a line of a list holds.
const shownNames = 10

func (a *app) listed(names []string) string {
	if len(names) == 0 {
		return a.t("无", "none")
	}
	text := strings.Join(names[:min(len(names), shownNames)], a.t("、", ", "))
	if len(names) > shownNames {
		text += a.t(" 等", ", …")
	}
	return text
}

func (a *app) yesNo(b bool) string {
	if b {
		return a.t("是", "yes")
	}
	return a.t("否", "no")
}

func (a *app) disableCommand() *cobra.Command {
	reason := ""
	cmd := &cobra.Command{Use: "disable USERID --reason TEXT", Short: "停用账号：什么都不能看、不能用 / disable the account", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needed([2]string{"reason", reason}); err != nil {
				return err
			}
			return a.setDisabled(cmd, args[0], true, reason)
		}}
	cmd.Flags().StringVar(&reason, "reason", "", "原因 / why: `TEXT`")
	return cmd
}

func (a *app) setDisabled(cmd *cobra.Command, account string, disabled bool, reason string) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		e, err := d.SetDisabled(cmd.Context(), account, disabled, reason)
		switch {
		case err != nil:
			return err
		case a.json:
			return a.printJSON(map[string]any{"changed": e.After != nil, "item": e})
		case e.After == nil:
			a.say("%s", a.t("没有变化", "nothing to change"))
		case disabled:
			a.say(a.t("已停用 %s；恢复：tagkeep staff enable %s", "disabled %s; to undo it: tagkeep staff enable %s"), e.Name, quoted(e.Name))
		default:
			a.say(a.t("已启用 %s", "enabled %s"), e.Name)
		}
		return nil
	})
}

func (a *app) confirmSame(cmd *cobra.Command, old, account string) error {
	return a.atDesk(cmd, func(d *admin.Desk) error {
		done, err := d.ConfirmSame(cmd.Context(), old, account)
		switch {
		case err != nil:
			return err
		case a.json:
			return a.printJSON(struct {
				Changed bool `json:"changed"`
				admin.Confirmed
			}{done.Event != 0, done})
		case done.Event == 0:
			a.say("%s", a.t("没有变化", "nothing to change"))
		default:
			a.say(a.t("已确认：%s 就是离职的 #%d", "%s is the one who left as #%d"), done.Name, done.Old)
		}
		return nil
	})
}
