-- +goose Up
CREATE TABLE IF NOT EXISTS department (
  id          INTEGER PRIMARY KEY,
  parent_id   INTEGER NOT NULL DEFAULT 0,
  name        TEXT    NOT NULL CHECK (length(name) <= 64),
  sort        INTEGER NOT NULL DEFAULT 0,
  wecom_id    TEXT    NOT NULL DEFAULT '' CHECK (length(wecom_id) <= 64),
  gone_event  INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  created_by  INTEGER NOT NULL DEFAULT 0,
  updated_at  INTEGER NOT NULL,
  version     INTEGER NOT NULL DEFAULT 1,
  UNIQUE (parent_id, name, gone_event)
) STRICT;
CREATE TABLE IF NOT EXISTS department_closure (
  ancestor_id   INTEGER NOT NULL REFERENCES department (id),
  descendant_id INTEGER NOT NULL REFERENCES department (id),
  depth         INTEGER NOT NULL,
  PRIMARY KEY (ancestor_id, descendant_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS department_closure_descendant ON department_closure (descendant_id, ancestor_id);
CREATE TABLE IF NOT EXISTS staff (
  id                 INTEGER PRIMARY KEY,
  userid             TEXT    NOT NULL CHECK (length(userid) <= 64),
  userid_key         TEXT    NOT NULL CHECK (length(userid_key) <= 64),
  left_id            INTEGER NOT NULL DEFAULT 0,
  name               TEXT    NOT NULL DEFAULT '' CHECK (length(name) <= 64),
  status             TEXT    NOT NULL CHECK (status IN ('active', 'disabled', 'left')),
  role               TEXT    NOT NULL CHECK (role IN ('super', 'dept_admin', 'auditor', 'staff')),
  role_department_id INTEGER NOT NULL DEFAULT 0,
  contact            INTEGER NOT NULL DEFAULT 0 CHECK (contact IN (0, 1)),
  tagging            INTEGER NOT NULL DEFAULT 0 CHECK (tagging IN (0, 1)),
  same_as            INTEGER NOT NULL DEFAULT 0,
  created_at         INTEGER NOT NULL,
  created_by         INTEGER NOT NULL DEFAULT 0,
  updated_at         INTEGER NOT NULL,
  version            INTEGER NOT NULL DEFAULT 1,
  UNIQUE (userid_key, left_id)
) STRICT;
CREATE TABLE IF NOT EXISTS staff_department (
  staff_id      INTEGER NOT NULL REFERENCES staff (id),
  department_id INTEGER NOT NULL REFERENCES department (id),
  PRIMARY KEY (staff_id, department_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS staff_department_department ON staff_department (department_id, staff_id);
CREATE TABLE IF NOT EXISTS directory_event (
  id      INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL CHECK (length(kind) <= 64),
  from_id INTEGER NOT NULL,
  to_id   INTEGER NOT NULL DEFAULT 0,
  at      INTEGER NOT NULL,
  by_id   INTEGER NOT NULL DEFAULT 0,
  detail  TEXT    NOT NULL DEFAULT ''
) STRICT;
