package forecast

import "math"

// plan is when forecasts are issued and how far they reach, in steps.
type plan struct {
	steps int // of the horizon
	every int // between issues
	issue int // slot of the day
}

func newPlan(o Options, step int64) plan {
	return plan{steps: int(int64(o.Horizon) / step), every: int(int64(o.Every) / step), issue: int(int64(o.Issue) / step)}
}

// isOrigin says whether a forecast is issued before step i.
func (p plan) isOrigin(f *frame, i int) bool {
	d := f.slot[i] - p.issue
	if d < 0 {
		d += f.slots
	}
	return d%p.every == 0
}

// origins are the steps in [from, to] that a forecast is issued before.
func (p plan) origins(f *frame, from, to int) []int {
	var list []int
	for i := max(0, from); i <= to && i < len(f.slot); i++ {
		if p.isOrigin(f, i) {
			list = append(list, i)
		}
	}
	return list
}

// perTarget is how many origins a target is learnt from at most.
const perTarget = 2

// maxRows is how many rows are learnt from at most, about; of a longer span some are drawn.
const maxRows = 150_000

// rows are what the regressions learn from: inputs and the distance to the anchor, in the
// order of the targets.
type rows struct {
	n       int // inputs of a row
	x, y    []float64
	anchors []float64
	target  []int
}

func (r *rows) row(i int) []float64 { return r.x[i*r.n : (i+1)*r.n] }

// part are the rows with a target in [from, to).
func (r *rows) part(from, to int) *rows {
	lo, hi := 0, len(r.target)
	for lo < len(r.target) && r.target[lo] < from {
		lo++
	}
	for hi > lo && r.target[hi-1] >= to {
		hi--
	}
	return &rows{r.n, r.x[lo*r.n : hi*r.n], r.y[lo:hi], r.anchors[lo:hi], r.target[lo:hi]}
}

// learn builds the rows of targets in [from, to).
func (f *frame) learn(p plan, from, to int) *rows {
	r := &rows{n: len(f.names)}
	row := make([]float64, r.n)
	thin := (to-from)*perTarget/maxRows + 1
	for t := max(from, 1); t < to; t++ {
		if math.IsNaN(f.y[t]) || scatter(t)%uint64(thin) != 0 {
			continue
		}
		for _, o := range f.from(p, t) {
			a := f.row(o, t, row)
			if math.IsNaN(a) {
				continue
			}
			r.x = append(r.x, row...)
			r.y, r.anchors, r.target = append(r.y, f.y[t]-a), append(r.anchors, a), append(r.target, t)
		}
	}
	return r
}

// from are the origins that target t is learnt from: all that a forecast of it is issued at
// when they are few, else the nearest day's one and one of the others, drawn by t.
func (f *frame) from(p plan, t int) []int {
	last := t
	for !p.isOrigin(f, last) {
		if last--; last < 0 {
			return nil
		}
	}
	count := (last - t + p.steps - 1) / p.every // of earlier ones that reach t
	if t-last >= p.steps {
		return nil
	}
	if count < perTarget {
		list := []int{}
		for k := range count + 1 {
			if o := last - k*p.every; o >= 0 {
				list = append(list, o)
			}
		}
		return list
	}
	near := min(count+1, max(1, f.slots/p.every))
	list := []int{last - int(scatter(t)%uint64(near))*p.every, last - int(scatter(t+1<<40)%uint64(count+1))*p.every}
	if list[0] == list[1] || list[1] < 0 {
		list = list[:1]
	}
	if list[0] < 0 {
		return nil
	}
	return list
}

// scatter is the finisher of SplitMix64: it spreads numbers evenly.
func scatter(t int) uint64 {
	z := uint64(t)*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
