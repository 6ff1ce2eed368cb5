// Package forecast says how much a point, an enterprise or a park will use, generate, pay or
// emit, from minutes to days ahead, with calibrated intervals and the drivers behind them.
//
// A series and its covariates (weather, production) lie on one grid. Backtest holds several
// models against each other on origins that roll through the past, Choose takes the best,
// Fit makes it a Model that can be kept as JSON, and Model.Predict forecasts from an origin.
// A value that is not known is NaN inside and never leaves the package as a number.
// DESIGN.md beside this file tells the methods.
package forecast

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Sentinels of this package; they are wrapped with what, where and what to do.
var (
	ErrSeries  = errors.New("series to forecast")
	ErrHistory = errors.New("too little history to forecast")
	ErrOptions = errors.New("options of a forecast")
	ErrModel   = errors.New("kept model")
)

// Limits of what is forecast.
const (
	MaxValues     = 600_000 // of a series, 17 years of quarter hours
	MaxCovariates = 12
	maxName       = 200
	maxSteps      = 7 * 24 * 60 // of a horizon
	maxSize       = 1e15        // of a value
)

// Series are values on a grid: value i holds for [Start+i·Step, Start+(i+1)·Step).
// NaN is a gap.
type Series struct {
	Name   string
	Unit   string
	Start  time.Time
	Step   time.Duration // divides the day, one minute at least
	Values []float64
}

// Covariate is an input beside the series, on its grid from Series.Start. It may reach
// beyond the series' end: what is known of the days to come.
type Covariate struct {
	Name   string
	Unit   string
	Ahead  bool // known over the horizon, as a weather forecast or a production plan
	Values []float64
}

// Data are what a forecast is made from.
type Data struct {
	Series     Series
	Covariates []Covariate
	Zone       *time.Location // of the calendar; nil is UTC
	Calendar   Calendar       // nil: weekdays alone
}

// check says what is wrong with the data.
func (d *Data) check() error {
	s := &d.Series
	name := s.Name
	if name == "" {
		name = "the series"
	}
	switch {
	case s.Step < time.Minute || s.Step > 24*time.Hour || (24*time.Hour)%s.Step != 0:
		return fmt.Errorf("%w: %s: a step of %s; it is at least a minute and divides the day", ErrSeries, name, s.Step)
	case len(s.Values) > MaxValues:
		return fmt.Errorf("%w: %s: %d values; at most %d", ErrSeries, name, len(s.Values), MaxValues)
	case len(d.Covariates) > MaxCovariates:
		return fmt.Errorf("%w: %s: %d covariates; at most %d", ErrSeries, name, len(d.Covariates), MaxCovariates)
	case s.Start.Year() < 1900 || s.Start.Year() > 2200:
		return fmt.Errorf("%w: %s: it starts in the year %d; 1900 to 2200", ErrSeries, name, s.Start.Year())
	}
	if err := finite(name, s.Values); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, c := range d.Covariates {
		switch {
		case c.Name == "" || len(c.Name) > maxName || seen[c.Name]:
			return fmt.Errorf("%w: %s: covariate %q: each has a name of its own, at most %d bytes", ErrSeries, name, c.Name, maxName)
		case len(c.Values) > MaxValues+maxSteps:
			return fmt.Errorf("%w: %s: covariate %s has %d values; at most %d", ErrSeries, name, c.Name, len(c.Values), MaxValues+maxSteps)
		}
		seen[c.Name] = true
		if err := finite(c.Name, c.Values); err != nil {
			return err
		}
	}
	return nil
}

func finite(name string, values []float64) error {
	for i, v := range values {
		if math.Abs(v) > maxSize { // NaN is a gap and passes
			return fmt.Errorf("%w: %s: value %d is %g; at most %g", ErrSeries, name, i, v, float64(maxSize))
		}
	}
	return nil
}

// The kinds of models.
const (
	naiveDay      = "naive_day"  // the same time of the last day known
	naiveWeek     = "naive_week" // the same time of the same weekday
	kindSmoothing = "smoothing"  // exponential smoothing, damped, with the seasons of day and week
	kindRidge     = "ridge"      // regression on lags, calendar and covariates, one a time of day
	kindTrees     = "trees"      // gradient-boosted trees on the same inputs
	kindMean      = "mean"       // the mean of those that did best
)

// Kinds are all kinds of models, the plain ones first: naive_day and naive_week, smoothing, ridge,
// trees, and their mean.
func Kinds() []string {
	return []string{naiveDay, naiveWeek, kindSmoothing, kindRidge, kindTrees, kindMean}
}

// Options say what is forecast and how. The zero value of a field takes its default.
type Options struct {
	Horizon   time.Duration // default 24 h, at most 7 days
	Every     time.Duration // between two issues; default 24 h; it divides the day
	Issue     time.Duration // local time of day of an issue; default 0, midnight
	Window    time.Duration // of training; default 730 days
	Refit     time.Duration // between two fits of a backtest; default 28 days
	Kinds     []string      // models to choose from; default all
	Quantiles []float64     // rising, in (0, 1); default 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95
	Seed      uint64        // of the draws of trees
}

// filled are the options with their defaults, for a grid of step.
func (o Options) filled(step time.Duration) (Options, error) {
	def := func(x *time.Duration, v time.Duration) {
		if *x == 0 {
			*x = v
		}
	}
	const day = 24 * time.Hour
	def(&o.Horizon, day)
	def(&o.Every, day)
	def(&o.Window, 730*day)
	def(&o.Refit, 28*day)
	if o.Kinds == nil {
		o.Kinds = Kinds()
	}
	if o.Quantiles == nil {
		o.Quantiles = []float64{0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95}
	}
	switch {
	case o.Horizon < step || o.Horizon > 7*day || o.Horizon%step != 0 || int(o.Horizon/step) > maxSteps:
		return o, fmt.Errorf("%w: a horizon of %s; a multiple of the step %s, at most 7 days", ErrOptions, o.Horizon, step)
	case o.Every < step || o.Every > day || o.Every%step != 0 || day%o.Every != 0:
		return o, fmt.Errorf("%w: an issue every %s; a multiple of the step %s that divides the day", ErrOptions, o.Every, step)
	case o.Issue < 0 || o.Issue >= day || o.Issue%step != 0:
		return o, fmt.Errorf("%w: an issue at %s; a time of day on the step %s", ErrOptions, o.Issue, step)
	case o.Window < 21*day || o.Window > 20*365*day:
		return o, fmt.Errorf("%w: a window of %s; 21 days to 20 years", ErrOptions, o.Window)
	case o.Refit < day || o.Refit > 365*day:
		return o, fmt.Errorf("%w: a refit every %s; 1 to 365 days", ErrOptions, o.Refit)
	case len(o.Kinds) == 0 || len(o.Quantiles) > 50:
		return o, fmt.Errorf("%w: %d kinds of models, %d quantiles; at least one kind, at most 50 quantiles", ErrOptions, len(o.Kinds), len(o.Quantiles))
	}
	for _, k := range o.Kinds {
		if !slices.Contains(Kinds(), k) {
			return o, fmt.Errorf("%w: there is no model %q; there are %v", ErrOptions, k, Kinds())
		}
	}
	for i, q := range o.Quantiles {
		if !(q > 0 && q < 1) || i > 0 && q <= o.Quantiles[i-1] {
			return o, fmt.Errorf("%w: quantiles %v; they rise, between 0 and 1", ErrOptions, o.Quantiles)
		}
	}
	return o, nil
}
