-- +goose Up
CREATE TABLE IF NOT EXISTS import_run (
  id            BIGINT PRIMARY KEY,
  kind          VARCHAR(64) NOT NULL,
  file          VARCHAR(4096) NOT NULL,
  sha256        VARCHAR(64) NOT NULL,
  options       MEDIUMTEXT NOT NULL,
  status        VARCHAR(64) NOT NULL CHECK (status IN ('running', 'done', 'partial', 'stopped', 'failed', 'undone')),
  mark_row      BIGINT NOT NULL DEFAULT 0,
  at_end        BIGINT NOT NULL DEFAULT 0,
  read_rows     BIGINT NOT NULL DEFAULT 0,
  created_rows  BIGINT NOT NULL DEFAULT 0,
  updated_rows  BIGINT NOT NULL DEFAULT 0,
  unchanged     BIGINT NOT NULL DEFAULT 0,
  skipped       BIGINT NOT NULL DEFAULT 0,
  rejected      BIGINT NOT NULL DEFAULT 0,
  links_added   BIGINT NOT NULL DEFAULT 0,
  links_removed BIGINT NOT NULL DEFAULT 0,
  report        MEDIUMTEXT NOT NULL,
  errors_file   VARCHAR(4096) NOT NULL DEFAULT '',
  operator      VARCHAR(255) NOT NULL DEFAULT '',
  created_by    BIGINT NOT NULL DEFAULT 0,
  started_at    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL DEFAULT 0,
  KEY import_run_file (sha256, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS import_error (
  run_id   BIGINT NOT NULL,
  row_no   BIGINT NOT NULL,
  problems MEDIUMTEXT NOT NULL,
  PRIMARY KEY (run_id, row_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS import_created (
  run_id   BIGINT NOT NULL,
  kind     VARCHAR(64) NOT NULL,
  first_id BIGINT NOT NULL,
  last_id  BIGINT NOT NULL,
  PRIMARY KEY (run_id, kind, first_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS import_change (
  run_id       BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  row_no       BIGINT NOT NULL,
  kind         VARCHAR(64) NOT NULL,
  item_id      BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL DEFAULT 0,
  before_image MEDIUMTEXT NOT NULL,
  after_digest VARCHAR(64) NOT NULL,
  PRIMARY KEY (run_id, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS import_claim (
  run_id BIGINT NOT NULL,
  seq    BIGINT NOT NULL,
  claims MEDIUMTEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS audit_log (
  id          BIGINT PRIMARY KEY,
  at          BIGINT NOT NULL,
  operator    VARCHAR(255) NOT NULL,
  staff_id    BIGINT NOT NULL DEFAULT 0,
  action      VARCHAR(64) NOT NULL,
  object      VARCHAR(255) NOT NULL DEFAULT '',
  run_id      BIGINT NOT NULL DEFAULT 0,
  deletion_id BIGINT NOT NULL DEFAULT 0,
  command     VARCHAR(1024) NOT NULL DEFAULT '',
  detail      MEDIUMTEXT NOT NULL,
  KEY audit_log_at (at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
