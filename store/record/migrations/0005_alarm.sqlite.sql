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
  packed       BLOB NOT NULL
);
CREATE TRIGGER alarm_rules_update BEFORE UPDATE ON alarm_rules
BEGIN SELECT RAISE(ABORT, 'alarm_rules is append-only'); END;
CREATE TRIGGER alarm_rules_delete BEFORE DELETE ON alarm_rules
BEGIN SELECT RAISE(ABORT, 'alarm_rules is append-only'); END;
CREATE TRIGGER alarm_transition_update BEFORE UPDATE ON alarm_transition
BEGIN SELECT RAISE(ABORT, 'alarm_transition is append-only'); END;
CREATE TRIGGER alarm_transition_delete BEFORE DELETE ON alarm_transition
BEGIN SELECT RAISE(ABORT, 'alarm_transition is append-only'); END;
CREATE TRIGGER alarm_notice_update BEFORE UPDATE ON alarm_notice
BEGIN SELECT RAISE(ABORT, 'alarm_notice is append-only'); END;
CREATE TRIGGER alarm_notice_delete BEFORE DELETE ON alarm_notice
BEGIN SELECT RAISE(ABORT, 'alarm_notice is append-only'); END;
CREATE TRIGGER alarm_delivery_update BEFORE UPDATE ON alarm_delivery
BEGIN SELECT RAISE(ABORT, 'alarm_delivery is append-only'); END;
CREATE TRIGGER alarm_delivery_delete BEFORE DELETE ON alarm_delivery
BEGIN SELECT RAISE(ABORT, 'alarm_delivery is append-only'); END;
