package series

import (
	"context"
	"fmt"

	"lingtan/meter"
	"lingtan/usage"
)

// Arrival is one write as it has to be repeated on every node of a cluster: a batch,
// an edit or neither, at a recorded time that is the same on all of them.
type Arrival struct {
	Park       string
	Batch      *meter.Batch // nil: none
	Edit       *usage.Edit  // nil: none; its RecordedAt is overwritten
	Marks      []meter.Mark
	RecordedAt int64 // Unix milliseconds UTC
}

// Check says why the arrival can never be stored, with ErrInput; nil when it can.
// A reading's 65,536th correction is refused by AppendAll alone.
func (a *Arrival) Check() error {
	if a.Batch != nil || a.Edit != nil {
		if err := checkName("park", a.Park); err != nil {
			return err
		}
	}
	if a.Batch != nil {
		for _, k := range a.Batch.Keys {
			if err := checkName("register", k); err != nil {
				return err
			}
		}
		if err := checkBatch(a.Batch); err != nil {
			return err
		}
	}
	for _, m := range a.Marks {
		if err := checkName("mark", m.Name); err != nil {
			return err
		}
		if len(m.Value) > maxMark {
			return fmt.Errorf("%w: mark %s of %d bytes; at most %d", ErrInput, m.Name, len(m.Value), maxMark)
		}
	}
	if a.Edit == nil {
		return nil
	}
	if err := checkName("register", a.Edit.Key); err != nil {
		return err
	}
	return checkEdit(*a.Edit)
}

// AppendAll stores arrivals and marks in one transaction with the outcome that one
// Append after the other would have: it gives the admission of each. Each keeps its
// own recorded time, which must rise strictly along arrivals and be later than that
// of every reading and edit in the store (Newest), or compaction and questions by
// recorded time go wrong. So a store takes either Append or AppendAll, not both.
// New registers are numbered in a transaction of their own before.
func (s *Store) AppendAll(ctx context.Context, arrivals []Arrival, marks ...meter.Mark) ([]meter.Admission, error) {
	var latest int64
	for i := range arrivals {
		a := &arrivals[i]
		if err := a.Check(); err != nil {
			return nil, fmt.Errorf("arrival %d: %w", i, err)
		}
		if a.RecordedAt <= latest {
			return nil, fmt.Errorf("%w: arrival %d is recorded at %d, not after %d", ErrInput, i, a.RecordedAt, latest)
		}
		latest = a.RecordedAt
	}
	parks := gatherParks(arrivals)
	for _, p := range parks {
		if err := s.introduce(ctx, p); err != nil {
			return nil, err
		}
	}
	admissions := make([]meter.Admission, len(arrivals))
	err := s.transactAt(ctx, latest, func() (func(), error) {
		for _, p := range parks {
			if err := s.storePark(ctx, p, arrivals, admissions); err != nil {
				return nil, err
			}
		}
		for i := range arrivals {
			if err := s.storeRest(ctx, &arrivals[i]); err != nil {
				return nil, err
			}
		}
		return func() { s.settleParks(parks) }, s.putMarks(ctx, latest, marks)
	})
	if err != nil {
		return nil, err
	}
	return admissions, nil
}

// transactAt is transact at a recorded time that is at least latest.
func (s *Store) transactAt(ctx context.Context, latest int64, do func() (func(), error)) error {
	if err := s.lifetime.enter(); err != nil {
		return err
	}
	defer s.lifetime.leave()
	s.write.Lock()
	defer s.write.Unlock()
	recorded := max(s.tick(), latest)
	var committed func()
	err := s.writer.within(ctx, "BEGIN TRANSACTION", func() (err error) {
		if committed, err = do(); err != nil {
			return err
		}
		return s.writer.exec(ctx, "UPDATE clock SET recorded = $1", recorded)
	})
	if err != nil {
		return err
	}
	s.recorded = recorded
	committed()
	return nil
}

// parkArrivals is all batches of a park joined into one, in their order.
type parkArrivals struct {
	park     string
	words    []string    // registers named by batches and edits
	batch    meter.Batch // Keys may name a register twice
	of       []int       // row → index of its arrival
	rows     *sorted
	kept     *admitted
	recorded []int64 // of the rows of kept
	known    *parkWords
}

func gatherParks(arrivals []Arrival) []*parkArrivals {
	var parks []*parkArrivals
	index := map[string]*parkArrivals{}
	for i := range arrivals {
		a := &arrivals[i]
		if a.Batch == nil && a.Edit == nil {
			continue
		}
		p := index[a.Park]
		if p == nil {
			p = &parkArrivals{park: a.Park}
			index[a.Park] = p
			parks = append(parks, p)
		}
		p.add(i, a)
	}
	return parks
}

func (p *parkArrivals) add(i int, a *Arrival) {
	if a.Edit != nil {
		p.words = append(p.words, a.Edit.Key)
	}
	if a.Batch == nil {
		return
	}
	first := uint32(len(p.batch.Keys))
	p.words = append(p.words, a.Batch.Keys...)
	p.batch.Keys = append(p.batch.Keys, a.Batch.Keys...)
	for _, r := range a.Batch.Ref {
		p.batch.Ref = append(p.batch.Ref, first+r)
		p.of = append(p.of, i)
	}
	p.batch.At = append(p.batch.At, a.Batch.At...)
	p.batch.Span = append(p.batch.Span, a.Batch.Span...)
	p.batch.Value = append(p.batch.Value, a.Batch.Value...)
}

