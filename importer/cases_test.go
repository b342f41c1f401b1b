package importer

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// The cases of docs/spreadsheets.md that need a database. Those of files and
// cells are tested in packages sheet and table, under the same names.

// workbookWith makes a workbook of customers, with a part more where name is given.
func workbookWith(t *testing.T, extra string, rows ...[]any) string {
	t.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	var plain bytes.Buffer
	if err := f.Write(&plain); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "客户.xlsx")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	in, err := zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len()))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	for _, part := range in.File {
		if err := w.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	if extra != "" {
		part, err := w.Create(extra)
		if err == nil {
			_, err = io.WriteString(part, "x")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCase09ActiveContent(t *testing.T) {
	for _, part := range []string{"xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/embeddings/oleObject1.bin"} {
		db := storetest.Open(t, storetest.SQLite(t))
		res := mustImport(t, db, workbookWith(t, part, []any{"客户ID"}, []any{"wm1"}), crm.Customers, Options{})
		if res.Rows.Created != 1 || res.WarnCodes[crm.ActiveContent] != 1 {
			t.Errorf("%s: got %v", part, told(res))
		}
	}
}

func TestCase12SameFileTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		path := sheetOf(t, "客户ID | 客户名称\nwm1 | 甲\nwm2 | 乙")
		mustImport(t, db, path, crm.Customers, Options{})
		before := storetest.State(t, db)
		res := mustImport(t, db, path, crm.Customers, Options{})
		if res.Rows.Unchanged != 2 || res.WarnCodes[crm.SameFile] != 1 || storetest.State(t, db) != before {
			t.Errorf("got %v", told(res))
		}
	})
}

func TestCase56SameTagTwice(t *testing.T) {
	runScenarios(t, []scenario{{
		name: "twice, in another group, by case, width and trailing blank", kind: crm.Tags,
		csv: `标签组 | 标签名称
			意向 | VIP
			意向 | VIP
			等级 | VIP
			意向 | vip
			意向 | ＶＩＰ`,
		rows:     "5: 4 created, 1 rejected",
		problems: []string{"3B DUP_IN_FILE 2", "5B NEAR_DUPLICATE", "6B NEAR_DUPLICATE"},
		want: `group 意向
			group 等级
			tag 意向:VIP
			tag 等级:VIP
			tag 意向:vip
			tag 意向:ＶＩＰ`,
	}})
}

func TestCase57GroupsOfTags(t *testing.T) {
	runScenarios(t, []scenario{{
		name: "the group's own row may come later", kind: crm.Tags,
		csv: `标签组 | 标签名称 | 单选
			意向 | 高 |
			意向 | | 是`,
		rows: "2: 1 created, 1 updated",
		want: "group 意向 single=1\ntag 意向:高",
	}, {
		name: "a group in the bin is made anew", kind: crm.Tags,
		have: "group 意向 bin=7",
		csv:  "标签组 | 标签名称\n意向 | 高",
		rows: "1: 1 created", problems: []string{"2A IN_BIN"},
		want: "group 意向 bin=7\ngroup 意向\ntag 意向:高",
	}, {
		name: "customers cannot have tags of a group in the bin",
		have: "group 意向 bin=7\ntag 意向:高 bin=7",
		csv:  "客户ID | 企业标签\nwm1 | 意向:高",
		rows: "1: 1 rejected", problems: []string{"2B GROUP_IN_BIN"},
	}})
}

func TestCase60Unchanged(t *testing.T) {
	runScenarios(t, []scenario{{
		name: "identical to the database",
		have: "customer #1 ext=wm1 name=甲",
		csv:  "客户ID | 客户名称 | 企业名称\nwm1 | 甲 |",
		rows: "1: 1 unchanged",
	}})
}

func TestCase61TwoRowsOfOneCustomer(t *testing.T) {
	runScenarios(t, []scenario{{
		name: "same customer and follower",
		csv:  "客户ID | 客户名称\nwm1 | 甲\nwm1 | 乙",
		rows: "2: 1 created, 1 rejected", problems: []string{"3A DUP_IN_FILE 2"},
		want: "customer #1 ext=wm1 name=甲",
	}})
}

func TestCase62NamesAreMeasuredInCharacters(t *testing.T) {
	thirty := strings.Repeat("长", 29) + "😀"
	runScenarios(t, []scenario{{
		name: "30 characters of 3 and 4 bytes, and 31", kind: crm.Tags,
		csv:      fmt.Sprintf("标签组 | 标签名称\n组 | %s\n组 | %s长", thirty, thirty),
		rows:     "2: 1 created, 1 rejected",
		problems: []string{"3B TOO_LONG", "2B LONG_NAME"},
		want:     "group 组\ntag 组:" + thirty,
	}})
}

// The limits themselves are tried in TestLimits; here: the row that exceeds and
// those behind it.
func TestCase63Limits(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	var b strings.Builder
	b.WriteString("标签组,标签名称\n")
	for i := range crm.MaxTags + 2 {
		fmt.Fprintf(&b, "组,t%d\n", i)
	}
	path := write(t, filepath.Join(t.TempDir(), "t.csv"), b.String())
	res := mustImport(t, db, path, crm.Tags, Options{})
	if res.Rows.Created != crm.MaxTags || res.ByCode[crm.LimitReached] != 2 || res.Errors[0].Row != crm.MaxTags+2 {
		t.Errorf("got %v", told(res))
	}
}

