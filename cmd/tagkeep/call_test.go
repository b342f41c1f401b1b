package main

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagkeep/internal/store"
	"tagkeep/samples"
)

// called is what a run of the program left.
type called struct {
	code           int
	stdout, stderr string
}

// call runs the program in this process, without a terminal.
func call(t *testing.T, ctx context.Context, args ...string) called {
	t.Helper()
	var out, err strings.Builder
	code := run(ctx, args, strings.NewReader(""), &out, &err)
	return called{code, out.String(), err.String()}
}

// mustCall is call for what must end with this exit code.
func mustCall(t *testing.T, code int, args ...string) called {
	t.Helper()
	c := call(t, t.Context(), args...)
	if c.code != code {
		t.Fatalf("tagkeep %s: exit %d, want %d\n%s%s", strings.Join(args, " "), c.code, code, c.stdout, c.stderr)
	}
	return c
}

// fields reads the JSON on stdout into v.
func (c called) fields(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.stdout), v); err != nil {
		t.Fatalf("stdout: %v\n%s", err, c.stdout)
	}
}

// newHome gives the test a home without a database.
func newHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{"HOME", "USERPROFILE", "XDG_DATA_HOME", "LOCALAPPDATA"} {
		t.Setenv(name, home)
	}
	for _, name := range []string{"TAGKEEP_DB", "TAGKEEP_DB_FILE", "TAGKEEP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		t.Setenv(name, "")
	}
	return home
}

// sampleFile puts a sample file into a folder of the test's.
func sampleFile(t *testing.T, name string) string {
	t.Helper()
	data, err := samples.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// addressOf is what --db takes, the password included.
func addressOf(t store.Target) string {
	if t.Engine == store.SQLite {
		return t.String()
	}
	return (&url.URL{Scheme: "mysql", User: url.UserPassword(t.User, t.Password), Host: t.Host, Path: t.Name}).String()
}
