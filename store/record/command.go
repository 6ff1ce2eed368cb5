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
	"lingtan/control"
)

const maxControlState = 64 << 20 // bytes

// ControlSetup is a park's control setup as it was recorded at a time.
type ControlSetup struct {
	bun.BaseModel `bun:"table:control_setup" json:"-"`
	Park          string    `json:"park"`
	Number        int64     `json:"number"` // from 1, without gaps
	Hash          string    `json:"hash"`   // SHA-256 of YAML, hexadecimal
	RecordedAt    time.Time `json:"recordedAt"`
	Author        string    `json:"author"`
	YAML          string    `bun:"yaml" json:"yaml"`
}

// SaveControlSetup records a setup as the park's next version. The same text again
// makes no new one.
func (s *Store) SaveControlSetup(ctx context.Context, act Act, organization access.Path, park string, yaml []byte) (ControlSetup, error) {
	sum := sha256.Sum256(yaml)
	x := ControlSetup{Park: park, Hash: hex.EncodeToString(sum[:]), RecordedAt: act.At, Author: act.Who, YAML: string(yaml)}
	err := s.write(ctx, func(tx bun.Tx) error {
		latest, err := latestControlSetup(ctx, tx, park)
		if err != nil {
			return err
		}
		if latest.Number > 0 && latest.Hash == x.Hash {
			x = latest
			return nil
		}
		x.Number = latest.Number + 1
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return added(err, "control setup", park)
		}
		return s.audit(ctx, tx, act, event{action: "control.setup", organization: organization,
			resource: fmt.Sprintf("control-setup/%s@%d", park, x.Number), detail: "sha256 " + x.Hash})
	})
	return x, err
}

func latestControlSetup(ctx context.Context, db bun.IDB, park string) (ControlSetup, error) {
	var x ControlSetup
	err := db.NewSelect().Model(&x).Where("park = ?", park).OrderExpr("number DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return ControlSetup{}, nil
	}
	return x, found(err, "control setup of park", park)
}

// ControlSetup is the newest setup of a park; Number is 0 when it has none.
func (s *Store) ControlSetup(ctx context.Context, park string) (ControlSetup, error) {
	return latestControlSetup(ctx, s.db, park)
}

// ControlledParks are the parks that have a setup, sorted.
func (s *Store) ControlledParks(ctx context.Context) ([]string, error) {
	list := []string{}
	err := s.db.NewSelect().Model((*ControlSetup)(nil)).ColumnExpr("DISTINCT park").OrderExpr("park").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("record: controlled parks: %w", err)
	}
	return list, nil
}

type controlLineRow struct {
	bun.BaseModel `bun:"table:control_line"`
	Park          string
	Number        int64
	At            time.Time
	RecordedAt    time.Time
	Who           string
	Event         string
	Asset         string
	Plan          string
	Detail        string
}

type controlStateRow struct {
	bun.BaseModel `bun:"table:control_state"`
	Park          string
	Revision      int64
	At            time.Time
	Packed        []byte
}

// ControlTurn is a step of a park's controller to be kept: the state that it came to,
// made from Revision, and the lines that tell how.
type ControlTurn struct {
	Park         string
	Organization access.Path
	Revision     int64 // of the state that it was made from; 0 = none
	State        control.State
	Lines        []control.Line
}

// SaveControl keeps a turn, all or nothing, and gives the revision of its state. It is
// an ErrConflict when another one was kept meanwhile: load the state and do it again.
// What a person decided gets its line in the audit log.
func (s *Store) SaveControl(ctx context.Context, act Act, turn ControlTurn) (int64, error) {
	text, err := json.Marshal(turn.State)
	if err != nil {
		return 0, fmt.Errorf("record: control of %s: %w", turn.Park, err)
	}
	if len(text) > maxControlState {
		return 0, fmt.Errorf("%w: control state of %d bytes, at most %d; reject plans", ErrTooLarge, len(text), maxControlState)
	}
	packed, err := pack(text)
	if err != nil {
		return 0, err
	}
	row := controlStateRow{Park: turn.Park, Revision: turn.Revision + 1, At: act.At, Packed: packed}
	err = s.write(ctx, func(tx bun.Tx) error {
		result, err := tx.NewInsert().Model(&row).On("CONFLICT (park) DO UPDATE").
			Set("revision = EXCLUDED.revision, at = EXCLUDED.at, packed = EXCLUDED.packed").
			Where("control_state_row.revision = ?", turn.Revision).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: control state of %s: %w", turn.Park, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(fmt.Errorf("%w: the control of park %s went on meanwhile; try again", ErrConflict, turn.Park), err)
		}
		for _, l := range turn.Lines {
			if err := s.saveControlLine(ctx, tx, act, turn, l); err != nil {
				return err
			}
		}
		return nil
	})
	return row.Revision, err
}

