package dispatch

import (
	"math"

	"lingtan/lp"
)

// store are the columns of a storage while it is written.
type store struct {
	Storage
	charge, discharge, level []lp.Column
	energy, power            sum // the sizes: constants unless chosen
	charges                  []*lp.Column
}

// storage adds a store:
//
//	s_t = (1−loss)^h·s_{t−1} + h·(η_c·c_t − d_t/η_d) − h·drain_t,  min·E ≤ s_t ≤ max·E
func (b *block) storage(x Storage) {
	s := &store{Storage: x, energy: sum{constant: x.Energy}, power: sum{constant: 1}}
	if x.EnergySize != nil {
		s.energy = b.size(x.ID, "energy", *x.EnergySize)
	}
	if x.PowerSize != nil {
		s.power = b.size(x.ID, "power", *x.PowerSize)
	}
	var c, d, l []sum
	for t := range b.p.steps() {
		b.powers(s, t)
		b.level(s, t)
		b.flow(s, t)
		c, d, l = append(c, of(s.charge[t])), append(d, of(s.discharge[t])), append(l, of(s.level[t]))
	}
	b.levels[x.ID] = s.level
	b.targets(s)
	b.request(s)
	b.keep(x.ID, "charge", c)
	b.keep(x.ID, "discharge", d)
	b.keep(x.ID, "level", l)
}

// powers adds 0 ≤ c ≤ C·available and 0 ≤ d ≤ D·available, and what keeps them apart.
func (b *block) powers(s *store, t int) {
	x, a, h := s.Storage, s.Available.at(t, 1), b.p.Hours[t]
	most := x.PowerSize.most(1)
	c := b.column(x.ID, "charge", t, 0, x.Charge*a*most)
	d := b.column(x.ID, "discharge", t, 0, x.Discharge*a*most)
	s.charge, s.discharge = append(s.charge, c), append(s.discharge, d)
	if x.PowerSize == nil {
		b.binds("charge", x.ID, t, c, "kW", a)
		b.binds("discharge", x.ID, t, d, "kW", a)
	}
	b.balance[x.Carrier][t].add(c, -1)
	b.balance[x.Carrier][t].add(d, 1)
	b.pay(d, h*x.Wear)
	if x.PowerSize != nil {
		b.below(x.ID, "charge_size", t, c, s.power, x.Charge*a)
		b.below(x.ID, "discharge_size", t, d, s.power, x.Discharge*a)
	}
	s.charges = append(s.charges, b.modes(s, t, c, d, a*most))
	if len(b.direction[x.Carrier]) > t && x.NoImport {
		b.below(x.ID, "no_import", t, c, of(b.direction[x.Carrier][t]), x.Charge*a)
	}
	if len(b.direction[x.Carrier]) > t && x.NoExport {
		off := sum{constant: 1}
		off.add(b.direction[x.Carrier][t], -1)
		b.below(x.ID, "no_export", t, d, off, x.Discharge*a)
	}
}

// below adds column ≤ factor·s.
func (b *block) below(id, what string, t int, c lp.Column, s sum, factor float64) lp.Row {
	row := sum{}
	row.plus(s, factor)
	row.add(c, -1)
	return b.row(id, what, t, 0, row, math.Inf(1))
}

// modes adds z ∈ {0, 1}: c ≤ C·z, d ≤ D·(1 − z), and the least power of a side that
// runs, where that is asked for. It returns the column that says "charging", if any.
func (b *block) modes(s *store, t int, c, d lp.Column, scale float64) *lp.Column {
	x := s.Storage
	apart := b.apart[x.ID] && !x.Mixed
	if !apart && x.Least == (Pair{}) {
		return nil
	}
	charging := b.binary(x.ID, "charging", t)
	discharging := sum{constant: 1}
	discharging.add(charging, -1)
	if x.Least.Discharge > 0 || !apart && x.Mixed {
		z := b.binary(x.ID, "discharging", t)
		discharging = of(z)
		if !x.Mixed {
			both := of(z)
			both.add(charging, 1)
			b.row(x.ID, "apart", t, math.Inf(-1), both, 1)
		}
	}
	b.below(x.ID, "charge_mode", t, c, of(charging), x.Charge*scale)
	b.below(x.ID, "discharge_mode", t, d, discharging, x.Discharge*scale)
	if x.Least.Discharge > 0 {
		row := of(d)
		row.plus(discharging, -x.Least.Discharge)
		b.row(x.ID, "discharge_least", t, 0, row, math.Inf(1))
	}
	if x.Least.Charge > 0 && (x.Request == nil || x.Request.Power.at(t, 0) <= 0) {
		row := of(c)
		row.add(charging, -x.Least.Charge)
		b.row(x.ID, "charge_least", t, 0, row, math.Inf(1))
	}
	return &charging
}

