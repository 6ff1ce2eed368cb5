-- Alarms of parks: the versions of their rules, every transition, notice and attempt at
-- delivery; what was recorded stays. The engine's state alone is replaced.
CREATE TABLE alarm_rules (
  park         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  hash         TEXT NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  author       TEXT NOT NULL,
  yaml         TEXT NOT NULL,
  PRIMARY KEY (park, number)
);
CREATE TABLE alarm_transition (
  park         TEXT NOT NULL,
  rule         TEXT NOT NULL,
  number       BIGINT NOT NULL,
  occurrence   TEXT NOT NULL,
  event        TEXT NOT NULL,
  at           TIMESTAMPTZ NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  who          TEXT NOT NULL,
  detail       TEXT NOT NULL,
  PRIMARY KEY (park, rule, number)
);
CREATE INDEX alarm_transition_at ON alarm_transition (park, at);
CREATE INDEX alarm_transition_occurrence ON alarm_transition (park, occurrence);
CREATE TABLE alarm_notice (
  park         TEXT NOT NULL,
  id           TEXT NOT NULL,
  at           TIMESTAMPTZ NOT NULL,
  recorded_at  TIMESTAMPTZ NOT NULL,
  detail       TEXT NOT NULL,
  PRIMARY KEY (park, id)
);
CREATE TABLE alarm_delivery (
  park         TEXT NOT NULL,
  notice       TEXT NOT NULL,
  channel      TEXT NOT NULL,
  attempt      BIGINT NOT NULL,
  at           TIMESTAMPTZ NOT NULL,
  outcome      TEXT NOT NULL,
  status       BIGINT NOT NULL,
  response     TEXT NOT NULL,
  PRIMARY KEY (park, notice, channel, attempt)
);
CREATE TABLE alarm_state (
  park         TEXT PRIMARY KEY,
  at           TIMESTAMPTZ NOT NULL,
  packed       BYTEA NOT NULL
);
CREATE TRIGGER alarm_rules_stays BEFORE UPDATE OR DELETE ON alarm_rules
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alarm_transition_stays BEFORE UPDATE OR DELETE ON alarm_transition
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alarm_notice_stays BEFORE UPDATE OR DELETE ON alarm_notice
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alarm_delivery_stays BEFORE UPDATE OR DELETE ON alarm_delivery
FOR EACH ROW EXECUTE FUNCTION refuse_change();
