-- Dispatch: versions of what a park can dispatch, planned days with their inputs, and
-- what people decided about them; what was recorded stays.
CREATE TABLE dispatch_document (
  park         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  hash         TEXT NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  text         TEXT NOT NULL,
  PRIMARY KEY (park, number)
);
CREATE TABLE dispatch_run (
  park         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  document     BIGINT NOT NULL,
  begins       TIMESTAMPTZ NOT NULL,
  ends         TIMESTAMPTZ NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  title        TEXT NOT NULL,
  status       TEXT NOT NULL,
  currency     TEXT NOT NULL,
  total        DOUBLE PRECISION NOT NULL,
  carbon       DOUBLE PRECISION NOT NULL,
  saving       DOUBLE PRECISION,
  avoided      DOUBLE PRECISION,
  gap          DOUBLE PRECISION,
  seconds      DOUBLE PRECISION NOT NULL,
  packed       BYTEA NOT NULL,
  PRIMARY KEY (park, number)
);
CREATE TABLE dispatch_decision (
  park         TEXT NOT NULL,
  run          BIGINT NOT NULL,
  number       BIGINT NOT NULL,
  at           TIMESTAMPTZ NOT NULL,
  who          TEXT NOT NULL,
  name         TEXT NOT NULL,
  kind         TEXT NOT NULL,
  note         TEXT NOT NULL,
  PRIMARY KEY (park, run, number)
);
CREATE TRIGGER dispatch_document_stays BEFORE UPDATE OR DELETE ON dispatch_document
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispatch_run_stays BEFORE UPDATE OR DELETE ON dispatch_run
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispatch_decision_stays BEFORE UPDATE OR DELETE ON dispatch_decision
FOR EACH ROW EXECUTE FUNCTION refuse_change();
