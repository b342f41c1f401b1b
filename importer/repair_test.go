package importer

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// The codes of a row that comes back keep it from overwriting its twin.
func TestPriorCodes(t *testing.T) {
	const have = `staff zhang
		group g
		tag g:a
		customer #1 ext=wm1 company=A
		follow #1 zhang remark=x
		link #1 zhang g:a
`
	runScenarios(t, []scenario{
		{
			name: "a duplicate that would change the customer, the pair or its tags", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 客户备注 | 企业标签 | 错误代码
				wm1 | zhang | B | | | DUP_IN_FILE`,
			rows: "1: 1 rejected", problems: []string{"2A DUP_IN_FILE"},
		},
		{
			name: "the pair", have: have,
			csv: `客户ID | 跟进员工 | 客户备注 | 错误代码
				wm1 | zhang | y | DUP_IN_FILE`,
			rows: "1: 1 rejected", problems: []string{"2A DUP_IN_FILE"},
		},
		{
			name: "the tags", have: have,
			csv: `客户ID | 跟进员工 | 移除标签 | 错误代码
				wm1 | zhang | a | BAD_DATE;DUP_IN_FILE`,
			rows: "1: 1 rejected", problems: []string{"2A DUP_IN_FILE"},
		},
		{
			name: "equal to what is stored", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 客户备注 | 企业标签 | 错误代码
				wm1 | zhang | A | x | a | DUP_IN_FILE`,
			rows: "1: 1 unchanged",
		},
		{
			name: "the cell was emptied: overwrite on purpose", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 错误代码
				wm1 | zhang | B | `,
			rows: "1: 1 updated", want: strings.Replace(have, "company=A", "company=B", 1),
		},
		{
			name: "the key was changed", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 错误代码
				wm2 | zhang | B | DUP_IN_FILE
				wm1 | | A | DUP_IN_FILE
				wm3 | | C | CONFLICT_UPDATE`,
			rows: "3: 2 created, 1 unchanged",
			want: have + "customer #2 ext=wm2 company=B\nfollow #2 zhang\ncustomer #3 ext=wm3 company=C",
		},
		{
			name: "another follower than the twin's", have: have + "staff li",
			csv: `客户ID | 跟进员工 | 客户备注 | 错误代码
				wm1 | li | y | DUP_IN_FILE`,
			rows: "1: 1 updated", want: insert(insert(have, "group g", "staff li"), "link #1", "follow #1 li remark=y"),
		},
		{
			name: "a contradiction", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 客户备注 | 错误代码
				wm1 | zhang | B | y | CONFLICT_UPDATE`,
			rows: "1: 1 rejected", problems: []string{"2C CONFLICT_UPDATE"},
		},
		{
			name: "a contradiction that is none any more", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 客户备注 | 错误代码
				wm1 | zhang | A | y | CONFLICT_UPDATE`,
			rows: "1: 1 updated", want: strings.Replace(have, "remark=x", "remark=y", 1),
		},
		{
			name: "beside other errors the code is kept", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 生日 | 错误代码
				wm1 | zhang | A | x | BAD_DATE;DUP_IN_FILE
				wm1 | | B | x | CONFLICT_UPDATE`,
			rows: "2: 2 rejected", problems: []string{"2D BAD_DATE", "2A DUP_IN_FILE", "3D BAD_DATE", "3C CONFLICT_UPDATE"},
		},
		{
			name: "tags", kind: crm.Tags, have: "group g sort=1\ntag g:a sort=1",
			csv: `标签组名称 | 标签名称 | 排序 | 标签组排序 | 错误代码
				g | a | 2 | | DUP_IN_FILE
				g | b | 2 | 2 | CONFLICT_UPDATE
				g | c | 2 | | DUP_IN_FILE
				g | | | 1 | DUP_IN_FILE
				g | d | x | 2 | CONFLICT_UPDATE`,
			rows:     "5: 1 created, 1 unchanged, 3 rejected",
			problems: []string{"2B DUP_IN_FILE", "3D CONFLICT_UPDATE", "6C BAD_FORMAT", "6D CONFLICT_UPDATE 5"},
			want:     "group g sort=1\ntag g:a sort=1\ntag g:c sort=2",
		},
		{
			name: "a duplicate contradicts nobody but its twin", have: have,
			csv: `客户ID | 跟进员工 | 企业名称 | 生日 | 错误代码
				wm1 | zhang | B | | DUP_IN_FILE
				wm1 | | C | x | BAD_DATE
				wm1 | zhang | D | | DUP_IN_FILE`,
			rows: "3: 3 rejected", problems: []string{"2A DUP_IN_FILE", "3D BAD_DATE", "4A DUP_IN_FILE"},
		},
		{
			name: "nor does that of a tag or a group", kind: crm.Tags, have: "group g sort=1\ntag g:a sort=1",
			csv: `标签组名称 | 标签名称 | 排序 | 标签组排序 | 错误代码
				g | a | | 2 | DUP_IN_FILE
				g | b | x | 3 | BAD_FORMAT
				g | | | 4 | DUP_IN_FILE`,
			rows: "3: 3 rejected", problems: []string{"2B DUP_IN_FILE", "3C BAD_FORMAT", "4A DUP_IN_FILE"},
		},
		{
			name: "staff", kind: crm.People, have: "staff zhang name=张三\nstaff gone status=left",
			csv: `员工账号 | 姓名 | 角色 | 错误代码
				zhang | 李四 | | DUP_IN_FILE
				li | 李四 | | DUP_IN_FILE
				zhang2 | | x | DUP_IN_FILE
				ZHANG | | x | DUP_IN_FILE
				gone | | | DUP_IN_FILE`,
			rows:     "5: 1 created, 4 rejected",
			problems: []string{"2A DUP_IN_FILE", "4C NOT_IN_LIST", "5C NOT_IN_LIST", "5A DUP_IN_FILE 2", "6A DUP_IN_FILE"},
			want:     "staff zhang name=张三\nstaff gone status=left\nstaff li name=李四",
		},
	})
}

// All errors of a row are told at once, whatever else is wrong with it: a row that
// is also a duplicate, or contradicts another, or has bad cells, has no new ones
// when it comes back.
func TestErrorsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		seed(t, db, library+"customer #1 ext=old")
		b := &benches{t: t, dir: t.TempDir()}
		path := sheetOf(t, `客户ID | 跟进员工 | 企业名称 | 生日 | 企业标签 | 移除标签 | 标签操作
			wm1 | zhang | A | | 中 | |
			wm1 | zhang | | | -高;+中 | 中 |
			wm1 | zhang | | | VIP;普通 | |
			wm1 | li | B | | 高 | 高 |
			wm2 | | | x | 高 | 高;没有 |
			wm3 | 没人 | | | VIP;普通 | |
			w m | | | | VIP;普通 | |
			wm4 | | | | 高;-低 | 高 | 别的
			wm5 | | | | 高;+低 | 低 | 别的
			old | | | x | | |`)
		opts := Options{Existing: RejectExisting}
		want := []string{
			"BAD_FORMAT;DUP_IN_FILE", "DUP_IN_FILE;LIMIT_REACHED", "BAD_FORMAT;CONFLICT_UPDATE", "BAD_DATE;BAD_FORMAT;UNKNOWN_TAG",
			"LIMIT_REACHED;UNKNOWN_STAFF", "BAD_FORMAT;LIMIT_REACHED", "NOT_IN_LIST", "BAD_FORMAT;NOT_IN_LIST", "BAD_DATE;DUP_IN_DB",
		}
		first := mustImport(t, db, path, crm.Customers, opts)
		if diff := cmp.Diff(want, b.codes(first)); diff != "" {
			t.Errorf("first (-want +got):\n%s", diff)
		}
		opts.Existing = UpdateExisting // wm1 is there by now
		want[len(want)-1] = "BAD_DATE"
		again := mustImport(t, db, first.ErrorsFile, crm.Customers, opts)
		if diff := cmp.Diff(want, b.codes(again)); diff != "" {
			t.Errorf("unfixed (-want +got):\n%s", diff)
		}
	})
}

// Rejected rows that come back unfixed are rejected with the same codes, and
// nothing changes.
func TestRandomRepairs(t *testing.T) {
	b := newBenches(t)
	checks(t, 40, func(rt *rapid.T) {
		c := randomCases(crm.Customers, crm.Customers, crm.Tags, crm.People).Draw(rt, "case")
		c.opts.Existing, c.opts.OnlyExisting, c.opts.CreateTags, c.opts.TagGroup = UpdateExisting, false, false, ""
		c.rows = without(c.rows, "错误代码")
		s := rapid.SampledFrom(b.sides).Draw(rt, "side")
		seed(b.t, s.db, c.have)
		first := b.keep(rt, s.db, b.file(c), c)
		defer b.removeErrors(first)
		if first.Rows.Rejected == 0 || first.ByCode[crm.KeyConflict]+first.ByCode[crm.CustomerAmbiguous]+first.ByCode[crm.TagInBin]+first.ByCode[crm.GroupInBin]+first.ByCode[crm.NotFollowed] > 0 {
			return // the rows that went in may have settled these
		}
		before := storetest.State(b.t, s.db)
		again := b.keep(rt, s.db, first.ErrorsFile, c)
		defer b.removeErrors(again)
		if again.Disabled == 0 {
			if after := storetest.State(b.t, s.db); after != before {
				rt.Fatalf("%s: the rejected rows changed something: %v", s.name, told(again))
			}
		}
		was, is := b.codes(first), b.codes(again)
		if again.Rows.Unchanged == 0 { // else some are equal to what is stored, and no duplicates any more
			if diff := cmp.Diff(was, is); diff != "" {
				rt.Fatalf("%s: codes (-first +unfixed):\n%s", s.name, diff)
			}
		}
		for _, codes := range is {
			if !slices.Contains(was, codes) {
				rt.Fatalf("%s: codes %s are new; there were %v", s.name, codes, was)
			}
		}
	})
}

// keep imports a file and keeps its repair file.
func (b *benches) keep(rt *rapid.T, db *store.DB, path string, c randomCase) *Result {
	im := open(b.t, path, c.kind, c.opts, 0)
	defer im.Close()
	res, err := im.Run(b.t.Context(), db)
	if err != nil {
		rt.Fatal(err)
	}
	return res
}

// codes are those of each row of a repair file, without those that depend on
// which other rows went in.
func (b *benches) codes(res *Result) []string {
	if res.ErrorsFile == "" {
		return nil
	}
	rows := readCSV(b.t, res.ErrorsFile)
	at := slices.Index(rows[0], "错误代码")
	var all []string
	for _, row := range rows[1:] {
		codes := slices.DeleteFunc(strings.Split(row[at], ";"), func(code string) bool {
			return code == string(crm.KeyConflict) || code == string(crm.CustomerAmbiguous)
		})
		slices.Sort(codes)
		all = append(all, strings.Join(codes, ";"))
	}
	return all
}

func readCSV(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A file some of whose rows were spoilt, and the repair file with these mended,
// give what the good file gives.
func TestRandomRepairsConverge(t *testing.T) {
	b := newBenches(t)
	checks(t, 40, func(rt *rapid.T) {
		c := randomCases(crm.Customers).Draw(rt, "case")
		c.opts = Options{Tags: c.opts.Tags}
		c.have = randomCompany(rt, 0)
		s := rapid.SampledFrom(b.sides).Draw(rt, "side")
		c.rows = withColumn(c.rows, "职位", "经理")
		c.rows = without(c.rows, "错误代码")
		seed(b.t, s.db, c.have)
		good := b.keep(rt, s.db, b.file(c), c)
		b.removeErrors(good)
		if good.Rows.Rejected > 0 || good.Rows.Read < 2 || good.WarnCodes[crm.SharedPhone] > 0 {
			return // whom a shared phone means depends on who has it first
		}
		want := withoutIDs(dump(b.t, s.db))

		spoilt, bad := c, 0
		spoilt.rows = slices.Clone(c.rows)
		at := slices.Index(c.rows[0], "职位")
		for i := 1; i < len(spoilt.rows); i++ {
			if percent.Draw(rt, "spoil") > 50 {
				spoilt.rows[i] = slices.Clone(spoilt.rows[i])
				spoilt.rows[i][at] = strings.Repeat("长", 65)
				bad++
			}
		}
		seed(b.t, s.db, c.have)
		path := b.file(spoilt)
		for range len(c.rows) {
			res := b.keep(rt, s.db, path, c)
			b.removeErrorsBut(res, &path)
			if res.Rows.Rejected == 0 {
				break
			}
			mend(b.t, path)
		}
		if diff := cmp.Diff(want, withoutIDs(dump(b.t, s.db))); diff != "" {
			rt.Fatalf("%s: %d spoilt (-good +mended):\n%s", s.name, bad, diff)
		}
	})
}

// removeErrorsBut keeps the repair file under a path of its own.
func (b *benches) removeErrorsBut(res *Result, path *string) {
	if res.ErrorsFile == "" {
		return
	}
	*path = filepath.Join(b.dir, "mend.csv")
	if err := os.Rename(res.ErrorsFile, *path); err != nil {
		b.t.Fatal(err)
	}
	b.removeErrors(res)
}

// mend puts the good value back into the spoilt cells, and deletes nothing.
func mend(t testing.TB, path string) {
	rows := readCSV(t, path)
	at := slices.Index(rows[0], "职位")
	for _, row := range rows[1:] {
		row[at] = "经理"
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // into memory
	write(t, path, b.String())
}

func withColumn(rows [][]string, header, value string) [][]string {
	for i := range rows {
		rows[i] = append(rows[i], value)
	}
	rows[0][len(rows[0])-1] = header
	return rows
}

func without(rows [][]string, header string) [][]string {
	if at := slices.Index(rows[0], header); at >= 0 {
		for i := range rows {
			rows[i] = slices.Delete(rows[i], at, at+1)
		}
	}
	return rows
}

// withoutIDs names customers by their keys, in an order that ids do not decide.
func withoutIDs(dump string) []string {
	names := make(map[string]string)
	var out []string
	for line := range strings.Lines(dump) {
		words := strings.Fields(line)
		if words[0] == "customer" {
			names[words[1]] = strings.Join(words[2:min(len(words), 5)], "+")
		}
	}
	for line := range strings.Lines(dump) {
		words := strings.Fields(line)
		if len(words) > 1 && names[words[1]] != "" {
			words[1] = names[words[1]]
		}
		out = append(out, strings.Join(words, " "))
	}
	slices.Sort(out)
	return out
}

// A workbook comes back as a workbook: the bad cells mended in it, it imports as
// it is.
func TestRepairWorkbook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		db := storetest.Open(t, target)
		seed(t, db, "staff zhang\nstaff li\ngroup g\ntag g:a")
		path := workbook(t, [][]string{{"客户ID", "手机号", "生日", "企业标签", "跟进员工"}, {"wm1", "13800000001", "1990-02-30", "a", "zhang"}, {"wm2", "13800000002", "1990-02-28", "a", ""}, {"wm1", "", "", "b", "zhang"}}, nil)
		res := mustImport(t, db, path, crm.Customers, Options{})
		if got := fmt.Sprint(told(res)); got != "{3: 1 created, 2 rejected +1 -0 [2C BAD_DATE 4D UNKNOWN_TAG 4A DUP_IN_FILE 2]}" {
			t.Errorf("got %s", got)
		}
		f, err := excelize.OpenFile(res.ErrorsFile)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sheet := f.GetSheetName(0)
		for cell, value := range map[string]string{"C2": "1990-02-27", "D3": "a", "E3": "li"} {
			if err := f.SetCellStr(sheet, cell, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Save(); err != nil {
			t.Fatal(err)
		}
		again := mustImport(t, db, res.ErrorsFile, crm.Customers, Options{})
		if got := ledgerText(again.Rows); got != "2: 1 created, 1 updated" {
			t.Errorf("mended: got %v", told(again))
		}
		want := tidy(`staff zhang
			staff li
			group g
			tag g:a
			customer #1 ext=wm2 mobile=13800000002 birthday=1990-02-28
			link #1 - g:a
			customer #2 ext=wm1 mobile=13800000001 birthday=1990-02-27
			follow #2 zhang
			follow #2 li
			link #2 li g:a
			link #2 zhang g:a`)
		if diff := cmp.Diff(want, dump(t, db)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
