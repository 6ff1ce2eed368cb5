package forecast

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// kindAuto names the row of a backtest for the model that had been best at each refit, by the errors
// before it alone: what a node that chooses as Fit does would have got.
const kindAuto = "auto"

// Table is what a backtest found.
type Table struct {
	Series     string    `json:"series"`
	Unit       string    `json:"unit,omitempty"`
	From       time.Time `json:"from"` // first target
	To         time.Time `json:"to"`
	Issues     int       `json:"issues"` // forecasts made
	Hours      float64   `json:"horizon_hours"`
	Models     []Row     `json:"models"`
	Choice     string    `json:"choice"`    // least MAE over the backtest
	Reference  string    `json:"reference"` // the naive model that skill is against
	Covariates []Used    `json:"covariates"`
	Notes      []Note    `json:"notes"`
}

// Row is a model of a table.
type Row struct {
	Model string `json:"model"`
	Score
}

// Limits of a backtest.
const (
	maxIssues  = 4000
	maxFigures = 4_000_000 // issues × steps × models
	rehearsal  = 56        // days before the first target that calibrate its intervals
)

// Backtest forecasts the past from each origin at or after from, with what was known then, and
// scores the models. The values of covariates that are known ahead are taken as they came
// out: the error of a weather forecast is not in the figures, and the notes say so. A model is
// fitted again every Options.Refit. Errors wrap ErrSeries, ErrHistory or ErrOptions.
func Backtest(d Data, from time.Time, opt Options) (*Table, error) {
	r, err := replay(d, from, opt)
	if err != nil {
		return nil, err
	}
	return r.table(), nil
}

// replayed are the forecasts of a backtest.
type replayed struct {
	f        *frame
	d        *Data
	opt      Options
	plan     plan
	first    int                    // the first origin that is scored
	origins  []int                  // those of the rehearsal too, rising
	blocks   []int                  // where in origins a fit begins
	made     map[string][][]float64 // by kind and origin
	chosen   []string               // by block
	weights  []map[string]float64   // of the mean, by block
	thinned  int                    // every how many-th origin is taken
	issued   int                    // before thinning
	positive bool                   // the values never were negative
}

// replay makes the forecasts of a backtest.
func replay(d Data, from time.Time, opt Options) (*replayed, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	opt, err := opt.filled(d.Series.Step)
	if err != nil {
		return nil, err
	}
	f := newFrame(&d, 0)
	r := &replayed{f: f, d: &d, opt: opt, plan: newPlan(opt, int64(d.Series.Step)), made: map[string][][]float64{}}
	first := int(from.Sub(d.Series.Start) / d.Series.Step)
	if first < leastDays*f.slots || first >= len(f.y) {
		return nil, fmt.Errorf("%w: %s: a backtest from %s; it begins at least %d days after %s and before the end", ErrHistory, d.Series.Name, from.Format(time.DateOnly), leastDays, d.Series.Start.Format(time.DateOnly))
	}
	begin := max(first-rehearsal*f.slots, leastDays*f.slots)
	r.origins = r.thin(r.plan.origins(f, begin, len(f.y)-1))
	for len(r.origins) > 0 && r.first < len(r.origins) && r.origins[r.first] < first {
		r.first++
	}
	if r.first >= len(r.origins) {
		return nil, fmt.Errorf("%w: %s: no forecast is issued between %s and the end", ErrHistory, d.Series.Name, from.Format(time.DateOnly))
	}
	r.lay()
	return r, r.run()
}

// leastDays of history come before the first origin.
const leastDays = 21

// thin keeps as many origins as the limits allow, spread over the time of day.
func (r *replayed) thin(origins []int) []int {
	r.issued, r.thinned = len(origins), 1
	most := min(maxIssues, maxFigures/(r.plan.steps*(len(r.opt.Kinds)+3)))
	every := (len(origins) + most - 1) / max(1, most)
	if every <= 1 {
		return origins
	}
	day := max(1, r.f.slots/r.plan.every)
	for every > 1 && day > 1 && divisor(every, day) > 1 {
		every++
	}
	r.thinned = every
	var list []int
	for i := 0; i < len(origins); i += every {
		list = append(list, origins[i])
	}
	return list
}

