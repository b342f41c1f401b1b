-- +goose Up
CREATE TABLE IF NOT EXISTS event_change (
  event_id BIGINT NOT NULL,
  seq      BIGINT NOT NULL,
  body     MEDIUMTEXT NOT NULL,
  PRIMARY KEY (event_id, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS setting (
  id    BIGINT PRIMARY KEY,
  value BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
