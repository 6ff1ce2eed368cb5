package lp_test

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"lingtan/lp"
)

// model is the input of the case lp-model-energy: steps of some hours of a year.
type model struct {
	Hours             float64
	Load, Wind, Solar []float64
	Capital           map[string]float64
	Efficiency        map[string]float64
	BatteryHours      float64
	Shed              struct{ Most, Cost float64 }
	Backup            float64 // marginal cost
}

type energy struct {
	*lp.Program
	in   model
	size map[string]lp.Column
}

func newEnergy(in model, backup bool) *energy {
	e := &energy{Program: lp.New("model-energy"), in: in, size: map[string]lp.Column{}}
	for _, name := range slices.Sorted(maps.Keys(in.Capital)) {
		if name != "backup" || backup {
			e.size[name] = e.Column(name, 0, inf, in.Capital[name])
		}
	}
	n := len(in.Load)
	charge := make([]lp.Column, n) // what the battery and the hydrogen store hold after a step
	hold := make([]lp.Column, n)
	for t := range n {
		charge[t], hold[t] = e.Column("battery holds", 0, inf, 0), e.Column("hydrogen held", 0, inf, 0)
	}
	for t := range n {
		e.step(t, charge[t], charge[(t+n-1)%n], hold[t], hold[(t+n-1)%n])
	}
	return e
}

// upTo adds a column bounded by a share of a size.
func (e *energy) upTo(name, at string, share, cost float64) lp.Column {
	c := e.Column(name+at, 0, inf, cost)
	e.Row(name+at, -inf, 0, term(c, 1), term(e.size[name], -share))
	return c
}

func (e *energy) step(t int, charge, chargeBefore, hold, holdBefore lp.Column) {
	at, h, f := "@"+strconv.Itoa(t), e.in.Hours, e.in.Efficiency
	wind, solar := e.upTo("wind", at, e.in.Wind[t], 0), e.upTo("solar", at, e.in.Solar[t], 0)
	shed := e.Column("shed"+at, 0, e.in.Shed.Most, h*e.in.Shed.Cost)
	electrolysis, turbine := e.upTo("electrolysis", at, 1, 0), e.upTo("turbine", at, 1, 0)
	in, out := e.upTo("battery", at+" in", 1, 0), e.upTo("battery", at+" out", 1, 0)
	e.Row("battery holds"+at, -inf, 0, term(charge, 1), term(e.size["battery"], -e.in.BatteryHours))
	e.Row("hydrogen holds"+at, -inf, 0, term(hold, 1), term(e.size["hydrogen"], -1))
	e.Row("battery"+at, 0, 0, term(charge, 1), term(chargeBefore, -1), term(in, -h*f["store"]), term(out, h/f["dispatch"]))
	e.Row("hydrogen"+at, 0, 0, term(hold, 1), term(holdBefore, -1), term(electrolysis, -h*f["electrolysis"]), term(turbine, h))
	balance := []lp.Term{term(wind, 1), term(solar, 1), term(shed, 1), term(electrolysis, -1), term(turbine, f["turbine"]), term(out, 1), term(in, -1)}
	if _, ok := e.size["backup"]; ok {
		balance = append(balance, term(e.upTo("backup", at, 1, h*e.in.Backup), 1))
	}
	e.Row("electricity"+at, e.in.Load[t], e.in.Load[t], balance...)
}

func TestModelEnergy(t *testing.T) {
	if os.Getenv("LINGTAN_SLOW") == "" {
		t.Skip("a year takes long: LINGTAN_SLOW=1 runs it")
	}
	var in model
	golden(t, "lp-model-energy", "input.json", &in)
	var want map[string]map[string]float64
	golden(t, "lp-model-energy", "expected.json", &want)
	each(t, func(t *testing.T, s lp.Solver) {
		for name, expected := range want {
			e := newEnergy(in, name == "withBackup")
			got := solved(t, s, e.Program, lp.Options{}, lp.Optimal)
			for what, value := range expected {
				if what == "objective" {
					near(t, name, got.Objective, value, 1e-6)
				} else {
					near(t, name+" "+what, got.Value[e.size[what]], value, 1e-4)
				}
			}
		}
	})
}
