package accounting

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/factor"
	"lingtan/method"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/usage"
)

// kinds is a method with a rule of each formula kind.
const kinds = `
format: lingtan.method/v1
id: kinds
version: "1"
name: {zh: 公式, en: formulas}
citation: test
rules:
  - {id: factor, activity: factor, scope: 3, basis: both, formula: activity_factor, unit: t.km, category: "3.4", clause: "1", factors: {ef: {parameter: ef, value: 0.1, unit: kgCO2/(t.km), source: a, grade: A}}}
  - {id: fuel, activity: fuel, scope: 1, basis: both, formula: fuel_combustion, unit: t, category: fuel, clause: "2",
     factors: {ncv: {parameter: ncv, value: 20, unit: GJ/t, source: a, grade: B, alternatives: {wet: {parameter: ncv, value: 18, unit: GJ/t, source: b, grade: A}}},
       cc: {parameter: cc, unit: tC/GJ, given: must}, of: {parameter: of, value: 98, unit: "%", source: a, grade: A}}}
  - {id: carbon, activity: carbon, scope: 1, basis: both, formula: carbon_content, unit: t, sign: -1, category: process, clause: "3", factors: {cc: {parameter: cc, value: 0.05, unit: tC/t, source: a, grade: A}}}
  - {id: carbonate, activity: carbonate, scope: 1, basis: both, formula: carbonate, unit: t, category: process, clause: "4",
     factors: {purity: {parameter: purity, value: 1, unit: "1", source: a, grade: A}, ef: {parameter: ef, value: 0.44, unit: tCO2/t, source: a, grade: A, given: never}, conversion: {parameter: conversion, value: 1, unit: "1", source: a, grade: A}}}
  - {id: oxide, activity: oxide, scope: 1, basis: both, formula: oxide, unit: t, category: process, clause: "5",
     factors: {content: {parameter: content, unit: "%", given: must}, uncarbonated: {parameter: content, value: 0, unit: "%", source: a, grade: A}, ratio: {parameter: ratio, value: 0.785, unit: tCO2/t, source: a, grade: A}}}
  - {id: steam, activity: steam, scope: 2, basis: both, formula: steam, unit: t, category: heat, clause: "6",
     factors: {enthalpy: {parameter: enthalpy, unit: kJ/kg, given: must}, feedwater: {parameter: enthalpy, value: 83.74, unit: kJ/kg, source: a, grade: A}, ef: {parameter: ef, value: 0.11, unit: tCO2/GJ, source: a, grade: A}}}
  - {id: gas, activity: gas, scope: 1, basis: both, formula: gas_release, unit: kg, gas: SF6, category: process, clause: "7",
     factors: {share: {parameter: share, value: 50, unit: "%", source: a, grade: A}, gwp: {item: SF6, parameter: gwp100, guideline: ar5, policy: latest_published}}}
  - {id: bound, activity: bound, scope: 1, basis: both, formula: gas_release, unit: kg, gas: SF6, clause: "8", factors: {gwp: {item: SF6, parameter: gwp100, guideline: ar5, policy: latest_published, given: never}}}
  - {id: wood, activity: wood, scope: 1, basis: both, formula: activity_factor, unit: t, apart: biogenic, clause: "9", factors: {ef: {parameter: ef, value: 1.8, unit: tCO2/t, source: a, grade: A}}}
  - {id: none, activity: none, scope: 2, basis: both, formula: zero, unit: kWh, clause: "10"}
  - {id: astray, activity: astray, scope: 1, basis: both, formula: activity_factor, unit: t, clause: "11", factors: {ef: {parameter: ef, value: 1, unit: tC/t, source: a, grade: A}}}
`

func byKinds(t testing.TB) Accountant {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p, err := method.Parse([]byte(kinds))
	if err != nil {
		t.Fatal(err)
	}
	return Accountant{Method: p, Factors: lib, Region: "江苏", At: time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC), AsKnownAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
}

func declared(kind, unit string, amount float64) Activity {
	return Activity{Organization: "works", Place: Consumed, Kind: kind, Unit: unit, Amount: usage.Totals{Measured: amount}, Record: "r-" + kind}
}

func (a Activity) giving(role string, value float64, unit string) Activity {
	given := map[string]Given{}
	maps.Copy(given, a.Given)
	given[role] = Given{Value: value, Unit: unit, Source: "laboratory"}
	a.Given = given
	return a
}

