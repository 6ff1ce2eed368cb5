package dispatch

import "math"

// After is the problem that stands after the first n steps of a plan were run: the rest
// of the horizon, with levels, units, vehicles and peaks as the plan leaves them, and with
// batches that have started held. Steps may then be refined, prices and loads renewed, and
// steps appended; Options.From and Shift begin the next solve from the plan.
func (p *Problem) After(plan *Plan, n int) *Problem {
	s := plan.Outcomes[0].Schedule
	q := *p
	q.Hours = p.Hours[n:]
	cut := func(x Series) Series {
		if len(x) > 1 {
			return x[n:]
		}
		return x
	}
	q.Scenarios = nil
	q.Supplies = replaced(p.Supplies, func(x *Supply) { x.after(s, n, cut) })
	q.Renewables = replaced(p.Renewables, func(x *Renewable) { x.Available = cut(x.Available) })
	q.Loads = replaced(p.Loads, func(x *Load) { x.Demand = cut(x.Demand) })
	q.Units = replaced(p.Units, func(x *Unit) { x.after(p, s, n, cut) })
	q.Storages = replaced(p.Storages, func(x *Storage) {
		x.Available, x.Drain, x.Goals = cut(x.Available), cut(x.Drain), later(x.Goals, n, 0)
		if x.Energy > 0 {
			x.Level.Start = s.of(x.ID, "level", n-1) / x.Energy
		}
		if x.Request != nil {
			x.Request = &Request{cut(x.Request.Power), cut(x.Request.Short)}
		}
	})
	q.Charging = replaced(p.Charging, func(x *Charging) {
		var held float64
		for t := range n {
			held += p.Hours[t] * x.Efficiency * s.of(x.ID, "charge", t)
		}
		x.Available, x.Needs = cut(x.Available), later(x.Needs, n, held)
	})
	q.Batches, q.Loads = p.batchesAfter(s, n, q.Loads)
	if l := p.Limits.Carbon; l != nil {
		rest := math.Max(0, *l-p.carbonUntil(s, n))
		q.Limits.Carbon = &rest
	}
	return &q
}

func later(list []Goal, n int, held float64) []Goal {
	var out []Goal
	for _, g := range list {
		if g.Step >= n {
			out = append(out, Goal{g.Step - n, math.Max(0, g.Energy-held), g.Short})
		}
	}
	return out
}

func (x *Supply) after(s Schedule, n int, cut func(Series) Series) {
	x.Price, x.Sale, x.Intensity = cut(x.Price), cut(x.Sale), cut(x.Intensity)
	x.ImportLimit, x.ExportLimit = cut(x.ImportLimit), cut(x.ExportLimit)
	x.Demand = replaced(x.Demand, func(d *DemandCharge) {
		total := len(s[x.ID]["import"])
		var rest []int
		for _, t := range d.window(total) {
			if t < n {
				d.Previous = math.Max(d.Previous, s.of(x.ID, "import", t))
			} else {
				rest = append(rest, t-n)
			}
		}
		if len(d.Steps) > 0 {
			d.Steps = rest
		}
	})
	var left []DemandCharge
	for _, d := range x.Demand {
		if d.Steps == nil || len(d.Steps) > 0 {
			left = append(left, d)
		}
	}
	x.Demand = left
}

func (x *Unit) after(p *Problem, s Schedule, n int, cut func(Series) Series) {
	x.Available = cut(x.Available)
	x.Ports = replaced(x.Ports, func(q *Port) { q.Factor = cut(q.Factor) })
	level := s.of(x.ID, "level", n-1)
	x.Level = &level
	if x.Commitment == nil {
		return
	}
	k := *x.Commitment
	k.Fixed = cut(k.Fixed)
	on, since := k.On, k.Since.at(0, math.Inf(1))
	for t := range n {
		now := s.of(x.ID, "on", t) == 1
		if now != on {
			on, since = now, 0
		}
		since += p.Hours[t]
	}
	k.On, k.Since = on, nil
	if !math.IsInf(since, 0) {
		k.Since = Series{since}
	}
	x.Commitment = &k
}

// batchesAfter are the batches still to start; what those that started still take becomes
// a load.
func (p *Problem) batchesAfter(s Schedule, n int, loads []Load) ([]Batch, []Load) {
	var left []Batch
	for _, x := range p.Batches {
		started := -1
		for t := range n {
			if s.of(x.ID, "start", t) == 1 {
				started = t
			}
		}
		if started < 0 {
			x.Earliest, x.Latest = max(0, x.Earliest-n), x.Latest-n
			if x.Fixed != nil {
				k := *x.Fixed - n
				x.Fixed = &k
			}
			left = append(left, x)
			continue
		}
		for _, carrier := range sorted(x.Profile) {
			kw := x.power(p, carrier, started)
			loads = append(loads, Load{ID: x.ID + "." + carrier, Carrier: carrier, Demand: kw[n:]})
		}
	}
	return left, loads
}

func (p *Problem) carbonUntil(s Schedule, n int) float64 {
	var kg float64
	for _, x := range p.Supplies {
		for t := range n {
			kg += p.Hours[t] * s.of(x.ID, "import", t) * x.Intensity.at(t, 0)
		}
	}
	return kg
}
