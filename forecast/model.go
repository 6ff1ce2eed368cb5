package forecast

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"
)

// modelFormat names the written form of a Model.
const modelFormat = "lingtan.forecast-model/v1"

// Model is a fitted forecast, to be kept as JSON and asked again. It is safe for concurrent use.
type Model struct {
	kept keptModel
}

// keptModel is the written form of a Model.
type keptModel struct {
	Format      string             `json:"format"`
	Series      string             `json:"series"`
	Unit        string             `json:"unit"`
	StepSeconds int64              `json:"step_seconds"`
	From        time.Time          `json:"trained_from"`
	To          time.Time          `json:"trained_to"`
	Steps       int                `json:"steps"` // of the horizon fitted for
	Kind        string             `json:"kind"`
	Weights     map[string]float64 `json:"weights"`
	Inputs      []input            `json:"inputs"`
	Positive    bool               `json:"never_negative"`
	Members     []member           `json:"members"`
	Calibration *calibration       `json:"calibration"`
	Choice      []Row              `json:"choice"` // what the models were chosen by
}

type input struct {
	Name  string `json:"name"`
	Ahead bool   `json:"ahead"`
}

// member is a learner for a set of covariates, a bit each.
type member struct {
	Covariates mask `json:"covariates"`
	learner
}

// Kind is the kind of the model, as Kinds lists them.
func (m *Model) Kind() string { return m.kept.Kind }

// Trained is the span of the values that the model was fitted on.
func (m *Model) Trained() (from, to time.Time) { return m.kept.From, m.kept.To }

// chosenOver is how many days before the end a choice is scored on, after its rehearsal.
const chosenOver = 28

// Fit chooses a kind of model by forecasting the last weeks of the data, calibrates its intervals on
// how that came out, and fits it on all of the window. Errors wrap ErrSeries, ErrHistory or ErrOptions.
func Fit(d Data, opt Options) (*Model, error) {
	r, err := rehearse(d, opt)
	if err != nil {
		return nil, err
	}
	kind, weights := r.choose()
	k := keptModel{Format: modelFormat, Series: d.Series.Name, Unit: d.Series.Unit, StepSeconds: int64(d.Series.Step / time.Second), Steps: r.plan.steps,
		Kind: kind, Weights: weights, Positive: neverNegative(d.Series.Values), Choice: r.table().Models}
	_, k.Calibration = r.score(r.made[kind])
	for _, c := range d.Covariates {
		k.Inputs = append(k.Inputs, input{c.Name, c.Ahead})
	}
	f, n := r.f, len(r.f.y)
	from := max(0, n-int(r.opt.Window/d.Series.Step))
	k.From, k.To = f.time(&d.Series, from), f.time(&d.Series, n)
	t := &team{f: f, plan: r.plan, rows: f.learn(r.plan, max(from, 8*f.slots), n), to: n, seed: r.opt.Seed}
	for _, name := range Kinds() {
		if weights[name] > 0 {
			if err := k.add(t, name); err != nil {
				return nil, err
			}
		}
	}
	return &Model{k}, nil
}

// rehearse replays the last weeks with few fits: enough to choose and to calibrate by.
func rehearse(d Data, opt Options) (*replayed, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	n := len(d.Series.Values)
	slots := int(24 * time.Hour / d.Series.Step)
	if n < (leastDays+7)*slots {
		return nil, fmt.Errorf("%w: %s: %d values; at least %d days of them", ErrHistory, d.Series.Name, n, leastDays+7)
	}
	opt.Refit = rehearsal * 24 * time.Hour
	first := max(n-chosenOver*slots, (leastDays+1)*slots)
	return replay(d, d.Series.Start.Add(time.Duration(first)*d.Series.Step), opt)
}

// choose picks the kind with the least error over all of a replay, and the weights of its members.
func (r *replayed) choose() (string, map[string]float64) {
	errors := map[string]float64{}
	for k, made := range r.made {
		if k != kindAuto {
			errors[k] = r.error(made, 0, len(r.f.y))
		}
	}
	kind := pick(errors, r.opt.Kinds)
	if kind != kindMean {
		return kind, map[string]float64{kind: 1}
	}
	return kind, weigh(errors)
}

// Choose backtests the kinds over the last weeks of the data, with few fits, and returns the
// one with the least absolute error and the table that it was chosen by.
func Choose(d Data, opt Options) (string, *Table, error) {
	r, err := rehearse(d, opt)
	if err != nil {
		return "", nil, err
	}
	kind, _ := r.choose()
	t := r.table()
	t.Choice = kind
	return kind, t, nil
}