func (a Activity) state(pressure, temperature float64) Activity {
	a.Given = map[string]Given{"enthalpy": {Pressure: pressure, Temperature: temperature, Source: "gauge"}}
	return a
}

func (a Activity) choosing(role, name string) Activity {
	a.Choose = map[string]string{role: name}
	return a
}

// Each formula by hand, with amounts in other units than the rule's.
func TestFormulas(t *testing.T) {
	gives := func(act Activity, want float64, unit string) Entry {
		t.Helper()
		e := account(t, byKinds(t), act)[0]
		if math.Abs(e.Emissions-want) > 1e-9*math.Max(1, math.Abs(want)) || e.Unit != unit || math.Signbit(e.Emissions) && e.Emissions == 0 {
			t.Errorf("%s: %v %s, want %v %s (%s)", act.Kind, e.Emissions, e.Unit, want, unit, e.Expression)
		}
		return e
	}
	gives(declared("factor", "kg.km", 2000), 2*0.1/1000, "tCO2")
	gives(declared("fuel", "kg", 3000).giving("cc", 0.026, "tC/GJ"), 3*20*0.026*0.98*44/12, "tCO2")
	gives(declared("fuel", "t", 3).giving("cc", 26, "kgC/GJ").giving("of", 1, "1"), 3*20*0.026*44/12, "tCO2")
	wet := gives(declared("fuel", "t", 3).giving("cc", 0.026, "tC/GJ").choosing("ncv", "wet"), 3*18*0.026*0.98*44/12, "tCO2")
	if f := wet.factor("ncv"); f.Source != "b" || f.Grade != factor.GradeA || f.Factor != "method:kinds@1" {
		t.Errorf("%+v", f)
	}
	off := gives(declared("carbon", "t", 2), -2*0.05*44/12, "tCO2")
	if !strings.HasPrefix(off.Expression, "− 2 t") {
		t.Errorf("%s", off.Expression)
	}
	gives(declared("carbon", "t", 0), 0, "tCO2")
	gives(declared("carbonate", "t", 10).giving("purity", 95, "%").giving("conversion", 0.9, "1"), 10*0.95*0.44*0.9, "tCO2")
	gives(declared("oxide", "t", 100).giving("content", 65, "%").giving("uncarbonated", 0.01, "1"), 100*(0.65-0.01)*0.785, "tCO2")
	gives(declared("steam", "t", 10).giving("enthalpy", 2.8, "MJ/kg"), 10*(2.8-0.08374)*0.11, "tCO2")
	// Saturated at 1 MPa 2777.0 kJ/kg, at 1 MPa and 300 degC 3051.3 kJ/kg: tables C.4 and C.5 of GB/T 32151.34-2024.
	gives(declared("steam", "t", 10).state(1, 0), 10*(2.777-0.08374)*0.11, "tCO2")
	hot := gives(declared("steam", "t", 10).state(1, 300), 10*(3.0513-0.08374)*0.11, "tCO2")
	if f := hot.factor("enthalpy"); !strings.HasPrefix(f.Factor, "steam.superheated(1 MPa,300 degC)@") || !strings.HasSuffix(f.Source, "; gauge") || f.Grade != factor.GradeB {
		t.Errorf("%+v", f)
	}
	gives(declared("gas", "g", 500), 0.5*0.5*23500/1000, "tCO2e")
	gives(declared("none", "MWh", 5), 0, "tCO2")
}

// The set of warming potentials is the method's unless another is asked for and the
// method does not bind it: SF6 is 23,500 by AR5.
func TestSetsOfWarmingPotentials(t *testing.T) {
	by := func(kind, set string, want float64) {
		t.Helper()
		a := byKinds(t)
		a.GWP = set
		e := account(t, a, declared(kind, "kg", 1))[0]
		lib, err := factor.Builtin()
		if err != nil {
			t.Fatal(err)
		}
		if want == 0 {
			f, err := lib.GWP(set, "SF6")
			if err != nil {
				t.Fatal(err)
			}
			want = f.Value
		}
		if got := e.factor("gwp").Value; got != want {
			t.Errorf("%s by %q: %v, want %v", kind, set, got, want)
		}
	}
	by("gas", "", 23500)
	by("gas", "AR6", 0)
	by("gas", "sar", 0)
	by("bound", "AR6", 23500)
}

