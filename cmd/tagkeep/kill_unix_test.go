//go:build unix

package main

import (
	"os/exec"
	"runtime"
	"testing"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// An import that is killed (kill -9) again and again, each time a commit later,
// ends like one that was left in peace.
func TestKilledAfterEveryCommit(t *testing.T) {
	for name, fresh := range map[string]func(testing.TB) store.Target{"sqlite": storetest.SQLite, "mysql": storetest.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, undisturbed, target := manyCustomers(t, 30050), fresh(t), fresh(t)
			mustCall(t, exitDone, "init", "--db", addressOf(undisturbed))
			mustCall(t, exitDone, "init", "--db", addressOf(target))
			var want, got told
			mustCall(t, exitPartly, importOf(undisturbed, file)...).fields(t, &want)

			killed := 0
			for commits := int64(1); commits <= 5; commits++ {
				if killAfter(t, target, file, commits) {
					killed++
				}
			}
			mustCall(t, exitPartly, importOf(target, file)...).fields(t, &got)
			if killed == 0 {
				t.Fatal("no import was killed")
			}
			// A later run means that one before it was killed only when it was done.
			if got.Run == want.Run && got.Rows != want.Rows {
				t.Errorf("after %d kills: %+v\nwant %+v", killed, got, want)
			}
			if got, all := stateHash(t, target), stateHash(t, undisturbed); got != all {
				t.Errorf("after %d kills: state %s, undisturbed %s", killed, got, all)
			}
			if got, all := lines(t, got.ErrorsFile), lines(t, want.ErrorsFile); got != all {
				t.Errorf("the file of failed rows has %d lines, undisturbed %d", got, all)
			}
		})
	}
}

// killAfter starts an import and kills it as soon as it has made so many
// commits. It reports false when the import was quicker than the killer.
func killAfter(t *testing.T, target store.Target, file string, commits int64) bool {
	t.Helper()
	conn := storetest.Raw(t, target)
	rev := func() (n int64) {
		if err := conn.QueryRowContext(t.Context(), "SELECT rev FROM meta WHERE id = 1").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	start := rev()
	cmd := exec.Command("tagkeep", importOf(target, file)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for rev() < start+commits {
		select {
		case <-ended:
			return false
		default:
			runtime.Gosched()
		}
	}
	_ = cmd.Process.Kill() // it may have ended by itself just now
	<-ended
	return !cmd.ProcessState.Exited()
}
