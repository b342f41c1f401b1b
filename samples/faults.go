package samples

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A Fault is one error that an import must report, of one cell or one row.
type Fault struct {
	Row int `json:"row"` // as the spreadsheet shows it
	// Column is the letter; "" leaves it open which of the row's columns a
	// report names.
	Column string `json:"column"`
	Code   string `json:"code"`
	// Related is the row that this one repeats or contradicts, 0 for none.
	Related int `json:"related_row,omitempty"`
}

// faultKind is one way to spoil a row.
type faultKind struct {
	name   string
	code   string
	column int // 0-based, -1 = the row
	// spoil changes the row; n counts the faults so far.
	spoil func(r *rand.Rand, row []string, n int)
}

// duplicate takes an earlier row as it is, so it has nothing to spoil.
const duplicate = "duplicate"

// controlChar is not allowed in a cell, and stands in every format and encoding.
const controlChar = "\ufeff"

var customerFaults = []faultKind{
	{"bad-phone", "BAD_PHONE", custMobile, func(r *rand.Rand, row []string, n int) {
		row[custID] = cmp.Or(row[custID], "wmFAULT"+strconv.Itoa(n)) // still has a key
		row[custMobile] = pick(r, []string{"1380013800", "138001380000", "12345678901", "1390013900x", "没有", "138-0013"})
	}},
	{"precision-lost", "PRECISION_LOST", custMobile, func(r *rand.Rand, row []string, n int) {
		row[custID] = cmp.Or(row[custID], "wmFAULT"+strconv.Itoa(n))
		row[custMobile] = "1." + strconv.Itoa(30+r.IntN(70)) + "E+10"
	}},
	{"missing-keys", "REQUIRED", custID, func(_ *rand.Rand, row []string, _ int) {
		row[custID], row[custMobile] = "", ""
	}},
	{"unknown-tag", "UNKNOWN_TAG", custTags, func(r *rand.Rand, row []string, _ int) {
		row[custTags] = pick(r, []string{"意向:高意象", "客户等级:白金客户", "意向:很想买", "购买情况:待复构", "意向:高意向;行业:房地产"})
	}},
	{"unknown-staff", "UNKNOWN_STAFF", custFollower, func(r *rand.Rand, row []string, _ int) {
		row[custFollower] = pick(r, []string{"zhangweii", "前台", "limin_old", "小王", "test001"})
	}},
	{"long-name", "TOO_LONG", custName, func(_ *rand.Rand, row []string, _ int) {
		row[custName] = strings.Repeat("很长的名字", 60)
	}},
	{"bad-date", "BAD_DATE", custBirthday, func(r *rand.Rand, row []string, _ int) {
		row[custBirthday] = pick(r, []string{"1990-02-30", "1988-13-05", "去年春天", "1987年2月31日"})
	}},
	{"bad-gender", "NOT_IN_LIST", custGender, func(r *rand.Rand, row []string, _ int) {
		row[custGender] = pick(r, []string{"雄", "保密吧", "？？"})
	}},
	{"control-char", "CONTROL_CHAR", custName, func(_ *rand.Rand, row []string, _ int) {
		row[custName] = "王" + controlChar + "小明"
	}},
	{duplicate, "DUP_IN_FILE", -1, nil},
}

var tagFaults = []faultKind{
	{"missing-group", "REQUIRED", tagGroupName, func(_ *rand.Rand, row []string, _ int) {
		row[tagGroupName] = ""
	}},
	{"long-name", "TOO_LONG", tagName, func(_ *rand.Rand, row []string, n int) {
		row[tagName] = "长到企业微信放不下的标签名称" + strings.Repeat("长", 20) + strconv.Itoa(n)
	}},
	{"bad-scope", "NOT_IN_LIST", tagScope, func(_ *rand.Rand, row []string, _ int) {
		row[tagScope] = "随便"
	}},
	{"unknown-department", "UNKNOWN_DEPARTMENT", tagDepartment, func(_ *rand.Rand, row []string, n int) {
		// A group of its own, so that no other row contradicts it.
		row[tagGroupName] = "外派组" + strconv.Itoa(n)
		row[tagScope], row[tagDepartment] = "部门", "总部/火星分部"
	}},
	{"bad-order", "BAD_FORMAT", tagOrder, func(_ *rand.Rand, row []string, _ int) {
		row[tagOrder] = "第三"
	}},
	{"bad-date", "BAD_DATE", tagExpires, func(r *rand.Rand, row []string, _ int) {
		row[tagExpires] = pick(r, []string{"2031-02-30", "明年底", "2030-00-10"})
	}},
	{"control-char", "CONTROL_CHAR", tagName, func(_ *rand.Rand, row []string, _ int) {
		row[tagName] = row[tagName] + controlChar + "试"
	}},
	{duplicate, "DUP_IN_FILE", -1, nil},
}

