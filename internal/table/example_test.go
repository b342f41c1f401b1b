package table_test

import (
	"fmt"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

func Example() {
	rows := []sheet.Row{
		{Number: 1, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "手机号（必填）"}, {Kind: sheet.Text, Value: "标签"}, {Kind: sheet.Text, Value: "年龄"}}},
		{Number: 2, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "+86 138-0013-8000"}, {Kind: sheet.Text, Value: "意向:高；VIP"}}},
		{Number: 3, Cells: []sheet.Cell{{Kind: sheet.Text, Value: "1.38E+10"}}},
	}
	header, warnings, err := table.FindHeader(crm.Customers, rows, table.HeaderOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range warnings {
		fmt.Println(w.Code, sheet.ColumnName(w.Column), w.Value)
	}
	parser := header.NewParser(time.UTC)
	for i := range rows[1:] {
		parser.Learn(&rows[1+i])
	}
	var record table.Record
	for i := range rows[1:] {
		header.Parse(parser, &rows[1+i], &record)
		fmt.Println(record.Row, record.Values[table.CustMobile].Text, record.Failed())
		for _, p := range record.Problems {
			fmt.Println(p.Code, sheet.ColumnName(p.Column), p.Value)
		}
	}
	// Output:
	// UNKNOWN_COLUMN C 年龄
	// 2 13800138000 false
	// 3  true
	// PRECISION_LOST A 1.38E+10
}

func ExampleSplitTags() {
	refs, problems := table.SplitTags(`VIP客户；意向:高, -"a;b"`)
	for _, r := range refs {
		fmt.Printf("%q %q %q\n", r.Op, r.Group, r.Name)
	}
	fmt.Println(len(problems), table.FormatTags(refs))
	// Output:
	// '\x00' "" "VIP客户"
	// '\x00' "意向" "高"
	// '-' "" "a;b"
	// 0 VIP客户;意向:高;-"a;b"
}

func ExampleFormatter() {
	f := table.NewFormatter(crm.Customers, crm.Chinese, time.UTC)
	fmt.Println(f.Cell(table.CustGender, table.Value{State: table.Set, Text: "female"}))
	fmt.Println(f.Cell(table.CustRemark, table.Value{State: table.Clear}))
	// Output:
	// 女
	// <清空>
}
