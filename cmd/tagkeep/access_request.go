package main

import (
	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

func (a *app) requestCommand() *cobra.Command {
	var w admin.Wish
	var when periodFlags
	var do, level string
	cmd := &cobra.Command{
		Use:   "request --user U --do ACTION --on OBJECT [--for 48h] --reason TEXT",
		Short: "申请权限 / ask for a permission",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			user := w.User
			if user == "" {
				user = a.as
			}
			err := needed([2]string{"user", user}, [2]string{"do", do}, [2]string{"on", w.On}, [2]string{"reason", w.Reason})
			if err != nil {
				return err
			}
			if w.Do, err = parseAction(do); err != nil {
				return err
			}
			if w.Level, err = readLevel(level); err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				if w.When, err = when.period(a.zone); err != nil {
					return err
				}
				made, err := d.Request(cmd.Context(), w)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(a.requestInfo(made))
				}
				a.say(a.t("已提交申请 Q%d：%s", "request Q%d: %s"), made.ID, a.requestLine(made))
				a.sayApprovers(made)
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&w.User, "user", "", "为谁申请；默认是 --as / for whom: `USERID`")
	f.StringVar(&do, "do", "", "`view|use|edit|delete|restore|grant`，也可写中文 / or in Chinese")
	f.StringVar(&w.On, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	f.StringVar(&w.Customer, "customer", "", "涉及的客户 / about this customer: `wm1|#12`")
	f.StringVar(&level, "level", "", "级别，默认按动作 / the level, by default what the action takes: `view|use|edit`")
	when.declare(f)
	f.StringVar(&w.Reason, "reason", "", "原因 / why: `TEXT`")
	return cmd
}

// sayApprovers prints who may approve a request and the command that does.
func (a *app) sayApprovers(r admin.RequestInfo) {
	if len(r.Names) == 0 {
		a.say("%s", a.t("  可以批准的人：tagkeep 的操作者", "  who may approve it: the operator of tagkeep"))
		a.say(a.t("  批准：tagkeep access approve Q%d", "  to approve: tagkeep access approve Q%d"), r.ID)
		return
	}
	a.say(a.t("  可以批准的人：%s", "  who may approve it: %s"), a.joined(r.Names))
	a.say(a.t("  批准：tagkeep access approve Q%d --as %s", "  to approve: tagkeep access approve Q%d --as %s"), r.ID, r.Approvers[0])
}

// requestInfo is a request in JSON.
type requestInfo struct {
	Request   int64     `json:"request"`
	User      string    `json:"user"`
	Do        string    `json:"do"`
	On        string    `json:"on"`
	Level     crm.Level `json:"level"`
	From      string    `json:"from"`
	Until     string    `json:"until"`
	Hours     float64   `json:"hours"` // asked for from the approval on, 0 = see from and until
	Reason    string    `json:"reason"`
	State     string    `json:"state"`
	At        string    `json:"at"`
	DecidedAt string    `json:"decided_at"`
	DecidedBy string    `json:"decided_by"`
	Answer    string    `json:"answer"`
	Approvers []string  `json:"approvers"`
}

func (a *app) requestInfo(r admin.RequestInfo) requestInfo {
	in := requestInfo{Request: r.ID, User: r.For, Do: r.Action, On: r.On, Level: r.Level, From: a.stamp(r.StartsAt), Until: a.stamp(r.EndsAt),
		Reason: r.Reason, State: r.State, At: a.stamp(r.CreatedAt), DecidedAt: a.stamp(r.DecidedAt), DecidedBy: r.DecidedBy, Answer: r.Answer, Approvers: r.Approvers}
	if r.EndsAt != 0 && r.StartsAt == 0 {
		in.Hours, in.Until = float64(r.EndsAt-r.CreatedAt)/3_600_000, ""
	}
	if in.Approvers == nil {
		in.Approvers = []string{}
	}
	return in
}

func (a *app) requestLine(r admin.RequestInfo) string {
	text := r.Sentence(a.language())
	switch {
	case r.EndsAt == 0:
		text += a.t("，长期", ", lasting")
	case r.StartsAt == 0:
		text += a.t("，批准后 ", ", for ") + a.left(r.EndsAt-r.CreatedAt)
	default:
		text += a.t("，", ", ") + a.moment(r.StartsAt) + a.t(" 至 ", " to ") + a.moment(r.EndsAt)
	}
	return text + a.t("，原因：", ", because: ") + r.Reason
}

// requestArg reads the one argument.
func requestArg(word string) (int64, error) {
	id, ok := admin.RequestID(word)
	if !ok {
		return 0, usage("%q 不是申请的编号，例如 Q3", "%q is not a request such as Q3", word)
	}
	return id, nil
}

func (a *app) approveCommand() *cobra.Command {
	var when periodFlags
	var lasting bool
	var reason string
	cmd := &cobra.Command{
		Use:   "approve Q3 [--for 48h|--until T|--lasting] [--reason TEXT]",
		Short: "批准申请，即授权；不写时间就按申请的 / approve a request, for the time asked for unless another is given",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := requestArg(args[0])
			if err != nil {
				return err
			}
			if lasting && when.given() {
				return usage("--lasting 不能和 --from、--for、--until 一起写", "--lasting goes without --from, --for and --until")
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				var other *admin.Period
				if lasting || when.given() {
					p, err := when.period(a.zone)
					if err != nil {
						return err
					}
					other = &p
				}
				made, err := d.Approve(cmd.Context(), id, other, reason)
				if err != nil {
					return err
				}
				if !a.json {
					a.say(a.t("已批准 Q%d", "approved Q%d"), id)
				}
				return a.printGrant(made, false)
			})
		},
	}
	when.declare(cmd.Flags())
	cmd.Flags().BoolVar(&lasting, "lasting", false, "长期有效 / for good")
	cmd.Flags().StringVar(&reason, "reason", "", "说明 / a word about it: `TEXT`")
	return cmd
}

