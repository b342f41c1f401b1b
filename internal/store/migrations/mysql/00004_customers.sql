-- +goose Up
CREATE TABLE IF NOT EXISTS customer (
  id          BIGINT PRIMARY KEY,
  external_id VARCHAR(64) NULL,
  unionid     VARCHAR(64) NULL,
  mobile      VARCHAR(32) NULL,
  phones      VARCHAR(255) NOT NULL DEFAULT '',
  name        VARCHAR(128) NOT NULL DEFAULT '',
  company     VARCHAR(128) NOT NULL DEFAULT '',
  position    VARCHAR(64) NOT NULL DEFAULT '',
  gender      VARCHAR(8) NOT NULL DEFAULT '',
  birthday    VARCHAR(10) NOT NULL DEFAULT '',
  region      VARCHAR(128) NOT NULL DEFAULT '',
  add_way     VARCHAR(64) NOT NULL DEFAULT '',
  added_at    BIGINT NOT NULL DEFAULT 0,
  remark      VARCHAR(255) NOT NULL DEFAULT '',
  description VARCHAR(1000) NOT NULL DEFAULT '',
  deletion_id BIGINT NOT NULL DEFAULT 0,
  created_at  BIGINT NOT NULL,
  created_by  BIGINT NOT NULL DEFAULT 0,
  updated_at  BIGINT NOT NULL,
  version     BIGINT NOT NULL DEFAULT 1,
  UNIQUE KEY customer_external_id (external_id, deletion_id),
  UNIQUE KEY customer_unionid (unionid, deletion_id),
  KEY customer_mobile (mobile),
  KEY customer_deletion (deletion_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS customer_staff (
  customer_id BIGINT NOT NULL,
  staff_id    BIGINT NOT NULL,
  remark      VARCHAR(255) NOT NULL DEFAULT '',
  description VARCHAR(1000) NOT NULL DEFAULT '',
  add_way     VARCHAR(64) NOT NULL DEFAULT '',
  added_at    BIGINT NOT NULL DEFAULT 0,
  created_at  BIGINT NOT NULL,
  created_by  BIGINT NOT NULL DEFAULT 0,
  updated_at  BIGINT NOT NULL,
  version     BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (customer_id, staff_id),
  KEY customer_staff_staff (staff_id, customer_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS link (
  customer_id BIGINT NOT NULL,
  tag_id      BIGINT NOT NULL,
  staff_id    BIGINT NOT NULL DEFAULT 0,
  tagged_at   BIGINT NOT NULL,
  tagged_by   BIGINT NOT NULL DEFAULT 0,
  run_id      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (customer_id, tag_id, staff_id),
  KEY link_tag (tag_id, staff_id, customer_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
