package dispatch

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"lingtan/lp"
	"lingtan/lp/cbc"
	"lingtan/lp/highs"
)

// solver is CBC where it is linked, HiGHS elsewhere, each answer checked.
func solver(t testing.TB) lp.Solver {
	t.Helper()
	second, err := highs.New()
	if err != nil {
		t.Fatal(err)
	}
	if first, err := cbc.New(); err == nil {
		return lp.Verified(first, second)
	}
	return lp.Verified(second)
}

func ptr[T any](v T) *T { return &v }

// site is a grid with a price in each hour and a demand.
func site(price, demand Series) *Problem {
	hours := make(Series, len(demand))
	for i := range hours {
		hours[i] = 1
	}
	return &Problem{Title: "site", Currency: "CNY", Hours: hours, Carriers: []Carrier{{ID: "electricity"}},
		Supplies: []Supply{{ID: "grid", Carrier: "electricity", Price: price, Intensity: Series{0.5}}},
		Loads:    []Load{{ID: "works", Carrier: "electricity", Demand: demand}}}
}

func battery() Storage {
	return Storage{ID: "battery", Carrier: "electricity", Energy: 10, Charge: 5, Discharge: 5, Efficiency: Pair{1, 1}, Level: Levels{Max: 1}}
}

func planned(t testing.TB, p *Problem) *Plan {
	t.Helper()
	plan, err := Solve(context.Background(), solver(t), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// costs plans and holds the money against what a person works out.
func costs(t testing.TB, want float64, p *Problem) *Plan {
	t.Helper()
	plan := planned(t, p)
	if plan.Status != "optimal" || math.Abs(plan.Total-want) > 1e-6*math.Max(1, math.Abs(want)) {
		t.Errorf("status %s, %.10g; want %.10g (%v)", plan.Status, plan.Total, want, plan.Reason)
	}
	return plan
}

func TestBatteryShiftsDemand(t *testing.T) {
	p := site(Series{1, 3}, Series{4, 4})
	costs(t, 16, p)
	p.Storages = []Storage{battery()}
	plan := costs(t, 8, p) // all bought in the cheap hour
	if *plan.Saving != 8 || plan.Today.Total != 16 {
		t.Errorf("saving %v of %v", *plan.Saving, plan.Today.Total)
	}
	p.Storages[0].Wear = 1
	costs(t, 12, p)
	p.Storages[0].Wear = 3
	costs(t, 16, p)
}

// A battery that loses on the way pays when prices are below 0: only the yes-or-no of
// charging keeps it from burning energy.
func TestBatteryDoesNotBurnEnergy(t *testing.T) {
	p := site(Series{-1}, Series{4})
	p.Storages = []Storage{battery()}
	p.Storages[0].Efficiency = Pair{0.5, 0.5}
	p.Storages[0].Level.End, p.Storages[0].Level.Exact = ptr(0.0), true
	costs(t, -4, p)
	p.Storages[0].Mixed = true
	costs(t, -4-5+1.25, p) // 5 kW in, 2.5 stored, 1.25 out
}

func TestDemandCharge(t *testing.T) {
	p := site(Series{1}, Series{2, 8})
	p.Supplies[0].Demand = []DemandCharge{{ID: "month", Rate: 10}}
	costs(t, 10+80, p)
	p.Storages = []Storage{battery()}
	plan := costs(t, 10+50, p)
	if got := plan.Outcomes[0].Peak("grid"); math.Abs(got-5) > 1e-6 {
		t.Errorf("peak %g", got)
	}
	p.Supplies[0].Demand[0].Previous = 6
	costs(t, 10+60, p)
	p.Supplies[0].Demand[0] = DemandCharge{ID: "evening", Rate: 10, Steps: []int{1}, Free: 1}
	costs(t, 10+10*(3-1), p)
}

func TestContractIsWorthWhatItSaves(t *testing.T) {
	p := site(Series{1, 3}, Series{4, 4})
	p.Supplies[0].ImportLimit = Series{6}
	p.Storages = []Storage{battery()}
	plan := costs(t, 6+6, p)
	var worth *Finding
	for i := range plan.Binding {
		if plan.Binding[i].Kind == "import" {
			worth = &plan.Binding[i]
		}
	}
	if worth == nil || worth.Worth == nil || math.Abs(*worth.Worth-2) > 1e-6 {
		t.Fatalf("worth of the contract: %+v", plan.Binding)
	}
	if want := "one more MW of it is worth 2000 CNY"; !strings.Contains(worth.EN, want) {
		t.Errorf("%q should say %q", worth.EN, want)
	}
	if got := plan.Prices["electricity"][1]; math.Abs(got-3) > 1e-6 {
		t.Errorf("price %g", got)
	}
}

func TestConflictIsNamed(t *testing.T) {
	p := site(Series{1}, Series{3, 4, 7, 3})
	p.Supplies[0].ImportLimit = Series{5}
	plan := planned(t, p)
	if plan.Status != "relaxed" || len(plan.Conflict) != 2 || plan.Conflict[0].Kind != "import_limit" || plan.Conflict[0].Steps[0] != 2 || plan.Conflict[1].Kind != "balance" {
		t.Fatalf("status %s, conflict %+v", plan.Status, plan.Conflict)
	}
	if v := plan.Outcomes[0].Violations; len(v) != 1 || math.Abs(v[0].By-2) > 1e-6 {
		t.Errorf("violations %+v", v)
	}
	p.Carriers[0].Unserved = ptr(50.0)
	costs(t, 3+4+5+3+100, p)
}

func TestContextEndsIt(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Solve(ctx, solver(t), site(Series{1, 3}, Series{4, 4}), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Without an answer there is still a plan, and it says what it is.
func TestFallBackSaysSo(t *testing.T) {
	p := site(Series{1}, Series{4})
	p.Supplies = append(p.Supplies, Supply{ID: "other", Carrier: "electricity", Price: Series{2}, Sale: Series{1.5}})
	plan := planned(t, p)
	if plan.Status != "fallback" || plan.Total != 4 || !strings.Contains(plan.Reason.EN, "fall-back") || !strings.Contains(plan.Reason.EN, "without end") {
		t.Errorf("%s %+v", plan.Status, plan.Reason)
	}
}

func TestTimeLimitGivesAPlan(t *testing.T) {
	p := site(Series{1, 3}, Series{4, 4})
	p.Storages = []Storage{battery()}
	plan, err := Solve(context.Background(), solver(t), p, Options{Time: time.Second})
	if err != nil || plan.Status != "optimal" {
		t.Errorf("%v %v", err, plan)
	}
}

func TestCarbonObjectives(t *testing.T) {
	p := site(Series{1, 2}, Series{0, 4})
	p.Supplies[0].Intensity = Series{1, 0.1}
	p.Storages = []Storage{battery()}
	costs(t, 4, p)
	p.Objective.Kind = "carbon"
	if plan := costs(t, 8, p); math.Abs(plan.Carbon-0.4) > 1e-6 {
		t.Errorf("carbon %g", plan.Carbon)
	}
	p.Objective = Objective{Kind: "weighted", Carbon: 2}
	costs(t, 8, p)
	p.Objective = Objective{Kind: "lexicographic", First: "cost", Tolerance: 0.5}
	plan := planned(t, p) // half as much more money: two of the four kWh move
	if math.Abs(plan.Total-6) > 1e-5 || math.Abs(plan.Carbon-2.2) > 1e-5 {
		t.Errorf("cost %g, carbon %g", plan.Total, plan.Carbon)
	}
	p.Objective = Objective{}
	p.Limits.Carbon = ptr(2.2)
	plan = costs(t, 6, p)
	if i := plan.Binding[0]; i.Kind != "carbon" || math.Abs(*i.Worth-4.0/3.6) > 1e-6 {
		t.Errorf("internal price of carbon: %+v", plan.Binding)
	}
	p.Limits.Carbon, p.CarbonPrice = nil, 2
	costs(t, 8+0.8, p)
}

func TestTailOfScenarios(t *testing.T) {
	p := site(Series{1}, Series{4})
	p.Supplies[0].Nominated, p.Supplies[0].Deviation = true, 1
	p.Scenarios = []Scenario{{ID: "low", Probability: 0.5, Loads: map[string]Series{"works": {2}}}, {ID: "high", Probability: 0.5, Loads: map[string]Series{"works": {6}}}}
	costs(t, 0.5*2+0.5*6+0.5*4, p) // any nomination between costs the same on the mean
	p.Objective = Objective{Tail: 1, TailFrom: 0.5}
	plan := planned(t, p)
	if math.Abs(plan.Outcomes[1].Total-6) > 1e-6 || math.Abs(*plan.Risk-6) > 1e-6 {
		t.Errorf("dearest %g, risk %g", plan.Outcomes[1].Total, *plan.Risk)
	}
	if a, b := plan.Outcomes[0].Schedule["grid"]["nominated"][0], plan.Outcomes[1].Schedule["grid"]["nominated"][0]; a != b || math.Abs(a-6) > 1e-6 {
		t.Errorf("nominated %g and %g", a, b)
	}
}
