package balance

import (
	"fmt"
	"time"

	"lingtan/park"
)

// finding is something in a balance that cannot be as it stands.
type finding struct {
	Node string    `json:"node"`
	Code string    `json:"code"` // islanded, yield, not_measured
	Step time.Time `json:"step"` // the beginning of the first step in which it is so
	Text park.Name `json:"text"`
}

// yieldMargin is how far metered outputs of a conversion may exceed its metered inputs before it
// is a finding: meters of class 2 on both sides may differ by it.
const yieldMargin = 0.04

// given is what entered and left a conversion in a step, in settle units and GJ. known is
// false where a meter was missing, or nothing came in.
type given struct {
	in       float64 // of the inputs that yields are by
	energyIn float64 // of all inputs; 0 where that of one is not known
	out      []float64
	energy   []float64 // of outputs; 0 where not known
	missing  bool      // an interval of a meter
	known    bool
}

// converted sums a conversion in a step. It looks at places, each of which has one edge.
func (s *Sheet) converted(v Conversion, step int) given {
	var g given
	whole := true
	take := func(n int) Line {
		l := s.Lines[n][step]
		g.missing = g.missing || l.Grades.Missing > 0
		return l
	}
	for k, n := range v.Uses {
		x := take(n).In
		if v.PerInput[k] {
			g.in += x
		}
		g.energyIn += x * v.EnergyIn[k]
		whole = whole && v.EnergyIn[k] > 0
	}
	if !whole {
		g.energyIn = 0
	}
	for k, n := range v.Sources {
		x := take(n).Out
		g.out, g.energy = append(g.out, x), append(g.energy, x*v.EnergyOut[k])
	}
	g.known = !g.missing && g.in > 0
	return g
}

// showConversions writes what conversions yield.
func (s *Sheet) showConversions(t *Table) {
	for _, v := range s.network.Conversions {
		for _, n := range v.Uses {
			t.Places[n].Conversion = v.ID
		}
		for k, n := range v.Sources {
			p := &t.Places[n]
			p.Conversion = v.ID
			if v.Rated[k] > 0 {
				p.Rated = &v.Rated[k]
			}
		}
		for step := range s.Starts {
			s.showYields(t, v, step)
		}
	}
}

func (s *Sheet) showYields(t *Table, v Conversion, step int) {
	g := s.converted(v, step)
	if !g.known {
		return
	}
	for k, n := range v.Sources {
		yield := g.out[k] / g.in
		t.Places[n].Steps[step].Yield = &yield
		if g.energyIn > 0 && v.EnergyOut[k] > 0 {
			efficiency := g.energy[k] / g.energyIn
			t.Places[n].Steps[step].Efficiency = &efficiency
		}
	}
}

// lifts are the conversions that give out more energy than they are driven by: they draw on
// surroundings that no meter reads.
var lifts = map[string]bool{"heat_pump": true, "chiller": true}

// find names the first step in which a bus was islanded, or a conversion gave what it cannot,
// and outputs that no meter reads.
func (s *Sheet) find(t *Table) {
	add := func(node, code string, step int, zh, en string, args ...any) {
		t.Findings = append(t.Findings, finding{node, code, s.Starts[step], park.Name{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}})
	}
	for n, p := range s.Places {
		for k, l := range s.Lines[n] {
			if l.Islanded > 0 {
				add(p.ID, "islanded", k, "孤岛：没有来能，却供出 %.6g %s；请检查进线表或补上来源", "islanded: nothing came in, and %.6g %s went out; look at the incoming meters, or add the source", l.Islanded, p.Unit)
				break
			}
		}
	}
	for _, v := range s.network.Conversions {
		s.findYields(v, add)
	}
}

func (s *Sheet) findYields(v Conversion, add func(node, code string, step int, zh, en string, args ...any)) {
	for k, e := range v.Outputs {
		if s.network.Edges[e].Rated {
			add(v.ID, "not_measured", 0, "输出「%s」未计量：按额定产出率 %.6g 估算", "output %s is not metered: estimated by the rated yield %.6g", s.network.Edges[e].ID, v.Rated[k])
		}
	}
	for step := range s.Starts {
		g := s.converted(v, step)
		sum, gives := 0.0, false
		for k, x := range g.out {
			sum += g.energy[k]
			gives = gives || x > 0
		}
		switch {
		case g.known && !lifts[v.Conversion.Kind] && g.energyIn > 0 && sum > g.energyIn*(1+yieldMargin):
			add(v.ID, "yield", step, "产出能量 %.6g GJ 多于投入的 %.6g GJ；请核对计量", "gives out %.6g GJ and takes %.6g GJ; look at its meters", sum, g.energyIn)
			return
		case !g.missing && g.in == 0 && gives:
			add(v.ID, "yield", step, "没有投入，却有产出；请核对输入计量", "gives out and takes nothing; look at the meters of its inputs")
			return
		}
	}
}
