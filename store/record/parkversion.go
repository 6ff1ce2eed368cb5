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

const maxPark = 16 << 20 // bytes of a park file

// ParkVersion is a park file as it was recorded at a time.
type ParkVersion struct {
	bun.BaseModel `bun:"table:park_version" json:"-"`
	Park          string // park id
	Number        int64  // from 1, without gaps
	Hash          string // SHA-256 of YAML, hexadecimal
	RecordedAt    time.Time
	Author        string      // person or token id, or system
	Organization  access.Path // place of the park in the tree
	YAML          string      `bun:"yaml"`
}

// SaveParkVersion records a park file as the next version at act.At, with its
// organizations (PlaceOrganizations). A file equal to the latest version makes no
// new one: that version is returned. Errors wrap ErrTooLarge (over 16 MiB), or
// ErrConflict when the park stands elsewhere in the tree or act.At is before the
// latest version.
func (s *Store) SaveParkVersion(ctx context.Context, act Act, parkID string, yaml []byte, tree Tree) (ParkVersion, error) {
	if len(yaml) > maxPark {
		return ParkVersion{}, fmt.Errorf("%w: park file of %d bytes, at most %d", ErrTooLarge, len(yaml), maxPark)
	}
	sum := sha256.Sum256(yaml)
	version := ParkVersion{
		Park: parkID, Hash: hex.EncodeToString(sum[:]), RecordedAt: act.At,
		Author: act.Who, Organization: tree.Park, YAML: string(yaml),
	}
	err := s.write(ctx, func(tx bun.Tx) error {
		latest, err := latestVersion(ctx, tx, parkID)
		if err != nil {
			return err
		}
		if latest.Number > 0 && latest.Hash == version.Hash {
			version = latest
			return nil
		}
		if latest.Number > 0 && latest.Organization != tree.Park {
			return fmt.Errorf("%w: park %s stands at %s, the file says %s: region and id of a park are fixed",
				ErrConflict, parkID, latest.Organization, tree.Park)
		}
		if latest.RecordedAt.After(act.At) {
			return fmt.Errorf("%w: park %s was recorded at %s, after this change", ErrConflict, parkID, latest.RecordedAt)
		}
		version.Number = latest.Number + 1
		if _, err := tx.NewInsert().Model(&version).Exec(ctx); err != nil {
			return added(err, "park version", parkID)
		}
		if err := saveOrganizations(ctx, tx, tree.Nodes); err != nil {
			return err
		}
		return s.audit(ctx, tx, act, event{
			action: "park.edit", organization: tree.Park, resource: fmt.Sprintf("park/%s@%d", parkID, version.Number),
			detail: "sha256 " + version.Hash,
		})
	})
	return version, err
}

func latestVersion(ctx context.Context, db bun.IDB, parkID string) (ParkVersion, error) {
	var version ParkVersion
	err := db.NewSelect().Model(&version).Where("park = ?", parkID).OrderExpr("number DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return ParkVersion{}, nil
	}
	return version, found(err, "park", parkID)
}

// Parks lists the ids of all parks with a park file, and their places.
func (s *Store) Parks(ctx context.Context) (map[string]access.Path, error) {
	var rows []ParkVersion
	err := s.db.NewSelect().Model(&rows).Column("park", "organization").Where("number = 1").OrderExpr("park").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: parks: %w", err)
	}
	places := make(map[string]access.Path, len(rows))
	for _, row := range rows {
		places[row.Park] = row.Organization
	}
	return places, nil
}

// ParkVersionAsKnownAt finds the park file that was the latest at a time;
// ErrNotFound when none was recorded by then.
func (s *Store) ParkVersionAsKnownAt(ctx context.Context, parkID string, at time.Time) (ParkVersion, error) {
	var version ParkVersion
	err := s.db.NewSelect().Model(&version).Where("park = ? AND recorded_at <= ?", parkID, at).
		OrderExpr("number DESC").Limit(1).Scan(ctx)
	return version, found(err, "park as known at "+at.UTC().Format(time.RFC3339)+":", parkID)
}

// ParkVersion finds a version by number; ErrNotFound.
func (s *Store) ParkVersion(ctx context.Context, parkID string, number int64) (ParkVersion, error) {
	var version ParkVersion
	err := s.db.NewSelect().Model(&version).Where("park = ? AND number = ?", parkID, number).Scan(ctx)
	return version, found(err, fmt.Sprintf("version %d of park", number), parkID)
}

// ParkVersions lists the versions of a park, the newest first, without YAML.
func (s *Store) ParkVersions(ctx context.Context, parkID string) ([]ParkVersion, error) {
	versions := []ParkVersion{}
	err := s.db.NewSelect().Model(&versions).ExcludeColumn("yaml").Where("park = ?", parkID).OrderExpr("number DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: versions of park %s: %w", parkID, err)
	}
	return versions, nil
}