// add fits a kind for each set of covariates that may be known.
func (k *keptModel) add(t *team, kind string) error {
	sets := []mask{0}
	if regresses(kind) {
		sets = covariateSets(len(k.Inputs))
	}
	for _, m := range sets {
		l, err := t.learner(kind, m)
		if err != nil {
			return err
		}
		if l != nil {
			k.Members = append(k.Members, member{m, *l})
		}
	}
	return nil
}

// covariateSets are the sets that models are fitted for: every set of two, and of more all, all but one,
// and none.
func covariateSets(n int) []mask {
	var list []mask
	for m := mask(1)<<n - 1; ; m-- {
		if c := bits.OnesCount32(uint32(m)); n <= 2 || c == 0 || c >= n-1 {
			list = append(list, m)
		}
		if m == 0 {
			return list
		}
	}
}

// member is the learner of a kind for the most of the known covariates.
func (k *keptModel) member(kind string, known mask) *member {
	var best *member
	for i := range k.Members {
		m := &k.Members[i]
		if m.Kind == kind && m.Covariates&^known == 0 && (best == nil || bits.OnesCount32(uint32(m.Covariates)) > bits.OnesCount32(uint32(best.Covariates))) {
			best = m
		}
	}
	return best
}

// MarshalJSON writes the model; read again it forecasts the same to the last bit.
func (m *Model) MarshalJSON() ([]byte, error) { return json.Marshal(m.kept) }

// UnmarshalJSON reads a kept model. Errors wrap ErrModel.
func (m *Model) UnmarshalJSON(text []byte) error {
	var k keptModel
	if err := json.Unmarshal(text, &k); err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	if err := k.check(); err != nil {
		return fmt.Errorf("%w: %w; fit it again", ErrModel, err)
	}
	m.kept = k
	return nil
}

// check says what is wrong with a model that was read.
func (k *keptModel) check() error {
	step := time.Duration(k.StepSeconds) * time.Second
	switch {
	case k.Format != modelFormat:
		return fmt.Errorf("format %q; this is %s", k.Format, modelFormat)
	case k.StepSeconds < 60 || k.StepSeconds > 86400 || (24*time.Hour)%step != 0:
		return fmt.Errorf("a step of %d s", k.StepSeconds)
	case k.Steps < 1 || k.Steps > maxSteps || len(k.Inputs) > MaxCovariates || !slices.Contains(Kinds(), k.Kind) || k.Calibration == nil:
		return fmt.Errorf("kind %q, %d steps, %d inputs", k.Kind, k.Steps, len(k.Inputs))
	}
	f := &frame{grid: &grid{slots: int(24 * time.Hour / step)}}
	for _, x := range k.Inputs {
		f.covariates = append(f.covariates, Covariate{Name: x.Name, Ahead: x.Ahead})
	}
	f.names = featureNames(f.covariates)
	for i := range k.Members {
		if err := k.Members[i].check(f); err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
	}
	for name, w := range k.Weights {
		if !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("the weight of %s is %g", name, w)
		}
	}
	return k.Calibration.check(f)
}

func (l *learner) check(f *frame) error {
	ok := false
	switch l.Kind {
	case naiveDay, naiveWeek:
		ok = true
	case kindSmoothing:
		ok = l.Smoothing != nil
	case kindTrees:
		ok = l.Trees != nil && l.Trees.Columns() == len(f.names)
	case kindRidge:
		ok = l.Ridge != nil && l.Ridge.fits(f)
	}
	if !ok {
		return fmt.Errorf("kind %q does not fit its inputs", l.Kind)
	}
	return nil
}

// fits says whether a regression that was read is over these inputs.
func (r *ridge) fits(f *frame) bool {
	if len(r.Base) != f.slots || len(r.Mean) != f.slots || len(r.Slope) != f.slots || !slices.Equal(r.Columns, sizes(f.names)) {
		return false
	}
	for s := range r.Base {
		if len(r.Mean[s]) != len(r.Columns)+dummies || len(r.Slope[s]) != len(r.Columns)+dummies {
			return false
		}
	}
	return true
}

func (c *calibration) check(f *frame) error {
	if len(c.Scale) != 2*f.slots+1 || len(c.Bands) != len(bands) || len(c.Levels) > 50 {
		return fmt.Errorf("the calibration has %d sizes and %d bands", len(c.Scale), len(c.Bands))
	}
	for _, b := range c.Bands {
		if len(b.Moved) != len(c.Levels) || len(b.Errors) > kept {
			return fmt.Errorf("a band of the calibration has %d levels and %d errors", len(b.Moved), len(b.Errors))
		}
	}
	return nil
}
