// Package mandv measures and verifies what a measure saved: a baseline of energy use by
// weather and production, the energy avoided against it with its uncertainty, and the
// indicators and control charts that follow a site from then on.
package mandv

import (
	"errors"
	"fmt"
	"math"
	"time"

	"lingtan/park"
)

// ErrCase is wrapped by every error of a case that cannot be measured.
var ErrCase = errors.New("measurement and verification case")

// The limits of a case.
const (
	MaxIntervals = 5 * 8784 // of a span
	MaxDrivers   = 12
)

// Case is a project to measure: a boundary's energy before and after, and what drives it.
type Case struct {
	ID           string
	Measure      string // id of the measure or dispatch that is followed; may be empty
	Title        park.Name
	Option       string // IPMVP option: B retrofit isolation, all measured; C whole facility
	Model        string // daily, hourly, drivers; empty = what the data allow
	Carrier      string
	Unit         string  // of energy, as kWh
	Fahrenheit   bool    // temperatures in °F; else °C
	Confidence   float64 // of the uncertainty, two-sided; 0 = 0.90
	Weekends     bool    // Saturday and Sunday are a driver
	Baseline     Span
	Reporting    *Span
	Normal       *Span // weather and drivers of a normal year; Energy is not looked at
	Adjustments  []Adjustment
	ZeroMissing  bool // a zero is a hole: CalTRACK 2 for whole-building electricity
	Significance float64
}

// Span is equal intervals of energy and what drives it. NaN is a hole. Energy, Temperature
// and the values of drivers are as long as each other; Temperature is nil where none is known.
type Span struct {
	Start       time.Time // in the zone of the place
	Hourly      bool      // else civil days
	Energy      []float64
	Temperature []float64 // mean of the interval
	Drivers     []Driver
}

// Driver is a relevant variable of ISO 50006 besides weather: tonnes made, shifts worked.
type Driver struct {
	Name   string
	Unit   string
	Values []float64
}

// Adjustment is a non-routine adjustment that a person states: Amount a civil day, in the
// unit of energy, from First to Last, both included. In the baseline it is taken off the
// metered energy, in reporting it is added to the expected energy.
type Adjustment struct {
	Period   string    `json:"period"` // baseline or reporting
	First    time.Time `json:"-"`
	Last     time.Time `json:"-"`
	From     string    `json:"first"`
	To       string    `json:"last"`
	Amount   float64   `json:"amountPerDay"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"`
	Evidence string    `json:"evidence,omitempty"`
	Days     int       `json:"days"`  // that it fell on
	Total    float64   `json:"total"` // of them
}

// Finding is what a reader must know of data or model. Level is blocks (the figures do not
// qualify), warns or tells.
type Finding struct {
	Code   string    `json:"code"`
	Level  string    `json:"level"`
	Period string    `json:"period,omitempty"`
	Value  *float64  `json:"value,omitempty"`
	Limit  *float64  `json:"limit,omitempty"`
	Where  []string  `json:"where,omitempty"` // days or runs of days, at most 40
	Text   park.Name `json:"text"`
	Source string    `json:"source,omitempty"`
}

// At is the start of interval i.
func (s *Span) At(i int) time.Time {
	if s.Hourly {
		return s.Start.Add(time.Duration(i) * time.Hour)
	}
	return s.Start.AddDate(0, 0, i)
}

// Len is the number of intervals.
func (s *Span) Len() int {
	n := max(len(s.Energy), len(s.Temperature))
	for _, d := range s.Drivers {
		n = max(n, len(d.Values))
	}
	return n
}

// perDay is how many intervals a day has.
func (s *Span) perDay() float64 {
	if s.Hourly {
		return 24
	}
	return 1
}

// check says what keeps a case from being measured.
func (c *Case) check() error {
	switch {
	case c.Option != "B" && c.Option != "C":
		return fmt.Errorf("%w: option %q: B (retrofit isolation) or C (whole facility)", ErrCase, c.Option)
	case c.Model != "" && c.Model != "daily" && c.Model != "hourly" && c.Model != "drivers":
		return fmt.Errorf("%w: model %q: daily, hourly or drivers; empty for what the data allow", ErrCase, c.Model)
	case c.Unit == "":
		return fmt.Errorf("%w: the unit of energy is missing, as kWh", ErrCase)
	case c.Confidence != 0 && !(c.Confidence >= 0.5 && c.Confidence < 1):
		return fmt.Errorf("%w: confidence %g: from 0.5 to below 1", ErrCase, c.Confidence)
	case c.Significance != 0 && !(c.Significance > 0 && c.Significance <= 0.2):
		return fmt.Errorf("%w: significance %g of change points: above 0, at most 0.2", ErrCase, c.Significance)
	case c.Model == "hourly" && !c.Baseline.Hourly:
		return fmt.Errorf("%w: the hourly model needs hourly data", ErrCase)
	case c.Model == "hourly" && c.Baseline.Temperature == nil:
		return fmt.Errorf("%w: the hourly model needs temperatures", ErrCase)
	case c.Model == "daily" && c.Baseline.Temperature == nil:
		return fmt.Errorf("%w: the daily model needs temperatures; without them take model drivers", ErrCase)
	case c.Baseline.Hourly && c.Model == "daily":
		return fmt.Errorf("%w: the daily model needs days; sum the hours first", ErrCase)
	case len(c.Baseline.Energy) == 0:
		return fmt.Errorf("%w: the baseline has no energy", ErrCase)
	}
	if err := c.Baseline.check("baseline", &c.Baseline); err != nil {
		return err
	}
	if c.Reporting != nil {
		if err := c.Reporting.check("reporting", &c.Baseline); err != nil {
			return err
		}
		if len(c.Reporting.Energy) == 0 {
			return fmt.Errorf("%w: the reporting period has no energy", ErrCase)
		}
	}
	if c.Normal != nil {
		if err := c.Normal.check("normal", &c.Baseline); err != nil {
			return err
		}
	}
	return c.checkAdjustments()
}

