package method_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/method"
	"lingtan/quantity"
	"lingtan/usage"
)

// The place and time at which every shipped pack is tried.
const region = "江苏"

var at = time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC)

// parsed are the shipped packs, read once for all tests.
var parsed = sync.OnceValues(method.Shipped)

func shipped(t *testing.T) []method.Pack {
	t.Helper()
	list, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func library(t *testing.T) *factor.Library {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// resolve says why a role could not be filled: by the library, by a number that the
// pack prints with its source, or by the declarer, who is told what to bring.
func resolve(lib *factor.Library, use method.FactorUse) error {
	if use.Given == "must" || use.Value != nil {
		if _, err := quantity.Parse(use.Unit); err != nil || use.Unit == "" {
			return fmt.Errorf("unit %q: %w", use.Unit, err)
		}
	}
	switch {
	case use.Given == "must" && use.Note == nil:
		return fmt.Errorf("the declarer is not told why there is no default")
	case use.Given == "must":
		return nil
	case use.Value != nil && (use.Source == "" || use.Grade != "A" && use.Grade != "B"):
		return fmt.Errorf("%v %s has source %q and grade %q; a source and A or B are needed", *use.Value, use.Unit, use.Source, use.Grade)
	case use.Value != nil:
		return nil
	}
	regions := slices.Clone(use.Regions)
	for i := range regions {
		if regions[i] == "park" {
			regions[i] = region
		}
	}
	f, err := lib.Lookup(factor.Query{Category: use.Category, Item: use.Item, Parameter: use.Parameter, Guideline: use.Guideline, Regions: regions, At: at, Policy: factor.Policy(use.Policy)})
	if err == nil && f.Grade != factor.GradeA && f.Grade != factor.GradeB {
		err = fmt.Errorf("grade %q", f.Grade)
	}
	return err
}

// filled is one role of one rule, or an alternative of it.
type filled struct {
	at          string
	use         method.FactorUse
	alternative bool
}

func roles(p method.Pack) []filled {
	var list []filled
	for _, r := range p.Rules {
		for role, use := range r.Factors {
			at := p.Ref() + " " + r.ID + " " + role
			list = append(list, filled{at: at, use: use})
			for name, other := range use.Alternatives {
				list = append(list, filled{at: at + " " + name, use: other, alternative: true})
			}
		}
	}
	return list
}

func TestEveryRoleOfEveryPackIsFilled(t *testing.T) {
	lib := library(t)
	for _, p := range shipped(t) {
		for _, f := range roles(p) {
			if err := resolve(lib, f.use); err != nil {
				t.Errorf("%s: %v", f.at, err)
			}
			if f.alternative && f.use.Given == "must" {
				t.Errorf("%s: an alternative is a value, not a question", f.at)
			}
		}
	}
}

// The coefficients to standard coal are in the library and make tonnes of it.
func TestStandardCoalOfEveryPack(t *testing.T) {
	lib := library(t)
	for _, p := range shipped(t) {
		a := accounting.Accountant{Method: p, Factors: lib, Region: region, At: at}
		for _, e := range p.Energy {
			made, err := a.StandardCoal("works", e.Carrier, e.Unit, usage.Totals{Measured: 1000})
			if err != nil || !(made.StandardCoal > 0) || e.Clause == "" {
				t.Errorf("%s: 1000 %s of %s are %v tce: %v", p.Ref(), e.Unit, e.Carrier, made.StandardCoal, err)
			}
		}
	}
}

func TestRulesOfAPackHaveNamesOfTheirOwn(t *testing.T) {
	for _, p := range shipped(t) {
		ids := map[string]bool{}
		for _, r := range p.Rules {
			if ids[r.ID] {
				t.Errorf("%s: two rules are named %s", p.Ref(), r.ID)
			}
			ids[r.ID] = true
		}
	}
}

// brought is a value for a role that the pack leaves to the declarer.
func brought(role string, use method.FactorUse) accounting.Given {
	g := accounting.Given{Value: 1, Unit: use.Unit, Source: "test"}
	switch {
	case role == "uncarbonated" || role == "feedwater":
		g.Value = 0
	case role == "enthalpy":
		g.Value = 2800
	case use.Unit == "%":
		g.Value = 50
	}
	return g
}

// tried is one unit of what a rule takes, with what the declarer has to bring.
func tried(p method.Pack, r method.Rule) accounting.Activity {
	act := accounting.Activity{Place: accounting.Consumed, Kind: r.Activity, Carrier: r.Carrier, Unit: r.Unit, Amount: usage.Totals{Measured: 1},
		Record: "r", Given: map[string]accounting.Given{}, Choose: map[string]string{}}
	for _, other := range p.RulesFor(r.Activity, r.Carrier) {
		for role, use := range other.Factors {
			if use.Given == "must" {
				act.Given[role] = brought(role, use)
			}
		}
	}
	return act
}

// The units of every rule make tonnes of CO2 or of CO2e, with the defaults and with each
// alternative; an alternative of one rule is kept by all rules of the activity.
func TestEveryRuleMakesTonnes(t *testing.T) {
	lib := library(t)
	for _, p := range shipped(t) {
		a := accounting.Accountant{Method: p, Factors: lib, Region: region, At: at}
		for _, r := range p.Rules {
			makes(t, a, r, tried(p, r))
			for role, use := range r.Factors {
				chosen(t, a, r, role, slices.Sorted(maps.Keys(use.Alternatives)))
			}
		}
	}
}

func chosen(t *testing.T, a accounting.Accountant, r method.Rule, role string, names []string) {
	t.Helper()
	for _, name := range names {
		act := tried(a.Method, r)
		delete(act.Given, role)
		act.Choose[role] = name
		makes(t, a, r, act)
	}
}

func makes(t *testing.T, a accounting.Accountant, r method.Rule, act accounting.Activity) {
	t.Helper()
	list, err := a.Account(act, nil)
	if err != nil {
		t.Errorf("%s %s %v: %v", a.Method.Ref(), r.ID, act.Choose, err)
		return
	}
	at := slices.IndexFunc(list, func(e accounting.Entry) bool { return e.Rule == r.ID })
	if at < 0 {
		t.Errorf("%s %s makes no entry", a.Method.Ref(), r.ID)
		return
	}
	e := list[at]
	if carbon := r.Gas == "" || r.Gas == "CO2"; carbon != (e.Unit == "tCO2") || (r.Sign < 0) != (e.Emissions < 0) && e.Emissions != 0 {
		t.Errorf("%s %s makes %v %s of %s", a.Method.Ref(), r.ID, e.Emissions, e.Unit, e.Expression)
	}
}

// metered are the activities of a park's sources as meters settle them: nobody brings a
// value or chooses, so every pack needs a default for them.
var metered = []struct{ kind, carrier, unit string }{
	{"purchased_electricity", "electricity", "kWh"},
	{"own_pv", "electricity", "kWh"},
	{"natural_gas", "natural_gas", "GJ"},
}

func TestEveryPackAccountsWhatMetersSay(t *testing.T) {
	lib := library(t)
	for _, p := range shipped(t) {
		a := accounting.Accountant{Method: p, Factors: lib, Region: region, At: at}
		for _, m := range metered {
			if p.ID == "ets-power" && m.kind == "own_pv" {
				continue // a generating unit under allowance management has no photovoltaics of its own
			}
			act := accounting.Activity{Place: accounting.Consumed, Kind: m.kind, Carrier: m.carrier, Unit: m.unit, Amount: usage.Totals{Measured: 1}}
			if list, err := a.Account(act, nil); err != nil || len(list) == 0 {
				t.Errorf("%s %s: %d entries: %v", p.Ref(), m.kind, len(list), err)
			}
		}
	}
}

// A park that accounts by a pack gives its energy in standard coal too.
func TestPacksOfParksGiveStandardCoal(t *testing.T) {
	lib := library(t)
	for _, ref := range []string{"park-energy-cn@1", "park-inventory@1", "zero-carbon-park-2025@1", "ghg-protocol-corporate@1", "iso14064-1-2018@1"} {
		p, err := method.Find(ref)
		if err != nil {
			t.Fatal(err)
		}
		a := accounting.Accountant{Method: p, Factors: lib, Region: region, At: at}
		coal := func(carrier, unit string, amount, want float64) {
			t.Helper()
			e, err := a.StandardCoal("works", carrier, unit, usage.Totals{Measured: amount})
			if err != nil || !near(e.StandardCoal, want, 1e-9) {
				t.Errorf("%s: %v %s of %s are %v tce, expected %v: %v", ref, amount, unit, carrier, e.StandardCoal, want, err)
			}
		}
		coal("electricity", "kWh", 10_000, 1.229) // 0.1229 kgce/kWh
		coal("natural_gas", "GJ", 100, 3.412)     // 0.03412 kgce/MJ
		coal("heat", "GJ", 100, 3.412)
		if p.ID != "park-energy-cn" {
			coal("diesel", "t", 10, 14.571) // 1.4571 kgce/kg
		}
	}
}
