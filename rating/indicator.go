package rating

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"sync"

	"github.com/goccy/go-yaml"

	"lingtan/factor"
	"lingtan/park"
)

//go:embed indicators/*.yaml
var shipped embed.FS

// Indicator is a figure by which parks or enterprises are rated, as data.
type Indicator struct {
	ID        string    `json:"id" yaml:"id"`
	Scheme    string    `json:"scheme" yaml:"scheme"` // park, zero_carbon_park, carbon_code
	Name      park.Name `json:"name" yaml:"name"`
	Formula   string    `json:"formula" yaml:"formula"` // quantities and numbers under + − × ÷
	Unit      string    `json:"unit" yaml:"unit"`
	Direction string    `json:"direction" yaml:"direction"`     // lower or higher: which is better
	Most      float64   `json:"most,omitempty" yaml:"most"`     // the largest value that can be, such as 100 %; 0 = none
	Short     string    `json:"short,omitempty" yaml:"short"`   // the quantity in whose unit the gap is told as well
	Weight    float64   `json:"weight,omitempty" yaml:"weight"` // in a score, where a scheme has one
	Core      bool      `json:"core,omitempty" yaml:"core"`     // not met, the whole scheme is not met
	Levels    []Level   `json:"levels" yaml:"levels"`           // none: no source gives one
	Source    string    `json:"source" yaml:"source"`           // title and clause
	Note      park.Name `json:"note,omitzero" yaml:"note"`      // what a reader has to know
	parsed    *formula  // of Formula
}

// Level is what an indicator is held against: a benchmark, a baseline or a target.
type Level struct {
	Kind   string    `json:"kind" yaml:"kind"`     // benchmark, baseline, target, reference
	Factor string    `json:"factor" yaml:"factor"` // id in the factor library
	Name   park.Name `json:"name" yaml:"name"`
	When   *Span     `json:"when,omitempty" yaml:"when"` // the level is for parks of this size alone
}

// Span is a condition on a quantity: From ≤ it < Below; Below 0 is open.
type Span struct {
	Quantity string  `json:"quantity" yaml:"quantity"`
	From     float64 `json:"from" yaml:"from"`
	Below    float64 `json:"below,omitempty" yaml:"below"`
}

// Value is an indicator evaluated, with what it was made of.
type Value struct {
	Indicator  Indicator  `json:"indicator"`
	Value      *float64   `json:"value" nullable:"true"` // empty where Faults say why
	Expression string     `json:"expression,omitempty"`
	Inputs     []Quantity `json:"inputs" nullable:"false"`
	Measured   *float64   `json:"measuredShare,omitempty"` // the least of its inputs' that state one
	Levels     []Held     `json:"levels" nullable:"false"`
	Missing    []Defined  `json:"missing" nullable:"false"` // what to supply
	Faults     []Fault    `json:"faults" nullable:"false"`
}

// Held is a level beside the value.
type Held struct {
	Kind    string       `json:"kind"`
	Name    park.Name    `json:"name"`
	Value   float64      `json:"value"`  // in the indicator's unit
	Factor  string       `json:"factor"` // id@version
	Source  string       `json:"source"`
	Grade   factor.Grade `json:"grade"`
	Region  string       `json:"region"`
	Applies bool         `json:"applies"` // false: for other regions or sizes, shown for orientation
	Met     *bool        `json:"met" nullable:"true"`
	Gap     *float64     `json:"gap,omitempty"`   // how far the value is off, in its unit; above 0
	Short   *Quantity    `json:"short,omitempty"` // the gap as an amount of the indicator's own quantity
}

// Catalogue is all indicators and quantities that are shipped.
type Catalogue struct {
	Quantities []Defined   `json:"quantities" yaml:"quantities"`
	Indicators []Indicator `json:"indicators" yaml:"indicators"`
}

// Shipped reads the catalogue once a process. The result is not to be changed.
var Shipped = sync.OnceValues(func() (*Catalogue, error) {
	c := &Catalogue{}
	files, err := shipped.ReadDir("indicators")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		data, err := shipped.ReadFile("indicators/" + f.Name())
		if err != nil {
			return nil, err
		}
		var part Catalogue
		d := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
		if err := d.Decode(&part); err != nil {
			return nil, fmt.Errorf("%w: indicators/%s: %w", ErrCase, f.Name(), err)
		}
		c.Quantities = append(c.Quantities, part.Quantities...)
		c.Indicators = append(c.Indicators, part.Indicators...)
	}
	return c, c.check()
})

// check parses the formulas and fails on a quantity that the catalogue does not know.
func (c *Catalogue) check() error {
	known := c.units()
	seen := map[string]bool{}
	for i := range c.Indicators {
		x := &c.Indicators[i]
		var err error
		if x.parsed, err = parseFormula(x.Formula); err != nil {
			return fmt.Errorf("indicator %s: %w", x.ID, err)
		}
		if seen[x.ID] || x.ID == "" || x.Unit == "" || x.Source == "" || x.Direction != "lower" && x.Direction != "higher" {
			return fmt.Errorf("%w: indicator %q needs an id of its own, a unit, a source and the direction lower or higher", ErrCase, x.ID)
		}
		seen[x.ID] = true
		for _, name := range x.parsed.names() {
			if _, ok := known[name]; !ok {
				return fmt.Errorf("%w: indicator %s: no quantity %q in the catalogue", ErrCase, x.ID, name)
			}
		}
	}
	return nil
}

