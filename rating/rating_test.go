package rating

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lingtan/factor"
)

func library(t testing.TB) *factor.Library {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// q is a declared quantity in the catalogue's unit.
func q(t testing.TB, id string, v float64) Quantity {
	t.Helper()
	c, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Quantities {
		if d.ID == id {
			return Quantity{ID: id, Value: v, Unit: d.Unit, From: []string{"test"}}
		}
	}
	t.Fatalf("no quantity %s", id)
	return Quantity{}
}

func rate(t testing.TB, c Case) *Result {
	t.Helper()
	if c.Region == "" {
		c.Region = "浙江"
	}
	c.Period = "2025"
	r, err := c.Evaluate(library(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A level that the library does not have would stand silently as a fault.
func TestShippedLevelsAreThere(t *testing.T) {
	c, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	lib := library(t)
	for _, x := range c.Indicators {
		for _, l := range x.Levels {
			f, err := lib.Get(l.Factor, "")
			if err != nil {
				t.Errorf("%s: %v", x.ID, err)
			} else if f.UnitText != x.Unit {
				t.Errorf("%s is in %s, its level %s in %s", x.ID, x.Unit, l.Factor, f.UnitText)
			}
		}
	}
}

func TestFormula(t *testing.T) {
	a := amounts{"a": {Value: 6}, "b": {Value: 3}, "c": {Value: 0}}
	gives := func(text string, want float64, zero string) {
		t.Helper()
		f, err := parseFormula(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, at := f.eval(a); got != want || at != zero {
			t.Errorf("%s = %v %q, want %v %q", text, got, at, want, zero)
		}
	}
	gives("a - b - 1", 2, "")
	gives("a / b / 2", 1, "")
	gives("a − b × 2", 0, "")
	gives("(a + b) ÷ (b + c)", 3, "")
	gives("100 * a / (a + b)", 600.0/9, "")
	gives("a / c", 0, "c")
	gives("a / (b - b)", 0, "b")
	fails := func(text string) {
		t.Helper()
		if _, err := parseFormula(text); !errors.Is(err, ErrCase) {
			t.Errorf("%q: %v", text, err)
		}
	}
	fails("")
	fails("a +")
	fails("a b")
	fails("(a")
	fails("exec(a)")
	fails("a ^ 2")
	fails("1e9")
	fails(strings.Repeat("(", 30) + "a" + strings.Repeat(")", 30))
	fails(strings.Repeat("a+", 300) + "a")
	f, _ := parseFormula("a / (b * (a - b))")
	if got := f.write(amounts{"a": {Value: 6, Unit: "t"}}); got != "6 t ÷ (?b × (6 t − ?b))" {
		t.Error(got)
	}
}

func TestMissingAndZeroAreMarked(t *testing.T) {
	r := rate(t, Case{Quantities: []Quantity{q(t, "energy", 10), q(t, "value_added", 0)}})
	kind := func(id string) string {
		for _, v := range append(r.Indicators, r.ZeroCarbonPark.Indicators...) {
			if v.Indicator.ID == id {
				if v.Value != nil || len(v.Faults) == 0 {
					t.Errorf("%s: %+v", id, v)
					return ""
				}
				return v.Faults[0].Kind + " " + v.Faults[0].Place
			}
		}
		return ""
	}
	if got := kind("energy_per_value_added"); got != "zero value_added" {
		t.Error(got)
	}
	if got := kind("zcp.carbon_per_energy"); got != "missing emissions_zero_carbon_park" {
		t.Error(got)
	}
	if r.Code.Grade != 0 || r.ZeroCarbonPark.Met != nil || r.ZeroCarbonPark.CoreMet != nil {
		t.Errorf("%+v %+v", r.Code, r.ZeroCarbonPark)
	}
	data, err := json.Marshal(r)
	if err != nil || strings.Contains(string(data), "NaN") {
		t.Error(err)
	}
}

func TestImpossibleShareIsMarked(t *testing.T) {
	r := rate(t, Case{Quantities: []Quantity{q(t, "power", 10), q(t, "clean_power", 11)}})
	for _, v := range r.Indicators {
		if v.Indicator.ID == "nonfossil_power_share" && (v.Value != nil || v.Faults[0].Kind != "invalid") {
			t.Errorf("%+v", v)
		}
	}
}

// 发改环资〔2025〕910号: the limit is by the size of the park, and below 0.2 Mtce none is given.
func TestCoreLimitBySize(t *testing.T) {
	core := func(tce, tonnes float64) *bool {
		t.Helper()
		r := rate(t, Case{Quantities: []Quantity{q(t, "energy", tce), q(t, "energy_annual", tce), q(t, "emissions_zero_carbon_park", tonnes)}})
		return r.ZeroCarbonPark.CoreMet
	}
	if got := core(199999, 1); got != nil {
		t.Error("a park below 0.2 Mtce has no limit")
	}
	if got := core(200000, 40000); got == nil || !*got {
		t.Error("0.2 at 0.2 Mtce meets the limit")
	}
	if got := core(200000, 40001); got == nil || *got {
		t.Error("above 0.2 at 0.2 Mtce misses it")
	}
	if got := core(1e6, 300000); got == nil || !*got {
		t.Error("0.3 at 1 Mtce meets the limit")
	}
}

func TestGradesOfTheCode(t *testing.T) {
	grade := func(k float64, want int) {
		t.Helper()
		r := rate(t, Case{Quantities: []Quantity{q(t, "emissions", k), q(t, "value_added", 1), q(t, "sector_intensity", 1)}})
		if r.Code.Grade != want || !r.Code.Regional {
			t.Errorf("K = %v is grade %d, want %d", k, r.Code.Grade, want)
		}
	}
	grade(0, 1)
	grade(0.6, 1)
	grade(0.61, 2)
	grade(0.8, 2)
	grade(1.2, 3)
	grade(1.21, 4)
	grade(2, 4)
	grade(2.01, 5)
	own := Case{Region: "江苏", Code: CodeSettings{Grades: []float64{1, 2, 3, 4}, Levels: []float64{1, 2}, Source: "notice", Neutrality: "100 * carbon_reduction / (emissions + carbon_reduction)"},
		Quantities: []Quantity{q(t, "emissions", 3), q(t, "value_added", 1), q(t, "sector_intensity", 1), q(t, "carbon_reduction", 1)}}
	r := rate(t, own)
	if r.Code.Grade != 3 || r.Code.Level.Class != 3 || !r.Code.Regional || *r.Code.Neutrality.Value.Value != 25 {
		t.Errorf("%+v", r.Code)
	}
}

func TestProducts(t *testing.T) {
	class := func(p Product, want string, faults int) ProductValue {
		t.Helper()
		v := rate(t, Case{Products: []Product{p}}).Products[0]
		if v.Class != want || len(v.Faults) != faults {
			t.Errorf("%+v, want %q and %d faults", v, want, faults)
		}
		return v
	}
	class(Product{ID: "coke", Benchmark: "coke_stamp", Energy: 110, Output: 1000}, "benchmark", 0)
	v := class(Product{ID: "coke", Benchmark: "coke_stamp", Energy: 130, Output: 1000}, "between", 0)
	if v.Saving == nil || math.Abs(*v.Saving-20) > 1e-9 {
		t.Errorf("130 → 110 kgce/t at 1000 t saves 20 tce, got %v", v.Saving)
	}
	class(Product{ID: "coke", Benchmark: "coke_stamp", Energy: 141, Output: 1000}, "below_baseline", 0)
	class(Product{ID: "steel", Benchmark: "bof", Energy: -20, Output: 1000}, "between", 0)
	class(Product{ID: "coke", Benchmark: "coke_stamp", Energy: 130}, "", 1)
	class(Product{ID: "chairs", Energy: 130, Output: 10}, "", 2)
	class(Product{ID: "chairs", Benchmark: "chairs", Energy: 130, Output: 10}, "", 2)
}

func factory() *Factory {
	v := func(x float64) *float64 { return &x }
	return &Factory{Standard: "sector", Indicators: []Scored{
		{ID: "e", Group: "energy", Weight: 35, Baseline: 140, Leading: 110, Value: v(125)},
		{ID: "r", Group: "resources", Weight: 25, Baseline: 80, Leading: 95, Value: v(99)},
		{ID: "p", Group: "production", Weight: 15, Baseline: 1, Leading: 0, Value: v(2)},
		{ID: "g", Group: "products", Weight: 15, Baseline: 0, Leading: 1, Value: v(1)},
		{ID: "l", Group: "land", Weight: 10, Baseline: 1, Leading: 2, Value: v(1)}}}
}

func TestGreenFactory(t *testing.T) {
	f := factory()
	r := rate(t, Case{GreenFactory: f}).GreenFactory
	// 35/2 + 25 + 0 + 15 + 0
	if r.Score == nil || math.Abs(*r.Score-57.5) > 1e-12 || len(r.Faults) != 0 || r.Groups[0].Score != 17.5 {
		t.Errorf("%+v", r)
	}
	f.AtBaseline = 0.6
	// 35 × 0.8 + 25 + 0 + 15 + 10 × 0.6
	if r = rate(t, Case{GreenFactory: f}).GreenFactory; math.Abs(*r.Score-74) > 1e-12 {
		t.Errorf("%v", *r.Score)
	}
	f.Indicators[0].Value = nil
	if r = rate(t, Case{GreenFactory: f}).GreenFactory; r.Score != nil || r.Most-r.Least != 35 || len(r.Faults) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestCheck(t *testing.T) {
	bad := func(change func(*Case)) {
		t.Helper()
		c := Case{Region: "浙江", Period: "2025"}
		change(&c)
		if _, err := c.Evaluate(library(t)); !errors.Is(err, ErrCase) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	quantity := func(x Quantity) { t.Helper(); bad(func(c *Case) { c.Quantities = []Quantity{x} }) }
	quantity(Quantity{ID: "energy", Value: 1, Unit: "kgce", From: []string{"x"}})
	quantity(Quantity{ID: "energy", Value: 1, Unit: "tce"})
	quantity(Quantity{ID: "energy", Value: -1, Unit: "tce", From: []string{"x"}})
	quantity(Quantity{ID: "energy", Value: math.NaN(), Unit: "tce", From: []string{"x"}})
	quantity(Quantity{ID: "emissions", Value: math.Inf(-1), Unit: "tCO2", From: []string{"x"}})
	quantity(Quantity{ID: "Energy", Value: 1, Unit: "tce", From: []string{"x"}})
	bad(func(c *Case) { c.Quantities = []Quantity{q(t, "energy", 1), q(t, "energy", 2)} })
	bad(func(c *Case) { c.Period = "last year" })
	bad(func(c *Case) { c.Region = "" })
	bad(func(c *Case) { c.Code.Grades = []float64{1, 2, 3, 4} })
	bad(func(c *Case) { c.Code = CodeSettings{Source: "x", Grades: []float64{1, 2, 2, 4}} })
	bad(func(c *Case) { c.Code.Neutrality = "love" })
	bad(func(c *Case) { c.Levers.HeatPumpCOP = 3 })
	bad(func(c *Case) {
		c.Indicators = []Indicator{{ID: "x", Formula: "unknown", Unit: "1", Direction: "lower", Source: "x"}}
	})
	bad(func(c *Case) { c.GreenFactory = &Factory{Standard: "x"} })
	bad(func(c *Case) { c.GreenFactory = factory(); c.GreenFactory.Indicators[0].Weight = 34 })
	bad(func(c *Case) { c.Products = []Product{{ID: "p", Output: math.NaN()}} })
}

// The least change reaches the goal, and a hair less does not.
func TestWhatIfIsLeast(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		bought := rapid.Float64Range(1e3, 1e9).Draw(r, "bought")
		ef := rapid.Float64Range(0.1, 1.2).Draw(r, "ef")
		fuel := rapid.Float64Range(10, 1e5).Draw(r, "fuel")
		target := rapid.Float64Range(0.05, 3).Draw(r, "target")
		a := amounts{"purchased_power": q(t, "purchased_power", bought), "grid_factor": q(t, "grid_factor", ef), "power_coefficient": q(t, "power_coefficient", 0.1229),
			"emissions": q(t, "emissions", bought*ef/1000+fuel*0.0561), "energy": q(t, "energy", bought*0.1229/1000+fuel/29.307)}
		x := Indicator{ID: "x", Formula: "emissions / energy", Unit: "tCO2/tce", Direction: "lower"}
		x.parsed, _ = parseFormula(x.Formula)
		for _, l := range levers(a, LeverSettings{}) {
			amount, reached := least(x, l, a, target)
			at := func(u float64) float64 { v, _ := x.parsed.eval(a.with(l, u)); return v }
			if amount < 0 || amount > l.Most {
				r.Fatalf("%s: %v of %v", l.ID, amount, l.Most)
			}
			if reached && at(amount) > target || !reached && at(l.Most) <= target {
				r.Fatalf("%s: %v gives %v, target %v, reached %v", l.ID, amount, at(amount), target, reached)
			}
			if less := amount - 1e-6*l.Most; reached && less > 0 && at(less) <= target {
				r.Fatalf("%s: %v would do, not %v", l.ID, less, amount)
			}
		}
	})
}

// Closed form: clean power that lowers E/T to g is (E − g·T) ÷ ef.
func TestWhatIfClosedForm(t *testing.T) {
	r := rate(t, Case{Quantities: []Quantity{q(t, "energy", 245800), q(t, "energy_annual", 245800), q(t, "emissions_zero_carbon_park", 1e6), q(t, "emissions", 1e6),
		q(t, "purchased_power", 2e9), q(t, "power", 2e9), q(t, "grid_factor", 0.5), q(t, "power_coefficient", 0.1229)}})
	want := (1e6 - 0.2*245800) / 0.5 * 1000
	for _, w := range r.WhatIf {
		if w.Indicator == "zcp.carbon_per_energy" && w.Lever.ID == "clean_power" {
			if !w.Reached || math.Abs(w.Amount-want) > 1e-6*want || len(w.Effects) == 0 {
				t.Errorf("%+v, want %v kWh", w, want)
			}
			return
		}
	}
	t.Error("no what-if of clean power")
}

func TestGapInItsOwnQuantity(t *testing.T) {
	r := rate(t, Case{Quantities: []Quantity{q(t, "solid_waste", 1000), q(t, "solid_waste_used", 600)}})
	for _, v := range r.ZeroCarbonPark.Indicators {
		if v.Indicator.ID == "zcp.solid_waste_use" {
			h := v.Levels[0]
			if *v.Value != 60 || *h.Met || *h.Gap != 20 || math.Abs(h.Short.Value-200) > 1e-9 {
				t.Errorf("%+v", h)
			}
		}
	}
}

func TestGoldens(t *testing.T) {
	dirs, err := filepath.Glob("../test/golden/rating-*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { golden(t, dir) })
	}
}

// expected are the figures that a golden's README works by hand.
type expected struct {
	Values    map[string]float64 `json:"values"`
	Faults    map[string]string  `json:"faults"`
	Grade     int                `json:"grade"`
	Level     int                `json:"level"`
	Core      *bool              `json:"core"`
	Counts    [3]int             `json:"metUnmetUnknown"`
	Factory   float64            `json:"factory"`
	Levers    map[string]float64 `json:"levers"` // "indicator lever goal's limit" → amount
	Tolerance float64            `json:"tolerance"`
}

func golden(t *testing.T, dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "input.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Evaluate(library(t))
	if err != nil {
		t.Fatal(err)
	}
	var want expected
	if data, err = os.ReadFile(filepath.Join(dir, "expected.json")); err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, x float64) {
		if math.Abs(got-x) > want.Tolerance*math.Max(1, math.Abs(x)) {
			t.Errorf("%s is %v, want %v", what, got, x)
		}
	}
	all := append(slices.Clone(r.Indicators), r.ZeroCarbonPark.Indicators...)
	for _, v := range append(all, r.Code.Level.Value, r.Code.Efficiency.Value) {
		if x, ok := want.Values[v.Indicator.ID]; ok && v.Value != nil {
			near(v.Indicator.ID, *v.Value, x)
			delete(want.Values, v.Indicator.ID)
		}
		if kind, ok := want.Faults[v.Indicator.ID]; ok && len(v.Faults) > 0 && v.Faults[0].Kind == kind {
			delete(want.Faults, v.Indicator.ID)
		}
	}
	for _, w := range r.WhatIf {
		key := w.Indicator + " " + w.Lever.ID + " " + figure(w.Limit)
		if x, ok := want.Levers[key]; ok && w.Reached {
			near(key, w.Amount, x)
			delete(want.Levers, key)
		}
	}
	if len(want.Values)+len(want.Levers)+len(want.Faults) > 0 {
		t.Errorf("without a match: %v %v %v", want.Values, want.Levers, want.Faults)
	}
	if r.Code.Grade != want.Grade || r.Code.Level.Class != want.Level {
		t.Errorf("grade %d level %d, want %d %d", r.Code.Grade, r.Code.Level.Class, want.Grade, want.Level)
	}
	if z := r.ZeroCarbonPark; [3]int{z.Reached, z.Unmet, z.Unknown} != want.Counts || (z.CoreMet == nil) != (want.Core == nil) || z.CoreMet != nil && *z.CoreMet != *want.Core {
		t.Errorf("%d met, %d not, %d unknown; core %v", z.Reached, z.Unmet, z.Unknown, z.CoreMet)
	}
	if want.Factory != 0 {
		near("green factory", *r.GreenFactory.Score, want.Factory)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":"lingtan.rating/v1","region":"浙江","period":"2025","quantities":[{"id":"energy","value":1,"unit":"tce","from":["x"]}]}`))
	f.Add([]byte(`{"format":"lingtan.rating/v1","region":"浙江","period":"2025","quantities":[],"indicators":[{"id":"x","formula":"1/0","unit":"1","direction":"lower","source":"x"}]}`))
	f.Add([]byte(`{"format":"lingtan.rating/v1","region":"浙江","period":"2025","quantities":[],"code":{"neutrality":"emissions*1000000000/(emissions-emissions)"}}`))
	f.Add([]byte(`[`))
	lib := library(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrCase) {
				t.Fatal(err)
			}
			return
		}
		r, err := c.Evaluate(lib)
		if err != nil {
			if !errors.Is(err, ErrCase) {
				t.Fatal(err)
			}
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err) // a NaN or an infinity
		}
	})
}