func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// lay divides the origins in blocks that share a fit; the first scored one begins a block.
func (r *replayed) lay() {
	every := int(r.opt.Refit / r.d.Series.Step)
	last := math.MinInt
	for i, o := range r.origins {
		if o-last >= every || last == math.MinInt || i == r.first {
			r.blocks = append(r.blocks, i)
			last = o
		}
	}
}

// single are the kinds that are fitted, of which the others are made.
func single(kinds []string) []string {
	var list []string
	for _, k := range Kinds() {
		if k == naiveDay || k == naiveWeek || slices.Contains(kinds, k) || k != kindMean && slices.Contains(kinds, kindMean) {
			if k != kindMean {
				list = append(list, k)
			}
		}
	}
	return list
}

// run fits and forecasts block by block, then mixes.
func (r *replayed) run() error {
	rows := r.f.learn(r.plan, 8*r.f.slots, r.origins[len(r.origins)-1])
	window := int(r.opt.Window / r.d.Series.Step)
	for _, k := range single(r.opt.Kinds) {
		r.made[k] = make([][]float64, len(r.origins))
	}
	for b, i := range r.blocks {
		end := len(r.origins)
		if b+1 < len(r.blocks) {
			end = r.blocks[b+1]
		}
		o := r.origins[i]
		t := &team{f: r.f, plan: r.plan, rows: rows.part(o-window, o), to: o, seed: r.opt.Seed}
		if err := t.forecast(r, i, end); err != nil {
			return err
		}
	}
	r.mix()
	return nil
}

// team are the models of one fit; those for fewer covariates are fitted when they are needed.
type team struct {
	f    *frame
	plan plan
	rows *rows
	to   int
	seed uint64
	fits map[teamKey]*learner
}

type teamKey struct {
	kind string
	m    mask
}

// learner is the model of a kind on covariates m; nil when there is too little to learn from.
func (t *team) learner(kind string, m mask) (*learner, error) {
	if !regresses(kind) {
		m = 0
	}
	key := teamKey{kind, m}
	if l, ok := t.fits[key]; ok {
		return l, nil
	}
	r := t.rows
	if regresses(kind) {
		r = r.without(t.f, m)
	}
	l, err := fitLearner(kind, t.f, t.plan, r, t.to, t.seed)
	if t.fits == nil {
		t.fits = map[teamKey]*learner{}
	}
	t.fits[key] = l
	return l, err
}

