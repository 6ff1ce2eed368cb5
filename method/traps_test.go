package method_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/method"
	"lingtan/usage"
)

// by is an accountant who accounts by a shipped pack.
func by(t *testing.T, ref string) accounting.Accountant {
	t.Helper()
	packs := shipped(t)
	i := slices.IndexFunc(packs, func(p method.Pack) bool { return p.Ref() == ref })
	if i < 0 {
		t.Fatalf("no pack is named %s", ref)
	}
	return accounting.Accountant{Method: packs[i], Factors: library(t), Region: region, At: at}
}

func declared(kind, carrier, unit string, amount float64) accounting.Activity {
	return accounting.Activity{Place: accounting.Consumed, Kind: kind, Carrier: carrier, Unit: unit, Amount: usage.Totals{Measured: amount}, Record: "r",
		Given: map[string]accounting.Given{}, Choose: map[string]string{}}
}

// one is what an activity emits that makes one entry.
func one(t *testing.T, a accounting.Accountant, act accounting.Activity) float64 {
	t.Helper()
	list, err := a.Account(act, nil)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d entries: %v", len(list), err)
	}
	return list[0].Emissions
}

// The factor library lists the contradiction: four sources, four figures for a tonne of
// LNG. None is hidden, and each is told by its source's name.
func TestContradictionOfLNG(t *testing.T) {
	a := by(t, "gbt32150-2025@1")
	is := func(ncv, cc, of string, want float64) {
		t.Helper()
		act := declared("fuel_combustion", "lng", "t", 1)
		for role, name := range map[string]string{"ncv": ncv, "cc": cc, "of": of} {
			if name != "" {
				act.Choose[role] = name
			}
		}
		if got := one(t, a, act); math.Abs(got-want) > 0.005 {
			t.Errorf("%s %s %s: %v tCO2/t, want %v", ncv, cc, of, got, want)
		}
	}
	is("", "", "", 2.83)
	is("ndrc_2013", "ndrc_2013", "", 2.59)
	is("ndrc_2015", "", "ndrc_2015", 2.33)
	is("", "cement_power_2013", "", 3.18)
}

// A declarer's own ratio may not take the place of 44/40 for MgO; 44/56 is a known mistake.
func TestRatioOfMagnesiaIsBinding(t *testing.T) {
	a := by(t, "gbt32151.8-2015@1")
	act := declared("clinker", "mgo", "t", 1000)
	act.Given["content"] = accounting.Given{Value: 2, Unit: "%", Source: "lab"}
	act.Given["uncarbonated"] = accounting.Given{Value: 0, Unit: "%", Source: "lab"}
	if got := one(t, a, act); math.Abs(got-22) > 1e-9 {
		t.Errorf("%v tCO2, want 1000 t × 2 %% × 44/40 = 22", got)
	}
	act.Given["ratio"] = accounting.Given{Value: 44.0 / 56, Unit: "tCO2/t", Source: "an app"}
	if _, err := a.Account(act, nil); !errors.Is(err, accounting.ErrGiven) {
		t.Errorf("44/56 for MgO was taken: %v", err)
	}
}

// What our sources do not give is asked for, by name; nothing stands in for it.
func TestWhatIsLeftToTheDeclarer(t *testing.T) {
	asked := func(ref, role string, act accounting.Activity) {
		t.Helper()
		if list, err := by(t, ref).Account(act, nil); !errors.Is(err, accounting.ErrGiven) || !strings.Contains(err.Error(), role) || len(list) != 0 {
			t.Errorf("%s: %v, %v", ref, list, err)
		}
	}
	coal := declared("fuel_combustion_unmeasured", "coal", "t", 1)
	coal.Given["ncv"] = accounting.Given{Value: 21, Unit: "GJ/t", Source: "lab"}
	asked("ets-power@1", "cc", coal)
	asked("gbt32151.5-2015@1", "ef", declared("product_carbon", "crude_steel", "t", 1))
	asked("gbt32151.8-2015@1", "content", declared("clinker", "cao", "t", 1))
	asked("gbt32151.7-2015@1", "conversion", declared("raw_material_decomposition", "soda_ash", "t", 1))
	asked("gbt32150-2015@1", "gwp", declared("gas_release", "SF6", "kg", 1))
}

