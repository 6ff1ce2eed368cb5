-- The device lists of parks, every version; what was recorded stays.
CREATE TABLE device_version (
  park        TEXT NOT NULL,
  number      BIGINT NOT NULL,
  hash        TEXT NOT NULL,
  recorded_at TIMESTAMPTZ NOT NULL,
  author      TEXT NOT NULL,
  yaml        TEXT NOT NULL,
  PRIMARY KEY (park, number)
);
CREATE TRIGGER device_version_stays BEFORE UPDATE OR DELETE ON device_version
FOR EACH ROW EXECUTE FUNCTION refuse_change();
