package dispatchfile

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"lingtan/dispatch"
	"lingtan/lp"
	"lingtan/lp/cbc"
	"lingtan/lp/highs"
)

// solver is CBC where it is linked, HiGHS elsewhere, each answer checked.
func solver(t *testing.T) lp.Solver {
	t.Helper()
	second, err := highs.New()
	if err != nil {
		t.Fatal(err)
	}
	first, err := cbc.New()
	if err != nil {
		return lp.Verified(second)
	}
	return lp.Verified(first, second)
}

// slow skips what takes longer than a test may, unless LINGTAN_SLOW is 1.
func slow(t *testing.T) {
	t.Helper()
	if os.Getenv("LINGTAN_SLOW") != "1" {
		t.Skip("takes long; LINGTAN_SLOW=1 runs it")
	}
}

func golden(t *testing.T, name string) *dispatch.Problem {
	t.Helper()
	data, err := os.ReadFile("../../test/golden/" + name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func solved(t *testing.T, p *dispatch.Problem, gap float64) *dispatch.Plan {
	t.Helper()
	plan, err := dispatch.Solve(context.Background(), solver(t), p, dispatch.Options{Gap: gap})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Status != "optimal" {
		t.Fatalf("status %s: %+v", plan.Status, plan.Reason)
	}
	return plan
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Max(1, math.Abs(want)) {
		t.Errorf("%s = %.10g, want %.10g", what, got, want)
	}
}

func TestParkDayAhead(t *testing.T) {
	plan := solved(t, golden(t, "dispatch-c12-park-day-ahead/input.json"), 1e-6)
	near(t, "cost", plan.Total, 105211.8992, 1e-4)
}

func TestBatteryUnderTariff(t *testing.T) {
	plan := solved(t, golden(t, "dispatch-c11-battery-tou/input.json"), 0)
	near(t, "cost", plan.Total, 382892.2032, 1e-6)
	near(t, "cost by rules", plan.Today.Total, 409941.5407, 1e-8)
	near(t, "saving", *plan.Saving, 409941.5407-382892.2032, 1e-6)
}

func TestWeek(t *testing.T) {
	p := golden(t, "dispatch-week/input.json")
	plan := solved(t, p, 0)
	near(t, "cost", plan.Total, 3884.575095, 1e-7)
	near(t, "peak", plan.Outcomes[0].Peak("grid"), 367.9439, 1e-6)
	p.Objective.Kind = "carbon"
	near(t, "carbon", solved(t, p, 0).Carbon, 7978.388890, 1e-7)
}

func TestPredictiveControl(t *testing.T) {
	plan := solved(t, golden(t, "dispatch-c06-predictive-control/input.json"), 0)
	near(t, "cost", plan.Total, 2737.009182, 1e-7)
}

func TestBatteriesAndVehicles(t *testing.T) {
	data, err := os.ReadFile("../../test/golden/dispatch-c05-battery-ev/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]float64
	if err := json.Unmarshal(data, &expected); err != nil || len(expected) != 14 {
		t.Fatalf("%d cases, %v", len(expected), err)
	}
	for name, want := range expected {
		t.Run(name, func(t *testing.T) {
			if name == "020" || name == "021" { // 154 and 184 steps with requests
				slow(t)
			}
			plan := solved(t, golden(t, "dispatch-c05-battery-ev/"+name+".json"), 0)
			var money float64
			for kind, v := range plan.Outcomes[0].Cost {
				if kind == "purchase" || kind == "sale" || kind == "held" {
					money -= v
				}
			}
			near(t, "money", money, want, 5e-5)
		})
	}
}

// The expected value of perfect information is what the plan for all scenarios costs above
// the mean of those made for each; the value of the stochastic solution is what the plan
// made for the mean price costs above it. Birge and Louveaux, "Introduction to Stochastic
// Programming", 2nd edition, 2011, chapter 4.
func TestTwoStages(t *testing.T) {
	slow(t)
	p := golden(t, "dispatch-c16-stochastic/input.json")
	plan := solved(t, p, 0)
	near(t, "cost", plan.Total, 968918.1583585878, 1e-8)
	sizes := func(s dispatch.Schedule) []float64 {
		return []float64{s["solar"]["size"][0], s["wind"]["size"][0], s["gas"]["size"][0], s["lignite"]["size"][0]}
	}
	for i, want := range []float64{1.5053655516424507, 1.1362372233947151, 0.9051023903737102, 0.08785293884124255} {
		near(t, "capacity", sizes(plan.Outcomes[0].Schedule)[i], want, 1e-5)
	}
	var waiting, mean float64
	for _, s := range p.Scenarios {
		one := *p
		s.Probability = 1
		one.Scenarios = []dispatch.Scenario{s}
		waiting += probability(p, s.ID) * solved(t, &one, 0).Total
		mean += probability(p, s.ID) * s.Prices["gas_main"][0]
	}
	near(t, "value of perfect information", plan.Total-waiting, 79322.39, 1e-6)
	one := *p
	one.Scenarios = []dispatch.Scenario{{ID: "mean", Probability: 1, Prices: map[string]dispatch.Series{"gas_main": {mean}}}}
	held := sizes(solved(t, &one, 0).Outcomes[0].Schedule)
	all := *p
	all.Renewables, all.Units = append([]dispatch.Renewable{}, p.Renewables...), append([]dispatch.Unit{}, p.Units...)
	for i, v := range held {
		cost := append(append([]dispatch.Renewable{}, p.Renewables...), dispatch.Renewable{Size: p.Units[0].Size}, dispatch.Renewable{Size: p.Units[1].Size})[i].Size.Cost
		size := &dispatch.Sizing{Min: v, Max: v, Cost: cost}
		if i < 2 {
			all.Renewables[i].Size = size
		} else {
			all.Units[i-2].Size = size
		}
	}
	near(t, "value of the stochastic solution", solved(t, &all, 0).Total-plan.Total, 1934.50, 1e-4)
}

func probability(p *dispatch.Problem, id string) float64 {
	for _, s := range p.Scenarios {
		if s.ID == id {
			return s.Probability
		}
	}
	return math.NaN()
}
