package admin

import (
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// WriteStats writes the tables to a file in the format that its name says: a
// workbook with a sheet for each and charts beside the overview, drawn by the
// spreadsheet program from the cells, or one CSV table. The file appears when it
// is complete.
func WriteStats(tables []StatsTable, path string, l crm.Lang, force bool) (Written, error) {
	file, format, err := spreadsheet(path, force)
	if err != nil {
		return Written{}, err
	}
	defer file.Discard()
	if format == ".csv" {
		err = statsCSV(file, tables, l)
	} else {
		err = statsBook(file, tables)
	}
	if err != nil {
		return Written{}, fmt.Errorf("export to %s: %w", path, err)
	}
	rows := int64(0)
	for _, t := range tables {
		rows += int64(len(t.Rows))
	}
	return committed(file, path, rows, force)
}

// statsCSV writes one table whose first column says which row it is of.
func statsCSV(w io.Writer, tables []StatsTable, l crm.Lang) error {
	out, err := sheet.NewCSVWriter(w, sheet.CSVFormat{Encoding: "utf-8", Delimiter: ',', CRLF: true, BOM: true})
	if err != nil {
		return err
	}
	for i, t := range tables {
		if i == 0 {
			if err := out.Write(append([]string{l.Pick("统计", "part")}, t.Header[:]...)); err != nil {
				return err
			}
		}
		for _, r := range t.Rows {
			if err := out.Write([]string{t.Title, sheet.Guard(r.Name), strconv.FormatInt(r.Number, 10), sheet.Guard(r.Note)}); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func statsBook(w io.Writer, tables []StatsTable) error {
	f := excelize.NewFile()
	defer f.Close() // only temporary files
	if err := f.SetDefaultFont("Microsoft YaHei"); err != nil {
		return err
	}
	looks, err := newStatsLooks(f)
	if err != nil {
		return err
	}
	for i, t := range tables {
		if i == 0 {
			err = f.SetSheetName("Sheet1", t.Title)
		} else {
			_, err = f.NewSheet(t.Title)
		}
		if err != nil {
			return err
		}
		if err := statsSheet(f, t, looks); err != nil {
			return fmt.Errorf("sheet %s: %w", t.Title, err)
		}
	}
	for i, chart := range statsCharts(tables) {
		if err := f.AddChart(tables[0].Title, "E"+strconv.Itoa(1+i*chartRows), chart); err != nil {
			return fmt.Errorf("chart: %w", err)
		}
	}
	return f.Write(w)
}

// statsLooks are styles of cells.
type statsLooks struct{ head, note int }

func newStatsLooks(f *excelize.File) (looks statsLooks, err error) {
	looks.head, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Family: "Microsoft YaHei"},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7E6E6"}}})
	if err != nil {
		return looks, err
	}
	looks.note, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Color: "808080", Family: "Microsoft YaHei"}, Alignment: &excelize.Alignment{Horizontal: "left", Indent: 1}})
	return looks, err
}

func statsSheet(f *excelize.File, t StatsTable, looks statsLooks) error {
	fit, landscape, wide, high := true, "landscape", 1, 0
	if err := f.SetSheetProps(t.Title, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := f.SetPageLayout(t.Title, &excelize.PageLayoutOptions{Orientation: &landscape, FitToWidth: &wide, FitToHeight: &high}); err != nil {
		return err
	}
	for column, width := range map[string]float64{"A": 42, "B": 12, "C": 44} {
		if err := f.SetColWidth(t.Title, column, column, width); err != nil {
			return err
		}
	}
	if err := f.SetPanes(t.Title, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	// Not as a stream, into which no chart could be put.
	if err := f.SetSheetRow(t.Title, "A1", &[]string{t.Header[0], t.Header[1], t.Header[2]}); err != nil {
		return err
	}
	for i, r := range t.Rows {
		if err := f.SetSheetRow(t.Title, "A"+strconv.Itoa(i+2), &[]any{r.Name, r.Number, r.Note}); err != nil {
			return err
		}
	}
	if err := f.SetCellStyle(t.Title, "C2", "C"+strconv.Itoa(len(t.Rows)+2), looks.note); err != nil {
		return err
	}
	return f.SetCellStyle(t.Title, "A1", "C1", looks.head)
}

const (
	chartRows = 21 // that a chart covers
	mostBars  = 15
)

// statsCharts are the fullest groups and tags as bars, drawn from the cells of
// their sheets, the largest on top.
func statsCharts(tables []StatsTable) (charts []*excelize.Chart) {
	for _, t := range tables[1:3] {
		n := min(len(t.Rows), mostBars)
		if n == 0 || t.Rows[0].Number == 0 {
			continue
		}
		cells := func(column string) string { return fmt.Sprintf("'%s'!$%s$2:$%[2]s$%d", t.Title, column, n+1) }
		oneColor, gap := false, uint(60)
		charts = append(charts, &excelize.Chart{Type: excelize.Bar,
			Series:     []excelize.ChartSeries{{Name: fmt.Sprintf("'%s'!$B$1", t.Title), Categories: cells("A"), Values: cells("B")}},
			Title:      excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: t.Title + " · " + t.Header[1]}}},
			Legend:     excelize.ChartLegend{Position: "none"},
			PlotArea:   excelize.ChartPlotArea{ShowVal: true},
			XAxis:      excelize.ChartAxis{ReverseOrder: true, Font: excelize.Font{Color: "404040", Size: 9}},
			YAxis:      excelize.ChartAxis{None: true},
			VaryColors: &oneColor, GapWidth: &gap,
			Dimension: excelize.ChartDimension{Width: 640, Height: 340}})
	}
	return charts
}
