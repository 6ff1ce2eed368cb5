package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:session"`
	access.Session
}

type linkRow struct {
	bun.BaseModel `bun:"table:one_time_link"`
	access.OneTimeLink
}

type attemptRow struct {
	bun.BaseModel `bun:"table:sign_in_attempt"`
	Key           string
	access.Attempts
}

// AddSession stores a new session and notes the sign-in; sessions that ended
// before are removed.
func (s *Store) AddSession(ctx context.Context, act Act, session access.Session) error {
	return s.write(ctx, func(tx bun.Tx) error {
		if _, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("expires_at < ?", act.At).Exec(ctx); err != nil {
			return fmt.Errorf("record: sessions: %w", err)
		}
		if _, err := tx.NewInsert().Model(&sessionRow{Session: session}).Exec(ctx); err != nil {
			return added(err, "session", "")
		}
		return s.audit(ctx, tx, act, event{
			action: "session.own", organization: "/", resource: "person/" + session.Person, detail: "signed in",
		})
	})
}

// Session finds a session by the hash of its secret; ErrNotFound. Whether it is
// live is for the caller to ask.
func (s *Store) Session(ctx context.Context, hash string) (access.Session, error) {
	var row sessionRow
	err := s.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	return row.Session, found(err, "session", "")
}

// SeeSession notes that a session was used.
func (s *Store) SeeSession(ctx context.Context, hash string, at time.Time) error {
	return s.write(ctx, func(tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*sessionRow)(nil)).Set("seen_at = ?", at).Where("hash = ?", hash).Exec(ctx)
		return err
	})
}

// RotateSession puts a fresh session in the place of an old one, both made by
// access.Session.Rotate. Errors wrap ErrConflict when another request was faster.
func (s *Store) RotateSession(ctx context.Context, old, fresh access.Session) error {
	return s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*sessionRow)(nil)).
			Set("replaced = ?", true).Set("expires_at = ?", old.ExpiresAt).
			Where("hash = ? AND replaced = ?", old.Hash, false).Exec(ctx)
		if err := changed(result, err, "session", ""); errors.Is(err, ErrNotFound) {
			return fmt.Errorf("%w: session was rotated", ErrConflict)
		} else if err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(&sessionRow{Session: fresh}).Exec(ctx)
		return added(err, "session", "")
	})
}

// EndSession signs a session out.
func (s *Store) EndSession(ctx context.Context, act Act, hash string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("hash = ?", hash).Exec(ctx)
		if err := changed(result, err, "session", ""); err != nil {
			return err
		}
		return s.audit(ctx, tx, act, event{
			action: "session.own", organization: "/", resource: "person/" + act.Who, detail: "signed out",
		})
	})
}

func endSessions(ctx context.Context, tx bun.Tx, person string) error {
	if _, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("person = ?", person).Exec(ctx); err != nil {
		return fmt.Errorf("record: sessions of %s: %w", person, err)
	}
	return nil
}

// AddLink lays a one-time link for a person under the hash of its secret, which
// voids his earlier ones.
func (s *Store) AddLink(ctx context.Context, act Act, person, hash string) error {
	if _, err := s.Person(ctx, person); err != nil {
		return err
	}
	return s.write(ctx, func(tx bun.Tx) error { return s.layLink(ctx, tx, act, person, hash) })
}

func (s *Store) layLink(ctx context.Context, tx bun.Tx, act Act, person, hash string) error {
	if err := voidLinks(ctx, tx, person, act.At); err != nil {
		return err
	}
	link := access.OneTimeLink{Hash: hash, Person: person, ExpiresAt: act.At.Add(access.LinkLife)}
	if _, err := tx.NewInsert().Model(&linkRow{OneTimeLink: link}).Exec(ctx); err != nil {
		return added(err, "link", "")
	}
	return s.audit(ctx, tx, act, event{
		action: "access.manage", organization: "/", resource: "person/" + person, detail: "one-time link laid",
	})
}

func voidLinks(ctx context.Context, tx bun.Tx, person string, at time.Time) error {
	_, err := tx.NewUpdate().Model((*linkRow)(nil)).Set("used_at = ?", at).
		Where("person = ? AND used_at = ?", person, time.Time{}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: links of %s: %w", person, err)
	}
	return nil
}

// UseLink uses a link up and returns whose it is. Errors wrap ErrNotFound when
// there is none, it was used or it has expired at act.At.
func (s *Store) UseLink(ctx context.Context, act Act, hash string) (person string, err error) {
	err = s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*linkRow)(nil)).Set("used_at = ?", act.At).
			Where("hash = ? AND used_at = ? AND expires_at > ?", hash, time.Time{}, act.At).Exec(ctx)
		if err := changed(result, err, "link", ""); err != nil {
			return err
		}
		var row linkRow
		if err := tx.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx); err != nil {
			return found(err, "link", "")
		}
		person = row.Person
		return s.audit(ctx, tx, act, event{
			action: "session.own", organization: "/", resource: "person/" + person, detail: "one-time link used",
		})
	})
	return person, err
}

// Attempts reads the failed sign-ins under a key; none is the zero value.
func (s *Store) Attempts(ctx context.Context, key string) (access.Attempts, error) {
	var row attemptRow
	err := s.db.NewSelect().Model(&row).Where("key = ?", key).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return access.Attempts{}, fmt.Errorf("record: attempts: %w", err)
	}
	return row.Attempts, nil
}

// FailAttempts counts a failed sign-in under each key; counts of yesterday are removed.
func (s *Store) FailAttempts(ctx context.Context, at time.Time, keys []string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		if _, err := tx.NewDelete().Model((*attemptRow)(nil)).Where("last < ?", at.Add(-24*time.Hour)).Exec(ctx); err != nil {
			return fmt.Errorf("record: attempts: %w", err)
		}
		for _, key := range keys {
			if err := failAttempt(ctx, tx, at, key); err != nil {
				return fmt.Errorf("record: attempts: %w", err)
			}
		}
		return nil
	})
}

func failAttempt(ctx context.Context, tx bun.Tx, at time.Time, key string) error {
	row := attemptRow{Key: key}
	err := tx.NewSelect().Model(&row).Where("key = ?", key).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	row = attemptRow{Key: key, Attempts: row.Attempts.Fail(at)}
	_, err = tx.NewInsert().Model(&row).
		On("CONFLICT (key) DO UPDATE").Set("failures = EXCLUDED.failures, last = EXCLUDED.last").Exec(ctx)
	return err
}

// ClearAttempts forgets the failures under a key.
func (s *Store) ClearAttempts(ctx context.Context, key string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*attemptRow)(nil)).Where("key = ?", key).Exec(ctx)
		return err
	})
}
