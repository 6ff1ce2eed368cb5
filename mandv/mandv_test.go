package mandv

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var zone = time.FixedZone("CST", 8*3600)

// noise is a small deterministic generator, mean 0, from -1 to 1.
func noise(seed uint64) func() float64 {
	return func() float64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return float64(seed>>11)/(1<<52) - 1
	}
}

// works is a year of a plant: 100 a day, 2 a tonne, 5 a degree above 20 °C.
func works(days int, tonnes func(i int) float64, size float64) Span {
	s := Span{Start: time.Date(2018, 1, 1, 0, 0, 0, 0, zone), Drivers: []Driver{{Name: "tonnes", Unit: "t"}}}
	e := noise(7)
	for i := range days {
		t := 15 - 15*math.Cos(2*math.Pi*float64(i)/365) + 3*e()
		x := tonnes(i)
		s.Temperature = append(s.Temperature, t)
		s.Drivers[0].Values = append(s.Drivers[0].Values, x)
		s.Energy = append(s.Energy, 100+2*x+5*positive(t-20)+size*e())
	}
	return s
}

func shift(i int) float64 { return float64(20 + i*7%30) }

func measured(t *testing.T, c Case) *Result {
	t.Helper()
	r, err := c.Evaluate()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func has(r *Result, code string) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code })
}

// What the data were made of is found again, and a known saving is measured.
func TestProductionAndWeather(t *testing.T) {
	after := works(365, func(i int) float64 { return 1.5 * shift(i) }, 2)
	for i := range after.Energy {
		after.Energy[i] -= 12
	}
	r := measured(t, Case{Option: "B", Unit: "kWh", Baseline: works(365, shift, 2), Reporting: &after})
	if r.Baseline.Model != "cdd+drivers" || math.Abs(r.Baseline.Terms[1].Value-2) > 0.02 || math.Abs(r.Baseline.Terms[0].Value-5) > 0.2 || math.Abs(*r.Baseline.Cooling-20) > 0.5 {
		t.Errorf("%+v", r.Baseline)
	}
	s := r.Saving
	if math.Abs(s.Saved-12*365) > s.Uncertainty[0].Half || s.Uncertainty[0].Half > 0.05*s.Saved || !r.Qualifies {
		t.Errorf("%+v %+v", s, r.Findings)
	}
	if !has(r, "extrapolated") || has(r, "driver_weak") || len(r.Chart.Signals) == 0 {
		t.Errorf("%+v %v", r.Findings, r.Chart.Signals)
	}
	if len(r.Indicators) != 3 || *r.Indicators[1].Reporting >= *r.Indicators[1].Baseline {
		t.Errorf("%+v", r.Indicators)
	}
}

// A line added in the reporting period is offered with its day and size, and nothing is
// adjusted until somebody states it.
func TestNonRoutine(t *testing.T) {
	after := works(365, shift, 2)
	for i := 200; i < 365; i++ {
		after.Energy[i] += 30
	}
	c := Case{Option: "B", Unit: "kWh", Baseline: works(365, shift, 2), Reporting: &after}
	r := measured(t, c)
	if len(r.Offered) != 1 || r.Offered[0].From != "2018-07-20" || math.Abs(r.Offered[0].Shift-30) > 1 || r.Saving.Adjusted != 0 || r.Saving.Saved > -4500 {
		t.Fatalf("%+v %+v", r.Offered, r.Saving)
	}
	c.Adjustments = []Adjustment{{Period: "reporting", First: time.Date(2018, 7, 20, 0, 0, 0, 0, zone), Last: time.Date(2018, 12, 31, 0, 0, 0, 0, zone), Amount: 30, Reason: "line 3", By: "energy manager"}}
	r = measured(t, c)
	if r.Saving.Adjusted != 30*165 || r.Adjustments[0].Days != 165 || math.Abs(r.Saving.Saved) > 100 || len(r.Offered) != 0 {
		t.Errorf("%+v %+v", r.Saving, r.Offered)
	}
	c.Adjustments[0].Reason = ""
	if _, err := c.Evaluate(); !errors.Is(err, ErrCase) {
		t.Error(err)
	}
}

