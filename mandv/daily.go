package mandv

import (
	"math"
	"time"
)

// Fit is a baseline model with what it is worth.
type Fit struct {
	Model      string     `json:"model"` // mean, hdd, cdd, cdd_hdd, hourly; + drivers
	Intercept  *float64   `json:"intercept,omitempty"`
	Heating    *float64   `json:"heatingBalance,omitempty"` // balance points in the temperature's unit
	Cooling    *float64   `json:"coolingBalance,omitempty"`
	Terms      []Term     `json:"terms"`
	Segments   []Segment  `json:"segments,omitempty"` // of the hourly model
	Statistics Statistics `json:"statistics"`
	Tried      int        `json:"candidates"`
	Qualified  int        `json:"qualified"`

	hourly *hourlyModel
	names  []string // of drivers in the model, in the order of the last terms
}

// Term is a slope: energy a unit of what drives it.
type Term struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Error float64 `json:"standardError"`
	T     float64 `json:"t"`
}

// Statistics are of the model on its own period: CalTRACK 2 (parameters without the
// constant) and ASHRAE Guideline 14 (with it).
type Statistics struct {
	Observations    int     `json:"observations"`
	Parameters      int     `json:"parameters"` // slopes
	Mean            float64 `json:"mean"`
	R2              float64 `json:"r2"`
	R2Adjusted      float64 `json:"r2Adjusted"`
	RMSE            float64 `json:"rmse"`
	RMSEAdjusted    float64 `json:"rmseAdjusted"`
	CVRMSE          float64 `json:"cvrmse"`
	CVRMSEAdjusted  float64 `json:"cvrmseAdjusted"` // √(Σr²/(n−p))/mean, p slopes
	CVRMSEAshrae    float64 `json:"cvrmseAshrae"`   // p with the constant
	NMBE            float64 `json:"nmbe"`           // Σ(model − metered)/((n−p)·mean)
	Autocorrelation float64 `json:"autocorrelation"`
}

// The rules of CalTRACK 2 (Methods, candidate and qualified models): balance
// points from 30 to 90 °F, at least 10 days and 20 °F·d of degree days for each.
const (
	lowestBalance, highestBalance = 30.0, 90.0
	minDegreeDays                 = 10
	minTotal                      = 20.0
)

// balancePoints are whole degrees Fahrenheit, or half degrees Celsius within the same bounds.
func (c *Case) balancePoints() (points []float64, total float64) {
	low, high, step, total := lowestBalance, highestBalance, 1.0, minTotal
	if !c.Fahrenheit {
		low, high, step, total = -1, 32, 0.5, minTotal/1.8
	}
	for p := low; p <= high; p += step {
		points = append(points, p)
	}
	return points, total
}

// degree is a column of degree days.
type degree struct {
	point  float64
	values []float64
}

// degrees are the columns of cooling (sign 1) or heating (-1) degree days that have enough.
func (c *Case) degrees(t, w []float64, sign float64) []degree {
	points, least := c.balancePoints()
	var list []degree
	for _, p := range points {
		d := degree{p, make([]float64, len(t))}
		days, total := 0, 0.0
		for i, v := range t {
			if w[i] > 0 && sign*(v-p) > 0 {
				d.values[i] = sign * (v - p)
				days, total = days+1, total+d.values[i]
			}
		}
		if days >= minDegreeDays && total >= least {
			list = append(list, d)
		}
	}
	return list
}

// sample are the rows that can be fitted.
type sample struct {
	y, w    []float64
	columns [][]float64 // drivers
	names   []Driver
}

// usable gives weight 1 to intervals where all is known.
func (c *Case) usable(s *Span, skip map[string]bool) sample {
	var x sample
	drivers := c.drivers(s)
	x.y, x.w = make([]float64, len(s.Energy)), make([]float64, len(s.Energy))
	for _, d := range drivers {
		if !skip[d.Name] {
			x.names, x.columns = append(x.names, d), append(x.columns, append([]float64(nil), d.Values...))
		}
	}
	for i, e := range s.Energy {
		known := !math.IsNaN(e) && (s.Temperature == nil || !math.IsNaN(s.Temperature[i]))
		for _, d := range x.columns {
			known = known && !math.IsNaN(d[i])
		}
		if known {
			x.y[i], x.w[i] = e, 1
			continue
		}
		for _, d := range x.columns {
			d[i] = 0 // of weight 0
		}
	}
	return x
}

// drivers are those of the span, and the weekend where it is one.
func (c *Case) drivers(s *Span) []Driver {
	if !c.Weekends {
		return s.Drivers
	}
	d := Driver{Name: "weekend", Unit: "1", Values: make([]float64, s.Len())}
	for i := range d.Values {
		if day := s.At(i).Weekday(); day == time.Saturday || day == time.Sunday {
			d.Values[i] = 1
		}
	}
	return append(append([]Driver(nil), s.Drivers...), d)
}

// search keeps the qualified candidate of the greatest adjusted R².
type search struct {
	sample
	best             *ols
	heating, cooling *degree
	tried, qualified int
	plain            bool // no drivers: the constant may not be negative either
}

func (x *search) try(heating, cooling *degree) {
	var columns [][]float64
	slopes := 0
	if cooling != nil {
		columns, slopes = append(columns, cooling.values), slopes+1
	}
	if heating != nil {
		columns, slopes = append(columns, heating.values), slopes+1
	}
	columns = append(columns, x.columns...)
	x.tried++
	m, ok := fit(x.y, columns, x.w, make([]int, len(x.y)), 1)
	if !ok || x.plain && m.alpha[0] < 0 {
		return
	}
	for _, b := range m.beta[:slopes] {
		if b < 0 {
			return
		}
	}
	x.qualified++
	if x.best == nil || m.adj > x.best.adj {
		x.best, x.heating, x.cooling = &m, heating, cooling
	}
}

