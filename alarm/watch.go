package alarm

import (
	"math"
	"slices"
	"time"
)

const (
	minute = int64(60_000) // milliseconds
	hour   = 60 * minute
	// longest is how much time one sample can stand for.
	longest = hour
)

func hours(h float64) int64 { return int64(h * float64(hour)) }

// calendar lays clock windows and civil days over instants, in the zone of the set.
type calendar struct{ zone *time.Location }

func (c calendar) at(ms int64) time.Time { return time.UnixMilli(ms).In(c.zone) }

// window is the beginning of the clock window of a step that an instant lies in.
func (c calendar) window(ms, step int64) int64 {
	_, offset := c.at(ms).Zone()
	local := ms + int64(offset)*1000
	return local - mod(local, step) - int64(offset)*1000
}

// day is the number of the civil day since 1970.
func (c calendar) day(ms int64) int64 {
	_, offset := c.at(ms).Zone()
	local := ms + int64(offset)*1000
	return (local - mod(local, 24*hour)) / (24 * hour)
}

func mod(x, y int64) int64 { return ((x % y) + y) % y }

// span is how long a sample stands for: since the one before it, at most longest.
func span(before, now sample) int64 {
	if before.At == 0 {
		return 0
	}
	return min(now.At-before.At, longest)
}

// threshold holds the newest value against a limit.
type threshold struct {
	limit, rate float64
	Excess      float64
}

func (w *threshold) see(input int, before, now sample) {
	if w.rate > 0 && input == 0 && before.V > w.limit {
		w.Excess += (before.V - w.limit) * w.rate * float64(span(before, now)) / float64(hour)
	}
}

func (w *threshold) judge(_ int64, latest []sample) verdict {
	v := verdict{known: true, value: latest[0].V, limit: w.limit, excess: w.Excess, excessKnown: w.rate > 0}
	w.Excess = 0
	return v
}

// relation holds a figure made of the newest values against a limit.
type relation struct {
	limit float64
	of    func(latest []sample) (float64, bool)
}

func (*relation) see(int, sample, sample) {}

func (w *relation) judge(_ int64, latest []sample) verdict {
	x, ok := w.of(latest)
	return verdict{known: ok && finite(x), value: x, limit: w.limit}
}

// phaseDeviation is the largest deviation from the mean of three phases over that mean
// (NEMA MG 1-2016, 14.36 and 20.24).
func phaseDeviation(v []sample, floor float64) (float64, bool) {
	mean := (v[0].V + v[1].V + v[2].V) / 3
	most := max(math.Abs(v[0].V-mean), math.Abs(v[1].V-mean), math.Abs(v[2].V-mean))
	return most / mean, mean > 0 && mean >= floor
}

// sequenceRatio is the negative over the positive sequence of three line voltages
// (GB/T 15543-2008, annex A, formula A.2): √((1−√(3−6L))/(1+√(3−6L))) with
// L = Σu⁴/(Σu²)².
func sequenceRatio(v []sample) (float64, bool) {
	var two, four float64
	for _, x := range v[:3] {
		two += x.V * x.V
		four += x.V * x.V * x.V * x.V
	}
	l := four / (two * two)
	root := math.Sqrt(max(0, 3-6*l)) // three equal sides give 3 − 6/3 = 1
	return math.Sqrt(max(0, 1-root) / (1 + root)), two > 0 && 3-6*l >= 0
}

// formula holds what an expression gives against a limit.
type formula struct {
	limit float64
	x     *expression
	place calendar
	names map[string]int
}

func (*formula) see(int, sample, sample) {}

func (w *formula) judge(at int64, latest []sample) verdict {
	v := values{inputs: w.names, latest: latest, limit: w.limit, at: w.place.at(at)}
	x, ok := w.x.number(&v)
	limit := w.limit
	if w.x.truth {
		limit = 0.5
	}
	return verdict{known: ok, value: x, limit: limit}
}

// silence is the time since the last sample; what never came is silent since the rule
// was first asked.
type silence struct {
	limit float64
	First int64
}

