package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"tagkeep/internal/archive"
	"tagkeep/internal/store"
	"tagkeep/recycle"
	"tagkeep/snapshot"
)

// restoreFlags of snapshot restore.
type restoreFlags struct {
	mode       string
	only       []string
	foreign    bool
	dryRun     bool
	wait       time.Duration
	onConflict string
	plan       string
	wider, fit bool
	reason     string
}

func (a *app) snapshotRestoreCommand() *cobra.Command {
	var f restoreFlags
	cmd := &cobra.Command{
		Use:   "restore ID|FILE",
		Short: "还原到空数据库，或用 --mode 还原到已有数据的库 / restore into an empty database, or with --mode into one that has data",
		Long: `还原前先通读整个快照；还原后的状态与快照不一致就全部撤回。数据库不存在时会新建。
已有数据的库要写明 --mode，还原前自动做一个完整快照，整个还原可以撤销（undo）：
  add     只补回缺少的，已有的都不改
  update  还把不同的改回快照里的值
  exact   还把快照之后新增的放进回收站，快照之后新增的打标关系和授权移除
之后删除、彻底删除的，add 和 update 不再带回，除非用 --only 指名；撤销过的授权一律不恢复；部门和员工不还原。
The whole snapshot is read first; all is taken back unless the state is that of the snapshot. A missing database is made.
A database with data needs --mode. A whole snapshot of it is taken first, and the restore can be undone:
  add     puts back what is missing and changes nothing
  update  also gives what differs the values of the snapshot
  exact   also sends what is newer into the recycle bin and takes newer links and grants away
What was deleted or purged since, add and update leave alone unless --only names it; a grant that was revoked stays revoked; departments and staff are never rolled back.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restoreSnapshot(cmd, args[0], f) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.mode, "mode", "", "数据库不为空时怎么办 / into a database that is not empty: `add|update|exact`")
	fs.StringArrayVar(&f.only, "only", nil, "只还原这些 / these only: `group:G|tag:G:T|customer:C`")
	fs.BoolVar(&f.foreign, "foreign", false, "快照可以来自另一个数据库 / the snapshot may be of another database")
	fs.BoolVar(&f.dryRun, "dry-run", false, "只显示会还原什么 / show what would be restored")
	fs.StringVar(&f.onConflict, "on-conflict", "", "名称已占用时 / when a name is taken: `rename|merge|replace|skip`")
	fs.StringVar(&f.plan, "plan", "", "只在预演之后没有变化时还原 / only if nothing changed since the dry run: `HASH`")
	fs.BoolVar(&f.fit, "fit", false, "超过 10000 个标签的部分留在回收站 / what the limit of tags has no room for stays in the bin")
	fs.BoolVar(&f.wider, "accept-wider", false, "允许更多人看得到 / let more people gain access")
	fs.StringVar(&f.reason, "reason", "", "原因 / why: `TEXT`")
	fs.DurationVar(&f.wait, "wait", 10*time.Second, "数据库忙时最多等待 / how long to wait for a busy database: `10s|5m`")
	return cmd
}

func (f restoreFlags) check() error {
	if f.mode != "" {
		if err := oneOf("mode", f.mode, string(recycle.ModeAdd), string(recycle.ModeUpdate), string(recycle.ModeExact)); err != nil {
			return err
		}
	}
	if f.onConflict != "" {
		return oneOf("on-conflict", f.onConflict, string(recycle.Rename), string(recycle.Merge), string(recycle.Replace), string(recycle.Skip))
	}
	return nil
}

func (a *app) restoreSnapshot(cmd *cobra.Command, id string, f restoreFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.wait < 0 {
		return usage("--wait：不能为负", "--wait: must not be negative")
	}
	s, err := a.restoreShelf(cmd)
	if err != nil {
		return err
	}
	defer s.close()
	info, err := s.get(id)
	if err != nil {
		return restoreError(err, id)
	}
	src, err := a.openSource(cmd.Context(), info)
	if err != nil {
		return restoreError(err, id)
	}
	defer src.Close()
	info = info.As(src.Manifest()) // what it says itself, not what lies beside it
	if s.db == nil {
		if err := snapshot.Check(cmd.Context(), src, snapshot.RestoreOptions{Only: f.only}); err != nil {
			return restoreError(err, id)
		}
		if s.db, err = a.openForRestore(cmd.Context(), src, f.dryRun); err != nil {
			return err
		}
	}
	return restoreError(a.restoreInto(cmd, s, info, src, f), id)
}

// restoreShelf opens the folder, and the database where there is one already. A
// snapshot holds everything, grants included: it is for super admins and the
// operator. A database that is not there has no staff yet.
func (a *app) restoreShelf(cmd *cobra.Command) (s *shelf, err error) {
	s = &shelf{}
	db, err := a.open(cmd.Context())
	switch {
	case errors.Is(err, store.ErrMissing) && a.as != "":
		return nil, usage("--as：新数据库里还没有员工", "--as: a new database has no staff yet")
	case errors.Is(err, store.ErrMissing):
	case err != nil:
		return nil, err
	default:
		s.db = db
		if err := s.admit(cmd, a, forTaking); err != nil {
			s.close()
			return nil, err
		}
	}
	path, err := a.snapshotFolder()
	if err == nil {
		if _, serr := os.Stat(path); serr == nil {
			s.dir, err = a.openFolder(path)
		}
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// openSource reads the snapshot to its end.
func (a *app) openSource(ctx context.Context, info snapshot.Info) (*snapshot.Source, error) {
	if info.Err != nil {
		return nil, &snapshot.DamageError{Path: info.Path, Err: info.Err}
	}
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	wipe := a.checking()
	defer wipe()
	return snapshot.OpenSource(ctx, info.Path, keys...)
}

// openForRestore opens the database, or makes it; a dry run takes a missing one
// as empty.
func (a *app) openForRestore(ctx context.Context, src *snapshot.Source, dryRun bool) (*store.DB, error) {
	if dryRun {
		return a.openOrEmpty(ctx)
	}
	db, _, err := a.openOrMake(ctx, store.Settings{Company: src.Header().Company})
	return db, err
}

func (a *app) restoreInto(cmd *cobra.Command, s *shelf, info snapshot.Info, src *snapshot.Source, f restoreFlags) error {
	db := s.db
	bar := a.rowsBar(src.Manifest().Rows, a.t("正在还原", "restoring"))
	o := snapshot.RestoreOptions{Only: f.only, By: s.by, Command: commandLine(cmd), Wait: f.wait, Progress: bar.set}
	empty, err := snapshot.Empty(cmd.Context(), db)
	if err != nil {
		return err
	}
	switch {
	case !empty && f.mode == "":
		return snapshot.ErrNotEmpty
	case !empty && info.Database != db.Meta().UUID && !f.foreign:
		return snapshot.ErrForeign
	case !empty:
		return a.bringFrom(cmd, s, info, src, o, f, bar)
	}
	restore := snapshot.Restore
	if f.dryRun {
		restore = func(ctx context.Context, _ *store.DB, src *snapshot.Source, o snapshot.RestoreOptions) (snapshot.Restored, error) {
			return snapshot.Plan(ctx, src, o)
		}
	}
	out, err := restore(cmd.Context(), db, src, o)
	bar.done()
	if err != nil {
		return untouched(err)
	}
	return a.tellRestored(db, info, out, f.dryRun)
}

func (a *app) tellRestored(db *store.DB, info snapshot.Info, out snapshot.Restored, dryRun bool) error {
	if a.json {
		return a.printJSON(map[string]any{"id": info.ID, "path": info.Path, "database": db.Target().String(), "mode": "empty", "dry_run": dryRun,
			"rows": out.Rows, "hash": out.State.Hash, "exact": out.State.Exact, "compared": out.Compared})
	}
	if dryRun {
		a.say(a.t("预演：%s 会还原 %d 行到 %s", "dry run: %s would restore %d rows into %s"), info.Short(), out.Total(), db.Target())
	} else {
		a.say(a.t("%s 已还原到 %s，共 %d 行", "%s is restored into %s, %d rows"), info.Short(), db.Target(), out.Total())
	}
	for _, t := range []struct{ table, zh, en string }{
		{"department", "部门", "departments"}, {"staff", "员工", "staff"}, {"tag_group", "标签组", "tag groups"}, {"tag", "标签", "tags"},
		{"customer", "客户", "customers"}, {"link", "打标关系", "links"}, {"access_grant", "授权", "grants"},
	} {
		a.say("  %s%12d", padded(a.t(t.zh, t.en), 12), out.Rows[t.table])
	}
	switch {
	case dryRun:
	case out.Compared:
		a.say(a.t("状态与快照完全一致（exact %s）", "the state is exactly that of the snapshot (exact %s)"), out.State.Exact)
	default:
		a.say("%s", a.t("只还原了一部分，没有整体可比", "a part was restored, so there is no whole to compare"))
	}
	return nil
}

// restoreError says what is wrong with a restore and what to do about it.
func restoreError(err error, id string) error {
	var newer *snapshot.SchemaError
	var damage *snapshot.DamageError
	var only *snapshot.OnlyError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, snapshot.ErrNotEmpty):
		return refuse("NOT_EMPTY", both("数据库里已有数据，没有还原", "the database is not empty, nothing was restored"),
			both("用 --mode add 只补回缺少的，update 还改回不同的，exact 还原成和当时一样；先加 --dry-run 预演。要还原到别处，用 --db 指明一个新数据库",
				"--mode add puts back what is missing, update also what differs, exact makes it what it was; see it first with --dry-run. To restore elsewhere name a new database with --db"))
	case errors.Is(err, snapshot.ErrForeign):
		return refuse("FOREIGN", both("这个快照来自另一个数据库", "the snapshot is of another database"),
			both("确认没有选错文件和数据库；确实要用时加 --foreign，按名称和客户ID对应", "check that file and database are the right ones; if so add --foreign, which goes by names and customer ids"))
	case errors.Is(err, snapshot.ErrPart):
		return refuse("PART", both("这个快照只有一部分数据，不能整个还原", "the snapshot holds a part of a database and cannot be restored as a whole"),
			both("用 --mode add 补回到原数据库", "put it back into its own database with --mode add"))
	case errors.As(err, &newer):
		return refuse("NEWER", both("快照由更新版本的 tagkeep 写成：结构版本 %d，本程序支持到 %d", "a newer tagkeep has made the snapshot: schema %d, this one knows up to %d", newer.Has, newer.Known),
			both("请升级到支持结构版本 %d 的 tagkeep", "upgrade to a tagkeep that knows schema %d", newer.Has))
	case errors.Is(err, archive.ErrVersion):
		return snapshotError(err)
	case errors.As(err, &damage):
		what := problemWords(snapshot.ProblemOf(damage.Err))
		return &failure{exit: exitFailed, code: "DAMAGED",
			err:  words{"快照已损坏，没有还原：" + damage.Path + "：" + what.zh, "the snapshot is damaged, nothing was restored: " + damage.Path + ": " + what.en},
			hint: both("用 tagkeep snapshot verify %s 查看损坏之处，换一个快照：tagkeep snapshot list", "tagkeep snapshot verify %s says what is damaged; take another one: tagkeep snapshot list", id)}
	case errors.Is(err, snapshot.ErrMismatch):
		return &failure{exit: exitFailed, code: "MISMATCH", err: both("还原出的状态与快照不一致，已全部撤回：%v", "what was restored is not what the snapshot says, all was taken back: %v", err),
			hint: both("换一个快照：tagkeep snapshot list", "take another one: tagkeep snapshot list")}
	case errors.As(err, &only):
		return onlyError(only)
	}
	return bringError(snapshotError(err), id)
}

func onlyError(e *snapshot.OnlyError) error {
	switch {
	case e.Err != nil:
		return usage("--only：%q 要写成 group:组、tag:组:标签 或 customer:客户ID", "--only: %q must be written as group:G, tag:G:T or customer:ID", e.Written)
	case e.Several:
		return refuse("AMBIGUOUS", both("快照里不止一个 %s", "there is more than one %s in the snapshot", e.Written),
			both("写出标签组，或用 #id", "name the group too, or use #id"))
	}
	return refuse("NOT_FOUND", both("快照里没有 %s", "%s is not in the snapshot", e.Written),
		both("用 tagkeep snapshot find 名称 查哪个快照里有", "tagkeep snapshot find NAME says which snapshot has it"))
}

// rowBar is a progress bar over rows.
type rowBar struct{ p *progressbar.ProgressBar }

func (a *app) rowsBar(rows int64, text string) *rowBar {
	if a.quiet || !terminal(a.stderr) {
		return &rowBar{}
	}
	return &rowBar{progressbar.NewOptions64(rows,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetDescription(text),
	)}
}

func (b *rowBar) set(done, _ int64) {
	if b.p != nil {
		_ = b.p.Set64(done) // a bar that cannot be drawn is no reason to fail
	}
}

func (b *rowBar) done() {
	if b.p != nil {
		_ = b.p.Finish()
	}
}
