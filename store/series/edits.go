package series

import (
	"context"
	"fmt"
	"math"

	"lingtan/usage"
)

// PutEdit stores a person's edit and gives it back with its recorded time, which
// the store sets. Edits are never changed or removed: a later one over the same
// span is what counts, and both stay to be seen.
func (s *Store) PutEdit(ctx context.Context, park string, e usage.Edit) (usage.Edit, error) {
	if err := checkEdit(e); err != nil {
		return e, err
	}
	err := s.transact(ctx, func(recorded int64) (func(), error) {
		l, err := s.learn(park, []string{e.Key})
		if err != nil {
			return nil, err
		}
		e.RecordedAt = recorded
		return func() { s.publish(l) }, s.writer.exec(ctx, "INSERT INTO edits VALUES ($1, $2, $3, $4, $5, $6, $7)",
			l.ids[0], e.From, e.To, e.Amount, e.Who, e.Reason, recorded)
	})
	return e, err
}

// checkEdit refuses an edit that can never be stored.
func checkEdit(e usage.Edit) error {
	switch {
	case e.Who == "" || e.Reason == "":
		return fmt.Errorf("%w: edit of %s without a person or a reason; give both", ErrInput, e.Key)
	case e.From >= e.To:
		return fmt.Errorf("%w: edit of %s from %d to %d is empty; give To after From", ErrInput, e.Key, e.From, e.To)
	case math.IsNaN(e.Amount) || math.IsInf(e.Amount, 0):
		return fmt.Errorf("%w: edit of %s with amount %v", ErrInput, e.Key, e.Amount)
	case max(len(e.Who), len(e.Reason)) > maxProse:
		return fmt.Errorf("%w: edit of %s has a text of more than %d bytes", ErrInput, e.Key, maxProse)
	}
	return nil
}

// Edits is the edits of keys (empty: all of the park) that touch [from, to), as
// known at asKnownAt (0 = now), in the order in which they were recorded.
func (s *Store) Edits(ctx context.Context, park string, keys []string, from, to, asKnownAt int64) ([]usage.Edit, error) {
	wanted, err := s.words.resolve(park, keys)
	if err != nil {
		return nil, err
	}
	if asKnownAt == 0 {
		asKnownAt = math.MaxInt64
	}
	ids := knownIDs(wanted)
	var out []usage.Edit
	err = s.snapshot(ctx, func(c *connection) error {
		return c.run(ctx, `SELECT series, from_at, to_at, amount, who, reason, recorded FROM edits
			WHERE from_at < $1 AND to_at > $2 AND recorded <= $3 ORDER BY recorded`, []any{to, from, asKnownAt},
			func(part chunk) error {
				first, last, amount := column[int64](part, 1), column[int64](part, 2), column[float64](part, 3)
				who, reason, recorded := texts(part, 4), texts(part, 5), column[int64](part, 6)
				for i, id := range column[uint32](part, 0) {
					if ids[id] {
						out = append(out, usage.Edit{Key: s.words.key(id), From: first[i], To: last[i], Amount: amount[i],
							Who: string(who[i].bytes()), Reason: string(reason[i].bytes()), RecordedAt: recorded[i]})
					}
				}
				return nil
			})
	})
	return out, err
}
