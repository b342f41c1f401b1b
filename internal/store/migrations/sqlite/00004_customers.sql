-- +goose Up
CREATE TABLE IF NOT EXISTS customer (
  id          INTEGER PRIMARY KEY,
  external_id TEXT    CHECK (length(external_id) <= 64),
  unionid     TEXT    CHECK (length(unionid) <= 64),
  mobile      TEXT    CHECK (length(mobile) <= 32),
  phones      TEXT    NOT NULL DEFAULT '' CHECK (length(phones) <= 255),
  name        TEXT    NOT NULL DEFAULT '' CHECK (length(name) <= 128),
  company     TEXT    NOT NULL DEFAULT '' CHECK (length(company) <= 128),
  position    TEXT    NOT NULL DEFAULT '' CHECK (length(position) <= 64),
  gender      TEXT    NOT NULL DEFAULT '' CHECK (length(gender) <= 8),
  birthday    TEXT    NOT NULL DEFAULT '' CHECK (length(birthday) <= 10),
  region      TEXT    NOT NULL DEFAULT '' CHECK (length(region) <= 128),
  add_way     TEXT    NOT NULL DEFAULT '' CHECK (length(add_way) <= 64),
  added_at    INTEGER NOT NULL DEFAULT 0,
  remark      TEXT    NOT NULL DEFAULT '' CHECK (length(remark) <= 255),
  description TEXT    NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
  deletion_id INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  created_by  INTEGER NOT NULL DEFAULT 0,
  updated_at  INTEGER NOT NULL,
  version     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS customer_external_id ON customer (external_id, deletion_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS customer_unionid ON customer (unionid, deletion_id) WHERE unionid IS NOT NULL;
CREATE INDEX IF NOT EXISTS customer_mobile ON customer (mobile) WHERE mobile IS NOT NULL;
CREATE INDEX IF NOT EXISTS customer_deletion ON customer (deletion_id, id) WHERE deletion_id <> 0;
CREATE TABLE IF NOT EXISTS customer_staff (
  customer_id INTEGER NOT NULL,
  staff_id    INTEGER NOT NULL,
  remark      TEXT    NOT NULL DEFAULT '' CHECK (length(remark) <= 255),
  description TEXT    NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
  add_way     TEXT    NOT NULL DEFAULT '' CHECK (length(add_way) <= 64),
  added_at    INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  created_by  INTEGER NOT NULL DEFAULT 0,
  updated_at  INTEGER NOT NULL,
  version     INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (customer_id, staff_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS customer_staff_staff ON customer_staff (staff_id, customer_id);
CREATE TABLE IF NOT EXISTS link (
  customer_id INTEGER NOT NULL,
  tag_id      INTEGER NOT NULL,
  staff_id    INTEGER NOT NULL DEFAULT 0,
  tagged_at   INTEGER NOT NULL,
  tagged_by   INTEGER NOT NULL DEFAULT 0,
  run_id      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (customer_id, tag_id, staff_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS link_tag ON link (tag_id, staff_id, customer_id);
