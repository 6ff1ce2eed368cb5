package bill

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/tariff"
)

var shanghai = time.FixedZone("CST", 8*3600)

func input(t testing.TB, kwh []float64, r Rates) Input {
	t.Helper()
	book, err := tariff.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Input{Zone: shanghai, Start: time.Date(2026, 7, 1, 0, 0, 0, 0, shanghai), Step: 15 * time.Minute, KWh: kwh, Book: book, Rates: r,
		Query: tariff.Query{Region: "江苏", Categories: []string{"两部制"}}}
}

// A July day of 10 kWh a quarter hour in Jiangsu: 8 h of peak, 8 h of valley, 8 h flat by the
// pattern of notice 426 of 2025, peak +80 %, valley −65 % of the floating part.
func TestDayByClasses(t *testing.T) {
	kwh := make([]float64, 96)
	for i := range kwh {
		kwh[i] = 10
	}
	kwh[60] = 25
	b, err := Compute(input(t, kwh, Rates{Base: 0.4, Fixed: 0.2, Demand: 40, Contract: 80}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"P": 1.8*0.4 + 0.2, "F": 0.6, "V": 0.35*0.4 + 0.2}
	var sum, energy float64
	for _, l := range b.Lines {
		if l.Price == nil || math.Abs(*l.Price-want[l.Class]) > 1e-12 {
			t.Errorf("%s costs %v, not %g", l.Class, l.Price, want[l.Class])
			continue
		}
		sum, energy = sum+*l.Cost, energy+l.KWh
	}
	if energy != 975 || b.KWh != 975 || math.Abs(sum-*b.EnergyCost) > 1e-9 {
		t.Errorf("%g kWh, %g CNY of %g", energy, sum, *b.EnergyCost)
	}
	// 100 kW against 80 agreed: 80 + 2·(100 − 84) = 112 kW at 40 CNY.
	if m := b.Months[0]; *m.Peak != 100 || *m.Over != 20 || *m.Billed != 112 || *b.DemandCost != 4480 || m.PowerFactor != nil {
		t.Errorf("%+v", m)
	}
	if math.Abs(*b.Total-sum-4480) > 1e-9 {
		t.Error(*b.Total)
	}
}

// What is not known is not told, and never 0.
func TestGaps(t *testing.T) {
	kwh := []float64{math.NaN(), 4, math.NaN(), 4}
	b, err := Compute(input(t, kwh, Rates{}))
	if err != nil {
		t.Fatal(err)
	}
	if b.Months[0].Gaps != 2 || b.KWh != 8 || b.Total != nil || b.EnergyCost != nil || b.DemandCost != nil || b.Months[0].Contract != nil {
		t.Errorf("%+v", b)
	}
	if len(b.Notes) < 4 {
		t.Errorf("%+v", b.Notes)
	}
}

// The table of notice 215 of 1983 against 0.90.
func TestAdjustment(t *testing.T) {
	for f, want := range map[float64]float64{1: -0.75, 0.95: -0.75, 0.94: -0.60, 0.91: -0.15, 0.90: 0, 0.89: 0.5, 0.80: 5, 0.70: 10, 0.69: 11, 0.65: 15, 0.64: 17, 0.60: 25} {
		if got := 100 * Adjustment(f); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g: %g %%, not %g", f, got, want)
		}
	}
}

func TestPowerFactor(t *testing.T) {
	in := input(t, []float64{4, 4}, Rates{Base: 0.5})
	in.Lagging = []float64{3, 3}
	b, err := Compute(in)
	if err != nil {
		t.Fatal(err)
	}
	if m := b.Months[0]; math.Abs(*m.PowerFactor-0.8) > 1e-12 || math.Abs(*m.Adjustment-0.05) > 1e-12 || math.Abs(*m.AdjustCost-0.05**b.EnergyCost) > 1e-9 {
		t.Errorf("%+v", m)
	}
}

func TestWrongInput(t *testing.T) {
	for _, r := range []Rates{{Base: -1}, {Fixed: math.NaN()}, {Demand: 1e9}, {Contract: math.Inf(1)}} {
		if _, err := Compute(input(t, []float64{1}, r)); !errors.Is(err, tariff.ErrBill) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	in := input(t, []float64{1}, Rates{})
	in.Step = 7 * time.Minute
	if _, err := Compute(in); !errors.Is(err, tariff.ErrBill) {
		t.Error(err)
	}
}

// Energy over the classes and months is that of the meter, over a change of the month.
func TestEnergyIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kwh := rapid.SliceOfN(rapid.Float64Range(0, 1000), 1, 400).Draw(t, "kwh")
		book, _ := tariff.Builtin()
		in := Input{Zone: shanghai, Start: time.Date(2026, 8, 30, 0, 0, 0, 0, shanghai), Step: 15 * time.Minute, KWh: kwh, Book: book, Query: tariff.Query{Region: "江苏", Categories: []string{"两部制"}}}
		b, err := Compute(in)
		if err != nil {
			t.Fatal(err)
		}
		var want, got, peak float64
		for _, v := range kwh {
			want, peak = want+v, math.Max(peak, 4*v)
		}
		for _, l := range b.Lines {
			got += l.KWh
		}
		top := 0.0
		for _, m := range b.Months {
			top = math.Max(top, *m.Peak)
		}
		if math.Abs(got-want) > 1e-9*math.Max(1, want) || top != peak {
			t.Errorf("%g of %g kWh, peak %g of %g", got, want, top, peak)
		}
	})
}
