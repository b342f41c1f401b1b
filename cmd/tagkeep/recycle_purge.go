package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/recycle"
)

func (a *app) recyclePurgeCommand() *cobra.Command {
	var o recycle.PurgeOptions
	var older string
	cmd := &cobra.Command{Use: "purge [D7…] --reason TEXT", Short: "彻底删除：指定的，或全部已到期的 / remove for good: those named, or all whose time is over",
		Long: `不写编号时只删除已到期的，以及上次没有做完的。彻底删除后不能再从回收站恢复；快照还保留 14 天。
Without numbers only those go whose time is over, and those that an earlier purge left unfinished. There is no restore
from the bin after that; the snapshot stays for 14 days.`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			for _, word := range args {
				id, err := eventID(word)
				if err != nil {
					return err
				}
				o.Events = append(o.Events, id)
			}
			if older != "" {
				if len(args) > 0 {
					return usage("写了编号就不要再写 --older-than", "give either numbers or --older-than")
				}
				if o.OlderThan, err = readLength("older-than", older); err != nil {
					return err
				}
			}
			if !o.DryRun {
				if err := needed([2]string{"reason", o.Reason}); err != nil {
					return err
				}
			}
			return a.purgeBin(cmd, o)
		}}
	fs := cmd.Flags()
	fs.StringVar(&older, "older-than", "", "删除已满这么久的 / those deleted so long ago: `30d`")
	fs.BoolVar(&o.DryRun, "dry-run", false, "只显示 / show what would go")
	fs.StringVar(&o.Reason, "reason", "", "原因 / why: `TEXT`")
	fs.DurationVar(&o.Wait, "wait", 10*time.Second, "数据库忙时最多等待 / how long to wait for a busy database: `10s|5m`")
	return cmd
}

func (a *app) purgeBin(cmd *cobra.Command, o recycle.PurgeOptions) error {
	return a.atBin(cmd, !o.DryRun, func(b *bin) error {
		o.By, o.Command = b.By, b.Command
		rehearsal := o
		rehearsal.DryRun = true
		plan, err := recycle.Purge(cmd.Context(), b.DB, b.dir, rehearsal)
		if err != nil {
			return err
		}
		if o.DryRun || len(plan.Events) == 0 {
			return a.tellPurged(plan, true)
		}
		if !a.yes {
			if !a.json {
				a.printPurged(plan, true)
			}
			if !terminal(a.stdin) {
				return refuse("NOT_CONFIRMED", both("没有确认，没有彻底删除任何数据", "not confirmed, nothing was removed"), both("核对后加 --yes；只看会删除什么用 --dry-run", "when that is right, add --yes; --dry-run shows what would go"))
			}
			ok, err := a.confirmed(cmd.Context(), a.t("彻底删除？不能再从回收站恢复", "remove it for good? There is no restore from the bin after that"))
			if err != nil {
				return err
			}
			if !ok {
				return recycle.ErrDeclined
			}
		}
		o.Events, o.OlderThan = nil, 0 // what was shown is what goes
		for _, e := range plan.Events {
			o.Events = append(o.Events, e.Event.ID)
		}
		if !a.quiet && terminal(a.stderr) {
			o.Progress = func(rows int64) { fmt.Fprintf(a.stderr, a.t("\r已删除 %d 行", "\r%d rows removed"), rows) }
		}
		done, err := recycle.Purge(cmd.Context(), b.DB, b.dir, o)
		if o.Progress != nil {
			fmt.Fprint(a.stderr, "\r"+strings.Repeat(" ", 40)+"\r")
		}
		if err != nil {
			return purgeError(err, len(done.Events), len(plan.Events))
		}
		return a.tellPurged(done, false)
	})
}

