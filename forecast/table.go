package forecast

import (
	"math"
	"slices"
	"time"
)

// table scores a replay.
func (r *replayed) table() *Table {
	f, s := r.f, &r.d.Series
	first := r.origins[r.first]
	t := &Table{Series: s.Name, Unit: s.Unit, From: f.time(s, first), To: f.time(s, len(f.y)), Issues: len(r.origins) - r.first, Hours: r.opt.Horizon.Hours()}
	kinds := append(slices.Clone(r.opt.Kinds), kindAuto)
	for _, k := range []string{naiveWeek, naiveDay} {
		if !slices.Contains(kinds, k) {
			kinds = append([]string{k}, kinds...)
		}
	}
	for _, k := range kinds {
		score, _ := r.score(r.made[k])
		t.Models = append(t.Models, Row{k, score})
	}
	t.judge(r.opt.Kinds)
	t.Covariates, t.Notes = r.used(), r.notes()
	return t
}

func (f *frame) time(s *Series, i int) time.Time { return s.Start.Add(time.Duration(i) * s.Step) }

// judge says which naive model is the better one, how much better the others are, and which is
// chosen.
func (t *Table) judge(kinds []string) {
	var reference, choice *Row
	for i := range t.Models {
		m := &t.Models[i]
		if m.MAE == nil {
			continue
		}
		if (m.Model == naiveDay || m.Model == naiveWeek) && (reference == nil || *m.MAE < *reference.MAE) {
			reference = m
		}
		if slices.Contains(kinds, m.Model) && (choice == nil || *m.MAE < *choice.MAE) {
			choice = m
		}
	}
	if choice != nil {
		t.Choice = choice.Model
	}
	if reference == nil {
		return
	}
	t.Reference = reference.Model
	for i := range t.Models {
		if m := &t.Models[i]; m.MAE != nil && *reference.MAE > 0 {
			skill := 1 - *m.MAE / *reference.MAE
			m.Skill = &skill
		}
	}
}

// score runs the calibration through the forecasts of a kind and scores those that count.
// It returns the calibration as it stands after the last value.
func (r *replayed) score(made [][]float64) (Score, *calibration) {
	f := r.f
	c := newCalibration(f, plan{r.plan.steps, r.plan.every * r.thinned, r.plan.issue}, r.opt.Quantiles)
	all, by := &tally{floor: 0.01 * r.usualSize()}, make([]tally, len(bands))
	q := make([]float64, len(r.opt.Quantiles))
	out := &outcome{r: r, c: c, made: made, done: make([]int, len(made))}
	for k, o := range r.origins {
		out.until(o)
		if k < r.first {
			continue
		}
		for i, v := range made[k] {
			told := q
			if !c.quantiles(f, o, o+i, v, q) {
				told = nil
			}
			r.limit(told)
			all.add(f.y[o+i], v, told, r.opt.Quantiles)
			by[bandOf(f, i)].add(f.y[o+i], v, told, r.opt.Quantiles)
		}
	}
	out.until(len(f.y))
	score := all.score(r.opt.Quantiles)
	score.Leads = leads(by, r.opt.Horizon.Hours())
	return score, c
}

// outcome hands what came out of forecasts to their calibration.
type outcome struct {
	r    *replayed
	c    *calibration
	made [][]float64
	seen int   // forecasts that came out wholly
	done []int // steps that came out, by forecast
}

// until hands on what is known at step o.
func (x *outcome) until(o int) {
	for k := x.seen; k < len(x.made) && x.r.origins[k] < o; k++ {
		to := min(len(x.made[k]), o-x.r.origins[k])
		if to > x.done[k] {
			x.c.observe(x.r.f, x.r.origins[k], x.done[k], to, x.made[k], x.r.f.y)
			x.done[k] = to
		}
	}
	for x.seen < len(x.made) && x.done[x.seen] == len(x.made[x.seen]) {
		x.seen++
	}
}

// leads are the parts of a score by lead, as far as the horizon reaches.
func leads(by []tally, horizon float64) []lead {
	list := []lead{}
	for b := range by {
		if t := &by[b]; t.n > 0 {
			to := horizon
			if b+1 < len(bands) {
				to = min(to, bands[b+1])
			}
			list = append(list, lead{bands[b], to, t.n, over(t.abs, float64(t.n)), over(float64(t.inside), float64(t.banded))})
		}
	}
	return list
}

// limit keeps quantiles of a series that is never negative from being it.
func (r *replayed) limit(q []float64) {
	if r.positive {
		for i := range q {
			q[i] = max(q[i], 0)
		}
	}
}

// usualSize is the mean size of the values.
func (r *replayed) usualSize() float64 {
	var sum float64
	n := 0
	for _, v := range r.d.Series.Values {
		if !math.IsNaN(v) {
			sum += math.Abs(v)
			n++
		}
	}
	return sum / float64(max(1, n))
}
