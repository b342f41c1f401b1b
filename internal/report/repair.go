package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// RepairOptions say for whom a repair file is written.
type RepairOptions struct {
	Lang crm.Lang
	Kind crm.Kind
	// Deletes: the rows name what is to be deleted. Then there are no tags to be
	// created, and Updated counts the rows whose things went.
	Deletes bool
}

// RepairSummary is what is known only at the end; a workbook shows it.
type RepairSummary struct {
	Ledger Ledger
	// Run as it is shown to people: R7.
	Run string
	// Options of the command that differ from the default: "--tags replace".
	Options  []string
	Duration time.Duration
	// Next says how to go on: how to resume, how to undo.
	Next []string
}

// RepairResult says what was written.
type RepairResult struct {
	// Path is the file with the rejected rows. It differs from the path asked
	// for when that one existed.
	Path string
	// Details is the file with one JSON object per error, for CSV input only.
	Details string
	// Encoding of a CSV file. Fallback: it is not the input's, which lacks
	// characters that had to be written.
	Encoding string
	Fallback bool
	Rows     int64
}

// Repair writes the rejected rows of a spreadsheet to a file that needs only
// its bad cells corrected to be imported as it is: a workbook for a workbook, a
// CSV file for a CSV file. It appears when Finish succeeds and not before. Not
// for concurrent use.
type Repair struct {
	lang  crm.Lang
	form  form
	body  repairBody
	tally *Tally
	rows  int64
	err   error // the first failure; it bars Finish
	ended bool
}

// repairBody is what the two formats do differently.
type repairBody interface {
	// add writes one row; there is at least one error.
	add(row sheet.Row, errs []RowError) error
	// finish makes the file appear. Whatever it returns, discard is called.
	finish(s RepairSummary, t *Tally) (RepairResult, error)
	discard()
}

