package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tagkeep/internal/archive"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

func (a *app) snapshotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "快照：已校验的完整副本 / snapshots: verified copies of the database",
		Long: `快照是数据库（或其中一部分）的压缩副本，每份一个文件，写完、重新读出并校验后才会出现。
S12 是快照的编号；也可以写文件名或文件路径。

A snapshot is a compressed copy of the database, or of a part of it, in one file, which appears when it
was written, read again and verified. S12 is its number; the name or path of its file does too.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	all := false
	verify := &cobra.Command{Use: "verify S12|FILE | --all", Short: "从头到尾校验 / verify to the last bit",
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return noArgs(cmd, args)
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.verifySnapshots(cmd, args) }}
	verify.Flags().BoolVar(&all, "all", false, "文件夹里的全部快照 / every snapshot of the folder")
	to := ""
	copies := &cobra.Command{Use: "copy S12|FILE --to DIR", Short: "复制到另一个文件夹并校验 / copy to another folder, verified", Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.copySnapshot(cmd, args[0], to) }}
	copies.Flags().StringVar(&to, "to", "", "目标文件夹 / the folder: `DIR`")
	cmd.AddCommand(a.createSnapshotCommand(),
		&cobra.Command{Use: "list", Short: "列出，最新的在前 / list, newest first", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.listSnapshots(cmd) }},
		&cobra.Command{Use: "show S12|FILE", Short: "一份快照的详情 / one snapshot", Args: exactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.showSnapshot(cmd, args[0]) }},
		a.catSnapshotCommand(), verify, copies,
		a.snapshotRestoreCommand(), a.snapshotPruneCommand(), a.snapshotDrillCommand(),
		&cobra.Command{Use: "find NAME", Short: "哪些快照里有这个标签、标签组或客户 / which snapshots hold a tag, group or customer", Args: exactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.findInSnapshots(cmd, args[0]) }},
		&cobra.Command{Use: "diff S12|FILE S13|FILE|now", Short: "两份快照之间（或到现在）的变化 / what changed between two snapshots, or since", Args: exactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error { return a.diffSnapshots(cmd, args[0], args[1]) }})
	return cmd
}

func (a *app) createSnapshotCommand() *cobra.Command {
	var o snapshot.Options
	var only []string
	cmd := &cobra.Command{
		Use: "create", Short: "新建快照 / make a snapshot", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.createSnapshot(cmd, o, only) },
	}
	cmd.Flags().StringVar(&o.Reason, "reason", snapshot.Manual, "缘由 / reason: `manual|schedule`")
	cmd.Flags().StringVar(&o.Label, "label", "", "备注 / label: `TEXT`")
	cmd.Flags().StringArrayVar(&only, "only", nil, "只取这一部分，可重复 / only this part, may be repeated: `group:…|tag:…|customer:…`")
	return cmd
}

// shelf is the folder of snapshots and the database that it belongs to.
type shelf struct {
	dir    *snapshot.Dir // nil when there is none yet and nobody asked to make one
	db     *store.DB     // nil when it cannot be reached and is not needed
	lost   error         // why not
	by     int64
	masked bool // without phone numbers
	zone   *time.Location
}

func (s *shelf) close() {
	if s.db != nil {
		_ = s.db.Close() // all that matters was committed
	}
}

// What a command needs of a shelf.
type shelfUse int

const (
	forLooking shelfUse = iota // auditors may
	forTaking                  // whole copies: the operator and super admins
	forMaking                  // … and the database
)

// shelf opens folder and database. After a disaster there are files and no
// database: whoever looks at them as the operator needs none.
func (a *app) shelf(cmd *cobra.Command, use shelfUse) (*shelf, error) {
	s := &shelf{}
	s.zone, _ = time.LoadLocation(store.DefaultTimeZone) // linked in
	path, err := a.snapshotFolder()
	if err != nil {
		return nil, err
	}
	s.db, err = a.open(cmd.Context())
	if err != nil {
		if use == forMaking || a.as != "" || cmd.Context().Err() != nil {
			return nil, err
		}
		s.lost = err
		fmt.Fprintln(a.stderr, a.t("数据库打不开，只看文件：", "the database cannot be opened, looking at the files only: ")+a.at.words().in(a.language()))
	}
	if err := s.fill(cmd, a, use, path); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// fill looks at who asks before the folder is touched.
func (s *shelf) fill(cmd *cobra.Command, a *app, use shelfUse, path string) (err error) {
	if s.db != nil {
		if s.zone, err = s.db.Meta().Location(); err != nil {
			return err
		}
		if err = s.admit(cmd, a, use); err != nil {
			return err
		}
	}
	if _, err := os.Stat(path); use != forMaking && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.dir, err = snapshot.OpenDir(path)
	return err
}

// admit refuses those who may not see the company as a whole.
func (s *shelf) admit(cmd *cobra.Command, a *app, use shelfUse) error {
	sees, err := a.sight(cmd.Context(), s.db)
	if err != nil {
		return err
	}
	if !sees.all || use != forLooking && sees.masked {
		return refuse("NOT_ALLOWED", both("快照包含全公司的数据，只有超级管理员可以使用，审计员可以查看", "snapshots hold the data of the whole company: they are for super admins, and auditors may look"),
			both("[tagkeep] 请超级管理员或操作者执行此命令", "[tagkeep] ask a super admin or the operator to run this command"))
	}
	s.by, s.masked = sees.by, sees.masked
	return nil
}

// snapshotFolder is --snapshots, TAGKEEP_SNAPSHOTS, else snapshots beside the
// SQLite file, else a folder of the database's own in the user's data directory.
func (a *app) snapshotFolder() (string, error) {
	path := a.snapshots
	if path == "" {
		path = os.Getenv("TAGKEEP_SNAPSHOTS")
	}
	if path != "" {
		return filepath.Abs(path)
	}
	t, err := a.target()
	if err != nil {
		return "", err
	}
	if t.Engine == store.SQLite {
		return filepath.Join(filepath.Dir(t.Path), "snapshots"), nil
	}
	file, err := defaultDatabase()
	name := regexp.MustCompile(`[^0-9A-Za-z.-]+`).ReplaceAllString(t.Host+"-"+t.Name, "_")
	return filepath.Join(filepath.Dir(file), "snapshots", name), err
}

// get finds a snapshot by number, id, file name or path.
func (s *shelf) get(word string) (snapshot.Info, error) {
	if i, ok := snapshot.At(word, time.Now()); ok {
		return i, nil
	}
	if s.dir == nil {
		return snapshot.Info{}, cmp.Or(s.lost, fmt.Errorf("%s: %w", word, snapshot.ErrNoSnapshot))
	}
	return s.dir.Get(word)
}

// list is every snapshot with what the database remembers of them.
func (s *shelf) list(ctx context.Context) ([]snapshot.Info, error) {
	if s.dir == nil {
		return nil, s.lost // a job started in the wrong place must not find all well
	}
	list, err := s.dir.List(ctx)
	if err != nil || s.db == nil {
		return list, err
	}
	return list, s.db.View(ctx, func(tx *store.Tx) error { return snapshot.Marks(tx, list) })
}

// time writes a moment on the company's clock.
func (s *shelf) time(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(s.zone).Format("2006-01-02 15:04:05")
}

// withShelf runs fn with the shelf and says what its errors mean.
func (a *app) withShelf(cmd *cobra.Command, use shelfUse, fn func(*shelf) error) error {
	s, err := a.shelf(cmd, use)
	if err != nil {
		return snapshotError(err)
	}
	defer s.close()
	return snapshotError(fn(s))
}

// snapshotError says what is wrong with a snapshot, its folder or its disk.
// Errors of other kinds are passed on.
func snapshotError(err error) error {
	f := &failure{exit: exitRefused, err: err}
	if had := (*failure)(nil); err == nil || errors.As(err, &had) {
		return err
	}
	missing := (*snapshot.NotFoundError)(nil)
	path := (*fs.PathError)(nil)
	errors.As(err, &path)
	switch {
	case errors.As(err, &missing):
		f.code, f.err = "NOT_FOUND", both("没有这个对象：%s:%s", "there is no %s:%s", missing.Ref.Kind, strings.Join(missing.Ref.Names, ":"))
		f.hint = both("用 tagkeep tags list 查看名称，或写 #编号", "tagkeep tags list shows the names; or write #ID")
	case errors.Is(err, snapshot.ErrNoSnapshot):
		word, _, _ := strings.Cut(err.Error(), ": ")
		f.code, f.err = "NO_SNAPSHOT", both("没有这份快照：%s", "there is no snapshot %s", word)
		f.hint = both("用 tagkeep snapshot list 查看；或写文件的路径", "tagkeep snapshot list shows them; or give the path of a file")
	case errors.Is(err, snapshot.ErrAmbiguous):
		f.code, f.err = "AMBIGUOUS", both("不止一份快照符合：%v", "%v", err)
		f.hint = both("写文件名", "give the name of the file")
	case errors.Is(err, snapshot.ErrBadOption):
		f.code, f.err = "USAGE", both("--reason 只能用小写字母，--label 最多 %d 字", "--reason takes lower-case letters, --label at most %d characters", snapshot.MaxLabel)
	case errors.Is(err, archive.ErrVersion):
		f.code, f.err = "NEWER_SNAPSHOT", both("快照由更新版本的 tagkeep 写成：%v", "a newer tagkeep has written the snapshot: %v", err)
		f.hint = both("请升级 tagkeep", "upgrade tagkeep")
	case snapshot.Damaged(err):
		f.exit, f.code, f.err = exitFailed, "DAMAGED", both("快照已损坏：%v", "the snapshot is damaged: %v", err)
		f.hint = both("改用另一份：tagkeep snapshot list；完好的部分可用 tagkeep snapshot cat 读出", "use another one: tagkeep snapshot list; what is whole can be read with tagkeep snapshot cat")
	case errors.Is(err, fs.ErrExist) && path != nil:
		f.code, f.err = "FILE_EXISTS", both("文件已存在：%s", "there is a file already: %s", path.Path)
		f.hint = both("已有的快照不会被覆盖；换一个文件夹", "snapshots are never replaced; name another folder")
	case errors.Is(err, snapshot.ErrLocked):
		f.exit, f.code, f.err = exitFailed, "BUSY", both("快照文件夹正被另一个进程占用", "another process holds the snapshot folder")
		f.hint = both("稍后再试", "try again in a moment")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		f.exit, f.code, f.err = exitFailed, "DISK_FULL", both("磁盘已满，没有留下快照：%v", "the disk is full, and no snapshot was left: %v", err)
		f.hint = both("腾出空间，或用 --snapshots 指明另一个位置；已有的快照没有变化", "free some space, or name another place with --snapshots; the snapshots that were there are as they were")
	default:
		return err
	}
	return f
}

func (a *app) createSnapshot(cmd *cobra.Command, o snapshot.Options, only []string) error {
	if err := oneOf("reason", o.Reason, snapshot.Manual, snapshot.Schedule); err != nil {
		return err
	}
	var refs []crm.Ref
	for _, word := range only {
		r, err := crm.ParseRef(word, "")
		if err != nil || r.Kind != crm.ObjectGroup && r.Kind != crm.ObjectTag && r.Kind != crm.RefCustomer {
			return usage("--only：%q 应写成 group:名称、tag:组:名称 或 customer:客户ID", "--only: %q should be group:NAME, tag:GROUP:NAME or customer:ID", word)
		}
		refs = append(refs, r)
	}
	return a.withShelf(cmd, forMaking, func(s *shelf) error {
		err := s.db.View(cmd.Context(), func(tx *store.Tx) (err error) {
			o.Scope, err = snapshot.FindScope(tx, refs)
			return err
		})
		if err != nil {
			return err
		}
		o.By, o.Command = s.by, commandLine(cmd)
		wipe := a.counting(&o)
		m, err := snapshot.Create(cmd.Context(), s.db, s.dir, o)
		wipe()
		if err != nil {
			return err
		}
		return a.tellMade(m)
	})
}

// counting shows on a terminal how many rows were read.
func (a *app) counting(o *snapshot.Options) (wipe func()) {
	if a.quiet || !terminal(a.stderr) {
		return func() {}
	}
	o.Progress = func(rows int64) {
		fmt.Fprintf(a.stderr, a.t("\r正在写入快照：%d 行", "\rwriting the snapshot: %d rows"), rows)
	}
	return func() { fmt.Fprint(a.stderr, "\r"+strings.Repeat(" ", 60)+"\r") }
}

// madeSnapshot is the JSON of snapshot create.
type madeSnapshot struct {
	ID         string           `json:"id"`
	Sequence   int64            `json:"sequence"`
	Path       string           `json:"path"`
	Bytes      int64            `json:"bytes"`
	SHA256     string           `json:"sha256"`
	Scope      string           `json:"scope"`
	Rows       map[string]int64 `json:"rows"`
	Exact      string           `json:"exact"`
	Suspicious bool             `json:"suspicious"`
}

func (a *app) tellMade(m snapshot.Made) error {
	if a.json {
		err := a.printJSON(madeSnapshot{m.ID, m.Sequence, m.Path, m.Bytes, m.SHA256, m.Scope, m.Rows, m.Exact, m.Suspicious})
		if err != nil {
			return err
		}
	} else {
		a.say(a.t("快照 %s 已写入并校验：%s", "snapshot %s is written and verified: %s"), m.Short(), m.Path)
		a.say("  %s", a.contents(m.Info))
	}
	if !m.Suspicious {
		return nil
	}
	fmt.Fprintln(a.stderr, a.t("警告：与上一份定时快照相比，有一类数据少了一半以上。", "warning: more than half of one kind of data is gone since the last scheduled snapshot."))
	fmt.Fprintln(a.stderr, a.t("下一步：", "next: ")+fmt.Sprintf("tagkeep snapshot diff S%d %s%s", m.Sequence-1, m.Short(), a.sameDatabase()))
	return ended(exitPartly)
}

// contents is a line on what a snapshot holds.
func (a *app) contents(i snapshot.Info) string {
	return fmt.Sprintf(a.t("标签组 %d，标签 %d，客户 %d，打标关系 %d，授权 %d；%s", "%d groups, %d tags, %d customers, %d links, %d grants; %s"),
		i.Rows["tag_group"], i.Rows["tag"], i.Rows["customer"], i.Rows["link"], i.Rows["access_grant"], sizeOf(i.Bytes))
}

// sizeOf writes a number of bytes for people.
func sizeOf(n int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	v, u := float64(n), 0
	for ; v >= 1000 && u < len(units)-1; u++ {
		v /= 1000
	}
	if u == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}

// checkedSnapshot is one file in the JSON of snapshot verify.
type checkedSnapshot struct {
	ID      string `json:"id"`
	Path    string `json:"path"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem"`
}

