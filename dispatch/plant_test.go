package dispatch

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// generator gives up to 10 kW of electricity for fuel at 1 a kWh.
func generator() Unit {
	return Unit{ID: "engine", Max: 10, Ports: []Port{{Carrier: "electricity", Factor: Series{1}}, {Carrier: "gas", Factor: Series{-1}}}}
}

// powered is a site whose grid is dear, with an engine.
func powered(demand Series, u Unit) *Problem {
	p := site(Series{5}, demand)
	p.Carriers = append(p.Carriers, Carrier{ID: "gas"})
	p.Supplies = append(p.Supplies, Supply{ID: "main", Carrier: "gas", Price: Series{1}})
	p.Units = []Unit{u}
	return p
}

func TestCommitment(t *testing.T) {
	u := generator()
	costs(t, 4+4+4, powered(Series{4, 4, 4}, u))
	u.Min = 3
	costs(t, 3+5*1, powered(Series{3, 1}, u)) // below its least level the grid is cheaper
	u.Commitment = &Commitment{Start: 20}
	costs(t, 5*4, powered(Series{4}, u))
	costs(t, 20+12, powered(Series{4, 4, 4}, u))
	u.Min, u.Commitment = 0, &Commitment{MinUp: 2, On: true, Since: Series{1}, Start: 1}
	plan := costs(t, 4+4+4, powered(Series{4, 4, 4}, u))
	if on := plan.Outcomes[0].Schedule["engine"]["on"]; !slices.Equal(on, []float64{1, 1, 1}) {
		t.Errorf("on %v", on)
	}
	u.Commitment = &Commitment{MinDown: 3, Since: Series{1}}
	costs(t, 5*4+5*4+4, powered(Series{4, 4, 4}, u))
	u.Commitment = &Commitment{Fixed: Series{0, 1, -1}}
	costs(t, 5*4+4+4, powered(Series{4, 4, 4}, u))
	u.Commitment = &Commitment{Starts: 1}
	u.Min = 3
	costs(t, 3+5*1+5*3, powered(Series{3, 1, 3}, u))
}

func TestRamps(t *testing.T) {
	u := generator()
	u.RampUp, u.Level = 2, ptr(0.0)
	costs(t, 2+5*2+4+0*5, powered(Series{4, 4}, u))
	u.RampUp, u.RampDown, u.Level = 0, 2, ptr(6.0)
	p := powered(Series{4, 1}, u)
	costs(t, 0, func() *Problem {
		p.Supplies[0].Sale = Series{0}
		p.Supplies[0].Price = Series{5}
		p.Loads[0].Demand = Series{0}
		p.Supplies[1].Price = Series{0}
		return p
	}())
}

// A curve that bends the other way is cheaper between its points for a program without
// whole numbers; the plan must stay on the curve.
func TestCurve(t *testing.T) {
	u := generator()
	u.Ports[1] = Port{Carrier: "gas", Curve: [][2]float64{{0, 0}, {5, -10}, {10, -12}}}
	costs(t, 10, powered(Series{5}, u))
	costs(t, 12, powered(Series{10}, u))
	costs(t, 4, powered(Series{2}, u))
	u.Ports[1].Curve = [][2]float64{{0, -3}, {5, -5}, {10, -20}}
	costs(t, 5+3, powered(Series{6}, u))
	costs(t, 0, powered(Series{0}, u)) // off burns nothing
}

// An extraction turbine: P + 0.2·h ≤ 10, P ≥ 0.5·h, fuel 2·(P + 0.2·h).
func TestExtractionTurbine(t *testing.T) {
	u := generator()
	u.Ports = []Port{{Carrier: "steam", NoLoad: 20, AtMost: true}, {Carrier: "electricity", Factor: Series{1}}, {Carrier: "gas", Factor: Series{-2}, Mix: map[string]float64{"steam": -0.4}}}
	u.Region = []Edge{{Level: -1, Flow: 0.5, Carrier: "steam"}, {Level: 1, Flow: 0.2, Carrier: "steam", NoLoad: 10}}
	p := powered(Series{8}, u)
	p.Carriers = append(p.Carriers, Carrier{ID: "steam", Unserved: ptr(100.0)})
	p.Loads = append(p.Loads, Load{ID: "heat", Carrier: "steam", Demand: Series{10}})
	costs(t, 2*(8+2), p)
	p.Loads[1].Demand = Series{15} // 15·0.2 = 3: power falls to 7.5 at least and 7 at most
	plan := planned(t, p)
	steam := plan.Outcomes[0].Schedule["engine"]["flow.steam"][0]
	power := plan.Outcomes[0].Schedule["engine"]["level"][0]
	if math.Abs(power-0.5*steam) > 1e-6 || math.Abs(power+0.2*steam-10) > 1e-6 {
		t.Errorf("power %g with steam %g", power, steam)
	}
}

