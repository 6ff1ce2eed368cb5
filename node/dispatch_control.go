package node

import (
	"fmt"
	"math"
	"time"

	"lingtan/control"
	"lingtan/dispatch"
)

// controlPlan turns a plan into set points for the assets of a control setup that bear the
// id of an asset of the plan: a storage's power (discharge above 0), a unit's level, the
// charging of vehicles, a renewable's output. Steps of one value in a row are one. Units
// are kW or MW; what the setup does not have stays without set points. Errors wrap
// control.ErrPlan where nothing is left, or a value is outside the asset's range.
func controlPlan(plan *dispatch.Plan, p *dispatch.Problem, setup *control.Setup, id string, begins time.Time) (*control.Plan, error) {
	out := &control.Plan{Format: control.PlanFormat, ID: id, Title: plan.Title}
	if len(plan.Outcomes) != 1 {
		return nil, fmt.Errorf("%w: %d scenarios; set points come from a plan of one", control.ErrPlan, len(plan.Outcomes))
	}
	for _, a := range setup.Assets {
		values := setPoints(plan.Outcomes[0].Schedule[a.ID], p, a.ID)
		scale := map[string]float64{"kW": 1, "MW": 1e-3}[a.Unit]
		if len(values) != len(plan.Hours) || scale == 0 {
			continue
		}
		hours := 0.0
		for t, v := range values {
			v = math.Round(v*scale*1e6) / 1e6
			if v < a.Min || v > a.Max {
				return nil, fmt.Errorf("%w: %s in step %d: %g %s, outside %g to %g", control.ErrPlan, a.ID, t, v, a.Unit, a.Min, a.Max)
			}
			from := begins.Add(time.Duration(math.Round(hours*3600)) * time.Second)
			hours += plan.Hours[t]
			to := begins.Add(time.Duration(math.Round(hours*3600)) * time.Second)
			if last := len(out.Steps) - 1; t > 0 && out.Steps[last].Value == v {
				out.Steps[last].To = to
				continue
			}
			out.Steps = append(out.Steps, control.Step{Asset: a.ID, From: from, To: to, Value: v, Unit: a.Unit})
		}
	}
	if len(out.Steps) == 0 {
		return nil, fmt.Errorf("%w: no asset of the control setup bears the id of an asset of the plan, in kW or MW", control.ErrPlan)
	}
	return out, nil
}

// setPoints are what an asset is set to in each step, kW; nil where it has no such thing.
func setPoints(q map[string][]float64, p *dispatch.Problem, id string) []float64 {
	for _, s := range p.Storages {
		if s.ID == id && len(q["charge"]) == len(q["discharge"]) {
			values := make([]float64, len(q["charge"]))
			for t := range values {
				values[t] = q["discharge"][t] - q["charge"][t]
			}
			return values
		}
	}
	for _, name := range []string{"level", "charge", "output"} {
		if len(q[name]) > 0 {
			return q[name]
		}
	}
	return nil
}