// forecast makes the forecasts of origins [from, to) of a replay.
func (t *team) forecast(r *replayed, from, to int) error {
	buf := newScratch(t.f)
	for k := from; k < to; k++ {
		o := r.origins[k]
		n := min(r.plan.steps, len(t.f.y)-o)
		for kind, made := range r.made {
			made[k] = make([]float64, n)
			if regresses(kind) {
				continue
			}
			l, err := t.learner(kind, 0)
			if err != nil {
				return err
			}
			l.values(t.f, o, n, made[k])
		}
		for i := range n {
			if err := t.regress(r, buf, k, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// regress asks the regressions for step i of the forecast k.
func (t *team) regress(r *replayed, buf *scratch, k, i int) error {
	o := r.origins[k]
	anchor := t.f.row(o, o+i, buf.row)
	m := t.f.knownCovariates(o, o+i)
	t.f.blank(buf.row, m)
	for _, kind := range []string{kindRidge, kindTrees} {
		made, ok := r.made[kind]
		if !ok {
			continue
		}
		l, err := t.learner(kind, m)
		if err != nil {
			return err
		}
		made[k][i] = math.NaN()
		if l != nil && !math.IsNaN(anchor) {
			made[k][i] = l.regress(t.f, buf, anchor)
		}
	}
	return nil
}

// lately is how far back errors count when models are weighed, in days.
const lately = 56

// mix makes the mean and the choice of each block out of the errors before it.
func (r *replayed) mix() {
	if r.positive = neverNegative(r.d.Series.Values[:r.origins[0]]); r.positive {
		r.floor()
	}
	kinds := r.opt.Kinds
	mean := make([][]float64, len(r.origins))
	chosen := make([][]float64, len(r.origins))
	for b, from := range r.blocks {
		to := len(r.origins)
		if b+1 < len(r.blocks) {
			to = r.blocks[b+1]
		}
		since := r.origins[from] - lately*r.f.slots
		errors := map[string]float64{}
		for k, made := range r.made {
			errors[k] = r.error(made, since, r.origins[from])
		}
		w := weigh(errors)
		r.weights = append(r.weights, w)
		for k := from; k < to; k++ {
			mean[k] = r.blend(w, k)
		}
		errors[kindMean] = r.error(mean[:from], since, r.origins[from])
		best := pick(errors, kinds)
		r.chosen = append(r.chosen, best)
		for k := from; k < to; k++ {
			chosen[k] = mean[k]
			if best != kindMean {
				chosen[k] = r.made[best][k]
			}
		}
	}
	r.made[kindMean], r.made[kindAuto] = mean, chosen
}

// neverNegative says that no value is below zero; a forecast then is not either.
func neverNegative(values []float64) bool {
	for _, v := range values {
		if v < 0 {
			return false
		}
	}
	return true
}

// floor keeps forecasts of a series that is never negative from being it.
func (r *replayed) floor() {
	for _, made := range r.made {
		for _, v := range made {
			for i := range v {
				v[i] = max(v[i], 0) // NaN stays
			}
		}
	}
}

// error is the mean absolute error of forecasts for targets in [from, to), which were all
// known at to; NaN when there are none.
func (r *replayed) error(made [][]float64, from, to int) float64 {
	var sum float64
	n := 0
	for k, v := range made {
		o := r.origins[k]
		if o < from || o >= to {
			continue
		}
		for i := range min(len(v), to-o) {
			if e := math.Abs(v[i] - r.f.y[o+i]); !math.IsNaN(e) {
				sum += e
				n++
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// blend is the weighted mean of the members' forecasts that have a figure.
func (r *replayed) blend(w map[string]float64, k int) []float64 {
	out := make([]float64, len(r.made[naiveDay][k]))
	for i := range out {
		var sum, weight float64
		for _, kind := range Kinds() {
			if x := w[kind]; x > 0 && !math.IsNaN(r.made[kind][k][i]) {
				sum += x * r.made[kind][k][i]
				weight += x
			}
		}
		out[i] = sum / weight // NaN when none has
	}
	return out
}

// within is how much worse than the best a member of the mean may be.
const within = 1.35

// weigh are the weights of the mean's members: the inverse square of their error, none for those
// far from the best. Without errors the learned ones count alike.
func weigh(errors map[string]float64) map[string]float64 {
	w := map[string]float64{}
	best := math.Inf(1)
	for _, k := range []string{kindSmoothing, kindRidge, kindTrees} {
		if e := errors[k]; e > 0 {
			best = min(best, e)
		}
	}
	for _, k := range []string{kindSmoothing, kindRidge, kindTrees} {
		e, ok := errors[k]
		switch {
		case !ok:
		case math.IsInf(best, 0):
			w[k] = 1
		case e <= within*best:
			w[k] = (best / max(e, 1e-300)) * (best / max(e, 1e-300))
		}
	}
	return w
}

// pick is the kind with the least error; without errors the most refined one.
func pick(errors map[string]float64, kinds []string) string {
	best := ""
	for _, k := range Kinds() {
		if e, ok := errors[k]; ok && slices.Contains(kinds, k) && !math.IsNaN(e) && (best == "" || e < errors[best]) {
			best = k
		}
	}
	for i := len(Kinds()) - 1; best == "" && i >= 0; i-- {
		if slices.Contains(kinds, Kinds()[i]) {
			best = Kinds()[i]
		}
	}
	return best
}
