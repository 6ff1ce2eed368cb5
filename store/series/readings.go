package series

import (
	"context"
	"slices"

	"lingtan/meter"
)

// groupRows is about how many readings a read holds at a time: 20 bytes each.
const groupRows = 2 << 20

// Readings calls fn with one track per register of q, in the order of q.Keys, or
// for all registers of the park with a reading in the range, by key. A track has
// all readings of the register in [q.From, q.To) in strictly rising time, each
// with the value that was known at q.AsKnownAt. A key of q.Keys without readings
// gets an empty track. The track's memory is used again when fn returns.
//
// A read holds some 2 million readings (40 MB) at a time, whatever the question.
// For speed on several processors call Readings from several goroutines with
// different keys.
func (s *Store) Readings(ctx context.Context, q meter.Query, fn func(meter.Track) error) error {
	wanted, err := s.words.resolve(q.Park, q.Keys)
	if err != nil {
		return err
	}
	return s.snapshot(ctx, func(c *connection) error {
		size, files, err := s.plan(ctx, c, q, len(wanted))
		if err != nil {
			return err
		}
		b := s.buffers.Get().(*bundle)
		defer s.buffers.Put(b)
		for group := range slices.Chunk(wanted, size) {
			if err := s.readGroup(ctx, c, b, files, q, group); err != nil {
				return err
			}
			for i, w := range group {
				t := b.tracks[i].track(w.key)
				if t.Len() == 0 && len(q.Keys) == 0 {
					continue
				}
				if err := fn(t); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// fewRegisters are read at once without counting first.
const fewRegisters = 4

// plan is the month files that q touches and how many registers to read at a time.
func (s *Store) plan(ctx context.Context, c *connection, q meter.Query, wanted int) (int, []monthFile, error) {
	p := s.words.find(q.Park)
	if p == nil || q.From >= q.To {
		return 1 << 16, nil, nil
	}
	from, to := max(q.From, minTime), min(q.To, maxTime)
	files, err := s.monthFiles(ctx, c, p.id, monthOf(from), monthOf(to-1))
	if err != nil || wanted <= fewRegisters {
		return fewRegisters, files, err
	}
	rows, err := c.number(ctx, "SELECT count(*) FROM readings WHERE "+within(from, to))
	for _, f := range files {
		rows += f.readings
	}
	registers := int64(max(1, s.words.size(p)))
	return int(min(1<<16, max(1, s.groupRows*registers/max(1, rows)))), files, err
}

func (s *Store) readGroup(ctx context.Context, c *connection, b *bundle, files []monthFile, q meter.Query, group []named) error {
	r := reach{from: q.From, to: q.To, known: q.AsKnownAt}
	for _, w := range group {
		if w.known {
			r.ids = append(r.ids, w.id)
		}
	}
	slices.Sort(r.ids)
	b.open(group, r.ids)
	if len(r.ids) == 0 || q.From >= q.To {
		return nil
	}
	if err := s.scan(ctx, c, files, r, b.take); err != nil {
		return err
	}
	for i := range group {
		b.tracks[i].settle()
	}
	return nil
}

// bundle gathers the rows of a group of registers, each into its own columns.
type bundle struct {
	low    uint32
	slot   []int32 // register number − low → index into tracks; −1 = not wanted
	tracks []columns
}

func (b *bundle) open(group []named, ids []uint32) {
	for len(b.tracks) < len(group) {
		b.tracks = append(b.tracks, columns{})
	}
	for i := range group {
		b.tracks[i].empty()
	}
	b.slot = b.slot[:0]
	if len(ids) == 0 {
		return
	}
	b.low = ids[0]
	for range ids[len(ids)-1] - b.low + 1 {
		b.slot = append(b.slot, -1)
	}
	for i, w := range group {
		if w.known {
			b.slot[w.id-b.low] = int32(i)
		}
	}
}

func (b *bundle) take(c chunk) error {
	ids, at, span := column[uint32](c, 0), column[int64](c, 1), column[int32](c, 2)
	value, revision := column[float64](c, 3), column[uint16](c, 4)
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && ids[j] == ids[i] {
			j++
		}
		if k := b.slot[ids[i]-b.low]; k >= 0 {
			b.tracks[k].add(at[i:j], span[i:j], value[i:j], revision[i:j])
		}
		i = j
	}
	return nil
}

// columns is one register's rows as they come: in time order from a month file, in
// the order of arrival from the hot table.
type columns struct {
	at       []int64
	span     []int32
	value    []float64
	revision []uint16
	revised  bool // some revision is not 0
}

func (t *columns) empty() {
	t.at, t.span, t.value, t.revision = t.at[:0], t.span[:0], t.value[:0], t.revision[:0]
	t.revised = false
}

func (t *columns) add(at []int64, span []int32, value []float64, revision []uint16) {
	t.at = append(t.at, at...)
	t.span = append(t.span, span...)
	t.value = append(t.value, value...)
	if !t.revised && !slices.ContainsFunc(revision, func(r uint16) bool { return r != 0 }) {
		return
	}
	if !t.revised {
		t.revised = true
		t.revision = append(t.revision, make([]uint16, len(t.at)-len(at)-len(t.revision))...)
	}
	t.revision = append(t.revision, revision...)
}

// settle puts the rows into strictly rising time; of one time the highest revision stays.
func (t *columns) settle() {
	rising := true
	for i := 1; i < len(t.at) && rising; i++ {
		rising = t.at[i-1] < t.at[i]
	}
	if rising {
		return
	}
	if !t.revised {
		t.revision = append(t.revision[:0], make([]uint16, len(t.at))...)
	}
	order := make([]int32, len(t.at))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		if c := compareTime(t.at[a], t.at[b]); c != 0 {
			return c
		}
		return int(t.revision[a]) - int(t.revision[b])
	})
	var out columns
	for i, o := range order {
		if i+1 < len(order) && t.at[order[i+1]] == t.at[o] {
			continue
		}
		out.at = append(out.at, t.at[o])
		out.span = append(out.span, t.span[o])
		out.value = append(out.value, t.value[o])
		out.revision = append(out.revision, t.revision[o])
	}
	out.revised = t.revised
	*t = out
}

func (t *columns) track(key string) meter.Track {
	out := meter.Track{Key: key, At: t.at, Span: t.span, Value: t.value}
	if t.revised {
		out.Revision = t.revision
	}
	return out
}
