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
	"lingtan/alarm"
)

const (
	maxAlarmRules = 16 << 20  // bytes of a rule file
	maxAlarmState = 256 << 20 // bytes of a state
)

// AlarmRules is a park's rule file as it was recorded at a time.
type AlarmRules struct {
	bun.BaseModel `bun:"table:alarm_rules" json:"-"`
	Park          string    `json:"park"`
	Number        int64     `json:"number"` // from 1, without gaps
	Hash          string    `json:"hash"`   // SHA-256 of YAML, hexadecimal
	RecordedAt    time.Time `json:"recordedAt"`
	Author        string    `json:"author"`
	YAML          string    `bun:"yaml" json:"yaml"`
}

// SaveAlarmRules records a rule file as the park's next version, made from the version
// after, 0 for none. The same text again makes no new one. Errors wrap ErrTooLarge (over
// 16 MiB) or ErrConflict (another version was recorded since).
func (s *Store) SaveAlarmRules(ctx context.Context, act Act, organization access.Path, park string, yaml []byte, after int64) (AlarmRules, error) {
	if len(yaml) > maxAlarmRules {
		return AlarmRules{}, fmt.Errorf("%w: alarm rules of %d bytes, at most %d", ErrTooLarge, len(yaml), maxAlarmRules)
	}
	sum := sha256.Sum256(yaml)
	x := AlarmRules{Park: park, Hash: hex.EncodeToString(sum[:]), RecordedAt: act.At, Author: act.Who, YAML: string(yaml)}
	err := s.write(ctx, func(tx bun.Tx) error {
		latest, err := latestAlarmRules(ctx, tx, park)
		switch {
		case err != nil:
			return err
		case latest.Number > 0 && latest.Hash == x.Hash:
			x = latest
			return nil
		case latest.Number != after:
			return fmt.Errorf("%w: the alarm rules of park %s are at version %d, the change was made from %d; load them and try again", ErrConflict, park, latest.Number, after)
		}
		x.Number = latest.Number + 1
		if _, err := tx.NewInsert().Model(&x).Exec(ctx); err != nil {
			return added(err, "alarm rules", park)
		}
		return s.audit(ctx, tx, act, event{action: "alarm.edit", organization: organization,
			resource: fmt.Sprintf("alarm-rules/%s@%d", park, x.Number), detail: "sha256 " + x.Hash})
	})
	return x, err
}

func latestAlarmRules(ctx context.Context, db bun.IDB, park string) (AlarmRules, error) {
	var x AlarmRules
	err := db.NewSelect().Model(&x).Where("park = ?", park).OrderExpr("number DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return AlarmRules{}, nil
	}
	return x, found(err, "alarm rules of park", park)
}

// AlarmRules is the newest rule file of a park; Number is 0 when it has none.
func (s *Store) AlarmRules(ctx context.Context, park string) (AlarmRules, error) {
	return latestAlarmRules(ctx, s.db, park)
}

// AlarmTick is what an outcome of the alarm engine leaves to be kept.
type AlarmTick struct {
	Park         string
	Organization access.Path // where the park stands in the tree
	Outcome      alarm.Outcome
	State        []byte // of the engine after it; nil = as it was
}

// transitionRow is a line of the journal; the whole transition is in Detail.
type transitionRow struct {
	bun.BaseModel `bun:"table:alarm_transition"`
	Park          string
	Rule          string
	Number        int64
	Occurrence    string
	Event         string
	At            time.Time
	RecordedAt    time.Time
	Who           string
	Detail        string
}

type noticeRow struct {
	bun.BaseModel `bun:"table:alarm_notice"`
	Park          string
	ID            string
	At            time.Time
	RecordedAt    time.Time
	Detail        string
}

type alarmStateRow struct {
	bun.BaseModel `bun:"table:alarm_state"`
	Park          string
	At            time.Time
	Packed        []byte
}

