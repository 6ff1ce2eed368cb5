package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

type personRow struct {
	bun.BaseModel `bun:"table:person"`
	access.Person
}

type grantRow struct {
	bun.BaseModel `bun:"table:person_grant"`
	ID            string
	Person        string
	Role          access.Role
	Organization  access.Path
}

// AddPerson adds a person, whose id it makes, with a first grant. Errors wrap
// ErrConflict when the login is taken.
func (s *Store) AddPerson(ctx context.Context, act Act, person access.Person, first access.Grant) (access.Person, error) {
	person.ID, person.CreatedAt = newID(), act.At
	err := s.write(ctx, func(tx bun.Tx) error {
		if err := insertPerson(ctx, tx, person); err != nil {
			return err
		}
		if _, err := insertGrant(ctx, tx, person.ID, first); err != nil {
			return err
		}
		return s.audit(ctx, tx, act, event{
			action: "access.manage", organization: first.Organization, resource: "person/" + person.ID,
			detail: fmt.Sprintf("added %s as %s", person.Login, first.Role),
		})
	})
	return person, err
}

func insertPerson(ctx context.Context, tx bun.Tx, person access.Person) error {
	_, err := tx.NewInsert().Model(&personRow{Person: person}).Exec(ctx)
	return added(err, "person", person.Login)
}

func insertGrant(ctx context.Context, tx bun.Tx, person string, grant access.Grant) (access.Grant, error) {
	grant.ID = newID()
	row := grantRow{ID: grant.ID, Person: person, Role: grant.Role, Organization: grant.Organization}
	_, err := tx.NewInsert().Model(&row).Exec(ctx)
	return grant, added(err, "grant", string(grant.Role)+" at "+string(grant.Organization))
}

// Person finds a person by id; ErrNotFound.
func (s *Store) Person(ctx context.Context, id string) (access.Person, error) {
	var row personRow
	err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.Person, found(err, "person", id)
}

// PersonByLogin finds a person by login; ErrNotFound.
func (s *Store) PersonByLogin(ctx context.Context, login string) (access.Person, error) {
	var row personRow
	err := s.db.NewSelect().Model(&row).Where("login = ?", login).Scan(ctx)
	return row.Person, found(err, "login", login)
}

// personGrants is a person with the grants that lie within the organizations asked for.
type personGrants struct {
	access.Person
	Grants []access.Grant
}

// People lists who has a grant within the organizations, with those grants, by
// login; at most 10,000 grants. Within "/" everybody is listed.
func (s *Store) People(ctx context.Context, within []access.Path) ([]personGrants, error) {
	var grants []grantRow
	err := beneath(s.db.NewSelect().Model(&grants), "organization", within).
		OrderExpr("person, organization, role").Limit(10000).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: people: %w", err)
	}
	held := map[string][]access.Grant{}
	ids := []string{""}
	for _, row := range grants {
		if held[row.Person] == nil {
			ids = append(ids, row.Person)
		}
		held[row.Person] = append(held[row.Person], row.grant())
	}
	var rows []personRow
	q := s.db.NewSelect().Model(&rows).OrderExpr("login")
	if !slices.Contains(within, "/") {
		q = q.Where("id IN (?)", bun.In(ids))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("record: people: %w", err)
	}
	people := make([]personGrants, len(rows))
	for i, row := range rows {
		people[i] = personGrants{row.Person, held[row.ID]}
	}
	return people, nil
}

// GrantsOf lists the grants of a person.
func (s *Store) GrantsOf(ctx context.Context, person string) ([]access.Grant, error) {
	var rows []grantRow
	err := s.db.NewSelect().Model(&rows).Where("person = ?", person).OrderExpr("organization, role").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: grants of %s: %w", person, err)
	}
	grants := make([]access.Grant, len(rows))
	for i, row := range rows {
		grants[i] = row.grant()
	}
	return grants, nil
}

// AddGrant gives a person a role in an organization. Errors wrap ErrConflict when
// he has it, ErrNotFound when there is no such person.
func (s *Store) AddGrant(ctx context.Context, act Act, person string, grant access.Grant) (access.Grant, error) {
	if _, err := s.Person(ctx, person); err != nil {
		return access.Grant{}, err
	}
	err := s.write(ctx, func(tx bun.Tx) error {
		var err error
		if grant, err = insertGrant(ctx, tx, person, grant); err != nil {
			return err
		}
		return s.audit(ctx, tx, act, event{
			action: "access.manage", organization: grant.Organization, resource: "person/" + person,
			detail: "granted " + string(grant.Role),
		})
	})
	return grant, err
}

// Grant finds a grant and whose it is; ErrNotFound.
func (s *Store) Grant(ctx context.Context, id string) (person string, grant access.Grant, err error) {
	var row grantRow
	err = s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.Person, row.grant(), found(err, "grant", id)
}

