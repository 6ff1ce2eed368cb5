-- Activity data that people declare, every revision, and the method by which an
-- organization reports a year; what was recorded stays.
CREATE TABLE activity (
  park         TEXT NOT NULL,
  id           TEXT NOT NULL,
  revision     BIGINT NOT NULL,
  organization TEXT NOT NULL,
  member       TEXT NOT NULL,
  kind         TEXT NOT NULL,
  carrier      TEXT NOT NULL,
  first_day    TEXT NOT NULL,
  last_day     TEXT NOT NULL,
  amount       TEXT NOT NULL,
  unit         TEXT NOT NULL,
  own_values   TEXT NOT NULL,
  choices      TEXT NOT NULL,
  evidence     TEXT NOT NULL,
  uncertainty  TEXT NOT NULL,
  note         TEXT NOT NULL,
  withdrawn    BOOLEAN NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  PRIMARY KEY (park, id, revision)
);
CREATE TABLE reporting_method (
  park         TEXT NOT NULL,
  member       TEXT NOT NULL,
  year         BIGINT NOT NULL,
  revision     BIGINT NOT NULL,
  organization TEXT NOT NULL,
  method       TEXT NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  PRIMARY KEY (park, member, year, revision)
);
CREATE TRIGGER activity_stays BEFORE UPDATE OR DELETE ON activity
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reporting_method_stays BEFORE UPDATE OR DELETE ON reporting_method
FOR EACH ROW EXECUTE FUNCTION refuse_change();
