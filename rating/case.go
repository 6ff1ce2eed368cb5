package rating

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"lingtan/park"
)

// The formats of what is read and written.
const (
	Format       = "lingtan.rating/v1"
	resultFormat = "lingtan.rating.result/v1"
)

// Case is what is to be rated: a park or an enterprise in a period.
type Case struct {
	Format       string        `json:"format"`
	Title        string        `json:"title,omitempty"`
	Region       string        `json:"region"` // province in Chinese
	Period       string        `json:"period"`
	Quantities   []Quantity    `json:"quantities"`
	Products     []Product     `json:"products,omitempty"`
	Indicators   []Indicator   `json:"indicators,omitempty"` // one's own, beside the shipped ones
	Code         CodeSettings  `json:"code,omitzero"`
	Levers       LeverSettings `json:"levers,omitzero"`
	GreenFactory *Factory      `json:"greenFactory,omitempty"`
}

// Result is a case rated.
type Result struct {
	Format         string         `json:"format"`
	Title          string         `json:"title,omitempty"`
	Region         string         `json:"region"`
	Period         string         `json:"period"`
	Indicators     []Value        `json:"indicators" nullable:"false"` // of scheme park and one's own
	Products       []ProductValue `json:"products" nullable:"false"`
	Code           *Code          `json:"code"`
	ZeroCarbonPark ZeroCarbonPark `json:"zeroCarbonPark"`
	GreenFactory   *FactoryScore  `json:"greenFactory,omitempty"`
	WhatIf         []WhatIf       `json:"whatIf" nullable:"false"`
	Notes          []park.Name    `json:"notes" nullable:"false"`
}

// ZeroCarbonPark is the national indicator system of zero-carbon parks held against a
// park: the core indicator decides, five guide.
type ZeroCarbonPark struct {
	Met        *bool   `json:"met" nullable:"true"` // every indicator with a level meets it; empty where one cannot be told
	CoreMet    *bool   `json:"coreMet" nullable:"true"`
	Indicators []Value `json:"indicators" nullable:"false"`
	Reached    int     `json:"metCount"`
	Unmet      int     `json:"unmetCount"`
	Unknown    int     `json:"unknownCount"`
	Source     string  `json:"source"`
}

