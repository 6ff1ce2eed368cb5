package series

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
)

// Limits on settled days: a one-minute day of 25 hours has 1,500 intervals.
const (
	maxIntervals = 1500
	maxDays      = 1 << 20
)

// PutUsage stores settled days and marks in one transaction that is durable when
// it returns. A day whose key, day and revision are stored already with the same
// content is ignored, so a settlement that was cut off may be sent again; with
// other content it is ErrRevision and nothing of the call is stored: settle the
// day as its next revision. A RecordedAt of 0 becomes the store's recorded time,
// which is written back into days; a given one must not lie in the future.
func (s *Store) PutUsage(ctx context.Context, park string, days []usage.Day, marks ...meter.Mark) error {
	if err := checkDays(days); err != nil {
		return err
	}
	var at int64
	err := s.transact(ctx, func(recorded int64) (func(), error) {
		at = recorded
		l, ids, err := s.learnDays(park, days)
		if err != nil {
			return nil, err
		}
		order, err := s.newDays(ctx, days, ids)
		if err != nil {
			return nil, err
		}
		for _, i := range order {
			if days[i].RecordedAt > recorded {
				return nil, fmt.Errorf("%w: usage of %s on %v: recorded at %d, which is in the future; leave it 0",
					ErrInput, days[i].Key, days[i].Day, days[i].RecordedAt)
			}
		}
		if err := s.writeDays(days, ids, order, recorded); err != nil {
			return nil, err
		}
		return func() { s.publish(l) }, s.putMarks(ctx, recorded, marks)
	})
	if err != nil {
		return err
	}
	for i := range days {
		if days[i].RecordedAt == 0 {
			days[i].RecordedAt = at
		}
	}
	return nil
}

func checkDays(days []usage.Day) error {
	if len(days) > maxDays {
		return fmt.Errorf("%w: %d days; give at most %d at a time", ErrInput, len(days), maxDays)
	}
	for _, d := range days {
		n := len(d.Amount)
		switch {
		case n == 0 || n > maxIntervals:
			return fmt.Errorf("%w: usage of %s on %v has %d intervals; give 1 to %d", ErrInput, d.Key, d.Day, n, maxIntervals)
		case d.Quality != nil && len(d.Quality) != n, d.Coverage != nil && len(d.Coverage) != n:
			return fmt.Errorf("%w: usage of %s on %v has %d amounts, %d qualities and %d coverages; make them equal",
				ErrInput, d.Key, d.Day, n, len(d.Quality), len(d.Coverage))
		case slices.ContainsFunc(d.Amount, func(a float64) bool { return math.IsNaN(a) || math.IsInf(a, 0) }):
			return fmt.Errorf("%w: usage of %s on %v has an amount that is no number; a gap is Missing with amount 0",
				ErrInput, d.Key, d.Day)
		}
	}
	return nil
}

// learnDays numbers the registers of days: ids[i] is that of days[i].
func (s *Store) learnDays(park string, days []usage.Day) (*learning, []uint32, error) {
	var keys []string
	place := map[string]int{}
	ids := make([]uint32, len(days))
	for i, d := range days {
		k, ok := place[d.Key]
		if !ok {
			k = len(keys)
			place[d.Key], keys = k, append(keys, d.Key)
		}
		ids[i] = uint32(k)
	}
	l, err := s.learn(park, keys)
	if err != nil {
		return nil, nil, err
	}
	for i, k := range ids {
		ids[i] = l.ids[k]
	}
	return l, ids, nil
}

// dayRevision names a stored row of usage.
type dayRevision struct {
	series   uint32
	day      period.Day
	revision uint16
}

// newDays is the indices of the days that are not stored yet, ordered by month,
// register and day: reads by register and reads by day both find theirs together.
func (s *Store) newDays(ctx context.Context, days []usage.Day, ids []uint32) ([]int, error) {
	place := make(map[dayRevision]int, len(days))
	order := make([]int, 0, len(days))
	for i, d := range days {
		name := dayRevision{ids[i], d.Day, d.Revision}
		if j, ok := place[name]; ok {
			if !sameDay(d, days[j]) {
				return nil, conflict(d)
			}
			continue
		}
		place[name] = i
		order = append(order, i)
	}
	if err := s.dropStored(ctx, days, place); err != nil {
		return nil, err
	}
	order = slices.DeleteFunc(order, func(i int) bool {
		_, left := place[dayRevision{ids[i], days[i].Day, days[i].Revision}]
		return !left
	})
	month := make([]int32, len(days))
	for _, i := range order {
		month[i] = monthOf(int64(days[i].Day) * 86400000)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if c := int(month[a]) - int(month[b]); c != 0 {
			return c
		}
		if c := int(ids[a]) - int(ids[b]); c != 0 {
			return c
		}
		return int(days[a].Day) - int(days[b].Day)
	})
	return order, nil
}

func conflict(d usage.Day) error {
	return fmt.Errorf("%w: usage of %s on %v, revision %d; settle it as revision %d", ErrRevision,
		d.Key, d.Day, d.Revision, int(d.Revision)+1)
}