func (a *app) denyCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "deny Q3 --reason TEXT",
		Short: "拒绝申请 / deny a request",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := requestArg(args[0])
			if err != nil {
				return err
			}
			if err := needed([2]string{"reason", reason}); err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				done, err := d.Deny(cmd.Context(), id, reason)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(a.requestInfo(done))
				}
				a.say(a.t("已拒绝 Q%d：%s", "denied Q%d: %s"), id, a.requestLine(done))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "原因 / why: `TEXT`")
	return cmd
}

func (a *app) accessListCommand() *cobra.Command {
	var opt admin.ListOptions
	var requests, grants bool
	var ending string
	cmd := &cobra.Command{
		Use:   "list [--requests|--grants] [--on OBJECT] [--user U] [--ending 24h] [--all]",
		Short: "待处理的申请和有效的授权 / open requests and standing grants",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			length, err := readLength("ending", ending)
			if err != nil {
				return err
			}
			opt.Ending = length.Milliseconds()
			return a.atDesk(cmd, func(d *admin.Desk) error {
				list, err := d.List(cmd.Context(), opt)
				if err != nil {
					return err
				}
				if requests && !grants {
					list.Grants = nil
				}
				if grants && !requests {
					list.Requests = nil
				}
				return a.printListing(list)
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&requests, "requests", false, "只列申请 / requests only")
	f.BoolVar(&grants, "grants", false, "只列授权 / grants only")
	f.StringVar(&opt.On, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	f.StringVar(&opt.User, "user", "", "对这个员工起作用的 / those that reach: `USERID`")
	f.StringVar(&ending, "ending", "", "这段时间内到期的 / grants that end within: `24h`")
	f.BoolVar(&opt.All, "all", false, "包括已处理的申请、已撤销和到期的授权 / decided, revoked and ended ones too")
	return cmd
}

// soon is how long before its end a grant is marked.
const soon = 24 * 60 * 60 * 1000

func (a *app) printListing(list admin.Listing) error {
	if a.json {
		requests := make([]requestInfo, len(list.Requests))
		for i, r := range list.Requests {
			requests[i] = a.requestInfo(r)
		}
		return a.printJSON(map[string]any{"requests": requests, "grants": a.grantInfos(list.Grants)})
	}
	if len(list.Requests)+len(list.Grants) == 0 {
		a.print("%s", a.t("没有申请，也没有授权", "no requests and no grants"))
	}
	for _, r := range list.Requests {
		a.print("Q%-4d %s  %s", r.ID, a.stateName(r.State), a.requestLine(r))
		if r.State == crm.RequestOpen && len(r.Names) > 0 {
			a.print(a.t("      可以批准的人：%s", "      who may approve it: %s"), a.joined(r.Names))
		}
	}
	for _, g := range list.Grants {
		a.print("G%-4d %s%s", g.ID, a.grantLine(g), a.grantMark(g, list.Now))
	}
	return nil
}

func (a *app) grantMark(g admin.GrantInfo, now int64) string {
	switch {
	case g.RevokedAt != 0:
		return a.t("（已撤销）", " (revoked)")
	case g.EndsAt != 0 && g.EndsAt <= now:
		return a.t("（已到期）", " (ended)")
	case g.Sleeps:
		return a.t("（对象在回收站里）", " (its object is in the recycle bin)")
	case g.StartsAt > now:
		return a.t("（未开始）", " (not begun)")
	case g.EndsAt != 0 && g.EndsAt-now <= soon:
		return a.t("（即将到期，剩余 ", " (ends soon, ") + a.left(g.EndsAt-now) + a.t("）", " left)")
	case g.EndsAt != 0:
		return a.t("（剩余 ", " (") + a.left(g.EndsAt-now) + a.t("）", " left)")
	}
	return ""
}

func (a *app) stateName(state string) string {
	switch state {
	case crm.RequestOpen:
		return a.t("待批准", "open")
	case crm.RequestApproved:
		return a.t("已批准", "approved")
	case crm.RequestDenied:
		return a.t("已拒绝", "denied")
	}
	return state
}
