package series

import (
	"context"

	"lingtan/period"
	"lingtan/usage"
)

// DaySum tells which revisions of which registers' usage of a day are known: two questions
// with the same sum have the same settled usage of the day. It holds in one store alone.
type DaySum struct {
	Rows uint32 // revisions
	Sum  uint64 // of their numbers, mixed
}

// DaySums are the sums of the days of q; a day that was never settled is left out. It reads
// no amounts.
func (s *Store) DaySums(ctx context.Context, q usage.Query) (map[period.Day]DaySum, error) {
	wanted, err := s.words.resolve(q.Park, q.Keys)
	if err != nil {
		return nil, err
	}
	sums := map[period.Day]DaySum{}
	err = s.snapshot(ctx, func(c *connection) error {
		width, err := clampDays(ctx, c, &q)
		if err != nil || width <= 0 {
			return err
		}
		var g grid[struct{}] // tells which registers are wanted; it has no room for days
		r, any := g.open(wanted, q.First, 0, q.AsKnownAt)
		if !any {
			return nil
		}
		r.to = int64(q.Last) + 1
		return c.run(ctx, "SELECT series, day, revision FROM days WHERE "+r.where(), nil, func(part chunk) error {
			day, revision := column[int32](part, 1), column[uint16](part, 2)
			for i, id := range column[uint32](part, 0) {
				if g.slot[id-g.low] >= 0 {
					x := sums[period.Day(day[i])]
					x.Rows++
					x.Sum += mixed(uint64(id)<<16 | uint64(revision[i]))
					sums[period.Day(day[i])] = x
				}
			}
			return nil
		})
	})
	return sums, err
}

// mixed spreads a number over 64 bits (Steele, Lea and Flood 2014, SplitMix, its finisher),
// so that sums of different numbers differ.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
