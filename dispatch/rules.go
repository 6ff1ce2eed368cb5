package dispatch

import "math"

// rules runs the park as it would run without a plan, in each scenario: storage stands
// idle, vehicles charge when they come, batches start as early as they may, sun and wind
// are taken first, units follow demand in the order they are listed, the supplies do the
// rest. It needs no solver, so there is always a plan to fall back on; what it cannot serve
// it says.
func (p *Problem) rules() []Outcome {
	var list []Outcome
	for _, w := range p.ways() {
		q := p.in(w)
		running := map[string]bool{}
		for _, x := range q.Units {
			running[x.ID] = x.Commitment == nil || x.Commitment.On || !x.commits()
		}
		best := q.run(running)
		for _, x := range q.Units {
			if running[x.ID] || best.unserved() == 0 {
				continue
			}
			running[x.ID] = true
			if next := q.run(running); next.unserved() < best.unserved()-tolerance && len(next.faults) <= len(best.faults) {
				best = next
			} else {
				running[x.ID] = false
			}
		}
		for _, fault := range best.faults {
			best.missed = append(best.missed, Finding{limit: limit{Kind: "rules", Step: -1}, words: words{"规则运行不满足：" + fault, "the rules do not keep: " + fault}})
		}
		list = append(list, best.outcome(w))
	}
	return list
}

// unserved is how much demand a schedule leaves, kWh.
func (a *account) unserved() float64 {
	var sum float64
	for _, v := range a.missed {
		if v.Kind == "balance" || v.Kind == "unserved" {
			sum += v.By * a.p.Hours[v.Step]
		}
	}
	return sum
}

// ruled is a horizon while it is run by rules.
type ruled struct {
	p    *Problem
	s    Schedule
	need map[string][]float64 // carrier → kW that are still asked for
}

func (p *Problem) run(running map[string]bool) *account {
	r := &ruled{p: p, s: Schedule{}, need: map[string][]float64{}}
	for _, c := range p.Carriers {
		r.need[c.ID] = make([]float64, p.steps())
	}
	r.demands()
	r.idle()
	for _, x := range p.Renewables {
		size := 1.0
		if x.Size != nil {
			size = x.Size.Min
			r.s.put(x.ID, "size", []float64{size})
		}
		for t := range p.Hours {
			r.set(x.ID, "output", t, size*x.Available.at(t, 0))
			r.need[x.Carrier][t] -= size * x.Available.at(t, 0)
		}
	}
	for _, carrier := range p.order() {
		for t := range p.Hours {
			r.serve(carrier, t, running)
		}
	}
	return simulate(p, r.s)
}

func (r *ruled) set(id, quantity string, t int, v float64) {
	if r.s[id][quantity] == nil {
		r.s.put(id, quantity, make([]float64, r.p.steps()))
	}
	r.s[id][quantity][t] = v
}

// demands are loads, batches at once and vehicles when they come.
func (r *ruled) demands() {
	for _, x := range r.p.Loads {
		for t := range r.p.Hours {
			r.need[x.Carrier][t] += x.Demand.at(t, 0)
		}
	}
	for _, x := range r.p.Batches {
		k := x.Earliest
		if x.Fixed != nil {
			k = *x.Fixed
		}
		r.set(x.ID, "start", k, 1)
		for carrier := range x.Profile {
			for t, kw := range x.power(r.p, carrier, k) {
				r.need[carrier][t] += kw
			}
		}
	}
	for _, x := range r.p.Charging {
		var ask, held float64
		for _, n := range x.Needs {
			ask = math.Max(ask, n.Energy)
		}
		for t, h := range r.p.Hours {
			c := math.Max(0, math.Min(x.Power*x.Available.at(t, 1), (ask-held)/(h*x.Efficiency)))
			held += h * c * x.Efficiency
			r.set(x.ID, "charge", t, c)
			r.need[x.Carrier][t] += c
		}
	}
}

// idle are storages: they move only to serve what is asked of them, their goals, their
// requests, or their level at the end.
func (r *ruled) idle() {
	for _, x := range r.p.Storages {
		energy, power := x.Energy, 1.0
		if x.EnergySize != nil {
			energy = x.EnergySize.Min
			r.s.put(x.ID, "energy", []float64{energy})
		}
		if x.PowerSize != nil {
			power = x.PowerSize.Min
			r.s.put(x.ID, "power", []float64{power})
		}
		level := x.Level.Start * energy
		for t, h := range r.p.Hours {
			level = level*math.Pow(1-x.Loss, h) - h*x.Drain.at(t, 0)
			ask := math.Max(r.goal(x, t, energy)-level, math.Min(h*x.Request.asked(t)*x.Efficiency.Charge, x.Level.Max*energy-level))
			c := math.Max(0, math.Min(ask/(h*x.Efficiency.Charge), x.Charge*power*x.Available.at(t, 1)))
			if c > 0 && c < x.Least.Charge {
				c = math.Min(x.Least.Charge, math.Max(0, (x.Level.Max*energy-level)/(h*x.Efficiency.Charge)))
			}
			level += h * x.Efficiency.Charge * c
			r.set(x.ID, "charge", t, c)
			r.set(x.ID, "level", t, level)
			r.need[x.Carrier][t] += c
		}
	}
}

// goal is the level that a storage is charged towards: the highest goal ahead, and never
// below its least level, or its level asked for at the end.
func (r *ruled) goal(x Storage, t int, energy float64) float64 {
	goal := x.Level.Min * energy
	if x.Level.End != nil {
		goal = math.Max(goal, *x.Level.End*energy)
	}
	for _, g := range x.Goals {
		if g.Step >= t {
			goal = math.Max(goal, g.Energy)
		}
	}
	return math.Min(goal, x.Level.Max*energy)
}

