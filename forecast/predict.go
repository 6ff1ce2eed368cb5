package forecast

import (
	"fmt"
	"math"
	"slices"
	"time"

	"lingtan/period"
)

// Forecast is what a model says from an origin.
type Forecast struct {
	Series      string             `json:"series"`
	Unit        string             `json:"unit,omitempty"`
	Model       string             `json:"model"`
	Weights     map[string]float64 `json:"weights,omitempty"` // of a mean's members, summing to 1
	TrainedFrom time.Time          `json:"trained_from"`
	TrainedTo   time.Time          `json:"trained_to"`
	Origin      time.Time          `json:"origin"`
	StepSeconds int64              `json:"step_seconds"`
	Levels      []float64          `json:"levels"` // of the quantiles
	Inputs      []Used             `json:"inputs"`
	Drivers     []Driver           `json:"drivers"`
	Steps       []Step             `json:"steps"`
	Notes       []Note             `json:"notes"`
}

// Step is the forecast of an interval. Mean is null and Quantiles empty where there is no
// figure. Parts are what the drivers add, in their order; they sum to Mean, but for rounding.
type Step struct {
	Time      time.Time `json:"time"`
	Mean      *float64  `json:"mean"`
	Quantiles []float64 `json:"quantiles"`
	Parts     []float64 `json:"parts"`
}

// history is how many days before the origin a forecast reads.
const history = reach + 21

// Predict forecasts the horizon from origin, a step of the series' grid at which no later value
// of the series is looked at. Data hold at least the last two weeks before it; covariates that
// the model was fitted on and that are missing, or not known over the horizon, are left out of the
// model, step by step, and told. Errors wrap ErrSeries, ErrHistory, ErrOptions or ErrModel.
func (m *Model) Predict(d Data, origin time.Time, horizon time.Duration) (*Forecast, error) {
	k := &m.kept
	if err := d.check(); err != nil {
		return nil, err
	}
	if int64(d.Series.Step/time.Second) != k.StepSeconds {
		return nil, fmt.Errorf("%w: it was fitted on steps of %d s and is given %s", ErrModel, k.StepSeconds, d.Series.Step)
	}
	n := int(horizon / d.Series.Step)
	if horizon%d.Series.Step != 0 || n < 1 || n > k.Steps {
		return nil, fmt.Errorf("%w: a horizon of %s; a multiple of the step, at most %s, which the model was fitted for", ErrOptions, horizon, time.Duration(k.Steps)*d.Series.Step)
	}
	since := origin.Sub(d.Series.Start)
	o := int(since / d.Series.Step)
	if since%d.Series.Step != 0 || o > len(d.Series.Values) {
		return nil, fmt.Errorf("%w: an origin at %s; it lies on the series' grid, at its end (%s) at the latest", ErrOptions, origin.Format(time.RFC3339),
			d.Series.Start.Add(time.Duration(len(d.Series.Values))*d.Series.Step).Format(time.RFC3339))
	}
	if err := d.recent(o); err != nil {
		return nil, err
	}
	p := &prediction{k: k, n: n}
	p.lay(d, o)
	return p.run(), nil
}

// recent checks that enough of the last weeks before step o is known.
func (d *Data) recent(o int) error {
	slots := int(24 * time.Hour / d.Series.Step)
	known := 0
	for i := max(0, o-28*slots); i < o; i++ {
		if !math.IsNaN(d.Series.Values[i]) {
			known++
		}
	}
	if o < 14*slots || known < 7*slots {
		return fmt.Errorf("%w: %s: %d values before the origin, %d of the last four weeks known; it takes two weeks, and a week's values", ErrHistory, d.Series.Name, max(0, o), known)
	}
	return nil
}

// prediction is a forecast being made.
type prediction struct {
	k       *keptModel
	d       Data
	f       *frame
	o, n    int
	missing []int // steps without covariate c
	parts   []map[string]float64
	mean    []float64
}

// lay cuts the data to what is read, and puts the covariates in the model's order.
func (p *prediction) lay(d Data, o int) {
	slots := int(24 * time.Hour / d.Series.Step)
	cut := max(0, o-history*slots)
	given := map[string]Covariate{}
	for _, c := range d.Covariates {
		given[c.Name] = c
	}
	list := []Covariate{}
	for _, in := range p.k.Inputs {
		c := Covariate{Name: in.Name, Ahead: in.Ahead, Unit: given[in.Name].Unit}
		if v := given[in.Name].Values; len(v) > cut {
			c.Values = v[cut:]
		}
		list = append(list, c)
	}
	d.Series.Start = d.Series.Start.Add(time.Duration(cut) * d.Series.Step)
	d.Series.Values = d.Series.Values[cut:o]
	d.Covariates = list
	p.d, p.o = d, o-cut
	p.f = newFrame(&p.d, p.n)
	p.missing = make([]int, len(list))
	p.mean = make([]float64, p.n)
	for range p.n {
		p.parts = append(p.parts, map[string]float64{})
	}
}

// uncalendared says whether a day of the forecast lies beyond its calendar. A list of
// days is taken to be complete.
func (p *prediction) uncalendared() bool {
	if _, listed := p.d.Calendar.(Listed); listed || p.d.Calendar == nil {
		return false
	}
	for i := range p.n {
		if _, known := p.d.Calendar.Rests(p.f.start + period.Day(p.f.day[p.o+i])); !known {
			return true
		}
	}
	return false
}

