package record

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

const maxSetting = 1 << 20 // bytes of a setting

type settingRow struct {
	bun.BaseModel `bun:"table:setting"`
	Key           string
	Value         string
	ChangedAt     time.Time
	ChangedBy     string
}

// Setting reads a setting into value, as encoding/json does; ErrNotFound when it
// was never set.
func (s *Store) Setting(ctx context.Context, key string, value any) error {
	var row settingRow
	err := s.db.NewSelect().Model(&row).Where("key = ?", key).Scan(ctx)
	if err := found(err, "setting", key); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(row.Value), value); err != nil {
		return fmt.Errorf("record: setting %s: %w", key, err)
	}
	return nil
}

// SetSetting stores a setting as JSON, at most 1 MiB.
func (s *Store) SetSetting(ctx context.Context, act Act, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("record: setting %s: %w", key, err)
	}
	if len(text) > maxSetting {
		return fmt.Errorf("%w: setting %s of %d bytes", ErrTooLarge, key, len(text))
	}
	row := settingRow{Key: key, Value: string(text), ChangedAt: act.At, ChangedBy: act.Who}
	return s.write(ctx, func(tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (key) DO UPDATE").
			Set("value = EXCLUDED.value, changed_at = EXCLUDED.changed_at, changed_by = EXCLUDED.changed_by").Exec(ctx)
		if err != nil {
			return added(err, "setting", key)
		}
		return s.audit(ctx, tx, act, event{action: "settings.manage", organization: "/", resource: "setting/" + key})
	})
}
