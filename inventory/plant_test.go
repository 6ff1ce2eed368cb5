package inventory_test

import (
	"context"
	"strings"
	"testing"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/period"
	"lingtan/test/parktest"
)

// By hand, a quarter hour: 30 kWh of the grid enter the ring at a, 10 of PV at b; 20 run from a to b
// and 5 back; a uses 15, b 25. Shares of the grid: 35 a = 30 + 5 b and 30 b = 20 a, so
// a = 18/19, b = 12/19, and 15·18/19 + 25·12/19 = 30.
func TestMeteredRingByHand(t *testing.T) {
	p := parktest.New().Ring("mill", "bakery").Settled("ring-in.kwh", day, 30, meter.Measured).Settled("ring-pv.kwh", day, 10, meter.Measured).
		Settled("ring-ab.kwh", day, 20, meter.Measured).Settled("ring-ba.kwh", day, 5, meter.Measured).
		Settled("mill.kwh", day, 15, meter.Measured).Settled("bakery.kwh", day, 25, meter.Measured)
	v := compiled(t, p, day)
	near(t, "mill", v.Total("mill").Scope2Location, 96*15*18.0/19*0.5827/1000)
	near(t, "bakery", v.Total("bakery").Scope2Location, 96*25*12.0/19*0.5827/1000)
	near(t, "park is what the grid gave", v.Total("").Scope2Location, 96*30*0.5827/1000)
	for _, c := range v.Consolidation {
		near(t, c.Source+" is all accounted for", c.Difference, 0)
	}
}

// steamPark is two days of a boiler of the mill: 10 GJ of gas a quarter hour; 9 of steam on the first
// day, 8 on the second; a third of it goes to the bakery.
func steamPark() *parktest.Park {
	return parktest.New().Enterprise("mill").Enterprise("bakery").Boiler("mill").Steam("mill").Steam("bakery").
		Settled("mill.kwh", day, 30, meter.Measured).Settled("bakery.kwh", day, 10, meter.Measured).
		Settled("boiler-gas.kwh", day, 10, meter.Measured).Settled("boiler-steam.kwh", day, 9, meter.Measured).
		Settled("mill-steam.kwh", day, 6, meter.Measured).Settled("bakery-steam.kwh", day, 3, meter.Measured).
		Settled("boiler-gas.kwh", "2023-05-11", 10, meter.Measured).Settled("boiler-steam.kwh", "2023-05-11", 8, meter.Measured).
		Settled("mill-steam.kwh", "2023-05-11", 4, meter.Measured).Settled("bakery-steam.kwh", "2023-05-11", 4, meter.Measured)
}

// gasDay is tCO2 of a day's gas.
const gasDay = 96 * 10 * 0.0153 * 0.99 * 44 / 12

// The carbon of steam by day is what went into it, and sums to the buyer's entries.
func TestEmbodiedByDay(t *testing.T) {
	p := steamPark().Check(t)
	lib, err := factor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	pack, err := method.Find(p.Document.Park.Method)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := period.ParseDay(day)
	profile, err := inventory.NewProfile(context.Background(), p.Document, p, first, first+1, 0)
	if err != nil {
		t.Fatal(err)
	}
	v, err := profile.View(pack, lib, first, first+1, asKnownAt)
	if err != nil {
		t.Fatal(err)
	}
	at := func(place string) []float64 {
		for i, x := range profile.Places {
			for s, src := range profile.Sources {
				if x.Node == place && src.Node == "boiler.boiler-out" {
					return v.Embodied(method.Location, i, s)
				}
			}
		}
		return nil
	}
	near(t, "bakery, first day", at("bakery-steam-use")[0], gasDay/3)
	near(t, "bakery, second day", at("bakery-steam-use")[1], gasDay/2)
	near(t, "mill, first day", at("mill-steam-use")[0], gasDay*2/3)
	bought := v.Emissions(method.Location, 2, func(e accounting.Entry) bool {
		return e.Activity.Organization == "bakery" && e.Activity.Source == "boiler.boiler-out"
	})
	near(t, "bakery, entries", bought, gasDay/3+gasDay/2)
	if v.Embodied(method.Location, 0, 0) != nil {
		t.Error("the grid is no output of a conversion")
	}
}

// Names, not identifiers: the boiler's output, and what is taken off within the park.
func TestExplainNamesConversions(t *testing.T) {
	p := steamPark()
	v := compiled(t, p, "2023-05-10..2023-05-11")
	var labels []string
	for _, e := range v.Entries {
		if !strings.HasPrefix(e.Rule, "conversion-") {
			continue
		}
		x, err := inventory.Explain(context.Background(), v, e.ID, p)
		if err != nil {
			t.Fatal(err)
		}
		labels = append(labels, x.Label.ZH, x.Label.EN)
	}
	text := strings.Join(labels, "\n")
	for _, want := range []string{"来自锅炉", "from boiler ·", "园区内部抵扣", "taken off within the park"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "boiler-out") {
		t.Error(text)
	}
}
