-- +goose Up
CREATE TABLE IF NOT EXISTS event_change (
  event_id INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  body     TEXT    NOT NULL,
  PRIMARY KEY (event_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting (
  id    INTEGER PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
