package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

// AuditLine is one line of the audit log.
type AuditLine struct {
	bun.BaseModel `bun:"table:audit" json:"-"`
	Number        int64
	At            time.Time
	Who           string
	Name          string
	Address       string
	Action        string
	Organization  access.Path
	Resource      string // kind/id
	Outcome       string // done, refused, failed
	Detail        string
	Previous      string // hash of the line before; empty for the first
	Hash          string // SHA-256 of this line without it
}

// sum is the hash of a line: SHA-256 over the JSON array of its values in the
// order of the table, the time in microseconds since 1970.
func (l AuditLine) sum() string {
	text, _ := json.Marshal([]any{ // strings and whole numbers: cannot fail
		l.Number, l.At.UnixMicro(), l.Who, l.Name, l.Address, l.Action,
		l.Organization, l.Resource, l.Outcome, l.Detail, l.Previous,
	})
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}

const maxDetail = 2000

// event is what happened, for the audit log.
type event struct {
	action       string
	organization access.Path
	resource     string
	outcome      string
	detail       string
}

// audit writes a line after the last one, within a change.
func (s *Store) audit(ctx context.Context, tx bun.Tx, act Act, e event) error {
	var last AuditLine
	err := tx.NewSelect().Model(&last).OrderExpr("number DESC").Limit(1).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("record: audit: %w", err)
	}
	if e.outcome == "" {
		e.outcome = "done"
	}
	if detail := []rune(e.detail); len(detail) > maxDetail {
		e.detail = string(detail[:maxDetail])
	}
	line := AuditLine{
		Number: last.Number + 1, At: act.At.UTC().Truncate(time.Microsecond),
		Who: act.Who, Name: act.Name, Address: act.From,
		Action: e.action, Organization: e.organization, Resource: e.resource,
		Outcome: e.outcome, Detail: e.detail, Previous: last.Hash,
	}
	line.Hash = line.sum()
	if _, err := tx.NewInsert().Model(&line).Exec(ctx); err != nil {
		return fmt.Errorf("record: audit: %w", err)
	}
	return nil
}

// Note writes a line that belongs to no change of this store: a refusal, a failed
// sign-in, a command. Outcome is done, refused or failed.
func (s *Store) Note(ctx context.Context, act Act, action access.Action, organization access.Path, resource, outcome, detail string) error {
	return s.write(ctx, func(tx bun.Tx) error {
		return s.audit(ctx, tx, act, event{string(action), organization, resource, outcome, detail})
	})
}

// Audit lists lines of the organizations within, the newest first, numbered below
// before (0: from the newest), at most limit (1 to 500).
func (s *Store) Audit(ctx context.Context, within []access.Path, before int64, limit int) ([]AuditLine, error) {
	lines := []AuditLine{}
	q := beneath(s.db.NewSelect().Model(&lines), "organization", within).
		OrderExpr("number DESC").Limit(min(max(limit, 1), 500))
	if before > 0 {
		q = q.Where("number < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("record: audit: %w", err)
	}
	return lines, nil
}

// VerifyAudit walks the whole chain and returns the number of lines and the hash
// of the last. Errors wrap ErrTampered and name the first line that does not
// hold. Lines cut off at the end show only against a hash kept elsewhere.
func (s *Store) VerifyAudit(ctx context.Context) (lines int64, last string, err error) {
	for {
		var page []AuditLine
		err := s.db.NewSelect().Model(&page).Where("number > ?", lines).OrderExpr("number").Limit(1000).Scan(ctx)
		if err != nil {
			return lines, last, fmt.Errorf("record: audit: %w", err)
		}
		for _, line := range page {
			if line.Number != lines+1 || line.Previous != last || line.Hash != line.sum() {
				return lines, last, fmt.Errorf("%w: audit line %d", ErrTampered, lines+1)
			}
			lines, last = line.Number, line.Hash
		}
		if len(page) == 0 {
			return lines, last, nil
		}
	}
}
