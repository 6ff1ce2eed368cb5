package forecast

import "math"

// smoothing is additive exponential smoothing with a damped trend, a season of the day, a season of
// the week and an autoregressive error: J. W. Taylor, "Short-term electricity demand
// forecasting using double seasonal exponential smoothing", Journal of the Operational Research
// Society 54 (2003), with the damped trend of E. S. Gardner and E. McKenzie (1985). A holiday
// takes the season of a Sunday, a worked Saturday that of a Friday.
type smoothing struct {
	Level float64 `json:"level"` // share of the error that the level takes
	Trend float64 `json:"trend"`
	Day   float64 `json:"day"`
	Week  float64 `json:"week"`
	Error float64 `json:"error"` // autoregression of the error of one step
}

// damping of the trend over a day.
const damping = 0.8

// smoothed is the state of a smoothing at a step.
type smoothed struct {
	level, trend, last float64
	day, week          []float64
	damp               float64
}

// place is the index of step t in the season of the week.
func (f *frame) place(t int) int {
	d := f.day[t]
	w := f.week[d]
	if f.rare[d] {
		w = 0
		if f.kind[d] == working {
			w = 5
		}
	}
	return w*f.slots + f.slot[t]
}

// begin takes level and seasons from the two weeks (at least) from step from.
func (f *frame) begin(from, to int) *smoothed {
	s := &smoothed{day: make([]float64, f.slots), week: make([]float64, 7*f.slots), damp: math.Pow(damping, 1/float64(f.slots))}
	s.level = f.mean(from, to)
	if math.IsNaN(s.level) {
		s.level = meanOf(f.y[from:to])
	}
	count := make([]float64, len(s.week))
	days := make([]float64, f.slots)
	for t := from; t < to; t++ {
		if v := f.y[t]; !math.IsNaN(v) {
			s.week[f.place(t)] += v - s.level
			count[f.place(t)]++
			s.day[f.slot[t]] += v - s.level
			days[f.slot[t]]++
		}
	}
	for i := range s.day {
		s.day[i] /= max(1, days[i])
	}
	for i := range s.week {
		if count[i] > 0 {
			s.week[i] = s.week[i]/count[i] - s.day[i%f.slots]
		}
	}
	return s
}

// next takes in the value of step t; a gap only lets the trend run on.
func (s *smoothed) next(f *frame, m *smoothing, t int) {
	i, p := f.slot[t], f.place(t)
	e := f.y[t] - s.level - s.trend*s.damp - s.day[i] - s.week[p] - m.Error*s.last
	s.level += s.trend * s.damp
	s.trend *= s.damp
	s.last *= m.Error
	if math.IsNaN(e) {
		return
	}
	s.level += m.Level * e
	s.trend += m.Trend * e
	s.day[i] += m.Day * e
	s.week[p] += m.Week * e
	s.last += e
}

func (s *smoothed) values(f *frame, m *smoothing, o, n int, out []float64) {
	level, trend, last := s.level, s.trend, s.last
	for i := range n {
		trend *= s.damp
		level += trend
		last *= m.Error
		out[i] = level + last + s.day[f.slot[o+i]] + s.week[f.place(o+i)]
	}
}

// reach is how far back a smoothing begins.
const reach = 26 * 7

func (m *smoothing) values(f *frame, o, n int, out []float64) {
	m.state(f, o).values(f, m, o, n, out)
}

// state is where a smoothing stands at origin o.
func (m *smoothing) state(f *frame, o int) *smoothed {
	from := max(0, o-reach*f.slots)
	s := f.begin(from, min(o, from+28*f.slots))
	for t := from; t < o; t++ {
		s.next(f, m, t)
	}
	return s
}

// fitSmoothing chooses the shares that forecast the last eight weeks before step to best.
func fitSmoothing(f *frame, to int, p plan) *smoothing {
	from := max(0, to-reach*f.slots)
	origins := p.origins(f, max(from+14*f.slots, to-56*f.slots), to-1)
	if len(origins) > 56 {
		origins = origins[len(origins)-56:]
	}
	start := f.begin(from, min(to, from+28*f.slots))
	out := make([]float64, p.steps)
	cost := func(m *smoothing) float64 {
		s := *start
		s.day, s.week = append([]float64{}, s.day...), append([]float64{}, s.week...)
		t, sum := from, 0.0
		for _, o := range origins {
			for ; t < o; t++ {
				s.next(f, m, t)
			}
			n := min(p.steps, to-o)
			s.values(f, m, o, n, out)
			for i := range n {
				if e := math.Abs(f.y[o+i] - out[i]); !math.IsNaN(e) {
					sum += e
				}
			}
		}
		return sum
	}
	best := smoothing{Level: 0.01, Day: 0.05, Week: 0.2, Error: 0.5}
	least := cost(&best)
	try := func(x *float64, values ...float64) {
		keep := *x
		for _, v := range values {
			*x = v
			if c := cost(&best); c < least {
				least, keep = c, v
			}
		}
		*x = keep
	}
	day := 24 / float64(f.slots) // shares of an hour's error, on the grid's step
	for range 2 {                // one share after another, twice
		try(&best.Week, 0.05, 0.1, 0.2, 0.35, 0.5)
		try(&best.Error, 0, 0.5, 0.8, 0.95)
		try(&best.Level, 0.001*day, 0.005*day, 0.02*day, 0.06*day)
		try(&best.Day, 0, 0.02, 0.05, 0.1, 0.2)
		try(&best.Trend, 0, 0.0001*day, 0.001*day)
	}
	return &best
}
