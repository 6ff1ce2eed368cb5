package forecast

import "math"

// naive repeats the same time of an earlier day: of the last day that is known, or of the
// same weekday.
type naive struct{ weekly bool }

func (m naive) values(f *frame, o, n int, out []float64) {
	for i := range n {
		out[i] = math.NaN()
		t := o + i
		d, s := f.day[t], f.slot[t]
		near := f.latest(o, d, s)
		every := 1
		if m.weekly {
			near, every = 7*((near+6)/7), 7
		}
		for k := range 5 { // past gaps
			if v := f.past(f.at(d-near-k*every, s), o); !math.IsNaN(v) {
				out[i] = v
				break
			}
		}
	}
}