// check holds a span against the baseline's form.
func (s *Span) check(name string, base *Span) error {
	n := s.Len()
	bad := func(v []float64) bool { return len(v) != 0 && len(v) != n }
	switch {
	case n > MaxIntervals:
		return fmt.Errorf("%w: %s has %d intervals, at most %d", ErrCase, name, n, MaxIntervals)
	case s.Hourly != base.Hourly:
		return fmt.Errorf("%w: %s and baseline have other steps; sum the hours to days first", ErrCase, name)
	case bad(s.Energy) || bad(s.Temperature):
		return fmt.Errorf("%w: %s: %d energies and %d temperatures; every series has one value an interval, null for a hole", ErrCase, name, len(s.Energy), len(s.Temperature))
	case (s.Temperature == nil) != (base.Temperature == nil):
		return fmt.Errorf("%w: %s: temperatures are in one period and not in the other", ErrCase, name)
	case len(s.Drivers) != len(base.Drivers) || len(s.Drivers) > MaxDrivers:
		return fmt.Errorf("%w: %s has %d drivers, the baseline %d; the same ones, at most %d", ErrCase, name, len(s.Drivers), len(base.Drivers), MaxDrivers)
	}
	for i, d := range s.Drivers {
		if d.Name == "" || d.Name != base.Drivers[i].Name || d.Unit != base.Drivers[i].Unit {
			return fmt.Errorf("%w: %s: driver %d is %q in %q, the baseline's %q in %q", ErrCase, name, i+1, d.Name, d.Unit, base.Drivers[i].Name, base.Drivers[i].Unit)
		}
		if len(d.Values) != n {
			return fmt.Errorf("%w: %s: driver %q has %d values for %d intervals", ErrCase, name, d.Name, len(d.Values), n)
		}
	}
	return s.finite(name)
}

// finite refuses infinite and absurd figures; NaN is a hole.
func (s *Span) finite(name string) error {
	lists := [][]float64{s.Energy, s.Temperature}
	for _, d := range s.Drivers {
		lists = append(lists, d.Values)
	}
	for k, list := range lists {
		for i, v := range list {
			if math.Abs(v) > 1e15 || k == 1 && math.Abs(v) > 200 {
				return fmt.Errorf("%w: %s: the value %g at %s cannot be", ErrCase, name, v, s.At(i).Format("2006-01-02 15:04"))
			}
		}
	}
	return nil
}

func (c *Case) checkAdjustments() error {
	for i, a := range c.Adjustments {
		switch {
		case a.Period != "baseline" && a.Period != "reporting":
			return fmt.Errorf("%w: adjustment %d: period %q: baseline or reporting", ErrCase, i+1, a.Period)
		case a.Reason == "" || a.By == "":
			return fmt.Errorf("%w: adjustment %d needs a reason and who states it", ErrCase, i+1)
		case a.Last.Before(a.First):
			return fmt.Errorf("%w: adjustment %d ends before it begins", ErrCase, i+1)
		case math.IsNaN(a.Amount) || math.Abs(a.Amount) > 1e15:
			return fmt.Errorf("%w: adjustment %d: amount %g", ErrCase, i+1, a.Amount)
		case a.Period == "reporting" && c.Reporting == nil:
			return fmt.Errorf("%w: adjustment %d is of a reporting period that is not there", ErrCase, i+1)
		}
	}
	return nil
}

func (c *Case) confidence() float64 {
	if c.Confidence == 0 {
		return 0.90
	}
	return c.Confidence
}

// kind is the model that is fitted.
func (c *Case) kind() string {
	switch {
	case c.Model != "":
		return c.Model
	case c.Baseline.Temperature == nil:
		return "drivers"
	case c.Baseline.Hourly:
		return "hourly"
	}
	return "daily"
}