var staffFaults = []faultKind{
	{"bad-role", "NOT_IN_LIST", staffRole, func(r *rand.Rand, row []string, _ int) {
		row[staffRole] = pick(r, []string{"老板", "销售", "组长"})
	}},
	{"bad-status", "NOT_IN_LIST", staffStatus, func(_ *rand.Rand, row []string, _ int) {
		row[staffStatus] = "休假"
	}},
	{"long-name", "TOO_LONG", staffName, func(_ *rand.Rand, row []string, _ int) {
		row[staffName] = strings.Repeat("很长的名字", 60)
	}},
	{"control-char", "CONTROL_CHAR", staffName, func(_ *rand.Rand, row []string, _ int) {
		row[staffName] = "张" + controlChar + "三"
	}},
	{duplicate, "DUP_IN_FILE", -1, nil},
}

func faultsOf(kind string) []faultKind {
	switch kind {
	case "customers":
		return customerFaults
	case "tags":
		return tagFaults
	default:
		return staffFaults
	}
}

// FaultKinds names the faults that can be put into sheets of a kind.
func FaultKinds(kind string) []string {
	var names []string
	for _, f := range faultsOf(kind) {
		names = append(names, f.name)
	}
	return names
}

// A chooser spreads exactly want faults over the rows of a sheet while it is
// written (selection sampling: each row left is as likely as any other).
type chooser struct {
	r          *rand.Rand
	kinds      []faultKind
	others     []faultKind // kinds without duplicate
	want, left int
	done       int
	kept       []keptRow // earlier sound rows, for duplicates
}

type keptRow struct {
	number int
	cells  []string
}

func newChooser(r *rand.Rand, kinds []faultKind, rows, want int) *chooser {
	others := slices.Clone(kinds)
	others = slices.DeleteFunc(others, func(f faultKind) bool { return f.name == duplicate })
	if len(others) == 0 && want == rows {
		want = max(0, want-1) // the first row has nothing to repeat
	}
	return &chooser{r: r, kinds: kinds, others: others, want: want, left: rows}
}

// next decides whether the next row gets a fault.
func (c *chooser) next() bool {
	if len(c.kept) == 0 && len(c.others) == 0 {
		return false
	}
	return c.want > 0 && c.r.IntN(c.left) < c.want
}

// room reports whether n more rows may go by without a fault.
func (c *chooser) room(n int) bool { return c.left-n >= c.want }

// sound counts a row without a fault.
func (c *chooser) sound(number int, row []string) {
	c.left--
	if row[0]+row[1] == "" {
		return // a department without people may stand twice
	}
	const keep = 64
	if len(c.kept) < keep {
		c.kept = append(c.kept, keptRow{number, row})
		return
	}
	c.kept[c.r.IntN(keep)] = keptRow{number, row}
}

// spoil counts a row with a fault and returns it.
func (c *chooser) spoil(number int, row []string) ([]string, Fault) {
	c.left--
	c.want--
	c.done++
	kinds := c.kinds
	if len(c.kept) == 0 {
		kinds = c.others
	}
	f := kinds[c.r.IntN(len(kinds))]
	fault := Fault{Row: number, Code: f.code}
	if f.column >= 0 {
		fault.Column = columnLetter(f.column)
	}
	if f.name == duplicate {
		earlier := c.kept[c.r.IntN(len(c.kept))]
		fault.Related = earlier.number
		return earlier.cells, fault
	}
	row = slices.Clone(row)
	f.spoil(c.r, row, c.done)
	return row, fault
}

// columnLetter of a 0-based column below 26.
func columnLetter(column int) string { return string(rune('A' + column)) }
