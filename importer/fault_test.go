package importer

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// faulty is a file of 12 rows in units of three, which creates tags, customers
// and followers, changes and removes, and has two bad rows.
type faulty struct {
	t    *testing.T
	db   *store.DB
	plan *fault.Plan
	path string
	want done // of an undisturbed run
}

const faultyHave = `staff zhang
	group g
	tag g:a
	customer #1 ext=wm1 company=A
	follow #1 zhang remark=x
	link #1 zhang g:a
`

const faultyRows = `客户ID | 手机号 | 跟进员工 | 企业名称 | 客户备注 | 企业标签 | 生日 | 标签操作
	wm1 | 13800000001 | zhang | B | y | g:b | | 覆盖
	wm2 | 13800000002 | | | | a;g:b | |
	wm3 | | zhang | | | neu:c | 1990-02-30 |
	wm3 | | zhang | | | neu:c | |
	wm4 | | | C | | neu:c;neu:d | |
	 | 13800000002 | zhang | | z | a | |
	wm5 | | | | | g:b | |
	wm6 | | zhang | | | a | |
	wm3 | | | | | neu:d | |
	wm7 | | | | | e2:f | |
	wm4 | | zhang | C | | neu:c | |
	wm8 | | | | | a | | `

var faultyOpts = Options{CreateTags: true, Chunk: 3}

// eachFaulty runs fn on either kind of database.
func eachFaulty(t *testing.T, fn func(f *faulty)) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		f := &faulty{t: t, plan: fault.Check(t)}
		f.db = storetest.Open(t, target, store.WithConnector(f.plan.Connector))
		f.path = sheetOf(t, faultyRows)
		f.reset()
		res, err := f.run()
		if err != nil {
			t.Fatal(err)
		}
		if got := ledgerText(res.Rows); got != "12: 7 created, 3 updated, 2 rejected" {
			t.Fatalf("undisturbed: %v", told(res))
		}
		f.want = f.left(res)
		fn(f)
	})
}

func (f *faulty) reset() {
	f.t.Helper()
	seed(f.t, f.db, faultyHave)
}

func (f *faulty) run() (*Result, error) {
	f.t.Helper()
	return tryImport(f.t.Context(), f.t, f.db, f.path, crm.Customers, faultyOpts, 3)
}

func (f *faulty) left(res *Result) done {
	c := inCommon(res)
	c.Warnings, c.WarnCodes, c.Changes = nil, nil, nil
	return done{c, dump(f.t, f.db), storetest.State(f.t, f.db)}
}

// check compares the end with that of an undisturbed run.
func (f *faulty) check(t *testing.T, res *Result) {
	t.Helper()
	if diff := cmp.Diff(f.want, f.left(res), ignoreProblem); diff != "" {
		t.Errorf("(-undisturbed +this one):\n%s", diff)
	}
	if n := storetest.Count(t, f.db, "import_error", ""); n != 2 {
		t.Errorf("%d rejected rows are stored, want 2", n)
	}
}

// finish runs the import, and once more where it failed, and checks the end.
func (f *faulty) finish(t *testing.T) (failed bool) {
	t.Helper()
	res, err := f.run()
	if err != nil {
		failed = true
		if res, err = f.run(); err != nil {
			t.Fatalf("the second run: %v", err)
		}
	}
	f.check(t, res)
	return failed
}

// Commits of an import without a fault: the job's, the run's, one for every
// unit, and the repair file's.
const unitThree = 5

// The commit of unit 3 fails, its answer is lost, or the server ends it: it is
// stored once. A server is asked again at once, SQLite by the next run.
func TestCommitFault(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		for _, c := range []struct {
			name  string
			fault fault.Fault
			mends bool // on a server the import goes on by itself
		}{
			{"connection lost before", fault.Fault{Kill: true}, true},
			{"answer lost", fault.Fault{After: true, Kill: true}, true},
			{"failed", fault.Fault{Kill: true, Err: errors.New("no commit today")}, false},
			{"failed after all", fault.Fault{After: true, Err: errors.New("no answer today")}, false},
		} {
			f.t.Run(c.name, func(t *testing.T) {
				f.reset()
				c.fault.Op, c.fault.N = fault.Commit, unitThree
				f.plan.Add(c.fault)
				if failed := f.finish(t); failed == (c.mends && f.db.Remote()) {
					t.Errorf("failed: %v", failed)
				}
			})
		}
	})
}

