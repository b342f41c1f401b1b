package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// Import is a file that has passed its first reading. It must be closed.
type Import struct {
	kind    crm.Kind
	opts    Options
	file    *sheet.File
	mapping *table.Mapping // nil when the file has no rows at all
	parser  *table.Parser
	width   int // columns of the kind
	// repeats are the keys of customers that may stand in several rows.
	repeats *repeats
	// warnings about the file as a whole.
	warnings []crm.Problem
	rows     int64 // data rows, examples included
	onTop    int64 // of them, examples above all data
	// replaces: some row may remove links that it does not name.
	replaces bool
	outside  Outside
	// unitRows is how many rows one commit holds; a chunk is never split.
	unitRows int
	// remembered bounds what is kept in memory of earlier rows.
	remembered int
}

// Open reads the file for the first time and refuses it, with a
// *sheet.FileError or a *table.HeaderError, when it is broken, hostile or of
// another kind. Nothing is written. zone is the company's time zone.
func Open(ctx context.Context, path string, kind crm.Kind, opts Options, zone *time.Location) (*Import, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	im := &Import{kind: kind, opts: opts, width: len(table.Columns(kind)), unitRows: unitRows, remembered: maxRemembered}
	im.file, err = sheet.Open(ctx, path, im.sheetOptions(false))
	if err != nil {
		return nil, err
	}
	if err := im.firstReading(ctx, zone); err != nil {
		return nil, errors.Join(err, im.file.Close())
	}
	im.warnFile()
	return im, nil
}

// unitRows makes commits that are worth their fsync and are not long to wait
// for.
const unitRows = 10000

func (im *Import) sheetOptions(keepGuards bool) sheet.Options {
	o := im.opts
	return sheet.Options{Encoding: o.Encoding, Delimiter: o.Delimiter, Sheet: o.Sheet, FillMerged: o.FillMerged,
		Fit: table.Fit(im.kind), KeepGuards: keepGuards}
}

// Close releases the file. It may be called twice.
func (im *Import) Close() error { return im.file.Close() }

// OnProgress calls fn from one goroutine, now and then, while Run reads.
func (im *Import) OnProgress(fn func(Progress)) { im.opts.Progress = fn }

// As makes the run one in the name of a person; see Options.CreatedBy.
func (im *Import) As(person int64) { im.opts.CreatedBy = person }

// Info is what was found out about the file.
func (im *Import) Info() sheet.Info { return im.file.Info }

// headers are the texts of the header row.
func (im *Import) headers() []string {
	if im.mapping == nil {
		return nil
	}
	return im.mapping.Headers
}

