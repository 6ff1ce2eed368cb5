package alarm

import "math"

// Amounts are of the interval that ends at their sample: an amount of 10:00 belongs to
// the hour before ten.

// accumulated is the sum of a clock window so far.
type accumulated struct {
	calendar
	step         int64
	limit        float64
	Start        int64
	Sum, Counted float64
}

func (w *accumulated) see(input int, _, now sample) {
	if input != 0 {
		return
	}
	if start := w.window(now.At-1, w.step); start != w.Start {
		w.Start, w.Sum, w.Counted = start, 0, 0
	}
	w.Sum += now.V
}

func (w *accumulated) judge(int64, []sample) verdict {
	over := max(0, w.Sum-w.limit)
	v := verdict{known: w.Start > 0, value: w.Sum, limit: w.limit, excess: over - w.Counted, excessKnown: true}
	w.Counted = over
	return v
}

// tally sums up to two inputs over a clock window.
type tally struct {
	Start int64
	Sum   [2]float64
	Cover [2]float64 // milliseconds
}

// add counts a sample of an input; done is the window before when a new one begins.
func (t *tally) add(c calendar, step int64, input int, before, now sample, x float64) (done tally, ended bool) {
	if start := c.window(now.At-1, step); start != t.Start {
		done, ended = *t, t.Start > 0
		*t = tally{Start: start}
	}
	t.Sum[input] += x
	t.Cover[input] += float64(min(span(before, now), now.At-t.Start))
	return done, ended
}

func (t *tally) covered(input int, step int64) float64 { return t.Cover[input] / float64(step) }

// average is the time-weighted mean of the last full clock window.
type average struct {
	calendar
	step         int64
	cover, limit float64
	Window       tally
	Mean         float64
	Known        bool
}

func (w *average) see(input int, before, now sample) {
	if input != 0 {
		return
	}
	weight := float64(span(before, now))
	done, ended := w.Window.add(w.calendar, w.step, 0, before, now, now.V*weight)
	if !ended {
		return
	}
	// A window with too few data has no mean: HJ 75-2017 asks for 45 minutes of an hour.
	w.Known = done.covered(0, w.step) >= w.cover && done.Cover[0] > 0
	if w.Known {
		w.Mean = done.Sum[0] / done.Cover[0]
	}
}

func (w *average) judge(int64, []sample) verdict {
	return verdict{known: w.Known, value: w.Mean, limit: w.limit}
}

// days holds a full day's total against that of an earlier day.
type days struct {
	calendar
	back         int
	floor, cover float64
	limit        float64
	Today        int64
	Sum, Cover   [8]float64 // by day modulo 8
	Rate, Excess float64
	Known        bool
}

func (w *days) see(input int, before, now sample) {
	if input != 0 {
		return
	}
	day := w.day(now.At - 1)
	if w.Today == 0 {
		w.Today = day
	}
	if day > w.Today {
		w.compare(w.Today)
	}
	for ; w.Today < day; w.Today++ {
		if day-w.Today > 8 {
			w.Today = day - 8
		}
		next := (w.Today + 1) % 8
		w.Sum[next], w.Cover[next] = 0, 0
	}
	w.Sum[day%8] += now.V
	w.Cover[day%8] += float64(span(before, now))
}

func (w *days) compare(day int64) {
	now, then := mod(day, 8), mod(day-int64(w.back), 8)
	full := w.cover * float64(24*hour)
	w.Known = w.Cover[now] >= full && w.Cover[then] >= full && w.Sum[then] > 0 && max(w.Sum[now], w.Sum[then]) >= w.floor
	if w.Known {
		w.Rate = math.Abs(w.Sum[now]-w.Sum[then]) / w.Sum[then]
		w.Excess = max(0, w.Sum[now]-w.Sum[then])
	}
}

func (w *days) judge(int64, []sample) verdict {
	v := verdict{known: w.Known, value: w.Rate, limit: w.limit, excess: w.Excess, excessKnown: w.Known}
	w.Excess = 0
	return v
}

// demand projects the mean power of a demand window: what ran so far, and the newest
// power for the rest. P̂ = (∫P dt + P·(T − t)) / T.
type demand struct {
	calendar
	step          int64
	after, limit  float64
	Start         int64
	Energy, Cover float64 // kW·ms and ms of the window
	Excess        float64
}

func (w *demand) see(input int, before, now sample) {
	if input != 0 {
		return
	}
	start := w.window(now.At, w.step)
	if start != w.Start {
		// The part that lies in the window before closes it.
		if w.Start > 0 && before.At >= w.Start && start-before.At <= longest {
			w.Energy += before.V * float64(min(start, w.Start+w.step)-before.At)
			w.Excess += max(0, w.Energy/float64(w.step)-w.limit) * float64(w.step) / float64(hour)
		}
		w.Start, w.Energy, w.Cover = start, 0, 0
	}
	from := max(before.At, start)
	if before.At > 0 && now.At-before.At <= longest {
		w.Energy += before.V * float64(now.At-from)
		w.Cover += float64(now.At - from)
	}
}

func (w *demand) judge(at int64, latest []sample) verdict {
	elapsed, rest := float64(latest[0].At-w.Start), float64(w.Start+w.step-latest[0].At)
	v := verdict{limit: w.limit, excess: w.Excess, excessKnown: true}
	w.Excess = 0
	v.value = (w.Energy + latest[0].V*rest) / float64(w.step)
	v.known = w.Start > 0 && elapsed >= w.after*float64(w.step) && w.Cover >= 0.8*elapsed && at < w.Start+w.step
	return v
}