// NewRepair starts a repair file at path for the rows of the file in, which
// was opened with KeepGuards. headers are the texts of its header row, by
// 0-based column. The extension of path must be right for the input's format.
// End it with Finish or Discard.
func NewRepair(in sheet.Info, headers []string, path string, opt RepairOptions) (*Repair, error) {
	workbook := strings.EqualFold(filepath.Ext(path), ".xlsx")
	if workbook != (in.Format == sheet.XLSX) {
		return nil, fmt.Errorf("repair file %s: rejected rows of a %s file go into a %s file", path, in.Format, in.Format)
	}
	r := &Repair{lang: opt.Lang, form: newForm(headers, opt.Lang), tally: NewTally(opt.Lang, headers)}
	var err error
	if workbook {
		r.body, err = newRepairXLSX(in, r.form, path, opt)
	} else {
		r.body, err = newRepairCSV(in, r.form, path, opt.Lang)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Add writes a rejected row with its problems. Rows come in the order of the
// file. Warnings are left out; a row without errors is not written. After an
// error every later Add, and Finish, return it.
func (r *Repair) Add(row sheet.Row, problems []crm.Problem) error {
	if r.err != nil {
		return r.err
	}
	var errs []RowError
	for i := range problems {
		if !problems[i].Warn {
			errs = append(errs, explainAt(r.lang, problems[i], r.form.headers, row.Line))
			r.tally.Add(row.Line, problems[i])
		}
	}
	if len(errs) == 0 {
		return nil
	}
	if err := r.body.add(row, errs); err != nil {
		r.err = fmt.Errorf("write repair file, row %d: %w", row.Number, err)
		return r.err
	}
	r.rows++
	return nil
}

// Finish completes the file and lets it appear, never over an existing one.
// Without rows there is no file, and the result is zero. On an error nothing
// appears, and nothing is left behind.
func (r *Repair) Finish(s RepairSummary) (RepairResult, error) {
	if r.ended {
		return RepairResult{}, errors.New("repair file: already ended")
	}
	defer r.Discard()
	if r.err != nil {
		return RepairResult{}, r.err
	}
	if r.rows == 0 {
		return RepairResult{}, nil
	}
	result, err := r.body.finish(s, r.tally)
	if err != nil {
		return RepairResult{}, fmt.Errorf("finish repair file: %w", err)
	}
	result.Rows = r.rows
	return result, nil
}

// Discard gives the file up and removes what was written of it. After Finish,
// or the second time, it does nothing.
func (r *Repair) Discard() {
	if r.ended {
		return
	}
	r.ended = true
	r.body.discard()
}

// RepairPath is where the rejected rows of a file go unless told otherwise:
// beside it, as name_失败_20260305-1430.xlsx or .csv.
func RepairPath(in sheet.Info, lang crm.Lang, now time.Time) string {
	// Names on disk have at most 255 bytes; the suffixes need their share.
	const longest = 180
	base := filepath.Base(in.Path)
	if filepath.Ext(base) == ".zst" { // c.csv.zst
		base = strings.TrimSuffix(base, ".zst")
	}
	base = strings.TrimSuffix(base, filepath.Ext(base))
	for len(base) > longest {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	name := base + lang.Pick("_失败_", "_failed_") + now.Format("20060102-1504") + "." + string(in.Format)
	return filepath.Join(filepath.Dir(in.Path), name)
}

// The headers of the columns that a repair file adds. Import ignores them, but
// for two codes in the second (docs/codes.md).
var (
	addedZh = []string{"错误行号", "错误代码", "错误原因"}
	addedEn = []string{"error_row", "error_code", "error_reason"}
)

// form is how a row of the input stands in the repair file: its own columns,
// then the added ones, then cells beyond the header, so that these are still
// beyond the header when the file comes back.
type form struct {
	lang    crm.Lang
	headers []string
	own     []int // the input's columns but for added ones of an earlier repair
}

func newForm(headers []string, lang crm.Lang) form {
	f := form{lang: lang, headers: slices.Clone(headers)}
	for i, h := range headers {
		h = strings.ToLower(strings.TrimSpace(h))
		if !slices.Contains(addedZh, h) && !slices.Contains(addedEn, h) {
			f.own = append(f.own, i)
		}
	}
	return f
}

// added are the headers of the added columns.
func (f form) added() []string {
	if f.lang == crm.English {
		return addedEn
	}
	return addedZh
}

// addedCells are the added columns of a row: number, codes, reasons.
func (f form) addedCells(row sheet.Row, errs []RowError) [3]string {
	var codes []string
	for i := range errs {
		if code := string(errs[i].Code); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return [3]string{strconv.Itoa(row.Number), strings.Join(codes, ";"), f.reasons(errs)}
}

// reasons tells all errors of a row, numbered when there are several.
func (f form) reasons(errs []RowError) string {
	const most = 20 // a cell holds 32,767 characters
	if len(errs) == 1 {
		return f.reason(errs[0])
	}
	var parts []string
	for i := range errs {
		if i == most {
			parts = append(parts, fmt.Sprintf(f.lang.Pick("另有 %d 个错误", "and %d more errors"), len(errs)-most))
			break
		}
		parts = append(parts, strconv.Itoa(i+1)+". "+f.reason(errs[i]))
	}
	return strings.Join(parts, f.lang.Pick("；", "; "))
}

// reason is one error with the name of its column and the next step.
func (f form) reason(e RowError) string {
	name := visible(strings.TrimSpace(e.Header), shownValue)
	if name == "" && e.Column != "" {
		name = f.lang.Pick(e.Column+" 列", "column "+e.Column)
	}
	if name != "" {
		name += ": "
	}
	hint := e.Hint
	if hint != "" {
		hint = f.lang.Pick("，", ", ") + hint
	}
	return name + e.Message + hint
}

// beyond are the cells of a row behind the last header.
func (f form) beyond(row sheet.Row) []sheet.Cell {
	if len(row.Cells) <= len(f.headers) {
		return nil
	}
	return row.Cells[len(f.headers):]
}

// cell is column i of a row, blank when the row is shorter.
func cell(row sheet.Row, i int) sheet.Cell {
	if i < len(row.Cells) {
		return row.Cells[i]
	}
	return sheet.Cell{}
}
