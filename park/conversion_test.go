package park_test

import (
	"errors"
	"math"
	"testing"

	"lingtan/park"
)

func TestErrorLimit(t *testing.T) {
	limit := func(quantity, accuracy string, want float64) {
		t.Helper()
		got, ok, err := park.Register{Quantity: quantity, Accuracy: accuracy}.ErrorLimit()
		if want == 0 {
			if !errors.Is(err, park.ErrAccuracy) {
				t.Errorf("%s on %s: %v, %v", accuracy, quantity, got, err)
			}
			return
		}
		if err != nil || !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s on %s is %v, %v; want %v", accuracy, quantity, got, err, want)
		}
	}
	limit("active_energy", "0.5S", 0.5)
	limit("active_energy", "0.2S", 0.2)
	limit("active_energy", "1", 1)
	limit("active_energy", "B", 1)
	limit("active_energy", "E", 0.1)
	limit("thermal_energy", "1.5%", 1.5)
	// By hand for class 2 at qp and ten times Δθmin: (2 + 0.02) + (0.5 + 3/10) + (0.5 + 1/10).
	limit("thermal_energy", "2", 3.42)
	limit("volume", "1.5", 1.5)
	limit("thermal_energy", "0.5S", 0)
	limit("thermal_energy", "4", 0)
	limit("volume", "B", 0)
	limit("active_energy", "0", 0)
	limit("active_energy", "101%", 0)
	limit("active_energy", "-1", 0)
	limit("active_energy", "good", 0)
	if _, ok, err := (park.Register{Quantity: "volume"}).ErrorLimit(); ok || err != nil {
		t.Errorf("nothing stated: %v, %v", ok, err)
	}
}

func TestYield(t *testing.T) {
	power, gas, steam := park.Carrier{Unit: "kWh"}, park.Carrier{Unit: "m3", EnergyContent: &park.Measure{Value: 36, Unit: "MJ/m3"}}, park.Carrier{Unit: "t", EnergyContent: &park.Measure{Value: 2.7, Unit: "GJ/t"}}
	air := park.Carrier{Unit: "Nm3"}
	yield := func(value float64, unit string, in, out park.Carrier, want float64) {
		t.Helper()
		got, ok := park.Measure{Value: value, Unit: unit}.Yield(in, out)
		if ok != (want > 0) || ok && math.Abs(got-want) > 1e-12*want {
			t.Errorf("%v %s: %v, %v; want %v", value, unit, got, ok, want)
		}
	}
	yield(0.9, "1", gas, steam, 0.9*0.036/2.7) // t of steam a m3 of gas
	yield(90, "%", gas, steam, 0.9*0.036/2.7)
	yield(5, "1", power, park.Carrier{Unit: "GJ"}, 5*0.0036)
	yield(8, "Nm3/kWh", power, air, 8)
	yield(8000, "Nm3/MWh", power, air, 8)
	yield(0.9, "1", power, air, 0)
	yield(8, "m3/kWh", power, air, 0) // not at normal conditions
	yield(0, "1", power, power, 0)
	yield(1, "nonsense", power, power, 0)
	if _, ok := air.Energy(); ok {
		t.Error("air has an energy")
	}
}