// run asks the members, puts limits and quantiles on, and explains.
func (p *prediction) run() *Forecast {
	k, f := p.k, p.f
	b := newScratch(f)
	whole := map[string][]map[string]float64{}
	for kind := range k.Weights {
		if mb := k.member(kind, 0); mb != nil && !regresses(kind) {
			whole[kind] = mb.whole(f, p.o, p.n)
		}
	}
	for i := range p.n {
		p.step(i, b, whole)
	}
	out := &Forecast{Series: k.Series, Unit: k.Unit, Model: k.Kind, TrainedFrom: k.From, TrainedTo: k.To, Origin: f.time(&p.d.Series, p.o), StepSeconds: k.StepSeconds,
		Levels: k.Calibration.Levels, Inputs: []Used{}, Drivers: []Driver{}, Notes: []Note{}}
	if k.Kind == kindMean {
		out.Weights = shares(k.Weights)
	}
	p.tell(out)
	return out
}

func shares(w map[string]float64) map[string]float64 {
	var sum float64
	for _, k := range Kinds() {
		sum += w[k]
	}
	out := map[string]float64{}
	for k, x := range w {
		out[k] = x / sum
	}
	return out
}

// step is the weighted mean of the members at step i, those that have a figure.
func (p *prediction) step(i int, b *scratch, whole map[string][]map[string]float64) {
	f, t := p.f, p.o+i
	anchor := f.row(p.o, t, b.row)
	known := f.knownCovariates(p.o, t)
	for c := range p.missing {
		if known&(1<<c) == 0 {
			p.missing[c]++
		}
	}
	row := slices.Clone(b.row)
	var weight float64
	parts := map[string]float64{}
	for _, kind := range Kinds() {
		w := p.k.Weights[kind]
		mb := p.k.member(kind, known)
		if w == 0 || mb == nil {
			continue
		}
		if !regresses(kind) {
			if whole[kind][i] == nil {
				continue
			}
			for name, v := range whole[kind][i] {
				parts[name] += w * v
			}
		} else if math.IsNaN(anchor) {
			continue
		} else {
			copy(b.row, row)
			f.blank(b.row, mb.Covariates)
			mb.explain(f, b, anchor, w, parts)
		}
		weight += w
	}
	p.mean[i] = math.NaN()
	if weight == 0 {
		return
	}
	var sum float64
	for _, name := range driverOrder(f) {
		parts[name] /= weight
		sum += parts[name]
	}
	if p.k.Positive && sum < 0 {
		parts[driverLimit] = -sum
		sum = 0
	}
	p.mean[i], p.parts[i] = sum, parts
}

// tell fills in steps, drivers, inputs and notes.
func (p *prediction) tell(out *Forecast) {
	f, c := p.f, p.k.Calibration
	order := p.drivers(out)
	gaps, points := 0, 0
	for i, v := range p.mean {
		s := Step{Time: f.time(&p.d.Series, p.o+i), Quantiles: []float64{}, Parts: []float64{}}
		q := make([]float64, len(c.Levels))
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			gaps++
		default:
			s.Mean = &v
			for _, name := range order {
				s.Parts = append(s.Parts, p.parts[i][name])
			}
			if c.quantiles(f, p.o, p.o+i, v, q) {
				p.limit(q)
				s.Quantiles = q
			} else {
				points++
			}
		}
		out.Steps = append(out.Steps, s)
	}
	p.notes(out, gaps, points)
}

func (p *prediction) limit(q []float64) {
	for i := range q {
		if p.k.Positive {
			q[i] = max(q[i], 0)
		}
	}
}

// drivers lists those that add anything, level first, with their means.
func (p *prediction) drivers(out *Forecast) []string {
	var order []string
	for _, name := range driverOrder(p.f) {
		var sum, size float64
		n := 0
		for i, parts := range p.parts {
			if !math.IsNaN(p.mean[i]) {
				sum += parts[name]
				size += math.Abs(parts[name])
				n++
			}
		}
		if size == 0 {
			continue
		}
		mean := sum / float64(n)
		zh, en := sayDriver(name)
		out.Drivers = append(out.Drivers, Driver{name, zh, en, &mean})
		order = append(order, name)
	}
	return order
}

// notes tells what was missing.
func (p *prediction) notes(out *Forecast, gaps, points int) {
	say := func(code, zh, en string, args ...any) {
		out.Notes = append(out.Notes, Note{code, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)})
	}
	for c, x := range p.f.covariates {
		known := p.n - p.missing[c]
		out.Inputs = append(out.Inputs, Used{x.Name, x.Ahead, float64(known) / float64(p.n)})
		if known < p.n && (p.k.Weights[kindRidge] > 0 || p.k.Weights[kindTrees] > 0) {
			say("covariate_missing", "%s 在 %d 个时段中缺 %d 个：这些时段用不含它的模型。", "%[1]s is missing for %[3]d of %[2]d steps: the model without it stands there", x.Name, p.n, p.missing[c])
		}
	}
	if len(p.f.covariates) > 0 && p.k.Weights[kindRidge] == 0 && p.k.Weights[kindTrees] == 0 {
		say("covariates_unused", "所选模型不用协变量。", "the model chosen does not use covariates")
	}
	behind := 0
	for i := p.o - 1; i >= 0 && math.IsNaN(p.f.y[i]); i-- {
		behind++
	}
	if behind > 0 {
		say("behind", "起点之前最近 %d 个时段没有值。", "the last %d steps before the origin have no value", behind)
	}
	if gaps > 0 {
		say("no_forecast", "%d 个时段没有可依据的历史，未给出预测。", "%d steps have no history to go by: no figure is given", gaps)
	}
	if points > 0 {
		say("no_interval", "%d 个时段误差样本不足，未给出区间。", "%d steps have no interval: too few errors are known", points)
	}
	if p.uncalendared() {
		out.Notes = append(out.Notes, calendarNote())
	}
}
