-- Control of parks: versions of the setup, the journal of plans, decisions and modes,
-- and every write to a device with its answer; what was recorded stays. The state alone is replaced.
CREATE TABLE control_setup (
  park         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  hash         TEXT NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  yaml         TEXT NOT NULL,
  PRIMARY KEY (park, number)
);
CREATE TABLE control_line (
  park         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  at           TIMESTAMPTZ NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  who          TEXT NOT NULL,
  event        TEXT NOT NULL,
  asset        TEXT NOT NULL,
  plan         TEXT NOT NULL,
  detail       TEXT NOT NULL,
  PRIMARY KEY (park, number)
);
CREATE TABLE command (
  park         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  at           TIMESTAMPTZ NOT NULL,
  device       TEXT NOT NULL,
  name         TEXT NOT NULL,
  value        DOUBLE PRECISION NOT NULL,
  who          TEXT NOT NULL,
  approval     TEXT NOT NULL,
  outcome      TEXT NOT NULL,
  read_back    DOUBLE PRECISION,
  error        TEXT NOT NULL,
  PRIMARY KEY (park, number)
);
CREATE TABLE control_state (
  park         TEXT PRIMARY KEY,
  revision     BIGINT NOT NULL,
  at           TIMESTAMPTZ NOT NULL,
  packed       BLOB NOT NULL
);
CREATE TRIGGER control_setup_update BEFORE UPDATE ON control_setup
BEGIN SELECT RAISE(ABORT, 'control_setup is append-only'); END;
CREATE TRIGGER control_setup_delete BEFORE DELETE ON control_setup
BEGIN SELECT RAISE(ABORT, 'control_setup is append-only'); END;
CREATE TRIGGER control_line_update BEFORE UPDATE ON control_line
BEGIN SELECT RAISE(ABORT, 'control_line is append-only'); END;
CREATE TRIGGER control_line_delete BEFORE DELETE ON control_line
BEGIN SELECT RAISE(ABORT, 'control_line is append-only'); END;
CREATE TRIGGER command_update BEFORE UPDATE ON command
BEGIN SELECT RAISE(ABORT, 'command is append-only'); END;
CREATE TRIGGER command_delete BEFORE DELETE ON command
BEGIN SELECT RAISE(ABORT, 'command is append-only'); END;
