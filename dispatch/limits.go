package dispatch

import (
	"fmt"
	"math"
)

// limits add what holds over the horizon: Σ carbon ≤ budget, and renewable less sold ≥
// share·(all that is put into the network less sold).
func (b *block) limits() {
	l := b.p.Limits
	if l.Carbon != nil {
		b.demand("carbon", "", -1, math.Inf(-1), b.carbon, *l.Carbon, l.CarbonShort)
	}
	if l.Green != nil {
		row := sum{}
		row.plus(b.green, 1)
		row.plus(b.all, -*l.Green)
		b.demand("green", l.GreenOf, -1, 0, row, math.Inf(1), l.GreenShort)
	}
}

// reserve adds, in each step,
//
//	Σ room of running units + Σ r ≥ share·demand,  r ≤ D − d + c,  r·hours/η_d ≤ s − s_min
//
// and for an island of H hours without any supply
//
//	Σ all that running units can give + Σ r ≥ critical load,  r ≤ D,  r·H/η_d ≤ s − s_min
func (b *block) reserve(x Reserve) {
	for t := range b.p.steps() {
		var row sum
		need := b.p.critical(x, t)
		hours := x.Hours
		if x.Island > 0 {
			hours = x.Island
		}
		for _, s := range b.standing(x.Carrier, t) {
			part := s.room
			if x.Island > 0 {
				part = s.all
			}
			row.plus(part, 1)
		}
		for i := range b.p.Storages {
			if b.p.Storages[i].Carrier == x.Carrier {
				row.plus(b.ready(x, b.p.Storages[i], t, hours), 1)
			}
		}
		var price *float64
		if x.Short > 0 {
			hourly := x.Short * b.p.Hours[t]
			price = &hourly
		}
		b.demand(x.kind(), x.Carrier, t, need, row, math.Inf(1), price)
	}
}

func (b *block) standing(carrier string, t int) []standing {
	if units := b.stands[carrier]; units != nil {
		return units[t]
	}
	return nil
}

// critical is the demand that a reserve is for in a step, kW.
func (p *Problem) critical(x Reserve, t int) float64 {
	var need float64
	for _, l := range p.Loads {
		share := x.Share
		if x.Island > 0 {
			share = l.Critical
		}
		if l.Carrier == x.Carrier {
			need += l.Demand.at(t, 0) * share
		}
	}
	return need
}

func (x Reserve) kind() string {
	if x.Island > 0 {
		return "island"
	}
	return "reserve"
}

// ready is what a storage stands ready with: never more than its power beside what it
// gives now, nor than its level holds for the hours.
func (b *block) ready(x Reserve, s Storage, t int, hours float64) sum {
	most := s.Discharge * s.Available.at(t, 1) * s.PowerSize.most(1)
	what := fmt.Sprintf("%s.%s", x.kind(), x.Carrier)
	r := b.column(s.ID, what, t, 0, math.Inf(1))
	power := sum{constant: most}
	if x.Island == 0 {
		if c, ok := b.find(s.ID, "charge"); ok {
			power.plus(c.values[t], 1)
		}
		if d, ok := b.find(s.ID, "discharge"); ok {
			power.plus(d.values[t], -1)
		}
	}
	b.below(s.ID, what+".power", t, r, power, 1)
	held := sum{constant: -s.Level.Min * s.Energy}
	held.add(b.levels[s.ID][t], 1)
	if hours > 0 {
		b.below(s.ID, what+".level", t, r, held, s.Efficiency.Discharge/hours)
	}
	return of(r)
}

func (b *block) find(id, name string) (quantity, bool) {
	for _, q := range b.kept {
		if q.id == id && q.name == name {
			return q, true
		}
	}
	return quantity{}, false
}
