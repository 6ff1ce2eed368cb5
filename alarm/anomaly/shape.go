package anomaly

import (
	"math"
	"slices"
	"time"
)

const (
	window      = 48  // values around by which a spike is judged
	spikeFactor = 6.0 // robust deviations of the differences
	spikeRange  = 0.2 // and of what the values range over
	standing    = 4   // values that make a standstill at least
)

// spikes finds single values that jump away from both neighbours, which agree with each
// other: by far more than differences usually are, and than a fifth of the range between the 5 % and 95 % quantiles of the values.
func (r *Report) spikes(s Series) {
	for i := 2; i < len(s.Values)-1; i++ {
		if s.Times[i].Sub(s.Times[i-1]) > 2*r.Step || s.Times[i+1].Sub(s.Times[i]) > 2*r.Step && !s.nightfall(i, r.Step) {
			continue
		}
		from := max(0, i-10*window)
		before := s.Values[from:i]
		if len(before) < 24 {
			continue
		}
		up, down := s.Values[i]-s.Values[i-1], s.Values[i]-s.Values[i+1]
		if up*down <= 0 {
			continue
		}
		jump, apart := min(math.Abs(up), math.Abs(down)), math.Abs(s.Values[i+1]-s.Values[i-1])
		if jump > 2*apart && jump > spikeRange*spread(before) && jump > spikeFactor*moves(s.Values[max(0, i-window):i]) {
			r.Points[i].Kind = Spike
		}
	}
}

// nightfall says whether the next value is the first of the next day: a series of
// daylight hours has a gap there.
func (s Series) nightfall(i int, step time.Duration) bool {
	return s.Times[i+1].Sub(s.Times[i]) < 20*time.Hour
}

// spread is the range between the 5 % and 95 % quantiles.
func spread(list []float64) float64 {
	x := slices.Clone(list)
	slices.Sort(x)
	return x[(len(x)-1)*95/100] - x[(len(x)-1)*5/100]
}

// moves is the median of the absolute differences that are not 0, as a standard deviation.
func moves(list []float64) float64 {
	var d []float64
	for i := 1; i < len(list); i++ {
		if list[i] != list[i-1] { // a night of zeros says nothing of the day
			d = append(d, math.Abs(list[i]-list[i-1]))
		}
	}
	return 1.4826 * median(d)
}

// still finds values that stand still. What stood still as long before at the same
// level, such as zero at night, is usual.
func (r *Report) still(s Series, o Options) {
	limit := o.Still
	if limit == 0 {
		limit = 2 * time.Hour
	}
	seen := map[float64]time.Duration{} // level → the longest usual standstill
	for i := 0; i < len(s.Values); {
		j := i
		for j+1 < len(s.Values) && s.Values[j+1] == s.Values[i] && s.Times[j+1].Sub(s.Times[j]) <= 2*r.Step {
			j++
		}
		lasted := s.Times[j].Sub(s.Times[i])
		unusual := lasted >= limit && j-i+1 >= standing && s.Values[i] != 0 && lasted > seen[s.Values[i]]*3/2
		if unusual && r.moving(i, j) {
			for k := i; k <= j; k++ {
				r.Points[k].Kind = Stuck
			}
		} else {
			seen[s.Values[i]] = max(seen[s.Values[i]], lasted)
		}
		i = j + 1
	}
}

// moving says whether the season moves over a run by more than its scale, or is not
// known.
func (r *Report) moving(first, last int) bool {
	low, high, scale := math.Inf(1), math.Inf(-1), 0.0
	for _, p := range r.Points[first : last+1] {
		if p.Known {
			low, high, scale = min(low, p.Expected), max(high, p.Expected), max(scale, p.Scale)
		}
	}
	return math.IsInf(low, 1) || high-low > scale
}
