// Command bench measures tagkeep beside other programs that do the same work,
// as whole processes: wall time, rows a second, the ratio to the other program
// in the same run, and the peak of resident memory. It prints a table and
// writes it as JSON; each line says what it must reach and whether it did.
//
//	scripts/bench.sh -rows 100000
//	scripts/bench.sh -rows 20000 -only 'SQLite' -runs 3
//
// It needs the built tagkeep and samples/gen, and for MariaDB the server that
// scripts/test.sh starts. What is not installed is named in the table and is
// no failure. One file holds the rows of one topic; rows.go lists them all.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// flags are the command line.
type flags struct {
	tagkeep, gen string
	rows, runs   int
	only, dir    string
	json         string
	pattern      *regexp.Regexp
}

// run is the whole program. It returns 0 when all was measured, whether or not
// the floors were met, 1 when a measurement failed, 2 for a wrong command line
// and 130 when interrupted.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 2 && args[0] == excelizeCommand {
		return readWithExcelize(args[1], stdout, stderr)
	}
	if len(args) == 3 && args[0] == writeCommand {
		return writeWithExcelize(args[1], args[2], stderr)
	}
	f, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 2
	}
	failed, err := f.bench(ctx, stdout, stderr)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "bench: interrupted; databases and temporary files are removed")
		return 130
	case err != nil:
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	case failed:
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*flags, error) {
	f := new(flags)
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&f.tagkeep, "tagkeep", "bin/tagkeep", "the `program` to measure")
	fs.StringVar(&f.gen, "gen", "bin/gen", "the built samples/gen")
	fs.IntVar(&f.rows, "rows", 100000, "rows of the large files")
	fs.IntVar(&f.runs, "runs", 1, "measure each process so many times and take the median")
	fs.StringVar(&f.only, "only", "", "measure only the works whose names match this `regexp`")
	fs.StringVar(&f.dir, "dir", "", "work in a new folder of this `directory` and keep it (default: a temporary one, removed)")
	fs.StringVar(&f.json, "json", "dist/bench.json", "write the results to `FILE`")
	fs.Usage = func() {
		fmt.Fprint(stderr, "usage: bench [flags]\n\nflags:\n")
		fs.PrintDefaults()
		fmt.Fprint(stderr, "\nworks:\n")
		for _, r := range allRows() {
			fmt.Fprintf(stderr, "  %s (%s)\n", r.name, r.floor)
		}
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	var err error
	switch f.pattern, err = regexp.Compile(f.only); {
	case err != nil:
		return nil, fmt.Errorf("-only: %w", err)
	case fs.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case f.rows < 1 || f.runs < 1:
		return nil, errors.New("-rows and -runs start at 1")
	}
	return f, nil
}

// bench measures the wanted rows one after the other; failed says whether any
// could not be measured. What was measured before an interruption is printed.
func (f *flags) bench(ctx context.Context, stdout, stderr io.Writer) (failed bool, err error) {
	b, err := newBench(ctx, f, stderr)
	if err != nil {
		return false, err
	}
	defer b.close()
	t := table{Rows: f.rows, Runs: f.runs, Versions: b.versions(ctx)}
	for _, r := range allRows() {
		if !f.pattern.MatchString(r.name) {
			continue
		}
		out, err := r.measure(ctx, b)
		if ctx.Err() != nil {
			break
		}
		line := newLine(r, out, err)
		line.say(stderr)
		failed = failed || line.Failed != ""
		t.Lines = append(t.Lines, line)
	}
	if len(t.Lines) == 0 {
		if ctx.Err() != nil {
			return false, nil
		}
		return false, fmt.Errorf("no work matches -only %q (-help lists them)", f.only)
	}
	if err := t.print(stdout); err != nil {
		return failed, err
	}
	if ctx.Err() != nil {
		return failed, nil
	}
	file, err := filepath.Abs(f.json)
	if err != nil {
		return failed, err
	}
	return failed, t.save(file)
}
