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
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

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
	s.dir, err = a.openFolder(path)
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

// marked is a snapshot with what the database remembers of it, if it lies in the
// folder.
func (s *shelf) marked(ctx context.Context, i snapshot.Info) (snapshot.Info, error) {
	if s.db == nil || s.dir == nil || filepath.Dir(i.Path) != s.dir.Path() {
		return i, nil
	}
	one := []snapshot.Info{i}
	err := s.db.View(ctx, func(tx *store.Tx) error { return snapshot.Marks(tx, one) })
	return one[0], err
}

// noted is a snapshot with the SHA-256 that the database has of it, which counts
// for more than what lies beside the file.
func (s *shelf) noted(ctx context.Context, i snapshot.Info) (snapshot.Info, error) {
	if s.db == nil {
		return i, nil
	}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		sha, err := snapshot.Noted(tx, i)
		i.SHA256 = cmp.Or(sha, i.SHA256)
		return err
	})
	return i, err
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
	case keyError(f, err):
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
