package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Scratch keeps keys and values that a long run cannot hold in memory, in a
// file that only this process has and that vanishes with it, however it ends.
// It has nothing to do with the company's database. Not for concurrent use.
type Scratch struct {
	db       *sql.DB
	get, put *sql.Stmt
	tx       *sql.Tx
}

// NewScratch makes an empty one, in the directory for temporary files. It must
// be closed.
func NewScratch() (s *Scratch, err error) {
	// SQLite gives a database without a name a temporary file, which it unlinks
	// as soon as it has opened it.
	db, err := sql.Open("sqlite", "file:?_pragma=cache_size(-4096)&_pragma=journal_mode(OFF)")
	if err != nil {
		return nil, fmt.Errorf("open scratch file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open scratch file: %w", err), db.Close())
		}
	}()
	db.SetMaxOpenConns(1)
	if _, err = db.Exec("CREATE TABLE kept (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID"); err != nil {
		return nil, err
	}
	// Without a journal nothing can be taken back; one transaction for all saves
	// the work between two.
	s = &Scratch{db: db}
	if s.tx, err = db.Begin(); err != nil {
		return nil, err
	}
	if s.get, err = s.tx.Prepare("SELECT v FROM kept WHERE k = ?"); err != nil {
		return nil, err
	}
	s.put, err = s.tx.Prepare("INSERT INTO kept (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v")
	return s, err
}

// Put stores value under key, in place of what was there.
func (s *Scratch) Put(key, value []byte) error {
	if _, err := s.put.Exec(key, value); err != nil {
		return fmt.Errorf("write scratch file: %w", err)
	}
	return nil
}

// Get returns the value of key, nil when there is none.
func (s *Scratch) Get(key []byte) ([]byte, error) {
	var value []byte
	err := s.get.QueryRowContext(context.Background(), key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read scratch file: %w", err)
	}
	return value, nil
}

// Close removes the file. It may be called on nil.
func (s *Scratch) Close() error {
	if s == nil {
		return nil
	}
	return errors.Join(s.get.Close(), s.put.Close(), s.tx.Rollback(), s.db.Close())
}