var (
	idPattern     = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,79}$`)
	periodPattern = regexp.MustCompile(`^[0-9]{4}[0-9.-]{0,26}$`)
)

// Parse reads a case, format lingtan.rating/v1. Unknown fields are faults. Errors wrap
// ErrCase.
func Parse(data []byte) (*Case, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrCase, MaxSize)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	c := &Case{}
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCase, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: something follows the case", ErrCase)
	}
	if c.Format != Format {
		return nil, fmt.Errorf("%w: format %q; this version reads %s", ErrCase, c.Format, Format)
	}
	_, err := c.amounts()
	return c, err
}

// amounts checks the case and gives its quantities by id.
func (c *Case) amounts() (amounts, error) {
	catalogue, err := Shipped()
	if err != nil {
		return nil, err
	}
	if c.Region == "" || !periodPattern.MatchString(c.Period) {
		return nil, fmt.Errorf("%w: region %q and period %q: name the province in Chinese and the period such as 2025 or 2025-03", ErrCase, c.Region, c.Period)
	}
	if len(c.Quantities) > maxQuantities || len(c.Products) > maxProducts || len(c.Indicators) > maxIndicators {
		return nil, fmt.Errorf("%w: at most %d quantities, %d products and %d indicators", ErrCase, maxQuantities, maxProducts, maxIndicators)
	}
	known := catalogue.units()
	a := amounts{}
	for _, q := range c.Quantities {
		if err := q.check(known); err != nil {
			return nil, err
		}
		if _, twice := a[q.ID]; twice {
			return nil, fmt.Errorf("%w: quantity %s stands twice", ErrCase, q.ID)
		}
		a[q.ID] = q
	}
	if err := c.checkRest(known); err != nil {
		return nil, err
	}
	return a, nil
}

func (q Quantity) check(known map[string]Defined) error {
	if d, ok := known[q.ID]; ok && d.Unit != q.Unit {
		return fmt.Errorf("%w: quantity %s is in %q; give it in %s", ErrCase, q.ID, q.Unit, d.Unit)
	}
	if !idPattern.MatchString(q.ID) || q.Unit == "" || len(q.From) > maxFrom {
		return fmt.Errorf("%w: quantity %q needs an id of small letters, digits, _ . -, a unit and at most %d sources", ErrCase, q.ID, maxFrom)
	}
	if len(q.From) == 0 {
		return fmt.Errorf("%w: quantity %s has no from: name the record, register or entries that it came from", ErrCase, q.ID)
	}
	if q.Measured != nil && !(*q.Measured >= 0 && *q.Measured <= 1) {
		return fmt.Errorf("%w: quantity %s: measuredShare %v is not from 0 to 1", ErrCase, q.ID, *q.Measured)
	}
	if strings.HasPrefix(q.ID, "emissions") { // below zero where more was credited than emitted; indicators then say so
		return sound("quantity "+q.ID, max(q.Value, -q.Value))
	}
	return sound("quantity "+q.ID, q.Value)
}

// checkRest checks products, indicators of one's own and settings. Quantities of one's
// own indicators may be named by them alone.
func (c *Case) checkRest(known map[string]Defined) error {
	for _, p := range c.Products {
		if !idPattern.MatchString(p.ID) || p.Benchmark != "" && !idPattern.MatchString(p.Benchmark) {
			return fmt.Errorf("%w: product %q, benchmark %q: ids are small letters, digits, _ . -", ErrCase, p.ID, p.Benchmark)
		}
		if err := sound("products."+p.ID+".output", p.Output); err != nil {
			return err
		}
		if err := sound("products."+p.ID+".energy", max(p.Energy, -p.Energy)); err != nil {
			return err
		}
	}
	own := &Catalogue{Indicators: c.Indicators}
	for _, d := range known {
		own.Quantities = append(own.Quantities, d)
	}
	for _, q := range c.Quantities {
		own.Quantities = append(own.Quantities, Defined{ID: q.ID, Unit: q.Unit})
	}
	if err := own.check(); err != nil {
		return err
	}
	if c.GreenFactory != nil {
		if err := c.GreenFactory.check(); err != nil {
			return err
		}
	}
	if err := c.Levers.check(); err != nil {
		return err
	}
	return c.Code.check()
}

// Evaluate rates the case. What cannot be computed is told in the values' faults; errors
// wrap ErrCase when the case itself is wrong.
func (c *Case) Evaluate(levels Benchmarks) (*Result, error) {
	a, err := c.amounts()
	if err != nil {
		return nil, err
	}
	catalogue, err := Shipped()
	if err != nil {
		return nil, err
	}
	e := evaluator{known: catalogue.units(), levels: levels, region: c.Region}
	r := &Result{Format: resultFormat, Title: c.Title, Region: c.Region, Period: c.Period, Indicators: []Value{}, Products: []ProductValue{}, WhatIf: []WhatIf{}, Notes: []park.Name{}}
	r.ZeroCarbonPark.Indicators = []Value{}
	for _, x := range append(catalogue.Indicators[:len(catalogue.Indicators):len(catalogue.Indicators)], c.Indicators...) {
		v, err := e.evaluate(x, a)
		if err != nil {
			return nil, err
		}
		if x.Scheme == "zero_carbon_park" {
			r.ZeroCarbonPark.Indicators = append(r.ZeroCarbonPark.Indicators, v)
		} else {
			r.Indicators = append(r.Indicators, v)
		}
	}
	for _, p := range c.Products {
		v, err := e.product(p)
		if err != nil {
			return nil, err
		}
		r.Products = append(r.Products, v)
	}
	if r.Code, err = e.code(c.Code, a); err != nil {
		return nil, err
	}
	r.ZeroCarbonPark.judge()
	if c.GreenFactory != nil {
		r.GreenFactory = c.GreenFactory.score()
	}
	r.lift(levers(a, c.Levers), a)
	return r, nil
}

// judge counts what is met. An indicator without a level that applies is unknown, but
// for the share of products, where all of them is what the notice wants.
func (z *ZeroCarbonPark) judge() {
	z.Source = "发改环资〔2025〕910号 附件 国家级零碳园区建设指标体系（试行）"
	for _, v := range z.Indicators {
		met := v.met()
		switch {
		case met == nil:
			z.Unknown++
		case *met:
			z.Reached++
		default:
			z.Unmet++
		}
		if v.Indicator.Core {
			z.CoreMet = met
		}
	}
	if z.Unmet > 0 {
		no := false
		z.Met = &no
	} else if z.Unknown == 0 {
		yes := true
		z.Met = &yes
	}
}

// met says whether the value meets the level that applies; nil when none does or there
// is no value.
func (v Value) met() *bool {
	if v.Value != nil && v.Indicator.ID == "zcp.product_intensity" {
		all := *v.Value >= 100
		return &all
	}
	for _, h := range v.Levels {
		if h.Applies && h.Met != nil {
			return h.Met
		}
	}
	return nil
}

// lift tries the levers on every target that is missed, where none is for this case on
// the first, and on the next better class of the code.
func (r *Result) lift(ls []Lever, a amounts) {
	values := append(append([]Value{}, r.Indicators...), r.ZeroCarbonPark.Indicators...)
	var shown []Indicator
	for _, v := range values {
		if v.Value != nil {
			shown = append(shown, v.Indicator)
		}
	}
	for _, m := range []Mark{r.Code.Level, r.Code.Efficiency} {
		if m.Value.Value == nil {
			continue
		}
		shown = append(shown, m.Indicator)
	}
	for _, v := range values {
		for i, h := range v.Levels {
			goal := h.Applies || i == 0 && !slices.ContainsFunc(v.Levels, func(h Held) bool { return h.Applies })
			if goal && h.Met != nil && !*h.Met {
				r.WhatIf = append(r.WhatIf, whatIf(v.Indicator, h.Name, h.Value, ls, a, shown)...)
			}
		}
	}
	for _, m := range []Mark{r.Code.Level, r.Code.Efficiency} {
		if m.Class > 1 {
			names := levelNames
			if m.Indicator.ID == gradeIndicator.ID {
				names = gradeNames
			}
			r.WhatIf = append(r.WhatIf, whatIf(m.Indicator, names[m.Class-2], m.Limits[m.Class-2], ls, a, shown)...)
		}
	}
}
