package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/importer"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/store"
)

// runInfo is a run in JSON.
type runInfo struct {
	Run       int64         `json:"run"`
	Kind      crm.Kind      `json:"kind"`
	File      string        `json:"file"`
	SHA256    string        `json:"sha256"`
	Status    string        `json:"status"`
	Rows      report.Ledger `json:"rows"`
	Added     int64         `json:"links_added"`
	Removed   int64         `json:"links_removed"`
	StoredTo  int64         `json:"stored_to_row"`
	Complete  bool          `json:"complete"`
	Operator  string        `json:"operator"`
	StartedAt string        `json:"started_at"`
	EndedAt   string        `json:"ended_at"`
	Options   string        `json:"options"`
}

func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs [list | show R7 | errors R7]",
		Short: "导入记录 / the imports so far",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd, 20) },
	}
	limit := 20
	list := &cobra.Command{Use: "list", Short: "列出 / list, newest first", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd, limit) }}
	list.Flags().IntVar(&limit, "limit", 20, "最多几条 / how many at most: `N`")
	cmd.AddCommand(list,
		&cobra.Command{Use: "show R7", Short: "一次导入的详情 / one import", Args: exactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.showRun(cmd, args[0]) }},
		&cobra.Command{Use: "errors R7", Short: "一次导入的失败行 / its failed rows", Args: exactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.runErrors(cmd, args[0]) }})
	return cmd
}

func (a *app) listRuns(cmd *cobra.Command, limit int) error {
	if limit < 1 {
		return usage("--limit：至少为 1", "--limit: at least 1")
	}
	db, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer db.Close()
	sees, err := a.sight(cmd.Context(), db)
	if err != nil {
		return err
	}
	var runs []crm.Run
	err = db.View(cmd.Context(), func(tx *store.Tx) (err error) {
		if sees.all {
			runs, err = tx.Runs(limit)
		} else {
			runs, err = tx.RunsBy(sees.by, limit)
		}
		return err
	})
	if err != nil {
		return err
	}
	infos := make([]runInfo, len(runs))
	for i, r := range runs {
		infos[i] = a.runInfo(db, r)
	}
	if a.json {
		return a.printJSON(map[string]any{"runs": infos})
	}
	if len(infos) == 0 {
		a.print("%s", a.t("还没有导入记录", "no imports yet"))
	}
	for _, r := range infos {
		a.print("R%-4d %s  %s  %s  %s", r.Run, r.StartedAt, padded(a.statusName(r.Status), 10), padded(r.Kind.Label(a.language()), 10), filepath.Base(r.File))
		a.print("      %s", a.ledgerLine(r.Rows))
	}
	return nil
}

func (a *app) ledgerLine(l report.Ledger) string {
	return fmt.Sprintf(a.t("共 %d 行：新增 %d，更新 %d，未变 %d，跳过 %d，失败 %d", "%d rows: %d created, %d updated, %d unchanged, %d skipped, %d failed"),
		l.Read, l.Created, l.Updated, l.Unchanged, l.Skipped, l.Rejected)
}

func (a *app) statusName(s string) string {
	switch s {
	case crm.RunDone:
		return a.t("成功", "done")
	case crm.RunPartial:
		return a.t("部分成功", "partial")
	case crm.RunStopped:
		return a.t("已中断", "stopped")
	case crm.RunFailed:
		return a.t("失败", "failed")
	case crm.RunUndone:
		return a.t("已撤销", "undone")
	case crm.RunRunning:
		return a.t("处理中", "running")
	}
	return s
}

