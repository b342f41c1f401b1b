package importer

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/fault"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// randomCase is a database and a file that collide on purpose: few names, keys
// and tags, and all that can be wrong with a row.
type randomCase struct {
	kind crm.Kind
	have string
	rows [][]string
	opts Options
}

// text is the file.
func (c randomCase) text() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(c.rows) // into memory
	return b.String()
}

func randomCases(kinds ...crm.Kind) *rapid.Generator[randomCase] {
	return rapid.Custom(func(t *rapid.T) randomCase {
		c := randomCase{kind: rapid.SampledFrom(kinds).Draw(t, "kind"), have: randomCompany(t, 4)}
		c.opts = randomOptions(t, c.kind)
		switch c.kind {
		case crm.Customers:
			c.rows = randomRows(t, customerCells)
			c.opts.CreatedBy = int64(percent.Draw(t, "as zhang") / 70)
		case crm.Tags:
			c.rows = randomRows(t, tagCells)
			c.opts.CreatedBy = int64(percent.Draw(t, "as zhang") / 70)
		case crm.People:
			c.rows = randomRows(t, staffCells)
		case crm.Grants:
			c.rows = randomRows(t, grantCells)
		}
		return c
	})
}

func randomOptions(t *rapid.T, kind crm.Kind) Options {
	// 0 is the usual choice and what shrinking goes for.
	one := func(label string, n int) bool { return percent.Draw(t, label) >= 100-100/(n+1) }
	o := Options{Existing: UpdateExisting}
	if one("policy", 4) {
		o.Existing = rapid.SampledFrom([]Existing{SkipExisting, RejectExisting}).Draw(t, "existing")
	} else {
		o.OnlyExisting = one("only existing", 6)
	}
	switch kind {
	case crm.Customers:
		o.Tags = rapid.SampledFrom([]TagMode{AddTags, AddTags, ReplaceTags, ReplaceTagsInGroup, RemoveTags}).Draw(t, "tags")
		if o.CreateTags = one("create tags", 3); o.CreateTags && one("tag group", 1) {
			o.TagGroup = rapid.SampledFrom([]string{"意向", "新组", "旧组"}).Draw(t, "into")
		}
	case crm.Tags:
		o.RejectInBin = one("reject in bin", 3)
	case crm.People:
		o.DisableMissing = one("disable missing", 2)
	}
	return o
}

// column is a header and what may stand below it: one of often in so many of a
// hundred rows; and what is wrong there.
type column struct {
	header string
	filled int
	often  []string
	wrong  []string
}

var customerCells = []column{
	{"客户ID", 97, []string{"wm1", "wm2", "wm3", "wm4", "wm5", "wm6", "wm7", "wm8"}, []string{"w m"}},
	{"unionid", 15, []string{"u1", "u2", "u3"}, nil},
	{"手机号", 50, []string{"13800000001", "138-0000-0002", "+86 13800000003", "13800000004", "13800000005"}, []string{"12"}},
	{"跟进员工", 60, []string{"zhang", "LI", "张三"}, []string{"同名", "nobody"}},
	{"企业名称", 25, []string{"A", "B", "<清空>"}, nil},
	{"客户备注", 25, []string{"x", "y", "<清空>"}, nil},
	{"生日", 10, []string{"1990-01-02", "1990-01-03"}, []string{"1990-02-30"}},
	{"企业标签", 60, []string{"高", "中;VIP", "普通", "意向:低", "新组:新", "<清空>", "-高;+中", "=低", ";"}, []string{"流失", "散的", "VIP;普通"}},
	{"移除标签", 20, []string{"高", "流失", "中"}, []string{"没有"}},
	{"标签操作", 25, []string{"追加", "覆盖", "组内覆盖", "移除"}, []string{"别的"}},
	{"错误代码", 15, []string{"DUP_IN_FILE", "CONFLICT_UPDATE", "BAD_DATE"}, nil},
}

