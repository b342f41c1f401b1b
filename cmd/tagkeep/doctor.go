package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// finding is one thing that the doctor found.
type finding struct {
	code  string
	alarm bool // else a warning, which does not wake anybody at night
	what  words
	next  words
}

// Limits of what is in order.
const (
	overdueAfter = 26 * time.Hour // a nightly job, and two hours of grace
	drillEvery   = 7 * 24 * time.Hour
	drillOverdue = 2 * drillEvery
	copyOverdue  = 7 * 24 * time.Hour
	binEndsSoon  = 7 * 24 * time.Hour
	suspectFor   = 7 * 24 * time.Hour
)

func (a *app) doctorCommand() *cobra.Command {
	var notify string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "检查备份和数据库是否正常，说明怎么处理 / check backups and database, and say what to do",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := a.notifier(notify)
			if err != nil {
				return err
			}
			return a.doctor(cmd, n)
		},
	}
	cmd.Flags().StringVar(&notify, "notify", "", "有问题时和恢复时通知企业微信群机器人 / tell a WeCom group robot of trouble and of its end: `URL` (TAGKEEP_NOTIFY)")
	return cmd
}

func (a *app) doctor(cmd *cobra.Command, n *notifier) error {
	s, err := a.shelf(cmd, forLooking)
	if err == nil && s.db == nil {
		s.close()
		_, err = a.open(cmd.Context()) // which says why it cannot be
	}
	if err != nil {
		n.tell(cmd.Context(), nil, "doctor", true, a.jobText("doctor", a.explain(err).message(a.language())))
		return err
	}
	defer s.close()
	found, err := a.findings(cmd.Context(), s, time.Now())
	if err != nil {
		return snapshotError(err)
	}
	if !s.masked { // auditors leave nothing behind
		n.tell(cmd.Context(), s.dir, "doctor", len(found) > 0, a.jobText("doctor", a.findingsText(found)))
	}
	if a.json {
		err = a.printJSON(map[string]any{"ok": len(found) == 0, "findings": a.findingsJSON(found)})
	} else {
		a.tellFindings(found)
	}
	if err == nil && len(found) > 0 {
		err = ended(exitPartly)
	}
	return err
}

func (a *app) tellFindings(found []finding) {
	if len(found) == 0 {
		a.say("%s", a.t("一切正常", "all is well"))
	}
	for _, f := range found {
		mark := a.t("【提醒】", "[warning] ")
		if f.alarm {
			mark = a.t("【告警】", "[ALARM] ")
		}
		a.print("%s%s", mark, f.what.in(a.language()))
		a.print("  %s%s", a.t("下一步：", "next: "), f.next.in(a.language()))
	}
}

// findingInfo is a finding in JSON.
type findingInfo struct {
	Code    string `json:"code"`
	Alarm   bool   `json:"alarm"`
	Message string `json:"message"`
	Next    string `json:"next"`
}

func (a *app) findingsJSON(found []finding) []findingInfo {
	out := []findingInfo{}
	for _, f := range found {
		out = append(out, findingInfo{f.code, f.alarm, f.what.in(a.language()), f.next.in(a.language())})
	}
	return out
}

func (a *app) findingsText(found []finding) string {
	if len(found) == 0 {
		return a.t("已恢复正常", "all is well again")
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, f.what.in(a.language())+a.t("。下一步：", ". Next: ")+f.next.in(a.language()))
	}
	return strings.Join(lines, "\n")
}

// jobText is a message about a job: which database, and how it went.
func (a *app) jobText(job, how string) string {
	return fmt.Sprintf("tagkeep %s\n%s\n%s", job, a.at.Target, withoutPassword(how))
}

// findings looks at the snapshots, the bin and the database.
func (a *app) findings(ctx context.Context, s *shelf, now time.Time) ([]finding, error) {
	list, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	var own []snapshot.Info
	for _, i := range list {
		if i.Problem != "" || i.Database == s.db.Meta().UUID {
			own = append(own, i)
		}
	}
	var found []finding
	err = s.db.View(ctx, func(tx *store.Tx) error {
		drilled, err := snapshot.LastDrill(tx)
		if err != nil {
			return err
		}
		found = a.scheduleFindings(s, own, drilled, now)
		found = append(found, a.fileFindings(s, own, now)...)
		found = append(found, keyFindings(own)...)
		found = append(found, a.diskFindings(s, len(own), now)...)
		more, err := binFindings(tx, s, now)
		if err != nil {
			return err
		}
		found = append(found, more...)
		problems, err := tx.Problems()
		for _, p := range problems {
			found = append(found, finding{"BROKEN", true, both("数据库不完整：%s", "the database is not sound: %s", p),
				both("先用 tagkeep snapshot create 保留现状，再还原最近一份完好的快照到新数据库比较：tagkeep snapshot list", "keep what there is with tagkeep snapshot create, then restore the last whole snapshot into a new database and compare: tagkeep snapshot list")})
		}
		return err
	})
	return found, err
}

