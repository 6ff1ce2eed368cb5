package dispatch

import (
	"fmt"
	"math"
)

// tolerance is how exactly a schedule keeps a limit, relative to the limit's size: what a
// solver may leave open.
const tolerance = 1e-5

// account simulates a schedule by the park's physics and adds up what it costs. It uses
// nothing of the program that the schedule came from.
type account struct {
	p        *Problem
	s        Schedule
	flow     map[string][]float64
	cost     map[string]float64
	assets   map[string]float64
	carbon   float64
	carbonBy map[string]float64
	green    float64
	all      float64
	missed   []Finding
	faults   []string // what breaks physics
	mixed    map[string]bool
}

// simulate accounts a schedule of a problem as it is in one scenario.
func simulate(p *Problem, s Schedule) *account {
	a := &account{p: p, s: s, flow: map[string][]float64{}, cost: map[string]float64{}, assets: map[string]float64{}, carbonBy: map[string]float64{}, mixed: map[string]bool{}}
	for _, c := range p.Carriers {
		a.flow[c.ID] = make([]float64, p.steps())
	}
	for _, x := range p.Supplies {
		a.supply(x)
	}
	for _, x := range p.Renewables {
		a.renewable(x)
	}
	for _, x := range p.Units {
		a.unit(x)
	}
	for _, x := range p.Storages {
		a.storage(x)
	}
	for _, x := range p.Charging {
		a.charging(x)
	}
	for _, x := range p.Batches {
		a.batch(x)
	}
	for _, x := range p.Loads {
		a.load(x)
	}
	for _, x := range p.Reserves {
		a.reserve(x)
	}
	a.limits()
	for _, c := range p.Carriers {
		a.close(c)
	}
	return a
}

// outcome is what the account came to.
func (a *account) outcome(w Scenario) Outcome {
	o := Outcome{Scenario: w.ID, Probability: w.Probability, Cost: a.cost, Assets: a.assets, Carbon: a.carbon, CarbonBy: a.carbonBy, Violations: a.missed, Schedule: a.s}
	for _, k := range sorted(a.cost) {
		o.Total += a.cost[k]
	}
	if a.p.Limits.GreenOf != "" && a.all > 0 {
		share := a.green / a.all
		o.Green = &share
	}
	for i := range o.Violations {
		o.Violations[i].Scenario = w.ID
	}
	return o
}

func (a *account) pay(id, kind string, money float64) {
	if money != 0 {
		a.cost[kind] += money
		a.assets[id] += money
	}
}

func (a *account) fault(id string, t int, format string, args ...any) {
	if len(a.faults) < 20 {
		a.faults = append(a.faults, fmt.Sprintf("%s, step %d: %s", id, t, fmt.Sprintf(format, args...)))
	}
}

// between faults a value outside its bounds.
func (a *account) between(id, what string, t int, lower, v, upper float64) {
	if slack := tolerance * math.Max(1, math.Max(finite(lower), finite(upper))); v < lower-slack || v > upper+slack || math.IsNaN(v) {
		a.fault(id, t, "%s %.9g outside %.9g to %.9g", what, v, lower, upper)
	}
}

func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return 0
	}
	return math.Abs(v)
}

// miss records a demand that is missed by more than the tolerance. The price is money per
// unit, nil where it was not to be missed.
func (a *account) miss(kind, id string, t int, by, scale float64, unit string, price *float64) {
	if price != nil && by > 0 {
		a.pay(owner(id), "missed."+kind, by**price)
	}
	if by <= tolerance*math.Max(1, math.Abs(scale)) {
		return
	}
	v := Finding{limit: limit{Kind: kind, ID: id, Step: t}, By: by, Unit: unit}
	if price != nil {
		money := by * *price
		v.Price = &money
	}
	v.words = a.p.missed(v)
	a.missed = append(a.missed, v)
}

func owner(id string) string {
	if id == "" {
		return "park"
	}
	return id
}

func hourly(price *float64, hours float64) *float64 {
	if price == nil {
		return nil
	}
	v := *price * hours
	return &v
}

func (a *account) supply(x Supply) {
	for t, h := range a.p.Hours {
		in, out := a.s.of(x.ID, "import", t), a.s.of(x.ID, "export", t)
		a.between(x.ID, "import", t, 0, in, math.Inf(1))
		a.between(x.ID, "export", t, 0, out, x.exportLimit(t))
		if math.Min(in, out) > tolerance*math.Max(1, math.Max(in, out)) {
			a.mixed[x.ID] = true
		}
		a.flow[x.Carrier][t] += in - out
		a.pay(x.ID, "purchase", h*in*x.Price.at(t, 0))
		a.pay(x.ID, "sale", -h*out*x.Sale.at(t, 0))
		kg := h * in * x.Intensity.at(t, 0)
		a.carbon += kg
		a.carbonBy[x.ID] += kg
		a.pay(x.ID, "carbon", kg*a.p.CarbonPrice)
		if x.Carrier == a.p.Limits.GreenOf {
			a.all += h * (in - out)
			a.green -= h * out
		}
		if len(x.ImportLimit) > 0 {
			limit := x.ImportLimit.at(t, 0)
			a.miss("import_limit", x.ID, t, in-limit, limit, "kW", hourly(x.Overrun, h))
		}
		if x.Nominated {
			a.pay(x.ID, "deviation", h*x.Deviation*math.Abs(in-a.s.of(x.ID, "nominated", t)))
		}
	}
	for _, d := range x.Demand {
		a.demandCharge(x, d)
	}
}

