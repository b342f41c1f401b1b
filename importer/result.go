package importer

import (
	"errors"
	"fmt"

	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
)

// Why an import refuses before any write, or stops.
var (
	// ErrUsage: options that contradict each other.
	ErrUsage = errors.New("wrong options")
	// ErrStopped: the context was cancelled; the result says what is stored.
	ErrStopped = errors.New("stopped")
	// ErrTooManyErrors: more rows were rejected than MaxErrors allows.
	ErrTooManyErrors = errors.New("too many rejected rows")
	// ErrAtomic: rows were rejected and nothing was stored.
	ErrAtomic = errors.New("some rows were rejected, so nothing was stored")
)

// RemovalsError refuses a run that would remove more links than is normal.
type RemovalsError struct {
	Removed, Of int64 // links; Of: those of all pairs in the file
}

func (e *RemovalsError) Error() string {
	return fmt.Sprintf("would remove %d of %d links", e.Removed, e.Of)
}

// Statuses of a result.
const (
	StatusDone    = "done"
	StatusPartial = "partial"
	StatusStopped = "stopped"
	StatusFailed  = "failed"
)

// Result of an import, in the shape that --json prints.
type Result struct {
	Run       int64              `json:"run"` // 0 in a dry run
	Kind      string             `json:"kind"`
	File      string             `json:"file"`
	SHA256    string             `json:"sha256"`
	DryRun    bool               `json:"dry_run"`
	Format    sheet.Format       `json:"format"`
	Encoding  string             `json:"encoding"`
	Delimiter string             `json:"delimiter"`
	Sheet     string             `json:"sheet"`
	HeaderRow int                `json:"header_row"`
	Status    string             `json:"status"`
	Rows      report.Ledger      `json:"rows"`
	Links     LinkCounts         `json:"links"`
	Created   CreatedCounts      `json:"created"`
	Outside   Outside            `json:"outside"`
	Disabled  int64              `json:"disabled"` // people who are not in a staff file
	Matched   *Matched           `json:"matched,omitempty"`
	Changes   []FieldChange      `json:"changes,omitempty"`
	Errors    []report.RowError  `json:"errors"`
	ByCode    map[crm.Code]int64 `json:"errors_by_code"`
	Warnings  []report.RowError  `json:"warnings"`
	WarnCodes map[crm.Code]int64 `json:"warnings_by_code"`
	// ErrorsFile is the absolute path of the repair file, or "".
	ErrorsFile   string `json:"errors_file"`
	ResumedAtRow int    `json:"resumed_at_row"`
	StoredTo     int    `json:"stored_to_row"` // the last row that is stored or rejected
	DurationMS   int64  `json:"duration_ms"`

	// Tally groups the errors for people.
	Tally *report.Tally `json:"-"`
}

// LinkCounts are the links that a run added and removed.
type LinkCounts struct {
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
}

// CreatedCounts are the things that came into being, those that a row names by
// the way (the groups of tags, the departments of people) included.
type CreatedCounts struct {
	Departments int64 `json:"departments"`
	Staff       int64 `json:"staff"`
	Groups      int64 `json:"groups"`
	Tags        int64 `json:"tags"`
	Customers   int64 `json:"customers"`
	Follows     int64 `json:"follows"`
	Grants      int64 `json:"grants"`
}

func (c *CreatedCounts) add(o CreatedCounts) {
	c.Departments += o.Departments
	c.Staff += o.Staff
	c.Groups += o.Groups
	c.Tags += o.Tags
	c.Customers += o.Customers
	c.Follows += o.Follows
	c.Grants += o.Grants
}

// Outside are the rows that are no data and not in the ledger.
type Outside struct {
	Above    int `json:"above"` // the header and what stands above it
	Blank    int `json:"blank"`
	Examples int `json:"examples"`
}

// Matched says how many customers in the database are known to WeCom.
type Matched struct {
	WithWecomID int64 `json:"with_wecom_id"`
	LocalOnly   int64 `json:"local_only"`
}

// FieldChange is one value that an update overwrites; the first ones are
// listed.
type FieldChange struct {
	Row    int    `json:"row"`
	Object string `json:"object"`
	Field  string `json:"field"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

// maxChanges is how many field changes are listed.
const maxChanges = 100
