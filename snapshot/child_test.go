//go:build unix

package snapshot

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
	"sync"
	"syscall"
	"testing"
	"time"

	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// An errand is what the test's own binary does as a child process, a real one
// that can be killed and stopped.
type errand struct {
	Work   string // create, prune or restore
	Target store.Target
	Folder string // of snapshots
	File   string // to restore
	Last   int    // of the pruning's policy
	// Steps: before each thing that it does to the disk or to the database the
	// child says what it is, and waits to be told to go on.
	Steps bool
}

// errandVar holds the errand, as JSON.
const errandVar = "TAGKEEP_TEST_ERRAND"

// endMark begins the child's last line.
const endMark = "end: "

func TestMain(m *testing.M) {
	if text := os.Getenv(errandVar); text != "" {
		var e errand
		err := json.Unmarshal([]byte(text), &e)
		if err == nil {
			err = e.run()
		}
		fmt.Println(endMark + outcomeOf(err))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// outcomeOf is what the parent is told of an error.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, store.ErrFenced):
		return "fenced"
	case errors.Is(err, os.ErrNotExist):
		return "no file"
	case errors.Is(err, ErrNotEmpty):
		return "not empty"
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

func (e errand) run() error {
	ctx, plan, s := context.Background(), new(fault.Plan), &stepper{in: bufio.NewReader(os.Stdin)}
	db, err := store.Open(ctx, e.Target, storetest.NewClock().Option(), store.WithConnector(plan.Connector))
	if err != nil {
		return err
	}
	defer db.Close()
	d, err := OpenDir(e.Folder)
	if err != nil {
		return err
	}
	if e.Steps {
		d.disk = steppedDisk{s: s}
		plan.Add(s.statements(plan))
	}
	switch e.Work {
	case "create":
		_, err = Create(ctx, db, d, Options{})
	case "prune":
		_, err = Prune(ctx, db, d, PruneOptions{Policy: Policy{Last: e.Last}})
	case "restore":
		var src *Source
		if src, err = OpenSource(ctx, e.File); err == nil {
			defer src.Close()
			_, err = Restore(ctx, db, src, RestoreOptions{Wait: time.Minute})
		}
	default:
		err = errors.New("no such work: " + e.Work)
	}
	return err
}

// stepper stops the child before a step. Rows are read and written at once: who
// comes second waits.
type stepper struct {
	mu sync.Mutex
	in *bufio.Reader
}

func (s *stepper) reach(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Println(step)
	if _, err := s.in.ReadString('\n'); err != nil {
		os.Exit(1) // the parent is gone
	}
}

// statements is a fault that does no harm but stops before a statement, and plans
// itself again for the next.
func (s *stepper) statements(plan *fault.Plan) fault.Fault {
	plan.Steps()
	return fault.Fault{Do: func() {
		steps := plan.Steps()
		s.reach(steps[len(steps)-1].String())
		plan.Add(s.statements(plan))
	}}
}

// steppedDisk stops before each step of publishing and removing, and in the
// middle of each write.
type steppedDisk struct {
	osDisk
	s *stepper
}

func (d steppedDisk) create(path string) (tempFile, error) {
	d.s.reach("create")
	f, err := d.osDisk.create(path)
	return steppedFile{f, d.s}, err
}

func (d steppedDisk) rename(from, to string) error {
	d.s.reach("rename")
	return d.osDisk.rename(from, to)
}

func (d steppedDisk) remove(path string) error {
	d.s.reach("remove")
	return d.osDisk.remove(path)
}

func (d steppedDisk) syncDir(path string) error {
	d.s.reach("syncdir")
	return d.osDisk.syncDir(path)
}

type steppedFile struct {
	tempFile
	s *stepper
}

func (f steppedFile) Write(p []byte) (int, error) {
	f.s.reach("write")
	half, err := f.tempFile.Write(p[:len(p)/2])
	if err != nil {
		return half, err
	}
	f.s.reach("write on")
	n, err := f.tempFile.Write(p[half:])
	return half + n, err
}

func (f steppedFile) Sync() error {
	f.s.reach("sync")
	return f.tempFile.Sync()
}

func (f steppedFile) Close() error {
	f.s.reach("close")
	return f.tempFile.Close()
}

// child is a process on an errand.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	end   string // outcome, "" while it is on its way
	steps []string
}

func start(t *testing.T, e errand) *child {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0])}
	c.cmd.Env = append(os.Environ(), errandVar+"="+string(text))
	c.cmd.Stderr = os.Stderr
	in, err1 := c.cmd.StdinPipe()
	out, err2 := c.cmd.StdoutPipe()
	if err := errors.Join(err1, err2, c.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	return c
}

// next waits for the child to come to its next step, or to its end: then it is
// false.
func (c *child) next() bool {
	c.t.Helper()
	if len(c.steps) > 0 {
		if _, err := io.WriteString(c.in, "\n"); err != nil {
			c.t.Fatal(err)
		}
	}
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.t.Fatalf("the child broke off after %q: %v", c.last(), err)
	}
	line = strings.TrimSpace(line)
	if end, ok := strings.CutPrefix(line, endMark); ok {
		c.end = end
		_ = c.cmd.Wait()
		return false
	}
	c.steps = append(c.steps, line)
	return true
}

// last is the step that the child stands before.
func (c *child) last() string {
	if len(c.steps) == 0 {
		return ""
	}
	return c.steps[len(c.steps)-1]
}

// finish lets the child go on to its end.
func (c *child) finish() string {
	c.t.Helper()
	for c.end == "" && c.next() {
	}
	return c.end
}

// until lets the child go on to a step that begins so.
func (c *child) until(step string) {
	c.t.Helper()
	for c.next() {
		if strings.HasPrefix(c.last(), step) {
			return
		}
	}
	c.t.Fatalf("the child never came to %q: %s", step, c.end)
}

// kill ends the child at once.
func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // says that it was killed
}

// pause stops the child as a machine that falls asleep does.
func (c *child) pause() {
	c.t.Helper()
	var status syscall.WaitStatus
	err := c.cmd.Process.Signal(syscall.SIGSTOP)
	if err == nil {
		_, err = syscall.Wait4(c.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	}
	if err != nil || !status.Stopped() {
		c.t.Fatalf("the child did not stop: %v, %v", status, err)
	}
}

func (c *child) wake() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
}

// killAtEach kills a child before every step of an errand, or every so many, and
// calls check after each; the last child comes to its end. fresh makes the
// errand, which may go on where the child before left it.
func killAtEach(t *testing.T, every int, fresh func() errand, check func(step string)) {
	t.Helper()
	for at := 1; ; at += every {
		c := start(t, fresh())
		for len(c.steps) < at && c.next() {
		}
		if c.end != "" {
			if c.end != "done" {
				t.Fatalf("undisturbed: %s", c.end)
			}
			check("the end")
			t.Logf("killed at %d of %d steps", (at-1)/every, len(c.steps))
			return
		}
		c.kill()
		check(fmt.Sprintf("step %d, %s", at, c.last()))
		if t.Failed() {
			return
		}
	}
}