// RevokeGrant takes a grant back. Errors wrap ErrNotFound, or ErrConflict for the
// last grant of an administrator of the whole installation.
func (s *Store) RevokeGrant(ctx context.Context, act Act, id string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		before, err := administrators(ctx, tx)
		if err != nil {
			return err
		}
		var row grantRow
		if err := tx.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
			return found(err, "grant", id)
		}
		if _, err := tx.NewDelete().Model(&row).Where("id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("record: grant %s: %w", id, err)
		}
		if err := keepsAdministrator(ctx, tx, before); err != nil {
			return err
		}
		return s.audit(ctx, tx, act, event{
			action: "access.manage", organization: row.Organization, resource: "person/" + row.Person,
			detail: "revoked " + string(row.Role),
		})
	})
}

// keepsAdministrator fails with ErrConflict when a change leaves nobody who may
// administer the whole installation, where somebody could before.
func keepsAdministrator(ctx context.Context, tx bun.Tx, before int) error {
	left, err := administrators(ctx, tx)
	if err != nil {
		return err
	}
	if before > 0 && left == 0 {
		return fmt.Errorf("%w: the last administrator stays; make another one first", ErrConflict)
	}
	return nil
}

func administrators(ctx context.Context, db bun.IDB) (int, error) {
	n, err := db.NewSelect().Model((*grantRow)(nil)).
		Join("JOIN person ON person.id = person_grant.person").ModelTableExpr("person_grant").
		Where("person_grant.role = ? AND person_grant.organization = '/' AND person.disabled_at = ?",
			string(access.Administrator), time.Time{}).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("record: administrators: %w", err)
	}
	return n, nil
}

// DisablePerson ends a person's sessions and lets him in no more; his tokens are
// revoked. Errors as of RevokeGrant.
func (s *Store) DisablePerson(ctx context.Context, act Act, id string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		before, err := administrators(ctx, tx)
		if err != nil {
			return err
		}
		result, err := tx.NewUpdate().Model((*personRow)(nil)).Set("disabled_at = ?", act.At).Where("id = ?", id).Exec(ctx)
		if err := changed(result, err, "person", id); err != nil {
			return err
		}
		if err := keepsAdministrator(ctx, tx, before); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, id); err != nil {
			return err
		}
		_, err = tx.NewUpdate().Model((*tokenRow)(nil)).Set("revoked_at = ?", act.At).
			Where("created_by = ? AND revoked_at = ?", id, time.Time{}).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: tokens of %s: %w", id, err)
		}
		return s.audit(ctx, tx, act, event{
			action: "access.manage", organization: "/", resource: "person/" + id, detail: "disabled",
		})
	})
}

// SetPassword stores the hash of a new password, ends all sessions of the person
// and voids his one-time links.
func (s *Store) SetPassword(ctx context.Context, act Act, person, hash string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*personRow)(nil)).Set("password_hash = ?", hash).Where("id = ?", person).Exec(ctx)
		if err := changed(result, err, "person", person); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, person); err != nil {
			return err
		}
		if err := voidLinks(ctx, tx, person, act.At); err != nil {
			return err
		}
		return s.audit(ctx, tx, act, event{
			action: "session.own", organization: "/", resource: "person/" + person, detail: "password set",
		})
	})
}

// RenewHash stores the same password hashed at another cost; sessions stay.
func (s *Store) RenewHash(ctx context.Context, person, hash string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*personRow)(nil)).Set("password_hash = ?", hash).Where("id = ?", person).Exec(ctx)
		return changed(result, err, "person", person)
	})
}

// FirstRun makes the first administrator with a one-time link under hash, so that
// no default password is ever needed. It does nothing, and says needed = false,
// once an administrator of the whole installation has set a password. Until then
// each call voids the earlier links and lays a new one.
func (s *Store) FirstRun(ctx context.Context, act Act, hash string) (needed bool, err error) {
	err = s.write(ctx, func(tx bun.Tx) error {
		person, err := firstAdministrator(ctx, tx, act)
		if err != nil || person.PasswordHash != "" {
			return err
		}
		needed = true
		return s.layLink(ctx, tx, act, person.ID, hash)
	})
	return needed, err
}

// firstAdministrator finds an administrator of the whole installation, one with a
// password before one without, or makes "admin".
func firstAdministrator(ctx context.Context, tx bun.Tx, act Act) (access.Person, error) {
	var row personRow
	err := tx.NewSelect().Model(&row).
		Where("disabled_at = ? AND id IN (SELECT person FROM person_grant WHERE role = ? AND organization = '/')",
			time.Time{}, string(access.Administrator)).
		OrderExpr("CASE WHEN password_hash = '' THEN 1 ELSE 0 END, created_at").Limit(1).Scan(ctx)
	if err == nil {
		return row.Person, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return access.Person{}, fmt.Errorf("record: first administrator: %w", err)
	}
	person := access.Person{ID: newID(), Login: "admin", Name: "管理员 Administrator", CreatedAt: act.At}
	if err := insertPerson(ctx, tx, person); err != nil {
		return access.Person{}, err
	}
	_, err = insertGrant(ctx, tx, person.ID, access.Grant{Role: access.Administrator, Organization: "/"})
	return person, err
}

func (r grantRow) grant() access.Grant {
	return access.Grant{ID: r.ID, Role: r.Role, Organization: r.Organization}
}
