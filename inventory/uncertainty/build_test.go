package uncertainty

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/park"
	"lingtan/period"
	"lingtan/test/parktest"
	"lingtan/usage"
)

const day = "2023-05-10"

// compiled2023 is the inventory of one day; with declared records where there are some.
func compiled2023(t testing.TB, p *parktest.Park, declared ...accounting.Declared) *inventory.Inventory {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	doc := p.Check(t).Document
	pack, err := method.Find(doc.Park.Method)
	if err != nil {
		t.Fatal(err)
	}
	v, err := inventory.Compile(context.Background(), inventory.Inputs{ID: "test", Structure: doc, Method: pack, Factors: lib, Usage: p, Period: day,
		AsKnownAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), Declared: declared})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func term(t testing.TB, m *Model, prefix string) Term {
	t.Helper()
	for _, x := range m.Terms {
		if strings.HasPrefix(x.ID, prefix) {
			return x
		}
	}
	t.Fatalf("no term %s in %+v", prefix, m.Terms)
	return Term{}
}

func mill() *parktest.Park {
	return parktest.New().Enterprise("mill").Enterprise("bakery").PV().Gas("mill").Settled("mill.kwh", day, 30, meter.Measured).
		Settled("bakery.kwh", day, 10, meter.Measured).Settled("pv.kwh", day, 8, meter.Measured).Settled("mill-gas.kwh", day, 2, meter.Measured)
}

