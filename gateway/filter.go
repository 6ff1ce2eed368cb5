package gateway

import (
	"cmp"
	"encoding/json"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"lingtan/connector"
)

// Aggregate is what a window of a value is made into.
type Aggregate string

// The aggregates. All but Last go by the value's name with a dot and the aggregate's,
// are of the end of the window, and have its length as their span.
const (
	Mean Aggregate = "mean"
	Min  Aggregate = "min"
	Max  Aggregate = "max"
	Sum  Aggregate = "sum"
	Last Aggregate = "last" // the last sample of the window as it is, under its own name
)

// Rule says which samples of some values go on. It is a dead band, or change of value,
// or aggregates, by what is set.
type Rule struct {
	Match      string        `yaml:"match" json:"match"`                     // glob of device/name; * is any part without "/"
	DeadBand   float64       `yaml:"dead_band" json:"deadBand,omitempty"`    // in the value's unit; ≥ 0
	Percent    float64       `yaml:"percent" json:"percent,omitempty"`       // dead band in per cent of the last value that went on; 0–100
	OnChange   bool          `yaml:"on_change" json:"onChange,omitempty"`    // go on when the value is another one
	Silence    time.Duration `yaml:"silence" json:"silence,omitempty"`       // no sample is held back that is so long after the last one that went on
	Every      time.Duration `yaml:"every" json:"every,omitempty"`           // length of the windows, whole seconds; they end at its multiples since 1970
	Aggregates []Aggregate   `yaml:"aggregates" json:"aggregates,omitempty"` // of each window
}

// Values that the filter knows at most, and those with windows among them. Samples of
// others go on as they are.
const (
	mostValues  = 100_000
	mostWindows = 5_000
)

// filter decides which samples go on. It depends on the samples and ticks that it is
// given alone, in their order; it has no clock. What it changed since the last commit
// can be rolled back.
type filter struct {
	rules  []Rule
	values map[valueKey]*value
	undo   map[valueKey]value // as they were at the last commit

	now      int64 // when what is taken came, Unix milliseconds
	windowed int   // values with windows

	late       int64 // samples of a window that had ended, or not later than the last: left out
	unfiltered int64 // samples that went on as they are, for there were too many values
	held       int64 // samples that a dead band or change of value held back
}

type valueKey struct {
	Via    string `json:"via,omitempty"`
	Device string `json:"device"`
	Name   string `json:"name"`
}

const absent = -2

// value is what the filter knows of one value. A window is open when n > 0.
type value struct {
	rule       int   // index; -1 = none fits
	at         int64 // of the last that went on, or of the last in the window; Unix milliseconds
	last       float64
	sent       bool
	begin, end int64 // of the window; or begin = end = when the last one ended
	n          int64
	sum        float64
	min, max   float64
	span       int64 // of the last sample, seconds
	came       int64 // when the last sample came, as now of the filter
}

// newFilter makes a filter of sound rules; the first that fits a value counts.
func newFilter(rules []Rule) *filter {
	return &filter{rules: rules, values: map[valueKey]*value{}, undo: map[valueKey]value{}}
}

// fits says whether a glob fits a value. A glob without "/" is of the name alone; a "/"
// within a device or a name counts as ":".
func fits(glob, device, name string) bool {
	target := strings.ReplaceAll(device, "/", ":") + "/" + strings.ReplaceAll(name, "/", ":")
	if !strings.Contains(glob, "/") {
		_, target, _ = strings.Cut(target, "/")
	}
	ok, err := path.Match(glob, target)
	return ok && err == nil
}

// of is the state of a value, which may be changed: it is noted for a roll back.
func (f *filter) of(x *connector.Sample) *value {
	key := valueKey{x.Via, x.Device, x.Name}
	v := f.values[key]
	if v == nil {
		v = &value{rule: slices.IndexFunc(f.rules, func(r Rule) bool { return fits(r.Match, x.Device, x.Name) })}
		windowed := v.rule >= 0 && f.rules[v.rule].Every > 0
		if windowed && f.windowed >= mostWindows || len(f.values) >= mostValues {
			f.unfiltered++
			return &value{rule: -1}
		}
		if windowed {
			f.windowed++
		}
		f.values[key] = v
		f.undo[key] = value{rule: absent}
	} else if _, noted := f.undo[key]; !noted {
		f.undo[key] = *v
	}
	return v
}

