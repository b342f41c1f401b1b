-- +goose Up
CREATE TABLE IF NOT EXISTS tag_group (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL CHECK (length(name) <= 60),
  scope         TEXT    NOT NULL DEFAULT 'shared' CHECK (scope IN ('shared', 'department')),
  department_id INTEGER NOT NULL DEFAULT 0,
  single_choice INTEGER NOT NULL DEFAULT 0 CHECK (single_choice IN (0, 1)),
  sort          INTEGER NOT NULL DEFAULT 0,
  description   TEXT    NOT NULL DEFAULT '' CHECK (length(description) <= 255),
  wecom_id      TEXT    NOT NULL DEFAULT '' CHECK (length(wecom_id) <= 64),
  deletion_id   INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  created_by    INTEGER NOT NULL DEFAULT 0,
  updated_at    INTEGER NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1,
  UNIQUE (name, deletion_id)
) STRICT;
CREATE INDEX IF NOT EXISTS tag_group_deletion ON tag_group (deletion_id, id);
CREATE TABLE IF NOT EXISTS tag (
  id          INTEGER PRIMARY KEY,
  group_id    INTEGER NOT NULL REFERENCES tag_group (id),
  name        TEXT    NOT NULL CHECK (length(name) <= 60),
  description TEXT    NOT NULL DEFAULT '' CHECK (length(description) <= 255),
  sort        INTEGER NOT NULL DEFAULT 0,
  expires_on  TEXT    NOT NULL DEFAULT '' CHECK (length(expires_on) <= 10),
  wecom_id    TEXT    NOT NULL DEFAULT '' CHECK (length(wecom_id) <= 64),
  deletion_id INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  created_by  INTEGER NOT NULL DEFAULT 0,
  updated_at  INTEGER NOT NULL,
  version     INTEGER NOT NULL DEFAULT 1,
  UNIQUE (group_id, name, deletion_id)
) STRICT;
CREATE INDEX IF NOT EXISTS tag_deletion ON tag (deletion_id, id);