// The connection is lost at any step of the import: it mends itself, or the
// next run does.
func TestEveryStep(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		f.reset()
		f.plan.Steps()
		if _, err := f.run(); err != nil {
			f.t.Fatal(err)
		}
		steps := f.plan.Steps()
		every := 1
		if f.db.Remote() {
			every = 4 // a server's transaction takes its time
		}
		if underRace {
			every *= 4 // the steps of a unit repeat; each kind comes up
		}
		for i := 0; i < len(steps); i += every {
			if strings.Contains(steps[i].SQL, "GET_LOCK") || strings.Contains(steps[i].SQL, "RELEASE_LOCK") {
				continue // a connection of its own; the store's tests lose it
			}
			f.t.Run(fmt.Sprintf("%d %s", i+1, strings.Fields(steps[i].String())[0]), func(t *testing.T) {
				f.reset()
				f.plan.Add(fault.Fault{N: i + 1, Kill: true})
				res, err := f.run()
				for tries := 0; err != nil && tries < 3; tries++ {
					res, err = f.run()
				}
				if err != nil {
					t.Fatalf("%s: %v", steps[i], err)
				}
				if storetest.Count(t, f.db, "import_run", "") > 1 {
					// The last commit was in: the file was imported once more.
					if diff := cmp.Diff(f.want.Dump, dump(t, f.db)); diff != "" {
						t.Errorf("%s (-undisturbed +this one):\n%s", steps[i], diff)
					}
					return
				}
				f.check(t, res)
			})
		}
	})
}

// A deadlock, or a lock that is not given in time, repeats the unit.
func TestDeadlock(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		if !f.db.Remote() {
			return
		}
		for _, number := range []uint16{1205, 1213} {
			f.t.Run(fmt.Sprint(number), func(t *testing.T) {
				f.reset()
				f.plan.Add(fault.Fault{Op: fault.Exec, SQL: "INSERT INTO link", N: 3, Err: &mysql.MySQLError{Number: number, Message: "try restarting transaction"}})
				if f.finish(t) {
					t.Error("the import failed")
				}
			})
		}
	})
}

// Another job has taken over: nothing more is written, and the run is left to
// it.
func TestFenced(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		f.reset()
		raw := storetest.Raw(f.t, f.db.Target())
		f.plan.Add(fault.Fault{Op: fault.Commit, N: unitThree, After: true, Do: func() {
			if _, err := raw.ExecContext(context.Background(), "UPDATE meta SET job_epoch = job_epoch + 1"); err != nil {
				f.t.Error(err)
			}
		}})
		res, err := f.run()
		if !errors.Is(err, store.ErrFenced) || res.Status != StatusFailed || res.StoredTo != 10 {
			f.t.Errorf("got %v, %+v", err, res)
		}
		if n := storetest.Count(f.t, f.db, "import_run", "status = 'running' AND mark_row = 10"); n != 1 {
			f.t.Error("the run was written to")
		}
		if res, err = f.run(); err != nil {
			f.t.Fatal(err)
		}
		if res.ResumedAtRow != 11 {
			f.t.Errorf("resumed at row %d", res.ResumedAtRow)
		}
		f.check(f.t, res)
	})
}

// A busy database is named, and nothing is written.
func TestBusy(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		job, err := db.StartJob(t.Context(), "nightly", 0)
		if err != nil {
			t.Fatal(err)
		}
		path := sheetOf(t, "客户ID\nwm1")
		_, err = tryImport(t.Context(), t, db, path, crm.Customers, Options{Wait: time.Millisecond}, 0)
		var busy *store.BusyError
		if !errors.As(err, &busy) || busy.Job != "nightly" {
			t.Errorf("got %v", err)
		}
		if err := job.Done(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, db, "import_run", ""); n != 0 {
			t.Error("a run is recorded")
		}
		mustImport(t, db, path, crm.Customers, Options{})
	})
}

