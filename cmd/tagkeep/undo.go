package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// undoFlags of undo.
type undoFlags struct {
	reason string
	dryRun bool
	wider  bool
	wait   time.Duration
}

func (a *app) undoCommand() *cobra.Command {
	var f undoFlags
	cmd := &cobra.Command{
		Use:   "undo R7|D7|X7",
		Short: "撤销一次导入、删除、恢复或撤销 / take back an import, a delete, a restore or an undo",
		Long: `R7  导入：新增的进回收站，被覆盖的值和被移除的打标关系放回；之后又改过的不动，逐条列出
    an import: what it created goes into the bin, values and links that it overwrote come back; what was changed since stays and is listed
D7  删除：全部恢复 / a delete: all of it is restored
X7  恢复或撤销：恢复到它之前 / a restore or an undo: as it was before
撤销本身也能撤销。 An undo can be undone too.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.undo(cmd, args[0], f) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.reason, "reason", "", "原因 / why: `TEXT`")
	fs.BoolVar(&f.dryRun, "dry-run", false, "只显示会撤销什么 / show what would be taken back")
	fs.BoolVar(&f.wider, "accept-wider", false, "允许更多人看得到 / let more people gain access")
	fs.DurationVar(&f.wait, "wait", 10*time.Second, "数据库忙时最多等待 / how long to wait for a busy database: `10s|5m`")
	return cmd
}

// undoing is one call of undo.
type undoing struct {
	*app
	ctx     context.Context
	db      *store.DB
	by      int64
	command string
	f       undoFlags
	label   string // R7
	id      int64
}

func (a *app) undo(cmd *cobra.Command, word string, f undoFlags) error {
	u := &undoing{app: a, ctx: cmd.Context(), command: commandLine(cmd), f: f}
	var err error
	if u.label, u.id, err = parseLabel(word); err != nil {
		return err
	}
	if f.wait < 0 {
		return usage("--wait：不能为负", "--wait: must not be negative")
	}
	if u.db, err = a.open(u.ctx); err != nil {
		return err
	}
	defer u.db.Close()
	if u.by, err = a.actor(u.ctx, u.db); err != nil {
		return err
	}
	if u.label[0] == 'R' {
		return recycleError(u.takeBack(recycle.UndoRun))
	}
	kind, err := u.kind()
	switch {
	case err != nil:
		return err
	case kind == crm.EventDelete:
		return recycleError(u.restore())
	}
	return recycleError(u.takeBack(recycle.Undo))
}

// parseLabel reads R7, D7 and X7.
func parseLabel(word string) (label string, id int64, err error) {
	label = strings.ToUpper(word)
	if label != "" && strings.Contains("RDX", label[:1]) {
		id, err = strconv.ParseInt(label[1:], 10, 64)
	}
	if err != nil || id < 1 {
		return "", 0, usage("%q 要写成 R7（导入）、D7（删除）或 X7（恢复、撤销）", "%q must be written as R7 (an import), D7 (a delete) or X7 (a restore or an undo)", word)
	}
	return label[:1] + strconv.FormatInt(id, 10), id, nil
}

// kind is what the event is. It refuses D7 where 7 is a restore, and X7 where it
// is a delete.
func (u *undoing) kind() (kind string, err error) {
	err = u.db.View(u.ctx, func(tx *store.Tx) error {
		d, err := tx.Deletion(u.id)
		if errors.Is(err, store.ErrGone) || err == nil && d.Label() != u.label {
			return recycle.ErrNoEvent // the same words as for one that is out of sight
		}
		kind = d.Kind
		return err
	})
	return kind, recycleError(err)
}

// agreed asks, after the preview; unattended it takes --yes.
func (u *undoing) agreed() error {
	if u.yes {
		return nil
	}
	if !terminal(u.stdin) {
		return refuse("NOT_CONFIRMED", both("撤销 %s 需要确认，没有改动", "to undo %s takes a confirmation; nothing was changed", u.label), both("核对后加 --yes 再运行", "run it again with --yes"))
	}
	ok, err := u.confirmed(u.ctx, u.t("确定撤销吗？", "Undo it?"))
	if err == nil && !ok {
		err = recycle.ErrDeclined
	}
	return err
}

func (u *undoing) snapshots() (*snapshot.Dir, error) {
	path, err := u.snapshotFolder()
	if err != nil {
		return nil, err
	}
	return u.openFolder(path)
}

// takeBack is for imports, restores and undos. What it would do is told before
// the question, so that nobody waits for the database meanwhile.
func (u *undoing) takeBack(undo func(context.Context, *store.DB, *snapshot.Dir, int64, recycle.UndoOptions) (recycle.Undone, error)) error {
	o := recycle.UndoOptions{Reason: u.f.reason, By: u.by, Command: u.command, Wait: u.f.wait, DryRun: true, AcceptWider: u.f.wider}
	if u.f.dryRun || !u.yes {
		planned, err := undo(u.ctx, u.db, nil, u.id, o)
		if err != nil {
			return err
		}
		if u.f.dryRun {
			return u.told(planned)
		}
		if !u.json {
			u.tellUndone(planned, true)
		}
		if err := u.agreed(); err != nil {
			return err
		}
	}
	dir, err := u.snapshots()
	if err != nil {
		return err
	}
	o.DryRun = false
	done, err := undo(u.ctx, u.db, dir, u.id, o)
	if err != nil {
		return untouched(err)
	}
	return u.told(done)
}

// undoneInfo is an undo in JSON.
type undoneInfo struct {
	Of     string `json:"undone"`
	DryRun bool   `json:"dry_run"`
	recycle.Undone
	Event    int64      `json:"event"` // 0 for a dry run
	Kept     []keptInfo `json:"kept"`
	Snapshot *takenInfo `json:"snapshot"` // null where nothing went into the bin
}

type keptInfo struct {
	Code    string `json:"code"`
	Object  string `json:"object"`
	Message string `json:"message"`
}

// takenInfo is the snapshot that was taken of what goes.
type takenInfo struct {
	ID     string `json:"id"`
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (u *undoing) told(done recycle.Undone) error {
	if u.json {
		in := undoneInfo{Of: u.label, DryRun: u.f.dryRun, Undone: done, Kept: []keptInfo{}}
		if !u.f.dryRun {
			in.Event = done.Event
		}
		for _, n := range done.Kept {
			in.Kept = append(in.Kept, keptInfo{n.Code, strings.Join(n.Args, " "), keptReason(n.Code).in(u.language())})
		}
		if s := done.Snapshot; s.ID != "" {
			in.Snapshot = &takenInfo{s.ID, s.Path, s.Bytes, s.SHA256}
		}
		if err := u.printJSON(in); err != nil {
			return err
		}
	} else {
		u.tellUndone(done, u.f.dryRun)
	}
	if done.KeptCount > 0 {
		return ended(exitPartly)
	}
	return nil
}
