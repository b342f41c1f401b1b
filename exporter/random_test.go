package exporter_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"tagkeep/exporter"
	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
)

// pieces of names that a spreadsheet program, a CSV file or a tag cell takes for
// something else.
var pieces = []string{"=x", "+86", "-5", "@a", "'", `"`, ",", "，", ";", "；", ":", "：", "、", "|", "/", "\\", "[", "]", "【", "😀", "𠀀", "㐀", "意向", "VIP",
	"vip", "ＶＩＰ", "0123", "1E5", "TRUE", "<b>", "&amp;", "_x000D_", "a b", "#N", "{", "%", "*", "（", "）", "~", "é"}

// randomCompany is one with names and values of such pieces, drawn from a seed.
type randomCompany struct {
	*rand.Rand
	tx *store.Tx
}

// text is one of at most max characters; break_ allows line breaks.
func (c *randomCompany) text(max int, breaks bool) string {
	all := pieces
	if breaks {
		all = append(all[:len(all):len(all)], "\n", "\n=1", "\t")
	}
	var b strings.Builder
	for range 1 + c.IntN(4) {
		b.WriteString(all[c.IntN(len(all))])
	}
	runes := []rune(strings.TrimSpace(b.String()))
	return strings.TrimSpace(string(runes[:min(len(runes), max)]))
}

