package inventory_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/period"
	"lingtan/test/parktest"
	"lingtan/usage"
)

// asKnownAt is after the publication of the 2023 grid factors (2025-12-31).
var asKnownAt = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func compile(t testing.TB, p *parktest.Park, text string) (*inventory.Inventory, error) {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	pack, err := method.Find(p.Document.Park.Method)
	if err != nil {
		t.Fatal(err)
	}
	return inventory.Compile(context.Background(), inventory.Inputs{ID: "test-" + text, Structure: p.Document, Method: pack, Factors: lib, Usage: p, Period: text, AsKnownAt: asKnownAt.UnixMilli()})
}

func compiled(t testing.TB, p *parktest.Park, text string) *inventory.Inventory {
	t.Helper()
	v, err := compile(t, p.Check(t), text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func near(t testing.TB, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

const day = "2023-05-10"

// By hand: mill 30 and bakery 10 kWh a quarter hour, PV 8: import 32. Grid share
// 32/40. Jiangsu 2023: 0.5827 kg/kWh; residual (national without market-traded
// non-fossil, 2023) 0.6096. Gas 2 GJ a quarter hour × 0.0153 tC/GJ × 99 % × 44/12.
func TestTwoEnterprisesByHand(t *testing.T) {
	p := parktest.New().Enterprise("mill").Enterprise("bakery").PV().Gas("bakery").
		Settled("mill.kwh", day, 30, meter.Measured).Settled("bakery.kwh", day, 10, meter.Estimated).
		Settled("pv.kwh", day, 8, meter.Measured).Settled("bakery-gas.kwh", day, 2, meter.Measured)
	v := compiled(t, p, day)
	mill, bakery, all := v.Total("mill"), v.Total("bakery"), v.Total("")
	near(t, "mill location", mill.Scope2Location, 96*30*0.8*0.5827/1000)
	near(t, "mill market", mill.Scope2Market, 96*30*0.8*0.6096/1000)
	near(t, "bakery location", bakery.Scope2Location, 96*10*0.8*0.5827/1000)
	near(t, "bakery scope 1", bakery.Scope1, 96*2*0.0153*0.99*44/12)
	near(t, "park is what the grid gave", all.Scope2Location, 96*32*0.5827/1000)
	near(t, "park is the sum of members", all.Scope2Location, mill.Scope2Location+bakery.Scope2Location)
	near(t, "standard coal", all.StandardCoal, (96*40*0.1229+96*2*34.12)/1000)
	// The mill is measured, but what of it was the grid's rests on the bakery's estimate.
	near(t, "measured share of the mill", mill.MeasuredShare, 0)
	alone := parktest.New().Enterprise("mill").Enterprise("bakery").Settled("mill.kwh", day, 30, meter.Measured).Settled("bakery.kwh", day, 10, meter.Estimated)
	near(t, "measured share with one source", compiled(t, alone, day).Total("mill").MeasuredShare, 1)
	if bakery.MeasuredShare >= 1 || bakery.EstimatedShare <= 0 {
		t.Errorf("the bakery's electricity is estimated: %+v", bakery)
	}
	for _, c := range v.Consolidation {
		near(t, c.Source+" is all accounted for", c.Difference, 0)
	}
}

func TestMissingFactorIsAnErrorThatNamesIt(t *testing.T) {
	p := parktest.New().Enterprise("mill").Settled("mill.kwh", day, 30, meter.Measured)
	p.Document.Park.Region = "西藏" // no official factor of Tibet
	if _, err := compile(t, p, day); !errors.Is(err, factor.ErrMissing) {
		t.Errorf("got %v", err)
	}
}

func TestUnsettledPeriodIsAnError(t *testing.T) {
	p := parktest.New().Enterprise("mill").Settled("mill.kwh", day, 30, meter.Measured)
	if _, err := compile(t, p, "2022"); !errors.Is(err, inventory.ErrUnsettled) {
		t.Errorf("got %v", err)
	}
}

func TestMissingUsageIsNotZero(t *testing.T) {
	p := parktest.New().Enterprise("mill").Enterprise("bakery").Settled("mill.kwh", day, 30, meter.Measured)
	v := compiled(t, p, day) // the bakery never settled
	if b := v.Total("bakery"); b.Missing != 96 || b.Intervals != 96 || v.Total("").Missing != 96 || len(v.Notes) == 0 {
		t.Errorf("bakery %+v, notes %v", b, v.Notes)
	}
	if !slices.ContainsFunc(v.Registers, func(r inventory.RegisterRecord) bool { return r.Register == "bakery.kwh" && r.Days == 0 }) {
		t.Error("the bakery's register left no record")
	}
}

func TestCertificatesCoverTheMarketBasisOnly(t *testing.T) {
	base := func() *parktest.Park {
		return parktest.New().Enterprise("mill").Settled("mill.kwh", day, 30, meter.Measured) // 2.88 MWh
	}
	month := compiled(t, base().Certificate("mill", "2023-05", 1.44), "2023-05").Total("mill")
	near(t, "half covered", month.Scope2Market, 1.44*0.6096)
	near(t, "location unchanged", month.Scope2Location, 2.88*0.5827)
	over := compiled(t, base().Certificate("mill", "2023-05", 10), "2023-05")
	near(t, "all covered", over.Total("mill").Scope2Market, 0)
	if len(over.Notes) != 2 { // the other note: the month is not settled whole
		t.Errorf("the unused rest is noted: %v", over.Notes)
	}
	near(t, "a year's certificate does not count in a day", compiled(t, base().Certificate("mill", "2023", 10), day).Total("mill").Scope2Market, 2.88*0.6096)
}

// Whatever is used, metered, stored or sent out: the members' location-based sum is
// the sources', and nothing is counted twice.
func TestMembersSumToSources(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := parktest.New().Enterprise("a").Enterprise("b").Enterprise("c").PV()
		d, err := period.ParseDay(day)
		if err != nil {
			r.Fatal(err)
		}
		for _, k := range []string{"a.kwh", "b.kwh", "c.kwh", "pv.kwh"} {
			u := usage.Day{Key: k, Day: d, Amount: rapid.SliceOfN(rapid.Float64Range(0, 1e5), 96, 96).Draw(r, k)}
			p.Day(u)
		}
		v, err := compile(t, p, day)
		if err != nil {
			r.Fatal(err)
		}
		var members, grid float64
		for _, x := range v.Totals {
			if x.Organization != "" {
				members += x.Scope2Location
			}
		}
		for _, c := range v.Consolidation {
			if c.Source == "grid" {
				grid = c.Given * 0.5827 / 1000
			}
		}
		if math.Abs(members-grid) > 1e-9*math.Max(1, grid) {
			r.Fatalf("members %v, sources %v", members, grid)
		}
	})
}

func TestCompilingAgainGivesTheSameBytes(t *testing.T) {
	p := parktest.New().Enterprise("mill").PV().Settled("mill.kwh", day, 30.1, meter.Measured).Settled("pv.kwh", day, 7.7, meter.Measured)
	a, err := evidence.NewExport(compiled(t, p, day))
	if err != nil {
		t.Fatal(err)
	}
	b, err := evidence.NewExport(compiled(t, p, day))
	if err != nil || a.Hash != b.Hash {
		t.Errorf("%s and %s (%v)", a.Hash, b.Hash, err)
	}
}

// exported is a verified export with evidence.
func exported(t testing.TB) *evidence.Export {
	t.Helper()
	p := parktest.New().Enterprise("mill").Enterprise("bakery").PV().Gas("bakery").
		Settled("mill.kwh", day, 30, meter.Measured).Settled("bakery.kwh", day, 10, meter.Estimated).Settled("pv.kwh", day, 8, meter.Measured).Settled("bakery-gas.kwh", day, 2, meter.Measured)
	x, err := evidence.NewExport(compiled(t, p, day))
	if err != nil {
		t.Fatal(err)
	}
	if x.Evidence, err = evidence.Pack(context.Background(), x.Inventory, p); err != nil {
		t.Fatal(err)
	}
	return x
}

// Every way of changing an export is found, even when its hash is made to fit.
func TestVerifyFindsWhatWasChanged(t *testing.T) {
	if checks, err := evidence.Verify(context.Background(), exported(t)); err != nil || len(checks) != 6 {
		t.Fatalf("unchanged: %v, %v", checks, err)
	}
	changed := func(name string, packed bool, change func(*evidence.Export)) {
		t.Helper()
		x := exported(t)
		if !packed {
			x.Evidence = nil
		}
		change(x)
		y, err := evidence.NewExport(x.Inventory)
		if err != nil {
			t.Fatal(err)
		}
		x.Hash = y.Hash
		if _, err := evidence.Verify(context.Background(), x); !errors.Is(err, evidence.ErrDifferent) {
			t.Errorf("%s (evidence %v): %v", name, packed, err)
		}
	}
	for _, packed := range []bool{true, false} {
		changed("emissions", packed, func(x *evidence.Export) { x.Inventory.Entries[0].Emissions *= 0.9 })
		changed("factor value", packed, func(x *evidence.Export) {
			e := &x.Inventory.Entries[0]
			e.Factors[0].Value /= 2
			if err := e.Evaluate(); err != nil {
				t.Fatal(err)
			}
		})
		changed("total", packed, func(x *evidence.Export) { x.Inventory.Totals[0].Scope1 = 0 })
		changed("consolidation", packed, func(x *evidence.Export) { x.Inventory.Consolidation[0].Given += 1 })
		changed("register record", packed, func(x *evidence.Export) { x.Inventory.Registers[0].Totals.Measured = 1 })
		changed("root", packed, func(x *evidence.Export) { x.Inventory.Root = x.Inventory.Registers[0].Root })
	}
	changed("usage", true, func(x *evidence.Export) { x.Evidence[0].Blocks = x.Evidence[1].Blocks })
	changed("evidence left out", true, func(x *evidence.Export) { x.Evidence = x.Evidence[:2] })
	changed("network", true, func(x *evidence.Export) { x.Inventory.Structure.Network.Nodes[3].Organization = "operator" })
	x := exported(t)
	x.Hash = x.Inventory.Root
	if _, err := evidence.Verify(context.Background(), x); !errors.Is(err, evidence.ErrDifferent) {
		t.Errorf("hash: %v", err)
	}
}

func TestCompareSaysWhatChangedAndWhy(t *testing.T) {
	park := func(mill float64) *parktest.Park {
		return parktest.New().Enterprise("mill").Enterprise("bakery").Settled("mill.kwh", day, mill, meter.Measured).Settled("bakery.kwh", day, 10, meter.Measured)
	}
	d := inventory.Compare(compiled(t, park(30), day), compiled(t, park(31), day))
	if len(d.Entries) != 2 || d.Entries[0].Why != "activity" || d.Entries[0].Organization != "mill" || len(d.Usage) != 1 || d.Usage[0].Register != "mill.kwh" || len(d.Totals) != 2 {
		t.Errorf("%+v", d)
	}
	if same := inventory.Compare(compiled(t, park(30), day), compiled(t, park(30), day)); len(same.Entries)+len(same.Usage)+len(same.Totals) != 0 {
		t.Errorf("no change: %+v", same)
	}
}
