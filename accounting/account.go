package accounting

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"lingtan/factor"
	"lingtan/method"
	"lingtan/quantity"
	"lingtan/usage"
)

// FactorSource finds the factor that a query asks for; a missing one is an error
// that names what is missing.
type FactorSource interface {
	Lookup(q factor.Query) (factor.Factor, error)
}

// Accountant accounts activities by a method.
type Accountant struct {
	Method    method.Pack
	Factors   FactorSource
	Region    string    // the park's province: what "park" stands for in a pack
	At        time.Time // valid time of factors: the period accounted
	AsKnownAt time.Time // recorded time: only what was published and recorded by then
	GWP       string    // assessment set (SAR, AR4, AR5, AR6) in place of the method's for warming potentials; empty = the method's
}

// Cover is a contractual instrument's part of an activity, from 0 to 1.
type Cover struct {
	Instrument string
	Share      float64
	Factor     float64 // kgCO2/kWh
	Evidence   string
}

// Account makes the entries of an activity, one for each rule of the method and,
// where instruments cover a part, one for each instrument. Exported energy makes
// no entry: it is shown in the balance.
func (a Accountant) Account(act Activity, covers []Cover) ([]Entry, error) {
	if act.Place == Exported {
		return nil, nil
	}
	rules := a.Method.RulesFor(act.Kind, act.Carrier)
	if len(rules) == 0 {
		return nil, fmt.Errorf("%w: %s knows no %q of %q, which %s takes; add a rule to the method or name the source's activity rightly", ErrNoRule, a.Method.Ref(), act.Kind, act.Carrier, act.Node)
	}
	if err := act.check(rules); err != nil {
		return nil, fmt.Errorf("%s at %s: %w", a.Method.Ref(), act.at(), err)
	}
	var entries []Entry
	for _, r := range rules {
		rest := 1.0
		for _, c := range covers {
			if !r.Covered || c.Share <= 0 {
				continue
			}
			e, err := a.covered(act, r, c)
			if err != nil {
				return nil, err
			}
			rest -= c.Share
			entries = append(entries, e)
		}
		if rest <= 1e-12 {
			continue
		}
		e, err := a.entry(scaled(act, rest), r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// scaled is the share of an activity, by quality; 1 leaves it to the bit.
func scaled(act Activity, share float64) Activity {
	if share != 1 {
		act.Amount = usage.Totals{Measured: act.Amount.Measured * share, Estimated: act.Amount.Estimated * share,
			Edited: act.Amount.Edited * share, Intervals: act.Amount.Intervals, Missing: act.Amount.Missing}
	}
	return act
}

// entry evaluates one rule.
func (a Accountant) entry(act Activity, r method.Rule) (Entry, error) {
	e := newEntry(act, r)
	var err error
	if e.Data, err = convert(act.Amount.Total(), act.Unit, r.Unit); err != nil {
		return e, fmt.Errorf("%s at %s: %w", r.ID, act.at(), err)
	}
	roles := make([]string, 0, len(r.Factors))
	for role := range r.Factors {
		roles = append(roles, role)
	}
	sort.Strings(roles)
	for _, role := range roles {
		x, err := a.role(act, role, r.Factors[role])
		if err != nil {
			return e, fmt.Errorf("%s at %s: %s: %w", r.ID, act.at(), role, err)
		}
		e.Factors = append(e.Factors, x)
	}
	return e, e.Evaluate()
}

func newEntry(act Activity, r method.Rule) Entry {
	e := Entry{Scope: r.Scope, Basis: r.Basis, Rule: r.ID, Clause: r.Clause, Activity: act, DataUnit: r.Unit, Formula: r.Formula, Unit: "tCO2",
		Category: r.Category, Gas: r.Gas, Sign: r.Sign, Apart: r.Apart, Factors: []Applied{}}
	if r.Gas != "" && r.Gas != "CO2" {
		e.Unit = "tCO2e"
	}
	return e
}

// at names the place of an activity for messages.
func (a Activity) at() string {
	if a.Record != "" {
		return "record " + a.Record
	}
	return a.Node
}

// role fills a role of a formula: what the declarer brings, else what the method prints
// or the library holds.
func (a Accountant) role(act Activity, role string, use method.FactorUse) (Applied, error) {
	if name, chosen := act.Choose[role]; chosen {
		other, known := use.Alternatives[name]
		if !known {
			return Applied{}, fmt.Errorf("%w: %s keeps no alternative %q", ErrGiven, a.Method.Ref(), name)
		}
		use = other
	}
	given, brought := act.Given[role]
	if set, known := use.Alternatives[strings.ToLower(a.GWP)]; role == "gwp" && use.Given == "must" && !brought && known {
		use = set // the park has chosen its assessment set for all that is declared
	}
	switch {
	case brought && use.Given == "never":
		return Applied{}, fmt.Errorf("%w: the method's value is binding; leave it out", ErrGiven)
	case brought && given.Pressure > 0:
		return a.steam(role, given)
	case brought:
		return a.given(act, role, use, given)
	case use.Given == "must":
		return Applied{}, fmt.Errorf("%w: the declarer brings this value (%s); the method has no default to rely on", ErrGiven, use.Unit)
	case use.Value != nil:
		return Applied{Role: role, Factor: "method:" + a.Method.Ref(), Name: factor.Name{ZH: "方法所载数值", EN: "number printed by the method"},
			Value: *use.Value, Unit: use.Unit, Grade: factor.Grade(use.Grade), Source: use.Source}, nil
	}
	f, err := a.Factors.Lookup(a.query(role, use))
	return applied(role, f), err
}

// covered is the entry of what an instrument covers: activity × the instrument's factor.
func (a Accountant) covered(act Activity, r method.Rule, c Cover) (Entry, error) {
	e := newEntry(scaled(act, c.Share), r)
	e.Instrument = c.Instrument
	var err error
	if e.Data, err = convert(e.Activity.Amount.Total(), act.Unit, r.Unit); err != nil {
		return e, fmt.Errorf("%s at %s: %w", r.ID, act.Node, err)
	}
	e.Factors = []Applied{{Role: "ef", Factor: "instrument:" + c.Instrument, Name: factor.Name{ZH: "合同工具 " + c.Instrument, EN: "contractual instrument " + c.Instrument},
		Value: c.Factor, Unit: "kgCO2/kWh", Grade: factor.GradeOwn, Source: c.Evidence}}
	return e, e.Evaluate()
}

func applied(role string, f factor.Factor) Applied {
	x := Applied{Role: role, Factor: f.Ref(), Name: f.Name, Value: f.Value, Unit: f.Unit.String(), Region: f.Region, Grade: f.Grade, Source: f.Source, Guideline: f.Guideline}
	if !f.ValidTo.IsZero() {
		x.DataYear = f.ValidFrom.Year()
	}
	return x
}

// less names, for a role, the role that is subtracted from it.
var less = map[string]string{"content": "uncarbonated", "enthalpy": "feedwater"}

// Evaluate computes Emissions and Expression from Data and Factors by Formula. It
// is what a verifier runs again: the same inputs give the same bits.
func (e *Entry) Evaluate() error {
	p := product{value: e.Data, terms: []string{number(e.Data) + " " + e.DataUnit}}
	var err error
	if p.unit, err = quantity.Parse(e.DataUnit); err != nil {
		return err
	}
	for _, f := range e.Factors {
		if f.Role == "uncarbonated" || f.Role == "feedwater" {
			continue // taken with the role that it lessens
		}
		if err := p.times(f, e.factor(less[f.Role])); err != nil {
			return fmt.Errorf("rule %s at %s: %w", e.Rule, e.Activity.at(), err)
		}
	}
	switch e.Formula {
	case method.Zero:
		e.Emissions, e.Expression = 0, p.terms[0]+" × 0"
		return nil
	case method.FuelCombustion, method.CarbonContent:
		u, err := quantity.Parse("tCO2/tC")
		if err != nil {
			return err
		}
		p.value, p.unit = p.value*quantity.CarbonToCO2, p.unit.Mul(u)
		p.terms = append(p.terms, "44/12")
	case method.ActivityFactor, method.Carbonate, method.Oxide, method.Steam, method.GasRelease:
	default:
		return fmt.Errorf("%w: formula %q", ErrUnit, e.Formula)
	}
	target, err := quantity.Parse(e.Unit)
	if err != nil {
		return err
	}
	if e.Emissions, err = quantity.Convert(p.value, p.unit, target); err != nil {
		return fmt.Errorf("%w: rule %s at %s: %w", ErrUnit, e.Rule, e.Activity.at(), err)
	}
	if !finite(e.Emissions) {
		return fmt.Errorf("%w: rule %s at %s gives %v; check the amount and the values given", ErrAmount, e.Rule, e.Activity.at(), e.Emissions)
	}
	e.Expression = strings.Join(p.terms, " × ")
	if e.Sign < 0 {
		e.Expression = "− " + e.Expression
	}
	if e.Sign < 0 && e.Emissions != 0 { // no minus zero
		e.Emissions = -e.Emissions
	}
	return nil
}

// factor is what fills a role; nil where nothing does.
func (e *Entry) factor(role string) *Applied {
	for i := range e.Factors {
		if e.Factors[i].Role == role && role != "" {
			return &e.Factors[i]
		}
	}
	return nil
}

// product is the formula as far as it was multiplied.
type product struct {
	value float64
	unit  quantity.Unit
	terms []string
}

// times multiplies by a factor, less another where there is one.
func (p *product) times(f Applied, minus *Applied) error {
	u, err := quantity.Parse(f.Unit)
	if err != nil {
		return fmt.Errorf("factor %s: %w", f.Factor, err)
	}
	v, term := f.Value, number(f.Value)+" "+f.Unit
	if minus != nil {
		m, err := convert(minus.Value, minus.Unit, f.Unit)
		if err != nil {
			return fmt.Errorf("factor %s: %w", minus.Factor, err)
		}
		if m > v {
			return fmt.Errorf("%w: %s %s is less than the %s %s taken off it", ErrAmount, f.Role, term, minus.Role, number(m)+" "+f.Unit)
		}
		v, term = v-m, "("+number(f.Value)+" − "+number(m)+") "+f.Unit
	}
	p.value, p.unit = p.value*v, p.unit.Mul(u)
	p.terms = append(p.terms, term)
	return nil
}

// StandardCoal converts an organization's use of a carrier to tonnes of coal
// equivalent (GB/T 2589-2020: 1 kgce = 29307 kJ). A carrier that the method has no
// coefficient for is an error, not a zero.
func (a Accountant) StandardCoal(organization, carrier, unit string, amount usage.Totals) (Energy, error) {
	e := Energy{Organization: organization, Carrier: carrier, Amount: amount, Unit: unit}
	rule, ok := a.Method.EnergyOf(carrier)
	if !ok {
		return e, fmt.Errorf("%w: %s has no standard-coal coefficient of %q", ErrNoRule, a.Method.Ref(), carrier)
	}
	f, err := a.Factors.Lookup(a.query("coal", rule.Factor))
	if err != nil {
		return e, fmt.Errorf("standard coal of %s: %w", carrier, err)
	}
	e.Factor, e.Clause = applied("coal", f), rule.Clause
	data, err := convert(amount.Total(), unit, rule.Unit)
	if err != nil {
		return e, err
	}
	du, err := quantity.Parse(rule.Unit)
	if err != nil {
		return e, err
	}
	tce, err := quantity.Parse("tce")
	if err != nil {
		return e, err
	}
	e.StandardCoal, err = quantity.Convert(data*f.Value, du.Mul(f.Unit), tce)
	return e, err
}

func convert(v float64, from, to string) (float64, error) {
	if from == to {
		return v, nil
	}
	a, err := quantity.Parse(from)
	if err != nil {
		return 0, err
	}
	b, err := quantity.Parse(to)
	if err != nil {
		return 0, err
	}
	return quantity.Convert(v, a, b)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
