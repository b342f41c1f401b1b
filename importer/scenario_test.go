package importer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// scenario is one import: what is there, what comes, and what shall become of
// it. Each is tried on both databases, as a dry run, in one chunk, and in
// chunks and commits of one row, which must all say and do the same; and then
// the file is imported once more.
type scenario struct {
	name string
	kind crm.Kind // customers when empty
	opts Options
	have string // lines of company_test.go
	csv  string // with | for a separator between cells; see sheetOf
	file func(t *testing.T) string

	rows     string   // "4: 1 created, 2 updated, 1 rejected"
	problems []string // "3B DUP_IN_FILE 2": cell, code, related row; then warnings
	want     string   // lines of company_test.go; "" for what was there
	links    string   // "+2 -1"
	err      error    // beside the result
	anything bool     // the database is not looked at
	again    string   // rows of the next import of the file, "" for all unchanged or rejected
}

func runScenarios(t *testing.T, list []scenario) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		for _, s := range list {
			t.Run(s.name, func(t *testing.T) { s.run(t, db) })
		}
	})
}

func (s scenario) run(t *testing.T, db *store.DB) {
	if s.kind == "" {
		s.kind = crm.Customers
	}
	path := ""
	if s.file != nil {
		path = s.file(t)
	} else {
		path = sheetOf(t, s.csv)
	}
	seed(t, db, s.have)
	before := storetest.State(t, db)

	dry := s.opts
	dry.DryRun = true
	rehearsed := s.importInto(t, db, path, dry, 0)
	if diff := cmp.Diff(before, storetest.State(t, db)); diff != "" {
		t.Fatalf("the dry run wrote something (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(s.expected(), told(rehearsed)); diff != "" {
		t.Errorf("dry run (-want +got):\n%s", diff)
	}

	whole := s.importInto(t, db, path, s.opts, 0)
	s.check(t, db, "in one chunk", rehearsed, whole)
	state := storetest.State(t, db)

	again := s.importInto(t, db, path, s.opts, 0)
	s.checkAgain(t, db, state, again)

	single := s.opts
	single.Chunk = 1
	seed(t, db, s.have)
	inPieces := s.importInto(t, db, path, single, 1)
	s.check(t, db, "in chunks of one row", rehearsed, inPieces)
	if diff := cmp.Diff(state.Exact, storetest.State(t, db).Exact); diff != "" {
		t.Error("the state depends on the size of chunks")
	}
}

// check compares the result with what was wanted, with the dry run's, and with
// the database.
func (s scenario) check(t *testing.T, db *store.DB, how string, dry, got *Result) {
	t.Helper()
	if diff := cmp.Diff(s.expected(), told(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", how, diff)
	}
	if diff := cmp.Diff(inCommon(dry), inCommon(got), ignoreProblem); diff != "" {
		t.Errorf("%s (-dry run +run):\n%s", how, diff)
	}
	want := s.want
	if want == "" {
		want = s.have
	}
	if diff := cmp.Diff(tidy(want), dump(t, db)); diff != "" && !s.anything {
		t.Errorf("%s: database (-want +got):\n%s", how, diff)
	}
}

// checkAgain wants the next import of the same file to change nothing.
func (s scenario) checkAgain(t *testing.T, db *store.DB, state store.State, got *Result) {
	t.Helper()
	if s.again != "" {
		if rows := ledgerText(got.Rows); rows != s.again {
			t.Errorf("again: got %s, want %s", rows, s.again)
		}
		return
	}
	if got.Rows.Created+got.Rows.Updated != 0 || got.Links != (LinkCounts{}) {
		t.Errorf("again: got %s, links %+v, want nothing to be changed", ledgerText(got.Rows), got.Links)
	}
	if diff := cmp.Diff(state, storetest.State(t, db)); diff != "" {
		t.Errorf("again: state (-before +after):\n%s", diff)
	}
}

func (s scenario) importInto(t *testing.T, db *store.DB, path string, opts Options, unit int) *Result {
	t.Helper()
	res, err := tryImport(t.Context(), t, db, path, s.kind, opts, unit)
	if !errors.Is(err, s.err) {
		t.Fatalf("got error %v, want %v", err, s.err)
	}
	return res
}

// outline is what a scenario states about a result.
type outline struct {
	Rows, Links string
	Problems    []string
}

func (s scenario) expected() outline {
	links := s.links
	if links == "" {
		links = "+0 -0"
	}
	return outline{s.rows, links, s.problems}
}

func told(r *Result) outline {
	var problems []string
	for _, e := range append(r.Errors, r.Warnings...) {
		text := fmt.Sprintf("%d%s %s", e.Row, e.Column, e.Code)
		if e.Related != 0 {
			text += fmt.Sprint(" ", e.Related)
		}
		problems = append(problems, text)
	}
	return outline{ledgerText(r.Rows), fmt.Sprintf("+%d -%d", r.Links.Added, r.Links.Removed), problems}
}

func ledgerText(l report.Ledger) string {
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{{l.Created, "created"}, {l.Updated, "updated"}, {l.Unchanged, "unchanged"}, {l.Skipped, "skipped"}, {l.Rejected, "rejected"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprint(p.n, " ", p.what))
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("%d: %s", l.Read, strings.Join(parts, ", ")), ": ")
}

// inCommon is a result without what differs between two runs that do the
// same.
func inCommon(r *Result) *Result {
	c := *r
	c.Run, c.DryRun, c.DurationMS, c.ErrorsFile, c.ResumedAtRow, c.StoredTo, c.Matched, c.Tally = 0, false, 0, "", 0, 0, nil, nil
	return &c
}

// ignoreProblem: a line of a report keeps the problem that it was made of.
var ignoreProblem = cmpopts.IgnoreUnexported(report.RowError{})

// tidy brings lines into the form that dump writes.
func tidy(lines string) string {
	var out []string
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

var shanghai = func() *time.Location {
	loc, err := time.LoadLocation(store.DefaultTimeZone)
	if err != nil {
		panic(err)
	}
	return loc
}()

// sheetOf writes a CSV file. Lines and cells are trimmed and | separates cells.
func sheetOf(t testing.TB, text string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		cells := strings.Split(line, "|")
		for i, c := range cells {
			cells[i] = `"` + strings.ReplaceAll(strings.TrimSpace(c), `"`, `""`) + `"`
		}
		b.WriteString(strings.Join(cells, ",") + "\r\n")
	}
	return write(t, filepath.Join(t.TempDir(), "表.csv"), b.String())
}

func write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a file that must pass its first reading; unit is how many rows a
// commit holds, 0 for the usual number.
func open(t testing.TB, path string, kind crm.Kind, opts Options, unit int) *Import {
	t.Helper()
	im, err := Open(context.Background(), path, kind, opts, shanghai)
	if err != nil {
		t.Fatal(err)
	}
	if unit > 0 {
		im.unitRows = unit
	}
	return im
}

func tryImport(ctx context.Context, t testing.TB, db *store.DB, path string, kind crm.Kind, opts Options, unit int) (*Result, error) {
	t.Helper()
	im := open(t, path, kind, opts, unit)
	defer im.Close()
	return im.Run(ctx, db)
}

// mustImport imports a file without an error.
func mustImport(t testing.TB, db *store.DB, path string, kind crm.Kind, opts Options) *Result {
	t.Helper()
	res, err := tryImport(context.Background(), t, db, path, kind, opts, 0)
	if err != nil {
		t.Fatal(err)
	}
	return res
}
