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

// The limits of declared activity data.
const (
	maxActivities   = 5_000_000 // revisions in the store
	maxActivityText = 64 << 10  // bytes of all texts of a revision
)

// Activity is a revision of an amount that a member of a park declares for a span of
// days: what no meter tells. Nothing is overwritten: a change is the next revision, and
// so is its withdrawal.
type Activity struct {
	bun.BaseModel `bun:"table:activity" json:"-"`
	Park          string      `json:"park"`
	ID            string      `json:"id"`       // unique in the park
	Revision      int64       `json:"revision"` // from 1, without gaps; set by SaveActivity
	Organization  access.Path `json:"-"`        // where Member stands in the tree
	Member        string      `json:"organization"`
	Kind          string      `json:"kind"` // the activity of a method's rules
	Carrier       string      `json:"carrier"`
	First         string      `bun:"first_day" json:"first"` // civil days in the park's zone, both included
	Last          string      `bun:"last_day" json:"last"`
	Amount        string      `json:"amount"` // decimal, in Unit
	Unit          string      `json:"unit"`
	Given         string      `bun:"own_values" json:"given"` // JSON: role → value of one's own
	Choose        string      `bun:"choices" json:"choose"`   // JSON: role → alternative
	Evidence      string      `json:"evidence"`
	Uncertainty   string      `json:"uncertainty"` // decimal, half the 95 % interval, relative; empty = not stated
	Note          string      `json:"note"`
	Withdrawn     bool        `json:"withdrawn"`
	RecordedAt    time.Time   `json:"recordedAt"`
	Author        string      `json:"author"`
}

// SaveActivity records an activity as its next revision. after is the revision that the
// change was made from, 0 for a new record. Errors wrap ErrConflict (another revision
// was recorded since, or the id is taken), ErrNotFound (after > 0 and no such record) or
// ErrTooLarge (64 KiB of text, 5,000,000 revisions in all).
func (s *Store) SaveActivity(ctx context.Context, act Act, x Activity, after int64) (Activity, error) {
	x.Revision = after
	list, err := s.SaveActivities(ctx, act, []Activity{x})
	if err != nil {
		return Activity{}, err
	}
	return list[0], nil
}

// SaveActivities records activities of a park as SaveActivity does, all or none; the
// Revision of each is the one that the change was made from.
func (s *Store) SaveActivities(ctx context.Context, act Act, list []Activity) ([]Activity, error) {
	saved := make([]Activity, len(list))
	err := s.write(ctx, func(tx bun.Tx) error {
		n, err := tx.NewSelect().Model((*Activity)(nil)).Count(ctx)
		if err != nil {
			return fmt.Errorf("record: activities: %w", err)
		}
		if n+len(list) > maxActivities {
			return fmt.Errorf("%w: %d revisions of activities and %d more, at most %d", ErrTooLarge, n, len(list), maxActivities)
		}
		for i, x := range list {
			if saved[i], err = s.saveActivity(ctx, tx, act, x); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return saved, nil
}

func (s *Store) saveActivity(ctx context.Context, tx bun.Tx, act Act, x Activity) (Activity, error) {
	size := len(x.ID) + len(x.Kind) + len(x.Carrier) + len(x.Amount) + len(x.Unit) + len(x.Given) + len(x.Choose) + len(x.Evidence) + len(x.Note)
	if size > maxActivityText {
		return x, fmt.Errorf("%w: activity %.80q of %d bytes, at most %d", ErrTooLarge, x.ID, size, maxActivityText)
	}
	latest, err := latestActivity(ctx, tx, x.Park, x.ID)
	switch {
	case err != nil:
		return x, err
	case latest.Revision == 0 && x.Revision > 0:
		return x, fmt.Errorf("%w: activity %.120q", ErrNotFound, x.ID)
	case latest.Revision != x.Revision:
		return x, fmt.Errorf("%w: activity %.120q is at revision %d, the change was made from %d; load it and try again", ErrConflict, x.ID, latest.Revision, x.Revision)
	case latest.RecordedAt.After(act.At):
		return x, fmt.Errorf("%w: activity %.120q was recorded at %s, after this change", ErrConflict, x.ID, latest.RecordedAt)
	}
	x.Revision, x.RecordedAt, x.Author = x.Revision+1, act.At.UTC().Truncate(time.Millisecond), act.Who
	if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
		return x, added(err, "activity", x.ID)
	}
	detail := fmt.Sprintf("%s %s of %s, %s to %s", x.Amount, x.Unit, x.Kind, x.First, x.Last)
	if x.Withdrawn {
		detail = "withdrawn: " + x.Note
	}
	return x, s.audit(ctx, tx, act, event{action: "readings.edit", organization: x.Organization,
		resource: fmt.Sprintf("activity/%s/%s@%d", x.Park, x.ID, x.Revision), detail: detail})
}

func latestActivity(ctx context.Context, db bun.IDB, park, id string) (Activity, error) {
	var x Activity
	err := db.NewSelect().Model(&x).Where("park = ? AND id = ?", park, id).OrderExpr("revision DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Activity{}, nil
	}
	return x, found(err, "activity", id)
}

// Activity is the newest revision of a record, withdrawn or not; ErrNotFound.
func (s *Store) Activity(ctx context.Context, park, id string) (Activity, error) {
	x, err := latestActivity(ctx, s.db, park, id)
	if err == nil && x.Revision == 0 {
		return x, fmt.Errorf("%w: activity %.120q of park %s", ErrNotFound, id, park)
	}
	return x, err
}

// ActivityRevisions are all revisions of a record, the newest first.
func (s *Store) ActivityRevisions(ctx context.Context, park, id string) ([]Activity, error) {
	list := []Activity{}
	err := s.db.NewSelect().Model(&list).Where("park = ? AND id = ?", park, id).OrderExpr("revision DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: activity %.120q: %w", id, err)
	}
	return list, nil
}

// ActivitiesAsKnownAt are the records of a park that touch the days [first, last], each
// in its newest revision recorded by a time, without those that were withdrawn by then,
// in the order of ids.
func (s *Store) ActivitiesAsKnownAt(ctx context.Context, park, first, last string, at time.Time) ([]Activity, error) {
	list := []Activity{}
	newest := s.db.NewSelect().TableExpr("activity AS later").ColumnExpr("max(later.revision)").
		Where("later.park = activity.park AND later.id = activity.id AND later.recorded_at <= ?", at)
	err := s.db.NewSelect().Model(&list).Where("park = ? AND first_day <= ? AND last_day >= ? AND NOT withdrawn", park, last, first).
		Where("revision = (?)", newest).OrderExpr("id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: activities of %s: %w", park, err)
	}
	return list, nil
}

