package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/snapshot"
)

func (a *app) snapshotPruneCommand() *cobra.Command {
	var p snapshot.Policy
	var within string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "prune --keep-…",
		Short: "删除多余的快照，说明每个为什么保留 / remove snapshots that the policy does not keep, with the reason for each",
		Long: `手工、定时和删除前等自动快照各按规则保留，互不挤占；回收站还要用的、损坏的、时间在未来的不会删除。
Manual, scheduled and automatic snapshots each have the policy for themselves; what the bin needs, what is damaged and what is dated in the future stays.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if within != "" {
				if p.Within, err = parseWithin(within); err != nil {
					return err
				}
			}
			return a.pruneSnapshots(cmd, p, dryRun)
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&p.Last, "keep-last", 0, "最近几个 / the newest `N`")
	fs.IntVar(&p.Daily, "keep-daily", 0, "最近几天，每天最后一个 / the last of each of `N` days")
	fs.IntVar(&p.Weekly, "keep-weekly", 0, "最近几周，每周最后一个 / the last of each of `N` weeks")
	fs.IntVar(&p.Monthly, "keep-monthly", 0, "最近几个月，每月最后一个 / the last of each of `N` months")
	fs.StringVar(&within, "keep-within", "", "这段时间内的全部 / all of the last `48h|30d`")
	fs.BoolVar(&dryRun, "dry-run", false, "只显示，不删除 / show, remove nothing")
	return cmd
}

// parseWithin reads 48h and 30d.
func parseWithin(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, usage("--keep-within：%q 要写成 48h 或 30d", "--keep-within: %q must be written as 48h or 30d", s)
}

func (a *app) pruneSnapshots(cmd *cobra.Command, p snapshot.Policy, dryRun bool) error {
	return a.withShelf(cmd, forMaking, func(s *shelf) error {
		out, err := snapshot.Prune(cmd.Context(), s.db, s.dir, snapshot.PruneOptions{Policy: p, DryRun: dryRun, By: s.by, Command: commandLine(cmd)})
		if errors.Is(err, snapshot.ErrEmptyPolicy) {
			return refuse("EMPTY_POLICY", both("没有说明要保留哪些，没有删除任何快照", "the policy keeps nothing, so nothing was removed"),
				both("例如 --keep-daily 14 --keep-weekly 8 --keep-monthly 12", "for example --keep-daily 14 --keep-weekly 8 --keep-monthly 12"))
		}
		if err != nil {
			return err
		}
		return a.tellPruned(s, out, dryRun)
	})
}

// prunedInfo is one snapshot in JSON.
type prunedInfo struct {
	ID      string   `json:"id"`
	File    string   `json:"file"`
	Class   string   `json:"class"`
	Keep    bool     `json:"keep"`
	Reasons []string `json:"reasons"`
}

func (a *app) tellPruned(s *shelf, out snapshot.Pruned, dryRun bool) error {
	list := []prunedInfo{}
	for _, v := range out.Verdicts {
		list = append(list, prunedInfo{v.ID, v.File, v.Class, v.Keep(), append([]string{}, v.Why...)})
	}
	if a.json {
		return a.printJSON(map[string]any{"dry_run": dryRun, "removed": out.Removed, "kept": len(list) - out.Removed, "freed_bytes": out.Freed, "snapshots": list})
	}
	for _, v := range out.Verdicts {
		what := a.t("保留  ", "keep    ") + a.keepReasons(v.Why)
		if !v.Keep() {
			what = a.t("删除", "remove")
		}
		a.say("%s  %s  %s  %s", padded(v.Short(), 6), s.time(v.Created), padded(a.reasonWord(v.Reason), 14), what)
	}
	if dryRun {
		a.say(a.t("预演：会删除 %d 个快照，腾出 %s；保留 %d 个", "dry run: %d snapshots would be removed, freeing %s; %d stay"), out.Removed, sizeOf(out.Freed), len(list)-out.Removed)
	} else {
		a.say(a.t("已删除 %d 个快照，腾出 %s；保留 %d 个", "%d snapshots removed, freeing %s; %d stay"), out.Removed, sizeOf(out.Freed), len(list)-out.Removed)
	}
	return nil
}

var keepWords = map[string]words{
	snapshot.KeepNewest: {"同类最新", "newest of its class"}, snapshot.KeepLast: {"最近", "last"}, snapshot.KeepDaily: {"每日", "daily"},
	snapshot.KeepWeekly: {"每周", "weekly"}, snapshot.KeepMonthly: {"每月", "monthly"}, snapshot.KeepWithin: {"期限内", "within"},
	snapshot.KeepNeeded: {"回收站需要", "the bin needs it"}, snapshot.KeepRecent: {"刚创建", "just made"},
	snapshot.KeepFuture: {"时间在未来，请检查时钟", "dated in the future, check the clock"}, snapshot.KeepDamaged: {"已损坏，请人工处理", "damaged, see to it"},
	snapshot.KeepUnverified: {"未校验：tagkeep snapshot verify", "not verified: tagkeep snapshot verify"},
	snapshot.KeepSuspicious: {"可疑，请人工确认", "suspicious, look at it"}, snapshot.KeepForeign: {"属于另一个数据库", "of another database"},
}

func (a *app) keepReasons(why []string) string {
	var out []string
	for _, w := range why {
		out = append(out, keepWords[w].in(a.language()))
	}
	return strings.Join(out, a.t("、", ", "))
}

func (a *app) snapshotDrillCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "drill [S12|FILE]",
		Short: "还原演练：还原到临时数据库并比较，默认最新一份 / restore for trial and compare, by default the newest",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withShelf(cmd, forMaking, func(s *shelf) error { return a.drillSnapshot(cmd, s, args) })
		},
	}
}

func (a *app) drillSnapshot(cmd *cobra.Command, s *shelf, args []string) error {
	info, err := newestWhole(cmd, s)
	if len(args) > 0 {
		info, err = s.get(args[0])
	}
	if err != nil {
		return err
	}
	keys, err := a.keys()
	if err != nil {
		return err
	}
	bar := a.rowsBar(info.Total(), a.t("正在演练", "restoring for trial"))
	out, err := snapshot.Drill(cmd.Context(), s.db, s.dir, info, bar.set, keys...)
	bar.done()
	if err != nil {
		return restoreError(err, info.Short())
	}
	if a.json {
		return a.printJSON(map[string]any{"id": info.ID, "path": info.Path, "rows": out.Rows, "of": out.Of, "sampled": out.Sampled, "exact": out.Exact, "duration_ms": out.Took.Milliseconds()})
	}
	a.tellDrill(info, out)
	return nil
}

// newestWhole is the newest snapshot of the whole of this database.
func newestWhole(cmd *cobra.Command, s *shelf) (snapshot.Info, error) {
	list, err := s.list(cmd.Context())
	if err != nil {
		return snapshot.Info{}, err
	}
	for _, i := range list {
		if i.Whole() && i.Problem == "" && i.Database == s.db.Meta().UUID {
			return i, nil
		}
	}
	return snapshot.Info{}, refuse("NO_SNAPSHOT", both("还没有快照", "there is no snapshot yet"), both("先运行 tagkeep snapshot create", "run tagkeep snapshot create first"))
}

func (a *app) tellDrill(i snapshot.Info, out snapshot.Drilled) {
	if out.Sampled {
		a.say(a.t("演练通过（抽样）：%s 还原了 %d / %d 行；磁盘空间不足以全部还原", "restored for trial (a sample): %s, %d of %d rows; the disk has no room for all"), i.Short(), out.Rows, out.Of)
		return
	}
	a.say(a.t("演练通过：%s 的 %d 行全部还原，状态与快照完全一致", "restored for trial: all of %s, %d rows, and the state is exactly that of the snapshot"), i.Short(), out.Rows)
}
