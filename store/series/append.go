package series

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lingtan/meter"
)

// Limits on a batch. Times lie in the years 1 to 9999.
const (
	maxBatch = 1 << 24
	minTime  = -62135596800000
	maxTime  = 253402300800000
)

// Append stores the batch and marks in one transaction that is durable when it
// returns. A row that is stored already with the same time, span and value bits is
// a duplicate and changes nothing; another value for a known register and time is
// stored as its next revision, also within the batch, where the later row wins.
// After an error nothing of the batch is stored, unless the process ended in the
// meantime: send it again, for a repeat does no harm.
func (s *Store) Append(ctx context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error) {
	var result meter.Admission
	if err := checkBatch(b); err != nil {
		return result, err
	}
	s.files.giveWay(ctx)
	err := s.transact(ctx, func(recorded int64) (func(), error) {
		l, err := s.learn(park, b.Keys)
		if err != nil {
			return nil, err
		}
		rows := sortBatch(b, l.ids)
		known, err := s.lookUp(ctx, l.park.id, rows)
		if err != nil {
			return nil, err
		}
		kept, err := rows.admit(known)
		if err != nil {
			return nil, err
		}
		result = kept.admission
		if err := s.writeReadings(kept, recorded); err != nil {
			return nil, err
		}
		return func() {
			s.publish(l)
			s.extents.widen(l.park.id, rows)
			s.last.update(l.park.id, kept, recorded)
		}, s.putMarks(ctx, recorded, marks)
	})
	if err != nil {
		return meter.Admission{}, err
	}
	return result, nil
}

// checkBatch refuses what can never be stored.
func checkBatch(b *meter.Batch) error {
	n := len(b.At)
	if n > maxBatch {
		return fmt.Errorf("%w: a batch of %d rows; give at most %d at a time", ErrInput, n, maxBatch)
	}
	if len(b.Ref) != n || len(b.Span) != n || len(b.Value) != n {
		return fmt.Errorf("%w: a batch whose columns have %d, %d, %d and %d rows; make them equal", ErrInput,
			len(b.Ref), n, len(b.Span), len(b.Value))
	}
	for i, v := range b.Value {
		switch {
		case int(b.Ref[i]) >= len(b.Keys):
			return fmt.Errorf("%w: row %d refers to key %d of %d", ErrInput, i, b.Ref[i], len(b.Keys))
		case math.IsNaN(v) || math.IsInf(v, 0):
			return fmt.Errorf("%w: row %d, register %s: value %v is no number; leave the reading out", ErrInput,
				i, b.Keys[b.Ref[i]], v)
		case b.At[i] < minTime || b.At[i] >= maxTime:
			return fmt.Errorf("%w: row %d, register %s: time %d is not in the years 1 to 9999; give Unix milliseconds",
				ErrInput, i, b.Keys[b.Ref[i]], b.At[i])
		case b.Span[i] < 0:
			return fmt.Errorf("%w: row %d, register %s: span of %d s; give 0 or more", ErrInput,
				i, b.Keys[b.Ref[i]], b.Span[i])
		}
	}
	return nil
}

// sorted is a batch by register number and time; rows of the same register and
// time stand in the order of their arrival. Register ids[k] has rows
// [start[k], start[k+1]).
type sorted struct {
	ids   []uint32
	start []int
	at    []int64
	span  []int32
	value []float64
}

// sortBatch puts the batch in order by one counting pass over registers, then
// sorts the registers that did not arrive in time order. The order lets a read of
// few registers skip most of the hot table.
func sortBatch(b *meter.Batch, ids []uint32) *sorted {
	n := b.Len()
	s := &sorted{at: make([]int64, n), span: make([]int32, n), value: make([]float64, n)}
	count := make([]int, len(b.Keys))
	for _, r := range b.Ref {
		count[r]++
	}
	order := make([]int, 0, len(ids))
	for k := range ids {
		if count[k] > 0 {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(ids[a]) - int(ids[b]) })
	// Keys that are named twice share a slot.
	slot, fill := make([]int, len(b.Keys)), make([]int, 0, len(order))
	next := 0
	for _, k := range order {
		if m := len(s.ids); m == 0 || s.ids[m-1] != ids[k] {
			s.ids, s.start, fill = append(s.ids, ids[k]), append(s.start, next), append(fill, next)
		}
		slot[k] = len(s.ids) - 1
		next += count[k]
	}
	s.start = append(s.start, n)
	for i, r := range b.Ref {
		p := fill[slot[r]]
		fill[slot[r]]++
		s.at[p], s.span[p], s.value[p] = b.At[i], b.Span[i], b.Value[i]
	}
	for k := range s.ids {
		s.sortRun(s.start[k], s.start[k+1])
	}
	return s
}