func TestRefusedWithItsName(t *testing.T) {
	refused := func(act Activity, want error, text string) {
		t.Helper()
		list, err := byKinds(t).Account(act, nil)
		if !errors.Is(err, want) || len(list) > 0 || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "record r-") {
			t.Errorf("%s: %v, want %v with %q", act.Kind, err, want, text)
		}
	}
	nan, inf := math.NaN(), math.Inf(1)
	refused(declared("factor", "t.km", nan), ErrAmount, "NaN")
	refused(declared("factor", "t.km", inf), ErrAmount, "Inf")
	refused(declared("factor", "t.km", -1), ErrAmount, "below zero")
	refused(declared("factor", "t", 1), quantity.ErrDimension, "measure different things")
	refused(declared("wood", "t", 1e308), ErrAmount, "gives +Inf")
	uncertain := declared("wood", "t", 1)
	uncertain.Uncertainty = -0.1
	refused(uncertain, ErrAmount, "uncertainty")
	refused(declared("fuel", "t", 1), ErrGiven, "the declarer brings this value (tC/GJ)")
	cc := declared("fuel", "t", 1).giving("cc", 0.026, "tC/GJ")
	refused(cc.giving("gwp", 1, "1"), ErrGiven, `takes "gwp"; they take: cc, ncv, of`)
	refused(cc.giving("of", 101, "%"), ErrGiven, "a share from 0 to 1")
	refused(cc.giving("of", -1, "%"), ErrGiven, "below zero")
	refused(cc.giving("of", nan, "%"), ErrGiven, "a number")
	refused(cc.giving("cc", 1, "GJ/t"), ErrGiven, "measure different things")
	refused(cc.choosing("ncv", "dry"), ErrGiven, `no alternative "dry"`)
	refused(cc.choosing("cc", "dry"), ErrGiven, "both given and chosen")
	refused(cc.choosing("gwp", "dry"), ErrGiven, `a choice of "gwp"`)
	refused(declared("carbonate", "t", 1).giving("ef", 1, "tCO2/t"), ErrGiven, "binding")
	refused(declared("oxide", "t", 1).giving("content", 1, "%").giving("uncarbonated", 2, "%"), ErrAmount, "less than the uncarbonated")
	refused(declared("steam", "t", 1).giving("enthalpy", 1, "kJ/kg"), ErrAmount, "less than the feedwater")
	refused(declared("steam", "t", 1).state(1, 20), factor.ErrMissing, "water")
	refused(declared("steam", "t", 1).state(nan, 0), ErrGiven, "")
	refused(declared("steam", "t", 1).state(-1, 0), ErrGiven, "state of steam")
	refused(declared("steam", "t", 1).state(0, 300), ErrGiven, "state of steam")
	both := declared("steam", "t", 1)
	both.Given = map[string]Given{"enthalpy": {Value: 1, Unit: "kJ/kg", Pressure: 1, Source: "a"}}
	refused(both, ErrGiven, "without a value")
	elsewhere := declared("steam", "t", 1).giving("enthalpy", 2800, "kJ/kg")
	elsewhere.Given["ef"] = Given{Pressure: 1, Source: "a"}
	refused(elsewhere, ErrGiven, "enthalpy alone")
	refused(declared("astray", "t", 1), ErrUnit, "rule astray")
}

func TestSums(t *testing.T) {
	a := byKinds(t)
	var entries []Entry
	for _, act := range []Activity{declared("wood", "t", 1), declared("carbon", "t", 3), declared("carbonate", "t", 1), declared("gas", "kg", 1), declared("factor", "t.km", 10), declared("none", "kWh", 5)} {
		entries = append(entries, account(t, a, act)...)
	}
	list := Sums(entries)
	want := []string{"1 process CO2  2", "1 process SF6  1", "2  CO2  1", "3 3.4 CO2  1", "1  CO2 biogenic 1"}
	for i, s := range list {
		if got := fmt.Sprintf("%d %s %s %s %d", s.Scope, s.Category, s.Gas, s.Apart, s.Entries); i >= len(want) || got != want[i] {
			t.Errorf("sum %d: %s", i, got)
		}
	}
	if got := list[0].Emissions; math.Abs(got-(0.44-3*0.05*44/12)) > 1e-12 || list[1].Unit != "tCO2e" {
		t.Errorf("%+v", list)
	}
	if total := Total(entries); math.Abs(total.Scope1-(list[0].Emissions+list[1].Emissions)) > 1e-12 || total.Scope3 != 0.001 || total.Scope2Location != 0 {
		t.Errorf("%+v", total)
	}
	power := account(t, accountant(t), activity("purchased_electricity", "electricity", "kWh", 1e6))
	if total := Total(power); total.Scope2Location != power[0].Emissions || total.Scope2Market != power[1].Emissions {
		t.Errorf("%+v", total)
	}
}

