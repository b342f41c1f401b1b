package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"tagkeep/internal/store"
)

// explainDatabase fills in what to say when the database is the trouble, and
// reports whether it is.
func (a *app) explainDatabase(f *failure, err error) bool {
	at := a.at.words()
	about := func(zh, en string, more ...any) words {
		return words{fmt.Sprintf(zh, append([]any{at.zh}, more...)...), fmt.Sprintf(en, append([]any{at.en}, more...)...)}
	}
	open := (*openError)(nil)
	errors.As(err, &open)
	switch {
	case errors.Is(err, store.ErrMissing):
		f.exit, f.code = exitRefused, "NO_DATABASE"
		f.err = about("没有数据库：%s", "there is no database: %s")
		f.hint = both("用 tagkeep init 新建；已有数据库时用 --db 指明", "make one with tagkeep init, or name an existing one with --db")
	case errors.Is(err, store.ErrBusy):
		f.code, f.err = "BUSY", busyMessage(err)
		f.hint = both("等它结束后再试，或加 --wait 10m 多等一会儿", "try again when it is done, or wait longer with --wait 10m")
	case errors.Is(err, store.ErrLogin):
		f.code, f.err = "LOGIN", about("数据库拒绝访问：%s：%v", "the database refuses access: %s: %v", cause(err))
		f.hint = both("检查地址里的用户名、密码，以及该用户对这个库的权限", "check the user and password in the address, and the user's rights on this database")
	case errors.Is(err, store.ErrUnreachable):
		f.code, f.err = "UNREACHABLE", about("连不上数据库服务器：%s：%v", "the database server cannot be reached: %s: %v", cause(err))
		f.hint = both("确认服务器已启动，地址、端口和网络没有问题，再运行同一命令", "check that the server runs, its address, port and the network, then run the same command again")
	case errors.Is(err, store.ErrFull):
		f.code, f.err = "DISK_FULL", about("磁盘已满：%s", "the disk is full: %s")
		f.hint = both("腾出空间后再运行同一命令，会从停下的地方继续", "free some space and run the same command again: it goes on where it stopped")
	case errors.Is(err, store.ErrReadOnly):
		f.code, f.err = "READ_ONLY", about("数据库不能写入：%s", "the database cannot be written: %s")
		f.hint = both("检查数据库文件和所在文件夹的写权限，或用 --db 指明另一个", "check that its file and folder may be written, or name another one with --db")
	case open != nil && errors.Is(err, fs.ErrPermission):
		f.code, f.err = "READ_ONLY", about("没有权限新建数据库：%s", "no permission to make the database: %s")
		f.hint = both("检查所在文件夹的写权限，或用 --db 指明另一个位置", "check that its folder may be written, or name another place with --db")
		if _, err := os.Stat(a.at.Path); err == nil {
			f.exit, f.code, f.err = exitRefused, "NO_PERMISSION", about("没有权限读写数据库：%s", "no permission for the database: %s")
			f.hint = both("检查文件的权限，或用 --db 指明另一个", "check the file's permissions, or name another one with --db")
		}
	case errors.Is(err, store.ErrNotOurs):
		f.exit, f.code, f.err = exitRefused, "NOT_OURS", about("不是 tagkeep 的数据库：%s", "not a tagkeep database: %s")
		f.hint = both("检查 --db；新建数据库请换一个路径或库名", "check --db; for a new database name another path or database")
	case errors.Is(err, store.ErrNewer):
		f.exit, f.code, f.err = exitRefused, "NEWER", about("数据库由更新版本的 tagkeep 写成：%s", "a newer tagkeep has written the database: %s")
		f.hint = both("请升级 tagkeep", "upgrade tagkeep")
	case errors.Is(err, store.ErrFenced):
		f.code, f.err = "FENCED", both("另一个任务已接管数据库", "another job has taken over the database")
		f.hint = both("等它结束后再运行同一命令", "run the same command again when it is done")
	case open != nil && f.code == "FAILED":
		f.err = about("打不开数据库：%s：%v", "the database cannot be opened: %s: %v", cause(err))
		f.hint = both("检查 --db 里的路径或地址", "check the path or address in --db")
	default:
		return false
	}
	return true
}

func busyMessage(err error) words {
	b := (*store.BusyError)(nil)
	if !errors.As(err, &b) || b.Job == "" {
		return both("数据库正忙：另一个任务正在运行", "busy: another job holds the database")
	}
	return both("数据库正忙：%s，由 %s@%s（进程 %d）自 %s 起运行", "busy: %s, run by %s@%s (pid %d) since %s",
		b.Job, b.Holder, b.Host, b.PID, b.Since.Format("2006-01-02 15:04:05"))
}

// cause is what the network or the server said, without our own words around it.
func cause(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op
	}
	for {
		switch w := err.(type) {
		case interface{ Unwrap() []error }:
			all := w.Unwrap()
			err = all[len(all)-1]
		case interface{ Unwrap() error }:
			err = w.Unwrap()
		default:
			return err
		}
	}
}
