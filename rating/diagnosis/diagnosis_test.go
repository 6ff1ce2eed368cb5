package diagnosis

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/park"
	"lingtan/period"
	"lingtan/tariff"
)

var zone = time.FixedZone("CST", 8*3600)

// year is a series over days from 2023-01-01 (a Sunday), kW by day and hour.
func year(days int, machine bool, kW func(day period.Day, hour int) float64) Series {
	s := Series{Register: "m.kwh", Node: "use", Organization: "works", Name: park.Name{ZH: "总表", EN: "Main meter"}, Machine: machine}
	first := period.Date(2023, 1, 1)
	for k := range days {
		d := first + period.Day(k)
		x := Day{Day: d, Start: d.Start(zone), Amount: make([]float64, 96), Measured: make([]bool, 96)}
		for i := range 96 {
			x.Amount[i], x.Measured[i] = kW(d, i/4)/4, true
		}
		s.Days = append(s.Days, x)
	}
	return s
}

func input(s ...Series) Input {
	return Input{Zone: zone, Step: 15 * time.Minute, Series: s, Factor: 0.5, From: "grid@1"}
}

func worked(d period.Day, hour int) bool {
	return d.Weekday() != time.Sunday && d.Weekday() != time.Saturday && hour >= 8 && hour < 18
}

func of(r Result, kind Kind) *Finding {
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Kind == kind })
	if i < 0 {
		return nil
	}
	return &r.Findings[i]
}

// One night in four burns 19 kW where the others burn 10: the saving is what is above 10.
func TestNightBaseLoad(t *testing.T) {
	wasteful := func(d period.Day) bool { return d.Civil().Day()%4 == 0 }
	nights := 0
	s := year(59, false, func(d period.Day, hour int) float64 {
		switch {
		case worked(d, hour):
			return 200
		case hour < 5 && wasteful(d):
			return 19
		}
		return 10
	})
	for _, d := range s.Days {
		if wasteful(d.Day) {
			nights++
		}
	}
	r := Diagnose(input(s))
	f := of(r, NightBase)
	want := float64(nights) * 5 * 9
	if f == nil || math.Abs(*f.KWh-want) > 1e-6 || math.Abs(*f.Tonnes-want*0.5/1000) > 1e-9 || f.CNY != nil || len(f.Evidence) != evidenceMost {
		t.Fatalf("%+v, want %v kWh", f, want)
	}
	e := f.Evidence[0]
	if e.From.Hour() != 0 || e.To.Hour() != 5 || !wasteful(period.DayOf(e.From, zone)) || math.Abs(e.Value-45) > 1e-9 {
		t.Errorf("%+v", e)
	}
}

// A night in which the works runs is no waste, and neither is a night that was not measured.
func TestNightsThatAreLeftOut(t *testing.T) {
	shift := year(59, false, func(d period.Day, hour int) float64 {
		if worked(d, hour) || d.Civil().Day()%4 == 0 {
			return 200
		}
		return 10
	})
	if f := of(Diagnose(input(shift)), NightBase); f != nil {
		t.Errorf("%+v", f)
	}
	gap := year(59, false, func(d period.Day, hour int) float64 {
		if worked(d, hour) {
			return 200
		}
		return 10
	})
	for i := range gap.Days {
		if i%4 == 0 {
			gap.Days[i].Amount[3], gap.Days[i].Measured[3] = 500, false
		}
	}
	if f := of(Diagnose(input(gap)), NightBase); f != nil {
		t.Errorf("%+v", f)
	}
}

func TestIdleNeedsTwoStatesAndAMachine(t *testing.T) {
	kW := func(d period.Day, hour int) float64 {
		switch {
		case worked(d, hour):
			return 200
		case hour >= 18 && d.Civil().Day()%3 == 0:
			return 30
		}
		return 20
	}
	f := of(Diagnose(input(year(59, true, kW))), Idle)
	if f == nil || *f.KWh < 100 || f.Evidence[0].From.In(zone).Hour() < 5 {
		t.Fatalf("%+v", f)
	}
	if f := of(Diagnose(input(year(59, false, kW))), Idle); f != nil {
		t.Errorf("an office has no idle machines: %+v", f)
	}
	steady := year(59, true, func(_ period.Day, hour int) float64 { return 100 + float64(hour) })
	if f := of(Diagnose(input(steady)), Idle); f != nil {
		t.Errorf("%+v", f)
	}
}

func TestPowerFactor(t *testing.T) {
	s := year(59, false, func(period.Day, int) float64 { return 100 })
	if f := of(Diagnose(input(s)), PowerFactor); f != nil {
		t.Errorf("no reactive register, no finding: %+v", f)
	}
	for i := range s.Days {
		s.Days[i].Lagging = make([]float64, 96)
		for k := range s.Days[i].Lagging {
			s.Days[i].Lagging[k] = 25 * 0.75 // tan φ = 0.75: cos φ = 0.8
		}
	}
	f := of(Diagnose(input(s)), PowerFactor)
	if f == nil || len(f.Evidence) != 2 || math.Abs(f.Evidence[0].Value-0.8) > 1e-12 || f.KWh != nil || f.CNY != nil {
		t.Fatalf("%+v", f)
	}
	want := 75 - 100*math.Tan(math.Acos(0.9))
	if got := f.Facts[2].Value; math.Abs(got-want) > 1e-9 {
		t.Errorf("%v kvar, want %v", got, want)
	}
}

