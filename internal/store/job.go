package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/user"
	"sync"
	"time"
)

// defaultWait is how long a busy database is waited for. A killed client's
// GET_LOCK can stay held for seconds.
const defaultWait = 10 * time.Second

// Job is the right to run one long piece of work: an import, an undo, a purge,
// a restore. It must be ended with Done.
type Job struct {
	db     *DB
	epoch  int64
	unlock func() error
}

func (j *Job) epochOrZero() int64 {
	if j == nil {
		return 0
	}
	return j.epoch
}

// StartJob takes the job lock, waiting for at most wait (0: the default of 10
// s). A held lock is a *BusyError that names the holder. Correctness never
// rests on the lock: every transaction of the job is fenced by its epoch.
func (db *DB) StartJob(ctx context.Context, name string, wait time.Duration) (*Job, error) {
	if wait == 0 {
		wait = defaultWait
	}
	lctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	unlock, err := db.d.lock(lctx, db)
	if errors.Is(err, errLockHeld) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, db.busy(ctx)
	}
	if err != nil {
		return nil, err
	}
	j := &Job{db: db, unlock: unlock}
	err = db.InTx(ctx, nil, func(tx *Tx) error {
		host, _ := os.Hostname() // informative only
		_, err := tx.Exec(`UPDATE meta SET job_epoch = job_epoch + 1, job_name = ?, job_holder = ?, job_host = ?, job_pid = ?, job_since = ? WHERE id = 1`,
			clip(name, 64), clip(userName(), 64), clip(host, 64), os.Getpid(), tx.Now)
		if err != nil {
			return err
		}
		return tx.Get(&j.epoch, "SELECT job_epoch FROM meta WHERE id = 1")
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), unlock())
	}
	db.jobs.add(j)
	return j, nil
}

// jobs are the running ones of a DB.
type jobs struct {
	mu      sync.Mutex
	running map[*Job]bool
}

func (js *jobs) add(j *Job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.running == nil {
		js.running = make(map[*Job]bool)
	}
	js.running[j] = true
}

// remove reports whether the job was still running.
func (js *jobs) remove(j *Job) bool {
	js.mu.Lock()
	defer js.mu.Unlock()
	was := js.running[j]
	delete(js.running, j)
	return was
}

// unlock releases the locks of all that run.
func (js *jobs) unlock() error {
	js.mu.Lock()
	defer js.mu.Unlock()
	var errs []error
	for j := range js.running {
		errs = append(errs, j.unlock())
	}
	js.running = nil
	return errors.Join(errs...)
}

// Done ends the job. It may be called twice, and after Close, which has ended
// it.
func (j *Job) Done(ctx context.Context) error {
	if !j.db.jobs.remove(j) {
		return nil
	}
	_, err := j.db.x.ExecContext(context.WithoutCancel(ctx),
		"UPDATE meta SET job_name = '', job_holder = '', job_host = '', job_pid = 0, job_since = 0 WHERE id = 1 AND job_epoch = ?", j.epoch)
	return errors.Join(err, j.unlock())
}

func (db *DB) busy(ctx context.Context) error {
	var r struct {
		Name   string `db:"job_name"`
		Holder string `db:"job_holder"`
		Host   string `db:"job_host"`
		PID    int    `db:"job_pid"`
		Since  int64  `db:"job_since"`
	}
	// Without the holder's name the answer is still "busy".
	_ = db.x.GetContext(ctx, &r, "SELECT job_name, job_holder, job_host, job_pid, job_since FROM meta WHERE id = 1")
	return &BusyError{Job: r.Name, Holder: r.Holder, Host: r.Host, PID: r.PID, Since: time.UnixMilli(r.Since)}
}

// Operator is who runs this process, as user@host: whoever holds the database's
// credentials may do everything, so it is what the audit log records.
func Operator() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return clip(userName()+"@"+host, 255)
}

func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// newUUID is a random (version 4) UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