// Bad data are told, never filled.
func TestFindings(t *testing.T) {
	base := works(365, shift, 2)
	for i := 100; i < 150; i++ {
		base.Energy[i] = math.NaN()
	}
	base.Energy[10], base.Energy[11] = 0, -5
	for i := 30; i < 40; i++ {
		base.Energy[i] = 77
	}
	after := works(60, func(int) float64 { return 0 }, 2)
	for i := 50; i < 60; i++ {
		after.Energy[i] = math.NaN()
	}
	r := measured(t, Case{Option: "C", Unit: "kWh", ZeroMissing: true, Baseline: base, Reporting: &after})
	for _, code := range []string{"energy_missing", "zero", "negative", "stuck", "meter_dead", "driver_zero", "extrapolated"} {
		if !has(r, code) {
			t.Errorf("%s is not told: %+v", code, r.Findings)
		}
	}
	if r.Qualifies || r.Saving.Unknown != 10 || r.Saving.Days != 50 || r.Indicators[1].Reporting != nil {
		t.Errorf("%+v", r.Saving)
	}
	short := works(100, func(int) float64 { return 5 }, 2)
	r = measured(t, Case{Option: "C", Unit: "kWh", Baseline: short})
	if !has(r, "baseline_short") || !has(r, "driver_constant") || r.Qualifies || r.Saving != nil {
		t.Errorf("%+v", r.Findings)
	}
}

func hours(days int, year int, saved float64) Span {
	s := Span{Start: time.Date(year, 1, 1, 0, 0, 0, 0, zone), Hourly: true}
	e := noise(3)
	for i := range 24 * days {
		at := s.At(i)
		t := 15 - 12*math.Cos(2*math.Pi*float64(i)/8760) - 5*math.Cos(2*math.Pi*float64(i)/24) + 2*e()
		v := 10 + 0.4*positive(t-18) + 0.3*positive(10-t)
		if h := at.Hour(); h >= 8 && h < 18 && at.Weekday() != time.Sunday {
			v += 25 - saved
		}
		s.Temperature, s.Energy = append(s.Temperature, t), append(s.Energy, v+e())
	}
	return s
}

func TestHourly(t *testing.T) {
	after := hours(90, 2019, 3)
	r := measured(t, Case{Option: "C", Unit: "kWh", Baseline: hours(365, 2018, 0), Reporting: &after})
	want := 0.0
	for i := range after.Energy {
		if h := after.At(i).Hour(); h >= 8 && h < 18 && after.At(i).Weekday() != time.Sunday {
			want += 3
		}
	}
	if r.Baseline.Model != "hourly" || len(r.Baseline.Segments) != 12 || r.Baseline.Segments[3].Occupied != 60 || r.Baseline.Statistics.CVRMSE > 0.06 {
		t.Errorf("%+v", r.Baseline)
	}
	if math.Abs(r.Saving.Saved-want) > 0.05*want || !*r.Saving.Significant {
		t.Errorf("%+v, want %v", r.Saving, want)
	}
	base := hours(365, 2018, 0)
	for i := 24 * 31; i < 24*59; i++ { // February is gone
		base.Energy[i] = math.NaN()
	}
	r = measured(t, Case{Option: "C", Unit: "kWh", Baseline: base, Reporting: &after})
	if !has(r, "energy_month") || !has(r, "months_without_model") || r.Qualifies || r.Saving.Unknown < 27 {
		t.Errorf("%+v", r.Saving)
	}
}

// Scaling all energies scales the saving and its uncertainty, and leaves the model's shape.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.Float64Range(0.1, 1000).Draw(t, "k")
		less := rapid.Float64Range(-20, 20).Draw(t, "less")
		one, after := works(120, shift, 5), works(40, shift, 5)
		for i := range after.Energy {
			after.Energy[i] -= less
		}
		a, err := (&Case{Option: "B", Unit: "kWh", Model: "drivers", Baseline: one, Reporting: &after}).Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		two, then := works(120, shift, 5), works(40, shift, 5)
		for i := range two.Energy {
			two.Energy[i] *= k
		}
		for i := range then.Energy {
			then.Energy[i] = k * after.Energy[i]
		}
		b, err := (&Case{Option: "B", Unit: "kWh", Model: "drivers", Baseline: two, Reporting: &then}).Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		near := func(x, y float64) bool { return math.Abs(k*x-y) <= 1e-6*(math.Abs(y)+k*100) }
		if !near(a.Saving.Saved, b.Saving.Saved) || !near(a.Saving.Uncertainty[0].Half, b.Saving.Uncertainty[0].Half) {
			t.Errorf("%+v %+v", a.Saving, b.Saving)
		}
	})
}
