package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// A database that another job holds: exit 1 with who, where and since when.
func TestBusy(t *testing.T) {
	home := newHome(t)
	mustCall(t, exitDone, "init")
	path := filepath.Join(home, "tagkeep", "tagkeep.db")
	lock := flock.New(path + "-lock")
	if ok, err := lock.TryLock(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	defer lock.Close()
	since := time.Date(2026, 3, 5, 14, 30, 0, 0, time.Local)
	conn := storetest.Raw(t, store.Target{Engine: store.SQLite, Path: path})
	_, err := conn.ExecContext(t.Context(), "UPDATE meta SET job_name = 'import customers c.csv', job_holder = 'tom', job_host = 'box', job_pid = 42, job_since = ?", since.UnixMilli())
	if err != nil {
		t.Fatal(err)
	}

	c := mustCall(t, exitFailed, "import", "tags", sampleFile(t, "tags.xlsx"), "--wait", "1ms", "--lang", "en")
	for _, part := range []string{
		"error: busy: import customers c.csv, run by tom@box (pid 42) since 2026-03-05 14:30:00\n",
		"next: try again when it is done, or wait longer with --wait 10m\n",
	} {
		if !strings.Contains(c.stderr, part) {
			t.Errorf("stderr lacks %q:\n%s", part, c.stderr)
		}
	}
	var refusal struct {
		Error struct{ Code, Message string } `json:"error"`
	}
	mustCall(t, exitFailed, "import", "tags", sampleFile(t, "tags.xlsx"), "--wait", "1ms", "--json").fields(t, &refusal)
	if refusal.Error.Code != "BUSY" || !strings.Contains(refusal.Error.Message, "数据库正忙：import customers c.csv，由 tom@box（进程 42）") {
		t.Errorf("%+v", refusal)
	}
	// Reading needs no lock.
	mustCall(t, exitDone, "state")
}