func TestReserveAndIsland(t *testing.T) {
	u := generator()
	u.Commitment = &Commitment{}
	p := powered(Series{8}, u)
	p.Reserves = []Reserve{{Carrier: "electricity", Share: 0.5}}
	costs(t, 6+5*2, p) // 4 of 10 stand ready
	p.Storages = []Storage{battery()}
	p.Storages[0].Level.Start, p.Storages[0].Level.End = 0.1, ptr(0.1)
	p.Reserves[0].Hours = 1
	costs(t, 7+5*1, p) // the battery holds 1 kWh for an hour
	p.Reserves = []Reserve{{Carrier: "electricity", Island: 2}}
	p.Loads[0].Critical = 1
	p.Units[0].Max = 7.6
	plan := planned(t, p)
	if plan.Status != "optimal" {
		t.Errorf("7.6 + 1/2 kW serve 8 for two hours: %s %+v", plan.Status, plan.Reason)
	}
	p.Units[0].Max, p.Storages[0].Charge = 7.4, 0
	p.Units[0].Commitment.On = true
	if plan := planned(t, p); plan.Status != "relaxed" || len(plan.Conflict) == 0 {
		t.Errorf("7.4 + 1/2 kW do not serve 8: %s %+v", plan.Status, plan.Conflict)
	}
}

func TestGreenShare(t *testing.T) {
	p := site(Series{1}, Series{4, 4})
	p.Supplies[0].Sale = Series{3, 0}
	p.Supplies[0].ExportLimit = Series{2}
	p.Renewables = []Renewable{{ID: "sun", Carrier: "electricity", Available: Series{4, 2}}}
	costs(t, 2, p) // what is dear to sell must not be bought in the same step
	p.Limits = Limits{Green: ptr(0.7), GreenOf: "electricity"}
	plan := planned(t, p)
	if g := *plan.Outcomes[0].Green; g < 0.7-1e-6 {
		t.Errorf("green share %g", g)
	}
	p.Limits.Green = ptr(0.9)
	if plan := planned(t, p); plan.Status != "relaxed" {
		t.Errorf("status %s", plan.Status)
	}
}

func TestBatchOverUnevenSteps(t *testing.T) {
	p := site(Series{4, 1, 1, 2}, Series{0, 0, 0, 0})
	p.Hours = Series{1, 0.5, 0.5, 2}
	p.Batches = []Batch{{ID: "melt", Latest: 3, Interval: 1, Profile: map[string]Series{"electricity": {6, 2}}}}
	plan := costs(t, 6+2*2, p) // an hour at 6 kW over two half hours, then an hour at 2 kW
	if plan.Outcomes[0].Schedule["melt"]["start"][1] != 1 {
		t.Errorf("starts %v", plan.Outcomes[0].Schedule["melt"]["start"])
	}
	p.Batches[0].Fixed = ptr(3)
	costs(t, 2*(6+2), p)
	p.Batches[0].Fixed, p.Batches[0].Value = nil, ptr(9.0)
	costs(t, 0, p) // it earns less than its energy costs
}

func TestVehiclesAndLoads(t *testing.T) {
	p := site(Series{3, 1, 2}, Series{2, 2, 2})
	p.Charging = []Charging{{ID: "cars", Carrier: "electricity", Power: 4, Available: Series{1, 0, 1}, Efficiency: 0.5, Needs: []Goal{{Step: 2, Energy: 3}}}}
	costs(t, 12+4*2+2*3, p)
	p.Charging[0].Needs[0] = Goal{Step: 1, Energy: 3, Short: ptr(10.0)}
	costs(t, 12+4*3+10*1, p)
	p.Charging = nil
	p.Loads[0].Shift, p.Loads[0].Window = 1, 3
	costs(t, 3*1+1*3+2*2, p)
	p.Loads[0].Shift, p.Loads[0].Shed, p.Loads[0].ShedCost = 0, 0.5, 2.5
	costs(t, 3*1+2.5+2+4, p)
}

