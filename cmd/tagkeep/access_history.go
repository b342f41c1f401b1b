package main

import (
	"github.com/spf13/cobra"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
)

func (a *app) changesCommand() *cobra.Command {
	var since, on, user string
	cmd := &cobra.Command{
		Use:   "changes [--since T] [--on OBJECT] [--user U]",
		Short: "权限的变化：授权、撤销、到期、审批 / what was granted, revoked, ended and decided",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.atDesk(cmd, func(d *admin.Desk) error {
				from, err := readTime("since", since, a.zone)
				if err != nil {
					return err
				}
				list, err := d.Changes(cmd.Context(), from, on, user)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"changes": a.eventInfos(list)})
				}
				if len(list) == 0 {
					a.print("%s", a.t("没有变化", "no changes"))
				}
				a.printEvents(list, "")
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&since, "since", "", "从何时起 / from then on: `2026-11-28`")
	f.StringVar(&on, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	f.StringVar(&user, "user", "", "对这个员工起作用的 / those that reach: `USERID`")
	return cmd
}

// eventInfo is an event in JSON.
type eventInfo struct {
	At       string `json:"at"`
	Kind     string `json:"kind"`
	By       string `json:"by"`
	On       string `json:"on"`
	Text     string `json:"text"`
	Reason   string `json:"reason"`
	Grant    int64  `json:"grant"`
	Request  int64  `json:"request"`
	Deletion int64  `json:"deletion"`
}

func (a *app) eventInfos(list []admin.Event) []eventInfo {
	out := make([]eventInfo, len(list))
	for i, e := range list {
		out[i] = eventInfo{a.stamp(e.At), e.Kind, e.By, e.On, e.Text(a.language()), e.Reason, e.Grant, e.Request, e.Deletion}
	}
	return out
}

func (a *app) printEvents(list []admin.Event, indent string) {
	for _, e := range list {
		line := indent + a.moment(e.At) + "  " + padded(a.eventName(e.Kind), 6) + "  "
		switch {
		case e.Grant != 0:
			line += numberOf("G", e.Grant) + " "
		case e.Request != 0:
			line += numberOf("Q", e.Request) + " "
		}
		line += e.Text(a.language())
		if e.Kind != "ended" {
			line += a.t("，", ", ") + a.byWhom(e.Name)
		}
		a.print("%s%s", line, a.because(e.Reason))
	}
}

func (a *app) byWhom(name string) string {
	if name == "" {
		name = a.t("操作者", "the operator")
	}
	return a.t("由 ", "by ") + name
}

func (a *app) because(reason string) string {
	if reason == "" {
		return ""
	}
	return a.t("，原因：", ", because: ") + reason
}

func (a *app) eventName(kind string) string {
	switch kind {
	case "granted":
		return a.t("授权", kind)
	case "revoked":
		return a.t("撤销", kind)
	case "ended":
		return a.t("到期", kind)
	case crm.RequestApproved:
		return a.t("批准", kind)
	case crm.RequestDenied:
		return a.t("拒绝", kind)
	case "deleted":
		return a.t("删除", kind)
	}
	return a.t("改动", kind)
}

func (a *app) historyCommand() *cobra.Command {
	var user, on, do, when string
	cmd := &cobra.Command{
		Use:   "history --user U --on OBJECT --at TIME [--do use]",
		Short: "当时能不能用，之后变了什么 / what the answer was then, and what has changed since",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if user == "" {
				user = a.as
			}
			if err := needed([2]string{"user", user}, [2]string{"on", on}, [2]string{"at", when}); err != nil {
				return err
			}
			action, err := parseAction(do)
			if err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				moment, err := readTime("at", when, a.zone)
				if err != nil {
					return err
				}
				past, err := d.History(cmd.Context(), user, on, action, moment)
				if err != nil {
					return err
				}
				return a.printPast(past, action, moment)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&user, "user", "", "员工账号；默认是 --as / whom it is about: `USERID`")
	f.StringVar(&on, "on", "", "`OBJECT`：group:意向、tag:意向:高意向、all")
	f.StringVar(&when, "at", "", "当时 / then: `2026-11-28T09:00`")
	f.StringVar(&do, "do", "use", "能做什么 / what: `view|use|edit|delete|grant`")
	return cmd
}

func (a *app) printPast(p admin.Past, do access.Action, moment int64) error {
	lang := a.language()
	gaps := make([]string, len(p.Gaps))
	for i, g := range p.Gaps {
		gaps[i] = g(lang)
	}
	if a.json {
		type answer struct {
			Allowed bool       `json:"allowed"`
			Level   crm.Level  `json:"level"`
			Chain   []stepInfo `json:"chain"`
		}
		told := func(d access.Decision) answer {
			out := answer{d.Allowed, d.Level, []stepInfo{}}
			for _, s := range d.Chain {
				out.Chain = append(out.Chain, stepInfo{s.Code, s.OK, s.Message(lang), ""})
			}
			return out
		}
		return a.printJSON(map[string]any{"at": a.stamp(moment), "then": told(p.Then), "now": told(p.Now), "changes": a.eventInfos(p.Events), "unknown": gaps})
	}
	a.print(a.t("%[1]s，%[2]s 能不能%[3]s %[4]s：", "%[2]s, %[3]s %[4]s, as of %[1]s:"), a.moment(moment), p.Subject, do.Label(lang), p.On)
	a.printAnswer(a.t("当时", "then"), p.Then)
	a.printAnswer(a.t("现在", "now"), p.Now)
	if len(p.Events) == 0 {
		a.print("%s", a.t("之后没有相关的改动", "nothing that bears on it has changed since"))
	} else {
		a.print("%s", a.t("之后的改动：", "since then:"))
		a.printEvents(p.Events, "  ")
	}
	for _, g := range gaps {
		a.print(a.t("注意：%s", "note: %s"), g)
	}
	return nil
}

// printAnswer is one line for what is allowed, and one for each thing that is
// not.
func (a *app) printAnswer(when string, d access.Decision) {
	if d.Allowed {
		a.print("  ✓ %s%s", when, a.t("可以（级别：", ": yes (level ")+a.levelName(d.Level)+a.t("）", ")"))
		return
	}
	a.print("  ✗ %s%s", when, a.t("不可以", ": no"))
	for _, s := range d.Chain {
		if !s.OK {
			a.print("      %s", s.Message(a.language()))
		}
	}
}
