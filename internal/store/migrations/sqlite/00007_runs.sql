-- +goose Up
CREATE TABLE IF NOT EXISTS import_run (
  id            INTEGER PRIMARY KEY,
  kind          TEXT    NOT NULL CHECK (length(kind) <= 64),
  file          TEXT    NOT NULL CHECK (length(file) <= 4096),
  sha256        TEXT    NOT NULL CHECK (length(sha256) <= 64),
  options       TEXT    NOT NULL,
  status        TEXT    NOT NULL CHECK (status IN ('running', 'done', 'partial', 'stopped', 'failed', 'undone')),
  mark_row      INTEGER NOT NULL DEFAULT 0,
  at_end        INTEGER NOT NULL DEFAULT 0,
  read_rows     INTEGER NOT NULL DEFAULT 0,
  created_rows  INTEGER NOT NULL DEFAULT 0,
  updated_rows  INTEGER NOT NULL DEFAULT 0,
  unchanged     INTEGER NOT NULL DEFAULT 0,
  skipped       INTEGER NOT NULL DEFAULT 0,
  rejected      INTEGER NOT NULL DEFAULT 0,
  links_added   INTEGER NOT NULL DEFAULT 0,
  links_removed INTEGER NOT NULL DEFAULT 0,
  report        TEXT    NOT NULL DEFAULT '',
  errors_file   TEXT    NOT NULL DEFAULT '' CHECK (length(errors_file) <= 4096),
  operator      TEXT    NOT NULL DEFAULT '' CHECK (length(operator) <= 255),
  created_by    INTEGER NOT NULL DEFAULT 0,
  started_at    INTEGER NOT NULL,
  ended_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS import_run_file ON import_run (sha256, id);
CREATE TABLE IF NOT EXISTS import_error (
  run_id   INTEGER NOT NULL,
  row_no   INTEGER NOT NULL,
  problems TEXT    NOT NULL,
  PRIMARY KEY (run_id, row_no)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS import_created (
  run_id   INTEGER NOT NULL,
  kind     TEXT    NOT NULL CHECK (length(kind) <= 64),
  first_id INTEGER NOT NULL,
  last_id  INTEGER NOT NULL,
  PRIMARY KEY (run_id, kind, first_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS import_change (
  run_id       INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  row_no       INTEGER NOT NULL,
  kind         TEXT    NOT NULL CHECK (length(kind) <= 64),
  item_id      INTEGER NOT NULL,
  staff_id     INTEGER NOT NULL DEFAULT 0,
  before_image TEXT    NOT NULL,
  after_digest TEXT    NOT NULL CHECK (length(after_digest) <= 64),
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS import_claim (
  run_id INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  claims TEXT    NOT NULL,
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit_log (
  id          INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,
  operator    TEXT    NOT NULL CHECK (length(operator) <= 255),
  staff_id    INTEGER NOT NULL DEFAULT 0,
  action      TEXT    NOT NULL CHECK (length(action) <= 64),
  object      TEXT    NOT NULL DEFAULT '' CHECK (length(object) <= 255),
  run_id      INTEGER NOT NULL DEFAULT 0,
  deletion_id INTEGER NOT NULL DEFAULT 0,
  command     TEXT    NOT NULL DEFAULT '' CHECK (length(command) <= 1024),
  detail      TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS audit_log_at ON audit_log (at, id);