// fitDaily fits by CalTRACK 2: every pair of balance points, qualified models only, the
// greatest adjusted R²; drivers of production join every candidate. Without temperatures
// the drivers alone are fitted. nil when no candidate qualifies.
func (c *Case) fitDaily(s *Span, skip map[string]bool) *Fit {
	x := search{sample: c.usable(s, skip)}
	x.plain = len(x.columns) == 0
	x.try(nil, nil)
	if s.Temperature != nil && c.kind() == "daily" {
		hot, cold := c.degrees(s.Temperature, x.w, 1), c.degrees(s.Temperature, x.w, -1)
		for i := range hot {
			x.try(nil, &hot[i])
		}
		for i := range cold {
			x.try(&cold[i], nil)
		}
		for i := range hot {
			x.both(cold, &hot[i])
		}
	}
	if x.best == nil {
		return nil
	}
	return x.describe(c, s)
}

// both tries every heating balance point that is not over the cooling one.
func (x *search) both(cold []degree, cooling *degree) {
	for j := range cold {
		if cold[j].point <= cooling.point {
			x.try(&cold[j], cooling)
		}
	}
}

func (x *search) describe(c *Case, s *Span) *Fit {
	f := &Fit{Model: "mean", Intercept: &x.best.alpha[0], Tried: x.tried, Qualified: x.qualified, Terms: []Term{}}
	unit, k := "°C", 0
	if c.Fahrenheit {
		unit = "°F"
	}
	add := func(name, unit string) {
		b, e := x.best.beta[k], x.best.spread[k]
		t := Term{Name: name, Unit: c.Unit + "/" + unit, Value: b, Error: e}
		if e > 0 {
			t.T = b / e
		}
		f.Terms, k = append(f.Terms, t), k+1
	}
	if x.cooling != nil {
		f.Model, f.Cooling = "cdd", &x.cooling.point
		add("cooling_degree_days", unit+"·d")
	}
	if x.heating != nil {
		f.Model, f.Heating = "hdd", &x.heating.point
		add("heating_degree_days", unit+"·d")
	}
	if x.heating != nil && x.cooling != nil {
		f.Model = "cdd_hdd"
	}
	for _, d := range x.names {
		f.names = append(f.names, d.Name)
		add(d.Name, d.Unit)
	}
	if len(x.names) > 0 {
		f.Model += "+drivers"
	}
	if f.Model == "mean+drivers" {
		f.Model = "drivers"
	}
	f.Statistics = statistics(s.Energy, f.predict(c, s), len(x.best.beta), 1)
	f.Statistics.R2Adjusted = x.best.adj
	return f
}

// predict is the energy that the model expects; NaN where something it needs is not known.
func (f *Fit) predict(c *Case, s *Span) []float64 {
	if f.hourly != nil {
		return f.hourly.predict(c, s)
	}
	out := make([]float64, s.Len())
	drivers := map[string][]float64{}
	for _, d := range c.drivers(s) {
		drivers[d.Name] = d.Values
	}
	for i := range out {
		out[i] = *f.Intercept
		k := 0
		if f.Cooling != nil {
			out[i] += f.Terms[k].Value * positive(s.Temperature[i]-*f.Cooling)
			k++
		}
		if f.Heating != nil {
			out[i] += f.Terms[k].Value * positive(*f.Heating-s.Temperature[i])
			k++
		}
		for j, name := range f.names {
			out[i] += f.Terms[k+j].Value * drivers[name][i]
		}
	}
	return out
}

// positive is x above 0; NaN stays NaN.
func positive(x float64) float64 {
	if x < 0 {
		return 0
	}
	return x
}

// statistics compares a model with what was metered. constants is how many constants the
// model has besides its slopes.
func statistics(metered, model []float64, slopes, constants int) Statistics {
	x := Statistics{Parameters: slopes}
	r := residuals(metered, model)
	var n, sum, square float64
	for i, v := range r {
		if !math.IsNaN(v) {
			n, sum, square = n+1, sum+metered[i], square+v*v
		}
	}
	x.Observations = int(n)
	if n == 0 {
		return x
	}
	x.Mean = sum / n
	var total, bias float64
	for i, v := range r {
		if !math.IsNaN(v) {
			total, bias = total+(metered[i]-x.Mean)*(metered[i]-x.Mean), bias-v
		}
	}
	if total > 0 {
		x.R2 = 1 - square/total
	}
	x.RMSE = math.Sqrt(square / n)
	p := float64(slopes)
	if n > p {
		x.RMSEAdjusted = math.Sqrt(square / (n - p))
	}
	if x.Mean != 0 {
		x.CVRMSE, x.CVRMSEAdjusted = x.RMSE/x.Mean, x.RMSEAdjusted/x.Mean
	}
	if free := n - p - float64(constants); x.Mean != 0 && free > 0 {
		x.CVRMSEAshrae, x.NMBE = math.Sqrt(square/free)/x.Mean, bias/free/x.Mean
	}
	x.Autocorrelation = lag1(r)
	return x
}

// residuals are metered less model, NaN where either is not known.
func residuals(metered, model []float64) []float64 {
	out := make([]float64, len(metered))
	for i, v := range metered {
		out[i] = v - model[i]
	}
	return out
}
