package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// listFlags name a spreadsheet of things, and how to read it.
type listFlags struct {
	path, sheet, encoding string
	delimiterWord         string
	delimiter             rune
	maps                  []string
	mapping               map[string]string
	headerRow             int
	errorsTo              string
	atomic                bool
}

func (f *listFlags) declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.path, "from", "", "表格里列出的，.xlsx 或 .csv / those in a spreadsheet: `FILE`")
	fs.StringVar(&f.sheet, "sheet", "", "（--from）要读取的工作表 / (--from) `NAME` of the sheet")
	fs.StringVar(&f.encoding, "encoding", "auto", "（--from）文字编码 / (--from) `auto|utf-8|gb18030|...`")
	fs.StringVar(&f.delimiterWord, "delimiter", "auto", "（--from）分隔符 / (--from) `auto|,|;|tab`")
	fs.StringArrayVar(&f.maps, "map", nil, "（--from）表头的含义，可多次 / (--from) what a header means: `HEADER=FIELD`")
	fs.IntVar(&f.headerRow, "header-row", 0, "（--from）表头在第几行 / (--from) `row` of the header")
	fs.StringVar(&f.errorsTo, "errors", "", "（--from）不能删除的行写到 / (--from) `FILE` for rows that cannot be deleted")
	fs.BoolVar(&f.atomic, "atomic", false, "（--from）有一行不行就全部不删 / (--from) all or nothing")
}

func (f *listFlags) check() (err error) {
	if f.path == "" {
		if f.errorsTo != "" || f.atomic {
			return usage("--errors、--atomic 要和 --from 一起用", "--errors and --atomic need --from")
		}
		return nil
	}
	if err := oneOf("encoding", strings.ToLower(f.encoding), encodings...); err != nil {
		return err
	}
	if f.headerRow < 0 {
		return usage("--header-row：%d 不是行号", "--header-row: %d is not a row", f.headerRow)
	}
	if f.encoding == "auto" {
		f.encoding = ""
	}
	if f.delimiter, err = delimiter(f.delimiterWord); err != nil {
		return err
	}
	f.mapping, err = parseMapping(f.maps)
	return err
}

// list is a spreadsheet of what is to be deleted. The rows that cannot be go into
// a repair file as they are found.
type list struct {
	a       *app
	flags   listFlags
	thing   string   // the kind of thing, of package crm
	kind    crm.Kind // what the sheet is like
	file    *sheet.File
	guarded *sheet.File // the same with what a repair file keeps
	mapping *table.Mapping
	parser  *table.Parser
	rec     table.Record
	raw     *sheet.Rows
	look    *sheet.Lookup
	repair  *report.Repair // nil when none is wanted
	path    string         // where it goes
	tally   *report.Tally
	ledger  report.Ledger // Updated counts the rows whose things go
	had     map[int64]bool
	done    string // the repair file, once it is there
	started time.Time
}

