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
  baseline      BYTEA NOT NULL,
  withdrawn     BOOLEAN NOT NULL,
  note          TEXT NOT NULL,
  recorded_at   TIMESTAMPTZ NOT NULL,
  author        TEXT NOT NULL,
  PRIMARY KEY (park, id, revision)
);
CREATE INDEX saving_measure ON saving (park, measure);
CREATE TRIGGER saving_stays BEFORE UPDATE OR DELETE ON saving
FOR EACH ROW EXECUTE FUNCTION refuse_change();
