// Command tagkeep imports customer tags, customers and staff of a WeCom company
// from spreadsheets and tells exactly which cell of which row is wrong.
//
// This package wires the verbs to the command line: flags, progress, questions,
// and turning errors into messages with the next step and into exit codes. It
// decides nothing about rows or data. One file per command.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	_ "time/tzdata" // dates are read in the company's time zone on any machine
)

// version is set by the build.
var version = "dev"

// heapTarget is what the collector aims at, in bytes. It may be exceeded. Page
// caches and the program itself come on top.
const heapTarget = 64 << 20

func main() {
	// Most of the memory here is short-lived: a small heap costs little time.
	debug.SetMemoryLimit(heapTarget)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work at the edge of a chunk, a second one the
	// process.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: it returns the exit code and touches nothing of the
// process but its environment and files.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	// A command line that cannot be parsed to its end still gets its answer in
	// the form that it asks for.
	a.json = slices.Contains(args, "--json")
	code := a.exit(root.ExecuteContext(ctx))
	if a.window {
		a.keepWindow()
	}
	return code
}
