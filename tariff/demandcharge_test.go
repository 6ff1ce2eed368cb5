package tariff

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"
)

func billed(t *testing.T, want float64, r Ratchet, peaks, rates [12]float64) {
	t.Helper()
	kw, err := r.BilledDemand(peaks)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for m := range kw {
		sum += kw[m] * rates[m]
	}
	within(t, "demand charge", sum, want, 1e-9)
}

func within(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Max(1, math.Abs(want)) {
		t.Errorf("%s = %.12g, want %.12g", what, got, want)
	}
}

// The cases of test/golden/dispatch-c06-tariff.
func TestRatchets(t *testing.T) {
	cold := [12]float64{10.5, 10.5, 10.5, 10.5, 11.5, 11.5, 11.5, 11.5, 11.5, 11.5, 10.5, 10.5}
	year := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	billed(t, 5302.5, Ratchet{Share: 0.35, Months: year}, [12]float64{100, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, cold)
	peaks := [12]float64{200, 100, 100, 400, 100, 500, 100, 100, 100, 100, 100, 300}
	rates := [12]float64{10, 10, 20, 50, 20, 10, 20, 20, 20, 20, 20, 5}
	billed(t, 74500, Ratchet{Share: 0.75, Months: []int{1, 4, 12}}, peaks, rates)
	billed(t, 79375, Ratchet{Share: 0.75, Back: 6}, peaks, rates)
	billed(t, 200*10+100*10+100*20+400*50+100*20+500*10+4*100*20+100*20+300*5, Ratchet{}, peaks, rates)
}

func TestTiersAndCoincidentPeaks(t *testing.T) {
	tiers := Tiers{{50, 0}, {math.Inf(1), 12}}
	month, err := tiers.Cost(114.15525114155251)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "tiered charge of a year", 12*month, 9238.356164, 1e-9)
	load := make([]float64, 8760)
	for i := range load {
		load[i] = 1
	}
	first, err := Tiers{{math.Inf(1), 10}}.CoincidentCost(load, []int{0, 1, 99})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Tiers{{math.Inf(1), 5}}.CoincidentCost(load, []int{5999, 6999})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "coincident peaks", first+second, 15, 1e-12)
}

func TestLifeCycle(t *testing.T) {
	f := Finance{Years: 25, Discount: 0.0624, Tax: 0.26}
	within(t, "present worth", f.PresentWorth(0.0166), 14.82026, 1e-6)
	within(t, "life-cycle cost", f.LifeCycle(0.1*100*8760+10*100*12, 0.0166), 1092312.443, 1e-6)
	x := Investment{Installed: 1000, Rebate: 100, Schedule: []float64{0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576}, Bonus: 0.4, CreditBasis: 0.5, Replacement: 460, ReplaceYear: 10}
	y := x
	y.Installed, y.Rebate, y.Replacement = 500, 0, 230
	f = Finance{Years: 20, Discount: 0.081, Tax: 0.4}
	kw, err := f.NetPresentCost(x)
	if err != nil {
		t.Fatal(err)
	}
	kwh, err := f.NetPresentCost(y)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "cost of a kW", kw, 684.4089, 1e-6)
	within(t, "cost of a kWh", kwh, 392.2045, 1e-6)
	within(t, "battery", 50*kw+1000*kwh, 426424.945, 1e-6)
	within(t, "replacement", 50*f.Replacement(x)+1000*f.Replacement(y), 69665.0306, 1e-6)
	within(t, "energy", f.LifeCycle(67703.54, 0.026), 491113.38, 1e-6)
	within(t, "demand", f.LifeCycle(31230.24, 0.026), 226540.41, 1e-6)
	within(t, "operation", f.LifeCycle(7200, 0.025), 51782.7168, 1e-6)
}

func TestBillsRefused(t *testing.T) {
	refused := func(err error) {
		t.Helper()
		if !errors.Is(err, ErrBill) {
			t.Errorf("error %v, want ErrBill", err)
		}
	}
	_, err := Ratchet{Share: 2}.BilledDemand([12]float64{})
	refused(err)
	_, err = Ratchet{}.BilledDemand([12]float64{3: math.NaN()})
	refused(err)
	_, err = Ratchet{Share: 1, Months: []int{13}}.BilledDemand([12]float64{})
	refused(err)
	_, err = Tiers{{50, 1}}.Cost(60)
	refused(err)
	_, err = Tiers{{1, 1}}.CoincidentCost([]float64{1}, []int{1})
	refused(err)
	_, err = Finance{Years: 0}.NetPresentCost(Investment{})
	refused(err)
}

// What the tests above write out is what the published case says.
func TestPublishedTariffCases(t *testing.T) {
	data, err := os.ReadFile("../test/golden/dispatch-c06-tariff/input.json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Case1 struct {
			Expected float64 `json:"expected_demand_cost"`
		} `json:"lookback_case1"`
		Months struct{ Expected float64 } `json:"lookback_months"`
		Range  struct{ Expected float64 } `json:"lookback_range6"`
		Tiered struct{ Expected float64 } `json:"tiered_tou"`
		Life   struct{ LCC float64 }      `json:"lcc_tiered"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	if got := [5]float64{c.Case1.Expected, c.Months.Expected, c.Range.Expected, c.Tiered.Expected, c.Life.LCC}; got != [5]float64{5302.5, 74500, 79375, 9238.356164, 1092312.443} {
		t.Errorf("published: %v", got)
	}
}
