package mandv

import (
	"math"

	"lingtan/park"
)

// Chart follows the reporting period day by day: cumulative saving, and a two-sided
// tabular CUSUM of standardised savings with decision interval H and slack K (NIST/SEMATECH
// e-Handbook of Statistical Methods, 6.3.2.3). σ is the baseline's, widened for
// autocorrelation by √((1+ρ)/(1−ρ)).
type Chart struct {
	Sigma   float64      `json:"sigma"`
	K       float64      `json:"k"`
	H       float64      `json:"h"`
	Signals []string     `json:"signals"` // days on which a limit is first passed
	Days    []ChartPoint `json:"days"`
}

// ChartPoint is a day of the chart; figures are absent where the day is not known whole.
type ChartPoint struct {
	Day        string   `json:"day"`
	Expected   *float64 `json:"expected,omitempty"`
	Metered    *float64 `json:"metered,omitempty"`
	Cumulative float64  `json:"cumulative"` // saved so far
	High       float64  `json:"high"`       // of more saved than expected, in σ
	Low        float64  `json:"low"`        // of more used
}

// Indicator is an energy performance indicator by ISO 50006: the baseline period's value,
// the reporting period's, and their relation.
type Indicator struct {
	ID        string    `json:"id"`
	Name      park.Name `json:"name"`
	Unit      string    `json:"unit"`
	Baseline  *float64  `json:"baseline"`
	Reporting *float64  `json:"reporting"`
	Change    *float64  `json:"change"` // reporting/baseline − 1
}

const (
	slack    = 0.5
	decision = 5.0
)

// chart draws the CUSUM.
func (w *work) chart(expected []float64) *Chart {
	base := daily(w.base, w.residual)
	square, n := 0.0, 0.0
	for _, v := range base {
		if !math.IsNaN(v) {
			square, n = square+v*v, n+1
		}
	}
	rho := math.Min(math.Max(lag1(base), 0), 0.95)
	c := &Chart{K: slack, H: decision, Signals: []string{}, Days: []ChartPoint{}}
	if n > 0 {
		c.Sigma = math.Sqrt(square / n * (1 + rho) / (1 - rho))
	}
	e, m := daily(w.now, expected), daily(w.now, w.now.Energy)
	var p ChartPoint
	out := false
	for i := range e {
		p.Day, p.Expected, p.Metered = dayOf(w.now, i), nil, nil
		if !math.IsNaN(e[i]) && !math.IsNaN(m[i]) {
			p.Expected, p.Metered = &e[i], &m[i]
			p.Cumulative += e[i] - m[i]
			if c.Sigma > 0 {
				z := (e[i] - m[i]) / c.Sigma
				p.High, p.Low = math.Max(0, p.High+z-slack), math.Max(0, p.Low-z-slack)
			}
		}
		over := p.High > decision || p.Low > decision
		if over && !out {
			c.Signals = append(c.Signals, p.Day)
		}
		out = over
		c.Days = append(c.Days, p)
	}
	return c
}

// indicators are absolute use, specific use by every driver, and use over expected.
func (w *work) indicators(s *Saving, expected []float64) {
	add := func(id, unit string, name park.Name, before, after *float64) {
		x := Indicator{ID: id, Name: name, Unit: unit, Baseline: before, Reporting: after}
		if before != nil && after != nil && *before != 0 {
			v := *after / *before - 1
			x.Change = &v
		}
		w.r.Indicators = append(w.r.Indicators, x)
	}
	perDay := func(x *Span) *float64 {
		sum := 0.0
		for _, v := range x.Energy {
			if !math.IsNaN(v) {
				sum += v
			}
		}
		n := float64(known(x.Energy)) / x.perDay()
		if n == 0 {
			return nil
		}
		sum /= n
		return &sum
	}
	add("use_per_day", w.Unit+"/d", park.Name{ZH: "日均能耗", EN: "use a day"}, perDay(w.base), perDay(w.now))
	for i, d := range w.base.Drivers {
		add("use_per_"+d.Name, w.Unit+"/"+d.Unit, park.Name{ZH: "单位 " + d.Name + " 能耗", EN: "use per " + d.Name}, w.specific("baseline", w.base, i), w.specific("reporting", w.now, i))
	}
	one := 1.0
	if s.Expected > 0 {
		v := s.Metered / s.Expected
		add("use_over_expected", "1", park.Name{ZH: "归一化能效指标：实际 / 预期（ISO 50006）", EN: "normalised indicator: metered over expected (ISO 50006)"}, &one, &v)
	}
}

// specific is energy over a driver's total, over the intervals where both are known.
func (w *work) specific(period string, x *Span, driver int) *float64 {
	var energy, total float64
	for i, v := range x.Drivers[driver].Values {
		if e := x.Energy[i]; !math.IsNaN(v) && !math.IsNaN(e) {
			energy, total = energy+e, total+v
		}
	}
	if total <= 0 {
		name := x.Drivers[driver].Name
		w.add(Finding{Code: "driver_zero", Level: "warns", Period: period, Value: &total, Text: park.Name{ZH: name + " 合计为零，单位能耗无意义，不给出", EN: name + " sums to nothing: use per unit of it has no meaning and is not told"}})
		return nil
	}
	v := energy / total
	return &v
}