// What is planned again from any step on comes to the same money: the rest of an optimal
// plan is optimal.
func TestRolling(t *testing.T) {
	u := generator()
	u.Min, u.RampUp, u.Commitment = 2, 3, &Commitment{MinUp: 2, MinDown: 2, Start: 3}
	p := powered(Series{3, 5, 6, 2, 1, 4}, u)
	p.Supplies[0].Price = Series{2, 3, 4, 1, 1, 3}
	p.Supplies[0].Demand = []DemandCharge{{ID: "month", Rate: 2}}
	p.Storages = []Storage{battery()}
	p.Storages[0].Energy = 3
	p.Batches = []Batch{{ID: "melt", Latest: 4, Interval: 1, Profile: map[string]Series{"electricity": {2, 1}}}}
	p.Charging = []Charging{{ID: "cars", Carrier: "electricity", Power: 2, Efficiency: 1, Needs: []Goal{{Step: 5, Energy: 5}}}}
	plan := planned(t, p)
	s := plan.Outcomes[0].Schedule
	var spent float64
	for n := 1; n < 6; n++ {
		k := n - 1
		spent += p.Supplies[0].Price[k]*s["grid"]["import"][k] + s["main"]["import"][k] + 3*s["engine"]["start"][k]
		rest, err := Solve(t.Context(), solver(t), p.After(plan, n), Options{From: plan, Shift: n})
		if err != nil || rest.Status != "optimal" {
			t.Fatalf("after %d: %v %+v", n, err, rest.Reason)
		}
		if math.Abs(spent+rest.Total-plan.Total) > 1e-5 {
			t.Errorf("after %d steps: %.9g spent and %.9g to come; the plan said %.9g", n, spent, rest.Total, plan.Total)
		}
	}
}

// Plans of random sites hold in the simulation, never cost more than the rules where the
// rules keep all demands, and never more with a battery than without.
func TestPlansHold(t *testing.T) {
	s := solver(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "steps")
		series := func(name string, low, high float64) Series {
			var out Series
			for range n {
				out = append(out, math.Round(rapid.Float64Range(low, high).Draw(t, name)*100)/100)
			}
			return out
		}
		p := site(series("price", -1, 5), series("demand", 0, 10))
		p.Hours = series("hours", 0.25, 2)
		p.Supplies[0].Sale, p.Supplies[0].ExportLimit = series("sale", -1, 4), Series{20}
		p.Renewables = []Renewable{{ID: "sun", Carrier: "electricity", Available: series("sun", 0, 8)}}
		p.Carriers[0].Unserved = ptr(100.0)
		without, err := Solve(t.Context(), s, p, Options{})
		if err != nil || without.Status != "optimal" {
			t.Fatalf("%v %+v", err, without.Reason)
		}
		p.Storages = []Storage{battery()}
		p.Storages[0].Efficiency = Pair{0.9, 0.95}
		with, err := Solve(t.Context(), s, p, Options{})
		if err != nil || with.Status != "optimal" {
			t.Fatalf("%v %+v", err, with.Reason)
		}
		if with.Total > without.Total+1e-5 || without.Total > without.Today.Total+1e-5 {
			t.Fatalf("with %g, without %g, by rules %g", with.Total, without.Total, without.Today.Total)
		}
	})
}

func TestFaultsHavePlaces(t *testing.T) {
	refused := func(want string, change func(*Problem)) {
		t.Helper()
		p := powered(Series{1, 2}, generator())
		p.Storages = []Storage{battery()}
		change(p)
		if err := p.Check(); !errors.Is(err, ErrProblem) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v should say %q", err, want)
		}
	}
	refused("hours: 0 steps", func(p *Problem) { p.Hours = nil })
	refused("hours[1]: missing", func(p *Problem) { p.Hours[1] = math.NaN() })
	refused("supplies[0].price: 3 values for 2 steps", func(p *Problem) { p.Supplies[0].Price = Series{1, 2, 3} })
	refused("supplies[0].price[1]: a hole", func(p *Problem) { p.Supplies[0].Price = Series{1, math.NaN()} })
	refused("loads[0].demand[0]: -1", func(p *Problem) { p.Loads[0].Demand = Series{-1, 0} })
	refused("storages[0].energy: -5", func(p *Problem) { p.Storages[0].Energy = -5 })
	refused("storages[0].level.start: 0.5; from 0.6", func(p *Problem) { p.Storages[0].Level = Levels{Min: 0.6, Max: 1, Start: 0.5} })
	refused("units[0].ports[0].carrier: there is no carrier", func(p *Problem) { p.Units[0].Ports[0].Carrier = "warmth" })
	refused("names are for one thing", func(p *Problem) { p.Units[0].ID = "grid" })
	refused("probabilities sum to 0.5", func(p *Problem) { p.Scenarios = []Scenario{{ID: "a", Probability: 0.5}} })
	refused("objective.kind", func(p *Problem) { p.Objective.Kind = "best" })
	refused("does not rise", func(p *Problem) { p.Units[0].Ports[1] = Port{Carrier: "gas", Curve: [][2]float64{{0, 0}, {0, 1}}} })
}
