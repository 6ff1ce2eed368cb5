package outlook

import (
	"fmt"
	"math"
	"time"

	"lingtan/forecast"
	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
)

// doubtMost is the share of an amount that may be estimated: with more the interval is a gap
// for a forecast, which would else learn the estimate.
const doubtMost = 0.1

// History is a series on its grid with what was left out of it.
type History struct {
	Series forecast.Series
	Steps  int // from the first value known to the last
	Gaps   int // of them without a value
}

// End is the end of the last value known.
func (h *History) End() time.Time {
	return h.Series.Start.Add(time.Duration(len(h.Series.Values)) * h.Series.Step)
}

// Note says what was left out; ok is false where nothing was.
func (h *History) Note() (forecast.Note, bool) {
	share := 100 * float64(h.Gaps) / math.Max(1, float64(h.Steps))
	return forecast.Note{Code: "history_gaps",
		Zh: fmt.Sprintf("%d 个时段（%.1f %%）缺失或多于 10 %% 为估算，不用于学习", h.Gaps, share),
		En: fmt.Sprintf("%d intervals (%.1f %%) are missing or more than 10 %% estimated, and nothing is learnt from them", h.Gaps, share)}, h.Gaps > 0
}

// Sum adds up registers' settled days into one series of mean power. An interval counts when
// every register in service has an amount and at most a tenth of them is estimated.
type Sum struct {
	zone  *time.Location
	start time.Time
	step  time.Duration // of settlement
	last  period.Day

	amount, size, doubt []float64
	have                []int32 // registers with an amount
	measured            []bool
	serving             []int32 // registers in service, as a difference array
	began               map[string]bool
}

// NewSum begins a sum over days [first, last] with a settlement interval.
func NewSum(zone *time.Location, interval time.Duration, first, last period.Day) *Sum {
	s := &Sum{zone: zone, start: first.Start(zone), step: interval, last: last, began: map[string]bool{}}
	n := max(0, int((last+1).Start(zone).Sub(s.start)/interval))
	s.amount, s.size, s.doubt = make([]float64, n), make([]float64, n), make([]float64, n)
	s.have, s.measured, s.serving = make([]int32, n), make([]bool, n), make([]int32, n+1)
	return s
}

// Add adds a settled day of a register, each day once and a register's days in order: sign
// is 1 for what is used and −1 for what is given. The register is in service from its first
// day here until the instant until; the zero time is for ever.
func (s *Sum) Add(d usage.Day, sign float64, until time.Time) {
	at := s.index(d.Day.Start(s.zone))
	if !s.began[d.Key] {
		s.began[d.Key] = true
		s.serving[max(0, min(at, len(s.have)))]++
		if !until.IsZero() {
			s.serving[max(0, at, min(s.index(until), len(s.have)))]--
		}
	}
	for i, a := range d.Amount {
		k := at + i
		q := d.At(i).Base()
		if k < 0 || k >= len(s.have) || q == meter.Missing {
			continue
		}
		s.have[k]++
		s.amount[k] += sign * a
		if sign > 0 { // what is generated does not make an estimate of what is used any better
			s.size[k] += math.Abs(a)
		}
		if q == meter.Measured || q == meter.Edited {
			s.measured[k] = true
		} else {
			s.doubt[k] += math.Abs(a)
		}
	}
}

func (s *Sum) index(t time.Time) int { return int(t.Sub(s.start) / s.step) }

// Serving is how many registers had any settled day.
func (s *Sum) Serving() int { return len(s.began) }

// History is the mean power in unit/h over steps of a whole number of settlement intervals.
// A step with a gap in it is a gap. positive keeps what is below 0 at 0: the demand of a
// park that exports.
func (s *Sum) History(name, unit string, step time.Duration, positive bool) *History {
	per := max(1, int(step/s.step))
	values := make([]float64, len(s.have)/per)
	var serving int32
	for i := range values {
		var sum float64
		for k := i * per; k < (i+1)*per; k++ {
			serving += s.serving[k]
			sum += s.value(k, serving, positive)
		}
		values[i] = sum / step.Hours()
	}
	return Trimmed(forecast.Series{Name: name, Unit: unit, Start: s.start, Step: step, Values: values})
}

// value is the amount of an interval; NaN for a gap.
func (s *Sum) value(k int, serving int32, positive bool) float64 {
	if serving == 0 || s.have[k] < serving || !s.measured[k] || s.doubt[k] > doubtMost*s.size[k] {
		return math.NaN()
	}
	if positive {
		return math.Max(0, s.amount[k])
	}
	return s.amount[k]
}

// Trimmed is the series from its first value known to its last.
func Trimmed(s forecast.Series) *History {
	from, to := 0, len(s.Values)
	for to > 0 && math.IsNaN(s.Values[to-1]) {
		to--
	}
	for from < to && math.IsNaN(s.Values[from]) {
		from++
	}
	s.Start, s.Values = s.Start.Add(time.Duration(from)*s.Step), s.Values[from:to]
	h := &History{Series: s, Steps: len(s.Values)}
	for _, v := range s.Values {
		if math.IsNaN(v) {
			h.Gaps++
		}
	}
	return h
}

// Until is the series as it was known at an instant on its grid.
func (h *History) Until(t time.Time) forecast.Series {
	s := h.Series
	n := max(0, min(len(s.Values), int(t.Sub(s.Start)/s.Step)))
	s.Values = s.Values[:n:n]
	return s
}

// Origin is the instant on the grid that a forecast starts from: the one asked for, or the
// end of the data. An instant outside the data wraps forecast.ErrOptions.
func (h *History) Origin(asked time.Time) (time.Time, error) {
	if asked.IsZero() {
		return h.End(), nil
	}
	s := h.Series
	at := s.Start.Add(asked.Sub(s.Start).Truncate(s.Step))
	if at.Before(s.Start) || at.After(h.End()) {
		return at, fmt.Errorf("%w: an origin of %s; the data reach from %s to %s", forecast.ErrOptions, asked.Format(time.RFC3339), s.Start.Format(time.RFC3339), h.End().Format(time.RFC3339))
	}
	return at, nil
}

// Amounts are the amounts of the settlement intervals with what was estimated; NaN where a
// register has none. positive keeps what is below 0 at 0.
func (s *Sum) Amounts(positive bool) []float64 {
	list := make([]float64, len(s.have))
	var serving int32
	for k := range list {
		serving += s.serving[k]
		list[k] = s.amount[k]
		switch {
		case serving == 0 || s.have[k] < serving:
			list[k] = math.NaN()
		case positive:
			list[k] = math.Max(0, s.amount[k])
		}
	}
	return list
}