// Whatever is declared: it is refused, or evaluating its entry again gives the same bits,
// the emission is a number, and twice the amount is twice the emission.
func TestEvaluatingAgain(t *testing.T) {
	a := byKinds(t)
	value := rapid.OneOf(rapid.Float64Range(0, 1e9), rapid.Float64(), rapid.SampledFrom([]float64{0, 1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(-1)}))
	unit := rapid.SampledFrom([]string{"t", "kg", "t.km", "kWh", "%", "1", "GJ/t", "tC/GJ", "kJ/kg", "tC/t", "tCO2/t", "kgCO2e/kg", "x"})
	rapid.Check(t, func(r *rapid.T) {
		act := declared(rapid.SampledFrom([]string{"factor", "fuel", "carbon", "carbonate", "oxide", "steam", "gas", "wood", "none", "astray"}).Draw(r, "kind"), unit.Draw(r, "unit"), value.Draw(r, "amount"))
		for range rapid.IntRange(0, 3).Draw(r, "given") {
			g := Given{Value: value.Draw(r, "value"), Unit: unit.Draw(r, "given unit"), Source: "a"}
			if rapid.Bool().Draw(r, "state") {
				g = Given{Pressure: value.Draw(r, "pressure"), Temperature: value.Draw(r, "temperature"), Source: "a"}
			}
			if act.Given == nil {
				act.Given = map[string]Given{}
			}
			act.Given[rapid.SampledFrom([]string{"ncv", "cc", "of", "purity", "ef", "conversion", "content", "uncarbonated", "ratio", "enthalpy", "feedwater", "share", "gwp"}).Draw(r, "role")] = g
		}
		list, err := a.Account(act, nil)
		if err != nil {
			return
		}
		for _, e := range list {
			again := e
			again.Emissions, again.Expression = 0, ""
			if err := again.Evaluate(); err != nil || again.Emissions != e.Emissions || again.Expression != e.Expression || !finite(e.Emissions) {
				r.Fatalf("%s: %v, again %v (%v)", e.Expression, e.Emissions, again.Emissions, err)
			}
			if e.Emissions > 0 && e.Sign < 0 || e.Emissions < 0 && e.Sign >= 0 {
				r.Fatalf("%s: %v with sign %d", e.Expression, e.Emissions, e.Sign)
			}
		}
	})
}

// Whatever span a record has, its parts in the periods of a partition add up to it.
func TestWithin(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		first := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 2000).Draw(r, "first"))
		days := rapid.IntRange(1, 800).Draw(r, "days")
		d := Declared{First: first.Format(time.DateOnly), Last: first.AddDate(0, 0, days-1).Format(time.DateOnly), Activity: Activity{Amount: usage.Totals{Measured: rapid.Float64Range(0, 1e9).Draw(r, "amount")}}}
		start := period.DayOf(first, time.UTC)
		cut := start + period.Day(rapid.IntRange(-5, 805).Draw(r, "cut"))
		before, n, all, err := d.Within(start-10, cut-1)
		after, m, _, err2 := d.Within(cut, start+1000)
		if err != nil || err2 != nil || n+m != all || all != days {
			r.Fatalf("%d and %d of %d days: %v %v", n, m, all, err, err2)
		}
		if sum, want := before.Amount.Total()+after.Amount.Total(), d.Activity.Amount.Total(); math.Abs(sum-want) > 1e-12*math.Max(1, want) {
			r.Fatalf("%v of %v", sum, want)
		}
	})
	for _, bad := range []Declared{{First: "x", Last: "2020-01-01"}, {First: "2020-01-01", Last: ""}, {First: "2020-01-02", Last: "2020-01-01"}} {
		if _, _, _, err := bad.Within(0, 1); err == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}
