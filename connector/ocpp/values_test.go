package ocpp

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	types201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"
	"pgregory.net/rapid"
)

// one16 is the sample of a sampled value of OCPP 1.6, or the reason why there is none.
func one16(t *testing.T, value string) (name string, number float64, span time.Duration, skipped string) {
	t.Helper()
	var v types16.SampledValue
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		t.Fatal(err)
	}
	list, err := read16([]types16.MeterValue{{Timestamp: at16(0), SampledValue: []types16.SampledValue{v}}}, func(r string) { skipped = r })
	if err != nil {
		t.Fatal(err)
	}
	if skipped != "" {
		return "", 0, 0, skipped
	}
	s, fault := list[0].sample("connector1.", time.Minute)
	return s.Name, s.Value, s.Span, fault
}

func TestValues16(t *testing.T) {
	is := func(value, name string, number float64) {
		t.Helper()
		if n, v, _, skipped := one16(t, value); n != name || v != number || skipped != "" {
			t.Errorf("%s: %s = %v %s, want %s = %v", value, n, v, skipped, name, number)
		}
	}
	is(`{"value":"12345"}`, "connector1.energy", 12.345)
	is(`{"value":" 12.5 ","unit":"kWh"}`, "connector1.energy", 12.5)
	is(`{"value":"12345","measurand":"Energy.Active.Import.Register","unit":"Wh","context":"Sample.Clock","format":"Raw","location":"Outlet"}`, "connector1.energy", 12.345)
	is(`{"value":"1","measurand":"Energy.Active.Export.Register","unit":"kWh"}`, "connector1.energy_export", 1)
	is(`{"value":"500","measurand":"Energy.Reactive.Import.Register"}`, "connector1.reactive_energy", 0.5)
	is(`{"value":"7360","measurand":"Power.Active.Import","unit":"W"}`, "connector1.power", 7.36)
	is(`{"value":"7.36","measurand":"Power.Active.Import","unit":"kW","phase":"L1"}`, "connector1.power.l1", 7.36)
	is(`{"value":"-7360","measurand":"Power.Active.Export"}`, "connector1.power_export", -7.36)
	is(`{"value":"22","measurand":"Power.Offered","unit":"kW"}`, "connector1.power_offered", 22)
	is(`{"value":"2","measurand":"Power.Reactive.Import","unit":"kvar"}`, "connector1.reactive_power", 2)
	is(`{"value":"0.98","measurand":"Power.Factor"}`, "connector1.power_factor", 0.98)
	is(`{"value":"98","measurand":"Power.Factor","unit":"Percent"}`, "connector1.power_factor", 0.98)
	is(`{"value":"16.1","measurand":"Current.Import","unit":"A","phase":"L2"}`, "connector1.current.l2", 16.1)
	is(`{"value":"0.3","measurand":"Current.Import","unit":"A","phase":"N"}`, "connector1.current.n", 0.3)
	is(`{"value":"32","measurand":"Current.Offered","unit":"A"}`, "connector1.current_offered", 32)
	is(`{"value":"231","measurand":"Voltage","unit":"V","phase":"L1-N"}`, "connector1.voltage.l1n", 231)
	is(`{"value":"400","measurand":"Voltage","phase":"L1-L2"}`, "connector1.voltage.l1l2", 400)
	is(`{"value":"80","measurand":"SoC","unit":"Percent","location":"EV"}`, "connector1.soc", 80)
	is(`{"value":"80","measurand":"SoC"}`, "connector1.soc", 80)
	is(`{"value":"49.98","measurand":"Frequency"}`, "connector1.frequency", 49.98)
	is(`{"value":"25","measurand":"Temperature","unit":"Celcius","location":"Body"}`, "connector1.temperature.body", 25)
	is(`{"value":"298.15","measurand":"Temperature","unit":"K"}`, "connector1.temperature", 25)
	is(`{"value":"77","measurand":"Temperature","unit":"Fahrenheit"}`, "connector1.temperature", 25)
	is(`{"value":"1200","measurand":"RPM"}`, "connector1.rpm", 1200)
	is(`{"value":"5","measurand":"Current.Import","location":"Inlet","phase":"L3"}`, "connector1.current.inlet.l3", 5)
	if name, value, span, _ := one16(t, `{"value":"250","measurand":"Energy.Active.Import.Interval"}`); name != "connector1.energy_interval" || value != 0.25 || span != time.Minute {
		t.Errorf("%s = %v over %s", name, value, span)
	}
}

