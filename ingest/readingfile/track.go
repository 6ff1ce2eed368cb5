package readingfile

import "sort"

// track follows the labels of one series of times in file order: of one register,
// or of all value columns of a wide file, which share their time column. Instants
// here are before the mapping's shift.
type track struct {
	begun    bool
	lastWall int64           // wall clock of the last label
	lastAt   int64           // its instant
	lastStep int64           // from the label before it
	chosen   map[int64]int64 // ambiguous wall clock → instant that its first occurrence got
	steps    steps
	seen     runs
	late     tally // rows whose time is before that of the row ahead of them
	twice    tally // rows whose time the track had already
	back     tally // 00:00 labels that jump back to the start of the day just read
}

// maxRuns bounds the runs of one track; the budget bounds those of all.
const maxRuns = 20_000

// tally counts a thing and remembers the line where it was first met.
type tally struct{ n, line int64 }

func (t *tally) add(line int64) {
	if t.n++; t.n == 1 {
		t.line = line
	}
}

func (t *tally) sum(o tally) {
	if o.n > 0 && (t.n == 0 || o.line < t.line) {
		t.line = o.line
	}
	t.n += o.n
}

// choose settles a wall clock time that the zone's clock shows twice: the first
// occurrence in the file is the first instant, the second the second; where the
// file runs from new to old it is the other way round. A first occurrence that
// follows a later instant is the second one.
func (t *track) choose(wall, first, second int64) int64 {
	if at, again := t.chosen[wall]; again {
		if at == first {
			return second
		}
		return first
	}
	if t.chosen == nil || len(t.chosen) > 4096 {
		t.chosen = map[int64]int64{}
	}
	near := t.begun && max(t.lastWall-wall, wall-t.lastWall) < dayMs
	down := near && t.lastStep < 0
	at := first
	if near && !down && t.lastAt >= first || down && t.lastAt > second {
		at = second
	}
	t.chosen[wall] = at
	return at
}

// observe takes the next label of the track; budget bounds the memory of all tracks.
func (t *track) observe(wall, at, line int64, budget *int) {
	if !t.begun {
		t.begun = true
		t.seen.add(at, budget)
		t.lastWall, t.lastAt = wall, at
		return
	}
	step := at - t.lastAt
	if step < 0 {
		t.late.add(line)
		if wall%dayMs == 0 && wall < t.lastWall && wall/dayMs == t.lastWall/dayMs {
			t.back.add(line)
		}
	}
	if t.seen.add(at, budget) {
		t.twice.add(line)
	} else if days := wall - t.lastWall; days > 0 && days%dayMs == 0 {
		t.steps.add(days, line) // days of the calendar, of 23 to 25 hours
	} else {
		t.steps.add(step, line)
	}
	t.lastWall, t.lastAt, t.lastStep = wall, at, step
}

// steps counts the lengths from label to label.
type steps struct {
	kinds [6]stepCount
	other tally // steps beyond the kinds kept
}

type stepCount struct {
	length int64
	tally
}

func (s *steps) add(length, line int64) {
	for i := range s.kinds {
		k := &s.kinds[i]
		if k.n == 0 {
			k.length = length
		}
		if k.length == length {
			k.add(line)
			return
		}
	}
	s.other.add(line)
}

// usual is the most frequent step and the tally of all others.
func (s *steps) usual() (length int64, odd tally) {
	best := 0
	for i := range s.kinds {
		if s.kinds[i].n > s.kinds[best].n {
			best = i
		}
	}
	odd = s.other
	for i := range s.kinds {
		if i != best {
			odd.sum(s.kinds[i].tally)
		}
	}
	return s.kinds[best].length, odd
}

// runs is a set of instants, kept as rising runs of equal step: a year of quarter
// hours is one run. It forgets nothing until the budget of runs is spent; after
// that only instants within the runs kept are known again.
type runs struct {
	list []run // disjoint ranges in time order
	last int   // index of the run that grew last
}

type run struct{ from, to, step int64 } // from, from+step, …, to; step 0 = one instant

func (r run) holds(at int64) bool {
	return at == r.from || at == r.to || at > r.from && at < r.to && (at-r.from)%r.step == 0
}

// add puts an instant into the set and says whether it was there.
func (s *runs) add(at int64, budget *int) bool {
	if s.last < len(s.list) && s.grow(s.last, at) {
		return false
	}
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].from > at }) - 1
	if i >= 0 && s.list[i].holds(at) {
		return true
	}
	if i >= 0 && s.grow(i, at) {
		s.last = i
		return false
	}
	if i+1 < len(s.list) && s.growDown(i+1, at) {
		return false
	}
	if *budget <= 0 || len(s.list) >= maxRuns {
		return false
	}
	*budget--
	if i >= 0 && at < s.list[i].to {
		i = s.cut(i, at)
	}
	s.insert(i+1, run{from: at, to: at})
	s.last = i + 1
	return false
}

// grow adds an instant behind a run, when it keeps the run's step and meets no other run.
func (s *runs) grow(i int, at int64) bool {
	r := &s.list[i]
	if at <= r.to || i+1 < len(s.list) && s.list[i+1].from <= at {
		return false
	}
	if r.step == 0 {
		r.step = at - r.from
	}
	if at != r.to+r.step {
		if r.from == r.to {
			r.step = 0
		}
		return false
	}
	r.to = at
	return true
}

// growDown adds an instant ahead of a run.
func (s *runs) growDown(i int, at int64) bool {
	r := &s.list[i]
	if i > 0 && s.list[i-1].to >= at || at >= r.from || r.step != 0 && at != r.from-r.step {
		return false
	}
	if r.step == 0 {
		r.step = r.from - at
	}
	r.from = at
	return true
}

// cut parts run i at an instant that it spans but does not hold.
func (s *runs) cut(i int, at int64) int {
	r := s.list[i]
	low := r.from + (at-r.from)/r.step*r.step
	lower, upper := run{r.from, low, r.step}, run{low + r.step, r.to, r.step}
	if lower.from == lower.to {
		lower.step = 0
	}
	if upper.from == upper.to {
		upper.step = 0
	}
	s.list[i] = lower
	s.insert(i+1, upper)
	return i
}

func (s *runs) insert(i int, r run) {
	s.list = append(s.list, run{})
	copy(s.list[i+1:], s.list[i:])
	s.list[i] = r
}
