package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/jmoiron/sqlx"
)

// Tx is one transaction. It refuses every further statement once one failed
// with anything but a refusal of its data: MySQL has no transaction left after
// a deadlock, and SQLite none after a cancelled statement, so the next one
// would commit by itself.
type Tx struct {
	ctx        context.Context
	conn       *sqlx.Conn // nil on a server: who asks there what became of a lost commit needs it gone
	x          *sqlx.Tx
	db         *DB
	stmts      map[string]*sqlx.Stmt
	bad        error
	depth      int // open savepoints
	optimistic bool
	rehearsal  bool // it must not commit
	// Now is the transaction's one time, in epoch milliseconds.
	Now int64
	// Rev is the database's revision: in a writing transaction the one that it
	// makes, in a reading one the one that it sees.
	Rev int64
}

// InTx runs fn in a writing transaction, serialised with all others, and
// commits when fn returns nil. It rolls back on an error and on a panic. A
// deadlock or a lost connection runs fn again from its start, a few times with
// growing pauses, so fn must not keep anything of an earlier call. job may be
// nil; else the transaction is refused with ErrFenced once another job has
// taken over. Calling InTx inside fn panics, be it of another DB.
//
// Cancelling ctx is looked at before the transaction, not inside it.
func (db *DB) InTx(ctx context.Context, job *Job, fn func(*Tx) error) error {
	if nested() {
		panic("store: InTx inside InTx")
	}
	attempt := func() (struct{}, error) {
		err := db.once(ctx, job, fn)
		if err != nil && !db.retryable(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 20*time.Millisecond, 2*time.Second
	_, err := backoff.Retry(ctx, attempt, backoff.WithBackOff(b), backoff.WithMaxTries(8))
	if p := (*backoff.PermanentError)(nil); errors.As(err, &p) {
		err = p.Err
	}
	return err
}

// nested reports whether the caller was called by the function of a
// transaction. It looks at the stack, because such a function usually holds no
// context but the one that its transaction was begun with.
func nested() bool {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if f.Function == "tagkeep/internal/store.(*DB).once" {
			return true
		}
		if !more {
			return false
		}
	}
}

// txError marks an error as the database's own, so that an error of fn that
// merely wraps a driver's is not taken for a reason to try again.
type txError struct {
	class errClass
	err   error
}

func (e *txError) Error() string { return e.err.Error() }
func (e *txError) Unwrap() error { return e.err }

func (db *DB) retryable(err error) bool {
	t := (*txError)(nil)
	return errors.As(err, &t) && (t.class == transient || t.class == lost)
}

func (db *DB) once(ctx context.Context, job *Job, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	// On an error, a panic and runtime.Goexit; after a commit it does nothing. A
	// failed rollback adds nothing: the connection is dropped with it.
	defer tx.end()
	if err := tx.open(job); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	if tx.bad != nil {
		return tx.bad
	}
	if tx.rehearsal {
		return errRehearsal
	}
	return db.commit(tx)
}

// errRehearsal: what was only tried was about to be kept.
var errRehearsal = errors.New("a rehearsal cannot be committed")

func (db *DB) begin(ctx context.Context) (tx *Tx, err error) {
	tx = &Tx{ctx: ctx, db: db, Now: db.now().UnixMilli()}
	from := db.x.BeginTxx
	if !db.d.remote {
		if tx.conn, err = db.x.Connx(ctx); err != nil {
			return nil, db.wrap("connect", err)
		}
		from = tx.conn.BeginTxx
	}
	if tx.x, err = from(ctx, &sql.TxOptions{Isolation: db.d.writeIsolation}); err != nil {
		tx.end()
		return nil, db.wrap("begin", err)
	}
	return tx, nil
}

// end takes back what is not committed and gives the connection back.
func (tx *Tx) end() {
	if tx.x != nil {
		_ = tx.x.Rollback()
	}
	if tx.conn != nil {
		_ = tx.conn.Close()
	}
}

// open takes the rev row, which serialises writers on both engines, and fences
// off a job that was paused while another took over.
func (tx *Tx) open(job *Job) error {
	n, err := tx.Exec("UPDATE meta SET rev = rev + 1 WHERE id = 1 AND (? = 0 OR job_epoch = ?)", job.epochOrZero(), job.epochOrZero())
	if err != nil {
		return fmt.Errorf("take the revision: %w", err)
	}
	if n == 0 {
		return ErrFenced
	}
	return tx.Get(&tx.Rev, "SELECT rev FROM meta WHERE id = 1")
}

// markerLife is longer than any transaction may wait for the reply to its
// COMMIT.
const markerLife = 7 * 24 * time.Hour

// commit resolves a lost reply by the marker that the transaction wrote.
func (db *DB) commit(tx *Tx) error {
	var seq int64
	if db.d.remote {
		seq = db.seq.Add(1)
		n, err := tx.Exec("UPDATE commit_marker SET seq = ?, at = ? WHERE writer = ?", seq, tx.Now, db.writer)
		if err == nil && n == 0 {
			_, err = tx.Exec("INSERT INTO commit_marker (writer, seq, at) VALUES (?, ?, ?)", db.writer, seq, tx.Now)
			if err == nil { // markers of processes that are long gone
				_, err = tx.Exec("DELETE FROM commit_marker WHERE at < ?", tx.Now-markerLife.Milliseconds())
			}
		}
		if err != nil {
			return fmt.Errorf("mark the commit: %w", err)
		}
	}
	err := tx.x.Commit()
	if err == nil {
		return nil
	}
	werr := db.wrap("commit", err)
	if tx.conn != nil {
		// Some failures leave SQLite's transaction open, and database/sql takes it
		// for ended: the next one would find it on this connection.
		_, _ = tx.conn.ExecContext(tx.ctx, "ROLLBACK") // there may be none
	}
	if db.d.remote && db.d.classify(err) == lost {
		done, qerr := db.committed(tx.ctx, seq)
		if qerr != nil {
			// Unknown is not a reason to run it again: it may be in.
			return fmt.Errorf("commit: the connection was lost and the outcome is unknown: %w", errors.Join(err, qerr))
		}
		if done {
			return nil
		}
	}
	return werr
}

// committed asks on a new connection whether transaction seq of this DB is in.
// The old session may still be ending: reading the marker for update waits for
// it.
func (db *DB) committed(ctx context.Context, seq int64) (bool, error) {
	return backoff.Retry(ctx, func() (bool, error) {
		var got int64
		err := db.x.GetContext(ctx, &got, "SELECT seq FROM commit_marker WHERE writer = ? FOR UPDATE", db.writer)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return got >= seq, err
	}, backoff.WithMaxTries(6), backoff.WithBackOff(backoff.NewExponentialBackOff()))
}

// View runs fn in a reading transaction that sees one state of the database
// throughout. fn must not write.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	x, err := db.x.BeginTxx(ctx, &sql.TxOptions{Isolation: db.d.readIsolation, ReadOnly: true})
	if err != nil {
		return db.wrap("begin", err)
	}
	defer x.Rollback() // nothing to keep
	tx := &Tx{ctx: ctx, x: x, db: db, Now: db.now().UnixMilli()}
	// The first SELECT opens the view on both engines.
	if err := tx.Get(&tx.Rev, "SELECT rev FROM meta WHERE id = 1"); err != nil {
		return err
	}
	return fn(tx)
}

