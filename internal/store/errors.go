package store

import (
	"database/sql"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can go wrong with a database as a whole. Callers test with errors.Is.
var (
	// ErrMissing: there is no database at the target.
	ErrMissing = errors.New("no such database")
	// ErrNotOurs: there is something, but not a tagkeep database.
	ErrNotOurs = errors.New("not a tagkeep database")
	// ErrNewer: a newer tagkeep has written the database.
	ErrNewer = errors.New("the database was written by a newer tagkeep")
	// ErrReadOnly: the database cannot be written.
	ErrReadOnly = errors.New("the database is read-only")
	// ErrFull: the disk, or the quota, is full.
	ErrFull = errors.New("no space left for the database")
	// ErrUnreachable: the server does not answer or refuses the login.
	ErrUnreachable = errors.New("database server not reachable")
	// ErrLogin: the server refuses the user or the password.
	ErrLogin = errors.New("database login refused")
	// ErrFenced: another job has taken over; this one must not write any more.
	ErrFenced = errors.New("another job has taken over this database")
	// ErrPoisoned: an earlier statement of the transaction failed in a way that
	// may have ended it.
	ErrPoisoned = errors.New("the transaction failed earlier")
	// ErrRefused: the database refused a row because of its data. The
	// transaction goes on.
	ErrRefused = errors.New("refused by the database")
	// ErrBusy: another long job holds the database, see BusyError, or other
	// writers left no turn.
	ErrBusy = errors.New("busy")

	// ErrNoRow: a single row was asked for and there is none.
	ErrNoRow = sql.ErrNoRows

	errLockHeld = errors.New("lock held")
)

// BusyError names the job that holds the database. It is an ErrBusy.
type BusyError struct {
	Job    string // what it does
	Holder string // user
	Host   string
	PID    int
	Since  time.Time
}

func (e *BusyError) Error() string {
	if e.Job == "" {
		return "busy: another job holds the database"
	}
	return fmt.Sprintf("busy: %s by %s on %s (pid %d) since %s", e.Job, e.Holder, e.Host, e.PID, e.Since.Format(time.RFC3339))
}

// Is makes a BusyError an ErrBusy.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// wrap names the operation and gives the error its class and, where there is
// one, the sentinel that commands turn into advice.
func (db *DB) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	class := db.d.classify(err)
	if s := sentinel(class, err); s != nil {
		err = fmt.Errorf("%w: %w", s, err)
	}
	return &txError{class, fmt.Errorf("%s: %w", op, err)}
}

// sentinel maps what drivers and systems say to what callers test for.
func sentinel(class errClass, err error) error {
	switch class {
	case refused:
		return ErrRefused
	case transient:
		return ErrBusy // and it stayed so while it was tried again
	}
	if e := (*mysql.MySQLError)(nil); errors.As(err, &e) {
		switch e.Number {
		case 1044, 1045, 1142, 1698:
			return ErrLogin
		case 1049:
			return ErrMissing
		case 1021, 1114, 3675:
			return ErrFull
		case 1290, 1792, 1836:
			return ErrReadOnly
		}
		return nil
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return ErrFull
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return ErrReadOnly
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			return ErrNotOurs
		}
		return nil
	}
	if errors.Is(err, syscall.ENOSPC) {
		return ErrFull
	}
	if class == lost {
		return ErrUnreachable
	}
	return nil
}
