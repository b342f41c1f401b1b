package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// The test binary started under the name tagkeep is the program.
func TestMain(m *testing.M) {
	// The race detector's runtime would keep every child for a second.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	testscript.Main(m, map[string]func(){"tagkeep": main})
}

// TestScripts drives the program on SQLite.
func TestScripts(t *testing.T) {
	testscript.Run(t, params("testdata", func(*testscript.Env) {}))
}

// TestScriptsBoth drives it on a fresh database of each kind, which TAGKEEP_DB
// names; nothing is there yet. What a script agrees on must be the same on both.
func TestScriptsBoth(t *testing.T) {
	var all []*answers
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			given := &answers{by: make(map[string][]string)}
			p := params("testdata/both", func(env *testscript.Env) {
				target := newTarget(env, engine)
				env.Values[theTarget], env.Values[theAnswers] = target, given
				env.Setenv("TAGKEEP_DB", addressOf(target))
				env.Setenv("PASSWORD", cmp.Or(target.Password, "no password"))
				env.Setenv("SERVER", target.Host)
				env.Setenv("NAME", target.Name)
			})
			p.Condition = func(word string) (bool, error) { return word == string(engine), nil }
			testscript.Run(t, p)
			t.Cleanup(func() { all = append(all, given) })
		})
	}
	if len(all) == 2 && !t.Failed() && !testing.Short() && !reflect.DeepEqual(all[0].by, all[1].by) {
		t.Errorf("the engines differ:\n%v\n%v", all[0].by, all[1].by)
	}
}

// newTarget is where a script's database will be.
func newTarget(env *testscript.Env, engine store.Engine) store.Target {
	if engine == store.SQLite {
		return store.Target{Engine: engine, Path: filepath.Join(env.WorkDir, "team.db")}
	}
	return storetest.MySQL(env.T().(testing.TB))
}

// answers are what the scripts of one engine agree on.
type answers struct {
	mu sync.Mutex
	by map[string][]string // script -> in order
}

func (a *answers) add(script, value string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.by[script] = append(a.by[script], value)
}

// params of scripts: a home of their own, a scheduled job's locale, no database.
func params(dir string, setup func(*testscript.Env)) testscript.Params {
	return testscript.Params{
		Dir:                dir,
		Cmds:               scriptCommands,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			for name, value := range map[string]string{
				"HOME": env.WorkDir, "USERPROFILE": env.WorkDir, "LOCALAPPDATA": filepath.Join(env.WorkDir, "data"),
				"XDG_DATA_HOME": filepath.Join(env.WorkDir, "data"), "TZ": "UTC",
			} {
				env.Setenv(name, value)
			}
			env.Setenv("GORACE", os.Getenv("GORACE"))
			// Scripts run beside each other, and so many short processes take half
			// the time with a thread each; TestInterrupt and TestMessySamples use all.
			env.Setenv("GOMAXPROCS", "1")
			env.Values[theTest] = env.T()
			env.Values[theTarget] = store.Target{Engine: store.SQLite, Path: filepath.Join(env.WorkDir, "data", "tagkeep", "tagkeep.db")}
			setup(env)
			return nil
		},
	}
}

// A command that is cancelled before it starts has done nothing and says so.
func TestRunCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := call(t, ctx, "import", "tags", sampleFile(t, "tags.xlsx"))
	if c.code != exitStopped || c.stdout != "" {
		t.Errorf("exit %d, want %d; stdout %q", c.code, exitStopped, c.stdout)
	}
}
