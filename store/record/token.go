package record

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

type tokenRow struct {
	bun.BaseModel `bun:"table:service_token"`
	access.ServiceToken
}

// AddToken stores a service token, whose id it makes.
func (s *Store) AddToken(ctx context.Context, act Act, token access.ServiceToken) (access.ServiceToken, error) {
	token.ID, token.CreatedAt, token.CreatedBy = newID(), act.At, act.Who
	err := s.write(ctx, func(tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&tokenRow{ServiceToken: token}).Exec(ctx); err != nil {
			return added(err, "token", token.Name)
		}
		for _, grant := range token.Grants {
			e := event{
				action: "access.manage", organization: grant.Organization, resource: "token/" + token.ID,
				detail: fmt.Sprintf("token %s as %s", token.Name, grant.Role),
			}
			if err := s.audit(ctx, tx, act, e); err != nil {
				return err
			}
		}
		return nil
	})
	return token, err
}

// TokenByHash finds a token by the hash of its secret; ErrNotFound. Whether it is
// live is for the caller to ask.
func (s *Store) TokenByHash(ctx context.Context, hash string) (access.ServiceToken, error) {
	var row tokenRow
	err := s.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	return row.ServiceToken, found(err, "token", "")
}

// Token finds a token by id; ErrNotFound.
func (s *Store) Token(ctx context.Context, id string) (access.ServiceToken, error) {
	var row tokenRow
	err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.ServiceToken, found(err, "token", id)
}

// Tokens lists the tokens all of whose grants lie within the organizations, the
// newest first.
func (s *Store) Tokens(ctx context.Context, within []access.Path) ([]access.ServiceToken, error) {
	var rows []tokenRow
	if err := s.db.NewSelect().Model(&rows).OrderExpr("created_at DESC").Limit(10000).Scan(ctx); err != nil {
		return nil, fmt.Errorf("record: tokens: %w", err)
	}
	outside := func(grant access.Grant) bool {
		return !slices.ContainsFunc(within, func(path access.Path) bool { return path.Contains(grant.Organization) })
	}
	tokens := []access.ServiceToken{}
	for _, row := range rows {
		if !slices.ContainsFunc(row.Grants, outside) {
			tokens = append(tokens, row.ServiceToken)
		}
	}
	return tokens, nil
}

// RevokeToken ends a token; ErrNotFound when there is none or it was revoked.
func (s *Store) RevokeToken(ctx context.Context, act Act, id string) error {
	token, err := s.Token(ctx, id)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*tokenRow)(nil)).Set("revoked_at = ?", act.At).
			Where("id = ? AND revoked_at = ?", id, time.Time{}).Exec(ctx)
		if err := changed(result, err, "token", id); err != nil {
			return err
		}
		e := event{action: "access.manage", organization: "/", resource: "token/" + id, detail: "token revoked"}
		if len(token.Grants) > 0 {
			e.organization = token.Grants[0].Organization
		}
		return s.audit(ctx, tx, act, e)
	})
}