var tagCells = []column{
	{"标签组名称", 100, []string{"意向", "等级", "新组", "旧组", "新 组"}, []string{""}},
	{"标签名称", 85, []string{"高", "VIP", "vip", "流失", "新", "甲", "乙"}, nil},
	{"标签组类型", 10, []string{"共享", "部门"}, []string{"x"}},
	{"可用部门", 10, []string{"总部", "总部/市场"}, []string{"没有"}},
	{"排序", 30, []string{"1", "2"}, []string{"x"}},
	{"标签组排序", 15, []string{"1", "2", "<清空>"}, nil},
	{"单选", 15, []string{"是", "否"}, nil},
	{"错误代码", 15, []string{"DUP_IN_FILE", "CONFLICT_UPDATE"}, nil},
}

var staffCells = []column{
	{"员工账号", 85, []string{"zhang", "ZHANG", "li", "new", "new2", "gone", "same1"}, []string{"b d"}},
	{"姓名", 40, []string{"张三", "李四"}, nil},
	{"部门", 60, []string{"总部", "总部/市场;新部", "新部/一组", "<清空>"}, []string{"a//b"}},
	{"角色", 25, []string{"审计员", "普通员工"}, []string{"老板"}},
	{"客户联系", 25, []string{"是", "否"}, nil},
	{"状态", 25, []string{"在职", "离职", "停用"}, nil},
	{"错误代码", 15, []string{"DUP_IN_FILE"}, nil},
}

// The clock of the tests shows 2024-02-29 23:59:59.999 in Shanghai.
var grantCells = []column{
	{"对象", 100, []string{"group:意向", "group:等级", "tag:高", "tag:意向:低", "all", "group:#1"}, []string{"group:旧组", "tag:意向:流失", "tag:没有", "意向", ""}},
	{"授权类型", 100, []string{"部门"}, []string{"公司"}},
	{"授权给", 100, []string{"总部", "总部 > 市场"}, []string{"没有"}},
	{"含下级", 40, []string{"是", "否"}, []string{"x"}},
	{"级别", 100, []string{"隐藏", "查看", "使用", "编辑"}, []string{""}},
	{"开始时间", 20, []string{"2024-03-01", "2024-02-29 8:00"}, nil},
	{"结束时间", 40, []string{"2024-03-01 12:00", "2024-03-02"}, []string{"2024-02-01", "2024-04-01"}},
	{"原因", 40, []string{"活动", "值班"}, nil},
	{"错误代码", 15, []string{"DUP_IN_FILE"}, nil},
}

// percent draws more evenly than an IntRange, which prefers small numbers.
var percent = func() *rapid.Generator[int] {
	var all []int
	for i := range 100 {
		all = append(all, i*37%100)
	}
	return rapid.SampledFrom(all)
}()