// Stopped by the user: at the edge of a unit, with all that was stored.
func TestStopped(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		f.reset()
		ctx, cancel := context.WithCancel(f.t.Context())
		f.plan.Add(fault.Fault{Op: fault.Commit, N: unitThree, Do: cancel})
		res, err := tryImport(ctx, f.t, f.db, f.path, crm.Customers, faultyOpts, 3)
		if !errors.Is(err, ErrStopped) || res.Status != StatusStopped || res.Run != 1 || res.StoredTo != 10 {
			f.t.Errorf("got %v, %+v", err, res)
		}
		if got := ledgerText(res.Rows); got != "9: 5 created, 2 updated, 2 rejected" {
			f.t.Errorf("got %s", got)
		}
		if rows := readCSV(f.t, res.ErrorsFile); len(rows) != 3 {
			f.t.Errorf("the file of rejected rows: %v", rows)
		}
		if n := storetest.Count(f.t, f.db, "import_run", "status = 'stopped' AND at_end = 0 AND mark_row = 10 AND ended_at > 0"); n != 1 {
			f.t.Error("the run is not recorded as stopped")
		}
		again, err := f.run()
		if err != nil || again.ResumedAtRow != 11 || again.Run != 1 {
			f.t.Fatalf("got %v, %+v", err, again)
		}
		if rows := readCSV(f.t, again.ErrorsFile); len(rows) != 3 {
			f.t.Errorf("the file of rejected rows of the whole run: %v", rows)
		}
		f.check(f.t, again)
		f.reset()
		ctx, cancel = context.WithCancel(f.t.Context())
		cancel()
		for _, dry := range []bool{false, true} {
			opts := faultyOpts
			opts.DryRun = dry
			if _, err := tryImport(ctx, f.t, f.db, f.path, crm.Customers, opts, 3); !errors.Is(err, ErrStopped) {
				f.t.Errorf("stopped before it began: got %v", err)
			}
		}
	})
}

// --restart does not go on where the last run stopped.
func TestRestart(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		f.reset()
		ctx, cancel := context.WithCancel(f.t.Context())
		f.plan.Add(fault.Fault{Op: fault.Commit, N: unitThree, Do: cancel})
		if _, err := tryImport(ctx, f.t, f.db, f.path, crm.Customers, faultyOpts, 3); !errors.Is(err, ErrStopped) {
			f.t.Fatal(err)
		}
		opts := faultyOpts
		opts.Restart = true
		res, err := tryImport(f.t.Context(), f.t, f.db, f.path, crm.Customers, opts, 3)
		if err != nil || res.ResumedAtRow != 0 || res.Run != 2 || res.Rows.Read != 12 || res.Rows.Unchanged == 0 {
			f.t.Errorf("got %v, %+v", err, res)
		}
		if diff := cmp.Diff(f.want.Dump, dump(f.t, f.db)); diff != "" {
			f.t.Error(diff)
		}
	})
}

