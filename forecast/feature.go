package forecast

import (
	"math"
	"slices"
)

// frame is data laid out so that the inputs of any origin and target are read quickly.
type frame struct {
	*grid
	y          []float64 // values, NaN beyond the series' end
	sum        []float64 // of values before a step, gaps left out
	count      []int32
	covariates []Covariate
	names      []feature
	clock      int // the input that tells the slot; those of the calendar follow it
}

// feature is an input of the regressions and the driver that it belongs to.
type feature struct {
	name   string
	driver string
	size   bool // a difference of values: ridge and trees use it; others are for trees alone
}

// The drivers that inputs are told under.
const (
	driverCalendar = "calendar"
	driverRecent   = "recent"
	driverDays     = "days"
	driverWeeks    = "weeks"
	driverSimilar  = "similar_days"
)

// newFrame lays data out, ahead steps beyond the series' end.
func newFrame(d *Data, ahead int) *frame {
	n := len(d.Series.Values)
	f := &frame{grid: newGrid(d.Series.Start, d.Series.Step, n+ahead, d.Zone, d.Calendar), covariates: d.Covariates,
		y: slices.Grow(slices.Clone(d.Series.Values), ahead), sum: make([]float64, n+ahead+1), count: make([]int32, n+ahead+1)}
	for len(f.y) < n+ahead {
		f.y = append(f.y, math.NaN())
	}
	for i, v := range f.y {
		f.sum[i+1], f.count[i+1] = f.sum[i], f.count[i]
		if !math.IsNaN(v) {
			f.sum[i+1] += v
			f.count[i+1]++
		}
	}
	f.names = featureNames(d.Covariates)
	f.clock = slotColumn(f.names)
	return f
}

// past is the value of step i as known at origin o.
func (f *frame) past(i, o int) float64 {
	if i < 0 || i >= o {
		return math.NaN()
	}
	return f.y[i]
}

// mean of the values in [from, to), which does not pass an origin; NaN when fewer than
// half of them are known.
func (f *frame) mean(from, to int) float64 {
	if from < 0 || to <= from || 2*int(f.count[to]-f.count[from]) < to-from {
		return math.NaN()
	}
	return (f.sum[to] - f.sum[from]) / float64(f.count[to]-f.count[from])
}

// covariate c at step i.
func (f *frame) covariate(c, i int) float64 {
	if v := f.covariates[c].Values; i >= 0 && i < len(v) {
		return v[i]
	}
	return math.NaN()
}

const (
	dayLags     = 7
	weekLags    = 4
	similarLags = 5
	inputsAhead = 7 // of a covariate that is known ahead
	inputsPast  = 2
)

func featureNames(covariates []Covariate) []feature {
	var list []feature
	add := func(driver string, size bool, names ...string) {
		for _, n := range names {
			list = append(list, feature{n, driver, size})
		}
	}
	add(driverDays, true, "day 1", "day 2", "day 3", "day 4", "day 5", "day 6", "day 7", "day 8")
	add(driverWeeks, true, "week 1", "week 2", "week 3", "week 4")
	add(driverSimilar, true, "similar 1", "similar 2", "similar 3", "similar spread")
	add(driverDays, true, "day 1 before", "day 1 after")
	add(driverWeeks, true, "week 1 before", "week 1 after")
	add(driverRecent, true, "last", "last 3 h", "last 12 h", "last day", "last week", "day before", "last fading", "last 3 h fading")
	add(driverCalendar, false, "slot", "weekday", "type", "special", "type before", "type after", "type of day 1", "lead")
	add(driverSimilar, false, "anchor")
	for _, c := range covariates {
		if c.Ahead {
			add("covariate:"+c.Name, true, c.Name, c.Name+" to day 1", c.Name+" to week 1", c.Name+" to similar", c.Name+" day mean", c.Name+" before", c.Name+" after")
		} else {
			add("covariate:"+c.Name, true, c.Name+" last", c.Name+" last day")
		}
	}
	return list
}

