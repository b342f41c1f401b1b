package samples

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Options say what Generate writes. The zero value of a field means what its
// comment says.
type Options struct {
	Kind string // "tags", "customers" or "staff"
	Rows int    // data rows, however many
	Seed uint64 // the same seed and options give the same bytes

	// Staff and Tags are the size of the company whose customers are written:
	// they use the people and tags that -kind staff and -kind tags write with
	// the same seed and at least so many rows. 0: the base set of 21 and 40.
	Staff, Tags int

	// Faults is the share of rows, 0 to 1, that get one error each, rounded to
	// whole rows. FaultKinds limits them to some of FaultKinds(Kind).
	Faults     float64
	FaultKinds []string
	// Expect gets one JSON object a line for every fault, nil: none.
	Expect io.Writer

	Format    string // "csv" ("") or "xlsx"
	Encoding  string // CSV: "utf-8" (""), "utf-8-bom", "gb18030" or "utf-16le"
	Delimiter rune   // CSV: ',' when 0
}

// Result counts what Generate wrote.
type Result struct {
	Rows   int
	Faults int
}

// The columns of generated tags and staff sheets, 0-based.
const (
	tagGroupName = iota
	tagName
	tagScope
	tagDepartment
	tagOrder
	tagDescription
	tagGroupOrder
	tagSingle
	tagExpires
)

const (
	staffAccount = iota
	staffName
	staffDepartments
	staffRole
	staffContact
	staffTagging
	staffStatus
)

// headers are those of the import templates.
var headers = map[string][]string{
	"tags":      {"标签组名称", "标签名称", "标签组类型", "可用部门", "排序", "标签说明", "标签组排序", "单选", "到期日期"},
	"customers": {"客户ID", "手机号", "客户名称", "跟进员工", "企业标签", "客户备注", "客户描述", "企业名称", "职位", "性别", "生日", "地区", "添加渠道", "添加时间"},
	"staff":     {"员工账号", "姓名", "部门", "角色", "客户联系", "可配置客户标签", "状态"},
}

var sheetNames = map[string]string{"tags": "标签", "customers": "客户", "staff": "员工"}

// Generate writes a spreadsheet to w, row by row: memory does not grow with
// Options.Rows (XLSX: what does not fit is kept in a temporary file). The i-th
// person, tag or customer is the same in every sheet of a seed, with and without
// faults. A customer has one row, or two when two people follow it; one with a
// fault has one.
//
// On an error w holds nothing or a part of the file.
func Generate(w io.Writer, o Options) (Result, error) {
	o = o.withDefaults()
	kinds, err := o.check()
	if err != nil {
		return Result{}, err
	}
	out, err := newRowWriter(w, o)
	if err != nil {
		return Result{}, err
	}
	defer out.abandon()
	if err := out.write(headers[o.Kind]); err != nil {
		return Result{}, err
	}
	expect := bufio.NewWriter(o.Expect)
	g := generation{out: out, expect: json.NewEncoder(expect)}
	g.expect.SetEscapeHTML(false)
	want := int(math.Round(o.Faults * float64(o.Rows)))
	g.faults = newChooser(draws(o.Seed, streamFault, 0), kinds, o.Rows, want)
	if err := g.rows(o); err != nil {
		return Result{}, err
	}
	if err := expect.Flush(); err != nil {
		return Result{}, err
	}
	return Result{g.written, g.faults.done}, out.close()
}

func (o Options) withDefaults() Options {
	if o.Staff == 0 {
		o.Staff = len(baseStaff)
	}
	if o.Tags == 0 {
		o.Tags = baseTags()
	}
	if o.Expect == nil {
		o.Expect = io.Discard
	}
	if o.Format == "" {
		o.Format = "csv"
	}
	if o.Encoding == "" {
		o.Encoding = "utf-8"
	}
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	return o
}

// check refuses what cannot be written and returns the faults to choose from.
func (o Options) check() ([]faultKind, error) {
	if headers[o.Kind] == nil {
		return nil, fmt.Errorf("unknown kind %q: one of tags, customers, staff", o.Kind)
	}
	if o.Rows < 0 {
		return nil, fmt.Errorf("%d rows: none or more", o.Rows)
	}
	if o.Staff < len(baseStaff) {
		return nil, fmt.Errorf("staff %d: at least %d", o.Staff, len(baseStaff))
	}
	if o.Tags < baseTags() {
		return nil, fmt.Errorf("tags %d: at least %d", o.Tags, baseTags())
	}
	if !(o.Faults >= 0 && o.Faults <= 1) {
		return nil, fmt.Errorf("share of faults %v: from 0 to 1", o.Faults)
	}
	if o.Format == "xlsx" && o.Rows > maxSheetRows-1 {
		return nil, fmt.Errorf("%d rows do not fit into one sheet, which holds %d with its header", o.Rows, maxSheetRows)
	}
	all := faultsOf(o.Kind)
	if len(o.FaultKinds) == 0 {
		return all, nil
	}
	var kinds []faultKind
	for _, name := range o.FaultKinds {
		i := slices.IndexFunc(all, func(f faultKind) bool { return f.name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown fault %q for %s: one of %s", name, o.Kind, strings.Join(FaultKinds(o.Kind), ", "))
		}
		kinds = append(kinds, all[i])
	}
	return kinds, nil
}

// generation is one run of Generate.
type generation struct {
	out     rowWriter
	expect  *json.Encoder
	faults  *chooser
	written int // data rows
}

func (g *generation) rows(o Options) error {
	unit := unitsOf(o)
	for i := 0; g.written < o.Rows; i++ {
		if err := g.unit(unit(i)); err != nil {
			return err
		}
	}
	return nil
}

// unit writes rows that belong together, or the first of them with a fault.
func (g *generation) unit(rows [][]string) error {
	if g.faults.next() {
		row, fault := g.faults.spoil(g.written+2, rows[0]) // 2: below the header
		if err := g.expect.Encode(fault); err != nil {
			return err
		}
		return g.row(row)
	}
	if !g.faults.room(len(rows)) {
		rows = rows[:1]
	}
	for _, row := range rows {
		g.faults.sound(g.written+2, row)
		if err := g.row(row); err != nil {
			return err
		}
	}
	return nil
}

func (g *generation) row(cells []string) error {
	g.written++
	return g.out.write(cells)
}

// unitsOf returns the function that makes the i-th person, tag or customer.
func unitsOf(o Options) func(i int) [][]string {
	switch o.Kind {
	case "tags":
		return func(i int) [][]string { return [][]string{tagRow(i)} }
	case "staff":
		c := &company{seed: o.Seed}
		return func(i int) [][]string {
			p := c.person(i)
			return [][]string{{p.account, p.name, p.departments, p.role, p.contact, p.tagging, p.status}}
		}
	default:
		return newCompany(o.Seed, o.Staff, o.Tags).customer
	}
}

func tagRow(i int) []string {
	t := tagAt(i)
	row := make([]string, len(headers["tags"]))
	row[tagGroupName], row[tagName] = t.group, t.name
	row[tagScope], row[tagDepartment] = "共享", t.department
	if t.department != "" {
		row[tagScope] = "部门"
	}
	row[tagOrder], row[tagGroupOrder] = strconv.Itoa(t.order), strconv.Itoa(t.groupOrder)
	row[tagSingle] = "否"
	if t.single {
		row[tagSingle] = "是"
	}
	switch t.name {
	case "VIP客户":
		row[tagDescription] = "年消费 10 万元以上"
	case "待复购":
		row[tagDescription] = "最近一次购买在 60 天以前"
	case "年会邀请":
		row[tagExpires] = "2035-12-31"
	}
	return row
}
