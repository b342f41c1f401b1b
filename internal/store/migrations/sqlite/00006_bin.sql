-- +goose Up
CREATE TABLE IF NOT EXISTS deletion (
  id           INTEGER PRIMARY KEY,
  kind         TEXT    NOT NULL CHECK (kind IN ('delete', 'restore', 'undo', 'merge')),
  of_id        INTEGER NOT NULL DEFAULT 0,
  state        TEXT    NOT NULL CHECK (state IN ('in_bin', 'restored', 'purging', 'purged', 'done')),
  reason       TEXT    NOT NULL DEFAULT '' CHECK (length(reason) <= 255),
  summary      TEXT    NOT NULL DEFAULT '',
  counts       TEXT    NOT NULL DEFAULT '',
  had_access   TEXT    NOT NULL DEFAULT '',
  snapshot_id  TEXT    NOT NULL DEFAULT '' CHECK (length(snapshot_id) <= 64),
  created_at   INTEGER NOT NULL,
  created_by   INTEGER NOT NULL DEFAULT 0,
  operator     TEXT    NOT NULL DEFAULT '' CHECK (length(operator) <= 255),
  expires_at   INTEGER NOT NULL DEFAULT 0,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  ended_by     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS deletion_state ON deletion (state, id);
CREATE TABLE IF NOT EXISTS sleeping_removal (
  id          INTEGER PRIMARY KEY,
  deletion_id INTEGER NOT NULL,
  kind        TEXT    NOT NULL CHECK (kind IN ('link', 'grant')),
  customer_id INTEGER NOT NULL DEFAULT 0,
  tag_id      INTEGER NOT NULL DEFAULT 0,
  staff_id    INTEGER NOT NULL DEFAULT 0,
  grant_id    INTEGER NOT NULL DEFAULT 0,
  at          INTEGER NOT NULL,
  by_id       INTEGER NOT NULL DEFAULT 0,
  run_id      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS sleeping_removal_deletion ON sleeping_removal (deletion_id, id);
CREATE TABLE IF NOT EXISTS tombstone (
  kind        TEXT    NOT NULL CHECK (length(kind) <= 64),
  id          INTEGER NOT NULL,
  name        TEXT    NOT NULL DEFAULT '' CHECK (length(name) <= 255),
  deletion_id INTEGER NOT NULL,
  purged_at   INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot_check (
  snapshot_id TEXT    PRIMARY KEY CHECK (length(snapshot_id) <= 64),
  sequence    INTEGER NOT NULL,
  verified_at INTEGER NOT NULL DEFAULT 0,
  drilled_at  INTEGER NOT NULL DEFAULT 0,
  sampled     INTEGER NOT NULL DEFAULT 0,
  problem     TEXT    NOT NULL DEFAULT '' CHECK (length(problem) <= 1024)
) STRICT, WITHOUT ROWID;
