package store_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tagkeep/internal/store"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	abs, err := filepath.Abs("数据/a b.db")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]store.Target{
		"sqlite:数据/a b.db":                  {Engine: store.SQLite, Path: abs},
		"sqlite:" + abs:                     {Engine: store.SQLite, Path: abs},
		"sqlite://" + abs:                   {Engine: store.SQLite, Path: abs},
		"mysql://u:p@h/n":                   {Engine: store.MySQL, User: "u", Password: "p", Host: "h:3306", Name: "n"},
		"mysql://u:p%40%2F%3A@[::1]:3307/n": {Engine: store.MySQL, User: "u", Password: "p@/:", Host: "[::1]:3307", Name: "n"},
		"mysql://u@h:1/n/":                  {Engine: store.MySQL, User: "u", Host: "h:1", Name: "n"},
		"mysql://u:p@h/%E5%AE%A2%E6%88%B7":  {Engine: store.MySQL, User: "u", Password: "p", Host: "h:3306", Name: "客户"},
	} {
		got, err := store.ParseTarget(in)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "tagkeep.db", "sqlite:", "sqlite://", "postgres://u:secret@h/n", "mysql:u:secret@h/n", "mysql://u:secret@h", "mysql://u:secret@h/",
		"mysql://u:secret@/n", "mysql://:secret@h/n", "mysql://h/n", "mysql://u:secret@h/a/b", "mysql://u:secret@h/a`b", "mysql://u:secret@h:port/n", "mysql://u:sec%zzret@h/n",
	} {
		_, err := store.ParseTarget(in)
		if !errors.Is(err, store.ErrBadTarget) {
			t.Errorf("%q: got %v, want ErrBadTarget", in, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the message tells the password: %v", in, err)
		}
	}
}

func TestTargetString(t *testing.T) {
	t.Parallel()
	for want, target := range map[string]store.Target{
		"sqlite:/data/客户.db":       {Engine: store.SQLite, Path: "/data/客户.db"},
		"sqlite:memory":            store.InMemory(),
		"mysql://u@h:3306/company": {Engine: store.MySQL, User: "u", Password: "secret", Host: "h:3306", Name: "company"},
	} {
		if got := target.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
