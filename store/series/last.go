package series

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Reading is one reading with what the store knows of it.
type Reading struct {
	Key        string  `json:"register"`
	At         int64   `json:"at"`   // Unix milliseconds UTC
	Span       int32   `json:"span"` // seconds
	Value      float64 `json:"value"`
	Revision   uint16  `json:"revision"`   // 0 as first stored, 1.. for corrections
	RecordedAt int64   `json:"recordedAt"` // Unix milliseconds UTC at which it became known
}

// lastValues is the latest reading of every register of the parks that were asked for.
type lastValues struct {
	sync.RWMutex
	parks map[uint32]map[uint32]Reading
}

// update takes a committed batch in: of each register its last row.
func (v *lastValues) update(park uint32, a *admitted, recorded int64) {
	v.Lock()
	defer v.Unlock()
	of := v.parks[park]
	if of == nil {
		return // nobody asked yet; the first question reads it from the tables
	}
	for i, id := range a.series {
		if i+1 == len(a.series) || a.series[i+1] != id {
			keepLater(of, id, Reading{"", a.at[i], a.span[i], a.value[i], a.revision[i], recorded})
		}
	}
}

func keepLater(of map[uint32]Reading, id uint32, r Reading) {
	if old, ok := of[id]; !ok || r.At > old.At || r.At == old.At && r.Revision > old.Revision {
		of[id] = r
	}
}

// Last is the latest reading of every register of the park, by key. The first call
// for a park reads it from the tables; it is kept in memory from then on.
func (s *Store) Last(ctx context.Context, park string) ([]Reading, error) {
	p := s.words.find(park)
	if p == nil {
		return nil, nil
	}
	s.last.RLock()
	of := s.last.parks[p.id]
	s.last.RUnlock()
	if of == nil {
		var err error
		if of, err = s.loadLast(ctx, p.id); err != nil {
			return nil, err
		}
	}
	s.last.RLock()
	out := make([]Reading, 0, len(of))
	for id, r := range of {
		r.Key = s.words.key(id)
		out = append(out, r)
	}
	s.last.RUnlock()
	slices.SortFunc(out, func(a, b Reading) int { return compareText(a.Key, b.Key) })
	return out, nil
}

// loadLast reads the last values while no write goes on, so that none is missed.
func (s *Store) loadLast(ctx context.Context, park uint32) (map[uint32]Reading, error) {
	s.write.Lock()
	defer s.write.Unlock()
	of := map[uint32]Reading{}
	err := s.snapshot(ctx, func(c *connection) error {
		files, err := s.monthFiles(ctx, c, park, -1<<30, 1<<30)
		if err != nil {
			return err
		}
		sources := []string{hotRows(park)}
		for i := range files { // newest first, though any order gives the same
			sources = append(sources, fileRows(s.paths(files[len(files)-1-i:][:1]))...)
		}
		for _, from := range sources {
			if err := lastOf(ctx, c, from, of); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.last.Lock()
	defer s.last.Unlock()
	if s.last.parks == nil {
		s.last.parks = map[uint32]map[uint32]Reading{}
	}
	s.last.parks[park] = of
	return of, nil
}

func lastOf(ctx context.Context, c *connection, from string, of map[uint32]Reading) error {
	// Of one register at one time there are fewer than 65,536 revisions.
	sql := `SELECT series, max(time_ms), arg_max(span, k), arg_max(value, k), arg_max(revision, k), arg_max(recorded, k)
		FROM (SELECT *, time_ms * 65536 + revision AS k FROM ` + from + `) GROUP BY series`
	return c.run(ctx, sql, nil, func(part chunk) error {
		at, span, value := column[int64](part, 1), column[int32](part, 2), column[float64](part, 3)
		revision, recorded := column[uint16](part, 4), column[int64](part, 5)
		for i, id := range column[uint32](part, 0) {
			keepLater(of, id, Reading{"", at[i], span[i], value[i], revision[i], recorded[i]})
		}
		return nil
	})
}

// Revisions is every revision of the register's readings in [from, to), by time and
// revision: what was known when.
func (s *Store) Revisions(ctx context.Context, park, key string, from, to int64) ([]Reading, error) {
	wanted, err := s.words.resolve(park, []string{key})
	if err != nil || !wanted[0].known || from >= to {
		return nil, err
	}
	p, r := s.words.find(park), reach{ids: []uint32{wanted[0].id}, from: max(from, minTime), to: min(to, maxTime)}
	var out []Reading
	err = s.snapshot(ctx, func(c *connection) error {
		files, err := s.monthFiles(ctx, c, p.id, monthOf(r.from), monthOf(r.to-1))
		if err != nil {
			return err
		}
		for _, source := range append(fileRows(s.paths(files)), "readings") {
			sql := "SELECT time_ms, span, value, revision, recorded FROM " + source + " WHERE " + r.where()
			err := c.run(ctx, sql, nil, func(part chunk) error {
				at, span, value := column[int64](part, 0), column[int32](part, 1), column[float64](part, 2)
				revision, recorded := column[uint16](part, 3), column[int64](part, 4)
				for i := range at {
					out = append(out, Reading{key, at[i], span[i], value[i], revision[i], recorded[i]})
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Reading) int {
		if c := compareTime(a.At, b.At); c != 0 {
			return c
		}
		return int(a.Revision) - int(b.Revision)
	})
	return out, err
}

// Touch is a run of UTC days in which a register got new or corrected readings.
type Touch struct {
	Key      string
	From, To int64 // times of the readings: From the first, To one past the last
}

// Touched is what was recorded after since, by key and time: runs of UTC days
// without a new reading part two touches. It reads only what is newer, so it is
// cheap when little is.
func (s *Store) Touched(ctx context.Context, park string, since int64) ([]Touch, error) {
	p := s.words.find(park)
	if p == nil {
		return nil, nil
	}
	var out []Touch
	err := s.snapshot(ctx, func(c *connection) error {
		files, err := s.monthFiles(ctx, c, p.id, -1<<30, 1<<30)
		if err != nil {
			return err
		}
		files = slices.DeleteFunc(files, func(f monthFile) bool { return f.recorded <= since })
		for _, source := range append(fileRows(s.paths(files)), hotRows(p.id)) {
			sql := fmt.Sprintf(`SELECT series, min(time_ms), max(time_ms) + 1 FROM %s WHERE recorded > %d
				GROUP BY series, time_ms // 86400000`, source, since)
			err := c.run(ctx, sql, nil, func(part chunk) error {
				from, to := column[int64](part, 1), column[int64](part, 2)
				for i, id := range column[uint32](part, 0) {
					out = append(out, Touch{s.words.key(id), from[i], to[i]})
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return joinTouches(out), err
}

// joinTouches sorts touches and joins those of the same and of neighbouring days.
func joinTouches(in []Touch) []Touch {
	slices.SortFunc(in, func(a, b Touch) int {
		if c := compareText(a.Key, b.Key); c != 0 {
			return c
		}
		return compareTime(a.From, b.From)
	})
	var out []Touch
	for _, t := range in {
		n := len(out) - 1
		if n < 0 || out[n].Key != t.Key || utcDay(t.From) > utcDay(out[n].To-1)+1 {
			out = append(out, t)
			continue
		}
		out[n].To = max(out[n].To, t.To)
	}
	return out
}

func utcDay(at int64) int64 {
	if at < 0 {
		return (at - 86399999) / 86400000
	}
	return at / 86400000
}
