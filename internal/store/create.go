package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Create opens the database at the target and makes it first where there is
// none. created says which. Two processes may create at once.
func Create(ctx context.Context, t Target, s Settings, opts ...Option) (db *DB, created bool, err error) {
	db, err = Open(ctx, t, opts...)
	if !errors.Is(err, ErrMissing) {
		return db, false, err
	}
	if s, err = s.complete(); err != nil {
		return nil, false, fmt.Errorf("create %s: %w", t, err)
	}
	if err := prepare(ctx, t, opts); err != nil {
		return nil, false, err
	}
	db, err = connect(ctx, t, false, opts)
	if err != nil {
		return nil, false, err
	}
	if created, err = db.create(ctx, s); err != nil {
		return nil, false, errors.Join(err, db.Close())
	}
	return db, created, nil
}

// prepare makes the file, readable by its owner only, or the server's database.
func prepare(ctx context.Context, t Target, opts []Option) error {
	if t.Engine == SQLite {
		if t.Path == "" {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(t.Path), 0o700); err != nil {
			return fmt.Errorf("create %s: %w", t, err)
		}
		f, err := os.OpenFile(t.Path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return fmt.Errorf("create %s: %w", t, err)
		}
		return f.Close()
	}
	server, err := connect(ctx, t, true, opts)
	if err != nil {
		return err
	}
	defer server.Close()
	_, err = server.x.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS `"+t.Name+"` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	return server.wrap("create database "+t.Name, err)
}

// create makes the tables and, last, the meta row: without it the database does
// not count as made, and the next create finishes it. made is false when
// another process was first.
func (db *DB) create(ctx context.Context, s Settings) (made bool, err error) {
	p, err := db.provider()
	if err != nil {
		return false, err
	}
	err = db.locked(ctx, func(ctx context.Context) error {
		if err := db.d.tune(ctx, db); err != nil {
			return db.wrap("create "+db.target.String(), err)
		}
		if _, err := p.Up(ctx); err != nil {
			return db.wrap("migrate", err)
		}
		res, err := db.x.ExecContext(ctx, `INSERT INTO meta (id, uuid, company, timezone, lang, created_at)
			SELECT 1, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM meta)`,
			newUUID(), s.Company, s.TimeZone, string(s.Lang), db.now().UnixMilli())
		if err != nil {
			return db.wrap("create "+db.target.String(), err)
		}
		n, err := res.RowsAffected()
		made = n == 1
		return err
	})
	if err != nil {
		return false, err
	}
	return made, db.readMeta(ctx)
}
