package usage

import (
	"math"
	"slices"
	"time"

	"lingtan/meter"
)

// spreadAmounts lays amounts and mean powers onto the grid.
func (w *window) spreadAmounts(t meter.Track) {
	flat := w.flatRuns(t)
	var end int64 = math.MinInt64 // up to where readings already cover
	for i := range t.Len() {
		at, span := t.At[i], int64(t.Span[i])*1000
		if span <= 0 {
			w.findings.add(Finding{Rule: "span", From: at, To: at, Count: 1, Value: t.Value[i], Treatment: "dropped", Detail: "the reading says no interval that it is the amount of"})
			continue
		}
		amount := t.Value[i] * w.scale
		hours := float64(span) / 3.6e6
		if w.reg.Kind == meter.MeanPower {
			amount *= hours
		}
		q, keep := w.judge(t, i, amount/hours, flat)
		from := at - span
		if !w.reg.Events && from < end {
			amount *= float64(max(0, at-end)) / float64(span)
			w.findings.add(Finding{Rule: "overlap", From: from, To: min(end, at), Count: 1, Value: t.Value[i], Treatment: "clipped", Detail: "its interval begins before the reading before it ends"})
			from = min(end, at)
		}
		end = max(end, at)
		if keep {
			w.put(from, at, amount, q)
		}
	}
}

// judge validates reading i, whose amount per hour is rate, by range, sign, spike
// and flat line: the quality it is kept with, and whether it is kept at all.
func (w *window) judge(t meter.Track, i int, rate float64, flat []bool) (meter.Quality, bool) {
	if rate >= w.low && rate <= w.high && (w.reg.Events || !w.spike(t, i)) { // nearly every reading there is
		if flat != nil && flat[i] {
			return meter.Measured | meter.Suspect, true
		}
		return meter.Measured, true
	}
	f := Finding{From: t.At[i] - int64(t.Span[i])*1000, To: t.At[i], Count: 1, Value: t.Value[i]}
	// A charging session may not be estimated from its neighbours: flag it, keep it.
	keep := w.reg.Events
	f.Treatment = "dropped"
	if keep {
		f.Treatment = "flagged"
	}
	switch {
	case rate < 0 && (w.reg.Min == nil || *w.reg.Min >= 0):
		f.Rule, f.Limit, f.Treatment = "negative", 0, "dropped"
		w.findings.add(f)
		return 0, false
	case w.reg.Min != nil && rate < *w.reg.Min:
		f.Rule, f.Limit, f.Value = "range", *w.reg.Min, rate
	case w.reg.Max != nil && rate > *w.reg.Max:
		f.Rule, f.Limit, f.Value = "range", *w.reg.Max, rate
	case !w.reg.Events && w.spike(t, i):
		f.Rule, f.Limit, f.Treatment, keep = "spike", w.s.Policy.SpikeRatio, "flagged", true
	case flat != nil && flat[i]:
		return meter.Measured | meter.Suspect, true
	default:
		return meter.Measured, true
	}
	w.findings.add(f)
	return meter.Measured | meter.Suspect, keep
}

// spike says whether reading i stands alone above SpikeRatio times the median of
// the three readings on either side (a Hampel filter of half width 3 with a ratio
// for its threshold), and above twice anything else within a day of it.
func (w *window) spike(t meter.Track, i int) bool {
	ratio := w.s.Policy.SpikeRatio
	v := t.Value[i]
	if ratio <= 0 || i < 3 || i+3 >= t.Len() || v <= 0 {
		return false
	}
	if 2*v < ratio*t.Value[i-1] || 2*v < ratio*t.Value[i+1] { // it does not stand alone
		return false
	}
	near := [6]float64{t.Value[i-3], t.Value[i-2], t.Value[i-1], t.Value[i+1], t.Value[i+2], t.Value[i+3]}
	slices.Sort(near[:])
	median := (near[2] + near[3]) / 2
	return median > 0 && v > ratio*median && v > 2*w.dayAround(t, i)
}