// openList opens the spreadsheet and tries where its repair file would go.
func (a *app) openList(ctx context.Context, f deleteFlags) (l *list, err error) {
	if err := checkInput(f.file.path); err != nil {
		return nil, err
	}
	l = &list{a: a, flags: f.file, thing: f.kind, kind: crm.Tags, had: make(map[int64]bool), started: time.Now()}
	if f.kind == crm.RefCustomer {
		l.kind = crm.Customers
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	wipe := a.checking()
	defer wipe()
	if l.file, err = l.open(ctx, false); err != nil {
		return l, err
	}
	if err := checkErrorsFile(f.file.errorsTo, l.file.Info); err != nil {
		return l, err
	}
	if f.dryRun && f.file.errorsTo == "" {
		return l, nil
	}
	if l.guarded, err = l.open(ctx, true); err != nil {
		return l, err
	}
	if l.raw, err = l.guarded.Rows(ctx); err != nil {
		return l, err
	}
	l.look = sheet.NewLookup(l.raw)
	l.path, err = l.repairPath()
	return l, err
}

func (l *list) open(ctx context.Context, guards bool) (*sheet.File, error) {
	f := l.flags
	return sheet.Open(ctx, f.path, sheet.Options{Encoding: f.encoding, Delimiter: f.delimiter, Sheet: f.sheet, Fit: table.Fit(l.kind), KeepGuards: guards})
}

// repairPath is beside the file, or in the current folder where that one cannot
// be written.
func (l *list) repairPath() (path string, err error) {
	if path = l.flags.errorsTo; path == "" {
		path = report.RepairPath(l.file.Info, l.a.language(), time.Now())
		if report.Writable(filepath.Dir(path)) != nil {
			path = filepath.Base(path)
		}
	}
	if path, err = filepath.Abs(path); err == nil {
		err = report.Writable(filepath.Dir(path))
	}
	return path, err
}

// close ends the reading. It may be called twice, and on nothing.
func (l *list) close() {
	if l == nil {
		return
	}
	if l.raw != nil {
		_ = l.raw.Close()
	}
	for _, f := range []*sheet.File{l.file, l.guarded} {
		if f != nil {
			_ = f.Close() // it was only read
		}
	}
}

// discard gives the repair file up unless it is there already.
func (l *list) discard() {
	if l != nil && l.repair != nil {
		l.repair.Discard()
	}
}

// finish completes the ledger and lets the repair file appear.
func (l *list) finish(event int64) error {
	if l == nil {
		return nil
	}
	if event == 0 { // nothing went
		l.ledger.Skipped += l.ledger.Updated
		l.ledger.Updated = 0
	}
	if err := l.ledger.Check(); err != nil || l.repair == nil || l.ledger.Rejected == 0 {
		return err
	}
	s := report.RepairSummary{Ledger: l.ledger, Duration: time.Since(l.started)}
	if event > 0 {
		s.Run = numberOf("D", event)
	}
	out, err := l.repair.Finish(s)
	l.done = out.Path
	return err
}

// read goes through the file and adds what its rows name to the choice.
func (l *list) read(ctx context.Context, p *picker) error {
	_, err := l.file.Each(ctx, func(rows []sheet.Row, _ int64) error {
		if l.mapping == nil {
			if err := l.findHeader(rows); err != nil {
				return err
			}
		}
		return l.batch(p, rows)
	})
	if err != nil {
		return err
	}
	if l.guarded != nil && l.guarded.Info.SHA256 != l.file.Info.SHA256 {
		return &sheet.FileError{Path: l.file.Info.Path, Reason: sheet.Changed}
	}
	return errors.Join(l.file.Changed(), ctx.Err())
}

func (l *list) findHeader(first []sheet.Row) (err error) {
	o := table.HeaderOptions{Map: l.flags.mapping, HeaderRow: l.flags.headerRow}
	if l.thing == crm.ObjectTag {
		o.Spare = []int{table.TagGroup} // a column 标签 may name both
	}
	if l.mapping, _, err = table.FindHeader(l.kind, first, o); err != nil {
		return err
	}
	if l.thing == crm.ObjectTag && l.mapping.Column(table.TagName) < 0 {
		e := &table.HeaderError{Kind: l.kind, Reason: table.MissingHeader, Row: l.mapping.HeaderRow, Found: l.mapping.Headers}
		e.Missing = []table.Missing{{Header: table.Columns(l.kind)[table.TagName].Header}}
		return e
	}
	l.parser = l.mapping.NewParser(l.a.zone)
	l.tally = report.NewTally(l.a.language(), l.mapping.Headers)
	if l.guarded == nil {
		return nil
	}
	l.repair, err = report.NewRepair(l.guarded.Info, l.mapping.Headers, l.path, report.RepairOptions{Lang: l.a.language(), Kind: l.kind, Deletes: true})
	return err
}

// batch decides the next rows.
func (l *list) batch(p *picker, rows []sheet.Row) error {
	var parsed []listRow
	for i := range rows {
		if rows[i].Number <= l.mapping.HeaderRow {
			continue
		}
		if column := l.mapping.BlankHeaderColumn(&rows[i]); column >= 0 {
			return &table.HeaderError{Kind: l.kind, Reason: table.BlankHeader, Row: l.mapping.HeaderRow, Found: l.mapping.Headers, Blank: []int{column}}
		}
		if r, ok := l.parse(&rows[i]); ok {
			parsed = append(parsed, r)
		}
	}
	if err := p.resolve(l, parsed); err != nil {
		return err
	}
	for i := range parsed {
		if err := l.count(p, &parsed[i]); err != nil {
			return err
		}
	}
	return nil
}

// count puts a row that is decided into the ledger.
func (l *list) count(p *picker, r *listRow) error {
	l.ledger.Read++
	switch {
	case len(r.problems) > 0:
		l.ledger.Rejected++
		for i := range r.problems {
			r.problems[i].Row = r.row.Number
		}
		l.tally.Add(r.row.Line, r.problems...)
		if l.repair == nil {
			return nil
		}
		raw, err := l.look.Row(r.row.Number)
		if err != nil {
			return err
		}
		return l.repair.Add(raw, r.problems)
	case l.had[r.id]:
		l.ledger.Skipped++
	default:
		l.had[r.id] = true
		l.ledger.Updated++
		p.c.add(l.thing, r.id)
	}
	return nil
}