// names are n different ones.
func (c *randomCompany) names(n, max int) []string {
	seen := make(map[string]bool)
	var all []string
	for len(all) < n {
		name := c.text(max, false)
		if !seen[name] && name != "" {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all
}

// some is text in half of the cases.
func (c *randomCompany) some(max int) string {
	if c.IntN(2) == 0 {
		return ""
	}
	return c.text(max, true)
}

func (c *randomCompany) ids(seq store.Sequence, n int) int64 {
	first, err := c.tx.NextIDs(seq, n)
	if err != nil {
		panic(err)
	}
	return first
}

func (c *randomCompany) fill(tx *store.Tx) (err error) {
	c.tx = tx
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	departments, err := c.directory()
	if err != nil {
		return err
	}
	const staff = 5
	tags, single, err := c.library(departments)
	if err != nil {
		return err
	}
	if err := c.people(staff, tags, single); err != nil {
		return err
	}
	return addGrants(tx)
}

// directory makes departments, some without people, and people of all sorts.
func (c *randomCompany) directory() ([]int64, error) {
	const departments, staff = 7, 5
	first := c.ids(store.SeqDepartment, departments)
	var ids []int64
	for i := range int64(departments) {
		d := crm.Department{ID: first + i, Name: "部" + strconv.FormatInt(i, 10) + strings.NewReplacer("/", "", "\\", "", ";", "", "；", "", "|", "", "＞", "", ">", "").Replace(c.text(8, false))}
		if i > 0 {
			d.ParentID = first + c.Int64N(i)
		}
		if err := c.tx.CreateDepartments([]crm.Department{d}); err != nil {
			return nil, err
		}
		ids = append(ids, d.ID)
	}
	start := c.ids(store.SeqStaff, staff)
	for i := range int64(staff) {
		p := crm.Staff{ID: start + i, UserID: fmt.Sprintf("+Zhang%d", i), Name: c.text(20, false), Status: []string{crm.StatusActive, crm.StatusDisabled}[c.IntN(2)],
			Role: []string{crm.RoleStaff, crm.RoleAuditor, crm.RoleSuper}[c.IntN(3)], Contact: c.IntN(2) == 0, Tagging: c.IntN(2) == 0}
		if err := c.tx.CreateStaff([]crm.Staff{p}); err != nil {
			return nil, err
		}
		var in []int64
		for _, d := range ids {
			if c.IntN(4) == 0 {
				in = append(in, d)
			}
		}
		if err := c.tx.SetStaffDepartments(p.ID, in); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// library makes tag groups, some of them empty; it returns the tags by group and
// the groups of which a pair has one tag.
func (c *randomCompany) library(departments []int64) (tags map[int64][]int64, single map[int64]bool, err error) {
	tags, single = make(map[int64][]int64), make(map[int64]bool)
	groups := c.names(6, crm.MaxTagName)
	first := c.ids(store.SeqGroup, len(groups))
	for i, name := range groups {
		g := crm.Group{ID: first + int64(i), Name: name, Scope: crm.ScopeShared, SingleChoice: c.IntN(3) == 0, Sort: c.Int64N(4), WecomID: c.id()}
		if c.IntN(2) == 0 {
			g.Scope, g.DepartmentID = crm.ScopeDepartment, departments[c.IntN(len(departments))]
		}
		single[g.ID] = g.SingleChoice
		if err := c.tx.CreateGroups([]crm.Group{g}); err != nil {
			return nil, nil, err
		}
		names := c.names(c.IntN(5), crm.MaxTagName)
		start := c.ids(store.SeqTag, len(names)+1)
		for j, name := range names {
			t := crm.Tag{ID: start + int64(j), GroupID: g.ID, Name: name, Description: c.some(100), Sort: c.Int64N(4), ExpiresOn: []string{"", "2030-01-31"}[c.IntN(2)], WecomID: c.id()}
			if err := c.tx.CreateTags([]crm.Tag{t}); err != nil {
				return nil, nil, err
			}
			tags[g.ID] = append(tags[g.ID], t.ID)
		}
	}
	return tags, single, nil
}

func (c *randomCompany) id() string { return []string{"", "=et1", "-2", "00012"}[c.IntN(4)] }

// people makes customers with followers of different tags and notes.
func (c *randomCompany) people(staff int64, tags map[int64][]int64, single map[int64]bool) error {
	const customers = 40
	first := c.ids(store.SeqCustomer, customers)
	for i := range int64(customers) {
		cu := crm.Customer{ID: first + i, ExternalID: fmt.Sprintf("%swm%d", []string{"", "=", "+", "-", "@"}[c.IntN(5)], i), Name: c.some(60), Company: c.some(60), Position: c.some(40),
			Region: c.some(60), Remark: c.some(100), Description: c.some(300), AddWay: c.some(40), Gender: []string{"", "male", "female", "unknown"}[c.IntN(4)],
			Birthday: []string{"", "1990-02-28", "1900-01-01"}[c.IntN(3)], AddedAt: []int64{0, 1700000000000, 1700000000123}[c.IntN(3)]}
		if c.IntN(2) == 0 {
			cu.Mobile, cu.Phones = fmt.Sprintf("+8526%07d", i), []string{"", "010-12345678;95588"}[c.IntN(2)]
		}
		if err := c.tx.CreateCustomers([]crm.Customer{cu}); err != nil {
			return err
		}
		for s := range staff + 1 { // 0: tied to no follower
			if s > 0 && c.IntN(3) > 0 {
				continue
			}
			f := crm.Follow{CustomerID: cu.ID, StaffID: s, Remark: c.some(60), Description: c.some(100), AddWay: c.some(20), AddedAt: []int64{0, 1700000000000}[c.IntN(2)]}
			if s > 0 {
				if err := c.tx.CreateFollows([]crm.Follow{f}); err != nil {
					return err
				}
			}
			if err := c.tx.AddLinks(c.links(cu.ID, s, tags, single)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *randomCompany) links(customer, staff int64, tags map[int64][]int64, single map[int64]bool) (all []crm.Link) {
	for group, of := range tags {
		for _, tag := range of {
			if c.IntN(3) > 0 {
				continue
			}
			all = append(all, crm.Link{CustomerID: customer, StaffID: staff, TagID: tag, TaggedAt: 1})
			if single[group] {
				break
			}
		}
	}
	return all
}

// forms are the ways to export everything.
var forms = []struct {
	ext string
	opt exporter.Options
}{
	{".csv", exporter.Options{Lang: crm.Chinese}},
	{".xlsx", exporter.Options{Lang: crm.English, TagColumns: true}},
	{".csv.zst", exporter.Options{Lang: crm.English, Encoding: "gb18030"}},
	{".csv", exporter.Options{Lang: crm.Chinese, TagColumns: true, Encoding: "utf-16le"}},
	{".xlsx", exporter.Options{Lang: crm.Chinese}},
}

// Any company comes back as the same in every form, on both databases and
// across, and its second export is the same file: byte by byte when it is a CSV
// file, cell by cell when it is a workbook.
func TestRandomRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target store.Target) {
		for seed := range uint64(len(forms)) {
			from := target
			if seed > 0 {
				from = another(t, target.Engine)
			}
			db := storetest.Open(t, from)
			storetest.Write(t, db, (&randomCompany{Rand: rand.New(rand.NewPCG(seed, uint64(target.Engine[0])))}).fill)
			engine := []store.Engine{store.SQLite, store.MySQL}[seed%2]
			roundTrip(t, fmt.Sprintf("seed %d from %s to %s", seed, target.Engine, engine), db, storetest.Open(t, another(t, engine)), int(seed))
		}
	})
}

func another(t *testing.T, engine store.Engine) store.Target {
	if engine == store.MySQL {
		return storetest.MySQL(t)
	}
	return storetest.SQLite(t)
}

func roundTrip(t *testing.T, name string, from, to *store.DB, n int) {
	t.Helper()
	form := forms[n%len(forms)]
	var files []string
	for _, kind := range order {
		path := filepath.Join(t.TempDir(), string(kind)+form.ext)
		files = append(files, path)
		exportAs(t, from, kind, path, form.opt)
		importFile(t, to, kind, path)
	}
	if got, want := storetest.State(t, to), storetest.State(t, from); got.Hash != want.Hash {
		t.Errorf("%s, %s: counts %+v, want %+v", name, form.ext, got.Counts, want.Counts)
	}
	for i, kind := range order {
		again := filepath.Join(t.TempDir(), string(kind)+form.ext)
		exportAs(t, to, kind, again, form.opt)
		same(t, files[i], again)
	}
}

func exportAs(t *testing.T, db *store.DB, kind crm.Kind, path string, opt exporter.Options) {
	t.Helper()
	if kind != crm.Customers {
		opt.TagColumns = false
	}
	if _, err := exporter.Export(t.Context(), db, kind, path, opt); err != nil {
		t.Fatal(err)
	}
}

// same compares two files: workbooks hold the time of their making.
func same(t *testing.T, a, b string) {
	t.Helper()
	if strings.HasSuffix(a, ".xlsx") {
		if x, y := read(t, a), read(t, b); !reflect.DeepEqual(x, y) {
			t.Errorf("%s: the second export differs: %v, first %v", filepath.Base(a), firstDifference(x, y), firstDifference(y, x))
		}
		return
	}
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) {
		t.Errorf("%s: the second export differs: %v, first %v", filepath.Base(a), firstDifference(read(t, b), read(t, a)), firstDifference(read(t, a), read(t, b)))
	}
}

func firstDifference(rows, others [][]string) any {
	for i, r := range rows {
		if i >= len(others) || !reflect.DeepEqual(r, others[i]) {
			return r
		}
	}
	return nil
}
