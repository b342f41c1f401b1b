package admin

import (
	"errors"
	"path/filepath"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/store"
)

// Trail is how a tag is used: which imports, and events of the recycle bin, put
// it on how many customers, as far as it still is on them.
type Trail struct {
	Tag   string     `json:"tag"`
	ID    int64      `json:"id"`
	Links int64      `json:"links"` // in all, sleeping ones too
	Runs  []TrailRun `json:"runs"`
}

// TrailRun is what one import or event did with a tag.
type TrailRun struct {
	Run       int64    `json:"run"`   // 0: by an event, by hand, or before runs were kept
	Event     string   `json:"event"` // D7 of a merge, X7 of what came back, else ""
	Kind      crm.Kind `json:"kind"`
	File      string   `json:"file"`
	StartedAt int64    `json:"-"`
	Operator  string   `json:"operator"`
	UserID    string   `json:"userid"`
	Links     int64    `json:"links"`   // that it added and are still there
	Removed   int64    `json:"removed"` // that it took off while they slept in the recycle bin
}

// trail reads the usage of the tag that is asked about, from the runs that may be
// read.
func (c *Company) trail(tx *store.Tx, r *auditReader) (*Trail, error) {
	counts, err := tx.TagRuns(r.tag)
	if err != nil {
		return nil, err
	}
	t := &Trail{Tag: c.World.Written(access.Tag(r.tag)), ID: r.tag, Runs: []TrailRun{}}
	for _, n := range counts {
		row := TrailRun{Run: n.RunID, Links: n.Links, Removed: n.Removed}
		by := int64(0)
		switch {
		case n.RunID < 0:
			d := c.Events[-n.RunID]
			by = d.CreatedBy
			row.Run, row.Event, row.Kind = 0, c.Events.Label(-n.RunID), crm.Kind(d.Kind)
			row.StartedAt, row.Operator, row.UserID = d.CreatedAt, d.Operator, c.Account(by)
		case n.RunID > 0:
			run, err := tx.Run(n.RunID)
			if err != nil && !errors.Is(err, store.ErrNoRow) {
				return nil, err
			}
			by = run.CreatedBy
			row.Kind, row.File, row.StartedAt, row.Operator, row.UserID = run.Kind, report.Mask(filepath.Base(run.File)), run.StartedAt, run.Operator, c.Account(by)
			if run.File == "" {
				row.File = ""
			}
		}
		if r.by != nil && !r.by[by] {
			continue
		}
		t.Links += n.Links
		t.Runs = append(t.Runs, row)
	}
	return t, nil
}
