package main

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// inspection is what inspect --json prints.
type inspection struct {
	File      string       `json:"file"`
	Format    sheet.Format `json:"format"`
	Bytes     int64        `json:"bytes"`
	SHA256    string       `json:"sha256"`
	Encoding  string       `json:"encoding"`
	Detected  bool         `json:"encoding_detected"`
	BOM       bool         `json:"bom"`
	Delimiter string       `json:"delimiter"`
	Sheet     string       `json:"sheet"`
	Sheets    []sheetInfo  `json:"sheets"`
	Active    []string     `json:"active_content"`
	Kind      string       `json:"kind"`
	HeaderRow int          `json:"header_row"`
	Columns   []columnInfo `json:"columns"`
	Problem   string       `json:"problem"` // why the header does not fit, ""
	Rows      int          `json:"rows"`    // below the header
	Blank     int          `json:"blank_rows"`
	First     []shownRow   `json:"first_rows"`
}

type sheetInfo struct {
	Name   string `json:"name"`
	Hidden bool   `json:"hidden"`
	Chart  bool   `json:"chart"`
	Read   bool   `json:"read"`
}

type columnInfo struct {
	Column string `json:"column"`
	Header string `json:"header"`
	Field  string `json:"field"` // "" when it is not read
	Means  string `json:"means"` // the header as templates write it
}

type shownRow struct {
	Row   int      `json:"row"`
	Cells []string `json:"cells"`
}

func (a *app) inspectCommand() *cobra.Command {
	var kind, rows, encoding, delim, sheetName string
	var asCSV bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "查看文件里读到了什么 / what is seen in a file",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := delimiter(delim)
			if err := errors.Join(err, oneOf("encoding", strings.ToLower(encoding), encodings...)); err != nil {
				return err
			}
			opt := sheet.Options{Encoding: encoding, Delimiter: d, Sheet: sheetName, Fit: table.FitAny}
			if kind != "" {
				k, err := parseKind(kind)
				if err != nil {
					return err
				}
				opt.Fit = table.Fit(k)
			}
			if asCSV && a.json {
				return usage("--csv 和 --json 不能一起用", "--csv and --json exclude each other")
			}
			show, err := rowsToShow(rows)
			if err != nil {
				return err
			}
			if err := checkInput(args[0]); err != nil {
				return err
			}
			f, err := sheet.Open(cmd.Context(), args[0], opt)
			if err != nil {
				return err
			}
			defer f.Close()
			if asCSV {
				return a.copyAsCSV(cmd.Context(), f)
			}
			in, err := a.inspect(cmd.Context(), f, crm.Kind(kind), show)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(in)
			}
			a.printInspection(in)
			return nil
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "种类 / kind: `tags|customers|staff|grants`")
	cmd.Flags().StringVar(&rows, "rows", "5", "显示的行数 / rows to show: `N|all`")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "把读到的所有行以 UTF-8 CSV 写到标准输出 / all rows as read, as UTF-8 CSV on stdout")
	cmd.Flags().StringVar(&encoding, "encoding", "auto", "文字编码 / `auto|utf-8|gb18030|utf-16le|...`")
	cmd.Flags().StringVar(&delim, "delimiter", "auto", "分隔符 / `auto|,|;|tab`")
	cmd.Flags().StringVar(&sheetName, "sheet", "", "要读取的工作表 / `NAME` of the sheet to read")
	return cmd
}

// rowsToShow reads N or all (-1).
func rowsToShow(s string) (int, error) {
	if s == "all" {
		return -1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, usage("--rows：%q 应为个数或 all", "--rows: %q is neither a number nor all", s)
	}
	return n, nil
}

func (a *app) inspect(ctx context.Context, f *sheet.File, kind crm.Kind, show int) (*inspection, error) {
	i := f.Info
	path, err := filepath.Abs(i.Path)
	if err != nil {
		return nil, err
	}
	in := &inspection{File: path, Format: i.Format, Bytes: i.Size, SHA256: i.SHA256, Encoding: i.Encoding, Detected: i.Detected, BOM: i.BOM,
		Sheet: i.Sheet, Active: i.Active, Sheets: []sheetInfo{}, Columns: []columnInfo{}, First: []shownRow{}}
	if i.Delimiter != 0 {
		in.Delimiter = string(i.Delimiter)
	}
	for _, s := range i.Sheets {
		in.Sheets = append(in.Sheets, sheetInfo(s))
	}
	first, err := firstRows(ctx, f, 20)
	if err != nil {
		return nil, err
	}
	a.inspectHeader(in, first, kind)
	return in, a.inspectRows(ctx, f, in, show)
}

