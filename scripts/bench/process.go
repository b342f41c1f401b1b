package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A command is one process to run.
type command struct {
	path  string
	args  []string
	env   []string // besides our own
	stdin string   // name of a file, "" for none
	// partly allows the exit code 3 of an import with rejected rows.
	partly bool
}

// usage is what a process took.
type usage struct {
	seconds float64
	peak    int64  // bytes
	stdout  string // name of the file with its standard output
}

// run runs a command to its end. Its output goes to files: a terminal or a pipe
// would be measured along with it. Cancelling interrupts it, then kills it.
//
// A process begins as a copy of ours, so its peak of memory is never seen to be
// below our own: everything here streams.
func (b *bench) run(ctx context.Context, c command) (u usage, err error) {
	b.processes++
	name := filepath.Join(b.dir, fmt.Sprintf("process-%03d", b.processes))
	u.stdout = name + ".out"
	out, err := os.Create(u.stdout)
	if err != nil {
		return u, err
	}
	defer out.Close()
	complaints, err := os.Create(name + ".err")
	if err != nil {
		return u, err
	}
	defer complaints.Close()
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	// What an interrupted process leaves in TMPDIR goes with our directory.
	cmd.Env = append(append(os.Environ(), "TMPDIR="+b.dir), c.env...)
	cmd.Dir = b.dir
	cmd.Stdout, cmd.Stderr = out, complaints
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	if c.stdin != "" {
		in, err := os.Open(c.stdin)
		if err != nil {
			return u, err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	start := time.Now()
	err = cmd.Run()
	u.seconds = time.Since(start).Seconds()
	if exit := (*exec.ExitError)(nil); c.partly && errors.As(err, &exit) && exit.ExitCode() == 3 {
		err = nil
	}
	if err != nil {
		return u, fmt.Errorf("%s %s: %w%s", filepath.Base(c.path), strings.Join(c.args, " "), err, cmp.Or(tail(complaints), tail(out)))
	}
	u.peak = peakMemory(cmd.ProcessState)
	return u, nil
}

// tail is the end of what a process wrote, "" for nothing.
func tail(f *os.File) string {
	const most = 400
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	text := make([]byte, min(size, most))
	n, _ := f.ReadAt(text, size-int64(len(text)))
	text = bytes.TrimSpace(bytes.ToValidUTF8(text[:n], nil))
	if len(text) == 0 {
		return ""
	}
	return ": " + string(text)
}

// median measures -runs times and returns the run with the median time, with
// the highest peak of all.
func (b *bench) median(ctx context.Context, once func(context.Context) (usage, error)) (usage, error) {
	var all []usage
	for range b.runs {
		u, err := once(ctx)
		if err != nil {
			return usage{}, err
		}
		all = append(all, u)
	}
	return middle(all), nil
}

func middle(all []usage) usage {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b usage) int { return cmp.Compare(a.seconds, b.seconds) })
	u := all[(len(all)-1)/2]
	for _, other := range all {
		u.peak = max(u.peak, other.peak)
	}
	return u
}

// calm lets the system write out what earlier work left behind, so that the
// next measurement does not pay for it.
func calm(ctx context.Context) {
	if sync, err := exec.LookPath("sync"); err == nil {
		_ = exec.CommandContext(ctx, sync).Run() // as good as nothing when it fails
	}
}