// SaveAlarms keeps a tick: transitions, notices and the state in one transaction, so
// that a restart finds them as one. What is there already stays, and is the same: a
// transition that contradicts one in the journal is an ErrConflict, and nothing of the
// tick is kept. What people did gets its line in the audit log.
func (s *Store) SaveAlarms(ctx context.Context, act Act, tick AlarmTick) error {
	if len(tick.State) > maxAlarmState {
		return fmt.Errorf("%w: alarm state of %d bytes, at most %d", ErrTooLarge, len(tick.State), maxAlarmState)
	}
	return s.write(ctx, func(tx bun.Tx) error {
		for _, x := range tick.Outcome.Transitions {
			if err := s.saveTransition(ctx, tx, act, tick, x); err != nil {
				return err
			}
		}
		for _, n := range tick.Outcome.Notices {
			text, err := json.Marshal(n)
			if err != nil {
				return fmt.Errorf("record: alarm notice %s: %w", n.ID, err)
			}
			row := noticeRow{Park: tick.Park, ID: n.ID, At: n.At, RecordedAt: act.At, Detail: string(text)}
			if _, err := tx.NewInsert().Model(&row).On("CONFLICT (park, id) DO NOTHING").Exec(ctx); err != nil {
				return fmt.Errorf("record: alarm notice %s: %w", n.ID, err)
			}
		}
		if tick.State == nil {
			return nil
		}
		packed, err := pack(tick.State)
		if err != nil {
			return err
		}
		row := alarmStateRow{Park: tick.Park, At: act.At, Packed: packed}
		_, err = tx.NewInsert().Model(&row).On("CONFLICT (park) DO UPDATE").Set("at = EXCLUDED.at, packed = EXCLUDED.packed").Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: alarm state of %s: %w", tick.Park, err)
		}
		return nil
	})
}

func (s *Store) saveTransition(ctx context.Context, tx bun.Tx, act Act, tick AlarmTick, x alarm.Transition) error {
	text, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("record: alarm %s %d: %w", x.Rule, x.Number, err)
	}
	row := transitionRow{Park: tick.Park, Rule: x.Rule, Number: x.Number, Occurrence: x.Occurrence, Event: x.Event,
		At: x.At, RecordedAt: act.At, Who: x.Who, Detail: string(text)}
	result, err := tx.NewInsert().Model(&row).On("CONFLICT (park, rule, number) DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: alarm %s %d: %w", x.Rule, x.Number, err)
	}
	if n, err := result.RowsAffected(); err == nil && n == 0 {
		var there transitionRow
		err := tx.NewSelect().Model(&there).Where("park = ? AND rule = ? AND number = ?", tick.Park, x.Rule, x.Number).Scan(ctx)
		if err != nil || there.Detail != row.Detail {
			return errors.Join(fmt.Errorf("%w: transition %d of alarm %.80q is in the journal otherwise; the engine runs on an older state, or twice", ErrConflict, x.Number, x.Rule), err)
		}
		return nil
	}
	if x.Who == "" {
		return nil
	}
	return s.audit(ctx, tx, act, event{action: "alarm.act", organization: tick.Organization,
		resource: fmt.Sprintf("alarm/%s/%s@%d", tick.Park, x.Rule, x.Number), detail: x.Event + ": " + x.Note})
}

// AlarmState is the newest state of a park's engine and when it was saved; nil when
// there is none.
func (s *Store) AlarmState(ctx context.Context, park string) ([]byte, time.Time, error) {
	var row alarmStateRow
	err := s.db.NewSelect().Model(&row).Where("park = ?", park).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("record: alarm state of %s: %w", park, err)
	}
	state, err := unpack(row.Packed)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("record: alarm state of %s: %w", park, err)
	}
	return state, row.At, nil
}

// AlarmQuery asks for lines of the journal: of a rule, of an occurrence, in a span of
// time [From, To); what is empty is any.
type AlarmQuery struct {
	Park, Rule, Occurrence string
	From, To               time.Time
	Limit                  int // 1 to 1000; 0 = 1000
}

