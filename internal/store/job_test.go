package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// soon is a wait that is over before the lock can be free.
const soon = time.Millisecond

func start(t *testing.T, db *store.DB, name string) *store.Job {
	t.Helper()
	job, err := db.StartJob(t.Context(), name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func done(t *testing.T, job *store.Job) {
	t.Helper()
	if err := job.Done(t.Context()); err != nil {
		t.Error(err)
	}
}

// busyWith fails unless the database says that it is held by that job of this
// process, or of the process pid.
func busyWith(t *testing.T, db *store.DB, name string, pid int) {
	t.Helper()
	_, err := db.StartJob(t.Context(), "second", soon)
	busy := (*store.BusyError)(nil)
	if !errors.As(err, &busy) || !errors.Is(err, store.ErrBusy) {
		t.Errorf("got %v, want a BusyError", err)
		return
	}
	host, _ := os.Hostname()
	if busy.Job != name || busy.PID != pid || busy.Host != host || busy.Holder == "" || !busy.Since.Equal(storetest.Epoch) {
		t.Errorf("held by %+v, want job %q of pid %d on %s since %v", busy, name, pid, host, storetest.Epoch)
	}
	for _, part := range []string{name, fmt.Sprint(pid), host} {
		if !strings.Contains(busy.Error(), part) {
			t.Errorf("message %q does not name %q", busy, part)
		}
	}
}

func TestJobLock(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		one, two := storetest.Open(t, target), storetest.Open(t, target)
		job := start(t, one, "import 客户.xlsx")
		busyWith(t, two, "import 客户.xlsx", os.Getpid())
		busyWith(t, one, "import 客户.xlsx", os.Getpid())
		// The lock is for long jobs; a short transaction does not ask for it.
		storetest.Write(t, two, func(*store.Tx) error { return nil })
		done(t, job)
		done(t, job) // twice is harmless

		job = start(t, two, "undo")
		busyWith(t, one, "undo", os.Getpid())
		done(t, job)
		job = start(t, one, strings.Repeat("长", 999)) // cut, not refused
		done(t, job)
	})
}

// Whoever waits gets the lock once it is free.
func TestJobWaits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		one, two := storetest.Open(t, target), storetest.Open(t, target)
		job := start(t, one, "first")
		got := make(chan error)
		go func() {
			second, err := two.StartJob(t.Context(), "second", time.Minute)
			if err == nil {
				err = second.Done(t.Context())
			}
			got <- err
		}()
		done(t, job)
		if err := <-got; err != nil {
			t.Error(err)
		}

		job = start(t, one, "third")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := two.StartJob(ctx, "cancelled", time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled while waiting: got %v, want context.Canceled", err)
		}
		done(t, job)
	})
}

func TestJobEndsWithClose(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db, _, err := store.Create(t.Context(), target, store.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		left := start(t, db, "left open")
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		done(t, left)
		done(t, start(t, storetest.Open(t, target), "next"))
	})
}

// holder is the environment variable that makes the test's own binary hold a
// job until it is killed.
const holder = "TAGKEEP_TEST_HOLD_JOB"

func TestMain(m *testing.M) {
	if text := os.Getenv(holder); text != "" {
		holdJob(text)
	}
	os.Exit(m.Run())
}

func holdJob(text string) {
	var target store.Target
	err := json.Unmarshal([]byte(text), &target)
	if err == nil {
		var db *store.DB
		db, err = store.Open(context.Background(), target, storetest.NewClock().Option())
		if err == nil {
			_, err = db.StartJob(context.Background(), "to be killed", 0)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is gone, if it does not kill us
	os.Exit(1)
}

// A killed process leaves no lock behind that somebody must clear.
func TestJobEndsWithProcess(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		text, err := json.Marshal(target)
		if err != nil {
			t.Fatal(err)
		}
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), holder+"="+string(text))
		stdin, err1 := child.StdinPipe()
		stdout, err2 := child.StdoutPipe()
		if err := errors.Join(err1, err2, child.Start()); err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		if line != "held\n" {
			t.Fatalf("the other process says %q", line)
		}
		busyWith(t, db, "to be killed", child.Process.Pid)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // says that it was killed
		done(t, start(t, db, "next"))
	})
}

// seize breaks the lock under the job that holds it, as when a machine sleeps
// until the server gives up on it, or a file system forgets.
func seize(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Target().Engine == store.SQLite {
		if err := os.Remove(db.Target().Path + "-lock"); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw := storetest.Raw(t, db.Target())
	var id int64
	if err := raw.QueryRowContext(t.Context(), "SELECT IS_USED_LOCK(?)", "tagkeep:"+db.Meta().UUID).Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), fmt.Sprint("KILL ", id)); err != nil {
		t.Fatal(err)
	}
}

// A job that was overtaken while it was paused writes nothing any more.
func TestJobFenced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		one, two := storetest.Open(t, target), storetest.Open(t, target)
		create := func(id int64) func(tx *store.Tx) error {
			return func(tx *store.Tx) error {
				return tx.CreateCustomers([]crm.Customer{{ID: id}})
			}
		}
		late := start(t, one, "late")
		if err := one.InTx(t.Context(), late, create(1)); err != nil {
			t.Fatal(err)
		}
		seize(t, one)
		next := start(t, two, "next")
		for range 2 {
			err := one.InTx(t.Context(), late, func(tx *store.Tx) error {
				t.Error("the function of an overtaken job runs")
				return create(2)(tx)
			})
			if !errors.Is(err, store.ErrFenced) {
				t.Errorf("got %v, want ErrFenced", err)
			}
		}
		if err := two.InTx(t.Context(), next, create(3)); err != nil {
			t.Error(err)
		}
		if err := one.InTx(t.Context(), nil, create(4)); err != nil {
			t.Errorf("a transaction of no job: %v", err)
		}
		done(t, late) // must not end the other's
		busyWith(t, one, "next", os.Getpid())
		if err := two.InTx(t.Context(), next, create(5)); err != nil {
			t.Error(err)
		}
		done(t, next)
		if n := storetest.Count(t, one, "customer", "id IN (1, 3, 4, 5)"); n != 4 || storetest.Count(t, one, "customer", "") != 4 {
			t.Errorf("%d of the customers 1, 3, 4, 5 are stored", n)
		}
	})
}
