package forecast

import (
	"math"
	"slices"
)

// calibration turns past errors into quantiles of the next ones: split conformal prediction
// (V. Vovk, A. Gammerman, G. Shafer, 2005) on errors over their usual size at that time of
// day, each band of leads for itself, with levels that adapt when they were missed (I. Gibbs,
// E. Candès, "Adaptive conformal inference under distribution shift", NeurIPS 2021).
type calibration struct {
	Levels []float64 `json:"levels"`
	Scale  []usual   `json:"scale"` // by working or resting day and slot, then of all
	Bands  []band    `json:"bands"`
	plan   plan
}

// usual is the mean size of errors with its weight, older ones fading.
type usual struct {
	Sum    float64 `json:"s"`
	Weight float64 `json:"w"`
}

// band are the last errors, over their usual size, of a range of leads.
type band struct {
	Errors []float64 `json:"errors"` // the oldest first
	Moved  []float64 `json:"moved"`  // the level asked for, by level
	sorted []float64
}

// bands begin at these leads, in hours.
var bands = [...]float64{0, 1, 3, 6, 12, 24, 48, 96}

const (
	kept        = 1500 // errors of a band at most
	keptDays    = 84   // that they come from, at least
	leastErrors = 40   // of a band, for an interval
	fading      = 0.97 // of the weight of a usual size, a day
	prior       = 2    // weight of the size of all errors in that of a slot
	certain     = 0.02 // of the size of all errors: a slot with less has no errors to speak of
	adapted     = 0.02 // step of a level, a day
)

func newCalibration(f *frame, p plan, levels []float64) *calibration {
	c := &calibration{Levels: levels, plan: p, Scale: make([]usual, 2*f.slots+1), Bands: make([]band, len(bands))}
	for b := range c.Bands {
		c.Bands[b].Moved = slices.Clone(levels)
	}
	return c
}

func bandOf(f *frame, lead int) int {
	h := float64(lead) * 24 / float64(f.slots)
	b := len(bands) - 1
	for h < bands[b] {
		b--
	}
	return b
}

// cell is where the usual size of errors at step t is kept.
func (c *calibration) cell(f *frame, t int) int {
	k := f.slot[t]
	if f.kind[f.day[t]] != working {
		k += f.slots
	}
	return k
}

// size is the usual size of an error at step t: NaN before any was seen, 0 where there are
// none to speak of, as of a PV plant at night.
func (c *calibration) size(f *frame, t int) float64 {
	all := c.Scale[len(c.Scale)-1]
	if all.Weight == 0 {
		return math.NaN()
	}
	var sum, weight float64
	k := c.cell(f, t)
	for _, x := range [3]struct {
		cell   int
		weight float64
	}{{k, 1}, {k - 1, 0.3}, {k + 1, 0.3}} {
		if x.cell >= 0 && x.cell < 2*f.slots && x.cell/f.slots == k/f.slots {
			sum += x.weight * c.Scale[x.cell].Sum
			weight += x.weight * c.Scale[x.cell].Weight
		}
	}
	mean := all.Sum / all.Weight
	if size := (sum + prior*mean) / (weight + prior); sum > certain*weight*mean || weight < 10 {
		return size
	}
	return 0
}

// quantiles fills in the quantiles of step t forecast from origin o; false when too few
// errors were seen.
func (c *calibration) quantiles(f *frame, o, t int, forecast float64, out []float64) bool {
	b := &c.Bands[bandOf(f, t-o)]
	size := c.size(f, t)
	if math.IsNaN(size) || math.IsNaN(forecast) {
		return false
	}
	if size == 0 {
		for k := range out {
			out[k] = forecast
		}
		return true
	}
	near := c.sampled(bandOf(f, t-o))
	if near == nil {
		return false
	}
	near.sort()
	for k := range out {
		out[k] = forecast + size*quantileOf(near.sorted, b.Moved[k])
	}
	slices.Sort(out)
	return !math.IsInf(out[0], 0) && !math.IsInf(out[len(out)-1], 0)
}

// sampled is band b, or while it has too few errors the next one with enough; nil when none has.
func (c *calibration) sampled(b int) *band {
	for d := range len(c.Bands) {
		for _, k := range [2]int{b + d, b - d} {
			if k >= 0 && k < len(c.Bands) && len(c.Bands[k].Errors) >= leastErrors {
				return &c.Bands[k]
			}
		}
	}
	return nil
}