// ReportingMethod says by which method a member of a park reports a year.
type ReportingMethod struct {
	bun.BaseModel `bun:"table:reporting_method" json:"-"`
	Park          string      `json:"park"`
	Member        string      `json:"organization"`
	Year          int64       `json:"year"`
	Revision      int64       `json:"revision"` // from 1, without gaps; set by SaveReportingMethod
	Organization  access.Path `json:"-"`        // where Member stands in the tree
	Method        string      `json:"method"`   // id@version; empty = it reports by none
	RecordedAt    time.Time   `json:"recordedAt"`
	Author        string      `json:"author"`
}

// SaveReportingMethod records by which method a member reports a year, as the next
// revision. The same method again changes nothing.
func (s *Store) SaveReportingMethod(ctx context.Context, act Act, x ReportingMethod) (ReportingMethod, error) {
	err := s.write(ctx, func(tx bun.Tx) error {
		var latest ReportingMethod
		err := tx.NewSelect().Model(&latest).Where("park = ? AND member = ? AND year = ?", x.Park, x.Member, x.Year).OrderExpr("revision DESC").Limit(1).Scan(ctx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("record: method of %.120q: %w", x.Member, err)
		}
		if latest.Method == x.Method {
			x = latest
			return nil
		}
		x.Revision, x.RecordedAt, x.Author = latest.Revision+1, act.At.UTC().Truncate(time.Millisecond), act.Who
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return added(err, "method", x.Member)
		}
		return s.audit(ctx, tx, act, event{action: "readings.edit", organization: x.Organization,
			resource: fmt.Sprintf("method/%s/%s/%d@%d", x.Park, x.Member, x.Year, x.Revision), detail: x.Method})
	})
	return x, err
}

// ReportingMethods are the methods of a park's members as recorded by a time, the newest
// of each member and year, in the order of members and years.
func (s *Store) ReportingMethods(ctx context.Context, park string, at time.Time) ([]ReportingMethod, error) {
	list := []ReportingMethod{}
	newest := s.db.NewSelect().TableExpr("reporting_method AS later").ColumnExpr("max(later.revision)").
		Where("later.park = reporting_method.park AND later.member = reporting_method.member AND later.year = reporting_method.year AND later.recorded_at <= ?", at)
	err := s.db.NewSelect().Model(&list).Where("park = ? AND method <> ''", park).Where("revision = (?)", newest).OrderExpr("member, year").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: methods of %s: %w", park, err)
	}
	return list, nil
}
