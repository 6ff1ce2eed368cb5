package reconcile

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lingtan/park"
)

// maxSuspects is how many errors are looked for one after the other.
const maxSuspects = 50

// Suspect is a meter or place that the balances speak against, in the order in which
// they were found. Each was set aside before the next was looked for.
type Suspect struct {
	Kind      string    `json:"kind"`            // meter: its reading is off; loss: more or less leaves the node than its meters say
	Place     string    `json:"place"`           // as "flow steam-main"
	Statistic float64   `json:"statistic"`       // a standard normal variable where nothing is wrong
	Critical  float64   `json:"critical"`        // above which it is suspected
	Estimate  float64   `json:"estimate"`        // a meter: how much it reads too much; a loss: how much leaves; in the place's unit
	Unit      string    `json:"unit,omitempty"`  // of Estimate
	Alike     []string  `json:"alike,omitempty"` // places that explain the same imbalance as well: no balance tells them apart
	Before    float64   `json:"before"`          // objective before it was set aside
	After     float64   `json:"after"`           // and after
	Degrees   int       `json:"degrees"`         // redundant balances after
	Why       park.Name `json:"why"`
}

// hypothesis is an error that could be: of a metered column, or a loss at an equation.
type hypothesis struct {
	column    int // −1 for a loss
	equation  int
	statistic float64
	estimate  float64
	place     string
}

// hypotheses are all single errors that the balances can judge.
//
// For a meter the statistic |a|/√var(a) is the measurement test (Mah and Tamhane 1982);
// for a loss it is the root of the generalised likelihood ratio (Narasimhan and Mah
// 1987), which for a meter is the same number.
func (s *solution) hypotheses() (meters, losses []hypothesis) {
	if s.meters != nil || s.losses != nil {
		return s.meters, s.losses
	}
	for j, i := range s.metered {
		if s.share[j] == 0 {
			continue
		}
		s.meters = append(s.meters, hypothesis{column: j, place: "flow " + s.m.Flows[i].ID,
			statistic: math.Abs(s.adjust[j]) / (s.m.sd[i] * math.Sqrt(s.share[j])), estimate: -s.adjust[j] / s.share[j]})
	}
	for e := range s.m.equations {
		if s.m.equations[e].node < 0 || slices.Contains(s.free.losing, e) {
			continue
		}
		w := s.lossSignature(e)
		if size := squared(w); size > 0 {
			wt := dot(w, s.t)
			s.losses = append(s.losses, hypothesis{column: -1, equation: e, place: s.m.equations[e].place,
				statistic: math.Abs(wt) / math.Sqrt(size), estimate: -wt / size})
		}
	}
	return s.meters, s.losses
}

// signature is how an error of size 1 shows in the redundant balances, by step.
func (s *solution) signature(h hypothesis) []float64 {
	if h.column < 0 {
		return s.lossSignature(h.equation)
	}
	w := make([]float64, len(s.t))
	for _, e := range s.sparse[h.column] {
		w[e.step] = e.x
	}
	s.second.solve(w)
	return w
}

// lossSignature is that of a loss of one unit at a node; 0 where what is not metered
// hides it.
func (s *solution) lossSignature(e int) []float64 {
	f := make([]float64, len(s.equations))
	f[e] = 1 / s.equations[e].scale
	for _, t := range s.first.turns {
		t.apply(f, false)
	}
	w := make([]float64, len(s.t))
	for k, p := range s.second.pivots {
		if x := f[s.kept[p.column]]; math.Abs(x) > rankless/s.equations[e].scale {
			w[k] = x / s.length[p.column]
		}
	}
	s.second.solve(w)
	return w
}

// suspect is the error that explains most of the imbalance, nil when none stands out;
// of several that explain it alike a meter comes first, then the order of names.
func (s *solution) suspect(level float64) (*hypothesis, []string, float64) {
	meters, losses := s.hypotheses()
	var best *hypothesis
	critical := 0.0
	for _, group := range [][]hypothesis{meters, losses} {
		limit := sidak(level, len(group))
		for i, h := range group {
			if h.statistic <= limit {
				continue
			}
			if best == nil || h.statistic > best.statistic*(1+1e-7) || h.statistic > best.statistic*(1-1e-7) && h.before(*best) {
				best, critical = &group[i], limit
			}
		}
	}
	if best == nil {
		return nil, nil, 0
	}
	w := s.signature(*best)
	var alike []string
	for _, h := range slices.Concat(meters, losses) {
		if h.place == best.place || math.Abs(h.statistic-best.statistic) > 1e-6*best.statistic {
			continue
		}
		v := s.signature(h)
		if d := dot(v, w); d*d > (1-1e-9)*squared(v)*squared(w) {
			alike = append(alike, h.place)
		}
	}
	slices.Sort(alike)
	return best, alike, critical
}

// before orders errors that explain as much.
func (h hypothesis) before(o hypothesis) bool {
	if (h.column < 0) != (o.column < 0) {
		return o.column < 0
	}
	return cmp.Less(h.place, o.place)
}

// eliminate sets aside one suspect after the other until nothing stands out: serial
// elimination (Ripps 1965; Serth and Heenan 1986, who compare it with others).
func (m *model) eliminate(s *solution) (*solution, []Suspect, error) {
	var list []Suspect
	for len(list) < maxSuspects && s.degrees() > 0 {
		h, alike, critical := s.suspect(m.level)
		if h == nil {
			break
		}
		fr := free{flows: slices.Clone(s.free.flows), losing: slices.Clone(s.free.losing)}
		x := Suspect{Kind: "loss", Place: h.place, Statistic: h.statistic, Critical: critical, Estimate: h.estimate, Alike: alike, Before: s.objective}
		if h.column >= 0 {
			i := s.metered[h.column]
			fr.flows[i] = true
			x.Kind, x.Unit = "meter", m.unitOf(i)
		} else {
			fr.losing = append(fr.losing, h.equation)
			x.Unit = m.Nodes[m.equations[h.equation].node].Unit
		}
		next, err := m.solve(fr)
		if err != nil {
			return nil, nil, err
		}
		s = next
		x.After, x.Degrees = s.objective, s.degrees()
		x.explain()
		list = append(list, x)
	}
	return s, list, nil
}

// explain says in words why it is suspected.
func (x *Suspect) explain() {
	zh, en := "表计读数偏差", "the meter is off by"
	if x.Kind == "loss" {
		zh, en = "未计量的流失", "what leaves unmetered is"
	}
	x.Why = park.Name{
		ZH: fmt.Sprintf("统计量 %.2f 超过临界值 %.2f；估计%s %.6g %s；剔除后目标函数由 %.4g 降为 %.4g。", x.Statistic, x.Critical, zh, x.Estimate, x.Unit, x.Before, x.After),
		EN: fmt.Sprintf("statistic %.2f is above %.2f; %s %.6g %s by estimate; setting it aside takes the objective from %.4g to %.4g.", x.Statistic, x.Critical, en, x.Estimate, x.Unit, x.Before, x.After),
	}
}

// unitOf is the unit of flow i.
func (m *model) unitOf(i int) string {
	f := m.Flows[i]
	if f.Unit != "" {
		return f.Unit
	}
	for _, n := range m.Nodes {
		if n.ID == f.From || n.ID == f.To {
			return n.Unit
		}
	}
	return ""
}
