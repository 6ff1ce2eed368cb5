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
  packed       BLOB NOT NULL,
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
CREATE TRIGGER dispatch_document_update BEFORE UPDATE ON dispatch_document
BEGIN SELECT RAISE(ABORT, 'dispatch_document is append-only'); END;
CREATE TRIGGER dispatch_document_delete BEFORE DELETE ON dispatch_document
BEGIN SELECT RAISE(ABORT, 'dispatch_document is append-only'); END;
CREATE TRIGGER dispatch_run_update BEFORE UPDATE ON dispatch_run
BEGIN SELECT RAISE(ABORT, 'dispatch_run is append-only'); END;
CREATE TRIGGER dispatch_run_delete BEFORE DELETE ON dispatch_run
BEGIN SELECT RAISE(ABORT, 'dispatch_run is append-only'); END;
CREATE TRIGGER dispatch_decision_update BEFORE UPDATE ON dispatch_decision
BEGIN SELECT RAISE(ABORT, 'dispatch_decision is append-only'); END;
CREATE TRIGGER dispatch_decision_delete BEFORE DELETE ON dispatch_decision
BEGIN SELECT RAISE(ABORT, 'dispatch_decision is append-only'); END;