// budget projects what a period's carbon comes to: spent so far, and the mean rate of
// the lookback for the rest of the period, over the budget.
type budget struct {
	calendar
	months        int
	back          int64 // hours
	budget, limit float64
	Period        int64 // beginning
	Whole         bool  // seen from its beginning
	Spent         float64
	Hour          int64 // number of the newest hour since 1970
	Hours         []float64
	Covered       int64 // hours seen, at most back
}

func (w *budget) bounds(at int64) (from, to int64) {
	t := w.at(at)
	first := int(t.Month()-1)/w.months*w.months + 1
	begin := date(t, first)
	return begin, date(t, first+w.months)
}

func (w *budget) see(input int, _, now sample) {
	if input != 0 {
		return
	}
	if from, _ := w.bounds(now.At - 1); from != w.Period {
		w.Whole = w.Period > 0 || now.At-from <= 24*hour
		w.Period, w.Spent = from, 0
	}
	w.Spent += now.V
	h := (now.At - 1) / hour
	if w.Hours == nil {
		w.Hours, w.Hour = make([]float64, w.back), h
		w.Covered = 1
	}
	if h-w.Hour > w.back {
		w.Hour = h - w.back
	}
	for ; w.Hour < h; w.Hour++ {
		w.Hours[(w.Hour+1)%w.back] = 0
		w.Covered = min(w.back, w.Covered+1)
	}
	w.Hours[h%w.back] += now.V
}

func (w *budget) judge(at int64, latest []sample) verdict {
	v := verdict{limit: w.limit}
	from, to := w.bounds(at - 1)
	spent, known := w.Spent, w.Whole && from == w.Period
	if len(latest) > 1 && latest[1].At > from {
		spent, known = latest[1].V, true
	}
	if !known || w.Covered < 24 {
		return v
	}
	var sum float64
	for _, x := range w.Hours {
		sum += x
	}
	rest := float64(to-at) / float64(hour)
	v.known, v.value = true, (spent+sum/float64(w.Covered)*rest)/w.budget
	return v
}

// specific holds the energy a unit of output against a baseline, of the last full window.
type specific struct {
	calendar
	step               int64
	base, floor, limit float64
	Window, Last       tally
	Fresh              bool
}

func (w *specific) see(input int, before, now sample) {
	if input > 1 {
		return
	}
	if done, ended := w.Window.add(w.calendar, w.step, input, before, now, now.V); ended {
		w.Last, w.Fresh = done, true
	}
}

func (w *specific) judge(_ int64, latest []sample) verdict {
	v := verdict{limit: w.limit}
	base := w.base
	if base == 0 && len(latest) > 2 {
		base = latest[2].V
	}
	l := w.Last
	if !enough(&l, w.step) || l.Sum[1] <= w.floor || !(base > 0) {
		return v
	}
	v.known, v.value = true, l.Sum[0]/(l.Sum[1]*base)-1
	if w.Fresh {
		v.excess, w.Fresh = max(0, l.Sum[0]-base*l.Sum[1]), false
	}
	v.excessKnown = true
	return v
}

// enough wants three quarters of a window of both inputs.
func enough(t *tally, step int64) bool {
	return t.Start > 0 && t.covered(0, step) >= 0.75 && t.covered(1, step) >= 0.75
}

// yield is what comes out over what goes in, of the last full window: the efficiency of
// a boiler (direct method, GB/T 10180), the coefficient of performance of a chiller.
type yield struct {
	calendar
	step         int64
	floor, limit float64
	Window, Last tally
	Fresh        bool
}

func (w *yield) see(input int, before, now sample) {
	if input > 1 {
		return
	}
	if done, ended := w.Window.add(w.calendar, w.step, input, before, now, now.V); ended {
		w.Last, w.Fresh = done, true
	}
}

func (w *yield) judge(int64, []sample) verdict {
	l := w.Last
	if !enough(&l, w.step) || l.Sum[1] <= w.floor {
		return verdict{limit: w.limit}
	}
	v := verdict{known: true, value: l.Sum[0] / l.Sum[1], limit: w.limit, excessKnown: true}
	if w.Fresh { // what went in beyond what the limit would have taken
		v.excess, w.Fresh = max(0, l.Sum[1]-l.Sum[0]/w.limit), false
	}
	return v
}

// leak is the mean flow of compressed air in the quiet hours over that of the other
// hours before them: with the plant at rest, what still flows is leakage.
type leak struct {
	calendar
	from, to        int
	specific, limit float64
	Quiet, Busy     [2]float64 // flow·ms, ms
	Share, Excess   float64
	Known, In       bool
}

func (w *leak) see(input int, before, now sample) {
	if input != 0 {
		return
	}
	h := w.at(now.At - 1).Hour()
	in := h >= w.from && h < w.to
	if w.In && !in {
		w.close()
	}
	w.In = in
	dt := float64(span(before, now))
	side := &w.Busy
	if in {
		side = &w.Quiet
	}
	side[0] += now.V * dt
	side[1] += dt
}

func (w *leak) close() {
	quiet := float64(w.to-w.from) * float64(hour)
	w.Known = w.Quiet[1] >= 0.75*quiet && w.Busy[1] >= 0.5*(float64(24*hour)-quiet) && w.Busy[0] > 0
	if w.Known {
		w.Share = w.Quiet[0] / w.Quiet[1] / (w.Busy[0] / w.Busy[1])
		w.Excess = w.Quiet[0] / float64(hour) * w.specific
	}
	w.Quiet, w.Busy = [2]float64{}, [2]float64{}
}

func (w *leak) judge(int64, []sample) verdict {
	v := verdict{known: w.Known, value: w.Share, limit: w.limit, excess: w.Excess, excessKnown: w.specific > 0}
	w.Excess = 0
	return v
}
