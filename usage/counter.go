package usage

import (
	"math"

	"lingtan/meter"
)

// spreadCounter turns a cumulative count into amounts: the difference of
// neighbouring readings, spread evenly over the time between them. It knows
// rollover (by Digits), a recorded meter exchange, and a reset.
func (w *window) spreadCounter(t meter.Track) {
	prev := -1
	for i := range t.Len() {
		if t.Value[i] < 0 {
			w.findings.add(Finding{Rule: "negative", From: t.At[i], To: t.At[i] + 1, Count: 1, Value: t.Value[i], Treatment: "dropped", Detail: "a counter cannot be below zero"})
			continue
		}
		if prev >= 0 {
			w.step1(t, prev, i)
		}
		prev = i
	}
}

// step1 settles the count between readings i and j of a counter.
func (w *window) step1(t meter.Track, i, j int) {
	diff, q, rule := w.advance(t, i, j)
	from, to := t.At[i], t.At[j]
	amount := diff * w.scale
	rate := amount / (float64(to-from) / 3.6e6)
	f := Finding{From: from, To: to, Count: 1, Value: t.Value[j], Limit: t.Value[i]}
	switch rule {
	case "rollover":
		f.Rule, f.Treatment, f.Detail = rule, "kept", "the counter passed its last digit"
		w.findings.add(f)
	case "exchange":
		f.Rule, f.Treatment, f.Detail = rule, "kept", "meter exchange: last display of the old meter and first of the new one"
		w.findings.add(f)
	case "reset":
		f.Rule, f.Treatment, f.Detail = rule, "estimated", "the counter fell without a recorded exchange: what it shows since is counted, what it counted before is not known"
		w.findings.add(f)
	}
	if w.reg.Max != nil && rate > *w.reg.Max {
		f.Rule, f.Value, f.Limit, f.Treatment, f.Detail = "range", rate, *w.reg.Max, "dropped", "more per hour than the register can count"
		w.findings.add(f)
		return
	}
	long := w.longStep(to - from)
	if long && !w.reg.Events {
		w.bridge(from, to, amount)
		return
	}
	w.put(from, to, amount, q)
}

// longStep says whether the distance of two counter readings is beyond the
// cadence, so that the amount is known and its course is not.
func (w *window) longStep(ms int64) bool {
	return ms > max(w.step, w.reg.Step.Milliseconds())*3/2
}

// advance is the count from reading i to reading j, the quality it has, and the
// rule that explains a fall.
func (w *window) advance(t meter.Track, i, j int) (float64, meter.Quality, string) {
	diff := t.Value[j] - t.Value[i]
	for _, x := range w.reg.Exchanges {
		if at := x.At.UnixMilli(); at > t.At[i] && at <= t.At[j] {
			return (x.Last - t.Value[i]) + (t.Value[j] - x.First), meter.Measured, "exchange"
		}
	}
	if diff >= 0 {
		return diff, meter.Measured, ""
	}
	if w.reg.Digits > 0 {
		top := math.Pow10(w.reg.Digits)
		// A rollover comes from the top tenth of the display and lands in the bottom tenth.
		if t.Value[i] >= 0.9*top && t.Value[j] <= 0.1*top {
			return diff + top, meter.Measured, "rollover"
		}
	}
	return t.Value[j], meter.Estimated, "reset"
}

// bridge spreads a known amount over a span whose course is not known: by the
// profile of similar days where there is one, evenly where there is none. The
// total is measured, the course estimated, so the intervals are Estimated.
func (w *window) bridge(from, to int64, amount float64) {
	w.put(from, to, amount, meter.Estimated)
	end := w.slotStart(len(w.amount))
	if to <= w.t0 || from >= end {
		return // all of it lies beside the window
	}
	a, b := w.slot(from), w.slot(min(to, end)-1)+1
	for i := a; i < b; i++ {
		w.covered[i] = int32(w.step) // known in sum: nothing left to fill
	}
	w.findings.add(Finding{Rule: "gap", From: from, To: to, Count: b - a, Value: amount, Treatment: "estimated",
		Detail: "no reading between two counts: the amount is known, its course is spread evenly"})
}
