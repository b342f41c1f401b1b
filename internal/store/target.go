package store

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// Engine is the kind of database behind a DB.
type Engine string

// The engines.
const (
	SQLite Engine = "sqlite"
	MySQL  Engine = "mysql"
)

// Target says where a database is.
type Target struct {
	Engine Engine
	// Path of the SQLite file, absolute; "" for a database in memory.
	Path string
	// The MySQL server and the database on it.
	User, Password, Host, Name string
}

// ErrBadTarget: the text given as --db names no database.
var ErrBadTarget = errors.New("not a database address: want sqlite:PATH or mysql://user:password@host:port/name")

// ParseTarget reads sqlite:PATH or mysql://user:password@host:port/name. Its
// errors never repeat the password.
func ParseTarget(s string) (Target, error) {
	if path, ok := strings.CutPrefix(s, "sqlite:"); ok {
		return sqliteTarget(path)
	}
	if !strings.HasPrefix(s, "mysql://") {
		return Target{}, ErrBadTarget
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User.Username() == "" {
		return Target{}, ErrBadTarget
	}
	name := strings.Trim(u.Path, "/")
	if name == "" || strings.ContainsAny(name, "/`\x00") {
		return Target{}, fmt.Errorf("%w (the database's name is missing after the host)", ErrBadTarget)
	}
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	pass, _ := u.User.Password()
	return Target{Engine: MySQL, User: u.User.Username(), Password: pass,
		Host: net.JoinHostPort(u.Hostname(), port), Name: name}, nil
}

func sqliteTarget(path string) (Target, error) {
	path = strings.TrimPrefix(path, "//")
	if path == "" {
		return Target{}, fmt.Errorf("%w (the path is missing after sqlite:)", ErrBadTarget)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return Target{}, fmt.Errorf("locate %s: %w", path, err)
	}
	return Target{Engine: SQLite, Path: abs}, nil
}

// InMemory is a database that lives as long as its DB.
func InMemory() Target { return Target{Engine: SQLite} }

// String names the target without its password.
func (t Target) String() string {
	if t.Engine == SQLite {
		if t.Path == "" {
			return "sqlite:memory"
		}
		return "sqlite:" + t.Path
	}
	return fmt.Sprintf("mysql://%s@%s/%s", t.User, t.Host, t.Name)
}