// level adds the bounds of what is held. A start outside of them is brought inside at
// the price Outside.
func (b *block) level(s *store, t int) {
	x := s.Storage
	soft := x.Level.Outside > 0
	lower, upper := x.Level.Min*x.Energy, x.Level.Max*x.Energy
	if soft || x.EnergySize != nil {
		lower, upper = 0, math.Max(x.Energy, x.Level.Start*x.Energy)
	}
	if x.EnergySize != nil {
		upper = x.EnergySize.Max
	}
	c := b.column(x.ID, "level", t, lower, upper)
	s.level = append(s.level, c)
	if !soft && x.EnergySize == nil {
		b.binds("full", x.ID, t, c, "kWh", x.Level.Max)
		return
	}
	least, most := of(c), sum{}
	least.plus(s.energy, -x.Level.Min)
	most.plus(s.energy, x.Level.Max)
	most.add(c, -1)
	if soft {
		under, over := b.column(x.ID, "under", t, 0, math.Inf(1)), b.column(x.ID, "over", t, 0, math.Inf(1))
		b.pay(under, x.Level.Outside)
		b.pay(over, x.Level.Outside)
		least.add(under, 1)
		most.add(over, 1)
	}
	b.row(x.ID, "level_least", t, 0, least, math.Inf(1))
	b.row(x.ID, "level_most", t, 0, most, math.Inf(1))
}

// flow adds the equation of the level.
func (b *block) flow(s *store, t int) {
	h := b.p.Hours[t]
	kept := math.Pow(1-s.Loss, h)
	row := of(s.level[t])
	if t > 0 {
		row.add(s.level[t-1], -kept)
	} else {
		row.plus(s.energy, -kept*s.Level.Start)
	}
	row.add(s.charge[t], -h*s.Efficiency.Charge)
	row.add(s.discharge[t], h/s.Efficiency.Discharge)
	drain := h * s.Drain.at(t, 0)
	b.row(s.ID, "flow", t, -drain, row, -drain)
}

// targets adds the goals and the end: s_t ≥ goal, s_T ≥ end·E or = end·E, and the worth
// of what is held at the end.
func (b *block) targets(s *store) {
	for _, g := range s.Goals {
		b.demand("goal", s.ID, g.Step, g.Energy, of(s.level[g.Step]), math.Inf(1), g.Short)
	}
	last := s.level[len(s.level)-1]
	b.pay(last, -s.Level.Value)
	if s.Level.End == nil {
		return
	}
	row := of(last)
	row.plus(s.energy, -*s.Level.End)
	upper := math.Inf(1)
	if s.Level.Exact {
		upper = 0
	}
	b.demand("end", s.ID, len(s.level)-1, 0, row, upper, nil)
}

// request adds charging that is asked for until the store is full:
//
//	c + short ≥ request·(1 − full), s ≥ max·full,
//	c ≥ least·charging − least·near, s ≥ max − h·least where near
//
// so that the last of it may be charged with less than the least power.
func (b *block) request(s *store) {
	if s.Request == nil {
		return
	}
	x := s.Storage
	top := x.Level.Max * x.Energy
	for t := range b.p.steps() {
		ask := math.Min(x.Request.Power.at(t, 0), x.Charge)
		if ask <= 0 {
			continue
		}
		h, full := b.p.Hours[t], b.binary(x.ID, "full", t)
		row := of(s.level[t])
		row.add(full, -top)
		b.row(x.ID, "full", t, 0, row, math.Inf(1))
		row = of(s.charge[t])
		row.add(full, ask)
		price := x.Request.Short.at(t, 0) * h
		b.demand("request", x.ID, t, ask, row, math.Inf(1), &price)
		if s.charges[t] == nil || x.Least.Charge == 0 {
			continue
		}
		near := b.binary(x.ID, "near", t)
		row = of(s.level[t])
		row.add(near, -top)
		b.row(x.ID, "near", t, -h*x.Least.Charge, row, math.Inf(1))
		row = of(s.charge[t])
		row.add(near, x.Least.Charge)
		row.add(*s.charges[t], -x.Least.Charge)
		b.row(x.ID, "charge_least", t, 0, row, math.Inf(1))
	}
}
