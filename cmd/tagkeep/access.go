package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
)

func (a *app) accessCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "access",
		Short: "谁能看、用、改哪些标签；缺什么权限，怎么补 / who may see, use and change which tags, and what is missing",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.checkCommand(), a.grantCommand(), a.revokeCommand(), a.requestCommand(), a.approveCommand(), a.denyCommand(),
		a.accessListCommand(), a.whoCommand(), a.matrixCommand(), a.onlyCommand(), a.changesCommand(), a.historyCommand())
	return cmd
}

// needed refuses a command line without one of the flags.
func needed(flags ...[2]string) error {
	for _, f := range flags {
		if strings.TrimSpace(f[1]) == "" {
			if f[0] == "reason" {
				return refuse("USAGE", both("缺少 --reason", "--reason is missing"), both(`加 --reason "为什么"，会记入操作记录`, `add --reason "WHY"; the log keeps it`))
			}
			return usage("缺少 --%s", "--%s is missing", f[0])
		}
	}
	return nil
}

func parseAction(word string) (access.Action, error) {
	do, err := access.ParseAction(word)
	if err != nil {
		return "", usage("--do：%q 不在可选值内：view 查看、use 使用、edit 编辑、delete 删除、restore 恢复、grant 授权",
			"--do: %q is not one of view, use, edit, delete, restore, grant", word)
	}
	return do, nil
}

func (a *app) checkCommand() *cobra.Command {
	var user, do, on, customer string
	cmd := &cobra.Command{
		Use:   "check --user U --do ACTION --on OBJECT [--customer C]",
		Short: "按钮为什么是灰的：逐项列出权限，缺什么、谁来补、用什么命令 / what is missing, and how to mend it",
		Long: `逐项检查某员工能否对某标签做某事：✓ 满足，✗ 缺少。缺什么就给出补救的命令或企业微信后台的菜单路径。
Asks every question that the action takes and says what is missing, who can mend it and how.

  tagkeep access check --user zhang --do 使用 --on tag:意向:高意向 --customer wm1

退出码 / exit codes: 0 可以 / allowed, 2 不可以 / not allowed`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if user == "" {
				user = a.as
			}
			if err := needed([2]string{"user", user}, [2]string{"do", do}, [2]string{"on", on}); err != nil {
				return err
			}
			action, err := parseAction(do)
			if err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				check, err := d.Check(cmd.Context(), user, action, on, customer)
				if err != nil {
					return err
				}
				return a.printCheck(check)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&user, "user", "", "员工账号；默认是 --as / whom it is about: `USERID`")
	f.StringVar(&do, "do", "", "`view|use|edit|delete|restore|grant`，也可写中文 / or in Chinese")
	f.StringVar(&on, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	f.StringVar(&customer, "customer", "", "涉及的客户 / about this customer: `wm1|#12`")
	return cmd
}

// stepInfo is a question of the chain in JSON.
type stepInfo struct {
	Code    access.Code `json:"code"`
	OK      bool        `json:"ok"`
	Message string      `json:"message"`
	Fix     string      `json:"fix"`
}

func (a *app) printCheck(check admin.Check) error {
	lang := a.language()
	chain := make([]stepInfo, len(check.Chain))
	for i, s := range check.Chain {
		chain[i] = stepInfo{s.Code, s.OK, s.Message(lang), s.Fix(lang)}
	}
	exit := exitRefused
	if check.Allowed {
		exit = exitDone
	}
	if a.json {
		if err := a.printJSON(map[string]any{"allowed": check.Allowed, "chain": chain}); err != nil {
			return err
		}
		return ended(exit)
	}
	for i, s := range check.Chain {
		a.print("%s %s", stepMark(s), chain[i].Message)
		if !s.OK {
			a.printFix(s)
		}
	}
	switch request := check.Request(lang); {
	case check.Until != 0:
		a.print(a.t("可以。临时授权，剩余 %s（到 %s）", "allowed, by a temporary grant: %s left (until %s)"), a.left(check.Until-check.Now), a.moment(check.Until))
	case check.Allowed:
		a.print("%s", a.t("可以", "allowed"))
	case request != "":
		a.print("%s", a.t("不可以。申请权限：", "not allowed. Ask for it:"))
		a.print("  %s", strings.TrimPrefix(request, "[tagkeep] "))
	default:
		a.print("%s", a.t("不可以。授权解决不了，按上面 ✗ 的办法处理", "not allowed, and a grant would not help: see the fixes above"))
	}
	return ended(exit)
}

// printFix writes who can put a step right and how.
func (a *app) printFix(s access.Step) {
	lang := a.language()
	if who := s.Who(lang); who != "" {
		a.print(a.t("    谁来处理：%s", "    who can mend it: %s"), who)
	}
	for _, line := range strings.Split(s.Fix(lang), "\n") {
		if line != "" {
			a.print("    %s", line)
		}
	}
}

// moment writes a time in the company's zone; "" for none.
func (a *app) moment(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(a.zone).Format("2006-01-02 15:04")
}

// stamp is moment for JSON.
func (a *app) stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(a.zone).Format(time.RFC3339)
}

// left is how long something goes on, in hours and minutes, rounded up: who was
// just given 48 hours has 48 hours.
func (a *app) left(ms int64) string {
	minutes := (ms + 59_999) / 60_000
	h, m := minutes/60, minutes%60
	switch {
	case h > 0 && m > 0:
		return fmt.Sprintf(a.t("%d 小时 %d 分钟", "%d h %d min"), h, m)
	case h > 0:
		return fmt.Sprintf(a.t("%d 小时", "%d h"), h)
	}
	return fmt.Sprintf(a.t("%d 分钟", "%d min"), m)
}
