package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
)

func (a *app) statsCommand() *cobra.Command {
	out, force := "", false
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "统计：每组每标签的客户数、闲置、到期、疑似重复、回收站、上限 / numbers: customers per group and tag, what to look after",
		Long: `每个标签组和标签的客户数，没有客户的、30 天内到期或已过期的标签，疑似重复的名称，回收站里有什么，离企业微信的上限还有多远，
多少客户有企业微信客户ID。--out 写成 .xlsx（带图表）或 .csv。用 --as 时只算该员工看得到的客户和标签。

Customers per group and tag, tags that no customer has or that expire within 30 days or have, names that look the same, what is in the recycle
bin, how far WeCom's limits are used, how many customers have a WeCom id. --out writes an .xlsx with charts, or a .csv. With --as only the
customers and tags count that that member may see.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.atDesk(cmd, func(d *admin.Desk) error {
				s, err := d.Stats(cmd.Context())
				if err != nil {
					return err
				}
				tables := s.Tables(a.language(), a.zone)
				var done admin.Written
				if out != "" {
					if done, err = admin.WriteStats(tables, out, a.language(), force); err != nil {
						return exportError(err, out)
					}
				}
				switch {
				case a.json:
					return a.printJSON(statsResult{s, done.File})
				case out != "":
					a.say(a.t("已写入统计：%s", "wrote the statistics: %s"), done.File)
				default:
					a.printStats(tables)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "写入文件 / write them to a `FILE`: .xlsx, .csv")
	cmd.Flags().BoolVar(&force, "force", false, "覆盖已有的文件 / replace an existing file")
	return cmd
}

// statsResult is what --json prints.
type statsResult struct {
	admin.Stats
	File string `json:"file"` // that was written, "" for none
}

// mostStats is how many rows of a table the terminal shows.
const mostStats = 20

// printStats prints the tables that have rows, the long ones in part.
func (a *app) printStats(tables []admin.StatsTable) {
	for i, t := range tables {
		if len(t.Rows) == 0 {
			continue
		}
		if i > 0 {
			a.print("")
		}
		a.print(a.t("%s（%s）", "%s (%s)"), t.Title, t.Header[1])
		shown, width := t.Rows[:min(len(t.Rows), mostStats)], 0
		for _, r := range shown {
			width = max(width, columns(r.Name))
		}
		for _, r := range shown {
			line := fmt.Sprintf("  %s %9d", padded(r.Name, width), r.Number)
			if r.Note != "" {
				line += "  " + r.Note
			}
			a.print("%s", line)
		}
		if more := len(t.Rows) - len(shown); more > 0 {
			a.print(a.t("  … 另有 %d 行，见 --out 或 --json", "  … %d more rows: see --out or --json"), more)
		}
	}
}