// A pattern of valley by night, peak from 8 to 12 and flat in between.
func classes(d period.Day) (tariff.Pattern, error) {
	p := tariff.Pattern{Day: d}
	for i := range p.Classes {
		switch h := i / 2; {
		case h < 8:
			p.Classes[i] = tariff.Valley
		case h < 12:
			p.Classes[i] = tariff.Peak
		default:
			p.Classes[i] = tariff.Flat
		}
	}
	return p, nil
}

func TestPeakUseAndMoney(t *testing.T) {
	beijing, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	zone = beijing
	in := input(year(31, true, func(period.Day, int) float64 { return 100 }))
	in.Classes, in.Price = classes, map[tariff.Class]float64{tariff.Peak: 1.2, tariff.Flat: 0.7, tariff.Valley: 0.3}
	f := of(Diagnose(in), PeakUse)
	want := 31 * 4 * 100 * 0.1 * 0.9
	if f == nil || f.CNY == nil || math.Abs(*f.CNY-want) > 1e-6 || f.KWh != nil {
		t.Fatalf("%+v, want %v CNY", f, want)
	}
	in.Price = nil
	if f := of(Diagnose(in), PeakUse); f == nil || f.CNY != nil {
		t.Errorf("%+v", f)
	}
	in.Classes = nil
	if r := Diagnose(in); of(r, PeakUse) != nil || len(r.Notes) < 2 {
		t.Errorf("%+v", r)
	}
}

func TestDemandPeak(t *testing.T) {
	s := year(31, false, func(period.Day, int) float64 { return 100 })
	s.Days[9].Amount[40] = 50 // 200 kW for a quarter of an hour
	in := input(s)
	in.Demand = 40
	f := of(Diagnose(in), DemandPeak)
	if f == nil || *f.CNY != 4000 || f.Evidence[0].Value != 200 || f.Evidence[0].From != s.Days[9].Start.Add(10*time.Hour).In(zone) {
		t.Fatalf("%+v", f)
	}
	if f := of(Diagnose(input(year(31, false, func(period.Day, int) float64 { return 100 }))), DemandPeak); f != nil {
		t.Errorf("%+v", f)
	}
}

func TestNothingWithoutData(t *testing.T) {
	r := Diagnose(input())
	if len(r.Findings) != 0 {
		t.Errorf("%+v", r)
	}
	s := year(59, true, func(period.Day, int) float64 { return 100 })
	for i := range s.Days {
		s.Days[i].Measured = make([]bool, 96)
	}
	if r := Diagnose(input(s)); len(r.Findings) != 0 {
		t.Errorf("%+v", r)
	}
	saving := 12.0
	in := input()
	in.Products = []Product{{ID: "coke", Saving: saving, Against: "bench@1"}}
	if f := of(Diagnose(in), OffBenchmark); f == nil || *f.TCE != saving || f.KWh != nil {
		t.Errorf("%+v", f)
	}
}

// No finding claims more than the meter used, and every figure is finite and ranked.
func TestFindingsAreWithinTheMeter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		low := rapid.Float64Range(0, 100).Draw(r, "low")
		high := rapid.Float64Range(0, 1000).Draw(r, "high")
		noise := rapid.SliceOfN(rapid.Float64Range(0, 300), 50, 50).Draw(r, "noise")
		s := year(45, rapid.Bool().Draw(r, "machine"), func(d period.Day, hour int) float64 {
			n := noise[(int(d)*24+hour)%len(noise)]
			if worked(d, hour) {
				return high + n
			}
			return low + n/10
		})
		in := input(s)
		in.Classes, in.Price = classes, map[tariff.Class]float64{tariff.Peak: 1.2, tariff.Flat: 0.7, tariff.Valley: 0.3}
		got := Diagnose(in)
		var all, claimed float64
		for _, d := range s.Days {
			for _, v := range d.Amount {
				all += v
			}
		}
		for i, f := range got.Findings {
			if f.Rank != i+1 || i > 0 && f.CNY != nil && got.Findings[i-1].CNY != nil && *f.CNY > *got.Findings[i-1].CNY {
				r.Fatalf("rank %d of %+v", i, f)
			}
			if f.KWh != nil {
				claimed += *f.KWh
			}
		}
		if claimed > all || claimed < 0 {
			r.Fatalf("claims %v of %v kWh", claimed, all)
		}
		if _, err := json.Marshal(got); err != nil {
			r.Fatal(err)
		}
	})
}

func TestTwoStates(t *testing.T) {
	var values []float64
	for i := range 1000 {
		values = append(values, 10+float64(i%3), 100+float64(i%5))
	}
	got := twoStates(values)
	if got.threshold <= 12 || got.threshold > 100 || math.Abs(got.low-11) > 0.1 || math.Abs(got.high-102) > 0.1 || got.explained < 0.99 {
		t.Errorf("%+v", got)
	}
	if got := twoStates([]float64{5, 5, 5}); got.explained != 0 {
		t.Errorf("%+v", got)
	}
}
