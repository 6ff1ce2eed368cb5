package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

// The limits of projects whose saving is measured.
const (
	maxSavings        = 100_000 // revisions in the store
	maxSavingText     = 64 << 10
	maxSavingBaseline = 32 << 20
)

// Saving is a revision of a project whose saving is measured: what is measured, of which
// measure, and the baseline's data as they were known when it was agreed. A later
// correction of a reading does not move an agreed baseline.
type Saving struct {
	bun.BaseModel `bun:"table:saving" json:"-"`
	Park          string      `json:"park"`
	ID            string      `json:"id"`       // unique in the park
	Revision      int64       `json:"revision"` // from 1, without gaps; set by SaveSaving
	Organization  access.Path `json:"-"`        // where Member stands in the tree
	Member        string      `json:"organization"`
	Measure       string      `json:"measure"`  // id of the measure or dispatch that is followed; may be empty
	Question      string      `json:"question"` // JSON: points, periods, drivers, adjustments
	BaselineHash  string      `json:"baselineHash"`
	Baseline      []byte      `json:"-"` // lingtan.savings/v1; packed in the table
	Withdrawn     bool        `json:"withdrawn"`
	Note          string      `json:"note"`
	RecordedAt    time.Time   `json:"recordedAt"`
	Author        string      `json:"author"`
}

// SaveSaving records a project as its next revision. after is the revision that the change
// was made from, 0 for a new one. Errors wrap ErrConflict (another revision was recorded
// since, or the id is taken), ErrNotFound (after > 0 and no such project) or ErrTooLarge.
func (s *Store) SaveSaving(ctx context.Context, act Act, x Saving, after int64) (Saving, error) {
	if n := len(x.ID) + len(x.Measure) + len(x.Question) + len(x.Note); n > maxSavingText || len(x.Baseline) > maxSavingBaseline {
		return x, fmt.Errorf("%w: project %.80q of %d bytes with a baseline of %d, at most %d and %d", ErrTooLarge, x.ID, n, len(x.Baseline), maxSavingText, maxSavingBaseline)
	}
	sum := sha256.Sum256(x.Baseline)
	row := x
	row.BaselineHash = hex.EncodeToString(sum[:])
	var err error
	if row.Baseline, err = pack(x.Baseline); err != nil {
		return x, err
	}
	err = s.write(ctx, func(tx bun.Tx) error {
		n, err := tx.NewSelect().Model((*Saving)(nil)).Count(ctx)
		if err != nil {
			return fmt.Errorf("record: projects: %w", err)
		}
		if n >= maxSavings {
			return fmt.Errorf("%w: %d revisions of projects, at most %d", ErrTooLarge, n, maxSavings)
		}
		latest, err := latestSaving(ctx, tx, x.Park, x.ID)
		switch {
		case err != nil:
			return err
		case latest.Revision == 0 && after > 0:
			return fmt.Errorf("%w: project %.120q", ErrNotFound, x.ID)
		case latest.Revision != after:
			return fmt.Errorf("%w: project %.120q is at revision %d, the change was made from %d; load it and try again", ErrConflict, x.ID, latest.Revision, after)
		}
		row.Revision, row.RecordedAt, row.Author = after+1, act.At.UTC().Truncate(time.Millisecond), act.Who
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return added(err, "project", x.ID)
		}
		detail := "measure " + row.Measure + ", baseline sha256 " + row.BaselineHash
		if row.Withdrawn {
			detail = "withdrawn: " + row.Note
		}
		return s.audit(ctx, tx, act, event{action: "readings.edit", organization: row.Organization,
			resource: fmt.Sprintf("saving/%s/%s@%d", row.Park, row.ID, row.Revision), detail: detail})
	})
	row.Baseline = x.Baseline
	return row, err
}

func latestSaving(ctx context.Context, db bun.IDB, park, id string) (Saving, error) {
	var x Saving
	err := db.NewSelect().Model(&x).Where("park = ? AND id = ?", park, id).OrderExpr("revision DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Saving{}, nil
	}
	if err := found(err, "project", id); err != nil {
		return x, err
	}
	x.Baseline, err = unpack(x.Baseline)
	return x, err
}

// Saving is the newest revision of a project with its baseline, withdrawn or not;
// ErrNotFound.
func (s *Store) Saving(ctx context.Context, park, id string) (Saving, error) {
	x, err := latestSaving(ctx, s.db, park, id)
	if err == nil && x.Revision == 0 {
		return x, fmt.Errorf("%w: project %.120q of park %s", ErrNotFound, id, park)
	}
	return x, err
}

// Savings are the newest revisions of a park's projects in order of their ids, without
// baselines and without those withdrawn; of one measure when it is not empty.
func (s *Store) Savings(ctx context.Context, park, measure string) ([]Saving, error) {
	list := []Saving{}
	q := s.db.NewSelect().Model(&list).ExcludeColumn("baseline").Where("park = ? AND NOT withdrawn", park).
		Where("revision = (SELECT MAX(y.revision) FROM saving AS y WHERE y.park = saving.park AND y.id = saving.id)").Order("id")
	if measure != "" {
		q = q.Where("measure = ?", measure)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("record: projects of %s: %w", park, err)
	}
	return list, nil
}
