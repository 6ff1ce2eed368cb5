package usage

import (
	"errors"
	"time"

	"lingtan/period"
)

// Sentinels of settlement.
var (
	ErrReadings = errors.New("usage: readings")
	ErrEdit     = errors.New("usage: edit")
)

// Policy states the limits of validation and estimation. A gap beyond LongGap is
// left Missing: it is shown, never filled.
type Policy struct {
	ShortGap    time.Duration // up to here a gap is interpolated between its neighbours
	LongGap     time.Duration // up to here it takes the profile of similar days; beyond, it stays Missing
	SimilarDays int           // at most so many similar days make a profile
	LeastDays   int           // fewer than these make none
	Window      int           // similar days are sought up to so many days before and after
	SpikeRatio  float64       // a reading above this multiple of the median of its neighbours is a spike
	FlatRun     time.Duration // non-zero readings that do not change for so long are flat
	DriftLimit  time.Duration // a clock off its cadence by more is drifting
}

// DefaultPolicy is what a park settles by unless it says otherwise.
func DefaultPolicy() Policy {
	return Policy{
		ShortGap: 2 * time.Hour, LongGap: 14 * 24 * time.Hour,
		SimilarDays: 4, LeastDays: 2, Window: 28,
		SpikeRatio: 10, FlatRun: 24 * time.Hour, DriftLimit: 5 * time.Second,
	}
}

// Margin is how far before and after a day readings are needed to settle it: a
// day's usage is a pure function of the readings within it, so that resettling one
// day gives what resettling the whole year gives.
func (p Policy) Margin() time.Duration {
	return time.Duration(p.Window+1)*24*time.Hour + p.LongGap
}

// Calendar tells which days are alike: days of one class have similar profiles
// (working day, Saturday, Sunday, public holiday).
type Calendar interface {
	Class(d period.Day) int
}

// Weekdays is the calendar without holidays: classes 0 working day, 1 Saturday, 2 Sunday.
type Weekdays struct{}

// Class is the day's class.
func (Weekdays) Class(d period.Day) int {
	switch d.Weekday() {
	case time.Saturday:
		return 1
	case time.Sunday:
		return 2
	}
	return 0
}
