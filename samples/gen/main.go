// Command gen writes spreadsheets of tags, customers and staff, in any size and
// with a chosen share of faulty rows, for demonstrations, tests and benchmarks:
//
//	go run ./samples/gen -kind customers -rows 30000 -seed 1 -faults 0.7% -o customers.csv
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tagkeep/samples"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = `usage: gen -kind KIND -rows N -o FILE [flags]
       gen -samples DIR

Writes a spreadsheet that tagkeep imports. The same flags give the same bytes.
Customers use the people and tags that the kinds staff and tags write with the
same seed, so the three fit together:

  gen -kind staff     -rows 200    -o staff.xlsx
  gen -kind tags      -rows 1000   -o tags.xlsx
  gen -kind customers -rows 30000  -staff 200 -tags 1000 -faults 0.7% \
      -encoding gb18030 -o customers.csv -expect expected.jsonl

flags:
`

// flags are the command line, as far as samples.Options do not hold it.
type flags struct {
	samples.Options
	faults, kinds, delimiter string
	out, expect, samplesDir  string
}

func run(args []string, stdout, stderr io.Writer) int {
	var f flags
	fs := f.set(stderr)
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if err := f.check(fs.Args()); err != nil {
		fmt.Fprintf(stderr, "gen: %v (-help lists the flags)\n", err)
		return 2
	}
	if err := f.generate(stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "gen: %v\n", err)
		return 1
	}
	return 0
}

func (f *flags) set(stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("gen", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&f.Kind, "kind", "", "what the rows are: `tags, customers or staff`")
	fs.IntVar(&f.Rows, "rows", 0, "data rows")
	fs.Uint64Var(&f.Seed, "seed", 1, "seed of the random numbers")
	fs.IntVar(&f.Staff, "staff", 0, "people who have the customers, at least 21 (default 21)")
	fs.IntVar(&f.Tags, "tags", 0, "tags that the customers use, at least 40 (default 40)")
	fs.StringVar(&f.faults, "faults", "0", "`share` of rows with an error, as 0.7% or 0.007")
	fs.StringVar(&f.kinds, "fault-kinds", "", "only these faults, separated by commas (default all):"+
		"\ncustomers: "+strings.Join(samples.FaultKinds("customers"), ", ")+
		"\ntags: "+strings.Join(samples.FaultKinds("tags"), ", ")+
		"\nstaff: "+strings.Join(samples.FaultKinds("staff"), ", "))
	fs.StringVar(&f.expect, "expect", "", "write the errors that an import must report to `FILE`, a JSON object a line")
	fs.StringVar(&f.Format, "format", "", "csv or xlsx (default: as FILE is named, else csv)")
	fs.StringVar(&f.Encoding, "encoding", "utf-8", "of CSV: utf-8, utf-8-bom, gb18030 or utf-16le")
	fs.StringVar(&f.delimiter, "delimiter", ",", "of CSV: one character, or tab")
	fs.StringVar(&f.out, "o", "", "write to `FILE`, - for standard output")
	fs.StringVar(&f.samplesDir, "samples", "", "write the sample files of package samples into `DIR` instead")
	fs.Usage = func() {
		fmt.Fprint(stderr, usage)
		fs.PrintDefaults()
	}
	return fs
}

// check completes the options; what Generate refuses it leaves to Generate.
func (f *flags) check(rest []string) (err error) {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case f.samplesDir != "":
		return nil
	case f.out == "":
		return errors.New("no -o FILE")
	}
	if f.Faults, err = share(f.faults); err != nil {
		return err
	}
	if f.kinds != "" {
		f.FaultKinds = strings.Split(f.kinds, ",")
	}
	if f.Format == "" && strings.EqualFold(filepath.Ext(f.out), ".xlsx") {
		f.Format = "xlsx"
	}
	delimiter := []rune(f.delimiter)
	if f.delimiter == "tab" {
		delimiter = []rune{'\t'}
	}
	if len(delimiter) != 1 {
		return fmt.Errorf("delimiter %q: one character, or tab", f.delimiter)
	}
	f.Delimiter = delimiter[0]
	return nil
}

// share reads 0.7% or 0.007.
func share(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	x, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("faults %q: a share such as 0.7%% or 0.007", s)
	}
	if percent {
		x /= 100
	}
	return x, nil
}

func (f *flags) generate(stdout, stderr io.Writer) (err error) {
	if f.samplesDir != "" {
		return samples.MakeIn(f.samplesDir)
	}
	out := &output{name: f.out, stdout: stdout}
	defer func() { err = errors.Join(err, out.Close()) }()
	expect := &output{name: f.expect, stdout: stdout}
	defer func() { err = errors.Join(err, expect.Close()) }()
	if f.expect != "" {
		f.Expect = expect
	}
	result, err := samples.Generate(out, f.Options)
	if err != nil {
		return err
	}
	if f.expect != "" && result.Faults == 0 {
		if _, err := expect.Write(nil); err != nil { // an empty file, rather than none
			return err
		}
	}
	fmt.Fprintf(stderr, "gen: %d rows, %d with a fault\n", result.Rows, result.Faults)
	return nil
}

// output is a file that is created with the first write, so that a refused
// command leaves none; "-" is standard output.
type output struct {
	name   string
	stdout io.Writer
	file   *os.File
}

func (o *output) Write(p []byte) (int, error) {
	if o.name == "-" {
		return o.stdout.Write(p)
	}
	if o.file == nil {
		file, err := os.Create(o.name)
		if err != nil {
			return 0, err
		}
		o.file = file
	}
	return o.file.Write(p)
}

func (o *output) Close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}