// scheduleFindings: is there a whole, verified snapshot that is young enough, and
// did the last job go well?
func (a *app) scheduleFindings(s *shelf, own []snapshot.Info, drilled int64, now time.Time) (found []finding) {
	newest := int64(0)
	for _, i := range own {
		if i.Whole() && i.Problem == "" && i.Verified > 0 && !i.Future {
			newest = max(newest, i.Created)
		}
	}
	schedule := both("安排每天运行 tagkeep nightly，见 docs/scheduling.md；现在先运行一次", "schedule tagkeep nightly, see docs/scheduling.md, and run it now")
	switch age := now.Sub(time.UnixMilli(newest)); {
	case newest == 0:
		return append(found, finding{"NO_SNAPSHOT", true, both("没有一份可用的快照", "there is no snapshot that could be used"), schedule})
	case age > overdueAfter:
		found = append(found, finding{"OVERDUE", true, both("最近一份完好的快照是 %s 的，已过去 %d 小时", "the last whole snapshot is of %s, %d hours ago", s.time(newest), int(age.Hours())), schedule})
	}
	if readJobs(s.dir).Failed["nightly"] {
		found = append(found, finding{"NIGHTLY_FAILED", true, both("上一次 nightly 失败", "the last nightly job failed"),
			both("运行 tagkeep nightly 查看原因", "run tagkeep nightly and see why")})
	}
	if now.Sub(time.UnixMilli(drilled)) > drillOverdue {
		what := both("还没有做过还原演练", "no snapshot has been restored for trial yet")
		if drilled > 0 {
			what = both("上一次还原演练是 %s", "the last restore for trial was on %s", s.time(drilled))
		}
		found = append(found, finding{"NOT_DRILLED", false, what, both("运行 tagkeep snapshot drill", "run tagkeep snapshot drill")})
	}
	return found
}

// fileFindings are about single files.
func (a *app) fileFindings(s *shelf, own []snapshot.Info, now time.Time) (found []finding) {
	for _, i := range own {
		switch {
		case i.Problem != "":
			what := problemWords(i.Problem)
			found = append(found, finding{"DAMAGED", true, words{"快照已损坏：" + i.Path + "：" + what.zh, "a damaged snapshot: " + i.Path + ": " + what.en},
				both("从副本取回这个文件；没有副本时用 tagkeep snapshot cat 读出完好的部分，之后删除它", "take the file from a copy; without one read what is whole with tagkeep snapshot cat, then remove it")})
		case i.Future:
			found = append(found, finding{"FUTURE", false, both("快照 %s 的时间在未来：%s", "snapshot %s is dated in the future: %s", i.Short(), s.time(i.Created)),
				both("检查这台机器的时钟", "check this machine's clock")})
		case i.Verified == 0:
			found = append(found, finding{"UNVERIFIED", false, both("快照 %s 没有校验过", "snapshot %s was never verified", i.Short()),
				both("运行 tagkeep snapshot verify %s", "run tagkeep snapshot verify %s", i.Short())})
		case i.Suspicious && now.Sub(time.UnixMilli(i.Created)) < suspectFor:
			found = append(found, finding{"SUSPICIOUS", true, both("快照 %s 比上一份少了一半以上", "snapshot %s holds less than half of the one before", i.Short()),
				both("用 tagkeep snapshot diff %s now 和 tagkeep audit 查明是谁删除的；需要时还原之前的快照", "find out with tagkeep snapshot diff %s now and tagkeep audit who removed it; restore an earlier one if need be", i.Short())})
		}
	}
	return found
}

// diskFindings: a disk that dies must not take database and snapshots with it.
func (a *app) diskFindings(s *shelf, snapshots int, now time.Time) []finding {
	t := s.db.Target()
	if s.dir == nil || snapshots == 0 || t.Engine != store.SQLite {
		return nil
	}
	if same, err := snapshot.SameDisk(s.dir.Path(), t.Path); err != nil || !same {
		return nil
	}
	jobs := readJobs(s.dir)
	if now.Sub(time.UnixMilli(jobs.CopiedAt)) < copyOverdue {
		if same, err := snapshot.SameDisk(jobs.CopiedTo, t.Path); err == nil && !same {
			return nil
		}
	}
	return []finding{{"OWN_DISK", false, both("快照和数据库在同一块磁盘上，最近 7 天没有复制到别处", "the snapshots lie on the database's own disk, and none was copied elsewhere in the last 7 days"),
		both("tagkeep nightly --copy-to 另一块磁盘或网络文件夹", "tagkeep nightly --copy-to a folder on another disk")}}
}

// binFindings are deletions that soon cannot be taken back.
func binFindings(tx *store.Tx, s *shelf, now time.Time) (found []finding, err error) {
	var ends []crm.Deletion
	err = tx.Select(&ends, "SELECT id, kind, expires_at FROM deletion WHERE state = 'in_bin' AND expires_at > 0 AND expires_at < ? ORDER BY expires_at, id LIMIT 20", now.Add(binEndsSoon).UnixMilli())
	for _, d := range ends {
		found = append(found, finding{"BIN_ENDS", false, both("回收站里的 %s 在 %s 到期", "%s in the bin ends on %s", d.Label(), s.time(d.ExpiresAt)),
			both("还要的话：tagkeep recycle restore %s", "if it is still wanted: tagkeep recycle restore %s", d.Label())})
	}
	if err != nil {
		return nil, err
	}
	all, err := tx.Deletions()
	return append(found, purgingFindings(all)...), err
}
