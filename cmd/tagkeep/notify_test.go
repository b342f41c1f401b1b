package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// robot is a WeCom group robot that remembers what it was told.
type robot struct {
	mu     sync.Mutex
	told   []string
	answer string
}

func (r *robot) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var m struct {
		Type string                   `json:"msgtype"`
		Text struct{ Content string } `json:"text"`
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := json.NewDecoder(req.Body).Decode(&m); err != nil || m.Type != "text" || req.Method != http.MethodPost {
		http.Error(w, "bad message", http.StatusBadRequest)
		return
	}
	r.told = append(r.told, m.Text.Content)
	_, _ = w.Write([]byte(r.answer))
}

// F31: the group hears of each failure, once of the end of it, and of nothing
// while all is well. The robot's address is never printed.
func TestF31Notify(t *testing.T) {
	home := newHome(t)
	r := &robot{answer: `{"errcode":0,"errmsg":"ok"}`}
	server := httptest.NewServer(r)
	defer server.Close()
	const key = "SECRET-KEY"
	address := server.URL + "/cgi-bin/webhook/send?key=" + key
	t.Setenv("TAGKEEP_DB", "sqlite:"+filepath.Join(home, "a.db"))
	t.Setenv("TAGKEEP_SNAPSHOTS", filepath.Join(home, "shots"))
	expect := func(code int, told int, args ...string) {
		t.Helper()
		c := mustCall(t, code, append(args, "--notify", address)...)
		if strings.Contains(c.stdout+c.stderr, key) {
			t.Errorf("the address is printed:\n%s%s", c.stdout, c.stderr)
		}
		if len(r.told) != told {
			t.Errorf("%v: told %d times, want %d: %q", args, len(r.told), told, r.told)
		}
	}
	expect(exitRefused, 1, "nightly") // no database
	mustCall(t, exitDone, "init")
	mustCall(t, exitDone, "snapshot", "create")
	expect(exitDone, 1, "nightly")
	expect(exitDone, 1, "nightly")
	copies := filepath.Join(home, "shots", ".lock", "no folder")
	expect(exitFailed, 2, "nightly", "--copy-to", copies)
	expect(exitFailed, 3, "nightly", "--copy-to", copies)
	if last := r.told[2]; !strings.Contains(last, "夜间任务失败") || !strings.Contains(last, "a.db") {
		t.Errorf("told %q", last)
	}
	expect(exitDone, 4, "nightly")
	if last := r.told[3]; !strings.Contains(last, "已恢复正常") {
		t.Errorf("told %q", last)
	}
	expect(exitDone, 4, "nightly")
	// A robot that refuses is a warning, and the recovery is told again.
	r.answer = `{"errcode":93000,"errmsg":"invalid webhook url"}`
	expect(exitFailed, 5, "nightly", "--copy-to", copies)
	server.Close()
	c := mustCall(t, exitFailed, "nightly", "--copy-to", copies, "--notify", address)
	if !strings.Contains(c.stderr, "通知没有发出") || strings.Contains(c.stderr, key) {
		t.Errorf("stderr %s", c.stderr)
	}
}
