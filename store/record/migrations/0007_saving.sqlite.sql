-- Projects whose saving is measured: every revision, with the baseline's data as they were
-- known; what was recorded stays.
CREATE TABLE saving (
  park          TEXT NOT NULL,
  id            TEXT NOT NULL,
  revision      BIGINT NOT NULL,
  organization  TEXT NOT NULL,
  member        TEXT NOT NULL,
  measure       TEXT NOT NULL,
  question      TEXT NOT NULL,
  baseline_hash TEXT NOT NULL,
  baseline      BLOB NOT NULL,
  withdrawn     BOOLEAN NOT NULL,
  note          TEXT NOT NULL,
  recorded_at   TIMESTAMPTZ NOT NULL,
  author        TEXT NOT NULL,
  PRIMARY KEY (park, id, revision)
);
CREATE INDEX saving_measure ON saving (park, measure);
CREATE TRIGGER saving_update BEFORE UPDATE ON saving
BEGIN SELECT RAISE(ABORT, 'saving is append-only'); END;
CREATE TRIGGER saving_delete BEFORE DELETE ON saving
BEGIN SELECT RAISE(ABORT, 'saving is append-only'); END;