// dropStored takes out of place what is stored with the same content. The first
// look reads three narrow columns; only what is found is read whole.
func (s *Store) dropStored(ctx context.Context, days []usage.Day, place map[dayRevision]int) error {
	if len(place) == 0 {
		return nil
	}
	r := reach{byDay: true, from: math.MaxInt32, to: math.MinInt32}
	var found reach
	for name := range place {
		r.ids = append(r.ids, name.series)
		r.from, r.to = min(r.from, int64(name.day)), max(r.to, int64(name.day)+1)
	}
	slices.Sort(r.ids)
	r.ids = slices.Compact(r.ids)
	found = reach{byDay: true, from: r.to, to: r.from}
	err := s.writer.run(ctx, "SELECT series, day, revision FROM days WHERE "+r.where(), nil, func(c chunk) error {
		day, revision := column[int32](c, 1), column[uint16](c, 2)
		for i, id := range column[uint32](c, 0) {
			if _, ok := place[dayRevision{id, period.Day(day[i]), revision[i]}]; ok {
				found.ids = append(found.ids, id)
				found.from, found.to = min(found.from, int64(day[i])), max(found.to, int64(day[i])+1)
			}
		}
		return nil
	})
	if err != nil || len(found.ids) == 0 {
		return err
	}
	slices.Sort(found.ids)
	found.ids = slices.Compact(found.ids)
	return s.writer.run(ctx, "SELECT "+columnsOfDay+" FROM days WHERE "+found.where(), nil, func(c chunk) error {
		return eachDay(c, func(id uint32, stored usage.Day) error {
			name := dayRevision{id, stored.Day, stored.Revision}
			i, ok := place[name]
			if ok && !sameDay(days[i], stored) {
				return conflict(days[i])
			}
			delete(place, name)
			return nil
		})
	})
}

// sameDay says whether two settlements of one day and revision are one: all but
// the recorded time.
func sameDay(a, b usage.Day) bool {
	same := a.Readings == b.Readings && a.Digest == b.Digest && len(a.Amount) == len(b.Amount) &&
		(a.Quality == nil) == (b.Quality == nil) && (a.Coverage == nil) == (b.Coverage == nil) &&
		slices.Equal(a.Quality, b.Quality) && bytes.Equal(a.Coverage, b.Coverage)
	for i := 0; same && i < len(a.Amount); i++ {
		same = math.Float64bits(a.Amount[i]) == math.Float64bits(b.Amount[i])
	}
	return same
}

func (s *Store) writeDays(days []usage.Day, ids []uint32, order []int, recorded int64) error {
	return s.writer.write("days", len(order), func(c chunk, from int) error {
		id, day, revision, at := column[uint32](c, 0), column[int32](c, 1), column[uint16](c, 2), column[int64](c, 3)
		measured, estimated, edited := column[float64](c, 4), column[float64](c, 5), column[float64](c, 6)
		intervals, missing, readings := column[uint16](c, 7), column[uint16](c, 8), column[uint32](c, 9)
		for i := range c.rows {
			n := order[from+i]
			d := &days[n]
			t := d.Totals()
			id[i], day[i], revision[i], at[i] = ids[n], int32(d.Day), d.Revision, d.RecordedAt
			if d.RecordedAt == 0 {
				at[i] = recorded
			}
			measured[i], estimated[i], edited[i] = t.Measured, t.Estimated, t.Edited
			intervals[i], missing[i], readings[i] = uint16(t.Intervals), uint16(t.Missing), d.Readings
			c.setBytes(10, i, d.Digest[:])
		}
		if err := setLists(c, 11, func(i int) []float64 { return days[order[from+i]].Amount }); err != nil {
			return err
		}
		if err := setLists(c, 12, func(i int) []meter.Quality { return days[order[from+i]].Quality }); err != nil {
			return err
		}
		return setLists(c, 13, func(i int) []uint8 { return days[order[from+i]].Coverage })
	})
}

// columnsOfDay is what a scan of whole days yields, in this order.
const columnsOfDay = "series, day, revision, recorded, readings, digest, amount, quality, coverage"

// eachDay hands on the days of a chunk; their slices are DuckDB's memory.
func eachDay(c chunk, fn func(id uint32, d usage.Day) error) error {
	ids, day, revision, recorded := column[uint32](c, 0), column[int32](c, 1), column[uint16](c, 2), column[int64](c, 3)
	readings, digest := column[uint32](c, 4), texts(c, 5)
	amount, quality, coverage := lists[float64](c, 6), lists[meter.Quality](c, 7), lists[uint8](c, 8)
	for i, id := range ids {
		d := usage.Day{Day: period.Day(day[i]), Revision: revision[i], RecordedAt: recorded[i], Readings: readings[i],
			Amount: amount.row(i), Quality: quality.row(i), Coverage: coverage.row(i)}
		copy(d.Digest[:], digest[i].bytes())
		if err := fn(id, d); err != nil {
			return err
		}
	}
	return nil
}