func (a *app) runInfo(db *store.DB, r crm.Run) runInfo {
	loc, err := db.Meta().Location()
	if err != nil {
		loc = time.UTC
	}
	at := func(ms int64) string {
		if ms == 0 {
			return ""
		}
		return time.UnixMilli(ms).In(loc).Format("2006-01-02 15:04:05")
	}
	return runInfo{Run: r.ID, Kind: r.Kind, File: r.File, SHA256: r.SHA256, Status: r.Status,
		Rows:  report.Ledger{Read: r.Read, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Skipped: r.Skipped, Rejected: r.Rejected},
		Added: r.LinksAdded, Removed: r.LinksRemoved, StoredTo: r.MarkRow, Complete: r.AtEnd,
		Operator: r.Operator, StartedAt: at(r.StartedAt), EndedAt: at(r.EndedAt), Options: r.Options}
}

// runID reads R7 or 7.
func runID(s string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimLeft(s, "Rr"), 10, 64)
	if err != nil || id < 1 {
		return 0, usage("%q 不是导入记录的编号，例如 R7", "%q is not a run such as R7", s)
	}
	return id, nil
}

// withRun reads one run and hands it on in the same view. One that the one who
// acts may not see is answered like one that is not there.
func (a *app) withRun(cmd *cobra.Command, word string, fn func(*store.DB, *store.Tx, crm.Run, sight) error) error {
	id, err := runID(word)
	if err != nil {
		return err
	}
	db, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer db.Close()
	sees, err := a.sight(cmd.Context(), db)
	if err != nil {
		return err
	}
	return db.View(cmd.Context(), func(tx *store.Tx) error {
		r, err := tx.Run(id)
		if errors.Is(err, store.ErrNoRow) || err == nil && !sees.all && r.CreatedBy != sees.by {
			return refuse("NO_RUN", both("没有导入记录 R%d", "there is no run R%d", id), both("用 tagkeep runs 查看全部记录", "tagkeep runs lists them"))
		}
		if err != nil {
			return err
		}
		return fn(db, tx, r, sees)
	})
}

func (a *app) showRun(cmd *cobra.Command, word string) error {
	return a.withRun(cmd, word, func(db *store.DB, _ *store.Tx, r crm.Run, _ sight) error {
		in := a.runInfo(db, r)
		if a.json {
			return a.printJSON(in)
		}
		a.print("R%d  %s  %s", in.Run, a.statusName(in.Status), in.Kind.Label(a.language()))
		a.print(a.t("  文件：%s", "  file: %s"), in.File)
		a.print("  SHA-256: %s", in.SHA256)
		a.print("  %s", a.ledgerLine(in.Rows))
		a.print(a.t("  打标关系：新增 %d，移除 %d", "  links: %d added, %d removed"), in.Added, in.Removed)
		a.print(a.t("  操作者：%s，开始 %s，结束 %s", "  by %s, from %s to %s"), in.Operator, in.StartedAt, in.EndedAt)
		if !in.Complete && in.Status != crm.RunUndone {
			a.print(a.t("  写入到第 %d 行；再次导入同一文件会继续", "  stored up to row %d; importing the file again goes on"), in.StoredTo)
		}
		if in.Rows.Rejected > 0 {
			a.print(a.t("  失败行：tagkeep runs errors R%d", "  failed rows: tagkeep runs errors R%d"), in.Run)
		}
		return nil
	})
}

func (a *app) runErrors(cmd *cobra.Command, word string) error {
	return a.withRun(cmd, word, func(_ *store.DB, tx *store.Tx, r crm.Run, sees sight) error {
		lang := a.language()
		headers := importer.Headers(r)
		all := []report.RowError{}
		err := tx.RunErrors(r.ID, func(p store.RowProblems) error {
			for _, problem := range p.Problems {
				if problem.Warn {
					continue
				}
				e := report.Explain(lang, problem, headers)
				if sees.masked {
					e.Value, e.Message, e.Hint = report.Mask(e.Value), report.Mask(e.Message), report.Mask(e.Hint)
				}
				if a.json {
					all = append(all, e)
				} else {
					a.print("%s", e.Line(lang))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"run": r.ID, "errors": all})
		}
		if r.Rejected == 0 {
			a.print(a.t("R%d 没有失败行", "R%d has no failed rows"), r.ID)
		}
		return nil
	})
}
