package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// dialect is all that differs between the engines, as data.
type dialect struct {
	engine Engine
	goose  goose.Dialect
	// connector dials the database's target; server leaves its name out, to
	// create it.
	connector func(db *DB, server bool) (driver.Connector, error)
	// in is the condition that column is one of n values, passed as the
	// arguments that args makes of them.
	in     func(column string, n int) string
	inArgs func(values []any) []any
	// insert writes rows in the engine's quickest way and returns how many went
	// in.
	insert func(tx *Tx, in *insertion) (int64, error)
	remote bool // a COMMIT's reply can be lost
	// Isolation of writing and of reading transactions.
	writeIsolation, readIsolation sql.IsolationLevel
	driverName                    string // as sqlx knows it, for its placeholders
	// countTables counts the tables there are, but for goose's own.
	countTables string
	// opened asks a server what it can do; may be nil.
	opened func(ctx context.Context, db *DB) error
	// classify says what an error of the driver means.
	classify func(err error) errClass
	// tune sets what lasts in the database itself, once it is known to be ours.
	tune func(ctx context.Context, db *DB) error
	// settle makes all commits of a bulk import durable; nil where each one is.
	settle func(ctx context.Context, db *DB) error
	// maxConns bounds the pool, 0 for no bound.
	maxConns int
	// lock takes the job lock; see job.go.
	lock func(ctx context.Context, db *DB) (unlock func() error, err error)
}

func (d *dialect) migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations/"+string(d.engine))
	if err != nil {
		panic("store: " + err.Error()) // the folders are embedded
	}
	return sub
}

func dialectOf(e Engine) *dialect {
	if e == MySQL {
		return mysqlDialect
	}
	return sqliteDialect
}

// errClass is what an error of a driver means for the transaction it came from.
type errClass int

const (
	// fatal: the transaction may be gone; nothing more may be sent in it.
	fatal errClass = iota
	// refused: the statement was refused because of its data and undone; the
	// transaction goes on.
	refused
	// transient: the transaction is gone through no fault of its own and may be
	// tried again.
	transient
	// lost: the connection is gone; what a COMMIT did is unknown.
	lost
)