// A default of a standard that was not yet published cannot have been known.
func TestDefaultsAreKnownFromTheirPublication(t *testing.T) {
	a := by(t, "gbt32150-2025@1")
	act := declared("fuel_combustion", "diesel", "t", 1)
	a.AsKnownAt = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if list, err := a.Account(act, nil); !errors.Is(err, factor.ErrMissing) {
		t.Errorf("in January 2024 GB/T 32151.34-2024 was known: %v, %v", list, err)
	}
	a.AsKnownAt = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	one(t, a, act)
}

// Steam by the older guides is lessened by the feed water, by GB/T 32151.34-2024 not.
func TestFeedWaterIsAParameter(t *testing.T) {
	steam := func(ref, choice string, want float64) {
		t.Helper()
		act := declared("purchased_steam", "", "t", 1000)
		act.Given["enthalpy"] = accounting.Given{Pressure: 1, Source: "gauge"}
		if choice != "" {
			act.Choose["feedwater"] = choice
		}
		if got := one(t, by(t, ref), act); math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s %s: %v tCO2, want %v", ref, choice, got, want)
		}
	}
	steam("ndrc-general-2015@1", "", 1000*(2777-83.74)/1000*0.11)
	steam("gbt32150-2025@1", "older_guides", 1000*(2777-83.74)/1000*0.11)
	steam("gbt32150-2025@1", "gbt32151_34_2024", 1000*2777.0/1000*0.11)
}

// Emissions grow in proportion to the activity by every rule of every pack, are finite,
// and a recomputation gives the same bits.
func TestEmissionsAreProportional(t *testing.T) {
	packs, lib := shipped(t), library(t)
	rapid.Check(t, func(t *rapid.T) {
		p := packs[rapid.IntRange(0, len(packs)-1).Draw(t, "pack")]
		r := p.Rules[rapid.IntRange(0, len(p.Rules)-1).Draw(t, "rule")]
		amount := rapid.Float64Range(0, 1e9).Draw(t, "amount")
		a := accounting.Accountant{Method: p, Factors: lib, Region: region, At: at}
		emits := func(x float64) accounting.Entry {
			act := tried(p, r)
			act.Amount = usage.Totals{Measured: x}
			list, err := a.Account(act, nil)
			if err != nil {
				t.Fatalf("%s %s: %v", p.Ref(), r.ID, err)
			}
			return list[slices.IndexFunc(list, func(e accounting.Entry) bool { return e.Rule == r.ID })]
		}
		e, unit := emits(amount), emits(1)
		if want := amount * unit.Emissions; math.IsNaN(e.Emissions) || math.Abs(e.Emissions-want) > 1e-12*math.Abs(want) {
			t.Fatalf("%s %s: %v of %v, want %v", p.Ref(), r.ID, e.Emissions, amount, want)
		}
		again := e
		if err := again.Evaluate(); err != nil || again.Emissions != e.Emissions {
			t.Fatalf("%s %s: recomputed %v, was %v: %v", p.Ref(), r.ID, again.Emissions, e.Emissions, err)
		}
	})
}

// Where the declarer must choose an assessment set and the park has chosen one, that one is taken.
func TestParkChoosesTheAssessmentSet(t *testing.T) {
	a := by(t, "gbt32151.31-2024@1")
	act := declared("waste_water_anaerobic", "cod_removed", "kg", 1000)
	act.Given["share"] = accounting.Given{Value: 0.5, Unit: "1", Source: "plant"}
	if _, err := a.Account(act, nil); !errors.Is(err, accounting.ErrGiven) || !strings.Contains(err.Error(), "gwp") {
		t.Errorf("no set was chosen: %v", err)
	}
	act.Choose["gwp"] = "ar5"
	chosen := one(t, a, act)
	a.GWP, act.Choose = "AR5", map[string]string{}
	if park := one(t, a, act); park != chosen || park == 0 {
		t.Errorf("the park's AR5 gives %v, AR5 by name %v", park, chosen)
	}
}