func (f *filter) commit() { clear(f.undo) }

func (f *filter) rollBack() {
	for key, v := range f.undo {
		if v.rule == absent {
			if was := f.values[key].rule; was >= 0 && f.rules[was].Every > 0 {
				f.windowed--
			}
			delete(f.values, key)
			continue
		}
		*f.values[key] = v
	}
	clear(f.undo)
}

// take gives what goes on because of a sample, added to out, and whether the sample
// waits in a window.
func (f *filter) take(x connector.Sample, out []connector.Sample) (_ []connector.Sample, waits bool) {
	v := f.of(&x)
	if v.rule < 0 {
		return append(out, x), false
	}
	r := &f.rules[v.rule]
	if r.Every > 0 {
		return f.gather(r, v, x, out)
	}
	at := x.At.UnixMilli()
	if v.sent && !passes(r, v, x.Value, at) {
		f.held++
		return out, false
	}
	v.sent, v.at, v.last = true, at, x.Value
	return append(out, x), false
}

// passes says whether a value goes on after the last one that did: |v − last| > band,
// or silence is over, or the clock went back.
func passes(r *Rule, v *value, x float64, at int64) bool {
	if at < v.at || r.Silence > 0 && at-v.at >= r.Silence.Milliseconds() {
		return true
	}
	if r.OnChange {
		return x != v.last
	}
	return !(math.Abs(x-v.last) <= max(r.DeadBand, r.Percent/100*math.Abs(v.last))) // NaN goes on
}

// gather puts a sample into its window (begin, end], after ending the one before.
func (f *filter) gather(r *Rule, v *value, x connector.Sample, out []connector.Sample) ([]connector.Sample, bool) {
	at, every := x.At.UnixMilli(), r.Every.Milliseconds()
	if v.end > 0 && at <= v.begin {
		if v.begin-at <= 2*every {
			f.late++
			return out, false
		}
		out = f.finish(r, v, x, out) // the clock went back: begin again
		v.begin, v.end = 0, 0
	}
	if v.n > 0 && at <= v.at { // sent again by a driver that had no answer, or out of order
		f.late++
		return out, false
	}
	if v.n > 0 && at > v.end {
		out = f.finish(r, v, x, out)
	}
	if v.n == 0 {
		end := (at + every - 1) / every * every
		v.begin, v.end = max(end-every, v.begin), end
		v.sum, v.min, v.max = 0, math.Inf(1), math.Inf(-1)
	}
	v.n++
	v.sum += x.Value
	v.min, v.max = min(v.min, x.Value), max(v.max, x.Value)
	v.at, v.last, v.span, v.came = at, x.Value, int64(x.Span/time.Second), f.now
	return out, true
}

// finish ends the window of a value: what it is made into goes on.
func (f *filter) finish(r *Rule, v *value, x connector.Sample, out []connector.Sample) []connector.Sample {
	if v.n > 0 {
		for _, a := range r.Aggregates {
			out = append(out, v.made(a, valueKey{x.Via, x.Device, x.Name}))
		}
	}
	v.n, v.begin = 0, v.end
	return out
}

func (v *value) made(a Aggregate, key valueKey) connector.Sample {
	x := connector.Sample{Via: key.Via, Device: key.Device, Name: key.Name + "." + string(a),
		At: time.UnixMilli(v.end).UTC(), Span: time.Duration(v.end-v.begin) * time.Millisecond}
	switch a {
	case Mean:
		x.Value = v.sum / float64(v.n)
	case Min:
		x.Value = v.min
	case Max:
		x.Value = v.max
	case Sum:
		x.Value = v.sum
	case Last:
		x.Name, x.At, x.Value, x.Span = key.Name, time.UnixMilli(v.at).UTC(), v.last, time.Duration(v.span)*time.Second
	}
	return x
}