func (*silence) see(int, sample, sample) {}

func (w *silence) last(latest []sample) int64 { return max(latest[0].At, w.First) }

func (w *silence) judge(at int64, latest []sample) verdict {
	if w.First == 0 {
		w.First = at
	}
	return verdict{known: true, value: float64(at-w.last(latest)) / 1000, limit: w.limit}
}

func (w *silence) due(latest []sample) int64 {
	if w.First == 0 && latest[0].At == 0 {
		return 0
	}
	return w.last(latest) + int64(w.limit*1000) + 1
}

// flat is how long a value has stood still, by samples that came: silence is no flat line.
type flat struct {
	limit, band, below float64
	Level              float64
	Since              int64
	Last               int64
}

func (w *flat) see(input int, _, now sample) {
	if input != 0 {
		return
	}
	if w.Since == 0 || now.V <= w.below || math.Abs(now.V-w.Level) > w.band {
		w.Level, w.Since = now.V, now.At
	}
	w.Last = now.At
}

func (w *flat) judge(int64, []sample) verdict {
	return verdict{known: w.Since > 0, value: float64(w.Last-w.Since) / 1000, limit: w.limit}
}

// spike is how far a value lies from the median of those before it, in robust standard
// deviations: 1.4826 × the median absolute deviation (Hampel 1974; Pearson 2002).
type spike struct {
	limit, floor float64
	size         int
	Ring         []float64
	Next         int
	Far          float64
	Known        bool
	scratch      []float64
}

func (w *spike) see(input int, _, now sample) {
	if input != 0 {
		return
	}
	w.Known = len(w.Ring) >= min(w.size, 5)
	if w.Known {
		m := w.median()
		w.Far = math.Abs(now.V-m) / max(1.4826*w.deviation(m), w.floor)
	}
	if len(w.Ring) < w.size {
		w.Ring = append(w.Ring, now.V)
		return
	}
	w.Ring[w.Next] = now.V
	w.Next = (w.Next + 1) % w.size
}

func (w *spike) median() float64 {
	w.scratch = append(w.scratch[:0], w.Ring...)
	return middle(w.scratch)
}

// deviation is the median absolute deviation from m.
func (w *spike) deviation(m float64) float64 {
	w.scratch = w.scratch[:0]
	for _, x := range w.Ring {
		w.scratch = append(w.scratch, math.Abs(x-m))
	}
	return middle(w.scratch)
}

// middle sorts and gives the median; x is not empty.
func middle(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	if n%2 == 1 {
		return x[n/2]
	}
	return x[n/2-1] + (x[n/2]-x[n/2-1])/2
}

func (w *spike) judge(int64, []sample) verdict {
	return verdict{known: w.Known, value: w.Far, limit: w.limit}
}

// drift cumulates what a value deviates from its reference beyond a slack, up and down
// (tabular CUSUM: Page 1954; Montgomery, Introduction to Statistical Quality Control,
// 9.1): C⁺ = max(0, C⁺ + d/σ − k), and C⁻ likewise.
type drift struct {
	sigma, slack, limit float64
	Up, Down            float64
	Last                int64
}

func (*drift) see(int, sample, sample) {}

func (w *drift) judge(_ int64, latest []sample) verdict {
	if at := min(latest[0].At, latest[1].At); at > w.Last {
		w.Last = at
		d := (latest[0].V - latest[1].V) / w.sigma
		most := 2 * w.limit // so that it comes back once the drift is mended
		w.Up = min(most, max(0, w.Up+d-w.slack))
		w.Down = min(most, max(0, w.Down-d-w.slack))
	}
	return verdict{known: true, value: max(w.Up, w.Down), limit: w.limit}
}

// date is the first instant of a month of t's year; 13 is the next January.
func date(t time.Time, month int) int64 {
	return time.Date(t.Year(), time.Month(month), 1, 0, 0, 0, 0, t.Location()).UnixMilli()
}
