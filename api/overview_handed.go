package api

import (
	"strings"

	"lingtan/balance"
	"lingtan/period"
)

// conversionNode is the kind of a node of a park file that turns carriers into others.
const conversionNode = "conversion"

// handedOn is what the organizations shown took of conversions, by source and hour of the
// period; rows are nil for sources that are no output of a conversion.
type handedOn struct {
	carbon  [][]float64 // tCO2 that went into what they took, all of it
	counted [][]float64 // tCO2 of it that their accounts count here, and not with the inputs already
	energy  [][]float64 // what they took less what conversions of theirs gave: counts energy once
}

// conversions follows the outputs of conversions through the hours; summed once. A day's
// carbon is traced; its hours have it by their amounts.
func (sc *scene) conversions() *handedOn {
	if sc.handed != nil {
		return sc.handed
	}
	p := sc.view.Profile
	a, b := sc.hours()
	sc.handed = &handedOn{carbon: make([][]float64, len(p.Sources)), counted: make([][]float64, len(p.Sources)), energy: make([][]float64, len(p.Sources))}
	for s, src := range p.Sources {
		if src.Runner == "" {
			continue
		}
		sc.handed.carbon[s], sc.handed.counted[s], sc.handed.energy[s] = make([]float64, b-a), make([]float64, b-a), make([]float64, b-a)
		for o := range p.Owners {
			sc.handOn(o, s, a, b)
		}
	}
	return sc.handed
}

// handOn adds what owner o took of source s in the hours [a, b) of the profile.
func (sc *scene) handOn(o, s, a, b int) {
	p := sc.view.Profile
	owner, runner := p.Owners[o], p.Sources[s].Runner
	row := p.Hourly[o*len(p.Sources)+s][a:b]
	weight := 0.0
	if sc.shown(owner) {
		weight++
	}
	if sc.shown(runner) {
		weight--
	}
	for h, x := range row {
		sc.handed.energy[s][h] += weight * x
	}
	if !sc.shown(owner) {
		return
	}
	carbon := sc.spread(o, s, row)
	for h, x := range carbon {
		sc.handed.carbon[s][h] += x
		if sc.own != nil && owner != runner { // for the whole park it is taken off again
			sc.handed.counted[s][h] += x
		}
	}
}

// spread is the carbon of what owner o took of source s by hour: each day's by the amounts.
func (sc *scene) spread(o, s int, row []float64) []float64 {
	p := sc.view.Profile
	start, _ := sc.hours()
	out := make([]float64, len(row))
	daily := make([]float64, int(sc.view.Last-sc.view.First)+1)
	for place, x := range p.Places {
		if x.Organization != p.Owners[o] || x.Kind != balance.Use && x.Kind != balance.Bus {
			continue
		}
		for d, c := range sc.view.Embodied(sc.basis, place, s) {
			daily[d] += c
		}
	}
	for d, c := range daily {
		if c == 0 {
			continue
		}
		day := sc.view.First + period.Day(d)
		from, to := int(day.Start(p.Zone).Sub(p.From).Hours())-start, int((day+1).Start(p.Zone).Sub(p.From).Hours())-start
		sum := 0.0
		for _, x := range row[from:to] {
			sum += x
		}
		for h := from; h < to; h++ {
			if sum != 0 {
				out[h] += c * row[h] / sum
			}
		}
	}
	return out
}

// emitted is what the accounts of the organizations shown count of source s in hours [from, to).
func (sc *scene) emitted(s int, run [2]int) float64 {
	if row := sc.conversions().counted[s]; row != nil {
		return sc.over(row, run)
	}
	return sc.taken(s, run) * sc.view.Rate[sc.basis][s]
}

// carried is the carbon that came with what they took of source s, counted here or with the
// inputs of a conversion.
func (sc *scene) carried(s int, run [2]int) float64 {
	if row := sc.conversions().carbon[s]; row != nil {
		return sc.over(row, run)
	}
	return sc.taken(s, run) * sc.view.Rate[sc.basis][s]
}

// energy is what they took of source s, net of what conversions of theirs gave.
func (sc *scene) energy(s int, run [2]int) float64 {
	if row := sc.conversions().energy[s]; row != nil {
		return sc.over(row, run)
	}
	return sc.taken(s, run)
}

// over sums hours [from, to) of the profile in a row that begins with the period.
func (sc *scene) over(row []float64, run [2]int) float64 {
	a, _ := sc.hours()
	sum := 0.0
	for _, x := range row[run[0]-a : run[1]-a] {
		sum += x
	}
	return sum
}

// conversion is the node of the park that a place of the profile is a part of, where it is an
// input or an output of a conversion; else the place's own.
func (sc *scene) conversion(place string) string {
	of, _, part := strings.Cut(place, ".")
	if i, ok := sc.layout.Node(of); part && ok && sc.layout.Document.Network.Nodes[i].Kind == conversionNode {
		return of
	}
	return place
}