// inspectHeader finds out the kind and what each column is.
func (a *app) inspectHeader(in *inspection, first []sheet.Row, kind crm.Kind) {
	if kind == "" {
		kind, _ = table.GuessKind(first)
	}
	in.Kind = string(kind)
	if kind == "" || len(first) == 0 {
		return
	}
	m, _, err := table.FindHeader(kind, first, table.HeaderOptions{})
	if err != nil {
		in.Problem = err.Error()
		if e := (*table.HeaderError)(nil); errors.As(err, &e) {
			what, _ := headerMessage(e)
			in.Problem = what.in(a.language())
		}
		return
	}
	in.HeaderRow = m.HeaderRow
	for c, header := range m.Headers {
		info := columnInfo{Column: sheet.ColumnName(c), Header: header}
		if field, ok := m.Field(c); ok {
			column := table.Columns(kind)[field]
			info.Field, info.Means = column.Field, column.Header
		}
		in.Columns = append(in.Columns, info)
	}
}

func (a *app) inspectRows(ctx context.Context, f *sheet.File, in *inspection, show int) (err error) {
	in.Blank, err = f.Each(ctx, func(rows []sheet.Row, _ int64) error {
		for _, r := range rows {
			if r.Number <= in.HeaderRow {
				continue
			}
			in.Rows++
			if show < 0 || len(in.First) < show {
				in.First = append(in.First, shownRow{r.Number, texts(r)})
			}
		}
		return nil
	})
	return err
}

func texts(r sheet.Row) []string {
	out := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		out[i] = c.Value
	}
	return out
}

func (a *app) printInspection(in *inspection) {
	a.print(a.t("%s：%s，%d 字节", "%s: %s, %d bytes"), in.File, strings.ToUpper(string(in.Format)), in.Bytes)
	if in.Format == sheet.CSV {
		how := a.t("指定", "given")
		if in.Detected {
			how = a.t("自动识别", "detected")
		}
		if in.BOM {
			how += a.t("，有 BOM", ", with BOM")
		}
		a.print(a.t("  编码 %s（%s），分隔符%s", "  encoding %s (%s), delimiter %s"), in.Encoding, how, delimiterName(a, in.Delimiter))
	}
	for _, s := range in.Sheets {
		note := ""
		switch {
		case s.Read:
			note = a.t("（读取这一个）", " (this one is read)")
		case s.Chart:
			note = a.t("（图表）", " (chart)")
		case s.Hidden:
			note = a.t("（隐藏）", " (hidden)")
		}
		a.print(a.t("  工作表 %s%s", "  sheet %s%s"), s.Name, note)
	}
	if len(in.Active) > 0 {
		a.print(a.t("  忽略：%s", "  ignored: %s"), strings.Join(in.Active, ", "))
	}
	switch {
	case in.Problem != "":
		a.print(a.t("  按「%s」读：%s", "  as %s: %s"), crm.Kind(in.Kind).Label(a.language()), in.Problem)
	case in.Kind == "":
		a.print("%s", a.t("  看不出是标签、客户、员工还是授权表格；可用 --kind 指明", "  not clear whether these are tags, customers, staff or grants; say so with --kind"))
	default:
		a.print(a.t("  种类：%s，表头第 %d 行", "  kind: %s, header in row %d"), crm.Kind(in.Kind).Label(a.language()), in.HeaderRow)
	}
	for _, c := range in.Columns {
		means := a.t("不读取", "not read")
		if c.Field != "" {
			means = c.Means + " (" + c.Field + ")"
		}
		a.print("    %-3s %s -> %s", c.Column, c.Header, means)
	}
	a.print(a.t("  数据 %d 行，空行 %d", "  %d rows of data, %d blank"), in.Rows, in.Blank)
	for _, r := range in.First {
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			cells[i] = report.Mask(c)
		}
		a.print("    %d: %s", r.Row, strings.Join(cells, " | "))
	}
}

// copyAsCSV writes all rows as they are read, blank ones left out, as plain RFC
// 4180.
func (a *app) copyAsCSV(ctx context.Context, f *sheet.File) error {
	w, err := sheet.NewCSVWriter(a.stdout, sheet.CSVFormat{Encoding: "utf-8", Delimiter: ',', CRLF: true})
	if err != nil {
		return err
	}
	_, err = f.Each(ctx, func(rows []sheet.Row, _ int64) error {
		for _, r := range rows {
			if err := w.Write(texts(r)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