func TestCase64OneBadRowInAChunk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		storetest.Write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec("CREATE UNIQUE INDEX only_here ON customer (company)")
			return err
		})
		var b strings.Builder
		b.WriteString("客户ID,企业名称\n")
		for i := range 1000 {
			company := i
			if i == 700 {
				company = 3
			}
			fmt.Fprintf(&b, "wm%d,公司%d\n", i, company)
		}
		res := mustImport(t, db, write(t, filepath.Join(t.TempDir(), "c.csv"), b.String()), crm.Customers, Options{})
		if res.Rows.Created != 999 || res.ByCode[crm.DBRejected] != 1 || res.Errors[0].Row != 702 {
			t.Errorf("got %v", told(res))
		}
		if n := storetest.Count(t, db, "customer", ""); n != 999 {
			t.Errorf("%d customers are stored", n)
		}
	})
}

func TestCase65LostConnection(t *testing.T) {
	plan := fault.Check(t)
	db := storetest.Open(t, storetest.MySQL(t), store.WithConnector(plan.Connector))
	plan.Add(fault.Fault{Op: fault.Exec, SQL: "import_run SET", N: 2, Kill: true})
	im := open(t, manyRows(t, 30), crm.Customers, Options{Chunk: 5}, 5)
	defer im.Close()
	res, err := im.Run(t.Context(), db)
	if err != nil || res.Rows.Created != 30 {
		t.Fatalf("got %v, %v", res, err)
	}
	if n := storetest.Count(t, db, "customer", ""); n != 30 {
		t.Errorf("%d customers are stored", n)
	}
}

// manyRows is a file of n sound customers.
func manyRows(t *testing.T, n int) string {
	var b strings.Builder
	b.WriteString("客户ID,客户名称\n")
	for i := range n {
		fmt.Fprintf(&b, "wm%d,客户%d\n", i, i)
	}
	return write(t, filepath.Join(t.TempDir(), "c.csv"), b.String())
}

// Three times the power goes at the second commit of rows; the same command ends
// as if nothing had happened. TestRandomInterruptions tries this on random files.
func TestCase66GoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		plan := fault.Check(t)
		db := storetest.Open(t, target, store.WithConnector(plan.Connector))
		path := manyRows(t, 22)
		for stored := 0; stored <= 15; stored += 5 {
			if stored < 15 { // the job and the run are committed before the rows
				plan.Add(fault.Fault{Op: fault.Commit, N: 4, Err: errors.New("the power is gone"), Kill: true})
			}
			im := open(t, path, crm.Customers, Options{Chunk: 5}, 5)
			res, err := im.Run(t.Context(), db)
			im.Close()
			if want := stored + 2; stored > 0 && res.ResumedAtRow != want {
				t.Errorf("with %d rows stored: resumed at row %d, want %d", stored, res.ResumedAtRow, want)
			}
			if stored < 15 && err == nil || stored == 15 && (err != nil || res.Rows.Created != 22) {
				t.Fatalf("with %d rows stored: got %v, %v", stored, res, err)
			}
		}
		if n := storetest.Count(t, db, "customer", ""); n != 22 {
			t.Errorf("%d customers are stored", n)
		}
	})
}

func TestCase67TwoImportsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		job, err := db.StartJob(t.Context(), "import customers 甲.csv", 0)
		if err != nil {
			t.Fatal(err)
		}
		other := storetest.Open(t, target)
		_, err = tryImport(t.Context(), t, other, manyRows(t, 1), crm.Customers, Options{Wait: time.Millisecond}, 0)
		busy := (*store.BusyError)(nil)
		if !errors.As(err, &busy) || busy.Job != "import customers 甲.csv" || busy.PID != os.Getpid() {
			t.Fatalf("got %v, want the holder named", err)
		}
		if err := job.Done(t.Context()); err != nil {
			t.Fatal(err)
		}
		if res := mustImport(t, other, manyRows(t, 1), crm.Customers, Options{}); res.Rows.Created != 1 {
			t.Errorf("got %v", told(res))
		}
	})
}

func TestCase68AllRowsBad(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	var b strings.Builder
	b.WriteString("客户ID,手机号\n")
	const rows = 3000
	for i := range rows {
		fmt.Fprintf(&b, "wm%d,12x\n", i)
	}
	res := mustImport(t, db, write(t, filepath.Join(t.TempDir(), "c.csv"), b.String()), crm.Customers, Options{})
	if res.Rows.Rejected != rows || res.ByCode[crm.BadPhone] != rows || len(res.Errors) != 100 {
		t.Errorf("got %d rejected, %d listed", res.Rows.Rejected, len(res.Errors))
	}
	failed, err := os.ReadFile(res.ErrorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(failed, []byte("BAD_PHONE")); n != rows {
		t.Errorf("the repair file has %d rows", n)
	}
}

func TestCase69Interrupted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		plan := fault.Check(t)
		db := storetest.Open(t, target, store.WithConnector(plan.Connector))
		ctx, cancel := context.WithCancel(t.Context())
		plan.Add(fault.Fault{Op: fault.Commit, N: 4, Do: cancel})
		path := manyRows(t, 50)
		im := open(t, path, crm.Customers, Options{Chunk: 5}, 5)
		res, err := im.Run(ctx, db)
		im.Close()
		if !errors.Is(err, ErrStopped) || res.Status != StatusStopped || res.StoredTo == 0 {
			t.Fatalf("got %v, %v", res, err)
		}
		stored := storetest.Count(t, db, "customer", "")
		if int64(stored) != res.Rows.Created || stored%5 != 0 {
			t.Errorf("%d customers are stored, the result says %v", stored, told(res))
		}
		if again := mustImport(t, db, path, crm.Customers, Options{Chunk: 5}); again.Rows.Created != 50 || again.ResumedAtRow != res.StoredTo+1 {
			t.Errorf("got %v, resumed at %d", told(again), again.ResumedAtRow)
		}
	})
}
