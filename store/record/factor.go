package record

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

const maxFactor = 64 << 10 // bytes of a factor row

// UserFactor is a version of a factor that people entered beside the shipped ones.
type UserFactor struct {
	bun.BaseModel `bun:"table:user_factor" json:"-"`
	ID            string
	Version       string
	Organization  access.Path // for whom; "/" for all
	Content       string      // the row, as the factor package reads it
	RecordedAt    time.Time
	Author        string
}

// SaveFactor records a factor version. Errors wrap ErrTooLarge (64 KiB) or
// ErrConflict: a version, once recorded, stays as it is.
func (s *Store) SaveFactor(ctx context.Context, act Act, factor UserFactor) error {
	if len(factor.Content) > maxFactor {
		return fmt.Errorf("%w: factor %s of %d bytes, at most %d", ErrTooLarge, factor.ID, len(factor.Content), maxFactor)
	}
	factor.RecordedAt, factor.Author = act.At, act.Who
	name := factor.ID + "@" + factor.Version
	return s.write(ctx, func(tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&factor).Exec(ctx); err != nil {
			return added(err, "factor", name)
		}
		return s.audit(ctx, tx, act, event{action: "factor.edit", organization: factor.Organization, resource: "factor/" + name})
	})
}

// FactorsAsKnownAt lists the factor versions that were recorded by a time, in the
// order of recording.
func (s *Store) FactorsAsKnownAt(ctx context.Context, at time.Time) ([]UserFactor, error) {
	factors := []UserFactor{}
	err := s.db.NewSelect().Model(&factors).Where("recorded_at <= ?", at).OrderExpr("recorded_at, id, version").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: factors: %w", err)
	}
	return factors, nil
}
