package series

import (
	"context"
	"slices"
)

// extents is, of every month that was written to since Open, the first and last
// time of each register in the store. A row outside of them is new without a
// look into the tables, which is nearly every row there is.
type extents struct {
	months map[parkMonth]map[uint32]extent
}

type parkMonth struct {
	park  uint32
	month int32
}

// extent is the first and last time of a register in a month.
type extent struct{ first, last int64 }

func (e *extents) at(park uint32, month int32) map[uint32]extent {
	return e.months[parkMonth{park, month}]
}

func (e *extents) put(park uint32, month int32, of map[uint32]extent) {
	if e.months == nil {
		e.months = map[parkMonth]map[uint32]extent{}
	}
	e.months[parkMonth{park, month}] = of
}

// widen makes the extents hold the rows that were committed.
func (e *extents) widen(park uint32, rows *sorted) {
	rows.eachMonth(func(k, i, j int, month int32) {
		of, x := e.at(park, month), extent{rows.at[i], rows.at[j-1]}
		if old, ok := of[rows.ids[k]]; ok {
			x.first, x.last = min(x.first, old.first), max(x.last, old.last)
		}
		of[rows.ids[k]] = x
	})
}

// eachMonth calls fn with every part [i, j) of a register's rows in one month.
func (s *sorted) eachMonth(fn func(k, i, j int, month int32)) {
	for k := range s.ids {
		for i, end := s.start[k], s.start[k+1]; i < end; {
			month := monthOf(s.at[i])
			limit := monthStart(month + 1)
			j, _ := slices.BinarySearch(s.at[i:end], limit)
			fn(k, i, i+j, month)
			i += j
		}
	}
}

// part is rows [i, j) of register k of a batch that the store may know already.
type part struct{ k, i, j int }

// lookUp is what the store has for the rows of the batch: nil when nothing.
func (s *Store) lookUp(ctx context.Context, park uint32, rows *sorted) ([]stored, error) {
	suspects := map[int32][]part{}
	var err error
	rows.eachMonth(func(k, i, j int, month int32) {
		if err != nil {
			return
		}
		of := s.extents.at(park, month)
		if of == nil {
			if of, err = s.loadExtents(ctx, park, month); err != nil {
				return
			}
			s.extents.put(park, month, of)
		}
		x, ok := of[rows.ids[k]]
		if !ok || x.last < rows.at[i] || x.first > rows.at[j-1] {
			return
		}
		suspects[month] = append(suspects[month], part{k, i, j})
	})
	if err != nil || len(suspects) == 0 {
		return nil, err
	}
	known := make([]stored, len(rows.at))
	for month, parts := range suspects {
		if err := s.lookUpMonth(ctx, park, month, rows, parts, known); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// lookUpMonth reads the month's rows of the suspected registers and times into known.
func (s *Store) lookUpMonth(ctx context.Context, park uint32, month int32, rows *sorted, parts []part, known []stored) error {
	r := reach{from: maxTime, to: minTime}
	byID := make(map[uint32]part, len(parts))
	for _, p := range parts {
		r.ids = append(r.ids, rows.ids[p.k])
		r.from, r.to = min(r.from, rows.at[p.i]), max(r.to, rows.at[p.j-1]+1)
		byID[rows.ids[p.k]] = p
	}
	take := func(c chunk) error {
		ids, ats, spans := column[uint32](c, 0), column[int64](c, 1), column[int32](c, 2)
		values, revisions := column[float64](c, 3), column[uint16](c, 4)
		for x, id := range ids {
			p := byID[id]
			n, found := slices.BinarySearch(rows.at[p.i:p.j], ats[x])
			if !found {
				continue
			}
			if k := &known[p.i+n]; !k.known || revisions[x] > k.revision {
				*k = stored{true, revisions[x], spans[x], values[x]}
			}
		}
		return nil
	}
	files, err := s.monthFiles(ctx, s.writer, park, month, month)
	if err != nil {
		return err
	}
	return s.scan(ctx, s.writer, files, r, take)
}

// loadExtents reads the extents of a month from its file and the hot table.
func (s *Store) loadExtents(ctx context.Context, park uint32, month int32) (map[uint32]extent, error) {
	of := map[uint32]extent{}
	files, err := s.monthFiles(ctx, s.writer, park, month, month)
	if err != nil {
		return nil, err
	}
	for _, from := range append([]string{hotRows(park)}, fileRows(s.paths(files))...) {
		sql := "SELECT series, min(time_ms), max(time_ms) FROM " + from + " WHERE " +
			within(monthStart(month), monthStart(month+1)) + " GROUP BY series"
		err := s.writer.run(ctx, sql, nil, func(c chunk) error {
			first, last := column[int64](c, 1), column[int64](c, 2)
			for i, id := range column[uint32](c, 0) {
				x, ok := of[id]
				if !ok {
					x = extent{first[i], last[i]}
				}
				of[id] = extent{min(x.first, first[i]), max(x.last, last[i])}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return of, nil
}