// AlarmTransitions are lines of the journal, the newest first.
func (s *Store) AlarmTransitions(ctx context.Context, q AlarmQuery) ([]alarm.Transition, error) {
	if q.Limit < 1 || q.Limit > 1000 {
		q.Limit = 1000
	}
	var rows []transitionRow
	query := s.db.NewSelect().Model(&rows).Where("park = ?", q.Park).OrderExpr("at DESC, rule, number DESC").Limit(q.Limit)
	if q.Rule != "" {
		query = query.Where("rule = ?", q.Rule)
	}
	if q.Occurrence != "" {
		query = query.Where("occurrence = ?", q.Occurrence)
	}
	if !q.From.IsZero() {
		query = query.Where("at >= ?", q.From)
	}
	if !q.To.IsZero() {
		query = query.Where("at < ?", q.To)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, fmt.Errorf("record: alarms of %s: %w", q.Park, err)
	}
	list := make([]alarm.Transition, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row.Detail), &list[i]); err != nil {
			return nil, fmt.Errorf("record: alarm %s %d: %w", row.Rule, row.Number, err)
		}
	}
	return list, nil
}

// AlarmDelivery is an attempt to deliver a notice by a channel.
type AlarmDelivery struct {
	bun.BaseModel `bun:"table:alarm_delivery" json:"-"`
	Park          string    `json:"park"`
	Notice        string    `json:"notice"`
	Channel       string    `json:"channel"`
	Attempt       int64     `json:"attempt"` // from 1
	At            time.Time `json:"at"`
	Outcome       string    `json:"outcome"`  // delivered, retry, failed
	Status        int64     `json:"status"`   // of HTTP or SMTP; 0 = none was given
	Response      string    `json:"response"` // what the other side said, shortened
}

// SaveAlarmDelivery keeps an attempt; the same one again changes nothing.
func (s *Store) SaveAlarmDelivery(ctx context.Context, x AlarmDelivery) error {
	return s.write(ctx, func(tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&x).On("CONFLICT (park, notice, channel, attempt) DO NOTHING").Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: delivery of %s: %w", x.Notice, err)
		}
		return nil
	})
}

// AlarmDeliveries are the attempts to deliver a notice, in their order.
func (s *Store) AlarmDeliveries(ctx context.Context, park, notice string) ([]AlarmDelivery, error) {
	list := []AlarmDelivery{}
	err := s.db.NewSelect().Model(&list).Where("park = ? AND notice = ?", park, notice).OrderExpr("channel, attempt").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: deliveries of %s: %w", notice, err)
	}
	return list, nil
}

// UndeliveredAlarms are the notices of a park since a time, the oldest first, of which
// some channel has neither delivered nor failed for good: what a restart has to deliver.
func (s *Store) UndeliveredAlarms(ctx context.Context, park string, since time.Time) ([]alarm.Notice, error) {
	var rows []noticeRow
	err := s.db.NewSelect().Model(&rows).Where("park = ? AND at >= ?", park, since).OrderExpr("at, id").Limit(10_000).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: notices of %s: %w", park, err)
	}
	list := []alarm.Notice{}
	for _, row := range rows {
		var n alarm.Notice
		if err := json.Unmarshal([]byte(row.Detail), &n); err != nil {
			return nil, fmt.Errorf("record: notice %s: %w", row.ID, err)
		}
		var done int
		err := s.db.NewSelect().Model((*AlarmDelivery)(nil)).ColumnExpr("count(DISTINCT channel)").
			Where("park = ? AND notice = ? AND outcome IN ('delivered', 'failed')", park, row.ID).Scan(ctx, &done)
		if err != nil {
			return nil, fmt.Errorf("record: deliveries of %s: %w", row.ID, err)
		}
		if done < len(n.Channels) {
			list = append(list, n)
		}
	}
	return list, nil
}