func TestValuesLeftOut(t *testing.T) {
	left := func(value, want string) {
		t.Helper()
		if n, v, _, skipped := one16(t, value); skipped != want {
			t.Errorf("%s: %s = %v, left out for %q, want %q", value, n, v, skipped, want)
		}
	}
	left(`{"value":""}`, "not_numeric")
	left(`{"value":"NaN"}`, "not_numeric")
	left(`{"value":"-Inf"}`, "not_numeric")
	left(`{"value":"1e999"}`, "not_numeric")
	left(`{"value":"0x10"}`, "not_numeric")
	left(`{"value":"12,5"}`, "not_numeric")
	left(`{"value":"1e308","unit":"MWh"}`, "not_numeric")
	left(`{"value":"1","unit":"kW"}`, "unknown_unit") // of an energy
	left(`{"value":"1","measurand":"Current.Import","unit":"mA"}`, "unknown_unit")
	left(`{"value":"1","measurand":"Happiness"}`, "unknown_measurand")
	left(`{"value":"1","phase":"L4"}`, "unknown_phase")
	left(`{"value":"1","location":"Moon"}`, "unknown_location")
	left(`{"value":"AAEC","format":"SignedData"}`, "signed_data")
}

func TestValues201(t *testing.T) {
	is := func(value, name string, number float64) {
		t.Helper()
		var v types201.SampledValue
		if err := json.Unmarshal([]byte(value), &v); err != nil {
			t.Fatal(err)
		}
		skipped := ""
		list, err := read201([]types201.MeterValue{{Timestamp: *at201(0), SampledValue: []types201.SampledValue{v}}}, func(r string) { skipped = r })
		if err != nil {
			t.Fatal(err)
		}
		if skipped != "" {
			if name != skipped {
				t.Errorf("%s: left out for %s, want %s", value, skipped, name)
			}
			return
		}
		if s, fault := list[0].sample("connector1.", 0); s.Name != name || s.Value != number || fault != "" {
			t.Errorf("%s: %s = %v %s, want %s = %v", value, s.Name, s.Value, fault, name, number)
		}
	}
	is(`{"value":12345}`, "connector1.energy", 12.345)
	is(`{"value":12345,"unitOfMeasure":{"unit":"Wh","multiplier":0}}`, "connector1.energy", 12.345)
	is(`{"value":123,"unitOfMeasure":{"unit":"Wh","multiplier":3}}`, "connector1.energy", 123)
	is(`{"value":123456,"unitOfMeasure":{"unit":"kWh","multiplier":-2}}`, "connector1.energy", 1234.56)
	is(`{"value":7.2,"measurand":"Power.Active.Import","unitOfMeasure":{"multiplier":3}}`, "connector1.power", 7.2)
	is(`{"value":5,"measurand":"Energy.Active.Net"}`, "connector1.energy_net", 0.005)
	is(`{"value":5,"measurand":"Energy.Apparent.Import","unitOfMeasure":{"unit":"kVAh"}}`, "connector1.apparent_energy", 5)
	is(`{"value":63,"measurand":"SoC","location":"EV","signedMeterValue":{"signedMeterData":"x"}}`, "connector1.soc", 63)
	is(`{"value":1,"measurand":"Voltage","location":"Upstream"}`, "connector1.voltage.upstream", 1)
	is(`{"value":1,"unitOfMeasure":{"unit":"Wh","multiplier":99}}`, "unknown_unit", 0)
}

// Energy in Wh as a charger counts it is the same number in kWh as it would print.
func TestWattHoursAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wh := rapid.IntRange(0, math.MaxInt32).Draw(t, "wh")
		want, _ := strconv.ParseFloat(strconv.Itoa(wh/1000)+"."+strconv.Itoa(1000 + wh%1000)[1:], 64)
		s, fault := sampled{value: float64(wh)}.sample("", 0)
		if fault != "" || s.Value != want {
			t.Fatalf("%d Wh is %v kWh, want %v", wh, s.Value, want)
		}
	})
}

// The states of both versions are numbers, and no two states of one version share one.
func TestStates(t *testing.T) {
	for _, words := range [][]string{
		{"Available", "Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing", "Reserved", "Unavailable", "Faulted"},
		{"Available", "Occupied", "Reserved", "Unavailable", "Faulted"},
	} {
		var codes []float64
		for _, w := range words {
			c, ok := statusCodes[w]
			if !ok || slices.Contains(codes, c) {
				t.Errorf("%s: %v", w, c)
			}
			codes = append(codes, c)
		}
	}
}
