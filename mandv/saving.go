package mandv

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"lingtan/park"
)

// Result is a measured project.
type Result struct {
	Format      string       `json:"format"`
	ID          string       `json:"id,omitempty"`
	Measure     string       `json:"measure,omitempty"`
	Title       park.Name    `json:"title"`
	Option      string       `json:"option"`
	Unit        string       `json:"unit"`
	Confidence  float64      `json:"confidence"`
	Qualifies   bool         `json:"qualifies"` // no finding blocks
	Baseline    *Fit         `json:"baseline"`
	Reporting   *Fit         `json:"reporting,omitempty"`
	Saving      *Saving      `json:"saving,omitempty"`
	Normalised  *Normalised  `json:"normalised,omitempty"`
	Indicators  []Indicator  `json:"indicators"`
	Adjustments []Adjustment `json:"adjustments"`
	Offered     []Change     `json:"offeredAdjustments"`
	Chart       *Chart       `json:"chart,omitempty"`
	Findings    []Finding    `json:"findings"`
}

// Saving is the energy avoided: expected by the baseline model, adjusted, less metered, over
// the intervals where both are known.
type Saving struct {
	Days        float64       `json:"days"`
	Unknown     float64       `json:"unknownDays"` // of the reporting period
	Expected    float64       `json:"expected"`    // adjustments included
	Metered     float64       `json:"metered"`
	Adjusted    float64       `json:"adjusted"` // of it by stated adjustments
	Saved       float64       `json:"saved"`
	Share       *float64      `json:"share,omitempty"` // of expected
	Uncertainty []Uncertainty `json:"uncertainty"`
	Significant *bool         `json:"significant,omitempty"` // by CalTRACK's band
}

// Uncertainty is half the interval at the case's confidence, and as a share of the saving:
// the fractional savings uncertainty.
type Uncertainty struct {
	Method     string   `json:"method"` // caltrack or ashrae14
	Half       float64  `json:"half"`
	Fractional *float64 `json:"fractional,omitempty"` // of |saved|; absent where nothing was saved
	T          float64  `json:"t"`
	Effective  float64  `json:"effectiveObservations"` // n' = n(1−ρ)/(1+ρ)
	Source     string   `json:"source"`
}

// Normalised is the saving of a normal year: baseline model less reporting model.
type Normalised struct {
	Days      float64 `json:"days"`
	Baseline  float64 `json:"baseline"`
	Reporting float64 `json:"reporting"`
	Saved     float64 `json:"saved"`
}

// Evaluate measures a case. The error wraps ErrCase when it cannot be: a wrong form, or too
// little data for any model. What makes the figures weak is told in Findings.
func (c *Case) Evaluate() (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	r := &Result{Format: "lingtan.savings-result/v1", ID: c.ID, Measure: c.Measure, Title: c.Title, Option: c.Option, Unit: c.Unit, Confidence: c.confidence(),
		Indicators: []Indicator{}, Adjustments: append([]Adjustment{}, c.Adjustments...), Offered: []Change{}, Findings: []Finding{}}
	w := work{Case: c, r: r}
	w.base = w.prepare("baseline", &c.Baseline)
	skip := w.constant(w.base)
	if r.Baseline = c.fitSpan(w.base, skip); r.Baseline == nil {
		return nil, fmt.Errorf("%w: no model can be fitted to the baseline: %d intervals, %d of them known; a model needs more known intervals than it has terms, and months of the hourly model a week each", ErrCase, w.base.Len(), known(w.base.Energy))
	}
	w.modelFindings("baseline", r.Baseline)
	model := r.Baseline.predict(c, w.base)
	w.residual = residuals(w.base.Energy, model)
	w.changes("baseline", w.base, w.residual)
	if c.Reporting != nil {
		if err := w.report(skip); err != nil {
			return nil, err
		}
	}
	r.Qualifies = true
	for _, f := range r.Findings {
		r.Qualifies = r.Qualifies && f.Level != "blocks"
	}
	return r, nil
}

// work is a case being measured.
type work struct {
	*Case
	r         *Result
	base, now *Span // after zeros and adjustments
	residual  []float64
}

func (c *Case) fitSpan(s *Span, skip map[string]bool) *Fit {
	if c.kind() == "hourly" {
		return c.fitHourly(s, skip)
	}
	return c.fitDaily(s, skip)
}

// report measures the reporting period.
func (w *work) report(skip map[string]bool) error {
	w.now = w.prepare("reporting", w.Reporting)
	expected := w.r.Baseline.predict(w.Case, w.now)
	adjusted := w.adjust("reporting", w.now)
	for i, a := range adjusted {
		expected[i] += a
	}
	s := &Saving{}
	per := w.now.perDay()
	for i, e := range expected {
		if m := w.now.Energy[i]; math.IsNaN(e) || math.IsNaN(m) {
			s.Unknown += 1 / per
			continue
		}
		s.Days += 1 / per
		s.Expected, s.Metered, s.Adjusted = s.Expected+e, s.Metered+w.now.Energy[i], s.Adjusted+adjusted[i]
	}
	if s.Days == 0 {
		return fmt.Errorf("%w: in no interval of the reporting period are both metered and expected energy known", ErrCase)
	}
	s.Saved = s.Expected - s.Metered
	if s.Expected > 0 {
		share := s.Saved / s.Expected
		s.Share = &share
	}
	w.r.Saving = s
	w.uncertainty(s)
	w.extrapolation()
	w.smallShare(s)
	r := residuals(w.now.Energy, expected)
	w.changes("reporting", w.now, r)
	w.r.Chart = w.chart(expected)
	w.indicators(s, expected)
	w.r.Reporting = w.fitSpan(w.now, skip)
	return w.normalise()
}

