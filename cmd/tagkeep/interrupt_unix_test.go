//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// told is the part of import --json that these tests look at.
type told struct {
	Run    int    `json:"run"`
	Status string `json:"status"`
	Rows   struct {
		Read, Created, Updated, Rejected int64
	} `json:"rows"`
	ErrorsFile   string `json:"errors_file"`
	ResumedAtRow int    `json:"resumed_at_row"`
	StoredTo     int    `json:"stored_to_row"`
}

// Ctrl-C during an import stops it at the edge of a chunk with exit code 130; the
// same command goes on there, and in the end all is as if nothing had happened.
func TestInterrupt(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		checkInterrupt(t, storetest.SQLite, 1500, atStart)
	})
	// A server gets commits of 10,000 rows, a file may get all in one.
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		checkInterrupt(t, storetest.MySQL, 30050, underway)
	})
}

func checkInterrupt(t *testing.T, fresh func(testing.TB) store.Target, rows int, until moment) {
	file, undisturbed, target := manyCustomers(t, rows), fresh(t), fresh(t)
	mustCall(t, exitDone, "init", "--db", addressOf(undisturbed))
	var want, second told
	mustCall(t, exitPartly, importOf(undisturbed, file)...).fields(t, &want)

	first, stderr := interrupted(t, target, file, until)
	line, resume := "已中断，还没有写入任何行。再运行同一命令即可导入。", 0
	if first.StoredTo > 0 {
		line = fmt.Sprintf("已中断：第 %d 行及以前已写入（R%d）。再运行同一命令会继续。", first.StoredTo, first.Run)
		resume = first.StoredTo + 1
	}
	stored := target.Engine == store.MySQL
	if first.Status != "stopped" || first.Rows.Read >= want.Rows.Read || (first.StoredTo > 0) != stored {
		t.Errorf("interrupted: %+v", first)
	}
	if !strings.Contains(stderr, line) {
		t.Errorf("stderr lacks %q:\n%s", line, stderr)
	}

	mustCall(t, exitPartly, importOf(target, file)...).fields(t, &second)
	if resume > 0 && second.Run != first.Run || second.ResumedAtRow != resume || second.Rows != want.Rows {
		t.Errorf("resumed: %+v\nwanted %+v from row %d", second, want, resume)
	}
	if got, all := stateHash(t, target), stateHash(t, undisturbed); got != all {
		t.Errorf("state after resuming %s, undisturbed %s", got, all)
	}
	if got, all := lines(t, second.ErrorsFile), lines(t, want.ErrorsFile); got != all {
		t.Errorf("the file of failed rows has %d lines, undisturbed %d", got, all)
	}
}

// interrupted starts the import in a process of its own and sends it SIGINT at
// the moment, while it is kept from storing more.
func interrupted(t *testing.T, target store.Target, file string, until moment) (told, string) {
	t.Helper()
	mustCall(t, exitDone, "init", "--db", addressOf(target))
	conn := storetest.Raw(t, target)
	wait := until(t, target, conn)
	cmd := exec.Command("tagkeep", importOf(target, file)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	for !wait() {
		select {
		case <-ended:
			t.Fatalf("the import ended before it could be interrupted\n%s%s", out.String(), errs.String())
		default:
			runtime.Gosched()
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if err := runAll(t.Context(), conn, "ROLLBACK"); err != nil {
		t.Error(err)
	}
	<-ended
	if got := cmd.ProcessState.ExitCode(); got != exitStopped {
		t.Fatalf("exit %d, want %d\n%s%s", got, exitStopped, out.String(), errs.String())
	}
	var result told
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return result, errs.String()
}

// importOf are the arguments that import a file of customers.
func importOf(target store.Target, file string) []string {
	return []string{"import", "customers", file, "--json", "--lang", "zh", "--db", addressOf(target)}
}

// manyCustomers writes a file. Some rows are bad, and the last ones repeat the
// first ones, which only a program that remembers them across the interruption
// can know.
func manyCustomers(t *testing.T, rows int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("客户ID,客户名称,生日\n")
	for i := range rows {
		id, birthday := i, "1990-02-20"
		if i >= rows-50 {
			id = i - (rows - 50)
		}
		if i%700 == 3 {
			birthday = "1990-02-30"
		}
		fmt.Fprintf(&b, "wm%05d,客户%d,%s\n", id, id, birthday)
	}
	path := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// moment prepares to hold an import that is about to start. What it returns
// reports whether the import has come to the moment and cannot store any more,
// because conn has a transaction open that keeps others from writing.
type moment func(t *testing.T, target store.Target, conn *sql.Conn) func() bool

// atStart is when the import wants the lock for long jobs, its first act on the
// database. The writer's place is taken beforehand.
func atStart(t *testing.T, target store.Target, conn *sql.Conn) func() bool {
	if err := runAll(t.Context(), conn, "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	lock := target.Path + "-lock"
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	return func() bool {
		_, err := os.Stat(lock)
		return err == nil
	}
}

// underway is after the first commit of rows. The server gives writers their
// turns in order, so that conn comes in between two commits.
func underway(t *testing.T, _ store.Target, conn *sql.Conn) func() bool {
	ctx := t.Context()
	return func() bool {
		var n int
		err := runAll(ctx, conn, "BEGIN", "UPDATE meta SET rev = rev WHERE id = 1")
		if err == nil {
			err = conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM import_run WHERE kind = 'customers' AND mark_row > 0").Scan(&n)
		}
		if err == nil && n == 0 {
			err = runAll(ctx, conn, "ROLLBACK")
		}
		if err != nil {
			t.Fatal(err)
		}
		return n > 0
	}
}

func runAll(ctx context.Context, conn *sql.Conn, statements ...string) error {
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func stateHash(t *testing.T, target store.Target) string {
	t.Helper()
	var state struct {
		Hash string `json:"hash"`
	}
	mustCall(t, exitDone, "state", "--json", "--db", addressOf(target)).fields(t, &state)
	return state.Hash
}

func lines(t *testing.T, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte("\n"))
}