func (b *band) sort() {
	if len(b.sorted) != len(b.Errors) {
		b.sorted = slices.Sorted(slices.Values(b.Errors))
	}
}

// quantileOf is the conformal quantile of n sorted values: the one at level·(n+1), between two
// by interpolation, the outermost ones stretched where it lies beyond them.
func quantileOf(sorted []float64, level float64) float64 {
	n := len(sorted)
	at := level*float64(n+1) - 1
	switch {
	case at <= 0:
		return sorted[0] + min(1, -at)*(sorted[0]-sorted[min(n-1, n/10)])
	case at >= float64(n-1):
		return sorted[n-1] + min(1, at-float64(n-1))*(sorted[n-1]-sorted[max(0, n-1-n/10)])
	}
	i := int(at)
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// daily is how many errors of a band come out in a day.
func (c *calibration) daily(f *frame, b int) float64 {
	n := 0
	for i := range c.plan.steps {
		if bandOf(f, i) == b {
			n++
		}
	}
	return float64(n) * float64(f.slots) / float64(c.plan.every)
}

// observe takes in how the steps [from, to) of the forecast from origin o came out; y are all values.
func (c *calibration) observe(f *frame, o, from, to int, forecast, y []float64) {
	hit := make([]usual, len(bands)*len(c.Levels))
	q := make([]float64, len(c.Levels))
	for i := from; i < to; i++ {
		if !math.IsNaN(y[o+i] - forecast[i]) {
			c.hits(f, o, o+i, forecast[i], y[o+i], q, hit)
		}
	}
	for b := range c.Bands {
		if hit[b*len(c.Levels)].Weight > 0 {
			c.adapt(b, c.daily(f, b), hit[b*len(c.Levels):(b+1)*len(c.Levels)])
		}
	}
	for i := from; i < to; i++ {
		if e := y[o+i] - forecast[i]; !math.IsNaN(e) {
			c.push(f, o, o+i, e)
		}
	}
}

// adapt moves the levels of a band by how often values lay below its quantiles.
func (c *calibration) adapt(b int, daily float64, hit []usual) {
	for k, level := range c.Levels {
		m := &c.Bands[b].Moved[k]
		*m = min(0.999, max(0.001, *m+adapted*(level*hit[k].Weight-hit[k].Sum)/daily))
	}
}

// hits counts which quantiles a value lay below.
func (c *calibration) hits(f *frame, o, t int, forecast, value float64, q []float64, hit []usual) {
	if !c.quantiles(f, o, t, forecast, q) || c.size(f, t) == 0 {
		return
	}
	b := bandOf(f, t-o)
	for k := range q {
		h := &hit[b*len(q)+k]
		h.Weight++
		if value <= q[k] {
			h.Sum++
		}
	}
}

// push keeps an error, or a share of them where many come out in a day.
func (c *calibration) push(f *frame, o, t int, e float64) {
	k := bandOf(f, t-o)
	share := kept / (keptDays * c.daily(f, k))
	if size := c.size(f, t); size > 0 && float64(scatter(o*maxSteps+t)>>11)/(1<<53) < share {
		c.Bands[k].push(math.Round(e/size*1e4) / 1e4)
	}
	fade := math.Pow(fading, min(1, float64(c.plan.every)/float64(c.plan.steps)))
	for _, k := range [2]int{c.cell(f, t), len(c.Scale) - 1} {
		s := &c.Scale[k]
		if k == len(c.Scale)-1 {
			fade = math.Pow(fade, 1/float64(f.slots))
		}
		s.Sum, s.Weight = s.Sum*fade+math.Abs(e), s.Weight*fade+1
	}
}

// push keeps an error over its usual size, the oldest one goes.
func (b *band) push(x float64) {
	b.sort()
	if len(b.Errors) >= kept {
		i, _ := slices.BinarySearch(b.sorted, b.Errors[0])
		b.sorted = slices.Delete(b.sorted, i, i+1)
		b.Errors = slices.Delete(b.Errors, 0, 1)
	}
	i, _ := slices.BinarySearch(b.sorted, x)
	b.sorted = slices.Insert(b.sorted, i, x)
	b.Errors = append(b.Errors, x)
}