// randomRows draws rows below some of the columns, the first of which is always
// there.
func randomRows(t *rapid.T, columns []column) [][]string {
	var use []column
	for i, c := range columns {
		if i == 0 || c.filled == 100 || percent.Draw(t, c.header) > 25 {
			use = append(use, c)
		}
	}
	header := make([]string, len(use))
	for i, c := range use {
		header[i] = c.header
	}
	wrong := rapid.SampledFrom([]int{0, 0, 3, 10}).Draw(t, "wrong cells in a hundred")
	rows := [][]string{header}
	for range percent.Draw(t, "rows") % 16 {
		row := make([]string, len(use))
		for i, c := range use {
			switch n := percent.Draw(t, c.header); {
			case len(c.wrong) > 0 && wrong > 0 && percent.Draw(t, "good") >= 100-wrong:
				row[i] = rapid.SampledFrom(c.wrong).Draw(t, "wrong")
			case n >= 100-c.filled:
				row[i] = rapid.SampledFrom(c.often).Draw(t, "value")
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// randomCompany draws lines of company_test.go.
func randomCompany(t *rapid.T, most int) string {
	var b strings.Builder
	b.WriteString(`department 总部
		department 总部/市场
		staff zhang name=张三 in=总部/市场 role=dept_admin contact=1 tagging=1
		staff li name=李四
		staff same1 name=同名
		staff same2 name=同名
		staff gone name=老王 status=left
		group 意向
		group 等级 single=1
		group 旧组 bin=5
		tag 意向:高
		tag 意向:中
		tag 意向:低
		tag 等级:VIP
		tag 等级:普通
		tag 意向:流失 bin=7
		tag 旧组:新 bin=5
`)
	for _, g := range []string{"group:意向 department:总部 level=use reason=x", "group:意向 department:总部/市场 level=hidden sub=1", "tag:意向:低 department:总部 level=edit",
		"all department:总部 level=view starts=1709251200000 ends=1709294400000", "group:等级 department:总部 level=use starts=1709164800000 ends=1709265600000"} {
		if rapid.Bool().Draw(t, "granted") {
			b.WriteString("grant " + g + "\n")
		}
	}
	n := rapid.IntRange(0, most).Draw(t, "customers")
	for i := range n {
		fmt.Fprintf(&b, "customer #%d", i+1)
		for _, k := range []struct{ key, value string }{{"ext", fmt.Sprint("wm", i+1)}, {"union", fmt.Sprint("u", i+1)}} {
			if rapid.Bool().Draw(t, k.key) {
				fmt.Fprintf(&b, " %s=%s", k.key, k.value)
			}
		}
		if m := rapid.IntRange(0, 3).Draw(t, "mobile"); m > 0 {
			fmt.Fprintf(&b, " mobile=1380000000%d", m)
		}
		if rapid.Bool().Draw(t, "company") {
			b.WriteString(" company=A")
		}
		if rapid.IntRange(0, 5).Draw(t, "bin") == 5 {
			b.WriteString(" bin=6")
		}
		b.WriteString("\n")
	}
	for i := range n {
		if rapid.Bool().Draw(t, "followed") {
			fmt.Fprintf(&b, "follow #%d zhang remark=x\n", i+1)
		}
		for _, l := range []string{"- 意向:高", "- 意向:流失@7", "- 等级:VIP", "zhang 意向:低", "zhang 等级:普通", "zhang 意向:流失@7"} {
			if rapid.IntRange(0, 3).Draw(t, "link") == 3 {
				fmt.Fprintf(&b, "link #%d %s\n", i+1, l)
			}
		}
	}
	return b.String()
}

// checks runs a property n times unless the command line says how often.
func checks(t *testing.T, n int, property func(*rapid.T)) {
	t.Helper()
	if underRace {
		n /= 4
	}
	f := flag.Lookup("rapid.checks")
	if f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		defer f.Value.Set(f.DefValue)
	}
	rapid.Check(t, property)
}

// benches are one database of each kind, and a folder for the files.
type benches struct {
	t     *testing.T
	dir   string
	sides []side
	ended bool // an interrupted run had come to the end of its file
}

type side struct {
	name string
	db   *store.DB
	plan *fault.Plan
}

func newBenches(t *testing.T) *benches {
	b := &benches{t: t, dir: t.TempDir()}
	for _, target := range []store.Target{storetest.SQLite(t), storetest.MySQL(t)} {
		plan := fault.Check(t)
		db := storetest.Open(t, target, store.WithConnector(plan.Connector))
		b.sides = append(b.sides, side{string(target.Engine), db, plan})
	}
	return b
}

// file writes the case's file.
func (b *benches) file(c randomCase) string {
	return write(b.t, filepath.Join(b.dir, "c.csv"), c.text())
}

// done is all that an import leaves behind.
type done struct {
	Result *Result
	Dump   string
	State  store.State
}

func (b *benches) done(db *store.DB, res *Result) done {
	return done{inCommon(res), dump(b.t, db), storetest.State(b.t, db)}
}

// A dry run says what the run does; the result, the errors and the database do
// not depend on the size of chunks and commits, on the engine, nor on how much
// the first reading found out about repeated keys; the ledger is what the
// database gained; and the same file again changes nothing.
func TestRandomImports(t *testing.T) {
	b := newBenches(t)
	checks(t, 30, func(rt *rapid.T) {
		c := randomCases(crm.Customers, crm.Customers, crm.Customers, crm.Tags, crm.People, crm.Grants).Draw(rt, "case")
		path := b.file(c)
		var want *done
		for _, s := range b.sides {
			seed(b.t, s.db, c.have)
			before := storetest.State(b.t, s.db)
			dry := c.opts
			dry.DryRun, dry.Chunk = true, rapid.SampledFrom([]int{1, 2, 7, 1000}).Draw(rt, "dry chunk")
			rehearsed := inCommon(b.run(rt, s.db, path, c.kind, dry, 0, rapid.Bool().Draw(rt, "with index")))
			if after := storetest.State(b.t, s.db); after != before {
				rt.Fatalf("%s: the dry run wrote something", s.name)
			}
			for _, chunk := range b.chunks(rt, s) {
				seed(b.t, s.db, c.have)
				opts := c.opts
				opts.Chunk = chunk.rows
				got := b.done(s.db, b.run(rt, s.db, path, c.kind, opts, chunk.unit, chunk.index))
				if diff := cmp.Diff(rehearsed, got.Result, ignoreProblem); diff != "" {
					rt.Fatalf("%s, %+v (-dry run +run):\n%s", s.name, chunk, diff)
				}
				if want == nil {
					want = &got
				} else if diff := cmp.Diff(*want, got, ignoreProblem); diff != "" {
					rt.Fatalf("%s, %+v (-first run +this one):\n%s", s.name, chunk, diff)
				}
				b.gained(rt, c.kind, before, got)
			}
			b.again(rt, s, path, c, *want)
		}
	})
}

type chunking struct {
	rows, unit int
	index      bool
}

// chunks are the sizes to try: all of them where a commit costs little.
func (b *benches) chunks(rt *rapid.T, s side) []chunking {
	all := []chunking{{1000, 0, true}, {1, 1, true}, {2, 2, true}, {7, 7, true}, {1, 5, false}}
	if s.db.Remote() {
		return []chunking{rapid.SampledFrom(all).Draw(rt, "chunk")}
	}
	return all
}

func (b *benches) run(rt *rapid.T, db *store.DB, path string, kind crm.Kind, opts Options, unit int, index bool) *Result {
	im := open(b.t, path, kind, opts, unit)
	defer im.Close()
	if !index {
		im.repeats = nil
	}
	if unit > 0 || !index {
		im.remembered = unit // the rest goes to a file
	}
	res, err := im.Run(context.Background(), db)
	if err != nil {
		rt.Fatal(err)
	}
	b.removeErrors(res)
	return res
}

// gained checks the ledger against what the database gained.
func (b *benches) gained(rt *rapid.T, kind crm.Kind, before store.State, got done) {
	was, now, r := before.Counts, got.State.Counts, got.Result
	if kind == crm.Customers && r.Rows.Created != now.Customers-was.Customers {
		rt.Errorf("%d rows created, the database gained %d customers", r.Rows.Created, now.Customers-was.Customers)
	}
	links := now.Links + got.State.InBin.Links - was.Links - before.InBin.Links
	if r.Links.Added-r.Links.Removed != links {
		rt.Errorf("links %+v, the database gained %d", r.Links, links)
	}
	created := CreatedCounts{Departments: now.Departments - was.Departments, Groups: now.Groups - was.Groups, Tags: now.Tags - was.Tags, Customers: now.Customers - was.Customers}
	created.Staff, created.Follows, created.Grants = r.Created.Staff, r.Created.Follows, r.Created.Grants
	if kind == crm.Grants && r.Rows.Created != now.Grants+got.State.InBin.Grants-was.Grants-before.InBin.Grants {
		rt.Errorf("%d rows created, the database gained %d grants", r.Rows.Created, now.Grants-was.Grants)
	}
	if diff := cmp.Diff(created, r.Created); diff != "" {
		rt.Errorf("created (-database +result):\n%s", diff)
	}
}

// again imports the same file until nothing changes: at once where no row was
// rejected, else soon, since what was wrong with a row may be right by then.
func (b *benches) again(rt *rapid.T, s side, path string, c randomCase, first done) {
	state, most := first.State, 4
	if first.Result.Rows.Rejected == 0 {
		most = 1
	}
	for range most {
		res := b.run(rt, s.db, path, c.kind, c.opts, 0, true)
		after := storetest.State(b.t, s.db)
		still := res.Rows.Created+res.Rows.Updated == 0 && res.Links == (LinkCounts{}) && res.Disabled == 0
		if still != (after == state) {
			rt.Fatalf("%s: again: %s, links %+v; the state is the same: %v", s.name, ledgerText(res.Rows), res.Links, after == state)
		}
		if still {
			return
		}
		state = after
	}
	rt.Fatalf("%s: the same file again changes something", s.name)
}

// An import that is stopped or killed at any commit, and run again, ends like
// one that was left in peace.
func TestRandomInterruptions(t *testing.T) {
	b := newBenches(t)
	checks(t, 50, func(rt *rapid.T) {
		c := randomCases(crm.Customers, crm.Customers, crm.Customers, crm.Tags, crm.People, crm.Grants).Draw(rt, "case")
		path := b.file(c)
		s := rapid.SampledFrom(b.sides).Draw(rt, "side")
		c.opts.Chunk = rapid.SampledFrom([]int{1, 2, 3}).Draw(rt, "chunk")
		seed(b.t, s.db, c.have)
		s.plan.Steps()
		want := b.done(s.db, b.run(rt, s.db, path, c.kind, c.opts, c.opts.Chunk, true))
		commits := 0
		for _, step := range s.plan.Steps() {
			if step.Op == fault.Commit {
				commits++
			}
		}
		seed(b.t, s.db, c.have)
		for range rapid.IntRange(1, 2).Draw(rt, "interruptions") {
			if commits == 0 || !b.interrupt(rt, s, path, c, commits) {
				return
			}
			commits = 2 // the next run has at least the job's and its own
		}
		stored := b.mark(s.db)
		res := b.run(rt, s.db, path, c.kind, c.opts, c.opts.Chunk, true)
		if resumed := res.ResumedAtRow; stored > 0 && resumed != stored+1 {
			rt.Fatalf("stored up to row %d, resumed at row %d", stored, resumed)
		}
		got := b.done(s.db, res)
		// Warnings and changes are told for the rows of this run only.
		for _, r := range []*Result{want.Result, got.Result} {
			r.Warnings, r.WarnCodes, r.Changes = nil, nil, nil
		}
		if b.ended {
			if want.Result.ByCode[crm.NotFollowed] > 0 {
				return // a later row may have made the customer one's own
			}
			want.Result, got.Result = nil, nil // the last commit was in
		}
		if diff := cmp.Diff(want, got, ignoreProblem); diff != "" {
			rt.Fatalf("%s (-undisturbed +interrupted):\n%s", s.name, diff)
		}
		if n := storetest.Count(b.t, s.db, "import_claim", ""); n != 0 {
			rt.Fatalf("%d pieces of claims are left over", n)
		}
	})
}

// interrupt runs the import with something happening at one of its commits. It
// reports false when the import came to its end all the same.
func (b *benches) interrupt(rt *rapid.T, s side, path string, c randomCase, commits int) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f := fault.Fault{Op: fault.Commit, N: rapid.IntRange(1, commits).Draw(rt, "commit")}
	how := rapid.SampledFrom([]string{"cancel", "fail", "fail after"}).Draw(rt, "how")
	switch how {
	case "cancel":
		f.Do = cancel
	case "fail":
		f.Err, f.Kill = errors.New("no commit today"), true
	case "fail after":
		f.Err, f.After = errors.New("no answer today"), true
	}
	s.plan.Add(f)
	im := open(b.t, path, c.kind, c.opts, c.opts.Chunk)
	defer im.Close()
	res, err := im.Run(ctx, s.db)
	b.removeErrors(res)
	if err == nil {
		return false
	}
	if how == "cancel" && !errors.Is(err, ErrStopped) {
		rt.Fatalf("cancelled: got %v", err)
	}
	if lerr := res.Rows.Check(); lerr != nil {
		rt.Fatal(lerr)
	}
	return true
}

// mark is how far the last run came, 0 when one has come to the end.
func (b *benches) mark(db *store.DB) (row int) {
	storetest.Read(b.t, db, func(tx *store.Tx) error {
		runs, err := tx.Runs(1)
		if len(runs) > 0 {
			row = int(runs[0].MarkRow)
		}
		return err
	})
	if b.ended = storetest.Count(b.t, db, "import_run", "at_end = 1") > 0; b.ended {
		return 0
	}
	return row
}

// removeErrors keeps the folder small.
func (b *benches) removeErrors(res *Result) {
	if res != nil && res.ErrorsFile != "" {
		os.Remove(res.ErrorsFile)
		os.Remove(strings.TrimSuffix(res.ErrorsFile, ".csv") + ".errors.jsonl")
	}
}
