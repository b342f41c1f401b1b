-- +goose Up
CREATE TABLE IF NOT EXISTS deletion (
  id           BIGINT PRIMARY KEY,
  kind         VARCHAR(64) NOT NULL CHECK (kind IN ('delete', 'restore', 'undo', 'merge')),
  of_id        BIGINT NOT NULL DEFAULT 0,
  state        VARCHAR(64) NOT NULL CHECK (state IN ('in_bin', 'restored', 'purging', 'purged', 'done')),
  reason       VARCHAR(255) NOT NULL DEFAULT '',
  summary      MEDIUMTEXT NOT NULL,
  counts       MEDIUMTEXT NOT NULL,
  had_access   MEDIUMTEXT NOT NULL,
  snapshot_id  VARCHAR(64) NOT NULL DEFAULT '',
  created_at   BIGINT NOT NULL,
  created_by   BIGINT NOT NULL DEFAULT 0,
  operator     VARCHAR(255) NOT NULL DEFAULT '',
  expires_at   BIGINT NOT NULL DEFAULT 0,
  ended_at     BIGINT NOT NULL DEFAULT 0,
  ended_by     BIGINT NOT NULL DEFAULT 0,
  KEY deletion_state (state, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS sleeping_removal (
  id          BIGINT PRIMARY KEY,
  deletion_id BIGINT NOT NULL,
  kind        VARCHAR(64) NOT NULL CHECK (kind IN ('link', 'grant')),
  customer_id BIGINT NOT NULL DEFAULT 0,
  tag_id      BIGINT NOT NULL DEFAULT 0,
  staff_id    BIGINT NOT NULL DEFAULT 0,
  grant_id    BIGINT NOT NULL DEFAULT 0,
  at          BIGINT NOT NULL,
  by_id       BIGINT NOT NULL DEFAULT 0,
  run_id      BIGINT NOT NULL DEFAULT 0,
  KEY sleeping_removal_deletion (deletion_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tombstone (
  kind        VARCHAR(64) NOT NULL,
  id          BIGINT NOT NULL,
  name        VARCHAR(255) NOT NULL DEFAULT '',
  deletion_id BIGINT NOT NULL,
  purged_at   BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS snapshot_check (
  snapshot_id VARCHAR(64) PRIMARY KEY,
  sequence    BIGINT NOT NULL,
  verified_at BIGINT NOT NULL DEFAULT 0,
  drilled_at  BIGINT NOT NULL DEFAULT 0,
  sampled     BIGINT NOT NULL DEFAULT 0,
  problem     VARCHAR(1024) NOT NULL DEFAULT ''
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
