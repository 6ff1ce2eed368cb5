package usage

import (
	"lingtan/meter"
)

// fill closes gaps within the policy's limits and leaves the rest Missing.
func (w *window) fill() {
	if w.reg.Events { // a session log is complete by nature: no session, no use
		for i := range w.amount {
			w.covered[i] = int32(w.step)
			if w.quality[i] == meter.Missing {
				w.quality[i] = meter.Measured
			}
		}
		return
	}
	measured := w.measuredSlots()
	for i := 0; i < len(measured); {
		if measured[i] {
			i++
			continue
		}
		j := i
		for j < len(measured) && !measured[j] {
			j++
		}
		w.fillGap(i, j, measured)
		i = j
	}
	w.sealMissing()
}

// sealMissing makes what is still unknown exactly Missing: no amount, no flag.
func (w *window) sealMissing() {
	for i, q := range w.quality {
		if q.Base() == meter.Missing {
			w.quality[i], w.amount[i] = meter.Missing, 0
		}
	}
}

// measuredSlots says of each slot whether readings cover it wholly. Time out of
// service is neither a gap nor a source of profiles, but ends a gap.
func (w *window) measuredSlots() []bool {
	m := make([]bool, len(w.amount))
	for i := range m {
		m[i] = int64(w.covered[i]) >= w.step && w.quality[i] != meter.Missing
		if !m[i] && int64(w.covered[i]) >= w.step/2 && i >= w.inFrom && i < w.inTo {
			w.topUp(i)
			m[i] = true
		}
		if i < w.inFrom || i >= w.inTo {
			m[i] = true
			w.quality[i], w.amount[i], w.covered[i] = meter.Measured, 0, int32(w.step)
		}
	}
	return m
}

// topUp completes a slot of which readings cover at least half, at its own rate.
func (w *window) topUp(i int) {
	share := float64(w.covered[i]) / float64(w.step)
	w.findings.add(Finding{Rule: "partial", From: w.slotStart(i), To: w.slotStart(i + 1), Count: 1, Value: 100 * share, Limit: 100,
		Treatment: "estimated", Detail: "readings cover a part of the interval, in percent; the rest goes on at the same rate"})
	w.amount[i] /= share
	w.quality[i] = meter.Estimated | w.quality[i]&meter.Suspect
}

// fillGap treats the gap of slots [a, b).
func (w *window) fillGap(a, b int, measured []bool) {
	gap := int64(b-a) * w.step
	edge := a == 0 || b == len(w.amount) // it may go on outside what is known
	f := Finding{Rule: "gap", From: w.slotStart(a), To: w.slotStart(b), Count: b - a, Limit: w.s.Policy.LongGap.Hours()}
	switch {
	case !edge && gap <= w.s.Policy.ShortGap.Milliseconds():
		w.interpolate(a, b)
		f.Treatment, f.Detail = "estimated", "interpolated between its neighbours"
	case gap <= w.s.Policy.LongGap.Milliseconds():
		n := w.profile(a, b, measured)
		f.Treatment, f.Detail = "estimated", "profile of similar days"
		if n < b-a {
			f.Treatment, f.Detail = "missing", "too few similar days for a profile of the whole gap"
		}
	default:
		f.Treatment, f.Detail = "missing", "longer than the limit of estimation in hours"
		for i := a; i < b; i++ {
			w.quality[i] = meter.Missing
		}
	}
	w.findings.add(f)
}

// interpolate fills [a, b) on the line between the slots before and after. What
// readings say of a partly covered slot stays, and the line fills the rest.
func (w *window) interpolate(a, b int) {
	before, after := w.amount[a-1], w.amount[b]
	n := float64(b - a + 1)
	for i := a; i < b; i++ {
		line := before + (after-before)*float64(i-a+1)/n
		w.complete(i, line)
	}
}

// complete adds to a slot what its uncovered part takes of a full amount.
func (w *window) complete(i int, full float64) {
	open := 1 - float64(w.covered[i])/float64(w.step)
	w.amount[i] += full * open
	w.quality[i] = meter.Estimated | w.quality[i]&meter.Suspect
}

// profile fills [a, b) with the mean of the same time of day on similar days, and
// returns how many slots it could fill; the others become Missing.
func (w *window) profile(a, b int, measured []bool) int {
	filled := 0
	for k := range w.outer {
		from, to := max(a, w.starts[k]), min(b, w.starts[k+1])
		if from >= to {
			continue
		}
		like := w.similar(k)
		for i := from; i < to; i++ {
			if w.fillSlot(i, i-w.starts[k], like, measured) {
				filled++
			}
		}
	}
	return filled
}

// fillSlot sets slot i, number n of its day, to the mean of that slot on the
// similar days on which it is measured; at least LeastDays of them.
func (w *window) fillSlot(i, n int, like []int, measured []bool) bool {
	var sum float64
	count := 0
	for _, d := range like {
		s := w.starts[d] + n
		if s >= w.starts[d+1] || !measured[s] || w.quality[s].Base() != meter.Measured || s < w.inFrom || s >= w.inTo {
			continue
		}
		sum += w.amount[s]
		if count++; count == w.s.Policy.SimilarDays {
			break
		}
	}
	if count < w.s.Policy.LeastDays {
		w.quality[i] = meter.Missing
		return false
	}
	w.complete(i, sum/float64(count))
	return true
}

// similar lists the days of the window of the same class as day k, the nearest
// first, the earlier before the later, no further off than the policy's window.
func (w *window) similar(k int) []int {
	class := w.s.Calendar.Class(w.outer[k])
	var like []int
	for off := 1; off <= w.s.Policy.Window; off++ {
		for _, d := range [2]int{k - off, k + off} {
			if d >= 0 && d < len(w.outer) && w.s.Calendar.Class(w.outer[d]) == class {
				like = append(like, d)
			}
		}
	}
	return like
}

// findings gathers what was found and joins neighbours of one rule and treatment.
type findings struct {
	key  string
	list []Finding
}

func (f *findings) add(x Finding) {
	x.Key = f.key
	if n := len(f.list); n > 0 {
		p := &f.list[n-1]
		if p.Rule == x.Rule && p.Treatment == x.Treatment && p.To == x.From && p.Detail == x.Detail && x.Rule != "gap" && x.Rule != "flat" && x.Rule != "edit" {
			p.To, p.Count = x.To, p.Count+x.Count
			p.Value = max(p.Value, x.Value)
			return
		}
	}
	f.list = append(f.list, x)
}

// within are the findings that begin in [from, to).
func (f *findings) within(from, to int64) []Finding {
	var in []Finding
	for _, x := range f.list {
		if x.From >= from && x.From < to {
			in = append(in, x)
		}
	}
	return in
}