// A file that changes between its two readings, or during the second, fails.
func TestFileChanges(t *testing.T) {
	grow := func(t *testing.T, path string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("\"wm9\",\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	// other changes a byte, and neither size nor time.
	other := func(t *testing.T, path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, strings.Replace(string(text), "wm8", "wm9", 1))
		if err := os.Chtimes(path, stat.ModTime(), stat.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	gone := func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	eachFaulty(t, func(f *faulty) {
		for name, change := range map[string]func(*testing.T, string){"longer": grow, "other content": other, "gone": gone} {
			for _, opts := range []Options{faultyOpts, {CreateTags: true, DryRun: true}, {CreateTags: true, Atomic: true}} {
				f.t.Run(fmt.Sprintf("%s between the readings, dry run %v, atomic %v", name, opts.DryRun, opts.Atomic), func(t *testing.T) {
					f.reset()
					before := storetest.State(t, f.db)
					path := sheetOf(t, faultyRows)
					im := open(t, path, crm.Customers, opts, 0)
					defer im.Close()
					change(t, path)
					if _, err := im.Run(t.Context(), f.db); !isFile(sheet.Changed)(err) {
						t.Errorf("got %v", err)
					}
					if after := storetest.State(t, f.db); after != before {
						t.Error("something is stored")
					}
				})
			}
		}
		f.t.Run("longer, after unit 3", func(t *testing.T) {
			f.reset()
			path := sheetOf(t, faultyRows)
			f.plan.Add(fault.Fault{Op: fault.Commit, N: unitThree, Do: func() { grow(t, path) }})
			res, err := tryImport(t.Context(), t, f.db, path, crm.Customers, faultyOpts, 3)
			if !isFile(sheet.Changed)(err) || res.Status != StatusFailed || res.StoredTo != 10 {
				t.Errorf("got %v, %+v", err, res)
			}
			if n := storetest.Count(t, f.db, "import_run", "status = 'failed' AND mark_row = 10"); n != 1 {
				t.Error("the run is not recorded as failed")
			}
		})
	})
}

// The file of rejected rows cannot be written: the rows stay stored, and the
// error says so.
func TestErrorsFileFails(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		f.reset()
		dir := filepath.Join(f.t.TempDir(), "gone")
		if err := os.Mkdir(dir, 0o700); err != nil {
			f.t.Fatal(err)
		}
		f.plan.Add(fault.Fault{Op: fault.Commit, N: unitThree, Do: func() { os.RemoveAll(dir) }})
		opts := faultyOpts
		opts.ErrorsTo = filepath.Join(dir, "failed.csv")
		res, err := tryImport(f.t.Context(), f.t, f.db, f.path, crm.Customers, opts, 3)
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "rejected rows") || res.ErrorsFile != "" {
			f.t.Errorf("got %v, file %q", err, res.ErrorsFile)
		}
		f.check(f.t, res)
		if n := storetest.Count(f.t, f.db, "import_run", "status = 'partial' AND at_end = 1 AND errors_file = ''"); n != 1 {
			f.t.Error("the run is not recorded as ended")
		}
	})
}

