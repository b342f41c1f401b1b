package report

import (
	"path/filepath"
	"strconv"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// BenchmarkRepair writes 30,000 rejected rows of ten cells, one bad cell each.
func BenchmarkRepair(b *testing.B) {
	for _, format := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		b.Run(string(format), func(b *testing.B) {
			headers := make([]string, 10)
			row := sheet.Row{Cells: make([]sheet.Cell, 10)}
			for i := range headers {
				headers[i] = "列" + strconv.Itoa(i)
				row.Cells[i] = sheet.Cell{Kind: sheet.Text, Value: "内容" + strconv.Itoa(i)}
			}
			in := sheet.Info{Format: format, Encoding: "gb18030", Delimiter: ','}
			for b.Loop() {
				r, err := NewRepair(in, headers, filepath.Join(b.TempDir(), "out."+string(format)), RepairOptions{Lang: crm.Chinese})
				if err != nil {
					b.Fatal(err)
				}
				for n := 2; n < 30_002; n++ {
					row.Number, row.Line = n, n
					if err := r.Add(row, []crm.Problem{{Code: crm.BadPhone, Row: n, Column: 3, Value: "12x"}}); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := r.Finish(RepairSummary{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTally counts problems, as a file without a sound row does.
func BenchmarkTally(b *testing.B) {
	t := NewTally(crm.Chinese, nil)
	p := crm.Problem{Code: crm.UnknownTag, Column: 3, Args: []string{"高意项", "高意向"}}
	b.ReportAllocs()
	for b.Loop() {
		p.Row += 2
		t.Add(p.Row, p)
	}
}