func (s *sorted) sortRun(i, j int) {
	if slices.IsSorted(s.at[i:j]) {
		return
	}
	order := make([]int, j-i)
	for k := range order {
		order[k] = i + k
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareTime(s.at[a], s.at[b]) })
	at, span, value := make([]int64, j-i), make([]int32, j-i), make([]float64, j-i)
	for k, o := range order {
		at[k], span[k], value[k] = s.at[o], s.span[o], s.value[o]
	}
	copy(s.at[i:], at)
	copy(s.span[i:], span)
	copy(s.value[i:], value)
}

func compareTime(a, b int64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// admitted is the rows of a batch that are stored, in the order of sorted.
type admitted struct {
	series    []uint32
	at        []int64
	span      []int32
	value     []float64
	revision  []uint16
	admission meter.Admission
}

func (a *admitted) add(series uint32, at int64, r stored) {
	a.series = append(a.series, series)
	a.at = append(a.at, at)
	a.span = append(a.span, r.span)
	a.value = append(a.value, r.value)
	a.revision = append(a.revision, r.revision)
}

// stored is the latest that the store knows of one register at one time.
type stored struct {
	known    bool
	revision uint16
	span     int32
	value    float64
}

// fate is what becomes of a row.
type fate int

const (
	duplicate fate = iota
	isNew
	correction
	exhausted // a correction for which no revision number is left
)

// take puts the next row of the register and time into r.
func (r *stored) take(span int32, value float64) fate {
	became := correction
	switch {
	case !r.known:
		r.known, became = true, isNew
	case r.span == span && math.Float64bits(r.value) == math.Float64bits(value):
		return duplicate
	case r.revision == math.MaxUint16:
		return exhausted
	default:
		r.revision++
	}
	r.span, r.value = span, value
	return became
}

// before is what the store has at row i, the first of its register and time.
func before(known []stored, i int) stored {
	if known == nil {
		return stored{}
	}
	return known[i]
}

// admit says of every row whether it is new, a duplicate or a correction. known is
// what the store has at the first row of each register and time; nil = nothing.
func (s *sorted) admit(known []stored) (*admitted, error) {
	n := len(s.at)
	out := &admitted{series: make([]uint32, 0, n), at: make([]int64, 0, n), span: make([]int32, 0, n),
		value: make([]float64, 0, n), revision: make([]uint16, 0, n)}
	for k, id := range s.ids {
		var now stored
		for i := s.start[k]; i < s.start[k+1]; i++ {
			if i == s.start[k] || s.at[i] != s.at[i-1] {
				now = before(known, i)
			}
			switch now.take(s.span[i], s.value[i]) {
			case duplicate:
				out.admission.Duplicates++
				continue
			case isNew:
				out.admission.Stored++
			case correction:
				out.admission.Corrected++
			case exhausted:
				return nil, fmt.Errorf("%w: a reading at %d has %d corrections already; find out what keeps changing it",
					ErrInput, s.at[i], now.revision)
			}
			out.add(id, s.at[i], now)
		}
	}
	return out, nil
}

func (s *Store) writeReadings(a *admitted, recorded int64) error {
	return s.writer.write("readings", len(a.at), func(c chunk, from int) error {
		copy(column[uint32](c, 0), a.series[from:])
		copy(column[int64](c, 1), a.at[from:])
		copy(column[int32](c, 2), a.span[from:])
		copy(column[float64](c, 3), a.value[from:])
		copy(column[uint16](c, 4), a.revision[from:])
		at := column[int64](c, 5)
		for i := range at {
			at[i] = recorded
		}
		return nil
	})
}
