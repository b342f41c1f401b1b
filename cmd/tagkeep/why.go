package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
)

func (a *app) whyCommand() *cobra.Command {
	var user, customer string
	cmd := &cobra.Command{
		Use:   "why OBJECT --user U [--customer C]",
		Short: "标签为什么不见了：删除、改名、隐藏、撤销、到期、被移除，谁在何时做的 / why somebody no longer sees a tag",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if user == "" {
				user = a.as
			}
			if err := needed([2]string{"user", user}); err != nil {
				return err
			}
			return a.atDesk(cmd, func(d *admin.Desk) error {
				why, err := d.Why(cmd.Context(), args[0], user, customer)
				if err != nil {
					return err
				}
				return a.printWhy(why)
			})
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "员工账号；默认是 --as / whom it is about: `USERID`")
	cmd.Flags().StringVar(&customer, "customer", "", "在这个客户身上 / on this customer: `wm1|#12`")
	return cmd
}

// causeInfo is a cause in JSON.
type causeInfo struct {
	Code   string `json:"code"`
	At     string `json:"at"`
	By     string `json:"by"`
	Reason string `json:"reason"`
	Text   string `json:"message"`
	Fix    string `json:"fix"`
}

func (a *app) printWhy(why admin.Why) error {
	lang := a.language()
	if a.json {
		list := make([]causeInfo, len(why.Causes))
		for i, c := range why.Causes {
			list[i] = causeInfo{c.Code, a.stamp(c.At), c.By, c.Reason, c.Text(lang), c.Fix(lang)}
		}
		return a.printJSON(map[string]any{"object": why.On, "user": why.Subject, "there": why.There(), "causes": list})
	}
	for _, c := range why.Causes {
		line := c.Text(lang)
		if c.At != 0 {
			line += a.t("，", ", ") + a.moment(c.At)
			if c.Code != "GRANT_ENDED" {
				line += " " + a.byWhom(c.By)
			}
		}
		a.print("%s%s", line, a.because(c.Reason))
		for _, fix := range strings.Split(c.Fix(lang), "\n") {
			if fix != "" {
				a.print("    %s", fix)
			}
		}
	}
	return nil
}

// numberOf writes the number of a grant or request.
func numberOf(letter string, id int64) string { return letter + strconv.FormatInt(id, 10) }