// introduce numbers the registers that the store does not know, so that several
// parks can be written to in one transaction. A name without readings does no harm.
func (s *Store) introduce(ctx context.Context, p *parkArrivals) error {
	known := s.words.find(p.park)
	if known != nil && s.words.hasAll(known, p.words) {
		return nil
	}
	return s.transact(ctx, func(int64) (func(), error) {
		l, err := s.learn(p.park, p.words)
		return func() { s.publish(l) }, err
	})
}

// hasAll is whether the park has all keys.
func (d *dictionary) hasAll(p *parkWords, keys []string) bool {
	d.RLock()
	defer d.RUnlock()
	for _, k := range keys {
		if _, ok := p.series[k]; !ok {
			return false
		}
	}
	return true
}

// storePark writes the rows of a park's batches within the writer's transaction.
func (s *Store) storePark(ctx context.Context, p *parkArrivals, arrivals []Arrival, admissions []meter.Admission) error {
	l, err := s.learn(p.park, p.batch.Keys)
	if err != nil {
		return err
	}
	p.known = l.park
	p.rows = sortBatch(&p.batch, l.ids)
	known, err := s.lookUp(ctx, l.park.id, p.rows)
	if err != nil {
		return err
	}
	if err := p.admit(known, p.origins(l.ids), arrivals, admissions); err != nil {
		return err
	}
	a := p.kept
	return s.writer.write("readings", len(a.at), func(c chunk, from int) error {
		copy(column[uint32](c, 0), a.series[from:])
		copy(column[int64](c, 1), a.at[from:])
		copy(column[int32](c, 2), a.span[from:])
		copy(column[float64](c, 3), a.value[from:])
		copy(column[uint16](c, 4), a.revision[from:])
		copy(column[int64](c, 5), p.recorded[from:])
		return nil
	})
}

// origins is the arrival of every row of rows: the same stable sort over the same
// registers and times, with the arrival in the place of the value.
func (p *parkArrivals) origins(ids []uint32) []float64 {
	as := p.batch
	as.Value = make([]float64, len(p.of))
	for i, n := range p.of {
		as.Value[i] = float64(n)
	}
	return sortBatch(&as, ids).value
}

// admit is sorted.admit for rows of several arrivals, each counted with its own.
func (p *parkArrivals) admit(known []stored, origin []float64, arrivals []Arrival, admissions []meter.Admission) error {
	p.kept = &admitted{}
	s := p.rows
	for k, id := range s.ids {
		var now stored
		for i := s.start[k]; i < s.start[k+1]; i++ {
			if i == s.start[k] || s.at[i] != s.at[i-1] {
				now = before(known, i)
			}
			from := int(origin[i])
			switch now.take(s.span[i], s.value[i]) {
			case duplicate:
				admissions[from].Duplicates++
				continue
			case isNew:
				admissions[from].Stored++
			case correction:
				admissions[from].Corrected++
			case exhausted:
				return fmt.Errorf("%w: a reading at %d has %d corrections already; find out what keeps changing it",
					ErrInput, s.at[i], now.revision)
			}
			p.kept.add(id, s.at[i], now)
			p.recorded = append(p.recorded, arrivals[from].RecordedAt)
		}
	}
	return nil
}

// storeRest writes the edit and the marks of an arrival.
func (s *Store) storeRest(ctx context.Context, a *Arrival) error {
	if e := a.Edit; e != nil {
		l, err := s.learn(a.Park, []string{e.Key})
		if err == nil {
			err = s.writer.exec(ctx, "INSERT INTO edits VALUES ($1, $2, $3, $4, $5, $6, $7)",
				l.ids[0], e.From, e.To, e.Amount, e.Who, e.Reason, a.RecordedAt)
		}
		if err != nil {
			return err
		}
	}
	return s.putMarks(ctx, a.RecordedAt, a.Marks)
}

// settleParks takes what was committed into memory.
func (s *Store) settleParks(parks []*parkArrivals) {
	for _, p := range parks {
		s.extents.widen(p.known.id, p.rows)
		a := p.kept
		s.last.Lock()
		if of := s.last.parks[p.known.id]; of != nil {
			for i, id := range a.series {
				keepLater(of, id, Reading{"", a.at[i], a.span[i], a.value[i], a.revision[i], p.recorded[i]})
			}
		}
		s.last.Unlock()
	}
}

// Newest is the latest recorded time of any reading or edit, 0 when there is none,
// and how many revisions of readings the store holds. It reads one column whole.
func (s *Store) Newest(ctx context.Context) (recorded, readings int64, err error) {
	err = s.snapshot(ctx, func(c *connection) error {
		for _, sql := range []string{"SELECT max(recorded) FROM readings", "SELECT max(recorded) FROM months", "SELECT max(recorded) FROM edits"} {
			n, err := c.number(ctx, sql)
			if err != nil {
				return err
			}
			recorded = max(recorded, n)
		}
		for _, sql := range []string{"SELECT count(*) FROM readings", "SELECT sum(readings)::BIGINT FROM months"} {
			n, err := c.number(ctx, sql)
			if err != nil {
				return err
			}
			readings += n
		}
		return nil
	})
	return recorded, readings, err
}