// row fills in the inputs for target t as seen from origin o ≤ t and returns the anchor that
// values are told relative to. It reads nothing of the series at or after o.
func (f *frame) row(o, t int, x []float64) (anchor float64) {
	d, s := f.day[t], f.slot[t]
	like := f.similarDays(o, d, s)
	same := &like[f.kind[d]]
	anchor = same.mean
	near := f.latest(o, d, s)
	if math.IsNaN(anchor) {
		anchor = f.past(f.at(d-near, s), o)
	}
	k := 0
	put := func(v float64) { x[k] = v; k++ }
	off := func(day int) { // against the days of its own type, so that a Sunday tells of a Monday
		usual := anchor
		if kind := f.kindOf(day); kind != f.kind[d] && !math.IsNaN(like[kind].mean) {
			usual = like[kind].mean
		}
		put(f.past(f.at(day, s), o) - usual)
	}
	for j := range dayLags + 1 {
		off(d - near - j)
	}
	week := (near + 6) / 7
	for j := range weekLags {
		off(d - 7*(week+j))
	}
	for j := range 3 {
		put(same.v[j] - anchor)
	}
	put(spread(same.v[:]))
	one, w1 := f.at(d-near, s), f.at(d-7*week, s)
	for _, i := range []int{one, w1} {
		put(f.past(i-1, o) - f.past(i, o))
		put(f.past(i+1, o) - f.past(i, o))
	}
	f.recent(o, t, put)
	put(float64(s))
	put(float64(f.week[d]))
	put(float64(f.kind[d]))
	put(flag(f.rare[d]))
	put(float64(f.kindOf(d - 1)))
	put(float64(f.kindOf(d + 1)))
	put(float64(f.kindOf(d - near)))
	put(float64(t-o) / float64(f.slots))
	put(anchor)
	for c := range f.covariates {
		f.beside(c, o, t, one, w1, same, put)
	}
	return anchor
}

// recent are inputs of the last hours and days before the origin, each against the same
// time a week before.
func (f *frame) recent(o, t int, put func(float64)) {
	week := 7 * f.slots
	span := func(hours int) {
		n := max(1, hours*f.slots/24)
		put(f.mean(o-n, o) - f.mean(o-n-week, o-week))
	}
	put(f.past(o-1, o) - f.past(o-1-week, o))
	span(3)
	span(12)
	span(24)
	put(f.mean(o-week, o) - f.mean(o-2*week, o-week))
	put(f.mean(o-f.slots, o) - f.mean(o-2*f.slots, o-f.slots))
	lead, three := float64(t-o)*24/float64(f.slots), max(1, 3*f.slots/24)
	put((f.past(o-1, o) - f.past(o-1-week, o)) * math.Exp(-lead/2))
	put((f.mean(o-three, o) - f.mean(o-three-week, o-week)) * math.Exp(-lead/8))
}

// beside are the inputs of a covariate.
func (f *frame) beside(c, o, t, one, w1 int, like *similar, put func(float64)) {
	if !f.covariates[c].Ahead {
		put(f.covariate(c, o-1))
		put(f.covariateMean(c, o-f.slots, o))
		return
	}
	v := f.covariate(c, t)
	put(v)
	put(v - f.covariate(c, one))
	put(v - f.covariate(c, w1))
	var sum float64
	for _, i := range like.at[:like.n] {
		sum += f.covariate(c, i)
	}
	put(v - sum/float64(like.n))
	put(f.covariateMean(c, t-f.slots+1, t+1))
	put(f.covariate(c, t-1))
	put(f.covariate(c, t+1))
}

func (f *frame) covariateMean(c, from, to int) float64 {
	var sum float64
	n := 0
	for i := from; i < to; i++ {
		if v := f.covariate(c, i); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if 2*n < to-from || n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (f *frame) kindOf(day int) int {
	if day < 0 {
		return working
	}
	return f.kind[day]
}

// latest is how many days before d the last day is whose slot s is known at o.
func (f *frame) latest(o, d, s int) int {
	for k := 1; ; k++ {
		if i := f.at(d-k, s); i < o {
			return k
		}
	}
}

// similar are the values of a slot on the last days of a type, the last one first, their
// steps and their mean.
type similar struct {
	v    [similarLags]float64
	at   [similarLags]int
	n    int
	mean float64
}

// similarDays are the values of slot s before day d, by type of day, as known at o.
func (f *frame) similarDays(o, d, s int) (like [dayTypes]similar) {
	for k := range like {
		for j := range like[k].v {
			like[k].v[j] = math.NaN()
		}
	}
	for k, full := 1, 0; k <= 42 && d-k >= 0 && full < dayTypes; k++ {
		x := &like[f.kind[d-k]]
		if x.n == similarLags {
			continue
		}
		i := f.at(d-k, s)
		if v := f.past(i, o); !math.IsNaN(v) {
			x.v[x.n], x.at[x.n] = v, i
			if x.n++; x.n == similarLags {
				full++
			}
		}
	}
	for k := range like {
		like[k].mean = meanOf(like[k].v[:])
	}
	return like
}

func meanOf(v []float64) float64 {
	var sum float64
	n := 0
	for _, x := range v {
		if !math.IsNaN(x) {
			sum += x
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// spread is the mean distance of values to their mean.
func spread(v []float64) float64 {
	m := meanOf(v)
	var sum float64
	n := 0
	for _, x := range v {
		if !math.IsNaN(x) {
			sum += math.Abs(x - m)
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}
