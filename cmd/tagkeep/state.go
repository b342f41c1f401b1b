package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/store"
)

func (a *app) stateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "state",
		Short: "各类数量和状态摘要值 / counts per kind, and hashes of what the database holds",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer db.Close()
			if sees, err := a.sight(cmd.Context(), db); err != nil {
				return err
			} else if !sees.all {
				return refuse("NOT_ALLOWED", both("全公司的数量只有超级管理员和审计员可以查看", "the company's totals are for super admins and auditors"),
					both("[tagkeep] 用 tagkeep tags list 查看自己能看到的标签", "[tagkeep] tagkeep tags list shows what you may see"))
			}
			s, err := db.State(cmd.Context())
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(s)
			}
			a.printState(a.print, db, s)
			return nil
		},
	}
}

// printState writes the counts and hashes for people.
func (a *app) printState(print func(format string, args ...any), db *store.DB, s store.State) {
	print("%s", db.Target())
	for _, line := range []struct {
		zh, en       string
		live, binned int64
	}{
		{"部门", "departments", s.Counts.Departments, s.InBin.Departments},
		{"员工", "staff", s.Counts.Staff, s.InBin.Staff},
		{"标签组", "tag groups", s.Counts.Groups, s.InBin.Groups},
		{"标签", "tags", s.Counts.Tags, s.InBin.Tags},
		{"客户", "customers", s.Counts.Customers, s.InBin.Customers},
		{"打标关系", "links", s.Counts.Links, s.InBin.Links},
		{"授权", "grants", s.Counts.Grants, s.InBin.Grants},
	} {
		bin := ""
		if line.binned > 0 {
			bin = fmt.Sprintf(a.t("（回收站 %d）", " (in the bin %d)"), line.binned)
		}
		print("  %s%12d%s", padded(a.t(line.zh, line.en), 12), line.live, bin)
	}
	print("  hash   %s", s.Hash)
	print("  exact  %s", s.Exact)
}

// padded fills a label up to a width in columns.
func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-columns(s)))
}

// columns is how wide a text is on a terminal: a Han character takes two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0x2e7f {
			n++
		}
	}
	return n
}

// printJSON prints the one JSON object of --json.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