// normalise models a normal year before and after.
func (w *work) normalise() error {
	if w.Normal == nil {
		return nil
	}
	if w.r.Reporting == nil {
		w.add(Finding{Code: "no_reporting_model", Level: "warns", Period: "reporting", Text: park.Name{ZH: "报告期数据不足以拟合模型，无法给出标准年节能量", EN: "the reporting period is too short for a model; the saving of a normal year cannot be told"}})
		return nil
	}
	before, after := w.r.Baseline.predict(w.Case, w.Normal), w.r.Reporting.predict(w.Case, w.Normal)
	x := &Normalised{}
	holes := 0
	for i := range before {
		if math.IsNaN(before[i]) || math.IsNaN(after[i]) {
			holes++
			continue
		}
		x.Days += 1 / w.Normal.perDay()
		x.Baseline, x.Reporting = x.Baseline+before[i], x.Reporting+after[i]
	}
	x.Saved = x.Baseline - x.Reporting
	if holes > 0 {
		v := float64(holes)
		w.add(Finding{Code: "normal_incomplete", Level: "warns", Period: "normal", Value: &v, Text: park.Name{ZH: fmt.Sprintf("标准年有 %d 个时段无法计算，未计入", holes), EN: fmt.Sprintf("%d intervals of the normal year cannot be modelled and are left out", holes)}})
	}
	if x.Days > 0 {
		w.r.Normalised = x
	}
	return nil
}

// polynomial in months in months that replaces the constant 1.26 of ASHRAE Guideline 14
// (Sun and Baltazar 2013, Analysis and improvement on the estimation of building energy
// savings uncertainty; the daily coefficients that CalTRACK 2 took over).
func polynomial(months float64) float64 { return -0.00024*months*months + 0.03535*months + 1.00286 }

// uncertainty tells the savings' uncertainty in two ways, both with n' = n(1−ρ)/(1+ρ) for
// the residuals' autocorrelation ρ (ASHRAE Guideline 14, savings uncertainty). Of hourly models
// it is of daily sums.
func (w *work) uncertainty(s *Saving) {
	x := w.r.Baseline.Statistics
	n, mean, spread, rho := float64(x.Observations), x.Mean, x.RMSEAdjusted, x.Autocorrelation
	if w.base.Hourly {
		day := daily(w.base, w.residual)
		sum := 0.0
		n = 0
		for _, v := range day {
			if !math.IsNaN(v) {
				n, sum = n+1, sum+v*v
			}
		}
		p := float64(x.Parameters)
		spread, mean, rho = math.Sqrt(sum/math.Max(n-p, 1)), mean*24, lag1(day)
	}
	free := n - float64(x.Parameters)
	if free < 1 || mean <= 0 || math.Abs(rho) >= 1 || s.Days < 1 {
		w.add(Finding{Code: "no_uncertainty", Level: "warns", Text: park.Name{ZH: "基准期观测过少或均值不为正，无法给出不确定度", EN: "too few observations or a mean that is not positive: the uncertainty cannot be told"}})
		return
	}
	m := s.Days
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Quantile(1 - (1-w.confidence())/2)
	eff := n * (1 - rho) / (1 + rho)
	root := math.Sqrt(n / eff * (1 + 2/eff) / m)
	cv := spread / mean
	add := func(method, source string, half float64) {
		u := Uncertainty{Method: method, Half: half, T: t, Effective: eff, Source: source}
		if s.Saved != 0 {
			share := half / math.Abs(s.Saved)
			u.Fractional = &share
		}
		s.Uncertainty = append(s.Uncertainty, u)
	}
	add("caltrack", "CalTRACK 2; polynomial of Sun and Baltazar (2013); baseline energy of its own period",
		n*mean*t*polynomial(m/30)*cv*root)
	add("ashrae14", "ASHRAE Guideline 14, savings uncertainty, with 1.26 and autocorrelation; expected energy of the reporting period",
		math.Abs(s.Expected-s.Adjusted)*t*1.26*cv*root)
	sure := s.Uncertainty[0].Half < math.Abs(s.Saved)
	s.Significant = &sure
	w.uncertainFinding(s, free, cv, root)
}

// uncertainFinding holds the saving against 50 % at 68 % confidence.
func (w *work) uncertainFinding(s *Saving, free, cv, root float64) {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Quantile(0.84)
	half := math.Abs(s.Expected-s.Adjusted) * t * 1.26 * cv * root
	if half <= 0.5*math.Abs(s.Saved) {
		return
	}
	limit := 0.5
	f := Finding{Code: "uncertain", Level: "warns", Limit: &limit, Source: "ASHRAE Guideline 14: at most 50 % of the saving at 68 % confidence",
		Text: park.Name{ZH: "68 % 置信度下不确定度超过节能量的 50 %：节能量不足以证明", EN: "the uncertainty is over 50 % of the saving at 68 % confidence: the saving is not proved"}}
	if s.Saved != 0 {
		v := half / math.Abs(s.Saved)
		f.Value = &v
	}
	w.add(f)
}

// daily sums hours to civil days; a day with a hole is NaN.
func daily(s *Span, v []float64) []float64 {
	if !s.Hourly {
		return v
	}
	var out []float64
	last := ""
	for i, x := range v {
		if day := s.At(i).Format("2006-01-02"); day != last {
			out, last = append(out, 0), day
		}
		out[len(out)-1] += x
	}
	return out
}

func known(v []float64) int {
	n := 0
	for _, x := range v {
		if !math.IsNaN(x) {
			n++
		}
	}
	return n
}
