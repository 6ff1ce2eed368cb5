package record

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lingtan/access"
)

// Import is a file of readings that was read in.
type Import struct {
	bun.BaseModel `bun:"table:import" json:"-"`
	ID            string // made by StartImport
	Park          string
	File          string // name without folders
	SHA256        string `bun:"sha256"`
	Size          int64  // bytes
	Mapping       string // JSON: which column is which register
	Rows          int64  `bun:"row_count"`
	Rejected      int64
	Admission     string // JSON: what the series store admitted
	State         string // running, done, failed
	Reason        string // why it failed
	Author        string
	StartedAt     time.Time
	FinishedAt    time.Time // zero while running
}

// StartImport notes that a file is being read in.
func (s *Store) StartImport(ctx context.Context, act Act, file Import) (Import, error) {
	place, err := s.ParkOrganization(ctx, file.Park)
	if err != nil {
		return Import{}, err
	}
	file.ID, file.State, file.Author, file.StartedAt = newID(), "running", act.Who, act.At
	err = s.write(ctx, func(tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&file).Exec(ctx); err != nil {
			return added(err, "import", file.File)
		}
		return s.auditImport(ctx, tx, act, place.Path, file)
	})
	return file, err
}

// FinishImport stores how an import went: Rows, Rejected, Admission, State (done
// or failed) and Reason; ErrNotFound when it is not running.
func (s *Store) FinishImport(ctx context.Context, act Act, file Import) error {
	place, err := s.ParkOrganization(ctx, file.Park)
	if err != nil {
		return err
	}
	if file.State != "done" && file.State != "failed" {
		return fmt.Errorf("%w: import %s of state %q: want done or failed", ErrConflict, file.ID, file.State)
	}
	file.FinishedAt = act.At
	return s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewUpdate().Model(&file).
			Column("row_count", "rejected", "admission", "state", "reason", "finished_at").
			Where("id = ? AND state = 'running'", file.ID).Exec(ctx)
		if err := changed(result, err, "running import", file.ID); err != nil {
			return err
		}
		return s.auditImport(ctx, tx, act, place.Path, file)
	})
}

func (s *Store) auditImport(ctx context.Context, tx bun.Tx, act Act, place access.Path, file Import) error {
	e := event{
		action: "readings.import", organization: place, resource: "import/" + file.ID,
		detail: fmt.Sprintf("%s %s, %d rows, %d rejected, sha256 %s %s", file.File, file.State, file.Rows, file.Rejected, file.SHA256, file.Reason),
	}
	if file.State == "failed" {
		e.outcome = "failed"
	}
	return s.audit(ctx, tx, act, e)
}

// Import finds an import by id; ErrNotFound.
func (s *Store) Import(ctx context.Context, id string) (Import, error) {
	var file Import
	err := s.db.NewSelect().Model(&file).Where("id = ?", id).Scan(ctx)
	return file, found(err, "import", id)
}

// Imports lists the imports of a park, the newest first, at most 1,000.
func (s *Store) Imports(ctx context.Context, parkID string) ([]Import, error) {
	files := []Import{}
	err := s.db.NewSelect().Model(&files).Where("park = ?", parkID).OrderExpr("started_at DESC, id").Limit(1000).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: imports of %s: %w", parkID, err)
	}
	return files, nil
}
