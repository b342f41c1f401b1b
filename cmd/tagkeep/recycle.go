package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/store"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

func (a *app) recycleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recycle",
		Short: "回收站：查看、恢复、彻底删除 / the recycle bin: look, restore, purge",
		Long: `删除的标签组、标签和客户在回收站里保留 90 天（可改），连同打标关系和授权一起恢复。
D7 是一次删除的编号，写 7 也可以。

What is deleted lies in the bin for 90 days, which can be changed, and comes back with its links and grants.
D7 is the number of a deletion; 7 will do.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var look recycle.Look
	list := &cobra.Command{Use: "list", Short: "列出，最新的在前 / list, newest first", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listBin(cmd, look) }}
	list.Flags().BoolVar(&look.Verify, "verify", false, "通读每份快照 / read every snapshot to its end")
	list.Flags().BoolVar(&look.Ended, "all", false, "也列出已恢复和已彻底删除的 / also what was restored or purged")
	cmd.AddCommand(list,
		&cobra.Command{Use: "find NAME", Short: "按名称找被删除的标签组、标签、客户 / find what was deleted by its name", Args: exactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.findInBin(cmd, args[0]) }},
		a.recycleShowCommand(), a.recyclePlanCommand(), a.recycleRestoreCommand(), a.recyclePurgeCommand(), a.recycleRetentionCommand())
	return cmd
}

// bin is the recycle bin as a command works with it.
type bin struct {
	*admin.Desk
	company *admin.Company   // to name people; as it was when the command began
	dir     *snapshot.Dir    // nil when there is none and the command only looks
	masked  bool             // without phone numbers
	gone    map[int64]string // names of departments that are no longer there
}

// atBin opens database and snapshots for fn, in the name of --as; making also
// makes the folder of snapshots.
func (a *app) atBin(cmd *cobra.Command, making bool, fn func(*bin) error) error {
	return binError(a.atDesk(cmd, func(d *admin.Desk) error {
		b := &bin{Desk: d}
		err := d.Look(cmd.Context(), func(tx *store.Tx, c *admin.Company) (err error) {
			b.company = c
			for _, p := range c.Staff {
				b.masked = b.masked || p.ID == d.By && p.Role == crm.RoleAuditor
			}
			b.gone, err = goneDepartments(tx)
			return err
		})
		if err != nil {
			return err
		}
		path, err := a.snapshotFolder()
		if err != nil {
			return err
		}
		if _, err := os.Stat(path); making || !errors.Is(err, fs.ErrNotExist) {
			if b.dir, err = a.openFolder(path); err != nil {
				return snapshotError(err)
			}
		}
		return fn(b)
	}))
}

// eventID reads D7, X7 or 7.
func eventID(word string) (int64, error) {
	digits := word
	if word != "" && strings.Contains("DdXx", word[:1]) {
		digits = word[1:]
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || id < 1 {
		return 0, usage("%q 不是删除事件的编号，例如 D7", "%q is not a deletion such as D7", word)
	}
	return id, nil
}

// sameEvent refuses X7 where 7 is a deletion, and D7 where it is a restore: they
// count as one, and who mixes them up means another event.
func sameEvent(word string, d crm.Deletion) error {
	if label := strings.ToUpper(word); label[0] > '9' && label[0] != d.Label()[0] {
		return recycle.ErrNoEvent
	}
	return nil
}

// binEntry is an event in JSON.
type binEntry struct {
	Deletion  int64            `json:"deletion"`
	Label     string           `json:"label"`
	Kind      string           `json:"kind"`
	State     string           `json:"state"`
	At        string           `json:"at"`
	By        string           `json:"by"`
	Operator  string           `json:"operator"`
	Reason    string           `json:"reason"`
	Summary   string           `json:"summary"`
	InBin     recycle.Contents `json:"in_bin"`
	Counts    json.RawMessage  `json:"counts"` // when it was deleted; null when not all of it may be seen
	ExpiresAt string           `json:"expires_at"`
	DaysLeft  int              `json:"days_left"`
	Snapshot  binSnapshot      `json:"snapshot"`
}

type binSnapshot struct {
	ID    string `json:"id"`
	Short string `json:"short"`
	Path  string `json:"path"`
	State string `json:"state"`
}

func (a *app) binEntry(b *bin, e recycle.Entry) binEntry {
	out := binEntry{Deletion: e.ID, Label: e.Label(), Kind: e.Kind, State: e.State, At: a.stamp(e.CreatedAt), By: b.company.Account(e.CreatedBy), Operator: e.Operator,
		Reason: e.Reason, Summary: e.Summary, InBin: e.Now, Counts: json.RawMessage("null"), ExpiresAt: a.stamp(e.ExpiresAt), DaysLeft: e.Days,
		Snapshot: binSnapshot{ID: e.SnapshotID, State: e.Standing, Path: e.Snapshot.Path}}
	if (e.Kind == crm.EventDelete || e.Kind == crm.EventMerge) && json.Valid([]byte(e.Counts)) {
		out.Counts = json.RawMessage(e.Counts)
	}
	if e.Snapshot.ID != "" {
		out.Snapshot.Short = e.Snapshot.Short()
	}
	return out
}

func (a *app) listBin(cmd *cobra.Command, look recycle.Look) error {
	return a.atBin(cmd, false, func(b *bin) error {
		look.By = b.By
		list, err := recycle.List(cmd.Context(), b.DB, b.dir, look)
		if err != nil {
			return err
		}
		if a.json {
			out := make([]binEntry, len(list))
			for i, e := range list {
				out[i] = a.binEntry(b, e)
			}
			return a.printJSON(map[string]any{"deletions": out})
		}
		if len(list) == 0 {
			a.print("%s", a.t("回收站是空的", "the recycle bin is empty"))
		}
		for _, e := range list {
			a.printEntry(b, e)
		}
		return nil
	})
}

func (a *app) printEntry(b *bin, e recycle.Entry) {
	a.print("%s %s  %s%s", padded(e.Label(), 5), a.moment(e.CreatedAt), a.whoDid(b, e.Deletion), a.because(a.reasonOf(e)))
	a.print("      %s%s", a.eventWord(e), e.Summary)
	var words []string
	if e.Now != (recycle.Contents{}) || e.State == crm.StateInBin {
		words = append(words, fmt.Sprintf(a.t("标签组 %d，标签 %d，客户 %d", "%d groups, %d tags, %d customers"), e.Now.Groups, e.Now.Tags, e.Now.Customers))
	}
	var was recycle.Doomed
	if json.Unmarshal([]byte(e.Counts), &was) == nil && was.Links > 0 {
		words = append(words, fmt.Sprintf(a.t("删除时打标关系 %d，授权 %d", "%d links, %d grants when deleted"), was.Links, was.Grants))
	}
	words = append(words, a.lifeOf(e), a.snapshotOf(e))
	a.print("      %s", strings.Join(words, a.t("；", "; ")))
}

// reasonOf is why an event came about; the one that a restore gives by itself is
// kept in English.
func (a *app) reasonOf(e recycle.Entry) string {
	if event, ok := strings.CutPrefix(e.Reason, "replaced by the restore of "); ok {
		return a.t("恢复 "+event+" 时被替换", e.Reason)
	}
	return e.Reason
}

// eventWord says what an event was that is no deletion, and why such a one has
// things in the bin.
func (a *app) eventWord(e recycle.Entry) string {
	switch {
	case e.Kind == crm.EventRestore && e.State == crm.StateInBin:
		return a.t("恢复时被并入或替换下来的：", "merged or replaced when this was restored: ")
	case e.Kind == crm.EventRestore:
		return a.t("恢复：", "restore of ")
	case e.Kind == crm.EventUndo:
		return a.t("撤销：", "undo of ")
	case e.Kind == crm.EventMerge:
		return a.t("合并标签：", "merged tags: ")
	}
	return ""
}

func (a *app) whoDid(b *bin, d crm.Deletion) string {
	if d.CreatedBy != 0 {
		return a.byWhom(b.company.Called(d.CreatedBy))
	}
	return a.byWhom("") + a.t("（", " (") + d.Operator + a.t("）", ")")
}

// lifeOf says how long an event stays, or how it ended.
func (a *app) lifeOf(e recycle.Entry) string {
	switch {
	case e.State == crm.StatePurging:
		return a.t("【彻底删除未完成】tagkeep recycle purge 会做完", "[PURGE NOT FINISHED] tagkeep recycle purge finishes it")
	case e.State == crm.StatePurged:
		return a.t("已彻底删除 ", "purged ") + a.moment(e.EndedAt)
	case e.State == crm.StateRestored:
		return a.t("已恢复 ", "restored ") + a.moment(e.EndedAt)
	case e.State == crm.StateDone:
		return a.t("已完成", "done")
	case e.Days < 0:
		return a.t("已到期，可彻底删除", "its time is over, it may be purged")
	}
	return fmt.Sprintf(a.t("还保留 %d 天", "%d days left"), e.Days)
}

func (a *app) snapshotOf(e recycle.Entry) string {
	name := e.SnapshotID
	if e.Snapshot.ID != "" {
		name = e.Snapshot.Short()
	}
	switch e.Standing {
	case recycle.SnapshotWhole:
		return a.t("快照 ", "snapshot ") + name + a.t(" 完好", " is whole")
	case recycle.SnapshotUnverified:
		return a.t("快照 ", "snapshot ") + name + a.t(" 未校验", " is not verified")
	case recycle.SnapshotDamaged:
		return a.t("【快照已损坏】", "[SNAPSHOT DAMAGED] ") + name
	case recycle.SnapshotMissing:
		return a.t("【快照不在文件夹里】", "[SNAPSHOT MISSING] ") + name
	}
	return a.t("没有快照", "no snapshot")
}

// binRef reads a name in the bin: with its kind, or of whatever kind.
func binRef(name string) crm.Ref {
	if r, err := crm.ParseRef(name, ""); err == nil {
		return r
	}
	if tag, err := crm.ParseRef(name, crm.ObjectTag); err == nil && len(tag.Names) == 2 {
		return tag
	}
	return crm.Ref{Names: []string{strings.TrimSpace(name)}}
}

// foundInBin is a thing that was found, in JSON.
type foundInBin struct {
	Kind     string `json:"kind"`
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	State    string `json:"state"` // in_bin, live or purged
	Deletion int64  `json:"deletion"`
	At       string `json:"at"`
	By       string `json:"by"`
	Command  string `json:"command"` // what to run next
}

func (a *app) findInBin(cmd *cobra.Command, name string) error {
	return a.atBin(cmd, false, func(b *bin) error {
		found, err := recycle.Find(cmd.Context(), b.DB, binRef(name), b.By)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return a.notInBin(cmd, b, name)
		}
		out := make([]foundInBin, len(found))
		for i, f := range found {
			out[i] = a.foundInBin(b, f)
		}
		if a.json {
			return a.printJSON(map[string]any{"found": out})
		}
		for _, f := range out {
			label := b.company.Events.Label(f.Deletion)
			what := kindWord(a, f.Kind) + " " + f.Name + " (#" + strconv.FormatInt(f.ID, 10) + ")"
			switch f.State {
			case "live":
				a.print(a.t("%s：在用，没有被删除", "%s: is there, it was not deleted"), what)
			case "purged":
				a.print(a.t("%s：已随 %s 彻底删除，%s", "%s: purged with %s, %s"), what, label, f.At)
				a.print(a.t("  查找快照：%s", "  look in the snapshots: %s"), f.Command)
			default:
				a.print(a.t("%s：在回收站，%s，%s %s", "%s: in the bin, %s, %s %s"), what, label, f.At, a.byWhom(f.By))
				a.print(a.t("  先看恢复会怎样：%s", "  what a restore would do: %s"), strings.Replace(f.Command, " restore ", " plan ", 1))
				a.print(a.t("  恢复：%s", "  restore: %s"), f.Command)
			}
		}
		return nil
	})
}

func (a *app) foundInBin(b *bin, f recycle.Found) foundInBin {
	out := foundInBin{Kind: f.Kind, ID: f.ID, Name: f.Name, State: "live", Deletion: f.Event.ID}
	if f.Group != "" {
		out.Name = f.Group + ":" + f.Name
	}
	if f.Kind == crm.RefCustomer && b.masked {
		out.Name = report.Mask(out.Name)
	}
	if f.Event.ID == 0 {
		return out
	}
	out.At, out.By = a.moment(f.Event.CreatedAt), b.company.Called(f.Event.CreatedBy)
	if f.Purged {
		out.State, out.At, out.By = "purged", a.moment(f.Event.EndedAt), ""
		out.Command = "tagkeep snapshot find " + quoted(f.Kind+":"+f.Name) + a.sameActor() + a.sameDatabase()
		return out
	}
	out.State = "in_bin"
	out.Command = fmt.Sprintf("tagkeep recycle restore %s --only %s:#%d%s%s", f.Event.Label(), f.Kind, f.ID, a.sameActor(), a.sameDatabase())
	return out
}

// notInBin looks for what was not deleted through tagkeep in the snapshots, for
// those who may.
func (a *app) notInBin(cmd *cobra.Command, b *bin, name string) error {
	if b.dir != nil {
		if sees, err := a.sight(cmd.Context(), b.DB); err == nil && sees.all {
			err := a.findInSnapshots(cmd, name)
			if f := (*failure)(nil); !errors.As(err, &f) || f.code != "NOT_FOUND" {
				return err
			}
		}
	}
	return refuse("NOT_FOUND", both("回收站和快照里都没有：%s", "neither the bin nor a snapshot holds %s", name),
		both("检查名称，或写成 group:标签组、tag:标签组:标签、customer:客户ID", "check the name, or write group:NAME, tag:GROUP:NAME or customer:ID"))
}

// kindWord names a kind of thing.
func kindWord(a *app, kind string) string { return thing(kind).in(a.language()) }
