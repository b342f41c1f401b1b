-- +goose Up
CREATE TABLE IF NOT EXISTS tag_group (
  id            BIGINT PRIMARY KEY,
  name          VARCHAR(60) NOT NULL,
  scope         VARCHAR(64) NOT NULL DEFAULT 'shared' CHECK (scope IN ('shared', 'department')),
  department_id BIGINT NOT NULL DEFAULT 0,
  single_choice BIGINT NOT NULL DEFAULT 0 CHECK (single_choice IN (0, 1)),
  sort          BIGINT NOT NULL DEFAULT 0,
  description   VARCHAR(255) NOT NULL DEFAULT '',
  wecom_id      VARCHAR(64) NOT NULL DEFAULT '',
  deletion_id   BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  created_by    BIGINT NOT NULL DEFAULT 0,
  updated_at    BIGINT NOT NULL,
  version       BIGINT NOT NULL DEFAULT 1,
  UNIQUE (name, deletion_id),
  KEY tag_group_deletion (deletion_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tag (
  id          BIGINT PRIMARY KEY,
  group_id    BIGINT NOT NULL,
  name        VARCHAR(60) NOT NULL,
  description VARCHAR(255) NOT NULL DEFAULT '',
  sort        BIGINT NOT NULL DEFAULT 0,
  expires_on  VARCHAR(10) NOT NULL DEFAULT '',
  wecom_id    VARCHAR(64) NOT NULL DEFAULT '',
  deletion_id BIGINT NOT NULL DEFAULT 0,
  created_at  BIGINT NOT NULL,
  created_by  BIGINT NOT NULL DEFAULT 0,
  updated_at  BIGINT NOT NULL,
  version     BIGINT NOT NULL DEFAULT 1,
  UNIQUE (group_id, name, deletion_id),
  KEY tag_deletion (deletion_id, id),
  CONSTRAINT tag_group_id FOREIGN KEY (group_id) REFERENCES tag_group (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