// dayAround is the largest other reading within a day of reading i: what happens
// every day, such as a boiler's start, is no spike.
func (w *window) dayAround(t meter.Track, i int) float64 {
	const day = int64(24 * time.Hour / time.Millisecond)
	var most float64
	for j := i - 1; j >= 0 && t.At[i]-t.At[j] <= day; j-- {
		most = max(most, t.Value[j])
	}
	for j := i + 1; j < t.Len() && t.At[j]-t.At[i] <= day; j++ {
		most = max(most, t.Value[j])
	}
	return most
}

// flatRuns marks the readings of runs of one non-zero value longer than FlatRun;
// nil when there are none.
func (w *window) flatRuns(t meter.Track) []bool {
	limit := w.s.Policy.FlatRun.Milliseconds()
	if limit <= 0 || w.reg.Events {
		return nil
	}
	var flat []bool
	for i := 0; i < t.Len(); {
		j := i + 1
		for j < t.Len() && t.Value[j] == t.Value[i] {
			j++
		}
		from := t.At[i] - int64(t.Span[i])*1000
		if t.Value[i] != 0 && j-i > 2 && t.At[j-1]-from >= limit {
			if flat == nil {
				flat = make([]bool, t.Len())
			}
			for k := i; k < j; k++ {
				flat[k] = true
			}
			w.findings.add(Finding{Rule: "flat", From: from, To: t.At[j-1], Count: j - i, Value: t.Value[i],
				Limit: float64(limit) / 3.6e6, Treatment: "flagged", Detail: "the value does not change for longer than the limit in hours"})
		}
		i = j
	}
	return flat
}

// spreadPower integrates instantaneous power by the trapezoidal rule between
// samples no further apart than twice the cadence.
func (w *window) spreadPower(t meter.Track) {
	limit := 2 * w.reg.Step.Milliseconds()
	if limit == 0 {
		limit = 2 * w.step
	}
	for i := 1; i < t.Len(); i++ {
		dt := t.At[i] - t.At[i-1]
		if dt > limit {
			continue
		}
		a, b := t.Value[i-1]*w.scale, t.Value[i]*w.scale
		q, keep := w.judge(t, i, b, nil)
		if !keep {
			continue
		}
		// the trapezoid over each settlement interval that it crosses
		for from := t.At[i-1]; from < t.At[i]; {
			to := min(t.At[i], w.t0+((from-w.t0)/w.step+1)*w.step)
			if from < w.t0 {
				to = min(t.At[i], w.t0)
			}
			mid := (float64(from-t.At[i-1]) + float64(to-t.At[i-1])) / 2 / float64(dt)
			w.put(from, to, (a+(b-a)*mid)*float64(to-from)/3.6e6, q)
			from = to
		}
	}
}

// checkCadence finds a meter clock that drifts: day by day, the mean distance of
// the labels from the cadence. The readings are kept and split over the grid.
func (w *window) checkCadence(t meter.Track) {
	step := w.reg.Step.Milliseconds()
	limit := w.s.Policy.DriftLimit.Milliseconds()
	if step == 0 || limit <= 0 || w.reg.Events {
		return
	}
	const day = int64(24 * time.Hour / time.Millisecond)
	for i := 0; i < t.Len(); {
		d := t.At[i] / day
		var sum float64
		var off int64
		j := i
		for ; j < t.Len() && t.At[j]/day == d; j++ {
			if j == i || t.At[j]-t.At[j-1] != step || t.At[j-1] < w.t0 { // else it stands off as the one before
				off = offCadence(t.At[j]-w.t0, step)
			}
			sum += float64(off)
		}
		mean := sum / float64(j-i)
		if math.Abs(mean) > float64(limit) {
			w.findings.add(Finding{Rule: "drift", From: t.At[i], To: t.At[j-1] + 1, Count: j - i, Value: mean / 1000,
				Limit: float64(limit) / 1000, Treatment: "split", Detail: "the time stamps stand off the cadence by so many seconds; amounts are split over the settlement grid"})
		}
		i = j
	}
}

// offCadence is how far a label stands from the nearest multiple of the step.
func offCadence(at, step int64) int64 {
	off := at % step
	if off > step/2 {
		off -= step
	}
	return off
}
