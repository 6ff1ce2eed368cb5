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

const maxDeviceList = 8 << 20 // bytes of a device list

// DeviceVersion is a park's device list as it was recorded at a time.
type DeviceVersion struct {
	bun.BaseModel `bun:"table:device_version" json:"-"`
	Park          string // park id
	Number        int64  // from 1, without gaps
	Hash          string // SHA-256 of YAML, hexadecimal
	RecordedAt    time.Time
	Author        string // person or token id, or system
	YAML          string `bun:"yaml"`
}

// SaveDevices records a device list as the park's next version at act.At. A list
// equal to the latest version makes no new one: that version is returned. after is
// the number of the version that the change was made from, 0 for none, negative to
// replace whatever is there. Errors wrap ErrTooLarge (over 8 MiB), or ErrConflict
// when another version was recorded since or act.At is before the latest.
func (s *Store) SaveDevices(ctx context.Context, act Act, parkID string, yaml []byte, after int64, organization access.Path) (DeviceVersion, error) {
	if len(yaml) > maxDeviceList {
		return DeviceVersion{}, fmt.Errorf("%w: device list of %d bytes, at most %d", ErrTooLarge, len(yaml), maxDeviceList)
	}
	sum := sha256.Sum256(yaml)
	version := DeviceVersion{Park: parkID, Hash: hex.EncodeToString(sum[:]), RecordedAt: act.At, Author: act.Who, YAML: string(yaml)}
	err := s.write(ctx, func(tx bun.Tx) error {
		latest, err := latestDevices(ctx, tx, parkID)
		if err != nil {
			return err
		}
		if latest.Number > 0 && latest.Hash == version.Hash {
			version = latest
			return nil
		}
		if after >= 0 && latest.Number != after {
			return fmt.Errorf("%w: the device list of park %s is at version %d, the change was made from %d; load it and try again",
				ErrConflict, parkID, latest.Number, after)
		}
		if latest.RecordedAt.After(act.At) {
			return fmt.Errorf("%w: the device list of park %s was recorded at %s, after this change", ErrConflict, parkID, latest.RecordedAt)
		}
		version.Number = latest.Number + 1
		if _, err := tx.NewInsert().Model(&version).Exec(ctx); err != nil {
			return added(err, "device list", parkID)
		}
		return s.audit(ctx, tx, act, event{
			action: "device.edit", organization: organization, resource: fmt.Sprintf("devices/%s@%d", parkID, version.Number),
			detail: "sha256 " + version.Hash,
		})
	})
	if err != nil {
		return DeviceVersion{}, err
	}
	return version, nil
}

func latestDevices(ctx context.Context, db bun.IDB, parkID string) (DeviceVersion, error) {
	var version DeviceVersion
	err := db.NewSelect().Model(&version).Where("park = ?", parkID).OrderExpr("number DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return DeviceVersion{}, nil
	}
	return version, found(err, "device list of park", parkID)
}

// Devices is the newest device list of a park; Number is 0 when it has none.
func (s *Store) Devices(ctx context.Context, parkID string) (DeviceVersion, error) {
	return latestDevices(ctx, s.db, parkID)
}

// DeviceVersions lists the versions of a park's device list, the newest first,
// without YAML.
func (s *Store) DeviceVersions(ctx context.Context, parkID string) ([]DeviceVersion, error) {
	versions := []DeviceVersion{}
	err := s.db.NewSelect().Model(&versions).ExcludeColumn("yaml").Where("park = ?", parkID).OrderExpr("number DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: device lists of park %s: %w", parkID, err)
	}
	return versions, nil
}
