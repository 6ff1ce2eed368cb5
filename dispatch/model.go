package dispatch

import (
	"fmt"
	"math"
	"slices"

	"lingtan/lp"
)

// sum is Σ factor·column + constant.
type sum struct {
	terms    []lp.Term
	constant float64
}

func of(c lp.Column) sum { return sum{terms: []lp.Term{{Column: c, Factor: 1}}} }

// add adds factor·column.
func (s *sum) add(c lp.Column, factor float64) {
	if factor != 0 {
		s.terms = append(s.terms, lp.Term{Column: c, Factor: factor})
	}
}

// plus adds factor·o.
func (s *sum) plus(o sum, factor float64) {
	for _, t := range o.terms {
		s.add(t.Column, factor*t.Factor)
	}
	s.constant += factor * o.constant
}

// value is the sum at x.
func (s sum) value(x []float64) float64 {
	v := s.constant
	for _, t := range s.terms {
		v += t.Factor * x[t.Column]
	}
	return v
}

// model is a problem written as a program.
type model struct {
	p        *Problem
	prog     *lp.Program
	relaxed  bool                 // every demand may be missed; slack gathers by how much
	apart    map[string]bool      // storages and supplies that may not go both ways in one step
	shared   map[string]lp.Column // what is decided once for all scenarios
	blocks   []*block
	demands  []demand
	slack    sum
	rooms    []room
	whole    []lp.Column // columns that are 0 or 1
	held     []lp.Row    // stages that are held while the next is minimised
	constant float64     // that the program's objective has now
	cost     sum         // expected, with the tail
	carbon   sum         // expected
}

// block is one scenario of a model.
type block struct {
	*model
	p         *Problem // as it is in the scenario
	way       Scenario
	prefix    string
	balance   map[string][]sum       // carrier → step → kW that flow in, less what flows out
	levels    map[string][]lp.Column // storage → level
	direction map[string][]lp.Column // carrier → step → 1 where its supply sells
	kept      []quantity
	cost      sum
	carbon    sum
	green     sum // kWh into the network that are renewable
	all       sum // kWh into the network
	stands    map[string][][]standing
}

// quantity is what a schedule tells of an asset, a value a step.
type quantity struct {
	id, name string
	values   []sum
}

// demand is a row that people ask for, not physics: it may be named in a conflict.
type demand struct {
	row   lp.Row
	limit limit
}

// limit names a demand: what kind, of which asset or carrier, in which step (−1: over the
// horizon), in which scenario.
type limit struct {
	Kind     string `json:"kind"`
	ID       string `json:"id,omitempty"`
	Step     int    `json:"step"`
	Scenario string `json:"scenario,omitempty"`
}

// build writes a problem as a program.
func build(p *Problem, relaxed bool, apart map[string]bool) *model {
	m := &model{p: p, prog: lp.New(p.Title), relaxed: relaxed, apart: apart, shared: map[string]lp.Column{}}
	for _, w := range p.ways() {
		b := &block{model: m, p: p.in(w), way: w, balance: map[string][]sum{}, levels: map[string][]lp.Column{},
			direction: map[string][]lp.Column{}, stands: map[string][][]standing{}}
		if w.ID != "" {
			b.prefix = w.ID + "|"
		}
		for _, c := range p.Carriers {
			b.balance[c.ID] = make([]sum, p.steps())
		}
		b.write()
		m.blocks = append(m.blocks, b)
	}
	m.total()
	return m
}

// write adds all assets of a scenario, then what ties them.
func (b *block) write() {
	for _, x := range b.p.Supplies {
		b.supply(x)
	}
	for _, x := range b.p.Renewables {
		b.renewable(x)
	}
	for _, x := range b.p.Units {
		b.unit(x)
	}
	for _, x := range b.p.Storages {
		b.storage(x)
	}
	for _, x := range b.p.Charging {
		b.charging(x)
	}
	for _, x := range b.p.Batches {
		b.batch(x)
	}
	for _, x := range b.p.Loads {
		b.load(x)
	}
	for _, x := range b.p.Reserves {
		b.reserve(x)
	}
	b.limits()
	for _, c := range b.p.Carriers {
		b.close(c)
	}
}

// close writes the balance of a carrier in each step:
//
//	Σ flows into the network − Σ flows out + unserved − dumped = 0   [kW]
func (b *block) close(c Carrier) {
	var unserved, dumped []sum
	for t := range b.p.steps() {
		flow := b.balance[c.ID][t]
		if c.Unserved != nil {
			u := b.column(c.ID, "unserved", t, 0, math.Inf(1))
			b.pay(u, *c.Unserved*b.p.Hours[t])
			flow.add(u, 1)
			unserved = append(unserved, of(u))
		}
		if c.Dump {
			d := b.column(c.ID, "dumped", t, 0, math.Inf(1))
			flow.add(d, -1)
			dumped = append(dumped, of(d))
		}
		b.demand("balance", c.ID, t, 0, flow, 0, nil)
	}
	b.keep(c.ID, "unserved", unserved)
	b.keep(c.ID, "dumped", dumped)
}

