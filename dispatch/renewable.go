package dispatch

import "math"

// renewable adds 0 ≤ output ≤ available (= where it must be taken); output ≤
// available·size where the size is chosen. cost = Σ h·(operation·output +
// curtailment·(available − output)) + size·cost.
func (b *block) renewable(x Renewable) {
	T := b.p.steps()
	var out []sum
	available := make([]sum, T)
	for t := range T {
		available[t] = sum{constant: x.Available.at(t, 0)}
	}
	if x.Size != nil {
		size := b.size(x.ID, "size", *x.Size)
		for t := range T {
			available[t] = sum{}
			available[t].plus(size, x.Available.at(t, 0))
		}
	}
	for t := range T {
		h := b.p.Hours[t]
		g := of(b.column(x.ID, "output", t, 0, math.Inf(1)))
		if x.Size == nil && x.MustTake {
			g = available[t]
		} else if x.Size == nil {
			b.prog.SetBounds(g.terms[0].Column, 0, available[t].constant)
		} else {
			b.within(x, t, g, available[t])
		}
		out = append(out, g)
		b.balance[x.Carrier][t].plus(g, 1)
		b.cost.plus(g, h*(x.Operation-x.Curtailment))
		b.cost.plus(available[t], h*x.Curtailment)
		if x.Carrier == b.p.Limits.GreenOf {
			b.all.plus(g, h)
		}
		if x.Carrier == b.p.Limits.GreenOf && !x.Fossil {
			b.green.plus(g, h)
		}
	}
	b.keep(x.ID, "output", out)
}

func (b *block) within(x Renewable, t int, output, available sum) {
	s := sum{}
	s.plus(available, 1)
	s.plus(output, -1)
	upper := math.Inf(1)
	if x.MustTake {
		upper = 0
	}
	b.row(x.ID, "available", t, 0, s, upper)
}

// size is a column for the size of an asset, decided once; cost = size·money a unit.
func (b *block) size(id, what string, x Sizing) sum {
	c := of(b.once(id, what, 0, x.Min, x.Max, false))
	b.cost.plus(c, x.Cost)
	b.keep(id, what, []sum{c})
	return c
}
