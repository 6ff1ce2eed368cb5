-- What was recorded stays: the store itself refuses to change or remove it.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER park_version_stays BEFORE UPDATE OR DELETE ON park_version
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER user_factor_stays BEFORE UPDATE OR DELETE ON user_factor
FOR EACH ROW EXECUTE FUNCTION refuse_change();