// firstReading reads in one goroutine and looks at the rows in another. What the
// rows say comes before what is wrong with the file behind them.
func (im *Import) firstReading(ctx context.Context, zone *time.Location) error {
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan []sheet.Row, 2)
	var broken error
	g.Go(func() error {
		defer close(batches)
		_, broken = im.file.Each(ctx, func(rows []sheet.Row, _ int64) error {
			select {
			case batches <- rows:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		return nil
	})
	var hidden int64
	g.Go(func() error {
		for rows := range batches {
			n, err := im.surveyAll(rows, zone)
			if err != nil {
				return err
			}
			hidden += n
		}
		return nil
	})
	if err := cmp.Or(g.Wait(), broken); err != nil {
		return err
	}
	im.warnRows(hidden)
	return nil
}

// surveyAll takes in the next rows and returns how many of them are hidden.
func (im *Import) surveyAll(rows []sheet.Row, zone *time.Location) (hidden int64, err error) {
	if im.mapping == nil {
		if err := im.findHeader(rows, zone); err != nil {
			return 0, err
		}
	}
	for i := range rows {
		if rows[i].Number <= im.mapping.HeaderRow {
			continue
		}
		if err := im.survey(&rows[i]); err != nil {
			return 0, err
		}
		if rows[i].Hidden {
			hidden++
		}
	}
	return hidden, nil
}

func (im *Import) findHeader(first []sheet.Row, zone *time.Location) error {
	m, problems, err := table.FindHeader(im.kind, first, table.HeaderOptions{Map: im.opts.Map, HeaderRow: im.opts.HeaderRow})
	if err != nil {
		return err
	}
	im.mapping, im.parser = m, m.NewParser(zone)
	im.warnings = append(im.warnings, problems...)
	im.outside.Above = m.HeaderRow
	if im.kind == crm.Customers {
		im.repeats = newRepeats(im.file.Info.Size, m)
		im.replaces = im.opts.Tags == ReplaceTags || im.opts.Tags == ReplaceTagsInGroup
	}
	return nil
}

// survey takes what a data row tells before any row is decided.
func (im *Import) survey(row *sheet.Row) error {
	if column := im.mapping.BlankHeaderColumn(row); column >= 0 {
		return &table.HeaderError{Kind: im.kind, Reason: table.BlankHeader, Row: im.mapping.HeaderRow, Found: im.mapping.Headers, Blank: []int{column}}
	}
	im.rows++
	// Examples stand on top, so that no other row need be asked.
	if im.rows == im.onTop+1 && im.mapping.IsExample(row) {
		im.onTop++
		return nil
	}
	im.parser.Learn(row)
	if im.kind == crm.Customers {
		im.repeats.add(row)
		im.replaces = im.replaces || im.mayReplace(row)
	}
	return nil
}

// mayReplace looks for 覆盖, 组内覆盖, = and <清空> in a row. It may err on the
// side of yes: the removals are then counted for nothing.
func (im *Import) mayReplace(row *sheet.Row) bool {
	if c := im.mapping.Column(table.CustTagMode); c >= 0 && c < len(row.Cells) && row.Cells[c].Kind != sheet.Blank {
		return true
	}
	replaces := func(c int) bool {
		return c >= 0 && c < len(row.Cells) && strings.ContainsAny(row.Cells[c].Value, "=＝<＜")
	}
	return replaces(im.mapping.Column(table.CustTags)) || slices.ContainsFunc(im.mapping.TagColumns(), replaces)
}

func (im *Import) warnRows(hidden int64) {
	if im.rows == im.onTop {
		im.warn(crm.NoRows)
	}
	if hidden > 0 {
		im.warn(crm.HiddenRows, strconv.FormatInt(hidden, 10))
	}
}

func (im *Import) warnFile() {
	var others []string
	for _, s := range im.file.Info.Sheets {
		if !s.Read && !s.Chart && !table.IsTemplateSheet(s.Name) && !report.BesideFailedRows(im.file.Info.Sheet, s.Name) {
			others = append(others, s.Name)
		}
	}
	if len(others) > 0 {
		im.warn(crm.OtherSheets, strings.Join(others, "、"))
	}
	if len(im.file.Info.Active) > 0 {
		im.warn(crm.ActiveContent, strings.Join(im.file.Info.Active, ", "))
	}
}

func (im *Import) warn(code crm.Code, args ...string) {
	im.warnings = append(im.warnings, fileWarning(code, args...))
}

// fileWarning is a warning about the file as a whole.
func fileWarning(code crm.Code, args ...string) crm.Problem {
	return crm.Problem{Code: code, Column: -1, Warn: true, Args: args}
}

// repairPath is where rejected rows go, tried for writing: where the user said,
// else beside the file, else in the current folder. "" when none are written.
func (im *Import) repairPath(now time.Time) (string, error) {
	if im.opts.DryRun && !im.opts.WantFile {
		return "", nil
	}
	path := im.opts.ErrorsTo
	if path != "" {
		if ext := "." + string(im.file.Info.Format); !strings.EqualFold(filepath.Ext(path), ext) {
			return "", fmt.Errorf("errors: %s: the rejected rows of this file go into a %s file: %w", path, ext, ErrUsage)
		}
	} else if path = report.RepairPath(im.file.Info, im.opts.Lang, now); report.Writable(filepath.Dir(path)) != nil {
		path = filepath.Base(path)
	}
	path, err := filepath.Abs(path)
	if err == nil {
		err = report.Writable(filepath.Dir(path))
	}
	if err != nil {
		return "", fmt.Errorf("the file for rejected rows: %w", err)
	}
	return path, nil
}
