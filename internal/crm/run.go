package crm

// Statuses of an import run.
const (
	RunRunning = "running" // or killed: it goes on with the next import of the file
	RunDone    = "done"
	RunPartial = "partial" // at the end of the file, some rows rejected
	RunStopped = "stopped" // by Ctrl-C or a threshold; resumable
	RunFailed  = "failed"
	RunUndone  = "undone"
)

// Run is one import of one file.
type Run struct {
	ID           int64  `db:"id"`
	Kind         Kind   `db:"kind"`
	File         string `db:"file"` // absolute path
	SHA256       string `db:"sha256"`
	Options      string `db:"options"` // canonical text of what changes the result
	Status       string `db:"status"`
	MarkRow      int64  `db:"mark_row"` // the last row that is stored or rejected
	AtEnd        bool   `db:"at_end"`   // the mark is the end of the file
	Read         int64  `db:"read_rows"`
	Created      int64  `db:"created_rows"`
	Updated      int64  `db:"updated_rows"`
	Unchanged    int64  `db:"unchanged"`
	Skipped      int64  `db:"skipped"`
	Rejected     int64  `db:"rejected"`
	LinksAdded   int64  `db:"links_added"`
	LinksRemoved int64  `db:"links_removed"`
	Report       string `db:"report"` // JSON: warnings and what is not in columns
	ErrorsFile   string `db:"errors_file"`
	Operator     string `db:"operator"`
	CreatedBy    int64  `db:"created_by"`
	StartedAt    int64  `db:"started_at"`
	EndedAt      int64  `db:"ended_at"`
}