// tick ends the windows that ended before a time and got nothing since.
func (f *filter) tick(now int64, out []connector.Sample) []connector.Sample {
	return f.endWindows(out, func(v *value) bool { return v.end <= now && v.came <= now }, false)
}

// flush ends all windows where their samples end, at whole seconds: the rest of a
// window is another one, so that nothing is told twice after a restart.
func (f *filter) flush(out []connector.Sample) []connector.Sample {
	return f.endWindows(out, func(*value) bool { return true }, true)
}

// endWindows ends open windows, by device and name so that the order is always the same.
func (f *filter) endWindows(out []connector.Sample, due func(*value) bool, cut bool) []connector.Sample {
	var keys []valueKey
	for key, v := range f.values {
		if v.n > 0 && due(v) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b valueKey) int {
		return cmp.Or(strings.Compare(a.Device, b.Device), strings.Compare(a.Name, b.Name), strings.Compare(a.Via, b.Via))
	})
	for _, key := range keys {
		x := connector.Sample{Via: key.Via, Device: key.Device, Name: key.Name}
		v := f.of(&x)
		if cut {
			v.end = min(v.end, (v.at+999)/1000*1000)
		}
		out = f.finish(&f.rules[v.rule], v, x, out)
	}
	return out
}

// savedFilter is the state of a filter as a segment of the spool holds it.
type savedFilter struct {
	Rules  []Rule       `json:"rules"`
	Values []savedValue `json:"values"`
}

type savedValue struct {
	valueKey
	At    int64  `json:"at,omitempty"`
	Begin int64  `json:"begin"`
	End   int64  `json:"end"`
	N     int64  `json:"n,omitempty"`
	Span  int64  `json:"span,omitempty"`
	Came  int64  `json:"came,omitempty"`
	Last  uint64 `json:"last,omitempty"` // the bits of the numbers: JSON has no infinity
	Sum   uint64 `json:"sum,omitempty"`
	Min   uint64 `json:"min,omitempty"`
	Max   uint64 `json:"max,omitempty"`
}

// save is the state that must outlive a restart: the windows. A dead band begins anew,
// with the next sample going on.
func (f *filter) save() ([]byte, error) {
	s := savedFilter{Rules: f.rules}
	for key, v := range f.values {
		if v.end > 0 {
			s.Values = append(s.Values, savedValue{valueKey: key, At: v.at, Begin: v.begin, End: v.end, N: v.n, Span: v.span, Came: v.came,
				Last: math.Float64bits(v.last), Sum: math.Float64bits(v.sum), Min: math.Float64bits(v.min), Max: math.Float64bits(v.max)})
		}
	}
	return json.Marshal(s)
}

// restoreFilter is the filter as it was saved, with the rules of then.
func restoreFilter(data []byte) (*filter, error) {
	var s savedFilter
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, err
	}
	f := newFilter(s.Rules)
	for _, x := range s.Values {
		v := f.of(&connector.Sample{Via: x.Via, Device: x.Device, Name: x.Name})
		if v.rule < 0 {
			continue
		}
		v.at, v.begin, v.end, v.n, v.span, v.came = x.At, x.Begin, x.End, x.N, x.Span, x.Came
		v.last, v.sum = math.Float64frombits(x.Last), math.Float64frombits(x.Sum)
		v.min, v.max = math.Float64frombits(x.Min), math.Float64frombits(x.Max)
	}
	f.commit()
	return f, nil
}

// again repeats what a record says of the windows; what went on then is in the record.
func (f *filter) again(e *entry) {
	f.now = e.at
	for _, x := range e.held {
		f.take(x, nil)
	}
	switch {
	case e.tick == math.MaxInt64:
		f.flush(nil)
	case e.tick > 0:
		f.tick(e.tick, nil)
	}
	f.commit()
}