// purgeError says how far a purge has come. One that was refused before it began
// is told as it is.
func purgeError(err error, done, all int) error {
	err = snapshotError(binError(err))
	told := (*failure)(nil)
	busy := (*store.BusyError)(nil)
	if done == 0 && (errors.As(err, &told) && told.exit == exitRefused || errors.As(err, &busy)) {
		return err
	}
	f := &failure{exit: exitFailed, code: "PURGE_UNFINISHED", err: err, done: both("已彻底删除 %d 个，共 %d 个", "%d of %d are purged", done, all),
		hint: both("没有做完的不能再恢复，再次运行 tagkeep recycle purge 会做完；tagkeep recycle list 查看", "what was begun cannot be restored; run tagkeep recycle purge again to finish it; tagkeep recycle list shows it")}
	switch {
	case errors.Is(err, context.Canceled):
		f.exit, f.code, f.err = exitStopped, "INTERRUPTED", both("已中断", "interrupted")
	case told != nil:
		f.err = told.err
	}
	return f
}

func (a *app) tellPurged(p recycle.Purged, dry bool) error {
	if a.json {
		if p.Events == nil {
			p.Events = []recycle.PurgedEvent{}
		}
		return a.printJSON(map[string]any{"dry_run": dry, "events": p.Events})
	}
	if len(p.Events) == 0 {
		a.say("%s", a.t("没有到期的删除", "nothing whose time is over"))
	}
	a.printPurged(p, dry)
	return nil
}

func (a *app) printPurged(p recycle.Purged, dry bool) {
	for _, e := range p.Events {
		head := a.t("已彻底删除", "purged")
		if dry {
			head = a.t("会彻底删除", "would go")
		}
		a.say("%s %s  %s  %s", head, e.Label, a.moment(e.Event.CreatedAt), e.Event.Summary)
		a.say(a.t("      标签组 %d，标签 %d，客户 %d", "      %d groups, %d tags, %d customers"), e.Was.Groups, e.Was.Tags, e.Was.Customers)
		if !dry {
			a.say(a.t("      打标关系 %d，跟进关系 %d，授权 %d；快照 %s 还保留 14 天", "      %d links, %d follows, %d grants; snapshot %s stays for 14 days"), e.Gone.Links, e.Gone.Follows, e.Gone.Grants, e.Snapshot)
		}
		if e.Shells > 0 {
			a.say(a.t("      %d 个标签组还有更早删除的标签在回收站，随它们一起消失", "      %d groups still have tags in the bin that were deleted earlier, and go with them"), e.Shells)
		}
	}
}

func (a *app) recycleRetentionCommand() *cobra.Command {
	return &cobra.Command{Use: "retention [DAYS]", Short: "查看或设定保留天数 / show or set how long things stay in the bin",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.retention(cmd, args) }}
}

func (a *app) retention(cmd *cobra.Command, args []string) error {
	days := int64(0)
	if len(args) == 1 {
		n, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || n < 1 || n > store.MaxRetention {
			return usage("%q 不是天数，写 1 到 %d", "%q is no number of days from 1 to %d", args[0], store.MaxRetention)
		}
		days = n
	}
	return a.atDesk(cmd, func(d *admin.Desk) error {
		if days != 0 {
			if err := recycle.SetRetention(cmd.Context(), d.DB, days, d.By, d.Command); err != nil {
				return binError(err)
			}
		}
		err := d.Look(cmd.Context(), func(tx *store.Tx, _ *admin.Company) (err error) {
			days, err = tx.Retention()
			return err
		})
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"days": days})
		}
		a.print(a.t("删除的内容在回收站保留 %d 天", "what is deleted stays in the bin for %d days"), days)
		if len(args) == 1 {
			a.say("%s", a.t("从现在起的删除按此保留，已在回收站里的不变", "that is for what is deleted from now on; what lies in the bin keeps its time"))
		}
		return nil
	})
}

// purgingFindings are purges that were cut short.
func purgingFindings(list []crm.Deletion) (found []finding) {
	for _, d := range list {
		if d.State == crm.StatePurging {
			found = append(found, finding{"PURGE_UNFINISHED", false, both("%s 的彻底删除没有做完", "the purge of %s was cut short", d.Label()),
				both("运行 tagkeep recycle purge %s --reason 原因 --yes 做完它", "finish it: tagkeep recycle purge %s --reason TEXT --yes", d.Label())})
		}
	}
	return found
}