func (a *app) verifySnapshots(cmd *cobra.Command, args []string) error {
	return a.withShelf(cmd, forLooking, func(s *shelf) error {
		list, err := s.list(cmd.Context())
		if len(args) > 0 && err == nil {
			list = make([]snapshot.Info, 1)
			list[0], err = s.get(args[0])
		}
		if err != nil {
			return err
		}
		checked, bad := []checkedSnapshot{}, 0
		for _, i := range list {
			c, err := a.verifyOne(cmd, s, i)
			if err != nil {
				return err
			}
			if !c.OK {
				bad++
			}
			checked = append(checked, c)
		}
		if a.json {
			err = a.printJSON(map[string]any{"verified": len(checked) - bad, "damaged": bad, "snapshots": checked})
		} else if len(checked) != 1 {
			a.say(a.t("完好 %d 份，已损坏 %d 份", "%d whole, %d damaged"), len(checked)-bad, bad)
		}
		if err == nil && bad > 0 {
			err = ended(exitFailed)
		}
		return err
	})
}

// verifyOne reads one file whole. Auditors leave no mark in the database.
func (a *app) verifyOne(cmd *cobra.Command, s *shelf, i snapshot.Info) (checkedSnapshot, error) {
	found := snapshot.Verify(cmd.Context(), i)
	if found != nil && !snapshot.Damaged(found) {
		return checkedSnapshot{}, found
	}
	if s.db != nil && !s.masked {
		if err := snapshot.Remember(cmd.Context(), s.db, i, found, time.Now().UnixMilli()); err != nil {
			fmt.Fprintf(a.stderr, a.t("结果没有记入数据库：%v\n", "the result is not kept in the database: %v\n"), err)
		}
	}
	c := checkedSnapshot{ID: i.ID, Path: i.Path, OK: found == nil}
	if found != nil {
		c.Problem = snapshot.ProblemOf(found)
	}
	switch {
	case a.json:
	case c.OK:
		a.say(a.t("完好：%s", "whole: %s"), i.Path)
	default:
		a.print(a.t("【已损坏】%s：%s", "[DAMAGED] %s: %s"), i.Path, a.problem(c.Problem))
	}
	return c, nil
}

func (a *app) copySnapshot(cmd *cobra.Command, word, to string) error {
	if to == "" {
		return usage("缺少 --to，例如 --to /mnt/backup", "--to is missing, as in --to /mnt/backup")
	}
	return a.withShelf(cmd, forTaking, func(s *shelf) error {
		i, err := s.get(word)
		if err != nil {
			return err
		}
		dir, err := snapshot.OpenDir(to)
		if err != nil {
			return err
		}
		c, err := snapshot.Copy(cmd.Context(), i, dir)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"id": c.ID, "path": c.Path, "bytes": c.Bytes, "sha256": c.SHA256})
		}
		a.say(a.t("已复制并校验：%s（%s）", "copied and verified: %s (%s)"), c.Path, sizeOf(c.Bytes))
		return nil
	})
}
