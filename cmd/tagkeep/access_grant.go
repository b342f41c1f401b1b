package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

// receiverFlags say whom a grant is for.
type receiverFlags struct {
	to    admin.Receiver
	flags *pflag.FlagSet
}

func (r *receiverFlags) declare(f *pflag.FlagSet) {
	r.flags = f
	f.StringVar(&r.to.User, "user", "", "给员工 / to a member of staff: `USERID`")
	f.StringVar(&r.to.Department, "department", "", "给部门 / to a department: `总部/市场部`")
	f.BoolVar(&r.to.WithSub, "with-sub", false, "含下级部门 / with the departments below it")
	f.StringVar(&r.to.Role, "role", "", "给角色 / to a role: `staff|dept_admin|auditor|super`")
}

// receiver checks that they name exactly one.
func (r *receiverFlags) receiver() (admin.Receiver, error) {
	named := 0
	for _, s := range []string{r.to.User, r.to.Department, r.to.Role} {
		if s != "" {
			named++
		}
	}
	switch {
	case named != 1:
		return r.to, usage("--user、--department、--role 要写且只写一个", "give one of --user, --department and --role")
	case r.to.WithSub && r.to.Department == "":
		return r.to, usage("--with-sub 只和 --department 一起用", "--with-sub goes with --department")
	}
	r.to.AnySub = !r.flags.Changed("with-sub")
	return r.to, nil
}

func (a *app) grantCommand() *cobra.Command {
	var to receiverFlags
	var when periodFlags
	var on, level, reason string
	cmd := &cobra.Command{
		Use:   "grant --user U|--department D|--role R --on OBJECT --reason TEXT",
		Short: "授权；--for 或 --until 为临时，最多 72 小时 / give a level; with --for or --until for 72 hours at most",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			receiver, err := to.receiver()
			if err != nil {
				return err
			}
			if err := needed([2]string{"on", on}, [2]string{"reason", reason}); err != nil {
				return err
			}
			given, err := readLevel(level)
			if err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				period, err := when.period(a.zone)
				if err != nil {
					return err
				}
				made, again, err := d.Grant(cmd.Context(), receiver, on, given, period, reason)
				if err != nil {
					return err
				}
				return a.printGrant(made, again)
			})
		},
	}
	to.declare(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&on, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	f.StringVar(&level, "level", string(crm.LevelUse), "`hidden|view|use|edit`（隐藏、查看、使用、编辑）")
	when.declare(f)
	f.StringVar(&reason, "reason", "", "原因 / why: `TEXT`")
	return cmd
}

// grantInfo is a grant in JSON.
type grantInfo struct {
	Grant   int64     `json:"grant"`
	To      string    `json:"to"`
	WithSub bool      `json:"with_sub"`
	On      string    `json:"on"`
	Level   crm.Level `json:"level"`
	From    string    `json:"from"`
	Until   string    `json:"until"`
	Reason  string    `json:"reason"`
	Request int64     `json:"request"`
	Event   int64     `json:"event"`
	By      string    `json:"by"`
	At      string    `json:"at"`
	Revoked string    `json:"revoked_at"`
	InBin   bool      `json:"in_bin"`
}

func (a *app) grantInfo(g admin.GrantInfo) grantInfo {
	return grantInfo{Grant: g.ID, To: g.To, WithSub: g.WithSub, On: g.On, Level: g.Level, From: a.stamp(g.StartsAt), Until: a.stamp(g.EndsAt),
		Reason: g.Reason, Request: g.RequestID, Event: g.EventID, By: g.By, At: a.stamp(g.CreatedAt), Revoked: a.stamp(g.RevokedAt), InBin: g.Sleeps}
}

func (a *app) grantInfos(list []admin.GrantInfo) []grantInfo {
	out := make([]grantInfo, len(list))
	for i, g := range list {
		out[i] = a.grantInfo(g)
	}
	return out
}

func (a *app) printGrant(g admin.GrantInfo, again bool) error {
	if a.json {
		return a.printJSON(struct {
			grantInfo
			Again bool `json:"already_there"`
		}{a.grantInfo(g), again})
	}
	if again {
		a.say(a.t("已经有这个授权，没有改动：G%d %s", "the grant stands already, nothing was changed: G%d %s"), g.ID, a.grantLine(g))
		return nil
	}
	a.say(a.t("已授权 G%d：%s", "granted G%d: %s"), g.ID, a.grantLine(g))
	a.say(a.t("  撤销：tagkeep access revoke G%d --reason 原因", "  to take it back: tagkeep access revoke G%d --reason why"), g.ID)
	return nil
}

// grantLine is a grant with its time.
func (a *app) grantLine(g admin.GrantInfo) string {
	text := g.Sentence(a.language())
	switch {
	case g.EndsAt != 0:
		text += a.t("，", ", ") + a.moment(g.StartsAt) + a.t(" 至 ", " to ") + a.moment(g.EndsAt)
	case g.StartsAt != 0:
		text += a.t("，从 ", ", from ") + a.moment(g.StartsAt) + a.t(" 起", " on")
	default:
		text += a.t("，长期", ", lasting")
	}
	return text
}

func (a *app) revokeCommand() *cobra.Command {
	var to receiverFlags
	var on, level, reason string
	cmd := &cobra.Command{
		Use:   "revoke [G12…] | --user U|--department D|--role R --on OBJECT",
		Short: "撤销授权，回收站里的对象也可以 / take grants back, also on what is in the recycle bin",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needed([2]string{"reason", reason}); err != nil {
				return err
			}
			if len(args) > 0 {
				return a.revokeIDs(cmd, args, reason)
			}
			receiver, err := to.receiver()
			if err != nil {
				return err
			}
			if err := needed([2]string{"on", on}); err != nil {
				return err
			}
			only, err := readLevel(level)
			if err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				list, err := d.Revoke(cmd.Context(), receiver, on, only, reason)
				if err != nil {
					return err
				}
				return a.printRevoked(list)
			})
		},
	}
	to.declare(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&on, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	f.StringVar(&level, "level", "", "只撤销这个级别的 / only those of a level: `hidden|view|use|edit`")
	f.StringVar(&reason, "reason", "", "原因 / why: `TEXT`")
	return cmd
}

func (a *app) revokeIDs(cmd *cobra.Command, words []string, reason string) error {
	var ids []int64
	for _, word := range words {
		id, ok := admin.GrantID(word)
		if !ok {
			return usage("%q 不是授权的编号，例如 G12", "%q is not a grant such as G12", word)
		}
		ids = append(ids, id)
	}
	return a.atDesk(cmd, func(d *admin.Desk) error {
		list, err := d.RevokeIDs(cmd.Context(), ids, reason)
		if err != nil {
			return err
		}
		return a.printRevoked(list)
	})
}

func (a *app) printRevoked(list []admin.GrantInfo) error {
	if a.json {
		return a.printJSON(map[string]any{"revoked": a.grantInfos(list)})
	}
	for _, g := range list {
		a.say(a.t("已撤销 G%d：%s", "revoked G%d: %s"), g.ID, a.grantLine(g))
	}
	return nil
}

// levelName is a level in the user's language.
func (a *app) levelName(l crm.Level) string { return access.LevelLabel(l, a.language()) }

// joined is a list in a sentence.
func (a *app) joined(list []string) string { return strings.Join(list, a.t("、", ", ")) }