// units are the catalogue's quantities by id.
func (c *Catalogue) units() map[string]Defined {
	m := map[string]Defined{}
	for _, q := range c.Quantities {
		m[q.ID] = q
	}
	return m
}

// evaluator evaluates indicators over a case's amounts.
type evaluator struct {
	known  map[string]Defined
	levels Benchmarks
	region string
}

// evaluate computes one indicator and holds it against its levels.
func (e evaluator) evaluate(x Indicator, a amounts) (Value, error) {
	v := Value{Indicator: x, Inputs: []Quantity{}, Levels: []Held{}, Missing: []Defined{}, Faults: []Fault{}}
	for _, name := range x.parsed.names() {
		q, ok := a[name]
		if !ok {
			d := e.known[name]
			v.Missing = append(v.Missing, d)
			v.Faults = append(v.Faults, Fault{Kind: "missing", Place: name, ZH: "缺少" + d.Name.ZH + "（" + d.Unit + "）：" + d.Supply.ZH, EN: d.Name.EN + " (" + d.Unit + ") is missing: " + d.Supply.EN})
			continue
		}
		v.Inputs = append(v.Inputs, q)
		if q.Measured != nil && (v.Measured == nil || *q.Measured < *v.Measured) {
			share := *q.Measured
			v.Measured = &share
		}
	}
	v.Expression = x.parsed.write(a)
	if len(v.Missing) == 0 {
		v.compute(a)
	}
	return v, e.hold(&v, a)
}

// compute fills the value in, or says why there is none.
func (v *Value) compute(a amounts) {
	x := v.Indicator
	n, zero := x.parsed.eval(a)
	switch {
	case zero != "":
		v.Faults = append(v.Faults, Fault{Kind: "zero", Place: zero, ZH: zero + " 为零，" + x.Name.ZH + "无法计算；请核对该量", EN: zero + " is zero, so " + x.Name.EN + " has no value; check that quantity"})
	case n < 0 || x.Most > 0 && n > x.Most*(1+1e-9):
		v.Faults = append(v.Faults, Fault{Kind: "invalid", Place: x.ID, ZH: fmt.Sprintf("%s 得 %s %s，不可能；请核对各量", x.Name.ZH, figure(n), x.Unit), EN: fmt.Sprintf("%s comes to %s %s, which cannot be; check its quantities", x.Name.EN, figure(n), x.Unit)})
	default:
		v.Value = &n
	}
}

// hold sets the value against the indicator's levels.
func (e evaluator) hold(v *Value, a amounts) error {
	for _, l := range v.Indicator.Levels {
		f, err := e.levels.Get(l.Factor, "")
		if errors.Is(err, factor.ErrMissing) {
			v.Faults = append(v.Faults, Fault{Kind: "level", Place: l.Factor, ZH: "因子库中没有该限值：" + l.Factor, EN: "the library has no level " + l.Factor})
			continue
		}
		if err != nil {
			return err
		}
		h := Held{Kind: l.Kind, Name: l.Name, Value: f.Value, Factor: f.Ref(), Source: f.Source, Grade: f.Grade, Region: f.Region}
		h.Applies = (f.Region == "CN" || f.Region == e.region) && l.When.holds(a)
		if v.Value != nil {
			h.compare(v, a)
		}
		v.Levels = append(v.Levels, h)
	}
	return nil
}

// holds says whether the condition is met; none always is.
func (s *Span) holds(a amounts) bool {
	if s == nil {
		return true
	}
	q, ok := a[s.Quantity]
	return ok && q.Value >= s.From && (s.Below == 0 || q.Value < s.Below)
}

// compare says whether the value meets the level, and what it lacks.
func (h *Held) compare(v *Value, a amounts) {
	gap := *v.Value - h.Value
	if v.Indicator.Direction == "higher" {
		gap = -gap
	}
	met := gap <= 0
	h.Met = &met
	if met {
		return
	}
	h.Gap = &gap
	// The formula is linear in the quantity that the gap is told in: it stands in the
	// numerator alone.
	id := v.Indicator.Short
	q, ok := a[id]
	if !ok {
		return
	}
	step := max(q.Value, 1)
	up, zero := v.Indicator.parsed.eval(a.with(Lever{Change: map[string]float64{id: 1}}, step))
	if slope := (up - *v.Value) / step; zero == "" && slope != 0 {
		h.Short = &Quantity{ID: id, Value: (h.Value - *v.Value) / slope, Unit: q.Unit, From: []string{"(" + h.Factor + " − " + v.Indicator.ID + ") ÷ slope"}}
	}
}
