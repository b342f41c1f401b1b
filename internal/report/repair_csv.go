package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/sheet"
)

// repairCSV writes the rows in the input's own encoding and dialect, and every
// error as a line of JSON into a second file.
type repairCSV struct {
	form  form
	delim rune
	// own is in the input's encoding; nil once a character did not fit it.
	own *csvOutput
	// spare is in UTF-8; nil when the input's encoding holds every character.
	spare   *csvOutput
	details *detailFile
}

// csvOutput is one CSV file being written.
type csvOutput struct {
	file   *sheet.NewFile
	w      *sheet.CSVWriter
	format sheet.CSVFormat
}

// detail is a line of the second file: the error in the language of the
// report, and in English for whoever reads the logs.
type detail struct {
	RowError
	MessageEn string `json:"message_en,omitempty"`
	HintEn    string `json:"hint_en,omitempty"`
}

// detailFile is the second file.
type detailFile struct {
	file *sheet.NewFile
	buf  *bufio.Writer
	json *json.Encoder
}

func newRepairCSV(in sheet.Info, f form, path string, lang crm.Lang) (body repairBody, err error) {
	path = freePath(path)
	r := &repairCSV{form: f, delim: in.Delimiter}
	defer func() {
		if err != nil {
			r.discard()
		}
	}()
	format := sheet.CSVFormat{Encoding: in.Encoding, Delimiter: in.Delimiter, BOM: in.BOM, CRLF: in.CRLF}
	if r.own, err = newCSVOutput(path, format); err != nil {
		return nil, err
	}
	if !holdsAll(in.Encoding) {
		format.Encoding, format.BOM = "utf-8", true
		if r.spare, err = newCSVOutput(path, format); err != nil {
			return nil, err
		}
	}
	if r.details, err = newDetailFile(detailsPath(path)); err != nil {
		return nil, err
	}
	if in.SepLine {
		// Two cells, so that the delimiter stands bare as in the original.
		if err := r.write([]string{"sep=", ""}, true); err != nil {
			return nil, err
		}
	}
	return r, r.write(f.csvHeader(), false)
}

func (f form) csvHeader() []string {
	header := make([]string, 0, len(f.own)+3)
	for _, i := range f.own {
		header = append(header, f.headers[i])
	}
	return append(header, f.added()...)
}

func (r *repairCSV) add(row sheet.Row, errs []RowError) error {
	if err := r.addRow(row, errs); err != nil {
		return err
	}
	return r.details.add(errs, r.form.lang)
}

func (r *repairCSV) addRow(row sheet.Row, errs []RowError) error {
	added := r.form.addedCells(row, errs)
	if brokenQuotes(row) {
		return r.addBroken(row, added)
	}
	cells := make([]string, 0, len(r.form.own)+len(added))
	for _, i := range r.form.own {
		cells = append(cells, cell(row, i).Value)
	}
	// Only what is ours is guarded: the row's own cells stand as they stood.
	for _, text := range added {
		cells = append(cells, sheet.Guard(text))
	}
	for _, c := range r.form.beyond(row) {
		cells = append(cells, c.Value)
	}
	return r.write(cells, false)
}

// write writes a row to the outputs that are left. The one in the input's own
// encoding is given up when a character does not fit it; text is never lost.
func (r *repairCSV) write(cells []string, raw bool) error {
	if r.own != nil {
		err := r.own.write(cells, raw)
		if err != nil && r.spare == nil {
			return err
		}
		if err != nil {
			r.own.file.Discard()
			r.own = nil
		}
	}
	if r.spare != nil {
		return r.spare.write(cells, raw)
	}
	return nil
}

func (r *repairCSV) finish(RepairSummary, *Tally) (RepairResult, error) {
	chosen := r.own
	if chosen == nil {
		chosen = r.spare
	}
	if err := chosen.w.Flush(); err != nil {
		return RepairResult{}, err
	}
	details, err := r.details.commit()
	if err != nil {
		return RepairResult{}, err
	}
	// The rows come last: who sees them may count on both files.
	path, err := chosen.file.Commit(false)
	if err != nil {
		os.Remove(details)
		return RepairResult{}, err
	}
	return RepairResult{
		Path: path, Details: details,
		Encoding: chosen.format.Encoding, Fallback: r.own == nil,
	}, nil
}

func (r *repairCSV) discard() {
	if r.own != nil {
		r.own.file.Discard()
	}
	if r.spare != nil {
		r.spare.file.Discard()
	}
	if r.details != nil {
		r.details.file.Discard()
	}
}

// holdsAll reports whether the encoding has every character.
func holdsAll(encoding string) bool {
	switch encoding {
	case "utf-8", "utf-16le", "utf-16be", "gb18030":
		return true
	}
	return false
}

func newCSVOutput(path string, format sheet.CSVFormat) (*csvOutput, error) {
	file, err := sheet.Create(path)
	if err != nil {
		return nil, err
	}
	w, err := sheet.NewCSVWriter(file, format)
	if err != nil {
		file.Discard()
		return nil, err
	}
	return &csvOutput{file, w, format}, nil
}

// write writes a row; a raw one without any quoting.
func (o *csvOutput) write(cells []string, raw bool) error {
	if raw {
		return o.w.WriteRaw(cells)
	}
	return o.w.Write(cells)
}

func newDetailFile(path string) (*detailFile, error) {
	file, err := sheet.Create(path)
	if err != nil {
		return nil, err
	}
	d := &detailFile{file: file, buf: bufio.NewWriter(file)}
	d.json = json.NewEncoder(d.buf)
	d.json.SetEscapeHTML(false)
	return d, nil
}

// add writes a line for each error.
func (d *detailFile) add(errs []RowError, lang crm.Lang) error {
	for i := range errs {
		line := detail{RowError: errs[i]}
		if lang != crm.English {
			line.MessageEn, line.HintEn = say(filling{problem: errs[i].problem, lang: crm.English})
		}
		if err := d.json.Encode(&line); err != nil {
			return err
		}
	}
	return nil
}

func (d *detailFile) commit() (string, error) {
	if err := d.buf.Flush(); err != nil {
		return "", err
	}
	return d.file.Commit(false)
}

// detailsPath is the second file's path: c_失败.csv -> c_失败.errors.jsonl.
func detailsPath(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".errors.jsonl"
}

// freePath is path, or the first name-2.csv, name-3.csv, … of which neither
// rows nor details exist, so that the names of the two belong together. Should
// another program take one in the meantime, Commit still overwrites nothing.
func freePath(path string) string {
	free := path
	for i := 2; exists(free) || exists(detailsPath(free)); i++ {
		ext := filepath.Ext(path)
		free = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), i, ext)
	}
	return free
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
