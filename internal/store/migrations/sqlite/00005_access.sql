-- +goose Up
CREATE TABLE IF NOT EXISTS access_grant (
  id            INTEGER PRIMARY KEY,
  subject_kind  TEXT    NOT NULL CHECK (subject_kind IN ('role', 'department', 'staff')),
  subject_id    INTEGER NOT NULL DEFAULT 0,
  subject_role  TEXT    NOT NULL DEFAULT '' CHECK (length(subject_role) <= 64),
  with_sub      INTEGER NOT NULL DEFAULT 0 CHECK (with_sub IN (0, 1)),
  object_kind   TEXT    NOT NULL CHECK (object_kind IN ('all', 'group', 'tag')),
  object_id     INTEGER NOT NULL DEFAULT 0,
  level         TEXT    NOT NULL CHECK (level IN ('hidden', 'view', 'use', 'edit')),
  starts_at     INTEGER NOT NULL DEFAULT 0,
  ends_at       INTEGER NOT NULL DEFAULT 0,
  reason        TEXT    NOT NULL DEFAULT '' CHECK (length(reason) <= 255),
  request_id    INTEGER NOT NULL DEFAULT 0,
  event_id      INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  created_by    INTEGER NOT NULL DEFAULT 0,
  revoked_at    INTEGER NOT NULL DEFAULT 0,
  revoked_by    INTEGER NOT NULL DEFAULT 0,
  revoke_reason TEXT    NOT NULL DEFAULT '' CHECK (length(revoke_reason) <= 255),
  version       INTEGER NOT NULL DEFAULT 1,
  CHECK (ends_at = 0 OR (starts_at > 0 AND ends_at > starts_at AND ends_at - starts_at <= 259200000))
) STRICT;
CREATE INDEX IF NOT EXISTS access_grant_object ON access_grant (object_kind, object_id, id);
CREATE INDEX IF NOT EXISTS access_grant_subject ON access_grant (subject_kind, subject_id, id);
CREATE TABLE IF NOT EXISTS access_request (
  id          INTEGER PRIMARY KEY,
  staff_id    INTEGER NOT NULL,
  action      TEXT    NOT NULL CHECK (length(action) <= 64),
  object_kind TEXT    NOT NULL CHECK (length(object_kind) <= 64),
  object_id   INTEGER NOT NULL DEFAULT 0,
  customer_id INTEGER NOT NULL DEFAULT 0,
  level       TEXT    NOT NULL CHECK (length(level) <= 64),
  reason      TEXT    NOT NULL DEFAULT '' CHECK (length(reason) <= 255),
  starts_at   INTEGER NOT NULL DEFAULT 0,
  ends_at     INTEGER NOT NULL DEFAULT 0,
  state       TEXT    NOT NULL CHECK (state IN ('open', 'approved', 'denied')),
  created_at  INTEGER NOT NULL,
  decided_at  INTEGER NOT NULL DEFAULT 0,
  decided_by  INTEGER NOT NULL DEFAULT 0,
  answer      TEXT    NOT NULL DEFAULT '' CHECK (length(answer) <= 255)
) STRICT;
CREATE INDEX IF NOT EXISTS access_request_state ON access_request (state, id);
