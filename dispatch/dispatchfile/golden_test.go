package dispatchfile

import (
	"context"
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
	for name, want := range map[string]float64{"009": 3.481546, "010": 0.552988, "013": 30.127399, "014": -7.097795, "015": -5.885421, "017": 11.304262, "018": 81.732877,
		"020": -0.352929, "021": 8.553482, "022": 200.38, "024": -1263.157895, "025": 1178.947368, "026": -389.473684, "027": 149.4} {
		t.Run(name, func(t *testing.T) {
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

func TestTwoStages(t *testing.T) {
	plan := solved(t, golden(t, "dispatch-c16-stochastic/input.json"), 0)
	near(t, "cost", plan.Total, 968918.1583585878, 1e-6)
}