func (a *account) demandCharge(x Supply, d DemandCharge) {
	peak := math.Max(d.Previous, d.Free)
	for _, t := range d.window(a.p.steps()) {
		peak = math.Max(peak, a.s.of(x.ID, "import", t))
	}
	if d.Contracted {
		told := a.s.of(x.ID, "peak."+d.ID, 0)
		a.between(x.ID, "contracted peak", 0, peak, told, math.Inf(1))
		peak = told
	}
	a.pay(x.ID, "demand", d.weight()*d.Rate*(peak-d.Free))
}

func (a *account) renewable(x Renewable) {
	size := 1.0
	if x.Size != nil {
		size = a.size(x.ID, "size", *x.Size)
	}
	for t, h := range a.p.Hours {
		g, available := a.s.of(x.ID, "output", t), x.Available.at(t, 0)*size
		least := 0.0
		if x.MustTake {
			least = available
		}
		a.between(x.ID, "output", t, least, g, available)
		a.flow[x.Carrier][t] += g
		a.pay(x.ID, "operation", h*g*x.Operation)
		a.pay(x.ID, "curtailment", h*(available-g)*x.Curtailment)
		if x.Carrier == a.p.Limits.GreenOf {
			a.all += h * g
		}
		if x.Carrier == a.p.Limits.GreenOf && !x.Fossil {
			a.green += h * g
		}
	}
}

func (a *account) size(id, what string, x Sizing) float64 {
	v := a.s.of(id, what, 0)
	a.between(id, what, 0, x.Min, v, x.Max)
	a.pay(id, "size", v*x.Cost)
	return v
}

func (a *account) load(x Load) {
	var open float64
	for t, h := range a.p.Hours {
		demand, shed, moved := x.Demand.at(t, 0), a.s.of(x.ID, "shed", t), a.s.of(x.ID, "moved", t)
		a.between(x.ID, "shed", t, 0, shed, x.Shed*demand)
		a.between(x.ID, "moved", t, -math.Min(x.Shift, demand-shed), moved, x.Shift)
		a.flow[x.Carrier][t] -= demand - shed + moved
		a.pay(x.ID, "shed", h*shed*x.ShedCost)
		open += h * moved
		if last := t == a.p.steps()-1; last || x.Window > 0 && (t+1)%x.Window == 0 {
			a.miss("shift", x.ID, t, math.Abs(open), x.Shift*h, "kWh", nil)
			open = 0
		}
	}
}

func (a *account) charging(x Charging) {
	held := make([]float64, a.p.steps())
	var total float64
	for t, h := range a.p.Hours {
		c := a.s.of(x.ID, "charge", t)
		a.between(x.ID, "charge", t, 0, c, x.Power*x.Available.at(t, 1))
		a.flow[x.Carrier][t] -= c
		total += h * c * x.Efficiency
		held[t] = total
	}
	for _, n := range x.Needs {
		a.miss("departure", x.ID, n.Step, n.Energy-held[n.Step], n.Energy, "kWh", n.Short)
	}
}

func (a *account) batch(x Batch) {
	var runs float64
	for k := range a.p.steps() {
		y := a.s.of(x.ID, "start", k)
		if y == 0 {
			continue
		}
		if k < x.Earliest || k > x.Latest || x.Fixed != nil && k != *x.Fixed || math.Abs(y-1) > tolerance {
			a.fault(x.ID, k, "starts %.9g times, outside its window %d to %d or its fixed step", y, x.Earliest, x.Latest)
		}
		runs += y
		for _, carrier := range sorted(x.Profile) {
			for t, kw := range x.power(a.p, carrier, k) {
				a.flow[carrier][t] -= y * kw
			}
		}
	}
	if x.Value != nil {
		a.pay(x.ID, "value", -runs**x.Value)
		a.between(x.ID, "runs", 0, 0, runs, 1)
		return
	}
	a.miss("batch", x.ID, -1, math.Abs(1-runs), 1, "run", nil)
}

func (a *account) limits() {
	l := a.p.Limits
	if l.Carbon != nil {
		a.miss("carbon", "", -1, a.carbon-*l.Carbon, *l.Carbon, "kg", l.CarbonShort)
	}
	if l.Green != nil {
		a.miss("green", l.GreenOf, -1, *l.Green*a.all-a.green, a.all, "kWh", l.GreenShort)
	}
}

// close checks the balance of a carrier: what is missing or too much is a demand missed.
func (a *account) close(c Carrier) {
	for t, h := range a.p.Hours {
		unserved, dumped := a.s.of(c.ID, "unserved", t), a.s.of(c.ID, "dumped", t)
		a.between(c.ID, "unserved", t, 0, unserved, math.Inf(1))
		a.between(c.ID, "dumped", t, 0, dumped, math.Inf(1))
		if !c.Dump && dumped != 0 {
			a.fault(c.ID, t, "%.9g kW dumped, which this carrier may not be", dumped)
		}
		if c.Unserved == nil && unserved != 0 {
			a.fault(c.ID, t, "%.9g kW unserved without a price", unserved)
		}
		a.miss("unserved", c.ID, t, unserved, 1, "kW", hourly(c.Unserved, h))
		a.miss("balance", c.ID, t, math.Abs(a.flow[c.ID][t]+unserved-dumped), a.turnover(c.ID, t), "kW", nil)
	}
}

// turnover is the size of what flows, to measure a balance by.
func (a *account) turnover(carrier string, t int) float64 {
	var most float64
	for _, x := range a.p.Supplies {
		if x.Carrier == carrier {
			most = math.Max(most, a.s.of(x.ID, "import", t))
		}
	}
	for _, x := range a.p.Loads {
		if x.Carrier == carrier {
			most = math.Max(most, x.Demand.at(t, 0))
		}
	}
	return most
}