func (s *Store) saveControlLine(ctx context.Context, tx bun.Tx, act Act, turn ControlTurn, l control.Line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("record: control %s %d: %w", turn.Park, l.Number, err)
	}
	row := controlLineRow{Park: turn.Park, Number: l.Number, At: l.At, RecordedAt: act.At, Who: l.Who, Event: l.Event, Asset: l.Asset, Plan: l.Plan, Detail: string(text)}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return added(err, "line of the control journal", fmt.Sprintf("%s %d", turn.Park, l.Number))
	}
	if l.Who == "control" {
		return nil
	}
	return s.audit(ctx, tx, act, event{action: "control." + l.Event, organization: turn.Organization,
		resource: fmt.Sprintf("control/%s/%s%s@%d", turn.Park, l.Plan, l.Asset, l.Number), detail: l.To + " " + l.Reason})
}

// ControlState is the state of a park's controller and its revision, 0 when there is none.
func (s *Store) ControlState(ctx context.Context, park string) (control.State, int64, error) {
	var x control.State
	var row controlStateRow
	err := s.db.NewSelect().Model(&row).Where("park = ?", park).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return x, 0, nil
	}
	if err != nil {
		return x, 0, fmt.Errorf("record: control state of %s: %w", park, err)
	}
	text, err := unpack(row.Packed)
	if err == nil {
		err = json.Unmarshal(text, &x)
	}
	if err != nil {
		return x, 0, fmt.Errorf("record: control state of %s: %w", park, err)
	}
	return x, row.Revision, nil
}

// ControlLines are lines of a park's journal numbered below before (0: from the newest),
// the newest first, at most limit (1 to 1000); of one asset or plan where it is named.
func (s *Store) ControlLines(ctx context.Context, park, asset, plan string, before int64, limit int) ([]control.Line, error) {
	var rows []controlLineRow
	q := s.db.NewSelect().Model(&rows).Where("park = ?", park).OrderExpr("number DESC").Limit(min(max(limit, 1), 1000))
	if before > 0 {
		q = q.Where("number < ?", before)
	}
	if asset != "" {
		q = q.Where("asset = ?", asset)
	}
	if plan != "" {
		q = q.Where("plan = ?", plan)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("record: control journal of %s: %w", park, err)
	}
	list := make([]control.Line, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row.Detail), &list[i]); err != nil {
			return nil, fmt.Errorf("record: control journal of %s, line %d: %w", park, row.Number, err)
		}
	}
	return list, nil
}

// CommandRecord is an attempt to set a value of a device: once when it is sent or
// refused, once with what came of it.
type CommandRecord struct {
	bun.BaseModel `bun:"table:command" json:"-"`
	Park          string    `json:"park"`
	Number        int64     `json:"number"` // in the park, from 1
	At            time.Time `json:"at"`
	Device        string    `json:"device"`
	Name          string    `json:"name"`
	Value         float64   `json:"value"`
	Who           string    `json:"who"`
	Approval      string    `json:"approval"`
	Outcome       string    `json:"outcome"`  // refused, sent, done, failed
	ReadBack      *float64  `json:"readBack"` // null when nothing was read
	Error         string    `json:"error"`
}

// SaveCommand keeps an attempt for good and gives it its number.
func (s *Store) SaveCommand(ctx context.Context, x CommandRecord) error {
	return s.write(ctx, func(tx bun.Tx) error {
		var last int64
		err := tx.NewSelect().Model((*CommandRecord)(nil)).ColumnExpr("COALESCE(MAX(number), 0)").Where("park = ?", x.Park).Scan(ctx, &last)
		if err != nil {
			return fmt.Errorf("record: commands of %s: %w", x.Park, err)
		}
		x.Number = last + 1
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return fmt.Errorf("record: command of %s: %w", x.Park, err)
		}
		return nil
	})
}

// Commands are the last attempts of a park, the newest first, at most limit (1 to 1000).
func (s *Store) Commands(ctx context.Context, park string, limit int) ([]CommandRecord, error) {
	list := []CommandRecord{}
	err := s.db.NewSelect().Model(&list).Where("park = ?", park).OrderExpr("number DESC").Limit(min(max(limit, 1), 1000)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: commands of %s: %w", park, err)
	}
	return list, nil
}
