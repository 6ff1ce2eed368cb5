package series

import (
	"context"
	"slices"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
)

// groupDays is how many days of usage a read holds at a time: 0.9 kB each at
// 15-minute settlement.
const groupDays = 32 << 10

// Usage calls fn with the settled days of q, register by register in the order of
// q.Keys (all of the park: by key) and by day within one: of each day the highest
// revision recorded at or before q.AsKnownAt. A day that was never settled is left
// out. The day's slices are used again when fn returns.
func (s *Store) Usage(ctx context.Context, q usage.Query, fn func(usage.Day) error) error {
	wanted, err := s.words.resolve(q.Park, q.Keys)
	if err != nil {
		return err
	}
	return s.snapshot(ctx, func(c *connection) error {
		width, err := clampDays(ctx, c, &q)
		if err != nil || width <= 0 {
			return err
		}
		var b dayBundle
		for group := range slices.Chunk(wanted, max(1, groupDays/width)) {
			if err := b.read(ctx, c, group, q.First, width, q.AsKnownAt); err != nil {
				return err
			}
			for cell := range b.cells {
				if err := b.emit(cell, fn); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// UsageByDay is Usage day by day, and within one in the order of q.Keys or by key.
func (s *Store) UsageByDay(ctx context.Context, q usage.Query, fn func(usage.Day) error) error {
	wanted, err := s.words.resolve(q.Park, q.Keys)
	if err != nil || len(wanted) == 0 {
		return err
	}
	step := period.Day(max(1, groupDays/len(wanted)))
	return s.snapshot(ctx, func(c *connection) error {
		if _, err := clampDays(ctx, c, &q); err != nil {
			return err
		}
		var b dayBundle
		for first := q.First; first <= q.Last; first += step {
			width := int(min(step, q.Last-first+1))
			if err := b.read(ctx, c, wanted, first, width, q.AsKnownAt); err != nil {
				return err
			}
			for i := range b.cells { // day by day: the cells lie register by register
				if err := b.emit(i%len(wanted)*width+i/len(wanted), fn); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// clampDays narrows q to the days that the store has and gives their number, so
// that a question for "all days" costs no more than what there is.
func clampDays(ctx context.Context, c *connection, q *usage.Query) (width int, err error) {
	first, last := int64(0), int64(-1)
	err = c.run(ctx, "SELECT min(day), max(day) FROM days", nil, func(part chunk) error {
		if !part.null(0, 0) {
			first, last = int64(column[int32](part, 0)[0]), int64(column[int32](part, 1)[0])
		}
		return nil
	})
	q.First, q.Last = max(q.First, period.Day(first)), min(q.Last, period.Day(last))
	return int(q.Last) - int(q.First) + 1, err
}

// grid is a cell per wanted register and day.
type grid[T any] struct {
	group []named
	low   uint32
	slot  []int32 // register number − low → index into group; −1 = not wanted
	first period.Day
	width int
	cells []T
}

// open empties the grid for a group and gives what to scan for; false: nothing.
func (g *grid[T]) open(group []named, first period.Day, width int, known int64) (reach, bool) {
	g.group, g.first, g.width, g.slot = group, first, width, g.slot[:0]
	g.cells = slices.Grow(g.cells[:0], len(group)*width)[:len(group)*width]
	clear(g.cells)
	r := reach{byDay: true, from: int64(first), to: int64(first) + int64(width), known: known}
	for _, w := range group {
		if w.known {
			r.ids = append(r.ids, w.id)
		}
	}
	if len(r.ids) == 0 {
		return r, false
	}
	slices.Sort(r.ids)
	g.low = r.ids[0]
	for range r.ids[len(r.ids)-1] - g.low + 1 {
		g.slot = append(g.slot, -1)
	}
	for i, w := range group {
		if w.known {
			g.slot[w.id-g.low] = int32(i)
		}
	}
	return r, true
}

// cell is that of a scanned row; nil when the register is not wanted.
func (g *grid[T]) cell(id uint32, day period.Day) *T {
	k := g.slot[id-g.low]
	if k < 0 {
		return nil
	}
	return &g.cells[int(k)*g.width+int(day-g.first)]
}

// dayBundle gathers the days of a group of registers; lists lie end to end.
type dayBundle struct {
	grid[dayCell]
	amount   []float64
	quality  []meter.Quality
	coverage []uint8
}

// dayCell is a day without its lists, and where they lie.
type dayCell struct {
	day                    usage.Day
	known                  bool
	count                  int
	amount, quality, cover int // −1 = nil
}

func (b *dayBundle) read(ctx context.Context, c *connection, group []named, first period.Day, width int, known int64) error {
	b.amount, b.quality, b.coverage = b.amount[:0], b.quality[:0], b.coverage[:0]
	r, any := b.open(group, first, width, known)
	if !any {
		return nil
	}
	return c.run(ctx, "SELECT "+columnsOfDay+" FROM days WHERE "+r.where(), nil, func(part chunk) error {
		return eachDay(part, b.keep)
	})
}

func (b *dayBundle) keep(id uint32, d usage.Day) error {
	cell := b.cell(id, d.Day)
	if cell == nil || cell.known && cell.day.Revision > d.Revision {
		return nil
	}
	*cell = dayCell{known: true, count: len(d.Amount), amount: len(b.amount), quality: -1, cover: -1}
	b.amount = append(b.amount, d.Amount...)
	if d.Quality != nil {
		cell.quality = len(b.quality)
		b.quality = append(b.quality, d.Quality...)
	}
	if d.Coverage != nil {
		cell.cover = len(b.coverage)
		b.coverage = append(b.coverage, d.Coverage...)
	}
	d.Amount, d.Quality, d.Coverage = nil, nil, nil
	cell.day = d
	return nil
}

func (b *dayBundle) emit(i int, fn func(usage.Day) error) error {
	cell := &b.cells[i]
	if !cell.known {
		return nil
	}
	d, n := cell.day, cell.count
	d.Key = b.group[i/b.width].key
	d.Amount = b.amount[cell.amount : cell.amount+n : cell.amount+n]
	if cell.quality >= 0 {
		d.Quality = b.quality[cell.quality : cell.quality+n : cell.quality+n]
	}
	if cell.cover >= 0 {
		d.Coverage = b.coverage[cell.cover : cell.cover+n : cell.cover+n]
	}
	return fn(d)
}

// KeyTotals are a register's amounts over the days of a question.
type KeyTotals struct {
	Key  string `json:"register"`
	Days int    `json:"days"` // days with a settlement; the others add nothing to Missing
	usage.Totals
}

// UsageTotals sums the days of q for each register, in the order of q.Keys or by
// key, day after day, so that the same question gives the same bits. A key of
// q.Keys without a settled day has Days 0; where all of the park are asked for it
// is left out.
func (s *Store) UsageTotals(ctx context.Context, q usage.Query) ([]KeyTotals, error) {
	var out []KeyTotals
	for _, k := range q.Keys {
		out = append(out, KeyTotals{Key: k})
	}
	place := 0
	err := s.DayTotals(ctx, q, func(key string, _ period.Day, t usage.Totals) error {
		if len(q.Keys) == 0 && (len(out) == 0 || out[len(out)-1].Key != key) {
			out = append(out, KeyTotals{Key: key})
			place = len(out) - 1
		}
		for out[place].Key != key {
			place++
		}
		out[place].Days++
		out[place].Add(t)
		return nil
	})
	return out, err
}

// totalsCell is a day's totals; revision is one more than the day's, 0 = no day.
type totalsCell struct {
	measured, estimated, edited float64
	revision                    uint32
	intervals, missing          uint16
}

// groupTotals is how many days of totals a read holds at a time: 32 bytes each.
const groupTotals = 1 << 20

// DayTotals calls fn with the totals of each day of q, in the order of Usage,
// without reading the days' amounts.
func (s *Store) DayTotals(ctx context.Context, q usage.Query, fn func(key string, day period.Day, t usage.Totals) error) error {
	wanted, err := s.words.resolve(q.Park, q.Keys)
	if err != nil {
		return err
	}
	return s.snapshot(ctx, func(c *connection) error {
		width, err := clampDays(ctx, c, &q)
		if err != nil || width <= 0 {
			return err
		}
		g := s.totals.Get().(*grid[totalsCell])
		defer s.totals.Put(g)
		for group := range slices.Chunk(wanted, max(1, groupTotals/width)) {
			if err := readTotals(ctx, c, g, group, q); err != nil {
				return err
			}
			for i, t := range g.cells {
				if t.revision == 0 {
					continue
				}
				totals := usage.Totals{Measured: t.measured, Estimated: t.estimated, Edited: t.edited,
					Intervals: int(t.intervals), Missing: int(t.missing)}
				if err := fn(group[i/width].key, q.First+period.Day(i%width), totals); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func readTotals(ctx context.Context, c *connection, g *grid[totalsCell], group []named, q usage.Query) error {
	r, any := g.open(group, q.First, int(q.Last-q.First+1), q.AsKnownAt)
	if !any {
		return nil
	}
	sql := "SELECT series, day, revision, measured, estimated, edited, intervals, missing FROM days WHERE " + r.where()
	return c.run(ctx, sql, nil, func(part chunk) error {
		day, revision := column[int32](part, 1), column[uint16](part, 2)
		measured, estimated, edited := column[float64](part, 3), column[float64](part, 4), column[float64](part, 5)
		intervals, missing := column[uint16](part, 6), column[uint16](part, 7)
		for i, id := range column[uint32](part, 0) {
			cell := g.cell(id, period.Day(day[i]))
			if cell != nil && cell.revision <= uint32(revision[i]) {
				*cell = totalsCell{measured[i], estimated[i], edited[i], uint32(revision[i]) + 1, intervals[i], missing[i]}
			}
		}
		return nil
	})
}