// Both users share the grid's factor and have meters of their own; every line's product is
// there, every term says where its uncertainty is from, and nothing of the totals is lost.
func TestModelOfAnInventory(t *testing.T) {
	v := compiled2023(t, mill())
	m := NewModel(v)
	users := map[string]int{}
	for _, l := range m.Lines {
		for _, link := range l.Links {
			for _, p := range link {
				users[p.Term]++
			}
		}
	}
	grid := term(t, m, "factor:grid")
	if users[grid.ID] < 2 || users["register:mill.kwh"] < 1 || users["register:bakery.kwh"] < 1 {
		t.Errorf("%v", users)
	}
	near(t, "meter", term(t, m, "register:mill.kwh").Uncertainty, 0.02/math.Sqrt(3)*coverage, 1e-12)
	for _, x := range m.Terms {
		if x.Basis.ZH == "" || x.Basis.EN == "" || x.Original == "" || !x.Assumed {
			t.Errorf("%+v", x)
		}
	}
	r, err := Analyse(context.Background(), v, Options{Draws: 4000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	total := v.Total("")
	near(t, "location", result(t, r, "total", "", method.Location).Emissions, total.Scope1+total.Scope2Location, 1e-9)
	near(t, "market", result(t, r, "total", "", method.Market).Emissions, total.Scope1+total.Scope2Market, 1e-9)
	near(t, "bakery", result(t, r, "organization", "bakery", method.Location).Emissions, v.Total("bakery").Scope2Location, 1e-9)
	near(t, "all variance is assumed", r.AssumedShare, 1, 1e-9)
	x := result(t, r, "total", "", method.Location)
	if x.Approach1.Relative < 0.01 || x.Approach1.Relative > 0.2 || math.Abs(x.Difference) > 0.1 {
		t.Errorf("%+v", x)
	}
	if len(r.Notes) < 2 || r.Inventory != "test" || r.Park != "test" || r.Period != day {
		t.Errorf("%+v", r.Notes)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

// Natural gas: its carbon content by the IPCC's limits, its oxidation up to 1.
func TestAssumedOfAFuel(t *testing.T) {
	m := NewModel(compiled2023(t, mill()))
	cc := term(t, m, "factor:fuel")
	near(t, "carbon content of gas", cc.Uncertainty, 0.04, 1e-12)
	if !strings.Contains(cc.Basis.EN, "tables 1.2 and 1.3") {
		t.Errorf("%+v", cc)
	}
	for _, x := range m.Terms {
		if strings.Contains(x.ID, "oxid") && (x.Shape != Triangular || x.Most == 0 || x.Uncertainty > 0.0103/math.Sqrt(6)*coverage) {
			t.Errorf("0.99 may be up to 1: %+v", x)
		}
	}
}

// What a declarer states goes before any default.
func TestStatedUncertainty(t *testing.T) {
	gas := accounting.Declared{Revision: 1, First: day, Last: day, Activity: accounting.Activity{Organization: "bakery", Place: accounting.Consumed, Kind: "natural_gas", Carrier: "natural_gas",
		Unit: "GJ", Amount: usage.Totals{Measured: 100}, Registers: []string{}, Record: "boiler", Evidence: "invoice", Uncertainty: 0.4,
		Given: map[string]accounting.Given{"cc": {Value: 0.0154, Unit: "tC/GJ", Source: "laboratory", Uncertainty: 0.011}}}}
	v := compiled2023(t, mill(), gas)
	m := NewModel(v)
	if x := term(t, m, "record:boiler"); x.Assumed || x.Uncertainty != 0.4 || x.Shape != Lognormal {
		t.Errorf("%+v", x)
	}
	if x := term(t, m, "factor:record:boiler:cc"); x.Assumed || x.Uncertainty != 0.011 || x.Shape != Normal {
		t.Errorf("%+v", x)
	}
	r, err := Analyse(context.Background(), v, Options{Draws: 1000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if r.AssumedShare > 0.9 || r.AssumedShare == 0 {
		t.Errorf("assumed share %v", r.AssumedShare)
	}
	near(t, "largest contribution", toFloat(r.Contributions[0].Term == "record:boiler"), 1, 0)
}

func toFloat(b bool) float64 { return float64(toInt(b)) }

// A metered bus of 100 in, 80 used, 20 left over: the park's sum moves with the meter of what comes
// in; the user's meter moves carbon between him and the bus's owner and cancels in the sum.
func TestLeftOverMovesAgainstItsMeters(t *testing.T) {
	reg := func(key string, x float64) inventory.RegisterRecord {
		return inventory.RegisterRecord{Register: key, Totals: usage.Totals{Measured: x, Intervals: 96}, Days: 1}
	}
	ef := accounting.Applied{Role: "ef", Factor: "grid@1", Value: 0.5, Unit: "kgCO2/kWh", Grade: factor.GradeA}
	entry := func(id, org string, place accounting.Place, node string, amount float64, registers ...string) accounting.Entry {
		return accounting.Entry{ID: id, Scope: 2, Basis: method.Both, Rule: "power", Formula: method.ActivityFactor, Factors: []accounting.Applied{ef}, Emissions: amount * 0.5,
			Activity: accounting.Activity{Organization: org, Place: place, Node: node, Source: "grid", Amount: usage.Totals{Measured: amount}, Registers: registers}}
	}
	v := &inventory.Inventory{Period: inventory.Period{First: day, Last: day}, Structure: &park.Document{Network: park.Network{Edges: []park.Edge{
		{ID: "in", From: "grid", To: "bus", Register: "main.kwh"}, {ID: "out", From: "bus", To: "user", Register: "user.kwh"}}}},
		Registers: []inventory.RegisterRecord{reg("main.kwh", 100), reg("user.kwh", 80)},
		Entries:   []accounting.Entry{entry("used", "mill", accounting.Consumed, "user", 80, "user.kwh"), entry("lost", "operator", accounting.Lost, "bus", 20, "main.kwh")}}
	m := NewModel(v)
	for i := range m.Terms { // meters alone
		m.Terms[i].Uncertainty, m.Terms[i].Shape = 0.02, Normal
		if m.Terms[i].Kind == "factor" {
			m.Terms[i].Uncertainty = 0
		}
	}
	r := analysed(t, m, 20_000, 1)
	near(t, "park", result(t, r, "total", "", method.Location).Approach1.Half, 50*0.02, 1e-12)
	near(t, "mill", result(t, r, "organization", "mill", method.Location).Approach1.Half, 40*0.02, 1e-12)
	near(t, "operator", result(t, r, "organization", "operator", method.Location).Approach1.Half, math.Hypot(50*0.02, 40*0.02), 1e-12)
	near(t, "park, drawn", result(t, r, "total", "", method.Location).MonteCarlo.Half, 50*0.02, 0.03)
	if len(r.Contributions) != 1 || r.Contributions[0].Term != "register:main.kwh" {
		t.Errorf("%+v", r.Contributions)
	}
}

// The sensitivity of a difference: (2777 − 84) kJ/kg moves by 2777/2693 and −84/2693.
func TestDifferenceOfFactors(t *testing.T) {
	b := newBuilder(&inventory.Inventory{Structure: &park.Document{}, Period: inventory.Period{First: day, Last: day}})
	links := b.factors(accounting.Entry{Rule: "steam", Factors: []accounting.Applied{
		{Role: "ef", Factor: "f@1", Value: 0.11, Unit: "tCO2/GJ"},
		{Role: "enthalpy", Factor: "h@1", Value: 2777, Unit: "kJ/kg"},
		{Role: "feedwater", Factor: "w@1", Value: 0.084, Unit: "GJ/t"}}})
	if len(links) != 2 || len(links[1]) != 2 {
		t.Fatalf("%+v", links)
	}
	near(t, "enthalpy", links[1][0].Weight, 2777.0/2693, 1e-12)
	near(t, "feedwater", links[1][1].Weight, -84.0/2693, 1e-12)
}

func TestPedigreeUncertainty(t *testing.T) {
	all := func(level int) []Score {
		return []Score{{Indicator: reliability, Level: level}, {Indicator: timeliness, Level: level}, {Indicator: geography, Level: level}, {Indicator: technology, Level: level}}
	}
	near(t, "best", pedigreeUncertainty(all(1)), coverage*math.Sqrt(math.Expm1(0.0006)), 1e-15)
	near(t, "worst", pedigreeUncertainty(all(5)), coverage*math.Sqrt(math.Expm1(0.0006+0.04+0.04+0.002+0.12)), 1e-15)
	for level := 1; level < 5; level++ {
		if pedigreeUncertainty(all(level)) >= pedigreeUncertainty(all(level+1)) {
			t.Errorf("level %d is not better than the next", level)
		}
	}
}

func TestScores(t *testing.T) {
	b := newBuilder(&inventory.Inventory{Structure: &park.Document{Park: park.Park{Region: "江苏"}}, Period: inventory.Period{First: "2023-01-01", Last: "2023-12-31"}})
	level := func(what string, s Score, want int) {
		t.Helper()
		if s.Level != want || s.Reason.ZH == "" || s.Reason.EN == "" {
			t.Errorf("%s: %+v, want %d", what, s, want)
		}
	}
	of := func(year int, region string) accounting.Applied {
		return accounting.Applied{Factor: "f@1", DataYear: year, Region: region, Grade: factor.GradeA}
	}
	level("of the year", b.factorTime(of(2023, "")), 1)
	level("3 years", b.factorTime(of(2020, "")), 2)
	level("9 years, later", b.factorTime(of(2032, "")), 3)
	level("10 years", b.factorTime(of(2013, "")), 4)
	level("15 years", b.factorTime(of(2008, "")), 5)
	level("no year", b.factorTime(of(0, "")), 5)
	level("province", b.factorGeography(of(0, "江苏")), 1)
	level("grid", b.factorGeography(of(0, "华东")), 2)
	level("country", b.factorGeography(of(0, "CN")), 2)
	level("world", b.factorGeography(of(0, "GLOBAL")), 3)
	level("another province", b.factorGeography(of(0, "广东")), 5)
	level("grade A", factorReliability(accounting.Applied{Grade: factor.GradeA}), 2)
	level("grade B", factorReliability(accounting.Applied{Grade: factor.GradeB}), 3)
	entry := func(measured, estimated float64, record, evidence string) accounting.Entry {
		return accounting.Entry{Activity: accounting.Activity{Record: record, Evidence: evidence, Amount: usage.Totals{Measured: measured, Estimated: estimated}}}
	}
	level("metered", amountReliability(entry(1, 0, "", "")), 1)
	level("declared with evidence", amountReliability(entry(1, 0, "r", "invoice")), 2)
	level("declared", amountReliability(entry(1, 0, "r", "")), 3)
	level("half estimated", amountReliability(entry(1, 1, "", "")), 3)
	level("estimated", amountReliability(entry(0, 1, "r", "x")), 4)
}

// A register of 30 intervals missing in one settled day out of two lacks 30 + 96 of 192.
func TestGap(t *testing.T) {
	g := gapOf(inventory.RegisterRecord{Days: 1, Totals: usage.Totals{Measured: 60, Estimated: 20, Edited: 20, Intervals: 96, Missing: 30}}, "a.kwh", 2)
	if g.Expected != 192 || g.Missing != 126 || g.MissingShare != 126.0/192 || g.EstimatedShare != 0.2 || g.EditedShare != 0.2 {
		t.Errorf("%+v", g)
	}
	first, err := period.ParseDay(day)
	if err != nil {
		t.Fatal(err)
	}
	span := func(from, to string, want int) {
		t.Helper()
		if n, err := within(park.Valid{From: from, To: to}, first, first+9); err != nil || n != want {
			t.Errorf("%s to %s: %d days, %v; want %d", from, to, n, err, want)
		}
	}
	span("", "", 10)
	span("2023-05-12", "", 8)
	span("", "2023-05-12", 2)
	span("2023-05-11", "2023-05-12", 1)
	span("2024-01-01", "", 0)
	if g := gapOf(inventory.RegisterRecord{}, "a.kwh", 0); g.MissingShare != 0 {
		t.Errorf("not in service: %+v", g)
	}
	if g := gapOf(inventory.RegisterRecord{}, "a.kwh", 2); g.MissingShare != 1 || g.Expected != 0 {
		t.Errorf("%+v", g)
	}
}

func TestQualityAndCompleteness(t *testing.T) {
	v := compiled2023(t, parktest.New().Enterprise("mill").Enterprise("bakery").Settled("mill.kwh", day, 30, meter.Measured))
	q, err := qualityOf(v)
	if err != nil {
		t.Fatal(err)
	}
	if q.Score < 1 || q.Score > 5 || len(q.Indicators) != 5 || len(q.Entries) != len(v.Entries) {
		t.Errorf("%+v", q)
	}
	var mean float64
	for _, x := range q.Indicators {
		mean += x / 5
	}
	near(t, "the score is the mean of the indicators", q.Score, mean, 1e-12)
	c, err := completenessOf(v)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the bakery is not settled", c.MissingShare, 0.5, 0)
	if g := c.Registers[0]; g.Register != "bakery.kwh" || g.Days != 0 || g.MissingShare != 1 {
		t.Errorf("the most incomplete register: %+v", g)
	}
	if i := slices.IndexFunc(c.Sources, func(s Source) bool { return s.Source == "grid" }); i < 0 || c.Sources[i].Entries == 0 || c.Sources[i].Given == 0 {
		t.Errorf("%+v", c.Sources)
	}
	with, without := 0, 0
	for _, x := range c.Categories {
		if x.Entries > 0 {
			with++
		} else {
			without++
		}
	}
	if with == 0 || without == 0 {
		t.Errorf("categories with and without entries: %+v", c.Categories)
	}
}

// The accuracy that a park file states of a register is used: uniform within its limits of error
// (a heat meter of class 2: 3.42 %), and assumed only where a part was estimated.
func TestAccuracyOfTheParkFile(t *testing.T) {
	power := park.Register{Quantity: "active_energy", Carrier: "electricity", Accuracy: "0.5S"}
	heat := park.Register{Quantity: "thermal_energy", Carrier: "steam", Accuracy: "2"}
	check := func(r park.Register, totals usage.Totals, want float64, known bool) {
		t.Helper()
		x := meterAssumed(r, totals)
		near(t, r.Quantity+" "+r.Accuracy, x.uncertainty, want, 1e-12)
		if term := (Term{}).take(x); term.Assumed == known || term.Basis.ZH == "" || term.Basis.EN == "" {
			t.Errorf("%s: %+v", r.Quantity, term)
		}
	}
	within := func(limit float64) float64 { return limit / 100 / math.Sqrt(3) * coverage }
	check(power, usage.Totals{Measured: 100}, within(0.5), true)
	limit, _, err := heat.ErrorLimit()
	if err != nil {
		t.Fatal(err)
	}
	check(heat, usage.Totals{Measured: 100}, within(limit), true)
	check(power, usage.Totals{Measured: 90, Estimated: 10}, math.Hypot(0.9*within(0.5), 0.1*0.1), false)
	power.Accuracy = ""
	check(power, usage.Totals{Measured: 100}, within(2), false)

	p := mill()
	for i := range p.Document.Points {
		for j := range p.Document.Points[i].Registers {
			p.Document.Points[i].Registers[j].Accuracy = "0.5%"
		}
	}
	metered := 0
	for _, x := range NewModel(compiled2023(t, p)).Terms {
		if strings.HasPrefix(x.ID, "register:") {
			metered++
			near(t, x.ID, x.Uncertainty, within(0.5), 1e-12)
		}
	}
	if metered == 0 {
		t.Error("no metered term")
	}
}
