package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"tagkeep/internal/store"
)

// target is the database's address and where it came from.
type target struct {
	store.Target
	from words
}

// words names the database and where its address came from.
func (t target) words() words {
	if t.from.empty() {
		return words{t.String(), t.String()}
	}
	return words{fmt.Sprintf("%s（来自%s）", t, t.from.zh), fmt.Sprintf("%s (from %s)", t, t.from.en)}
}

// target finds the address: --db, TAGKEEP_DB, TAGKEEP_DB_FILE, the default file.
func (a *app) target() (target, error) {
	address, from, err := a.address()
	if err != nil {
		return target{}, err
	}
	t, err := store.ParseTarget(address)
	if err != nil {
		return target{}, badAddress(address, from)
	}
	a.at = target{t, from}
	return a.at, nil
}

func (a *app) address() (address string, from words, err error) {
	if a.database != "" {
		return a.database, both(" --db", "--db"), nil
	}
	if address = os.Getenv("TAGKEEP_DB"); address != "" {
		return address, both("环境变量 TAGKEEP_DB", "the variable TAGKEEP_DB"), nil
	}
	if file := os.Getenv("TAGKEEP_DB_FILE"); file != "" {
		address, err = readAddress(file)
		return address, both(" TAGKEEP_DB_FILE 指明的文件 %s", "the file %s that TAGKEEP_DB_FILE names", file), err
	}
	path, err := defaultDatabase()
	return "sqlite:" + path, both("默认位置", "the default place"), err
}

// readAddress reads the file that TAGKEEP_DB_FILE names. An empty one is refused:
// falling back to the default would be another database.
func readAddress(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", refuse("NO_FILE", both("TAGKEEP_DB_FILE 指明的文件读不到：%v", "the file that TAGKEEP_DB_FILE names cannot be read: %v", err),
			both("检查这个环境变量里的路径", "check the path in this variable"))
	}
	address := strings.TrimSpace(string(b))
	if address == "" {
		return "", usage("TAGKEEP_DB_FILE 指明的文件 %s 是空的", "the file %s that TAGKEEP_DB_FILE names is empty", file)
	}
	return address, nil
}

// badAddress never repeats the address, which may hold a password.
func badAddress(address string, from words) error {
	f := &failure{exit: exitRefused, code: "USAGE",
		err:  words{"数据库地址无效（来自" + from.zh + "）", "not a database address (from " + from.en + ")"},
		hint: both("写成 sqlite:文件路径 或 mysql://用户:密码@主机:端口/库名", "write sqlite:PATH or mysql://user:password@host:port/name")}
	switch {
	case strings.HasPrefix(address, "mysql:"):
		f.hint = words{f.hint.zh + "；密码里的特殊字符要写成 %23 这样的形式", f.hint.en + "; special characters of the password are written like %23"}
	case strings.HasSuffix(address, ".db") && !strings.ContainsAny(address, "@:"):
		f.hint = both("是否想写 sqlite:%s？", "did you mean sqlite:%s?", address)
	}
	return f
}

// defaultDatabase is a file in the user's data directory.
func defaultDatabase() (string, error) {
	dir := os.Getenv("XDG_DATA_HOME")
	if runtime.GOOS == "windows" {
		dir = os.Getenv("LOCALAPPDATA")
	}
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the data directory: %w", err)
		}
		dir = filepath.Join(home, ".local", "share")
		if runtime.GOOS == "darwin" {
			dir = filepath.Join(home, "Library", "Application Support")
		}
	}
	return filepath.Join(dir, "tagkeep", "tagkeep.db"), nil
}

// openError is a database that could not be opened or made.
type openError struct{ error }

func (e *openError) Unwrap() error { return e.error }

// open opens the existing database. A missing one is refused, so that a job
// started in the wrong place never works on nothing.
func (a *app) open(ctx context.Context) (*store.DB, error) {
	t, err := a.target()
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, t.Target)
	if err != nil {
		return nil, &openError{err}
	}
	a.company = db.Meta().Language()
	return db, nil
}

// openOrMake opens the database and makes it where there is none, saying where.
func (a *app) openOrMake(ctx context.Context, s store.Settings, opts ...store.Option) (*store.DB, bool, error) {
	t, err := a.target()
	if err != nil {
		return nil, false, err
	}
	if s.Lang == "" {
		s.Lang = a.language()
	}
	db, made, err := store.Create(ctx, t.Target, s, opts...)
	if err != nil {
		return nil, false, &openError{err}
	}
	a.company = db.Meta().Language()
	if made {
		fmt.Fprintln(a.stderr, a.t("已新建数据库：", "made a new database: ")+t.words().in(a.language()))
	}
	return db, made, nil
}

// openOrEmpty opens the database for a dry run; a missing one counts as empty
// and is not made.
func (a *app) openOrEmpty(ctx context.Context) (*store.DB, error) {
	db, err := a.open(ctx)
	if !errors.Is(err, store.ErrMissing) {
		return db, err
	}
	db, _, err = store.Create(ctx, store.InMemory(), store.Settings{Lang: a.language()})
	return db, err
}

// findZone finds the company's time zone, or the one that a new database would
// get.
func (a *app) findZone(ctx context.Context) error {
	a.zone, _ = time.LoadLocation(store.DefaultTimeZone) // linked in
	db, err := a.open(ctx)
	if errors.Is(err, store.ErrMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	defer db.Close()
	a.zone, err = db.Meta().Location()
	return err
}