// All or nothing.
func TestAtomic(t *testing.T) {
	eachFaulty(t, func(f *faulty) {
		opts := faultyOpts
		opts.Atomic = true
		f.t.Run("one bad row", func(t *testing.T) {
			f.reset()
			before := dump(t, f.db)
			res, err := tryImport(t.Context(), t, f.db, f.path, crm.Customers, opts, 0)
			if !errors.Is(err, ErrAtomic) || res.Status != StatusFailed || res.Run != 0 || res.StoredTo != 0 {
				t.Errorf("got %v, %+v", err, res)
			}
			want := *f.want.Result
			leaveAll(&want)
			if diff := cmp.Diff(want.Rows, res.Rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			var names []string
			for _, row := range readCSV(t, res.ErrorsFile)[1:] {
				names = append(names, row[8]+" "+row[9])
			}
			if diff := cmp.Diff([]string{"4 BAD_DATE", "5 DUP_IN_FILE"}, names); diff != "" {
				t.Errorf("the file of rejected rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, dump(t, f.db)); diff != "" {
				t.Errorf("stored (-before +after):\n%s", diff)
			}
			for _, table := range []string{"import_run", "import_error", "import_change", "import_created", "import_claim", "audit_log"} {
				if n := storetest.Count(t, f.db, table, ""); n != 0 {
					t.Errorf("%s has %d rows", table, n)
				}
			}
		})
		good := sheetOf(t, strings.Replace(strings.Replace(faultyRows, "1990-02-30", "1990-02-20", 1), "wm3 | | zhang | | | neu:c | |\n", "wm9 | | zhang | | | neu:c | |\n", 1))
		f.t.Run("good rows", func(t *testing.T) {
			f.reset()
			want, err := tryImport(t.Context(), t, f.db, good, crm.Customers, faultyOpts, 3)
			if err != nil || want.Rows.Rejected != 0 {
				t.Fatalf("%v, %v", told(want), err)
			}
			state := storetest.State(t, f.db)
			for _, fa := range []*fault.Fault{nil, {Op: fault.Commit, N: 2, Kill: true}, {Op: fault.Commit, N: 2, After: true, Kill: true}} {
				f.reset()
				if fa != nil {
					if !f.db.Remote() {
						continue
					}
					f.plan.Add(*fa)
				}
				res, err := tryImport(t.Context(), t, f.db, good, crm.Customers, opts, 0)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(inCommon(want), inCommon(res), ignoreProblem); diff != "" {
					t.Errorf("(-in units +atomic):\n%s", diff)
				}
				if after := storetest.State(t, f.db); after != state {
					t.Error("another state than in units")
				}
			}
		})
		f.t.Run("failed", func(t *testing.T) {
			f.reset()
			before := dump(t, f.db)
			f.plan.Add(fault.Fault{Op: fault.Commit, N: 2, Kill: true, Err: driver.ErrSkip})
			res, err := tryImport(t.Context(), t, f.db, good, crm.Customers, opts, 0)
			if err == nil || res.Status != StatusFailed || res.Run != 0 || res.Rows.Read != 0 {
				t.Errorf("got %v, %+v", err, res)
			}
			if diff := cmp.Diff(before, dump(t, f.db)); diff != "" {
				t.Errorf("stored (-before +after):\n%s", diff)
			}
		})
	})
}

// --max-errors stops behind the row that is one too many; what is before it is
// stored, and the next run goes on. A dry run says the same.
func TestMaxErrors(t *testing.T) {
	var text strings.Builder
	text.WriteString("客户ID | 生日\n")
	for i := range 20 {
		birthday := ""
		if i%4 == 3 {
			birthday = "x"
		}
		fmt.Fprintf(&text, "wm%d | %s\n", i, birthday)
	}
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		path := sheetOf(t, text.String())
		for _, c := range []struct {
			limit Amount
			rows  string
			err   error
		}{
			{Amount{N: 0, Given: true}, "4: 3 created, 1 rejected", ErrTooManyErrors},
			{Amount{N: 2, Given: true}, "12: 9 created, 3 rejected", ErrTooManyErrors},
			{Amount{N: 10, Percent: true, Given: true}, "12: 9 created, 3 rejected", ErrTooManyErrors},
			{Amount{N: 4, Given: true}, "20: 15 created, 5 rejected", nil}, // too many with the last row
			{Amount{N: 5, Given: true}, "20: 15 created, 5 rejected", nil},
			{Amount{}, "20: 15 created, 5 rejected", nil},
		} {
			for _, unit := range []int{1, 4, 100} {
				opts := Options{MaxErrors: c.limit, Chunk: min(unit, 5)}
				wipe(t, db)
				dry := opts
				dry.DryRun = true
				rehearsed, err := tryImport(t.Context(), t, db, path, crm.Customers, dry, unit)
				if !errors.Is(err, c.err) {
					t.Fatalf("%+v, dry run: got %v", c.limit, err)
				}
				res, err := tryImport(t.Context(), t, db, path, crm.Customers, opts, unit)
				if !errors.Is(err, c.err) || ledgerText(res.Rows) != c.rows {
					t.Errorf("%+v in units of %d: got %s, %v; want %s", c.limit, unit, ledgerText(res.Rows), err, c.rows)
				}
				if diff := cmp.Diff(inCommon(rehearsed), inCommon(res), ignoreProblem); diff != "" {
					t.Errorf("%+v in units of %d (-dry run +run):\n%s", c.limit, unit, diff)
				}
				if n := storetest.Count(t, db, "customer", ""); int64(n) != res.Rows.Created {
					t.Errorf("%d customers are stored", n)
				}
				if c.err == nil {
					continue
				}
				if res.Status != StatusStopped || storetest.Count(t, db, "import_run", "status = 'stopped'") != 1 {
					t.Errorf("status %s", res.Status)
				}
				res = mustImport(t, db, path, crm.Customers, Options{})
				if got := ledgerText(res.Rows); got != "20: 15 created, 5 rejected" || res.ResumedAtRow == 0 {
					t.Errorf("resumed: %s", got)
				}
			}
		}
	})
}
