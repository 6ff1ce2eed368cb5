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
  packed       BYTEA NOT NULL
);
CREATE TRIGGER control_setup_stays BEFORE UPDATE OR DELETE ON control_setup
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER control_line_stays BEFORE UPDATE OR DELETE ON control_line
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER command_stays BEFORE UPDATE OR DELETE ON command
FOR EACH ROW EXECUTE FUNCTION refuse_change();
