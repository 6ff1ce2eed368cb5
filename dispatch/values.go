package dispatch

import (
	"math"
	"slices"

	"lingtan/lp"
)

// room is a row or a column whose side is a size of an asset: where it binds, a larger
// size is worth something.
type room struct {
	limit limit
	row   lp.Row    // factor·size − use ≥ 0; −1 for a column's upper bound
	bound lp.Column // a column at its upper bound
	unit  string
	scale float64 // bound per unit of size
	on    sum     // 1 where the asset is on
}

// values reads the worth of limits and the price of each carrier from the duals of the
// program with all whole numbers held: the change of the objective per unit of a side.
func (d *dispatcher) values(plan *Plan, f *found) {
	kind := d.p.Objective.Kind
	money := kind == "" || kind == "cost" || kind == "carbon" || kind == "lexicographic" && d.p.Objective.First == "carbon"
	g := gathered{list: map[limit]*Finding{}}
	m, sol := f.model, f.solution
	if !money || len(sol.Dual) != m.prog.Rows() || len(sol.Reduced) != m.prog.Columns() || m.relaxed {
		sol = &lp.Solution{}
	} else if len(d.p.Scenarios) == 0 {
		plan.Prices = map[string]Series{}
	}
	for _, x := range m.demands {
		g.demand(d.p, plan, x, sol)
	}
	for _, r := range m.rooms {
		g.room(r, sol, f.solution.Value)
	}
	for _, k := range g.order {
		b := g.list[k]
		if b.Worth == nil && len(b.Steps) == 0 {
			continue
		}
		b.words = d.p.worth(*b)
		plan.Binding = append(plan.Binding, *b)
	}
	slices.SortStableFunc(plan.Binding, func(a, b Finding) int {
		return int(sign(worthOf(b) - worthOf(a)))
	})
}

func worthOf(b Finding) float64 {
	if b.Worth == nil {
		return 0
	}
	return *b.Worth
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// gathered are bindings over the steps of one limit.
type gathered struct {
	list  map[limit]*Finding
	order []limit
}

func (g *gathered) at(l limit, unit string, t int, worth float64) {
	l.Step, l.Scenario = -1, ""
	b := g.list[l]
	if b == nil {
		b = &Finding{limit: l, Unit: unit}
		g.list[l] = b
		g.order = append(g.order, l)
	}
	if t >= 0 && !slices.Contains(b.Steps, t) {
		b.Steps = append(b.Steps, t)
	}
	if worth > 0 {
		sum := worth + worthOf(*b)
		b.Worth = &sum
	}
}

// demand reads the dual of a demand. The balance's is what one more kWh costs.
func (g *gathered) demand(p *Problem, plan *Plan, x demand, sol *lp.Solution) {
	if len(sol.Dual) == 0 {
		return
	}
	dual := clean(sol.Dual[x.row])
	switch x.limit.Kind {
	case "balance":
		if plan.Prices == nil {
			return
		}
		if plan.Prices[x.limit.ID] == nil {
			plan.Prices[x.limit.ID] = make(Series, p.steps())
		}
		plan.Prices[x.limit.ID][x.limit.Step] = dual / p.Hours[x.limit.Step]
	case "import_limit":
		if dual < 0 {
			g.at(limit{Kind: "import", ID: x.limit.ID}, "kW", x.limit.Step, -dual)
		}
	case "carbon":
		if dual < 0 {
			g.at(x.limit, "kg", -1, -dual)
		}
	case "green", "departure", "goal", "end", "reserve", "island":
		if dual > 0 {
			g.at(x.limit, map[string]string{"reserve": "kW", "island": "kW"}[x.limit.Kind], x.limit.Step, 0)
		}
	}
}

// room reads what a larger size is worth; without duals, where it is full.
func (g *gathered) room(r room, sol *lp.Solution, x []float64) {
	var worth float64
	switch {
	case len(sol.Dual) > 0 && r.row >= 0:
		worth = sol.Dual[r.row] * r.scale * math.Round(r.on.value(x))
	case len(sol.Reduced) > 0 && r.row < 0:
		worth = -sol.Reduced[r.bound] * r.scale
	}
	if worth = clean(math.Max(0, worth)); worth > 0 {
		g.at(r.limit, r.unit, r.limit.Step, worth)
	}
}

// binds notes a column whose upper bound is a size.
func (b *block) binds(kind, id string, t int, c lp.Column, unit string, scale float64) {
	b.rooms = append(b.rooms, room{limit{kind, id, t, b.way.ID}, -1, c, unit, scale, sum{}})
}

// bindsRow notes a row factor·size − use ≥ 0.
func (b *block) bindsRow(kind, id string, t int, r lp.Row, unit string, scale float64, on sum) {
	b.rooms = append(b.rooms, room{limit{kind, id, t, b.way.ID}, r, -1, unit, scale, on})
}
