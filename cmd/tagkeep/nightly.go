package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/internal/store"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// nightlyPolicy is what a nightly run keeps.
var nightlyPolicy = snapshot.Policy{Daily: 14, Weekly: 8, Monthly: 12}

func (a *app) nightlyCommand() *cobra.Command {
	var copyTo, notify string
	var purge bool
	cmd := &cobra.Command{
		Use:   "nightly",
		Short: "定时任务：新建快照、校验、清理、每周演练、检查 / the scheduled job: snapshot, verify, prune, weekly drill, doctor",
		Long: `每天运行一次。保留 14 天、8 周、12 个月；任一类数据少了一半以上时告警并且不清理；退出码 0 正常，3 告警，1 失败。
To be run once a day. Keeps 14 days, 8 weeks, 12 months; when more than half of one kind is gone it raises an alarm and removes nothing; exit 0 well, 3 alarm, 1 failed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := a.notifier(notify)
			if err != nil {
				return err
			}
			return a.nightly(cmd, copyTo, purge, n)
		},
	}
	cmd.Flags().StringVar(&copyTo, "copy-to", "", "再复制到另一块磁盘 / copy the snapshot to another disk too: `DIR`")
	a.recipientFlag(cmd)
	cmd.Flags().BoolVar(&purge, "purge-expired", false, "彻底删除回收站里已到期的 / purge what has been in the bin for its time")
	cmd.Flags().StringVar(&notify, "notify", "", "失败时和恢复时通知企业微信群机器人 / tell a WeCom group robot of a failure and of its end: `URL` (TAGKEEP_NOTIFY)")
	return cmd
}

// nightlyCommand is what the log keeps of the command line: the robot's address
// is a secret.
const nightlyCommand = "tagkeep nightly"

// night is one nightly run.
type night struct {
	a      *app
	s      *shelf
	copyTo string
	purge  bool
	made   snapshot.Made
	copied string
	pruned snapshot.Pruned
	purged recycle.Purged
	drill  *snapshot.Drilled
	ownKey bool // the drill went by the key that made the snapshot, which is gone by now
	found  []finding
	start  time.Time
}

func (a *app) nightly(cmd *cobra.Command, copyTo string, purge bool, n *notifier) error {
	run := &night{a: a, copyTo: copyTo, purge: purge, start: time.Now()}
	s, err := a.shelf(cmd, forMaking)
	if f := (*failure)(nil); errors.As(err, &f) && f.code == "NOT_ALLOWED" {
		return err // nobody's failed job, and none to tell the group of
	}
	var dir *snapshot.Dir
	if err == nil {
		defer s.close()
		run.s, dir = s, s.dir
		err = run.do(cmd.Context())
	}
	err = snapshotError(err)
	alarm := err == nil && run.alarm()
	n.tell(cmd.Context(), dir, "nightly", err != nil || alarm, a.jobText("nightly", run.message(err)))
	run.log(err)
	if err != nil {
		return err
	}
	if err := run.report(); err != nil {
		return err
	}
	if alarm {
		return ended(exitPartly)
	}
	return nil
}

// do runs the steps. Without a snapshot there is nothing more to do; what fails
// after it does not keep the other steps from being done.
func (r *night) do(ctx context.Context) (err error) {
	r.made, err = snapshot.Create(ctx, r.s.db, r.s.dir, snapshot.Options{Reason: snapshot.Schedule, By: r.s.by, Command: nightlyCommand})
	if err != nil {
		return err
	}
	var errs []error
	if r.copyTo != "" {
		errs = append(errs, r.copyAway(ctx))
	}
	errs = append(errs, r.purgeExpired(ctx))
	r.pruned, err = r.prune(ctx, r.s.dir)
	errs = append(errs, err)
	errs = append(errs, r.drillWeekly(ctx))
	// The alarm of the night before is over when this one gets here.
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if jobs := readJobs(r.s.dir); jobs.Failed["nightly"] {
		defer func() { r.found = without(r.found, "NIGHTLY_FAILED") }()
	}
	r.found, err = r.a.findings(ctx, r.s, time.Now())
	return err
}

// purgeExpired purges what the bin has had for its time, if that was asked for,
// but not on a night on which much is missing: then somebody may still want it.
func (r *night) purgeExpired(ctx context.Context) (err error) {
	if !r.purge || r.made.Suspicious {
		return nil
	}
	r.purged, err = recycle.Purge(ctx, r.s.db, r.s.dir, recycle.PurgeOptions{Reason: "nightly --purge-expired", By: r.s.by, Command: nightlyCommand + " --purge-expired"})
	return err
}

// prune thins out a folder, but not on a night on which the old snapshots may be
// all that is left of the data.
func (r *night) prune(ctx context.Context, dir *snapshot.Dir) (snapshot.Pruned, error) {
	if r.made.Suspicious {
		return snapshot.Pruned{}, nil
	}
	return snapshot.Prune(ctx, r.s.db, dir, snapshot.PruneOptions{Policy: nightlyPolicy, By: r.s.by, Command: nightlyCommand})
}

func without(found []finding, code string) (out []finding) {
	for _, f := range found {
		if f.code != code {
			out = append(out, f)
		}
	}
	return out
}

func (r *night) copyAway(ctx context.Context) error {
	to, err := snapshot.OpenDir(r.copyTo)
	if err != nil {
		return err
	}
	c, err := snapshot.Copy(ctx, r.made.Info, to, r.made.Keys()...)
	if err != nil {
		return fmt.Errorf("copy the snapshot to %s: %w", r.copyTo, err)
	}
	r.copied = c.Path
	if _, err := r.prune(ctx, to); err != nil {
		return fmt.Errorf("thin out the copies in %s: %w", r.copyTo, err)
	}
	jobs := readJobs(r.s.dir)
	jobs.CopiedTo, jobs.CopiedAt = to.Path(), time.Now().UnixMilli()
	return jobs.write(r.s.dir)
}

// drillWeekly restores the new snapshot for trial when that was last done a week
// ago.
func (r *night) drillWeekly(ctx context.Context) error {
	last := int64(0)
	err := r.s.db.View(ctx, func(tx *store.Tx) (err error) {
		last, err = snapshot.LastDrill(tx)
		return err
	})
	const slack = time.Hour // jobs do not start to the second
	if err != nil || time.Since(time.UnixMilli(last)) < drillEvery-slack {
		return err
	}
	keys, err := r.a.keys()
	if err != nil {
		return err
	}
	if r.ownKey = len(keys) == 0 && r.made.Encrypted; r.ownKey {
		keys = r.made.Keys()
	}
	d, err := snapshot.Drill(ctx, r.s.db, r.s.dir, r.made.Info, nil, keys...)
	if err == nil {
		r.drill = &d
	}
	return err
}

func (r *night) alarm() bool {
	for _, f := range r.found {
		if f.alarm {
			return true
		}
	}
	return r.made.Suspicious
}

// message is what the group is told.
func (r *night) message(err error) string {
	var alarms []finding
	for _, f := range r.found {
		if f.alarm {
			alarms = append(alarms, f)
		}
	}
	switch {
	case err != nil:
		f := r.a.explain(err)
		text := r.a.t("夜间任务失败：", "the nightly job failed: ") + f.message(r.a.language())
		if hint := f.hint.in(r.a.language()); hint != "" {
			text += "\n" + r.a.t("下一步：", "next: ") + hint
		}
		return text
	case len(alarms) > 0:
		return r.a.t("夜间任务告警：", "the nightly job raises an alarm: ") + r.a.findingsText(alarms)
	}
	return r.a.t("夜间任务已恢复正常：快照 ", "the nightly job is well again: snapshot ") + r.made.Short()
}

// log writes the one line that a scheduler keeps.
func (r *night) log(err error) {
	status := "ok"
	switch {
	case err != nil:
		status = "failed"
	case r.alarm():
		status = "alarm"
	}
	fields := []string{"status=" + status}
	if r.made.ID != "" {
		fields = append(fields, "snapshot="+r.made.Short(), fmt.Sprintf("bytes=%d", r.made.Bytes), fmt.Sprintf("rows=%d", r.made.Total()),
			fmt.Sprintf("suspicious=%t", r.made.Suspicious), fmt.Sprintf("copied=%t", r.copied != ""), fmt.Sprintf("removed=%d", r.pruned.Removed),
			fmt.Sprintf("purged=%d", len(r.purged.Events)),
			fmt.Sprintf("drilled=%t", r.drill != nil), fmt.Sprintf("findings=%d", len(r.found)))
	}
	if err != nil {
		fields = append(fields, "code="+r.a.explain(err).code)
	}
	fields = append(fields, fmt.Sprintf("duration_ms=%d", time.Since(r.start).Milliseconds()))
	fmt.Fprintf(r.a.stderr, "%s tagkeep nightly %s\n", r.start.UTC().Format(time.RFC3339), strings.Join(fields, " "))
}

// nightInfo is a nightly run in JSON.
type nightInfo struct {
	Status   string        `json:"status"`
	ID       string        `json:"id"`
	Path     string        `json:"path"`
	Bytes    int64         `json:"bytes"`
	Suspect  bool          `json:"suspicious"`
	Copied   string        `json:"copied"`
	Removed  int           `json:"removed"`
	Purged   int           `json:"purged"`
	Drilled  bool          `json:"drilled"`
	Sampled  bool          `json:"sampled"`
	Sealed   bool          `json:"encrypted"`
	OwnKey   bool          `json:"passing_key"` // the drill proves nothing of the private keys
	Findings []findingInfo `json:"findings"`
}

func (r *night) report() error {
	a := r.a
	out := nightInfo{"ok", r.made.ID, r.made.Path, r.made.Bytes, r.made.Suspicious, r.copied, r.pruned.Removed, len(r.purged.Events), r.drill != nil,
		r.drill != nil && r.drill.Sampled, r.made.Encrypted, r.ownKey && r.drill != nil, a.findingsJSON(r.found)}
	if r.alarm() {
		out.Status = "alarm"
	}
	if a.json {
		return a.printJSON(out)
	}
	a.say(a.t("快照 %s 已写入并校验：%s（%s）", "snapshot %s is written and verified: %s (%s)"), r.made.Short(), r.made.Path, sizeOf(r.made.Bytes))
	if r.copied != "" {
		a.say(a.t("已复制到 %s", "copied to %s"), r.copied)
	}
	if r.made.Suspicious {
		a.say("%s", a.t("数据少了一半以上，没有清理旧快照", "more than half of the data is gone: no old snapshot was removed"))
	} else {
		a.say(a.t("已清理 %d 份旧快照", "%d old snapshots removed"), r.pruned.Removed)
	}
	if len(r.purged.Events) > 0 {
		a.say(a.t("已彻底删除回收站里到期的 %d 次删除", "%d deletions whose time was over are purged"), len(r.purged.Events))
	}
	if r.drill != nil {
		a.tellDrill(r.made.Info, *r.drill)
		if r.ownKey {
			a.say(a.t("  用的是本次运行的临时密钥；私钥能否打开，用 tagkeep snapshot drill %s --identity 私钥文件 证明", "  by the passing key of this run; that the private key opens it, tagkeep snapshot drill %s --identity FILE proves"), r.made.Short())
		}
	}
	if !a.quiet {
		a.tellFindings(r.found)
	}
	return nil
}
