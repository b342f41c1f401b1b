package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// AuditFile is how the log is written to a spreadsheet.
type AuditFile struct {
	Lang   crm.Lang
	Force  bool // replace an existing file
	Action func(action string) string
	Detail func(detail json.RawMessage) string
	Time   func(ms int64) string
}

// ExportAudit writes the chosen rows to a file, in the format that its name says.
// The file appears when it is complete.
func (d *Desk) ExportAudit(ctx context.Context, q AuditQuery, path string, how AuditFile) (done Written, err error) {
	file, format, err := spreadsheet(path, how.Force)
	if err != nil {
		return done, err
	}
	defer file.Discard()
	out, err := newAuditOutput(file, format, how.Lang)
	if err != nil {
		return done, fmt.Errorf("export to %s: %w", path, err)
	}
	defer out.discard()
	if err := out.row(auditHeader(how.Lang), sheet.Header); err != nil {
		return done, fmt.Errorf("export to %s: %w", path, err)
	}
	_, err = d.Audit(ctx, q, func(r AuditRow) error {
		done.Rows++
		return out.row(how.cells(r), sheet.Plain)
	})
	if err != nil {
		return done, err
	}
	if err := out.close(); err != nil {
		return done, fmt.Errorf("export to %s: %w", path, err)
	}
	return committed(file, path, done.Rows, how.Force)
}

func auditHeader(l crm.Lang) []string {
	if l == crm.English {
		return []string{"at", "operator", "userid", "name", "action", "object", "run", "deletion", "what", "command", "detail"}
	}
	return []string{"时间", "操作者", "员工账号", "姓名", "操作", "对象", "导入记录", "删除事件", "内容", "命令", "明细"}
}

func (how *AuditFile) cells(r AuditRow) []string {
	run := ""
	if r.Run != 0 {
		run = at("R", r.Run)
	}
	detail := string(r.Detail)
	if len(detail) > sheet.MaxCellChars { // of an operation on very many things: the log itself has it all
		detail = ""
	}
	return []string{how.Time(r.At), r.Operator, r.UserID, r.Name, how.Action(r.Action), r.Object, run, r.Event,
		how.Detail(r.Detail), r.Command, detail}
}

// auditOutput writes rows in either format.
type auditOutput struct {
	csv   *sheet.CSVWriter
	book  *sheet.XLSXWriter
	sheet *sheet.SheetWriter
}

func newAuditOutput(w io.Writer, format string, l crm.Lang) (o *auditOutput, err error) {
	o = &auditOutput{}
	if format == ".csv" {
		// With a byte order mark, as Chinese Excel expects it.
		o.csv, err = sheet.NewCSVWriter(w, sheet.CSVFormat{Encoding: "utf-8", Delimiter: ',', CRLF: true, BOM: true})
		return o, err
	}
	o.book = sheet.NewXLSXWriter(w)
	o.sheet, err = o.book.Sheet(l.Pick("操作记录", "audit"), sheet.SheetOptions{Widths: []float64{20, 18, 14, 12, 16, 30, 10, 10, 40, 60, 40}, FreezeRows: 1, AutoFilter: true})
	if err != nil {
		o.book.Discard()
	}
	return o, err
}

func (o *auditOutput) row(cells []string, style sheet.OutStyle) error {
	if o.csv != nil {
		for i := range cells {
			cells[i] = sheet.Guard(cells[i])
		}
		return o.csv.Write(cells)
	}
	out := make([]sheet.OutCell, len(cells))
	for i, c := range cells {
		out[i] = sheet.OutCell{Value: c, Style: style}
	}
	return o.sheet.Row(out)
}

func (o *auditOutput) close() error {
	if o.csv != nil {
		return o.csv.Flush()
	}
	return o.book.Close()
}

func (o *auditOutput) discard() {
	if o.book != nil {
		o.book.Discard()
	}
}

// Time reads a moment as people type it, by the rules of spreadsheets and in the
// company's time zone: a day, a day with a time, or how long ago, such as 24h. 0
// is returned for "". With end, a day without a time counts to its end.
func (d *Desk) Time(text string, end bool) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return time.Now().Add(-ago).UnixMilli(), nil
	}
	zone, err := d.DB.Meta().Location()
	if err != nil {
		return 0, err
	}
	cells, _, err := readCells(crm.Customers, zone, typed{table.CustAddedAt: text})
	if err != nil {
		return 0, err
	}
	at := cells.number(table.CustAddedAt)
	if day := time.UnixMilli(at).In(zone); end && day.Hour()+day.Minute()+day.Second() == 0 && !strings.Contains(text, ":") {
		return day.AddDate(0, 0, 1).UnixMilli(), nil
	}
	return at, nil
}