// order are the carriers so that what a unit gives comes before what it takes.
func (p *Problem) order() []string {
	var list []string
	done := map[string]bool{}
	var visit func(string)
	visit = func(carrier string) {
		if done[carrier] {
			return
		}
		done[carrier] = true
		for _, x := range p.Units {
			if !x.touches(carrier, -1) {
				continue
			}
			for _, q := range x.Ports {
				if x.touches(q.Carrier, 1) {
					visit(q.Carrier)
				}
			}
		}
		list = append(list, carrier)
	}
	for _, c := range p.Carriers {
		visit(c.ID)
	}
	return list
}

// touches tells whether a unit gives (1) or takes (-1) a carrier.
func (x Unit) touches(carrier string, way float64) bool {
	takes, gives := x.swing(carrier, 0)
	return way < 0 && takes > 0 || way > 0 && gives > 0
}

// serve lets units and supplies meet what a carrier asks for in a step.
func (r *ruled) serve(carrier string, t int, running map[string]bool) {
	for _, x := range r.p.Units {
		if x.touches(carrier, 1) && len(r.s[x.ID]["level"]) <= t {
			r.follow(x, carrier, t, running[x.ID])
		}
	}
	for _, x := range r.p.Supplies {
		if x.Carrier != carrier {
			continue
		}
		need := r.need[carrier][t]
		if need < 0 {
			need = math.Max(need, -x.exportLimit(t))
			r.set(x.ID, "export", t, -need)
		} else {
			r.set(x.ID, "import", t, need)
			if x.Nominated {
				r.set(x.ID, "nominated", t, need)
			}
			r.contract(x, t, need)
		}
		r.need[carrier][t] -= need
	}
	r.rest(carrier, t)
}

func (r *ruled) contract(x Supply, t int, kw float64) {
	for _, d := range x.Demand {
		name := "peak." + d.ID
		r.s.put(x.ID, name, []float64{math.Max(math.Max(d.Previous, d.Free), math.Max(r.s.of(x.ID, name, 0), kw))})
	}
}

// follow runs a unit so that it gives what is asked for, as far as it can.
func (r *ruled) follow(x Unit, carrier string, t int, running bool) {
	on := running
	if x.Commitment != nil {
		if state, held := x.held(r.p, t); held {
			on = state == 1
		}
	}
	level := 0.0
	if on {
		level = r.levelFor(x, carrier, t)
	}
	r.s.put(x.ID, "level", append(r.s[x.ID]["level"], level))
	if x.commits() {
		r.s.put(x.ID, "on", append(r.s[x.ID]["on"], map[bool]float64{true: 1}[on]))
	}
	if x.Size != nil {
		r.s.put(x.ID, "size", []float64{math.Max(x.Size.Min, r.s.of(x.ID, "size", 0))})
	}
	for _, free := range []bool{true, false} {
		for _, p := range x.Ports {
			if p.AtMost == free {
				r.give(x, p, t, level, on)
			}
		}
	}
}

// levelFor is the level that gives what is asked for of a carrier, within what the unit
// may do after the step before.
func (r *ruled) levelFor(x Unit, carrier string, t int) float64 {
	most := x.Max * x.Available.at(t, 1)
	if x.Size != nil {
		most *= x.Size.Min
	}
	least := x.Min
	if last, known := r.last(x, t); known {
		if x.RampUp > 0 && last > 0 {
			most = math.Min(most, last+x.RampUp*r.p.between(t))
		}
		if x.RampDown > 0 && last > 0 {
			least = math.Max(least, last-x.RampDown*r.p.between(t))
		}
	}
	level := least
	for _, p := range x.Ports {
		if p.Carrier == carrier && p.Factor.at(t, 0) > 0 {
			level = (r.need[carrier][t] - p.NoLoad) / p.Factor.at(t, 0)
		}
	}
	return math.Max(math.Min(math.Max(level, least), most), math.Min(least, most))
}

func (r *ruled) last(x Unit, t int) (float64, bool) {
	if t > 0 {
		return r.s.of(x.ID, "level", t-1), true
	}
	if x.Level != nil {
		return *x.Level, true
	}
	return 0, false
}

func (r *ruled) give(x Unit, p Port, t int, level float64, on bool) {
	flow := p.Factor.at(t, 0) * level
	if on {
		flow += p.NoLoad
	}
	if len(p.Curve) > 0 && on {
		flow = along(p.Curve, level)
	}
	for _, k := range sorted(p.Mix) {
		flow += p.Mix[k] * r.s.of(x.ID, "flow."+k, t)
	}
	if p.AtMost {
		flow = math.Max(0, math.Min(flow, r.need[p.Carrier][t]))
	}
	r.set(x.ID, "flow."+p.Carrier, t, flow)
	r.need[p.Carrier][t] -= flow
}

// rest takes sun and wind back that nobody uses, lets heat off where it may be, and leaves
// demand unserved where that has a price.
func (r *ruled) rest(carrier string, t int) {
	for _, x := range r.p.Renewables {
		if x.Carrier != carrier || r.need[carrier][t] >= 0 || x.MustTake {
			continue
		}
		back := math.Min(-r.need[carrier][t], r.s.of(x.ID, "output", t))
		r.set(x.ID, "output", t, r.s.of(x.ID, "output", t)-back)
		r.need[carrier][t] += back
	}
	for _, c := range r.p.Carriers {
		if c.ID != carrier {
			continue
		}
		if need := r.need[carrier][t]; need < 0 && c.Dump {
			r.set(carrier, "dumped", t, -need)
		} else if need > 0 && c.Unserved != nil {
			r.set(carrier, "unserved", t, need)
		}
	}
}
