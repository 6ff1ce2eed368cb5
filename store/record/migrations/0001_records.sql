-- What people decide. The same text runs on SQLite and PostgreSQL. A time that
-- has not come is 0001-01-01. Paths are places in the organization tree.

CREATE TABLE organization (
  path    TEXT PRIMARY KEY,
  kind    TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  park    TEXT NOT NULL
);
CREATE INDEX organization_park ON organization (park);

CREATE TABLE person (
  id            TEXT PRIMARY KEY,
  login         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  locale        TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at    TIMESTAMPTZ NOT NULL,
  disabled_at   TIMESTAMPTZ NOT NULL
);

CREATE TABLE person_grant (
  id           TEXT PRIMARY KEY,
  person       TEXT NOT NULL REFERENCES person (id),
  role         TEXT NOT NULL,
  organization TEXT NOT NULL,
  UNIQUE (person, role, organization)
);

CREATE TABLE session (
  hash       TEXT PRIMARY KEY,
  person     TEXT NOT NULL REFERENCES person (id),
  from_link  BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  issued_at  TIMESTAMPTZ NOT NULL,
  seen_at    TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  replaced   BOOLEAN NOT NULL
);
CREATE INDEX session_person ON session (person);

CREATE TABLE one_time_link (
  hash       TEXT PRIMARY KEY,
  person     TEXT NOT NULL REFERENCES person (id),
  expires_at TIMESTAMPTZ NOT NULL,
  used_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE service_token (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE,
  grants     TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  revoked_at TIMESTAMPTZ NOT NULL
);

-- Failed sign-ins under a key: a login, an address, or both.
CREATE TABLE sign_in_attempt (
  key      TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  last     TIMESTAMPTZ NOT NULL
);

CREATE TABLE park_version (
  park         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  hash         TEXT NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  organization TEXT NOT NULL,
  yaml         TEXT NOT NULL,
  PRIMARY KEY (park, number)
);

CREATE TABLE inventory (
  id          TEXT PRIMARY KEY,
  park        TEXT NOT NULL,
  period      TEXT NOT NULL,
  revision    BIGINT NOT NULL,
  state       TEXT NOT NULL,
  hash        TEXT NOT NULL,
  root        TEXT NOT NULL,
  recorded_at TIMESTAMPTZ NOT NULL,
  closed_at   TIMESTAMPTZ NOT NULL,
  closed_by   TEXT NOT NULL,
  location    DOUBLE PRECISION NOT NULL,
  market      DOUBLE PRECISION NOT NULL,
  packed      BYTEA NOT NULL,
  UNIQUE (park, period, revision)
);

CREATE TABLE inventory_entry (
  entry     TEXT NOT NULL,
  inventory TEXT NOT NULL REFERENCES inventory (id),
  PRIMARY KEY (entry, inventory)
);
CREATE INDEX inventory_entry_inventory ON inventory_entry (inventory);

CREATE TABLE user_factor (
  id           TEXT NOT NULL,
  version      TEXT NOT NULL,
  organization TEXT NOT NULL,
  content      TEXT NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  PRIMARY KEY (id, version)
);

CREATE TABLE import (
  id          TEXT PRIMARY KEY,
  park        TEXT NOT NULL,
  file        TEXT NOT NULL,
  sha256      TEXT NOT NULL,
  size        BIGINT NOT NULL,
  mapping     TEXT NOT NULL,
  row_count   BIGINT NOT NULL,
  rejected    BIGINT NOT NULL,
  admission   TEXT NOT NULL,
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  author      TEXT NOT NULL,
  started_at  TIMESTAMPTZ NOT NULL,
  finished_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX import_park ON import (park, started_at);

-- Each row holds the hash of the one before it.
CREATE TABLE audit (
  number       BIGINT PRIMARY KEY,
  at           TIMESTAMPTZ NOT NULL,
  who          TEXT NOT NULL,
  name         TEXT NOT NULL,
  address      TEXT NOT NULL,
  action       TEXT NOT NULL,
  organization TEXT NOT NULL,
  resource     TEXT NOT NULL,
  outcome      TEXT NOT NULL,
  detail       TEXT NOT NULL,
  previous     TEXT NOT NULL,
  hash         TEXT NOT NULL
);

CREATE TABLE setting (
  key        TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  changed_by TEXT NOT NULL
);
