package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// bench is what the measurements share: programs, a directory, the server, and
// what was made once and is used by several rows.
type bench struct {
	tagkeep, gen string
	self         string // this program, for its subcommand
	rows, runs   int
	dir          string
	processes    int

	server *server            // nil without one
	made   map[string]bool    // files that are there
	filled map[string]*filled // by name of the engine
	// Snapshots and peers' dumps of these databases, by name of the engine.
	snapshots map[string]*taken
	dumps     map[string]*dumped
	// What deletes and restores took, by name of the engine.
	big     map[string]*recycled
	many    map[string]*recycled
	closers []func() // run last to first
}

// newBench prepares the work directory and connects to the server. The caller
// must close it, on success only.
func newBench(ctx context.Context, f *flags, stderr io.Writer) (*bench, error) {
	b := &bench{rows: f.rows, runs: f.runs, made: make(map[string]bool), filled: make(map[string]*filled),
		snapshots: make(map[string]*taken), dumps: make(map[string]*dumped),
		big: make(map[string]*recycled), many: make(map[string]*recycled)}
	if err := b.prepare(ctx, f, stderr); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) prepare(ctx context.Context, f *flags, stderr io.Writer) (err error) {
	for _, program := range []struct {
		into *string
		name string
	}{{&b.tagkeep, f.tagkeep}, {&b.gen, f.gen}} {
		if *program.into, err = filepath.Abs(program.name); err != nil {
			return err
		}
		if _, err := os.Stat(*program.into); err != nil {
			return fmt.Errorf("%w (scripts/bench.sh builds it)", err)
		}
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if err := b.makeDir(f.dir); err != nil {
		return err
	}
	b.server, err = b.connect(ctx, os.Getenv("TAGKEEP_TEST_MYSQL"), stderr)
	return err
}

// makeDir makes the work directory; in a parent that was asked for, it stays.
func (b *bench) makeDir(parent string) (err error) {
	if parent == "" {
		b.onClose(func() { _ = os.RemoveAll(b.dir) })
	} else if parent, err = filepath.Abs(parent); err != nil {
		return err
	}
	b.dir, err = os.MkdirTemp(parent, "tagkeep-bench-")
	return err
}

// onClose registers what is to be undone at the end, also after an error or an
// interruption.
func (b *bench) onClose(f func()) { b.closers = append(b.closers, f) }

func (b *bench) close() {
	for _, f := range slices.Backward(b.closers) {
		f()
	}
	b.closers = nil
}

// file is the name of a file in the work directory.
func (b *bench) file(name string) string { return filepath.Join(b.dir, name) }

// version is one program and which one it is.
type version struct {
	Program string `json:"program"`
	Version string `json:"version"` // or why there is none
}

// versions names what takes part, as far as results depend on it.
func (b *bench) versions(ctx context.Context) []version {
	list := []version{
		{"tagkeep", strings.TrimPrefix(firstLine(ctx, b.tagkeep, "--version"), "tagkeep version ")},
		{"go", runtime.Version()},
		{"MariaDB server", "missing (" + noServer + ")"},
		{"mariadb client", firstLine(ctx, "mariadb", "--version")},
		{"sqlite3 shell", firstLine(ctx, "sqlite3", "--version")},
	}
	if b.server != nil {
		list[2].Version = b.server.version
	}
	if info, err := buildinfo.ReadFile(b.tagkeep); err == nil {
		list = append(list, version{"modernc.org/sqlite in tagkeep", module(info, "modernc.org/sqlite")})
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		list = append(list, version{"excelize", module(info, "github.com/xuri/excelize/v2")})
	}
	return list
}

func module(info *debug.BuildInfo, path string) string {
	for _, m := range info.Deps {
		if m.Path == path {
			return m.Version
		}
	}
	return "unknown"
}

// firstLine is what a program says about its version, or that it is missing.
func firstLine(ctx context.Context, program string, args ...string) string {
	if _, err := exec.LookPath(program); err != nil {
		return "missing"
	}
	out, err := exec.CommandContext(ctx, program, args...).Output()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil {
		return cmp.Or(line, err.Error())
	}
	return line
}
