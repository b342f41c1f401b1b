-- +goose Up
CREATE TABLE IF NOT EXISTS meta (
  id           BIGINT PRIMARY KEY CHECK (id = 1),
  uuid         VARCHAR(36) NOT NULL,
  company      VARCHAR(64) NOT NULL DEFAULT '',
  timezone     VARCHAR(64) NOT NULL,
  lang         VARCHAR(8) NOT NULL,
  created_at   BIGINT NOT NULL,
  rev          BIGINT NOT NULL DEFAULT 0,
  job_epoch    BIGINT NOT NULL DEFAULT 0,
  job_name     VARCHAR(64) NOT NULL DEFAULT '',
  job_holder   VARCHAR(64) NOT NULL DEFAULT '',
  job_host     VARCHAR(64) NOT NULL DEFAULT '',
  job_pid      BIGINT NOT NULL DEFAULT 0,
  job_since    BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS counter (
  name VARCHAR(255) PRIMARY KEY,
  next BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS commit_marker (
  writer VARCHAR(36) PRIMARY KEY,
  seq    BIGINT NOT NULL,
  at     BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
