// Package anomaly finds what is unusual in a series of usage or readings: spikes, values
// that stand still, outages, shifts of level, hours that differ from their season.
//
// It works causally: a value is judged by those before it, and a spike by the one after
// it as well, so that what is found in a file would have been found on the day.
package anomaly

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Errors of this package; test with errors.Is.
var ErrSeries = errors.New("anomaly: not a series")

// MaxValues is the largest number of values of a series: five years of 5 minutes.
const MaxValues = 550_000

// Series is a series of values at rising times; a gap is left out, and never a zero.
type Series struct {
	Times  []time.Time
	Values []float64
	Zone   *time.Location // of hours and days; nil = UTC
}

// Options say how to look; the zero value is right for most.
type Options struct {
	Threshold float64       // robust standard deviations beyond which a value is off its season; 0 = 8
	Still     time.Duration // how long a value may stand still; 0 = 2 h, at least 4 steps
	WarmUp    int           // values at the beginning of which no finding is made
	Kinds     []Kind        // to look for; empty = all
}

// Kind says what is unusual.
type Kind string

// The kinds. A run of values off their season is high or low.
const (
	Spike Kind = "spike" // one value that its neighbours do not share
	Stuck Kind = "stuck" // stands still where its season moves
	High  Kind = "high"
	Low   Kind = "low"
)

// Event is a run of values that are unusual.
type Event struct {
	Kind   Kind      `json:"kind"`
	From   time.Time `json:"from"` // first and last value
	To     time.Time `json:"to"`
	Values int       `json:"values"`
	Score  float64   `json:"score"`            // largest, in robust standard deviations; of Stuck: hours
	Excess *float64  `json:"excess,omitempty"` // sum of values less expected, in their unit; nil where nothing is expected
	First  int       `json:"first"`            // places in the series
	Last   int       `json:"last"`
}

// Point is what a value was held against. Known is false where too little came before.
type Point struct {
	Expected float64
	Scale    float64 // a robust standard deviation
	Kind     Kind    // empty: usual
	Known    bool
}

// Report is what was found.
type Report struct {
	Step   time.Duration
	Events []Event
	Points []Point // one a value
}

// Detect looks through a series. Errors wrap ErrSeries: fewer than 8 values, too many,
// times that do not rise, values that are not finite or beyond ±1e15.
func Detect(s Series, o Options) (*Report, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if o.Threshold == 0 {
		o.Threshold = 8
	}
	if !(o.Threshold >= 2 && o.Threshold <= 1000) || o.Still < 0 || o.WarmUp < 0 {
		return nil, fmt.Errorf("%w: threshold %v (2 to 1000), still %s, warm-up %d", ErrSeries, o.Threshold, o.Still, o.WarmUp)
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	r := &Report{Step: s.step(), Points: make([]Point, len(s.Values))}
	r.season(s, o)
	r.spikes(s)
	r.still(s, o)
	for i := range r.Points {
		if i < o.WarmUp || len(o.Kinds) > 0 && !slices.Contains(o.Kinds, r.Points[i].Kind) {
			r.Points[i].Kind = ""
		}
	}
	r.gather(s)
	return r, nil
}

func (s Series) check() error {
	if len(s.Times) != len(s.Values) || len(s.Values) < 8 || len(s.Values) > MaxValues {
		return fmt.Errorf("%w: %d times and %d values; as many of both, 8 to %d", ErrSeries, len(s.Times), len(s.Values), MaxValues)
	}
	for i, v := range s.Values {
		if !(math.Abs(v) <= 1e15) {
			return fmt.Errorf("%w: value %d is %v; leave gaps out", ErrSeries, i+1, v)
		}
		if i > 0 && !s.Times[i].After(s.Times[i-1]) {
			return fmt.Errorf("%w: time %d, %s, does not come after the one before", ErrSeries, i+1, s.Times[i].Format(time.RFC3339))
		}
	}
	return nil
}

// step is the most frequent distance of two values, at least a minute.
func (s Series) step() time.Duration {
	count := map[time.Duration]int{}
	var best time.Duration
	for i := 1; i < len(s.Times); i++ {
		d := s.Times[i].Sub(s.Times[i-1])
		count[d]++
		if n := count[d]; n > count[best] || n == count[best] && d < best {
			best = d
		}
	}
	return max(best, time.Minute)
}

// gather makes events of runs of unusual values: of one kind, without a gap of more than
// two steps.
func (r *Report) gather(s Series) {
	r.Events = []Event{}
	for i := 0; i < len(r.Points); {
		k := r.Points[i].Kind
		if k == "" {
			i++
			continue
		}
		j := i + 1
		for j < len(r.Points) && r.Points[j].Kind == k && s.Times[j].Sub(s.Times[j-1]) <= 2*r.Step {
			j++
		}
		r.Events = append(r.Events, r.event(s, k, i, j-1))
		i = j
	}
}

func (r *Report) event(s Series, k Kind, first, last int) Event {
	e := Event{Kind: k, From: s.Times[first], To: s.Times[last], Values: last - first + 1, First: first, Last: last}
	sum, known := 0.0, true
	for i := first; i <= last; i++ {
		p := r.Points[i]
		known = known && p.Known
		sum += s.Values[i] - p.Expected
		if p.Known && p.Scale > 0 {
			e.Score = max(e.Score, math.Abs(s.Values[i]-p.Expected)/p.Scale)
		}
	}
	if known {
		e.Excess = &sum
	}
	if k == Stuck {
		e.Score = s.Times[last].Sub(s.Times[first]).Hours()
	}
	return e
}
