package accounting

import (
	"errors"
	"math"
	"testing"
	"time"

	"lingtan/factor"
	"lingtan/method"
	"lingtan/usage"
)

func accountant(t testing.TB) Accountant {
	t.Helper()
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	pack, err := method.Find("park-energy-cn@1")
	if err != nil {
		t.Fatal(err)
	}
	return Accountant{Method: pack, Factors: lib, Region: "江苏", At: time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC), AsKnownAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
}

func activity(kind, carrier, unit string, amount float64) Activity {
	return Activity{Organization: "mill", Place: Consumed, Node: "mill-use", Source: "s", Kind: kind, Carrier: carrier, Unit: unit, Amount: usage.Totals{Measured: amount}}
}

func account(t testing.TB, a Accountant, act Activity, covers ...Cover) []Entry {
	t.Helper()
	list, err := a.Account(act, covers)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func emits(t testing.TB, e Entry, basis method.Basis, scope int, want float64) {
	t.Helper()
	if e.Basis != basis || e.Scope != scope || math.Abs(e.Emissions-want) > 1e-12*math.Max(1, want) || e.Unit != "tCO2" {
		t.Errorf("%s: %v tCO2 on %s scope %d, want %v on %s scope %d (%s)", e.Rule, e.Emissions, e.Basis, e.Scope, want, basis, scope, e.Expression)
	}
}

func TestPurchasedElectricityOnBothBases(t *testing.T) {
	list := account(t, accountant(t), activity("purchased_electricity", "electricity", "kWh", 1e6))
	if len(list) != 2 {
		t.Fatalf("%d entries", len(list))
	}
	emits(t, list[0], method.Location, 2, 582.7) // Jiangsu, data year 2023, the newest published
	emits(t, list[1], method.Market, 2, 609.6)
	if f := list[0].Factors[0]; f.DataYear != 2023 || f.Region != "江苏" || f.Factor == "" || f.Source == "" {
		t.Errorf("factor %+v", f)
	}
}

// What was published later is not known earlier: in mid 2024 the newest factor is of 2021.
func TestNewestPublishedAsKnownThen(t *testing.T) {
	a := accountant(t)
	a.AsKnownAt = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	emits(t, account(t, a, activity("purchased_electricity", "electricity", "kWh", 1e6))[0], method.Location, 2, 645.1)
}

// GB/T 32150-2015 formula 2 with the NDRC 2015 defaults of natural gas: 389.31 GJ a
// 10^4 Nm3 × 0.0153 tC/GJ × 99 % × 44/12 = 21.621888 tCO2 (fuels.csv, derived row).
func TestNaturalGasCombustion(t *testing.T) {
	list := account(t, accountant(t), activity("natural_gas", "natural_gas", "GJ", 389.31))
	if len(list) != 1 {
		t.Fatalf("%d entries", len(list))
	}
	if math.Abs(list[0].Emissions-21.621888) > 1e-6 || list[0].Scope != 1 {
		t.Errorf("%v tCO2", list[0].Emissions)
	}
	emits(t, account(t, accountant(t), activity("natural_gas", "natural_gas", "kWh", 389.31/0.0036))[0], method.Both, 1, list[0].Emissions)
}

func TestOwnGenerationIsZeroByAClause(t *testing.T) {
	e := account(t, accountant(t), activity("own_pv", "electricity", "kWh", 500))[0]
	emits(t, e, method.Both, 2, 0)
	if e.Clause == "" || e.Data != 500 {
		t.Errorf("%+v", e)
	}
}

func TestInstrumentsCoverFirst(t *testing.T) {
	list := account(t, accountant(t), activity("purchased_electricity", "electricity", "kWh", 1e6), Cover{Instrument: "gec", Share: 0.25, Factor: 0, Evidence: "GEC 1"}, Cover{Instrument: "ppa", Share: 0.25, Factor: 0.1})
	if len(list) != 4 {
		t.Fatalf("%d entries", len(list))
	}
	emits(t, list[0], method.Location, 2, 582.7)
	emits(t, list[1], method.Market, 2, 0)
	emits(t, list[2], method.Market, 2, 25)
	emits(t, list[3], method.Market, 2, 304.8)
	if list[1].Instrument != "gec" || list[3].Instrument != "" {
		t.Errorf("%+v", list)
	}
}

func TestWhatCannotBeAccounted(t *testing.T) {
	refused := func(name string, want error, act Activity, change func(*Accountant)) {
		t.Helper()
		a := accountant(t)
		if change != nil {
			change(&a)
		}
		if list, err := a.Account(act, nil); !errors.Is(err, want) || len(list) != 0 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	refused("no rule", ErrNoRule, activity("purchased_steam", "steam", "GJ", 1), nil)
	refused("no factor of the region", factor.ErrMissing, activity("purchased_electricity", "electricity", "kWh", 1), func(a *Accountant) { a.Region = "西藏" })
	if _, err := accountant(t).Account(activity("purchased_electricity", "electricity", "m3", 1), nil); err == nil {
		t.Error("cubic metres of electricity were accounted")
	}
	if list := account(t, accountant(t), Activity{Place: Exported, Kind: "purchased_electricity"}); len(list) != 0 {
		t.Errorf("export made entries: %v", list)
	}
}

func TestStandardCoal(t *testing.T) {
	coal := func(carrier, unit string, amount, want float64) {
		t.Helper()
		e, err := accountant(t).StandardCoal("mill", carrier, unit, usage.Totals{Measured: amount})
		if err != nil || math.Abs(e.StandardCoal-want) > 1e-9 {
			t.Errorf("%v %s of %s: %v tce, want %v (%v)", amount, unit, carrier, e.StandardCoal, want, err)
		}
	}
	coal("electricity", "kWh", 10_000, 1.229)     // 0.1229 kgce/kWh, GB/T 2589-2020 table A.2
	coal("natural_gas", "GJ", 100, 3.412)         // 0.03412 kgce/MJ
	coal("natural_gas", "kWh", 100/0.0036, 3.412) // the same heat
	if _, err := accountant(t).StandardCoal("mill", "steam", "t", usage.Totals{Measured: 1}); !errors.Is(err, ErrNoRule) {
		t.Errorf("steam: %v", err)
	}
}
