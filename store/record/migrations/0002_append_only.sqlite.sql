-- What was recorded stays: the store itself refuses to change or remove it.
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER park_version_update BEFORE UPDATE ON park_version
BEGIN SELECT RAISE(ABORT, 'park_version is append-only'); END;
CREATE TRIGGER park_version_delete BEFORE DELETE ON park_version
BEGIN SELECT RAISE(ABORT, 'park_version is append-only'); END;
CREATE TRIGGER user_factor_update BEFORE UPDATE ON user_factor
BEGIN SELECT RAISE(ABORT, 'user_factor is append-only'); END;
CREATE TRIGGER user_factor_delete BEFORE DELETE ON user_factor
BEGIN SELECT RAISE(ABORT, 'user_factor is append-only'); END;