// column adds a continuous column of an asset in a step.
func (b *block) column(id, what string, t int, lower, upper float64) lp.Column {
	return b.prog.Column(fmt.Sprintf("%s%s.%s[%d]", b.prefix, id, what, t), lower, upper, 0)
}

func (b *block) binary(id, what string, t int) lp.Column {
	c := b.prog.Binary(fmt.Sprintf("%s%s.%s[%d]", b.prefix, id, what, t), 0)
	b.whole = append(b.whole, c)
	return c
}

// once is a column decided before it is known which scenario comes.
func (b *block) once(id, what string, t int, lower, upper float64, whole bool) lp.Column {
	name := fmt.Sprintf("%s.%s[%d]", id, what, t)
	c, ok := b.shared[name]
	if !ok {
		if whole {
			c = b.prog.Integer(name, lower, upper, 0)
			b.whole = append(b.whole, c)
		} else {
			c = b.prog.Column(name, lower, upper, 0)
		}
		b.shared[name] = c
	}
	return c
}

// row adds lower ≤ s ≤ upper.
func (b *block) row(id, what string, t int, lower float64, s sum, upper float64) lp.Row {
	return b.prog.Row(fmt.Sprintf("%s%s.%s[%d]", b.prefix, id, what, t), lower-s.constant, upper-s.constant, s.terms...)
}

// demand adds lower ≤ s ≤ upper as something people ask for. A price per unit lets it be
// missed; in a relaxed model everything may be.
func (b *block) demand(kind, id string, t int, lower float64, s sum, upper float64, price *float64) lp.Row {
	s = sum{slices.Clone(s.terms), s.constant}
	miss := func(what string, sign float64) {
		c := b.column(id, kind+what, max(t, 0), 0, math.Inf(1))
		s.add(c, sign)
		if price != nil {
			b.pay(c, *price)
		} else {
			b.slack.add(c, 1)
		}
	}
	if (price != nil || b.relaxed) && !math.IsInf(lower, 0) {
		miss(".below", 1)
	}
	if (price != nil || b.relaxed) && !math.IsInf(upper, 0) {
		miss(".above", -1)
	}
	r := b.row(id, kind, max(t, 0), lower, s, upper)
	b.demands = append(b.demands, demand{r, limit{kind, id, t, b.way.ID}})
	return r
}

// pay adds money per unit of a column.
func (b *block) pay(c lp.Column, money float64) { b.cost.add(c, money) }

// keep has a quantity told in the schedule.
func (b *block) keep(id, name string, values []sum) {
	if len(values) > 0 {
		b.kept = append(b.kept, quantity{id, name, values})
	}
}

// total weighs the scenarios:
//
//	min (1−λ)·Σ p·cost + λ·(ζ + Σ p·ξ/(1−α)),  ξ ≥ cost − ζ, ξ ≥ 0
//
// the mean and the conditional value at risk. Source: Rockafellar and Uryasev,
// "Optimization of conditional value-at-risk", Journal of Risk 2(3), 2000, eq. 17.
func (m *model) total() {
	o := m.p.Objective
	for _, b := range m.blocks {
		m.cost.plus(b.cost, (1-o.Tail)*b.way.Probability)
		m.carbon.plus(b.carbon, b.way.Probability)
	}
	if o.Tail == 0 {
		return
	}
	zeta := m.prog.Column("tail.from", math.Inf(-1), math.Inf(1), 0)
	m.cost.add(zeta, o.Tail)
	for i, b := range m.blocks {
		xi := b.column("tail", "above", i, 0, math.Inf(1))
		m.cost.add(xi, o.Tail*b.way.Probability/(1-o.TailFrom))
		s := of(xi)
		s.add(zeta, 1)
		s.plus(b.cost, -1)
		b.row("tail", "mean", i, 0, s, math.Inf(1))
	}
}

// minimise makes s the objective.
func (m *model) minimise(s sum) {
	costs := make([]float64, m.prog.Columns())
	for _, t := range s.terms {
		costs[t.Column] += t.Factor
	}
	for j, c := range costs {
		m.prog.SetCost(lp.Column(j), c)
	}
}

// stages are what is minimised, one after the other.
func (m *model) stages() []sum {
	weighted := sum{}
	weighted.plus(m.cost, 1)
	weighted.plus(m.carbon, m.p.Objective.Carbon)
	var list []sum
	if m.relaxed {
		list = append(list, m.slack)
	}
	switch o := m.p.Objective; {
	case o.Kind == "carbon":
		return append(list, m.carbon, m.cost)
	case o.Kind == "lexicographic" && o.First == "carbon":
		return append(list, m.carbon, m.cost)
	case o.Kind == "lexicographic":
		return append(list, m.cost, m.carbon)
	case o.Kind == "weighted":
		return append(list, weighted)
	}
	return append(list, m.cost)
}
