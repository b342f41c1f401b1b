-- +goose Up
CREATE TABLE IF NOT EXISTS department (
  id          BIGINT PRIMARY KEY,
  parent_id   BIGINT NOT NULL DEFAULT 0,
  name        VARCHAR(64) NOT NULL,
  sort        BIGINT NOT NULL DEFAULT 0,
  wecom_id    VARCHAR(64) NOT NULL DEFAULT '',
  gone_event  BIGINT NOT NULL DEFAULT 0,
  created_at  BIGINT NOT NULL,
  created_by  BIGINT NOT NULL DEFAULT 0,
  updated_at  BIGINT NOT NULL,
  version     BIGINT NOT NULL DEFAULT 1,
  UNIQUE (parent_id, name, gone_event)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS department_closure (
  ancestor_id   BIGINT NOT NULL,
  descendant_id BIGINT NOT NULL,
  depth         BIGINT NOT NULL,
  PRIMARY KEY (ancestor_id, descendant_id),
  KEY department_closure_descendant (descendant_id, ancestor_id),
  CONSTRAINT department_closure_ancestor_id FOREIGN KEY (ancestor_id) REFERENCES department (id),
  CONSTRAINT department_closure_descendant_id FOREIGN KEY (descendant_id) REFERENCES department (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS staff (
  id                 BIGINT PRIMARY KEY,
  userid             VARCHAR(64) NOT NULL,
  userid_key         VARCHAR(64) NOT NULL,
  left_id            BIGINT NOT NULL DEFAULT 0,
  name               VARCHAR(64) NOT NULL DEFAULT '',
  status             VARCHAR(64) NOT NULL CHECK (status IN ('active', 'disabled', 'left')),
  role               VARCHAR(64) NOT NULL CHECK (role IN ('super', 'dept_admin', 'auditor', 'staff')),
  role_department_id BIGINT NOT NULL DEFAULT 0,
  contact            BIGINT NOT NULL DEFAULT 0 CHECK (contact IN (0, 1)),
  tagging            BIGINT NOT NULL DEFAULT 0 CHECK (tagging IN (0, 1)),
  same_as            BIGINT NOT NULL DEFAULT 0,
  created_at         BIGINT NOT NULL,
  created_by         BIGINT NOT NULL DEFAULT 0,
  updated_at         BIGINT NOT NULL,
  version            BIGINT NOT NULL DEFAULT 1,
  UNIQUE (userid_key, left_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS staff_department (
  staff_id      BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  PRIMARY KEY (staff_id, department_id),
  KEY staff_department_department (department_id, staff_id),
  CONSTRAINT staff_department_staff_id FOREIGN KEY (staff_id) REFERENCES staff (id),
  CONSTRAINT staff_department_department_id FOREIGN KEY (department_id) REFERENCES department (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS directory_event (
  id      BIGINT PRIMARY KEY,
  kind    VARCHAR(64) NOT NULL,
  from_id BIGINT NOT NULL,
  to_id   BIGINT NOT NULL DEFAULT 0,
  at      BIGINT NOT NULL,
  by_id   BIGINT NOT NULL DEFAULT 0,
  detail  MEDIUMTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
