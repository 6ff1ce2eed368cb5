package dispatch

import (
	"math"

	"lingtan/lp"
)

// load adds a demand: served = demand − shed + up − down, Σ h·(up − down) = 0 over each
// window, 0 ≤ shed + down ≤ demand.
func (b *block) load(x Load) {
	var shed, moved []sum
	var open sum
	for t := range b.p.steps() {
		h, demand := b.p.Hours[t], x.Demand.at(t, 0)
		flow := &b.balance[x.Carrier][t]
		flow.constant -= demand
		taken := sum{}
		if x.Shed > 0 {
			c := b.column(x.ID, "shed", t, 0, x.Shed*demand)
			b.pay(c, h*x.ShedCost)
			flow.add(c, 1)
			taken.add(c, 1)
			shed = append(shed, of(c))
		}
		if x.Shift == 0 {
			continue
		}
		up, down := b.column(x.ID, "up", t, 0, x.Shift), b.column(x.ID, "down", t, 0, math.Min(x.Shift, demand))
		flow.add(up, -1)
		flow.add(down, 1)
		taken.add(down, 1)
		if x.Shed > 0 {
			b.row(x.ID, "taken", t, math.Inf(-1), taken, demand)
		}
		move := sum{terms: []lp.Term{{Column: up, Factor: 1}, {Column: down, Factor: -1}}}
		moved = append(moved, move)
		open.plus(move, h)
		if last := t == b.p.steps()-1; last || x.Window > 0 && (t+1)%x.Window == 0 {
			b.demand("shift", x.ID, t, 0, open, 0, nil)
			open = sum{}
		}
	}
	b.keep(x.ID, "shed", shed)
	b.keep(x.ID, "moved", moved)
}

// charging adds 0 ≤ power ≤ plugged in, and for each need Σ h·η·power ≥ energy by its
// step.
func (b *block) charging(x Charging) {
	var power []sum
	held := make([]sum, b.p.steps())
	var total sum
	for t := range b.p.steps() {
		c := b.column(x.ID, "charge", t, 0, x.Power*x.Available.at(t, 1))
		b.balance[x.Carrier][t].add(c, -1)
		power = append(power, of(c))
		total.add(c, b.p.Hours[t]*x.Efficiency)
		held[t] = sum{terms: total.terms[:len(total.terms):len(total.terms)]}
	}
	for _, need := range x.Needs {
		b.demand("departure", x.ID, need.Step, need.Energy, held[need.Step], math.Inf(1), need.Short)
	}
	b.keep(x.ID, "charge", power)
}

// batch adds y_k ∈ {0, 1} for each step k that a run may start in, Σ y = 1 (≤ 1 where it
// earns money instead), and its load Σ_k y_k·profile(t − k) on each carrier.
func (b *block) batch(x Batch) {
	starts := make([]sum, b.p.steps())
	var chosen sum
	for k := x.Earliest; k <= x.Latest; k++ {
		lower, upper := 0.0, 1.0
		if x.Fixed != nil && k != *x.Fixed {
			upper = 0
		} else if x.Fixed != nil {
			lower = 1
		}
		y := b.once(x.ID, "start", k, lower, upper, true)
		starts[k] = of(y)
		chosen.add(y, 1)
		if x.Value != nil {
			b.pay(y, -*x.Value)
		}
		b.run(x, k, y)
	}
	if x.Value != nil {
		b.row(x.ID, "start", 0, 0, chosen, 1)
	} else {
		b.demand("batch", x.ID, -1, 1, chosen, 1, nil)
	}
	b.keep(x.ID, "start", starts)
}

func (b *block) run(x Batch, k int, y lp.Column) {
	for _, carrier := range sorted(x.Profile) {
		for t, kw := range x.power(b.p, carrier, k) {
			b.balance[carrier][t].add(y, -kw)
		}
	}
}

// power is the mean power of each step when a batch starts at the beginning of step k:
// its profile laid over steps of any length.
func (x Batch) power(p *Problem, carrier string, k int) []float64 {
	kw := make([]float64, p.steps())
	from := 0.0
	profile := x.Profile[carrier]
	for t := k; t < p.steps() && from < x.Interval*float64(len(profile)); t++ {
		to := from + p.Hours[t]
		for i, v := range profile {
			overlap := math.Min(to, float64(i+1)*x.Interval) - math.Max(from, float64(i)*x.Interval)
			kw[t] += v * math.Max(0, overlap) / p.Hours[t]
		}
		from = to
	}
	return kw
}
