package importer

import (
	"context"
	"strconv"
	"time"

	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
)

// repair writes the rejected rows, read again as they stand in the file, to a
// file that can be corrected and imported.
func (r *running) repair(ctx context.Context, path string) (string, error) {
	f, err := sheet.Open(ctx, r.file.Info.Path, r.sheetOptions(true))
	if err != nil {
		return "", err
	}
	defer f.Close()
	if f.Info.SHA256 != r.file.Info.SHA256 {
		return "", &sheet.FileError{Path: f.Info.Path, Reason: sheet.Changed}
	}
	out, err := report.NewRepair(f.Info, r.headers(), path, report.RepairOptions{Lang: r.opts.Lang, Kind: r.kind})
	if err != nil {
		return "", err
	}
	defer out.Discard()
	rows, err := f.Rows(ctx)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	look := sheet.NewLookup(rows)
	err = r.rejected(ctx, func(p store.RowProblems) error {
		raw, err := look.Row(p.Row)
		if err != nil {
			return err
		}
		return out.Add(raw, p.Problems)
	})
	if err != nil {
		return "", err
	}
	done, err := out.Finish(r.summary())
	return done.Path, err
}

func (r *running) summary() report.RepairSummary {
	s := report.RepairSummary{Ledger: r.result.Rows, Duration: time.Since(r.start), Options: r.opts.changed()}
	if r.result.Run != 0 {
		s.Run = "R" + strconv.FormatInt(r.result.Run, 10)
	}
	return s
}

// rejected reads the rejected rows in the file's order.
func (r *running) rejected(ctx context.Context, fn func(store.RowProblems) error) error {
	if r.spool != nil {
		return r.spool.each(fn)
	}
	return r.db.View(ctx, func(tx *store.Tx) error { return tx.RunErrors(r.e.run.ID, fn) })
}
