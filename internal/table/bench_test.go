package table

import (
	"fmt"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// benchRows are customer rows of ten columns, as clean as most rows are.
func benchRows(n int) []sheet.Row {
	rows := make([]sheet.Row, n)
	for i := range rows {
		rows[i] = row(i+2,
			fmt.Sprintf("wmAbCdEfGhIjKlMnOpQrStUv%08d", i),
			fmt.Sprintf("138%08d", i),
			fmt.Sprintf("客户张三%d", i),
			"zhangsan",
			"客户意向:高意向;VIP客户",
			"市场活动认识",
			"上海某某科技有限公司",
			"男",
			"1990-03-05",
			"上海市浦东新区",
		)
	}
	return rows
}

var benchHeader = []string{"客户ID", "手机号", "客户名称", "跟进员工", "企业标签", "客户备注", "企业名称", "性别", "生日", "地区"}

func BenchmarkParse(b *testing.B) {
	m := mustHeader(b, crm.Customers, benchHeader...)
	p := m.NewParser(shanghai)
	rows := benchRows(1000)
	var rec Record
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Parse(p, &rows[i%len(rows)], &rec)
		if rec.Failed() {
			b.Fatal(told(rec.Problems))
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkParseBad: every row has two errors.
func BenchmarkParseBad(b *testing.B) {
	m := mustHeader(b, crm.Customers, benchHeader...)
	p := m.NewParser(shanghai)
	rows := benchRows(1000)
	for i := range rows {
		rows[i].Cells[1].Value, rows[i].Cells[8].Value = "12x", "2024-02-30"
	}
	var rec Record
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Parse(p, &rows[i%len(rows)], &rec)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkLearn(b *testing.B) {
	m := mustHeader(b, crm.Customers, benchHeader...)
	p := m.NewParser(shanghai)
	rows := benchRows(1000)
	for i := 0; b.Loop(); i++ {
		p.Learn(&rows[i%len(rows)])
	}
}

func BenchmarkAppendTags(b *testing.B) {
	var refs []TagRef
	b.ReportAllocs()
	for b.Loop() {
		refs, _ = AppendTags(refs[:0], "客户意向:高意向;VIP客户;深夜活跃")
	}
}

func BenchmarkFormat(b *testing.B) {
	m := mustHeader(b, crm.Customers, benchHeader...)
	rows := benchRows(1)
	var rec Record
	m.Parse(m.NewParser(shanghai), &rows[0], &rec)
	f := NewFormatter(crm.Customers, crm.Chinese, shanghai)
	var cells []string
	b.ReportAllocs()
	for b.Loop() {
		cells = f.Row(cells[:0], rec.Values)
	}
}
