-- +goose Up
CREATE TABLE IF NOT EXISTS meta (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  uuid         TEXT    NOT NULL CHECK (length(uuid) <= 36),
  company      TEXT    NOT NULL DEFAULT '' CHECK (length(company) <= 64),
  timezone     TEXT    NOT NULL CHECK (length(timezone) <= 64),
  lang         TEXT    NOT NULL CHECK (length(lang) <= 8),
  created_at   INTEGER NOT NULL,
  rev          INTEGER NOT NULL DEFAULT 0,
  job_epoch    INTEGER NOT NULL DEFAULT 0,
  job_name     TEXT    NOT NULL DEFAULT '' CHECK (length(job_name) <= 64),
  job_holder   TEXT    NOT NULL DEFAULT '' CHECK (length(job_holder) <= 64),
  job_host     TEXT    NOT NULL DEFAULT '' CHECK (length(job_host) <= 64),
  job_pid      INTEGER NOT NULL DEFAULT 0,
  job_since    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS counter (
  name TEXT    PRIMARY KEY CHECK (length(name) <= 255),
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commit_marker (
  writer TEXT    PRIMARY KEY CHECK (length(writer) <= 36),
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
