package main

import (
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

func (a *app) initCommand() *cobra.Command {
	var company, zone string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "新建数据库并说明位置 / make the database and say where",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkCompany(company, zone); err != nil {
				return err
			}
			if a.as != "" {
				return usage("--as：新数据库里还没有员工", "--as: a new database has no staff yet")
			}
			db, made, err := a.openOrMake(cmd.Context(), store.Settings{Company: company, TimeZone: zone, Lang: crm.Lang(a.lang)})
			if err != nil {
				return err
			}
			defer db.Close()
			if !made {
				a.say(a.t("数据库已存在，未作改动：%s", "the database is there already, nothing changed: %s"), db.Target())
			}
			m := db.Meta()
			if a.json {
				return a.printJSON(map[string]any{"database": db.Target().String(), "created": made, "uuid": m.UUID, "timezone": m.TimeZone, "lang": m.Lang, "company": m.Company})
			}
			a.say(a.t("时区 %s，语言 %s", "time zone %s, language %s"), m.TimeZone, m.Lang)
			a.say(a.t("下一步：tagkeep import staff 员工.xlsx，再导入 tags 和 customers", "next: tagkeep import staff FILE, then tags and customers"))
			return nil
		},
	}
	cmd.Flags().StringVar(&company, "company", "", "公司名称 / the company's `NAME`")
	cmd.Flags().StringVar(&zone, "timezone", "", "公司时区，默认 Asia/Shanghai / the company's time `ZONE`")
	return cmd
}

// checkCompany refuses settings that a database cannot have.
func checkCompany(name, zone string) error {
	const longest = 64
	if utf8.RuneCountInString(name) > longest {
		return usage("--company：公司名称最多 %d 个字", "--company: at most %d characters", longest)
	}
	// Local is whatever machine the database is opened on.
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return usage("--timezone：没有 %q 这个时区，例如 Asia/Shanghai", "--timezone: there is no zone %q; one is Asia/Shanghai", zone)
	}
	return nil
}