// check turns a driver's error into ours and poisons the transaction unless
// only the statement's data were refused.
func (tx *Tx) check(op string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	werr := tx.db.wrap(op, err)
	if tx.db.d.classify(err) != refused {
		tx.bad = fmt.Errorf("%w: %w", ErrPoisoned, werr)
	}
	return werr
}

// prepared returns the statement of query, prepared once per transaction where
// that pays.
func (tx *Tx) prepared(query string) (*sqlx.Stmt, error) {
	if s := tx.stmts[query]; s != nil {
		return s, nil
	}
	s, err := tx.x.PreparexContext(tx.ctx, query)
	if err != nil {
		return nil, err
	}
	if tx.stmts == nil {
		tx.stmts = make(map[string]*sqlx.Stmt)
	}
	tx.stmts[query] = s
	return s, nil
}

// Exec runs one statement and returns how many rows it found to change.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if tx.bad != nil {
		return 0, tx.bad
	}
	res, err := tx.exec(query, args)
	if err != nil {
		return 0, tx.check(verb(query), err)
	}
	n, err := res.RowsAffected()
	return n, tx.check(verb(query), err)
}

func (tx *Tx) exec(query string, args []any) (sql.Result, error) {
	if tx.db.d.remote {
		return tx.x.ExecContext(tx.ctx, query, args...)
	}
	s, err := tx.prepared(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(tx.ctx, args...)
}

// Get reads one row into dst; sql.ErrNoRows when there is none.
func (tx *Tx) Get(dst any, query string, args ...any) error {
	if tx.bad != nil {
		return tx.bad
	}
	return tx.check(verb(query), tx.x.GetContext(tx.ctx, dst, query, args...))
}

// Select reads all rows into the slice dst points to.
func (tx *Tx) Select(dst any, query string, args ...any) error {
	if tx.bad != nil {
		return tx.bad
	}
	return tx.check(verb(query), tx.x.SelectContext(tx.ctx, dst, query, args...))
}

// Each calls scan for every row of the query. One cursor may be open per
// transaction at a time: fn must not use tx.
func (tx *Tx) Each(query string, args []any, fn func(rows *sqlx.Rows) error) error {
	if tx.bad != nil {
		return tx.bad
	}
	rows, err := tx.query(query, args)
	if err != nil {
		return tx.check(verb(query), err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return tx.check(verb(query), rows.Err())
}

func (tx *Tx) query(query string, args []any) (*sqlx.Rows, error) {
	if tx.db.d.remote {
		return tx.x.QueryxContext(tx.ctx, query, args...)
	}
	s, err := tx.prepared(query)
	if err != nil {
		return nil, err
	}
	return s.QueryxContext(tx.ctx, args...)
}

// In is the condition that column is one of values, and its arguments. values
// must not be empty; callers keep it to a chunk.
func (tx *Tx) In(column string, values []any) (string, []any) {
	return tx.db.d.in(column, len(values)), tx.db.d.inArgs(values)
}

// Savepoint runs fn and, when it fails with a refusal of data, takes back what
// it did and returns the error; the transaction goes on. Savepoints may nest.
func (tx *Tx) Savepoint(fn func() error) error {
	if tx.optimistic {
		err := fn()
		if err != nil && tx.bad == nil {
			tx.bad = err
		}
		return err
	}
	// Names differ by depth: MySQL drops an older savepoint of the same name.
	name := fmt.Sprintf("s%d", tx.depth)
	if _, err := tx.Exec("SAVEPOINT " + name); err != nil {
		return err
	}
	tx.depth++
	err := fn()
	tx.depth--
	if err == nil {
		_, err = tx.Exec("RELEASE SAVEPOINT " + name)
		return err
	}
	if tx.bad != nil {
		return err
	}
	_, rerr := tx.Exec("ROLLBACK TO SAVEPOINT " + name)
	if rerr == nil {
		_, rerr = tx.Exec("RELEASE SAVEPOINT " + name)
	}
	return errors.Join(err, rerr)
}

// Optimistic makes savepoints free for the rest of the transaction: nothing can
// be taken back any more, and an error inside one, a refusal of data included,
// ends the transaction. In SQLite savepoints are a good part of the cost of a
// bulk insert; who gets ErrRefused starts over without this.
func (tx *Tx) Optimistic() { tx.optimistic = true }

// Failed reports whether the transaction can only be rolled back.
func (tx *Tx) Failed() bool { return tx.bad != nil }

// verb is the first word of a statement, for messages: statements hold no
// values but those of args, and args may hold phone numbers.
func verb(query string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	return strings.ToLower(word)
}
